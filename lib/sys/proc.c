/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes by pidfd and identity: see proc.h. pidfd_open(2) is Linux 5.3. */
#include "sys/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/fd.h"

/* It does not change while a process lives; read once. */
int boot_id(char out[BOOT_ID_LEN], struct err *e)
{
	static _Thread_local char known[BOOT_ID_LEN];
	_close_ int fd = -1;

	if (!*known) {
		fd = TEMP_FAILURE_RETRY(
			open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
		if (fd < 0 || TEMP_FAILURE_RETRY(read(fd, out, BOOT_ID_LEN - 1)) != BOOT_ID_LEN - 1)
			return err_sys(e, "open", "cannot read /proc/sys/kernel/random/boot_id");
		memcpy(known, out, BOOT_ID_LEN - 1);
	}
	memcpy(out, known, BOOT_ID_LEN);
	return 0;
}

/* From /proc/PID/stat; the name in it may contain blanks and brackets. parent may be NULL. */
static int read_stat(pid_t pid, char *state, pid_t *parent, uint64_t *start, struct err *e)
{
	char path[32], text[1024], *p;
	_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC));
	n = fd < 0 ? -1 : TEMP_FAILURE_RETRY(read(fd, text, sizeof(text) - 1));
	/* anything else does not mean that there is no such process */
	if (n < 0 && errno != ENOENT && errno != ESRCH)
		return err_sys(e, "open", "cannot read %s", path);
	if (n <= 0)
		return err_set(e, ERR_NOTFOUND, ESRCH, "open", "no process %d", (int)pid);
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p || p[1] != ' ')
		return err_set(e, ERR_FAILED, 0, "read", "cannot understand %s", path);
	*state = p[2];
	if (parent)
		*parent = (pid_t)strtol(p + 3, NULL, 10);
	p += 2;
	for (int field = 3; field < 22 && p; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	if (!p || !isdigit((unsigned char)*p))
		return err_set(e, ERR_FAILED, 0, "read", "cannot understand %s", path);
	*start = strtoull(p, NULL, 10);
	return 0;
}

/* All but the inode. */
static int identify(pid_t pid, struct proc_id *out, struct err *e)
{
	char state;

	out->pid = pid;
	out->inode = 0;
	if (read_stat(pid, &state, NULL, &out->start, e) < 0)
		return -1;
	if (state == 'Z' || state == 'X')
		return err_set(e, ERR_NOTFOUND, ESRCH, "open", "process %d has ended", (int)pid);
	return boot_id(out->boot, e);
}

pid_t proc_parent(pid_t pid)
{
	uint64_t start;
	pid_t parent;
	char state;

	return read_stat(pid, &state, &parent, &start, NULL) < 0 ? -1 : parent;
}

int sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* Before pidfs all pidfds are one anonymous inode. */
uint64_t proc_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (TEMP_FAILURE_RETRY(fstatfs(pidfd, &fs)) < 0 || fs.f_type != PID_FS_MAGIC ||
	    fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

int proc_identify_by(int pidfd, pid_t pid, struct proc_id *out, struct err *e)
{
	if (identify(pid, out, e) < 0)
		return -1;
	out->inode = pidfd >= 0 ? proc_inode(pidfd) : 0;
	return 0;
}

int proc_identify(pid_t pid, struct proc_id *out, struct err *e)
{
	_close_ int fd = sys_pidfd_open(pid);

	return proc_identify_by(fd, pid, out, e);
}

uint64_t proc_ignored_signals(void)
{
	_close_ int fd = TEMP_FAILURE_RETRY(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
	char text[4096]; /* all in one: the lists that could be longer come behind it */
	ssize_t n = fd < 0 ? -1 : TEMP_FAILURE_RETRY(read(fd, text, sizeof(text) - 1));
	const char *line;

	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nSigIgn:");
	return line ? strtoull(line + strlen("\nSigIgn:"), NULL, 16) : UINT64_MAX;
}

int proc_open(const struct proc_id *id, struct err *e)
{
	struct proc_id now;
	uint64_t inode;
	_close_ int fd = -1;

	if (id->pid <= 0)
		return err_set(e, ERR_NOTFOUND, ESRCH, "pidfd_open", "no process recorded");
	fd = sys_pidfd_open(id->pid);
	if (fd < 0)
		return err_sys(e, "pidfd_open", "process %d", (int)id->pid);
	inode = id->inode ? proc_inode(fd) : 0;
	/* identity after the open: the pidfd then refers to the process that was looked at */
	if (identify(id->pid, &now, e) < 0)
		return -1;
	if (now.start != id->start || strcmp(now.boot, id->boot) != 0 ||
	    (id->inode && inode && inode != id->inode))
		return err_set(e, ERR_NOTFOUND, ESRCH, "pidfd_open",
			       "process %d has ended, its number was reused", (int)id->pid);
	return take_fd(&fd);
}

int proc_signal(int pidfd, int sig, struct err *e)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0)
		return err_sys(e, "pidfd_send_signal", "cannot send signal %d", sig);
	return 0;
}

int proc_wait(int pidfd, int timeout_ms, struct err *e)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, "poll", "cannot wait for a process") : n;
}

int signal_number(const char *s)
{
	int64_t n;
	char up[16] = "";

	s += *s == '-' && s[1]; /* as kill(1) has it: "-INT" */
	if (str_to_int(s, 1, 64, &n) == 0)
		return (int)n;
	for (size_t i = 0; s[i] && i < sizeof(up) - 1; i++)
		up[i] = (char)toupper((unsigned char)s[i]);
	s = str_after(up, "SIG") ?: up;
	for (int i = 1; i < SIGRTMIN; i++)
		if (str_eq(sigabbrev_np(i), s))
			return i;
	if (str_eq(s, "RTMIN"))
		return SIGRTMIN;
	if (str_eq(s, "RTMAX"))
		return SIGRTMAX;
	if (str_after(s, "RTMIN+") && str_to_int(s + 6, 0, SIGRTMAX - SIGRTMIN, &n) == 0)
		return SIGRTMIN + (int)n;
	if (str_after(s, "RTMAX-") && str_to_int(s + 6, 0, SIGRTMAX - SIGRTMIN, &n) == 0)
		return SIGRTMAX - (int)n;
	return -1;
}

const char *signal_name(int sig)
{
	static const char *const names[] = {
		[SIGHUP] = "SIGHUP",	 [SIGINT] = "SIGINT",	[SIGQUIT] = "SIGQUIT",
		[SIGKILL] = "SIGKILL",	 [SIGTERM] = "SIGTERM", [SIGUSR1] = "SIGUSR1",
		[SIGUSR2] = "SIGUSR2",	 [SIGSTOP] = "SIGSTOP", [SIGCONT] = "SIGCONT",
		[SIGWINCH] = "SIGWINCH",
	};

	return sig > 0 && sig < (int)ARRAY_LEN(names) ? names[sig] : NULL;
}
