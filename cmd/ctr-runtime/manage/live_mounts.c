/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "mounts": mounts put into a container that exists, or taken out of it.
 *
 * A child does the work, because it changes namespaces:
 *   1. it opens the namespaces of the container, hides (nobody inside may look into it), and joins
 *      the user namespace;
 *   2. add: in a copy of the caller's mount namespace, which is the child's own to change, the
 *      sources of bind mounts are opened and cloned as detached mounts (open_tree(2), Linux 5.2),
 *      with the rights that the sources of config.json are opened with;
 *   3. it joins the rest, but takes its old root back: the container's root is a descriptor only,
 *      and /proc is the host's;
 *   4. destinations are resolved below that descriptor (sys/path.h) and mounts are attached to, or
 *      detached from, what came out. A link or a rename in the container can only lead to another
 *      place of the container.
 * It must not execute or read any file of the container.
 *
 * That a destination may be led elsewhere is why what .linux.maskedPaths and readonlyPaths cover
 * is never taken out: the masks are compared by the number of their mount (statx(2), Linux 5.8).
 *
 * A procfs, sysfs or cgroup file system shows the namespaces of who makes it; these are made with
 * the container only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config.h"
#include "join/nsjoin.h"
#include "make/container.h"
#include "make/steps.h"
#include "manage/state.h"
#include "rootfs/idmount.h"
#include "rootfs/mounts.h"
#include "rootfs/rootfs.h"
#include "runtime.h"
#include "sys/nsfork.h"
#include "sys/path.h"

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif

struct live {
	struct create c; /* .cfg: of the container, .sources: the clones */
	struct config list;
	struct state *container;
	bool add;
};

static int check_types(const struct live *l, struct err *e)
{
	static const char *const with_container[] = {"proc", "sysfs", "cgroup", "cgroup2"};

	for (size_t i = 0; l->add && i < l->list.nmounts; i++) {
		const struct config_mount *m = &l->list.mounts[i];

		for (size_t t = 0; t < ARRAY_LEN(with_container); t++)
			if (str_eq(m->type, with_container[t])) {
				err_set(e, ERR_UNSUPPORTED, 0, NULL,
					"a file system of this type is made with the container");
				return mounts_failed(m, e);
			}
	}
	return 0;
}

/* As in create, paths are relative to the bundle. */
static int clone_sources(struct live *l, struct err *e)
{
	for (size_t i = 0; i < l->list.nmounts; i++) {
		const struct config_mount *m = &l->list.mounts[i];
		_close_ int source = -1;

		if (m->source && *m->source != '/' && chdir(l->container->bundle) < 0)
			return err_sys(e, "chdir", "cannot enter the bundle %s",
				       l->container->bundle);
		if (mounts_open_source(m, &source, e) < 0)
			return -1;
		l->c.sources[i] = source < 0 ? -1 : mounts_clone(m, source, e);
		if (source >= 0 && l->c.sources[i] < 0)
			return mounts_failed(m, e);
		if (source >= 0 && idmount_wanted(m) &&
		    idmount_apply(&l->c, m, l->c.sources[i], e) < 0)
			return mounts_failed(m, e);
	}
	return 0;
}

static int prepare_sources(struct live *l, struct err *e)
{
	if (!l->add)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "unshare", "cannot copy the mount namespace");
	l->c.sources = mem_alloc((l->list.nmounts + 1) * sizeof(int));
	return rootfs_private_tree(&l->c, e) < 0 ? -1 : clone_sources(l, e);
}

/* Into the mount namespace, and with the root where it was. */
static int enter(struct live *l, struct nsjoin *n, struct err *e)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return err_sys(e, "open", "cannot open /");
	if (nsjoin_enter(n, ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWPID), e) < 0)
		return -1;
	l->c.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->c.root < 0)
		return err_sys(e, "open", "cannot open the container's root");
	if (fchdir(root) < 0 || chroot(".") < 0)
		return err_sys(e, "chroot", "cannot go back to the own root");
	return 0;
}

