/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store and a run directory of a test's own, found by RP_STORE and RP_RUN. */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <fcntl.h>

#include "base/clean.h"
#include "sys/path.h"

static char scratch[] = "/tmp/rp-unit.XXXXXX";

static int scratch_setup(void **state)
{
	_free_ char *store = NULL, *run = NULL;

	if (!mkdtemp(scratch))
		return -1;
	/* not there yet, nor what is above it */
	store = str_fmt("%s/a/b/store", scratch);
	run = str_fmt("%s/run", scratch);
	setenv("RP_STORE", store, 1);
	setenv("RP_RUN", run, 1);
	return 0;
}

static int scratch_teardown(void **state)
{
	_close_ int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return path_remove_tree(tmp, scratch + 5, NULL);
}

#endif
