/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a pipeline: all programs are started at once, connected by pipes, so that their start-up
 * overlaps; each then waits for its document. Ends are noticed by pidfd in any order.
 *
 * Signals: what a terminal sends (SI_KERNEL) reaches the programs of the foreground by itself. What
 * another process sends to rp is passed on to the last program, which is the one that stands for
 * the container.
 */
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "internal.h"
#include "base/fd.h"
#include "base/log.h"
#include "oci/store.h"
#include "sys/proc.h"
#include "sys/spawn.h"
#include "sys/userns.h"

struct mode mode;

void outcome_release(struct outcome *o)
{
	json_put(o->out);
	o->out = NULL;
}

/* ns-enter-pause makes what is missing; then we join as everybody does. */
static int make_and_join(int run, struct err *e)
{
	_free_ char *file = program_path("ns-enter-pause");
	char start[] = "--start";
	char *argv[] = {file, start, NULL};
	int status;

	err_clear(e);
	if (run_program(
		    &(struct spawn){
			    .file = file, .argv = argv, .in = SPAWN_NULL, .out = -1, .err = -1},
		    NULL, 0, NULL, 0, &status, e) < 0)
		return -1;
	if (status != 0)
		return err_set(e, ERR_FAILED, 0, "ns-enter-pause",
			       "cannot enter the user namespace");
	return userns_join_pause(run, e);
}

/* make: the pause process, where there is none. */
static int enter(enum plan_ns ns, bool make, struct err *e)
{
	_store_ struct store s = STORE_NONE;

	if (store_open(&s, e) < 0)
		return -1;
	/* found once, for all programs that follow */
	setenv("RP_STORE", s.path, 1);
	setenv("RP_RUN", s.run_path, 1);
	if (userns_join_pause(s.run, e) < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		if (!make) {
			err_clear(e);
			return 0;
		}
		if (make_and_join(s.run, e) < 0)
			return -1;
	}
	err_clear(e);
	return ns == PLAN_PRIVATE_NS && userns_private_mounts(e) < 0 ? -1 : 1;
}

int plan_enter(enum plan_ns ns, struct err *e)
{
	if (ns == PLAN_NO_NS)
		return 0;
	if (mode.dry_run) {
		dry_run_enter(ns);
		return 0;
	}
	return enter(ns, true, e) < 0 ? -1 : 0;
}

int plan_enter_if_there(enum plan_ns ns, struct err *e)
{
	if (ns == PLAN_NO_NS)
		return 1;
	return store_exists() ? enter(ns, false, e) : 0;
}

static int input_file(const struct json *input, struct err *e)
{
	_close_ int fd = memfd_create("request", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "memfd_create", "cannot keep the request");
	if (json_write(fd, input, e) < 0)
		return -1;
	lseek(fd, 0, SEEK_SET);
	return take_fd(&fd);
}

struct pipes {
	int next_in; /* read end for the step to come */
	int out;     /* read end of the last step's output, -1 with to_user */
	int told;    /* what the step that tells has to say, -1 where none does */
	int copy;    /* the document of the step that copies, -1 where none does */
};

static int start_step(struct pipeline *p, size_t i, struct running *r, struct pipes *pipes,
		      struct err *e)
{
	struct step *s = &p->step[i];
	_close_ int in = take_fd(&pipes->next_in), out = -1, third = -1, fourth = -1;
	bool last = i + 1 == p->n;
	int ends[2];

	r->held = s->hold ? memfd_create("messages", MFD_CLOEXEC) : -1;
	if (!last || !p->to_user) {
		if (fd_pipe(ends, e) < 0)
			return -1;
		out = ends[1];
		if (last)
			pipes->out = ends[0];
		else
			pipes->next_in = ends[0];
	}
	if (s->tells) {
		if (fd_pipe(ends, e) < 0)
			return -1;
		pipes->told = ends[0];
		third = ends[1];
	}
	if (s->early)
		third = take_fd(&pipes->copy);
	if (s->copies) {
		if (fd_pipe(ends, e) < 0)
			return -1;
		pipes->copy = ends[0];
		fourth = ends[1];
	}
	return launch(s,
		      &(struct streams){.in = in >= 0		 ? in
					      : p->inherit_stdin ? -1
								 : SPAWN_NULL,
					.out = out,
					.err = r->held,
					.third = third,
					.fourth = fourth},
		      r, e);
}

static int take_signals(sigset_t *old)
{
	static const int list[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		sigaddset(&mask, list[i]);
	sigprocmask(SIG_BLOCK, &mask, old);
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Returns the signal that came, 0: none. */
static int pass_signal(int fd, const struct running *last)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != sizeof(si))
		return 0;
	if (si.ssi_code != SI_KERNEL && last->pidfd >= 0)
		proc_signal(last->pidfd, (int)si.ssi_signo, NULL);
	return si.ssi_signo == SIGCONT ? 0 : (int)si.ssi_signo; /* ends nobody */
}

