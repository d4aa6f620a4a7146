/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of ctr-list. */
#ifndef CTR_LIST_H
#define CTR_LIST_H

#include "ctr/filter.h"

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

/* namespaces.c: the namespaces of a container that runs, by their inode numbers. */
void item_namespaces(struct item *it);
void item_release(struct item *it);

#endif
