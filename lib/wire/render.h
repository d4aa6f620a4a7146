/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document made readable for people: indented JSON, YAML, a Go template, a table.
 *
 * A program that lists takes the options of a struct view, leaves what was asked for in the member
 * `view` of its output, and knows nothing of how it is done:
 *
 *	"view": {"format": "table {{.ID}}\t{{.Names}}", "noheading": true, "noNewline": false}
 *
 * A row with the number `of` has all members of that element of the array beside "rows" as well,
 *but for those that are its own: what many rows have in common stands once.
 *
 * json-format(1) and rp(1) render the document by it. What is rendered: the elements of an array;
 * of an object of ours its "rows" (templates, tables), or its "objects" or the array beside "rows"
 * ("json"); else the object itself.
 */
#ifndef RP_WIRE_RENDER_H
#define RP_WIRE_RENDER_H

#include "wire/json.h"
#include "wire/opt.h"

struct view {
	const char *format; /* "json", "yaml", "table [TEMPLATE]", a template; NULL: the default */
	bool noheading;
	bool quiet; /* ids only */
};

/* Rows for a table of options. S has a member `view`. */
#define VIEW_FORMAT(S, letter)                                                                \
	{                                                                                     \
		"format", letter, OPT_STR, offsetof(S, view.format), "TEMPLATE",              \
			"Go template, \"table TEMPLATE\" or \"json\"; kept in .view for the " \
			"renderer"                                                            \
	}
#define VIEW_NOHEADING(S, letter)                                                              \
	{                                                                                      \
		"noheading", letter, OPT_FLAG, offsetof(S, view.noheading), NULL, "no heading" \
	}
#define VIEW_QUIET(S)                                                             \
	{                                                                         \
		"quiet", 'q', OPT_FLAG, offsetof(S, view.quiet), NULL, "ids only" \
	}

/*
 * Sets out.view. plain is the format where the user named none, also for "table" alone. ERR_USAGE
 * where both ids and a format were asked for.
 */
int view_set(struct json *out, const struct view *v, const char *plain, struct err *e);

/*
 * Renders doc, by v where it names something, else by doc.view, else as "json", and adds the text
 * to *out. no_newline: none behind each element. ERR_USAGE for a wrong template.
 *
 * Names in doc.missing were not found: each adds a line to *complaints, without its end, and the
 * function returns 1 instead of 0.
 */
int render(struct json *doc, const struct view *v, bool no_newline, struct buf *out,
	   struct strv *complaints, struct err *e);

/* The value as a block of YAML 1.2. */
void yaml_print(const struct json *v, struct buf *out);

#endif
