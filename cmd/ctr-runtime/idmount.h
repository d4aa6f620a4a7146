/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id-mapped mounts: mount_setattr(2), "idmap" and "ridmap" of the OCI spec. */
#ifndef CTR_RUNTIME_IDMOUNT_H
#define CTR_RUNTIME_IDMOUNT_H

#include "create.h"

/* Maps the ids of the detached mount at fd where the options or the mappings ask for it. */
int idmount_apply(const struct create *c, const struct config_mount *m, const struct mount_opts *o,
		  int fd, struct err *e);

#endif
