/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by descriptor: made or cloned detached, changed, then put onto a descriptor.
 *
 * fsopen(2), fsmount(2), open_tree(2), move_mount(2) are Linux 5.2, mount_setattr(2) is 5.12. Where
 * one is missing, mount(2) does the same through /proc/self/fd/N, which is why the caller still
 * needs a /proc at that time.
 */
#ifndef RP_SYS_MOUNTFD_H
#define RP_SYS_MOUNTFD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* What a list of mount options asks for; mount(8), and the table of the OCI runtime spec. */
struct mount_opts {
	uint64_t set, clear;	     /* MOUNT_ATTR_* of this mount */
	uint64_t rec_set, rec_clear; /* the same, with all mounts below */
	uint64_t propagation;	     /* MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE or 0 */
	bool rec_propagation;
	bool bind, recursive, remount;
	bool copy_up; /* tmpcopyup */
	bool idmap, rec_idmap;
	struct strv data; /* what the file system itself is to read */
};

/* Adds one option. Unknown ones go to data, for the file system to judge. */
void mount_opts_add(struct mount_opts *o, const char *option);
void mount_opts_release(struct mount_opts *o);

/* All option names that mount_opts_add() knows by itself; ends with NULL. */
const char *const *mount_opts_names(void);

/* MS_SHARED ... for "shared", "rshared" ...; 0 where the word is none of them. */
unsigned long mount_propagation(const char *word, bool *recursive);

/*
 * A new file system of this type, with its own options, not attached anywhere. Returns the mount,
 * usable like an O_PATH descriptor of its root. ERR_UNSUPPORTED on a kernel without fsmount(2), or
 * where a value is longer than fsconfig(2) takes: mount_new_at() then does it.
 */
int mount_new(const char *type, const char *source, const struct strv *data, uint64_t attr,
	      struct err *e);

/*
 * The two halves of it: the context of a file system, fsopen(2), and the mount, with it. A procfs
 * belongs to the pid namespace of who has made the context.
 */
int mount_begin(const char *type, struct err *e);
int mount_finish(int context, const char *type, const char *source, const struct strv *data,
		 uint64_t attr, struct err *e);

/* A detached copy of the mount (or part of it) at fd. */
int mount_clone(int fd, bool recursive, struct err *e);

/*
 * The same of what is at this path below the directory dir, as openat(2) with O_PATH would find it.
 * how: AT_RECURSIVE, AT_SYMLINK_NOFOLLOW.
 */
int mount_clone_at(int dir, const char *path, int how, struct err *e);

/* mount_setattr(2) on a mount. idmap: a user namespace descriptor or -1. */
int mount_change(int fd, bool recursive, uint64_t set, uint64_t clear, uint64_t propagation,
		 int idmap, struct err *e);

/* Attaches a detached mount on the file or directory at dest. */
int mount_attach(int fd, int dest, struct err *e);
/* The same on the entry of a directory, which is not followed where it is a link. */
int mount_attach_at(int fd, int dir, const char *name, struct err *e);

/*
 * The same with mount(2), for kernels without the above: makes or binds and attaches in one step
 * on dest. The flags are MS_*. The caller opens the path again to reach the new mount.
 */
int mount_at(const char *source, int source_fd, int dest, const char *type, unsigned long flags,
	     const char *data, struct err *e);

/* MS_* flags for MOUNT_ATTR_*. */
unsigned long mount_attr_to_ms(uint64_t attr);

#endif
