/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-inspect: all about containers, with the members that Podman's "inspect" has, as an array with
 * one object for each name; with --type as .objects of a document that img-inspect(1) goes on with.
 *
 * Stages: find each container; read its record, what its last start used, and its state (derived
 * from the kernel); describe it. It must not change anything.
 */
#include "inspect.h"

#include "base/log.h"
#include "ctr/depend.h"
#include "ctr/select.h"
#include "ctr/text.h"
#include "ctr/inventory.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "sys/treesize.h"
#include "wire/prog.h"
#include "wire/render.h"

#include <fcntl.h>

#define NO_TIME "0001-01-01T00:00:00Z"

struct options {
	bool size, exists, latest;
	const char *type;
	struct view view;
};

static const struct opt options[] = {
	{"exists", 0, OPT_FLAG, offsetof(struct options, exists), NULL,
	 "write nothing: the status says whether they exist"},
	VIEW_FORMAT(struct options, 'f'),
	{"latest", 'l', OPT_FLAG, offsetof(struct options, latest), NULL,
	 "the container created last"},
	{"size", 's', OPT_FLAG, offsetof(struct options, size), NULL,
	 "with the size of the read-write layer and of the whole root file system"},
	{"type", 't', OPT_STR, offsetof(struct options, type), "TYPE",
	 "container, image or all: write an object, in which names that are no container are "
	 "missing, and what kind was asked for",
	 .values = "container image all"},
	{0},
};

static void subject_release(struct subject *c)
{
	json_put(c->doc);
	json_put(c->config);
	free(c->dir);
	free(c->run);
}

static int subject_load(struct subject *c, struct err *e)
{
	_close_ int dir = -1;

	if (container_load(c->s, c->id, &c->doc, e) < 0 ||
	    container_state(c->s, c->id, &c->state, e) < 0 ||
	    (dir = container_dir(c->s, c->id, e)) < 0)
		return -1;
	container_add_start(c->s, c->id, c->doc);
	if (json_read_file(dir, "config.json", JSON_MAX_DOCUMENT, &c->config, NULL) < 0)
		c->config = NULL;
	c->dir = str_fmt("%s/containers/%s", c->s->path, c->id);
	c->run = str_fmt("%s/containers/%s", c->s->run_path, c->id);
	return 0;
}

static struct json *describe_state(const struct subject *c)
{
	const struct container_state *st = &c->state;
	bool up = container_up(st->status);
	struct json *o = json_new_object(), *health = json_new_object();
	const char *oci = json_get_str(c->config, "ociVersion", "1.0.2");

	json_set(o, "OciVersion", json_new_str(oci));
	json_set(o, "Status", json_new_str(container_status_name(st->status)));
	json_set(o, "Running", json_new_bool(up));
	json_set(o, "Paused", json_new_bool(st->status == CONTAINER_PAUSED));
	json_set(o, "Restarting", json_new_bool(false));
	json_set(o, "OOMKilled", json_new_bool(st->oom_killed));
	json_set(o, "Dead", json_new_bool(false));
	json_set(o, "Pid", json_new_int(up ? st->process.pid : 0));
	json_set(o, "ConmonPid", json_new_int(st->monitor.pid));
	json_set(o, "ExitCode", json_new_int(st->status == CONTAINER_EXITED ? st->exit_code : 0));
	json_set(o, "Error", json_new_str(st->error));
	json_set(o, "StartedAt", json_new_str(*st->started ? st->started : NO_TIME));
	json_set(o, "FinishedAt", json_new_str(*st->finished ? st->finished : NO_TIME));
	json_set(health, "Status", json_new_str(""));
	json_set(health, "FailingStreak", json_new_int(0));
	json_set(health, "Log", NULL);
	json_set(o, "Health", health);
	json_set(o, "CgroupPath", string_at(c->config, "linux.cgroupsPath"));
	json_set(o, "CheckpointedAt", json_new_str(NO_TIME));
	json_set(o, "RestoredAt", json_new_str(NO_TIME));
	return o;
}

/* The first word and the others, of what runs or would run. */
static void set_command(const struct subject *c, struct json *o)
{
	const struct json *args = json_path(c->config, "process.args");
	_strv_ struct strv words = {0};
	struct json *rest = json_new_array();

	json_each (a, args)
		if (json_str(a.v))
			strv_add(&words, json_str(a.v));
	if (!args)
		text_command(c->doc, &words);
	json_set(o, "Path", json_new_str(words.n ? words.v[0] : ""));
	json_set(o, "Args", rest);
	for (size_t i = 1; i < words.n; i++)
		json_add(rest, json_new_str(words.v[i]));
}

