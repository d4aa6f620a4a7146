/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an entry belongs: the folder as a descriptor, and a name without a slash.
 *
 * An entry's path is cleaned by its text (an absolute one counts from the layer's root, ".." is
 * refused), then its folder is resolved as in a chroot: an archive may hold "lib -> usr/lib" and
 * then "lib/x", and a link that points outside leads to a place inside. Missing folders are made,
 * but never through a link that leads nowhere. The last component is never followed.
 *
 * The folder of the last entry stays open, since most entries share it with the one before; it is
 * forgotten whenever something is removed.
 *
 * Whiteouts: native overlay takes a character device 0:0, which anybody may make since Linux 5.8;
 * a file system that has no device nodes gets the form with attributes (Linux 6.7,
 * Documentation/filesystems/overlayfs.rst). A whiteout hides lower layers only: when the same layer
 * also has a folder of that name, the folder becomes opaque instead, whichever came first.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "sys/path.h"
#include "unpack.h"

#define MAX_DEPTH 512

int path_clean(const char *name, struct buf *out, struct err *e)
{
	int depth = 0;

	out->len = 0;
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return err_set(e, ERR_INPUT, 0, "tar", "the path has a \"..\" in it");
		if (n && !(n == 1 && *p == '.')) {
			if (n > 255 || ++depth > MAX_DEPTH)
				return err_set(e, ERR_INPUT, 0, "tar", "the path is too %s",
					       n > 255 ? "long" : "deep");
			if (out->len)
				buf_char(out, '/');
			buf_add(out, p, n);
		}
		p += n;
		p += *p == '/';
	}
	buf_reserve(out, 1);
	out->data[out->len] = '\0';
	return 0;
}

void forget_parent(struct unpack *u)
{
	u->parent_known = false;
}

static int open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int set_opaque(int fd, const char *value, struct err *e)
{
	char old[2] = "";

	if (fgetxattr(fd, "user.overlay.opaque", old, sizeof(old)) == 1 && old[0] == 'y')
		return 0;
	if (fsetxattr(fd, "user.overlay.opaque", value, 1, 0) == 0)
		return 0;
	err_sys(e, "fsetxattr", "cannot mark a folder as opaque");
	if (errno == EOPNOTSUPP)
		err_hint(e, "the store's file system must have user attributes");
	return -1;
}

/* 1 a whiteout that this program made, 0 something else, -1 nothing or error. */
static int is_whiteout(const struct unpack *u, int dir, const char *name)
{
	_close_ int fd = -1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		return 1;
	if (!u->xattr_whiteouts || !S_ISREG(st.st_mode) || st.st_size)
		return 0;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && fgetxattr(fd, "user.overlay.whiteout", NULL, 0) >= 0;
}

int clear_spot(struct unpack *u, const struct spot *s, bool *was_whiteout, struct err *e)
{
	if (was_whiteout)
		*was_whiteout = is_whiteout(u, s->dir, s->name) == 1;
	forget_parent(u);
	return path_remove_tree(s->dir, s->name, e);
}

/* A whiteout stands where a folder is needed: the folder hides the lower layers instead. */
static int whiteout_to_dir(struct unpack *u, int above, const char *name, struct err *e)
{
	_close_ int fd = -1;

	if (is_whiteout(u, above, name) != 1)
		return err_set(e, ERR_INPUT, 0, "openat2", "\"%.200s\" above it is no folder",
			       name);
	if (unlinkat(above, name, 0) < 0 || mkdirat(above, name, 0755) < 0)
		return err_sys(e, "mkdirat", "cannot replace the whiteout of \"%.200s\"", name);
	fd = open_dir(above, name);
	if (fd < 0)
		return err_sys(e, "openat", "cannot open \"%.200s\"", name);
	return set_opaque(fd, "y", e);
}

static int no_folder(const char *path, struct err *e)
{
	if (errno == EEXIST)
		return err_set(e, ERR_INPUT, 0, "mkdirat",
			       "\"%.200s\" above it is a link that leads nowhere", path);
	return err_sys(e, "mkdirat", "cannot make the folder \"%.200s\"", path);
}

/* One component: prefix is the path down to name, above the folder it is in. */
static int step_down(struct unpack *u, int above, const char *prefix, const char *name,
		     struct err *e)
{
	struct err why = {0};
	int fd = path_open_in_root(u->root, prefix, O_PATH | O_DIRECTORY, 0, &why);

