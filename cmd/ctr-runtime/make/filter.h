/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.seccomp: the filter, and the listener that it asks. */
#ifndef CTR_RUNTIME_FILTER_H
#define CTR_RUNTIME_FILTER_H

#include "make/container.h"

/*
 * Takes the profile out of the document into c->filter, and connects to its listener. The document
 * is recorded for later commands, which have the filter in a file.
 */
int filter_load(struct create *c, struct json *document, struct err *e);
/* c->filter is there: connects to the listener, where it has one. */
int filter_listener(struct create *c, struct err *e);

#endif
