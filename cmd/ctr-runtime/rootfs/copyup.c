/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying a directory of the image into a new tmpfs: see copyup.h.
 *
 * Everything is opened by name below its directory and never through a link; what is neither
 * directory, regular file nor link (devices, sockets, fifos) is left out. Each level of the tree
 * takes three descriptors, so depth is bounded by how many this process may have; it takes what its
 * hard limit gives.
 */
#include "rootfs/copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "sys/path.h"

#define LEVEL_FDS 3
#define OTHER_FDS 128
#define MOST_FDS  (1 << 20)

static int max_depth;

static int copy_tree(int from, int to, int depth, struct err *e);

static int keep_owner(int fd, const struct stat *st, struct err *e)
{
	/* EINVAL: an owner that is not mapped here */
	if (fchown(fd, st->st_uid, st->st_gid) < 0 && errno != EINVAL && errno != EPERM)
		return err_sys(e, "fchown", "cannot keep the owner");
	if (fchmod(fd, st->st_mode & 07777) < 0)
		return err_sys(e, "fchmod", "cannot keep the mode");
	return 0;
}

static int copy_file(int src_dir, int dst_dir, const char *name, const struct stat *st,
		     struct err *e)
{
	_close_ int in = openat(src_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_close_ int out = openat(dst_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return err_sys(e, "openat", "cannot copy");
	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(e, "sendfile", "cannot copy");
	return keep_owner(out, st, e);
}

static int copy_dir(int src_dir, int dst_dir, const char *name, const struct stat *st, int depth,
		    struct err *e)
{
	_close_ int in = openat(src_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int out = -1;

	if (in < 0 || mkdirat(dst_dir, name, 0700) < 0)
		return err_sys(e, "mkdirat", "cannot copy");
	out = openat(dst_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_sys(e, "openat", "cannot copy");
	if (copy_tree(in, out, depth + 1, e) < 0)
		return -1;
	return keep_owner(out, st, e);
}

static int copy_link(int src_dir, int dst_dir, const char *name, const struct stat *st,
		     struct err *e)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(src_dir, name, text, sizeof(text) - 1);

	if (n < 0)
		return err_sys(e, "readlinkat", "cannot copy");
	text[n] = '\0';
	if (symlinkat(text, dst_dir, name) < 0)
		return err_sys(e, "symlinkat", "cannot copy");
	if (fchownat(dst_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL && errno != EPERM)
		return err_sys(e, "fchownat", "cannot keep the owner");
	return 0;
}

static int copy_entry(int from, int to, const char *name, int depth, struct err *e)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fstatat", "cannot copy");
	if (S_ISDIR(st.st_mode))
		return copy_dir(from, to, name, &st, depth, e);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st, e);
	return S_ISLNK(st.st_mode) ? copy_link(from, to, name, &st, e) : 0;
}

static int copy_tree(int from, int to, int depth, struct err *e)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *ent;

	if (!d)
		return err_sys(e, "opendir", "cannot copy");
	if (depth > max_depth)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "cannot copy: more than %d levels of directories", max_depth);
	while ((ent = readdir(d))) {
		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		if (copy_entry(from, to, ent->d_name, depth, e) < 0)
			return err_prefix(e, "%s", ent->d_name);
	}
	return 0;
}

/* Returns what it was before, for setrlimit(2). */
static struct rlimit raise_files(void)
{
	struct rlimit was = {0}, more;

	getrlimit(RLIMIT_NOFILE, &was);
	more = was;
	more.rlim_cur = was.rlim_max < MOST_FDS ? was.rlim_max : MOST_FDS;
	if (more.rlim_cur < was.rlim_cur || setrlimit(RLIMIT_NOFILE, &more) < 0)
		more = was;
	max_depth = more.rlim_cur > OTHER_FDS ? (int)(more.rlim_cur - OTHER_FDS) / LEVEL_FDS : 0;
	return was;
}

int copy_up(int from, int to, struct err *e)
{
	_close_ int in = path_reopen(from, O_RDONLY | O_DIRECTORY, e);
	struct rlimit was = raise_files();
	int rc = in < 0 ? -1 : copy_tree(in, to, 0, e);

	setrlimit(RLIMIT_NOFILE, &was);
	return rc < 0 ? err_prefix(e, "tmpcopyup") : 0;
}
