/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transient scopes of systemd, the cgroup manager "systemd". */
#ifndef CTR_RUNTIME_SCOPE_H
#define CTR_RUNTIME_SCOPE_H

#include "config.h"
#include "runtime.h"

/* --systemd-cgroup or --cgroup-manager=systemd */
bool scope_wanted(const struct global *g);

/* Puts the process into a new scope with a delegated cgroup. *unit: its name, the caller frees. */
int scope_start(const struct config *cfg, pid_t pid, char **unit, struct err *e);
int scope_stop(const char *unit, struct err *e);

#endif
