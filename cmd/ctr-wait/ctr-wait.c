/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-wait: waits for containers and prints their exit status, one a line.
 *
 * While a monitor lives, its socket says what happens (ctr/attach.h), also for a container that is
 * removed at its end. Before a start, inotify(7) on the container's directory tells that something
 * changed. The watch is made before the state is read, so that nothing falls in between. Nothing is
 * polled, but for the two states that the kernel announces to nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include "base/log.h"
#include "ctr/attach.h"
#include "ctr/select.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "wire/prog.h"

struct options {
	struct strv conditions;
	const char *interval;
	struct selecting select;
};

static const struct opt options[] = {
	{"condition", 0, OPT_LIST, offsetof(struct options, conditions), "STATE",
	 "what to wait for (default: stopped, exited); several times: any of them", .list = true,
	 .values = "configured created exited initialized paused removing running stopped stopping "
		   "unknown"},
	{"ignore", 0, OPT_FLAG, offsetof(struct options, select.ignore), NULL,
	 "print -1 for a missing container"},
	{"interval", 'i', OPT_STR, offsetof(struct options, interval), "TIME",
	 "accepted for compatibility: nothing is polled"},
	SELECT_LATEST(struct options),
	{0},
};

/* What is waited for: states that can be, as bits. A container that is gone has all but running. */
enum want {
	WANT_CREATED = 1 << 0, /* exists, was never started or waits for its next start */
	WANT_RUNNING = 1 << 1,
	WANT_PAUSED = 1 << 2,
	WANT_STOPPING = 1 << 3,
	WANT_STOPPED = 1 << 4, /* does not run: ended, or was never started */
	WANT_EXITED = 1 << 5,  /* has run, and ended */
	WANT_REMOVED = 1 << 6,
};

static unsigned wants(const struct strv *conditions)
{
	static const struct {
		const char *name;
		unsigned bits;
	} words[] = {
		{"configured", WANT_CREATED},  {"created", WANT_CREATED},
		{"initialized", WANT_CREATED}, {"running", WANT_RUNNING},
		{"paused", WANT_PAUSED},       {"stopping", WANT_STOPPING},
		{"stopped", WANT_STOPPED},     {"exited", WANT_EXITED},
		{"removing", WANT_REMOVED},    {"unknown", 0},
	};
	unsigned bits = 0;

	for (size_t c = 0; c < conditions->n; c++)
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (str_eq(conditions->v[c], words[i].name))
				bits |= words[i].bits;
	return conditions->n ? bits : WANT_STOPPED | WANT_EXITED;
}

/*
 * Reads the monitor's events until one may have changed something. 1: the end, with its code (a
 * container may be gone after it), 0: look at the state.
 */
static int follow_monitor(int fd, int64_t *code)
{
	char packet[ATTACH_DATA_MAX + 1];
	static const char events_only = ATTACH_EVENTS;

	if (send(fd, &events_only, 1, MSG_NOSIGNAL) < 0)
		return 0;
	for (;;) {
		ssize_t n = recv(fd, packet, sizeof(packet), 0);
		_json_ struct json *j = NULL;
		const char *event;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		if (packet[0] != ATTACH_EVENT ||
		    json_parse(packet + 1, n - 1, "event", &j, NULL) < 0)
			continue;
		event = json_get_str(j, "event", "");
		if (str_eq(event, "started"))
			return 0;
		if (str_eq(event, "exit") || str_eq(event, "error")) {
			*code = json_get_int(j, "code", -1);
			return 1;
		}
	}
}

static int make_watch(const struct store *s, const char *id, int *watch, struct err *e)
{
	_close_ int dir = container_dir(s, id, e);
	char link[FD_PATH_LEN];

	if (dir < 0)
		return -1;
	*watch = inotify_init1(IN_CLOEXEC);
	if (*watch < 0 ||
	    inotify_add_watch(*watch, path_fd_link(dir, link),
			      IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF) < 0)
		return err_sys(e, "inotify_add_watch", "cannot watch container %.12s", id);
	return 0;
}

/* A process that has ended while its monitor still writes the record counts as running. */
static bool ending(const struct container_state *st)
{
	return st->status == CONTAINER_EXITED && st->monitor.pid && st->exit_code == -1;
}

