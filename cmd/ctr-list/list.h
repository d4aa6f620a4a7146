/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of ctr-list. */
#ifndef CTR_LIST_H
#define CTR_LIST_H

#include "ctr/container.h"

struct item {
	char *id;
	struct json *doc; /* the container document */
	struct container_state state;
	struct json *full; /* for --format json */
	struct json *row;  /* for tables and templates */
	char created[TIME_TEXT_LEN];
};

int item_load(const struct store *s, const char *id, bool no_trunc, bool size, struct item *it,
	      struct err *e);
bool item_running(const struct item *it);
void item_release(struct item *it);

/* Filters: the same key twice means "or", but for label; different keys mean "and". */
struct filters {
	struct strv words;  /* "key=value" */
	bool shows_stopped; /* a filter on the status or exit code implies --all */
	char before[TIME_TEXT_LEN], since[TIME_TEXT_LEN];
};
int filters_parse(struct filters *f, const struct store *s, const struct strv *words,
		  struct err *e);
bool filters_match(const struct filters *f, const struct item *it);
void filters_release(struct filters *f);

#endif
