/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying trees: see treecopy.h. Everything is done by descriptor and name in one directory pair,
 * O_NOFOLLOW throughout, so that neither tree can lead the copy elsewhere.
 *
 * A file with more than one name is copied with its first one; the path of that is remembered by
 * inode number until the end, and the other names become links to it. Holes stay holes: only what
 * lseek(2) with SEEK_DATA finds is copied, where the file cannot be cloned as a whole.
 */
#include "sys/treecopy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "sys/path.h"

/* A file that may come again under another name. */
struct first {
	dev_t dev;
	ino_t ino;
	char *path; /* below the root of the copy; NULL: the place in the table is free */
};

struct copy {
	int root;	  /* of the copy */
	struct buf path;  /* of the directory at hand, below it; "" for the root */
	struct first *v;  /* a hash table */
	size_t n, places; /* a power of two */
	char *names;	  /* XATTR_LIST_MAX bytes */
	char *value;	  /* XATTR_SIZE_MAX bytes */
};

static void copy_release(struct copy *c)
{
	for (size_t i = 0; i < c->places; i++)
		free(c->v[i].path);
	free(c->v);
	free(c->names);
	free(c->value);
	buf_release(&c->path);
}

/* Where the file is in the table, or would be. */
static struct first *first_of(const struct copy *c, const struct stat *st)
{
	size_t i = (size_t)(st->st_ino * 0x9e3779b97f4a7c15u >> 17) & (c->places - 1);

	while (c->v[i].path && (c->v[i].ino != st->st_ino || c->v[i].dev != st->st_dev))
		i = (i + 1) & (c->places - 1);
	return &c->v[i];
}

static void grow(struct copy *c)
{
	struct copy old = *c;

	c->places = old.places ? old.places * 2 : 64;
	c->v = mem_alloc(c->places * sizeof(*c->v));
	for (size_t i = 0; i < old.places; i++) {
		struct stat st = {.st_dev = old.v[i].dev, .st_ino = old.v[i].ino};

		if (old.v[i].path)
			*first_of(c, &st) = old.v[i];
	}
	free(old.v);
}

static void remember(struct copy *c, const struct stat *st, const char *name)
{
	if (c->n * 2 >= c->places)
		grow(c);
	c->n++;
	*first_of(c, st) = (struct first){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.path = str_fmt("%s/%s", c->path.len ? c->path.data : ".", name),
	};
}

/* 1: name is a link to the copy of the same file by now; 0: it is the first one. */
static int link_to_first(const struct copy *c, int to_dir, const char *name, const struct stat *st,
			 struct err *e)
{
	const struct first *f = c->places ? first_of(c, st) : NULL;
	_free_ char *dir = f ? str_dup(f->path) : NULL;
	_close_ int fd = -1;
	char *slash;

	if (!dir)
		return 0;
	slash = strrchr(dir, '/');
	*slash++ = '\0';
	fd = path_open_beneath(c->root, dir, O_PATH | O_DIRECTORY, 0, e);
	if (fd < 0 || linkat(fd, slash, to_dir, name, 0) < 0)
		return fd < 0 ? -1 : err_sys(e, "linkat", "cannot copy %s", name);
	return 1;
}

/* The kernel refuses to copy between these two by itself. */
static bool must_read(int errnum)
{
	return errnum == EXDEV || errnum == EINVAL || errnum == EOPNOTSUPP || errnum == ENOSYS ||
	       errnum == EPERM || errnum == EBADF;
}

static int copy_read(int from, int to, off_t at, off_t end, const char *name, struct err *e)
{
	char block[65536];

	while (at < end) {
		size_t most =
			(size_t)(end - at) < sizeof(block) ? (size_t)(end - at) : sizeof(block);
		ssize_t n = TEMP_FAILURE_RETRY(pread(from, block, most, at));
		ssize_t done = 0;

		if (n < 0)
			return err_sys(e, "pread", "cannot copy %s", name);
		if (n == 0)
			return 0;
		while (done < n) {
			ssize_t w = TEMP_FAILURE_RETRY(
				pwrite(to, block + done, (size_t)(n - done), at + done));

			if (w < 0)
				return err_sys(e, "pwrite", "cannot copy %s", name);
			done += w;
		}
		at += n;
	}
	return 0;
}

static int copy_range(int from, int to, off_t at, off_t end, const char *name, struct err *e)
{
	off_t in = at, out = at;

	while (in < end) {
		ssize_t n = TEMP_FAILURE_RETRY(
			copy_file_range(from, &in, to, &out, (size_t)(end - in), 0));

		if (n == 0)
			return 0;
		if (n < 0 && must_read(errno))
			return copy_read(from, to, in, end, name, e);
		if (n < 0)
			return err_sys(e, "copy_file_range", "cannot copy %s", name);
	}
	return 0;
}

static int copy_data(int from, int to, off_t size, const char *name, struct err *e)
{
	off_t end = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (end < size) {
		off_t at = lseek(from, end, SEEK_DATA);

		if (at < 0 && errno == ENXIO)
			break;
		if (at < 0) /* without the call all is data */
			at = end;
		end = lseek(from, at, SEEK_HOLE);
		if (end <= at)
			end = size;
		if (copy_range(from, to, at, end, name, e) < 0)
			return -1;
	}
	if (ftruncate(to, size) < 0)
		return err_sys(e, "ftruncate", "cannot copy %s", name);
	return 0;
}

