/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of an archive, applied one by one below the layer's root.
 *
 * What an entry makes it makes anew (O_EXCL, mkdirat, symlinkat, linkat, mknodat); what stood there
 * before is removed first, but a folder that meets a folder only gets the new attributes. So
 * nothing is ever written through a link. Device nodes are counted and left out: a user namespace
 * cannot make them, and the runtime gives a container its own.
 *
 * Markers (image-spec, layer.md, "Whiteouts"): .wh.NAME hides NAME of lower layers, .wh..wh..opq
 * all that lower layers have in that folder; other names with .wh..wh. are bookkeeping of an old
 * file system and ignored.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "sys/path.h"
#include "unpack.h"

#define MAX_DIR_TEXT (48u << 20) /* bytes of the names of folders that are kept to the end */

static int write_content(struct unpack *u, int fd, const struct tar_entry *t, struct err *e)
{
	for (;;) {
		const uint8_t *data;
		int64_t offset = 0;
		size_t len;

		if (tar_content(u->tar, &data, &len, &offset, e) < 0)
			return -1;
		if (!len)
			break;
		while (len) {
			ssize_t n =
				t->sparse ? pwrite(fd, data, len, offset) : write(fd, data, len);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return err_sys(e, "write", "cannot write it");
			data += n;
			len -= (size_t)n;
			offset += n;
		}
	}
	if (t->sparse && ftruncate(fd, t->size) < 0)
		return err_set(e, errno == EFBIG || errno == EINVAL ? ERR_INPUT : ERR_FAILED, errno,
			       "ftruncate", "cannot make it %lld bytes long", (long long)t->size);
	return 0;
}

static int apply_file(struct unpack *u, const struct spot *s, const struct tar_entry *t,
		      struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_close_ int fd = openat(s->dir, s->name, flags, t->mode & 0777);

	if (fd < 0 && errno == EEXIST) {
		if (clear_spot(u, s, NULL, e) < 0)
			return -1;
		fd = openat(s->dir, s->name, flags, t->mode & 0777);
	}
	if (fd < 0)
		return err_sys(e, "openat", "cannot make it");
	if (write_content(u, fd, t, e) < 0)
		return -1;
	return set_attrs(u, fd, t, s->inherits, e);
}

/* The folder's time is set at the end, where it is still the same folder then. */
static int remember_dir(struct unpack *u, int fd, const struct tar_entry *t, struct err *e)
{
	struct stat st;

	if (u->dir_paths.len > MAX_DIR_TEXT)
		return err_set(e, ERR_INPUT, 0, "tar", "the layer has too many folders");
	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "cannot look at it");
	if ((u->ndirs & (u->ndirs - 1)) == 0)
		u->dirs = mem_resize(u->dirs, u->ndirs ? u->ndirs * 2 : 1, sizeof(*u->dirs));
	u->dirs[u->ndirs++] = (struct dir_time){u->dir_paths.len, st.st_ino, t->mtime};
	buf_add(&u->dir_paths, u->path.data, u->path.len + 1);
	return 0;
}

static int apply_dir(struct unpack *u, const struct spot *s, const struct tar_entry *t,
		     struct err *e)
{
	const char *name = s->name ? s->name : ".";
	_close_ int fd = -1;
	bool was_whiteout = false;

	if (s->name && mkdirat(s->dir, name, 0700) < 0) {
		struct stat st;

		if (errno != EEXIST)
			return err_sys(e, "mkdirat", "cannot make it");
		if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "fstatat", "cannot look at it");
		if (!S_ISDIR(st.st_mode) &&
		    (clear_spot(u, s, &was_whiteout, e) < 0 || mkdirat(s->dir, name, 0700) < 0))
			return err_sys(e, "mkdirat", "cannot make it");
	}
	fd = openat(s->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "openat", "cannot open it");
	if (was_whiteout && set_opaque(fd, "y", e) < 0)
		return -1;
	if (set_attrs(u, fd, t, s->inherits, e) < 0)
		return -1;
	if (u->parent_known && str_eq(u->parent_path.data, u->path.data))
		forget_parent(u); /* its setgid bit may be new */
	return remember_dir(u, fd, t, e);
}

static int apply_symlink(struct unpack *u, const struct spot *s, const struct tar_entry *t,
			 struct err *e)
{
	int r;

	if (!*t->link)
		return err_set(e, ERR_INPUT, 0, "tar", "it is a link to nothing");
	r = symlinkat(t->link, s->dir, s->name);
	if (r < 0 && errno == EEXIST) {
		if (clear_spot(u, s, NULL, e) < 0)
			return -1;
		r = symlinkat(t->link, s->dir, s->name);
	}
	if (r < 0)
		return err_sys(e, "symlinkat", "cannot make the link");
	return set_link_attrs(u, s, t, e);
}

/* The target's folder needs a descriptor of its own: the cache holds the entry's. */
static int open_target(struct unpack *u, const char **name, struct err *e)
{
	char *slash;
	int fd;

	if (!u->link_path.len)
		return err_set(e, ERR_INPUT, 0, "tar", "it is a hard link to the root");
	slash = strrchr(u->link_path.data, '/');
	*name = slash ? slash + 1 : u->link_path.data;
	if (slash)
		*slash = '\0';
	fd = path_open_in_root(u->root, slash ? u->link_path.data : ".", O_PATH | O_DIRECTORY, 0,
			       e);
	if (fd < 0 && (e->errnum == ENOENT || e->errnum == ENOTDIR || e->errnum == ELOOP))
		e->code = ERR_INPUT;
	return fd;
}

