/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "delete" and "kill": processes by pidfd, then the cgroup, the poststop hooks, and the state
 * directory last, so that an interrupted delete can be repeated.
 */
#include "manage/delete.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "cgroup/cgroup.h"
#include "manage/match.h"
#include "process/hooks.h"
#include "sys/cgroup2.h"

#define KILL_WAIT_MS 10000

int delete_kill(const struct state *s, struct err *e)
{
	_close_ int pidfd = state_pidfd(s, e), dir = -1;

	if (*s->cgroup) {
		dir = cgroup2_open(s->cgroup, NULL);
		if (dir >= 0) {
			cgroup2_kill(dir, NULL);
			cgroup2_freeze(dir, false, NULL);
		}
	}
	if (pidfd < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	if (proc_signal(pidfd, SIGKILL, e) < 0 && e->code != ERR_NOTFOUND)
		return -1;
	if (proc_wait(pidfd, KILL_WAIT_MS, e) == 0)
		return err_set(e, ERR_AGAIN, ETIMEDOUT, NULL, "container %s does not end", s->id);
	err_clear(e);
	return 0;
}

static void poststop(struct state *s)
{
	_config_ struct config cfg = {0};
	_json_ struct json *state = NULL;
	struct err e = {0};

	if (state_load_hooks(s, &e) == 0 && !json_path(s->config, "hooks.poststop"))
		return;
	if (!e.code && config_parse(json_ref(s->config), &cfg, &e) == 0) {
		struct oci_state stopped = state_describe(s, "stopped");

		state = oci_state(&stopped);
		hooks_poststop(&cfg.poststop, state);
		return;
	}
	report_warn("%s", e.msg);
}

/* What a killed create left: a directory without a state. */
static int delete_leftover(const struct global *g, const char *id, struct err *e)
{
	_close_ int dir = -1;

	if (faccessat(g->root_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s does not exist", id);
	dir = state_claim(g, id, e);
	if (dir < 0)
		return -1;
	return state_remove(g, id, dir, e);
}

int delete_container(const struct global *g, const char *id, bool force, struct err *e)
{
	_state_ struct state s = STATE_NONE;
	const char *status;

	if (state_load(g, id, true, &s, e) < 0)
		return e->code == ERR_NOTFOUND && force ? delete_leftover(g, id, e) : -1;
	status = state_status(&s);
	if (!str_eq(status, "stopped")) {
		if (!force && !str_eq(status, "created")) {
			err_set(e, ERR_EXISTS, 0, NULL, "container %s is %s", id, status);
			return err_hint(e, "kill it first, or delete --force");
		}
		if (delete_kill(&s, e) < 0)
			return -1;
	}
	if (cgroup_destroy(g, s.cgroup, s.cgroup_made, s.cgroup_scope, e) < 0)
		return -1;
	poststop(&s);
	return state_remove(g, id, s.dir, e);
}

/* The ids that an operand means: itself, or with --regex all that match. */
static int select_ids(const struct global *g, const char *operand, bool regex, struct strv *out,
		      struct err *e)
{
	_strv_ struct strv all = {0};

	if (!regex) {
		strv_add(out, operand);
		return 0;
	}
	if (!match_valid(operand))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a regular expression",
			       operand);
	if (state_list(g, &all, e) < 0)
		return -1;
	strv_foreach (id, &all)
		if (match_text(operand, id))
			strv_add(out, id);
	return 0;
}

struct delete_options {
	bool force, regex;
};

static int run_delete(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct delete_options *o = opts;
	_strv_ struct strv ids = {0};
	int rc = 0;

	if (state_root(g, e) < 0 || select_ids(g, argv[0], o->regex, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids) {
		struct err one = {0};

		if (delete_container(g, id, o->force, &one) == 0)
			continue;
		/* with --force the aim is that it is gone */
		if (o->force && one.code == ERR_NOTFOUND)
			continue;
		if (rc < 0)
			report_err(e);
		*e = one;
		rc = -1;
	}
	return rc;
}

static const struct opt delete_table[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct delete_options, force), NULL,
	 "kill a running container first"},
	{"regex", 'r', OPT_FLAG, offsetof(struct delete_options, regex), NULL,
	 "all containers whose id matches the extended regular expression"},
	{0},
};
const struct command cmd_delete = {
	"delete",
	"ID",
	"remove a stopped container",
	delete_table,
	sizeof(struct delete_options),
	1,
	1,
	false,
	false,
	run_delete,
};

struct kill_options {
	bool all, regex;
};

static int signal_all(const struct state *s, int sig, struct err *e)
{
	_close_ int dir = *s->cgroup ? cgroup2_open(s->cgroup, e) : -1;
	_free_ pid_t *pids = NULL;
	size_t n = 0;

	if (dir < 0)
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "container %s has no cgroup of its own to find all processes by",
			       s->id);
	if (sig == SIGKILL)
		return cgroup2_kill(dir, e);
	if (cgroup2_pids(dir, &pids, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		_close_ int pidfd = sys_pidfd_open(pids[i]);

		if (pidfd >= 0)
			proc_signal(pidfd, sig, NULL);
	}
	return 0;
}

/* With a pid namespace of its own, killing its first process ends all. */
static bool first_is_all(const struct state *s, int sig)
{
	json_each (n, json_path(s->config, "linux.namespaces"))
		if (str_eq(json_get_str(n.v, "type", ""), "pid") && !*json_get_str(n.v, "path", ""))
			return sig == SIGKILL;
	return false;
}

static int kill_one(const struct global *g, const char *id, const struct kill_options *o, int sig,
		    struct err *e)
{
	_state_ struct state s = STATE_NONE;
	_close_ int pidfd = -1;

	if (state_load(g, id, false, &s, e) < 0)
		return -1;
	if (o->all && !first_is_all(&s, sig) && *s.cgroup)
		return signal_all(&s, sig, e);
	pidfd = state_pidfd(&s, e);
	if (pidfd < 0 || proc_signal(pidfd, sig, e) < 0)
		return e->code == ERR_NOTFOUND ? err_set(e, ERR_NOTFOUND, ESRCH, NULL,
							 "container %s is not running", id)
					       : -1;
	return o->all && !first_is_all(&s, sig) ? signal_all(&s, sig, e) : 0;
}

static int run_kill(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct kill_options *o = opts;
	_strv_ struct strv ids = {0};
	int sig = argc > 1 ? signal_number(argv[1]) : SIGTERM;

	if (sig < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "there is no signal \"%s\"", argv[1]);
	if (state_root(g, e) < 0 || select_ids(g, argv[0], o->regex, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids)
		if (kill_one(g, id, o, sig, e) < 0)
			return -1;
	return 0;
}

static const struct opt kill_table[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct kill_options, all), NULL,
	 "all processes of the container"},
	{"regex", 'r', OPT_FLAG, offsetof(struct kill_options, regex), NULL,
	 "all containers whose id matches the extended regular expression"},
	{0},
};
const struct command cmd_kill = {
	"kill",
	"ID [SIGNAL]",
	"send a signal, SIGTERM by default",
	kill_table,
	sizeof(struct kill_options),
	1,
	2,
	false,
	false,
	run_kill,
};
