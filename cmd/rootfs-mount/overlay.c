/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root file system by overlayfs in the user namespace (Linux 5.11, option userxattr).
 *
 * The new mount API takes one layer at a time (lowerdir+, Linux 6.8), so hundreds of layers are no
 * matter. Before, mount(2) takes one page of options: layers are named /proc/self/fd/N there, about
 * 16 bytes each. A value of fsconfig(2) has at most 255 bytes, so long paths go by descriptor too.
 * "volatile" (5.10) leaves out syncs for containers that are removed at their end.
 */
#include "rootfs-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "oci/layer_meta.h"
#include "sys/path.h"

/* glibc 2.36 has these in <sys/mount.h>, which cannot be included beside <linux/mount.h> */
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);
#define MNT_DETACH 2

static int set_string(int fs, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int set_flag(int fs, const char *key)
{
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, key, NULL, 0);
}

struct layer_fds {
	int *fd;
	size_t n;
};

static void close_layers(struct layer_fds *l)
{
	for (size_t i = 0; i < l->n; i++)
		close(l->fd[i]);
	free(l->fd);
}

/* Topmost first, as overlayfs wants them. */
static int open_layers(const struct rootfs *r, struct layer_fds *l, struct err *e)
{
	l->fd = mem_alloc(r->layers.n * sizeof(int));
	for (size_t i = r->layers.n; i-- > 0;) {
		int fd = open(r->layers.v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, "open", "cannot open layer %s", r->layers.v[i]);
		l->fd[l->n++] = fd;
	}
	return 0;
}

static const char *layer_name(const struct rootfs *r, const struct layer_fds *l, size_t i,
			      char link[FD_PATH_LEN])
{
	const char *path = r->layers.v[r->layers.n - 1 - i];

	/* ':' and '\\' separate and escape in lowerdir= */
	return strlen(path) < 250 && !strpbrk(path, ":\\,") ? path : path_fd_link(l->fd[i], link);
}

/* Something is not there or used up; anything else is taken as overlayfs refusing what it is given.
 */
static bool passing(int errnum)
{
	static const int list[] = {ENOENT, ESTALE, EBUSY,  ENOMEM, ENFILE, EMFILE,
				   EIO,	   ENOSPC, EDQUOT, EINTR,  EAGAIN};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (errnum == list[i])
			return true;
	return false;
}

static int refused(struct err *e, const char *op)
{
	int errnum = errno;

	if (passing(errnum))
		return err_sys(e, op, "cannot mount overlayfs");
	return err_set(e, ERR_UNSUPPORTED, errnum, op, "cannot mount overlayfs");
}

/*
 * 1: this kernel has no lowerdir+. Before overlayfs spoke the new API itself (6.5), the kernel only
 * collected options, at most a page of them, and overlayfs refused the unknown one in the end.
 */
static int mount_new_api(const struct rootfs *r, const struct layer_fds *l, struct err *e)
{
	_close_ int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), mnt = -1;
	char link[FD_PATH_LEN];

	if (fs < 0)
		return errno == ENOSYS ? 1 : refused(e, "fsopen");
	for (size_t i = 0; i < l->n; i++)
		if (set_string(fs, "lowerdir+", layer_name(r, l, i, link)) < 0)
			return errno == EINVAL ? 1 : refused(e, "fsconfig");
	if (set_string(fs, "upperdir", "upper") < 0 || set_string(fs, "workdir", "work") < 0 ||
	    set_flag(fs, "userxattr") < 0)
		return refused(e, "fsconfig");
	if (r->label && set_string(fs, "context", r->label) < 0)
		return refused(e, "fsconfig");
	if (r->is_volatile)
		set_flag(fs, "volatile"); /* refused by an old kernel: slower, not wrong */
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return errno == EINVAL ? 1 : refused(e, "fsconfig");
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		return refused(e, "fsmount");
	if (syscall(SYS_move_mount, mnt, "", AT_FDCWD, "rootfs", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return refused(e, "move_mount");
	return 0;
}

static int mount_old_api(const struct rootfs *r, const struct layer_fds *l, struct err *e)
{
	_buf_ struct buf options = {0};
	char link[FD_PATH_LEN];

	buf_str(&options, "lowerdir=");
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&options, "%s%s", i ? ":" : "", path_fd_link(l->fd[i], link));
	buf_str(&options, ",upperdir=upper,workdir=work,userxattr");
	if (r->label) /* it has a comma in it */
		buf_fmt(&options, ",context=\"%s\"", r->label);
	if (options.len >= 4096)
		return err_set(e, ERR_UNSUPPORTED, 0, "mount",
			       "%zu layers are more than this kernel's overlayfs takes", l->n);
	return mount("overlay", "rootfs", "overlay", 0, options.data) < 0 ? refused(e, "mount") : 0;
}

