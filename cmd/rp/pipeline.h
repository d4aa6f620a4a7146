/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pipeline is: steps, their words, what became of them. Nothing here runs: plan.h does. */
#ifndef RP_PIPELINE_H
#define RP_PIPELINE_H

#include <stdbool.h>

#include "wire/json.h"

#define PLAN_MAX_STEPS 12

/* How rp itself was asked to work; set once from the global flags. */
struct mode {
	bool dry_run, timings;
	const char *trace;		      /* directory or NULL */
	const char *runtime, *cgroup_manager; /* of new containers, or NULL */
};
extern struct mode mode;

/*
 * Failures after which the caller may go another way: the step's messages are kept back and shown
 * only where it fails by anything else.
 */
enum hold {
	HOLD_NOTFOUND = 1 << 0, /* status 4 */
	HOLD_AGAIN = 1 << 1,	/* status 7 */
};

struct step {
	char *program;
	struct strv argv; /* without the program's name */
	bool user_stdin;  /* the caller's standard input is passed as descriptor 3 */
	unsigned hold;	  /* enum hold */
	bool tells;	  /* says on --status-fd which of the later steps have something to do */
	const char *work; /* its name there: where it is not named, the step is left out */
	bool copies;	  /* writes its document a second time, on --copy-fd, */
	bool early;	  /* for this later step, which begins with it: --early-fd */
};

/* Is this failure one of those? */
bool step_may_fall_back(const struct step *s, int status);

struct pipeline {
	struct step step[PLAN_MAX_STEPS];
	size_t n;
	const struct json *input; /* for the first step; NULL: /dev/null */
	bool to_user;		  /* the last step writes to the caller's standard output */
	bool inherit_stdin;	  /* the first step reads the caller's standard input */
	bool may_be_text; /* what is no document (--help) goes to the caller's standard output */
};

struct outcome {
	int failed;	  /* index of the first step that failed, -1: none */
	int signal;	  /* the last one that rp was sent while they ran, 0: none */
	int status;	  /* of that step, or of the last one */
	struct json *out; /* what the last step wrote, unless to_user */
};
void outcome_release(struct outcome *o);
#define _outcome_ _clean_(outcome_release)

/* Appends a step; the words end with NULL. The result may be changed until the pipeline runs. */
struct step *plan_add(struct pipeline *p, const char *program, ...) __attribute__((sentinel));
void plan_release(struct pipeline *p);
#define _plan_ _clean_(plan_release)

/* Options and operands for a step: "--" and all words, NAME VALUE for each value, NAME VALUE unless
 * NULL, NAME where on. */
void plan_words(struct step *s, int argc, char **argv);
void plan_list(struct step *s, const char *name, const struct strv *values);
void plan_value(struct step *s, const char *name, const char *value);
void plan_flag(struct step *s, const char *name, bool on);

enum plan_ns {
	PLAN_NO_NS,	 /* as the user */
	PLAN_NS,	 /* in the user's namespaces */
	PLAN_PRIVATE_NS, /* there, with mounts of its own */
};

#endif
