/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by descriptor: see mountfd.h for the contract.
 *
 * The kernel tells why a file system refused in the log of its context (fsopen(2), read(2) on the
 * descriptor); that text goes into the error. fsconfig(2) copies at most 255 bytes of a value.
 */
#include "sys/mountfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

#define ATIME MOUNT_ATTR__ATIME

struct word {
	const char *name;
	uint64_t set, clear;
};

/* With an r in front each of these concerns all mounts below as well. */
static const struct word attrs[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, 0},
	{"dev", 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"noatime", MOUNT_ATTR_NOATIME, ATIME},
	{"atime", 0, ATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME, ATIME},
	{"nostrictatime", 0, ATIME},
	{"relatime", MOUNT_ATTR_RELATIME, ATIME},
	{"norelatime", 0, ATIME},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME},
};

static const struct word propagations[] = {
	{"private", MS_PRIVATE, 0},
	{"shared", MS_SHARED, 0},
	{"slave", MS_SLAVE, 0},
	{"unbindable", MS_UNBINDABLE, 0},
};

static const struct word *find(const struct word *t, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].name, name) == 0)
			return &t[i];
	return NULL;
}
#define FIND(table, name) find(table, ARRAY_LEN(table), name)

unsigned long mount_propagation(const char *word, bool *recursive)
{
	const struct word *w = FIND(propagations, word);

	*recursive = false;
	if (!w && *word == 'r') {
		w = FIND(propagations, word + 1);
		*recursive = true;
	}
	return w ? w->set : 0;
}

static bool add_attr(struct mount_opts *o, const char *option)
{
	const struct word *w = FIND(attrs, option);
	bool rec = false;

	if (!w && *option == 'r') {
		w = FIND(attrs, option + 1);
		rec = true;
	}
	if (!w)
		return false;
	if (rec) {
		o->rec_set = (o->rec_set & ~w->clear) | w->set;
		o->rec_clear = (o->rec_clear & ~w->set) | w->clear;
	} else {
		o->set = (o->set & ~w->clear) | w->set;
		o->clear = (o->clear & ~w->set) | w->clear;
	}
	return true;
}

static const struct {
	const char *name;
	size_t flag;
	bool second; /* also .recursive or .rec_idmap */
} flags[] = {
	{"bind", offsetof(struct mount_opts, bind), false},
	{"remount", offsetof(struct mount_opts, remount), false},
	{"tmpcopyup", offsetof(struct mount_opts, copy_up), false},
	{"idmap", offsetof(struct mount_opts, idmap), false},
};

void mount_opts_add(struct mount_opts *o, const char *option)
{
	bool rec;
	unsigned long prop = mount_propagation(option, &rec);

	if (prop) {
		o->propagation = prop;
		o->rec_propagation = rec;
		return;
	}
	if (strcmp(option, "defaults") == 0 || add_attr(o, option))
		return;
	if (strcmp(option, "rbind") == 0) {
		o->bind = o->recursive = true;
		return;
	}
	if (strcmp(option, "ridmap") == 0) {
		o->idmap = o->rec_idmap = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(flags[i].name, option) == 0) {
			*(bool *)((char *)o + flags[i].flag) = true;
			return;
		}
	strv_add(&o->data, option);
}

void mount_opts_release(struct mount_opts *o)
{
	strv_release(&o->data);
}

const char *const *mount_opts_names(void)
{
	static const char *const names[] = {
		"atime",
		"bind",
		"defaults",
		"dev",
		"diratime",
		"exec",
		"idmap",
		"noatime",
		"nodev",
		"nodiratime",
		"noexec",
		"norelatime",
		"nostrictatime",
		"nosuid",
		"nosymfollow",
		"private",
		"ratime",
		"rbind",
		"rdev",
		"rdiratime",
		"relatime",
		"remount",
		"rexec",
		"ridmap",
		"rnoatime",
		"rnodev",
		"rnodiratime",
		"rnoexec",
		"rnorelatime",
		"rnostrictatime",
		"rnosuid",
		"rnosymfollow",
		"ro",
		"rprivate",
		"rrelatime",
		"rro",
		"rrw",
		"rshared",
		"rslave",
		"rstrictatime",
		"rsuid",
		"rsymfollow",
		"runbindable",
		"rw",
		"shared",
		"slave",
		"strictatime",
		"suid",
		"symfollow",
		"tmpcopyup",
		"unbindable",
		NULL,
	};

	return names;
}

/*
 * A kernel between 5.2 and 5.12 has only some of the calls, and a mount that was begun by
 * descriptor could not be finished: so those that finish it are asked for first, with arguments
 * that no kernel takes. Where one that begins is missing, which a filter can do, its own ENOSYS
 * says so.
 */
static bool has_calls(void)
{
	static int known = -1;

	if (known < 0)
		known = !(
			(syscall(SYS_mount_setattr, -1, NULL, 0, NULL, 0) < 0 && errno == ENOSYS) ||
			(syscall(SYS_move_mount, -1, NULL, -1, NULL, 0) < 0 && errno == ENOSYS));
	return known;
}

static int no_calls(struct err *e)
{
	errno = ENOSYS;
	return err_sys(e, "open_tree", "this kernel has no mounts by descriptor");
}

