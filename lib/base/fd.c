/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors and whole files: see fd.h for the contract.
 *
 * file_replace() writes NAME.tmp.PID beside NAME and renames it, so that a reader sees the old or
 * the new content (rename(2)); fsync(2) of file and directory only where the caller asks for
 * durability across a power cut.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define READ_FIRST 4096
#define READ_MORE  32768

int fd_write_all(int fd, const void *data, size_t len, struct err *e)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "write", "cannot write");
		p += n;
		len -= n;
	}
	return 0;
}

int fd_read_all(int fd, size_t max, struct buf *out, const char *name, struct err *e)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		/* most documents are small, and memory that is not touched costs nothing: but the
		 * allocator writes behind what it has given */
		if (out->cap < out->len + 2)
			buf_reserve(out, out->len < READ_FIRST ? READ_FIRST : READ_MORE);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read", "cannot read %s", name);
		out->len += n;
		out->data[out->len] = '\0';
		if (out->len - start > max)
			return err_set(e, ERR_INPUT, 0, "read", "%s: larger than %zu bytes", name,
				       max);
		if (n == 0)
			return 0;
	}
}

int fd_read_file(int fd, off_t size, size_t max, struct buf *out, const char *name, struct err *e)
{
	size_t start = out->len;
	ssize_t n;

	if (size <= 0 || (uintmax_t)size > max)
		return fd_read_all(fd, max, out, name, e);
	buf_reserve(out, (size_t)size + 1);
	n = TEMP_FAILURE_RETRY(read(fd, out->data + start, (size_t)size + 1));
	if (n < 0)
		return err_sys(e, "read", "cannot read %s", name);
	out->len += n;
	out->data[out->len] = '\0';
	return n == size ? 0 : fd_read_all(fd, max - (size_t)n, out, name, e);
}

int fd_pipe(int fds[2], struct err *e)
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe2", "cannot make a pipe");
	return 0;
}

int fd_cloexec(int fd, bool on, struct err *e)
{
	if (fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0)
		return err_sys(e, "fcntl", "cannot change descriptor %d", fd);
	return 0;
}

int file_replace(int dirfd, const char *name, const void *data, size_t len, mode_t mode,
		 bool durable, struct err *e)
{
	_free_ char *tmp = str_fmt("%s.tmp.%d", name, (int)getpid());
	_close_ int fd = TEMP_FAILURE_RETRY(
		openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));

	if (fd < 0)
		return err_sys(e, "openat", "cannot make %s", tmp);
	if (fd_write_all(fd, data, len, e) < 0) {
		err_prefix(e, "%s", name);
		goto undo;
	}
	if (fchmod(fd, mode) < 0) {
		err_sys(e, "fchmod", "cannot set the mode of %s", name);
		goto undo;
	}
	if (durable && fsync(fd) < 0) {
		err_sys(e, "fsync", "cannot write %s to disk", name);
		goto undo;
	}
	if (renameat(dirfd, tmp, dirfd, name) < 0) {
		err_sys(e, "renameat", "cannot put %s in place", name);
		goto undo;
	}
	if (durable) {
		_close_ int dir =
			TEMP_FAILURE_RETRY(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

		if (dir < 0 || fsync(dir) < 0)
			return err_sys(e, "fsync", "cannot write the directory of %s to disk",
				       name);
	}
	return 0;
undo:
	unlinkat(dirfd, tmp, 0);
	return -1;
}

int file_new(int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct err *e)
{
	_close_ int fd = TEMP_FAILURE_RETRY(
		openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

	if (fd < 0)
		return err_sys(e, "openat", "cannot make %s", name);
	if (fd_write_all(fd, data, len, e) < 0)
		return err_prefix(e, "%s", name);
	if (fchmod(fd, mode) < 0)
		return err_sys(e, "fchmod", "cannot set the mode of %s", name);
	return 0;
}

int file_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *e)
{
	_close_ int fd = TEMP_FAILURE_RETRY(
		openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
	struct stat st;

	if (fd < 0)
		return err_sys(e, "openat", "cannot open %s", name);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "cannot read %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, 0, "open", "%s is not a regular file", name);
	return fd_read_file(fd, st.st_size, max, out, name, e);
}

/* cloexec: only keep them from programs that are started. Kernels before 5.9 and 5.11 need the
 * list. */
static void end_range(int first, int last, bool cloexec)
{
	_closedir_ DIR *d = NULL;
	struct dirent *ent;
	int64_t fd;

	if (syscall(SYS_close_range, first, last, cloexec ? CLOSE_RANGE_CLOEXEC : 0) == 0)
		return;
	d = opendir("/proc/self/fd");
	while (d && (ent = readdir(d))) {
		if (str_to_int(ent->d_name, first, last, &fd) < 0 || fd == dirfd(d))
			continue;
		if (cloexec)
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		else
			close((int)fd);
	}
}

void fd_close_range(int first, int last)
{
	end_range(first, last, false);
}

void fd_cloexec_from(int first)
{
	end_range(first, INT32_MAX, true);
}

void fd_close_from(int first)
{
	fd_close_range(first, INT32_MAX);
}

void fd_close_all_but(const int *keep, size_t n)
{
	int first = 0;

	for (;;) {
		int next = INT32_MAX;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= first && keep[i] < next)
				next = keep[i];
		if (next > first)
			fd_close_range(first, next == INT32_MAX ? next : next - 1);
		if (next == INT32_MAX)
			return;
		first = next + 1;
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void fd_close_list(int *fds, size_t n)
{
	qsort(fds, n, sizeof(*fds), by_number);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && fds[end] == fds[end - 1] + 1; end++)
			;
		if (end - i > 1 && syscall(SYS_close_range, fds[i], fds[end - 1], 0) == 0)
			continue;
		for (size_t k = i; k < end; k++)
			close(fds[k]);
	}
}

const char *dir_next(struct dir_read *r, unsigned char *type)
{
	for (;;) {
		struct dirent64 *d;

		if (r->at == r->len) {
			ssize_t n = TEMP_FAILURE_RETRY(getdents64(r->fd, r->buf, sizeof(r->buf)));

			r->at = 0;
			r->len = n > 0 ? (size_t)n : 0;
			r->error = n < 0 ? errno : 0;
			if (n <= 0)
				return NULL;
		}
		d = (struct dirent64 *)(void *)(r->buf + r->at);
		r->at += d->d_reclen;
		*type = d->d_type;
		if (!str_eq(d->d_name, ".") && !str_eq(d->d_name, ".."))
			return d->d_name;
	}
}
