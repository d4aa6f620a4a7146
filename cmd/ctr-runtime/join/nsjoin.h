/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces of a container that exists, and how to get into them. */
#ifndef CTR_RUNTIME_NSJOIN_H
#define CTR_RUNTIME_NSJOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "manage/state.h"

#define NSJOIN_TYPES 8

struct nsjoin {
	uint64_t flags; /* CLONE_NEW*: those that the caller is not in */
	pid_t pid;	/* of the container's first process */
	int pidfd;
	bool by_pidfd;	      /* some were joined by it, as the others will be */
	int fd[NSJOIN_TYPES]; /* in the order of ns_types: where they had to be opened, or -1 */
};
#define NSJOIN_NONE                                                  \
	{                                                            \
		.pidfd = -1, .fd = {-1, -1, -1, -1, -1, -1, -1, -1}, \
	}
void nsjoin_release(struct nsjoin *n);
#define _nsjoin_ _clean_(nsjoin_release)

/*
 * Finds the namespaces of the container's first process. ERR_NOTFOUND where it has ended. Needs a
 * /proc, and for a created container the state directory.
 */
int nsjoin_open(const struct state *s, struct nsjoin *out, struct err *e);

/*
 * Joins those of the mask. The first call must come where /proc is the host's. A pid namespace is
 * entered by children only (setns(2)).
 */
int nsjoin_enter(struct nsjoin *n, uint64_t mask, struct err *e);

#endif
