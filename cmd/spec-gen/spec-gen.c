/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec-gen: the OCI runtime configuration of a container.
 *
 * Stages: confined to its pipes before the first byte is read; the document's parts found and the
 * image's strings checked; capabilities, process, mounts, the Linux part, seccomp, one after
 * another, each from the built-in defaults, then the image, then what the user asked for; the
 * result becomes the document's member "spec".
 *
 * It must not open a file, look at the time, the environment or the host, or draw a random number
 * that shows: the same document gives the same bytes. What depends on the host (whether group 5 is
 * mapped, how many processors it has, which limits its user may set) is told by options. Only the
 * running kernel's version is asked for, and only by a seccomp profile that has "minKernel".
 *
 * Nothing of the image reaches the configuration but Env, Entrypoint, Cmd, WorkingDir, and the user
 * that was looked up: labels and annotations of an image never become annotations, which runtimes
 * and hooks act on.
 */
#include <stdio.h>

#include "base/log.h"
#include "gen.h"
#include "oci/imgstr.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	int64_t host_cpus, pids_limit;
	struct strv default_ulimits;
	bool no_tty_gid, device_control;
};

static const struct opt options[] = {
	{"no-tty-group", 0, OPT_FLAG, offsetof(struct options, no_tty_gid), NULL,
	 "group 5 (tty) is not mapped: /dev/pts without it"},
	{"host-cpus", 0, OPT_INT, offsetof(struct options, host_cpus), "N",
	 "mask the thermal counters of N processors"},
	{"device-control", 0, OPT_FLAG, offsetof(struct options, device_control), NULL,
	 "let no device be used but the usual ones and those in .devices"},
	{"default-ulimit", 0, OPT_LIST, offsetof(struct options, default_ulimits), "TYPE=NUMBER",
	 "a resource limit where the request does not name it"},
	{"pids-limit", 0, OPT_INT, offsetof(struct options, pids_limit), "N",
	 "limit of processes where the request has none"},
	{0},
};

#define OBJ(desc) "{\"type\":\"object\",\"description\":\"" desc "\"}"
struct json *gen_strings(const char *const *v)
{
	struct json *a = json_new_array();

	for (; *v; v++)
		json_add(a, json_new_str(*v));
	return a;
}

int gen_path(const struct cur *obj, const char *key, enum cur_need need, char **out, struct err *e)
{
	struct cur c = cur_key(obj, key);
	const char *s = NULL;

	if (cur_str(obj, key, need, &s, e) < 0)
		return -1;
	if (!s)
		return 0;
	*out = imgstr_path(s);
	if (!*out)
		return cur_bad(&c, e, "\"%.200s\" is no absolute path", s);
	return 0;
}

static int find_parts(struct gen *g, struct err *e)
{
	if (cur_obj(&g->root, "request", CUR_OPTIONAL, &g->request, e) < 0 ||
	    cur_obj(&g->root, "image", CUR_OPTIONAL, &g->image, e) < 0 ||
	    cur_obj(&g->root, "rootfs", CUR_OPTIONAL, &g->rootfs, e) < 0 ||
	    cur_obj(&g->root, "container", CUR_OPTIONAL, &g->container, e) < 0 ||
	    cur_obj(&g->root, "network", CUR_OPTIONAL, &g->network, e) < 0 ||
	    cur_obj(&g->image, "config", CUR_OPTIONAL, &g->config, e) < 0 ||
	    cur_obj(&g->request, "security", CUR_OPTIONAL, &g->security, e) < 0 ||
	    cur_bool(&g->request, "privileged", CUR_OPTIONAL, &g->privileged, e) < 0 ||
	    cur_bool(&g->request, "readOnly", CUR_OPTIONAL, &g->read_only, e) < 0)
		return -1;
	return imgstr_check_config(&g->config, e);
}

static int gen_root(struct gen *g, struct err *e)
{
	struct json *root = json_need_obj(g->spec, "root");

	json_set(root, "path", json_new_str("rootfs"));
	json_set(root, "readonly", json_new_bool(g->read_only));
	return 0;
}

/* What the user asked for; never the image's. */
static int gen_annotations(struct gen *g, struct err *e)
{
	struct cur a;

	if (cur_obj(&g->request, "annotations", CUR_OPTIONAL, &a, e) < 0)
		return -1;
	json_foreach (m, a.val) {
		struct cur item = cur_key(&a, m.key);
		const char *value;

		if (cur_self_str(&item, &value, e) < 0)
			return -1;
		if (!*m.key)
			return cur_bad(&a, e, "an annotation without a name");
	}
	if (json_len(a.val))
		json_set(g->spec, "annotations", json_copy(a.val));
	json_each (group, json_get(g->request.val, "groups"))
		if (str_eq(json_str(group.v), "keep-groups"))
			json_set(json_need_obj(g->spec, "annotations"),
				 "run.oci.keep_original_groups", json_new_str("1"));
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	static int (*const stages[])(struct gen *, struct err *) = {
		gen_root,  gen_caps,	gen_process,	 gen_mounts,
		gen_linux, gen_seccomp, gen_annotations,
	};
	const struct options *o = p->opts;
	struct gen g = {
		.root = cur_root(p->doc),
		.host_cpus = o->host_cpus,
		.device_control = o->device_control,
		.pids_limit = o->pids_limit,
		.default_ulimits = o->default_ulimits,
	};
	int r = find_parts(&g, e);

	if (r == 0 && (o->host_cpus < 0 || o->host_cpus > 4096))
		r = err_set(e, ERR_USAGE, 0, NULL, "--host-cpus: not in the range 0 to 4096");
	if (r == 0 && (o->pids_limit < 0 || o->pids_limit > INT32_MAX))
		r = err_set(e, ERR_USAGE, 0, NULL, "--pids-limit: no number of processes");
	g.tty_gid = o->no_tty_gid ? -1 : 5;
	g.have_command = p->argc > 0;
	for (int i = 0; i < p->argc; i++)
		strv_add(&g.command, p->argv[i]);
	json_del(p->doc, "spec");
	g.spec = json_need_obj(p->doc, "spec");
	json_set(g.spec, "ociVersion", json_new_str("1.0.2"));
	g.process = json_need_obj(g.spec, "process");
	json_need_obj(g.spec, "root");
	g.mounts = json_need_arr(g.spec, "mounts");
	g.places = json_new_object();
	g.linux_ = json_need_obj(g.spec, "linux");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(stages); i++)
		r = stages[i](&g, e);
	json_put(g.places);
	strv_release(&g.command);
	strv_release(&g.caps);
	strv_release(&g.asked);
	strv_release(&g.covers);
	return r;
}

static const struct program program = {
	.name = "spec-gen",
	.summary = "make the OCI runtime configuration of a container",
	.usage = "[options] [-- CMD [ARG...]]",
	.description = "Reads a container document and writes it with the member \"spec\".",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS | PROG_WRITES | PROG_CONTAINER | PROG_STOP_AT_OPERAND,
	.confine = confine_pipes,
	.needs = "request rootfs",
	.gives = "request rootfs spec",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
