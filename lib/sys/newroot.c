/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New roots: see newroot.h.
 *
 * The folder is cloned as a detached mount (open_tree(2), Linux 5.2), put on itself, and made the
 * root with pivot_root(".", "."), which leaves the old root on top of the new one, from where
 * umount2(2) takes it: pivot_root(2), NOTES. All is private first, so that nothing of it reaches
 * another namespace. A folder below which something is mounted that this user namespace has not
 * mounted itself can only be cloned together with that (mount_namespaces(7)).
 *
 * It is quick: about 0.4 ms for all of it.
 *
 * A new mount namespace has copies of the mounts, and a descriptor stays with the mount that it was
 * opened on, of which nothing can be cloned from there. So what is worked with is opened again by
 * its path, and has to be the same file. A clone that is never attached can be used all the same;
 * ".." in its root leads nowhere.
 */
#include "sys/newroot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/mountfd.h"
#include "sys/path.h"

static int enter(int root, struct err *e)
{
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(e, "pivot_root", "cannot change the root directory");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_sys(e, "umount2", "cannot leave the old root directory");
	return 0;
}

static int clone_folder(int dir, struct err *e)
{
	struct err first = {0};
	int fd = mount_clone(dir, false, &first);

	if (fd < 0 && first.errnum == EINVAL)
		return mount_clone(dir, true, e);
	if (fd < 0 && e)
		*e = first;
	return fd;
}

/* unshare(2) moves the working directory to the copy of its mount, as it does no descriptor. */
static int own_mounts(int dir, struct err *e)
{
	int fd;

	if (fchdir(dir) < 0)
		return err_sys(e, "fchdir", "cannot enter a folder");
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "unshare", "no mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "mount", "cannot make the mounts private");
	fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open", "cannot open a folder") : fd;
}

static int pivot(int *dir, struct err *e)
{
	_close_ int here = own_mounts(*dir, e);
	_close_ int own = here < 0 ? -1 : clone_folder(here, e);

	if (own < 0 || mount_attach(own, here, e) < 0 || enter(own, e) < 0)
		return -1;
	close(*dir);
	*dir = take_fd(&own);
	return 0;
}

int newroot_pivot(int *dir, struct err *e)
{
	struct err why = {0};

	if (pivot(dir, &why) == 0)
		return 0;
	if (why.errnum == EPERM || why.errnum == ENOSYS)
		return 1;
	if (e)
		*e = why;
	return -1;
}

static int write_once(const char *path, const char *text, struct err *e)
{
	_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return err_sys(e, "write", "cannot write %s", path);
	return 0;
}

/* A user namespace in which the process has its ids, and the right to make mounts. */
static int own_ids(struct err *e)
{
	char uid[40], gid[40];

	snprintf(uid, sizeof(uid), "%u %u 1", geteuid(), geteuid());
	snprintf(gid, sizeof(gid), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(e, "unshare", "no user namespace");
	/* setgroups(2) could drop a group that denies something: user_namespaces(7) */
	if (write_once("/proc/self/setgroups", "deny", e) < 0 ||
	    write_once("/proc/self/uid_map", uid, e) < 0)
		return -1;
	return write_once("/proc/self/gid_map", gid, e);
}

/* 1: not permitted, by a limit or a rule of this machine. */
static int leave_mounts(struct err *e)
{
	struct err why = {0};

	if (unshare(CLONE_NEWNS) < 0) {
		if (errno != EPERM)
			return err_sys(e, "unshare", "no mount namespace");
		if (own_ids(&why) < 0 && str_eq(why.op, "unshare"))
			return 1;
		if (why.code) {
			if (e)
				*e = why;
			return -1;
		}
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "mount", "cannot make the mounts private");
	return 0;
}

/* The same folder in this mount namespace, cloned. */
static int clone_again(int old, struct err *e)
{
	_free_ char *path = path_of_fd(old);
	_close_ int fd = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat a, b;

	if (fd < 0 || fstat(old, &a) < 0 || fstat(fd, &b) < 0)
		return err_sys(e, "open", "cannot find %s again", path ? path : "a folder");
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return err_set(e, ERR_AGAIN, 0, "open", "%s was moved away", path);
	return clone_folder(fd, e);
}

/* What is not there, or cannot be had, is as if it were not there. */
static int bind_file(int root, const char *path, struct err *e)
{
	const uint64_t attr =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	_close_ int from = open(path, O_PATH | O_CLOEXEC);
	_close_ int clone = from < 0 ? -1 : clone_folder(from, NULL);
	_close_ int to = -1;
	struct stat st;

	if (clone < 0 || fstat(clone, &st) < 0)
		return 0;
	if (mount_change(clone, true, attr, 0, 0, -1, e) < 0)
		return -1;
	to = S_ISDIR(st.st_mode) ? path_mkdir_in_root(root, path, 0755, e)
				 : path_mkfile_in_root(root, path, 0644, e);
	return to < 0 ? -1 : mount_attach(clone, to, e);
}

static int make_files(const char *const *paths, size_t n, int *const *dirs, struct err *e)
{
	const struct strv none = {0};
	_close_ int root = mount_new("tmpfs", "none", &none, MOUNT_ATTR_NOSUID, e), top = -1;

	if (root < 0)
		return -1;
	for (; *dirs; dirs++) {
		int own = clone_again(**dirs, e);

		if (own < 0)
			return -1;
		close(**dirs);
		**dirs = own;
	}
	/* only what is attached can have mounts in it: on top of all that there is */
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0 || mount_attach(root, top, e) < 0)
		return top < 0 ? err_sys(e, "open", "cannot open /") : -1;
	for (size_t i = 0; i < n; i++)
		if (bind_file(root, paths[i], e) < 0)
			return err_prefix(e, "%s", paths[i]);
	if (mount_change(root, false, MOUNT_ATTR_RDONLY, 0, 0, -1, e) < 0)
		return -1;
	return enter(root, e);
}

int newroot_files(const char *const *paths, size_t n, int *const *dirs, struct err *e)
{
	int r = leave_mounts(e);

	return r ? r : make_files(paths, n, dirs, e);
}

int newroot_chroot(int dir, struct err *e)
{
	if (fchdir(dir) < 0)
		return err_sys(e, "fchdir", "cannot enter a folder");
	if (chroot(".") == 0)
		return 0;
	return errno == EPERM ? 1 : err_sys(e, "chroot", "cannot change the root directory");
}