static bool satisfied(const struct container_state *st, unsigned want)
{
	switch (st->status) {
	case CONTAINER_CREATED:
		/* one that is being started has its monitor already */
		return !st->monitor.pid && (want & (WANT_CREATED | WANT_STOPPED));
	case CONTAINER_RUNNING:
		return want & WANT_RUNNING;
	case CONTAINER_PAUSED:
		return want & WANT_PAUSED;
	case CONTAINER_STOPPING:
		return want & WANT_STOPPING;
	case CONTAINER_EXITED:
		return !ending(st) && (want & (WANT_STOPPED | WANT_EXITED));
	}
	return false;
}

/*
 * Waits for something to change. 1: the container has ended, with its code; 0: look at its state
 * again. Whether a container is paused or being stopped nobody tells: that is looked at each 100
 * ms, where it was asked for.
 */
static int wait_change(const struct store *s, const char *id, const struct container_state *st,
		       int watch, unsigned want, int64_t *code, struct err *e)
{
	_close_ int sock = -1, pidfd = -1;
	char events[sizeof(struct inotify_event) + NAME_MAX + 1];

	if (want & (WANT_PAUSED | WANT_STOPPING)) {
		struct pollfd p = {.fd = watch, .events = POLLIN};

		return poll(&p, 1, 100) < 0 && errno != EINTR
			       ? err_sys(e, "poll", "cannot wait for container %.12s", id)
			       : 0;
	}
	sock = st->monitor.pid ? monitor_connect(s, id, NULL) : -1;
	if (sock >= 0)
		return follow_monitor(sock, code);
	if (container_up(st->status)) {
		/* without a monitor nobody will know the code: the end itself is known */
		pidfd = proc_open(&st->process, NULL);
		if (pidfd >= 0)
			proc_wait(pidfd, -1, NULL);
		return 0;
	}
	if (read(watch, events, sizeof(events)) < 0 && errno != EINTR)
		return err_sys(e, "read", "cannot wait for container %.12s", id);
	return 0;
}

static int wait_one(const struct store *s, const char *id, unsigned want, int64_t *code,
		    struct err *e)
{
	for (;;) {
		_close_ int watch = -1;
		struct container_state st;
		int ended;

		if (make_watch(s, id, &watch, e) < 0 || container_state(s, id, &st, e) < 0) {
			if (e->code != ERR_NOTFOUND || !(want & (WANT_REMOVED | WANT_EXITED)))
				return -1;
			err_clear(e); /* gone: what was waited for cannot be missed any more */
			return 0;
		}
		if (st.status == CONTAINER_EXITED && !ending(&st))
			*code = st.exit_code;
		else if (st.status == CONTAINER_CREATED)
			*code = 0;
		if (satisfied(&st, want)) {
			if (container_up(st.status))
				*code = -1;
			return 0;
		}
		ended = wait_change(s, id, &st, watch, want, code, e);
		if (ended < 0)
			return -1;
		if (ended && (want & (WANT_STOPPED | WANT_EXITED)))
			return 0;
	}
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection latest = {0};
	unsigned want = wants(&o->conditions);

	if (store_open(&s, e) < 0)
		return -1;
	if (o->select.latest) {
		if (container_select(&s, 0, NULL, &o->select, false, &latest, e) < 0)
			return -1;
		p->argv = latest.ids.v;
		p->argc = 1;
	}
	for (int i = 0; i < p->argc; i++) {
		_free_ char *id = container_find(&s, p->argv[i], e);
		int64_t code = -1;

		if (!id && !(o->select.ignore && e->code == ERR_NOTFOUND))
			return -1;
		err_clear(e);
		if (id && wait_one(&s, id, want, &code, e) < 0)
			return -1;
		printf("%lld\n", (long long)code);
		fflush(stdout);
	}
	return 0;
}

/* The monitor tells the end over its socket. */
static int confine_here(struct err *e)
{
	static const struct confine c = {.any_files = true, .unix_sockets = true};

	return confine(&c, e);
}

/* Before anything is touched. */
static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	return container_select_check(p->argc, &o->select, e);
}

static const struct program program = {
	.name = "ctr-wait",
	.summary = "wait for containers and print their exit status",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.confine = confine_here,
	.check = check,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
