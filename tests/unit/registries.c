/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registries.conf: short names, prefixes, rewriting, mirrors, layers of files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oci/registries.h"

#define HEX "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void add(struct registries *r, const char *text)
{
	struct err e = {0};

	if (registries_add(r, text, strlen(text), "conf", &e) < 0)
		fail_msg("%s", e.msg);
}

/* The candidates of a name, one blank between them; or "!CODE". */
static char *candidates(const struct registries *r, const char *name)
{
	_ref_ struct ref ref = {0};
	_refs_ struct refs list = {0};
	_buf_ struct buf b = {0};
	struct err e = {0};

	assert_int_equal(ref_parse(name, &ref, &e), 0);
	if (registries_candidates(r, &ref, &list, &e) < 0)
		return str_fmt("!%d", e.code);
	for (size_t i = 0; i < list.n; i++) {
		_free_ char *text = ref_text(&list.v[i]);

		buf_fmt(&b, "%s%s", i ? " " : "", text);
	}
	return buf_take(&b);
}

/* The endpoints of a name; '+' in front of an insecure one, '~' of a mirror. */
static char *endpoints(const struct registries *r, const char *name)
{
	_ref_ struct ref ref = {0};
	_endpoints_ struct endpoints list = {0};
	_buf_ struct buf b = {0};
	struct err e = {0};

	assert_int_equal(ref_parse(name, &ref, &e), 0);
	if (registries_endpoints(r, &ref, &list, &e) < 0)
		return str_fmt("!%d", e.code);
	for (size_t i = 0; i < list.n; i++) {
		_free_ char *text = ref_text(&list.v[i].ref);

		buf_fmt(&b, "%s%s%s%s", i ? " " : "", list.v[i].insecure ? "+" : "",
			list.v[i].mirror ? "~" : "", text);
	}
	return buf_take(&b);
}

#define IS(call, want)                           \
	do {                                     \
		_free_ char *got_ = call;        \
		assert_string_equal(got_, want); \
	} while (0)

static void short_names(void **state)
{
	_registries_ struct registries r = {0};

	add(&r, "");
	IS(candidates(&r, "bb"), "!4");
	IS(candidates(&r, "x.y/bb"), "x.y/bb:latest");
	add(&r, "unqualified-search-registries = ['a.io', 'docker.io', 'c.io/ns']");
	IS(candidates(&r, "bb:1"), "a.io/bb:1 docker.io/library/bb:1 c.io/ns/bb:1");
	IS(candidates(&r, "bb@" HEX),
	   "a.io/bb@" HEX " docker.io/library/bb@" HEX " c.io/ns/bb@" HEX);
	add(&r, "short-name-mode = 'enforcing'");
	IS(candidates(&r, "bb"), "!8");
	add(&r, "[aliases]\nbb = 'q.io/real/bb'\n'ns/x' = 'docker.io/x'");
	IS(candidates(&r, "bb:2"), "q.io/real/bb:2");
	IS(candidates(&r, "ns/x"), "docker.io/library/x:latest");
	add(&r, "unqualified-search-registries = ['only.io']\n[aliases]\nbb = ''");
	IS(candidates(&r, "bb"), "only.io/bb:latest");
}

static void local_order(void **state)
{
	_registries_ struct registries r = {0};
	_ref_ struct ref ref = {0};
	_refs_ struct refs list = {0};
	_free_ char *first = NULL, *second = NULL, *third = NULL, *last = NULL;

	add(&r, "unqualified-search-registries = ['a.io']\nshort-name-mode='enforcing'\n"
		"[aliases]\nbb = 'q.io/bb'");
	ref_parse("bb", &ref, NULL);
	registries_local(&r, &ref, &list);
	assert_int_equal(list.n, 4);
	first = ref_text(&list.v[0]);
	second = ref_text(&list.v[1]);
	third = ref_text(&list.v[2]);
	last = ref_text(&list.v[3]);
	assert_string_equal(first, "localhost/bb:latest");
	assert_string_equal(second, "q.io/bb:latest");
	assert_string_equal(third, "a.io/bb:latest");
	assert_string_equal(last, "docker.io/library/bb:latest");
}

