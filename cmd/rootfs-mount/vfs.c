/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root file system by copying: for kernels and file systems without unprivileged overlayfs.
 *
 * Layers are applied bottom first into a fresh directory, which is renamed to rootfs/ when it is
 * whole and carries the marker .rp-copy; a kill in between leaves rootfs/ empty and the next start
 * copies anew. Whiteouts (a character device 0:0, or the xattr user.overlay.opaque) delete what
 * the layers below brought. Files are cloned where the file system can (FICLONE, ioctl_ficlone(2)),
 * else copied by copy_file_range(2).
 *
 * Everything is done by descriptor and name in one directory pair; links are never followed.
 */
#include "rootfs-mount.h"

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

static int apply_layers(const struct rootfs *r, int to, struct err *e)
{
	for (size_t i = 0; i < r->layers.n; i++) {
		_close_ int from = open(r->layers.v[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct stat st;

		if (from < 0 || fstat(from, &st) < 0)
			return err_sys(e, "open", "cannot open layer %s", r->layers.v[i]);
		if (apply_dir(from, to, e) < 0)
			return -1;
		if (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0)
			return err_sys(e, "fchown", "cannot set the owner of the root directory");
	}
	return 0;
}

int vfs_copy(const struct rootfs *r, struct err *e)
{
	_close_ int to = -1;

	if (path_remove_tree(r->dir, "rootfs.new", e) < 0)
		return -1;
	if (mkdirat(r->dir, "rootfs.new", 0755) < 0)
		return err_sys(e, "mkdirat", "cannot make %s/rootfs.new", r->path);
	to = openat(r->dir, "rootfs.new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys(e, "openat", "cannot open %s/rootfs.new", r->path);
	if (apply_layers(r, to, e) < 0 || file_replace(to, ".rp-copy", "", 0, 0600, false, e) < 0) {
		path_remove_tree(r->dir, "rootfs.new", NULL);
		return err_prefix(e, "cannot copy the image to %s", r->path);
	}
	if (path_remove_tree(r->dir, "rootfs", e) < 0)
		return -1;
	if (renameat(r->dir, "rootfs.new", r->dir, "rootfs") < 0)
		return err_sys(e, "renameat", "cannot put %s/rootfs in place", r->path);
	return 0;
}
