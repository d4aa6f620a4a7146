/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * account COMMAND...: runs it, waits for it and for all that it leaves running (as their subreaper,
 * prctl(2)), and prints on standard error their page faults and their CPU time in microseconds,
 * getrusage(2). Counted are all processes that somebody waited for, with the pages that the kernel
 * itself touches in them (arguments, pipes), which perf-stat(1)'s page-faults leaves out.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long usec(const struct timeval *t)
{
	return t->tv_sec * 1000000LL + t->tv_usec;
}

/* vfork(2), since a copy of this process would be counted as well. */
static pid_t start(char **argv)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	struct rusage all;
	int status, first = 0;
	pid_t pid, got;

	if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || (pid = start(argv + 1)) < 0)
		return 2;
	while ((got = wait(&status)) > 0 || errno == EINTR)
		if (got == pid)
			first = status;
	if (getrusage(RUSAGE_CHILDREN, &all) < 0 || !WIFEXITED(first))
		return 1;
	fprintf(stderr, "%ld %lld\n", all.ru_minflt + all.ru_majflt,
		usec(&all.ru_utime) + usec(&all.ru_stime));
	return WEXITSTATUS(first);
}
