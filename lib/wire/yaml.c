/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values as YAML, in the block style that people read. A text that YAML would take for
 * something else, or that has anything but printable ASCII in it, stands in double quotes as in
 * JSON, which YAML 1.2 reads alike.
 */
#include <ctype.h>

#include "wire/render.h"

static bool is_plain(const char *s)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no",
					    "on",   "off",   "y",    "n",   "~"};

	if (!*s || isspace((unsigned char)*s) || isspace((unsigned char)s[strlen(s) - 1]) ||
	    strchr("-?:,[]{}#&*!|>'\"%@`=<", *s) || str_only(s, "0123456789.:+-_eExXTZ"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	for (const char *c = s; *c; c++)
		if (*c < ' ' || *c > '~' || (*c == ':' && (c[1] == ' ' || !c[1])) ||
		    (*c == '#' && c[-1] == ' '))
			return false;
	return true;
}

static void print_text(const char *s, struct buf *out)
{
	_json_ struct json *text = json_new_str(s);
	_free_ char *quoted = json_text(text, false);

	buf_str(out, is_plain(s) ? s : quoted);
}

static void print_block(const struct json *v, int indent, struct buf *out);

/* Behind "key:" or "-": on the same line where it is one value. */
static void print_value(const struct json *v, int indent, bool in_list, struct buf *out)
{
	_free_ char *text = NULL;
	bool object = json_kind(v) == JSON_OBJECT, array = json_kind(v) == JSON_ARRAY;

	if ((object || array) && json_len(v)) {
		/* the first member of an element stands behind its dash */
		if (in_list && object) {
			struct buf block = {0};

			print_block(v, indent + 2, &block);
			buf_fmt(out, " %s", block.data + indent + 2);
			buf_release(&block);
			return;
		}
		buf_char(out, '\n');
		print_block(v, array && !in_list ? indent : indent + 2, out);
		return;
	}
	buf_char(out, ' ');
	if (json_kind(v) == JSON_STRING) {
		print_text(json_str(v), out);
	} else {
		text = v ? json_text(v, false) : str_dup("null");
		buf_str(out, text);
	}
	buf_char(out, '\n');
}

static void print_block(const struct json *v, int indent, struct buf *out)
{
	if (json_kind(v) == JSON_ARRAY) {
		json_each (el, v) {
			buf_fmt(out, "%*s-", indent, "");
			print_value(el.v, indent, true, out);
		}
		return;
	}
	json_foreach (m, v) {
		buf_fmt(out, "%*s", indent, "");
		print_text(m.key, out);
		buf_char(out, ':');
		print_value(m.val, indent, false, out);
	}
}

void yaml_print(const struct json *v, struct buf *out)
{
	bool block = (json_kind(v) == JSON_OBJECT || json_kind(v) == JSON_ARRAY) && json_len(v);
	struct buf one = {0};

	if (block) {
		print_block(v, 0, out);
		return;
	}
	print_value(v, 0, false, &one);
	buf_str(out, one.data + 1);
	buf_release(&one);
}
