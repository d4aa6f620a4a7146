/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's file system: the root, .mounts in their order, pivot.
 *
 * Every destination is resolved below the descriptor of the new root (sys/path.h) and every mount
 * is attached to the descriptor that came out, so a symbolic link in the image, or one that
 * somebody swaps in on a shared volume, can lead nowhere else. Sources are paths of the host:
 * sources.c.
 *
 * While it is made the root takes part in no propagation but that of its host into it (slave), so
 * that nothing of it is seen, or left, elsewhere; what .linux.rootfsPropagation says is set when it
 * is the root: config-linux.md, "Rootfs Mount Propagation".
 *
 * proc and sysfs are special: nothing but the real ones may be where programs and this runtime
 * expect them, so their destination may not be reached through a link, and nothing may be mounted
 * on or in procfs but the single files that engines are used to cover.
 */
#include "rootfs/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "make/steps.h"
#include "rootfs/mounts.h"
#include "rootfs/own.h"
#include "rootfs/sources.h"
#include "sys/mountfd.h"
#include "sys/path.h"

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/*
 * Engines keep a link in the bundle to where they have mounted the image. It is followed here,
 * once, where nobody but this user and root can have put it there: one that came from an image, or
 * from somebody who may write to the bundle, would lead to where things are made for the container.
 * What it leads to is opened without following links, below.
 */
int rootfs_resolve(struct create *c, struct err *e)
{
	_free_ char *path = str_dup(c->rootfs), *dir = NULL;
	struct stat link, parent;
	char *real, *slash;

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	/* what is wrong with it otherwise will be said where it is opened */
	if (lstat(path, &link) < 0 || !S_ISLNK(link.st_mode))
		return 0;
	slash = strrchr(path, '/');
	dir = slash == path ? str_dup("/") : str_ndup(path, (size_t)(slash - path));
	if (stat(dir, &parent) < 0)
		return err_sys(e, "stat", "cannot open the root file system %s", c->rootfs);
	if (!is_ours(&link) || !is_ours(&parent) || parent.st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(e, ERR_DENIED, 0, NULL,
			"the root file system %s is a symbolic link that others could have made",
			c->rootfs);
		return err_hint(e, "give the directory that it leads to");
	}
	real = realpath(path, NULL);
	if (!real)
		return err_sys(e, "realpath", "cannot open the root file system %s", c->rootfs);
	free(c->rootfs);
	c->rootfs = real;
	return 0;
}

/* A link that may be followed was followed above; what is one now has come since. */
int rootfs_open_source(struct create *c, struct err *e)
{
	_free_ char *path = str_dup(c->rootfs);
	struct stat st;

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	c->root_source =
		TEMP_FAILURE_RETRY(open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (c->root_source >= 0)
		return 0;
	err_sys(e, "open", "cannot open the root file system %s", c->rootfs);
	if (e->errnum != ENOTDIR || lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return -1;
	err_set(e, ERR_DENIED, 0, NULL, "the root file system %s is a symbolic link", c->rootfs);
	return err_hint(e, "give the directory that it leads to");
}

static int set_propagation(const char *path, unsigned long flags, struct err *e)
{
	if (mount(NULL, path, NULL, flags, NULL) < 0)
		return err_sys(e, "mount", "cannot change the propagation of mounts");
	return 0;
}

static unsigned long propagation(const struct create *c)
{
	bool rec;

	return c->cfg.propagation ? mount_propagation(c->cfg.propagation, &rec) : MS_PRIVATE;
}

/* No mount made here may reach the host. */
int rootfs_private_tree(struct create *c, struct err *e)
{
	unsigned long flag = propagation(c);

	if (!flag)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.rootfsPropagation: unknown value \"%s\"",
			       c->cfg.propagation);
	/* without a word mounts of the host arrive in volumes whose options say so */
	if (!c->cfg.propagation || flag == MS_SHARED)
		flag = MS_SLAVE;
	if (flag == MS_UNBINDABLE)
		flag = MS_PRIVATE;
	return set_propagation("/", flag | MS_REC, e);
}

/* The root becomes a mount of its own, as pivot_root(2) wants it. */
int rootfs_attach_root(struct create *c, struct err *e)
{
	int m = mount_clone(c->root_source, true, e);

	if (m >= 0) {
		/* attached below the place where it came from: it must not propagate */
		if (propagation(c) != MS_SLAVE &&
		    mount_change(m, false, 0, 0, MS_PRIVATE, -1, NULL) < 0 && errno != ENOSYS)
			return err_sys(e, "mount_setattr", "cannot make the root private");
		if (mount_attach(m, c->root_source, e) < 0)
			return err_prefix(e, "the root file system %s", c->rootfs);
		c->root = m;
		return own_add(c, c->root, e);
	}
	if (e->errnum != ENOSYS)
		return err_prefix(e, "the root file system %s", c->rootfs);
	err_clear(e);
	if (mount_at(NULL, c->root_source, c->root_source, NULL, MS_BIND | MS_REC, NULL, e) < 0)
		return err_prefix(e, "the root file system %s", c->rootfs);
	c->root = TEMP_FAILURE_RETRY(open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (c->root < 0)
		return err_sys(e, "open", "cannot open the root file system %s", c->rootfs);
	return own_add(c, c->root, e);
}

int rootfs_mounts(struct create *c, struct err *e)
{
	for (size_t i = 0; i < c->cfg.nmounts; i++) {
		const struct config_mount *m = &c->cfg.mounts[i];
		bool cloned;
		int fd;

		if (sources_take(c, i, &fd, &cloned, e) < 0 ||
		    (cloned ? mounts_place_clone(c, m, fd, e) : mounts_place(c, m, fd, e)) < 0)
			return mounts_failed(m, e);
	}
	return sources_done(c, e);
}

int rootfs_readonly(struct create *c, struct err *e)
{
	struct statfs st;

	if (!c->cfg.root_readonly)
		return 0;
	if (mount_change(c->root, false, MOUNT_ATTR_RDONLY, 0, 0, -1, e) == 0)
		return 0;
	if (e->errnum != ENOSYS)
		return err_prefix(e, ".root.readonly");
	err_clear(e);
	if (fstatfs(c->root, &st) < 0)
		return err_sys(e, "fstatfs", ".root.readonly");
	/* the kernel locks these in a user namespace: they must be said again (mount(2)) */
	return mount_at(NULL, -1, c->root, NULL,
			MS_BIND | MS_REMOUNT | MS_RDONLY |
				(st.f_flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC)),
			NULL, e);
}

/* Undoes the octal numbers of proc_pid_mountinfo(5), in place. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *p = path; *p; p++)
		if (*p == '\\' && p[1] && p[2] && p[3]) {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	*to = '\0';
}

static int cover_one(const char *path, struct err *e)
{
	if (umount2(path, MNT_DETACH) == 0)
		return 0;
	/* locked by a namespace above: then what lies over it is locked as well, further down */
	if (mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0") <
	    0)
		return err_sys(e, "mount", "cannot hide the host's %s", path);
	return 0;
}

