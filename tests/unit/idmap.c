/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap: /etc/subuid as people write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sys/idmap.h"

#define UID 1000

static int parse(const char *text, struct idmap *m, struct err *e)
{
	return idmap_parse(text, "/etc/subuid", "alice", UID, UID, m, e);
}

static void check(const struct idmap *m, size_t i, uint32_t inside, uint32_t outside,
		  uint32_t count)
{
	assert_int_equal(m->r[i].inside, inside);
	assert_int_equal(m->r[i].outside, outside);
	assert_int_equal(m->r[i].count, count);
}

static void test_by_name(void **state)
{
	struct idmap m;

	assert_int_equal(parse("bob:1:2\nalice:100000:65536\n", &m, NULL), 0);
	assert_int_equal(m.n, 2);
	check(&m, 0, 0, UID, 1);
	check(&m, 1, 1, 100000, 65536);
}

static void test_by_uid(void **state)
{
	struct idmap m;

	assert_int_equal(parse("1000:200000:10\n10000:1:1\n100:1:1", &m, NULL), 0);
	assert_int_equal(m.n, 2);
	check(&m, 1, 1, 200000, 10);
	/* a user without a name */
	assert_int_equal(idmap_parse("1000:5:6", "f", NULL, UID, UID, &m, NULL), 0);
	check(&m, 1, 1, 5, 6);
}

static void test_several(void **state)
{
	struct idmap m;

	assert_int_equal(parse("alice:300000:10\n1000:100000:65536\nalice:400000:1\n", &m, NULL),
			 0);
	assert_int_equal(m.n, 4);
	check(&m, 1, 1, 300000, 10);
	check(&m, 2, 11, 100000, 65536);
	check(&m, 3, 65547, 400000, 1);
	assert_int_equal(idmap_to_outside(&m, 0), UID);
	assert_int_equal(idmap_to_outside(&m, 10), 300009);
	assert_int_equal(idmap_to_outside(&m, 11), 100000);
	assert_int_equal(idmap_to_outside(&m, 65547), 400000);
	assert_int_equal(idmap_to_outside(&m, 65548), -1);
}

static void test_blanks(void **state)
{
	struct idmap m;

	assert_int_equal(
		parse("# a comment\n\n  alice:100000:65536 \t\r\n   \n#alice:x:y", &m, NULL), 0);
	assert_int_equal(m.n, 2);
	check(&m, 1, 1, 100000, 65536);
}

static void test_nobody(void **state)
{
	struct idmap m;

	assert_int_equal(parse("", &m, NULL), 0);
	assert_int_equal(m.n, 1);
	check(&m, 0, 0, UID, 1);
	/* what is wrong in a line of somebody else is not our concern */
	assert_int_equal(parse("bob:x:y\nbob\n::\nalicex:1:1\nalic:1:1\n", &m, NULL), 0);
	assert_int_equal(m.n, 1);
}

static void test_wrong(void **state)
{
	static const char *const lines[] = {
		"alice",
		"alice:1",
		"alice:1:2:3",
		"alice::1",
		"alice:1:",
		"alice:-1:5",
		"alice:1:-5",
		"alice:+1:5",
		"alice:0x10:5",
		"alice:1:0",
		"alice:a:5",
		"alice:1 :5",
		"alice:4294967296:1",
		"alice:1:4294967296",
		"alice:4294967295:1",
		"alice:4294967290:10",
		"alice:18446744073709551617:5",
		"1000:100000:",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		_free_ char *text = str_fmt("bob:1:1\n%s\n", lines[i]);
		struct idmap m;
		struct err e = {0};

		if (parse(text, &m, &e) == 0)
			fail_msg("\"%s\" was taken", lines[i]);
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(strstr(e.msg, "/etc/subuid line 2"));
		assert_non_null(strstr(e.msg, lines[i]));
		assert_true(*e.hint);
	}
}

static void test_overlap(void **state)
{
	static const char *const texts[] = {
		"alice:100:50\nalice:149:1",
		"alice:100:50\nalice:60:41",
		"alice:100:50\n1000:110:5",
		"alice:110:5\nalice:100:50",
		"alice:999:2", /* the user's own id */
	};
	struct idmap m;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err e = {0};

		assert_int_equal(parse(texts[i], &m, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(strstr(e.msg, "overlaps"));
	}
	assert_int_equal(parse("alice:100:50\nalice:150:1\nalice:99:1", &m, NULL), 0);
}

/* Together they must not go beyond what a namespace can number. */
static void test_sum(void **state)
{
	struct idmap m;
	struct err e = {0};

	assert_int_equal(parse("alice:2000000000:2000000000\nalice:1001:1999998999", &m, NULL), 0);
	assert_int_equal(parse("alice:1001:4294966294", &m, &e), 0);
	assert_int_equal(m.n, 2);
}

static void test_many(void **state)
{
	_buf_ struct buf b = {0};
	struct idmap m;
	struct err e = {0};

	for (int i = 0; i < IDMAP_MAX_RANGES - 1; i++)
		buf_fmt(&b, "alice:%d:1\n", 2000 + i * 2);
	assert_int_equal(parse(b.data, &m, NULL), 0);
	assert_int_equal(m.n, IDMAP_MAX_RANGES);
	buf_str(&b, "alice:900000:1\n");
	assert_int_equal(parse(b.data, &m, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
}

static void test_files(void **state)
{
	struct idmap m;

	assert_int_equal(idmap_read("/nonexistent/subuid", "alice", UID, UID, &m, NULL), 0);
	assert_int_equal(m.n, 1);
	assert_int_equal(idmap_current(false, &m, NULL), 0);
	assert_true(m.n >= 1 && m.r[0].count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name), cmocka_unit_test(test_by_uid),
		cmocka_unit_test(test_several), cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_nobody),	cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_overlap), cmocka_unit_test(test_sum),
		cmocka_unit_test(test_many),	cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
