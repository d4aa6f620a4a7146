/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-wait: waits for containers and prints their exit status, one a line.
 *
 * While a monitor lives, its socket says what happens (oci/attach.h), also for a container that is
 * removed at its end. Before a start, inotify(7) on the container's directory tells that something
 * changed. The watch is made before the state is read, so that nothing falls in between. Nothing is
 * polled.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
	const char *condition;
	bool ignore;
};

static const struct opt options[] = {
	{"condition", 0, OPT_STR, offsetof(struct options, condition), "STATE",
	 "running, stopped (default), exited, removing",
	 .values = "running stopped exited removing"},
	{"ignore", 0, OPT_FLAG, offsetof(struct options, ignore), NULL,
	 "print -1 for a missing container"},
	{0},
};

/* Reads the monitor's events until one decides. 1: decided (*code), 0: look at the state again. */
static int follow_monitor(int fd, bool want_running, int64_t *code)
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
		if (want_running && str_eq(event, "started")) {
			*code = -1;
			return 1;
		}
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
static bool satisfied(const struct container_state *st, bool want_running)
{
	if (want_running)
		return st->status == CONTAINER_RUNNING;
	return st->status == CONTAINER_EXITED && !(st->monitor.pid && st->exit_code == -1);
}

static int wait_one(const struct store *s, const char *id, bool want_running, int64_t *code,
		    struct err *e)
{
	for (;;) {
		_close_ int watch = -1, sock = -1;
		struct container_state st;
		char events[sizeof(struct inotify_event) + NAME_MAX + 1];

		if (make_watch(s, id, &watch, e) < 0 || container_state(s, id, &st, e) < 0)
			return -1;
		*code = want_running ? -1 : st.exit_code;
		if (satisfied(&st, want_running))
			return 0;
		sock = st.monitor.pid ? monitor_connect(s, id, NULL) : -1;
		if (sock >= 0) {
			if (follow_monitor(sock, want_running, code) == 1)
				return 0;
		} else if (st.status == CONTAINER_RUNNING) {
			/* without a monitor nobody will know the code: the end itself is known */
			_close_ int pidfd = proc_open(&st.process, NULL);

			if (pidfd >= 0)
				proc_wait(pidfd, -1, NULL);
		} else if (read(watch, events, sizeof(events)) < 0 && errno != EINTR) {
			return err_sys(e, "read", "cannot wait for container %.12s", id);
		}
	}
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	bool want_running = str_eq(o->condition, "running");

	if (p->argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a container is needed");
	if (store_open(&s, e) < 0)
		return -1;
	for (int i = 0; i < p->argc; i++) {
		_free_ char *id = container_find(&s, p->argv[i], e);
		int64_t code = -1;

		if (!id && !(o->ignore && e->code == ERR_NOTFOUND))
			return -1;
		err_clear(e);
		if (id && wait_one(&s, id, want_running, &code, e) < 0)
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

static const struct program program = {
	.name = "ctr-wait",
	.summary = "wait for containers and print their exit status",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.confine = confine_here,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