/*
 * What is moved away stays below the root. A whole proc or sysfs there would be the right, for a
 * user namespace in the container, to mount another one without any mask: user_namespaces(7),
 * mount(2).
 */
static int hide_kernel(struct create *c, struct err *e)
{
	_buf_ struct buf text = {0};
	_strv_ struct strv lines = {0};
	_free_ char *root = path_of_fd(c->root);

	if (host_proc(c, e) < 0 ||
	    file_read(c->host_proc, "self/mountinfo", 16 << 20, &text, e) < 0)
		return -1;
	strv_split(&lines, text.data, '\n');
	for (size_t i = lines.n; i-- > 0;) {
		_strv_ struct strv word = {0};
		const char *type = strstr(lines.v[i], " - "), *rest;

		strv_split(&word, lines.v[i], ' ');
		if (!type || word.n < 5 ||
		    (!str_after(type, " - proc ") && !str_after(type, " - sysfs ")))
			continue;
		unescape(word.v[4]);
		rest = str_after(word.v[4], root);
		if (rest && (!*rest || *rest == '/'))
			continue;
		if (cover_one(word.v[4], e) < 0)
			return -1;
	}
	return 0;
}

/* For a root on the initial ramfs, which cannot be pivoted away. */
static int move_root(struct create *c, struct err *e)
{
	if (hide_kernel(c, e) < 0 || fchdir(c->root) < 0)
		return err_prefix(e, "--no-pivot");
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_sys(e, "mount", "cannot move the root into place");
	return 0;
}

/*
 * The old root is stacked on the new one by pivot_root(".", ".") (pivot_root(2)), so nothing needs
 * to be made in the container for it, and detached with all that is below it.
 */
int rootfs_pivot(struct create *c, struct err *e)
{
	bool rec;
	unsigned long prop;

	if (fchdir(c->root) < 0)
		return err_sys(e, "fchdir", "cannot enter the root");
	if (c->o->no_pivot) {
		if (move_root(c, e) < 0)
			return -1;
	} else {
		if (syscall(SYS_pivot_root, ".", ".") < 0)
			return err_sys(e, "pivot_root", "cannot change the root");
		if (umount2(".", MNT_DETACH) < 0)
			return err_sys(e, "umount2", "cannot detach the old root");
	}
	if (chdir("/") < 0)
		return err_sys(e, "chdir", "cannot enter the root");
	if (!c->cfg.propagation)
		return 0;
	prop = mount_propagation(c->cfg.propagation, &rec);
	return set_propagation("/", prop | (rec ? MS_REC : 0), e);
}
