/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that enters containers keeps its own file from being written from inside. */
#ifndef RP_SYS_SELFEXE_H
#define RP_SYS_SELFEXE_H

#include "base/err.h"

/*
 * Where a process of a container of this user could open /proc/PID/exe for writing (the file
 * belongs to an id that the container may have, or others may write it), executes the program again
 * with the same arguments from something that cannot be written: a read-only mount of the file that
 * is attached nowhere, or a sealed memfd. Returns 0 where that is so already or is not needed.
 */
int selfexe_protect(char **argv, struct err *e);

#endif