static void set_image(const struct subject *c, struct json *o)
{
	const char *id = json_str(json_path(c->doc, "image.id"));
	const char *hex = id ? digest_hex(id) : NULL;

	json_set(o, "Image", json_new_str(hex ? hex : ""));
	json_set(o, "ImageDigest", string_at(c->doc, "image.digest"));
	json_set(o, "ImageName", json_new_str(container_image(c->doc)));
}

static void set_path(struct json *o, const char *key, const char *dir, const char *file)
{
	_free_ char *path = str_fmt("%s/%s", dir, file);

	json_set(o, key, json_new_str(path));
}

static void set_paths(const struct subject *c, struct json *o)
{
	const char *pidfile = json_str(json_path(c->doc, "request.pidfile"));
	const char *log = json_str(json_path(c->doc, "request.log.path"));

	json_set(o, "ResolvConfPath", string_at(c->doc, "network.resolvConf"));
	set_path(o, "HostnamePath", c->dir, "hostname");
	json_set(o, "HostsPath", string_at(c->doc, "network.hosts"));
	json_set(o, "StaticDir", json_new_str(c->dir));
	if (c->config)
		set_path(o, "OCIConfigPath", c->dir, "config.json");
	if (pidfile)
		json_set(o, "PidFile", json_new_str(pidfile));
	else
		set_path(o, "PidFile", c->run, "pid");
	json_set(o, "ConmonPidFile", string_at(c->doc, "request.conmonPidfile"));
	if (log)
		json_set(o, "LogPath", json_new_str(log));
	else
		set_path(o, "LogPath", c->dir, "ctr.log");
}

/* As the user named it: a path is a path. */
static const char *runtime_name(const struct subject *c)
{
	const char *asked = json_str(json_path(c->doc, "request.runtime"));
	const char *path = json_str(json_path(c->doc, "process.runtime")), *slash;

	if (asked && *asked)
		return asked;
	slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path ? path : "ctr-runtime";
}

static struct json *graph_driver(const struct subject *c, const char *driver)
{
	struct json *g = json_new_object(), *data;
	const struct json *layers = json_path(c->doc, "rootfs.layers");
	_buf_ struct buf lower = {0};

	json_set(g, "Name", json_new_str(driver));
	json_set(g, "Data", NULL);
	if (!str_eq(driver, "overlay"))
		return g;
	data = json_new_object();
	json_set(g, "Data", data);
	for (size_t i = json_len(layers); i-- > 0;)
		buf_fmt(&lower, "%s%s", lower.len ? ":" : "", json_str(json_at(layers, i)));
	json_set(data, "LowerDir", json_new_str(lower.data ? lower.data : ""));
	set_path(data, "MergedDir", c->dir, "rootfs");
	set_path(data, "UpperDir", c->dir, "upper");
	set_path(data, "WorkDir", c->dir, "work");
	return g;
}

static struct json *caps(const struct subject *c, const char *set)
{
	struct json *list = json_get(json_path(c->config, "process.capabilities"), set);

	return list ? json_ref(list) : json_new_array();
}

static void set_sizes(const struct subject *c, struct json *o)
{
	_close_ int dir = container_dir(c->s, c->id, NULL);
	_close_ int upper =
		dir < 0 ? -1 : path_open_beneath(dir, "upper", O_RDONLY | O_DIRECTORY, 0, NULL);
	int64_t rw = upper < 0 ? 0 : tree_size(upper);

	json_set(o, "SizeRw", json_new_int(rw));
	json_set(o, "SizeRootFs", json_new_int(rw + image_size(c->s, json_get(c->doc, "image"))));
}

static void set_kernel_parts(const struct subject *c, struct json *o)
{
	const char *driver = json_str(json_path(c->doc, "rootfs.driver"));

	driver = driver ? driver : "overlay";
	json_set(o, "OCIRuntime", json_new_str(runtime_name(c)));
	json_set(o, "Driver", json_new_str(driver));
	json_set(o, "MountLabel", string_at(c->config, "linux.mountLabel"));
	json_set(o, "ProcessLabel", string_at(c->config, "process.selinuxLabel"));
	json_set(o, "AppArmorProfile", string_at(c->config, "process.apparmorProfile"));
	json_set(o, "EffectiveCaps", caps(c, "effective"));
	json_set(o, "BoundingCaps", caps(c, "bounding"));
	json_set(o, "GraphDriver", graph_driver(c, driver));
}

static struct json *dependencies(const struct subject *c)
{
	_strv_ struct strv ids = {0};

