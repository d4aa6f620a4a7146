/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a mount of the configuration goes: see target.h, and rootfs.c for the rules.
 *
 * The image may be hostile, so a destination is resolved below the container's root, and what came
 * out is looked at: it must not be in a procfs, nor be /proc, by whatever link. Two kinds need no
 * look: what was made this moment is in no procfs, where nothing can be made; and a name in the new
 * tmpfs that "/dev" leads to by no link (c->dev), in which nothing is but what this process has put
 * there. A mount on the root of that tmpfs hides it, and is the end of c->dev.
 */
#include "rootfs/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "make/spent.h"

/* Single files of procfs that lxcfs and engines put something on. */
static bool may_cover(const char *dest)
{
	static const char *const files[] = {
		"cpuinfo",
		"diskstats",
		"meminfo",
		"stat",
		"swaps",
		"uptime",
		"loadavg",
		"slabinfo",
		"net/dev",
		"sys/kernel/ns_last_pid",
		"sys/crypto/fips_enabled",
	};
	const char *rest = str_after(dest, "/proc/");

	for (size_t i = 0; rest && i < ARRAY_LEN(files); i++)
		if (strcmp(files[i], rest) == 0)
			return true;
	return false;
}

static const char *relative(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

bool target_is(const char *dest, const char *path)
{
	size_t n = strlen(path);

	return strncmp(dest, path, n) == 0 && !*relative(dest + n);
}

bool target_is_new(const struct path_place *t)
{
	return *t->name;
}

int target_stat(const struct path_place *t, struct stat *out)
{
	return fstatat(t->fd, t->name, out, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

void target_release(struct create *c, struct path_place *t)
{
	if (t->fd != c->dev)
		spent(c, t->fd);
	t->fd = -1;
}

int target_settle(struct create *c, struct path_place *t, struct err *e)
{
	int fd;

	if (!*t->name)
		return 0;
	fd = openat(t->fd, t->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "openat", "cannot open %s", t->name);
	target_release(c, t);
	t->fd = fd;
	*t->name = '\0';
	return 0;
}

/* A plain name in the new /dev, where there is nothing of that name. */
static bool place_in_dev(struct create *c, const char *dest, bool file, struct path_place *out)
{
	const char *name = str_after(dest, "/dev/");

	if (c->dev < 0 || !name || !*name || strchr(name, '/') || *name == '.' ||
	    strlen(name) > NAME_MAX)
		return false;
	if ((file ? mknodat(c->dev, name, S_IFREG | 0644, 0) : mkdirat(c->dev, name, 0755)) < 0)
		return false;
	out->fd = c->dev;
	memcpy(out->name, name, strlen(name) + 1);
	return true;
}

/*
 * The place of a tmpfs has the mode that a tmpfs has by itself, so that it is the same when the
 * container starts again and finds the directory.
 */
static int place(struct create *c, const char *dest, enum target_kind kind, struct path_place *out,
		 struct err *e)
{
	mode_t mask;
	int rc;

	if (place_in_dev(c, dest, kind == TARGET_FILE, out))
		return 0;
	if (kind == TARGET_FILE)
		return path_place_file(c->root, dest, 0644, out, e);
	if (kind == TARGET_DIR)
		return path_place_dir(c->root, dest, 0755, out, e);
	if (target_is(dest, "/dev")) {
		out->fd = path_open_beneath(c->root, "dev", O_PATH | O_DIRECTORY, 0, NULL);
		c->dev_is_plain = out->fd >= 0;
	}
	if (out->fd < 0)
		out->fd = path_open_in_root(c->root, dest, O_PATH | O_DIRECTORY, 0, NULL);
	if (out->fd >= 0)
		return 0;
	mask = umask(0);
	rc = path_place_dir(c->root, dest, 01777, out, e);
	umask(mask);
	if (target_is(dest, "/dev"))
		c->dev_is_plain = rc == 0 && target_is_new(out);
	return rc;
}

/* What is mounted on the root of the new /dev hides it. */
static void check_dev(struct create *c, int fd)
{
	struct stat here, dev;

	if (c->dev >= 0 && fstat(fd, &here) == 0 && fstat(c->dev, &dev) == 0 &&
	    here.st_dev == dev.st_dev && here.st_ino == dev.st_ino)
		spent(c, take_fd(&c->dev));
}

static int place_kernel(struct create *c, const char *dest, struct path_place *out, struct err *e)
{
	out->fd = path_mkdir_beneath(c->root, relative(dest), 0755, e);
	return out->fd < 0 ? err_hint(e, "the path must not lead through a symbolic link") : 0;
}

int target_open(struct create *c, const char *dest, enum target_kind kind, struct path_place *out,
		struct err *e)
{
	bool kernel = kind == TARGET_PROC || kind == TARGET_SYSFS;
	struct statfs st;

	*out = (struct path_place){.fd = -1};
	if ((kernel ? place_kernel(c, dest, out, e) : place(c, dest, kind, out, e)) < 0)
		return -1;
	/* nor is "/sys" in a procfs, as no link led there */
	if (target_is_new(out) || (kind == TARGET_SYSFS && target_is(dest, "/sys")))
		return 0;
	if (TEMP_FAILURE_RETRY(fstatfs(out->fd, &st)) < 0)
		return err_sys(e, "fstatfs", "cannot look at it");
	if (st.f_type == PROC_SUPER_MAGIC && kind != TARGET_PROC && !may_cover(dest))
		return err_set(e, ERR_DENIED, 0, NULL, "nothing may be mounted inside /proc");
	if (st.f_type == TMPFS_MAGIC)
		check_dev(c, out->fd);
	return 0;
}

/*
 * /proc itself is for procfs: a program that trusts what it reads there must get the real one. The
 * directory counts, not its name: "/./proc" and a link are the same. Where a procfs is there,
 * target_open() has refused what is on it.
 */
int target_not_proc(const struct create *c, const struct path_place *t, struct err *e)
{
	_close_ int proc = -1;
	struct stat here, there;

	if (c->slash_proc_is_real)
		return 0;
	proc = path_open_in_root(c->root, "/proc", O_PATH, 0, NULL);
	if (proc < 0 || fstat(proc, &here) < 0 || target_stat(t, &there) < 0 ||
	    here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return 0;
	return err_set(e, ERR_DENIED, 0, NULL, "only a proc file system may be mounted there");
}
