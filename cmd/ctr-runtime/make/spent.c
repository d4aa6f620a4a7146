/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that are closed together: see spent.h. */
#include "make/spent.h"

#include <string.h>

#include "base/fd.h"

void spent(struct create *c, int fd)
{
	if (fd < 0)
		return;
	if (c->nspent == ARRAY_LEN(c->spent)) {
		size_t old = c->nspent - SPENT_KEPT;

		fd_close_list(c->spent, old);
		memmove(c->spent, c->spent + old, SPENT_KEPT * sizeof(*c->spent));
		c->nspent = SPENT_KEPT;
	}
	c->spent[c->nspent++] = fd;
}

void spent_close(struct create *c)
{
	fd_close_list(c->spent, c->nspent);
	c->nspent = 0;
}
