/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc-schema: the JSON Schema of a container document, as a program reads and writes it.
 *
 * "PROGRAM --schema" runs this program with the members that it needs and gives, so that the tables
 * of the document (lib/ctr/document.h, lib/oci/request.h) are installed once. The schema printed is
 * that of the document written (of the one read, where a program writes none); the one read stands
 * in $defs.input. It must not do anything but print.
 */
#include "ctr/document.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	const char *reads, *writes;
};

static const struct opt options[] = {
	{"reads", 0, OPT_STR, offsetof(struct options, reads), "MEMBERS",
	 "members of the document read, separated by blanks; -: none is read"},
	{"writes", 0, OPT_STR, offsetof(struct options, writes), "MEMBERS",
	 "the same of the one written"},
	{0},
};

static struct json *schema(const char *members)
{
	return str_eq(members, "-") ? NULL : container_schema(members ? members : "");
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	if (str_eq(o->reads, "-") && str_eq(o->writes, "-"))
		return err_set(e, ERR_USAGE, 0, NULL, "nothing is read or written");
	p->out = schema_of(p->argc ? p->argv[0] : "rp.container/1", schema(o->reads),
			   schema(o->writes));
	return 0;
}

static const struct program program = {
	.name = "doc-schema",
	.summary = "print the JSON Schema of a container document",
	.usage = "[options] [TITLE]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.operands = AT_MOST(1),
	.io = PROG_WRITES,
	.confine = confine_pipes,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
