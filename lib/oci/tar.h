/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reader of tar archives as they come in image layers: ustar, GNU (long names, sparse files,
 * base-256 numbers) and PAX (extended attributes, sub-second times, sparse files 0.0, 0.1, 1.0).
 *
 * It pulls bytes through a callback, holds no entry's content, and bounds everything that the
 * archive could make large: extended headers, names, sparse maps.
 */
#ifndef RP_OCI_TAR_H
#define RP_OCI_TAR_H

#include <stdint.h>
#include <time.h>

#include "base/str.h"

#define TAR_MAX_EXTENDED (1u << 20) /* bytes of one PAX header or long name */
#define TAR_MAX_NAME	 4095
#define TAR_MAX_SPARSE	 (1u << 18) /* parts of a sparse file */

enum tar_type {
	TAR_FILE = '0', /* also contiguous and sparse files */
	TAR_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHAR = '3',
	TAR_BLOCK = '4',
	TAR_DIR = '5',
	TAR_FIFO = '6',
};

struct tar_xattr {
	char *name; /* as in "SCHILY.xattr.NAME" */
	char *value;
	size_t len;
};

/* length bytes of content belong at offset */
struct tar_part {
	int64_t offset, length;
};

struct tar_entry {
	enum tar_type type;
	const char *name; /* as the archive has it, not NULL, may be empty */
	const char *link; /* target of a link, else "" */
	int64_t uid, gid;
	uint32_t mode; /* 07777 */
	int64_t size;  /* of the file, holes included; 0 unless TAR_FILE */
	int64_t dev_major, dev_minor;
	struct timespec mtime;
	const struct tar_xattr *xattrs;
	size_t nxattrs;
	bool acls; /* access control lists as text were given, which are not read */
	bool sparse;
};

/*
 * Gives the next bytes of the archive: *data stays valid until the next call; *len 0 is its end.
 * Returns 0 or -1.
 */
typedef int tar_source(void *ctx, const uint8_t **data, size_t *len, struct err *e);

struct tar;
struct tar *tar_new(tar_source *source, void *ctx);
void tar_free(struct tar *t);

/*
 * The next entry; what the caller left of the content before is skipped. Returns 1; 0 at the end of
 * the archive; -1 with ERR_INPUT where it is malformed. *out is valid until the next call.
 */
int tar_next(struct tar *t, const struct tar_entry **out, struct err *e);

/*
 * The next piece of the entry's content and its offset in the file; holes are left out. *len is 0
 * at its end. Returns 0 or -1. *data is valid until the next call.
 */
int tar_content(struct tar *t, const uint8_t **data, size_t *len, int64_t *offset, struct err *e);

/* Reads the source up to its end, behind the end of the archive. */
int tar_drain(struct tar *t, struct err *e);

#endif
