/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines from a table: see opt.h for the contract. One pass over argv; operands are moved
 * behind the options in place, so nothing is allocated but the lists.
 */
#include "wire/opt.h"

#include <stdio.h>

static void *member(const struct opt *o, void *data)
{
	return (char *)data + o->offset;
}

static bool takes_value(const struct opt *o)
{
	return o->type != OPT_FLAG && o->type != OPT_CALL_FLAG;
}

/* "-t, --time" or "--time": an option as it is written. */
static const char *written(const struct opt *o, char out[80])
{
	snprintf(out, 80, "%.*s%.*s--%s", o->letter ? 1 : 0, "-", o->letter ? 3 : 0,
		 (char[4]){o->letter, ',', ' ', '\0'}, o->name);
	return out;
}

static int bad_value(const struct opt *o, const char *value, const char *want, struct err *e)
{
	char name[80];

	return err_set(e, ERR_USAGE, 0, NULL, "invalid argument \"%s\" for \"%s\" flag: not %s",
		       value, written(o, name), want);
}

static int check_fixed(const struct opt *o, const char *value, struct err *e)
{
	_strv_ struct strv allowed = {0};
	_free_ char *want = NULL;

	if (!o->values)
		return 0;
	strv_split(&allowed, o->values, ' ');
	if (strv_has(&allowed, value))
		return 0;
	want = str_fmt("one of: %s", o->values);
	return bad_value(o, value, want, e);
}

static int parse_bool(const struct opt *o, const char *value, bool *out, struct err *e)
{
	if (!value || str_eq(value, "true") || str_eq(value, "1"))
		*out = true;
	else if (str_eq(value, "false") || str_eq(value, "0"))
		*out = false;
	else
		return bad_value(o, value, "true or false", e);
	return 0;
}

/* The message of a call names the option, whatever words it has in it. */
static int name_option(const struct opt *o, struct err *e)
{
	_free_ char *flag = str_fmt("--%s", o->name);

	return e && !strstr(e->msg, flag) ? err_prefix(e, "%s", flag) : -1;
}

static int apply(const struct opt *o, void *data, const char *value, struct err *e);

/*
 * The parts of a list, as Podman takes lists apart: CSV (RFC 4180), so that a part in double quotes
 * may have commas in it.
 */
static int apply_list(const struct opt *o, void *data, const char *value, struct err *e)
{
	struct opt one = *o;

	one.list = false;
	for (const char *c = value;; c++) {
		_buf_ struct buf part = {0};

		buf_str(&part, "");
		if (*c == '"') {
			for (c++; *c && (*c != '"' || c[1] == '"'); c++) {
				c += *c == '"';
				buf_char(&part, *c);
			}
			if (*c != '"' || (c[1] && c[1] != ','))
				return bad_value(o, value, "a list: a double quote is open", e);
			c++;
		} else {
			size_t n = strcspn(c, ",");

			buf_add(&part, c, n);
			c += n;
		}
		if (apply(&one, data, part.data, e) < 0)
			return -1;
		if (!*c)
			return 0;
	}
}

/* value is NULL for a flag without "=". */
static int apply(const struct opt *o, void *data, const char *value, struct err *e)
{
	bool b;

	if (takes_value(o) && o->list)
		return apply_list(o, data, value, e);
	if (takes_value(o) && o->nonempty && !*value)
		return err_set(e, ERR_USAGE, 0, NULL, "--%s: the value must not be empty", o->name);
	if (takes_value(o) && check_fixed(o, value, e) < 0)
		return -1;
	switch (o->type) {
	case OPT_FLAG:
		return parse_bool(o, value, member(o, data), e);
	case OPT_STR:
		*(const char **)member(o, data) = value;
		return 0;
	case OPT_INT:
		if (str_to_int(value, INT64_MIN, INT64_MAX, member(o, data)) < 0)
			return bad_value(o, value, "a number", e);
		return 0;
	case OPT_SIZE:
		if (str_to_size(value, member(o, data)) < 0)
			return bad_value(o, value, "a size such as 512m", e);
		return 0;
	case OPT_LIST:
		strv_add(member(o, data), value);
		return 0;
	case OPT_CALL_FLAG:
		if (parse_bool(o, value, &b, e) < 0)
			return -1;
		value = b ? "true" : "false";
		/* fall through */
	case OPT_CALL:
		if (o->call(o, data, value, e) == 0)
			return 0;
		return name_option(o, e);
	case OPT_END:
		break;
	}
	return err_set(e, ERR_USAGE, 0, NULL, "--%s", o->name);
}

