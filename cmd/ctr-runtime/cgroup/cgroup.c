/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cgroup of a container: see cgroup.h.
 *
 * Where: an absolute .linux.cgroupsPath as it is; otherwise, for real root, below /ctr-runtime; for
 * everybody else beside the own cgroup (a user manager owns the slice above it), or below it. Only
 * version 2 is written to. Where the user may not make one, a container without limits runs in the
 * cgroup of its caller; limits are an error that names the first of them.
 *
 * The controllers of a tree that belongs to systemd are systemd's: it switches off what none of its
 * units asks for. There limits go into a scope, also where nobody said --systemd-cgroup; in a tree
 * that was delegated (Delegate=yes) they are written directly.
 */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>

#include "cgroup/devices_bpf.h"
#include "cgroup/limits.h"
#include "cgroup/owner.h"
#include "cgroup/scope.h"
#include "sys/cgroup2.h"
#include "sys/userns.h"

void cgroup_release(struct cgroup *c)
{
	free(c->path);
	free(c->scope);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct cgroup)CGROUP_NONE_YET;
}

/* Nowhere to put limits. */
static int refuse_limits(const char *limit, const char *why, const char *hint, struct err *e)
{
	err_set(e, ERR_UNSUPPORTED, 0, NULL, "cannot apply .linux.resources.%s: %s", limit, why);
	return err_hint(e, "%s", hint);
}

/* This process stays in the user namespace where it was started. */
static bool real_root(void)
{
	static int known = -1;

	if (known < 0)
		known = userns_real_root();
	return known;
}

/* Candidates in order; ends with NULL. */
static void candidates(const struct config *cfg, const char *id, struct strv *out)
{
	const char *asked =
		cfg->cgroups_path && !strchr(cfg->cgroups_path, ':') ? cfg->cgroups_path : "";
	_free_ char *own = NULL;
	char *slash;

	if (*asked == '/') {
		strv_add(out, asked);
		return;
	}
	if (real_root()) {
		strv_addf(out, *asked ? "/%s" : "/ctr-runtime/%s", *asked ? asked : id);
		return;
	}
	if (cgroup2_of(0, &own, NULL) < 0)
		return;
	slash = strrchr(own, '/');
	if (slash && slash != own) {
		strv_addf(out, "%.*s/%s", (int)(slash - own), own, *asked ? asked : id);
		strv_addf(out, "%s/%s", own, *asked ? asked : id);
	}
}

/* An empty one that is there already is what a killed runtime left, and ours from now on. */
static int make_one(const char *path, struct cgroup *out, struct err *e)
{
	_close_ int fd = cgroup2_make(path, &out->made, e);

	if (fd < 0)
		return -1;
	if (!out->made && cgroup2_populated(fd))
		return err_set(e, ERR_EXISTS, 0, NULL,
			       "the cgroup %s has processes of somebody else", path);
	/* itself or one above it: what is started in it would never come to run */
	if (cgroup2_frozen(fd)) {
		if (out->made)
			cgroup2_remove(path, out->made, NULL);
		err_set(e, ERR_EXISTS, 0, NULL, "the cgroup %s is frozen", path);
		return err_hint(e, "write 0 to its cgroup.freeze, or to that of one above it");
	}
	out->made = out->made ? out->made : 1;
	out->fd = take_fd(&fd);
	out->path = str_dup(path);
	return 0;
}

static bool is_refusal(const struct err *e)
{
	return e->errnum == EACCES || e->errnum == EPERM || e->errnum == EROFS ||
	       e->errnum == ENOENT;
}

static int refuse_undelegated(const struct config *cfg, const char *limit, struct err *e)
{
	_strv_ struct strv controllers = {0};
	_free_ char *why = NULL;

	limits_controllers(cfg->resources, &controllers);
	why = str_fmt("the controller %s is not delegated to this user",
		      controllers.n ? controllers.v[0] : "");
	return refuse_limits(limit, why,
			     "run below a systemd user manager (loginctl enable-linger), or in a "
			     "unit with Delegate=yes",
			     e);
}

static int make_any(const struct config *cfg, const char *id, const char *limit, struct cgroup *out,
		    struct err *e)
{
	_strv_ struct strv paths = {0};

	candidates(cfg, id, &paths);
	strv_foreach (path, &paths) {
		err_clear(e);
		if (make_one(path, out, e) == 0)
			return 0;
		if (!is_refusal(e))
			return -1;
	}
	err_clear(e);
	if (!limit)
		return 0;
	return refuse_undelegated(cfg, limit, e);
}

/*
 * The limits are written, then the container's root may own it. Without real root no device can be
 * made; what is in /dev decides.
 */
