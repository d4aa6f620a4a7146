/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much a directory tree holds. */
#ifndef RP_SYS_TREESIZE_H
#define RP_SYS_TREESIZE_H

#include <stdint.h>

/*
 * Bytes of all regular files below the directory, by their length. No link is followed; what cannot
 * be read counts as nothing. dir is not consumed.
 */
int64_t tree_size(int dir);

#endif
