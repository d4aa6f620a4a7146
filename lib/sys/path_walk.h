/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walker behind path.c for kernels without openat2(2). Private to path.c and its test: the
 * descriptor, or -1 with errno. Flags and mode as for path_open_in_root(), path_open_beneath().
 */
#ifndef RP_SYS_PATH_WALK_H
#define RP_SYS_PATH_WALK_H

#include <sys/types.h>

int path_walk_in_root(int root, const char *path, int flags, mode_t mode);
int path_walk_beneath(int dir, const char *path, int flags, mode_t mode);

#endif
