/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices and links of /dev.
 *
 * Real root makes device nodes; everybody else (mknod(2) is refused in a user namespace) gets the
 * host's node bound onto an empty file, after a look whether the node is what it should be. Names
 * are resolved below the container's root, so a /dev that is a link stays inside.
 *
 * Nothing is made or replaced in a directory that is not the container's own (own.h): a /dev that
 * the user has bound from elsewhere is left as it is. On a /dev of the image, which is the
 * container's own, links that are there stay, but for ptmx, without which there is no terminal.
 */
#include "rootfs/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "make/spent.h"
#include "rootfs/own.h"
#include "sys/mountfd.h"
#include "sys/path.h"

static const struct config_device defaults[] = {
	{"/dev/null", "c", 1, 3, 0666, 0, 0},	 {"/dev/zero", "c", 1, 5, 0666, 0, 0},
	{"/dev/full", "c", 1, 7, 0666, 0, 0},	 {"/dev/random", "c", 1, 8, 0666, 0, 0},
	{"/dev/urandom", "c", 1, 9, 0666, 0, 0}, {"/dev/tty", "c", 5, 0, 0666, 0, 0},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

/* Of the mount of a single node. */
#define DEVICE_ATTRS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)

static mode_t type_of(const struct config_device *d)
{
	switch (*d->type) {
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	default:
		return S_IFCHR;
	}
}

static bool is_device(int fd, const struct config_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type_of(d) &&
	       st.st_rdev == makedev((unsigned)d->major, (unsigned)d->minor);
}

/* The name that the host's /dev has for the number, which the container may call otherwise; or -1.
 */
static int open_by_number(const struct config_device *d)
{
	_free_ char *file = str_fmt("/sys/dev/%s/%u:%u/uevent", *d->type == 'b' ? "block" : "char",
				    (unsigned)d->major, (unsigned)d->minor);
	_free_ char *path = NULL;
	_buf_ struct buf b = {0};
	const char *name;

	if (file_read(AT_FDCWD, file, 4096, &b, NULL) < 0 || !b.len)
		return -1;
	name = strstr(b.data, "DEVNAME=");
	if (!name)
		return -1;
	name += strlen("DEVNAME=");
	path = str_fmt("/dev/%.*s", (int)strcspn(name, "\n"), name);
	return TEMP_FAILURE_RETRY(open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static int open_host(const struct config_device *d, struct err *e)
{
	_close_ int fd = TEMP_FAILURE_RETRY(open(d->path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	_close_ int other = -1;
	int saved = errno;

	if (fd >= 0 && is_device(fd, d))
		return take_fd(&fd);
	other = open_by_number(d);
	if (other >= 0 && is_device(other, d))
		return take_fd(&other);
	errno = saved;
	if (fd < 0)
		return err_sys(e, "open", "cannot open the host's %s", d->path);
	return err_set(e, ERR_DENIED, 0, NULL, "the host's %s is not the device %s %u:%u", d->path,
		       d->type, (unsigned)d->major, (unsigned)d->minor);
}

int devices_open_null(struct create *c, struct err *e)
{
	if (c->null < 0)
		c->null = open_host(&defaults[0], e);
	return c->null;
}

/* Returns 1 where this user may not make nodes. */
static int make_node(int dir, const char *base, const struct config_device *d, struct err *e)
{
	dev_t dev = makedev((unsigned)d->major, (unsigned)d->minor);

	if (mknodat(dir, base, type_of(d) | (mode_t)(d->mode & 07777), dev) < 0) {
		if (errno == EPERM || errno == EACCES)
			return 1;
		if (errno == EEXIST)
			return 0;
		return err_sys(e, "mknodat", "cannot make it");
	}
	if (fchownat(dir, base, (uid_t)d->uid, (gid_t)d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fchownat", "cannot give it to %u:%u", (unsigned)d->uid,
			       (unsigned)d->gid);
	/* the last component was just made by us, with the umask taken away */
	if (fchmodat(dir, base, (mode_t)(d->mode & 07777), 0) < 0)
		return err_sys(e, "fchmodat", "cannot set its mode");
	return 0;
}

/* A detached mount of the host's node; -1 where that is not at its path, or this kernel has none.
 */
static int clone_host(struct create *c, const struct config_device *d)
{
	_close_ int m = mount_clone_at(AT_FDCWD, d->path, AT_SYMLINK_NOFOLLOW, NULL);

	return m >= 0 && is_device(m, d) ? take_fd(&m) : -1;
}

/*
 * In the new /dev, which is empty but for what this process has made: nothing needs to be looked
 * at. Returns 1 where it cannot be made so.
 */
static int make_in_dev(struct create *c, const struct config_device *d, struct err *e)
{
	const char *name = str_after(d->path, "/dev/");
	int m, rc = 1;

	if (c->dev < 0 || !name || !*name || *name == '.' || strchr(name, '/'))
		return 1;
	if (!c->in_userns || *d->type == 'p')
		rc = make_node(c->dev, name, d, e);
	if (rc != 1)
		return rc;
	m = clone_host(c, d);
	if (m < 0)
		return 1;
	if (mknodat(c->dev, name, S_IFREG | 0644, 0) < 0)
		rc = 1;
	else if (mount_change(m, false, DEVICE_ATTRS, 0, 0, -1, e) < 0)
		rc = -1;
	else
		rc = mount_attach_at(m, c->dev, name, e);
	/* one that is attached can be cloned, for masks */
	if (rc == 0 && d == &defaults[0])
		c->null = m;
	else
		spent(c, m);
	return rc;
}

static int bind_device(struct create *c, const struct config_device *d, struct err *e)
{
	struct path_guard guard = own_guard(c);
	_close_ int target = path_mkfile_guarded(c->root, d->path, 0644, &guard, e);
	_close_ int source = -1, m = -1;

	if (target < 0)
		return -1;
	/* the configuration has mounted something there */
	if (is_device(target, d) || !own_has(c, target))
		return 0;
	source = open_host(d, e);
	if (source < 0)
		return -1;
	m = mount_clone(source, false, e);
	if (m >= 0)
		return mount_change(m, false, DEVICE_ATTRS, 0, 0, -1, e) < 0
			       ? -1
			       : mount_attach(m, target, e);
	if (e->errnum != ENOSYS)
		return -1;
	err_clear(e);
	return mount_at(NULL, source, target, NULL, MS_BIND, NULL, e);
}

/* The directory of the path and its last component. */
static int open_parent(struct create *c, const char *path, const char **base, struct err *e)
{
	_free_ char *dir = str_dup(path);
	struct path_guard guard = own_guard(c);
	char *slash = strrchr(dir, '/');

	*base = strrchr(path, '/') + 1;
	if (!**base || str_eq(*base, ".") || str_eq(*base, ".."))
		return err_set(e, ERR_INPUT, 0, NULL, "%s is no name for a device", path);
	slash[slash == dir ? 1 : 0] = '\0';
	return path_mkdir_guarded(c->root, dir, 0755, &guard, e);
}

/* What is on a mount of somebody else stays as it is. */
static int leave(struct create *c, const struct config_device *d, bool asked)
{
	_close_ int there = path_open_in_root(c->root, d->path, O_PATH, 0, NULL);

	if (asked && (there < 0 || !is_device(there, d)))
		report_warn("device %s is not made: its directory is on a mount that is not the "
			    "container's own",
			    d->path);
	return 0;
}

/* asked: by the configuration. */
static int make_device(struct create *c, const struct config_device *d, bool asked, struct err *e)
{
	const char *base;
	_close_ int dir = -1;
	int rc = make_in_dev(c, d, e);

	if (rc != 1)
		return rc < 0 ? err_prefix(e, "device %s", d->path) : 0;
	dir = open_parent(c, d->path, &base, e);
	if (dir < 0 && e->errnum != EXDEV)
		return err_prefix(e, "device %s", d->path);
	err_clear(e);
	if (dir < 0 || !own_has(c, dir))
		return leave(c, d, asked);
	if (!c->in_userns || *d->type == 'p')
		rc = make_node(dir, base, d, e);
	if (rc == 1)
		rc = bind_device(c, d, e);
	return rc < 0 ? err_prefix(e, "device %s", d->path) : 0;
}

int devices_make(struct create *c, struct err *e)
{
	for (size_t i = 0; i < c->cfg.ndevices; i++)
		if (make_device(c, &c->cfg.devices[i], true, e) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		bool given = false;

		for (size_t k = 0; k < c->cfg.ndevices; k++)
			given = given || str_eq(c->cfg.devices[k].path, defaults[i].path);
		if (!given && make_device(c, &defaults[i], false, e) < 0)
			return -1;
	}
	return 0;
}

static int make_link(const struct create *c, int dev, const char *name, const char *target,
		     struct err *e)
{
	char have[PATH_MAX];
	ssize_t n;

	if (symlinkat(target, dev, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "symlinkat", "cannot make the link /dev/%s", name);
	n = readlinkat(dev, name, have, sizeof(have) - 1);
	have[n > 0 ? n : 0] = '\0';
	if (strcmp(have, target) == 0 || (!own_is_new(c, dev) && !str_eq(name, "ptmx")))
		return 0;
	if (unlinkat(dev, name, 0) < 0 || symlinkat(target, dev, name) < 0)
		return err_sys(e, "symlinkat", "cannot make the link /dev/%s", name);
	return 0;
}

int devices_links(struct create *c, struct err *e)
{
	struct path_guard guard = own_guard(c);
	int dev = c->dev >= 0 ? c->dev : path_mkdir_guarded(c->root, "/dev", 0755, &guard, e);

	if (dev < 0 && e->errnum != EXDEV)
		return -1;
	err_clear(e);
	if (dev != c->dev)
		spent(c, dev);
	if (dev < 0 || (dev != c->dev && !own_has(c, dev)))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (make_link(c, dev, links[i].name, links[i].target, e) < 0)
			/* on a root that cannot be written the image has what it needs */
			if (e->errnum != EACCES && e->errnum != EPERM && e->errnum != EROFS &&
			    e->errnum != EBUSY && e->errnum != EISDIR)
				return -1;
	err_clear(e);
	return 0;
}
