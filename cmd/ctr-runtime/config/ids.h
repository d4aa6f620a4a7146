/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The id maps of a new user namespace: the configuration's, or what the caller has. */
#ifndef CTR_RUNTIME_IDS_H
#define CTR_RUNTIME_IDS_H

#include "config/config.h"
#include "sys/idmap.h"

/* ERR_INPUT where there are more than the kernel takes. */
int ids_from_config(const struct config_maps *from, struct idmap *to, struct err *e);

/*
 * Where the configuration maps nothing: for a rootless user root to itself and then its subordinate
 * ids, for the root of a namespace all that it has, unchanged.
 */
int ids_default(bool gid, struct idmap *to, struct err *e);

#endif
