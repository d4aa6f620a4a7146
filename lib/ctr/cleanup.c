/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking containers down: see cleanup.h for the contract and the order.
 *
 * The record of ctr-runtime is RUN/runtime/ID/state.json (cmd/ctr-runtime/state.h); of it "pid",
 * "startTime", "bootId", "pidInode", "cgroup", "cgroupScope" and "cgroupMade" are read here. A
 * record that lacks one, and one with hooks.json beside it, is left to the program. The directory's
 * lock is taken as the program does, so that neither works on a record that the other changes.
 */
#include "ctr/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "ctr/container.h"
#include "ctr/sweep.h"
#include "sys/cgroup2.h"
#include "sys/path.h"

#define STATE_FILE  "state.json"
#define STATE_HOOKS "hooks.json"
#define STATE_MAX   (32u << 20)

/* What of the record decides; the strings are the document's. */
struct record {
	struct json *doc;
	const char *cgroup, *scope;
	int64_t made;
	struct proc_id proc;
};

static void record_release(struct record *r)
{
	json_put(r->doc);
}

static int read_record(int dir, struct record *r, struct err *e)
{
	_close_ int fd = openat(dir, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int64_t pid = 0, start = 0, inode = 0;
	const char *boot = NULL;
	struct cur root;

	if (fd < 0 || json_read_part(fd, STATE_MAX, STATE_FILE, &r->doc, e) < 0 || !r->doc)
		return -1;
	root = cur_root(r->doc);
	if (cur_str(&root, "cgroup", CUR_NEED, &r->cgroup, e) < 0 ||
	    cur_str(&root, "cgroupScope", CUR_NEED, &r->scope, e) < 0 ||
	    cur_int(&root, "cgroupMade", CUR_NEED, 0, UINT16_MAX, &r->made, e) < 0 ||
	    cur_int(&root, "pid", CUR_NEED, 0, INT32_MAX, &pid, e) < 0 ||
	    cur_int(&root, "startTime", CUR_NEED, 0, INT64_MAX, &start, e) < 0 ||
	    cur_int(&root, "pidInode", CUR_OPTIONAL, 0, INT64_MAX, &inode, e) < 0 ||
	    cur_str(&root, "bootId", CUR_NEED, &boot, e) < 0)
		return -1;
	r->proc = (struct proc_id){
		.pid = (pid_t)pid, .start = (uint64_t)start, .inode = (uint64_t)inode};
	snprintf(r->proc.boot, sizeof(r->proc.boot), "%s", boot);
	return 0;
}

/* Nothing but files and a cgroup is left of it. */
static bool is_simple(int dir, struct record *r)
{
	_close_ int pidfd = -1;

	if (faccessat(dir, STATE_HOOKS, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    read_record(dir, r, NULL) < 0 || *r->scope)
		return false;
	pidfd = proc_open(&r->proc, NULL);
	return pidfd < 0;
}

static int remove_cgroup(const struct record *r, struct err *e)
{
	_close_ int dir = -1;

	if (!*r->cgroup || cgroup2_remove_empty(r->cgroup, (unsigned)r->made) == 0)
		return 0;
	dir = cgroup2_open(r->cgroup, e);
	if (dir < 0)
		return e->errnum == ENOENT ? 0 : -1;
	cgroup2_kill(dir, NULL);
	return cgroup2_remove(r->cgroup, (unsigned)r->made, e);
}

int cleanup_forget(const struct store *s, const char *id, struct err *e)
{
	_close_ int root = path_open_beneath(s->run, "runtime", O_PATH | O_DIRECTORY, 0, NULL);
	_clean_(record_release) struct record r = {0};
	_close_ int dir = -1;
	struct err own = {0};

	e = e ? e : &own; /* its errno is looked at */
	if (root < 0)
		return 0;
	dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : 1;
	if (TEMP_FAILURE_RETRY(flock(dir, LOCK_EX)) < 0 || !is_simple(dir, &r))
		return 1;
	if (remove_cgroup(&r, e) < 0 || path_remove_tree(root, id, e) < 0)
		return -1;
	err_clear(e);
	return 0;
}

int cleanup_unmount(int dir, const char *name, struct err *e)
{
	_close_ int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char link[FD_PATH_LEN];

	if (fd < 0)
		return 0;
	/* EINVAL: no mount (any more); EPERM: it belongs to a namespace that ended */
	if (umount2(path_fd_link(fd, link), MNT_DETACH) < 0 && errno != EINVAL && errno != EPERM)
		return err_sys(e, "umount2", "cannot unmount %s", name);
	return 0;
}

int cleanup_run_dir(const struct store *s, const char *id, struct err *e)
{
	_close_ int base = store_run_dir(s, "containers", e);
	int r = base < 0 ? -1 : path_remove_tree(base, id, e);

	start_unmark(s, id);
	return r;
}

int cleanup_plain(const struct store *s, const char *id, const char *name, int bundle, bool remove)
{
	/* anonymous volumes go with it */
	if (remove && faccessat(bundle, "volumes.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (cleanup_forget(s, id, NULL) != 0 || cleanup_unmount(bundle, "rootfs", NULL) < 0 ||
	    (remove && container_withdraw(s, id, name, NULL) < 0) ||
	    cleanup_run_dir(s, id, NULL) < 0)
		return 1;
	return 0;
}
