/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .process.terminal */
#ifndef CTR_RUNTIME_TERMINAL_H
#define CTR_RUNTIME_TERMINAL_H

#include "make/container.h"

/* Does what is asked for fit together? */
int terminal_check(const struct create *c, struct err *e);
/* Stages of the child: makes the pair and sends the master to the runtime; takes the other end. */
int terminal_make(struct create *c, struct err *e);
int terminal_adopt(struct create *c, struct err *e);

#endif
