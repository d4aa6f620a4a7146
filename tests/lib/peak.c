/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peak COMMAND...: runs it and prints the peak of its resident memory in KiB, getrusage(2).
 * ru_maxrss counts what a process was before its execve(2), so its parent must be small: this one.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = vfork();
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0 || !WIFEXITED(status))
		return 1;
	fprintf(stderr, "%ld\n", used.ru_maxrss);
	return WEXITSTATUS(status);
}