/* Waits for all, reading the last one's output meanwhile. */
static int wait_all(struct running *r, size_t n, int *out_fd, struct buf *out, int *signal,
		    struct err *e)
{
	sigset_t old;
	_close_ int signals = take_signals(&old);
	size_t left = n;
	int ret = 0;

	while (left || *out_fd >= 0) {
		struct pollfd p[PLAN_MAX_STEPS + 2];
		ssize_t got;

		for (size_t i = 0; i < n; i++)
			p[i] = (struct pollfd){.fd = r[i].pidfd, .events = POLLIN};
		p[n] = (struct pollfd){.fd = *out_fd, .events = POLLIN};
		p[n + 1] = (struct pollfd){.fd = signals, .events = POLLIN};
		if (poll(p, n + 2, -1) < 0)
			continue;
		if (p[n].revents) {
			buf_reserve(out, 65536);
			got = read(*out_fd, out->data + out->len, 65536);
			if (got > 0)
				out->len += got;
			if (got == 0 || out->len > JSON_MAX_DOCUMENT)
				close(take_fd(out_fd));
		}
		for (size_t i = 0; i < n; i++) {
			if (p[i].fd >= 0 && p[i].revents) {
				launch_reap(&r[i]);
				left--;
			}
		}
		if (p[n + 1].revents)
			*signal = pass_signal(signals, &r[n - 1]) ?: *signal;
	}
	/* one that came together with the end of the last program */
	*signal = pass_signal(signals, &r[n - 1]) ?: *signal;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static void show_held(const struct running *r)
{
	_buf_ struct buf b = {0};

	if (r->held < 0)
		return;
	lseek(r->held, 0, SEEK_SET);
	if (fd_read_all(r->held, 1 << 20, &b, "messages", NULL) == 0 && b.len)
		fd_write_all(STDERR_FILENO, b.data, b.len, NULL);
}

/*
 * The first step that failed is the cause; those behind it ended for want of a document.
 */
static void judge(struct running *r, size_t n, struct outcome *o)
{
	o->failed = -1;
	o->status = r[n - 1].status;
	for (size_t i = 0; i < n && o->failed < 0; i++) {
		if (r[i].status == 0)
			continue;
		o->failed = (int)i;
		o->status = r[i].status;
		if (!step_may_fall_back(r[i].step, r[i].status))
			show_held(&r[i]);
	}
	for (size_t i = 0; i < n; i++) {
		/* by the signal that rp was sent as well: the user knows */
		if (r[i].killed != o->signal)
			report_killed(r[i].step->program, r[i].killed);
		if (r[i].held >= 0)
			close(r[i].held);
	}
}

/*
 * Before the step that depends on it starts. The programs before it work meanwhile, and what they
 * have to do takes longer than those behind take to start.
 */
static void wait_told(struct pipeline *p, size_t next, struct pipes *pipes)
{
	_close_ int fd = take_fd(&pipes->told);
	char text[4096] = "";
	size_t len = 0;
	ssize_t n;

	/* a line, or the end of a program that has failed */
	while (fd >= 0 && len < sizeof(text) - 1 && !memchr(text, '\n', len) &&
	       (n = TEMP_FAILURE_RETRY(read(fd, text + len, sizeof(text) - 1 - len))) > 0)
		len += (size_t)n;
	plan_drop_idle(p, next, text);
}

static void kill_started(struct running *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		proc_signal(r[i].pidfd, SIGTERM, NULL);
		launch_reap(&r[i]);
	}
}

int plan_run(struct pipeline *p, struct outcome *o, struct err *e)
{
	struct running r[PLAN_MAX_STEPS] = {0};
	struct pipes pipes = {.next_in = -1, .out = -1, .told = -1, .copy = -1};
	_buf_ struct buf out = {0};

	*o = (struct outcome){.failed = -1};
	if (mode.dry_run) {
		dry_run_print(p);
		return 0;
	}
	if (mode.trace)
		return trace_run(p, o, e);
	if (p->input && (pipes.next_in = input_file(p->input, e)) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		if (p->step[i].work)
			wait_told(p, i, &pipes);
		if (i < p->n && start_step(p, i, &r[i], &pipes, e) < 0) {
			kill_started(r, i);
			return -1;
		}
	}
	if (pipes.copy >= 0)
		close(pipes.copy);
	if (wait_all(r, p->n, &pipes.out, &out, &o->signal, e) < 0)
		return -1;
	judge(r, p->n, o);
	if (o->failed >= 0 || !out.len)
		return 0;
	if (p->may_be_text && out.data[0] != '{' && out.data[0] != '[')
		return fd_write_all(STDOUT_FILENO, out.data, out.len, e);
	return json_parse(out.data, out.len, p->step[p->n - 1].program, &o->out, e);
}
