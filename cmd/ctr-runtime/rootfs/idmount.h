/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id-mapped mounts: mount_setattr(2), "idmap" and "ridmap" of the OCI spec. */
#ifndef CTR_RUNTIME_IDMOUNT_H
#define CTR_RUNTIME_IDMOUNT_H

#include "make/container.h"

/* Do its options or mappings ask for it? */
bool idmount_wanted(const struct config_mount *m);

/* ERR_INPUT where what they ask for is not understood, or not whole. */
int idmount_check(const struct config_mount *m, struct err *e);

/*
 * Maps the ids of the detached mount at fd. For the runtime: its mappings are in the terms of its
 * user namespace, and it owns the file systems of the host where anybody does.
 */
int idmount_apply(const struct create *c, const struct config_mount *m, int fd, struct err *e);

#endif
