/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the container's own: see own.h.
 *
 * What the runtime adds without being asked by name (devices, links of /dev, /dev/console, the
 * working directory) it makes only here: on the container's root and on the tmpfs that it has
 * mounted itself. A bind mount shows a directory of the host, where the same call would make or
 * replace the host's files; so would a further file system with data of its own, or one that lies
 * below the root of the bundle already. The destination of a mount is different: the configuration
 * asks for it by name, and it is made where it is missing, as all runtimes do.
 *
 * Mounts are told apart by their number (statx(2), Linux 5.8; see path_mount_of()).
 */
#include "rootfs/own.h"

#include <errno.h>

int own_add(struct create *c, int fd, struct err *e)
{
	uint64_t *grown = mem_alloc((c->nown + 1) * sizeof(*grown));

	if (c->nown)
		memcpy(grown, c->own, c->nown * sizeof(*grown));
	free(c->own);
	c->own = grown;
	if (path_mount_of(fd, &c->own[c->nown]) < 0)
		return err_sys(e, "statx", "cannot look at a mount");
	c->nown++;
	return 0;
}

static bool is_from(const struct create *c, size_t first, int fd)
{
	uint64_t id;

	if (path_mount_of(fd, &id) < 0)
		return false;
	for (size_t i = first; i < c->nown; i++)
		if (c->own[i] == id)
			return true;
	return false;
}

bool own_has(const struct create *c, int fd)
{
	return is_from(c, 0, fd);
}

bool own_is_new(const struct create *c, int fd)
{
	return is_from(c, 1, fd);
}

static bool may_make(int dir, const void *arg)
{
	return own_has(arg, dir);
}

struct path_guard own_guard(const struct create *c)
{
	return (struct path_guard){may_make, c};
}
