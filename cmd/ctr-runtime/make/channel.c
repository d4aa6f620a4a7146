/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runtime's ends of what connects it with the container's first process: see channel.h.
 *
 * Notes go over a socket pair, an error of the child over a pipe of its own: its end is closed by
 * execve(2), so that the end of file says that the command was executed, and what is left of an
 * error can still be read when the child is gone.
 */
#include "make/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "make/note.h"
#include "sys/fdpass.h"
#include "sys/proc.h"
#include "sys/pty.h"

int channels(struct create *c, struct err *e)
{
	int pipe_fds[2], pair[2];

	if (fd_pipe(pipe_fds, e) < 0)
		return -1;
	c->err_read = pipe_fds[0];
	c->err_write = pipe_fds[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair", "cannot make a socket pair");
	/* the child's ends lie side by side */
	c->sync_child = pair[0];
	c->sync_parent = pair[1];
	return 0;
}

void channels_parted(struct create *c)
{
	int theirs[] = {take_fd(&c->err_write), take_fd(&c->sync_child)};

	fd_close_list(theirs, ARRAY_LEN(theirs));
}

/* Why the child ended: its own word, or what the kernel says. */
int child_error(struct create *c, struct err *e)
{
	struct err said = {0};
	siginfo_t si = {0};

	/* *e is something else than the child's end: then the child may wait for us */
	if (e->errnum && e->errnum != EPIPE && e->errnum != ECONNRESET)
		return -1;
	if (c->err_write >= 0)
		close(take_fd(&c->err_write));
	if (err_recv(c->err_read, &said) == 1) {
		*e = said;
		return -1;
	}
	if (c->pidfd >= 0 && proc_wait(c->pidfd, 1000, NULL) == 1 &&
	    waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOWAIT | WNOHANG) == 0 && si.si_pid &&
	    si.si_code != CLD_EXITED)
		return err_set(e, ERR_FAILED, 0, NULL,
			       "the container's first process was killed by %s",
			       signal_name(si.si_status) ? signal_name(si.si_status) : "a signal");
	return err_set(e, ERR_FAILED, 0, NULL, "the container's first process ended too early");
}

/* A step that concerns the child has failed: because the child has ended, if it has said so. */
int step_error(struct create *c, struct err *e)
{
	struct pollfd spoke = {.fd = c->err_read, .events = POLLIN};

	/* one that is being killed loses its /proc files before its descriptors */
	if (poll(&spoke, 1, 50) != 1)
		return -1;
	err_clear(e);
	return child_error(c, e);
}

int create_receive_terminal(struct create *c, struct err *e)
{
	int rc;

	if (!c->cfg.process.terminal)
		return 0;
	c->tty_master = fdpass_recv(c->sync_parent, e);
	if (c->tty_master < 0)
		return child_error(c, e);
	if (c->console < 0)
		return isatty(STDOUT_FILENO) ? 0 : pty_plain_lines(c->tty_master, e);
	rc = fdpass_send(c->console, c->tty_master, "/dev/pts/0", 10, e);
	close(take_fd(&c->tty_master));
	close(take_fd(&c->console));
	return rc;
}

int create_let_go(struct create *c, struct err *e)
{
	if (note_send(c->sync_parent, NOTE_GO, c->pid, e) < 0)
		return child_error(c, e);
	return 0;
}

/* run: until the command was executed; create: until only that is left. */
int wait_ready(struct create *c, struct err *e)
{
	struct err said = {0};

	if (!c->start)
		return note_wait(c->sync_parent, NOTE_READY, NULL, e) < 0 ? child_error(c, e) : 0;
	switch (err_recv(c->err_read, &said)) {
	case 0:
		return 0;
	case 1:
		*e = said;
		return -1;
	default:
		return err_sys(e, "read", "cannot learn whether the command runs");
	}
}
