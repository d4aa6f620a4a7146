/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request: from options to the document, the check of a document, its schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "oci/request.h"

/* The request of "run WORDS". */
static struct json *request_of(const char *words, struct err *e)
{
	_strv_ struct strv argv = {0};
	struct opts_result r;
	struct json *request = json_new_object();

	strv_add(&argv, "run");
	strv_split(&argv, words, ' ');
	if (opts_parse(request_options(), request, (int)argv.n, argv.v, true, &r, e) == 0 &&
	    request_finish(request, r.argc, r.argv, e) == 0)
		return request;
	json_put(request);
	return NULL;
}

static void becomes(const char *words, const char *json)
{
	_json_ struct json *want = NULL, *got;
	struct err e = {0};

	got = request_of(words, &e);
	if (!got)
		fail_msg("%s: %s", words, e.msg);
	assert_int_equal(json_parse(json, strlen(json), "test", &want, NULL), 0);
	if (!json_equal(got, want)) {
		_free_ char *text = json_text(got, false);

		fail_msg("%s: %s, expected %s", words, text, json);
	}
	if (request_check(&(struct cur){.val = got}, &e) < 0)
		fail_msg("%s: the request does not pass: %s", words, e.msg);
}

static void test_options(void **state)
{
	setenv("FROM_CALLER", "x", 1);
	becomes("i", "{\"image\":\"i\"}");
	becomes("-d --rm -it i c -x",
		"{\"image\":\"i\",\"command\":[\"c\",\"-x\"],\"detach\":true,\"remove\":true,"
		"\"interactive\":true,\"terminal\":true}");
	/* the last word counts, and a default is not spelled out */
	becomes("--rm --rm=false --sig-proxy --sig-proxy=false --read-only-tmpfs i",
		"{\"image\":\"i\",\"sigProxy\":false}");
	becomes("--tls-verify i", "{\"image\":\"i\",\"tlsVerify\":true}");
	becomes("--dns 192.0.2.1,192.0.2.2 --cap-add a,b --cap-drop c --dns-opt x,y -p 80,81:82 i",
		"{\"image\":\"i\",\"dns\":{\"servers\":[\"192.0.2.1\",\"192.0.2.2\"],\"options\":["
		"\"x\","
		"\"y\"]},\"capAdd\":[\"a\",\"b\"],\"capDrop\":[\"c\"],\"ports\":[{\"hostIp\":\"\","
		"\"hostPort\":0,\"containerPort\":80,\"range\":1,\"protocol\":\"tcp\"},{\"hostIp\":"
		"\"\","
		"\"hostPort\":81,\"containerPort\":82,\"range\":1,\"protocol\":\"tcp\"}]}");
	becomes("-e A=1,2 -l a=b,c --annotation a=b,c -e FROM_CALLER --sysctl a=1,b=2 i",
		"{\"image\":\"i\",\"env\":[\"A=1,2\",\"FROM_CALLER=x\"],\"labels\":{\"a\":\"b,c\"},"
		"\"annotations\":{\"a\":\"b,c\"},\"sysctls\":{\"a\":\"1\",\"b\":\"2\"}}");
	becomes("--ulimit nofile=1:2,core=-1 --device /dev/null,/dev/zero:r --group-add a,7 i",
		"{\"image\":\"i\",\"ulimits\":[{\"type\":\"nofile\",\"soft\":1,\"hard\":2},{"
		"\"type\":"
		"\"core\",\"soft\":-1,\"hard\":-1}],\"devices\":[{\"source\":\"/dev/"
		"null\",\"destination\":"
		"\"/dev/null\",\"permissions\":\"rwm\"},{\"source\":\"/dev/zero\",\"destination\":"
		"\"/dev/zero\",\"permissions\":\"r\"}],\"groups\":[\"a\",\"7\"]}");
	becomes("--unsetenv A --unsetenv B --unsetenv-all --oom-score-adj=-5 --cpuset-mems 0,1 i",
		"{\"image\":\"i\",\"unsetEnv\":[\"A\",\"B\"],\"unsetAllEnv\":true,\"oomScoreAdj\":-"
		"5,"
		"\"resources\":{\"cpusetMems\":\"0,1\"}}");
	becomes("-m 1g --cpus 1.5 --cpus 0 i", "{\"image\":\"i\",\"resources\":{\"memory\":"
					       "1073741824,\"cpuPeriod\":100000,\"cpuQuota\":"
					       "150000}}");
}

