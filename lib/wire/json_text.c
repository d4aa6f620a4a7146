/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a JSON value, beside the tree that json-c makes of it.
 *
 * json-c takes more than JSON (RFC 8259): 'single quotes' around keys, raw control characters in
 * strings. It cuts a key at the NUL of an escaped \u0000, so that two readers would see two names,
 * clamps integers of more than 64 bits, and lets ill-formed UTF-8 (RFC 3629) through. One walk over
 * the text finds all of these; a second one, only where something is wrong, finds the way to it.
 */
#include "wire/json_text.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Does an integer, as it is written, fit into int64_t or uint64_t? */
static bool integer_fits(const char *s, size_t n)
{
	bool negative = *s == '-';
	const char *limit = negative ? "9223372036854775808" : "18446744073709551615";
	size_t digits = n - negative, most = strlen(limit);

	return digits < most || (digits == most && memcmp(s + negative, limit, most) <= 0);
}

static void wrong_at(struct json_text_check *c, const char *wrong, size_t at)
{
	if (!c->wrong) {
		c->wrong = wrong;
		c->at = at;
	}
}

/* i is at the first byte of a number; returns its last. */
static size_t pass_number(struct json_text_check *c, const char *text, size_t len, size_t i)
{
	bool integer = true;
	size_t from = i;

	for (; i < len && text[i] && strchr("0123456789+-.eE", text[i]); i++)
		integer = integer && !strchr("+.eE", text[i]);
	if (integer && !integer_fits(text + from, i - from))
		wrong_at(c, "a number does not fit into 64 bits", from);
	return i - 1;
}

/* i is at the opening quote; returns the closing one. */
static size_t pass_string(struct json_text_check *c, const char *text, size_t len, size_t i)
{
	size_t from = i++;

	for (; i < len && text[i] != '"'; i++) {
		if ((unsigned char)text[i] < ' ')
			wrong_at(c, "not valid JSON: a control character in a string", from);
		if (text[i] != '\\')
			continue;
		i++;
		if (len - i >= 5 && memcmp(text + i, "u0000", 5) == 0)
			wrong_at(c, "a string contains a NUL character", from);
	}
	return i;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static size_t utf8_bad(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char from, to, low, high, more;
	} lead[] = {
		{0x00, 0x7f, 0, 0, 0},	     {0xc2, 0xdf, 0x80, 0xbf, 1},
		{0xe0, 0xe0, 0xa0, 0xbf, 2}, {0xe1, 0xec, 0x80, 0xbf, 2},
		{0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
		{0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3},
		{0xf4, 0xf4, 0x80, 0x8f, 3},
	};

	for (size_t i = 0; i < len; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(lead) && (s[i] < lead[k].from || s[i] > lead[k].to))
			k++;
		if (k == ARRAY_LEN(lead) || i + lead[k].more >= len ||
		    (lead[k].more && (s[i + 1] < lead[k].low || s[i + 1] > lead[k].high)))
			return i;
		for (size_t n = 2; n <= lead[k].more; n++)
			if ((s[i + n] & 0xc0) != 0x80)
				return i;
		i += lead[k].more;
	}
	return len;
}

struct json_text_check json_text_check(const char *text, size_t len)
{
	struct json_text_check c = {0};
	size_t bad = utf8_bad((const unsigned char *)text, len);

	if (bad < len)
		wrong_at(&c, "not valid UTF-8", bad);
	for (size_t i = 0; i < len; i++) {
		if ((text[i] >= '0' && text[i] <= '9') || text[i] == '-')
			i = pass_number(&c, text, len, i);
		else if (text[i] == '"')
			i = pass_string(&c, text, len, i);
		else if (text[i] == '\'')
			wrong_at(&c, "not valid JSON: single quotes", i);
		else
			c.members += text[i] == ':';
	}
	return c;
}

/* One object or array around the place that is looked for. */
struct level {
	const char *key; /* the last key of an object, behind its quote; NULL in an array */
	size_t key_len;
	size_t index; /* of an array's element */
	bool array;
};

struct walk {
	struct level level[JSON_MAX_DEPTH + 1];
	size_t depth;
	const char *string; /* the last string, which a ':' makes a key */
	size_t string_len;
};

static void walk_byte(struct walk *w, char c)
{
	struct level *l = w->depth ? &w->level[w->depth - 1] : NULL;

	if ((c == '{' || c == '[') && w->depth < ARRAY_LEN(w->level)) {
		w->level[w->depth++] = (struct level){.array = c == '['};
	} else if ((c == '}' || c == ']') && l) {
		w->depth--;
	} else if (c == ':' && l) {
		l->key = w->string;
		l->key_len = w->string_len;
	} else if (c == ',' && l) {
		l->index++;
		l->key = NULL;
	}
}

static size_t string_end(const char *text, size_t i, size_t len)
{
	while (i < len && text[i] != '"')
		i += text[i] == '\\' ? 2 : 1;
	return i;
}

void json_text_path(const char *text, size_t len, size_t at, char *path, size_t size)
{
	struct walk w = {0};
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < len && i <= at; i++) {
		if (text[i] == '"') {
			size_t end = string_end(text, i + 1, len);

			w.string = text + i + 1;
			w.string_len = end < len ? end - i - 1 : 0;
			if (i == at && w.depth && !w.level[w.depth - 1].array &&
			    !w.level[w.depth - 1].key) /* the key itself is meant */
				walk_byte(&w, ':');
			i = end;
		} else {
			walk_byte(&w, text[i]);
		}
	}
	for (size_t i = 0; i < w.depth; i++) {
		if (w.level[i].array)
			buf_fmt(&b, "[%zu]", w.level[i].index);
		else
			buf_fmt(&b, ".%.*s", (int)w.level[i].key_len, w.level[i].key ?: "");
	}
	snprintf(path, size, "%s", b.len ? b.data : ".");
}

char *json_text_indent(const char *text)
{
	struct buf b = {0};

	for (const char *line = text; *line;) {
		size_t blanks = strspn(line, " "), n = strcspn(line, "\n");
		char last = b.len > 1 ? b.data[b.len - 2] : '\0';
		char first = line[blanks];

		/* no string goes over the end of a line, so these are brackets */
		if ((last == '[' && first == ']') || (last == '{' && first == '}')) {
			b.len--;
		} else {
			buf_add(&b, line, blanks);
			buf_add(&b, line, blanks);
		}
		buf_add(&b, line + blanks, n - blanks);
		if (line[n])
			buf_char(&b, '\n');
		line += n + (line[n] != '\0');
	}
	return buf_take(&b);
}
