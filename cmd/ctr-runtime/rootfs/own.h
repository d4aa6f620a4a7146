/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mounts of a container are its own, so that the runtime may make things there. */
#ifndef CTR_RUNTIME_OWN_H
#define CTR_RUNTIME_OWN_H

#include "make/container.h"
#include "sys/path.h"

/* The mount at fd was made for this container: the first is its root, the others new tmpfs. */
int own_add(struct create *c, int fd, struct err *e);

/* Is fd on one of them? */
bool own_has(const struct create *c, int fd);
/* The same without the root, which an image or a user has filled. */
bool own_is_new(const struct create *c, int fd);

/* For path_mkdir_guarded() and path_mkfile_guarded(). */
struct path_guard own_guard(const struct create *c);

#endif
