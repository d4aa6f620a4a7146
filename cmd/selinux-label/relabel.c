/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relabelling a tree. Each entry is opened O_PATH|O_NOFOLLOW in its directory and labelled through
 * its descriptor (/proc/self/fd/N), so that a link swapped in meanwhile is labelled itself and
 * leads nowhere. Nothing but directories is opened for reading: a device or a fifo is not
 * disturbed.
 */
#include "relabel.h"

#include <errno.h>
#include <fcntl.h>
#include <selinux/selinux.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "sys/label.h"
#include "sys/path.h"

/* 1: labelled, 0: this file system has no labels. */
static int set_label(int fd, const char *label, struct err *e)
{
	char link[FD_PATH_LEN], *now = NULL;
	bool same;

	path_fd_link(fd, link);
	if (getfilecon_raw(link, &now) < 0 && errno == ENOTSUP)
		return 0;
	same = str_eq(now, label);
	freecon(now);
	if (same || setfilecon_raw(link, label) == 0)
		return 1;
	return errno == ENOTSUP ? 0 : err_sys(e, "setfilecon", "cannot set the label");
}

static int label_below(int dir, const char *label, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d)
		return err_sys(e, "openat", "cannot list a directory");
	while ((ent = readdir(d))) {
		_close_ int fd = -1;
		struct stat st;

		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		fd = openat(dir, ent->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue; /* removed meanwhile */
		if (fd < 0 || fstat(fd, &st) < 0)
			return err_sys(e, "openat", "%s", ent->d_name);
		if (set_label(fd, label, e) < 0 ||
		    (S_ISDIR(st.st_mode) && label_below(fd, label, e) < 0))
			return err_prefix(e, "%s", ent->d_name);
	}
	return 0;
}

int relabel_tree(const char *source, const char *label, struct err *e)
{
	_close_ int fd = open(source, O_PATH | O_CLOEXEC);
	_free_ char *path = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open", "cannot relabel %s", source);
	path = path_of_fd(fd);
	if (!path || !label_path_allowed(path, getenv("HOME"))) {
		err_set(e, ERR_DENIED, 0, NULL, "relabelling of %s is not allowed", source);
		return err_hint(e, "the system itself needs its label: mount a directory below, or "
				   "use --security-opt label=disable");
	}
	r = set_label(fd, label, e);
	if (r == 1 && S_ISDIR(st.st_mode))
		r = label_below(fd, label, e);
	return r < 0 ? err_prefix(e, "cannot relabel %s", source) : 0;
}
