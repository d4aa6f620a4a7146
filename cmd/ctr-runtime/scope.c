/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transient scopes of systemd: see scope.h.
 *
 * .linux.cgroupsPath is "SLICE:PREFIX:NAME"; the unit is PREFIX-NAME.scope in SLICE. The manager is
 * asked through busctl(1), which is systemd's own client of the bus: this program stays free of a
 * bus library, and pays for one only where systemd is asked for. PIDs, Delegate and the job's
 * completion are what systemd.scope(5) and org.freedesktop.systemd1(5) describe.
 */
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "sys/cgroup2.h"
#include "sys/spawn.h"
#include "sys/userns.h"

#define BUS_NAME "org.freedesktop.systemd1"
#define BUS_PATH "/org/freedesktop/systemd1"
#define MANAGER	 "org.freedesktop.systemd1.Manager"

bool scope_wanted(const struct global *g)
{
	return g->systemd_cgroup || str_eq(g->cgroup_manager, "systemd");
}

static bool is_user(void)
{
	return userns_host_uid() != 0 || geteuid() != 0;
}

static int call(struct strv *args, struct err *e)
{
	_strv_ struct strv argv = {0};
	struct spawn s = {.file = "busctl", .in = SPAWN_NULL, .out = SPAWN_NULL, .err = -1};
	struct child c;
	int status;

	strv_add(&argv, "busctl");
	strv_add(&argv, is_user() ? "--user" : "--system");
	strv_add(&argv, "--quiet");
	strv_add(&argv, "call");
	strv_add(&argv, BUS_NAME);
	strv_add(&argv, BUS_PATH);
	strv_add(&argv, MANAGER);
	strv_foreach (a, args)
		strv_add(&argv, a);
	s.argv = argv.v;
	if (spawn(&s, &c, e) < 0) {
		if (e->code == ERR_NOTFOUND)
			err_hint(e, "busctl is part of systemd; without it use "
				    "--cgroup-manager=cgroupfs");
		return -1;
	}
	if (child_wait(&c, &status, e) < 0)
		return -1;
	if (status == 0)
		return 0;
	err_set(e, ERR_FAILED, 0, "busctl", "systemd refused the request %s", args->v[0]);
	return err_hint(e, "is there a systemd %s manager? --cgroup-manager=cgroupfs does without",
			is_user() ? "user" : "system");
}

static char *unit_name(const struct config *cfg, char **slice)
{
	_strv_ struct strv parts = {0};

	strv_split(&parts, cfg->cgroups_path ? cfg->cgroups_path : "", ':');
	if (parts.n != 3)
		return NULL;
	*slice = str_dup(*parts.v[0] ? parts.v[0] : is_user() ? "user.slice" : "system.slice");
	return *parts.v[1] ? str_fmt("%s-%s.scope", parts.v[1], parts.v[2])
			   : str_fmt("%s.scope", parts.v[2]);
}

/* The job runs beside us: the process is in the scope when its cgroup has that name. */
static int wait_inside(pid_t pid, const char *unit, struct err *e)
{
	for (int i = 0; i < 500; i++) {
		_free_ char *path = NULL;

		if (cgroup2_of(pid, &path, e) < 0)
			return -1;
		if (str_ends(path, unit))
			return 0;
		poll(NULL, 0, 10);
	}
	return err_set(e, ERR_AGAIN, ETIMEDOUT, NULL, "systemd did not start %s in 5 s", unit);
}

int scope_start(const struct config *cfg, pid_t pid, char **unit, struct err *e)
{
	_free_ char *slice = NULL;
	_free_ char *name = unit_name(cfg, &slice);
	_strv_ struct strv args = {0};

	if (!name)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.cgroupsPath: expected SLICE:PREFIX:NAME with "
			       "systemd cgroups");
	strv_add(&args, "StartTransientUnit");
	strv_add(&args, "ssa(sv)a(sa(sv))");
	strv_add(&args, name);
	strv_add(&args, "replace");
	strv_add(&args, "4");
	strv_addf(&args, "PIDs");
	strv_add(&args, "au");
	strv_add(&args, "1");
	strv_addf(&args, "%d", (int)pid);
	strv_add(&args, "Slice");
	strv_add(&args, "s");
	strv_add(&args, slice);
	strv_add(&args, "Delegate");
	strv_add(&args, "b");
	strv_add(&args, "true");
	strv_add(&args, "CollectMode");
	strv_add(&args, "s");
	strv_add(&args, "inactive-or-failed");
	strv_add(&args, "0");
	if (call(&args, e) < 0)
		return -1;
	*unit = take_ptr(name);
	return wait_inside(pid, *unit, e);
}

int scope_stop(const char *unit, struct err *e)
{
	_strv_ struct strv args = {0};

	strv_add(&args, "StopUnit");
	strv_add(&args, "ss");
	strv_add(&args, unit);
	strv_add(&args, "replace");
	return call(&args, e);
}
