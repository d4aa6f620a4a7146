/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mount of the configuration: see mounts.h, and rootfs.c for the rules.
 *
 * Stages: options to attributes; target; the mount made detached; its attributes, id map,
 * propagation; attached. On a kernel without mounts by descriptor (before 5.2) mount(2) does it on
 * /proc/self/fd/N of the target, and the new mount is reached by resolving the target again.
 */
#include "rootfs/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "join/pidjoin.h"
#include "make/spent.h"
#include "make/steps.h"
#include "rootfs/copyup.h"
#include "rootfs/idmount.h"
#include "rootfs/own.h"
#include "rootfs/target.h"
#include "sys/cgroup2.h"
#include "sys/mountfd.h"
#include "sys/path.h"

struct job {
	struct create *c;
	const struct config_mount *m;
	struct mount_opts o;
	const char *type;
	int source;  /* of a bind mount */
	bool cloned; /* source is a detached mount already */
	struct path_place target;
	bool late_ro; /* read-only after all else: mounts_late_readonly() */
};

static bool is_bind(const struct config_mount *m)
{
	return str_eq(m->type, "bind") || strv_has(&m->options, "bind") ||
	       strv_has(&m->options, "rbind");
}

bool mounts_has_source(const struct config_mount *m)
{
	return is_bind(m) && !strv_has(&m->options, "remount");
}

int mounts_open_source(const struct config_mount *m, int *fd, struct err *e)
{
	*fd = -1;
	if (!mounts_has_source(m))
		return 0;
	if (idmount_check(m, e) < 0)
		return -1;
	if (!m->source)
		return err_set(e, ERR_INPUT, 0, NULL, "the mount on %s has no source",
			       m->destination);
	*fd = TEMP_FAILURE_RETRY(open(m->source, O_PATH | O_CLOEXEC));
	if (*fd < 0)
		return err_sys(e, "open", "cannot open %s, the source of the mount on %s",
			       m->source, m->destination);
	return 0;
}

int mounts_clone_source(const struct config_mount *m, int *fd, struct err *e)
{
	int flags = strv_has(&m->options, "rbind") ? AT_RECURSIVE : 0;

	*fd = -1;
	if (!m->source || idmount_check(m, e) < 0)
		return -1;
	*fd = mount_clone_at(AT_FDCWD, m->source, flags, e);
	return *fd < 0 ? -1 : 0;
}

int mounts_failed(const struct config_mount *m, struct err *e)
{
	const char *what = m->type && !is_bind(m) ? m->type : m->source ? m->source : "nothing";

	return err_prefix(e, "mount %s on %s", what, m->destination);
}

/* A file system that holds nothing but what is put into it from now on. */
static bool is_memory(const struct job *j)
{
	return str_eq(j->type, "tmpfs") || str_eq(j->type, "ramfs");
}

static bool is_fs(int fd, unsigned long magic)
{
	struct statfs st;

	return TEMP_FAILURE_RETRY(fstatfs(fd, &st)) == 0 && (unsigned long)st.f_type == magic;
}

/* What the kernel has locked cannot be cleared, and stays. */
static int set_attributes(int fd, uint64_t set, uint64_t clear, uint64_t propagation, struct err *e)
{
	/* the kinds of atime exclude each other: one is set by clearing all */
	uint64_t atime = set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;

	if (mount_change(fd, false, set, clear, propagation, -1, e) == 0)
		return 0;
	if (e->errnum != EPERM || mount_change(fd, false, set, atime, propagation, -1, NULL) < 0)
		return -1;
	err_clear(e);
	return 0;
}

/* Nothing is below it: what is meant for all is meant for it, and comes last. */
static int finish_single(const struct mount_opts *o, int fd, bool made, struct err *e)
{
	uint64_t set = made ? 0 : o->set, clear = made ? 0 : o->clear;

	set = (set & ~o->rec_clear) | o->rec_set;
	clear = (clear & ~(o->rec_set & ~(uint64_t)MOUNT_ATTR__ATIME)) | o->rec_clear;
	return set_attributes(fd, set, clear, o->propagation, e);
}

