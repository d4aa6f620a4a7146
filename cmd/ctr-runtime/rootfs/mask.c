/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.maskedPaths and .linux.readonlyPaths.
 *
 * A masked file gets the host's /dev/null, opened before and verified to be device 1:3, never the
 * container's, which the image may have made something else. A masked directory gets a read-only
 * tmpfs; all share one file system, cloned, because a new one costs more than a mount. What does
 * not exist needs no mask.
 *
 * Paths are resolved below the container's root. The entries of procfs that configurations name are
 * known: where "/proc" is the procfs of this container they are reached by its descriptor, without
 * a look for links, of which the kernel makes none there.
 */
#include "rootfs/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "make/spent.h"
#include "rootfs/devices.h"
#include "sys/mountfd.h"
#include "sys/path.h"

struct masks {
	int null; /* the host's /dev/null */
	int dir;  /* the empty tmpfs */
	bool attached;
	int spare;	   /* a clone of null that is not in use yet, or -1 */
	const char *label; /* SELinux label of dir, or NULL */
};

/* Directly below /proc, no links. */
static const struct {
	const char *name;
	bool file;
} procfs_entries[] = {
	{"acpi", false}, {"asound", false},	  {"bus", false},	 {"driver", false},
	{"fs", false},	 {"interrupts", true},	  {"irq", false},	 {"kcore", true},
	{"keys", true},	 {"latency_stats", true}, {"sched_debug", true}, {"scsi", false},
	{"sys", false},	 {"sysrq-trigger", true}, {"timer_list", true},	 {"timer_stats", true},
};

/* Its place in the table, or -1 where it has to be resolved. */
static int find_entry(const struct create *c, const char *path)
{
	const char *name = str_after(path, "/proc/");

	for (size_t i = 0; name && c->proc_is_slash_proc && i < ARRAY_LEN(procfs_entries); i++)
		if (strcmp(procfs_entries[i].name, name) == 0)
			return (int)i;
	return -1;
}

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

/* With mount(2), for kernels without one of the calls. */
static int old_cover_dir(const struct masks *m, int target, struct err *e)
{
	_free_ char *data = m->label ? str_fmt("size=4k,context=\"%s\"", m->label) : NULL;

	err_clear(e);
	return mount_at("tmpfs", -1, target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			data ? data : "size=4k", e);
}

/* The first time the file system itself: before Linux 6.15 only what is attached can be cloned. */
static int attach_dir(struct create *c, struct masks *m, int target, const char *name,
		      struct err *e)
{
	int copy;

	if (empty_dir(m, e) < 0)
		return -1;
	if (!m->attached) {
		m->attached = mount_attach_at(m->dir, target, name, e) == 0;
		return m->attached ? 0 : -1;
	}
	copy = mount_clone(m->dir, false, e);
	spent(c, copy);
	return copy < 0 ? -1 : mount_attach_at(copy, target, name, e);
}

static int cover_dir(struct create *c, struct masks *m, int target, const char *name, struct err *e)
{
	if (attach_dir(c, m, target, name, e) == 0)
		return 0;
	return e->errnum == ENOSYS && !*name ? old_cover_dir(m, target, e) : -1;
}

static int cover_file(struct create *c, struct masks *m, int target, const char *name,
		      struct err *e)
{
	int copy = m->spare >= 0 ? m->spare : mount_clone(m->null, false, e);

	m->spare = copy;
	if (copy >= 0) {
		if (mount_attach_at(copy, target, name, e) < 0)
			return -1;
		spent(c, take_fd(&m->spare));
		return 0;
	}
	if (e->errnum != ENOSYS || *name)
		return -1;
	err_clear(e);
	return mount_at(NULL, m->null, target, NULL, MS_BIND, NULL, e);
}

/*
 * 1: it has to be resolved, as it is not of the kind that the table says, or this kernel has no
 * mounts by descriptor.
 */
