/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of buffers in shared memory between one process that fills and one that empties, of which
 * neither trusts the other.
 *
 * The bytes lie in a memfd that is sealed once the maker has mapped it (F_SEAL_FUTURE_WRITE, Linux
 * 5.1): the filling side inherits that mapping, the emptying side lets it go and gets one that can
 * never be written, so what was filled stays as it was for whoever looks at it next. That a buffer
 * is full, and how long, travels through one pipe, that it is empty again through another: there is
 * no word in memory that both change, and a side that dies is an end of file for the other.
 */
#ifndef RP_LAYER_UNPACK_RING_H
#define RP_LAYER_UNPACK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RING_SLOTS 4u
#define RING_SIZE  (256u << 10)

struct ring {
	int mem;
	int full[2], room[2]; /* pipes; -1 where closed */
	uint8_t *data;	      /* RING_SLOTS times RING_SIZE bytes, or NULL */
	unsigned at;	      /* the slot that is next */
	unsigned free;	      /* of the filling side */
	bool held;	      /* the emptying side uses slot at - 1 */
};
#define RING_NONE                                               \
	{                                                       \
		.mem = -1, .full = {-1, -1}, .room = { -1, -1 } \
	}

/* Before the processes are forked; each of them then takes a side, or releases it. */
int ring_make(struct ring *r, struct err *e);
int ring_fill_side(struct ring *r, struct err *e);
int ring_take_side(struct ring *r, struct err *e);
/* All of it; the other side sees an end. */
void ring_release(struct ring *r);

/* The filling side: a buffer of RING_SIZE bytes to fill, NULL where the other side has stopped;
 * then its length, at least 1. */
uint8_t *ring_room(struct ring *r);
void ring_filled(struct ring *r, size_t len);
void ring_finish(struct ring *r); /* nothing more comes */

/* The emptying side: 1 and a buffer, valid until the next call; 0 at the end; -1 stopped. */
int ring_take(struct ring *r, const uint8_t **data, size_t *len);

#endif
