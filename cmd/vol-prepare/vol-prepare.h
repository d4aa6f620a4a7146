/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of vol-prepare. */
#ifndef VOL_PREPARE_H
#define VOL_PREPARE_H

#include "ctr/container.h"

struct volumes {
	struct store s;
	struct json *doc;
	struct json *out;     /* .volumes */
	struct json *taken;   /* their destinations, as keys */
	struct json *relabel; /* [{source, shared}] for selinux-label */
	int rootfs;	      /* -1 where the document has none */
	int64_t uid, gid;
};

/*
 * volume.c: a volume of the store as a mount at dest, made when missing. The mount is in .volumes
 * already when its options are applied.
 */
int volume_place(struct volumes *v, const char *name, const char *dest, bool anonymous,
		 const struct strv *options, struct err *e);

/*
 * Names for n anonymous volumes. Before these are made their names go into the container's
 * volumes.json, so that ctr-cleanup(1) finds them whatever happens to the start.
 */
int volume_names(struct volumes *v, size_t n, struct strv *names, struct err *e);

/* vol-prepare.c: adds a mount to .volumes. The caller does not own it. */
struct json *mount_add(struct volumes *v, const char *type, const char *source, const char *dest);

/* Applies options: those of ours act on the source, mount options go into m. */
int mount_finish(struct volumes *v, struct json *m, const struct strv *options, struct err *e);

/*
 * overlay.c: turns a mount of source into an overlay with a read-write layer of the container's
 * own, empty at each start and removed with the container ("O").
 */
int overlay_volume(struct volumes *v, struct json *m, const char *source,
		   const struct strv *options, struct err *e);

/* The tree of an image of the store, read-only, or with "rw" among the options as above. */
int overlay_image(struct volumes *v, const char *image, const char *dest,
		  const struct strv *options, struct err *e);

#endif
