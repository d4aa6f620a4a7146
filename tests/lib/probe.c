/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for the inside of a container: tries one thing that must fail (or counts what it sees)
 * and says what happened in one line. Static, so that an empty root file system is enough.
 *
 *	probe socket FAMILY | socket32 FAMILY | socketcall32 FAMILY | socketx32 FAMILY
 *	probe call NR | call32 NR | callx32 NR	a system call by its number, by each entry
 *	probe io-uring | tiocsti | key-add NAME | key-find NAME | fds
 *	probe overwrite			opens every /proc/PID/exe for writing, until SIGUSR1
 *	probe peek			tries descriptors, memory and ptrace of every other process,
 *					until SIGUSR1
 *	probe masked PATH...		names those that are there and neither the null device nor
 *an empty read-only tmpfs
 *	probe readonly PATH...		names those that are there and on a mount that can be
 *written probe console			is /dev/console the terminal that standard input is? probe
 *msgmax			by msgctl(2), which no mount can cover
 *	probe groups			the supplementary groups, as getgroups(2) has them
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
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
static long int80(long nr, long a, long b, long c)
{
	errno = ENOSYS;
	return -1;
}

static long socket32(int family)
{
	return int80(0, family, 0, 0);
}
#define socketcall32 socket32
#endif

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = 1;
}

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

/* One process: can its file be opened for writing, now or when it has ended? */
static int writable(const char *pid)
{
	char path[300], link[64], name[256] = "";
	int fd, w, hit = 0;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	w = open(link, O_WRONLY | O_CLOEXEC);
	if ((w >= 0 || errno == ETXTBSY) && !is_sealed(link))
		hit = readlink(link, name, sizeof(name) - 1) > 0 && strstr(name, "ctr-runtime");
	if (w >= 0)
		close(w);
	close(fd);
	return hit;
}

static int overwrite(void)
{
	int hits = 0;

	signal(SIGUSR1, stop);
	while (!stopped) {
		DIR *d = opendir("/proc");
		struct dirent *ent;

		while (d && (ent = readdir(d)))
			if (ent->d_name[0] >= '0' && ent->d_name[0] <= '9' &&
			    atoi(ent->d_name) != getpid())
				hits += writable(ent->d_name);
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
	/* the name under which a sealed copy runs is that of its descriptor */
	return n > 0 && (strstr(text, "ctr-runti") || text[0] == '3');
}

/*
 * Of a process that let itself be opened: is it the command by now? Its name lags behind, but from
 * the moment at which execve(2) gives it another memory, the link names the file that was executed.
 */
static int is_command(const char *pid)
{
	char path[300], target[64] = "";

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
	       strcmp(target, "/bin/busybox") == 0;
}

static int can_open(const char *pid, const char *file)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	close(fd);
	return !is_command(pid) && is_runtime(pid);
}

/*
 * What a descriptor refers to. The names of the links alone do not count: the folder can be read
 * from the moment at which execve(2) changes the memory, the links not before it has closed what
 * is not for the command.
 */
static int can_follow(const char *pid)
{
	char path[300], target[64];
	struct dirent *ent;
	int hit = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	if (!d)
		return 0;
	while ((ent = readdir(d)))
		if (readlinkat(dirfd(d), ent->d_name, target, sizeof(target)) > 0)
			hit |= !is_command(pid) && is_runtime(pid);
	closedir(d);
	return hit;
}

static int can_trace(const char *pid)
{
	pid_t p = atoi(pid);
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)0x400000, 1};
	int hit = 0, status;

	if (process_vm_readv(p, &to, 1, &from, 1, 0) == 1)
		hit += !is_command(pid) && is_runtime(pid);
	if (ptrace(PTRACE_SEIZE, p, NULL, NULL) < 0)
		return hit;
	/* stopped, it has one name; and it must be let go, or nobody else can wait for it */
	ptrace(PTRACE_INTERRUPT, p, NULL, NULL);
	if (waitpid(p, &status, __WALL) == p && WIFSTOPPED(status)) {
		hit += is_runtime(pid);
		ptrace(PTRACE_DETACH, p, NULL, NULL);
	}
	return hit;
}

