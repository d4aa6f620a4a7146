/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a container. */
#ifndef CTR_RUNTIME_DELETE_H
#define CTR_RUNTIME_DELETE_H

#include "manage/state.h"

/* Removes cgroup and state of a stopped container and runs its poststop hooks. With force a
 * container that runs is killed first. */
int delete_container(const struct global *g, const char *id, bool force, struct err *e);

/* Ends all processes of the container and waits for the first one. */
int delete_kill(const struct state *s, struct err *e);

#endif
