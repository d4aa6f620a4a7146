/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages of the child that exec and pidjoin share. */
#ifndef CTR_RUNTIME_STEPS_H
#define CTR_RUNTIME_STEPS_H

#include "make/container.h"

/*
 * Dies with the runtime, and closes what belongs to the runtime alone. Must come first, and again
 * after each change of credentials.
 */
int follow_parent(struct create *c, struct err *e);

/* /proc of the host, O_PATH and verified, into c->host_proc; -1 where there is none. */
int host_proc(struct create *c, struct err *e);

/* Root of the new or joined user namespace. */
int become_root(struct create *c, struct err *e);
/* Leader of a session without a terminal. */
int new_session(struct create *c, struct err *e);
/* Waits until the container is recorded. */
int wait_go(struct create *c, struct err *e);

#endif
