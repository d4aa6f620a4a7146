/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of rp, one row each: commands.c. Most are a program, whose own table has the
 * options: rp passes the words on and asks nothing of them. Some lead through several programs and
 * have a function here, with a table of their own.
 */
#ifndef RP_COMMANDS_H
#define RP_COMMANDS_H

#include "plan.h"
#include "wire/opt.h"

/* What becomes of a program's exit status; rp-errors(7) has those, podman(1) ours. */
enum status_map {
	STATUS_ENGINE, /* 0, or 125 */
	STATUS_READER, /* the same; one whose reader went away (SIGPIPE) has done its work */
	STATUS_REMOVE, /* 1: not there, 2: in use */
	STATUS_EXISTS, /* 1: not there */
	STATUS_OWN,    /* the container's, as it is */
};

/* How the program's output gets to the user. */
enum output {
	OUTPUT_RAW,  /* as it is */
	OUTPUT_VIEW, /* a document, rendered as its .view says (wire/render.h) */
};

/* What the operands are, for a shell's completion. */
enum operand_kind {
	OPERAND_OTHER, /* files, or nothing */
	OPERAND_CONTAINER,
	OPERAND_RUNNING, /* a container that runs */
	OPERAND_IMAGE,
	OPERAND_OBJECT, /* a container or an image */
	OPERAND_COMMAND,
};

struct command {
	const char *name;    /* "run", or two words: "system reset" */
	const char *group;   /* NULL, or the same is also "GROUP ALIAS" ... */
	const char *aliases; /* ... for each of these, separated by blanks */
	const char *summary;
	enum operand_kind operands;

	/* a command that is a program: its words, of several separated by '|'. Those behind the
	 * first look for what .missing of the document still has, and run only then. */
	const char *programs;
	enum plan_ns ns;
	enum status_map status;
	enum output output;
	bool user_stdin; /* the program reads the user's standard input */

	/* or one with a function: argv[0] is the command. Returns the exit status, or -1 with *e.
	 */
	int (*run)(const struct command *c, int argc, char **argv, struct err *e);
	const char *usage;	/* behind the name */
	const struct opt *opts; /* ends with an all-zero row; NULL: those of a request */
	bool stop_at_operand;
};

extern const struct command commands[];
extern const struct opt global_options[];

/* The command that argv begins with, and how many words name it; NULL where there is none. */
const struct command *find_command(int argc, char **argv, int *words);
/* Does a command "WORD ..." exist? */
bool is_group(const char *word);
/* ERR_USAGE: no such command, with the nearest one. */
int unknown_command(int argc, char **argv, struct err *e);

const struct opt *command_options(const struct command *c);

/* Parses with --help added; 1: help was printed, 0: go on, -1: wrong. */
int command_parse(const struct command *c, void *data, int argc, char **argv,
		  struct opts_result *out, struct err *e);

/* row.c: does a command that is a program. Returns the exit status, or -1. */
int row_run(const struct command *c, int argc, char **argv, struct err *e);

/* Podman's exit status for a program's. */
int status_for_user(enum status_map map, int status);

int cmd_run(const struct command *c, int argc, char **argv, struct err *e);
int cmd_create(const struct command *c, int argc, char **argv, struct err *e);
int cmd_start(const struct command *c, int argc, char **argv, struct err *e);
int cmd_pull(const struct command *c, int argc, char **argv, struct err *e);
int cmd_unshare(const struct command *c, int argc, char **argv, struct err *e);
int cmd_help(const struct command *c, int argc, char **argv, struct err *e);
int cmd_completion(const struct command *c, int argc, char **argv, struct err *e);
int cmd_complete(const struct command *c, int argc, char **argv, struct err *e);
int cmd_replay(const struct command *c, int argc, char **argv, struct err *e);
int cmd_reset(const struct command *c, int argc, char **argv, struct err *e);

/* run_checks.c: says what Podman only warns of, and takes it out of the request. */
void run_warn(struct json *request);
/*
 * --preserve-fds: the descriptors that the caller promised. To be called before any of ours can
 * have taken their numbers.
 */
int run_check_descriptors(const struct json *request, struct err *e);

/*
 * Starts what the container needs. *runs: the container itself runs already, nothing was done.
 * depth: how many containers may still need one another; -1: as many as usual. *status: of one that
 * did not start.
 */
int needed_start(const char *name, int depth, bool *runs, int *status, struct err *e);
/* The same for a container that is not made yet. */
int needed_by_request(const struct json *request, int *status, struct err *e);
/* The error that it was started and does not run: it had little to do. */
int needed_ended(const struct json *request, struct err *e);

/* cmd_run.c: starts it in the background. 1: it runs already, or what it needs does not run. */
int start_once(const char *name, int *status, struct err *e);

/* help.c: the commands of a group; all of them where it is NULL. */
void print_commands(const char *group);

extern const struct opt start_options[], pull_options[], reset_options[], replay_options[];

#endif
