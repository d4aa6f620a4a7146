/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.resources.devices: which devices the processes of a cgroup may use. */
#ifndef CTR_RUNTIME_DEVICES_BPF_H
#define CTR_RUNTIME_DEVICES_BPF_H

#include "wire/json.h"

/*
 * Attaches the list to the cgroup at dir, in addition to what is attached above it. Needs real
 * root. An empty list: nothing is attached.
 */
int devices_filter(int dir, struct json *resources, struct err *e);

/* The same in place of what is attached to that cgroup itself. */
int devices_replace(int dir, struct json *resources, struct err *e);

#endif
