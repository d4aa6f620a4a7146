/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits: those that this host cannot apply are taken out of the configuration, and whether the
 * memory limit has killed is learned at the end.
 *
 * Without a delegated cgroup v2 a rootless container has no limits. As Podman does, the user is
 * told once and the container runs without them; the OCI runtime by itself would refuse the whole
 * configuration. In a tree of systemd's the limits are asked of the user's manager; ctr-runtime
 * finds that out by itself, other runtimes are told by --systemd-cgroup.
 *
 * memory.events of the container's cgroup is opened when the container runs, and read when the
 * kernel says that it has changed (poll(2), POLLPRI) and when the container has ended, before
 * ctr-cleanup removes the cgroup: cgroups(7), admin-guide/cgroup-v2.
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

/* The controllers of a cgroup that may be written to; -1 where it may not. */
static int controllers_of(const char *path, struct buf *out)
{
	_close_ int dir = cgroup2_open(path, NULL);

	if (dir < 0 || faccessat(dir, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return -1;
	return cgroup2_read(dir, "cgroup.controllers", out, NULL);
}

/* Those that a container's cgroup can have: beside our own one, or below it. "" where none. */
static void delegated(struct buf *out, char **manager)
{
	_free_ char *own = NULL, *above = NULL;
	char *slash;

	buf_str(out, "");
	if (cgroup2_layout() != CGROUP_UNIFIED || cgroup2_of(getpid(), &own, NULL) < 0)
		return;
	*manager = cgroup2_user_manager();
	above = str_dup(own);
	slash = strrchr(above, '/');
	if (slash)
		slash[slash == above ? 1 : 0] = '\0';
	if (controllers_of(*manager ? *manager : above, out) < 0 && !*manager)
		controllers_of(own, out);
}

static bool has_controller(const struct buf *list, const char *name)
{
	_strv_ struct strv words = {0};
	_free_ char *line = str_ndup(list->data, strcspn(list->data, "\n"));

	strv_split(&words, line, ' ');
	return strv_has(&words, name);
}

/*
 * The number of processes alone, and that controller is on where the cgroup goes: no need to ask
 * systemd, which leaves it on, because it counts the tasks of every unit.
 */
static bool pids_alone(const struct json *resources)
{
	return json_len(resources) == 1 && json_has(resources, "pids") && cgroup2_offers("pids");
}

void limits_fit(struct json *spec, struct plan *p)
{
	_free_ char *manager = NULL;
	struct json *resources = json_get(json_get(spec, "linux"), "resources");
	_buf_ struct buf have = {0};
	_buf_ struct buf dropped = {0};

	if (!json_len(resources))
		return;
	if (p->own_runtime && json_has(resources, "devices") &&
	    cgroup2_layout() != CGROUP_UNIFIED) {
		log_warn("any device can be used that the container can open: this host has no "
			 "cgroup v2 to control them");
		json_del(resources, "devices");
	}
	delegated(&have, &manager);
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
	if (!manager || p->own_runtime || p->cgroup_manager || !json_len(resources) ||
	    pids_alone(resources))
		return;
	p->systemd_cgroup = true;
	if (!json_has(json_get(spec, "linux"), "cgroupsPath")) {
		_free_ char *path = str_fmt("user.slice:rp:%s", p->id);

		json_set(json_get(spec, "linux"), "cgroupsPath", json_new_str(path));
	}
}

int limits_watch_oom(pid_t pid)
{
	_free_ char *own = NULL, *path = NULL;
	_close_ int dir = -1, events = -1;

	if (cgroup2_of(pid, &path, NULL) < 0)
		return -1;
	dir = cgroup2_open(path, NULL);
	events = dir < 0 ? -1 : openat(dir, "memory.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	/* a cgroup that is shared with others tells of their ends too */
	if (events < 0 || cgroup2_of(0, &own, NULL) < 0 || str_eq(path, own))
		return -1;
	return take_fd(&events);
}

/* A cgroup that systemd has removed with its last process can be read no more. */
void limits_oom_event(struct monitor *m)
{
	char text[512];
	ssize_t n = m->memory_events < 0 ? 0 : pread(m->memory_events, text, sizeof(text) - 1, 0);
	const char *line;

	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\noom_kill ");
	if (line && line[strlen("\noom_kill ")] != '0')
		m->oom_killed = true;
	if (n < 0) {
		unwatch(m, m->memory_events);
		close(take_fd(&m->memory_events));
	}
}
