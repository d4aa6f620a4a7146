/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's file system. */
#ifndef CTR_RUNTIME_ROOTFS_H
#define CTR_RUNTIME_ROOTFS_H

#include "make/container.h"

/* Stage of the runtime: a root that is a link. */
int rootfs_resolve(struct create *c, struct err *e);

/* Stages of the child that build the file system, in this order. */
int rootfs_open_source(struct create *c, struct err *e);
int rootfs_private_tree(struct create *c, struct err *e);
int rootfs_attach_root(struct create *c, struct err *e);
int rootfs_mounts(struct create *c, struct err *e);
int rootfs_readonly(struct create *c, struct err *e);
int rootfs_pivot(struct create *c, struct err *e);

#endif
