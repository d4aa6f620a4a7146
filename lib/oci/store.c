/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: see store.h for the layout and the contract.
 *
 * Directories are made 0700 and must belong to us: their content decides what we mount and run. A
 * staging directory holds an flock(2) on its own descriptor; the kernel drops the lock with the
 * process, so a free lock means a dead maker, also after SIGKILL. rename(2) publishes.
 *
 * Between mkdir and flock a sweeper could take a new directory: the maker checks after locking that
 * the name still leads to the directory it locked, and starts again where it does not.
 */
#include "oci/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "sys/owndir.h"
#include "sys/path.h"
#include "sys/userns.h"

/* Variables of the environment may be another user's (sudo -E): they do not lead root. */
static bool is_root(void)
{
	return geteuid() == 0 && userns_host_uid() == 0;
}

static char *data_home(struct err *e)
{
	const char *own = getenv("RP_STORE"), *xdg = getenv("XDG_DATA_HOME"),
		   *home = getenv("HOME");

	if (own && *own)
		return str_dup(own);
	if (is_root())
		return str_dup("/var/lib/rp");
	if (xdg && *xdg == '/')
		return str_fmt("%s/rp", xdg);
	if (home && *home == '/')
		return str_fmt("%s/.local/share/rp", home);
	err_set(e, ERR_FAILED, 0, NULL, "neither HOME nor XDG_DATA_HOME is set");
	err_hint(e, "set RP_STORE to the directory of the image store");
	return NULL;
}

/*
 * A session's XDG_RUNTIME_DIR is not there for cron, su and ssh without a login. So the store has a
 * link to the run directory that was used last; what it leads to is only used while it is there,
 * which after a boot it is not.
 */
#define RUN_LINK "run"

static void note_run(const struct store *s)
{
	static const char next[] = ".run.next"; /* what a killed one left is taken away here */
	char target[PATH_MAX];
	ssize_t n = readlinkat(s->fd, RUN_LINK, target, sizeof(target) - 1);

	if (n > 0 && strlen(s->run_path) == (size_t)n &&
	    memcmp(s->run_path, target, (size_t)n) == 0)
		return;
	unlinkat(s->fd, next, 0);
	if (symlinkat(s->run_path, s->fd, next) == 0)
		renameat(s->fd, next, s->fd, RUN_LINK);
}

static char *noted_run(const struct store *s)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(s->fd, RUN_LINK, target, sizeof(target) - 1);

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return access(target, W_OK | X_OK) == 0 ? str_dup(target) : NULL;
}

/* XDG_RUNTIME_DIR where it can be used, what was used last, what a login would have made, /tmp. */
static int open_run(const struct store *s, char **path, struct err *e)
{
	const char *own = getenv("RP_RUN"), *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned uid;
	int fd;

	if (own && *own) {
		*path = str_dup(own);
		return own_dir(*path, e);
	}
	if (is_root()) {
		*path = str_dup("/run/rp");
		return own_dir(*path, e);
	}
	if (xdg && *xdg == '/' && access(xdg, W_OK | X_OK) == 0) {
		*path = str_fmt("%s/rp", xdg);
		fd = own_dir(*path, e);
		if (fd >= 0)
			return fd;
		free(*path);
	}
	*path = noted_run(s);
	if (*path) {
		fd = own_dir(*path, e);
		if (fd >= 0)
			return fd;
		free(*path);
	}
	uid = userns_host_uid();
	*path = str_fmt("/run/user/%u", uid);
	if (access(*path, W_OK | X_OK) == 0) {
		free(*path);
		*path = str_fmt("/run/user/%u/rp", uid);
		fd = own_dir(*path, e);
		if (fd >= 0)
			return fd;
	}
	free(*path);
	*path = str_fmt("/tmp/rp-run-%u", uid);
	/* a stranger's directory or link of this name is refused here */
	fd = own_dir(*path, e);
	if (fd < 0)
		return err_hint(e, "set XDG_RUNTIME_DIR to a directory of your own");
	return fd;
}

int store_open(struct store *s, struct err *e)
{
	*s = (struct store)STORE_NONE;
	s->path = data_home(e);
	if (!s->path)
		return -1;
	s->fd = own_dir(s->path, e);
	if (s->fd < 0) {
		store_close(s);
		return -1;
	}
	s->run = open_run(s, &s->run_path, e);
	if (s->run < 0) {
		store_close(s);
		return -1;
	}
	if (!getenv("RP_RUN"))
		note_run(s);
	return 0;
}

bool store_exists(void)
{
	_free_ char *path = data_home(NULL);

	return path && access(path, F_OK) == 0;
}

void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->run >= 0)
		close(s->run);
	free(s->path);
	free(s->run_path);
	*s = (struct store)STORE_NONE;
}