/* Attributes and propagation of a mount, with those below it. */
static int finish(const struct job *j, int fd, struct err *e)
{
	const struct mount_opts *o = &j->o;
	uint64_t together = o->rec_propagation ? o->propagation : 0;

	if (set_attributes(fd, o->set, o->clear, 0, e) < 0)
		return -1;
	if (mount_change(fd, true, o->rec_set, o->rec_clear, together, -1, e) < 0)
		return -1;
	return mount_change(fd, false, 0, 0, o->propagation & ~together, -1, e);
}

static int remember_late(struct job *j, int *fd, struct err *e)
{
	struct create *c = j->c;
	int *grown;

	if (!j->late_ro)
		return 0;
	grown = mem_alloc((c->nlate_ro + 1) * sizeof(*grown));
	if (c->nlate_ro)
		memcpy(grown, c->late_ro, c->nlate_ro * sizeof(*grown));
	free(c->late_ro);
	c->late_ro = grown;
	c->late_ro[c->nlate_ro++] = take_fd(fd);
	return 0;
}

int mounts_late_readonly(struct create *c, struct err *e)
{
	struct statfs st;

	for (size_t i = 0; i < c->nlate_ro; i++) {
		_close_ int fd = c->late_ro[i];

		if (mount_change(fd, false, MOUNT_ATTR_RDONLY, 0, 0, -1, e) == 0)
			continue;
		if (e->errnum != ENOSYS)
			return err_prefix(e, "make a tmpfs read-only");
		err_clear(e);
		if (TEMP_FAILURE_RETRY(fstatfs(fd, &st)) < 0)
			return err_sys(e, "fstatfs", "make a tmpfs read-only");
		if (mount_at(NULL, -1, fd, NULL,
			     MS_BIND | MS_REMOUNT | MS_RDONLY |
				     (st.f_flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC)),
			     NULL, e) < 0)
			return -1;
	}
	c->nlate_ro = 0;
	return 0;
}

static int old_new(struct job *j, unsigned long ms, const char *data, struct err *e)
{
	const char *source = j->m->source ? j->m->source : j->type;
	_close_ int top = -1;

	if (mount_at(source, -1, j->target.fd, j->type, ms, data, e) < 0)
		return -1;
	if (!is_memory(j))
		return 0;
	top = path_open_in_root(j->c->root, j->m->destination, O_PATH, 0, e);
	return top < 0 || own_add(j->c, top, e) < 0 ? -1 : remember_late(j, &top, e);
}

/* The same with mount(2); the target is opened again to get at the new mount. */
static int old_way(struct job *j, struct err *e)
{
	_buf_ struct buf data = {0};
	_close_ int top = -1;
	unsigned long ms = mount_attr_to_ms(j->o.set | j->o.rec_set);
	struct statfs st;

	strv_foreach (d, &j->o.data) {
		/* a label has commas, which part the options of mount(2) */
		const char *label = str_after(d, "context=");

		buf_fmt(&data, label ? "%scontext=\"%s\"" : "%s%s", data.len ? "," : "",
			label ? label : d);
	}
	if (target_settle(j->c, &j->target, e) < 0)
		return -1;
	if (j->source < 0)
		return old_new(j, ms, data.data, e);
	if (mount_at(NULL, j->source, j->target.fd, NULL, MS_BIND | (j->o.recursive ? MS_REC : 0),
		     NULL, e) < 0)
		return -1;
	if (j->o.idmap)
		return err_set(e, ERR_UNSUPPORTED, ENOSYS, "mount_setattr",
			       "id-mapped mounts need Linux 5.12");
	top = path_open_in_root(j->c->root, j->m->destination, O_PATH, 0, e);
	if (top < 0 || TEMP_FAILURE_RETRY(fstatfs(top, &st)) < 0)
		return -1;
	ms |= st.f_flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY);
	if (ms && mount_at(NULL, -1, top, NULL, MS_BIND | MS_REMOUNT | ms, NULL, e) < 0)
		return -1;
	if (!j->o.propagation)
		return 0;
	return mount_at(NULL, -1, top, NULL, j->o.propagation | (j->o.rec_propagation ? MS_REC : 0),
			NULL, e);
}

static int attach(struct job *j, int fd, struct err *e)
{
	return mount_attach_at(fd, j->target.fd, j->target.name, e);
}

