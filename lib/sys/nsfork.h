/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child in new namespaces, and namespaces by name: clone3(2), setns(2), namespaces(7).
 */
#ifndef RP_SYS_NSFORK_H
#define RP_SYS_NSFORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct ns_type {
	const char *oci;  /* the name in config.json: "network" */
	const char *proc; /* the file in /proc/PID/ns: "net" */
	uint64_t flag;	  /* CLONE_NEWNET */
};
/* In the order in which they are to be joined; ends with a row of zeros. */
extern const struct ns_type ns_types[];

const struct ns_type *ns_type_find(const char *oci_name);

/*
 * fork(2) into new namespaces (CLONE_NEW*), with a pidfd, and straight into the cgroup at
 * cgroup_fd where that is not -1 (Linux 5.7; ERR_UNSUPPORTED without it). With as_sibling the child
 * gets the caller's parent as its own. Returns 0 in the child, the pid here. CLONE_NEWTIME is
 * refused: see ns_enter_time().
 */
pid_t ns_fork(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, struct err *e);

/*
 * vfork(2) that begins in the cgroup at cgroup_fd where that is not -1 (Linux 5.7): the child has
 * the memory of the caller, which waits until it has ended, but descriptors of its own. It runs
 * run(arg), which may leave results in the memory, and ends with what that returns. Returns its
 * pid, to be waited for. ERR_UNSUPPORTED where kernel or processor cannot do it.
 */
pid_t ns_vfork(int cgroup_fd, int (*run)(void *arg), void *arg, struct err *e);

/*
 * Moves the calling thread into a new time namespace with these offsets ("monotonic 5 0\n" lines,
 * time_namespaces(7)), written through the procfs at proc. Linux 5.6.
 */
int ns_enter_time(int proc, const char *offsets, struct err *e);

#endif
