/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.json: the most specific scope counts, anything unknown refuses the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oci/policy.h"

#define HEX    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ACCEPT "[{\"type\":\"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\":\"reject\"}]"
#define SIGNED "[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"/k\"}]"

static const char text[] =
	"{\"default\":" REJECT ",\"transports\":{"
	"\"docker\":{\"\":" SIGNED ",\"example.com\":" ACCEPT ",\"example.com/bad\":" REJECT
	",\"example.com/bad/good\":" ACCEPT ",\"example.com/bad/good:evil\":" REJECT
	",\"*.wild.org\":" ACCEPT ",\"no.wild.org\":" REJECT ",\"port.net:5000\":" ACCEPT
	",\"example.com/both\":[{\"type\":\"insecureAcceptAnything\"},{\"type\":\"reject\"}]},"
	"\"oci\":{\"/srv/images\":" ACCEPT ",\"/srv/images/a:x\":" REJECT "}}}";

/* The code of the answer: 0 or ERR_DENIED. */
static int registry(const struct policy *p, const char *name, const char *word)
{
	_ref_ struct ref r = {0};
	struct err e = {0};

	assert_int_equal(ref_parse(name, &r, &e), 0);
	ref_complete(&r);
	if (policy_check_registry(p, &r, &e) == 0)
		return 0;
	if (word && !strstr(e.msg, word))
		fail_msg("%s", e.msg);
	return e.code;
}

static int layout(const struct policy *p, const char *dir, const char *name)
{
	struct err e = {0};

	return policy_check_layout(p, dir, name, &e) == 0 ? 0 : e.code;
}

static void test_scopes(void **state)
{
	_policy_ struct policy p = {0};
	struct err e = {0};

	assert_int_equal(policy_parse(&p, text, strlen(text), "p", &e), 0);
	assert_int_equal(registry(&p, "example.com/x", NULL), 0);
	assert_int_equal(registry(&p, "example.com/bad/x:1", "rejected by policy"), ERR_DENIED);
	assert_int_equal(registry(&p, "example.com/badder/x:1", NULL), 0);
	assert_int_equal(registry(&p, "example.com/bad/good", NULL), 0);
	assert_int_equal(registry(&p, "example.com/bad/good@" HEX, NULL), 0);
	assert_int_equal(registry(&p, "example.com/bad/good:evil", NULL), ERR_DENIED);
	assert_int_equal(registry(&p, "example.com/both", NULL), ERR_DENIED);
	assert_int_equal(registry(&p, "example.com:443/x", "signedBy"), ERR_DENIED);
	assert_int_equal(registry(&p, "a.wild.org:5000/x", NULL), 0);
	assert_int_equal(registry(&p, "b.a.wild.org/x", NULL), 0);
	assert_int_equal(registry(&p, "wild.org/x", "must be signed"), ERR_DENIED);
	assert_int_equal(registry(&p, "no.wild.org/x", NULL), ERR_DENIED);
	assert_int_equal(registry(&p, "port.net:5000/x", NULL), 0);
	assert_int_equal(registry(&p, "port.net/x", NULL), ERR_DENIED);
	assert_int_equal(layout(&p, "/srv/images/a", NULL), 0);
	assert_int_equal(layout(&p, "/srv/images/a", "y"), 0);
	assert_int_equal(layout(&p, "/srv/images/a", "x"), ERR_DENIED);
	assert_int_equal(layout(&p, "/srv/imagesx", NULL), ERR_DENIED);
}

static void test_strict(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"default\":[]}",
		"{\"default\":" ACCEPT ",\"defualt\":1}",
		"{\"default\":[{\"type\":\"acceptAll\"}]}",
		"{\"default\":[{\"type\":\"reject\",\"unless\":1}]}",
		"{\"default\":[{}]}",
		"{\"default\":" ACCEPT ",\"transports\":{\"docker\":{\"x\":[]}}}",
		"{\"default\":" ACCEPT ",\"transports\":{\"docker\":" REJECT "}}",
		"{\"default\":" ACCEPT ",\"default\":" ACCEPT "}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_policy_ struct policy p = {0};
		struct err e = {0};

		if (policy_parse(&p, bad[i], strlen(bad[i]), "p", &e) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
