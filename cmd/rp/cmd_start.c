/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start: a container that was made before, after those that it needs.
 *
 *	ctr-load --if-needed | rootfs-mount | [net-slirp-launch] | [vol-prepare] | spec-gen |
 *	ctr-monitor | [ctr-attach]
 */
#include <stdio.h>

#include "commands.h"
#include "run.h"

struct start_data {
	bool attach, interactive, all, latest;
	const char *sig_proxy, *detach_keys;
	struct strv filter;
};

const struct opt start_options[] = {
	{"all", 0, OPT_FLAG, offsetof(struct start_data, all), NULL, "all containers"},
	{"attach", 'a', OPT_FLAG, offsetof(struct start_data, attach), NULL,
	 "attach to the container and end with its status"},
	{"detach-keys", 0, OPT_STR, offsetof(struct start_data, detach_keys), "KEYS",
	 "keys that detach from the container"},
	{"filter", 'f', OPT_LIST, offsetof(struct start_data, filter), "KEY=VALUE",
	 "those that match, as for ps"},
	{"interactive", 'i', OPT_FLAG, offsetof(struct start_data, interactive), NULL,
	 "pass standard input on"},
	{"latest", 'l', OPT_FLAG, offsetof(struct start_data, latest), NULL,
	 "the container created last"},
	{"sig-proxy", 0, OPT_STR, offsetof(struct start_data, sig_proxy), "BOOL",
	 "with --attach: pass signals on (default true)", .values = "true false"},
	{0},
};

/* 1: it runs already, or what it needs does not run; *status: for the user. */
static int start_try(const struct start_data *d, const char *name, int *status, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	plan_add(&p, "ctr-load", "--if-needed", d->attach ? "--detach=false" : "--detach=true",
		 d->interactive ? "--interactive=true" : "--interactive=keep", name, NULL);
	run_add_start(&p, NULL, !mode.dry_run);
	if (d->attach) {
		run_add_attach(&p, d->sig_proxy);
		if (d->detach_keys)
			strv_addf(&p.step[p.n - 1].argv, "--detach-keys=%s", d->detach_keys);
	} else {
		dry_run_line(&p, name);
	}
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed == 0 && o.status == ERR_AGAIN)
		return 1;
	*status = o.failed >= 0 ? o.status : 0;
	if (run_failed_before_attach(&p, &o)) {
		_plan_ struct pipeline clean = {0};
		_outcome_ struct outcome ignored = {0};

		/* what the steps before it have set up: the network helper, the run directory */
		if (o.failed > 0 && o.status != ERR_EXISTS) {
			plan_add(&clean, "ctr-cleanup", name, NULL)->hold = HOLD_NOTFOUND;
			plan_run(&clean, &ignored, NULL);
		}
		*status = run_status(&p, &o);
	}
	return 0;
}

int start_once(const char *name, int *status, struct err *e)
{
	const struct start_data quiet = {0};

	return start_try(&quiet, name, status, e);
}

/* One that runs already. */
static int attach_to(const struct start_data *d, const char *name, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	plan_add(&p, "ctr-load", "--running",
		 d->interactive ? "--interactive=true" : "--interactive=keep", name, NULL);
	run_add_attach(&p, d->sig_proxy);
	strv_add(&p.step[p.n - 1].argv, "--no-start");
	if (d->detach_keys)
		strv_addf(&p.step[p.n - 1].argv, "--detach-keys=%s", d->detach_keys);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed == 0 ? 125 : o.status;
}

static int start_one(const struct start_data *d, const char *name, struct err *e)
{
	bool runs = false;
	int status = 0, n = start_try(d, name, &status, e);

	if (n == 1) {
		n = needed_start(name, -1, &runs, &status, e);
		if (n == 0 && !runs && status == 0)
			n = start_try(d, name, &status, e);
		if (n == 1)
			return err_set(
				e, ERR_AGAIN, 0, NULL,
				"container %s, or one that it needs, starts or ends just now",
				name);
	}
	if (n < 0)
		return -1;
	if (runs && d->attach)
		return attach_to(d, name, e);
	if (!d->attach && status == 0 && !mode.dry_run)
		printf("%s\n", name);
	return status;
}

/* The containers that options mean: ctr-list looks, which touches nothing, with --dry-run too. */
static int choose(const struct start_data *d, struct strv *ids, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	bool dry = mode.dry_run;
	struct step *s =
		plan_add(&p, "ctr-list", "--no-trunc", d->latest ? "--latest" : "--all", NULL);
	int r;

	plan_list(s, "--filter", &d->filter);
	mode.dry_run = false;
	r = plan_run(&p, &o, e);
	mode.dry_run = dry;
	if (r < 0 || o.failed >= 0)
		return r < 0 ? -1 : 125;
	json_each (c, json_get(o.out, "containers"))
		if (json_get_int(c.v, "Pid", 0) == 0)
			strv_add(ids, json_get_str(c.v, "Id", ""));
	return 0;
}

static int start_all(const struct start_data *d, size_t n, char **names, struct err *e)
{
	int status = 0;

	for (size_t i = 0; i < n; i++) {
		int one = start_one(d, names[i], e);

		if (one < 0)
			return -1;
		status = one ? one : status;
	}
	return status;
}

static int start_check(const struct start_data *d, int argc, struct err *e)
{
	bool chosen = d->all || d->latest || d->filter.n;

	if (argc && chosen)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "no arguments are needed with --all, --latest and --filter");
	if (!argc && !chosen)
		return err_set(e, ERR_USAGE, 0, NULL, "start requires at least one argument");
	if (d->attach && (argc > 1 || d->all || d->filter.n))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "you cannot start and attach multiple containers at once");
	return 0;
}

int cmd_start(const struct command *c, int argc, char **argv, struct err *e)
{
	struct start_data d = {0};
	struct opts_result r;
	_strv_ struct strv ids = {0};
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n == 0)
		n = start_check(&d, r.argc, e);
	if (n == 0)
		n = plan_enter(PLAN_PRIVATE_NS, e);
	else if (n == 1)
		return 0;
	if (n == 0 && !r.argc)
		n = choose(&d, &ids, e);
	if (n == 0)
		n = start_all(&d, r.argc ? (size_t)r.argc : ids.n, r.argc ? r.argv : ids.v, e);
	opts_release(start_options, &d);
	return n;
}