	/* one that is gone: the others are listed */
	if (depend_on(c->s, c->doc, &ids, NULL) < 0 && !ids.n)
		return json_new_array();
	return json_new_strv(&ids);
}

static struct json *describe(const struct subject *c, bool size)
{
	struct json *o = json_new_object();

	json_set(o, "Id", json_new_str(c->id));
	json_set(o, "Created", string_at(c->doc, "container.created"));
	set_command(c, o);
	json_set(o, "State", describe_state(c));
	set_image(c, o);
	json_set(o, "Rootfs",
		 json_new_str(json_bool(json_path(c->doc, "request.rootfs"))
				      ? json_str(json_path(c->doc, "request.image"))
				      : ""));
	json_set(o, "Pod", json_new_str(""));
	set_paths(c, o);
	json_set(o, "Name", string_at(c->doc, "container.name"));
	json_set(o, "RestartCount", json_new_int(0));
	set_kernel_parts(c, o);
	json_set(o, "ExecIDs", json_new_array());
	if (size)
		set_sizes(c, o);
	json_set(o, "Mounts", describe_mounts(c));
	json_set(o, "Dependencies", dependencies(c));
	json_set(o, "NetworkSettings", describe_network(c));
	json_set(o, "Namespace", json_new_str(""));
	json_set(o, "IsInfra", json_new_bool(false));
	json_set(o, "IsService", json_new_bool(false));
	json_set(o, "Config", describe_config(c));
	json_set(o, "HostConfig", describe_host(c));
	return o;
}

/* 1: described, 0: there is none of that name, -1: an error. */
static int inspect_one(const struct store *s, const char *name, bool size, struct json *out,
		       struct err *e)
{
	_free_ char *id = container_find(s, name, e);
	_clean_(subject_release) struct subject c = {.s = s, .id = id};

	if (!id)
		return e->code == ERR_NOTFOUND ? 0 : -1;
	if (subject_load(&c, e) < 0)
		return -1;
	json_add(out, describe(&c, size));
	return 1;
}

/* {"schema","kind","objects","missing","view"}: for commands that look for more than containers. */
static int inspect_kinds(const struct store *s, const struct options *o, int argc, char **argv,
			 struct json *out, struct err *e)
{
	struct json *objects = json_need_arr(out, "objects"),
		    *missing = json_need_arr(out, "missing");

	json_set(out, "schema", json_new_str("rp.inspect/1"));
	json_set(out, "kind", json_new_str(o->type));
	if (view_set(out, &o->view, "json", e) < 0)
		return -1;
	for (int i = 0; i < argc; i++) {
		int n = str_eq(o->type, "image") ? 0 : inspect_one(s, argv[i], o->size, objects, e);

		if (n < 0)
			return -1;
		if (n == 0)
			json_add(missing, json_new_str(argv[i]));
		err_clear(e);
	}
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_free_ char *latest = NULL;

	if (p->argc < 1 && !o->latest)
		return err_set(e, ERR_USAGE, 0, NULL, "no names or ids specified");
	if (p->argc && o->latest)
		return err_set(e, ERR_USAGE, 0, NULL, "no arguments are needed with --latest");
	/* by hand it sees what it may; rp enters the namespaces for it */
	if (o->size && log_command() && geteuid() != 0)
		return err_set(e, ERR_AGAIN, 0, NULL,
			       "--size looks into layers: run it by ns-enter-pause");
	if (store_open(&s, e) < 0)
		return -1;
	if (o->latest) {
		latest = container_latest(&s, e);
		if (!latest)
			return -1;
		p->argv = &latest;
		p->argc = 1;
	}
	if (o->type) {
		p->out = json_new_object();
		return inspect_kinds(&s, o, p->argc, p->argv, p->out, e);
	}
	p->out = json_new_array();
	for (int i = 0; i < p->argc; i++) {
		int n = inspect_one(&s, p->argv[i], o->size, p->out, e);

		if (n == 0 && o->exists) {
			err_clear(e);
			p->exit_status = ERR_NOTFOUND;
		} else if (n <= 0) {
			return -1;
		}
	}
	if (o->exists)
		json_put(take_ptr(p->out));
	return 0;
}

/* What is written of each; the rest is as Podman has it. */
static const struct field container[] = {
	{"Id", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{0},
};

static const struct program program = {
	.name = "ctr-inspect",
	.summary = "show all about containers",
	.usage = "[--size] [--] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES | PROG_WRITES_ARRAY,
	.confine = confine_reader,
	.writes_fields = container,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
