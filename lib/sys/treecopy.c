/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying trees: see treecopy.h. Everything is done by descriptor and name in one directory pair,
 * O_NOFOLLOW throughout, so that neither tree can lead the copy elsewhere.
 */
#include "sys/treecopy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "sys/path.h"

static int copy_data(int from, int to, const char *name, struct err *e)
{
	char block[65536];
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	while ((n = read(from, block, sizeof(block))) > 0)
		if (fd_write_all(to, block, n, e) < 0)
			return err_prefix(e, "%s", name);
	return n < 0 ? err_sys(e, "read", "cannot copy %s", name) : 0;
}

static void copy_xattrs(int from, int to)
{
	char names[4096], value[65536], a[FD_PATH_LEN], b[FD_PATH_LEN];
	ssize_t len = listxattr(path_fd_link(from, a), names, sizeof(names));

	path_fd_link(to, b);
	for (char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
		ssize_t n;

		if (str_after(name, "user.overlay."))
			continue;
		n = getxattr(a, name, value, sizeof(value));
		if (n >= 0)
			setxattr(b, name, value, n, 0);
	}
}

/* Owner, mode, times of what fd (O_PATH is enough) refers to. */
static int copy_meta(int to_dir, const char *name, const struct stat *st, struct err *e)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fchownat", "cannot set the owner of %s", name);
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return err_sys(e, "fchmodat", "cannot set the mode of %s", name);
	utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_file(int from_dir, int to_dir, const char *name, const struct stat *st,
		     struct err *e)
{
	_close_ int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_close_ int to =
		openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (from < 0 || to < 0)
		return err_sys(e, "openat", "cannot copy %s", name);
	if (copy_data(from, to, name, e) < 0)
		return -1;
	/* chown clears file capabilities and setuid bits: owner first, the rest after */
	if (fchown(to, st->st_uid, st->st_gid) < 0)
		return err_sys(e, "fchown", "cannot set the owner of %s", name);
	copy_xattrs(from, to);
	return 0;
}

static int copy_link(int from_dir, int to_dir, const char *name, struct err *e)
{
	char target[4096];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, "readlinkat", "cannot copy %s", name);
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) < 0)
		return err_sys(e, "symlinkat", "cannot copy %s", name);
	return 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static bool is_opaque(int dir)
{
	char value[2] = "";

	return fgetxattr(dir, "user.overlay.opaque", value, 1) == 1 && value[0] == 'y';
}

static int apply_dir(int from, int to, struct err *e);

static int apply_subdir(int from_dir, int to_dir, const char *name, const struct stat *st,
			struct err *e)
{
	_close_ int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int to = -1;
	struct stat old;

	if (from < 0)
		return err_sys(e, "openat", "cannot copy %s", name);
	if (fstatat(to_dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!S_ISDIR(old.st_mode) || is_opaque(from)) && path_remove_tree(to_dir, name, e) < 0)
		return -1;
	if (mkdirat(to_dir, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "mkdirat", "cannot copy %s", name);
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys(e, "openat", "cannot copy %s", name);
	copy_xattrs(from, to);
	return apply_dir(from, to, e) < 0 ? -1 : copy_meta(to_dir, name, st, e);
}

static int apply_entry(int from, int to, const char *name, struct err *e)
{
	struct stat st;
	int r;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fstatat", "cannot copy %s", name);
	if (S_ISDIR(st.st_mode))
		return apply_subdir(from, to, name, &st, e);
	if (path_remove_tree(to, name, e) < 0)
		return -1;
	if (is_whiteout(&st))
		return 0;
	if (S_ISREG(st.st_mode))
		r = copy_file(from, to, name, &st, e);
	else if (S_ISLNK(st.st_mode))
		r = copy_link(from, to, name, e);
	else if (S_ISFIFO(st.st_mode))
		r = mkfifoat(to, name, 0600) < 0 ? err_sys(e, "mkfifoat", "cannot copy %s", name)
						 : 0;
	else
		return 0; /* devices and sockets: layer-unpack leaves none */
	return r < 0 ? -1 : copy_meta(to, name, &st, e);
}

static int apply_dir(int from, int to, struct err *e)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d)
		return err_sys(e, "openat", "cannot list a directory of the image");
	while ((ent = readdir(d)))
		if (!str_eq(ent->d_name, ".") && !str_eq(ent->d_name, "..") &&
		    apply_entry(from, to, ent->d_name, e) < 0)
			return -1;
	return 0;
}

int tree_apply(int from, int to, struct err *e)
{
	return apply_dir(from, to, e);
}

int tree_chown(int dir, uid_t uid, gid_t gid, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d || fchown(copy, uid, gid) < 0)
		return err_sys(e, "fchown", "cannot change the owner of a directory");
	while ((ent = readdir(d))) {
		_close_ int sub = -1;

		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		if (fchownat(dir, ent->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "fchownat", "cannot change the owner of %s", ent->d_name);
		sub = openat(dir, ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && tree_chown(sub, uid, gid, e) < 0)
			return -1;
	}
	return 0;
}
