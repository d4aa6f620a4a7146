/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers that others need: those whose network they share, and those that --requires names.
 * Which these are is settled when a container is made: .container.dependencies, full ids.
 */
#ifndef RP_CTR_DEPEND_H
#define RP_CTR_DEPEND_H

#include "ctr/container.h"

/*
 * Adds the ids of what a container needs. Of a record that has no list, by the names in its
 * request. ERR_NOTFOUND where one of these is not there (any more).
 */
int depend_on(const struct store *s, const struct json *doc, struct strv *ids, struct err *e);

/* ERR_AGAIN, with the id, where one of these does not run. */
int depend_running(const struct store *s, const struct strv *ids, struct err *e);

/* Who needs whom, of all containers. */
struct depend_edges {
	struct strv who, whom; /* beside each other, full ids */
};
void depend_release(struct depend_edges *edges);

/* Reads every record once. One that cannot be read needs nothing. */
int depend_read(const struct store *s, struct depend_edges *out, struct err *e);

/* Adds the ids of the containers that need this one. */
void depend_dependents(const struct depend_edges *edges, const char *id, struct strv *ids);

#endif
