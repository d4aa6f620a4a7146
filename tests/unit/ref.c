/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References: what is taken apart how, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "oci/ref.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *text, *domain, *path, *tag, *digest;
} good[] = {
	{"busybox", NULL, "busybox", NULL, NULL},
	{"busybox:1.36", NULL, "busybox", "1.36", NULL},
	{"library/busybox", NULL, "library/busybox", NULL, NULL},
	{"docker.io/busybox", "docker.io", "library/busybox", NULL, NULL},
	{"index.docker.io/busybox:x", "docker.io", "library/busybox", "x", NULL},
	{"docker.io/a/b", "docker.io", "a/b", NULL, NULL},
	{"localhost/x", "localhost", "x", NULL, NULL},
	{"localhost:5000/x:y", "localhost:5000", "x", "y", NULL},
	{"a.b:1/c/d-e__f.g:T_.-", "a.b:1", "c/d-e__f.g", "T_.-", NULL},
	{"[::1]:5000/x", "[::1]:5000", "x", NULL, NULL},
	{"Host/x", "Host", "x", NULL, NULL},
	{"quay.io/a@sha256:" HEX, "quay.io", "a", NULL, "sha256:" HEX},
	{"quay.io/a:t@sha256:" HEX, "quay.io", "a", "t", "sha256:" HEX},
	{"a---b", NULL, "a---b", NULL, NULL},
};

static const char *const bad[] = {
	"",
	"/",
	"a/",
	"/a",
	"a//b",
	"A",
	"a:",
	"a:-x",
	"a:.x",
	"a:x y",
	"a b",
	"-a",
	"a-",
	"a_",
	"_a",
	"a..b",
	"a.-b",
	"a___b",
	"../a",
	"a/../b",
	"a/.",
	"a@",
	"a@sha256:",
	"a@sha256:abc",
	"a@md5:0123",
	"a@sha256:" HEX "0",
	"a@SHA256:" HEX,
	"a@sha256:../../etc/passwd",
	"-x.y/a",
	"x.y:0/a",
	"x.y:65536/a",
	"x.y:/a",
	"x.y:1x/a",
	"x..y/a",
	"[::1/a",
	"a\n",
	"a\x1b[0m",
	"a:\xc3\xa4",
	"https://a.b/c",
	"x.y/a?b",
	"x.y/a#b",
	"x.y/%41",
	"user@x.y/a",
	"x_y.z/a",
	"a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
};

static void taken_apart(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_ref_ struct ref r = {0};
		struct err e = {0};

		if (ref_parse(good[i].text, &r, &e) < 0)
			fail_msg("%s: %s", good[i].text, e.msg);
		if (!str_eq(r.domain, good[i].domain) || !str_eq(r.path, good[i].path) ||
		    !str_eq(r.tag, good[i].tag) || !str_eq(r.digest, good[i].digest))
			fail_msg("%s: %s %s %s %s", good[i].text, r.domain, r.path, r.tag,
				 r.digest);
	}
}

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_ref_ struct ref r = {0};
		struct err e = {0};

		if (ref_parse(bad[i], &r, &e) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
		assert_null(r.path);
	}
}

static void too_long(void **state)
{
	_buf_ struct buf b = {0};
	_ref_ struct ref r = {0};
	struct err e = {0};

	for (int i = 0; i < 256; i++)
		buf_char(&b, 'a');
	assert_int_equal(ref_parse(b.data, &r, &e), -1);
	b.data[255] = '\0';
	assert_int_equal(ref_parse(b.data, &r, &e), 0);
}

static void completed(void **state)
{
	_ref_ struct ref a = {0}, b = {0}, c = {0};
	_free_ char *ta = NULL, *tb = NULL, *tc = NULL;

	ref_parse("busybox", &a, NULL);
	b = ref_with_domain(&a, "docker.io");
	ref_complete(&b);
	tb = ref_text(&b);
	assert_string_equal(tb, "docker.io/library/busybox:latest");
	ta = ref_text(&a);
	assert_string_equal(ta, "busybox");
	ref_parse("quay.io/a:t@sha256:" HEX, &c, NULL);
	ref_complete(&c);
	tc = ref_text(&c);
	assert_string_equal(tc, "quay.io/a@sha256:" HEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_apart),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_long),
		cmocka_unit_test(completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