static void refused(const char *words, const char *option)
{
	struct err e = {0};
	_json_ struct json *got = request_of(words, &e);

	if (got)
		fail_msg("%s was taken", words);
	assert_int_equal(e.code, ERR_USAGE);
	if (!strstr(e.msg, option))
		fail_msg("%s: \"%s\" does not name %s", words, e.msg, option);
}

static void test_refused(void **state)
{
	refused("--name= i", "--name");
	refused("--workdir= i", "--workdir");
	refused("-w= i", "--workdir");
	refused("--user= i", "--user");
	refused("--env= i", "--env");
	refused("-e =x i", "--env");
	refused("--log-driver=x i", "--log-driver");
	refused("--pids-limit=-2 i", "--pids-limit");
	refused("--cpu-period=-1 i", "--cpu-period");
	refused("--ulimit as=1 i", "--ulimit");
	refused("--ulimit nofile=1,bogus=2 i", "--ulimit");
	refused("--volume /a:/b:rw,ro i", "--volume");
	refused("--oom-score-adj=-1001 i", "--oom-score-adj");
	refused("--cpuset-mems=x i", "--cpuset-mems");
	refused("--label-file=/nonexistent i", "--label-file");
	refused("--replace i", "--name");
	refused("", "at least 1 arg");
}

static void check(const char *json, const char *says)
{
	_json_ struct json *j = NULL;
	struct cur root;
	struct err e = {0};

	assert_int_equal(json_parse(json, strlen(json), "test", &j, NULL), 0);
	root = cur_root(j);
	if (request_check(&root, &e) == 0) {
		if (says)
			fail_msg("%s passed", json);
		return;
	}
	if (!says || !strstr(e.msg, says))
		fail_msg("%s: \"%s\"", json, e.msg);
}

static void test_check(void **state)
{
	check("{\"later\":1,\"name\":\"a\",\"mounts\":[]}", NULL);
	check("{\"name\":1}", ".name: expected string, got number");
	check("{\"detach\":\"true\"}", ".detach: expected boolean, got string");
	check("{\"log\":{\"driver\":\"x\"}}", ".log.driver: \"x\" is not one of");
	check("{\"log\":[]}", ".log: expected object, got array");
	check("{\"mounts\":[{\"type\":\"bind\",\"destination\":\"/\"},{\"type\":\"x\"}]}",
	      ".mounts[1].type: \"x\" is not one of");
	check("{\"mounts\":[{\"type\":\"bind\"}]}", ".mounts[0].destination: is missing");
	check("{\"mounts\":[1]}", ".mounts[0]: expected object");
	check("{\"ports\":[{\"containerPort\":65536}]}",
	      ".ports[0].containerPort: 65536 is out of range");
	check("{\"labels\":{\"a\":1}}", ".labels.a: expected string, got number");
	check("{\"env\":[\"A=1\",2]}", ".env[1]: expected string, got number");
	check("{\"attach\":[\"stdin\",\"x\"]}", ".attach[1]: \"x\" is not one of");
}

static void test_schema(void **state)
{
	_json_ struct json *schema = request_schema();
	const struct json *mounts = json_path(schema, "properties.mounts.items");

	assert_string_equal(json_get_str(schema, "type", ""), "object");
	assert_int_equal(json_len(json_get(mounts, "required")), 2);
	assert_string_equal(json_str(json_path(mounts, "properties.options.items.type")), "string");
	assert_int_equal(
		json_int(json_path(schema, "properties.ports.items.properties.hostPort.maximum")),
		65535);
}

/* The table itself: an object stands before its members, no option stands there twice. */
static void test_table(void **state)
{
	for (const struct request_row *r = request_rows; r->member; r++) {
		const char *dot = strrchr(r->member, '.');
		size_t len = dot ? (size_t)(dot - r->member) : 0;
		bool above = !dot;

		if (len > 2 && memcmp(r->member + len - 2, "[]", 2) == 0)
			len -= 2;
		for (const struct request_row *a = request_rows; a < r; a++) {
			above |=
				strlen(a->member) == len && strncmp(a->member, r->member, len) == 0;
			assert_false(r->option && str_eq(a->option, r->option));
			assert_false(r->letter && a->letter == r->letter);
		}
		if (!above)
			fail_msg("%s stands before what it is in", r->member);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_check),	cmocka_unit_test(test_schema),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
