/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The five capability sets of a process: capabilities(7). */
#ifndef RP_SYS_CAPS_H
#define RP_SYS_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define CAP_BIT(n) ((uint64_t)1 << (n))

struct caps {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

/* The number for "CAP_CHOWN", "chown"; -1 where there is none of the name. */
int caps_number(const char *name);

/* "CAP_CHOWN" for 0; NULL behind the last one known here. */
const char *caps_name(int number);

/* All capabilities that the running kernel has. */
uint64_t caps_all(void);

/* The set for a list of names; unknown names go to *unknown (may be NULL). */
uint64_t caps_set(const struct strv *names, struct strv *unknown);

/*
 * Takes everything that is not in c->bounding out of the bounding set, while the process still has
 * CAP_SETPCAP. What cannot be dropped for lack of it is an error unless it is not there anyway.
 */
int caps_limit(const struct caps *c, struct err *e);

/*
 * Applies effective, permitted, inheritable (cut to what the process has), then ambient. To be
 * called after the user was changed with PR_SET_KEEPCAPS.
 */
int caps_apply(const struct caps *c, struct err *e);

/* The effective and the permitted set of this process. */
uint64_t caps_effective(void);
uint64_t caps_permitted(void);

#endif
