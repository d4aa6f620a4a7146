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
#include "base/log.h"
#include "ctr/sweep.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

#define COLUMNS                                                                                 \
	"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t" \
	"{{.Names}}"
#define POD_COLUMNS "\t{{.Pod}}\t{{.PodName}}"
#define NAMESPACES                                                                           \
	"table {{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.CGROUPNS}}\t{{.IPC}}\t{{.MNT}}\t{{.NET}}\t" \
	"{{.PIDNS}}\t{{.USERNS}}\t{{.UTS}}"

struct options {
	bool all, no_trunc, size, latest, pod, namespace, ignored;
	int64_t last;
	const char *sort;
	struct strv filter;
	struct view view;
};

static const struct opt options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct options, all), NULL, "also those that do not run"},
	{"external", 0, OPT_FLAG, offsetof(struct options, ignored), NULL,
	 "accepted for compatibility: no other engine shares this store"},
	{"filter", 'f', OPT_LIST, offsetof(struct options, filter), "KEY=VALUE",
	 "only those that match; keys: " FILTER_HELP},
	VIEW_FORMAT(struct options, 0),
	{"last", 'n', OPT_INT, offsetof(struct options, last), "N", "the last N created"},
	{"latest", 'l', OPT_FLAG, offsetof(struct options, latest), NULL, "the last created"},
	{"namespace", 0, OPT_FLAG, offsetof(struct options, namespace), NULL,
	 "the namespaces of each"},
	{"no-trunc", 0, OPT_FLAG, offsetof(struct options, no_trunc), NULL,
	 "whole ids and commands"},
	VIEW_NOHEADING(struct options, 0),
	{"ns", 0, OPT_FLAG, offsetof(struct options, namespace), NULL, "the same as --namespace"},
	{"pod", 'p', OPT_FLAG, offsetof(struct options, pod), NULL, "the pod of each"},
	VIEW_QUIET(struct options),
	{"size", 's', OPT_FLAG, offsetof(struct options, size), NULL,
	 "the size of the read-write layer"},
	{"sort", 0, OPT_STR, offsetof(struct options, sort), "KEY",
	 "created, the oldest first (default), id, image, names, status, command, runningfor, size",
	 .values = "command created id image names runningfor size status"},
	{"sync", 0, OPT_FLAG, offsetof(struct options, ignored), NULL,
	 "accepted for compatibility: states are always the kernel's"},
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
	/* the age grows the other way round */
	return strcmp(a->created, b->created) * (str_eq(by, "runningfor") ? -1 : 1);
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
		if ((!o->all && o->last <= 0 && !o->latest && !f->shows_stopped &&
		     !item_running(&it)) ||
		    !filters_match(f, &(struct filtered){it.id, it.doc, &it.state})) {
			item_release(&it);
			continue;
		}
		(*items)[(*n)++] = it;
	}
	return 0;
}

static const char *default_view(const struct options *o)
{
	if (o->namespace)
		return NAMESPACES;
	if (o->size)
		return o->pod ? COLUMNS "\t{{.Size}}" POD_COLUMNS : COLUMNS "\t{{.Size}}";
	return o->pod ? COLUMNS POD_COLUMNS : COLUMNS;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_filters_ struct filters f = {0};
	_free_ struct item *items = NULL;
	struct json *containers = json_new_array(), *rows = json_new_array();
	size_t n = 0, from;
	int64_t last = o->latest ? 1 : o->last;

	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.containers/1"));
	json_set(p->out, "containers", containers);
	json_set(p->out, "rows", rows);
	if (o->latest && (o->last > 0 || o->all))
		return err_set(e, ERR_USAGE, 0, NULL, "--latest excludes --last and --all");
	if (view_set(p->out, &o->view, default_view(o), e) < 0)
		return -1;
	/* by hand it sees what it may; rp enters the namespaces for it */
	if (o->size && log_command() && geteuid() != 0)
		return err_set(e, ERR_AGAIN, 0, NULL,
			       "--size looks into layers: run it by ns-enter-pause");
	if (store_open(&s, e) < 0)
		return -1;
	container_sweep_all(&s);
	if (filters_parse(&f, &s, &o->filter, e) < 0 || load_items(&s, o, &f, &items, &n, e) < 0)
		return -1;
	/* of the last ones, too, the order is the one that was asked for */
	qsort_r(items, n, sizeof(*items), compare, NULL);
	from = last > 0 && (size_t)last < n ? n - (size_t)last : 0;
	qsort_r(items + from, n - from, sizeof(*items), compare, (void *)(uintptr_t)o->sort);
	for (size_t i = 0; i < n; i++) {
		if (i >= from) {
			json_add(containers, json_ref(items[i].full));
			json_add(rows, json_ref(items[i].row));
		}
		item_release(&items[i]);
	}
	return 0;
}

/* What is written; the rest of each is as Podman has it. */
static const struct field container[] = {
	{"Id", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{"State", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{"Names", FIELD_STRINGS, 0, sizeof(struct strv), FIELD_NEED},
	{0},
};

static const struct field document[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.containers/1"},
	{"containers", FIELD_OBJECTS, 0, 0, FIELD_NEED, .table = container},
	{"rows", FIELD_OBJECTS, 0, 0, FIELD_NEED, "texts for tables and templates"},
	{"view", FIELD_RAW, 0, 0, 0, "how to show it"},
	{0},
};

static const struct program program = {
	.name = "ctr-list",
	.summary = "list the containers of the store",
	.usage = "[options]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.operands = NO_OPERANDS,
	.io = PROG_WRITES,
	.confine = confine_reader,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
