/* SPDX-License-Identifier: GPL-2.0-or-later */
/* str: strict conversions, buffers, vectors, quoting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "base/str.h"

static void test_int(void **state)
{
	static const char *const wrong[] = {"",
					    " 1",
					    "1 ",
					    "+1",
					    "-",
					    "0x10",
					    "1e3",
					    "1.0",
					    "a",
					    "1a",
					    "--1",
					    "9223372036854775808",
					    "99999999999999999999",
					    "-9223372036854775809"};
	int64_t v = 7;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(str_to_int(wrong[i], INT64_MIN, INT64_MAX, &v), -1);
	assert_int_equal(v, 7);
	assert_int_equal(str_to_int("0", 0, 10, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(str_to_int("-5", -5, 10, &v), 0);
	assert_int_equal(v, -5);
	assert_int_equal(str_to_int("-6", -5, 10, &v), -1);
	assert_int_equal(str_to_int("11", -5, 10, &v), -1);
	assert_int_equal(str_to_int("0012", 0, 100, &v), 0);
	assert_int_equal(v, 12);
	assert_int_equal(str_to_int("9223372036854775807", 0, INT64_MAX, &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(str_to_int("-9223372036854775808", INT64_MIN, 0, &v), 0);
	assert_true(v == INT64_MIN);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {{"0", 0},
		    {"1", 1},
		    {"1b", 1},
		    {"1k", 1024},
		    {"1K", 1024},
		    {"1kb", 1024},
		    {"1KiB", 1024},
		    {"1.5k", 1536},
		    {"512m", 536870912},
		    {"2g", 2147483648},
		    {"1t", 1099511627776},
		    {"1p", 1125899906842624}};
	static const char *const wrong[] = {"",	    "m",   "-1",  "1x",	 "1kk", "1 k", " 1",
					    "0x10", "1e3", "1mm", "1bb", "nan", "inf", "99999999p"};
	int64_t v;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(str_to_size(good[i].text, &v), 0);
		assert_true(v == good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (str_to_size(wrong[i], &v) == 0)
			fail_msg("\"%s\" was taken as a size", wrong[i]);
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {{"0", 0},
		    {"5", 5000000000},
		    {"1s", 1000000000},
		    {"300ms", 300000000},
		    {"1.5s", 1500000000},
		    {"2us", 2000},
		    {"7ns", 7},
		    {"1m", 60000000000},
		    {"1h2m3.5s", 3723500000000}};
	static const char *const wrong[] = {"",	   "s",	   "-1",   "-1s",  "1x", "1s2",
					    "1 s", "0x1s", "1e3s", "1min", ".s", "10000000000h"};
	int64_t v;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(str_to_duration(good[i].text, &v), 0);
		assert_true(v == good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (str_to_duration(wrong[i], &v) == 0)
			fail_msg("\"%s\" was taken as a duration", wrong[i]);
}

static void test_parts(void **state)
{
	assert_string_equal(str_after("oci:x", "oci:"), "x");
	assert_null(str_after("oc", "oci:"));
	assert_true(str_ends("a.conf", ".conf"));
	assert_false(str_ends("conf", ".conf"));
	assert_true(str_only("123", "0123456789"));
	assert_false(str_only("", "0123456789"));
	assert_false(str_only("12x", "0123456789"));
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
}

static void test_buf(void **state)
{
	_buf_ struct buf b = {0};
	_free_ char *text = NULL, *empty = NULL;

	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "%d,", i);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_int_equal(b.data[b.len], 0);
	text = buf_take(&b);
	assert_null(b.data);
	empty = buf_take(&b);
	assert_string_equal(empty, "");
}

static void check_quote(const char *in, const char *out)
{
	_buf_ struct buf b = {0};

	buf_sh_quote(&b, in);
	assert_string_equal(b.data, out);
}

static void test_quote(void **state)
{
	check_quote("plain-word_1./=:", "plain-word_1./=:");
	check_quote("", "''");
	check_quote("a b", "'a b'");
	check_quote("it's", "'it'\\''s'");
	check_quote("$(x)", "'$(x)'");
	check_quote("a\nb", "'a\nb'");
}

static void test_strv(void **state)
{
	_strv_ struct strv v = {0}, none = {0};

	strv_split(&v, "a,,b,", ',');
	assert_int_equal(v.n, 4);
	assert_string_equal(v.v[1], "");
	assert_string_equal(v.v[3], "");
	assert_null(v.v[4]);
	assert_true(strv_has(&v, "b"));
	assert_false(strv_has(&v, "c"));
	strv_split(&none, "", ',');
	assert_int_equal(none.n, 0);
	strv_addf(&none, "%s-%d", "x", 3);
	assert_string_equal(none.v[0], "x-3");
}

static void test_hex_and_time(void **state)
{
	static const unsigned char bytes[] = {0, 1, 0xab, 0xff};
	struct timespec t = {.tv_sec = 1700000000, .tv_nsec = 42};
	char hex[9], text[TIME_TEXT_LEN];

	hex_encode(bytes, sizeof(bytes), hex);
	assert_string_equal(hex, "0001abff");
	time_text(&t, text);
	assert_string_equal(text, "2023-11-14T22:13:20.000000042Z");
}

static void join(int64_t number, void *arg)
{
	buf_fmt(arg, "%d ", (int)number);
}

static void test_number_list(void **state)
{
	static const struct {
		const char *list, *numbers;
	} right[] = {{"0", "0 "}, {"0-3,8", "0 1 2 3 8 "}, {"7-7", "7 "}, {"9,1", "9 1 "}};
	static const char *const wrong[] = {"",	    ",",  "1,", "1-", "-1",   "3-2",
					    "0-10", "10", "a",	"1 ", "1--2", "1-2-3"};

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		_buf_ struct buf out = {0};

		assert_int_equal(str_number_list(right[i].list, 10, join, &out), 0);
		assert_string_equal(out.data, right[i].numbers);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		_buf_ struct buf out = {0};

		if (str_number_list(wrong[i], 10, join, &out) == 0)
			fail_msg("\"%s\" was taken", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),	     cmocka_unit_test(test_number_list),
		cmocka_unit_test(test_size),	     cmocka_unit_test(test_duration),
		cmocka_unit_test(test_parts),	     cmocka_unit_test(test_buf),
		cmocka_unit_test(test_quote),	     cmocka_unit_test(test_strv),
		cmocka_unit_test(test_hex_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