/* What the file system of the copy, or the user namespace, does not take is left out. */
static int copy_xattrs(struct copy *c, int from, int to, const char *of, struct err *e)
{
	char a[FD_PATH_LEN], b[FD_PATH_LEN];
	ssize_t len = listxattr(path_fd_link(from, a), c->names, XATTR_LIST_MAX);

	path_fd_link(to, b);
	for (char *name = c->names; len > 0 && name < c->names + len; name += strlen(name) + 1) {
		ssize_t n;

		if (str_after(name, "user.overlay."))
			continue;
		n = getxattr(a, name, c->value, XATTR_SIZE_MAX);
		if (n < 0 || setxattr(b, name, c->value, (size_t)n, 0) == 0)
			continue;
		if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
			return err_sys(e, "setxattr", "cannot copy %s of %s", name, of);
	}
	return 0;
}

static int copy_owner(int to_dir, const char *name, const struct stat *st, struct err *e)
{
	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fchownat", "cannot set the owner of %s", name);
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return err_sys(e, "fchmodat", "cannot set the mode of %s", name);
	return 0;
}

static void copy_times(int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
}

/* A change of the owner clears set-id bits and file capabilities: it comes before both. */
static int copy_file(struct copy *c, int from_dir, int to_dir, const char *name,
		     const struct stat *st, struct err *e)
{
	_close_ int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_close_ int to =
		openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (from < 0 || to < 0)
		return err_sys(e, "openat", "cannot copy %s", name);
	if (copy_data(from, to, st->st_size, name, e) < 0 || copy_owner(to_dir, name, st, e) < 0)
		return -1;
	return copy_xattrs(c, from, to, name, e);
}

static int copy_link(int from_dir, int to_dir, const char *name, struct err *e)
{
	char target[PATH_MAX];
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

/* The form for file systems without device nodes: layer-unpack(1). */
static bool is_xattr_whiteout(int dir, const char *name, const struct stat *st)
{
	_close_ int fd = -1;

	if (!S_ISREG(st->st_mode) || st->st_size)
		return false;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && fgetxattr(fd, "user.overlay.whiteout", NULL, 0) >= 0;
}

static bool is_opaque(int dir)
{
	char value[2] = "";

	return fgetxattr(dir, "user.overlay.opaque", value, 1) == 1 && value[0] == 'y';
}

static int apply_dir(struct copy *c, int from, int to, struct err *e);

static int apply_subdir(struct copy *c, int from_dir, int to_dir, const char *name,
			const struct stat *st, struct err *e)
{
	_close_ int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int to = -1;
	size_t len = c->path.len;
	struct stat old;
	int r;

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
	buf_fmt(&c->path, "%s%s", len ? "/" : "", name);
	r = apply_dir(c, from, to, e);
	c->path.len = len;
	c->path.data[len] = '\0';
	if (r < 0 || copy_owner(to_dir, name, st, e) < 0 || copy_xattrs(c, from, to, name, e) < 0)
		return -1;
	copy_times(to_dir, name, st);
	return 0;
}

static int copy_entry(struct copy *c, int from, int to, const char *name, const struct stat *st,
		      struct err *e)
{
	if (S_ISREG(st->st_mode))
		return copy_file(c, from, to, name, st, e);
	if (S_ISLNK(st->st_mode))
		return copy_link(from, to, name, e) < 0 ? -1 : copy_owner(to, name, st, e);
	if (mkfifoat(to, name, 0600) < 0)
		return err_sys(e, "mkfifoat", "cannot copy %s", name);
	return copy_owner(to, name, st, e);
}

static int apply_entry(struct copy *c, int from, int to, const char *name, struct err *e)
{
	struct stat st;
	int r;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fstatat", "cannot copy %s", name);
	if (S_ISDIR(st.st_mode))
		return apply_subdir(c, from, to, name, &st, e);
	if (path_remove_tree(to, name, e) < 0)
		return -1;
	if (is_whiteout(&st) || is_xattr_whiteout(from, name, &st))
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode) && !S_ISFIFO(st.st_mode))
		return 0; /* devices and sockets: layer-unpack leaves none */
	r = st.st_nlink > 1 ? link_to_first(c, to, name, &st, e) : 0;
	if (r)
		return r < 0 ? -1 : 0;
	if (copy_entry(c, from, to, name, &st, e) < 0)
		return -1;
	copy_times(to, name, &st);
	if (st.st_nlink > 1)
		remember(c, &st, name);
	return 0;
}

static int apply_dir(struct copy *c, int from, int to, struct err *e)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d)
		return err_sys(e, "openat", "cannot list a directory of the image");
	while ((ent = readdir(d)))
		if (!str_eq(ent->d_name, ".") && !str_eq(ent->d_name, "..") &&
		    apply_entry(c, from, to, ent->d_name, e) < 0)
			return -1;
	return 0;
}

/* An opaque root hides all that is there. */
static int clear_dir(int dir, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d)
		return err_sys(e, "openat", "cannot list a directory of the copy");
	while ((ent = readdir(d)))
		if (!str_eq(ent->d_name, ".") && !str_eq(ent->d_name, "..") &&
		    path_remove_tree(dir, ent->d_name, e) < 0)
			return -1;
	return 0;
}

int tree_apply(int from, int to, struct err *e)
{
	_clean_(copy_release) struct copy c = {
		.root = to,
		.names = mem_alloc(XATTR_LIST_MAX),
		.value = mem_alloc(XATTR_SIZE_MAX),
	};
	struct stat st;

	if (fstat(from, &st) < 0)
		return err_sys(e, "fstat", "cannot look at a directory of the image");
	if ((is_opaque(from) && clear_dir(to, e) < 0) || apply_dir(&c, from, to, e) < 0)
		return -1;
	if (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0)
		return err_sys(e, "fchown", "cannot set the owner of the copy");
	if (copy_xattrs(&c, from, to, "the root directory", e) < 0)
		return -1;
	futimens(to, (const struct timespec[]){st.st_atim, st.st_mtim});
	return 0;
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
