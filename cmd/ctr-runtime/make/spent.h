/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that the child needs no more. It opens one or two for each of dozens of mounts;
 * together they are closed by few system calls, as their numbers lie side by side. Until then they
 * keep mounts busy.
 */
#ifndef CTR_RUNTIME_SPENT_H
#define CTR_RUNTIME_SPENT_H

#include "make/container.h"

/*
 * To be closed soon, but not before this many others have followed: who says so may use it for what
 * he does just now. -1 is none.
 */
#define SPENT_KEPT 8
void spent(struct create *c, int fd);

/* Closes all of them: when the file system is made, and before somebody else may change it. */
void spent_close(struct create *c);

#endif
