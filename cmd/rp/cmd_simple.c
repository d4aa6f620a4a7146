/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that are one program, or one program and json-format: options are checked here, then
 * passed on.
 */
#include <stdio.h>

#include "base/log.h"
#include "commands.h"
#include "wire/prog.h"

/* Podman's table of ps and images, as json-format takes it. */
#define PS_TABLE                                                                                \
	"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t" \
	"{{.Names}}"
#define PS_SIZE_TABLE PS_TABLE "\t{{.Size}}"
#define IMAGES_TABLE  "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"

/* Exit statuses of rm and rmi: 1 missing, 2 in use; everything else is the engine's 125. */
static int rm_status(int status)
{
	switch (status) {
	case 0:
		return 0;
	case ERR_NOTFOUND:
		return 1;
	case ERR_EXISTS:
		return 2;
	default:
		return 125;
	}
}

/* One program whose output is the user's. Returns its status, or -1. */
static int run_one(struct pipeline *p, enum plan_ns ns, struct err *e)
{
	_outcome_ struct outcome o = {0};

	p->to_user = true;
	if (plan_enter(ns, e) < 0 || plan_run(p, &o, e) < 0)
		return -1;
	return o.failed >= 0 ? o.status : 0;
}

static void add_words(struct step *s, int argc, char **argv)
{
	strv_add(&s->argv, "--");
	for (int i = 0; i < argc; i++)
		strv_add(&s->argv, argv[i]);
}

static void add_list(struct step *s, const char *name, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++) {
		strv_add(&s->argv, name);
		strv_add(&s->argv, values->v[i]);
	}
}

static void add_value(struct step *s, const char *name, const char *value)
{
	if (!value)
		return;
	strv_add(&s->argv, name);
	strv_add(&s->argv, value);
}

static void add_flag(struct step *s, const char *name, bool on)
{
	if (on)
		strv_add(&s->argv, name);
}

struct list_data {
	bool all, quiet, no_trunc, noheading, size, latest, digests;
	int64_t last;
	const char *format, *sort;
	struct strv filter;
};

#define LIST(f) offsetof(struct list_data, f)

const struct opt ps_options[] = {
	{"all", 'a', OPT_FLAG, LIST(all), NULL, "also containers that do not run"},
	{"filter", 'f', OPT_LIST, LIST(filter), "KEY=VALUE", "only containers that match"},
	{"format", 0, OPT_STR, LIST(format), "TEMPLATE", "Go template, or \"json\""},
	{"last", 'n', OPT_INT, LIST(last), "N", "the last N created"},
	{"latest", 'l', OPT_FLAG, LIST(latest), NULL, "the last created"},
	{"no-trunc", 0, OPT_FLAG, LIST(no_trunc), NULL, "whole ids and commands"},
	{"noheading", 0, OPT_FLAG, LIST(noheading), NULL, "no heading"},
	{"quiet", 'q', OPT_FLAG, LIST(quiet), NULL, "ids only"},
	{"size", 's', OPT_FLAG, LIST(size), NULL, "the size of the read-write layer"},
	{"sort", 0, OPT_STR, LIST(sort), "KEY", "sort by this key",
	 .values = "command created id image names runningfor size status"},
	{0},
};

/* Adds json-format for a list: the user's template, ids only, or the default table. */
static void add_format(struct pipeline *p, const struct list_data *d, const char *table)
{
	struct step *s = plan_add(p, "json-format", NULL);

	if (d->quiet)
		add_value(s, "--format", "{{.ID}}");
	else
		add_value(s, "--format", d->format ? d->format : table);
	add_flag(s, "--noheading", d->noheading);
}

int cmd_ps(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct list_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n == 0 && r.argc)
		n = err_set(e, ERR_USAGE, 0, NULL, "ps takes no arguments: %s", r.argv[0]);
	if (n == 0) {
		s = plan_add(&p, "ctr-list", NULL);
		add_flag(s, "--all", d.all);
		add_flag(s, "--no-trunc", d.no_trunc);
		add_flag(s, "--size", d.size);
		add_list(s, "--filter", &d.filter);
		add_value(s, "--sort", d.sort);
		if (d.latest || d.last > 0)
			strv_addf(&s->argv, "--last=%lld", d.latest ? 1LL : (long long)d.last);
		add_format(&p, &d, d.size ? PS_SIZE_TABLE : PS_TABLE);
		n = run_one(&p, d.size ? PLAN_NS : PLAN_NO_NS, e);
	} else if (n == 1) {
		n = 0;
	}
	opts_release(ps_options, &d);
	return n > 0 ? 125 : n;
}

