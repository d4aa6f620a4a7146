/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runtime's side of the talk with the container's first process; for run and exec. */
#ifndef CTR_RUNTIME_CHANNEL_H
#define CTR_RUNTIME_CHANNEL_H

#include "make/container.h"

/* Stage: makes the pipe for errors and the socket pair for notes. */
int channels(struct create *c, struct err *e);

/* There is a child: closes its ends. */
void channels_parted(struct create *c);

/* Puts into *e why the child ended: its own word, or what the kernel says. Returns -1. */
int child_error(struct create *c, struct err *e);
/* The same where a step that concerns the child has failed, if the child has said something. */
int step_error(struct create *c, struct err *e);

/* Stages: the terminal's master from the child; the child's go-ahead; its end, or its readiness. */
int create_receive_terminal(struct create *c, struct err *e);
int create_let_go(struct create *c, struct err *e);
int wait_ready(struct create *c, struct err *e);

#endif
