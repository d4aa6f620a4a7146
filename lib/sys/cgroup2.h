/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup v2 as a directory tree: cgroups(7). Paths are those of /proc/PID/cgroup: absolute, "/" is
 * the root of the hierarchy (or of the cgroup namespace).
 */
#ifndef RP_SYS_CGROUP2_H
#define RP_SYS_CGROUP2_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

enum cgroup_layout {
	CGROUP_NONE,	/* nothing mounted at /sys/fs/cgroup */
	CGROUP_LEGACY,	/* version 1 */
	CGROUP_HYBRID,	/* version 1 with a version 2 tree without controllers beside it */
	CGROUP_UNIFIED, /* version 2 */
};
enum cgroup_layout cgroup2_layout(void);
const char *cgroup2_layout_name(enum cgroup_layout l);

/* The root of the version 2 hierarchy, an O_DIRECTORY descriptor. ERR_UNSUPPORTED without one. */
int cgroup2_root(struct err *e);

/* The version 2 cgroup of a process. */
int cgroup2_of(pid_t pid, char **path, struct err *e);

/*
 * The cgroup of this user's systemd manager where limits must be asked of it, because what is above
 * the own cgroup is systemd's: a slice, or the manager itself. NULL: there is no such manager, or
 * the own cgroup is below a unit, which means that the unit was delegated and may be written to.
 * The caller frees.
 */
char *cgroup2_user_manager(void);

/*
 * May this user make cgroups that have the controller from the start, without asking systemd? For
 * real root anywhere; for everybody else beside the own cgroup, or below it.
 */
bool cgroup2_offers(const char *controller);

/*
 * Makes the cgroup PATH with the missing ones above it and returns its directory. *made: how many
 * of the last ones are new. ERR_DENIED where this user may not.
 */
int cgroup2_make(const char *path, unsigned *made, struct err *e);
int cgroup2_open(const char *path, struct err *e);

/* Has it or one below it a process? The root of the hierarchy always has. */
bool cgroup2_populated(int dir);

/*
 * Enables the controllers (blank-separated) for PATH in all cgroups above it. ERR_UNSUPPORTED, with
 * the controller's name, where one is missing.
 */
int cgroup2_enable(const char *path, const char *controllers, struct err *e);

/* The file of a cgroup: one write, the whole text. */
int cgroup2_write(int dir, const char *file, const char *text, struct err *e);
int cgroup2_read(int dir, const char *file, struct buf *out, struct err *e);

/* Puts a process into it. */
int cgroup2_attach(int dir, pid_t pid, struct err *e);

/* Freezes or thaws, and waits until it is so. */
int cgroup2_freeze(int dir, bool on, struct err *e);
bool cgroup2_frozen(int dir);

/* Sends SIGKILL to all in it: cgroup.kill (Linux 5.14), else each process. */
int cgroup2_kill(int dir, struct err *e);

/* The processes in it and below it. */
int cgroup2_pids(int dir, pid_t **pids, size_t *n, struct err *e);

/*
 * Removes PATH and all below it; waits for the processes in it to be gone, at most 2 s. Then as
 * many above it as cgroup2_make() had to make, as far as they are empty.
 */
int cgroup2_remove(const char *path, unsigned made, struct err *e);

/* The same where nothing is in it and below it, in two system calls; else -1 and nothing done. */
int cgroup2_remove_empty(const char *path, unsigned made);

#endif
