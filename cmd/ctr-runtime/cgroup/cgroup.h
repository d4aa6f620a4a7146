/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroup of a container: where it is, its limits, its end. */
#ifndef CTR_RUNTIME_CGROUP_H
#define CTR_RUNTIME_CGROUP_H

#include "config/config.h"
#include "runtime.h"

struct cgroup {
	char *path;    /* in the v2 hierarchy; NULL: the container has none of its own */
	char *scope;   /* the systemd unit, or NULL */
	int fd;	       /* its directory, -1 */
	unsigned made; /* how many of the last directories of path are new */
	bool adopt;    /* systemd makes it around the process: cgroup_adopt() */
};
#define CGROUP_NONE_YET  \
	{                \
		.fd = -1 \
	}
void cgroup_release(struct cgroup *c);

/*
 * Makes the cgroup that the configuration asks for and applies its limits. Where this user cannot
 * have one: an error that names the first limit asked for, or no cgroup where there is none.
 */
int cgroup_prepare(const struct global *g, const struct config *cfg, const char *id,
		   struct cgroup *out, struct err *e);

/*
 * A scope of systemd is made around a process that exists already: with --systemd-cgroup, and where
 * limits are asked for in a tree that belongs to the user's systemd.
 */
int cgroup_adopt(const struct global *g, const struct config *cfg, const char *id, struct cgroup *c,
		 pid_t pid, struct err *e);

/*
 * Removes it with all that is in it, and as many above it as had to be made for it. path "" is
 * nothing.
 */
int cgroup_destroy(const struct global *g, const char *path, unsigned made, const char *scope,
		   struct err *e);

bool cgroup_is_frozen(const char *path);

#endif
