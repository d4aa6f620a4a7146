/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host-info: what this host offers and what the store holds, with the members of Podman's "info"
 * that people use.
 *
 * Stages: the host (kernel, memory, security modules, id maps, network helpers), the store, the
 * version. It starts ctr-runtime, pasta and slirp4netns with --version, and must not change
 * anything.
 */
#include "info.h"

#include <sys/stat.h>
#include <time.h>

#include "oci/platform.h"
#include "oci/registries.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

static void describe_version(struct json *v)
{
	_platform_ struct platform pf = {0};
	_free_ char *arch = NULL;
	struct stat built = {0};
	struct tm tm = {0};
	char text[64];

	/* when the file was made: a date in the program would make each build another one */
	stat("/proc/self/exe", &built);
	gmtime_r(&built.st_mtime, &tm);
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	platform_host(&pf);
	arch = str_fmt("%s/%s", pf.os, pf.arch);
	json_set(v, "APIVersion", json_new_str(RP_VERSION));
	json_set(v, "Version", json_new_str(RP_VERSION));
	json_set(v, "GoVersion", json_new_str("none: written in C"));
	json_set(v, "GitCommit", json_new_str(""));
	json_set(v, "Built", json_new_int(built.st_mtime));
	json_set(v, "BuiltTime", json_new_str(text));
	json_set(v, "Os", json_new_str(pf.os));
	json_set(v, "OsArch", json_new_str(arch));
}

/* What can be chosen by name. */
static void describe_plugins(struct json *o)
{
	static const char *const lists[][2] = {{"log", "k8s-file json-file none passthrough"},
					       {"network", "pasta slirp4netns host none"},
					       {"volume", "local"}};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		_strv_ struct strv words = {0};

		strv_split(&words, lists[i][1], ' ');
		json_set(o, lists[i][0], json_new_strv(&words));
	}
	json_set(o, "authorization", NULL);
}

/* Where short names are looked for: registries.conf. */
static int describe_registries(struct json *o, struct err *e)
{
	_registries_ struct registries r = {0};

	if (registries_load(&r, e) < 0)
		return -1;
	json_set(o, "search", json_new_strv(&r.search));
	return 0;
}

#define VERSION_LINES                                                         \
	"Client:       rp\nVersion:      {{.Client.Version}}\nAPI Version:  " \
	"{{.Client.APIVersion}}"                                              \
	"\nBuilt:        {{.Client.BuiltTime}}\nOS/Arch:      {{.Client.OsArch}}"

struct options {
	bool versions;
	struct view view;
};

static const struct opt options[] = {
	VIEW_FORMAT(struct options, 'f'),
	{"versions", 0, OPT_FLAG, offsetof(struct options, versions), NULL,
	 "nothing but the versions: .Client, and .Server with the same"},
	{0},
};

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;

	p->out = json_new_object();
	if (o->versions) {
		/* there is no other side: who asks for a server's version means this one */
		describe_version(json_need_obj(p->out, "Client"));
		json_set(p->out, "Server", json_copy(json_get(p->out, "Client")));
		return view_set(p->out, &o->view, VERSION_LINES, e);
	}
	if (view_set(p->out, &o->view, "yaml", e) < 0)
		return -1;
	if (store_open(&s, e) < 0)
		return -1;
	if (describe_host(json_need_obj(p->out, "host"), e) < 0 ||
	    describe_store(&s, json_need_obj(p->out, "store"), e) < 0)
		return -1;
	describe_plugins(json_need_obj(p->out, "plugins"));
	if (describe_registries(json_need_obj(p->out, "registries"), e) < 0)
		return -1;
	describe_version(json_need_obj(p->out, "version"));
	return 0;
}

/* It asks helpers for their versions. */
static int confine_here(struct err *e)
{
	static const struct confine c = {.any_files = true, .exec = true, .fork = true};

	return confine(&c, e);
}

static const struct field document[] = {
	{"host", FIELD_RAW, 0, 0},
	{"store", FIELD_RAW, 0, 0},
	{"registries", FIELD_RAW, 0, 0},
	{"plugins", FIELD_RAW, 0, 0},
	{"version", FIELD_RAW, 0, 0},
	{"Client", FIELD_RAW, 0, 0, 0, "with --versions"},
	{"Server", FIELD_RAW, 0, 0},
	{"view", FIELD_RAW, 0, 0, 0, "how to show it"},
	{0},
};

static const struct program program = {
	.name = "host-info",
	.summary = "show what this host offers and what the store holds",
	.usage = "[options]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.operands = NO_OPERANDS,
	.io = PROG_WRITES,
	.confine = confine_here,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