static bool same_file(int a, const char *a_name, int b, const char *b_name)
{
	struct stat x, y;

	return fstatat(a, a_name, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(b, b_name, &y, AT_SYMLINK_NOFOLLOW) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int apply_link(struct unpack *u, const struct spot *s, const struct tar_entry *t,
		      struct err *e)
{
	_close_ int dir = -1;
	const char *name = NULL;
	int r;

	if (path_clean(t->link, &u->link_path, e) < 0)
		return err_prefix(e, "hard link to \"%.200s\"", t->link);
	dir = open_target(u, &name, e);
	if (dir < 0)
		return -1;
	r = linkat(dir, name, s->dir, s->name, 0);
	if (r < 0 && errno == EEXIST) {
		if (same_file(dir, name, s->dir, s->name))
			return 0;
		if (clear_spot(u, s, NULL, e) < 0)
			return -1;
		r = linkat(dir, name, s->dir, s->name, 0);
	}
	if (r == 0)
		return 0;
	if (errno == ENOENT || errno == EPERM)
		return err_set(e, ERR_INPUT, errno, "linkat", "hard link to \"%.200s\"", t->link);
	return err_sys(e, "linkat", "cannot make the hard link");
}

/* Set-id bits mean nothing on it, and are kept all the same; mknod(2) and chown(2) take them away.
 */
static int apply_fifo(struct unpack *u, const struct spot *s, const struct tar_entry *t,
		      struct err *e)
{
	int r = mknodat(s->dir, s->name, S_IFIFO | (t->mode & 0777), 0);

	if (r < 0 && errno == EEXIST) {
		if (clear_spot(u, s, NULL, e) < 0)
			return -1;
		r = mknodat(s->dir, s->name, S_IFIFO | (t->mode & 0777), 0);
	}
	if (r < 0)
		return err_sys(e, "mknodat", "cannot make the FIFO");
	if (set_link_attrs(u, s, t, e) < 0)
		return -1;
	/* the name is a FIFO that was made here: there is no link to follow */
	if (t->mode & 07000 && fchmodat(s->dir, s->name, t->mode, 0) < 0)
		return err_sys(e, "fchmodat", "cannot set mode %04o", t->mode);
	return 0;
}

/* The markers. 1: it was one and is done; 0: an ordinary name. */
static int apply_marker(struct unpack *u, struct err *e)
{
	const char *slash = strrchr(u->path.data, '/');
	const char *base = slash ? slash + 1 : u->path.data;
	const char *hidden = str_after(base, ".wh.");
	struct spot s;
	int r;

	if (str_after(u->path.data, ".wh..wh.") && !str_eq(base, ".wh..wh..opq"))
		return 1;
	if (!hidden)
		return 0;
	if (str_after(hidden, ".wh.") && !str_eq(hidden, ".wh..opq"))
		return 1;
	if (!*hidden || str_eq(hidden, ".") || str_eq(hidden, ".."))
		return err_set(e, ERR_INPUT, 0, "tar", "it hides nothing that can be named");
	r = find_spot(u, u->path.data, true, &s, e);
	if (r)
		return r;
	if (str_eq(hidden, ".wh..opq")) {
		_close_ int fd = openat(s.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, "openat", "cannot open its folder");
		return set_opaque(fd, "y", e) < 0 ? -1 : 1;
	}
	s.name = hidden;
	return make_whiteout(u, &s, e) < 0 ? -1 : 1;
}

static int apply_entry(struct unpack *u, const struct tar_entry *t, struct err *e)
{
	struct spot s;
	int r;

	if (path_clean(t->name, &u->path, e) < 0)
		return -1;
	r = apply_marker(u, e);
	if (r)
		return r < 0 ? -1 : 0;
	if (!u->path.len && t->type != TAR_DIR)
		return err_set(e, ERR_INPUT, 0, "tar", "only a folder can be the root");
	u->report->acls += t->acls;
	if (t->type == TAR_CHAR || t->type == TAR_BLOCK) {
		u->report->devices++;
		return 0;
	}
	if (find_spot(u, u->path.data, false, &s, e) < 0)
		return -1;
	switch (t->type) {
	case TAR_DIR:
		return apply_dir(u, &s, t, e);
	case TAR_SYMLINK:
		return apply_symlink(u, &s, t, e);
	case TAR_LINK:
		return apply_link(u, &s, t, e);
	case TAR_FIFO:
		return apply_fifo(u, &s, t, e);
	default:
		return apply_file(u, &s, t, e);
	}
}

static int set_dir_times(struct unpack *u, struct err *e)
{
	for (size_t i = u->ndirs; i-- > 0;) {
		const struct dir_time *d = &u->dirs[i];
		const char *path = u->dir_paths.data + d->path;
		_close_ int fd = path_open_in_root(
			u->root, path, O_RDONLY | O_DIRECTORY | (*path ? O_NOFOLLOW : 0), 0, NULL);
		const struct timespec times[2] = {d->mtime, d->mtime};
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != d->ino)
			continue; /* replaced by a later entry */
		if (futimens(fd, times) < 0)
			return err_sys(e, "futimens", "cannot set the time of \"%.200s\"", path);
	}
	return 0;
}

int unpack_entries(struct unpack *u, struct err *e)
{
	for (;;) {
		const struct tar_entry *t;
		int r = tar_next(u->tar, &t, e);

		if (r < 0)
			return -1;
		if (r == 0)
			break;
		if (++u->entries > u->set->max_entries)
			return err_set(e, ERR_INPUT, 0, "tar", "more than %lld entries",
				       (long long)u->set->max_entries);
		if (apply_entry(u, t, e) < 0)
			return err_prefix(e, "entry \"%.200s\"", t->name);
	}
	return set_dir_times(u, e);
}