const struct opt images_options[] = {
	{"all", 'a', OPT_FLAG, LIST(all), NULL, "accepted for compatibility: no image is hidden"},
	{"digests", 0, OPT_FLAG, LIST(digests), NULL, "show digests"},
	{"filter", 'f', OPT_LIST, LIST(filter), "KEY=VALUE", "only images that match"},
	{"format", 0, OPT_STR, LIST(format), "TEMPLATE", "Go template, or \"json\""},
	{"no-trunc", 0, OPT_FLAG, LIST(no_trunc), NULL, "whole ids"},
	{"noheading", 'n', OPT_FLAG, LIST(noheading), NULL, "no heading"},
	{"quiet", 'q', OPT_FLAG, LIST(quiet), NULL, "ids only"},
	{0},
};

int cmd_images(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct list_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n == 0) {
		s = plan_add(&p, "img-list", NULL);
		add_flag(s, "--ids-only", d.quiet);
		add_flag(s, "--all", d.all);
		add_flag(s, "--no-trunc", d.no_trunc);
		add_list(s, "--filter", &d.filter);
		add_words(s, r.argc, r.argv);
		add_format(&p, &d,
			   d.digests ? "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t"
				       "{{.CreatedSince}}\t{{.Size}}"
				     : IMAGES_TABLE);
		n = run_one(&p, PLAN_NO_NS, e);
	} else if (n == 1) {
		n = 0;
	}
	opts_release(images_options, &d);
	return n > 0 ? 125 : n;
}

struct inspect_data {
	const char *format, *type;
	bool size;
};

const struct opt inspect_options[] = {
	{"format", 'f', OPT_STR, offsetof(struct inspect_data, format), "TEMPLATE",
	 "Go template, or \"json\""},
	{"size", 's', OPT_FLAG, offsetof(struct inspect_data, size), NULL,
	 "with the size of a container's layers"},
	{"type", 't', OPT_STR, offsetof(struct inspect_data, type), "TYPE",
	 "container, image or all (default)", .values = "container image all"},
	{0},
};

/* Adds what the program says of this name to *all. Returns its status. */
static int inspect_with(const char *program, const struct inspect_data *d, char *name,
			struct json *all, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	struct step *s = plan_add(&p, program, NULL);

	s->hold_stderr = true; /* "not found" is said below, once for both */
	add_flag(s, "--size", d->size && str_eq(program, "ctr-inspect"));
	add_words(s, 1, &name);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	json_each (one, o.out)
		json_add(all, json_ref(one.v));
	return o.failed >= 0 ? o.status : 0;
}

static int inspect_name(const struct inspect_data *d, char *name, struct json *all, struct err *e)
{
	int n = ERR_NOTFOUND;

	if (!str_eq(d->type, "image"))
		n = inspect_with("ctr-inspect", d, name, all, e);
	if (n == ERR_NOTFOUND && !str_eq(d->type, "container"))
		n = inspect_with("img-inspect", d, name, all, e);
	if (n == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "no such %s: %s",
			       !d->type || str_eq(d->type, "all") ? "container or image" : d->type,
			       name);
	return n;
}

static int print_inspected(const struct inspect_data *d, struct json *all, struct err *e)
{
	_plan_ struct pipeline p = {.to_user = true, .input = all};
	_outcome_ struct outcome o = {0};

	add_value(plan_add(&p, "json-format", NULL), "--format", d->format ? d->format : "json");
	if (plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed >= 0 ? o.status : 0;
}

int cmd_inspect(const struct command *c, int argc, char **argv, struct err *e)
{
	struct inspect_data d = {0};
	struct opts_result r;
	_json_ struct json *all = json_new_array();
	int n = command_parse(c, &d, argc, argv, &r, e), status = 0;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a container or image is needed");
	if (str_after(c->name, "image"))
		d.type = "image";
	if (plan_enter(d.size ? PLAN_NS : PLAN_NO_NS, e) < 0)
		return -1;
	/* what is found is printed, whatever is said about the others */
	for (int i = 0; i < r.argc; i++) {
		n = inspect_name(&d, r.argv[i], all, e);
		status = n ? 125 : status;
		if (n < 0)
			log_err(e);
		err_clear(e);
	}
	if (status && !json_len(all))
		return status;
	n = print_inspected(&d, all, e);
	return n < 0 ? -1 : n ? 125 : status;
}

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
	add_flag(s, "--follow", d.follow);
	add_flag(s, "--names", d.names);
	add_flag(s, "--timestamps", d.timestamps);
	add_value(s, "--since", d.since);
	add_value(s, "--until", d.until);
	add_value(s, "--tail", d.tail);
	add_words(s, r.argc, r.argv);
	n = run_one(&p, PLAN_NO_NS, e);
	return n > 0 ? 125 : n;
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
	add_value(s, "--condition", d.condition);
	add_flag(s, "--ignore", d.ignore);
	add_words(s, r.argc, r.argv);
	n = run_one(&p, PLAN_NO_NS, e);
	return n > 0 ? 125 : n;
}

struct stop_data {
	bool all, ignore, force, volumes, depend;
	int64_t time;
	bool has_time;
	const char *signal;
	struct strv cidfiles, filter;
};

