/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree_label(): everything below, the root last. With an attribute that needs no SELinux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "sys/path.h"
#include "sys/treelabel.h"

#define NAME "user.label"

static char dir[] = "/var/tmp/treelabel.XXXXXX";

static void make_file(int at, const char *name)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static const char *label_of(int at, const char *name)
{
	static char text[64];
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fgetxattr(fd, NAME, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void test_tree(void **state)
{
	struct err e = {0};
	int root;

	assert_non_null(mkdtemp(dir));
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fsetxattr(root, NAME, "", 0, 0) < 0) {
		close(root);
		rmdir(dir);
		skip(); /* this file system has no attributes of users */
	}
	mkdirat(root, "d", 0700);
	mkdirat(root, "d/e", 0700);
	make_file(root, "f");
	make_file(root, "d/e/g");
	assert_int_equal(tree_label(root, NAME, "a:b", &e), 0);
	assert_string_equal(label_of(root, "."), "a:b");
	assert_string_equal(label_of(root, "d"), "a:b");
	assert_string_equal(label_of(root, "f"), "a:b");
	assert_string_equal(label_of(root, "d/e/g"), "a:b");
	/* the root stands for all */
	make_file(root, "new");
	assert_int_equal(tree_label(root, NAME, "a:b", &e), 1);
	assert_string_equal(label_of(root, "new"), "");
	/* the kernel gives SELinux' labels with a NUL at their end */
	assert_int_equal(fsetxattr(root, NAME, "a:b", 4, 0), 0);
	assert_int_equal(tree_label(root, NAME, "a:b", &e), 1);
	assert_int_equal(tree_label(root, NAME, "other", &e), 0);
	assert_string_equal(label_of(root, "new"), "other");
	/* a link cannot have an attribute of this kind: what is in the way is named, the root waits
	 */
	assert_int_equal(symlinkat("/", root, "link"), 0);
	assert_int_equal(tree_label(root, NAME, "third", &e), -1);
	assert_non_null(strstr(e.msg, "link"));
	assert_string_equal(label_of(root, "."), "other");
	close(root);
	root = open("/var/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(path_remove_tree(root, strrchr(dir, '/') + 1, NULL), 0);
	close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_tree)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
