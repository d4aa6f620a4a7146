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
 */
#include "sys/newroot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/fd.h"
#include "sys/mountfd.h"

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

int newroot_chroot(int dir, struct err *e)
{
	if (fchdir(dir) < 0)
		return err_sys(e, "fchdir", "cannot enter a folder");
	if (chroot(".") == 0)
		return 0;
	return errno == EPERM ? 1 : err_sys(e, "chroot", "cannot change the root directory");
}
