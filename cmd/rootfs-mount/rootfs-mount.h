/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the stages of rootfs-mount. */
#ifndef ROOTFS_MOUNT_H
#define ROOTFS_MOUNT_H

#include <stdbool.h>

#include "oci/store.h"

struct rootfs {
	struct strv layers; /* absolute directories, bottom first */
	char *directory;    /* in place of layers: the root file system itself */
	int dir;	    /* the container's directory: rootfs/, upper/, work/ */
	const char *path;   /* of that directory */
	bool is_volatile;   /* the read-write layer need not survive a power cut */
	const char *label;  /* SELinux label of all files, or NULL */
};

/* Where SELinux is on: fills .selinux of the document and label, of which the document is owner. */
int rootfs_choose_label(struct json *doc, struct rootfs *r, struct err *e);

/* Gives the label to the files of a copied tree. */
int rootfs_relabel(struct json *doc, const struct rootfs *r, struct err *e);

/*
 * Mounts the layers, each a different folder, with overlayfs on rootfs/. ERR_UNSUPPORTED where
 * overlayfs refuses them: the caller falls back, and asks the probe whether it refuses all, as
 * where this kernel or this file system does not let an unprivileged user have any. The working
 * directory is changed.
 */
int overlay_mount(const struct rootfs *r, struct err *e);
int overlay_probe(const struct store *s, struct err *e);

/* In the container's directory: rootfs/ is a whole copy of the image, and the container's own. */
#define COPIED "copied"

/* Copies the layers into rootfs/ and leaves COPIED. */
int vfs_copy(const struct rootfs *r, struct err *e);

/* The container's user, as the image knows it. */
struct user {
	int64_t uid, gid;
	char *name;	      /* as it was asked for, without the group; "" for the default */
	char *home;	      /* absolute */
	struct json *groups;  /* supplementary, array of numbers */
	bool numeric;	      /* asked for by number */
	bool known;	      /* passwd has it */
	int64_t group_number; /* the group by number, or else the user's; -1: by name */
};
void user_release(struct user *u);

/*
 * Looks "USER[:GROUP]" of the request, or else of the image, up in the root file system, with these
 * groups besides; "keep-groups" among them is the runtime's business.
 */
int user_lookup(int root, const char *user, const struct strv *groups, struct user *out,
		struct err *e);
/* For .rootfs.user: {uid, gid, additionalGids, home}. */
struct json *user_json(const struct user *u);
/* Does the tree's group file have this number? */
bool group_known(int root, int64_t gid);

/* What request and image say of places in the tree. */
struct places {
	struct strv mounted; /* where something will be mounted, cleaned */
	char *workdir;	     /* cleaned; "/" where nobody names one */
	bool workdir_of_user;
	bool passwd; /* lines may be added */
	const char *passwd_entry, *group_entry;
	struct strv host_users;
};
bool places_cover(const struct places *p, const char *path);

/* accounts.c: adds the lines of --hostuser. ERR_USAGE for a user that this host lacks. */
int accounts_add_host(int root, const struct places *p, struct err *e);

/*
 * Adds the lines that passwd and group lack for the user, whose home changes with that. Where that
 * fails, which the image can bring about, the container has none, with a warning.
 */
void accounts_add(int root, struct user *u, const struct places *p);

/* workdir.c: ERR_INPUT where the user's working directory is not there; makes the image's. */
int workdir_check(int root, const char *id, const struct user *u, const struct places *p,
		  struct err *e);

#endif