static int finish(const struct config *cfg, const struct cgroup *c, struct err *e)
{
	if (limits_apply(c->fd, c->path, cfg->resources, e) < 0 || cgroup_give(cfg, c->fd, e) < 0)
		return -1;
	if (!real_root() || cgroup2_layout() != CGROUP_UNIFIED)
		return 0;
	return devices_filter(c->fd, cfg->resources, e);
}

static int apply(const struct config *cfg, struct cgroup *out, struct err *e)
{
	_strv_ struct strv controllers = {0};
	_buf_ struct buf words = {0};

	limits_controllers(cfg->resources, &controllers);
	strv_foreach (c, &controllers)
		buf_fmt(&words, "%s%s", words.len ? " " : "", c);
	if (words.len && cgroup2_enable(out->path, words.data, e) < 0)
		return -1;
	return finish(cfg, out, e);
}

/*
 * The number of processes alone, and that controller is on where the cgroup goes. systemd leaves it
 * on: it counts the tasks of every unit.
 */
static bool pids_alone(const struct config *cfg)
{
	_strv_ struct strv controllers = {0};

	limits_controllers(cfg->resources, &controllers);
	return controllers.n == 1 && str_eq(controllers.v[0], "pids") && cgroup2_offers("pids");
}

/* Asked for, or limits in a tree that is systemd's. */
static bool wants_scope(const struct global *g, const struct config *cfg, const char *limit)
{
	_free_ char *manager = NULL;

	if (scope_wanted(g))
		return true;
	if (!limit || g->cgroup_manager || real_root() ||
	    (cfg->cgroups_path && *cfg->cgroups_path == '/'))
		return false;
	manager = cgroup2_user_manager();
	return manager && !pids_alone(cfg);
}

/* An engine's list that allows all is nothing to enforce. */
static bool denies_devices(struct json *resources)
{
	json_each (rule, json_get(resources, "devices"))
		if (!json_get_bool(rule.v, "allow", false))
			return true;
	return false;
}

int cgroup_prepare(const struct global *g, const struct config *cfg, const char *id,
		   struct cgroup *out, struct err *e)
{
	_free_ char *limit = NULL;
	enum cgroup_layout l;

	limits_by_version(cfg->resources, cfg->version);
	limit = limits_first(cfg->resources);
	if (str_eq(g->cgroup_manager, "disabled"))
		return limit ? refuse_limits(limit, "cgroups are disabled",
					     "do not give --cgroup-manager=disabled", e)
			     : 0;
	out->adopt = wants_scope(g, cfg, limit);
	if (out->adopt)
		return 0;
	l = cgroup2_layout();
	if (!limit && l != CGROUP_UNIFIED && denies_devices(cfg->resources) && real_root())
		return refuse_limits("devices", "this host has no cgroup v2 to control devices by",
				     "boot with systemd.unified_cgroup_hierarchy=1, or leave "
				     "the list out",
				     e);
	if (limit && l != CGROUP_UNIFIED)
		return refuse_limits(limit,
				     l == CGROUP_NONE ? "this host has no cgroups"
						      : "this host has cgroup v1",
				     "boot with systemd.unified_cgroup_hierarchy=1", e);
	if (l != CGROUP_UNIFIED && l != CGROUP_HYBRID)
		return 0;
	if (make_any(cfg, id, limit, out, e) < 0)
		return -1;
	if (out->fd < 0 || apply(cfg, out, e) == 0)
		return 0;
	cgroup2_remove(out->path, out->made, NULL);
	cgroup_release(out);
	return -1;
}

int cgroup_adopt(const struct global *g, const struct config *cfg, const char *id, struct cgroup *c,
		 pid_t pid, struct err *e)
{
	if (!c->adopt)
		return 0;
	if (scope_start(g, cfg, id, pid, &c->scope, &c->path, e) < 0)
		return -1;
	c->made = 1;
	c->fd = cgroup2_open(c->path, e);
	return c->fd < 0 ? -1 : finish(cfg, c, e);
}

int cgroup_destroy(const struct global *g, const char *path, unsigned made, const char *scope,
		   struct err *e)
{
	_close_ int dir = -1;

	if (!path || !*path)
		return 0;
	dir = cgroup2_open(path, e);
	if (dir < 0) {
		if (e->errnum != ENOENT)
			return -1;
		err_clear(e);
		if (scope && *scope) /* its unit ends by itself; a name is free again after that */
			scope_stop(g, scope, NULL);
		return 0;
	}
	cgroup2_kill(dir, e);
	err_clear(e);
	if (scope && *scope) {
		/* systemd as the user could not remove what the container's root has made in it */
		cgroup2_remove(path, made, NULL);
		return scope_stop(g, scope, e);
	}
	return cgroup2_remove(path, made, e);
}

bool cgroup_is_frozen(const char *path)
{
	_close_ int dir = path && *path ? cgroup2_open(path, NULL) : -1;

	return dir >= 0 && cgroup2_frozen(dir);
}
