/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault PROCESS PLACE ERROR COMMAND...: runs a command and makes one system call of it fail.
 *
 * PROCESS counts the processes that the command starts, in their order, from 1, which is the
 * command itself; PLACE counts the system calls of that process from its first openat(2) on, so
 * that every place can be tried in turn. ERROR is the name of an errno ("EPERM"), or KILL: the
 * process gets SIGKILL in place of the call. A process that has executed something else than the
 * command's own file is not counted and not traced any longer.
 *
 * Standard error gets a line "fault: CALL" with the number of the call that failed; none where the
 * process ended before this place. Exits with the status of the command. Processes that are there
 * half a second after the command has ended are killed; then the line "fault: left PID" is printed.
 * With --keep they are not looked for: "create" leaves one.
 *
 * ptrace(2): at the entry the number of the call is replaced by -1, at the exit the result.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MAX 64

static struct process {
	pid_t pid;
	int ordinal; /* as PROCESS counts */
	int calls;   /* since the first openat */
	int failing;
	int traced;
} processes[MAX];
static int nprocesses;
static int process, place, error, keep;

static struct process *find(pid_t pid)
{
	for (int i = 0; i < nprocesses; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	if (nprocesses == MAX)
		exit(3);
	processes[nprocesses] =
		(struct process){.pid = pid, .ordinal = nprocesses + 1, .traced = 1};
	return &processes[nprocesses++];
}

static int number(const char *name)
{
	if (strcmp(name, "KILL") == 0)
		return 0;
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && strcmp(strerrorname_np(i), name) == 0)
			return i;
	fprintf(stderr, "fault: unknown error %s\n", name);
	exit(2);
}

static void entry(struct process *p)
{
	struct user_regs_struct r;

	if (p->ordinal != process || ptrace(PTRACE_GETREGS, p->pid, NULL, &r) < 0)
		return;
	if (!p->calls && r.orig_rax != SYS_openat && process == 1)
		return;
	if (r.orig_rax == SYS_brk) /* does not answer with an errno */
		return;
	/* the end cannot fail */
	if (++p->calls != place || r.orig_rax == SYS_exit_group || r.orig_rax == SYS_exit)
		return;
	fprintf(stderr, "fault: %lld\n", (long long)r.orig_rax);
	if (!error) {
		kill(p->pid, SIGKILL);
		return;
	}
	p->failing = 1;
	/* one that fails has closed all the same (close(2)) */
	if (r.orig_rax == SYS_close)
		return;
	r.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
}

static void leave(struct process *p)
{
	struct user_regs_struct r;

	if (!p->failing || ptrace(PTRACE_GETREGS, p->pid, NULL, &r) < 0)
		return;
	p->failing = 0;
	r.rax = (unsigned long long)-error;
	ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
}

/* Is it still the program that was started, or the command of a container, a hook, a helper? */
static int same_file(pid_t pid)
{
	static char first[4096];
	char link[64], target[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	if (!*first)
		strcpy(first, target);
	/* a sealed copy of itself */
	return strcmp(first, target) == 0 || strstr(target, "memfd:ctr-runtime");
}

static void stopped(struct process *p, int status)
{
	struct __ptrace_syscall_info info = {0};
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC && !same_file(p->pid)) {
		p->traced = 0;
		ptrace(PTRACE_DETACH, p->pid, NULL, NULL);
		return;
	}
	if (sig == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			entry(p);
		else
			leave(p);
	}
	ptrace(PTRACE_SYSCALL, p->pid, NULL, event || sig == (SIGTRAP | 0x80) ? 0 : sig);
}

/* Handles what has happened to the others; returns 0 where nothing has. */
static pid_t step(int flags, int *status)
{
	pid_t pid = waitpid(-1, status, __WALL | flags);

	if (pid <= 0)
		return pid;
	if (WIFSTOPPED(*status))
		stopped(find(pid), *status);
	else
		find(pid)->pid = -1;
	return pid;
}

/* It is there, and not only as a status that nobody has asked for. */
static int is_there(pid_t pid)
{
	char path[40], text[512] = "", *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	state = strrchr(text, ')');
	return state && state[2] != 'Z' && state[2] != 'X';
}

static int any_left(void)
{
	for (int i = 0; i < nprocesses; i++)
		if (processes[i].pid > 0 && !is_there(processes[i].pid))
			processes[i].pid = -1;
	for (int i = 0; i < nprocesses; i++)
		if (processes[i].pid > 0)
			return processes[i].pid;
	return 0;
}

static void report_left(void)
{
	struct timespec ms = {.tv_nsec = 1000000};
	int status, left;

	/* as long as they do something they may be on their way to the end */
	for (int idle = 0; idle < 500 && any_left();) {
		if (step(WNOHANG, &status) > 0)
			continue;
		nanosleep(&ms, NULL);
		idle++;
	}
	while ((left = any_left())) {
		fprintf(stderr, "fault: left %d\n", left);
		kill(left, SIGKILL);
		find(left)->pid = -1;
	}
}

static int trace(pid_t main_pid)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	int status;
	pid_t pid;

	if (ptrace(PTRACE_SEIZE, main_pid, NULL, options) < 0)
		return 3;
	find(main_pid);
	kill(main_pid, SIGCONT);
	do
		pid = step(0, &status);
	while (pid > 0 && (pid != main_pid || WIFSTOPPED(status)));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int result;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--keep") == 0) {
		keep = 1;
		argv++;
		argc--;
	}
	if (argc < 5)
		return 2;
	process = atoi(argv[1]);
	place = atoi(argv[2]);
	error = number(argv[3]);
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[4], argv + 4);
		perror("fault: execvp");
		_exit(127);
	}
	waitpid(pid, NULL, WUNTRACED);
	result = trace(pid);
	if (!keep)
		report_left();
	return result;
}
#else
int main(void)
{
	fprintf(stderr, "fault: this machine is not known\n");
	return 2;
}
#endif
