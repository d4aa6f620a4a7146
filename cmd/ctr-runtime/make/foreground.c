/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runtime in the foreground: see foreground.h. */
#include "make/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "manage/delete.h"
#include "sys/proc.h"
#include "sys/pty.h"

static sigset_t passed_on(void)
{
	static const int signals[] = {SIGTERM, SIGINT,	SIGHUP,	 SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	return set;
}

void foreground_prepare(bool subreaper)
{
	sigset_t set = passed_on();

	sigprocmask(SIG_BLOCK, &set, NULL);
	if (subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int pass_signals(int pidfd, struct err *e)
{
	sigset_t set = passed_on();
	_close_ int sfd = signalfd(-1, &set, SFD_CLOEXEC);
	struct pollfd p[2] = {{pidfd, POLLIN, 0}, {sfd, POLLIN, 0}};
	struct signalfd_siginfo si;

	if (sfd < 0)
		return err_sys(e, "signalfd", "cannot pass signals on");
	while (!p[0].revents) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, "poll", "cannot wait for the command");
		if (p[1].revents && read(sfd, &si, sizeof(si)) == sizeof(si))
			proc_signal(pidfd, (int)si.ssi_signo, NULL);
	}
	return 0;
}

int foreground_status(pid_t pid, int pidfd, int tty_master, struct err *e)
{
	int status;

	if (tty_master >= 0 ? pty_proxy(tty_master, pidfd, e) < 0
	    : pidfd >= 0    ? pass_signals(pidfd, e) < 0
			    : false)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "waitpid", "cannot wait for the command");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* What failed once and is gone may work the second time: nobody comes after us to delete it. */
static int delete_at_end(const struct create *c, struct err *e)
{
	if (delete_container(c->g, c->id, true, e) == 0)
		return 0;
	if (e->code != ERR_NOTFOUND) {
		err_clear(e);
		if (delete_container(c->g, c->id, true, e) == 0)
			return 0;
	}
	if (e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e); /* somebody else has deleted it */
	return 0;
}

int foreground_wait(struct create *c, struct err *e)
{
	int status;

	status = foreground_status(c->pid, c->pidfd, c->tty_master, e);
	if (status < 0) {
		struct err ignored = {0};

		/* it cannot be watched: it must not run on by itself */
		delete_at_end(c, &ignored);
		return -1;
	}
	return c->o->keep || delete_at_end(c, e) == 0 ? status : -1;
}
