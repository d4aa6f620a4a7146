/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mount of the configuration, put into the container's root. */
#ifndef CTR_RUNTIME_MOUNTS_H
#define CTR_RUNTIME_MOUNTS_H

#include "create.h"

/* The source of a bind mount, O_PATH, as the caller sees it; *fd is -1 for other mounts. */
int mounts_open_source(const struct config_mount *m, int *fd, struct err *e);

/* source: the opened source of a bind mount, otherwise -1; closed here. */
int mounts_place(struct create *c, const struct config_mount *m, int source, struct err *e);

/* A detached mount for mounts_place_clone() in another mount namespace. */
int mounts_clone(const struct config_mount *m, int source, struct err *e);
/* The same as mounts_place() with the detached mount in place of the source. */
int mounts_place_clone(struct create *c, const struct config_mount *m, int clone, struct err *e);

/* Puts "mount SOURCE on DESTINATION" before the message; returns -1. */
int mounts_failed(const struct config_mount *m, struct err *e);

/*
 * The descriptor of the directory (file: of the empty file) at dest below root, made where missing.
 */
int mounts_target(int root, const char *dest, bool file, struct err *e);

#endif
