/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rp does: pipelines of programs. A command only describes them; this part prints them
 * (--dry-run), runs them, keeps what they exchanged (--trace), and times them (--timings).
 */
#ifndef RP_PLAN_H
#define RP_PLAN_H

#include "pipeline.h"

/* Joins what the following pipelines need, making the pause process where it is missing. */
int plan_enter(enum plan_ns ns, struct err *e);

/*
 * The same where there is a pause process: 1. 0: there is none, and nothing has changed. For a
 * command whose command line has not been looked at yet.
 */
int plan_enter_if_there(enum plan_ns ns, struct err *e);

/*
 * Runs the pipeline, all programs at once, but for those behind a step whose work must be told
 * first: these when it is. Returns 0 where it ran, whatever the programs said; -1
 * where it could not be run. With --dry-run it is printed instead, *o is an empty success.
 */
int plan_run(struct pipeline *p, struct outcome *o, struct err *e);

/* --dry-run: the file request.json, which the pipelines that follow read. */
void dry_run_input(const struct json *input);

/*
 * --dry-run: the end of a pipeline whose result rp prints itself, a line made by this template of
 * json-format(1). Nothing without --dry-run.
 */
void dry_run_line(struct pipeline *p, const char *format);

/* --dry-run: the second pipeline, for the case that the first one fails. */
void dry_run_unless(const struct pipeline *test, const struct pipeline *then);

/* At the end: prints the waterfall of --timings. */
void plan_report(void);

/*
 * Runs DIR/NN-program, a folder that --trace made, again. Returns its exit status. Without trusted,
 * programs that run others are refused.
 */
int plan_replay(const char *dir, bool trusted, struct err *e);

#endif
