/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits that this host cannot apply: without a delegated cgroup v2 a rootless container has none.
 * As Podman does, the user is told once and the container runs without them; the OCI runtime by
 * itself would refuse the whole configuration.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "monitor.h"
#include "sys/cgroup2.h"

static const struct {
	const char *resource; /* member of .linux.resources */
	const char *controller;
} needs[] = {{"memory", "memory"}, {"pids", "pids"}, {"cpu", "cpu"}, {"blockIO", "io"}};

/* The controllers that our own cgroup may hand on; "" where none. */
static void delegated(struct buf *out)
{
	_free_ char *path = NULL;
	_close_ int dir = -1;

	buf_str(out, "");
	if (cgroup2_layout() != CGROUP_UNIFIED || cgroup2_of(getpid(), &path, NULL) < 0)
		return;
	dir = cgroup2_open(path, NULL);
	if (dir < 0 || faccessat(dir, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return;
	cgroup2_read(dir, "cgroup.controllers", out, NULL);
}

static bool has_controller(const struct buf *list, const char *name)
{
	_strv_ struct strv words = {0};
	_free_ char *line = str_ndup(list->data, strcspn(list->data, "\n"));

	strv_split(&words, line, ' ');
	return strv_has(&words, name);
}

void limits_drop_undelegated(struct json *spec)
{
	struct json *resources = json_get(json_get(spec, "linux"), "resources");
	_buf_ struct buf have = {0};
	_buf_ struct buf dropped = {0};

	if (!json_len(resources))
		return;
	delegated(&have);
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		if (!json_has(resources, needs[i].resource) ||
		    has_controller(&have, needs[i].controller))
			continue;
		buf_fmt(&dropped, "%s%s", dropped.len ? ", " : "", needs[i].resource);
		json_del(resources, needs[i].resource);
	}
	if (dropped.len)
		log_warn("limits on %s are not applied: this host delegates no such cgroup v2 "
			 "controller to the user",
			 dropped.data);
}
