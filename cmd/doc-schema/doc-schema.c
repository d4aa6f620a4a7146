/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc-schema: the JSON Schema of what a program of rp reads and writes.
 *
 * "PROGRAM --schema" runs this program, so that the text is installed once. The schema printed is
 * that of the document written (of the one read, where a program writes none); the one read stands
 * in $defs.input. Both are built from one description of the members of rp.container/1 and from the
 * list of members that a program needs and adds. It must not do anything but print.
 */
#include <stdio.h>

#include "schema.h"
#include "oci/request.h"
#include "sys/confine.h"
#include "wire/prog.h"

/* Members of rp.container/1 that must be there: before and after a program. */
static const struct {
	const char *program;
	const char *reads;  /* "" none; NULL: no document is read */
	const char *writes; /* NULL: no document is written */
} flow[] = {
	{"img-find", "request", "request image"},
	{"img-fetch", "request", "request image"},
	{"layer-unpack", "image", "image rootfs"},
	{"ctr-create", "request image", "request image container"},
	{"rootfs-mount", "request image rootfs container", "request image rootfs container"},
	{"net-slirp-launch", "request", "request"},
	{"vol-prepare", "request", "request volumes"},
	{"spec-gen", "request image rootfs", "request image rootfs spec"},
	{"ctr-monitor", "request container spec", "request container spec process"},
	{"ctr-attach", "process", NULL},
	{"ctr-cleanup", "container", NULL},
	{"ctr-load", NULL, "request image container"},
};

/* Programs with documents of their own. */
static const struct {
	const char *program, *reads, *writes;
} others[] = {
	{"img-list", NULL, schema_images},
	{"img-inspect", NULL, schema_array},
	{"img-remove", NULL, schema_removed},
	{"ctr-list", NULL, schema_containers},
	{"ctr-inspect", NULL, schema_array},
	{"host-info", NULL, schema_info},
	{"cgroup-scope", schema_scope, schema_scope},
	{"json-format", schema_any, NULL},
	{"selinux-label", schema_label_in, schema_label_out},
};

static struct json *parse_own(const char *text, struct err *e)
{
	struct json *j = NULL;

	json_parse(text, strlen(text), "schema", &j, e);
	return j;
}

/* The container document with these members required. */
static struct json *container_schema(const char *members, struct err *e)
{
	struct json *j = parse_own(schema_container, e);
	_strv_ struct strv words = {0};

	if (!j)
		return NULL;
	json_set(json_get(j, "properties"), "request", request_schema());
	strv_split(&words, members, ' ');
	for (size_t i = 0; i < words.n; i++)
		json_add(json_get(j, "required"), json_new_str(words.v[i]));
	return j;
}

static int find(const char *program, struct json **reads, struct json **writes, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(flow); i++) {
		if (!str_eq(flow[i].program, program))
			continue;
		*reads = flow[i].reads ? container_schema(flow[i].reads, e) : NULL;
		*writes = flow[i].writes ? container_schema(flow[i].writes, e) : NULL;
		return e->code ? -1 : 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (!str_eq(others[i].program, program))
			continue;
		*reads = others[i].reads ? parse_own(others[i].reads, e) : NULL;
		*writes = others[i].writes ? parse_own(others[i].writes, e) : NULL;
		return e->code ? -1 : 0;
	}
	return err_set(e, ERR_NOTFOUND, 0, NULL, "%s reads and writes no document", program);
}

static int run(struct prog *p, struct err *e)
{
	struct json *reads = NULL, *writes = NULL;

	if (p->argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "exactly one program is needed");
	if (find(p->argv[0], &reads, &writes, e) < 0) {
		json_put(reads);
		json_put(writes);
		return -1;
	}
	p->out = writes ? writes : json_copy(reads);
	json_set(p->out, "$schema", json_new_str("https://json-schema.org/draft/2020-12/schema"));
	json_set(p->out, "title", json_new_str(p->argv[0]));
	if (reads)
		json_set(json_need_obj(p->out, "$defs"), "input", reads);
	return 0;
}

static const struct program program = {
	.name = "doc-schema",
	.summary = "print the JSON Schema of what a program reads and writes",
	.usage = "PROGRAM",
	.io = PROG_WRITES,
	.confine = confine_pipes,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
