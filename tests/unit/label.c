/* SPDX-License-Identifier: GPL-2.0-or-later */
/* label: SELinux labels as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "sys/label.h"

static void test_parse(void **state)
{
	static const char *const good[] = {"u:r:t", "system_u:system_r:container_t:s0",
					   "u:r:t:s0:c1,c2", "u:r:t:s0-s0:c0.c1023"};
	static const char *const wrong[] = {"",	      "u",	 "u:r",	    "u::t",	 ":r:t",
					    "u:r:t:", "u:r:t\n", "u r:r:t", "u:r:t:s0 x"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_label_ struct label l = {0};
		_free_ char *text = NULL;

		assert_int_equal(label_parse(good[i], &l, NULL), 0);
		text = label_text(&l);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		_label_ struct label l = {0};
		struct err e = {0};

		assert_int_equal(label_parse(wrong[i], &l, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
	}
}

static void test_parts(void **state)
{
	_label_ struct label l = {0};
	_free_ char *text = NULL;

	assert_int_equal(label_parse("system_u:system_r:container_t:s0", &l, NULL), 0);
	label_set(&l.type, "spc_t");
	label_set(&l.level, "s0:c3,c9");
	text = label_text(&l);
	assert_string_equal(text, "system_u:system_r:spc_t:s0:c3,c9");
}

static void check_context(const char *key, const char *want)
{
	static const char file[] = "# labels of containers\n"
				   "process = \"system_u:system_r:container_t:s0\"\n"
				   "  file=\"system_u:object_r:container_file_t:s0\" # end\n"
				   "ro_file = system_u:object_r:container_ro_file_t:s0\n"
				   "processes = \"x:y:z\"\n#init = \"a:b:c\"\n";
	_free_ char *v = label_from_contexts(file, key);

	if (want)
		assert_string_equal(v, want);
	else
		assert_null(v);
}

static void test_contexts(void **state)
{
	check_context("process", "system_u:system_r:container_t:s0");
	check_context("file", "system_u:object_r:container_file_t:s0");
	check_context("ro_file", "system_u:object_r:container_ro_file_t:s0");
	check_context("init", NULL);
	check_context("sandbox", NULL);
}

static void test_level(void **state)
{
	_free_ char *a = label_level(3, 700), *b = label_level(700, 3);
	_free_ char *shared = label_shared_level("s0:c3,c700"), *plain = label_shared_level("s0");

	assert_string_equal(a, "s0:c3,c700");
	assert_string_equal(b, a);
	assert_string_equal(shared, "s0");
	assert_string_equal(plain, "s0");
}

static void test_choose(void **state)
{
	_strv_ struct strv none = {0};

	for (int i = 0; i < 2000; i++) {
		_free_ char *level = NULL;
		unsigned a, b;
		char more;

		assert_int_equal(label_choose_level(&none, &level, NULL), 0);
		assert_int_equal(sscanf(level, "s0:c%u,c%u%c", &a, &b, &more), 2);
		assert_true(a < b && b < LABEL_CATEGORIES);
	}
}

/* All pairs but those with category 7 are taken, as levels and as labels, in both orders. */
static void test_choose_free(void **state)
{
	_strv_ struct strv used = {0};

	strv_add(&used, "unconfined_t");
	strv_add(&used, "u:r:t:s0");
	for (unsigned a = 0; a < LABEL_CATEGORIES; a++)
		for (unsigned b = a + 1; b < LABEL_CATEGORIES; b++) {
			if (a == 7 || b == 7)
				continue;
			if (b % 2)
				strv_addf(&used, "u:r:t:s0:c%u,c%u", a, b);
			else
				strv_addf(&used, "s0:c%u,c%u", b, a);
		}
	for (int i = 0; i < 20; i++) {
		_free_ char *level = NULL;
		unsigned a, b;

		assert_int_equal(label_choose_level(&used, &level, NULL), 0);
		assert_int_equal(sscanf(level, "s0:c%u,c%u", &a, &b), 2);
		assert_true(a == 7 || b == 7);
	}
}

static void test_paths(void **state)
{
	static const char *const yes[] = {"/home/alice/data", "/srv/data",     "/tmp/x",
					  "/opt/app",	      "/var/lib/data", "/etcetera"};
	static const char *const no[] = {"/",	  "/etc",	 "/etc/ssh", "/usr", "/usr/lib",
					 "/home", "/root",	 "/proc/1",  "/sys", "/run/user",
					 "/tmp",  "/home/alice", "relative", "",     "/var/log"};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(label_path_allowed(yes[i], "/home/alice"));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(label_path_allowed(no[i], "/home/alice"));
	assert_true(label_path_allowed("/home/alice", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	 cmocka_unit_test(test_parts),
		cmocka_unit_test(test_contexts), cmocka_unit_test(test_level),
		cmocka_unit_test(test_choose),	 cmocka_unit_test(test_choose_free),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
