/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that begins its life in a cgroup. */
#ifndef CTR_RUNTIME_BIRTH_H
#define CTR_RUNTIME_BIRTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * ns_fork() (sys/nsfork.h) into the cgroup at cgroup_fd, by clone3(2) or, where the kernel cannot
 * or will not do it, by cgroup.procs. In the child it returns only when it is there. cgroup_fd -1:
 * ns_fork() alone.
 */
pid_t birth(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, struct err *e);

#endif
