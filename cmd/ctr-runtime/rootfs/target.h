/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a mount of the configuration goes. */
#ifndef CTR_RUNTIME_TARGET_H
#define CTR_RUNTIME_TARGET_H

#include <sys/stat.h>

#include "make/container.h"
#include "sys/path.h"

/* What is to be mounted there. */
enum target_kind {
	TARGET_DIR,
	TARGET_FILE,
	TARGET_MEMORY, /* a tmpfs, which is a directory of its own kind where it had to be made */
	TARGET_PROC,   /* by no link; one procfs may cover another */
	TARGET_SYSFS,  /* by no link */
};

/* Finds the place, made where it is missing. ERR_DENIED for what is inside of a procfs. */
int target_open(struct create *c, const char *dest, enum target_kind kind, struct path_place *out,
		struct err *e);
/* Spends it. */
void target_release(struct create *c, struct path_place *t);

/* Was it made just now? Then there is nothing in it. */
bool target_is_new(const struct path_place *t);

int target_stat(const struct path_place *t, struct stat *out);

/* Opens the place itself, for calls that take no name. */
int target_settle(struct create *c, struct path_place *t, struct err *e);

/* ERR_DENIED where it is /proc, under whatever name: for what is no procfs. */
int target_not_proc(const struct create *c, const struct path_place *t, struct err *e);

/* Is dest this absolute path, spelled plainly? */
bool target_is(const char *dest, const char *path);

#endif
