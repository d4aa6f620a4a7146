/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a blob that another process is downloading, while our own downloads go on.
 *
 * flock(2) cannot be polled, so a thread blocks in it and tells the main loop through a pipe. The
 * waiter belongs to both; whoever is last frees it. An abandoned thread that gets the lock lets go
 * of it at once.
 */
#include <pthread.h>
#include <unistd.h>

#include "base/fd.h"
#include "registry.h"

struct waiter {
	pthread_mutex_t lock;
	const struct store *store;
	char digest[DIGEST_LEN];
	int64_t size;
	int notify, id;
	struct part part;
	struct err err;
	enum part_state state;
	bool ended, abandoned;
};

static void waiter_free(struct waiter *w)
{
	part_close(&w->part);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static void *waiter_main(void *data)
{
	struct waiter *w = data;
	enum part_state state;
	bool abandoned;

	state = (enum part_state)part_open(&w->part, w->store, w->digest, w->size, false, &w->err);
	pthread_mutex_lock(&w->lock);
	w->state = state;
	w->ended = true;
	abandoned = w->abandoned;
	if (!abandoned)
		fd_write_all(w->notify, &w->id, sizeof(w->id), NULL);
	pthread_mutex_unlock(&w->lock);
	if (abandoned)
		waiter_free(w);
	return NULL;
}

struct waiter *waiter_start(const struct store *s, const char *digest, int64_t size, int notify,
			    int id, struct err *e)
{
	struct waiter *w = mem_alloc(sizeof(*w));
	pthread_t thread;
	int r;

	*w = (struct waiter){.store = s,
			     .size = size,
			     .notify = notify,
			     .id = id,
			     .part = PART_NONE,
			     .lock = PTHREAD_MUTEX_INITIALIZER};
	memcpy(w->digest, digest, DIGEST_LEN);
	r = pthread_create(&thread, NULL, waiter_main, w);
	if (r != 0) {
		err_set(e, ERR_FAILED, r, "pthread_create", "cannot wait for blob %s", digest);
		waiter_free(w);
		return NULL;
	}
	pthread_detach(thread);
	return w;
}

enum part_state waiter_take(struct waiter *w, struct part *out, struct err *e)
{
	enum part_state state;

	pthread_mutex_lock(&w->lock);
	state = w->state;
	*out = w->part;
	w->part = (struct part)PART_NONE;
	*e = w->err;
	pthread_mutex_unlock(&w->lock);
	waiter_free(w);
	return state;
}

void waiter_abandon(struct waiter *w)
{
	bool ended;

	pthread_mutex_lock(&w->lock);
	w->abandoned = true;
	ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	if (ended)
		waiter_free(w);
}
