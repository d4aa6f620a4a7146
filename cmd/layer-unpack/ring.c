/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring between the inflating and the writing thread: see ring.h. */
#include "ring.h"

#include "base/str.h"

void ring_init(struct ring *r)
{
	*r = (struct ring){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	for (int i = 0; i < RING_SLOTS; i++)
		r->data[i] = mem_alloc(RING_SIZE);
}

void ring_release(struct ring *r)
{
	for (int i = 0; i < RING_SLOTS; i++)
		free(r->data[i]);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}

uint8_t *ring_room(struct ring *r)
{
	uint8_t *room = NULL;

	pthread_mutex_lock(&r->lock);
	while (!r->stopped && r->filled - r->emptied == RING_SLOTS)
		pthread_cond_wait(&r->changed, &r->lock);
	if (!r->stopped)
		room = r->data[r->filled % RING_SLOTS];
	pthread_mutex_unlock(&r->lock);
	return room;
}

static void change(struct ring *r, unsigned filled, bool *flag)
{
	pthread_mutex_lock(&r->lock);
	r->filled += filled;
	if (flag)
		*flag = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void ring_filled(struct ring *r, size_t len)
{
	r->len[r->filled % RING_SLOTS] = len;
	change(r, 1, NULL);
}

void ring_finish(struct ring *r)
{
	change(r, 0, &r->finished);
}

void ring_stop(struct ring *r)
{
	change(r, 0, &r->stopped);
}

int ring_take(struct ring *r, const uint8_t **data, size_t *len)
{
	int result;

	pthread_mutex_lock(&r->lock);
	if (r->held) {
		r->emptied++;
		r->held = false;
		pthread_cond_broadcast(&r->changed);
	}
	while (!r->stopped && !r->finished && r->filled == r->emptied)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->stopped) {
		result = -1;
	} else if (r->filled == r->emptied) {
		result = 0;
	} else {
		*data = r->data[r->emptied % RING_SLOTS];
		*len = r->len[r->emptied % RING_SLOTS];
		r->held = true;
		result = 1;
	}
	pthread_mutex_unlock(&r->lock);
	return result;
}
