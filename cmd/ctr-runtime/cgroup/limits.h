/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.resources as files of cgroup v2. */
#ifndef CTR_RUNTIME_LIMITS_H
#define CTR_RUNTIME_LIMITS_H

#include "wire/json.h"

/*
 * What depends on the ociVersion of the document is decided here, once, before the others: a pids
 * limit of 0 is one since 1.3.0; before it meant none, and is taken out.
 */
void limits_by_version(struct json *resources, const char *version);

/* The first limit that is asked for ("memory.limit"), or NULL. The caller frees. */
char *limits_first(struct json *resources);

/*
 * One limit: its path in config.json, the file of the cgroup, the text for it. needed: false for a
 * value that every cgroup has from the start ("max", cpu.shares of 1024).
 */
typedef int limit_fn(void *arg, const char *path, const char *file, const char *text, bool needed,
		     struct err *e);

/*
 * Calls fn for each limit that is a file of its own: where it stands in the document
 * (".linux.resources.memory.limit"), the file, the text for it. Stops where fn returns -1.
 */
int limits_each(struct json *resources, limit_fn *fn, void *arg, struct err *e);

/* Writes them to the cgroup at dir; path is for messages. */
int limits_apply(int dir, const char *path, struct json *resources, struct err *e);

/* The controllers that the limits need. */
void limits_controllers(struct json *resources, struct strv *out);

#endif
