/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of img-fetch share: the blobs that an image needs, the places it can come from,
 * the progress display.
 */
#ifndef IMG_FETCH_FETCH_H
#define IMG_FETCH_FETCH_H

#include "oci/digest.h"
#include "oci/image.h"
#include "oci/ref.h"

/* ---- progress.c ---- */

struct progress;

/* quiet: nothing on stderr. status_fd: JSON Lines, or -1. */
struct progress *progress_new(bool quiet, int status_fd);
void progress_free(struct progress *p);
void progress_trying(struct progress *p, const char *reference);
/* final: the whole program fails with this error, which the frame reports on stderr. */
void progress_failed(struct progress *p, const char *reference, const struct err *e, bool final);
/* offset of total bytes of a blob are there. skipped: the store had it. */
void progress_blob(struct progress *p, const char *digest, int64_t offset, int64_t total);
void progress_blob_done(struct progress *p, const char *digest, int64_t total, bool skipped);
void progress_done(struct progress *p, const char *reference, const char *digest);

/* ---- part.c: one blob on its way into the store ---- */

struct part {
	int partial; /* STORE/partial */
	int blobs;   /* STORE/blobs/sha256 */
	int fd;	     /* partial/HEX.part, locked */
	char name[72];
	char digest[DIGEST_LEN];
	int64_t size;	/* what it must become */
	int64_t offset; /* bytes in the file, all of them in sum */
	bool resumed;	/* some of the bytes are from an earlier try */
	struct digest sum;
	struct buf pending; /* not yet written */
};
#define PART_NONE                                    \
	{                                            \
		.partial = -1, .blobs = -1, .fd = -1 \
	}

enum part_state {
	PART_ERROR = -1,
	PART_MINE = 0,	  /* open for appending at offset */
	PART_BUSY = 1,	  /* another process is at it (with nowait) */
	PART_PRESENT = 2, /* the store has the blob by now */
};

/*
 * Opens or makes the partial file and takes its lock. What an earlier process left is hashed again,
 * never trusted.
 */
int part_open(struct part *p, const struct store *s, const char *digest, int64_t size, bool nowait,
	      struct err *e);
int part_append(struct part *p, const void *data, size_t len, struct err *e);
/* Back to nothing. */
int part_restart(struct part *p, struct err *e);
/* Verifies size and digest and moves the file into blobs. A wrong one is removed: ERR_INPUT. */
int part_commit(struct part *p, struct err *e);
/* Lets go of the file, which stays for a later resume; an empty one goes. */
void part_close(struct part *p);

/* A small blob that was verified already. */
int blob_write(const struct store *s, const char *digest, const struct buf *data, struct err *e);
/*
 * Does the store have the blob? Its size must be right; with verify its digest too, and a wrong one
 * is removed. 1 yes, 0 no, -1 error.
 */
int blob_present(const struct store *s, const char *digest, int64_t size, bool verify,
		 struct err *e);

/* ---- sources ---- */

struct blob {
	const char *digest, *type; /* borrowed from the manifest */
	int64_t size;
	struct json *urls; /* foreign layer, or NULL; borrowed */
};

struct fetch {
	struct store *store;
	struct progress *progress;
	struct platform want;
	bool want_asked; /* by the user, not this host's */
};

/* A place that has one image. */
struct source {
	/*
	 * A manifest into *out, and its Content-Type (may stay NULL) into *type. want NULL: the one
	 * that the reference names; otherwise the one with this digest.
	 */
	int (*manifest)(struct source *src, const struct descriptor *want, struct buf *out,
			char **type, struct err *e);
	/* A small blob into memory; the caller verifies it. */
	int (*small)(struct source *src, const struct descriptor *want, struct buf *out,
		     struct err *e);
	/* These blobs into the store, verified. */
	int (*blobs)(struct source *src, const struct blob *list, size_t n, struct err *e);
};

/* ---- pull.c ---- */

/*
 * Brings the image into the store under the name, and fills *image. name->digest, where there is
 * one, is what the first manifest must have.
 */
int pull(struct fetch *f, struct source *src, const struct ref *name, struct json **image,
	 struct err *e);

/*
 * The image of that name if the store has all of it: manifest, configuration, layers, for the
 * platform. 1 and *image, 0 no, -1 error.
 */
int pull_local(struct fetch *f, const struct json *desc, const char *reference, struct json **image,
	       struct err *e);

/* ---- oci_dir.c ---- */

struct oci_dir {
	struct source src;
	struct fetch *f;
	int dir;
	struct json *index;
	struct json *entry; /* of the image, in index */
	struct ref name;    /* what to call it */
};
/* text: what stands behind "oci:". */
int oci_dir_open(struct oci_dir *o, struct fetch *f, const char *text, struct err *e);
void oci_dir_close(struct oci_dir *o);
#define _oci_dir_ _clean_(oci_dir_close)

#endif
