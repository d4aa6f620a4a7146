/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mount of the configuration, put into the container's root. */
#ifndef CTR_RUNTIME_MOUNTS_H
#define CTR_RUNTIME_MOUNTS_H

#include "make/container.h"

/* Has it a source that is to be opened? */
bool mounts_has_source(const struct config_mount *m);

/* The source of a bind mount, O_PATH, as the caller sees it; *fd is -1 for other mounts. */
int mounts_open_source(const struct config_mount *m, int *fd, struct err *e);

/*
 * The same as a detached mount, in one step; -1 where that cannot be done, for whatever reason, of
 * which mounts_open_source() has the better words.
 */
int mounts_clone_source(const struct config_mount *m, int *fd, struct err *e);

/* source: the opened source of a bind mount, otherwise -1; closed here. */
int mounts_place(struct create *c, const struct config_mount *m, int source, struct err *e);

/* A detached mount for mounts_place_clone() in another mount namespace. */
int mounts_clone(const struct config_mount *m, int source, struct err *e);
/* The same as mounts_place() with the detached mount in place of the source. */
int mounts_place_clone(struct create *c, const struct config_mount *m, int clone, struct err *e);

/*
 * A tmpfs with "ro" is mounted for writing, so that devices and mount points can be made in it.
 * Here all these become read-only. A stage of the child.
 */
int mounts_late_readonly(struct create *c, struct err *e);

/* Puts "mount SOURCE on DESTINATION" before the message; returns -1. */
int mounts_failed(const struct config_mount *m, struct err *e);

#endif
