/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store: staging, commit, sweep, locks. In a directory of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "oci/store.h"
#include "sys/owndir.h"
#include "sys/path.h"
#include "scratch.h"

static bool exists(const struct store *s, const char *path)
{
	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_open(void **state)
{
	_store_ struct store s = STORE_NONE, other = STORE_NONE;
	struct err e = {0};
	struct stat st;

	assert_int_equal(store_open(&s, NULL), 0);
	assert_string_equal(s.path, getenv("RP_STORE"));
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* the mode of a directory that is there is its owner's choice ... */
	assert_int_equal(fchmod(s.fd, 0755), 0);
	store_close(&s);
	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	/* ... but for one that others could change */
	assert_int_equal(fchmod(s.fd, 0770), 0);
	assert_int_equal(store_open(&other, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0770);
	assert_int_equal(fchmod(s.fd, 0700), 0);
}

static void remove_all(const char *path)
{
	_free_ char *command = str_fmt("rm -rf '%s'", path);

	assert_int_equal(system(command), 0);
}

/* Own links lead to a directory of ours; below one that everybody may write to, none does. */
static void test_own_dir(void **state)
{
	const char *top = getenv("RP_STORE");
	_free_ char *place = str_fmt("%s/links", top), *real = str_fmt("%s/real", place);
	_free_ char *link = str_fmt("%s/link", place), *sub = str_fmt("%s/link/a/b", place);
	_free_ char *made = str_fmt("%s/real/a/b", place);
	struct err e = {0};
	struct stat st;
	int fd;

	assert_int_equal(mkdir(place, 0700), 0);
	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink("real", link), 0);
	fd = own_dir(sub, &e);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(chmod(place, 01777), 0);
	assert_int_equal(own_dir(sub, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	assert_non_null(strstr(e.msg, "is a symbolic link"));
	remove_all(place);
}

static void test_relative(void **state)
{
	_free_ char *saved = str_dup(getenv("RP_STORE"));
	struct store s = STORE_NONE;
	struct err e = {0};

	setenv("RP_STORE", "relative/store", 1);
	assert_int_equal(store_open(&s, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	setenv("RP_STORE", saved, 1);
}

static void test_commit(void **state)
{
	_store_ struct store s = STORE_NONE;
	_staging_ struct staging st = STAGING_NONE, second = STAGING_NONE;
	_close_ int to = -1;
	_buf_ struct buf b = {0};

	assert_int_equal(store_open(&s, NULL), 0);
	to = store_dir(&s, "things", NULL);
	assert_true(to >= 0);
	assert_int_equal(staging_make(&s, "thing", &st, NULL), 0);
	assert_int_equal(file_replace(st.fd, "f", "1", 1, 0600, false, NULL), 0);
	assert_int_equal(staging_commit(&st, to, "x", NULL), 0);
	assert_int_equal(st.fd, -1);
	/* another process was faster with the same thing: the first one stays */
	assert_int_equal(staging_make(&s, "thing", &second, NULL), 0);
	assert_int_equal(file_replace(second.fd, "f", "2", 1, 0600, false, NULL), 0);
	assert_int_equal(staging_commit(&second, to, "x", NULL), 1);
	assert_int_equal(file_read(to, "x/f", 10, &b, NULL), 0);
	assert_string_equal(b.data, "1");
}

static size_t count_staging(const struct store *s)
{
	_close_ int fd = store_dir(s, "staging", NULL);
	_closedir_ DIR *d = fdopendir(dup(fd));
	struct dirent *ent;
	size_t n = 0;

	while ((ent = readdir(d)))
		n += ent->d_name[0] != '.';
	return n;
}

static void test_discard(void **state)
{
	_store_ struct store s = STORE_NONE;

	assert_int_equal(store_open(&s, NULL), 0);
	{
		_staging_ struct staging st = STAGING_NONE;

		assert_int_equal(staging_make(&s, "thing", &st, NULL), 0);
		assert_int_equal(mkdirat(st.fd, "deep", 0000), 0);
		assert_int_equal(count_staging(&s), 1);
	}
	assert_int_equal(count_staging(&s), 0);
}

/* What a killed process left goes; what a living one works on stays. */
static void test_sweep(void **state)
{
	_store_ struct store s = STORE_NONE;
	_staging_ struct staging mine = STAGING_NONE;
	_free_ char *path = NULL;
	pid_t pid;

	assert_int_equal(store_open(&s, NULL), 0);
	pid = fork();
	if (pid == 0) {
		struct staging st = STAGING_NONE;

		if (staging_make(&s, "left", &st, NULL) < 0 || mkdirat(st.fd, "d", 0700) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(staging_make(&s, "mine", &mine, NULL), 0);
	assert_int_equal(count_staging(&s), 2);
	assert_int_equal(store_sweep(&s, true, NULL), 0);
	assert_int_equal(count_staging(&s), 1);
	path = str_fmt("staging/%s", mine.name);
	assert_true(exists(&s, path));
}

static void test_sweep_trash(void **state)
{
	_store_ struct store s = STORE_NONE;
	_close_ int dir = -1, keep = -1;

	assert_int_equal(store_open(&s, NULL), 0);
	dir = store_dir(&s, "trash/old/deep", NULL);
	keep = store_dir(&s, "volumes/v", NULL);
	assert_true(dir >= 0 && keep >= 0);
	assert_int_equal(store_sweep(&s, true, NULL), 0);
	assert_false(exists(&s, "trash/old"));
	assert_true(exists(&s, "volumes/v"));
}

static void test_lock(void **state)
{
	_store_ struct store s = STORE_NONE;
	int held, status;
	struct err e = {0};
	pid_t pid;

	assert_int_equal(store_open(&s, NULL), 0);
	held = store_lock(s.fd, "x.lock", true, NULL);
	assert_true(held >= 0);
	assert_int_equal(store_lock(s.fd, "x.lock", true, &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
	close(held);
	pid = fork();
	if (pid == 0) /* the lock goes with the process */
		_exit(store_lock(s.fd, "x.lock", true, NULL) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	held = store_lock(s.fd, "x.lock", true, NULL);
	assert_true(held >= 0);
	close(held);
}

/* A link in place of a directory of ours leads nowhere. */
static void test_links(void **state)
{
	_store_ struct store s = STORE_NONE;
	_close_ int fd = -1;

	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(symlinkat("/tmp", s.fd, "evil"), 0);
	fd = store_dir(&s, "evil", NULL);
	assert_int_equal(fd, -1);
	fd = store_dir(&s, "evil/sub", NULL);
	assert_int_equal(fd, -1);
	fd = store_dir(&s, "../up", NULL);
	assert_int_equal(fd, -1);
}

static void test_digest(void **state)
{
	static const char good[] =
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	assert_string_equal(digest_hex(good), good + 7);
	assert_null(digest_hex(good + 7));
	assert_null(digest_hex("sha256:0123"));
	assert_null(digest_hex(
		"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"));
	assert_null(digest_hex(
		"sha256:../3456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),	    cmocka_unit_test(test_own_dir),
		cmocka_unit_test(test_relative),    cmocka_unit_test(test_commit),
		cmocka_unit_test(test_discard),	    cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_sweep_trash), cmocka_unit_test(test_lock),
		cmocka_unit_test(test_links),	    cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
