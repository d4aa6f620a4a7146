/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers a command means: names, ids, --cidfile, --all. */
#ifndef RP_CTR_SELECT_H
#define RP_CTR_SELECT_H

#include "ctr/container.h"

struct selection {
	struct strv ids;   /* full ids */
	struct strv given; /* beside them, what the user wrote */
};

/*
 * Resolves names and the ids in cidfiles; with all, every container (only those that run where
 * running is set). A missing one is ERR_NOTFOUND, or left out with ignore.
 */
int container_select(const struct store *s, int argc, char **argv, const struct strv *cidfiles,
		     bool all, bool running, bool ignore, struct selection *out, struct err *e);
void selection_release(struct selection *s);

/* Connects to the monitor of a container (oci/attach.h). ERR_NOTFOUND where it has none. */
int monitor_connect(const struct store *s, const char *id, struct err *e);

#endif
