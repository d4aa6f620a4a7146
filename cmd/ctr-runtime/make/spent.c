/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that are closed together: see spent.h. */
#include "make/spent.h"

#include "base/fd.h"

void spent(struct create *c, int fd)
{
	if (fd < 0)
		return;
	if (c->nspent == ARRAY_LEN(c->spent))
		spent_close(c);
	c->spent[c->nspent++] = fd;
}

void spent_close(struct create *c)
{
	fd_close_list(c->spent, c->nspent);
	c->nspent = 0;
}
