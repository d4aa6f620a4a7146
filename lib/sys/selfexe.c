/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protection of the own binary: see selfexe.h.
 *
 * /proc/PID/exe leads to the file by the mount that it was executed from. From a clone of the mount
 * that is read-only and attached nowhere (open_tree(2), mount_setattr(2)), it can be opened for
 * reading only, and nobody can reach that mount to change it. It costs one exec and no copy, but
 * needs CAP_SYS_ADMIN over the mount namespace. Without it the file is copied to a memfd that is
 * sealed against writing (fcntl(2)).
 */
#include "sys/selfexe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sys/idmap.h"
#include "sys/mountfd.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Does an id of this namespace, other than an unmapped one, own the file? */
static bool owned_here(const struct stat *st)
{
	static struct idmap map;

	if (st->st_uid == geteuid())
		return true;
	/* outside of any namespace the ids of containers are subordinate ones, which own no binary
	 */
	return st->st_uid != 65534 && geteuid() == 0 && idmap_current(false, &map, NULL) == 0 &&
	       idmap_to_outside(&map, st->st_uid) >= 0;
}

static bool is_safe(int exe)
{
	struct statvfs fs;
	struct stat st;
	int seals;

	if (fstat(exe, &st) == 0 && !owned_here(&st) && !(st.st_mode & 022))
		return true;
	seals = fcntl(exe, F_GET_SEALS);
	if (seals >= 0)
		return (seals & SEALS) == SEALS;
	return fstatvfs(exe, &fs) == 0 && fs.f_flag & ST_RDONLY;
}

static int from_mount(int exe, char **argv)
{
	_close_ int m = mount_clone(exe, false, NULL);

	if (m < 0 || mount_change(m, false, MOUNT_ATTR_RDONLY, 0, 0, -1, NULL) < 0)
		return -1;
	return execveat(m, "", argv, environ, AT_EMPTY_PATH);
}

static int make_memfd(void)
{
	int fd = memfd_create("ctr-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	/* before Linux 6.3 every memfd may be executed */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ctr-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

static int from_memfd(int exe, char **argv, struct err *e)
{
	_close_ int fd = make_memfd();
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "memfd_create", "cannot protect this program's own file");
	do
		n = sendfile(fd, exe, NULL, 1 << 24);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return err_sys(e, "memfd_create", "cannot protect this program's own file");
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(e, "execveat", "cannot execute the protected copy of this program");
}

int selfexe_protect(char **argv, struct err *e)
{
	_close_ int exe = TEMP_FAILURE_RETRY(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));

	if (exe < 0)
		return err_sys(e, "open", "cannot open /proc/self/exe");
	if (is_safe(exe))
		return 0;
	from_mount(exe, argv);
	return from_memfd(exe, argv, e);
}
