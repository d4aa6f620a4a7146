/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a text written the way our own programs write their documents? See json_text_plain().
 *
 * Most documents come from the program before, and most of their text is of no concern to the one
 * that reads: a tree of it would take some twenty times the memory of the text, and as many page
 * faults. This walk over the text proves, without a tree, that a part of it could be parsed and
 * would be written again byte for byte; json.c then keeps the part as text.
 *
 * It must not let through anything that json_parse() refuses. What is rare (escapes in keys, many
 * keys, fractions) is not decided here but left to the parser.
 */
#include <string.h>

#include "base/clean.h"
#include "wire/json_text.h"

#define KEYS_MAX 128 /* of all objects that are open at a time */

struct scan {
	const char *s;
	size_t len, at;
	struct {
		const char *text;
		size_t len;
	} key[KEYS_MAX];
	size_t keys;
	struct json_text_part *parts;
	size_t max, n;
};

static bool value(struct scan *c, int depth);

static bool next_is(struct scan *c, char wanted)
{
	if (c->at >= c->len || c->s[c->at] != wanted)
		return false;
	c->at++;
	return true;
}

static bool word(struct scan *c, const char *text)
{
	size_t n = strlen(text);

	if (c->len - c->at < n || memcmp(c->s + c->at, text, n) != 0)
		return false;
	c->at += n;
	return true;
}

/* Control characters, NUL and UTF-8 are json_text_check()'s. Only escapes that json-c writes. */
static bool string(struct scan *c)
{
	if (!next_is(c, '"'))
		return false;
	for (; c->at < c->len && c->s[c->at] != '"'; c->at++) {
		if (c->s[c->at] != '\\')
			continue;
		c->at++;
		if (c->at >= c->len || !memchr("\"\\nrtbf", c->s[c->at], 7))
			return false;
	}
	return next_is(c, '"');
}

static bool number(struct scan *c)
{
	size_t digits;

	if (c->s[c->at] == '-')
		c->at++;
	for (digits = 0; c->at + digits < c->len; digits++)
		if (c->s[c->at + digits] < '0' || c->s[c->at + digits] > '9')
			break;
	if (!digits || digits > 18 ||
	    (c->s[c->at] == '0' && (digits > 1 || c->s[c->at - 1] == '-')))
		return false;
	c->at += digits;
	return c->at >= c->len || !memchr(".eE", c->s[c->at], 3);
}

/* A key that its object does not have yet. */
static bool key(struct scan *c, size_t first)
{
	const char *text = c->s + c->at + 1;
	size_t len;

	if (c->keys == KEYS_MAX || !string(c))
		return false;
	len = (size_t)(c->s + c->at - 1 - text);
	if (memchr(text, '\\', len))
		return false;
	for (size_t i = first; i < c->keys; i++)
		if (c->key[i].len == len && memcmp(c->key[i].text, text, len) == 0)
			return false;
	c->key[c->keys].text = text;
	c->key[c->keys++].len = len;
	return next_is(c, ':');
}

static void note_part(struct scan *c, size_t from)
{
	struct json_text_part *p = &c->parts[c->n];

	if (c->n == c->max || c->at - from < JSON_LONG || c->s[from] == '"')
		return;
	p->key = (size_t)(c->key[c->keys - 1].text - c->s);
	p->key_len = c->key[c->keys - 1].len;
	p->value = from;
	p->value_len = c->at - from;
	c->n++;
}

static bool object(struct scan *c, int depth)
{
	size_t first = c->keys, from;

	c->at++;
	if (next_is(c, '}'))
		return true;
	do {
		if (!key(c, first))
			return false;
		from = c->at;
		if (!value(c, depth + 1))
			return false;
		if (depth == 1)
			note_part(c, from);
	} while (next_is(c, ','));
	c->keys = first;
	return next_is(c, '}');
}

static bool array(struct scan *c, int depth)
{
	c->at++;
	if (next_is(c, ']'))
		return true;
	do
		if (!value(c, depth + 1))
			return false;
	while (next_is(c, ','));
	return next_is(c, ']');
}

static bool value(struct scan *c, int depth)
{
	if (c->at >= c->len || depth > JSON_MAX_DEPTH)
		return false;
	switch (c->s[c->at]) {
	case '{':
		return object(c, depth);
	case '[':
		return array(c, depth);
	case '"':
		return string(c);
	case 't':
		return word(c, "true");
	case 'f':
		return word(c, "false");
	case 'n':
		return word(c, "null");
	default:
		return number(c);
	}
}

bool json_text_plain(const char *text, size_t len, struct json_text_part *parts, size_t max,
		     size_t *n)
{
	struct scan c = {.s = text, .len = len, .parts = parts, .max = max};

	while (c.len && (text[c.len - 1] == '\n' || text[c.len - 1] == ' '))
		c.len--;
	if (!c.len || text[0] != '{' || !value(&c, 1) || c.at != c.len ||
	    json_text_check(text, len).wrong)
		return false;
	*n = c.n;
	return true;
}
