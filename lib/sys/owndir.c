/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of our own: see owndir.h for the contract.
 *
 * What is kept in them decides what we mount, run and remove, and their paths come from variables
 * (HOME, XDG_RUNTIME_DIR) that may be another user's (`sudo -E`), or lie below /tmp. So nobody but
 * root and us may decide where a path leads. Mostly no link is on the way: one openat2(2) with
 * RESOLVE_NO_SYMLINKS says so, and the directory found must be ours. Otherwise, and to make what is
 * missing, the path is walked: each link is looked at before it is followed.
 *
 * In a user namespace root and all other users look alike, as the user of overflowuid
 * (user_namespaces(7)). Links of that user are followed there: what is below a directory that
 * everybody may write to must be ours in any case, and is never a link.
 */
#include "sys/owndir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/userns.h"

#define DIR_FLAGS  (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define LINKS_MAX  40	 /* as the kernel has it: path_resolution(7) */
#define OVERFLOWID 65534 /* proc_sys_kernel(5); other values are not in use */

struct walk {
	const char *path; /* as the user knows it, for messages */
	int at;		  /* the directory that was reached */
	bool shared;	  /* everybody may make entries in it */
	int links;
};

static bool ours(const struct stat *st)
{
	return st->st_uid == geteuid();
}

static bool trusted_owner(const struct stat *st)
{
	return ours(st) || st->st_uid == 0 ||
	       (st->st_uid == OVERFLOWID && userns_host_uid() != geteuid());
}

static int refuse(const struct walk *w, const char *name, const char *why, struct err *e)
{
	return err_set(e, ERR_DENIED, 0, "openat", "%s: \"%s\" on the way to it %s", w->path, name,
		       why);
}

static int walk(struct walk *w, const char *path, struct err *e);

/* 1: name was a link, which has been followed; 0: it is none. */
static int follow(struct walk *w, const char *name, const struct stat *st, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n;

	if (!S_ISLNK(st->st_mode))
		return 0;
	if (w->shared)
		return refuse(w, name, "is a symbolic link", e);
	if (!trusted_owner(st))
		return refuse(w, name, "is a symbolic link of another user", e);
	if (++w->links > LINKS_MAX)
		return err_set(e, ERR_DENIED, ELOOP, "readlinkat", "cannot open %s", w->path);
	n = readlinkat(w->at, name, target, sizeof(target) - 1);
	if (n <= 0)
		return err_sys(e, "readlinkat", "cannot open %s", w->path);
	target[n] = '\0';
	return walk(w, target, e) < 0 ? -1 : 1;
}

/* Goes on into the entry name, made where it is missing. */
static int step(struct walk *w, const char *name, struct err *e)
{
	struct stat st;
	int fd, r;

	if (fstatat(w->at, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_sys(e, "fstatat", "cannot open %s", w->path);
		if (mkdirat(w->at, name, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "mkdirat", "cannot make %s", w->path);
		if (fstatat(w->at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "fstatat", "cannot open %s", w->path);
	}
	if (w->shared && !ours(&st) && st.st_uid != 0 && strcmp(name, "..") != 0)
		return refuse(w, name, "belongs to another user", e);
	r = follow(w, name, &st, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	fd = openat(w->at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(e, "openat", "cannot open %s", w->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(w->at);
	w->at = fd;
	w->shared = st.st_mode & S_IWOTH;
	return 0;
}

static int walk(struct walk *w, const char *path, struct err *e)
{
	_strv_ struct strv part = {0};

	if (*path == '/') {
		if (w->at >= 0)
			close(w->at);
		w->shared = false;
		w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (w->at < 0)
			return err_sys(e, "open", "cannot open /");
	}
	strv_split(&part, path, '/');
	strv_foreach (name, &part)
		if (*name && strcmp(name, ".") != 0 && step(w, name, e) < 0)
			return -1;
	return 0;
}

static int open_by_walk(const char *path, struct err *e)
{
	struct walk w = {.path = path, .at = -1};
	int fd = -1;

	if (walk(&w, path, e) == 0) {
		fd = openat(w.at, ".", DIR_FLAGS);
		if (fd < 0)
			err_sys(e, "openat", "cannot open %s", path);
	}
	if (w.at >= 0)
		close(w.at);
	return fd;
}

int own_dir(const char *path, struct err *e)
{
	struct open_how how = {.flags = DIR_FLAGS, .resolve = RESOLVE_NO_SYMLINKS};
	_close_ int fd = -1;
	struct stat st;

	if (path[0] != '/')
		return err_set(e, ERR_INPUT, 0, "open", "%s is not an absolute path", path);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0)
		fd = open_by_walk(path, e);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "cannot open %s", path);
	if (!ours(&st))
		return err_set(e, ERR_DENIED, 0, "open", "%s belongs to another user", path);
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(e, ERR_DENIED, 0, "open", "others may write to %s", path);
		return err_hint(e, "chmod go-w takes that right away");
	}
	return take_fd(&fd);
}
