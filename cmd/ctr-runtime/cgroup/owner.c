/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns the cgroup: runtime-spec, config-linux.md, "Cgroup ownership".
 *
 * A container that runs systemd makes cgroups of its own below what it sees as the root of the
 * tree. Where its root is not the user who made the cgroup (a user namespace without this user, or
 * with this user as somebody else), the directory and the files that cgroups(7) calls delegated are
 * given to it. Not the others: the limits stay the owner's of the directory above.
 *
 * Stages: is there anything to do (own user and cgroup namespace, the tree mounted for writing);
 * whom root stands for; the directory; each file. A caller who cannot give files away (no
 * CAP_CHOWN over both users) leaves them as they are, which the specification allows.
 */
#include "cgroup/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

/* Each kernel knows its own (Linux 4.15); these are all that existed before. */
#define DELEGATED_FILES "/sys/kernel/cgroup/delegate"
#define DELEGATED_OLD	"cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n"

static bool mounts_tree_for_writing(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->nmounts; i++) {
		const struct config_mount *m = &cfg->mounts[i];

		if ((str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2")) &&
		    !strv_has(&m->options, "ro"))
			return true;
	}
	return false;
}

static bool is_new(const struct config *cfg, const char *type)
{
	const struct config_namespace *n = config_namespace(cfg, type);

	return n && !(n->path && *n->path);
}

/* What root of the container is here; -1 where the map has no root. */
static int64_t root_of(const struct config_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps->v[i].container == 0 && maps->v[i].size > 0)
			return maps->v[i].host;
	return -1;
}

/* 0: given, or not there, or not ours to give. */
static int give(int dir, const char *name, uid_t uid, struct err *e)
{
	if (fchownat(dir, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 ||
	    errno == ENOENT || errno == EPERM || errno == EINVAL)
		return 0;
	return err_sys(e, "fchownat", "cannot give the cgroup's %s to the container's root",
		       *name ? name : "directory");
}

int cgroup_give(const struct config *cfg, int dir, struct err *e)
{
	_buf_ struct buf b = {0};
	_strv_ struct strv names = {0};
	int64_t uid = root_of(&cfg->uid_maps);

	if (uid < 0 || uid == (int64_t)geteuid() || !is_new(cfg, "user") ||
	    !is_new(cfg, "cgroup") || !mounts_tree_for_writing(cfg))
		return 0;
	if (file_read(AT_FDCWD, DELEGATED_FILES, 65536, &b, NULL) < 0)
		buf_release(&b);
	strv_split(&names, b.len ? b.data : DELEGATED_OLD, '\n');
	if (give(dir, "", (uid_t)uid, e) < 0)
		return -1;
	strv_foreach (name, &names)
		if (*name && !strchr(name, '/') && give(dir, name, (uid_t)uid, e) < 0)
			return -1;
	return 0;
}