static int mask_entry(struct create *c, struct masks *m, int entry, struct err *e)
{
	const char *name = procfs_entries[entry].name;
	int rc = procfs_entries[entry].file ? cover_file(c, m, c->proc, name, e)
					    : cover_dir(c, m, c->proc, name, e);

	if (rc == 0 || (e->errnum != ENOENT && e->errnum != EINVAL && e->errnum != ENOSYS))
		return rc;
	rc = e->errnum != ENOENT;
	err_clear(e);
	return rc;
}

static int mask(struct create *c, struct masks *m, const char *path, struct err *e)
{
	int target, entry = find_entry(c, path);
	int rc = entry < 0 ? 1 : mask_entry(c, m, entry, e);
	struct stat st;

	if (rc != 1)
		return rc < 0 ? err_prefix(e, "mask %s", path) : 0;
	rc = open_path(c, path, &target, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	spent(c, target);
	if (fstat(target, &st) < 0)
		return err_sys(e, "fstat", "%s", path);
	rc = S_ISDIR(st.st_mode) ? cover_dir(c, m, target, "", e) : cover_file(c, m, target, "", e);
	return rc < 0 ? err_prefix(e, "mask %s", path) : 0;
}

/* With mount(2), after which it is resolved again. */
static int old_readonly(struct create *c, const char *path, int target, struct err *e)
{
	_close_ int top = -1;
	struct statvfs st;

	if (mount_at(NULL, target, target, NULL, MS_BIND | MS_REC, NULL, e) < 0)
		return -1;
	if (open_path(c, path, &top, e) != 0 || fstatvfs(top, &st) < 0)
		return err_sys(e, "open", "cannot open it");
	return mount_at(NULL, -1, top, NULL,
			MS_BIND | MS_REMOUNT | MS_RDONLY |
				(st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC)),
			NULL, e);
}

/*
 * A bind of what is at "at", or of the entry "name" of it, onto itself that is read-only; what is
 * mounted below it stays as it is.
 */
static int bind_readonly(struct create *c, int at, const char *name, struct err *e)
{
	int how = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
	int copy = mount_clone_at(at, name, how | AT_RECURSIVE, e);

	spent(c, copy);
	if (copy < 0 || mount_change(copy, false, MOUNT_ATTR_RDONLY, 0, 0, -1, e) < 0)
		return -1;
	return mount_attach_at(copy, at, name, e);
}

static int make_readonly(struct create *c, const char *path, struct err *e)
{
	int at, rc, entry = find_entry(c, path);

	if (entry >= 0) {
		rc = bind_readonly(c, c->proc, procfs_entries[entry].name, e);
		if (rc == 0 || (e->errnum != ENOENT && e->errnum != ENOSYS))
			return rc < 0 ? err_prefix(e, "make %s read-only", path) : 0;
		rc = e->errnum == ENOENT;
		err_clear(e);
		if (rc)
			return 0;
	}
	rc = open_path(c, path, &at, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	spent(c, at);
	rc = bind_readonly(c, at, "", e);
	if (rc < 0 && e->errnum == ENOSYS) {
		err_clear(e);
		rc = old_readonly(c, path, at, e);
	}
	return rc < 0 ? err_prefix(e, "make %s read-only", path) : 0;
}

int mask_paths(struct create *c, struct err *e)
{
	struct masks m = {.null = -1, .dir = -1, .spare = -1};
	int rc = 0;

	if (c->cfg.mount_label && *c->cfg.mount_label)
		m.label = c->cfg.mount_label;
	if (c->cfg.masked.n) {
		m.null = devices_open_null(c, e);
		if (m.null < 0)
			return -1;
	}
	strv_foreach (ro, &c->cfg.readonly)
		if (make_readonly(c, ro, e) < 0)
			return -1;
	for (size_t i = 0; i < c->cfg.masked.n && rc == 0; i++)
		rc = mask(c, &m, c->cfg.masked.v[i], e);
	spent(c, m.dir);
	spent(c, take_fd(&c->null));
	spent(c, m.spare);
	spent_close(c);
	return rc;
}
