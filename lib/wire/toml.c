/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TOML reader: recursive descent over the text, values go straight into json values.
 *
 * State beside the text: the table that key/value lines go to, and the names of all tables that
 * were opened by a header or made by an inline value ("closed"), because TOML forbids to define a
 * table twice. A name is the keys joined by the unit separator, which no key may contain; array
 * elements count in it, so that [[a]] twice followed by [a.b] each is right. Recursion is bounded
 * by JSON_MAX_DEPTH. The text may come from a user's home, so it is trusted to be the user's will
 * but not to be well-formed. Specification: toml.io/en/v1.0.0.
 */
#include <ctype.h>

#include "wire/toml.h"

#define SEP '\x1f'

struct toml {
	const char *p, *end;
	const char *name;
	int line;
	struct json *root;
	struct json *table; /* where key/value lines go */
	struct buf prefix;  /* the name of that table */
	struct strv closed; /* names of tables that may not be opened again */
	struct err *e;
};

static int bad(struct toml *t, const char *what)
{
	return err_set(t->e, ERR_INPUT, 0, NULL, "%s:%d: %s", t->name, t->line, what);
}

static int peek(const struct toml *t)
{
	return t->p < t->end ? (unsigned char)*t->p : -1;
}

static bool at(const struct toml *t, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(t->end - t->p) >= n && memcmp(t->p, s, n) == 0;
}

static void blanks(struct toml *t)
{
	while (peek(t) == ' ' || peek(t) == '\t')
		t->p++;
}

/* The end of a line: blanks, a comment, a newline. */
static int line_end(struct toml *t)
{
	blanks(t);
	if (peek(t) == '#')
		while (peek(t) >= 0 && peek(t) != '\n')
			t->p++;
	if (at(t, "\r\n"))
		t->p++;
	if (peek(t) < 0)
		return 0;
	if (peek(t) != '\n')
		return bad(t, "unexpected text behind the value");
	t->p++;
	t->line++;
	return 0;
}

/* Blanks, comments and newlines, as inside an array. */
static int space(struct toml *t)
{
	for (;;) {
		blanks(t);
		if (peek(t) != '#' && peek(t) != '\n' && peek(t) != '\r')
			return 0;
		if (line_end(t) < 0)
			return -1;
	}
}

static void utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
	} else if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			buf_char(b, (char)(0xe0 | c >> 12));
		} else {
			buf_char(b, (char)(0xf0 | c >> 18));
			buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	}
}

static int unicode(struct toml *t, int digits, struct buf *b)
{
	uint32_t c = 0;

	for (int i = 0; i < digits; i++, t->p++) {
		int d = peek(t);

		if (d < 0 || !isxdigit(d))
			return bad(t, "\\u needs 4 and \\U 8 hexadecimal digits");
		c = c * 16 + (uint32_t)(isdigit(d) ? d - '0' : tolower(d) - 'a' + 10);
	}
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return bad(t, "\\u names no character that is allowed here");
	utf8(b, c);
	return 0;
}

/* Behind a backslash at the end of a line of a multi-line string all blank space goes. */
static int line_continuation(struct toml *t)
{
	blanks(t);
	if (peek(t) != '\n' && peek(t) != '\r')
		return bad(t, "unknown escape in a string");
	for (; peek(t) == ' ' || peek(t) == '\t' || peek(t) == '\n' || peek(t) == '\r'; t->p++)
		t->line += *t->p == '\n';
	return 0;
}

static int escape(struct toml *t, bool multi, struct buf *b)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	int c = peek(t);
	const char *hit = c > 0 ? strchr(from, c) : NULL;

	if (hit) {
		t->p++;
		buf_char(b, to[hit - from]);
		return 0;
	}
	if (c == 'u' || c == 'U') {
		t->p++;
		return unicode(t, c == 'u' ? 4 : 8, b);
	}
	if (multi)
		return line_continuation(t);
	return bad(t, "unknown escape in a string");
}

/* One character of a string that is neither its end nor an escape. */
static int plain(struct toml *t, bool multi, struct buf *b)
{
	int c = peek(t);

	if (c < 0)
		return bad(t, "string without an end");
	if (c == '\n' && !multi)
		return bad(t, "string without an end on its line");
	if ((c < 0x20 && c != '\t' && !(multi && (c == '\n' || c == '\r'))) || c == 0x7f)
		return bad(t, "control character in a string");
	t->line += c == '\n';
	buf_char(b, (char)c);
	t->p++;
	return 0;
}