static const struct opt *find_long(const struct opt *table, const char *name, size_t len)
{
	for (const struct opt *o = table; o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct opt *find_letter(const struct opt *table, char c)
{
	for (const struct opt *o = table; o->name; o++)
		if (o->letter && o->letter == c)
			return o;
	return NULL;
}

struct parser {
	const struct opt *table;
	void *data;
	char **argv;
	int argc;
	int at;		     /* the word that is read */
	int shift_from;	     /* first operand so far: it and what follows move behind each option */
	const char *cluster; /* the letters that are read, without the dash */
};

static int next_word(struct parser *p, const struct opt *o, const char **value, struct err *e)
{
	if (p->at + 1 >= p->argc)
		return err_set(e, ERR_USAGE, 0, NULL, "flag needs an argument: --%s", o->name);
	*value = p->argv[++p->at];
	return 0;
}

static int unknown_flag(const struct opt *table, const char *word, size_t len, struct err *e)
{
	_free_ char *name = str_ndup(word, len);
	const char *near = NULL;
	size_t best = len < 5 ? 2 : 3; /* fewer than this many letters apart */

	for (const struct opt *o = table; o->name; o++) {
		if (!o->hidden && str_distance(name, o->name) < best) {
			best = str_distance(name, o->name);
			near = o->name;
		}
	}
	err_set(e, ERR_USAGE, 0, NULL, "unknown flag: --%s", name);
	return near ? err_hint(e, "did you mean --%s?", near) : -1;
}

static int parse_long(struct parser *p, const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const struct opt *o = find_long(p->table, word, len);
	const char *value = eq ? eq + 1 : NULL;

	if (!o)
		return unknown_flag(p->table, word, len, e);
	if (takes_value(o) && !value && next_word(p, o, &value, e) < 0)
		return -1;
	return apply(o, p->data, value, e);
}

static int parse_cluster(struct parser *p, const char *c, struct err *e)
{
	p->cluster = c;
	for (; *c; c++) {
		const struct opt *o = find_letter(p->table, *c);
		const char *value = NULL;

		if (!o)
			return err_set(e, ERR_USAGE, 0, NULL, "unknown shorthand flag: '%c' in -%s",
				       *c, p->cluster);
		if (!takes_value(o)) {
			if (c[1] == '=')
				return apply(o, p->data, c + 2, e);
			if (apply(o, p->data, NULL, e) < 0)
				return -1;
			continue;
		}
		if (c[1])
			value = c[1] == '=' ? c + 2 : c + 1;
		else if (next_word(p, o, &value, e) < 0)
			return -1;
		return apply(o, p->data, value, e);
	}
	return 0;
}

/* Moves words [from, from + n) in front of the operands that were found before. */
static void move_forward(struct parser *p, int from, int n)
{
	for (int i = 0; i < n; i++) {
		char *word = p->argv[from + i];

		for (int k = from + i; k > p->shift_from; k--)
			p->argv[k] = p->argv[k - 1];
		p->argv[p->shift_from++] = word;
	}
}

int opts_parse(const struct opt *table, void *data, int argc, char **argv, bool stop_at_operand,
	       struct opts_result *out, struct err *e)
{
	struct parser p = {
		.table = table, .data = data, .argv = argv, .argc = argc, .at = 1, .shift_from = 1};

	for (; p.at < argc; p.at++) {
		const char *word = argv[p.at];
		int from = p.at, r;

		if (word[0] != '-' || word[1] == '\0') {
			if (stop_at_operand)
				break;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			move_forward(&p, from, 1);
			break;
		}
		r = word[1] == '-' ? parse_long(&p, word + 2, e) : parse_cluster(&p, word + 1, e);
		if (r < 0)
			return -1;
		move_forward(&p, from, p.at - from + 1);
	}
	out->argc = argc - p.shift_from;
	out->argv = argv + p.shift_from;
	return 0;
}

void opts_help(const struct opt *table, struct buf *out)
{
	for (const struct opt *o = table; o->name; o++) {
		_buf_ struct buf left = {0};

		if (o->hidden)
			continue;
		if (o->letter)
			buf_fmt(&left, "-%c, ", o->letter);
		else
			buf_str(&left, "    ");
		buf_fmt(&left, "--%s", o->name);
		if (takes_value(o))
			buf_fmt(&left, " %s", o->arg ? o->arg : "VALUE");
		if (left.len > 28)
			buf_fmt(out, "  %s\n  %-28s  %s\n", left.data, "", o->help);
		else
			buf_fmt(out, "  %-28s  %s\n", left.data, o->help);
	}
}

void opts_list(const struct opt *table, struct buf *out)
{
	for (const struct opt *o = table; o && o->name; o++) {
		char letter[3] = {'-', o->letter, '\0'};

		if (!o->hidden)
			buf_fmt(out, "--%s\t%s\t%s\t%s\t%s\n", o->name, o->letter ? letter : "",
				!takes_value(o) ? ""
				: o->arg	? o->arg
						: "VALUE",
				o->values ? o->values : "", o->help);
	}
}

void opts_release(const struct opt *table, void *data)
{
	for (const struct opt *o = table; o->name; o++)
		if (o->type == OPT_LIST)
			strv_release(member(o, data));
}
