/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-list: the containers of the store, as Podman's "ps" has them.
 *
 * Output {"schema":"rp.containers/1","containers":[...],"rows":[...]}: "containers" with the keys
 * of "podman ps --format json", "rows" with the texts that a table or template shows. One readdir,
 * a few small reads a container, no lock: a container that vanishes meanwhile is left out.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "list.h"
#include "ctr/sweep.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	bool all, no_trunc, size;
	int64_t last;
	const char *sort;
	struct strv filter;
};

static const struct opt options[] = {
	{"all", 0, OPT_FLAG, offsetof(struct options, all), NULL, "also those that do not run"},
	{"filter", 0, OPT_LIST, offsetof(struct options, filter), "KEY=VALUE",
	 "id, name, label, status, exited, ancestor, volume, network, before, since"},
	{"last", 0, OPT_INT, offsetof(struct options, last), "N", "the last N created"},
	{"no-trunc", 0, OPT_FLAG, offsetof(struct options, no_trunc), NULL,
	 "whole ids and commands"},
	{"size", 0, OPT_FLAG, offsetof(struct options, size), NULL,
	 "the size of the read-write layer"},
	{"sort", 0, OPT_STR, offsetof(struct options, sort), "KEY",
	 "created (default), id, image, names, status, command, runningfor, size"},
	{0},
};

static int compare(const void *x, const void *y, void *key)
{
	const struct item *a = x, *b = y;
	const char *by = key;

	if (by && !str_eq(by, "created") && !str_eq(by, "runningfor")) {
		const char *field = str_eq(by, "id")	    ? "ID"
				    : str_eq(by, "image")   ? "Image"
				    : str_eq(by, "names")   ? "Names"
				    : str_eq(by, "command") ? "Command"
				    : str_eq(by, "size")    ? "Size"
							    : "Status";
		int r = strcmp(json_get_str(a->row, field, ""), json_get_str(b->row, field, ""));

		if (r)
			return r;
	}
	/* newest first */
	return -strcmp(a->created, b->created);
}

static int load_items(const struct store *s, const struct options *o, const struct filters *f,
		      struct item **items, size_t *n, struct err *e)
{
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, e) < 0)
		return -1;
	*items = mem_alloc((ids.n + 1) * sizeof(**items));
	for (size_t i = 0; i < ids.n; i++) {
		struct item it = {0};

		if (item_load(s, ids.v[i], o->no_trunc, o->size, &it, NULL) < 0)
			continue;
		if ((!o->all && !o->last && !f->shows_stopped && !item_running(&it)) ||
		    !filters_match(f, &it)) {
			item_release(&it);
			continue;
		}
		(*items)[(*n)++] = it;
	}
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_clean_(filters_release) struct filters f = {0};
	_free_ struct item *items = NULL;
	struct json *containers = json_new_array(), *rows = json_new_array();
	size_t n = 0;

	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.containers/1"));
	json_set(p->out, "containers", containers);
	json_set(p->out, "rows", rows);
	if (store_open(&s, e) < 0)
		return -1;
	container_sweep_all(&s);
	if (filters_parse(&f, &s, &o->filter, e) < 0 || load_items(&s, o, &f, &items, &n, e) < 0)
		return -1;
	qsort_r(items, n, sizeof(*items), compare, (void *)(uintptr_t)o->sort);
	for (size_t i = 0; i < n; i++) {
		if (o->last <= 0 || (int64_t)i < o->last) {
			json_add(containers, json_ref(items[i].full));
			json_add(rows, json_ref(items[i].row));
		}
		item_release(&items[i]);
	}
	return 0;
}

static const struct program program = {
	.name = "ctr-list",
	.summary = "list the containers of the store",
	.usage = "[options]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES,
	.confine = confine_reader,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
