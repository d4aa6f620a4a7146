/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables: there and back, each error with its path, the schema by another's validator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "wire/fields.h"

struct port {
	uint16_t host;
	int container;
	const char *protocol;
};

struct net {
	const char *key;
	const char *address;
};

struct limits {
	int64_t memory;
	unsigned pids;
};

struct thing {
	const char *name, *text;
	char id[9];
	int mood;
	mode_t mode;
	struct timespec created;
	bool on, quiet;
	int64_t number, nice;
	uint64_t large;
	uint8_t small;
	struct strv words;
	uint32_t *groups;
	size_t ngroups;
	struct json *labels, *raw, *any;
	struct limits limits;
	bool limits_given;
	int64_t height, width; /* .size */
	struct port *ports;
	size_t nports;
	struct net *nets;
	size_t nnets;
};

static int check_name(const struct cur *at, void *self, struct err *e)
{
	const struct thing *t = self;

	if (t)
		assert_ptr_equal(t->name, json_str(at->val));
	return *json_str(at->val) == '/' ? cur_bad(at, e, "must not begin with /") : 0;
}

static const struct field port_fields[] = {
	{"host", FIELD(struct port, host), FIELD_UNIQUE},
	{"container", FIELD(struct port, container), FIELD_NEED, .min = 1, .max = 65535},
	{"protocol", FIELD(struct port, protocol), .words = "tcp udp"},
	{.flags = FIELD_CLOSED},
};

static const struct field net_fields[] = {
	{"address", FIELD(struct net, address), FIELD_NEED},
	{0},
};

static const struct field limits_fields[] = {
	{"memory", FIELD(struct limits, memory), .min = -1, .max = INT64_MAX},
	{"pids", FIELD(struct limits, pids)},
	{0},
};

static const struct field size_fields[] = {
	{"height", FIELD(struct thing, height), .min = 0, .max = 100},
	{"width", FIELD(struct thing, width), .min = 0, .max = 100},
	{0},
};

static const struct field fields[] = {
	{"name", FIELD(struct thing, name), FIELD_NEED | FIELD_NONEMPTY, "what it is called",
	 .max = 8, .check = check_name},
	{"text", FIELD(struct thing, text)},
	{"id", FIELD(struct thing, id), .pattern = "^[0-9a-f]*$"},
	{"mood", FIELD_AS(FIELD_WORD, struct thing, mood), .words = "sad fine merry", .dflt = 1},
	{"mode", FIELD_AS(FIELD_MODE, struct thing, mode), .dflt = 0644},
	{"created", FIELD(struct thing, created)},
	{"on", FIELD(struct thing, on), .dflt = true},
	{"quiet", FIELD(struct thing, quiet)},
	{"number", FIELD(struct thing, number)},
	{"nice", FIELD(struct thing, nice), .min = -20, .max = 19, .dflt = 5},
	{"large", FIELD(struct thing, large)},
	{"small", FIELD(struct thing, small)},
	{"words", FIELD(struct thing, words), FIELD_NONEMPTY, .words = "a bc d", .max = 2},
	{"groups", FIELD_LIST(struct thing, groups, ngroups), .min = 0, .max = UINT32_MAX - 1},
	{"labels", FIELD_AS(FIELD_MAP, struct thing, labels)},
	{"raw", FIELD(struct thing, raw)},
	{"any", FIELD_AS(FIELD_ANY, struct thing, any)},
	{"limits", FIELD(struct thing, limits), .table = limits_fields,
	 FIELD_GIVEN(struct thing, limits_given)},
	{"size", FIELD_OBJECT, .table = size_fields},
	{"ports", FIELD_LIST(struct thing, ports, nports), .table = port_fields},
	{"nets", FIELD_LIST_AS(FIELD_KEYED, struct thing, nets, nnets), .table = net_fields},
	{0},
};

