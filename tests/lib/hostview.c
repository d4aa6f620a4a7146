/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A racer for the inside of a container that has CAP_SYS_PTRACE: looks at each process of the
 * runtime that appears in its pid namespace, as long as it is the runtime, for anything of the
 *host: a descriptor of a directory or of a regular file, of procfs or of a cgroup file system,
 *another root or working directory, and a secret in environment or memory.
 *
 *	hostview TERCES			the secret backwards, so that it is not in the
 *configuration; until SIGUSR1 hostview --once TERCES PID	that process, once
 *
 * It ends with a line "HITS of LOOKS"; what each hit was goes to standard error.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static char secret[128];
static struct stat own_root;
static int hits, looks, once;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int open_of(int proc, const char *name, int flags)
{
	return openat(proc, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int is_runtime(int proc)
{
	char text[64] = "";
	int fd = open_of(proc, "comm", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	/* the name under which a sealed copy runs is that of its descriptor */
	return n > 0 && (strstr(text, "ctr-runti") || (text[0] >= '3' && text[0] <= '9'));
}

/* Has it executed the command? Its name lags behind the link. */
static int is_command(int proc)
{
	char exe[256] = "";

	return readlinkat(proc, "exe", exe, sizeof(exe) - 1) <= 0 || strncmp(exe, "/bin/", 5) == 0;
}

static void hit(int proc, const char *what, const char *name, const char *text)
{
	if (is_command(proc) || !is_runtime(proc))
		return;
	fprintf(stderr, "%s %s: %s\n", what, name, text);
	hits++;
}

/* Does the way up end at the root of the container? */
static int is_inside(int fd)
{
	struct stat st, up;
	int at = dup(fd), next;

	while (fstat(at, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (next = open_of(at, "..", O_PATH)) >= 0) {
		int top = fstat(next, &up) == 0 && up.st_ino == st.st_ino && up.st_dev == st.st_dev;

		close(at);
		at = next;
		if (top)
			break;
	}
	close(at);
	return st.st_dev == own_root.st_dev && st.st_ino == own_root.st_ino;
}

static void look_fd(int proc, const char *name)
{
	char path[64], text[256] = "";
	struct statfs fs;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "fd/%s", name);
	if (readlinkat(proc, path, text, sizeof(text) - 1) < 0)
		return;
	fd = open_of(proc, path, O_PATH);
	if (fd < 0)
		return;
	/* a namespace and a process are no way into the host */
	if (fstat(fd, &st) == 0 && fstatfs(fd, &fs) == 0 && fs.f_type != NSFS_MAGIC &&
	    fs.f_type != 0x50494446 && !is_inside(fd) &&
	    (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) ||
	     fs.f_type == PROC_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC ||
	     fs.f_type == CGROUP_SUPER_MAGIC))
		hit(proc, "descriptor", name, text);
	close(fd);
}

static void look_fds(int proc)
{
	int copy = open_of(proc, "fd", O_RDONLY | O_DIRECTORY);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (atoi(ent->d_name) > 2)
			look_fd(proc, ent->d_name);
	if (d)
		closedir(d);
}

/* A root in which there is nothing. */
static int is_empty(int dir)
{
	int copy = open_of(dir, ".", O_RDONLY | O_DIRECTORY), n = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct stat up, st;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return d && n == 2 && fstatat(dir, "..", &up, 0) == 0 && fstat(dir, &st) == 0 &&
	       up.st_ino == st.st_ino && up.st_dev == st.st_dev;
}

static void look_dir(int proc, const char *name)
{
	int fd = open_of(proc, name, O_PATH);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && (st.st_dev != own_root.st_dev || st.st_ino != own_root.st_ino) &&
	    !is_empty(fd))
		hit(proc, "other", name, "");
	close(fd);
}

static void look_for_secret(int proc, const char *what, const char *data, size_t n)
{
	if (memmem(data, n, secret, strlen(secret)))
		hit(proc, "secret", what, "");
}

static void look_environ(int proc)
{
	static char data[1 << 16];
	int fd = open_of(proc, "environ", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof(data));

	if (n > 0)
		look_for_secret(proc, "environ", data, (size_t)n);
	if (fd >= 0)
		close(fd);
}

static void look_memory(int proc)
{
	static char maps[1 << 16], data[1 << 22];
	int fd = open_of(proc, "maps", O_RDONLY), mem = open_of(proc, "mem", O_RDONLY);
	ssize_t n = fd < 0 || mem < 0 ? 0 : read(fd, maps, sizeof(maps) - 1);
	unsigned long from, to;

	maps[n > 0 ? n : 0] = '\0';
	for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw"))
			continue;
		n = pread(mem, data, to - from > sizeof(data) ? sizeof(data) : to - from,
			  (off_t)from);
		if (n > 0)
			look_for_secret(proc, "memory", data, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	if (mem >= 0)
		close(mem);
}

/* 1: there was such a process of the runtime. */
static int look_at(int pid)
{
	char path[32];
	int proc, seen = 0;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return 0;
	while (!stopped && is_runtime(proc) && !is_command(proc)) {
		seen++;
		look_fds(proc);
		look_dir(proc, "root");
		look_dir(proc, "cwd");
		look_environ(proc);
		look_memory(proc);
		stopped |= once;
	}
	close(proc);
	looks += seen > 0;
	return seen;
}

/* The number that was given out last is the fifth word of /proc/loadavg: proc(5). */
static int last_pid(int loadavg)
{
	char text[64];
	ssize_t n = pread(loadavg, text, sizeof(text) - 1, 0);
	const char *word;

	text[n > 0 ? n : 0] = '\0';
	word = strrchr(text, ' ');
	return word ? atoi(word) : 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 3 ? argv[2] : argc > 1 ? argv[1] : "";
	size_t len = strlen(word);
	int loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC), last, now;

	for (size_t i = 0; i < len && i < sizeof(secret) - 1; i++)
		secret[i] = word[len - 1 - i];
	stat("/", &own_root);
	if (argc > 3) {
		once = 1;
		look_at(atoi(argv[3]));
		printf("%d of %d\n", hits, looks);
		return 0;
	}
	signal(SIGUSR1, stop);
	last = last_pid(loadavg);
	puts("ready");
	fflush(stdout);
	for (; !stopped; last = now) {
		now = last_pid(loadavg);
		for (int pid = last + 1; pid <= now; pid++)
			look_at(pid);
	}
	printf("%d of %d\n", hits, looks);
	return 0;
}
