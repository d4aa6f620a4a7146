/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes: started with posix_spawn-like cost, an exact descriptor table, a pidfd, and the
 * true cause where exec failed.
 */
#ifndef RP_SYS_SPAWN_H
#define RP_SYS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fd.h"

struct spawn_fd {
	int from; /* descriptor here */
	int to;	  /* number in the child */
};

struct spawn {
	const char *file; /* with '/': the file itself; without: looked up in PATH */
	char *const *argv;
	char *const *envp;	    /* NULL: environ */
	int in, out, err;	    /* become 0, 1, 2; -1: inherited; SPAWN_NULL: /dev/null */
	const struct spawn_fd *fds; /* further descriptors; all others are closed on exec */
	size_t nfds;
	bool close_rest;  /* also those from 3 on that the caller keeps open across execve(2) */
	bool new_session; /* setsid(2) */
	int death_signal; /* PR_SET_PDEATHSIG or 0 */
};
#define SPAWN_NULL (-2)

struct child {
	pid_t pid;
	int pidfd;
};

/* Starts the program. Fails with ERR_NOTFOUND/ERR_DENIED where execve(2) failed. */
int spawn(const struct spawn *s, struct child *out, struct err *e);

/*
 * Waits for the end and closes the pidfd. *status: the exit code, or 128 + signal.
 */
int child_wait(struct child *c, int *status, struct err *e);

/*
 * Runs a program to its end with input (may be NULL) on its stdin, collecting at most max bytes of
 * its stdout (out may be NULL: inherited).
 */
int run_program(const struct spawn *s, const void *input, size_t input_len, struct buf *out,
		size_t max, int *status, struct err *e);

/*
 * The first file of this name in PATH (the usual directories where it is not set) for which
 * access(2) with mode (X_OK, F_OK) succeeds; NULL where there is none. The caller frees.
 */
char *program_in_path(const char *name, int mode);

/*
 * The path of another program of this project: the directory of the running executable, so that an
 * installation can be moved. The caller frees.
 */
char *program_path(const char *name);

#endif
