/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-remove: removes containers. With --force a running one is stopped by ctr-stop first;
 * ctr-cleanup does the removing, also of what dead processes left (ctr/sweep.h). It touches nothing
 * itself.
 */
#include <stdio.h>

#include "base/log.h"
#include "ctr/depend.h"
#include "ctr/select.h"
#include "ctr/sweep.h"
#include "sys/spawn.h"
#include "wire/prog.h"

struct options {
	struct selecting select;
	bool force, volumes, depend;
	const char *time;
};

static const struct opt options[] = {
	SELECT_ALL(struct options, "all containers"),
	SELECT_CIDFILE(struct options),
	SELECT_FILTER(struct options, 0),
	{"depend", 0, OPT_FLAG, offsetof(struct options, depend), NULL,
	 "remove containers that need it as well"},
	{"force", 'f', OPT_FLAG, offsetof(struct options, force), NULL,
	 "stop it first where it runs; a missing one is no error"},
	SELECT_IGNORE(struct options),
	SELECT_LATEST(struct options),
	{"time", 't', OPT_STR, offsetof(struct options, time), "SECONDS",
	 "with --force: wait before SIGKILL"},
	{"volumes", 'v', OPT_FLAG, offsetof(struct options, volumes), NULL,
	 "remove its anonymous volumes too"},
	{0},
};

static int run_tool(const char *tool, const struct strv *args, struct err *e)
{
	_free_ char *file = program_path(tool);
	_strv_ struct strv argv = {0};
	int status = 0;

	strv_add(&argv, file);
	for (size_t i = 0; i < args->n; i++)
		strv_add(&argv, args->v[i]);
	if (run_program(&(struct spawn){.file = file,
					.argv = argv.v,
					.in = SPAWN_NULL,
					.out = SPAWN_NULL,
					.err = -1},
			NULL, 0, NULL, 0, &status, e) < 0) {
		log_err(e);
		status = e->code;
		err_clear(e);
	}
	return status;
}

static int remove_one(const struct store *s, const char *id, const char *name,
		      const struct options *o, struct err *e)
{
	_strv_ struct strv stop = {0}, clean = {0};
	struct container_state st;
	int status;

	if (o->force && container_state(s, id, &st, NULL) == 0 && container_up(st.status)) {
		if (o->time)
			strv_addf(&stop, "--time=%s", o->time);
		strv_add(&stop, id);
		run_tool("ctr-stop", &stop, e);
	}
	strv_add(&clean, "--remove");
	if (o->force) {
		strv_add(&clean, "--force");
		/* a --rm container is gone by itself after the stop */
		strv_add(&clean, "--ignore");
	}
	if (o->volumes)
		strv_add(&clean, "--volumes");
	strv_add(&clean, id);
	status = run_tool("ctr-cleanup", &clean, e);
	if (status == 0)
		printf("%s\n", name);
	return status;
}

static bool selects_more(const struct selecting *how)
{
	return how->all || how->latest || how->cidfiles.n || how->filter.n;
}

struct removal {
	const struct store *s;
	const struct options *o;
	struct selection *sel;
	struct depend_edges edges;
	struct strv done; /* ids */
};

static void removal_release(struct removal *r)
{
	depend_release(&r->edges);
	strv_release(&r->done);
}

/* By the user's own word for it, where there is one. */
static const char *given_name(const struct removal *r, const char *id)
{
	for (size_t i = 0; i < r->sel->ids.n; i++)
		if (str_eq(r->sel->ids.v[i], id))
			return r->sel->given.v[i];
	return id;
}

static int refuse(const char *id, const struct strv *others, struct err *e)
{
	_buf_ struct buf list = {0};

	strv_foreach (other, others)
		buf_fmt(&list, "%s%.12s", list.len ? ", " : "", other);
	err_set(e, ERR_FAILED, 0, NULL,
		"container %.12s has dependent containers which must be removed before it: %s", id,
		list.data);
	err_hint(e, "--depend removes them too");
	log_err(e);
	err_clear(e);
	return ERR_FAILED;
}

/* Those that need it first; those that nobody has asked for keep it. Status of the first failure.
 */
static int remove_in_order(struct removal *r, const char *id, struct err *e)
{
	_strv_ struct strv others = {0}, kept = {0};
	int status = 0;

	if (strv_has(&r->done, id))
		return 0;
	strv_add(&r->done, id);
	depend_dependents(&r->edges, id, &others);
	strv_foreach (other, &others) {
		if (!r->o->depend && !r->o->select.all && !strv_has(&r->sel->ids, other))
			strv_add(&kept, other);
	}
	if (kept.n)
		return refuse(id, &kept, e);
	for (size_t i = 0; i < others.n && status == 0; i++)
		status = remove_in_order(r, others.v[i], e);
	return status ? status : remove_one(r->s, id, given_name(r, id), r->o, e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	struct selecting how = o->select;
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection sel = {0};
	_clean_(removal_release) struct removal r = {.s = &s, .o = o, .sel = &sel};

	if (store_open(&s, e) < 0)
		return -1;
	container_sweep_all(&s);
	how.ignore = how.ignore || o->force;
	/* those that exist are removed, whatever is said about the others */
	for (int i = 0; i < p->argc; i++) {
		if (container_select_name(&s, p->argv[i], how.ignore, &sel, e) == 0)
			continue;
		p->exit_status = e->code;
		log_err(e);
		err_clear(e);
	}
	if (selects_more(&how) && container_select(&s, 0, NULL, &how, false, &sel, e) < 0)
		return -1;
	if (sel.ids.n && depend_read(&s, &r.edges, e) < 0)
		return -1;
	for (size_t i = 0; i < sel.ids.n; i++) {
		int status = remove_in_order(&r, sel.ids.v[i], e);

		p->exit_status = status ? status : p->exit_status;
	}
	return 0;
}

/* Before anything is touched. */
static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	return container_select_check(p->argc, &o->select, e);
}

static const struct program program = {
	.name = "ctr-remove",
	.summary = "remove containers",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.check = check,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