/*
 * "volatile" leaves a directory of this name below the work directory, and overlayfs refuses to use
 * the read-write layer again while it is there: it may have lost data in a crash. Ours is the layer
 * of a container that is removed at its end, for which that does not matter.
 */
static void clear_volatile(const struct rootfs *r)
{
	_close_ int work =
		r->is_volatile ? openat(r->dir, "work", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	_close_ int incompat = work < 0 ? -1
					: path_open_beneath(work, "work/incompat",
							    O_RDONLY | O_DIRECTORY, 0, NULL);

	if (incompat >= 0)
		path_remove_tree(incompat, "volatile", NULL);
}

/*
 * The root directory has the owner and mode of the read-write layer's: before the first mount,
 * which makes work/work, those of the uppermost layer that says something about it.
 */
static int set_root(const struct rootfs *r, const struct layer_fds *l, struct err *e)
{
	struct stat st = {.st_mode = LAYER_ROOT_DEFAULT};

	if (faccessat(r->dir, "work/work", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	for (size_t i = 0; i < l->n; i++) {
		struct stat own;

		if (fstat(l->fd[i], &own) < 0)
			return err_sys(e, "fstat", "cannot look at a layer");
		if ((own.st_mode & 07777) == LAYER_ROOT_BARE)
			continue;
		st = own;
		break;
	}
	if (fchownat(r->dir, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(r->dir, "upper", st.st_mode & 07777, 0) < 0)
		return err_sys(e, "fchmodat", "cannot set the mode of %s/upper", r->path);
	return 0;
}

int overlay_mount(const struct rootfs *r, struct err *e)
{
	_clean_(close_layers) struct layer_fds l = {0};
	int n;

	if (open_layers(r, &l, e) < 0)
		return -1;
	/* upperdir, workdir and the mount point are named from here, as short as can be */
	if (fchdir(r->dir) < 0)
		return err_sys(e, "fchdir", "cannot enter %s", r->path);
	clear_volatile(r);
	if (set_root(r, &l, e) < 0)
		return -1;
	n = mount_new_api(r, &l, e);
	return n == 1 ? mount_old_api(r, &l, e) : n;
}

/* The simplest mount that there is, on the file system on which those of containers are. */
int overlay_probe(const struct store *s, struct err *e)
{
	static const char *const dirs[] = {"lower", "upper", "work", "rootfs"};
	_staging_ struct staging st = STAGING_NONE;
	_strv_ struct strv layers = {0};
	_free_ char *path = NULL;

	if (staging_make(s, "overlay", &st, e) < 0)
		return -1;
	path = str_fmt("%s/staging/%s", s->path, st.name);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (mkdirat(st.fd, dirs[i], 0755) < 0)
			return err_sys(e, "mkdirat", "cannot make %s/%s", path, dirs[i]);
	strv_addf(&layers, "%s/lower", path);
	if (overlay_mount(&(struct rootfs){.layers = layers, .dir = st.fd, .path = path}, e) < 0)
		return -1;
	if (umount2("rootfs", MNT_DETACH) < 0)
		return err_sys(e, "umount2", "cannot unmount %s/rootfs", path);
	return 0;
}
