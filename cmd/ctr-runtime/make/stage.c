/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through a table of stages: see stage.h. */
#include "make/stage.h"

int stages_run(const struct stage *s, const char *who, struct create *c, struct err *e)
{
	for (; s->name; s++) {
		if (s->run(c, e) < 0)
			return -1;
		timing(c->g, who, s->name);
	}
	return 0;
}
