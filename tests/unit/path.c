/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Safe paths: every case by openat2(2) and by the walker that replaces it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sys/path.h"

/* DIR/root is the container's root, DIR/canary what must not be reached. */
struct fixture {
	char dir[32];
	int top, root;
};

static void put(int dir, const char *name, const char *text)
{
	_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), NULL), 0);
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	_free_ char *absolute = NULL;

	strcpy(x->dir, "/tmp/rp-path.XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	x->top = open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(x->top, "canary", "outside");
	assert_int_equal(mkdirat(x->top, "root", 0755), 0);
	x->root = openat(x->top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(x->root, "a", 0755), 0);
	assert_int_equal(mkdirat(x->root, "a/b", 0755), 0);
	put(x->root, "canary", "inside");
	put(x->root, "a/file", "file");
	absolute = str_fmt("%s/canary", x->dir);
	assert_int_equal(symlinkat("../canary", x->root, "up"), 0);
	assert_int_equal(symlinkat("../../../../../../../canary", x->root, "a/b/far-up"), 0);
	assert_int_equal(symlinkat("/canary", x->root, "a/absolute"), 0);
	assert_int_equal(symlinkat(absolute, x->root, "host"), 0);
	assert_int_equal(symlinkat("loop", x->root, "loop"), 0);
	assert_int_equal(symlinkat("/a", x->root, "to-a"), 0);
	assert_int_equal(symlinkat("nowhere/x", x->root, "dangling"), 0);
	assert_int_equal(symlinkat("/proc/self/cwd", x->root, "magic"), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	_free_ char *command = str_fmt("rm -rf %s", x->dir);

	path_test_no_openat2(false);
	close(x->root);
	close(x->top);
	free(x);
	return system(command);
}

/* The content, or the errno as text. */
static const char *in_root(struct fixture *x, const char *path)
{
	static char text[64];
	struct err e = {0};
	_close_ int fd = path_open_in_root(x->root, path, O_RDONLY, 0, &e);
	ssize_t n;

	if (fd < 0)
		return strerrorname_np(e.errnum);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return strerrorname_np(errno);
	text[n] = '\0';
	return text;
}

static const char *beneath(struct fixture *x, const char *path)
{
	struct err e = {0};
	_close_ int fd = path_open_beneath(x->root, path, O_RDONLY, 0, &e);

	return fd < 0 ? strerrorname_np(e.errnum) : "ok";
}

static void links_stay_inside(struct fixture *x)
{
	assert_string_equal(in_root(x, "/canary"), "inside");
	assert_string_equal(in_root(x, "canary"), "inside");
	assert_string_equal(in_root(x, "up"), "inside");
	assert_string_equal(in_root(x, "a/b/far-up"), "inside");
	assert_string_equal(in_root(x, "a/absolute"), "inside");
	assert_string_equal(in_root(x, "../../../../canary"), "inside");
	assert_string_equal(in_root(x, "a/../../../canary"), "inside");
	assert_string_equal(in_root(x, "to-a/file"), "file");
	assert_string_equal(in_root(x, "to-a/../canary"), "inside");
	assert_string_equal(in_root(x, "//a//./file"), "file");
	assert_string_equal(in_root(x, "host"), "ENOENT");
	assert_string_equal(in_root(x, "loop"), "ELOOP");
	assert_string_equal(in_root(x, "dangling"), "ENOENT");
	assert_string_equal(in_root(x, "a/file/x"), "ENOTDIR");
	assert_string_equal(in_root(x, "a/file/.."), "ENOTDIR");
}

static void beneath_follows_nothing(struct fixture *x)
{
	assert_string_equal(beneath(x, "a/file"), "ok");
	assert_string_equal(beneath(x, "a"), "ok");
	assert_string_equal(beneath(x, "up"), "ELOOP");
	assert_string_equal(beneath(x, "to-a/file"), "ELOOP");
	assert_string_not_equal(beneath(x, "../canary"), "ok");
	assert_string_not_equal(beneath(x, "/canary"), "ok");
	assert_string_equal(beneath(x, "missing"), "ENOENT");
}

/* Magic links of procfs lead anywhere: refused also where procfs is below the root. */
static void magic_links_are_refused(struct fixture *x)
{
	_close_ int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err e = {0};

	assert_int_equal(path_open_in_root(host, "/proc/self/cwd", O_PATH, 0, &e), -1);
	assert_int_equal(path_open_in_root(host, "/proc/self/fd/0", O_PATH, 0, &e), -1);
	assert_int_equal(path_open_in_root(host, "/proc/self/root/etc", O_PATH, 0, &e), -1);
	assert_string_equal(in_root(x, "magic"), "ENOENT");
}

static bool exists(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void making(struct fixture *x, const char *tag)
{
	_free_ char *dir = str_fmt("to-a/%s/deep/er", tag);
	_free_ char *file = str_fmt("/a/b/far/%s/f", tag);
	_free_ char *at = str_fmt("a/%s/deep/er", tag);
	struct err e = {0};
	_close_ int d = path_mkdir_in_root(x->root, dir, 0755, &e);
	_close_ int f = path_mkfile_in_root(x->root, file, 0644, &e);
	_close_ int again = path_mkdir_in_root(x->root, dir, 0755, &e);

	assert_true(d >= 0 && f >= 0 && again >= 0);
	assert_true(exists(x->root, at));
	assert_int_equal(path_mkdir_in_root(x->root, "loop/x", 0755, &e), -1);
	assert_int_equal(path_mkfile_in_root(x->root, "loop", 0644, &e), -1);
	assert_int_equal(path_mkdir_beneath(x->root, "to-a/no", 0755, &e), -1);
	assert_false(exists(x->root, "a/no"));
	assert_false(exists(x->top, "nowhere"));
}

static void make_link(struct fixture *x, const char *target, const char *at)
{
	assert_int_equal(symlinkat(target, x->root, at), 0);
}

static void unmake(int fd, int dir, const char *path, int flags)
{
	close(fd);
	assert_true(exists(dir, path));
	assert_int_equal(unlinkat(dir, path, flags), 0);
}

/* The target of a link that dangles is made, and inside of the root whatever it says. */
static void making_targets(struct fixture *x)
{
	struct err e = {0};

	make_link(x, "../../new/./one", "a/link");
	make_link(x, "/a/link", "second");
	unmake(path_mkdir_in_root(x->root, "second/more", 0755, &e), x->root, "new/one/more",
	       AT_REMOVEDIR);
	unmake(open("/dev/null", O_RDONLY), x->root, "new/one", AT_REMOVEDIR);
	unmake(path_mkfile_in_root(x->root, "second", 0644, &e), x->root, "new/one", 0);
	unmake(path_mkfile_in_root(x->root, "/second/f", 0644, &e), x->root, "new/one/f", 0);
	unmake(open("/dev/null", O_RDONLY), x->root, "new/one", AT_REMOVEDIR);
	unmake(open("/dev/null", O_RDONLY), x->root, "new", AT_REMOVEDIR);
	unmake(open("/dev/null", O_RDONLY), x->root, "second", 0);
	unmake(open("/dev/null", O_RDONLY), x->root, "a/link", 0);
	assert_false(exists(x->top, "new"));
}

/* Where the place leads is what the path leads to, and nothing is looked up again where it was
 * made. */
static void place_is(struct fixture *x, const char *path, bool dir, const char *at, bool made)
{
	struct path_place p;
	struct stat want, have;
	struct err e = {0};

	if ((dir ? path_place_dir(x->root, path, 0750, &p, &e)
		 : path_place_file(x->root, path, 0640, &p, &e)) < 0)
		fail_msg("%s: %s", path, e.msg);
	assert_int_equal(*p.name != '\0', made);
	assert_int_equal(fstatat(x->root, at, &want, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fstatat(p.fd, p.name, &have, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(have.st_ino, want.st_ino);
	assert_int_equal(S_ISDIR(have.st_mode), dir);
	if (made)
		assert_int_equal(have.st_mode & 0777, dir ? 0750 : 0640);
	close(p.fd);
}

static void places(struct fixture *x)
{
	struct path_place p;

	place_is(x, "a/b", true, "a/b", false);
	place_is(x, "a/file", false, "a/file", false);
	place_is(x, "/to-a/p/q//", true, "a/p/q", true);
	place_is(x, "to-a/p/f", false, "a/p/f", true);
	place_is(x, "/../../p", true, "p", true);
	place_is(x, "a/p/.", true, "a/p", false);
	/* through a link that dangles: its target */
	make_link(x, "../../new", "a/link");
	place_is(x, "a/link", true, "new", false);
	unmake(open("/dev/null", O_RDONLY), x->root, "new", AT_REMOVEDIR);
	place_is(x, "/a/link", false, "new", false);
	unmake(open("/dev/null", O_RDONLY), x->root, "new", 0);
	unmake(open("/dev/null", O_RDONLY), x->root, "a/link", 0);
	assert_int_equal(path_place_dir(x->root, "a/file", 0755, &p, NULL), -1);
	assert_int_equal(path_place_dir(x->root, "a/file/x", 0755, &p, NULL), -1);
	assert_int_equal(path_place_file(x->root, "loop/x", 0644, &p, NULL), -1);
	assert_false(exists(x->top, "p"));
	assert_false(exists(x->top, "new"));
	unmake(open("/dev/null", O_RDONLY), x->root, "a/p/f", 0);
	unmake(open("/dev/null", O_RDONLY), x->root, "a/p/q", AT_REMOVEDIR);
	unmake(open("/dev/null", O_RDONLY), x->root, "a/p", AT_REMOVEDIR);
	unmake(open("/dev/null", O_RDONLY), x->root, "p", AT_REMOVEDIR);
}

static void all_cases(struct fixture *x, const char *tag)
{
	links_stay_inside(x);
	beneath_follows_nothing(x);
	magic_links_are_refused(x);
	making(x, tag);
	making_targets(x);
	places(x);
}

static void by_openat2(void **state)
{
	path_test_no_openat2(false);
	all_cases(*state, "kernel");
}

static void by_walker(void **state)
{
	path_test_no_openat2(true);
	all_cases(*state, "walker");
	path_test_no_openat2(false);
}

/* Somebody swaps a directory and a link to the outside as fast as the kernel can. */
struct race {
	struct fixture *x;
	atomic_bool stop;
	unsigned long swaps;
};

static void *swapper(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->stop)) {
		syscall(SYS_renameat2, r->x->root, "swap", r->x->root, "trap", 2 /* EXCHANGE */);
		r->swaps++;
	}
	return NULL;
}

static void rounds(struct fixture *x, int count)
{
	for (int i = 0; i < count; i++) {
		_close_ int fd = path_open_in_root(x->root, "swap/canary", O_RDONLY, 0, NULL);
		_close_ int dir = path_mkdir_in_root(x->root, "swap/made/here", 0755, NULL);
		struct path_place place = {.fd = -1};
		char text[16] = "";

		if (path_place_file(x->root, "swap/made/place", 0644, &place, NULL) == 0)
			close(place.fd);
		if (fd >= 0)
			assert_true(read(fd, text, sizeof(text) - 1) >= 0);
		assert_string_not_equal(text, "outside");
	}
	assert_false(exists(x->top, "made"));
}

static void raced(void **state)
{
	struct fixture *x = *state;
	struct race r = {.x = x};
	pthread_t thread;

	assert_int_equal(mkdirat(x->root, "swap", 0755), 0);
	put(x->root, "swap/canary", "inside");
	assert_int_equal(symlinkat("../../../..", x->root, "trap"), 0);
	assert_int_equal(renameat(x->root, "trap", x->root, "trap"), 0);
	assert_int_equal(pthread_create(&thread, NULL, swapper, &r), 0);
	path_test_no_openat2(false);
	rounds(x, 5000);
	path_test_no_openat2(true);
	rounds(x, 5000);
	path_test_no_openat2(false);
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	assert_true(r.swaps > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_openat2),
		cmocka_unit_test(by_walker),
		cmocka_unit_test(raced),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