/* One that was made with its attributes. */
static int attach_new(struct job *j, int fd, struct err *e)
{
	return finish_single(&j->o, fd, true, e) < 0 ? -1 : attach(j, fd, e);
}

static int attach_bind(struct job *j, int fd, struct err *e)
{
	if ((j->o.recursive ? finish(j, fd, e) : finish_single(&j->o, fd, false, e)) < 0)
		return -1;
	return attach(j, fd, e);
}

static int place_bind(struct job *j, struct err *e)
{
	int fd = j->cloned ? j->source : mount_clone(j->source, j->o.recursive, e);
	int rc;

	if (fd < 0)
		return e->errnum == ENOSYS ? old_way(j, e) : -1;
	rc = attach_bind(j, fd, e);
	if (!j->cloned)
		spent(j->c, fd);
	return rc;
}

/* A bind of a directory of the host in place of a file system that may not be mounted here. */
static int place_instead(struct job *j, const char *path, bool readonly, struct err *e)
{
	err_clear(e);
	j->source = mount_clone_at(AT_FDCWD, path, AT_RECURSIVE, e);
	j->cloned = j->source >= 0;
	if (!j->cloned) {
		err_clear(e);
		j->source = TEMP_FAILURE_RETRY(open(path, O_PATH | O_CLOEXEC));
	}
	if (j->source < 0)
		return err_sys(e, "open", "cannot open %s", path);
	j->o.recursive = true;
	if (readonly) {
		j->o.rec_set = MOUNT_ATTR_RDONLY;
		j->o.set |= MOUNT_ATTR_RDONLY;
	}
	return place_bind(j, e);
}

static int make(struct job *j, struct err *e)
{
	return mount_new(j->type, j->m->source ? j->m->source : j->type, &j->o.data, j->o.set, e);
}

/* The gid of the tty group need not be mapped where a user has no subordinate ids. */
static bool drop_gid(struct job *j)
{
	struct strv *d = &j->o.data;

	for (size_t i = 0; i < d->n; i++)
		if (str_after(d->v[i], "gid=")) {
			free(d->v[i]);
			memmove(&d->v[i], &d->v[i + 1], (d->n - i) * sizeof(*d->v));
			d->n--;
			return true;
		}
	return false;
}

static bool has_data(const struct job *j, const char *key)
{
	strv_foreach (o, &j->o.data)
		if (str_after(o, key))
			return true;
	return false;
}

/*
 * What a tmpfs covers lends it mode and owner, unless the options give them. An owner that is not
 * mapped here stays out.
 */
static int keep_look(struct job *j, const struct stat *below, int fs, struct err *e)
{
	_close_ int dir = -1;

	if (has_data(j, "uid=") || has_data(j, "gid=") || (!below->st_uid && !below->st_gid))
		return 0;
	dir = openat(fs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 ||
	    (fchown(dir, below->st_uid, below->st_gid) < 0 && errno != EINVAL && errno != EPERM))
		return err_sys(e, "fchown", "cannot keep the owner");
	return 0;
}

/* To be called before it is made. */
static int prepare_memory(struct job *j, struct stat *below, struct err *e)
{
	if (j->target.fd == j->c->dev) /* made this moment */
		below->st_mode = 01777;
	else if (target_stat(&j->target, below) < 0)
		return err_sys(e, "fstat", "cannot look at the directory");
	if (!has_data(j, "mode="))
		strv_addf(&j->o.data, "mode=%o", below->st_mode & 07777);
	j->late_ro = j->o.set & MOUNT_ATTR_RDONLY;
	j->o.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return 0;
}

/*
 * In a user namespace mqueue refuses the option context=, and its root takes a label as an
 * attribute. A kernel that keeps none for it (ENOTSUP) has no label to check either. The queues of
 * an ipc namespace that was there before have the label of whoever made it.
 */
static int label_queues(struct job *j, int fs, struct err *e)
{
	const char *label = j->c->cfg.mount_label;
	_close_ int dir = -1;

	if (!label || !*label || !str_eq(j->type, "mqueue") || !(j->c->new_ns & CLONE_NEWIPC))
		return 0;
	dir = openat(fs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || (fsetxattr(dir, "security.selinux", label, strlen(label) + 1, 0) < 0 &&
			errno != ENOTSUP))
		return err_sys(e, "fsetxattr", "cannot set the label");
	return 0;
}

