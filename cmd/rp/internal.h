/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.c and timings.c, used by plan.c alone. */
#ifndef RP_INTERNAL_H
#define RP_INTERNAL_H

#include <time.h>

#include "plan.h"

/* One program of a pipeline while it runs. */
struct running {
	struct step *step;
	pid_t pid;
	int pidfd;
	int status; /* -1 while it runs */
	int killed; /* the signal that ended it, or 0 */
	int held;   /* memfd with its messages, or -1 */
	struct timespec start, end;
};

/* The words of the step as execve(2) takes them. */
void step_words(const struct step *s, struct strv *out);

/* Says that a program was killed, which it cannot say itself. */
void report_killed(const char *program, int signal);

/* trace.c: runs the steps one after the other and keeps everything in mode.trace. */
int trace_run(struct pipeline *p, struct outcome *o, struct err *e);

/* dryrun.c */
void dry_run_print(const struct pipeline *p);
void dry_run_enter(enum plan_ns ns);

/* timings.c */
void timings_add(const char *program, const struct timespec *start, const struct timespec *end);

#endif
