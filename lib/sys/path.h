/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Safe paths: the only code of the project that resolves a path which somebody else chose.
 *
 * A path is always resolved below a directory descriptor:
 *   - inside a container's root filesystem or a volume ("in root"): like chroot(2), absolute
 *     symbolic links and ".." stay below the descriptor; magic links are refused;
 *   - inside our own directories ("beneath"): no symbolic link at all, no "..", nothing absolute.
 * openat2(2) (Linux 5.6) does it where the kernel has it; otherwise a walker that opens component
 * by component with O_PATH|O_NOFOLLOW and checks through /proc/self/fd that it did not escape.
 *
 * Results are descriptors. Callers go on with *at() calls on them, never with joined paths.
 */
#ifndef RP_SYS_PATH_H
#define RP_SYS_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/stat.h>

#include "base/fd.h"

/*
 * Opens path below root, following links as inside a chroot. flags as for open(2); O_CLOEXEC is
 * added; O_NOFOLLOW concerns the last component. mode as for open(2) with O_CREAT.
 */
int path_open_in_root(int root, const char *path, int flags, mode_t mode, struct err *e);

/* Opens path below dir without following any link. */
int path_open_beneath(int dir, const char *path, int flags, mode_t mode, struct err *e);

/*
 * Makes the directory path and the missing ones above it, links followed as in a chroot; where a
 * link dangles its target is made, inside the root like all else. Returns an O_PATH descriptor of
 * the directory itself.
 */
int path_mkdir_in_root(int root, const char *path, mode_t mode, struct err *e);

/* The same without links, for our own directories. */
int path_mkdir_beneath(int dir, const char *path, mode_t mode, struct err *e);

/*
 * Makes an empty regular file at path unless something is there already, with missing directories
 * above it, links as before. Returns an O_PATH descriptor. For mount points.
 */
int path_mkfile_in_root(int root, const char *path, mode_t mode, struct err *e);

/*
 * A place for a mount: what is at fd, or, where it had to be made, the entry "name" of the
 * directory at fd. Who goes on with it follows no link there.
 */
struct path_place {
	int fd;
	char name[NAME_MAX + 1]; /* "": fd itself */
};

/*
 * As path_mkdir_in_root() and path_mkfile_in_root(), but what was made is not looked up again. The
 * caller closes out->fd.
 */
int path_place_dir(int root, const char *path, mode_t mode, struct path_place *out, struct err *e);
int path_place_file(int root, const char *path, mode_t mode, struct path_place *out, struct err *e);

/*
 * Who decides where something may be made: asked with the directory (O_PATH) before each mkdirat(2)
 * or open with O_CREAT in it. Where it says no, the error is ERR_DENIED with EXDEV.
 */
struct path_guard {
	bool (*may)(int dir, const void *arg);
	const void *arg;
};

/* path_mkdir_in_root() and path_mkfile_in_root() that make nothing but where the guard lets them.
 */
int path_mkdir_guarded(int root, const char *path, mode_t mode, const struct path_guard *g,
		       struct err *e);
int path_mkfile_guarded(int root, const char *path, mode_t mode, const struct path_guard *g,
			struct err *e);

/*
 * The number of the mount that fd is on, unique while it exists; before Linux 5.8, where the file
 * system has no handles, its device number, which a bind mount shares with what it shows.
 */
int path_mount_of(int fd, uint64_t *out);

/* Another open file description of what an O_PATH descriptor refers to. */
int path_reopen(int fd, int flags, struct err *e);

/*
 * A regular file of an image or container: links followed as in a chroot, opened O_NONBLOCK,
 * refused unless regular and at most max bytes. ERR_NOTFOUND where there is none.
 */
int path_read_in_root(int root, const char *path, size_t max, struct buf *out, struct err *e);

/*
 * Removes name below dir with all that is in it, never following a link, never leaving the mount,
 * making directories writable on the way where their owner forgot. Missing is fine.
 * name has no '/'.
 */
int path_remove_tree(int dir, const char *name, struct err *e);

/* The absolute path of a descriptor, by readlink of /proc/self/fd/N. For messages and exec only. */
char *path_of_fd(int fd);

/* "/proc/self/fd/N", for system calls that take no descriptor. */
#define FD_PATH_LEN 32
const char *path_fd_link(int fd, char buf[FD_PATH_LEN]);

/* For tests: pretend that openat2(2) is missing. Set by RP_TEST_NO_OPENAT2 too in debug builds. */
void path_test_no_openat2(bool on);

#endif
