/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one launcher: a step of a pipeline becomes a process, and its end a status with times. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "internal.h"
#include "base/log.h"
#include "sys/proc.h"
#include "sys/spawn.h"

bool step_may_fall_back(const struct step *s, int status)
{
	return ((s->hold & HOLD_NOTFOUND) && status == ERR_NOTFOUND) ||
	       ((s->hold & HOLD_AGAIN) && status == ERR_AGAIN);
}

int launch(struct step *s, const struct streams *io, struct running *r, struct err *e)
{
	_strv_ struct strv words = {0};
	_close_ int user_in = s->user_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10) : -1;
	const struct spawn_fd fds[] = {{.from = user_in >= 0 ? user_in : io->third, .to = THIRD},
				       {.from = io->fourth, .to = THIRD + 1}};
	struct child c;

	step_words(s, &words);
	if (s->tells)
		strv_addf(&words, "--status-fd=%d", THIRD);
	if (s->early && io->third >= 0)
		strv_addf(&words, "--early-fd=%d", THIRD);
	if (s->copies && io->fourth >= 0)
		strv_addf(&words, "--copy-fd=%d", THIRD + 1);
	clock_gettime(CLOCK_MONOTONIC, &r->start);
	if (spawn(&(struct spawn){.file = words.v[0],
				  .argv = words.v,
				  .in = io->in,
				  .out = io->out,
				  .err = io->err,
				  .fds = fds,
				  .nfds = ARRAY_LEN(fds),
				  .death_signal = SIGKILL},
		  &c, e) < 0)
		return -1;
	r->step = s;
	r->pid = c.pid;
	r->pidfd = c.pidfd;
	r->status = -1;
	return 0;
}

void launch_reap(struct running *r)
{
	int ws;

	if (waitpid(r->pid, &ws, 0) < 0)
		ws = 0xff00;
	r->killed = WIFSIGNALED(ws) ? WTERMSIG(ws) : 0;
	r->status = r->killed ? 128 + r->killed : WEXITSTATUS(ws);
	clock_gettime(CLOCK_MONOTONIC, &r->end);
	timings_add(r->step->program, &r->start, &r->end);
	close(take_fd(&r->pidfd));
}

/* SIGPIPE says no more than that a later step has ended, SIGINT comes from the user's keyboard. */
void report_killed(const char *program, int signal)
{
	const char *name = signal_name(signal);
	struct err e = {0};

	if (signal == SIGPIPE || signal == SIGINT || signal == 0)
		return;
	err_set(&e, ERR_FAILED, 0, NULL, "%s was killed by %s", program, name ? name : "a signal");
	log_err(&e);
}