static int sub_dir(int dir, const char *sub, struct err *e)
{
	_close_ int made = -1;
	int fd = path_open_beneath(dir, sub, O_RDONLY | O_DIRECTORY, 0, NULL);

	if (fd >= 0)
		return fd;
	made = path_mkdir_beneath(dir, sub, 0700, e);
	if (made < 0)
		return -1;
	return path_open_beneath(dir, sub, O_RDONLY | O_DIRECTORY, 0, e);
}

int store_dir(const struct store *s, const char *sub, struct err *e)
{
	int fd = sub_dir(s->fd, sub, e);

	return fd < 0 ? err_prefix(e, "store %s", s->path) : fd;
}

int store_run_dir(const struct store *s, const char *sub, struct err *e)
{
	int fd = sub_dir(s->run, sub, e);

	return fd < 0 ? err_prefix(e, "run directory %s", s->run_path) : fd;
}

/* 1: locked and still what the name leads to; 0: a sweeper was faster. */
static int lock_new(int parent, const char *name, int fd)
{
	struct stat a, b;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return fstat(fd, &a) == 0 && fstatat(parent, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino;
}

int staging_make(const struct store *s, const char *kind, struct staging *out, struct err *e)
{
	*out = (struct staging)STAGING_NONE;
	out->parent = store_dir(s, "staging", e);
	if (out->parent < 0)
		return -1;
	for (int i = 0; i < 100; i++) {
		unsigned char rnd[6];
		char hex[13];

		if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
			return err_sys(e, "getrandom", "no random numbers");
		hex_encode(rnd, sizeof(rnd), hex);
		snprintf(out->name, sizeof(out->name), "%.40s.%s", kind, hex);
		if (mkdirat(out->parent, out->name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			err_sys(e, "mkdirat", "cannot make %s/staging/%s", s->path, out->name);
			break;
		}
		out->fd = openat(out->parent, out->name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (out->fd >= 0 && lock_new(out->parent, out->name, out->fd) == 1)
			return 0;
		if (out->fd >= 0)
			close(take_fd(&out->fd));
		err_set(e, ERR_AGAIN, 0, "flock", "cannot make a directory in %s/staging", s->path);
	}
	close(take_fd(&out->parent));
	return -1;
}

static void staging_release(struct staging *st)
{
	if (st->fd >= 0)
		close(st->fd);
	if (st->parent >= 0)
		close(st->parent);
	*st = (struct staging)STAGING_NONE;
}

int staging_commit(struct staging *st, int todir, const char *name, struct err *e)
{
	if (renameat2(st->parent, st->name, todir, name, RENAME_NOREPLACE) == 0) {
		staging_release(st);
		return 0;
	}
	if (errno == EEXIST || errno == ENOTEMPTY) {
		staging_discard(st);
		return 1;
	}
	err_sys(e, "renameat2", "cannot put %s in place", name);
	staging_discard(st);
	return -1;
}

void staging_discard(struct staging *st)
{
	if (st->parent >= 0)
		path_remove_tree(st->parent, st->name, NULL);
	staging_release(st);
}

static int sweep_one(int dir, const char *name, struct err *e)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0; /* its maker is at work */
	return path_remove_tree(dir, name, e);
}

static int sweep_dir(const struct store *s, const char *sub, bool all, struct err *e)
{
	_close_ int dir = path_open_beneath(s->fd, sub, O_RDONLY | O_DIRECTORY, 0, NULL);
	struct dir_read entries = {.fd = dir};
	const char *name;
	unsigned char type;
	int r = 0;

	while (dir >= 0 && (name = dir_next(&entries, &type)))
		if (name[0] != '.' && sweep_one(dir, name, e) < 0 && all)
			r = -1;
	return r;
}

int store_sweep(const struct store *s, bool all, struct err *e)
{
	int r = sweep_dir(s, "staging", all, e);

	return sweep_dir(s, "trash", all, e) < 0 ? -1 : r;
}

int store_lock(int dir, const char *name, bool nowait, struct err *e)
{
	_close_ int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, "openat", "cannot open the lock %s", name);
	do
		r = flock(fd, LOCK_EX | (nowait ? LOCK_NB : 0));
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EWOULDBLOCK)
		return err_set(e, ERR_EXISTS, 0, "flock", "%s is locked by another process", name);
	if (r < 0)
		return err_sys(e, "flock", "cannot lock %s", name);
	return take_fd(&fd);
}

const char *digest_hex(const char *digest)
{
	const char *hex = str_after(digest, "sha256:");

	return hex && strlen(hex) == 64 && str_only(hex, "0123456789abcdef") ? hex : NULL;
}
