/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's terminal: a pair from the container's own devpts, by descriptors only. The peer
 * comes from the master by TIOCGPTPEER and is bound on /dev/console through its descriptor, so no
 * name below /dev/pts is ever looked up. The master goes to the runtime, which keeps it where it
 * runs in the foreground, and otherwise passes it on to the console socket.
 */
#include "process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "rootfs/own.h"
#include "sys/fdpass.h"
#include "sys/mountfd.h"
#include "sys/path.h"
#include "sys/pty.h"

int terminal_check(const struct create *c, struct err *e)
{
	bool detached = !c->start || c->o->detach;

	if (!c->cfg.process.terminal && c->o->console_socket)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--console-socket with .process.terminal false");
	if (c->cfg.process.terminal && detached && !c->o->console_socket)
		return err_set(e, ERR_USAGE, 0, NULL,
			       ".process.terminal needs --console-socket when detached");
	return 0;
}

/* A /dev of the user's gets no file; without /dev/console the terminal can be used all the same. */
static int bind_console(struct create *c, struct err *e)
{
	struct path_guard guard = own_guard(c);
	_close_ int target = path_mkfile_guarded(c->root, "/dev/console", 0644, &guard, e), m = -1;

	if (target < 0 && e->errnum == EXDEV) {
		err_clear(e);
		return 0;
	}
	if (target < 0)
		return -1;
	m = mount_clone(c->peer, false, e);
	if (m >= 0)
		return mount_attach(m, target, e);
	if (e->errnum != ENOSYS)
		return -1;
	err_clear(e);
	return mount_at(NULL, c->peer, target, NULL, MS_BIND, NULL, e);
}

/*
 * A devpts of the host's, in a /dev that was bound from there, keeps its own ptmx shut as a rule;
 * the node beside it opens the devpts at "pts" in its own directory
 * (Documentation/filesystems/devpts).
 */
static int open_by_node(struct create *c, int *master, int *peer, struct err *e)
{
	_close_ int m = path_open_in_root(c->root, "/dev/ptmx",
					  O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0, e);
	struct stat st;

	if (m < 0)
		return -1;
	if (fstat(m, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return err_set(e, ERR_DENIED, 0, NULL, "/dev/ptmx is not the device c 5:2");
	if (fcntl(m, F_SETFL, O_RDWR) < 0 || pty_peer(m, peer, e) < 0)
		return -1;
	*master = take_fd(&m);
	return 0;
}

static int open_pair(struct create *c, int pts, int *master, int *peer, struct err *e)
{
	struct err first = {0};

	if (pty_open(pts, master, peer, &first) == 0)
		return 0;
	if (first.errnum == EACCES && open_by_node(c, master, peer, NULL) == 0)
		return 0;
	*e = first;
	return -1;
}

int terminal_make(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;
	_close_ int master = -1, pts = -1;
	struct statfs st;

	if (!p->terminal)
		return 0;
	pts = c->devpts >= 0 ? take_fd(&c->devpts)
			     : path_open_in_root(c->root, "/dev/pts", O_PATH, 0, e);
	if (pts < 0 || TEMP_FAILURE_RETRY(fstatfs(pts, &st)) < 0)
		return err_prefix(e, "the terminal needs a devpts on /dev/pts");
	if (st.f_type != DEVPTS_SUPER_MAGIC)
		return err_set(e, ERR_DENIED, 0, NULL, "/dev/pts of the container is no devpts");
	if (open_pair(c, pts, &master, &c->peer, e) < 0)
		return -1;
	/* EINVAL: a user that is not mapped fails later, with a better message */
	if (fchown(c->peer, (uid_t)p->uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM)
		return err_sys(e, "fchown", "cannot give the terminal to the user");
	if (p->console_height && p->console_width &&
	    pty_size(c->peer, (uint16_t)p->console_height, (uint16_t)p->console_width, e) < 0)
		return -1;
	if (!c->exec && bind_console(c, e) < 0)
		return err_prefix(e, "/dev/console");
	return fdpass_send(c->sync_child, master, "/dev/pts/0", 10, e);
}

int terminal_adopt(struct create *c, struct err *e)
{
	if (c->peer < 0)
		return 0;
	if (pty_adopt(c->peer, e) < 0)
		return -1;
	close(take_fd(&c->peer));
	return 0;
}
