/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json to the runtime's struct, and the matcher of --regex. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "../../cmd/ctr-runtime/config/config.c"
#include "../../cmd/ctr-runtime/manage/match.c"

static int parse_text(const char *text, struct config *c, struct err *e)
{
	struct json *doc = NULL;

	if (json_parse(text, strlen(text), "config.json", &doc, e) < 0)
		fail_msg("%s", e->msg);
	return config_parse(doc, c, e);
}

#define MINIMAL "\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"}"

static void good(const char *more, struct config *c)
{
	_free_ char *text = str_fmt("{" MINIMAL "%s}", more);
	struct err e = {0};

	if (parse_text(text, c, &e) < 0)
		fail_msg("%s: %s", more, e.msg);
}

static void bad(const char *more, const char *path)
{
	_free_ char *text = str_fmt("{" MINIMAL "%s}", more);
	struct config c;
	struct err e = {0};

	if (parse_text(text, &c, &e) == 0)
		fail_msg("accepted: %s", more);
	if (strncmp(e.msg, path, strlen(path)) != 0)
		fail_msg("\"%s\" does not begin with %s", e.msg, path);
	assert_int_equal(e.code, ERR_INPUT);
}

static void values(void **state)
{
	_config_ struct config c = {0};

	good(",\"hostname\":\"h\",\"process\":{\"cwd\":\"/w\",\"args\":[\"a\",\"b\"],"
	     "\"user\":{\"uid\":4294967294,\"gid\":7,\"umask\":18,\"additionalGids\":[1,2]},"
	     "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]},\"oomScoreAdj\":-5,"
	     "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,"
	     "\"hard\":18446744073709551615}]},"
	     "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\","
	     "\"options\":[\"ro\"]}],\"linux\":{\"namespaces\":[{\"type\":\"pid\"},"
	     "{\"type\":\"network\",\"path\":\"/n\"}],\"uidMappings\":[{\"containerID\":0,"
	     "\"hostID\":1000,\"size\":1}],\"maskedPaths\":[\"/proc/kcore\"]}",
	     &c);
	assert_string_equal(c.root, "rootfs");
	assert_string_equal(c.hostname, "h");
	assert_int_equal(c.process.uid, 4294967294);
	assert_int_equal(c.process.gid, 7);
	assert_int_equal(c.process.umask, 022);
	assert_int_equal(c.process.ngroups, 2);
	assert_int_equal(c.process.groups[1], 2);
	assert_int_equal(c.process.oom_score_adj, -5);
	assert_int_equal(c.process.args.n, 2);
	assert_true(c.process.caps_given);
	assert_int_equal(c.process.rlimits[0].number, RLIMIT_NOFILE);
	assert_true(c.process.rlimits[0].hard == UINT64_MAX);
	assert_int_equal(c.nmounts, 1);
	assert_true(strv_has(&c.mounts[0].options, "ro"));
	assert_null(config_namespace(&c, "pid")->path);
	assert_string_equal(config_namespace(&c, "network")->path, "/n");
	assert_null(config_namespace(&c, "user"));
	assert_int_equal(c.uid_maps.v[0].host, 1000);
	assert_string_equal(c.masked.v[0], "/proc/kcore");
}

static void defaults(void **state)
{
	_config_ struct config c = {0};

	good(",\"process\":{\"cwd\":\"/\"},\"unknown\":{\"x\":1},\"linux\":null", &c);
	assert_int_equal(c.process.umask, CONFIG_UNSET);
	assert_int_equal(c.process.oom_score_adj, CONFIG_UNSET);
	assert_int_equal(c.process.uid, 0);
	assert_false(c.process.terminal);
	assert_null(c.annotations);
}

/* A user or group is exactly the number, or an error; never another one. */
static void ids(void **state)
{
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":-1}}", ".process.user.uid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":4294967295}}", ".process.user.uid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":4294967296}}", ".process.user.uid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":\"0\"}}", ".process.user.uid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":1.5}}", ".process.user.uid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"gid\":-1}}", ".process.user.gid");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"additionalGids\":[0,-1]}}",
	    ".process.user.additionalGids[1]");
	bad(",\"process\":{\"cwd\":\"/\",\"user\":{\"umask\":512}}", ".process.user.umask");
}

