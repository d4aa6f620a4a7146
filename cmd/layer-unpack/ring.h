/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of buffers between one thread that fills and one that empties. Either can stop it: the
 * other then gets -1 at its next call.
 */
#ifndef RP_LAYER_UNPACK_RING_H
#define RP_LAYER_UNPACK_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SLOTS 6
#define RING_SIZE  (256u << 10)

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint8_t *data[RING_SLOTS];
	size_t len[RING_SLOTS];
	unsigned filled, emptied; /* counts; their difference is in use */
	bool held;		  /* the emptying side uses slot emptied */
	bool finished, stopped;
};

void ring_init(struct ring *r);
void ring_release(struct ring *r);

/* The filling side: a buffer of RING_SIZE bytes to fill, NULL where stopped; then its length. */
uint8_t *ring_room(struct ring *r);
void ring_filled(struct ring *r, size_t len);
void ring_finish(struct ring *r); /* nothing more comes */

/* The emptying side: 1 and a buffer, valid until the next call; 0 at the end; -1 stopped. */
int ring_take(struct ring *r, const uint8_t **data, size_t *len);

/* Either side gives up. */
void ring_stop(struct ring *r);

#endif