static void prefixes(void **state)
{
	_registries_ struct registries r = {0};

	add(&r,
	    "[[registry]]\nprefix='example.com'\nlocation='one.io/x'\n"
	    "[[registry]]\nprefix='example.com/foo'\nlocation='two.io/bar'\ninsecure=true\n"
	    "[[registry]]\nprefix='*.wild.org'\ninsecure=true\n"
	    "[[registry]]\nprefix='blocked.wild.org'\nlocation='blocked.wild.org'\nblocked=true\n"
	    "[[registry]]\nlocation='bad.io/ns'\nblocked=true\n");
	IS(endpoints(&r, "example.com/a:1"), "one.io/x/a:1");
	IS(endpoints(&r, "example.com/foo/a:1"), "+two.io/bar/a:1");
	IS(endpoints(&r, "example.com/foo:1"), "+two.io/bar:1");
	IS(endpoints(&r, "example.com/foobar:1"), "one.io/x/foobar:1");
	IS(endpoints(&r, "example.com:5000/a:1"), "example.com:5000/a:1");
	IS(endpoints(&r, "example.com.evil.io/a:1"), "example.com.evil.io/a:1");
	IS(endpoints(&r, "a.b.wild.org/x:1"), "+a.b.wild.org/x:1");
	IS(endpoints(&r, "wild.org/x:1"), "wild.org/x:1");
	IS(endpoints(&r, "notwild.org/x:1"), "notwild.org/x:1");
	IS(endpoints(&r, "blocked.wild.org/x:1"), "!8");
	IS(endpoints(&r, "bad.io/ns/x:1"), "!8");
	IS(endpoints(&r, "bad.io/other:1"), "bad.io/other:1");
}

static void mirrors(void **state)
{
	_registries_ struct registries r = {0};

	add(&r, "[[registry]]\nlocation='r.io'\n"
		"[[registry.mirror]]\nlocation='m1.io/c'\ninsecure=true\n"
		"[[registry.mirror]]\nlocation='m2.io'\npull-from-mirror='digest-only'\n"
		"[[registry.mirror]]\nlocation='m3.io'\npull-from-mirror='tag-only'\n"
		"[[registry]]\nlocation='d.io'\nmirror-by-digest-only=true\n"
		"[[registry.mirror]]\nlocation='m4.io'\n");
	IS(endpoints(&r, "r.io/a:1"), "+~m1.io/c/a:1 ~m3.io/a:1 r.io/a:1");
	IS(endpoints(&r, "r.io/a@" HEX), "+~m1.io/c/a@" HEX " ~m2.io/a@" HEX " r.io/a@" HEX);
	IS(endpoints(&r, "d.io/a:1"), "d.io/a:1");
	IS(endpoints(&r, "d.io/a@" HEX), "~m4.io/a@" HEX " d.io/a@" HEX);
}

static void later_files_win(void **state)
{
	_registries_ struct registries r = {0};

	add(&r, "[[registry]]\nlocation='r.io'\nblocked=true");
	add(&r, "[[registry]]\nlocation='r.io'\ninsecure=true");
	IS(endpoints(&r, "r.io/a:1"), "+r.io/a:1");
}

static void version_1(void **state)
{
	_registries_ struct registries r = {0};

	add(&r, "[registries.search]\nregistries=['s.io']\n[registries.insecure]\n"
		"registries=['i.io']\n[registries.block]\nregistries=['b.io']\n");
	IS(candidates(&r, "x"), "s.io/x:latest");
	IS(endpoints(&r, "i.io/x:1"), "+i.io/x:1");
	IS(endpoints(&r, "b.io/x:1"), "!8");
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"unqualified-search-registries = 'a.io'",
		"unqualified-search-registries = [1]",
		"short-name-mode = 'sometimes'",
		"[aliases]\na = 1",
		"[[registry]]\nblocked = true",
		"[[registry]]\nlocation = 'a.io'\nblocked = 'yes'",
		"[[registry]]\nprefix = '*.a.io/ns'",
		"[[registry]]\nlocation='a.io'\n[[registry.mirror]]\ninsecure=true",
		"[[registry]]\nlocation='a.io'\n[[registry.mirror]]\nlocation='b.io'\n"
		"pull-from-mirror='never'",
		"registry = 'x'",
		"unqualified-search-registries = []\n[registries.search]\nregistries=['a']",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_registries_ struct registries r = {0};
		struct err e = {0};

		if (registries_add(&r, bad[i], strlen(bad[i]), "conf", &e) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(str_after(e.msg, "conf"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names),	   cmocka_unit_test(local_order),
		cmocka_unit_test(prefixes),	   cmocka_unit_test(mirrors),
		cmocka_unit_test(later_files_win), cmocka_unit_test(version_1),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
