/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring between two processes: see ring.h.
 *
 * Slots are used in turn, so a message through the pipe of full ones is a length alone and one
 * through the pipe of empty ones a byte. What the other side sends is checked: a length above a
 * slot's, or more empty slots than there are, counts as its end. SIGPIPE must be ignored.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"

#define MEM_SIZE ((size_t)RING_SLOTS * RING_SIZE)

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

static void unmap(struct ring *r)
{
	if (r->data)
		munmap(r->data, MEM_SIZE);
	r->data = NULL;
}

void ring_release(struct ring *r)
{
	unmap(r);
	close_one(&r->mem);
	for (int i = 0; i < 2; i++) {
		close_one(&r->full[i]);
		close_one(&r->room[i]);
	}
}

static int make(struct ring *r, struct err *e)
{
	void *m;

	r->mem = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (r->mem < 0 || ftruncate(r->mem, (off_t)MEM_SIZE) < 0)
		return err_sys(e, "memfd_create", "no shared memory");
	m = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, r->mem, 0);
	if (m == MAP_FAILED)
		return err_sys(e, "mmap", "no shared memory");
	r->data = m;
	if (fcntl(r->mem, F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_sys(e, "fcntl", "cannot seal shared memory");
	return fd_pipe(r->full, e) < 0 || fd_pipe(r->room, e) < 0 ? -1 : 0;
}

int ring_make(struct ring *r, struct err *e)
{
	*r = (struct ring)RING_NONE;
	if (make(r, e) == 0)
		return 0;
	ring_release(r);
	return -1;
}

int ring_fill_side(struct ring *r, struct err *e)
{
	close_one(&r->mem);
	close_one(&r->full[0]);
	close_one(&r->room[1]);
	r->free = RING_SLOTS;
	return 0;
}

int ring_take_side(struct ring *r, struct err *e)
{
	void *m;

	unmap(r);
	m = mmap(NULL, MEM_SIZE, PROT_READ, MAP_SHARED, r->mem, 0);
	if (m == MAP_FAILED)
		return err_sys(e, "mmap", "no shared memory");
	r->data = m;
	close_one(&r->mem);
	close_one(&r->full[1]);
	close_one(&r->room[0]);
	return 0;
}

static ssize_t receive(int fd, void *to, size_t len)
{
	return TEMP_FAILURE_RETRY(read(fd, to, len));
}

uint8_t *ring_room(struct ring *r)
{
	if (!r->free) {
		char tokens[RING_SLOTS];
		ssize_t n = receive(r->room[0], tokens, sizeof(tokens));

		if (n <= 0)
			return NULL;
		r->free = (unsigned)n;
	}
	return r->data + (size_t)r->at * RING_SIZE;
}

static void announce(struct ring *r, uint32_t len)
{
	/* where nobody listens any more, ring_room() is the one to say so */
	if (TEMP_FAILURE_RETRY(write(r->full[1], &len, sizeof(len))) != sizeof(len))
		r->free = 0;
}

void ring_filled(struct ring *r, size_t len)
{
	r->free--;
	r->at = (r->at + 1) % RING_SLOTS;
	announce(r, (uint32_t)len);
}

void ring_finish(struct ring *r)
{
	announce(r, 0);
}

int ring_take(struct ring *r, const uint8_t **data, size_t *len)
{
	uint32_t filled;

	if (r->held && TEMP_FAILURE_RETRY(write(r->room[1], "", 1)) != 1 && errno != EPIPE)
		return -1;
	r->held = false;
	if (receive(r->full[0], &filled, sizeof(filled)) != sizeof(filled) || filled > RING_SIZE)
		return -1;
	if (!filled)
		return 0;
	*data = r->data + (size_t)r->at * RING_SIZE;
	*len = filled;
	r->at = (r->at + 1) % RING_SLOTS;
	r->held = true;
	return 1;
}
