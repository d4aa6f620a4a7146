/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the place of the code that reads hostile bytes, once confined, as one who has taken over
 *its process would: a library to preload, which begins at a call that only that code makes.
 *
 *	TAKEOVER=futimens	layer-unpack: the process that parses the archive
 *	TAKEOVER=isal_inflate	layer-unpack: the process that inflates
 *	TAKEOVER=curl_multi_perform	img-fetch from a registry, at the second call
 *	TAKEOVER=copy_file_range	img-fetch from a layout
 *
 * It tries what must not be possible and writes the names of what was, or "nothing", to
 *TAKEOVER_OUT, or with TAKEOVER_LIE=1 sends a report of success, zeroes, through every pipe that it
 *has and ends. TAKEOVER_CANARY is a file of the user's outside of what the program works on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static char done[8192];
static const char *canary;

static void note(int was_possible, const char *fmt, ...)
{
	size_t n = strlen(done);
	va_list args;

	if (!was_possible)
		return;
	va_start(args, fmt);
	vsnprintf(done + n, sizeof(done) - n, fmt, args);
	va_end(args);
	strncat(done, " ", sizeof(done) - strlen(done) - 1);
}

/* One file by a path, from the folder at. */
static void try_file(int at, const char *path, const char *how)
{
	struct stat st;

	note(fstatat(at, path, &st, 0) == 0, "%sstat", how);
	note(openat(at, path, O_RDONLY | O_CLOEXEC) >= 0, "%sread", how);
	note(openat(at, path, O_WRONLY | O_CLOEXEC) >= 0, "%swrite", how);
	note(fchmodat(at, path, 0777, 0) == 0, "%schmod", how);
	note(fchownat(at, path, 0, 0, 0) == 0, "%schown", how);
	note(utimensat(at, path, NULL, 0) == 0, "%sutimes", how);
	note(linkat(at, path, AT_FDCWD, "/linked", 0) == 0, "%slink", how);
	note(renameat(at, path, AT_FDCWD, "/renamed") == 0, "%srename", how);
}

static void try_files(void)
{
	char up[4096] = "";
	struct stat st;

	try_file(AT_FDCWD, canary, "");
	note(setxattr(canary, "user.t", "x", 1, 0) == 0, "setxattr");
	note(truncate(canary, 0) == 0, "truncate");
	note(access("/etc/passwd", F_OK) == 0, "passwd");
	note(access("/proc/self", F_OK) == 0, "proc");
	for (int i = 0; i < 40; i++)
		strcat(up, "../");
	strcat(up, canary + 1);
	try_file(AT_FDCWD, up, "cwd-");
	for (int fd = 0; fd < 200; fd++) {
		char how[32];

		snprintf(how, sizeof(how), "fd%d-", fd);
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			try_file(fd, up, how);
	}
}

static void try_memory(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *m = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	int shm;

	note(mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		     MAP_FAILED,
	     "mmap-exec");
	note(mprotect(m, (size_t)page, PROT_READ | PROT_EXEC) == 0, "mprotect-exec");
	note(syscall(SYS_pkey_mprotect, m, page, PROT_READ | PROT_EXEC, -1) == 0, "pkey-exec");
	shm = shmget(IPC_PRIVATE, (size_t)page, 0700);
	note(shm >= 0 && shmat(shm, NULL, SHM_EXEC) != (void *)-1, "shm-exec");
	shmctl(shm, IPC_RMID, NULL);
}

static void try_sockets(void)
{
	const char *allowed = getenv("TAKEOVER_FAMILIES") ?: "";

	for (int family = 0; family < 46; family++)
		for (int type = 1; type < 6; type++) {
			int fd = socket(family, type, 0);
			char word[16];

			snprintf(word, sizeof(word), " %d ", family);
			if (fd >= 0)
				close(fd);
			note(fd >= 0 && !strstr(allowed, word), "socket-%d-%d", family, type);
		}
}

static void try_processes(void)
{
	pid_t pid;

	note(syscall(SYS_execve, "/bin/true", NULL, NULL) == 0 || errno != EPERM, "execve");
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	note(pid > 0, "fork");
	note(unshare(CLONE_NEWUSER) == 0, "newuser");
	note(unshare(CLONE_NEWNS) == 0, "newns");
	note(chroot("/") == 0, "chroot");
	note(mount("none", "/", "tmpfs", 0, NULL) == 0, "mount");
	note(syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0, "open_tree");
	note(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0, "ptrace");
}

static void try_all(void)
{
	const char *out = getenv("TAKEOVER_OUT");
	int fd;

	canary = getenv("TAKEOVER_CANARY");
	try_files();
	try_memory();
	try_sockets();
	try_processes();
	if (!*done)
		strcpy(done, "nothing");
	if (strcmp(out, "-") == 0) {
		dprintf(2, "takeover: %s\n", done);
		return;
	}
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (write(fd, done, strlen(done)) < 0)
		_exit(99);
	close(fd);
}

static void lie(void)
{
	static const char zeroes[4096];
	struct stat st;

	for (int fd = 3; fd < 200; fd++)
		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && write(fd, zeroes, 4096) < 0)
			continue;
	_exit(0);
}

static void begin(const char *call, int at)
{
	static int calls;
	const char *want = getenv("TAKEOVER");

	if (!want || strcmp(want, call) != 0 || ++calls != at)
		return;
	if (getenv("TAKEOVER_LIE"))
		lie();
	try_all();
}

int futimens(int fd, const struct timespec t[2])
{
	begin("futimens", 1);
	return (int)syscall(SYS_utimensat, fd, 0, t, 0);
}

int isal_inflate(void *state)
{
	static int (*next)(void *);

	begin("isal_inflate", 1);
	if (!next)
		next = (int (*)(void *))dlsym(RTLD_NEXT, "isal_inflate");
	return next(state);
}

int curl_multi_perform(void *multi, int *running)
{
	static int (*next)(void *, int *);

	begin("curl_multi_perform", 2);
	if (!next)
		next = (int (*)(void *, int *))dlsym(RTLD_NEXT, "curl_multi_perform");
	return next(multi, running);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
			unsigned flags)
{
	begin("copy_file_range", 1);
	return syscall(SYS_copy_file_range, in, in_at, out, out_at, len, flags);
}
