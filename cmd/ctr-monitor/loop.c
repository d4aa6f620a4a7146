/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a monitor: wait for the one who wants to see everything, start, serve, record, clean
 * up, say the end.
 *
 * One epoll(7) set holds the attach socket, the clients, the container's output and input, its
 * pidfd and a signalfd. The container's end is taken from the kernel (waitid(2) on the pidfd),
 * its last output is read until the pipes are empty, then exit.json appears by rename, then all is
 * taken down, by cleanup_plain() or by ctr-cleanup, and only then the clients hear the exit code:
 * who has heard it may use the container's name again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "ctr/cleanup.h"
#include "monitor.h"

#define START_WAIT_MS 30000 /* for the foreground client to connect */
#define PARENT_MS     2000
#define TIMED_OUT     255 /* conmon's status of a container that --timeout has ended */

int watch(struct monitor *m, int fd, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.fd = fd};

	return epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &ev);
}

void rewatch(struct monitor *m, int fd, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.fd = fd};

	epoll_ctl(m->epoll, EPOLL_CTL_MOD, fd, &ev);
}

void unwatch(struct monitor *m, int fd)
{
	epoll_ctl(m->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void take_signal(struct monitor *m)
{
	struct signalfd_siginfo si;

	/* who asks the monitor to end means the container */
	if (read(m->signals, &si, sizeof(si)) == sizeof(si) && m->pidfd >= 0)
		proc_signal(m->pidfd, (int)si.ssi_signo, NULL);
}

static void dispatch(struct monitor *m, const struct epoll_event *ev)
{
	int fd = ev->data.fd;
	struct client *c;

	if (fd == m->listener)
		clients_accept(m);
	else if (fd == m->signals)
		take_signal(m);
	else if (fd == m->memory_events)
		limits_oom_event(m);
	else if (fd == m->in)
		stdio_flush(m);
	else if (fd == m->out[0] || fd == m->out[1])
		stdio_read(m, fd == m->out[0] ? 0 : 1);
	else if ((c = client_of_fd(m, fd)))
		client_ready(m, c, ev->events);
}

/* One round. False: timed out. */
static bool serve(struct monitor *m, int timeout_ms, bool *ended)
{
	struct epoll_event ev[16];
	int n = epoll_wait(m->epoll, ev, ARRAY_LEN(ev), timeout_ms);

	for (int i = 0; i < n; i++) {
		if (m->pidfd >= 0 && ev[i].data.fd == m->pidfd)
			*ended = true;
		else
			dispatch(m, &ev[i]);
	}
	return n != 0;
}

/* A full queue of the owner holds the container's output back, and nothing else. */
static void hold_or_release(struct monitor *m, bool *held)
{
	bool hold = clients_hold(m);

	if (hold == *held)
		return;
	*held = hold;
	for (int i = 0; i < 2; i++)
		if (m->out[i] >= 0)
			rewatch(m, m->out[i], hold ? 0 : EPOLLIN);
}

static bool have_owner(const struct monitor *m)
{
	for (size_t i = 0; i < m->clients.n; i++)
		if (m->clients.c[i].owner)
			return true;
	return false;
}

static int wait_for_owner(struct monitor *m, struct err *e)
{
	bool ended = false;

	while (!have_owner(m))
		if (!serve(m, START_WAIT_MS, &ended))
			return err_set(e, ERR_FAILED, 0, NULL,
				       "nobody attached within 30 s, not started");
	return 0;
}

/*
 * A runtime may leave a process of its own for a moment after it has ended, and that one is the
 * parent of a container which has ended already (crun 1.8). We are the next parent (subreaper).
 */
static bool wait_for_parent(const struct monitor *m)
{
	pid_t parent = proc_parent(m->pid);
	_close_ int pidfd = parent > 1 && parent != getpid() ? sys_pidfd_open(parent) : -1;

	return pidfd >= 0 && proc_wait(pidfd, PARENT_MS, NULL) == 1;
}

static int wait_status(struct monitor *m)
{
	siginfo_t si = {0};
	bool waited = false;

	while (waitid(P_PIDFD, (id_t)m->pidfd, &si, WEXITED) < 0) {
		if (errno == EINTR)
			continue;
		if (waited || !wait_for_parent(m))
			return -1; /* not our child: its end is known, its code is not */
		waited = true;
	}
	return si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
}

/*
 * What the container wrote last. Others may hold the pipes open: then until they are empty, or, as
 * others may write without end, for as much as a pipe of this size can hold at the container's end.
 */
static void drain(struct monitor *m)
{
	for (int i = 0; i < 2; i++) {
		int64_t left = m->out[i] < 0 ? 0 : fcntl(m->out[i], F_GETPIPE_SZ);

		if (left <= 0) /* a terminal */
			left = READ_SIZE;
		while (m->out[i] >= 0 && left > 0) {
			int before = m->out[i], waiting = 0;
			bool ended = false;

			ioctl(m->out[i], FIONREAD, &waiting);
			left -= waiting < READ_SIZE ? waiting : READ_SIZE;
			fcntl(m->out[i], F_SETFL, O_NONBLOCK);
			errno = 0;
			if (!stdio_read(m, i) || m->out[i] != before)
				break;
			if (errno == EAGAIN)
				break;
			while (clients_hold(m))
				serve(m, -1, &ended);
		}
	}
}

static void record_exit(struct monitor *m, int code, const struct err *failed)
{
	_json_ struct json *j = json_new_object();
	char now[TIME_TEXT_LEN];
	struct err e = {0};

	time_text(NULL, now);
	json_set(j, "schema", json_new_str("rp.exit/1"));
	json_set(j, "code", json_new_int(code));
	json_set(j, "oomKilled", json_new_bool(m->oom_killed));
	json_set(j, "started", json_new_str(m->started));
	json_set(j, "finished", json_new_str(now));
	if (failed) {
		char text[512];

		err_text(failed, text, sizeof(text));
		json_set(j, "error", json_new_str(text));
	}
	if (json_write_file(m->bundle, "exit.json", j, 0600, !m->plan.remove, &e) < 0)
		log_err(&e);
}

/* What is cleaned up by now, and what is left to wait for. */
struct cleaning {
	bool here;	 /* no program was needed */
	struct child by; /* ctr-cleanup; pid 0: not started */
};

/* Runs ctr-cleanup until it is ready. */
static void start_cleanup(struct monitor *m, struct child *c)
{
	_free_ char *file = program_path("ctr-cleanup");
	char flag[] = "--status-fd=3";
	char *argv[] = {file, flag, NULL};
	_close_ int doc = openat(m->bundle, "start.json", O_RDONLY | O_CLOEXEC);
	struct err e = {0};
	struct spawn_fd fds[1];
	char line[64];
	int ready[2];

	if (doc < 0 || fd_pipe(ready, &e) < 0)
		return; /* the container was removed while it ran */
	fds[0] = (struct spawn_fd){.from = ready[1], .to = 3};
	if (spawn(&(struct spawn){.file = file,
				  .argv = argv,
				  .in = doc,
				  .out = SPAWN_NULL,
				  .err = -1,
				  .fds = fds,
				  .nfds = 1},
		  c, &e) < 0) {
		log_err(&e);
		c->pid = 0;
	}
	close(ready[1]);
	while (c->pid && read(ready[0], line, sizeof(line)) < 0 && errno == EINTR)
		;
	close(ready[0]);
}

static struct store store_of(const struct monitor *m)
{
	return (struct store){.fd = m->plan.store,
			      .run = m->plan.store_run,
			      .path = m->plan.store_path,
			      .run_path = m->plan.store_run_path};
}

/*
 * Behind this the name is free, nothing runs or is mounted. What is still unlinked then concerns
 * nobody: end_cleanup() does it, or waits for it.
 */
static struct cleaning clean_up(struct monitor *m)
{
	const struct store s = store_of(m);
	struct cleaning c = {.by.pid = 0};

	c.here = m->plan.plain &&
		 cleanup_plain(&s, m->plan.id, m->plan.name, m->bundle, m->plan.remove) == 0;
	if (!c.here)
		start_cleanup(m, &c.by);
	return c;
}

static void end_cleanup(const struct monitor *m, struct cleaning *c)
{
	const struct store s = store_of(m);
	struct err e = {0};
	int status;

	if (c->here && m->plan.remove)
		container_shred(&s, m->plan.id, NULL); /* the next sweep takes what is left */
	else if (c->by.pid)
		child_wait(&c->by, &status, &e);
}

static void report_start(struct monitor *m, const struct err *e)
{
	struct report r = {.e = *e, .pid = m->pid};

	if (m->report < 0)
		return;
	memcpy(r.started, m->started, sizeof(r.started));
	fd_write_all(m->report, &r, sizeof(r), NULL);
	close(take_fd(&m->report));
}

static void not_started(struct monitor *m, const struct err *e)
{
	struct json *event = json_new_object();
	struct cleaning cleaning;
	int code =
		e->code == ERR_NOTFOUND ? 127 : 126; /* as Podman, whatever kept it from starting */
	char text[1024];

	err_text(e, text, sizeof(text));
	record_exit(m, code, e);
	cleaning = clean_up(m);
	json_set(event, "event", json_new_str("error"));
	json_set(event, "message", json_new_str(text));
	json_set(event, "code", json_new_int(code));
	clients_event(m, event);
	report_start(m, e);
	clients_finish(m);
	end_cleanup(m, &cleaning);
}

static void say_started(struct monitor *m)
{
	struct json *event = json_new_object();

	json_set(event, "event", json_new_str("started"));
	json_set(event, "pid", json_new_int(m->pid));
	clients_event(m, event);
}

static void say_exit(struct monitor *m, int code)
{
	struct json *event = json_new_object();

	json_set(event, "event", json_new_str("exit"));
	json_set(event, "code", json_new_int(code));
	clients_event(m, event);
	clients_finish(m);
}

/* Of --timeout, in milliseconds; -1: none. */
static int time_left(const struct monitor *m, const struct timespec *begin)
{
	struct timespec now;
	int64_t gone, all = m->plan.timeout * 1000;

	if (!all)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	gone = (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
	return gone >= all ? 0 : all - gone > INT32_MAX ? INT32_MAX : (int)(all - gone);
}

void monitor_loop(struct monitor *m)
{
	struct err e = {0};
	bool ended = false, held = false, late = false, timed_out;
	struct timespec begin;
	struct cleaning cleaning;
	int code;

	runtime_hold(m);
	if ((!m->plan.detach && wait_for_owner(m, &e) < 0) || runtime_start(m, &e) < 0) {
		runtime_call_off(m);
		not_started(m, &e);
		return;
	}
	watch(m, m->pidfd, EPOLLIN);
	if (m->memory_events >= 0)
		watch(m, m->memory_events, EPOLLPRI);
	report_start(m, &e);
	say_started(m);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!ended) {
		serve(m, time_left(m, &begin), &ended);
		hold_or_release(m, &held);
		timed_out = !ended && time_left(m, &begin) == 0;
		if (timed_out) {
			proc_signal(m->pidfd, SIGKILL, NULL);
			m->plan.timeout = 0;
		}
		late = late || timed_out;
	}
	limits_oom_event(m);
	drain(m);
	code = wait_status(m);
	code = late ? TIMED_OUT : code;
	log_close(&m->log);
	record_exit(m, code, NULL);
	/* attaching ends here: who comes later must see that the container has ended */
	unwatch(m, m->listener);
	close(m->listener);
	cleaning = clean_up(m);
	say_exit(m, code);
	end_cleanup(m, &cleaning);
}
