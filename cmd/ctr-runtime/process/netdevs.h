/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.netDevices: devices of the host that the container gets. */
#ifndef CTR_RUNTIME_NETDEVS_H
#define CTR_RUNTIME_NETDEVS_H

#include "make/container.h"

/* Stages of the runtime: they exist; they are given to the child. */
int netdevs_find(struct create *c, struct err *e);
int netdevs_move(struct create *c, struct err *e);
/* Stage of the child: names, addresses and state as they were. */
int netdevs_restore(struct create *c, struct err *e);

#endif
