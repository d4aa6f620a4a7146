/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "run" and "exec" without --detach: signals go to the command, its status comes back. */
#ifndef CTR_RUNTIME_FOREGROUND_H
#define CTR_RUNTIME_FOREGROUND_H

#include "make/container.h"

/* Blocks the signals that are to be passed on, before there is a command. */
void foreground_prepare(bool subreaper);

/* Waits for the command, passing signals on; returns 128 + N or its code, -1 with *e. */
int foreground_status(pid_t pid, int pidfd, int tty_master, struct err *e);

/* The same for a container, which is deleted afterwards unless --keep was given. */
int foreground_wait(struct create *c, struct err *e);

#endif
