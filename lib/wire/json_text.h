/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a text may hold beyond what json-c checks: used by json.c alone. */
#ifndef RP_WIRE_JSON_TEXT_H
#define RP_WIRE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* objects and arrays within each other */
#define JSON_MAX_DEPTH 64

struct json_text_check {
	long members;	   /* of all objects, as the text spells them out */
	const char *wrong; /* the first thing that is wrong, a string constant, or NULL */
	size_t at;	   /* its place in the text: the first byte of the key or value */
};

/* Looks through the text of one JSON value that json-c has parsed. */
struct json_text_check json_text_check(const char *text, size_t len);

/*
 * How the key or value that begins at byte at is reached: ".mounts[2].source", "." at the root. A
 * key is spelled as in the text, with its escapes. Cut to size bytes with a final NUL.
 */
void json_text_path(const char *text, size_t len, size_t at, char *path, size_t size);

/*
 * json-c's pretty text, which is indented by two blanks and breaks empty containers, with four
 * blanks and "[]". The caller frees.
 */
char *json_text_indent(const char *text);

/*
 * A member of the outermost object whose value is an object or array of at least JSON_LONG bytes:
 * where the value lies in the text.
 */
#define JSON_LONG 1024
struct json_text_part {
	size_t key, key_len; /* between the quotes; no escapes in it */
	size_t value, value_len;
};

/*
 * True where the text is one object, written as json_write() writes it: valid in all that
 * json_parse() asks for, no blanks but at its end, each key once, without escapes, integers of at
 * most 18 digits and no other numbers. Then *n of at most max parts. False says nothing: it may be
 * an object all the same.
 */
bool json_text_plain(const char *text, size_t len, struct json_text_part *parts, size_t max,
		     size_t *n);

#endif
