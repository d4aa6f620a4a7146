/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of layer-unpack share. */
#ifndef RP_LAYER_UNPACK_UNPACK_H
#define RP_LAYER_UNPACK_UNPACK_H

#include <linux/capability.h>

#include "oci/store.h"
#include "oci/tar.h"
#include "sys/confine.h"
#include "sys/idmap.h"
#include "ring.h"

/* What giving files their owners, modes and attributes takes. */
#define UNPACK_CAPS                                                                             \
	(CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE) |                               \
	 CONFINE_CAP(CAP_DAC_READ_SEARCH) | CONFINE_CAP(CAP_FOWNER) | CONFINE_CAP(CAP_FSETID) | \
	 CONFINE_CAP(CAP_MKNOD) | CONFINE_CAP(CAP_SETFCAP))

enum whiteout_form {
	WHITEOUT_AUTO,	/* a node where the file system takes one, else an attribute */
	WHITEOUT_NODE,	/* a character device 0:0 */
	WHITEOUT_XATTR, /* an empty file with user.overlay.whiteout; Linux 6.7 */
};

struct settings {
	int64_t max_size; /* bytes of one layer's archive */
	int64_t max_ratio;
	int64_t max_entries;
	bool squash_ids;
	enum whiteout_form whiteouts;
	struct idmap uids, gids; /* of this user namespace */
};

/* Ids that are not mapped: as many as a message can name, and the largest. */
#define IDSET_MAX 48
struct idset {
	uint32_t v[IDSET_MAX];
	uint32_t n;
	uint32_t max;
	bool more;
};
void idset_add(struct idset *s, uint32_t id);

/* What a process of a layer tells the one that started it; at most PIPE_BUF bytes. It may have been
 * taken over: report_check() makes it safe to read. */
struct report {
	bool failed;
	bool stopped; /* only since a process before or behind it ended */
	struct err err;
	int64_t size;		 /* bytes of the archive, from the one that hashes */
	int64_t devices;	 /* skipped */
	int64_t xattrs;		 /* that the file system did not take */
	int64_t acls;		 /* entries with access control lists, which are left out */
	struct idset uids, gids; /* not mapped */
};

struct layer {
	const char *digest, *diff_id, *media_type;
	int64_t size;		  /* of the blob; -1 where unknown */
	const struct layer *same; /* an earlier one with the same diffID, or NULL */
	bool present;
};

/* A place in the layer: what an entry's path leads to. dir is borrowed from the cache. */
struct spot {
	int dir;
	const char *name; /* NULL: the root itself */
	bool inherits;	  /* dir has the setgid bit: what is made in it gets its group */
};

struct dir_time {
	size_t path; /* offset in struct dirs.text */
	ino_t ino;
	struct timespec mtime;
};

struct unpack {
	const struct settings *set;
	struct report *report;
	int root;
	struct tar *tar;
	int64_t entries;
	bool xattr_whiteouts; /* there are, or may be, whiteouts in the form of attributes */
	/* the folder of the last entry */
	int parent;
	struct buf parent_path;
	bool parent_known, parent_inherits;
	struct buf path, link_path; /* of this entry, cleaned */
	/* folders, whose times are set when all else is done */
	struct buf dir_paths;
	struct dir_time *dirs;
	size_t ndirs;
};

/* One layer: what its three processes share. */
struct work {
	const struct layer *layer;
	const struct settings *set;
	int blob, root;
	int out;	     /* for the report of the process */
	struct ring plain;   /* inflated */
	struct ring checked; /* the same, digested */
	bool stopped;	     /* of the process that parses: nothing came any more */
};

/* stream.c: each runs in a process of its own, which it confines. */
int work_inflate(struct work *w, struct report *r, struct err *e);
int work_hash(struct work *w, struct report *r, struct err *e);
int work_parse(struct work *w, struct report *r, struct err *e);

/* apply.c: all entries of u->tar, then the times of folders. */
int unpack_entries(struct unpack *u, struct err *e);

/*
 * place.c. path_clean(): "./a//b/" to "a/b"; "" is the root; ".." is ERR_INPUT. find_spot(): the
 * folder of a cleaned path, made where missing; 0, or 1 where a whiteout already hides it and the
 * entry is one itself, or -1. clear_spot(): removes what is there; *was_whiteout may be NULL.
 */
int path_clean(const char *name, struct buf *out, struct err *e);
int find_spot(struct unpack *u, const char *path, bool for_whiteout, struct spot *out,
	      struct err *e);
int clear_spot(struct unpack *u, const struct spot *s, bool *was_whiteout, struct err *e);
void forget_parent(struct unpack *u);
int make_whiteout(struct unpack *u, const struct spot *s, struct err *e);
/* The folder fd hides what lower layers have there; value "y", or "x" for attribute whiteouts. */
int set_opaque(int fd, const char *value, struct err *e);

/* attrs.c: of an open file or folder; of a link or FIFO by its name. */
int set_attrs(struct unpack *u, int fd, const struct tar_entry *t, bool inherits, struct err *e);
int set_link_attrs(struct unpack *u, const struct spot *s, const struct tar_entry *t,
		   struct err *e);

/* jobs.c: unpacks the layers that are not present, several at once. */
int unpack_missing(const struct store *s, struct layer *layers, size_t n,
		   const struct settings *set, int jobs, struct err *e);

/* sync.c: makes the layers' data durable, then their records. detach: in a process of its own. */
int sync_layers(const struct store *s, const struct layer *layers, size_t n, bool detach,
		struct err *e);

#endif
