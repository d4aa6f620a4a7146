/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published ports of a container. */
#ifndef RP_CTR_PORTS_H
#define RP_CTR_PORTS_H

#include "ctr/container.h"

/*
 * A list of {hostIp, hostPort, containerPort, range, protocol}: as the last start found them, or as
 * they were asked for. A container in the network of another has that one's. doc is the container's
 * document with what its last start used. A new reference; an empty list where there are none.
 */
struct json *container_ports(const struct store *s, const struct json *doc);

#endif
