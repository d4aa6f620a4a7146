/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-load: the document of an existing container, for the steps that start it or attach to it.
 *
 * Stages: find the container; read container.json; add what belongs to this use (--detach,
 * --interactive, or .process of the run that goes on). It must not change anything, but for what
 * dead processes left of an earlier run (oci/sweep.h).
 */
#include <stdio.h>

#include "ctr/container.h"
#include "ctr/depend.h"
#include "ctr/sweep.h"
#include "ctr/work.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	const char *detach, *interactive;
	bool running, if_needed;
	int64_t status_fd, copy_fd;
};

static const struct opt options[] = {
	{"detach", 0, OPT_STR, offsetof(struct options, detach), "BOOL", "set .request.detach",
	 .values = "true false"},
	{"if-needed", 0, OPT_FLAG, offsetof(struct options, if_needed), NULL,
	 "status 7 without a word where it runs, or where one that it needs does not run"},
	{"interactive", 0, OPT_STR, offsetof(struct options, interactive), "BOOL",
	 "set .request.interactive, or keep it", .values = "true false keep"},
	{"running", 0, OPT_FLAG, offsetof(struct options, running), NULL,
	 "the container must be running; add .process"},
	STATUS_WORK_OPTION(struct options, status_fd),
	COPY_OPTION(struct options, copy_fd),
	{0},
};

static void set_bool(struct json *request, const char *key, const char *value)
{
	if (value && !str_eq(value, "keep"))
		json_set(request, key, json_new_bool(str_eq(value, "true")));
}

static int add_process(const struct store *s, const char *id, struct json *doc, struct err *e)
{
	_free_ char *socket_path = str_fmt("%s/containers/%s/attach", s->run_path, id);
	struct container_state st;
	struct json *process;

	if (container_state(s, id, &st, e) < 0)
		return -1;
	if (!container_up(st.status))
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %.12s is not running", id);
	if (!st.monitor.pid)
		return err_set(e, ERR_FAILED, 0, NULL, "the monitor of container %.12s is gone",
			       id);
	process = proc_record(&st.process);
	json_set(process, "monitorPid", json_new_int(st.monitor.pid));
	json_set(process, "attachSocket", json_new_str(socket_path));
	json_set(process, "started", json_new_str(st.started));
	json_set(doc, "process", process);
	return 0;
}

/* Whether it can be started now: it does not run, and what it needs does. */
static int check_start(const struct store *s, const char *id, const struct json *doc, struct err *e)
{
	_strv_ struct strv ids = {0};
	struct container_state st;

	if (container_state(s, id, &st, e) < 0)
		return -1;
	if (container_up(st.status))
		return err_set(e, ERR_AGAIN, 0, NULL, "container %.12s is running already", id);
	return depend_on(s, doc, &ids, e) < 0 ? -1 : depend_running(s, &ids, e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_free_ char *id = NULL, *run_dir = NULL;
	struct json *request;

	if (p->argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "exactly one container is needed");
	if (store_open(&s, e) < 0)
		return -1;
	if (!o->running)
		container_sweep(&s); /* starts ctr-cleanup: not possible later */
	if (confine_reader(e) < 0)
		return -1;
	id = container_find(&s, p->argv[0], e);
	if (!id || container_load(&s, id, &p->doc, e) < 0)
		return -1;
	if (o->if_needed && check_start(&s, id, p->doc, e) < 0) {
		if (e->code != ERR_AGAIN)
			return -1;
		err_clear(e);
		p->exit_status = ERR_AGAIN;
		return 0;
	}
	container_add_start(&s, id, p->doc);
	json_del(p->doc, "process");
	json_del(p->doc, "network");
	request = json_need_obj(p->doc, "request");
	set_bool(request, "detach", o->detach);
	set_bool(request, "interactive", o->interactive);
	if (!o->running) /* they were the descriptors of who made it */
		json_del(request, "preserveFds");
	/* the run directory may be another one than at the container's creation */
	run_dir = str_fmt("%s/containers/%s", s.run_path, id);
	json_set(json_need_obj(p->doc, "container"), "runDirectory", json_new_str(run_dir));
	if (o->running && add_process(&s, id, p->doc, e) < 0)
		return -1;
	status_work(o->status_fd, p->doc);
	work_copy(o->copy_fd, p->doc);
	return 0;
}

static const struct program program = {
	.name = "ctr-load",
	.summary = "write the document of an existing container",
	.usage = "[options] CONTAINER",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES,
	.gives = "request container",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
