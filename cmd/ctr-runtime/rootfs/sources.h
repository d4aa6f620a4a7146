/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources of bind mounts: who opens them, and when. */
#ifndef CTR_RUNTIME_SOURCES_H
#define CTR_RUNTIME_SOURCES_H

#include "make/container.h"

/* May the child have to ask the runtime for one? Known before the child is there. */
bool sources_wanted(const struct create *c);
/* Stage of the runtime: gives the child what it asks for, until all is mounted. */
int sources_serve(struct create *c, struct err *e);

/* Stages of the child, in this order; the last one when all is mounted. */
int sources_open_early(struct create *c, struct err *e);
int sources_clone_shared(struct create *c, struct err *e);
int sources_done(struct create *c, struct err *e);

/*
 * The child: the source of mount i, to be closed; *cloned: it is a detached mount already. -1 in
 * *fd for what has no source.
 */
int sources_take(struct create *c, size_t i, int *fd, bool *cloned, struct err *e);

#endif
