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

#endif
