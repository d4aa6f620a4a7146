/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .linux.maskedPaths and .linux.readonlyPaths. */
#ifndef CTR_RUNTIME_MASK_H
#define CTR_RUNTIME_MASK_H

#include "make/container.h"

/* Stage of the child: covers the first, binds the others read-only. */
int mask_paths(struct create *c, struct err *e);

#endif