static int look(int fd, struct statx *st, struct err *e)
{
	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, st) < 0)
		return err_sys(e, "statx", "cannot look at a mount");
	if (!(st->stx_mask & STATX_MNT_ID) || !(st->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return err_set(e, ERR_UNSUPPORTED, 0, "statx",
			       "telling mounts apart needs Linux 5.8");
	return 0;
}

static bool is_one_of(const struct live *l, const struct strv *paths, uint64_t id)
{
	strv_foreach (path, paths) {
		_close_ int fd = path_open_in_root(l->c.root, path, O_PATH, 0, NULL);
		struct statx st;

		if (fd >= 0 && look(fd, &st, NULL) == 0 && st.stx_mnt_id == id &&
		    st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
			return true;
	}
	return false;
}

static int check_removable(const struct live *l, int fd, struct err *e)
{
	const struct config *cfg = &l->c.cfg;
	struct statx st, root;

	if (look(fd, &st, e) < 0 || look(l->c.root, &root, e) < 0)
		return -1;
	if (!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return err_set(e, ERR_INPUT, 0, NULL, "it is not a mount point");
	if (st.stx_mnt_id == root.stx_mnt_id)
		return err_set(e, ERR_DENIED, 0, NULL, "it is the root of the container");
	if (is_one_of(l, &cfg->masked, st.stx_mnt_id) ||
	    is_one_of(l, &cfg->readonly, st.stx_mnt_id))
		return err_set(e, ERR_DENIED, 0, NULL, "config.json masks what is below it");
	return 0;
}

/* By the magic link of the descriptor, in the host's /proc: there is no name to be swapped. */
static int take_out(const struct live *l, const struct config_mount *m, struct err *e)
{
	_close_ int fd = path_open_in_root(l->c.root, m->destination, O_PATH, 0, e);
	char link[FD_PATH_LEN];

	if (fd < 0 || check_removable(l, fd, e) < 0)
		return err_prefix(e, "unmount %s", m->destination);
	if (umount2(path_fd_link(fd, link), MNT_DETACH) < 0)
		return err_sys(e, "umount2", "unmount %s", m->destination);
	return 0;
}

static int each(struct live *l, struct err *e)
{
	for (size_t i = 0; i < l->list.nmounts; i++) {
		const struct config_mount *m = &l->list.mounts[i];

		if (!l->add && take_out(l, m, e) < 0)
			return -1;
		if (l->add && mounts_place_clone(&l->c, m, l->c.sources[i], e) < 0)
			return mounts_failed(m, e);
		if (mounts_late_readonly(&l->c, e) < 0)
			return mounts_failed(m, e);
	}
	return 0;
}

static int inside(struct live *l, struct err *e)
{
	_nsjoin_ struct nsjoin n = NSJOIN_NONE;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot protect the runtime");
	if (nsjoin_open(l->container, &n, e) < 0)
		return -1;
	l->c.joined_early = n.flags;
	if (!(n.flags & CLONE_NEWNS))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "the caller is in the container's mount namespace");
	if (nsjoin_enter(&n, CLONE_NEWUSER, e) < 0 || prepare_sources(l, e) < 0 ||
	    become_root(&l->c, e) < 0 || enter(l, &n, e) < 0)
		return -1;
	return each(l, e);
}

static int in_child(struct live *l, struct err *e)
{
	int fds[2], pidfd, status = 0;
	struct err said = {0};
	pid_t pid;

	if (fd_pipe(fds, e) < 0)
		return -1;
	pid = ns_fork(0, -1, false, &pidfd, e);
	if (pid == 0) {
		if (inside(l, &said) < 0)
			err_send(fds[1], &said);
		_exit(said.code ? 1 : 0);
	}
	close(fds[1]);
	if (pid > 0 && err_recv(fds[0], &said) == 1)
		*e = said;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(fds[0]);
	if (pid > 0)
		close(pidfd);
	if (pid > 0 && status && !said.code)
		err_set(e, ERR_FAILED, 0, NULL, "the process that was to mount was killed");
	return pid < 0 || status ? -1 : 0;
}

static int read_list(struct live *l, const char *file, struct err *e)
{
	const char *name = str_eq(file, "-") ? "standard input" : file;
	struct json *doc = NULL;
	int rc = str_eq(file, "-") ? json_read(STDIN_FILENO, CONFIG_MAX_SIZE, name, &doc, e)
				   : json_read_file(AT_FDCWD, file, CONFIG_MAX_SIZE, &doc, e);

	if (rc < 0)
		return -1;
	if (!doc)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: there is nothing in it", name);
	return config_parse_mounts(doc, &l->list, e) < 0 ? err_prefix(e, "%s", name) : 0;
}

static int check_status(const struct state *s, struct err *e)
{
	const char *status = state_status(s);

	if (str_eq(status, "stopped"))
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s is not running", s->id);
	/* its process is still in the host's file system */
	if (str_eq(status, "creating"))
		return err_set(e, ERR_AGAIN, 0, NULL, "container %s is being created", s->id);
	return 0;
}

static int run_mounts(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	static struct live l = {.c = CREATE_NONE};
	_state_ struct state s = STATE_NONE;

	l.c.g = g;
	l.container = &s;
	l.add = str_eq(argv[0], "add");
	if (!l.add && !str_eq(argv[0], "remove"))
		return err_set(e, ERR_USAGE, 0, NULL, "mounts: \"%s\" is not add or remove",
			       argv[0]);
	if (state_root(g, e) < 0 || state_load(g, argv[1], false, &s, e) < 0 ||
	    check_status(&s, e) < 0 || read_list(&l, argv[2], e) < 0 || check_types(&l, e) < 0 ||
	    config_parse(json_ref(s.config), &l.c.cfg, e) < 0)
		return -1;
	return in_child(&l, e);
}

const struct command cmd_mounts = {
	"mounts",
	"add|remove ID FILE|-",
	"put mounts into a container, or take them out",
	NULL,
	0,
	3,
	3,
	false,
	true,
	run_mounts,
};
