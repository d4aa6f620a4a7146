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

#include "oci/platform.h"
#include "sys/confine.h"
#include "wire/prog.h"

static void describe_version(struct json *v)
{
	_platform_ struct platform pf = {0};
	_free_ char *arch = NULL;

	platform_host(&pf);
	arch = str_fmt("%s/%s", pf.os, pf.arch);
	json_set(v, "APIVersion", json_new_str(RP_VERSION));
	json_set(v, "Version", json_new_str(RP_VERSION));
	json_set(v, "Os", json_new_str(pf.os));
	json_set(v, "OsArch", json_new_str(arch));
}

static int run(struct prog *p, struct err *e)
{
	_store_ struct store s = STORE_NONE;

	if (p->argc)
		return err_set(e, ERR_USAGE, 0, NULL, "no operands are taken");
	if (store_open(&s, e) < 0)
		return -1;
	p->out = json_new_object();
	if (describe_host(json_need_obj(p->out, "host"), e) < 0 ||
	    describe_store(&s, json_need_obj(p->out, "store"), e) < 0)
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

static const struct program program = {
	.name = "host-info",
	.summary = "show what this host offers and what the store holds",
	.usage = "",
	.io = PROG_WRITES,
	.confine = confine_here,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
