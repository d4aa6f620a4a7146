/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources of bind mounts are paths of the host, and meant with the rights of the caller. Each
 * is opened when its mount is due, so that it can lie on one that was made before. In a new user
 * namespace the child has fewer rights than the caller:
 *
 *   - before it becomes another user it opens what it can (the caller's files and groups; and, as
 * the namespace is mapped, the capabilities for files of mapped ids, user_namespaces(7));
 *   - what it could not, the runtime opens and hands over as a detached mount (open_tree(2)), which
 *     it can where it has CAP_SYS_ADMIN over its mount namespace. A descriptor would not do: what
 * is of another mount namespace cannot be cloned.
 *
 * The runtime also gives those whose ids are to be mapped: see idmount.c. What it gives receives
 * mounts of the host at most and never sends any there.
 *
 * Where .linux.rootfsPropagation is shared, a mount with the option shared is to pass on to the
 * host what is mounted in it. So it is cloned while the child's copy of the host's mounts still is
 * the peer of these; all others become slaves.
 */
#include "rootfs/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>

#include "make/channel.h"
#include "make/note.h"
#include "rootfs/idmount.h"
#include "rootfs/mounts.h"
#include "sys/fdpass.h"
#include "sys/mountfd.h"

bool sources_wanted(const struct create *c)
{
	bool may = c->new_ns & CLONE_NEWUSER && caps_effective() & CAP_BIT(CAP_SYS_ADMIN);

	for (size_t i = 0; i < c->cfg.nmounts; i++)
		if (mounts_has_source(&c->cfg.mounts[i]) &&
		    (may || idmount_wanted(&c->cfg.mounts[i])))
			return true;
	return false;
}

static int give(struct create *c, const struct config_mount *m, struct err *e)
{
	_close_ int source = -1, clone = -1;

	if (mounts_open_source(m, &source, e) < 0)
		return -1;
	clone = mounts_clone(m, source, e);
	if (clone < 0 || mount_change(clone, true, 0, 0, MS_SLAVE, -1, e) < 0)
		return -1;
	if (idmount_wanted(m) && idmount_apply(c, m, clone, e) < 0)
		return -1;
	return fdpass_send(c->sync_parent, clone, "s", 1, e);
}

int sources_serve(struct create *c, struct err *e)
{
	struct note n;

	while (c->serves) {
		if (note_read(c->sync_parent, &n, e) < 0)
			return child_error(c, e);
		if (n.kind == NOTE_MOUNTED)
			return 0;
		if (n.kind != NOTE_SOURCE || n.pid < 0 || (size_t)n.pid >= c->cfg.nmounts)
			return err_set(e, ERR_FAILED, 0, NULL, "the child speaks another language");
		if (give(c, &c->cfg.mounts[n.pid], e) < 0)
			return mounts_failed(&c->cfg.mounts[n.pid], e);
	}
	return 0;
}

static int *none(size_t n)
{
	int *list = mem_alloc((n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = -1;
	return list;
}

/* What cannot be opened yet is tried again. */
int sources_open_early(struct create *c, struct err *e)
{
	(void)e;
	c->sources = none(c->cfg.nmounts);
	c->shared = none(c->cfg.nmounts);
	for (size_t i = 0; i < c->cfg.nmounts && c->new_ns & CLONE_NEWUSER; i++)
		mounts_open_source(&c->cfg.mounts[i], &c->sources[i], NULL);
	return 0;
}

int sources_clone_shared(struct create *c, struct err *e)
{
	const char *word = c->cfg.propagation;
	bool rec;

	if (!word || mount_propagation(word, &rec) != MS_SHARED)
		return 0;
	for (size_t i = 0; i < c->cfg.nmounts; i++) {
		const struct config_mount *m = &c->cfg.mounts[i];
		_close_ int source = -1;

		if (!strv_has(&m->options, "shared") && !strv_has(&m->options, "rshared"))
			continue;
		if (mounts_open_source(m, &source, NULL) < 0 || source < 0)
			continue; /* tried again when it is due */
		c->shared[i] = mounts_clone(m, source, e);
		if (c->shared[i] < 0 && e->errnum != ENOSYS)
			return mounts_failed(m, e);
		err_clear(e);
	}
	return 0;
}

int sources_done(struct create *c, struct err *e)
{
	return c->serves ? note_send(c->sync_child, NOTE_MOUNTED, 0, e) : 0;
}

static int ask(struct create *c, size_t i, int *fd, bool *cloned, struct err *e)
{
	if (note_send(c->sync_child, NOTE_SOURCE, (pid_t)i, e) < 0)
		return -1;
	*fd = fdpass_recv(c->sync_child, e);
	*cloned = true;
	return *fd < 0 ? -1 : 0;
}

int sources_take(struct create *c, size_t i, int *fd, bool *cloned, struct err *e)
{
	const struct config_mount *m = &c->cfg.mounts[i];
	_close_ int early = take_fd(&c->sources[i]);

	*cloned = false;
	*fd = -1;
	if (!mounts_has_source(m))
		return 0;
	if (idmount_wanted(m))
		return ask(c, i, fd, cloned, e);
	if (c->shared[i] >= 0) {
		*fd = take_fd(&c->shared[i]);
		*cloned = true;
		return 0;
	}
	if (mounts_clone_source(m, fd, e) == 0) {
		*cloned = true;
		return 0;
	}
	err_clear(e);
	if (mounts_open_source(m, fd, e) == 0)
		return 0;
	if (e->errnum != EACCES)
		return -1;
	if (early < 0 && !c->serves)
		return -1;
	err_clear(e);
	if (early < 0)
		return ask(c, i, fd, cloned, e);
	*fd = take_fd(&early);
	return 0;
}
