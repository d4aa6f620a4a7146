/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials: which entry is found for which repository, and only for that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reg/auth.h"

/* "USER:SECRET", "-" for none, "!" for an error. */
static char *find(const struct auths *a, const char *name)
{
	_ref_ struct ref r = {0};
	_cred_ struct cred c = {0};
	struct err e = {0};
	int found;

	assert_int_equal(ref_parse(name, &r, &e), 0);
	found = auths_find(a, &r, NULL, false, &c, &e);
	if (found < 0)
		return str_dup("!");
	return found ? str_fmt("%s:%s%s", c.user, c.secret, c.identity ? "*" : "") : str_dup("-");
}

#define IS(call, want)                           \
	do {                                     \
		_free_ char *got_ = call;        \
		assert_string_equal(got_, want); \
	} while (0)

static void add(struct auths *a, const char *text)
{
	struct err e = {0};

	if (auths_add(a, text, strlen(text), "auth.json", &e) < 0)
		fail_msg("%s", e.msg);
}

static void most_specific_first(void **state)
{
	_auths_ struct auths a = {0};

	/* host:1, ns:2, repo:3 */
	add(&a, "{\"auths\":{\"r.io\":{\"auth\":\"aG9zdDox\"},"
		"\"r.io/ns\":{\"auth\":\"bnM6Mg==\"},\"r.io/ns/repo\":{\"auth\":\"cmVwbzoz\"},"
		"\"p.io:5000\":{\"auth\":\"aG9zdDox\"},\"i.io\":{\"identitytoken\":\"tok\"},"
		"\"e.io\":{}}}");
	IS(find(&a, "r.io/ns/repo:x"), "repo:3");
	IS(find(&a, "r.io/ns/other"), "ns:2");
	IS(find(&a, "r.io/nsx/repo"), "host:1");
	IS(find(&a, "r.io/ns/repo/sub"), "repo:3");
	IS(find(&a, "x.r.io/ns/repo"), "-");
	IS(find(&a, "r.io:443/ns/repo"), "-");
	IS(find(&a, "p.io:5000/x"), "host:1");
	IS(find(&a, "p.io/x"), "-");
	IS(find(&a, "i.io/x"), "<token>:tok*");
	IS(find(&a, "e.io/x"), "-");
	IS(find(&a, "docker.io/x"), "-");
}

static void old_docker_keys(void **state)
{
	_auths_ struct auths a = {0};

	add(&a, "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"aG9zdDox\"},"
		"\"https://q.io/v2/\":{\"auth\":\"bnM6Mg==\"}}}");
	IS(find(&a, "docker.io/busybox"), "host:1");
	IS(find(&a, "q.io/x"), "ns:2");
	IS(find(&a, "quay.io/x"), "-");
}

static void first_file_wins(void **state)
{
	_auths_ struct auths a = {0};

	add(&a, "{\"auths\":{\"r.io\":{\"auth\":\"aG9zdDox\"}}}");
	add(&a,
	    "{\"auths\":{\"r.io/ns\":{\"auth\":\"bnM6Mg==\"},\"s.io\":{\"auth\":\"bnM6Mg==\"}}}");
	IS(find(&a, "r.io/ns/x"), "host:1");
	IS(find(&a, "s.io/x"), "ns:2");
}

static void refused(void **state)
{
	_auths_ struct auths a = {0};
	struct err e = {0};

	add(&a, "{\"auths\":{\"a.io\":{\"auth\":\"***\"},\"b.io\":{\"auth\":\"YWJj\"},"
		"\"c.io\":{\"auth\":\"YQA6Yg==\"}}}");
	IS(find(&a, "a.io/x"), "!");
	IS(find(&a, "b.io/x"), "!"); /* abc: no colon */
	IS(find(&a, "c.io/x"), "!"); /* a NUL byte */
	assert_int_equal(auths_add(&a, "[]", 2, "auth.json", &e), -1);
	assert_int_equal(auths_add(&a, "{\"auths\":{},\"auths\":{}}", 23, "auth.json", &e), -1);
}

static void base64(void **state)
{
	static const char *const texts[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
	static const char *const coded[] = {"",		"Zg==",	    "Zm8=",    "Zm9v",
					    "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t n = 0;
		_free_ char *c = base64_encode(texts[i], strlen(texts[i]));
		_free_ char *d = base64_decode(coded[i], &n);

		assert_string_equal(c, coded[i]);
		assert_string_equal(d, texts[i]);
		assert_int_equal(n, strlen(texts[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_specific_first),
		cmocka_unit_test(old_docker_keys),
		cmocka_unit_test(first_file_wins),
		cmocka_unit_test(refused),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