static int set_time(void *data, const char *v, struct err *e)
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
	add_flag(s, "--all", d->all);
	add_flag(s, "--ignore", d->ignore);
	add_flag(s, "--force", d->force);
	add_flag(s, "--volumes", d->volumes);
	if (d->has_time)
		strv_addf(&s->argv, "--time=%lld", (long long)d->time);
	add_value(s, "--signal", d->signal);
	add_list(s, "--cidfile", &d->cidfiles);
	add_words(s, r.argc, r.argv);
	return run_one(&p, PLAN_NS, e);
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
	return n < 0 ? -1 : rm_status(n);
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
	n = run_one(&p, PLAN_NO_NS, e);
	return n > 0 ? 125 : n;
}

/* container exists, image exists: 0 yes, 1 no, 125 cannot say. */
int cmd_exists(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	struct opts_result r;
	char none = 0;
	int n = command_parse(c, &none, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "exactly one name is needed");
	plan_add(&p, str_after(c->name, "image") ? "img-inspect" : "ctr-inspect", "--", r.argv[0],
		 NULL)
		->hold_stderr = true;
	if (plan_enter(PLAN_NO_NS, e) < 0 || plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed < 0 ? 0 : o.status == ERR_NOTFOUND ? 1 : 125;
}

struct pull_data {
	bool quiet, all_tags;
	const char *policy, *platform, *authfile, *tls_verify, *cert_dir;
};

#define PULL(f) offsetof(struct pull_data, f)

const struct opt pull_options[] = {
	{"authfile", 0, OPT_STR, PULL(authfile), "FILE", "registry credentials"},
	{"cert-dir", 0, OPT_STR, PULL(cert_dir), "DIR", "certificates for the registry"},
	{"platform", 0, OPT_STR, PULL(platform), "OS/ARCH", "choose the image for this platform"},
	{"policy", 0, OPT_STR, PULL(policy), "POLICY", "always (default), missing, newer, never",
	 .values = "always missing never newer"},
	{"quiet", 'q', OPT_FLAG, PULL(quiet), NULL, "print the image's id only"},
	{"tls-verify", 0, OPT_STR, PULL(tls_verify), "BOOL", "check the registry's certificate",
	 .values = "true false"},
	{0},
};

static int pull_one(const struct pull_data *d, char *image, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	const char *id;
	struct step *s =
		plan_add(&p, "img-fetch", "--policy", d->policy ? d->policy : "always", NULL);

	add_flag(s, "--quiet", d->quiet);
	add_value(s, "--platform", d->platform);
	add_value(s, "--authfile", d->authfile);
	add_value(s, "--cert-dir", d->cert_dir);
	if (d->tls_verify)
		strv_addf(&s->argv, "--tls-verify=%s", d->tls_verify);
	add_words(s, 1, &image);
	plan_add(&p, "layer-unpack", NULL);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed >= 0)
		return 125;
	id = json_str(json_path(o.out, "image.id"));
	if (id)
		printf("%s\n", strchr(id, ':') ? strchr(id, ':') + 1 : id);
	return 0;
}

int cmd_pull(const struct command *c, int argc, char **argv, struct err *e)
{
	struct pull_data d = {0};
	struct opts_result r;
	int n = command_parse(c, &d, argc, argv, &r, e), status = 0;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "an image is needed");
	if (plan_enter(PLAN_NS, e) < 0)
		return -1;
	for (int i = 0; i < r.argc; i++) {
		n = pull_one(&d, r.argv[i], e);
		if (n < 0)
			return -1;
		status = n ? n : status;
	}
	return status;
}

struct rmi_data {
	bool all, force, ignore;
};

const struct opt rmi_options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct rmi_data, all), NULL, "all images"},
	{"force", 'f', OPT_FLAG, offsetof(struct rmi_data, force), NULL,
	 "also where containers use it: these are removed"},
	{"ignore", 'i', OPT_FLAG, offsetof(struct rmi_data, ignore), NULL,
	 "a missing image is no error"},
	{0},
};

int cmd_rmi(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	struct rmi_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1 && !d.all)
		return err_set(e, ERR_USAGE, 0, NULL, "an image is needed");
	s = plan_add(&p, "img-remove", NULL);
	add_flag(s, "--all", d.all);
	add_flag(s, "--force", d.force);
	add_words(s, r.argc, r.argv);
	if (plan_enter(PLAN_NS, e) < 0 || plan_run(&p, &o, e) < 0)
		return -1;
	json_each (u, json_get(o.out, "untagged"))
		printf("Untagged: %s\n", json_str(u.v) ? json_str(u.v) : "");
	json_each (x, json_get(o.out, "deleted"))
		printf("Deleted: %s\n", json_str(x.v) ? json_str(x.v) : "");
	if (o.failed >= 0 && d.ignore && o.status == ERR_NOTFOUND)
		return 0;
	return o.failed >= 0 ? rm_status(o.status) : 0;
}
