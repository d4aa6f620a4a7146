/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mount of the configuration, put into the container's root. */
#ifndef CTR_RUNTIME_MOUNTS_H
#define CTR_RUNTIME_MOUNTS_H

#include "create.h"

/* source: the opened source of a bind mount, otherwise -1. */
int mounts_place(struct create *c, const struct config_mount *m, int source, struct err *e);

/*
 * The descriptor of the directory (file: of the empty file) at dest below root, made where missing.
 */
int mounts_target(int root, const char *dest, bool file, struct err *e);

#endif
