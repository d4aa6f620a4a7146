/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-reset: removes all that rp keeps for this user: containers (ended first), images, volumes,
 * caches, run state. The pause process is left to ns-enter-pause --stop.
 *
 * It must not remove anything but the two directories' own, known parts.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "ctr/container.h"
#include "ctr/sweep.h"
#include "sys/path.h"
#include "sys/spawn.h"
#include "wire/prog.h"

static int end_all(const struct store *s, struct err *e)
{
	_strv_ struct strv ids = {0};
	_free_ char *file = program_path("ctr-cleanup");
	int status = 0;

	if (container_list(s, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		_strv_ struct strv argv = {0};

		strv_add(&argv, file);
		strv_add(&argv, "--force");
		strv_add(&argv, "--remove");
		strv_add(&argv, ids.v[i]);
		if (run_program(&(struct spawn){.file = file,
						.argv = argv.v,
						.in = SPAWN_NULL,
						.out = SPAWN_NULL,
						.err = -1},
				NULL, 0, NULL, 0, &status, e) < 0)
			return -1;
		if (status)
			return err_set(e, ERR_FAILED, 0, NULL, "container %.12s cannot be removed",
				       ids.v[i]);
	}
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	static const char *const parts[] = {"containers", "names",	"layers",     "blobs",
					    "partial",	  "volumes",	"staging",    "trash",
					    "cache",	  "index.json", "oci-layout", "index.lock"};
	static const char *const run_parts[] = {"containers", "runtime", "no-overlay",
						"starting",   "swept",	 "sweep.lock"};
	_store_ struct store s = STORE_NONE;

	if (p->argc)
		return err_set(e, ERR_USAGE, 0, NULL, "no operands are taken");
	if (store_open(&s, e) < 0)
		return -1;
	container_sweep(&s);
	if (end_all(&s, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (path_remove_tree(s.fd, parts[i], e) < 0)
			return err_prefix(e, "%s", s.path);
	for (size_t i = 0; i < ARRAY_LEN(run_parts); i++)
		if (path_remove_tree(s.run, run_parts[i], e) < 0)
			return err_prefix(e, "%s", s.run_path);
	return 0;
}

static const struct program program = {
	.name = "store-reset",
	.summary = "remove all containers, images and volumes of this user",
	.usage = "",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
