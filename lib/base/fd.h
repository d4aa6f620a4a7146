/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors and whole files: complete reads and writes, pipes, atomic replacement. */
#ifndef RP_BASE_FD_H
#define RP_BASE_FD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

/* Writes all len bytes, through EINTR and short writes. */
int fd_write_all(int fd, const void *data, size_t len, struct err *e);

/*
 * Reads until end of file. More than max bytes is ERR_INPUT ("NAME: larger than MAX bytes").
 * name is for messages only.
 */
int fd_read_all(int fd, size_t max, struct buf *out, const char *name, struct err *e);

/*
 * The same for a regular file whose size is known: one read(2) where it has this size. A size of 0
 * says nothing (procfs).
 */
int fd_read_file(int fd, off_t size, size_t max, struct buf *out, const char *name, struct err *e);

/* pipe2(2) with O_CLOEXEC. */
int fd_pipe(int fds[2], struct err *e);

/* Sets or clears FD_CLOEXEC. */
int fd_cloexec(int fd, bool on, struct err *e);

/*
 * The file NAME in the directory dirfd gets this content, whole or not at all: written to a
 * temporary name beside it, then renamed. With durable, file and directory are fsync'ed as well.
 * NAME has no '/'. mode is subject to no umask.
 */
int file_replace(int dirfd, const char *name, const void *data, size_t len, mode_t mode,
		 bool durable, struct err *e);

/*
 * A file that is not there yet, in a directory that nobody else looks into before it is whole (a
 * staging directory): without the other name. mode is subject to no umask.
 */
int file_new(int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct err *e);

/*
 * The content of the regular file NAME relative to dirfd (AT_FDCWD and a path from the user's own
 * configuration are fine; never a path into an image: see sys/path.h). Opened O_NONBLOCK, refused
 * unless regular and at most max bytes.
 */
int file_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *e);

/* Closes the descriptors first to last, by close_range(2) or a walk of /proc/self/fd. */
void fd_close_range(int first, int last);
/* Closes all descriptors from first on. */
void fd_close_from(int first);
/* Closes all descriptors but these n, in any order; -1 among them stands for none. */
void fd_close_all_but(const int *keep, size_t n);

/* Closes these n, and puts them into order: what lies side by side by one close_range(2). */
void fd_close_list(int *fds, size_t n);

/* From first on, what is open now does not reach programs that are started later. */
void fd_cloexec_from(int first);

/*
 * The entries of a directory, without "." and "..", in no order; no second descriptor as opendir(3)
 * needs one:
 *
 *	struct dir_read r = {.fd = fd};
 *	const char *name;
 *	unsigned char type; // d_type of readdir(3)
 *
 *	while ((name = dir_next(&r, &type)))
 *		...
 *
 * fd was opened O_RDONLY and not read before. NULL is the end; r.error is errno where reading
 * failed. Entries that are removed meanwhile are no trouble, new ones may be seen or not.
 */
struct dir_read {
	int fd, error;
	size_t at, len;
	_Alignas(8) char buf[2048];
};
const char *dir_next(struct dir_read *r, unsigned char *type);

#endif
