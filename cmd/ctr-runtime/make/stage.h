/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that is described by the table of its stages. */
#ifndef CTR_RUNTIME_STAGE_H
#define CTR_RUNTIME_STAGE_H

#include "make/container.h"

/* One thing that is done; the name is for --timings. */
struct stage {
	const char *name;
	int (*run)(struct create *c, struct err *e);
};

/* Runs the stages in order until one fails; the last one has no name. */
int stages_run(const struct stage *stages, const char *who, struct create *c, struct err *e);

#endif
