/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for the inside of a container: tries one thing that must fail (or counts what it sees)
 * and says what happened in one line. Static, so that an empty root file system is enough.
 *
 *	probe socket FAMILY | socket32 FAMILY | socketcall32 FAMILY | socketx32 FAMILY
 *	probe io-uring | tiocsti | key-add NAME | key-find NAME | fds
 *	probe overwrite ROUNDS		opens every /proc/PID/exe for writing
 *	probe swap A B			exchanges A and B until it is killed
 *	probe peek ROUNDS		tries descriptors, memory and ptrace of every other process
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int say(long rc)
{
	if (rc < 0)
		puts(strerrorname_np(errno));
	else
		puts("ok");
	return 0;
}

#if defined(__x86_64__)
static long int80(long nr, long a, long b, long c)
{
	long rc;

	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	if (rc < 0 && rc > -4096) {
		errno = (int)-rc;
		return -1;
	}
	return rc;
}

static long socket32(int family)
{
	return int80(359, family, SOCK_SEQPACKET, 0);
}

static long socketcall32(int family)
{
	/* the arguments must lie below 4 GiB, as the data of this static program does */
	static unsigned args[3];

	args[0] = (unsigned)family;
	args[1] = SOCK_STREAM;
	return int80(102, 1, (long)args, 0);
}
#else
static long socket32(int family)
{
	errno = ENOSYS;
	return -1;
}
#define socketcall32 socket32
#endif

static int tiocsti(void)
{
	char c = '#';
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), bad = tty >= 0;

	for (int fd = 0; fd < 3; fd++)
		if (ioctl(fd, TIOCSTI, &c) == 0)
			bad = 1;
	puts(bad ? "ok" : "refused");
	return 0;
}

static int is_sealed(const char *link)
{
	int fd = open(link, O_RDONLY | O_CLOEXEC);
	int seals = fd < 0 ? 0 : fcntl(fd, F_GET_SEALS);

	if (fd >= 0)
		close(fd);
	return seals > 0 && seals & F_SEAL_WRITE;
}

static int overwrite(int rounds)
{
	int hits = 0;

	for (int i = 0; i < rounds; i++) {
		DIR *d = opendir("/proc");
		struct dirent *ent;
		char path[300], link[64];

		while (d && (ent = readdir(d))) {
			int fd, w;

			if (ent->d_name[0] < '0' || ent->d_name[0] > '9' ||
			    atoi(ent->d_name) == getpid())
				continue;
			snprintf(path, sizeof(path), "/proc/%s/exe", ent->d_name);
			fd = open(path, O_PATH | O_CLOEXEC);
			if (fd < 0)
				continue;
			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			w = open(link, O_WRONLY | O_CLOEXEC);
			/* a busy one would be written when it has ended; a sealed one never */
			if ((w >= 0 || errno == ETXTBSY) && !is_sealed(link)) {
				char name[256] = "";

				if (readlink(link, name, sizeof(name) - 1) > 0 &&
				    strstr(name, "ctr-runtime"))
					hits++;
			}
			if (w >= 0)
				close(w);
			close(fd);
		}
		closedir(d);
	}
	printf("%d\n", hits);
	return 0;
}

static int is_runtime(const char *pid)
{
	char path[300], text[64] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	return n > 0 && strncmp(text, "ctr-runtime", 11) == 0;
}

static int peek(int rounds)
{
	int hits = 0, seen = 0;

	for (int i = 0; i < rounds; i++) {
		DIR *d = opendir("/proc");
		struct dirent *ent;
		char path[300];

		while (d && (ent = readdir(d))) {
			int fd;
			DIR *fds;

			if (atoi(ent->d_name) <= 1 || !is_runtime(ent->d_name))
				continue;
			seen++;
			snprintf(path, sizeof(path), "/proc/%s/mem", ent->d_name);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0 && is_runtime(ent->d_name))
				hits++;
			if (fd >= 0)
				close(fd);
			snprintf(path, sizeof(path), "/proc/%s/fd", ent->d_name);
			fds = opendir(path);
			if (fds && is_runtime(ent->d_name))
				hits++;
			if (fds)
				closedir(fds);
		}
		closedir(d);
	}
	printf("%d %s\n", hits, seen ? "seen" : "unseen");
	return 0;
}

static int count_fds(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	puts("");
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (strcmp(what, "socket") == 0)
		return say(socket(n, SOCK_SEQPACKET, 0));
	if (strcmp(what, "socket32") == 0)
		return say(socket32(n));
	if (strcmp(what, "socketcall32") == 0)
		return say(socketcall32(n));
	if (strcmp(what, "socketx32") == 0)
		return say(syscall(SYS_socket | 0x40000000, n, SOCK_SEQPACKET, 0));
	if (strcmp(what, "io-uring") == 0)
		return say(syscall(SYS_io_uring_setup, 8, calloc(1, 256)));
	if (strcmp(what, "tiocsti") == 0)
		return tiocsti();
	if (strcmp(what, "key-add") == 0)
		return say(syscall(SYS_add_key, "user", argv[2], "x", 1, -3 /* session */));
	if (strcmp(what, "key-find") == 0)
		return say(syscall(SYS_request_key, "user", argv[2], NULL, 0));
	if (strcmp(what, "fds") == 0)
		return count_fds();
	if (strcmp(what, "overwrite") == 0)
		return overwrite(n);
	if (strcmp(what, "peek") == 0)
		return peek(n);
	if (strcmp(what, "swap") == 0)
		for (;;)
			syscall(SYS_renameat2, AT_FDCWD, argv[2], AT_FDCWD, argv[3], 2);
	fprintf(stderr, "probe: unknown word\n");
	return 2;
}
