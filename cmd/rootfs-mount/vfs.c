/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root file system by copying: for kernels and file systems without unprivileged overlayfs.
 *
 * Layers are applied bottom first into a fresh directory, which is renamed to rootfs/ when it is
 * whole; then the marker COPIED appears beside it, out of the container's reach. A kill in between
 * leaves no marker, and the next start copies anew. Whiteouts (a character device 0:0, or the xattr
 * user.overlay.opaque) delete what the layers below brought. Files are cloned where the file system
 * can (FICLONE, ioctl_ficlone(2)), else copied by copy_file_range(2).
 *
 * Everything is done by descriptor and name in one directory pair; links are never followed.
 */
#include "rootfs-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "oci/layer_meta.h"
#include "sys/path.h"
#include "sys/treecopy.h"

static int apply_layers(const struct rootfs *r, int to, struct err *e)
{
	for (size_t i = 0; i < r->layers.n; i++) {
		_close_ int from = open(r->layers.v[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct stat root, old;

		if (from < 0 || fstat(from, &root) < 0 || fstat(to, &old) < 0)
			return err_sys(e, "open", "cannot open layer %s", r->layers.v[i]);
		if (tree_apply(from, to, e) < 0)
			return -1;
		if ((root.st_mode & 07777) != LAYER_ROOT_BARE)
			continue;
		if (fchown(to, old.st_uid, old.st_gid) < 0 || fchmod(to, old.st_mode & 07777) < 0)
			return err_sys(e, "fchmod", "cannot set the mode of the root directory");
	}
	return 0;
}

int vfs_copy(const struct rootfs *r, struct err *e)
{
	_close_ int to = -1;

	if (path_remove_tree(r->dir, "rootfs.new", e) < 0)
		return -1;
	if (mkdirat(r->dir, "rootfs.new", 0755) < 0)
		return err_sys(e, "mkdirat", "cannot make %s/rootfs.new", r->path);
	to = openat(r->dir, "rootfs.new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || fchmod(to, LAYER_ROOT_DEFAULT) < 0)
		return err_sys(e, "openat", "cannot open %s/rootfs.new", r->path);
	if (apply_layers(r, to, e) < 0) {
		path_remove_tree(r->dir, "rootfs.new", NULL);
		return err_prefix(e, "cannot copy the image to %s", r->path);
	}
	if (path_remove_tree(r->dir, "rootfs", e) < 0)
		return -1;
	if (renameat(r->dir, "rootfs.new", r->dir, "rootfs") < 0)
		return err_sys(e, "renameat", "cannot put %s/rootfs in place", r->path);
	return file_replace(r->dir, COPIED, "", 0, 0600, false, e);
}
