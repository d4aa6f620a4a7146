/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands on containers that are one program: options are checked here, then passed on. */
#include <signal.h>
#include <stdio.h>

#include "commands.h"
#include "wire/prog.h"

struct logs_data {
	bool follow, timestamps, names;
	const char *tail, *since, *until;
};

#define LOGS(f) offsetof(struct logs_data, f)

const struct opt logs_options[] = {
	{"follow", 'f', OPT_FLAG, LOGS(follow), NULL, "go on until the container ends"},
	{"names", 'n', OPT_FLAG, LOGS(names), NULL, "the container's name in front of each line"},
	{"since", 0, OPT_STR, LOGS(since), "TIME", "not older: a time, or a duration before now"},
	{"tail", 0, OPT_STR, LOGS(tail), "N", "only the last N lines"},
	{"timestamps", 't', OPT_FLAG, LOGS(timestamps), NULL, "the time in front of each line"},
	{"until", 0, OPT_STR, LOGS(until), "TIME", "not newer"},
	{0},
};

int cmd_logs(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct logs_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a container is needed");
	s = plan_add(&p, "ctr-logs", NULL);
	plan_flag(s, "--follow", d.follow);
	plan_flag(s, "--names", d.names);
	plan_flag(s, "--timestamps", d.timestamps);
	plan_value(s, "--since", d.since);
	plan_value(s, "--until", d.until);
	plan_value(s, "--tail", d.tail);
	plan_words(s, r.argc, r.argv);
	n = plan_to_user(&p, PLAN_NO_NS, e);
	/* a reader that went away has read enough */
	return n == 128 + SIGPIPE ? 0 : n > 0 && n < 128 ? 125 : n;
}

struct wait_data {
	bool ignore;
	const char *condition, *interval;
};

const struct opt wait_options[] = {
	{"condition", 0, OPT_STR, offsetof(struct wait_data, condition), "STATE",
	 "what to wait for (default stopped)", .values = "running stopped exited removing"},
	{"ignore", 0, OPT_FLAG, offsetof(struct wait_data, ignore), NULL,
	 "a missing container is no error: -1"},
	{"interval", 'i', OPT_STR, offsetof(struct wait_data, interval), "TIME",
	 "accepted for compatibility: nothing is polled"},
	{0},
};

int cmd_wait(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct wait_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a container is needed");
	s = plan_add(&p, "ctr-wait", NULL);
	plan_value(s, "--condition", d.condition);
	plan_flag(s, "--ignore", d.ignore);
	plan_words(s, r.argc, r.argv);
	n = plan_to_user(&p, PLAN_NO_NS, e);
	return n > 0 ? 125 : n;
}

struct stop_data {
	bool all, ignore, force, volumes, depend;
	int64_t time;
	bool has_time;
	const char *signal;
	struct strv cidfiles, filter;
};

