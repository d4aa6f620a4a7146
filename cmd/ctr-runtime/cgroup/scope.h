/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transient scopes of systemd, the cgroup manager "systemd", by cgroup-scope(1). */
#ifndef CTR_RUNTIME_SCOPE_H
#define CTR_RUNTIME_SCOPE_H

#include "config/config.h"
#include "runtime.h"

/* --systemd-cgroup or --cgroup-manager=systemd */
bool scope_wanted(const struct global *g);

/*
 * Puts the process into a new scope with a delegated cgroup and the limits of the configuration.
 * *unit: its name, *cgroup: its path; the caller frees.
 */
int scope_start(const struct global *g, const struct config *cfg, const char *id, pid_t pid,
		char **unit, char **cgroup, struct err *e);

/*
 * Tells systemd of changed limits: it writes those that it knows again whenever it likes. Only the
 * others may be written to the cgroup directly.
 */
int scope_update(const struct global *g, const char *unit, struct json *resources, struct err *e);

/* Moves a process into the scope, below may be "". */
int scope_attach(const struct global *g, const char *unit, const char *below, pid_t pid,
		 struct err *e);

int scope_stop(const struct global *g, const char *unit, struct err *e);

#endif
