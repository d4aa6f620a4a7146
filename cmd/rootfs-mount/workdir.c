/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The working directory. One that the user names must be there, or be on something that is mounted;
 * the image's own is made where it is missing, for the container's user, as Podman does.
 */
#include "rootfs-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "oci/imgstr.h"
#include "sys/path.h"

bool places_cover(const struct places *p, const char *path)
{
	strv_foreach (at, &p->mounted) {
		if (imgstr_path_below(path, at))
			return true;
	}
	return false;
}

static int make(int root, const struct user *u, const struct places *p, struct err *e)
{
	_close_ int dir = path_mkdir_in_root(root, p->workdir, 0755, e);

	if (dir < 0)
		return err_prefix(e, "working directory %s of the image", p->workdir);
	if (fchownat(dir, "", (uid_t)u->uid, (gid_t)u->gid, AT_EMPTY_PATH) < 0)
		return err_sys(e, "fchownat", "working directory %s of the image", p->workdir);
	return 0;
}

int workdir_check(int root, const char *id, const struct user *u, const struct places *p,
		  struct err *e)
{
	_close_ int dir = -1;
	struct stat st;

	if (places_cover(p, p->workdir))
		return 0;
	dir = path_open_in_root(root, p->workdir, O_PATH, 0, e);
	if (dir < 0 && e->errnum != ENOENT)
		return err_prefix(e, "workdir \"%s\"", p->workdir);
	if (dir >= 0 && fstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (dir >= 0)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "workdir \"%s\" exists on container %s, but is not a directory",
			       p->workdir, id);
	if (p->workdir_of_user)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "workdir \"%s\" does not exist on container %s", p->workdir, id);
	err_clear(e);
	return make(root, u, p, e);
}
