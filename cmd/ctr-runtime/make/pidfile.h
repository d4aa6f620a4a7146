/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --pid-file */
#ifndef CTR_RUNTIME_PIDFILE_H
#define CTR_RUNTIME_PIDFILE_H

#include "make/container.h"

/* Opens its directory; nothing where there is no such option. */
int open_pid_file(struct create *c, struct err *e);
/* Writes it, whole or not at all. */
int write_pid_file(struct create *c, struct err *e);

#endif
