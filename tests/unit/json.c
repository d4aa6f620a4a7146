/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json: what is refused, what is kept, cursors and their paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/fd.h"
#include "wire/doc.h"

static int parse(const char *text, struct json **out, struct err *e)
{
	*out = NULL;
	return json_parse(text, strlen(text), "test", out, e);
}

/*
 * A document in which this value lies in a member that is long enough to stay text: whatever is
 * said of the value, json_parse_part() must say the same as json_parse().
 */
static void same_in_part(const char *value)
{
	_free_ char *doc = str_fmt(
		"{\"a\":1,\"long\":{\"fill\":\"%01100d\",\"value\":%s},\"z\":[]}\n", 0, value);
	_json_ struct json *whole = NULL, *part = NULL;
	struct err e1 = {0}, e2 = {0};
	int r1 = parse(doc, &whole, &e1);
	int r2 = json_parse_part(doc, strlen(doc), "test", &part, &e2);

	assert_int_equal(r1, r2);
	assert_int_equal(e1.code, e2.code);
	assert_string_equal(e1.msg, e2.msg);
	if (r1 == 0) {
		_free_ char *t1 = json_text(whole, false), *t2 = json_text(part, false);

		assert_string_equal(t1, t2);
		assert_true(
			json_equal(json_path(whole, "long.value"), json_path(part, "long.value")));
		assert_true(json_equal(whole, part));
	}
}

static void refused(const char *text, const char *why)
{
	_json_ struct json *j = NULL;
	struct err e = {0};

	same_in_part(text);
	if (parse(text, &j, &e) == 0)
		fail_msg("%s was taken", text);
	assert_int_equal(e.code, ERR_INPUT);
	if (!strstr(e.msg, why))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, e.msg, why);
}

