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

#include "oci/tar_entry.h"

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
