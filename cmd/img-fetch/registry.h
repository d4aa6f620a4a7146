/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image from a registry. */
#ifndef IMG_FETCH_REGISTRY_H
#define IMG_FETCH_REGISTRY_H

#include "fetch.h"
#include "reg/session.h"

struct registry {
	struct source src;
	struct fetch *f;
	struct session *session;
};
void registry_init(struct registry *r, struct fetch *f, struct session *s);

/* ---- blobs.c ---- */
int registry_blobs(struct source *src, const struct blob *list, size_t n, struct err *e);

/* ---- waiter.c: the lock of another process, waited for in a thread ---- */

struct waiter;
/* notify: a pipe that gets the id as one int when the lock was had. */
struct waiter *waiter_start(const struct store *s, const char *digest, int64_t size, int notify,
			    int id, struct err *e);
/* After the notice: the result, and the part with PART_MINE. Releases the waiter. */
enum part_state waiter_take(struct waiter *w, struct part *out, struct err *e);
/* Gives up; the thread ends by itself. */
void waiter_abandon(struct waiter *w);

#endif
