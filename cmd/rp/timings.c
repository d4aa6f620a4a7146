/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --timings: when each program started and ended, as a waterfall. */
#include <stdio.h>

#include "internal.h"
#include "plan.h"

#define MAX_ROWS 64
#define WIDTH	 40

struct row {
	char program[32];
	double start, end; /* ms since the first start */
};

static struct row rows[MAX_ROWS];
static size_t count;
static struct timespec zero;

static double since(const struct timespec *t)
{
	return (double)(t->tv_sec - zero.tv_sec) * 1e3 + (double)(t->tv_nsec - zero.tv_nsec) / 1e6;
}

void timings_add(const char *program, const struct timespec *start, const struct timespec *end)
{
	if (!count || since(start) < 0)
		zero = *start;
	if (count < MAX_ROWS) {
		rows[count] = (struct row){.start = since(start), .end = since(end)};
		snprintf(rows[count++].program, sizeof(rows[0].program), "%s", program);
	}
}

void plan_report(void)
{
	double last = 0.001;

	if (!mode.timings || !count)
		return;
	/* programs end in any order; the table goes by their start */
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			if (rows[k].start < rows[i].start) {
				struct row swap = rows[i];

				rows[i] = rows[k];
				rows[k] = swap;
			}
	for (size_t i = 0; i < count; i++)
		last = rows[i].end > last ? rows[i].end : last;
	fprintf(stderr, "%-18s %9s %9s  ms\n", "program", "start", "end");
	for (size_t i = 0; i < count; i++) {
		int from = (int)(rows[i].start / last * WIDTH);
		int to = (int)(rows[i].end / last * WIDTH);

		fprintf(stderr, "%-18s %9.2f %9.2f  %*s", rows[i].program, rows[i].start,
			rows[i].end, from, "");
		for (int k = from; k <= to; k++)
			fputc('#', stderr);
		fputc('\n', stderr);
	}
}