static const char full[] =
	"{\"name\":\"n\",\"text\":\"\",\"id\":\"deadbeef\",\"mood\":\"merry\",\"mode\":\"0755\","
	"\"created\":\"2026-11-22T02:22:47.000000001Z\",\"on\":false,\"quiet\":true,"
	"\"number\":-9223372036854775808,\"nice\":-20,\"large\":18446744073709551615,"
	"\"small\":255,\"words\":[\"a\",\"bc\"],\"groups\":[0,4294967294],"
	"\"labels\":{\"k\":\"v\"},\"raw\":{\"x\":[1]},\"any\":[null],"
	"\"limits\":{\"memory\":-1,\"pids\":4294967295},\"size\":{\"height\":1,\"width\":2},"
	"\"ports\":[{\"host\":80,\"container\":8080,\"protocol\":\"tcp\"},{\"container\":1}],"
	"\"nets\":{\"one\":{\"address\":\"a\"},\"two\":{\"address\":\"b\"}}}";

static struct json *parse(const char *text)
{
	struct json *j = NULL;
	struct err e = {0};

	if (json_parse(text, strlen(text), "test", &j, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	return j;
}

static int read_text(const char *text, struct json **doc, struct thing *t, struct err *e)
{
	struct cur root;

	*doc = parse(text);
	root = cur_root(*doc);
	return fields_read(fields, &root, t, e);
}

/* The text is read and comes out as it was. */
static void round_trip(const char *text)
{
	_json_ struct json *doc = NULL, *out = NULL;
	_free_ char *written = NULL;
	struct thing t;
	struct err e = {0};

	if (read_text(text, &doc, &t, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	out = fields_write(fields, &t);
	written = json_text(out, false);
	assert_string_equal(written, text);
	fields_release(fields, &t);
	assert_null(t.words.v);
	assert_null(t.ports);
}

static void test_round_trip(void **state)
{
	round_trip(full);
	round_trip("{\"name\":\"n\"}");
	/* an object marked as given is there even where it is empty */
	round_trip("{\"name\":\"n\",\"limits\":{}}");
	round_trip("{\"name\":\"n\",\"labels\":{},\"ports\":[{\"container\":7}]}");
	round_trip("{\"name\":\"n\",\"any\":7}");
}

static void test_values(void **state)
{
	_json_ struct json *doc = NULL;
	struct thing t;

	assert_int_equal(read_text(full, &doc, &t, NULL), 0);
	assert_string_equal(t.name, "n");
	assert_string_equal(t.id, "deadbeef");
	assert_int_equal(t.mood, 2);
	assert_int_equal(t.mode, 0755);
	assert_int_equal(t.created.tv_nsec, 1);
	assert_false(t.on);
	assert_true(t.quiet);
	assert_true(t.number == INT64_MIN);
	assert_true(t.large == UINT64_MAX);
	assert_int_equal(t.small, 255);
	assert_int_equal(t.words.n, 2);
	assert_int_equal(t.ngroups, 2);
	assert_int_equal(t.groups[1], 4294967294);
	assert_string_equal(json_get_str(t.labels, "k", ""), "v");
	assert_true(t.limits_given);
	assert_int_equal(t.limits.pids, UINT32_MAX);
	assert_int_equal(t.width, 2);
	assert_int_equal(t.nports, 2);
	assert_int_equal(t.ports[0].host, 80);
	assert_null(t.ports[1].protocol);
	assert_string_equal(t.nets[1].key, "two");
	assert_string_equal(t.nets[1].address, "b");
	fields_release(fields, &t);
}

/* Everything is set, whatever was in the struct; null is absent. */
static void test_defaults(void **state)
{
	_json_ struct json *doc = NULL;
	struct thing t;

	memset(&t, 0xff, sizeof(t));
	assert_int_equal(
		read_text("{\"name\":\"n\",\"nice\":null,\"other\":{\"x\":1}}", &doc, &t, NULL), 0);
	assert_null(t.text);
	assert_string_equal(t.id, "");
	assert_int_equal(t.mood, 1);
	assert_int_equal(t.mode, 0644);
	assert_int_equal(t.created.tv_sec, 0);
	assert_true(t.on);
	assert_false(t.quiet);
	assert_int_equal(t.nice, 5);
	assert_int_equal(t.small, 0);
	assert_null(t.words.v);
	assert_int_equal(t.ngroups, 0);
	assert_null(t.labels);
	assert_false(t.limits_given);
	assert_int_equal(t.limits.memory, 0);
	assert_int_equal(t.height, 0);
	assert_null(t.ports);
	assert_int_equal(t.nnets, 0);
}

/* Numbers are taken from, and put into, just their own bytes. */
static void test_widths(void **state)
{
	struct {
		int8_t a, b;
		int16_t c;
		int32_t d;
		uint16_t f, g;
	} s, *p = &s;
	static const struct field table[] = {
		{"a", FIELD(__typeof__(*p), a)},
		{"b", FIELD(__typeof__(*p), b)},
		{"c", FIELD(__typeof__(*p), c)},
		{"d", FIELD(__typeof__(*p), d)},
		{"f", FIELD(__typeof__(*p), f)},
		{"g", FIELD(__typeof__(*p), g)},
		{0},
	};
	const char *text = "{\"a\":-128,\"b\":127,\"c\":-32768,\"d\":-2147483648,\"f\":65535}";
	_json_ struct json *doc = parse(text), *out = NULL;
	_free_ char *written = NULL;
	struct cur root = cur_root(doc);

	assert_int_equal(fields_read(table, &root, p, NULL), 0);
	assert_int_equal(s.a, -128);
	assert_int_equal(s.b, 127);
	assert_int_equal(s.c, -32768);
	assert_int_equal(s.f, 65535);
	assert_int_equal(s.g, 0);
	out = fields_write(table, p);
	written = json_text(out, false);
	assert_string_equal(written, text);
}

static const struct {
	const char *members, *message;
} wrong[] = {
	{"", ".name: is missing"},
	{"\"name\":7", ".name: expected string, got number"},
	{"\"name\":\"\"", ".name: must not be empty"},
	{"\"name\":\"/x\"", ".name: must not begin with /"},
	{"\"name\":\"ninebytes\"", ".name: is longer than 8 bytes"},
	{"\"name\":\"n\",\"id\":\"ninebytes\"", ".id: is longer than 8 bytes"},
	{"\"name\":\"n\",\"mood\":\"mad\"", ".mood: \"mad\" is not one of: sad fine merry"},
	{"\"name\":\"n\",\"mood\":\"sad fine\"", ".mood: \"sad fine\" is not one of"},
	{"\"name\":\"n\",\"mood\":\"\"", ".mood: \"\" is not one of"},
	{"\"name\":\"n\",\"mode\":\"8\"", ".mode: \"8\" is no octal number up to 7777"},
	{"\"name\":\"n\",\"mode\":\"10000\"", ".mode: \"10000\" is no octal number"},
	{"\"name\":\"n\",\"mode\":\"-1\"", ".mode: \"-1\" is no octal number"},
	{"\"name\":\"n\",\"mode\":\"\"", ".mode: \"\" is no octal number"},
	{"\"name\":\"n\",\"mode\":493", ".mode: expected string, got number"},
	{"\"name\":\"n\",\"created\":\"yesterday\"", ".created: \"yesterday\" is no RFC 3339 time"},
	{"\"name\":\"n\",\"on\":1", ".on: expected boolean, got number"},
	{"\"name\":\"n\",\"number\":1.5", ".number: expected integer, got 1.5"},
	{"\"name\":\"n\",\"number\":9223372036854775808", ".number: 9223372036854775808 is not in"},
	{"\"name\":\"n\",\"nice\":20", ".nice: 20 is not in the range -20 to 19"},
	{"\"name\":\"n\",\"nice\":-21", ".nice: -21 is not in the range -20 to 19"},
	{"\"name\":\"n\",\"large\":-1", ".large: -1 is not in the range 0 to 18446744073709551615"},
	{"\"name\":\"n\",\"small\":256", ".small: 256 is not in the range 0 to 255"},
	{"\"name\":\"n\",\"number\":\"1\"", ".number: expected number, got string"},
	{"\"name\":\"n\",\"words\":\"a\"", ".words: expected array, got string"},
	{"\"name\":\"n\",\"words\":[]", ".words: must not be empty"},
	{"\"name\":\"n\",\"words\":[\"a\",\"b\"]", ".words[1]: \"b\" is not one of: a bc d"},
	{"\"name\":\"n\",\"words\":[\"a\",null]", ".words[1]: expected string, got null"},
	{"\"name\":\"n\",\"groups\":[1,-1]", ".groups[1]: -1 is not in the range"},
	{"\"name\":\"n\",\"groups\":[4294967295]", ".groups[0]: 4294967295 is not in the range"},
	{"\"name\":\"n\",\"labels\":{\"a\":\"b\",\"c\":{}}",
	 ".labels.c: expected string, got object"},
	{"\"name\":\"n\",\"labels\":[]", ".labels: expected object, got array"},
	{"\"name\":\"n\",\"raw\":7", ".raw: expected object, got number"},
	{"\"name\":\"n\",\"limits\":{\"memory\":-2}", ".limits.memory: -2 is not in the range"},
	{"\"name\":\"n\",\"limits\":7", ".limits: expected object, got number"},
	{"\"name\":\"n\",\"size\":{\"width\":101}",
	 ".size.width: 101 is not in the range 0 to 100"},
	{"\"name\":\"n\",\"ports\":{}", ".ports: expected array, got object"},
	{"\"name\":\"n\",\"ports\":[{\"container\":1},7]", ".ports[1]: expected object"},
	{"\"name\":\"n\",\"ports\":[{\"container\":1},{}]", ".ports[1].container: is missing"},
	{"\"name\":\"n\",\"ports\":[{\"container\":1,\"protocol\":\"sctp\"}]",
	 ".ports[0].protocol: \"sctp\" is not one of: tcp udp"},
	{"\"name\":\"n\",\"ports\":[{\"container\":1,\"x\":1}]", ".ports[0].x: is not known"},
	{"\"name\":\"n\",\"ports\":[{\"container\":1,\"host\":7},{\"container\":2},"
	 "{\"container\":1,\"host\":7}]",
	 ".ports[2].host: 7 is there twice"},
	{"\"name\":\"n\",\"nets\":{\"one\":{}}", ".nets.one.address: is missing"},
	{"\"name\":\"n\",\"nets\":{\"one\":[]}", ".nets.one: expected object, got array"},
};

static void test_errors(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		_free_ char *text = str_fmt("{%s}", wrong[i].members);
		_json_ struct json *doc = NULL;
		struct err e = {0}, checked = {0};
		struct thing t;
		struct cur root;

		if (read_text(text, &doc, &t, &e) == 0)
			fail_msg("accepted: %s", text);
		if (!str_after(e.msg, wrong[i].message))
			fail_msg("%s: \"%s\" does not begin with \"%s\"", text, e.msg,
				 wrong[i].message);
		assert_int_equal(e.code, ERR_INPUT);
		/* released */
		assert_null(t.words.v);
		assert_null(t.groups);
		assert_null(t.ports);
		assert_null(t.nets);
		/* and without a struct the same, but for a place that a text does not fit in */
		root = cur_root(doc);
		assert_int_equal(fields_check(fields, &root, &checked), -1);
		assert_string_equal(checked.msg, e.msg);
	}
}

static void test_not_an_object(void **state)
{
	_json_ struct json *doc = parse("[]"), *good = parse(full);
	struct cur root = cur_root(doc);
	struct err e = {0};
	struct thing t;

	assert_int_equal(fields_read(fields, &root, &t, &e), -1);
	assert_string_equal(e.msg, ".: expected object, got array");
	assert_int_equal(fields_check(fields, &root, NULL), -1);
	root = cur_root(good);
	assert_int_equal(fields_check(fields, &root, NULL), 0);
}

/* A struct that no document was read for: what is needed is written all the same. */
static void test_written(void **state)
{
	struct port ports[] = {{.host = 1, .container = 2}};
	struct thing t;
	_json_ struct json *out = NULL;
	_free_ char *text = NULL;

	fields_defaults(fields, &t);
	t.ports = ports;
	t.nports = 1;
	out = fields_write(fields, &t);
	text = json_text(out, false);
	assert_string_equal(text, "{\"name\":\"\",\"ports\":[{\"host\":1,\"container\":2}]}");
}

/* What the reader takes is valid by the schema; what it refuses is not, as far as one can say it.
 */
static void test_schema(void **state)
{
	static const char validator[] = "import json, sys, jsonschema\n"
					"schema, good, bad = json.load(sys.stdin)\n"
					"V = jsonschema.Draft202012Validator\n"
					"V.check_schema(schema)\n"
					"for d in good: jsonschema.validate(d, schema, cls=V)\n"
					"for d in bad:\n"
					"    if V(schema).is_valid(d): sys.exit('valid: %s' % d)\n";
	/* not for a schema to say */
	static const char *const beyond[] = {"/x", "mode", "yesterday", "host\":7},",
					     "9223372036854775808"};
	_json_ struct json *all = json_new_array();
	struct json *good = json_new_array(), *bad = json_new_array();
	_free_ char *text = NULL, *command = str_fmt("python3 -c \"%s\"", validator);
	FILE *f = popen(command, "w");

	assert_non_null(f);
	json_add(good, parse(full));
	json_add(good, parse("{\"name\":\"n\",\"other\":1}"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		_free_ char *doc = str_fmt("{%s}", wrong[i].members);
		bool judged = true;

		for (size_t k = 0; k < ARRAY_LEN(beyond); k++)
			judged = judged && !strstr(doc, beyond[k]);
		if (judged)
			json_add(bad, parse(doc));
	}
	json_add(all, fields_schema(fields));
	json_add(all, good);
	json_add(all, bad);
	assert_true(json_len(bad) > 30);
	text = json_text(all, false);
	fputs(text, f);
	assert_int_equal(pclose(f), 0);
}

static void test_schema_text(void **state)
{
	static const char want[] =
		"{\"type\":\"object\",\"properties\":{"
		"\"host\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},"
		"\"container\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},"
		"\"protocol\":{\"type\":\"string\",\"enum\":[\"tcp\",\"udp\"]}},"
		"\"required\":[\"container\"],\"additionalProperties\":false}";
	_json_ struct json *ports = fields_schema(port_fields), *all = fields_schema(fields);
	_free_ char *text = json_text(ports, false);
	const struct json *p = json_get(all, "properties");

	assert_string_equal(text, want);
	assert_string_equal(json_get_str(json_get(p, "name"), "description", ""),
			    "what it is called");
	assert_int_equal(json_get_int(json_get(p, "nice"), "default", 0), 5);
	assert_string_equal(json_get_str(json_get(p, "mood"), "default", ""), "fine");
	assert_true(json_get_bool(json_get(p, "on"), "default", false));
	assert_true(json_equal(json_path(p, "ports.items"), ports));
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t sec;
		long nsec;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"1969-12-31T23:59:59.999999999Z", -1, 999999999},
		{"2000-02-29T12:00:00Z", 951825600, 0},
		{"2026-11-22T02:22:47.5+01:30", 1795314167 - 5400, 500000000},
		{"2026-11-21T20:22:47-06:00", 1795314167, 0},
		{"0001-01-01T00:00:00Z", -62135596800, 0},
		{"9999-12-31T23:59:59.1234567891Z", 253402300799, 123456789},
	};
	static const char *const bad[] = {
		"",
		"2026-11-22",
		"2026-11-22T02:22:47",
		"2026-11-22T02:22:47.Z",
		"2026-11-22T02:22:47Zx",
		"2026-13-22T02:22:47Z",
		"2026-00-22T02:22:47Z",
		"2026-11-31T02:22:47Z",
		"2100-02-29T02:22:47Z",
		"2026-11-22T24:22:47Z",
		"2026-11-22T02:60:47Z",
		"2026-11-22T02:22:61Z",
		"2026-11-22T02:22:47+0100",
		"2026-11-22T02:22:47+24:00",
		"+026-11-22T02:22:47Z",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct timespec t;

		if (time_read(good[i].text, &t, NULL) < 0)
			fail_msg("refused: %s", good[i].text);
		if (t.tv_sec != good[i].sec || t.tv_nsec != good[i].nsec)
			fail_msg("%s: %lld %ld", good[i].text, (long long)t.tv_sec, t.tv_nsec);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct timespec t;

		if (time_read(bad[i], &t, NULL) == 0)
			fail_msg("accepted: %s", bad[i]);
	}
	for (int64_t sec = -3000000000; sec < 30000000000; sec += 86399 * 31) {
		struct timespec t = {sec, 7}, back;
		char text[TIME_TEXT_LEN];

		time_text(&t, text);
		assert_int_equal(time_read(text, &back, NULL), 0);
		assert_int_equal(back.tv_sec, sec);
		assert_int_equal(back.tv_nsec, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_widths),
		cmocka_unit_test(test_errors),	    cmocka_unit_test(test_not_an_object),
		cmocka_unit_test(test_written),	    cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_text), cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
