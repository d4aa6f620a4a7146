/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents for people: see render.h.
 *
 * Stages: what was asked for (the caller's options, or .view of the document); what is rendered
 * (rows, elements, the document); text by JSON, YAML or a template; of a table the heading, and its
 * columns made equally wide. Texts come from images and containers: in a table they cannot forge
 * rows or steer the terminal, a template prints them as they are.
 */
#include <ctype.h>
#include <stdio.h>

#include "wire/render.h"
#include "wire/template.h"

int view_set(struct json *out, const struct view *v, const char *plain, struct err *e)
{
	struct json *view = json_need_obj(out, "view");
	const char *format = v->format ? v->format : plain;

	if (v->quiet && v->format)
		return err_set(e, ERR_USAGE, 0, NULL, "--quiet and --format exclude each other");
	if (str_eq(format, "table"))
		format = plain;
	json_set(view, "format", json_new_str(v->quiet ? "{{.ID}}" : format));
	if (v->noheading)
		json_set(view, "noheading", json_new_bool(true));
	return 0;
}

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
	struct json *rows = json_get(doc, json_has(doc, "rows") ? "rows" : "objects");

	if (json_kind(rows) == JSON_ARRAY)
		return json_ref(rows);
	if (json_kind(doc) == JSON_ARRAY)
		return json_ref(doc);
	rows = json_new_array();
	json_add(rows, json_ref(doc));
	return rows;
}

/* What "json" prints: the objects, or the array that stands beside "rows". */
static struct json *plain_of(struct json *doc)
{
	if (json_has(doc, "objects"))
		return json_get(doc, "objects");
	if (json_has(doc, "rows"))
		json_foreach (m, doc)
			if (json_kind(m.val) == JSON_ARRAY && !str_eq(m.key, "rows"))
				return m.val;
	return doc;
}

/* Headings that are not simply the field's words in capitals. */
static const char *known_heading(const char *field, const char *schema)
{
	static const char *const map[][2] = {
		{"CreatedHuman", "CREATED"}, {"CreatedSince", "CREATED"}, {"RunningFor", "CREATED"},
		{"ImageID", "IMAGE ID"},     {"Pod", "POD ID"},		  {"PodName", "PODNAME"},
		{"PIDNS", "PIDNS"},	     {"LabelText", "LABELS"},
	};

	if (str_eq(field, "ID") || str_eq(field, "Id"))
		return str_after(schema, "rp.images/")	  ? "IMAGE ID"
		       : str_after(schema, "rp.history/") ? "ID"
							  : "CONTAINER ID";
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (str_eq(field, map[i][0]))
			return map[i][1];
	return NULL;
}

/* The heading of a table: each action with one field becomes its name. */
static void heading(const struct tmpl_node *n, const char *schema, struct buf *out)
{
	for (; n; n = n->next) {
		const struct tmpl_arg *a = NULL;
		const char *field, *known;

		if (n->kind == TMPL_TEXT) {
			buf_str(out, n->text);
			continue;
		}
		for (const struct tmpl_command *c = n->pipe ? n->pipe->commands : NULL; c && !a;
		     c = c->next)
			for (a = c->args; a && !a->path.n;)
				a = a->next;
		if (!a)
			continue;
		field = a->path.v[a->path.n - 1];
		known = known_heading(field, schema);
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

/* Characters of UTF-8, each taken as one column. */
static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
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
			if (columns(cells.v[k]) + 2 > width[k])
				width[k] = columns(cells.v[k]) + 2;
	}
	for (size_t i = 0; i < lines.n; i++) {
		_strv_ struct strv cells = {0};

		if (i + 1 == lines.n && !*lines.v[i])
			break;
		strv_split(&cells, lines.v[i], '\t');
		for (size_t k = 0; k < cells.n; k++) {
			size_t w = k < ARRAY_LEN(width) && width[k] > 12 ? width[k] : 12;
			size_t has = columns(cells.v[k]);

			buf_fmt(out, "%s%*s", cells.v[k],
				k + 1 < cells.n && has < w ? (int)(w - has) : 0, "");
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

/* The row with what it leaves to its object. A new reference. */
static struct json *whole_row(struct json *doc, struct json *row)
{
	struct json *all;

	if (!json_has(row, "of"))
		return json_ref(row);
	all = json_new_object();
	json_foreach (m, json_at(plain_of(doc), (size_t)json_get_int(row, "of", 0)))
		json_set(all, m.key, json_ref(m.val));
	json_foreach (m, row)
		json_set(all, m.key, json_ref(m.val));
	return all;
}

/* By a template; format is without the word "table". */
static int render_template(struct json *doc, const char *format, bool table, bool heading_wanted,
			   bool no_newline, struct buf *out, struct err *e)
{
	_free_ char *text = unescape(format);
	_json_ struct json *rows = rows_of(doc);
	_buf_ struct buf all = {0};
	struct tmpl_node *tree = NULL;
	int r = template_parse(text, &tree, e);

	if (r == 0 && table && heading_wanted)
		heading(tree, json_get_str(doc, "schema", ""), &all);
	for (size_t i = 0; r == 0 && i < json_len(rows); i++) {
		_json_ struct json *whole = whole_row(doc, json_at(rows, i));
		_json_ struct json *row = table ? printable(whole) : json_ref(whole);

		r = template_run(tree, row, &all, e);
		if (!no_newline)
			buf_char(&all, '\n');
	}
	template_free(tree);
	if (r < 0)
		return -1;
	if (table)
		align(all.data ? all.data : "", out);
	else
		buf_add(out, all.data, all.len);
	return 0;
}

/* What is said of a name that was not found, in the words that scripts look for. */
static void complain(const struct json *doc, struct strv *complaints)
{
	const char *kind = json_get_str(doc, "kind", "");

	json_each (m, json_get(doc, "missing")) {
		const char *name = json_str(m.v) ? json_str(m.v) : "";

		if (str_eq(kind, "container"))
			strv_addf(complaints, "no such container %s", name);
		else if (str_eq(kind, "image"))
			strv_addf(complaints, "%s: image not known", name);
		else
			strv_addf(complaints, "no such object: \"%s\"", name);
	}
}

int render(struct json *doc, const struct view *v, bool no_newline, struct buf *out,
	   struct strv *complaints, struct err *e)
{
	_json_ struct json *view = json_ref(json_get(doc, "view"));
	const char *format = v->format ? v->format : json_get_str(view, "format", "json"), *rest;
	bool heading_wanted = !v->noheading && !json_get_bool(view, "noheading", false);

	json_del(doc, "view");
	complain(doc, complaints);
	if (str_eq(format, "table"))
		return err_set(e, ERR_USAGE, 0, NULL, "--format: \"table\" needs a template");
	if (str_eq(format, "json")) {
		_free_ char *text = json_text(plain_of(doc), true);

		buf_fmt(out, "%s\n", text);
	} else if (str_eq(format, "yaml")) {
		yaml_print(plain_of(doc), out);
	} else {
		rest = str_after(format, "table ");
		if (render_template(doc, rest ? rest + strspn(rest, " ") : format, rest != NULL,
				    heading_wanted,
				    no_newline || json_get_bool(view, "noNewline", false), out,
				    e) < 0)
			return -1;
	}
	return complaints->n ? 1 : 0;
}
