/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Safe paths: see path.h for the contract.
 *
 * openat2(2) (Linux 5.6) resolves in the kernel: RESOLVE_IN_ROOT or RESOLVE_BENEATH, always with
 * RESOLVE_NO_MAGICLINKS. It answers EAGAIN when a rename races with "..", which is tried again a
 * bounded number of times. Where it is missing (ENOSYS, or EPERM from an old seccomp filter), the
 * walker of path_walk.c does the same step by step.
 *
 * Making directories walks down component by component; each step is mkdirat(2) on a descriptor
 * and an open that follows links only inside the root.
 */
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "sys/path_walk.h"

#define EAGAIN_TRIES 128

static bool no_openat2;

void path_test_no_openat2(bool on)
{
	no_openat2 = on;
}

static int try_openat2(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int i = 0; i < EAGAIN_TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

/* The descriptor or -1 with errno. */
static int resolve_in_root(int root, const char *path, int flags, mode_t mode)
{
	int fd;

	if (*path == '\0' || strcmp(path, "/") == 0)
		path = ".";
	if (!no_openat2) {
		fd = try_openat2(root, path, flags, mode, RESOLVE_IN_ROOT);
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return fd;
		if (errno == ENOSYS)
			no_openat2 = true;
	}
	return path_walk_in_root(root, path, flags, mode);
}

static int resolve_beneath(int dir, const char *path, int flags, mode_t mode)
{
	int fd;

	if (!no_openat2) {
		fd = try_openat2(dir, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return fd;
		if (errno == ENOSYS)
			no_openat2 = true;
	}
	return path_walk_beneath(dir, path, flags, mode);
}

int path_open_in_root(int root, const char *path, int flags, mode_t mode, struct err *e)
{
	int fd = resolve_in_root(root, path, flags, mode);

	return fd < 0 ? err_sys(e, "openat2", "cannot open %s", path) : fd;
}

int path_open_beneath(int dir, const char *path, int flags, mode_t mode, struct err *e)
{
	int fd = resolve_beneath(dir, path, flags, mode);

	return fd < 0 ? err_sys(e, "openat2", "cannot open %s", path) : fd;
}

/*
 * Where the link NAME in the directory above leads, in the terms of the root: PREFIX is the path of
 * the link, REST what follows behind it. NULL where it is not a link.
 */
static char *through_link(int above, const char *name, const char *prefix, const char *rest)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(above, name, target, sizeof(target) - 1);
	int dir = (int)(strlen(prefix) - strlen(name));

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return *target == '/' ? str_fmt("%s%s", target, rest)
			      : str_fmt("%.*s%s%s", dir, prefix, target, rest);
}

#define LEADS_ON (-2)

/* How directories are made: the mode, how names are resolved, and who may refuse. */
struct making {
	mode_t mode;
	int (*resolve)(int, const char *, int, mode_t);
	const struct path_guard *guard; /* NULL: everywhere */
};

static int check_guard(const struct path_guard *g, int dir, const char *path, struct err *e)
{
	if (!g || g->may(dir, g->arg))
		return 0;
	return err_set(e, ERR_DENIED, EXDEV, "mkdirat",
		       "%s is not there, and would be made on a mount of somebody else", path);
}

/*
 * One step of mkdir: opens PREFIX (a path from the root, so that links resolve as in a chroot) and
 * makes its last component in the directory above where it is missing. LEADS_ON: this is a link,
 * and what is missing is its target.
 */
static int step_mkdir(int root, int above, const char *prefix, const char *last,
		      const struct making *m, struct err *e)
{
	int fd = m->resolve(root, prefix, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : err_sys(e, "openat2", "cannot open directory %s", prefix);
	if (check_guard(m->guard, above, prefix, e) < 0)
		return -1;
	if (mkdirat(above, last, m->mode) < 0 && errno != EEXIST)
		return err_sys(e, "mkdirat", "cannot make directory %s", prefix);
	fd = m->resolve(root, prefix, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 && errno == ENOENT)
		return LEADS_ON;
	return fd >= 0 ? fd : err_sys(e, "openat2", "cannot open directory %s", prefix);
}

/* As the kernel has it: path_resolution(7). */
#define LINKS_MAX 40

static int too_many_links(const char *path, struct err *e)
{
	return err_set(e, ERR_INPUT, ELOOP, "mkdirat", "cannot make %s: too many symbolic links",
		       path);
}

static int make_dirs(int root, const char *path, int links, const struct making *m, struct err *e)
{
	_free_ char *copy = str_dup(path), *target = NULL;
	_close_ int at = -1;
	char *c = copy;

	/* mostly it is there */
	at = m->resolve(root, path, O_PATH | O_DIRECTORY, 0);
	if (at >= 0)
		return take_fd(&at);
	at = m->resolve(root, ".", O_PATH | O_DIRECTORY, 0);
	if (at < 0)
		return err_sys(e, "openat2", "cannot open the root directory");
	while (*c) {
		char *last, kept;
		int next;

		c += strspn(c, "/");
		if (!*c)
			break;
		last = c;
		c += strcspn(c, "/");
		kept = *c;
		*c = '\0';
		next = step_mkdir(root, at, copy, last, m, e);
		if (next == LEADS_ON)
			target = through_link(at, last, copy, path + (c - copy));
		*c = kept;
		if (next == LEADS_ON && target && links)
			return make_dirs(root, target, links - 1, m, e);
		if (next == LEADS_ON)
			return too_many_links(path, e);
		if (next < 0)
			return -1;
		close(at);
		at = next;
	}
	return take_fd(&at);
}

int path_mkdir_guarded(int root, const char *path, mode_t mode, const struct path_guard *g,
		       struct err *e)
{
	struct making m = {mode, resolve_in_root, g};

	return make_dirs(root, path, LINKS_MAX, &m, e);
}

int path_mkdir_in_root(int root, const char *path, mode_t mode, struct err *e)
{
	return path_mkdir_guarded(root, path, mode, NULL, e);
}

int path_mkdir_beneath(int dir, const char *path, mode_t mode, struct err *e)
{
	struct making m = {mode, resolve_beneath, NULL};

	return make_dirs(dir, path, 0, &m, e);
}

static int make_file(int root, const char *path, mode_t mode, int links, const struct path_guard *g,
		     struct err *e)
{
	_free_ char *dir = str_dup(path), *target = NULL;
	_close_ int parent = -1, made = -1;
	const char *name = dir;
	char *slash;
	int fd = resolve_in_root(root, path, O_PATH, 0);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return err_sys(e, "openat2", "cannot open %s", path);
	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		name = slash + 1;
	}
	parent = path_mkdir_guarded(root, slash ? dir : ".", 0755, g, e);
	if (parent < 0 || check_guard(g, parent, path, e) < 0)
		return -1;
	made = TEMP_FAILURE_RETRY(
		openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode));
	if (made < 0 && errno != EEXIST)
		return err_sys(e, "openat", "cannot make %s", path);
	fd = resolve_in_root(root, path, O_PATH, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : err_sys(e, "openat2", "cannot open %s", path);
	target = through_link(parent, name, path, "");
	return target && links ? make_file(root, target, mode, links - 1, g, e)
			       : too_many_links(path, e);
}

int path_mkfile_guarded(int root, const char *path, mode_t mode, const struct path_guard *g,
			struct err *e)
{
	return make_file(root, path, mode, LINKS_MAX, g, e);
}

int path_mkfile_in_root(int root, const char *path, mode_t mode, struct err *e)
{
	return path_mkfile_guarded(root, path, mode, NULL, e);
}

/*
 * Opens the directory of the path and makes its last component there. 1: made; 0: not to be had
 * this way, as something has come between, or the name is none that can be made.
 */
static int make_last(int root, const char *path, mode_t type, mode_t mode, struct path_place *out,
		     struct err *e)
{
	_free_ char *copy = str_dup(path);
	size_t len = strlen(copy);
	_close_ int above = -1;
	char *name;

	while (len && copy[len - 1] == '/')
		copy[--len] = '\0';
	name = strrchr(copy, '/');
	name = name ? name + 1 : copy;
	if (!*name || str_eq(name, ".") || str_eq(name, "..") || strlen(name) > NAME_MAX)
		return 0;
	snprintf(out->name, sizeof(out->name), "%s", name);
	*name = '\0';
	above = path_mkdir_in_root(root, *copy ? copy : ".", 0755, e);
	if (above < 0)
		return -1;
	if ((S_ISDIR(type) ? mkdirat(above, out->name, mode)
			   : mknodat(above, out->name, S_IFREG | mode, 0)) < 0)
		return errno == EEXIST ? 0 : err_sys(e, "mkdirat", "cannot make %s", path);
	out->fd = take_fd(&above);
	return 1;
}

static int place(int root, const char *path, mode_t type, mode_t mode, struct path_place *out,
		 struct err *e)
{
	int made;

	out->name[0] = '\0';
	out->fd = resolve_in_root(root, path, O_PATH | (S_ISDIR(type) ? O_DIRECTORY : 0), 0);
	if (out->fd >= 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, "openat2", "cannot open %s%s", S_ISDIR(type) ? "directory " : "",
			       path);
	made = make_last(root, path, type, mode, out, e);
	if (made)
		return made < 0 ? -1 : 0;
	out->name[0] = '\0';
	out->fd = S_ISDIR(type) ? path_mkdir_in_root(root, path, mode, e)
				: path_mkfile_in_root(root, path, mode, e);
	return out->fd < 0 ? -1 : 0;
}

int path_place_dir(int root, const char *path, mode_t mode, struct path_place *out, struct err *e)
{
	return place(root, path, S_IFDIR, mode, out, e);
}

int path_place_file(int root, const char *path, mode_t mode, struct path_place *out, struct err *e)
{
	return place(root, path, S_IFREG, mode, out, e);
}

/* A handle of no bytes is refused (EOVERFLOW) only after the number was written. */
int path_mount_of(int fd, uint64_t *out)
{
	struct file_handle none = {.handle_bytes = 0};
	struct statx st;
	int id;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return -1;
	if (st.stx_mask & STATX_MNT_ID)
		*out = st.stx_mnt_id;
	else if (name_to_handle_at(fd, "", &none, &id, AT_EMPTY_PATH) < 0 && errno == EOVERFLOW)
		*out = (uint64_t)id;
	else
		*out = makedev(st.stx_dev_major, st.stx_dev_minor);
	return 0;
}

const char *path_fd_link(int fd, char buf[FD_PATH_LEN])
{
	snprintf(buf, FD_PATH_LEN, "/proc/self/fd/%d", fd);
	return buf;
}

int path_reopen(int fd, int flags, struct err *e)
{
	char link[FD_PATH_LEN];
	int r = TEMP_FAILURE_RETRY(open(path_fd_link(fd, link), flags | O_CLOEXEC));

	return r >= 0 ? r : err_sys(e, "open", "cannot reopen descriptor %d", fd);
}

int path_read_in_root(int root, const char *path, size_t max, struct buf *out, struct err *e)
{
	_close_ int fd =
		resolve_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "openat2", "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, 0, "fstat", "%s is not a regular file", path);
	if (st.st_size > (off_t)max)
		return err_set(e, ERR_INPUT, 0, "fstat", "%s: larger than %zu bytes", path, max);
	return fd_read_file(fd, st.st_size, max, out, path, e);
}

/* unlinkat() that once makes the directory above writable when its owner may not write. */
static int unlink_entry(int dir, const char *name, int flags)
{
	if (unlinkat(dir, name, flags) == 0)
		return 0;
	if (errno != EACCES || fchmod(dir, 0700) < 0)
		return -1;
	return unlinkat(dir, name, flags);
}

/*
 * A tree may be deeper than a process may have descriptors. What lies deeper than this is moved up
 * to the tree's top, which is read again until it is empty.
 */
#define REMOVE_DEPTH 64

struct removal {
	uint64_t mount; /* of the directory above; before Linux 5.8 its device */
	int top;	/* the tree itself, -1 until it is open */
	unsigned moved;
};

/* A directory that its owner closed is opened for us, by descriptor: its name may change meanwhile.
 */
static int open_to_remove(int dir, const char *name)
{
	_close_ int handle = -1;
	char link[FD_PATH_LEN];
	int fd = TEMP_FAILURE_RETRY(
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd >= 0 || errno != EACCES)
		return fd;
	handle = TEMP_FAILURE_RETRY(
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (handle < 0 || chmod(path_fd_link(handle, link), 0700) < 0)
		return -1;
	return TEMP_FAILURE_RETRY(
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int remove_content(int sub, int dir, const char *name, struct removal *rm, int depth,
			  struct err *e);

static int move_up(int dir, const char *name, int sub, struct removal *rm, struct err *e)
{
	char target[32];

	/* its ".." changes, for which it must be writable */
	(void)fchmod(sub, 0700);
	do {
		snprintf(target, sizeof(target), ".moved.%u", rm->moved++);
		if (renameat2(dir, name, rm->top, target, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return err_sys(e, "renameat2", "cannot remove %s", name);
}

/*
 * 1: name is gone, 0: it is a directory that is not empty, -1 failed with errno. An empty directory
 * needs one call; d_type tells which one to try first, and may be wrong or unknown.
 */
static int remove_simple(int dir, const char *name, unsigned char type)
{
	if (type == DT_DIR) {
		if (unlink_entry(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 1;
		if (errno != ENOTDIR)
			return 0; /* not empty, or what opening it will tell */
	}
	if (unlink_entry(dir, name, 0) == 0 || errno == ENOENT)
		return 1;
	return errno == EISDIR || errno == EPERM ? 0 : -1;
}

static int remove_entry(int dir, const char *name, unsigned char type, struct removal *rm,
			int depth, struct err *e)
{
	_close_ int sub = -1;
	uint64_t mount;
	int r = remove_simple(dir, name, type);

	if (r != 0)
		return r > 0 ? 0 : err_sys(e, "unlinkat", "cannot remove %s", name);
	sub = open_to_remove(dir, name);
	if (sub < 0 && errno == ENOENT) /* somebody else removes the same tree */
		return 0;
	if (sub < 0)
		return err_sys(e, "openat", "cannot remove %s", name);
	if (path_mount_of(sub, &mount) < 0)
		return err_sys(e, "statx", "cannot remove %s", name);
	if (mount != rm->mount)
		return err_set(e, ERR_EXISTS, 0, "unlinkat", "%s is a mount point", name);
	if (rm->top < 0)
		rm->top = sub;
	if (depth > REMOVE_DEPTH)
		return move_up(dir, name, sub, rm, e);
	return remove_content(sub, dir, name, rm, depth, e);
}

/* All that is in sub, then sub itself, which is the entry name of dir. */
static int remove_content(int sub, int dir, const char *name, struct removal *rm, int depth,
			  struct err *e)
{
	unsigned moved;

	do {
		struct dir_read entries = {.fd = sub};
		unsigned char type;
		const char *entry;

		moved = rm->moved;
		while ((entry = dir_next(&entries, &type))) {
			if (remove_entry(sub, entry, type, rm, depth + 1, e) < 0)
				return -1;
			/* mostly that was all, which this tells as well as another read would */
			if (entries.at == entries.len && unlink_entry(dir, name, AT_REMOVEDIR) == 0)
				return 0;
		}
		errno = entries.error;
		if (errno)
			return err_sys(e, "getdents64", "cannot list a directory to be removed");
		/* what was moved up here meanwhile */
	} while (sub == rm->top && moved != rm->moved && lseek(sub, 0, SEEK_SET) == 0);
	if (unlink_entry(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "unlinkat", "cannot remove directory %s", name);
	return 0;
}

int path_remove_tree(int dir, const char *name, struct err *e)
{
	struct removal rm = {.top = -1};

	if (path_mount_of(dir, &rm.mount) < 0)
		return err_sys(e, "statx", "cannot remove %s", name);
	return remove_entry(dir, name, DT_DIR, &rm, 0, e);
}

char *path_of_fd(int fd)
{
	char link[FD_PATH_LEN], target[4096];
	ssize_t n = readlink(path_fd_link(fd, link), target, sizeof(target) - 1);

	if (n < 0)
		return str_fmt("descriptor %d", fd);
	return str_ndup(target, n);
}
