/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.sysctl */
#ifndef CTR_RUNTIME_SYSCTL_H
#define CTR_RUNTIME_SYSCTL_H

#include "make/container.h"

/* Stage of the runtime: each belongs to a namespace of the container's own. */
int sysctl_check(struct create *c, struct err *e);
/* Stage of the child. */
int sysctl_apply(struct create *c, struct err *e);

/* Writes to a file below a verified procfs. */
int proc_write(int proc, const char *file, const char *text, struct err *e);

#endif