/* The new /dev is kept: devices, links and mounts in it need no path. */
static int keep_dev(struct job *j, int *fd, struct err *e)
{
	struct create *c = j->c;

	if (c->dev >= 0 || j->o.copy_up || !str_eq(j->type, "tmpfs") ||
	    !target_is(j->m->destination, "/dev") || !c->dev_is_plain)
		return 0;
	c->dev = j->late_ro ? fcntl(*fd, F_DUPFD_CLOEXEC, 3) : take_fd(fd);
	return c->dev < 0 ? err_sys(e, "fcntl", "cannot keep /dev") : 0;
}

static int keep_memory(struct job *j, int *fd, const struct stat *below, struct err *e)
{
	if (keep_look(j, below, *fd, e) < 0 || own_add(j->c, *fd, e) < 0 || keep_dev(j, fd, e) < 0)
		return -1;
	return remember_late(j, fd, e);
}

static int place_new(struct job *j, struct err *e)
{
	struct stat below = {0};
	_close_ int fd = -1;

	if (is_memory(j) && prepare_memory(j, &below, e) < 0)
		return -1;
	fd = make(j, e);
	if (fd < 0 && e->errnum == EINVAL && str_eq(j->type, "devpts") && drop_gid(j)) {
		err_clear(e);
		fd = make(j, e);
	}
	if (fd < 0 && (e->errnum == ENOSYS || e->errnum == E2BIG)) {
		err_clear(e);
		return old_way(j, e);
	}
	if (fd < 0)
		return -1;
	if (j->o.copy_up && !target_is_new(&j->target) && copy_up(j->target.fd, fd, e) < 0)
		return -1;
	if (label_queues(j, fd, e) < 0 || attach_new(j, fd, e) < 0)
		return -1;
	if (is_memory(j) && keep_memory(j, &fd, &below, e) < 0)
		return -1;
	if (str_eq(j->type, "devpts") && j->c->devpts < 0)
		j->c->devpts = take_fd(&fd);
	spent(j->c, take_fd(&fd));
	return 0;
}

/* The procfs that this process has used all along, now attached for all to see. */
static int place_proc(struct job *j, struct err *e)
{
	struct create *c = j->c;

	c->proc_is_slash_proc = false; /* it may be the one that is covered now */
	if (c->pid_last) {
		_close_ int fd = pidjoin_proc(c, &j->o.data, j->o.set, e);

		return fd < 0 ? -1 : attach_new(j, fd, e);
	}
	if (!c->proc_placed && !j->o.data.n) {
		if (attach_bind(j, c->proc, e) < 0)
			return -1;
		c->proc_placed = true;
		c->proc_is_slash_proc = target_is(j->m->destination, "/proc");
		return 0;
	}
	if (place_new(j, e) == 0)
		return 0;
	if (e->errnum == EPERM && !(c->new_ns & CLONE_NEWPID) && host_proc(c, e) == 0 &&
	    c->host_proc >= 0)
		return place_instead(j, "/proc", false, e);
	if (e->errnum == EPERM)
		err_hint(e, "the host hides parts of its /proc, so no new one may be mounted");
	return -1;
}

/* A sysfs can be mounted only by the owner of the network namespace; sysfs(5). */
static int place_sysfs(struct job *j, struct err *e)
{
	if (place_new(j, e) == 0)
		return 0;
	return e->errnum == EPERM ? place_instead(j, "/sys", true, e) : -1;
}

/*
 * cgroup: the v2 hierarchy seen from the container's cgroup namespace. Without such a namespace it
 * is the host's, so it is read-only then unless "rw" is asked for. A host with v1 shows what it
 * has, in the same way.
 */
