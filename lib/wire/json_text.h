/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a text may hold beyond what json-c checks: used by json.c alone. */
#ifndef RP_WIRE_JSON_TEXT_H
#define RP_WIRE_JSON_TEXT_H

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

#endif
