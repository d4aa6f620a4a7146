/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels of trees: see treelabel.h. Each entry is opened O_PATH|O_NOFOLLOW in its directory and
 * labelled through /proc/self/fd/N, so that a link is labelled itself (xattr(7)) and leads nowhere.
 */
#include "sys/treelabel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "sys/path.h"

static bool has_label(int fd, const char *attribute, const char *value)
{
	char link[FD_PATH_LEN], now[256];
	ssize_t n = getxattr(path_fd_link(fd, link), attribute, now, sizeof(now));

	while (n > 0 && now[n - 1] == '\0')
		n--;
	return n >= 0 && (size_t)n == strlen(value) && memcmp(now, value, (size_t)n) == 0;
}

static int set_label(int fd, const char *attribute, const char *value, struct err *e)
{
	char link[FD_PATH_LEN];

	if (has_label(fd, attribute, value) ||
	    setxattr(path_fd_link(fd, link), attribute, value, strlen(value), 0) == 0)
		return 0;
	return err_sys(e, "setxattr", "cannot set the label");
}

static int label_below(int dir, const char *attribute, const char *value, struct err *e)
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
		if (fd < 0 || fstat(fd, &st) < 0)
			return err_sys(e, "openat", "cannot open %s", ent->d_name);
		if ((S_ISDIR(st.st_mode) && label_below(fd, attribute, value, e) < 0) ||
		    set_label(fd, attribute, value, e) < 0)
			return err_prefix(e, "%s", ent->d_name);
	}
	return 0;
}

int tree_label(int root, const char *attribute, const char *value, struct err *e)
{
	if (has_label(root, attribute, value))
		return 1;
	if (label_below(root, attribute, value, e) < 0)
		return -1;
	return set_label(root, attribute, value, e);
}