static int count(const char *what, int n)
{
	if (n)
		fprintf(stderr, "%s was possible\n", what);
	return n;
}

static int peek(void)
{
	int hits = 0, seen = 0;

	signal(SIGUSR1, stop);
	while (!stopped) {
		DIR *d = opendir("/proc");
		struct dirent *ent;

		while (d && (ent = readdir(d))) {
			if (atoi(ent->d_name) <= 1 || !is_runtime(ent->d_name))
				continue;
			seen++;
			hits += count("mem", can_open(ent->d_name, "mem")) +
				count("fd", can_follow(ent->d_name)) +
				count("environ", can_open(ent->d_name, "environ")) +
				count("trace", can_trace(ent->d_name));
		}
		closedir(d);
	}
	printf("%d %s\n", hits, seen ? "seen" : "unseen");
	return 0;
}

static int is_masked(const char *path)
{
	struct stat st;
	struct statfs fs;

	if (stat(path, &st) < 0)
		return 1;
	if (!S_ISDIR(st.st_mode))
		return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
	return statfs(path, &fs) == 0 && fs.f_type == TMPFS_MAGIC && fs.f_flags & ST_RDONLY &&
	       st.st_nlink == 2;
}

static int masked(char **paths)
{
	for (; *paths; paths++)
		if (!is_masked(*paths))
			printf("%s ", *paths);
	puts("looked");
	return 0;
}

static int readonly(char **paths)
{
	struct statfs fs;

	for (; *paths; paths++)
		if (statfs(*paths, &fs) == 0 && !(fs.f_flags & ST_RDONLY))
			printf("%s ", *paths);
	puts("looked");
	return 0;
}

static int console(void)
{
	struct stat in, con;
	int good = fstat(0, &in) == 0 && stat("/dev/console", &con) == 0 && S_ISCHR(con.st_mode) &&
		   major(con.st_rdev) == 136 && in.st_rdev == con.st_rdev &&
		   in.st_dev == con.st_dev;

	puts(good ? "same" : "other");
	return 0;
}

static int msgmax(void)
{
	struct msginfo info = {0};

	msgctl(0, IPC_INFO, (struct msqid_ds *)&info);
	printf("%d\n", info.msgmax);
	return 0;
}

static int groups(void)
{
	gid_t list[64];
	int n = getgroups(64, list);

	for (int i = 0; i < n; i++)
		printf("%u ", list[i]);
	puts("");
	return 0;
}

/* Each word a message on NOTIFY_SOCKET. */
static int notify(char **words)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", getenv("NOTIFY_SOCKET"));
	for (; *words; words++)
		if (sendto(s, *words, strlen(*words), 0, (struct sockaddr *)&a, sizeof(a)) < 0) {
			perror("notify");
			return 1;
		}
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

static int say_more(const char *what, char **rest)
{
	if (strcmp(what, "overwrite") == 0)
		return overwrite();
	if (strcmp(what, "peek") == 0)
		return peek();
	if (strcmp(what, "masked") == 0)
		return masked(rest);
	if (strcmp(what, "readonly") == 0)
		return readonly(rest);
	if (strcmp(what, "console") == 0)
		return console();
	if (strcmp(what, "msgmax") == 0)
		return msgmax();
	if (strcmp(what, "groups") == 0)
		return groups();
	fprintf(stderr, "probe: unknown word\n");
	return 2;
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
	if (strcmp(what, "notify") == 0)
		return notify(argv + 2);
	if (strcmp(what, "fds") == 0)
		return count_fds();
	if (strcmp(what, "call") == 0)
		return say(syscall(n, -1, 0, 0, 0, 0, 0));
	if (strcmp(what, "call32") == 0)
		return say(int80(n, -1, 0, 0));
	if (strcmp(what, "callx32") == 0)
		return say(syscall(n | 0x40000000, -1, 0, 0, 0, 0, 0));
	return say_more(what, argv + 2);
}
