/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of our own at paths of the user's: where a store and run state are kept. */
#ifndef RP_SYS_OWNDIR_H
#define RP_SYS_OWNDIR_H

#include "base/err.h"

/*
 * Opens the directory at the absolute path, made 0700 with the missing ones above it. A directory
 * that is there already keeps its mode. Refused with ERR_DENIED:
 *   - a directory that belongs to another user, or that others may write to;
 *   - a symbolic link on the way that belongs to another user than root and us;
 *   - a link, or a directory of another user, inside a directory in which everybody may make some
 *     (/tmp).
 * Returns an O_RDONLY descriptor.
 */
int own_dir(const char *path, struct err *e);

#endif
