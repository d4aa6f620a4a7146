/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decompression as a stream: see inflate.h.
 *
 * gzip by ISA-L's igzip, about twice as fast as zlib; members that follow each other are read on,
 * as gzip(1) does, each checked by its CRC. zstd by libzstd, frames and skippable frames alike; a
 * frame that asks for a window above 128 MiB is refused, so that memory is bounded.
 *
 * Nothing here limits the output: who takes it counts it.
 */
#include "oci/inflate.h"

#include <isa-l/igzip_lib.h>
#include <string.h>
#include <zstd.h>

#include "base/str.h"

struct inflate {
	enum inflate_kind kind;
	struct inflate_state gz;
	bool member; /* within a gzip member */
	ZSTD_DCtx *zstd;
	size_t zstd_hint; /* 0: between frames */
	bool any;	  /* some input was seen */
};

enum inflate_kind inflate_detect(const uint8_t *d, size_t len)
{
	static const uint8_t gz[] = {0x1f, 0x8b}, zs[] = {0x28, 0xb5, 0x2f, 0xfd};
	static const uint8_t bz[] = {'1', 'A', 'Y', '&', 'S', 'Y'},
			     xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};

	if (len >= sizeof(gz) && memcmp(d, gz, sizeof(gz)) == 0)
		return INFLATE_GZIP;
	if (len >= sizeof(zs) && memcmp(d, zs, sizeof(zs)) == 0)
		return INFLATE_ZSTD;
	/* 0x184D2A50 to 5F: a skippable frame, with which chunked layers may begin */
	if (len >= 4 && (d[0] & 0xf0) == 0x50 && d[1] == 0x2a && d[2] == 0x4d && d[3] == 0x18)
		return INFLATE_ZSTD;
	if (len >= 10 && memcmp(d, "BZh", 3) == 0 && memcmp(d + 4, bz, sizeof(bz)) == 0)
		return INFLATE_BZIP2;
	if (len >= sizeof(xz) && memcmp(d, xz, sizeof(xz)) == 0)
		return INFLATE_XZ;
	return INFLATE_PLAIN;
}

const char *inflate_name(enum inflate_kind kind)
{
	static const char *const names[] = {"uncompressed", "gzip", "zstd", "bzip2", "xz"};

	return names[kind];
}

int inflate_kind_of(const char *type, enum inflate_kind *out, struct err *e)
{
	static const char *const bases[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};
	const char *rest = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bases) && !rest; i++)
		rest = str_after(type, bases[i]);
	if (!rest || (*rest && *rest != '+' && *rest != '.'))
		return err_set(e, ERR_INPUT, 0, "media-type", "\"%.100s\" is no layer", type);
	if (!*rest)
		*out = INFLATE_PLAIN;
	else if (str_eq(rest + 1, "gzip"))
		*out = INFLATE_GZIP;
	else if (str_eq(rest + 1, "zstd"))
		*out = INFLATE_ZSTD;
	else
		return err_set(e, ERR_UNSUPPORTED, 0, "media-type",
			       "layers of type \"%.100s\" are not supported", type);
	return 0;
}

struct inflate *inflate_new(enum inflate_kind kind, struct err *e)
{
	struct inflate *d;

	if (kind > INFLATE_ZSTD) {
		err_set(e, ERR_UNSUPPORTED, 0, "inflate", "%s is not supported",
			inflate_name(kind));
		return NULL;
	}
	d = mem_alloc(sizeof(*d));
	d->kind = kind;
	if (kind != INFLATE_ZSTD)
		return d;
	d->zstd = ZSTD_createDCtx();
	if (d->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax,
							    INFLATE_ZSTD_WINDOW)))
		return d;
	inflate_free(d);
	err_set(e, ERR_FAILED, 0, "zstd", "libzstd cannot be set up");
	return NULL;
}

void inflate_free(struct inflate *d)
{
	if (!d)
		return;
	ZSTD_freeDCtx(d->zstd);
	free(d);
}

static int bad(struct err *e, const char *op, const char *what)
{
	return err_set(e, ERR_INPUT, 0, op, "the compressed data is damaged: %s", what);
}

static int run_plain(const uint8_t **in, size_t *in_len, uint8_t **out, size_t *out_len)
{
	size_t n = *in_len < *out_len ? *in_len : *out_len;

	memcpy(*out, *in, n);
	*in += n;
	*in_len -= n;
	*out += n;
	*out_len -= n;
	return 0;
}

static const char *gzip_problem(int r)
{
	switch (r) {
	case ISAL_DECOMP_OK:
	case ISAL_END_INPUT:
	case ISAL_OUT_OVERFLOW:
		return NULL;
	case ISAL_INCORRECT_CHECKSUM:
		return "wrong checksum";
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		return "no gzip header where one should be";
	default:
		return "not a deflate stream";
	}
}

static int run_gzip(struct inflate *d, const uint8_t **in, size_t *in_len, uint8_t **out,
		    size_t *out_len, struct err *e)
{
	const uint32_t most = 1u << 30; /* igzip counts in 32 bits */
	uint32_t in_step = *in_len > most ? most : (uint32_t)*in_len;
	uint32_t out_step = *out_len > most ? most : (uint32_t)*out_len;
	const char *problem;

	if (!d->member) {
		isal_inflate_init(&d->gz);
		d->gz.crc_flag = ISAL_GZIP;
		d->member = true;
	}
	d->gz.next_in = (uint8_t *)(uintptr_t)*in;
	d->gz.avail_in = in_step;
	d->gz.next_out = *out;
	d->gz.avail_out = out_step;
	problem = gzip_problem(isal_inflate(&d->gz));
	if (problem)
		return bad(e, "gzip", problem);
	*in += in_step - d->gz.avail_in;
	*in_len -= in_step - d->gz.avail_in;
	*out += out_step - d->gz.avail_out;
	*out_len -= out_step - d->gz.avail_out;
	if (d->gz.block_state == ISAL_BLOCK_FINISH)
		d->member = false;
	return 0;
}

static int run_zstd(struct inflate *d, const uint8_t **in, size_t *in_len, uint8_t **out,
		    size_t *out_len, struct err *e)
{
	ZSTD_inBuffer i = {*in, *in_len, 0};
	ZSTD_outBuffer o = {*out, *out_len, 0};
	size_t r = ZSTD_decompressStream(d->zstd, &o, &i);

	if (ZSTD_isError(r))
		return bad(e, "zstd", ZSTD_getErrorName(r));
	d->zstd_hint = r;
	*in += i.pos;
	*in_len -= i.pos;
	*out += o.pos;
	*out_len -= o.pos;
	return 0;
}

int inflate_run(struct inflate *d, const uint8_t **in, size_t *in_len, uint8_t **out,
		size_t *out_len, struct err *e)
{
	d->any = d->any || *in_len;
	switch (d->kind) {
	case INFLATE_GZIP:
		if (!d->member && !*in_len)
			return 0;
		return run_gzip(d, in, in_len, out, out_len, e);
	case INFLATE_ZSTD:
		if (d->zstd_hint == 0 && !*in_len)
			return 0;
		return run_zstd(d, in, in_len, out, out_len, e);
	default:
		return run_plain(in, in_len, out, out_len);
	}
}

int inflate_end(const struct inflate *d, struct err *e)
{
	if (d->kind == INFLATE_PLAIN)
		return 0;
	if (!d->any || d->member || d->zstd_hint)
		return bad(e, inflate_name(d->kind), "it is cut off");
	return 0;
}