static void paths_of_errors(void **state)
{
	bad(",\"process\":7", ".process");
	bad(",\"process\":{}", ".process.cwd");
	bad(",\"process\":{\"cwd\":\"w\"}", ".process.cwd");
	bad(",\"process\":{\"cwd\":\"/\",\"args\":[\"a\",1]}", ".process.args[1]");
	bad(",\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_FUN\",\"soft\":1,"
	    "\"hard\":1}]}",
	    ".process.rlimits[0].type");
	bad(",\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,"
	    "\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]}",
	    ".process.rlimits[1].type");
	bad(",\"process\":{\"cwd\":\"/\",\"oomScoreAdj\":1001}", ".process.oomScoreAdj");
	bad(",\"mounts\":[{\"destination\":\"/a\"},{}]", ".mounts[1].destination");
	bad(",\"mounts\":[7]", ".mounts[0]");
	bad(",\"mounts\":{}", ".mounts");
	bad(",\"linux\":{\"namespaces\":[{\"type\":\"pit\"}]}", ".linux.namespaces[0].type");
	bad(",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}",
	    ".linux.namespaces[1].type");
	bad(",\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]}",
	    ".linux.namespaces[0].path");
	bad(",\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"q\"}]}",
	    ".linux.devices[0].type");
	bad(",\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":4096}]}",
	    ".linux.devices[0].major");
	bad(",\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]}",
	    ".linux.uidMappings[0].size");
	bad(",\"linux\":{\"sysctl\":{\"a\":1}}", ".linux.sysctl.a");
	bad(",\"annotations\":{\"a\":1}", ".annotations.a");
	bad(",\"hooks\":{\"prestart\":[{\"path\":\"x\"}]}", ".hooks.prestart[0].path");
	bad(",\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":0}]}",
	    ".hooks.poststop[0].timeout");
}

static void versions(void **state)
{
	struct config c;
	struct err e = {0};

	assert_int_equal(parse_text("{\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"r\"}}", &c, &e),
			 -1);
	assert_int_equal(
		parse_text("{\"ociVersion\":\"1.2.1-dev\",\"root\":{\"path\":\"r\"}}", &c, &e), 0);
	config_release(&c);
	assert_int_equal(parse_text("{\"root\":{\"path\":\"r\"}}", &c, &e), -1);
	assert_int_equal(parse_text("[]", &c, &e), -1);
}

static void matching(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} t[] = {
		{"", "abc", true},
		{"b", "abc", true},
		{"^b", "abc", false},
		{"^abc$", "abc", true},
		{"^ab$", "abc", false},
		{"a.c", "abc", true},
		{"ab*c", "ac", true},
		{"ab*c", "abbbbc", true},
		{"ab+c", "ac", false},
		{"ab?c", "abbc", false},
		{"[a-c]+$", "xxabc", true},
		{"[^a-c]", "abc", false},
		{"^(ab|cd)+$", "abcdab", true},
		{"^(ab|cd)+$", "abcda", false},
		{"^(a|b(c|d))*e$", "abcbdae", true},
		{"x|y", "zy", true},
		{"x|y", "z", false},
		{"a\\.b", "a.b", true},
		{"a\\.b", "axb", false},
		{"^(a*)*$", "aaaa", true},
		{"^(a*)*b$", "aaaa", false},
		{"web[0-9]+", "web12", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		assert_true(match_valid(t[i].pattern));
		if (match_text(t[i].pattern, t[i].text) != t[i].match)
			fail_msg("%s on %s", t[i].pattern, t[i].text);
	}
	for (const char *const *p = (const char *const[]){"(", "[a", "*", "a**", "a)", "\\", NULL};
	     *p; p++)
		if (match_valid(*p))
			fail_msg("valid: %s", *p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),   cmocka_unit_test(defaults),
		cmocka_unit_test(ids),	    cmocka_unit_test(paths_of_errors),
		cmocka_unit_test(versions), cmocka_unit_test(matching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
