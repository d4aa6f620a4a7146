/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of a process on its way to be the user's command that do not depend on how it came into the
 * container: see steps.h.
 */
#include "make/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "make/note.h"
#include "make/spent.h"
#include "process/process.h"

/*
 * Dies with the runtime; must come first, and again after each change of credentials. What belongs
 * to the runtime alone is closed here: above all the state directory, whose lock would otherwise be
 * held until the command is executed.
 */
int follow_parent(struct create *c, struct err *e)
{
	int *const theirs[] = {&c->sync_parent, &c->err_read,	  &c->state_dir, &c->creating,
			       &c->notify,	&c->pid_file_dir, &c->g->root_fd};

	for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
		spent(c, take_fd(theirs[i]));
	spent_close(c);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot follow the runtime");
	return 0;
}

/* /proc of the host, for kernels without mounts by descriptor and hosts that mask their /proc. */
int host_proc(struct create *c, struct err *e)
{
	struct statfs st;

	if (c->host_proc >= 0)
		return 0;
	c->host_proc = TEMP_FAILURE_RETRY(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (c->host_proc >= 0 &&
	    (TEMP_FAILURE_RETRY(fstatfs(c->host_proc, &st)) < 0 || st.f_type != PROC_SUPER_MAGIC)) {
		close(c->host_proc);
		c->host_proc = -1;
	}
	return 0;
}

/* Root of the user namespace, so that what is made here belongs to the container's root. */
int become_root(struct create *c, struct err *e)
{
	if (!(c->new_ns & CLONE_NEWUSER) && !(c->joined_early & CLONE_NEWUSER))
		return 0;
	if (setresgid(0, 0, 0) < 0 && errno != EINVAL)
		return err_sys(e, "setresgid", "cannot become group 0 of the user namespace");
	if (setresuid(0, 0, 0) < 0 && errno != EINVAL)
		return err_sys(e, "setresuid", "cannot become root of the user namespace");
	if (!process_keeps_groups(c))
		setgroups(0,
			  NULL); /* refused where setgroups is "deny"; process_identity() decides */
	return follow_parent(c, e);
}

/* A session of its own: no terminal of the caller can be reached (TIOCSTI). */
int new_session(struct create *c, struct err *e)
{
	if (setsid() < 0 && errno != EPERM)
		return err_sys(e, "setsid", "cannot make a session");
	return 0;
}

int wait_go(struct create *c, struct err *e)
{
	struct note n;

	if (note_wait(c->sync_child, NOTE_GO, &n, e) < 0)
		return -1;
	c->pid = n.pid;
	return 0;
}
