/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the cgroup of a container is. */
#ifndef CTR_RUNTIME_OWNER_H
#define CTR_RUNTIME_OWNER_H

#include "config/config.h"

/*
 * Gives the cgroup at dir to the container's root where the container has a user and a cgroup
 * namespace of its own and mounts the tree for writing: runtime-spec, "Cgroup ownership". Succeeds
 * without change where this caller may not.
 */
int cgroup_give(const struct config *cfg, int dir, struct err *e);

#endif