static int string(struct toml *t, bool may_multi, char **out)
{
	_buf_ struct buf b = {0};
	char q = *t->p;
	char triple[4] = {q, q, q, '\0'}, one[2] = {q, '\0'};
	bool multi = at(t, triple);
	const char *stop = multi ? triple : one;

	if (multi && !may_multi)
		return bad(t, "a key must be on one line");
	t->p += strlen(stop);
	if (multi && at(t, "\r\n"))
		t->p++;
	if (multi && peek(t) == '\n') {
		t->p++;
		t->line++;
	}
	while (!at(t, stop)) {
		if (q == '"' && peek(t) == '\\') {
			t->p++;
			if (escape(t, multi, &b) < 0)
				return -1;
		} else if (plain(t, multi, &b) < 0) {
			return -1;
		}
	}
	t->p += strlen(stop);
	for (int i = 0; multi && i < 2 && peek(t) == q; i++, t->p++)
		buf_char(&b, q); /* up to two quotes may stand before the closing three */
	*out = buf_take(&b);
	return 0;
}

static bool bare(int c)
{
	return c > 0 && (isalnum(c) || c == '_' || c == '-');
}

/* One part of a key. */
static int key_part(struct toml *t, char **out)
{
	const char *start = t->p;

	if (peek(t) == '"' || peek(t) == '\'')
		return string(t, false, out);
	while (bare(peek(t)))
		t->p++;
	if (t->p == start)
		return bad(t, "expected a key");
	*out = str_ndup(start, (size_t)(t->p - start));
	return 0;
}

/* a."b".c */
static int key(struct toml *t, struct strv *out)
{
	for (;;) {
		char *part = NULL;

		blanks(t);
		if (key_part(t, &part) < 0)
			return -1;
		strv_take(out, part);
		if (out->n > JSON_MAX_DEPTH)
			return bad(t, "key with too many parts");
		blanks(t);
		if (peek(t) != '.')
			return 0;
		t->p++;
	}
}

static int value(struct toml *t, int depth, struct json **out);

static int array(struct toml *t, int depth, struct json **out)
{
	_json_ struct json *a = json_new_array();

	t->p++;
	for (;;) {
		struct json *v = NULL;

		if (space(t) < 0)
			return -1;
		if (peek(t) == ']')
			break;
		if (value(t, depth + 1, &v) < 0)
			return -1;
		json_add(a, v);
		if (space(t) < 0)
			return -1;
		if (peek(t) == ',')
			t->p++;
		else if (peek(t) != ']')
			return bad(t, "expected , or ] in an array");
	}
	t->p++;
	*out = take_ptr(a);
	return 0;
}

static int assign(struct toml *t, struct json *table, const char *prefix, int depth);

static int inline_table(struct toml *t, int depth, struct json **out)
{
	_json_ struct json *o = json_new_object();

	t->p++;
	blanks(t);
	while (peek(t) != '}') {
		if (assign(t, o, NULL, depth + 1) < 0)
			return -1;
		blanks(t);
		if (peek(t) == '}')
			break;
		if (peek(t) != ',')
			return bad(t, "expected , or } in an inline table");
		t->p++;
		blanks(t);
		if (peek(t) == '}')
			return bad(t, "comma before } in an inline table");
	}
	t->p++;
	*out = take_ptr(o);
	return 0;
}

/* A decimal integer; '_' only between digits, no leading zero. */
static int integer(struct toml *t, struct json **out)
{
	_buf_ struct buf b = {0};
	const char *digits;
	int64_t v;

	if (peek(t) == '-' || peek(t) == '+') {
		if (*t->p == '-')
			buf_char(&b, '-');
		t->p++;
	}
	digits = t->p;
	for (; isdigit(peek(t)) || peek(t) == '_'; t->p++) {
		if (*t->p == '_' && (t->p == digits || t->p[-1] == '_' || t->p + 1 >= t->end ||
				     !isdigit((unsigned char)t->p[1])))
			return bad(t, "_ must stand between digits");
		if (*t->p != '_')
			buf_char(&b, *t->p);
	}
	if (t->p == digits || bare(peek(t)) || peek(t) == '.' || peek(t) == ':')
		return bad(t, "expected a string, an integer, true, false, an array or a table");
	if (*digits == '0' && t->p > digits + 1)
		return bad(t, "number with a leading zero");
	if (str_to_int(b.data, INT64_MIN, INT64_MAX, &v) < 0)
		return bad(t, "number out of range");
	*out = json_new_int(v);
	return 0;
}

static int value(struct toml *t, int depth, struct json **out)
{
	_free_ char *s = NULL;
	int c = peek(t);

	if (depth > JSON_MAX_DEPTH)
		return bad(t, "nested too deep");
	if (c == '"' || c == '\'') {
		if (string(t, true, &s) < 0)
			return -1;
		*out = json_new_str(s);
		return 0;
	}
	if (c == '[')
		return array(t, depth, out);
	if (c == '{')
		return inline_table(t, depth, out);
	if (at(t, "true") || at(t, "false")) {
		size_t n = c == 't' ? 4 : 5;

		if (t->p + n >= t->end || !bare((unsigned char)t->p[n])) {
			t->p += n;
			*out = json_new_bool(c == 't');
			return 0;
		}
	}
	return integer(t, out);
}

