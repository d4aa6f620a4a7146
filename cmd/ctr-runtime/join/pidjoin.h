/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container in a pid namespace that exists: c->pid_last. */
#ifndef CTR_RUNTIME_PIDJOIN_H
#define CTR_RUNTIME_PIDJOIN_H

#include "make/container.h"

/* A procfs of the namespace, as a detached mount. */
int pidjoin_proc(struct create *c, const struct strv *data, uint64_t attr, struct err *e);

/*
 * Stage of the child: goes on as another process, in the namespace. Nothing where no pid namespace
 * is joined.
 */
int pidjoin_enter(struct create *c, struct err *e);

#endif