static int set_time(const struct opt *row, void *data, const char *v, struct err *e)
{
	struct stop_data *d = data;

	if (str_to_int(v, -1, INT32_MAX, &d->time) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a number of seconds", v);
	d->has_time = true;
	return 0;
}

#define STOP(f) offsetof(struct stop_data, f)

const struct opt stop_options[] = {
	{"all", 'a', OPT_FLAG, STOP(all), NULL, "all containers that run"},
	{"cidfile", 0, OPT_LIST, STOP(cidfiles), "FILE", "the container whose id is in this file"},
	{"ignore", 'i', OPT_FLAG, STOP(ignore), NULL, "a missing container is no error"},
	{"time", 't', OPT_CALL, 0, "SECONDS", "wait before SIGKILL (default 10)", set_time},
	{"timeout", 0, OPT_CALL, 0, "SECONDS", "the same", set_time, .hidden = true},
	{0},
};

const struct opt kill_options[] = {
	{"all", 'a', OPT_FLAG, STOP(all), NULL, "all containers that run"},
	{"cidfile", 0, OPT_LIST, STOP(cidfiles), "FILE", "the container whose id is in this file"},
	{"signal", 's', OPT_STR, STOP(signal), "SIGNAL", "signal to send (default KILL)"},
	{0},
};

const struct opt rm_options[] = {
	{"all", 'a', OPT_FLAG, STOP(all), NULL, "all containers"},
	{"cidfile", 0, OPT_LIST, STOP(cidfiles), "FILE", "the container whose id is in this file"},
	{"force", 'f', OPT_FLAG, STOP(force), NULL,
	 "also where it runs; a missing one is no error"},
	{"ignore", 'i', OPT_FLAG, STOP(ignore), NULL, "a missing container is no error"},
	{"time", 't', OPT_CALL, 0, "SECONDS", "with --force: wait before SIGKILL", set_time},
	{"volumes", 'v', OPT_FLAG, STOP(volumes), NULL, "remove its anonymous volumes too"},
	{0},
};

/* stop, kill, rm: which containers, for a program that takes them as operands. */
static int act(const struct command *c, const char *program, struct stop_data *d, int argc,
	       char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1 && !d->all && !d->cidfiles.n)
		return err_set(e, ERR_USAGE, 0, NULL, "a container is needed");
	if (r.argc && d->all)
		return err_set(e, ERR_USAGE, 0, NULL, "--all and names exclude each other");
	s = plan_add(&p, program, NULL);
	plan_flag(s, "--all", d->all);
	plan_flag(s, "--ignore", d->ignore);
	plan_flag(s, "--force", d->force);
	plan_flag(s, "--volumes", d->volumes);
	if (d->has_time)
		strv_addf(&s->argv, "--time=%lld", (long long)d->time);
	plan_value(s, "--signal", d->signal);
	plan_list(s, "--cidfile", &d->cidfiles);
	plan_words(s, r.argc, r.argv);
	return plan_to_user(&p, PLAN_NS, e);
}

int cmd_stop(const struct command *c, int argc, char **argv, struct err *e)
{
	struct stop_data d = {0};
	int n = act(c, "ctr-stop", &d, argc, argv, e);

	opts_release(stop_options, &d);
	return n > 0 ? 125 : n;
}

int cmd_kill(const struct command *c, int argc, char **argv, struct err *e)
{
	struct stop_data d = {0};
	int n = act(c, "ctr-kill", &d, argc, argv, e);

	opts_release(kill_options, &d);
	return n > 0 ? 125 : n;
}

int cmd_rm(const struct command *c, int argc, char **argv, struct err *e)
{
	struct stop_data d = {0};
	int n = act(c, "ctr-remove", &d, argc, argv, e);

	opts_release(rm_options, &d);
	return n < 0 ? -1 : plan_rm_status(n);
}

/* "80" or "80/udp" as a key of .NetworkSettings.Ports. */
static int port_key(const char *word, char out[16], struct err *e)
{
	int port, used = 0;
	char protocol[4] = "tcp";
	bool ok = sscanf(word, "%5d%n/%3[a-z]%n", &port, &used, protocol, &used) >= 1;

	if (!ok || word[used] || port < 1 || port > 65535 ||
	    (!str_eq(protocol, "tcp") && !str_eq(protocol, "udp")))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not PORT[/tcp|/udp]", word);
	snprintf(out, 16, "%d/%s", port, protocol);
	return 0;
}

#define ONE_BINDING "{{if .HostIp}}{{.HostIp}}{{else}}0.0.0.0{{end}}:{{.HostPort}}{{\"\\n\"}}"

int cmd_port(const struct command *c, int argc, char **argv, struct err *e)
{
	/* "80/tcp -> 0.0.0.0:8080", as Podman prints it; for one port, only where it leads */
	static const char all[] = "{{range $port, $bindings := .NetworkSettings.Ports}}"
				  "{{range $bindings}}{{$port}} -> " ONE_BINDING "{{end}}{{end}}";
	_plan_ struct pipeline p = {0};
	_free_ char *one = NULL;
	struct opts_result r;
	char none = 0, key[16];
	int n = command_parse(c, &none, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1 && r.argc != 2)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "a container is needed, and at most one port");
	if (r.argc == 2) {
		if (port_key(r.argv[1], key, e) < 0)
			return -1;
		one = str_fmt("{{range index .NetworkSettings.Ports \"%s\"}}%s{{end}}", key,
			      ONE_BINDING);
	}
	plan_add(&p, "ctr-inspect", "--", r.argv[0], NULL);
	plan_add(&p, "json-format", "--no-newline", "--format", one ? one : all, NULL);
	n = plan_to_user(&p, PLAN_NO_NS, e);
	return n > 0 ? 125 : n;
}
