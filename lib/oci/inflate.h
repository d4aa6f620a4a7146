/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decompression of layers: gzip (ISA-L), zstd, plain. Needs libisal and libzstd in the program's
 * libs file.
 */
#ifndef RP_OCI_INFLATE_H
#define RP_OCI_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum inflate_kind {
	INFLATE_PLAIN,
	INFLATE_GZIP,
	INFLATE_ZSTD,
	INFLATE_BZIP2, /* these two are recognised, and not supported */
	INFLATE_XZ,
};

/* The largest window of a zstd frame that is accepted, as a power of two: 128 MiB. */
#define INFLATE_ZSTD_WINDOW 27

/* What the first bytes (at least 10, fewer only where the blob is shorter) look like. */
enum inflate_kind inflate_detect(const uint8_t *data, size_t len);

/*
 * The kind that a media type promises. Returns 0; ERR_UNSUPPORTED for an encrypted layer or another
 * compression, ERR_INPUT for what is no layer.
 */
int inflate_kind_of(const char *media_type, enum inflate_kind *out, struct err *e);

const char *inflate_name(enum inflate_kind kind);

struct inflate;
/* ERR_UNSUPPORTED for what is only recognised. */
struct inflate *inflate_new(enum inflate_kind kind, struct err *e);
void inflate_free(struct inflate *d);

/*
 * Decompresses from in to out; both counts are advanced. Progress is made as long as there is input
 * or something left to put out. Members and frames may follow each other; anything else behind them
 * is ERR_INPUT.
 */
int inflate_run(struct inflate *d, const uint8_t **in, size_t *in_len, uint8_t **out,
		size_t *out_len, struct err *e);

/* All input was given: is it complete? ERR_INPUT where it is cut off. */
int inflate_end(const struct inflate *d, struct err *e);

#endif
