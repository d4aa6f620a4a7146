/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices from one network namespace to another: rtnetlink(7). */
#ifndef RP_SYS_NETDEV_H
#define RP_SYS_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define NETDEV_ADDRESSES 16

struct netdev_address {
	unsigned char family, prefix;
	unsigned char address[16], local[16], broadcast[16];
	bool has_broadcast;
};

struct netdev {
	int index;
	size_t n;
	struct netdev_address addresses[NETDEV_ADDRESSES];
};

/* Looks up a device of this process's namespace and its permanent addresses of global scope, which
 * it loses when it is moved. ERR_NOTFOUND where there is none of this name. */
int netdev_find(const char *name, struct netdev *out, struct err *e);

/* Moves it into the namespace of the descriptor, or where that is -1 of the process, under this
 * name. Needs CAP_NET_ADMIN over both. */
int netdev_move(const struct netdev *d, int netns, pid_t pid, const char *name, struct err *e);

/* In the namespace where it has gone: gives it its addresses again and sets it up. */
int netdev_restore(const struct netdev *d, const char *name, struct err *e);

#endif