static int place_cgroup(struct job *j, struct err *e)
{
	static const struct strv none = {0};
	bool own = j->c->new_ns & CLONE_NEWCGROUP, write = strv_has(&j->m->options, "rw");
	enum cgroup_layout l = cgroup2_layout();

	if (l == CGROUP_NONE) {
		report_warn("there is no cgroup file system to mount on %s", j->m->destination);
		return 0;
	}
	j->type = "cgroup2";
	strv_release(&j->o.data);
	if (l != CGROUP_UNIFIED)
		return place_instead(j, "/sys/fs/cgroup", !write, e);
	if (own) {
		_close_ int fd = mount_new("cgroup2", "cgroup2", &none, j->o.set, e);

		if (fd >= 0)
			return attach_new(j, fd, e);
		if (e->errnum != EPERM && e->errnum != EBUSY && e->errnum != ENOSYS)
			return -1;
	}
	return place_instead(j, "/sys/fs/cgroup", !own && !write, e);
}

/* A remount changes what is at the target already. */
static int remount(struct job *j, struct err *e)
{
	_close_ int fd = path_open_in_root(j->c->root, j->m->destination, O_PATH, 0, e);

	return fd < 0 ? -1 : finish(j, fd, e);
}

/* Nothing but a procfs, new or bound, goes onto /proc. */
static int check_proc(const struct job *j, struct err *e)
{
	if (str_eq(j->type, "proc") || target_not_proc(j->c, &j->target, e) == 0)
		return 0;
	if (j->source < 0 || !is_fs(j->source, PROC_SUPER_MAGIC))
		return -1;
	err_clear(e);
	return 0;
}

static enum target_kind target_kind(const struct job *j)
{
	struct stat st;

	if (str_eq(j->type, "proc"))
		return TARGET_PROC;
	if (str_eq(j->type, "sysfs"))
		return TARGET_SYSFS;
	if (j->source >= 0)
		return fstat(j->source, &st) == 0 && !S_ISDIR(st.st_mode) ? TARGET_FILE
									  : TARGET_DIR;
	return is_memory(j) ? TARGET_MEMORY : TARGET_DIR;
}

static int place(struct job *j, struct err *e)
{
	if (j->o.remount)
		return remount(j, e);
	if (target_open(j->c, j->m->destination, target_kind(j), &j->target, e) < 0)
		return -1;
	if (check_proc(j, e) < 0)
		return -1;
	if (j->source >= 0)
		return place_bind(j, e);
	if (str_eq(j->type, "proc")) {
		if (place_proc(j, e) < 0)
			return -1;
		j->c->slash_proc_is_real |= target_is(j->m->destination, "/proc");
		return 0;
	}
	if (str_eq(j->type, "sysfs"))
		return place_sysfs(j, e);
	if (str_eq(j->type, "cgroup") || str_eq(j->type, "cgroup2"))
		return place_cgroup(j, e);
	return place_new(j, e);
}

/* Those which the kernel lets a user namespace label (selinux_set_mnt_opts() in Linux). */
static bool takes_label(const char *type)
{
	return str_eq(type, "tmpfs") || str_eq(type, "devpts") || str_eq(type, "ramfs") ||
	       str_eq(type, "overlay");
}

int mounts_clone(const struct config_mount *m, int source, struct err *e)
{
	return mount_clone(source, strv_has(&m->options, "rbind"), e);
}

static int place_source(struct job *j, struct err *e)
{
	const struct config_mount *m = j->m;
	const char *label = j->c->cfg.mount_label;
	int rc;

	strv_foreach (option, &m->options)
		mount_opts_add(&j->o, option);
	/* not one that is mounted without its ids mapped */
	if (idmount_wanted(m) && !j->cloned)
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "ids can be mapped when the container is made, of a bind mount");
	if (label && *label && j->source < 0 && takes_label(m->type))
		strv_addf(&j->o.data, "context=%s", label);
	if (j->source < 0 && !j->o.remount && !j->type)
		rc = err_set(e, ERR_INPUT, 0, NULL, "it has no type");
	else
		rc = place(j, e);
	target_release(j->c, &j->target);
	spent(j->c, j->source);
	mount_opts_release(&j->o);
	return rc;
}

int mounts_place(struct create *c, const struct config_mount *m, int source, struct err *e)
{
	struct job j = {.c = c, .m = m, .type = m->type, .source = source, .target.fd = -1};

	return place_source(&j, e);
}

int mounts_place_clone(struct create *c, const struct config_mount *m, int clone, struct err *e)
{
	struct job j = {.c = c, .m = m, .type = m->type, .source = clone, .target.fd = -1};

	j.cloned = clone >= 0;
	return place_source(&j, e);
}
