/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that run pipelines: launch.c, plan.c, trace.c, dryrun.c, timings.c. */
#ifndef RP_INTERNAL_H
#define RP_INTERNAL_H

#include <time.h>

#include "pipeline.h"

/* ---- step.c ---- */

/* The words of the step as execve(2) takes them. */
void step_words(const struct step *s, struct strv *out);

/*
 * The steps from number first on whose work the text, lines of events, does not name leave the
 * pipeline. A text without an event names all: the step that should have told has failed, or is a
 * program of the user's that does not.
 */
void plan_drop_idle(struct pipeline *p, size_t first, const char *text);

/* ---- launch.c: the one place that starts a program of a pipeline ---- */

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

#define THIRD 3 /* the descriptor of a step behind the standard ones */

/* What becomes its descriptors 0, 1 and 2: a descriptor, SPAWN_NULL, or -1 for the caller's own. */
struct streams {
	int in, out, err;
	int third;  /* events that it tells, or the document that it begins with; -1: neither */
	int fourth; /* the copy of its document, -1: none */
};

/* Starts it. It dies with rp: without rp nobody would undo what a broken start has made. */
int launch(struct step *s, const struct streams *io, struct running *r, struct err *e);

/* Waits for its end and notes status and times. */
void launch_reap(struct running *r);

/* Says that a program was killed, which it cannot say itself. */
void report_killed(const char *program, int signal);

/* ---- trace.c: runs the steps one after the other and keeps everything in mode.trace ---- */
int trace_run(struct pipeline *p, struct outcome *o, struct err *e);

/* ---- dryrun.c ---- */
void dry_run_print(const struct pipeline *p);
void dry_run_enter(enum plan_ns ns);

/* ---- timings.c ---- */
void timings_add(const char *program, const struct timespec *start, const struct timespec *end);

#endif
