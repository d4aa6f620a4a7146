/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate: each kind through buffers of all sizes, members in a row, damage, bounded windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/str.h"
#include "oci/inflate.h"

#define TEXT 300000

static uint8_t *text(void)
{
	uint8_t *t = mem_alloc(TEXT);
	uint32_t x = 1;

	for (size_t i = 0; i < TEXT; i++) {
		x = x * 1103515245u + 12345u;
		t[i] = (uint8_t)(i % 97 < 60 ? 'a' + i % 7 : x >> 24);
	}
	return t;
}

static void add_gzip(struct buf *b, const uint8_t *t, size_t n)
{
	struct isal_zstream z;
	size_t room = n + 1000;

	buf_reserve(b, room);
	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.end_of_stream = 1;
	z.next_in = (uint8_t *)(uintptr_t)t;
	z.avail_in = (uint32_t)n;
	z.next_out = (uint8_t *)b->data + b->len;
	z.avail_out = (uint32_t)room;
	assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
	b->len += z.total_out;
}

static void add_zstd(struct buf *b, const uint8_t *t, size_t n, int window)
{
	size_t room = ZSTD_compressBound(n), r;
	ZSTD_CCtx *c = ZSTD_createCCtx();

	buf_reserve(b, room);
	ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window);
	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, window == 0);
	if (window) {
		ZSTD_inBuffer i = {t, n, 0};
		ZSTD_outBuffer o = {b->data + b->len, room, 0};

		assert_int_equal(ZSTD_compressStream2(c, &o, &i, ZSTD_e_flush) > n, 0);
		assert_int_equal(ZSTD_compressStream2(c, &o, &i, ZSTD_e_end), 0);
		r = o.pos;
	} else {
		r = ZSTD_compress2(c, b->data + b->len, room, t, n);
	}
	assert_false(ZSTD_isError(r));
	b->len += r;
	ZSTD_freeCCtx(c);
}

/* Decompresses with input and output buffers of these sizes; -1 where it fails. */
static int run(enum inflate_kind kind, const struct buf *b, size_t in_step, size_t out_step,
	       struct buf *out)
{
	struct err e = {0};
	struct inflate *d = inflate_new(kind, &e);
	const uint8_t *in = (const uint8_t *)b->data;
	size_t left = b->len;
	uint8_t *room = mem_alloc(out_step);
	int r = 0;

	for (;;) {
		size_t n = left < in_step ? left : in_step, given = n, o_len = out_step;
		uint8_t *o = room;

		r = inflate_run(d, &in, &n, &o, &o_len, &e);
		buf_add(out, room, out_step - o_len);
		left -= given - n;
		if (r < 0 || (!left && o_len == out_step))
			break;
		assert_true(given != n || o_len != out_step);
	}
	if (r == 0)
		r = inflate_end(d, &e);
	assert_true(r == 0 || e.code == ERR_INPUT);
	inflate_free(d);
	free(room);
	return r;
}

static void all_sizes(enum inflate_kind kind, const struct buf *b, const uint8_t *t, size_t n)
{
	static const size_t steps[] = {1, 7, 100, 4096, 65536, 1 << 20};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		for (size_t o = 2; o < ARRAY_LEN(steps); o++) {
			_buf_ struct buf out = {0};

			assert_int_equal(run(kind, b, steps[i], steps[o], &out), 0);
			assert_int_equal(out.len, n);
			assert_memory_equal(out.data, t, n);
		}
	}
}

static void test_one(void **state)
{
	_free_ uint8_t *t = text();
	_buf_ struct buf gz = {0}, zs = {0}, plain = {0};

	add_gzip(&gz, t, TEXT);
	add_zstd(&zs, t, TEXT, 0);
	buf_add(&plain, t, TEXT);
	assert_int_equal(inflate_detect((uint8_t *)gz.data, gz.len), INFLATE_GZIP);
	assert_int_equal(inflate_detect((uint8_t *)zs.data, zs.len), INFLATE_ZSTD);
	assert_int_equal(inflate_detect(t, TEXT), INFLATE_PLAIN);
	all_sizes(INFLATE_GZIP, &gz, t, TEXT);
	all_sizes(INFLATE_ZSTD, &zs, t, TEXT);
	all_sizes(INFLATE_PLAIN, &plain, t, TEXT);
}

