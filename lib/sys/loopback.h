/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RP_SYS_LOOPBACK_H
#define RP_SYS_LOOPBACK_H

#include "base/err.h"

/* Sets lo of this process's network namespace up: netdevice(7). Needs CAP_NET_ADMIN over it. */
int loopback_up(struct err *e);

#endif
