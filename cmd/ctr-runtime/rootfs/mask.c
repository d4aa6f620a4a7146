/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.maskedPaths and .linux.readonlyPaths.
 *
 * A masked file gets the host's /dev/null, opened before and verified to be device 1:3, never the
 * container's, which the image may have made something else. A masked directory gets a read-only
 * tmpfs; all share one file system, cloned, because a new one costs more than a mount. What does
 * not exist needs no mask.
 */
#include "rootfs/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "rootfs/devices.h"
#include "sys/mountfd.h"
#include "sys/path.h"

struct masks {
	int null; /* the host's /dev/null */
	int dir;  /* the empty tmpfs */
	bool attached;
	const char *label; /* its SELinux label, or NULL */
};

/* 1: nothing there. */
static int open_path(struct create *c, const char *path, int *fd, struct err *e)
{
	*fd = path_open_in_root(c->root, path, O_PATH, 0, e);
	if (*fd >= 0)
		return 0;
	if (e->errnum == ENOENT || e->errnum == ENOTDIR || e->errnum == EACCES) {
		err_clear(e);
		return 1;
	}
	return err_prefix(e, "%s", path);
}

static int empty_dir(struct masks *m, struct err *e)
{
	_strv_ struct strv options = {0};

	if (m->dir >= 0)
		return 0;
	strv_add(&options, "size=0");
	strv_add(&options, "nr_inodes=1");
	strv_add(&options, "mode=0755");
	if (m->label)
		strv_addf(&options, "context=%s", m->label);
	m->dir = mount_new(
		"tmpfs", "tmpfs", &options,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
	return m->dir < 0 ? -1 : 0;
}

static int cover_dir(struct masks *m, int target, struct err *e)
{
	_close_ int copy = -1;
	_free_ char *old = NULL;

	if (empty_dir(m, e) < 0) {
		if (e->errnum != ENOSYS)
			return -1;
		err_clear(e);
		if (m->label)
			old = str_fmt("size=4k,context=\"%s\"", m->label);
		return mount_at("tmpfs", -1, target, "tmpfs",
				MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, old ? old : "size=4k",
				e);
	}
	/* before Linux 6.15 only what is attached somewhere can be cloned */
	if (!m->attached) {
		m->attached = true;
		return mount_attach(m->dir, target, e);
	}
	copy = mount_clone(m->dir, false, e);
	return copy < 0 ? -1 : mount_attach(copy, target, e);
}

static int cover_file(struct masks *m, int target, struct err *e)
{
	_close_ int copy = mount_clone(m->null, false, e);

	if (copy >= 0)
		return mount_attach(copy, target, e);
	if (e->errnum != ENOSYS)
		return -1;
	err_clear(e);
	return mount_at(NULL, m->null, target, NULL, MS_BIND, NULL, e);
}

static int mask(struct create *c, struct masks *m, const char *path, struct err *e)
{
	_close_ int target = -1;
	struct stat st;
	int rc = open_path(c, path, &target, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (fstat(target, &st) < 0)
		return err_sys(e, "fstat", "%s", path);
	rc = S_ISDIR(st.st_mode) ? cover_dir(m, target, e) : cover_file(m, target, e);
	return rc < 0 ? err_prefix(e, "mask %s", path) : 0;
}

/* A bind of the path onto itself that is read-only; what is mounted below it stays as it is. */
static int make_readonly(struct create *c, const char *path, struct err *e)
{
	_close_ int target = -1, copy = -1;
	int rc = open_path(c, path, &target, e);
	struct statvfs st;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	copy = mount_clone(target, true, e);
	if (copy >= 0) {
		if (mount_change(copy, false, MOUNT_ATTR_RDONLY, 0, 0, -1, e) == 0)
			return mount_attach(copy, target, e) < 0 ? err_prefix(e, "%s", path) : 0;
		close(take_fd(&copy));
	}
	if (e->errnum != ENOSYS)
		return err_prefix(e, "make %s read-only", path);
	err_clear(e);
	if (mount_at(NULL, target, target, NULL, MS_BIND | MS_REC, NULL, e) < 0)
		return err_prefix(e, "make %s read-only", path);
	close(take_fd(&target));
	if (open_path(c, path, &target, e) != 0 || fstatvfs(target, &st) < 0)
		return err_sys(e, "open", "make %s read-only", path);
	rc = mount_at(NULL, -1, target, NULL,
		      MS_BIND | MS_REMOUNT | MS_RDONLY |
			      (st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC)),
		      NULL, e);
	return rc < 0 ? err_prefix(e, "make %s read-only", path) : 0;
}

int mask_paths(struct create *c, struct err *e)
{
	struct masks m = {.null = -1, .dir = -1};
	int rc = 0;

	if (c->cfg.mount_label && *c->cfg.mount_label)
		m.label = c->cfg.mount_label;
	if (c->cfg.masked.n) {
		m.null = devices_open_null(e);
		if (m.null < 0)
			return -1;
	}
	strv_foreach (ro, &c->cfg.readonly)
		if (make_readonly(c, ro, e) < 0)
			return -1;
	for (size_t i = 0; i < c->cfg.masked.n && rc == 0; i++)
		rc = mask(c, &m, c->cfg.masked.v[i], e);
	if (m.dir >= 0)
		close(m.dir);
	if (m.null >= 0)
		close(m.null);
	return rc;
}