/* The kernel's own words about the failure, "e proc: ..." lines, into the hint. */
static int fs_failed(int fs, const char *type, int errnum, struct err *e)
{
	char text[200];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	errno = errnum;
	err_sys(e, "fsconfig", "cannot make a file system of type %s", type);
	if (n > 2) {
		text[n] = '\0';
		if (text[n - 1] == '\n')
			text[n - 1] = '\0';
		err_hint(e, "the kernel says: %s", text + 2);
	}
	return -1;
}

/* These calls wait for a lock that a signal may end (fs/fsopen.c in Linux). */
static int configure(int fs, unsigned cmd, const char *key, const char *value)
{
	return (int)TEMP_FAILURE_RETRY(syscall(SYS_fsconfig, fs, cmd, key, value, 0));
}

static int set_option(int fs, const char *option)
{
	const char *eq = strchr(option, '=');
	_free_ char *key = eq ? str_ndup(option, (size_t)(eq - option)) : NULL;

	if (!eq)
		return configure(fs, FSCONFIG_SET_FLAG, option, NULL);
	return configure(fs, FSCONFIG_SET_STRING, key, eq + 1);
}

int mount_begin(const char *type, struct err *e)
{
	int fs;

	if (!has_calls())
		return no_calls(e);
	fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (fs < 0 && errno == ENOSYS)
		return no_calls(e);
	return fs < 0 ? err_sys(e, "fsopen", "cannot make a file system of type %s", type) : fs;
}

int mount_finish(int fs, const char *type, const char *source, const struct strv *data,
		 uint64_t attr, struct err *e)
{
	int fd;

	if (source && strlen(source) < 256)
		configure(fs, FSCONFIG_SET_STRING, "source", source);
	strv_foreach (opt, data)
		if (set_option(fs, opt) < 0) {
			int saved = errno;

			fs_failed(fs, type, saved, e);
			return err_prefix(e, "option %s", opt);
		}
	if (configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return fs_failed(fs, type, errno, e);
	fd = (int)TEMP_FAILURE_RETRY(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attr));
	return fd < 0 ? fs_failed(fs, type, errno, e) : fd;
}

int mount_new(const char *type, const char *source, const struct strv *data, uint64_t attr,
	      struct err *e)
{
	_close_ int fs = -1;

	if (!has_calls())
		return no_calls(e);
	strv_foreach (d, data)
		if (strlen(d) > 255)
			return err_set(e, ERR_UNSUPPORTED, E2BIG, "fsconfig", "option too long");
	fs = mount_begin(type, e);
	return fs < 0 ? -1 : mount_finish(fs, type, source, data, attr, e);
}

int mount_clone_at(int dir, const char *path, int how, struct err *e)
{
	int m;

	if (!has_calls())
		return no_calls(e);
	m = (int)syscall(SYS_open_tree, dir, path,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (unsigned)how);
	if (m < 0 && errno == ENOSYS)
		return no_calls(e);
	return m < 0 ? err_sys(e, "open_tree", "cannot clone a mount") : m;
}

int mount_clone(int fd, bool recursive, struct err *e)
{
	return mount_clone_at(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), e);
}

int mount_change(int fd, bool recursive, uint64_t set, uint64_t clear, uint64_t propagation,
		 int idmap, struct err *e)
{
	struct mount_attr a = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	if (!set && !clear && !propagation && idmap < 0)
		return 0;
	if (!has_calls())
		return no_calls(e);
	if (idmap >= 0) {
		a.attr_set |= MOUNT_ATTR_IDMAP;
		a.userns_fd = (uint64_t)idmap;
	}
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a,
		    sizeof(a)) < 0)
		return err_sys(e, "mount_setattr", "cannot change a mount");
	return 0;
}

int mount_attach_at(int fd, int dir, const char *name, struct err *e)
{
	if (syscall(SYS_move_mount, fd, "", dir, name,
		    MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0 : MOVE_MOUNT_T_EMPTY_PATH)) < 0)
		return err_sys(e, "move_mount", "cannot attach a mount");
	return 0;
}

int mount_attach(int fd, int dest, struct err *e)
{
	return mount_attach_at(fd, dest, "", e);
}

int mount_at(const char *source, int source_fd, int dest, const char *type, unsigned long msflags,
	     const char *data, struct err *e)
{
	char from[40], to[40];

	snprintf(to, sizeof(to), "/proc/self/fd/%d", dest);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", source_fd);
	if (mount(source_fd >= 0 ? from : source, to, type, msflags, data) < 0)
		return err_sys(e, "mount", "cannot mount %s", type ? type : "it");
	return 0;
}

unsigned long mount_attr_to_ms(uint64_t attr)
{
	static const struct {
		uint64_t attr;
		unsigned long ms;
	} map[] = {
		{MOUNT_ATTR_RDONLY, MS_RDONLY},		{MOUNT_ATTR_NOSUID, MS_NOSUID},
		{MOUNT_ATTR_NODEV, MS_NODEV},		{MOUNT_ATTR_NOEXEC, MS_NOEXEC},
		{MOUNT_ATTR_NOATIME, MS_NOATIME},	{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
		{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW},
	};
	unsigned long ms = 0;

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (attr & map[i].attr)
			ms |= map[i].ms;
	return ms;
}
