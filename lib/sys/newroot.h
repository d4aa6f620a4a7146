/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root file system in which nothing else exists: for a process that reads what a stranger wrote,
 * so that what takes it over finds no other file to open, chmod, rename or connect to. Landlock
 * (sys/confine.h) covers only some of these calls.
 *
 * Before confine(), which forbids it. Descriptors of folders that are open still lead to their old
 * surroundings ("fd/.."): the caller closes them.
 */
#ifndef RP_SYS_NEWROOT_H
#define RP_SYS_NEWROOT_H

#include <stddef.h>

#include "base/err.h"

/*
 * A mount namespace of the calling process's own, with the folder *dir as its root and nothing else
 * mounted; the working directory is that root. *dir is replaced by a descriptor of it (O_PATH).
 *
 * 0; 1 where the process may not make mounts (no CAP_SYS_ADMIN in its user namespace; a kernel
 * before 5.12): *dir is then as it was, the working directory may be that folder; -1.
 */
int newroot_pivot(int *dir, struct err *e);

/*
 * The same with an empty read-only root, in which the n files and folders of paths (absolute, of
 * the old root) appear read-only at their places; what is not there is left out. *dirs, a list that
 * ends with NULL, are descriptors of folders that are worked with: each is replaced by one (O_PATH)
 * from which nothing above it is in reach. A process that may not make mounts makes a user
 * namespace first, in which there are its own ids alone.
 *
 * 0; 1 where neither is permitted, with nothing changed; -1. The process must have one thread.
 */
int newroot_files(const char *const *paths, size_t n, int *const *dirs, struct err *e);

/*
 * chroot(2) into the folder dir, inside of a namespace that newroot_pivot() made. 0; 1 where the
 * process may not (no CAP_SYS_CHROOT), with nothing changed; -1. confine() without CAP_SYS_CHROOT
 * must follow: with it a process can leave again.
 */
int newroot_chroot(int dir, struct err *e);

#endif
