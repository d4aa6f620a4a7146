/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of img-list. */
#ifndef IMG_LIST_H
#define IMG_LIST_H

#include "oci/index.h"

/* One image, with all of its names. */
struct entry {
	const char *digest;  /* of the manifest; borrowed from the index */
	struct json *full;   /* for --format json */
	struct strv names;   /* full references with a tag or digest; none: it lost its name */
	int64_t created;     /* seconds since 1970 */
	char created_at[64]; /* RFC 3339, as the image says it */
};
void entry_release(struct entry *it);

/*
 * --filter KEY=VALUE and operands. The same key twice means "or", but for label; different keys
 * mean "and". An operand is a filter on the reference.
 */
struct image_filters {
	struct strv words;	      /* "key=value" */
	int64_t before, since, until; /* 0: not asked for */
};
int image_filters_parse(struct image_filters *f, const struct store *s, const struct json *index,
			const struct strv *words, int argc, char **argv, struct err *e);
void image_filters_release(struct image_filters *f);
/* Does the image pass? name is the one that a row is made for, or NULL for any of them. */
bool image_filters_match(const struct image_filters *f, const struct entry *it, const char *name);

/*
 * Adds the rows of one image: one for each name that passes, or with ids_only one at all. of: its
 * place in "images", where a row leaves the lists of names to that one; -1: it has them itself.
 */
void rows_add(struct json *rows, const struct entry *it, const struct image_filters *f,
	      bool no_trunc, bool ids_only, int64_t of);

/* Sorts rows by the texts of one member: "Repository", "Tag". */
void rows_sort(struct json *doc, const char *member);

#endif