static void test_members(void **state)
{
	_free_ uint8_t *t = text();
	_buf_ struct buf gz = {0}, zs = {0};

	for (size_t at = 0; at < TEXT; at += TEXT / 3) {
		add_gzip(&gz, t + at, TEXT / 3);
		add_zstd(&zs, t + at, TEXT / 3, 0);
		buf_add(&zs, "\x50\x2a\x4d\x18\x05\0\0\0hello", 13); /* a skippable frame */
	}
	all_sizes(INFLATE_GZIP, &gz, t, TEXT);
	all_sizes(INFLATE_ZSTD, &zs, t, TEXT);
}

static void test_damage(void **state)
{
	_free_ uint8_t *t = text();
	static const char *const tails[] = {"x", "xx", "\x1f\x8b", "\x28\xb5\x2f\xfd", "\0\0\0\0"};

	for (int kind = INFLATE_GZIP; kind <= INFLATE_ZSTD; kind++) {
		_buf_ struct buf b = {0};
		size_t len;

		if (kind == INFLATE_GZIP)
			add_gzip(&b, t, TEXT);
		else
			add_zstd(&b, t, TEXT, 0);
		len = b.len;
		for (size_t cut = 1; cut < len; cut += len / 50) {
			_buf_ struct buf out = {0};

			b.len = len - cut;
			assert_int_equal(run(kind, &b, 4096, 65536, &out), -1);
		}
		for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
			_buf_ struct buf out = {0};

			b.len = len;
			buf_add(&b, tails[i], i == 4 ? 4 : strlen(tails[i]));
			assert_int_equal(run(kind, &b, 4096, 65536, &out), -1);
		}
	}
}

static void test_checksum(void **state)
{
	_free_ uint8_t *t = text();
	_buf_ struct buf b = {0}, out = {0};

	add_gzip(&b, t, TEXT);
	b.data[b.len - 8] ^= 1;
	assert_int_equal(run(INFLATE_GZIP, &b, 4096, 65536, &out), -1);
}

static void test_window(void **state)
{
	_free_ uint8_t *t = text();
	_buf_ struct buf ok = {0}, large = {0}, out = {0};

	add_zstd(&ok, t, TEXT, 27);
	add_zstd(&large, t, TEXT, 28);
	assert_int_equal(run(INFLATE_ZSTD, &ok, 4096, 65536, &out), 0);
	assert_int_equal(run(INFLATE_ZSTD, &large, 4096, 65536, &out), -1);
}

static void test_types(void **state)
{
	enum inflate_kind k = INFLATE_PLAIN;
	struct err e = {0};

	assert_int_equal(inflate_kind_of("application/vnd.oci.image.layer.v1.tar+zstd", &k, &e), 0);
	assert_int_equal(k, INFLATE_ZSTD);
	assert_int_equal(
		inflate_kind_of("application/vnd.docker.image.rootfs.diff.tar.gzip", &k, &e), 0);
	assert_int_equal(k, INFLATE_GZIP);
	assert_int_equal(inflate_kind_of("application/vnd.oci.image.layer.v1.tar", &k, &e), 0);
	assert_int_equal(k, INFLATE_PLAIN);
	assert_int_equal(inflate_kind_of("application/vnd.oci.image.layer.v1.tarx", &k, &e), -1);
	assert_int_equal(inflate_kind_of("text/html", &k, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(
		inflate_kind_of("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", &k, &e),
		-1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),    cmocka_unit_test(test_members),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_window), cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
