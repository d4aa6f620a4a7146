/* SPDX-License-Identifier: GPL-2.0-or-later */
/* opt: command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/opt.h"

struct data {
	bool flag, other;
	const char *text;
	int64_t number, size;
	struct strv list;
	int calls;
	const char *called;
};

static int call(const struct opt *row, void *d, const char *v, struct err *e)
{
	struct data *data = d;

	if (str_eq(v, "bad"))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is bad", v);
	data->calls++;
	data->called = v;
	return 0;
}

#define D(f) offsetof(struct data, f)
static const struct opt table[] = {
	{"flag", 'f', OPT_FLAG, D(flag), NULL, "a flag"},
	{"other", 'o', OPT_FLAG, D(other), NULL, "another"},
	{"text", 't', OPT_STR, D(text), "TEXT", "a text"},
	{"kind", 'k', OPT_STR, D(text), "KIND", "one of two", .values = "one two"},
	{"number", 'n', OPT_INT, D(number), "N", "a number"},
	{"size", 0, OPT_SIZE, D(size), "SIZE", "a size"},
	{"list", 'l', OPT_LIST, D(list), "WORD", "words"},
	{"call", 'c', OPT_CALL, 0, "X", "a call", call},
	{"words", 'w', OPT_LIST, D(list), "WORDS", "a list", .list = true},
	{"some", 's', OPT_STR, D(text), "TEXT", "not empty", .nonempty = true},
	{"call-flag", 0, OPT_CALL_FLAG, 0, NULL, "a call", call},
	{"secret", 0, OPT_FLAG, D(other), NULL, "not shown", .hidden = true},
	{0},
};

/* words: one string, split at blanks. */
static int parse(struct data *d, const char *words, bool stop, struct opts_result *r, char **argv,
		 struct err *e)
{
	static char copy[256];
	int argc = 0;

	*d = (struct data){0};
	strncpy(copy, words, sizeof(copy) - 1);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return opts_parse(table, d, argc, argv, stop, r, e);
}

static void test_forms(void **state)
{
	struct data d;
	struct opts_result r;
	char *argv[32];

	assert_int_equal(parse(&d, "p --text a --number=-5 -lx -l y --list=z --size 2k", false, &r,
			       argv, NULL),
			 0);
	assert_string_equal(d.text, "a");
	assert_int_equal(d.number, -5);
	assert_int_equal(d.size, 2048);
	assert_int_equal(d.list.n, 3);
	assert_string_equal(d.list.v[2], "z");
	opts_release(table, &d);
	assert_int_equal(parse(&d, "p -fot=x", false, &r, argv, NULL), 0);
	assert_true(d.flag && d.other);
	assert_string_equal(d.text, "x");
	assert_int_equal(parse(&d, "p -ftx", false, &r, argv, NULL), 0);
	assert_string_equal(d.text, "x");
	assert_int_equal(parse(&d, "p --flag=true --other=false -f=false", false, &r, argv, NULL),
			 0);
	assert_false(d.flag || d.other);
	assert_int_equal(parse(&d, "p --call a -c b --call-flag", false, &r, argv, NULL), 0);
	assert_int_equal(d.calls, 3);
	assert_string_equal(d.called, "true");
	/* a value may look like an option */
	assert_int_equal(parse(&d, "p --text --flag -t -x", false, &r, argv, NULL), 0);
	assert_string_equal(d.text, "-x");
	assert_false(d.flag);
}

static void test_operands(void **state)
{
	struct data d;
	struct opts_result r;
	char *argv[32];

	assert_int_equal(parse(&d, "p a -f b --text x c", false, &r, argv, NULL), 0);
	assert_int_equal(r.argc, 3);
	assert_string_equal(r.argv[0], "a");
	assert_string_equal(r.argv[2], "c");
	assert_null(r.argv[3]);
	assert_true(d.flag);
	assert_int_equal(parse(&d, "p -f a -o --bogus", true, &r, argv, NULL), 0);
	assert_int_equal(r.argc, 3);
	assert_string_equal(r.argv[1], "-o");
	assert_false(d.other);
	assert_int_equal(parse(&d, "p a -f -- -o b", false, &r, argv, NULL), 0);
	assert_int_equal(r.argc, 3);
	assert_string_equal(r.argv[0], "a");
	assert_string_equal(r.argv[1], "-o");
	assert_true(d.flag);
	assert_int_equal(parse(&d, "p - -f", false, &r, argv, NULL), 0);
	assert_int_equal(r.argc, 1);
	assert_string_equal(r.argv[0], "-");
	assert_int_equal(parse(&d, "p", false, &r, argv, NULL), 0);
	assert_int_equal(r.argc, 0);
}

static void test_wrong(void **state)
{
	static const char *const lines[][2] = {
		{"p --bogus", "--bogus"},
		{"p --fla", "--fla"},
		{"p -z", "-z"},
		{"p -fz", "'z' in -fz"},
		{"p --text", "--text"},
		{"p -t", "--text"},
		{"p --number x", "--number"},
		{"p --number 1x", "--number"},
		{"p --size big", "--size"},
		{"p --flag=maybe", "--flag"},
		{"p --kind three", "--kind"},
		{"p --call bad", "--call"},
		{"p --call-flag=7", "--call-flag"},
		{"p --=x", "--"},
		{"p --some=", "--some"},
		{"p --words=\"a", "--words"},
		{"p --words=\"a\"b", "--words"},
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct data d;
		struct opts_result r;
		struct err e = {0};
		char *argv[32];

		if (parse(&d, lines[i][0], false, &r, argv, &e) == 0)
			fail_msg("\"%s\" was taken", lines[i][0]);
		assert_int_equal(e.code, ERR_USAGE);
		assert_non_null(strstr(e.msg, lines[i][1]));
	}
}

/* As Podman takes lists apart: CSV. */
static void test_lists(void **state)
{
	struct data d;
	struct opts_result r;
	char *argv[32];

	assert_int_equal(parse(&d, "p --words a,b -w c -l d,e --words=\"f,g\",\"h\"\"i\" -w ,",
			       false, &r, argv, NULL),
			 0);
	const char *const want[] = {"a", "b", "c", "d,e", "f,g", "h\"i", "", ""};

	assert_int_equal(d.list.n, ARRAY_LEN(want));
	for (size_t i = 0; i < d.list.n; i++)
		assert_string_equal(d.list.v[i], want[i]);
	strv_release(&d.list);
}

static void test_help(void **state)
{
	_buf_ struct buf b = {0};

	opts_help(table, &b);
	assert_non_null(strstr(b.data, "  -f, --flag  "));
	assert_non_null(strstr(b.data, "      --size SIZE  "));
	assert_null(strstr(b.data, "secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_operands),
		cmocka_unit_test(test_wrong), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
