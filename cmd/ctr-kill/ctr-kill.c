/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-kill: sends a signal to the first process of containers, by pidfd. It waits for nothing. A
 * container that does not run is an error.
 */
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "ctr/select.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	struct selecting select;
	const char *signal;
};

static const struct opt options[] = {
	SELECT_ALL(struct options, "all containers that run"),
	SELECT_CIDFILE(struct options),
	SELECT_FILTER(struct options, 0),
	SELECT_LATEST(struct options),
	{"signal", 's', OPT_STR, offsetof(struct options, signal), "SIGNAL",
	 "name or number (default KILL)"},
	{0},
};

static int kill_one(const struct store *s, const char *id, const char *name, int sig, struct err *e)
{
	struct container_state st;
	_close_ int pidfd = -1;

	if (container_state(s, id, &st, e) < 0)
		return -1;
	if (!container_up(st.status))
		return err_set(e, ERR_FAILED, 0, NULL,
			       "can only kill running containers. %s is in state %s", name,
			       container_status_name(st.status));
	pidfd = proc_open(&st.process, e);
	if (pidfd < 0 || proc_signal(pidfd, sig, e) < 0)
		return err_prefix(e, "container %s", name);
	printf("%s\n", name);
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection sel = {0};
	int sig = o->signal ? signal_number(o->signal) : SIGKILL;

	if (store_open(&s, e) < 0 ||
	    container_select(&s, p->argc, p->argv, &o->select, true, &sel, e) < 0)
		return -1;
	for (size_t i = 0; i < sel.ids.n; i++) {
		if (kill_one(&s, sel.ids.v[i], sel.given.v[i], sig, e) == 0)
			continue;
		p->exit_status = e->code;
		log_err(e);
		err_clear(e);
	}
	return 0;
}

/* Containers run under other user ids of the map. */
static int confine_here(struct err *e)
{
	static const struct confine c = {
		.any_files = true, .signals = true, .caps = CONFINE_CAP(CAP_KILL)};

	return confine(&c, e);
}

/* Before anything is touched. */
static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	if (o->signal && signal_number(o->signal) <= 0)
		return err_set(e, ERR_USAGE, 0, NULL, "invalid signal: %s", o->signal);
	return container_select_check(p->argc, &o->select, e);
}

static const struct program program = {
	.name = "ctr-kill",
	.summary = "send a signal to containers",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.confine = confine_here,
	.check = check,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
