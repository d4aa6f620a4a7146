/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices and links of /dev. */
#ifndef CTR_RUNTIME_DEVICES_H
#define CTR_RUNTIME_DEVICES_H

#include "make/container.h"

/* Stages of the child: the nodes, given and default; /dev/fd, /dev/ptmx and their like. */
int devices_make(struct create *c, struct err *e);
int devices_links(struct create *c, struct err *e);

/* The host's /dev/null, verified to be character device 1:3: c->null. -1 with *e. */
int devices_open_null(struct create *c, struct err *e);

#endif
