/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imgstr: what an image may say, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oci/imgstr.h"

static void test_env(void **state)
{
	static const char *const good[] = {"A=", "A=b", "A=b=c", "a.b-c=\nd", "PATH=/bin:/x y"};
	static const char *const wrong[] = {"",	  "SECRET", "*",     "AWS*",
					    "=x", "A B=c",  "A\n=c", "A\x7f=x"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_null(imgstr_env_problem(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_non_null(imgstr_env_problem(wrong[i]));
}

static void check_path(const char *in, const char *out)
{
	_free_ char *clean = imgstr_path(in);

	if (out)
		assert_string_equal(clean, out);
	else
		assert_null(clean);
}

static void test_path(void **state)
{
	check_path("/", "/");
	check_path("//a///b/", "/a/b");
	check_path("/a/./b/..", "/a");
	check_path("/../../etc", "/etc");
	check_path("/a/b/../../..", "/");
	check_path("/a..b/...", "/a..b/...");
	check_path("", NULL);
	check_path("a", NULL);
	check_path("../a", NULL);
	check_path("/a\nb", NULL);
	check_path("/a\x1b[2J", NULL);
	check_path("/a\xc2\x9b", NULL);
	check_path("/\xc3\xa4", "/\xc3\xa4");
}

static void test_process_path(void **state)
{
	static const char *const yes[] = {"/proc/self/fd/7", "/proc/self", "/proc/thread-self/fd/3",
					  "/proc/1/root",    "/dev/fd/9",  "/dev/fd"};
	static const char *const no[] = {"/proc",    "/proc/selfish", "/proc/sys",
					 "/dev/fds", "/a/proc/self",  "/"};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(imgstr_is_process_path(yes[i]));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(imgstr_is_process_path(no[i]));
}

static void test_user(void **state)
{
	static const char *const good[] = {"",		"0",  "root", "1:2",   "www-data:www-data",
					   "1:",	":1", ":",    "a.b@c", "machine$",
					   "2147483647"};
	static const char *const wrong[] = {"-1",	  "1:-1",	" 0",
					    "0 ",	  "0\n",	"a:b:c",
					    "2147483648", "4294967296", "18446744073709551616",
					    "a/b",	  "+1",		"root:4294967296",
					    "x\ty"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(imgstr_user(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(imgstr_user(wrong[i]));
}

static void test_hostname(void **state)
{
	assert_true(imgstr_hostname("web-1.example"));
	assert_false(imgstr_hostname(""));
	assert_false(imgstr_hostname("a\nb"));
	assert_false(imgstr_hostname("-a"));
	assert_false(imgstr_hostname("a:b"));
	assert_false(
		imgstr_hostname("a23456789012345678901234567890123456789012345678901234567890123"
				"45"));
}

static int check_config(const char *text, struct err *e)
{
	_json_ struct json *j = NULL;
	struct cur c;

	*e = (struct err){0};
	assert_int_equal(json_parse(text, strlen(text), "test", &j, e), 0);
	c = cur_root(j);
	return imgstr_check_config(&c, e);
}

static void test_config(void **state)
{
	static const char *const good[] = {
		"{}",
		"{\"Env\":null,\"Cmd\":null,\"Volumes\":null}",
		"{\"Env\":[\"SECRET\"],\"Cmd\":[\"sh\",\"-c\",\"a\\nb\"],\"User\":\"1:2\"}",
		"{\"WorkingDir\":\"/a/../b\",\"Volumes\":{\"/"
		"data\":{}},\"StopSignal\":\"SIGTERM\"}",
	};
	static const char *const wrong[] = {
		"{\"Env\":\"A=b\"}",
		"{\"Env\":[1]}",
		"{\"Cmd\":\"sh\"}",
		"{\"Entrypoint\":[null]}",
		"{\"User\":0}",
		"{\"User\":\"4294967296\"}",
		"{\"User\":\"a\\nroot\"}",
		"{\"WorkingDir\":\"x\"}",
		"{\"WorkingDir\":\"/proc/self/fd/8\"}",
		"{\"WorkingDir\":\"/x/../proc//self/./fd/8\"}",
		"{\"WorkingDir\":\"/a\\u0007\"}",
		"{\"Volumes\":[\"/a\"]}",
		"{\"Volumes\":{\"/\":{}}}",
		"{\"Volumes\":{\"/proc\":{}}}",
		"{\"Volumes\":{\"/x/../proc/sys\":{}}}",
		"{\"Volumes\":{\"a\":{}}}",
		"{\"Volumes\":{\"/a\\nb\":{}}}",
		"{\"StopSignal\":9}",
		"{\"StopSignal\":\"a\\nb\"}",
		"{\"ExposedPorts\":[]}",
	};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(check_config(good[i], &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(check_config(wrong[i], &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
	}
}

/* A member with n items: an array, or an object. */
static void add_items(struct buf *b, const char *key, int n, bool object)
{
	buf_fmt(b, "%s\"%s\":%c", b->len > 1 ? "," : "", key, object ? '{' : '[');
	for (int i = 0; i < n; i++)
		buf_fmt(b, object ? "%s\"/%d\":{}" : "%s\"A%d=1\"", i ? "," : "", i);
	buf_char(b, object ? '}' : ']');
}

static int check_items(const char *key, int n, bool object, struct err *e)
{
	_buf_ struct buf b = {0};

	buf_char(&b, '{');
	add_items(&b, key, n, object);
	buf_char(&b, '}');
	return check_config(b.data, e);
}

static void test_limits(void **state)
{
	static const struct {
		const char *key;
		int max;
		bool object;
	} lists[] = {
		{"Env", IMGSTR_MAX_ITEMS, false},	  {"Cmd", IMGSTR_MAX_ITEMS, false},
		{"Entrypoint", IMGSTR_MAX_ITEMS, false},  {"Volumes", IMGSTR_MAX_VOLUMES, true},
		{"ExposedPorts", IMGSTR_MAX_ITEMS, true},
	};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		assert_int_equal(check_items(lists[i].key, lists[i].max, lists[i].object, &e), 0);
		assert_int_equal(check_items(lists[i].key, lists[i].max + 1, lists[i].object, &e),
				 -1);
		assert_non_null(strstr(e.msg, lists[i].key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env),	     cmocka_unit_test(test_path),
		cmocka_unit_test(test_process_path), cmocka_unit_test(test_user),
		cmocka_unit_test(test_hostname),     cmocka_unit_test(test_config),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
