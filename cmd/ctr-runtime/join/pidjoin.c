/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container in the pid namespace of another one.
 *
 * Who is in that namespace, with CAP_SYS_PTRACE in the user namespace of the runtime, can look into
 * a process from its first instruction on: see hide.c. While a container is made the host's file
 * system is its root and a dozen descriptors lead there. So the process that makes it stays
 * outside; when only the command is left, it closes and erases what is the host's and starts
 * another one inside, which carries on.
 *
 * A procfs shows the pid namespace of whoever begins to make it (fsopen(2)). That is done by a
 * process which is inside for this one call, in an empty root, with one socket and no environment.
 * It does not mount it: nothing of this file system may be reached through its descriptors either,
 * as no mask lies over it.
 *
 * With a new user namespace this cannot be: from there the other pid namespace could not be entered
 * any more (setns(2)), so that the whole making happens in it.
 */
#include "join/pidjoin.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "make/note.h"
#include "make/steps.h"
#include "process/hide.h"
#include "sys/fdpass.h"
#include "sys/mountfd.h"
#include "sys/nsfork.h"

static int join(const struct create *c, struct err *e)
{
	if (setns(namespace_fd(c, "pid"), CLONE_NEWPID) < 0)
		return err_sys(e, "setns", "cannot join the pid namespace");
	return 0;
}

static int enter_empty_root(struct err *e)
{
	static const struct strv none = {0};
	_close_ int fs = mount_new("tmpfs", "tmpfs", &none, 0, e);

	if (fs < 0)
		return -1;
	if (fchdir(fs) < 0 || chroot(".") < 0)
		return err_sys(e, "chroot", "cannot enter an empty root");
	return 0;
}

struct request {
	int sock, err;
};

static void begin_inside(const struct request *r)
{
	struct err e = {0};
	_close_ int fd = mount_begin("proc", &e);

	if (fd < 0 || fdpass_send(r->sock, fd, "proc", 4, &e) < 0)
		err_send(r->err, &e);
}

/* Between the two: what it starts is inside. */
static int between(struct create *c, const struct request *r, struct err *e)
{
	int keep[] = {r->sock, r->err}, pidfd;
	struct create nothing = {.o = NULL}; /* whose descriptors would be passed on */
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot follow the runtime");
	if (join(c, e) < 0 || enter_empty_root(e) < 0 ||
	    hide_descriptors(&nothing, keep, ARRAY_LEN(keep), e) < 0)
		return -1;
	hide_erase();
	hide_hooks(c, false);
	pid = ns_fork(0, -1, false, &pidfd, e);
	if (pid == 0) {
		begin_inside(r);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return pid < 0 ? -1 : 0;
}

static int receive(int sock, int err, struct err *e)
{
	struct err said = {0};
	int fd = fdpass_recv(sock, e);

	if (fd < 0 && err_recv(err, &said) == 1)
		*e = said;
	return fd;
}

static int begin(struct create *c, struct err *e)
{
	int pair[2], fds[2], pidfd, fd = -1;
	struct request r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair", "cannot make a socket pair");
	if (fd_pipe(fds, e) < 0)
		return -1;
	r.sock = pair[1];
	r.err = fds[1];
	pid = ns_fork(0, -1, false, &pidfd, e);
	if (pid == 0) {
		struct err own = {0};

		if (between(c, &r, &own) < 0)
			err_send(r.err, &own);
		_exit(0);
	}
	close(pair[1]);
	close(fds[1]);
	if (pid > 0) {
		fd = receive(pair[0], fds[0], e);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(pidfd);
	}
	close(pair[0]);
	close(fds[0]);
	return fd;
}

int pidjoin_proc(struct create *c, const struct strv *data, uint64_t attr, struct err *e)
{
	_close_ int fs = begin(c, e);

	return fs < 0 ? -1 : mount_finish(fs, "proc", "proc", data, attr, e);
}

int pidjoin_enter(struct create *c, struct err *e)
{
	int pidfd;
	pid_t pid;

	if (!c->pid_last)
		return 0;
	if (join(c, e) < 0)
		return -1;
	if (leave_host(c, namespace_fd(c, "pid"), e) < 0)
		return -1;
	pid = ns_fork(0, -1, true, &pidfd, e);
	if (pid < 0)
		return -1;
	if (pid > 0) {
		if (note_send(c->sync_child, NOTE_PID, pid, e) < 0) {
			kill(pid, SIGKILL);
			_exit(1);
		}
		/* until the runtime has seen both, and ends this one */
		for (;;)
			pause();
	}
	/* a terminal belongs to a session, and that to the process that leads it */
	return follow_parent(c, e) < 0 ? -1 : new_session(c, e);
}
