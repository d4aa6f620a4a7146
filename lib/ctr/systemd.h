/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers whose first process is systemd, or another init that wants what systemd wants: places
 * to write, a cgroup tree of its own, the stop signal SIGRTMIN+3, $container_uuid
 * (https://systemd.io/CONTAINER_INTERFACE).
 */
#ifndef RP_CTR_SYSTEMD_H
#define RP_CTR_SYSTEMD_H

#include "wire/json.h"

#define SYSTEMD_STOP_SIGNAL "SIGRTMIN+3"

/*
 * Does a container get them? .request.systemd says always or never; without it, and with "true",
 * the first word that it runs decides: one of the paths of init that Podman knows, or a program
 * called systemd. first may be NULL.
 */
bool systemd_wanted(const struct json *request, const char *first);

#endif