static void taken(const char *text)
{
	_json_ struct json *j = NULL, *again = NULL;
	_free_ char *out = NULL;
	struct err e = {0};

	same_in_part(text);
	if (parse(text, &j, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	out = json_text(j, false);
	assert_int_equal(parse(out, &again, NULL), 0);
	assert_true(json_equal(j, again));
}

static void test_values(void **state)
{
	taken("{}");
	taken("[]");
	taken("null");
	taken("true");
	taken("0");
	taken("-1");
	taken("1.5");
	taken("\"\"");
	taken(" [ 1 , \"a\" , { \"b\" : null } ] \n");
	taken("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}");
	taken("\"\\u00e4\\n\\\\ \\\" /\"");
	taken("{\"a:b\":\"c:d\",\"\\\"\":\":\"}");
}

static void test_syntax(void **state)
{
	refused("", "test");
	refused("{", "not valid JSON");
	refused("{\"a\":}", "not valid JSON");
	refused("{\"a\" 1}", "not valid JSON");
	refused("[1,]", "not valid JSON");
	refused("{\"a\":1,}", "not valid JSON");
	refused("{'a':1}", "not valid JSON");
	refused("[1 2]", "not valid JSON");
	refused("nul", "not valid JSON");
	refused("// x\n{}", "not valid JSON");
	refused("\"a\nb\"", "not valid JSON");
	refused("[NaN]", "");
	refused("[Infinity]", "");
}

static void test_trailing(void **state)
{
	_json_ struct json *j = NULL;
	struct err e = {0};

	refused("{} {}", "something follows");
	refused("{}x", "something follows");
	refused("[]]", "something follows");
	refused("1 2", "something follows");
	assert_int_equal(json_parse("{}\0", 3, "test", &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
}

static void test_duplicates(void **state)
{
	refused("{\"a\":1,\"a\":2}", "twice");
	refused("{\"x\":[{\"a\":1,\"b\":2,\"a\":1}]}", "twice");
	/* the same key by an escape */
	refused("{\"a\":1,\"\\u0061\":2}", "twice");
	taken("[{\"a\":1},{\"a\":1}]");
}

static void test_depth(void **state)
{
	_buf_ struct buf b = {0};

	for (int i = 0; i < 60; i++)
		buf_char(&b, '[');
	for (int i = 0; i < 60; i++)
		buf_char(&b, ']');
	taken(b.data);
	b.len = 0;
	for (int i = 0; i < 100; i++)
		buf_str(&b, "{\"a\":");
	buf_str(&b, "1");
	for (int i = 0; i < 100; i++)
		buf_char(&b, '}');
	refused(b.data, "");
	b.len = 0;
	for (int i = 0; i < 100000; i++)
		buf_char(&b, '[');
	refused(b.data, "");
}

static void test_strings(void **state)
{
	refused("\"a\\u0000b\"", "NUL");
	/* two readers must not see two names */
	refused("{\"config\\u0000x\":1}", ".config\\u0000x: a string contains a NUL");
	refused("{\"a\":[0,{\"b\":1,\"c\\u0000\":2}]}", ".a[1].c\\u0000: a string");
	refused("{\"a\":{\"x\":1},\"b\":[1,[\"\",\"c\\u0000\"]]}", ".b[1][1]: a string");
	refused("{\"a\":{\"\\\"]}\":[18446744073709551616]}}", ".a.\\\"]}[0]: a number");
	taken("{\"a\\\\u0000\":\"\\\\u0000\"}");
	refused("\"\xff\"", "");
	refused("\"\xc3\"", "");
	refused("\"\xed\xa0\x80\"", ""); /* a surrogate */
	refused("\"\xc0\xaf\"", "");	 /* an overlong slash */
	taken("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void test_numbers(void **state)
{
	_json_ struct json *j = NULL;

	assert_int_equal(
		parse("[9223372036854775807,-9223372036854775808,18446744073709551615]", &j, NULL),
		0);
	assert_true(json_int(json_at(j, 0)) == INT64_MAX);
	assert_true(json_int(json_at(j, 1)) == INT64_MIN);
	assert_true(json_uint(json_at(j, 2)) == UINT64_MAX);
	refused("18446744073709551616", "64 bits");
	refused("-9223372036854775809", "64 bits");
	refused("[100000000000000000000000]", "64 bits");
	refused("1e999", "out of range");
	refused("01", "");
	refused("0x10", "");
	refused("+1", "");
}

static void test_read(void **state)
{
	_json_ struct json *j = NULL;
	struct err e = {0};
	int p[2];

	/* nothing came: upstream failed */
	assert_int_equal(fd_pipe(p, NULL), 0);
	assert_int_equal(write(p[1], " \n", 2), 2);
	close(p[1]);
	assert_int_equal(json_read(p[0], 100, "in", &j, NULL), 0);
	assert_null(j);
	close(p[0]);
	assert_int_equal(fd_pipe(p, NULL), 0);
	assert_int_equal(write(p[1], "[1,2,3,4,5]", 11), 11);
	close(p[1]);
	assert_int_equal(json_read(p[0], 10, "in", &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_non_null(strstr(e.msg, "larger than 10"));
	close(p[0]);
}

static void test_text(void **state)
{
	_json_ struct json *j = NULL;
	_free_ char *compact = NULL, *pretty = NULL;

	assert_int_equal(
		parse("{\"b\":[],\"a\":{},\"p\":\"/x\",\"l\":[1,{\"k\":\"]\"}]}", &j, NULL), 0);
	compact = json_text(j, false);
	pretty = json_text(j, true);
	assert_string_equal(compact, "{\"b\":[],\"a\":{},\"p\":\"/x\",\"l\":[1,{\"k\":\"]\"}]}");
	assert_string_equal(pretty,
			    "{\n    \"b\": [],\n    \"a\": {},\n    \"p\": \"/x\",\n"
			    "    \"l\": [\n        1,\n        {\n            \"k\": \"]\"\n"
			    "        }\n    ]\n}");
}

static void test_cursor(void **state)
{
	_json_ struct json *j = NULL;
	struct cur root, arr, m;
	const char *s = "kept";
	int64_t n = 5;
	bool b = true;
	struct err e = {0};

	assert_int_equal(
		parse("{\"mounts\":[{},{},{\"source\":1,\"n\":70000,\"x\":null}]}", &j, NULL), 0);
	root = cur_root(j);
	assert_int_equal(cur_arr(&root, "mounts", CUR_NEED, &arr, &e), 0);
	m = cur_at(&arr, 2);
	assert_int_equal(cur_str(&m, "source", CUR_NEED, &s, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_string_equal(e.msg, ".mounts[2].source: expected string, got number");
	assert_int_equal(cur_int(&m, "n", CUR_NEED, 0, 65535, &n, &e), -1);
	assert_non_null(strstr(e.msg, ".mounts[2].n"));
	assert_int_equal(cur_str(&m, "x", CUR_OPTIONAL, &s, &e), 0);
	assert_string_equal(s, "kept");
	assert_int_equal(cur_str(&m, "x", CUR_NEED, &s, &e), -1);
	assert_non_null(strstr(e.msg, ".mounts[2].x"));
	assert_int_equal(cur_bool(&root, "mounts", CUR_OPTIONAL, &b, &e), -1);
	assert_non_null(strstr(e.msg, ".mounts: expected"));
	assert_true(b);
}

static void test_schema(void **state)
{
	static const char *const good[] = {"rp.container/1", "rp.container/1.2"};
	static const char *const wrong[] = {"rp.container/2", "rp.container/10", "rp.containers/1",
					    "rp.container", ""};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_json_ struct json *j = json_new_object();

		json_set(j, "schema", json_new_str(good[i]));
		assert_int_equal(doc_check(j, DOC_SCHEMA, NULL), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		_json_ struct json *j = json_new_object();
		struct err e = {0};

		json_set(j, "schema", json_new_str(wrong[i]));
		assert_int_equal(doc_check(j, DOC_SCHEMA, &e), -1);
		assert_non_null(strstr(e.msg, ".schema"));
	}
}

/* What stays text is found, changed, copied, written and gone through as any other value. */
static void test_part(void **state)
{
	_free_ char *doc = str_fmt(
		"{\"n\":1,\"spec\":{\"linux\":{\"seccomp\":{\"names\":[\"%01100d\",\"x\"]}},"
		"\"args\":[\"a\",\"\\\"\"]},\"list\":[\"%01100d\"],\"last\":true}",
		0, 0);
	_json_ struct json *j = NULL, *copy = NULL;
	_free_ char *out = NULL, *pretty = NULL;
	int n = 0;

	assert_int_equal(json_parse_part(doc, strlen(doc), "test", &j, NULL), 0);
	out = json_text(j, false);
	assert_string_equal(out, doc);
	assert_string_equal(json_str(json_at(json_path(j, "spec.linux.seccomp.names"), 1)), "x");
	assert_int_equal(json_kind(json_get(j, "list")), JSON_ARRAY);
	json_add(json_path(j, "spec.args"), json_new_str("b"));
	json_set(j, "n", json_new_int(2));
	copy = json_copy(j);
	assert_int_equal(json_len(json_path(copy, "spec.args")), 3);
	assert_true(json_equal(j, copy));
	json_foreach (m, copy)
		n += json_kind(m.val) == JSON_OBJECT || json_kind(m.val) == JSON_ARRAY;
	assert_int_equal(n, 2);
	pretty = json_text(copy, true);
	assert_non_null(strstr(pretty, "            \"names\": [\n"));
	json_del(j, "spec");
	assert_null(json_get(j, "spec"));
}

static void test_set_text(void **state)
{
	_json_ struct json *j = json_new_object();
	_free_ char *out = NULL;
	struct err e = {0};

	assert_int_equal(json_set_text(j, "a", "{\"b\":[1,2]}", &e), 0);
	assert_int_equal(json_set_text(j, "c", " [ 1.5 ] ", &e), 0);
	assert_int_equal(json_set_text(j, "d", "{\"b\":1,\"b\":2}", &e), -1);
	out = json_text(j, false);
	assert_string_equal(out, "{\"a\":{\"b\":[1,2]},\"c\":[1.5]}");
	assert_int_equal(json_int(json_at(json_path(j, "a.b"), 1)), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	 cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_trailing), cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_depth),	 cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_read),
		cmocka_unit_test(test_text),	 cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_schema),	 cmocka_unit_test(test_part),
		cmocka_unit_test(test_set_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
