/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying directory trees by descriptor, never following a link. */
#ifndef RP_SYS_TREECOPY_H
#define RP_SYS_TREECOPY_H

#include "base/fd.h"

/*
 * Applies the directory from and the tree below it to the directory to: files, directories, links,
 * fifos with owner, mode, times, extended attributes, hard links, holes. What is in the way in to
 * is replaced; overlay whiteouts (a character device 0:0, the xattrs user.overlay.whiteout and
 * user.overlay.opaque) delete; other devices and sockets are left out. Data is cloned where the
 * file system can (ioctl_ficlone(2)). Extended attributes that cannot be set are left out.
 */
int tree_apply(int from, int to, struct err *e);

/* Gives everything below dir, and dir itself, to uid and gid. */
int tree_chown(int dir, uid_t uid, gid_t gid, struct err *e);

#endif
