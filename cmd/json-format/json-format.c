/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-format: renders a JSON document for people: indented JSON, a Go template, a table.
 *
 * The input is an array (each element is rendered), an object (rendered itself), or an object of
 * ours with "rows" (each row is rendered by templates and tables) beside the array that "json"
 * prints. It must not do anything but read and write its pipes.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "template.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	const char *format;
	bool noheading, no_newline;
};

static const struct opt options[] = {
	{"format", 0, OPT_STR, offsetof(struct options, format), "TEMPLATE",
	 "\"json\", a Go template, or \"table TEMPLATE\""},
	{"no-newline", 0, OPT_FLAG, offsetof(struct options, no_newline), NULL,
	 "no newline behind each element"},
	{"noheading", 0, OPT_FLAG, offsetof(struct options, noheading), NULL, "no heading"},
	{0},
};

/* "\\t" and "\\n" as they are typed in a shell; not inside an action, where strings have them. */
static char *unescape(const char *s)
{
	struct buf b = {0};
	bool action = false;

	for (; *s; s++) {
		if (s[0] == '{' && s[1] == '{')
			action = true;
		else if (s[0] == '}' && s[1] == '}')
			action = false;
		if (!action && s[0] == '\\' && (s[1] == 't' || s[1] == 'n')) {
			buf_char(&b, s[1] == 't' ? '\t' : '\n');
			s++;
		} else {
			buf_char(&b, *s);
		}
	}
	return buf_take(&b);
}

/* What templates go over: rows, elements, or the document itself. */
static struct json *rows_of(struct json *doc)
{
	struct json *rows = json_get(doc, "rows");

	if (json_kind(rows) == JSON_ARRAY)
		return json_ref(rows);
	if (json_kind(doc) == JSON_ARRAY)
		return json_ref(doc);
	rows = json_new_array();
	json_add(rows, json_ref(doc));
	return rows;
}

/* What "json" prints: the array that stands beside "rows". */
static struct json *plain_of(struct json *doc)
{
	if (json_has(doc, "rows"))
		json_foreach (m, doc)
			if (json_kind(m.val) == JSON_ARRAY && !str_eq(m.key, "rows"))
				return m.val;
	return doc;
}

static int print_json(struct json *doc, struct err *e)
{
	_free_ char *text = json_text(plain_of(doc), true);
	_buf_ struct buf b = {0};

	buf_fmt(&b, "%s\n", text);
	return fd_write_all(STDOUT_FILENO, b.data, b.len, e);
}

/* Headings that are not simply the field's words in capitals. */
static const char *known_heading(const char *field, bool images)
{
	static const char *const map[][2] = {
		{"CreatedHuman", "CREATED"}, {"CreatedSince", "CREATED"}, {"RunningFor", "CREATED"},
		{"ImageID", "IMAGE ID"},     {"LabelText", "LABELS"},
	};

	if (str_eq(field, "ID") || str_eq(field, "Id"))
		return images ? "IMAGE ID" : "CONTAINER ID";
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (str_eq(field, map[i][0]))
			return map[i][1];
	return NULL;
}

/* The heading of a table: each action with one field becomes its name. */
static void heading(const struct node *n, bool images, struct buf *out)
{
	for (; n; n = n->next) {
		const struct arg *a = NULL;
		const char *field, *known;

		if (n->kind == NODE_TEXT) {
			buf_str(out, n->text);
			continue;
		}
		for (const struct command *c = n->pipe ? n->pipe->commands : NULL; c && !a;
		     c = c->next)
			for (a = c->args; a && !a->path.n;)
				a = a->next;
		if (!a)
			continue;
		field = a->path.v[a->path.n - 1];
		known = known_heading(field, images);
		if (known) {
			buf_str(out, known);
			continue;
		}
		for (const char *c = field; *c; c++) {
			if (c > field && isupper((unsigned char)*c) &&
			    islower((unsigned char)c[-1]))
				buf_char(out, ' ');
			buf_char(out, (char)toupper((unsigned char)*c));
		}
	}
	buf_char(out, '\n');
}

/* Columns that tabs separate are made equally wide, two blanks apart, at least 12 wide. */
static void align(const char *text, struct buf *out)
{
	_strv_ struct strv lines = {0};
	size_t width[64] = {0};

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		_strv_ struct strv cells = {0};

		strv_split(&cells, lines.v[i], '\t');
		for (size_t k = 0; k + 1 < cells.n && k < ARRAY_LEN(width); k++)
			if (strlen(cells.v[k]) + 2 > width[k])
				width[k] = strlen(cells.v[k]) + 2;
	}
	for (size_t i = 0; i < lines.n; i++) {
		_strv_ struct strv cells = {0};

		if (i + 1 == lines.n && !*lines.v[i])
			break;
		strv_split(&cells, lines.v[i], '\t');
		for (size_t k = 0; k < cells.n; k++) {
			size_t w = k < ARRAY_LEN(width) ? width[k] : 0;

			buf_fmt(out, "%-*s", k + 1 < cells.n ? (int)(w < 12 ? 12 : w) : 0,
				cells.v[k]);
		}
		buf_char(out, '\n');
	}
}

/* Texts of images and containers cannot forge rows or steer the terminal. */
static struct json *printable(struct json *v)
{
	struct json *copy = NULL;

	if (json_kind(v) == JSON_STRING) {
		_free_ char *text = str_dup(json_str(v));

		err_printable(text);
		return json_new_str(text);
	}
	if (json_kind(v) == JSON_ARRAY) {
		copy = json_new_array();
		json_each (el, v)
			json_add(copy, printable(el.v));
		return copy;
	}
	if (json_kind(v) != JSON_OBJECT)
		return json_ref(v);
	copy = json_new_object();
	json_foreach (m, v) {
		_free_ char *key = str_dup(m.key);

		err_printable(key);
		json_set(copy, key, printable(m.val));
	}
	return copy;
}

static int render(const struct options *o, struct json *doc, const char *format, bool table,
		  struct err *e)
{
	_free_ char *text = unescape(format);
	_json_ struct json *rows = rows_of(doc);
	_buf_ struct buf out = {0};
	_buf_ struct buf aligned = {0};
	struct node *tree = NULL;
	int r = template_parse(text, &tree, e);

	if (r == 0 && table && !o->noheading)
		heading(tree, str_after(json_get_str(doc, "schema", ""), "rp.images") != NULL,
			&out);
	for (size_t i = 0; r == 0 && i < json_len(rows); i++) {
		_json_ struct json *row =
			table ? printable(json_at(rows, i)) : json_ref(json_at(rows, i));

		r = template_run(tree, row, &out, e);
		if (!o->no_newline)
			buf_char(&out, '\n');
	}
	template_free(tree);
	if (r < 0)
		return -1;
	if (table)
		align(out.data ? out.data : "", &aligned);
	return fd_write_all(STDOUT_FILENO, table ? aligned.data : out.data,
			    table ? aligned.len : out.len, e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	const char *format = o->format ? o->format : "json", *rest;

	if (str_eq(format, "json"))
		return print_json(p->doc, e);
	rest = str_after(format, "table ");
	if (str_eq(format, "table"))
		return err_set(e, ERR_USAGE, 0, NULL, "--format: \"table\" needs a template");
	return render(o, p->doc, rest ? rest + strspn(rest, " ") : format, rest != NULL, e);
}

static const struct program program = {
	.name = "json-format",
	.summary = "render a JSON document as indented JSON, by a Go template, or as a table",
	.usage = "[--format TEMPLATE] < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS,
	.confine = confine_pipes,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
