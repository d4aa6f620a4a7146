/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities: names, and the sets of a process in a user namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "sys/caps.h"

static void names(void **state)
{
	assert_int_equal(caps_number("CAP_CHOWN"), CAP_CHOWN);
	assert_int_equal(caps_number("chown"), CAP_CHOWN);
	assert_int_equal(caps_number("cap_sys_admin"), CAP_SYS_ADMIN);
	assert_int_equal(caps_number("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	assert_int_equal(caps_number("CAP_"), -1);
	assert_int_equal(caps_number(""), -1);
	assert_int_equal(caps_number("CAP_CAP_CHOWN"), -1);
	for (int i = 0; i <= CAP_CHECKPOINT_RESTORE; i++)
		assert_int_equal(caps_number(caps_name(i)), i);
	assert_null(caps_name(CAP_CHECKPOINT_RESTORE + 1));
	assert_null(caps_name(-1));
}

static void sets(void **state)
{
	_strv_ struct strv list = {0}, unknown = {0};

	strv_split(&list, "CAP_CHOWN CAP_FLY CAP_KILL CAP_FLY", ' ');
	assert_true(caps_set(&list, &unknown) == (CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_KILL)));
	assert_int_equal(unknown.n, 1);
	assert_string_equal(unknown.v[0], "CAP_FLY");
}

static uint64_t from_status(const char *key)
{
	_buf_ struct buf b = {0};
	const char *at;

	if (file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &b, NULL) < 0)
		return 1;
	at = strstr(b.data, key);
	return at ? strtoull(at + strlen(key), NULL, 16) : 1;
}

/* In the child: 0 where the sets of the kernel are what was asked for. */
static int apply(const struct caps *c)
{
	struct err e = {0};

	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	if (caps_limit(c, &e) < 0 || caps_apply(c, &e) < 0)
		return 1;
	if (from_status("CapBnd:\t") != c->bounding || from_status("CapEff:\t") != c->effective ||
	    from_status("CapPrm:\t") != c->permitted ||
	    from_status("CapInh:\t") != c->inheritable || from_status("CapAmb:\t") != c->ambient)
		return 2;
	return caps_effective() == c->effective ? 0 : 3;
}

static void applied(const struct caps *c)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(apply(c));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void in_a_process(void **state)
{
	const uint64_t some = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_SETUID);

	applied(&(struct caps){0});
	applied(&(struct caps){.bounding = some, .effective = some, .permitted = some});
	applied(&(struct caps){.bounding = some, .permitted = some});
	applied(&(struct caps){.bounding = some,
			       .effective = some,
			       .permitted = some,
			       .inheritable = some,
			       .ambient = CAP_BIT(CAP_CHOWN)});
	applied(&(struct caps){
		.bounding = caps_all(), .effective = caps_all(), .permitted = caps_all()});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(sets),
		cmocka_unit_test(in_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