	if (fd >= 0)
		return fd;
	if (why.errnum == ENOENT) {
		if (mkdirat(above, name, 0755) < 0)
			return no_folder(prefix, e);
	} else if (why.errnum == ENOTDIR) {
		if (whiteout_to_dir(u, above, name, e) < 0)
			return -1;
	} else if (why.errnum == ELOOP || why.errnum == ENAMETOOLONG) {
		return err_set(e, ERR_INPUT, why.errnum, "openat2", "\"%.200s\" above it", prefix);
	} else {
		*e = why;
		return -1;
	}
	return path_open_in_root(u->root, prefix, O_PATH | O_DIRECTORY, 0, e);
}

/* The folder path with all that is missing above it; a descriptor, -1, or -2 behind a whiteout. */
static int make_parents(struct unpack *u, const char *path, bool for_whiteout, struct err *e)
{
	_free_ char *copy = str_dup(path);
	_close_ int at = openat(u->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return err_sys(e, "openat", "cannot open the layer's root");
	for (char *c = copy, *end; *c; c = end) {
		bool last;
		int next;

		end = c + strcspn(c, "/");
		last = !*end;
		*end = '\0';
		if (for_whiteout && is_whiteout(u, at, c) == 1)
			return -2;
		next = step_down(u, at, copy, c, e);
		if (next < 0)
			return -1;
		close(at);
		at = next;
		if (!last)
			*end++ = '/';
	}
	return take_fd(&at);
}

static int open_parent(struct unpack *u, const char *path, bool for_whiteout, struct err *e)
{
	struct err why = {0};
	struct stat st;
	int fd = path_open_in_root(u->root, path, O_PATH | O_DIRECTORY, 0, &why);

	if (fd < 0)
		fd = make_parents(u, path, for_whiteout, e);
	if (fd < 0)
		return fd;
	if (u->parent >= 0)
		close(u->parent);
	u->parent = fd;
	u->parent_path.len = 0;
	buf_str(&u->parent_path, path);
	u->parent_known = true;
	u->parent_inherits = fstat(fd, &st) == 0 && (st.st_mode & S_ISGID);
	return 0;
}

int find_spot(struct unpack *u, const char *path, bool for_whiteout, struct spot *out,
	      struct err *e)
{
	const char *slash = strrchr(path, '/');
	_free_ char *parent = str_ndup(path, slash ? (size_t)(slash - path) : 0);
	int r = 0;

	*out = (struct spot){.dir = u->root};
	if (!*path)
		return 0;
	if (!u->parent_known || !str_eq(u->parent_path.data, parent))
		r = open_parent(u, parent, for_whiteout, e);
	if (r == -2)
		return 1;
	*out = (struct spot){u->parent, slash ? slash + 1 : path, u->parent_inherits};
	return r;
}

/* An empty file with an attribute, in a folder that says that it has such. */
static int xattr_whiteout(struct unpack *u, const struct spot *s, struct err *e)
{
	_close_ int dir = open_dir(s->dir, ".");
	_close_ int fd =
		openat(s->dir, s->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	u->xattr_whiteouts = true;
	if (dir < 0 || fd < 0)
		return err_sys(e, "openat", "cannot make a whiteout");
	if (fsetxattr(fd, "user.overlay.whiteout", "", 0, 0) < 0)
		return err_sys(e, "fsetxattr", "cannot make a whiteout");
	return set_opaque(dir, "x", e);
}

int make_whiteout(struct unpack *u, const struct spot *s, struct err *e)
{
	struct stat st;

	if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		_close_ int fd = -1;

		/* the layer has its own; only a folder would be merged with lower ones */
		if (!S_ISDIR(st.st_mode))
			return 0;
		fd = open_dir(s->dir, s->name);
		return fd < 0 ? err_sys(e, "openat", "cannot open a folder")
			      : set_opaque(fd, "y", e);
	}
	if (u->set->whiteouts != WHITEOUT_XATTR) {
		if (mknodat(s->dir, s->name, S_IFCHR, makedev(0, 0)) == 0)
			return 0;
		if (u->set->whiteouts == WHITEOUT_NODE ||
		    (errno != EPERM && errno != EINVAL && errno != EOPNOTSUPP))
			return err_sys(e, "mknodat", "cannot make a whiteout");
	}
	return xattr_whiteout(u, s, e);
}
