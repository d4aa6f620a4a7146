/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the id maps of another process' new user namespace: user_namespaces(7). */
#ifndef RP_SYS_USERNS_MAP_H
#define RP_SYS_USERNS_MAP_H

#include "sys/idmap.h"

/*
 * Maps the user namespace of pid. A caller with CAP_SETUID and CAP_SETGID writes the maps itself;
 * so does one that maps nothing but its own ids (setgroups(2) is then denied inside, as the kernel
 * demands); otherwise newuidmap(1) and newgidmap(1) do it.
 */
int userns_write_maps(pid_t pid, const struct idmap *uid, const struct idmap *gid, struct err *e);

#endif
