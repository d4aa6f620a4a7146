/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-stop: ends containers: their stop signal, then, after a time, SIGKILL.
 *
 * Stages: all get their signal; each is waited for until its time is over, then killed; the monitor
 * of each is waited for, so that the name can be used again when this program ends. Processes are
 * signalled and waited for by pidfd. A container that does not run is not an error.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "ctr/select.h"
#include "ctr/sweep.h"
#include "wire/prog.h"

#define DEFAULT_TIME 10
#define MONITOR_MS   20000

struct options {
	struct selecting select;
	int64_t time;
	bool has_time;
};

static int set_time(const struct opt *row, void *data, const char *v, struct err *e)
{
	struct options *o = data;

	o->has_time = true;
	return str_to_int(v, -1, INT32_MAX, &o->time) == 0
		       ? 0
		       : err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a number of seconds", v);
}

static const struct opt options[] = {
	SELECT_ALL(struct options, "all containers that run"),
	SELECT_CIDFILE(struct options),
	SELECT_FILTER(struct options, 'f'),
	SELECT_IGNORE(struct options),
	SELECT_LATEST(struct options),
	{"time", 't', OPT_CALL, 0, "SECONDS", "wait before SIGKILL (10); -1: for ever", set_time},
	{"timeout", 0, OPT_CALL, 0, "SECONDS", "the same", set_time, .hidden = true},
	{0},
};

struct target {
	int pidfd, monitor; /* -1: does not run */
	int64_t time;
	int failed;
};

/* The container's own choice, then the image's, then SIGTERM. */
static int stop_signal(const struct json *doc)
{
	const char *name = json_str(json_path(doc, "request.stopSignal"));
	int sig;

	if (!name)
		name = json_str(json_path(doc, "image.config.StopSignal"));
	sig = name ? signal_number(name) : SIGTERM;
	return sig > 0 ? sig : SIGTERM;
}

static int begin(const struct store *s, const char *id, const struct options *o, struct target *t,
		 struct err *e)
{
	struct container_state st;
	_json_ struct json *doc = NULL;

	*t = (struct target){.pidfd = -1, .monitor = -1};
	if (container_load(s, id, &doc, e) < 0 || container_state(s, id, &st, e) < 0)
		return -1;
	t->time = o->has_time ? o->time
			      : json_get_int(json_get(doc, "request"), "stopTimeout", DEFAULT_TIME);
	if (st.monitor.pid)
		t->monitor = proc_open(&st.monitor, NULL);
	if (!container_up(st.status))
		return 0;
	t->pidfd = proc_open(&st.process, NULL);
	if (t->pidfd < 0)
		return 0;
	container_mark_stopping(s, id, true);
	if (proc_signal(t->pidfd, t->time == 0 ? SIGKILL : stop_signal(doc), e) == 0 ||
	    e->code == ERR_NOTFOUND) {
		err_clear(e);
		return 0;
	}
	return err_prefix(e, "container %.12s", id);
}

static int ms_left(const struct timespec *start, int64_t seconds)
{
	struct timespec now;
	int64_t gone;

	if (seconds < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	gone = (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
	return gone >= seconds * 1000 ? 0 : (int)(seconds * 1000 - gone);
}

static int end(struct target *t, const char *name, const struct timespec *start, struct err *e)
{
	if (t->pidfd >= 0 && proc_wait(t->pidfd, ms_left(start, t->time), e) == 0) {
		if (t->time != 0)
			log_warn("container %s did not end within %lld seconds, killing it", name,
				 (long long)t->time);
		if (proc_signal(t->pidfd, SIGKILL, e) < 0 && e->code != ERR_NOTFOUND)
			return -1;
		if (proc_wait(t->pidfd, MONITOR_MS, e) == 0)
			return err_set(e, ERR_EXISTS, 0, NULL, "container %s does not end", name);
	}
	if (t->monitor >= 0)
		proc_wait(t->monitor, MONITOR_MS, NULL);
	printf("%s\n", name);
	return 0;
}

static int stop_all(const struct store *s, const struct options *o, const struct selection *sel,
		    struct err *e)
{
	_free_ struct target *t = mem_alloc((sel->ids.n + 1) * sizeof(*t));
	struct timespec start;
	int failed = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < sel->ids.n; i++) {
		if (begin(s, sel->ids.v[i], o, &t[i], e) == 0)
			continue;
		t[i].failed = failed = e->code;
		log_err(e);
	}
	for (size_t i = 0; i < sel->ids.n; i++) {
		if (!t[i].failed && end(&t[i], sel->given.v[i], &start, e) < 0) {
			failed = e->code;
			log_err(e);
		}
		if (t[i].pidfd >= 0)
			close(t[i].pidfd);
		if (t[i].monitor >= 0)
			close(t[i].monitor);
	}
	container_sweep(s); /* the monitor of one may be dead: then nobody else cleans up */
	err_clear(e);
	return failed;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection sel = {0};

	if (store_open(&s, e) < 0 ||
	    container_select(&s, p->argc, p->argv, &o->select, true, &sel, e) < 0)
		return -1;
	p->exit_status = stop_all(&s, o, &sel, e);
	return 0;
}

/* Before anything is touched. */
static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	return container_select_check(p->argc, &o->select, e);
}

static const struct program program = {
	.name = "ctr-stop",
	.summary = "end containers by their stop signal, then by SIGKILL",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.check = check,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
