/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path resolution without openat2(2): component by component, O_PATH|O_NOFOLLOW, see path_walk.h.
 *
 * The walk keeps a stack of descriptors from the root to the current directory; ".." pops it and
 * stops at the root, so that no rename can make a ".." leave the root. A symbolic link is read from
 * its own O_PATH descriptor (readlinkat(2) with an empty path, Linux 2.6.39) and its text put in
 * front of what is left; an absolute one pops the stack to the root. At most 40 links, as the
 * kernel. A link of procfs may be a magic one, which leads anywhere; none of them is followed.
 */
#include "sys/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/str.h"

#define MAX_LINKS 40
#define MAX_DEPTH 256

struct walk {
	int stack[MAX_DEPTH]; /* stack[0] is the caller's root and stays open */
	int depth;
	int links;
	bool beneath;
};

static void pop_to(struct walk *w, int depth)
{
	int saved = errno;

	while (w->depth > depth)
		close(w->stack[w->depth--]);
	errno = saved;
}

static int fail(int errnum)
{
	errno = errnum;
	return -1;
}

/* Puts the text of the link fd in front of *rest, which is replaced. */
static int follow(struct walk *w, int fd, char **rest)
{
	char target[4096];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	struct statfs fs;
	char *joined;

	if (w->beneath || ++w->links > MAX_LINKS)
		return fail(ELOOP);
	if (TEMP_FAILURE_RETRY(fstatfs(fd, &fs)) < 0)
		return -1;
	if (fs.f_type == PROC_SUPER_MAGIC)
		return fail(ELOOP);
	if (n < 0)
		return -1;
	target[n] = '\0';
	if (target[0] == '/')
		pop_to(w, 0);
	/* no slash at the end: that would demand a directory */
	joined = **rest ? str_fmt("%s/%s", target, *rest) : str_dup(target);
	free(*rest);
	*rest = joined;
	return 0;
}

static int push(struct walk *w, int fd)
{
	if (w->depth + 1 >= MAX_DEPTH)
		return fail(ENAMETOOLONG);
	w->stack[++w->depth] = fd;
	return 0;
}

/* Enters the directory NAME, or follows it where it is a link. */
static int enter(struct walk *w, const char *name, char **rest)
{
	_close_ int fd = openat(w->stack[w->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, rest);
	if (!S_ISDIR(st.st_mode))
		return fail(ENOTDIR);
	if (push(w, fd) < 0)
		return -1;
	take_fd(&fd);
	return 0;
}

/* The last component, with the caller's flags. 1: it was a link and *rest goes on. */
static int open_last(struct walk *w, const char *name, int flags, mode_t mode, char **rest,
		     int *out)
{
	int at = w->stack[w->depth];
	struct stat st;

	if (!(flags & O_NOFOLLOW) || w->beneath) {
		_close_ int link = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (link >= 0 && fstat(link, &st) == 0 && S_ISLNK(st.st_mode)) {
			if (w->beneath && (flags & O_NOFOLLOW) && (flags & O_PATH))
				return fail(ELOOP);
			return follow(w, link, rest) < 0 ? -1 : 1;
		}
	}
	*out = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	return *out < 0 ? -1 : 0;
}

/* ".." from the root stays there in a chroot, and is an escape beneath a directory. */
static int go_up(struct walk *w)
{
	if (w->beneath)
		return fail(EXDEV);
	if (w->depth > 0)
		pop_to(w, w->depth - 1);
	return 0;
}

static int walk(struct walk *w, const char *path, int flags, mode_t mode)
{
	_free_ char *rest = str_dup(path);
	int out = -1;

	for (;;) {
		char *name = rest + strspn(rest, "/");
		size_t n = strcspn(name, "/");
		_free_ char *comp = str_ndup(name, n);
		bool dir_wanted = name[n] == '/';
		char *tail = name + n + strspn(name + n, "/");
		char *left = str_dup(tail);
		int r;

		free(rest);
		rest = left;
		if (n == 0 || (*left == '\0' && (str_eq(comp, ".") || str_eq(comp, "..")))) {
			if (str_eq(comp, "..") && go_up(w) < 0)
				return -1;
			return openat(w->stack[w->depth], ".", flags | O_CLOEXEC, mode);
		}
		if (str_eq(comp, "."))
			continue;
		if (str_eq(comp, "..")) {
			if (go_up(w) < 0)
				return -1;
			continue;
		}
		if (*left != '\0') {
			if (enter(w, comp, &rest) < 0)
				return -1;
			continue;
		}
		if (dir_wanted)
			flags |= O_DIRECTORY;
		r = open_last(w, comp, flags, mode, &rest, &out);
		if (r <= 0)
			return r < 0 ? -1 : out;
	}
}

static int start(int root, const char *path, int flags, mode_t mode, bool beneath)
{
	struct walk w = {.stack = {root}, .beneath = beneath};
	int fd;

	if (*path == '\0')
		return fail(ENOENT);
	if (beneath && *path == '/')
		return fail(EXDEV);
	fd = walk(&w, path, flags, mode);
	pop_to(&w, 0);
	return fd;
}

int path_walk_in_root(int root, const char *path, int flags, mode_t mode)
{
	return start(root, path, flags, mode, false);
}

int path_walk_beneath(int dir, const char *path, int flags, mode_t mode)
{
	return start(dir, path, flags, mode, true);
}
