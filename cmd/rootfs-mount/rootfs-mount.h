/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the stages of rootfs-mount. */
#ifndef ROOTFS_MOUNT_H
#define ROOTFS_MOUNT_H

#include <stdbool.h>

#include "oci/store.h"

struct rootfs {
	struct strv layers; /* absolute directories, bottom first */
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

/*
 * Looks the user of the request, or else of the image, up in the root file system. Fills an object
 * {uid, gid, additionalGids, home} for .rootfs.user.
 */
int user_lookup(int root, const char *user, const struct strv *groups, struct json **out,
		struct err *e);

#endif
