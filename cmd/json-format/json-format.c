/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-format: renders a JSON document for people: indented JSON, YAML, a Go template, a table; by
 * its options, or as .view of the document says (wire/render.h).
 *
 * It must not do anything but read and write its pipes.
 */
#include "base/fd.h"
#include "base/log.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

struct options {
	struct view view;
	bool no_newline;
};

static const struct opt options[] = {
	{"format", 0, OPT_STR, offsetof(struct options, view.format), "TEMPLATE",
	 "\"json\", \"yaml\", a Go template, or \"table TEMPLATE\""},
	{"no-newline", 0, OPT_FLAG, offsetof(struct options, no_newline), NULL,
	 "no newline behind each element"},
	VIEW_NOHEADING(struct options, 0),
	{0},
};

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_strv_ struct strv complaints = {0};
	_buf_ struct buf out = {0};

	if (render(p->doc, &o->view, o->no_newline, &out, &complaints, e) < 0 ||
	    fd_write_all(STDOUT_FILENO, out.data, out.len, e) < 0)
		return -1;
	strv_foreach (line, &complaints) {
		err_set(e, ERR_NOTFOUND, 0, NULL, "%s", line);
		log_err(e);
	}
	p->exit_status = complaints.n ? ERR_NOTFOUND : 0;
	err_clear(e);
	return 0;
}

static const struct field document[] = {
	{"view", FIELD_RAW, 0, 0, 0, "how to show it, unless the options say it"},
	{"rows", FIELD_OBJECTS, 0, 0, 0, "what templates and tables go over"},
	{0},
};

static const struct program program = {
	.name = "json-format",
	.summary = "render a JSON document as JSON, YAML, by a Go template, or as a table",
	.usage = "[--format TEMPLATE] < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS,
	.confine = confine_pipes,
	.reads_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
