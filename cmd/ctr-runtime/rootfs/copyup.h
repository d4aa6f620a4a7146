/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option tmpcopyup: a tmpfs begins with what it covers. */
#ifndef CTR_RUNTIME_COPYUP_H
#define CTR_RUNTIME_COPYUP_H

#include "base/err.h"

/* Copies directories, files and links of the directory from (O_PATH) to the directory to. */
int copy_up(int from, int to, struct err *e);

#endif
