/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TOML reader: documents and the JSON they stand for, and documents that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/toml.h"

static const struct {
	const char *toml, *json;
} good[] = {
	{"", "{}"},
	{"# only a comment", "{}"},
	{"a = 1\nb = -2 # c\r\nc = 1_000\n", "{\"a\":1,\"b\":-2,\"c\":1000}"},
	{"a = true\nb=false", "{\"a\":true,\"b\":false}"},
	{"s = \"a\\t\\\"\\u00e4\\\\\"", "{\"s\":\"a\\t\\\"\xc3\xa4\\\\\"}"},
	{"s = 'C:\\x'", "{\"s\":\"C:\\\\x\"}"},
	{"s = \"\"\"\nab\\\n   c\nd\"\"\"", "{\"s\":\"abc\\nd\"}"},
	{"s = '''\na'b\n'''", "{\"s\":\"a'b\\n\"}"},
	{"s = \"\"\"a\"\"\"\"\"", "{\"s\":\"a\\\"\\\"\"}"},
	{"a = [1, 2,\n # c\n 3,]", "{\"a\":[1,2,3]}"},
	{"a = []", "{\"a\":[]}"},
	{"a = { x = 1, y.z = 'q' }", "{\"a\":{\"x\":1,\"y\":{\"z\":\"q\"}}}"},
	{"a.b.c = 1\na.b.d = 2", "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}"},
	{"[t]\na=1\n[t.u]\nb=2\n[v]", "{\"t\":{\"a\":1,\"u\":{\"b\":2}},\"v\":{}}"},
	{"[[r]]\nx=1\n[[r.m]]\ny=1\n[[r.m]]\ny=2\n[[r]]\nx=2\n[[r.m]]",
	 "{\"r\":[{\"x\":1,\"m\":[{\"y\":1},{\"y\":2}]},{\"x\":2,\"m\":[{}]}]}"},
	{"[[r]]\n[r.t]\na=1\n[[r]]\n[r.t]\na=2", "{\"r\":[{\"t\":{\"a\":1}},{\"t\":{\"a\":2}}]}"},
	{"[a.b]\nx=1\n[a]\ny=2", "{\"a\":{\"b\":{\"x\":1},\"y\":2}}"},
	{"\"a b\" = 1\n'c.d' = 2\n1-_ = 3", "{\"a b\":1,\"c.d\":2,\"1-_\":3}"},
	{"\xef\xbb\xbf"
	 "a=1",
	 "{\"a\":1}"},
};

static const struct {
	const char *toml;
	int line;
} bad[] = {
	{"a", 1},
	{"a =", 1},
	{"a = 1 b = 2", 1},
	{"\na = 1\na = 2", 3},
	{"[t]\n[t]", 2},
	{"a = 1\n[a]", 2},
	{"[a]\n[[a]]", 2},
	{"[[a]]\n[a]", 2},
	{"a = [1]\n[[a]]", 2},
	{"a = \"x", 1},
	{"a = \"x\n\"", 1},
	{"a = 'x", 1},
	{"a = \"\\x\"", 1},
	{"a = \"\\u12\"", 1},
	{"a = \"\\ud800\"", 1},
	{"a = \"\\u0000\"", 1},
	{"a = 01", 1},
	{"a = 1.5", 1},
	{"a = 1__0", 1},
	{"a = _1", 1},
	{"a = 1_", 1},
	{"a = 0x1", 1},
	{"a = 9223372036854775808", 1},
	{"a = 2026-01-01", 1},
	{"a = [1", 1},
	{"a = [1 2]", 1},
	{"a = {x=1", 1},
	{"a = {x=1,}", 1},
	{"a = {x=1,x=2}", 1},
	{"a = {x=1}\na.y = 2", 2},
	{"a = {x=1}\n[a]", 2},
	{"[a", 1},
	{"[]", 1},
	{"[a]]", 1},
	{"[[a]", 1},
	{".a = 1", 1},
	{"a. = 1", 1},
	{"\"\"\"a\"\"\" = 1", 1},
	{"a = truex", 1},
	{"a = \"\x01\"", 1},
	{"[t]\na.b=1\n[t.a]\n[t.a]", 4},
	{"= 1", 1},
	{"a = \"\"\"\n\n\\q\"\"\"", 3},
};

static void read_well(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_json_ struct json *got = NULL, *want = NULL;
		struct err e = {0};

		if (toml_parse(good[i].toml, strlen(good[i].toml), "t", &got, &e) < 0)
			fail_msg("%s: %s", good[i].toml, e.msg);
		assert_int_equal(json_parse(good[i].json, strlen(good[i].json), "j", &want, &e), 0);
		if (!json_equal(got, want))
			fail_msg("%s: got %s", good[i].toml, json_text(got, false));
	}
}

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_json_ struct json *got = NULL;
		_free_ char *where = str_fmt("file:%d: ", bad[i].line);
		struct err e = {0};

		if (toml_parse(bad[i].toml, strlen(bad[i].toml), "file", &got, &e) == 0)
			fail_msg("taken: %s", bad[i].toml);
		assert_int_equal(e.code, ERR_INPUT);
		if (!str_after(e.msg, where))
			fail_msg("%s: %s, expected %s", bad[i].toml, e.msg, where);
	}
}

static void too_deep(void **state)
{
	_buf_ struct buf b = {0};
	_json_ struct json *got = NULL;
	struct err e = {0};

	buf_str(&b, "a = ");
	for (int i = 0; i < 100000; i++)
		buf_char(&b, '[');
	assert_int_equal(toml_parse(b.data, b.len, "file", &got, &e), -1);
	assert_non_null(strstr(e.msg, "too deep"));
}

static void nul_byte(void **state)
{
	_json_ struct json *got = NULL;
	struct err e = {0};

	assert_int_equal(toml_parse("a=1\0", 4, "file", &got, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_well),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(nul_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