static void name_add(struct buf *name, const char *part)
{
	buf_char(name, SEP);
	buf_str(name, part);
}

static bool closed(const struct toml *t, const struct buf *name)
{
	return strv_has(&t->closed, name->data ? name->data : "");
}

/* KEY = VALUE into table. prefix: the table's name, NULL inside an inline table. */
static int assign(struct toml *t, struct json *table, const char *prefix, int depth)
{
	_strv_ struct strv k = {0};
	_buf_ struct buf name = {0};
	struct json *v = NULL;

	if (key(t, &k) < 0)
		return -1;
	if (peek(t) != '=')
		return bad(t, "expected = behind the key");
	t->p++;
	blanks(t);
	buf_str(&name, prefix ? prefix : "");
	for (size_t i = 0; i + 1 < k.n; i++) {
		struct json *sub = json_get(table, k.v[i]);

		name_add(&name, k.v[i]);
		if (json_has(table, k.v[i]) &&
		    (json_kind(sub) != JSON_OBJECT || (prefix && closed(t, &name))))
			return bad(t, "key is defined already");
		table = json_need_obj(table, k.v[i]);
	}
	name_add(&name, k.v[k.n - 1]);
	if (json_has(table, k.v[k.n - 1]))
		return bad(t, "key is defined already");
	if (value(t, depth, &v) < 0)
		return -1;
	if (prefix && json_kind(v) == JSON_OBJECT)
		strv_add(&t->closed, name.data);
	json_set(table, k.v[k.n - 1], v);
	return 0;
}

/* One step of a header towards its table: into an object, or the last element of an array. */
static struct json *step(struct toml *t, struct json *table, const char *part)
{
	struct json *v = json_get(table, part);

	name_add(&t->prefix, part);
	if (!json_has(table, part))
		return json_need_obj(table, part);
	if (json_kind(v) == JSON_ARRAY) {
		buf_fmt(&t->prefix, "%c%zu", SEP, json_len(v));
		v = json_at(v, json_len(v) - 1);
	}
	return json_kind(v) == JSON_OBJECT ? v : NULL;
}

static int open_array_table(struct toml *t, struct json *table, const char *last)
{
	struct json *a = json_get(table, last), *o;

	name_add(&t->prefix, last);
	if (json_has(table, last) && (json_kind(a) != JSON_ARRAY || !closed(t, &t->prefix)))
		return bad(t, "this name is no array of tables");
	if (!json_has(table, last))
		strv_add(&t->closed, t->prefix.data);
	a = json_need_arr(table, last);
	o = json_new_object();
	json_add(a, o);
	buf_fmt(&t->prefix, "%c%zu", SEP, json_len(a));
	t->table = o;
	return 0;
}

static int open_table(struct toml *t, struct json *table, const char *last)
{
	bool there = json_kind(json_get(table, last)) == JSON_ARRAY;

	table = step(t, table, last);
	if (!table || there || closed(t, &t->prefix))
		return bad(t, "table is defined already");
	strv_add(&t->closed, t->prefix.data);
	t->table = table;
	return 0;
}

/* [a.b] or [[a.b]] */
static int header(struct toml *t)
{
	_strv_ struct strv k = {0};
	struct json *table = t->root;
	bool many = at(t, "[[");

	t->p += many ? 2 : 1;
	if (key(t, &k) < 0)
		return -1;
	if (!at(t, many ? "]]" : "]"))
		return bad(t, "expected ] behind the name of the table");
	t->p += many ? 2 : 1;
	t->prefix.len = 0;
	buf_str(&t->prefix, "");
	for (size_t i = 0; table && i + 1 < k.n; i++)
		table = step(t, table, k.v[i]);
	if (!table)
		return bad(t, "a part of this name is no table");
	return many ? open_array_table(t, table, k.v[k.n - 1]) : open_table(t, table, k.v[k.n - 1]);
}

static int document(struct toml *t)
{
	for (;;) {
		if (space(t) < 0)
			return -1;
		if (peek(t) < 0)
			return 0;
		if (peek(t) == '[' ? header(t) < 0 : assign(t, t->table, t->prefix.data, 0) < 0)
			return -1;
		if (line_end(t) < 0)
			return -1;
	}
}

int toml_parse(const char *text, size_t len, const char *name, struct json **out, struct err *e)
{
	_json_ struct json *root = json_new_object();
	struct toml t = {.p = text,
			 .end = text + len,
			 .name = name,
			 .line = 1,
			 .root = root,
			 .table = root,
			 .e = e};
	int r;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		t.p += 3;
	buf_str(&t.prefix, "");
	r = memchr(text, '\0', len) ? bad(&t, "NUL byte") : document(&t);
	buf_release(&t.prefix);
	strv_release(&t.closed);
	if (r == 0)
		*out = take_ptr(root);
	return r;
}
