/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of rp. Each parses its own options, describes its pipelines, and gives the status.
 */
#ifndef RP_COMMANDS_H
#define RP_COMMANDS_H

#include "plan.h"
#include "wire/opt.h"

struct command {
	const char *name; /* "run", or two words: "system reset" */
	const char *usage;
	const char *summary;
	const struct opt *opts; /* ends with an all-zero row; NULL: those of a request */
	bool stop_at_operand;
	/* argv[0] is the command. Returns the exit status, or -1 with *e filled. */
	int (*run)(const struct command *c, int argc, char **argv, struct err *e);
	const char *same_as; /* an alias: the other command's name */
};

extern const struct command commands[];
const struct opt *command_options(const struct command *c);
const struct command *find_command(int argc, char **argv, int *words);

/* Parses with --help added; 1: help was printed, 0: go on, -1: wrong. */
int command_parse(const struct command *c, void *data, int argc, char **argv,
		  struct opts_result *out, struct err *e);

int cmd_run(const struct command *c, int argc, char **argv, struct err *e);
int cmd_create(const struct command *c, int argc, char **argv, struct err *e);
int cmd_start(const struct command *c, int argc, char **argv, struct err *e);
int cmd_attach(const struct command *c, int argc, char **argv, struct err *e);

int cmd_ps(const struct command *c, int argc, char **argv, struct err *e);
int cmd_logs(const struct command *c, int argc, char **argv, struct err *e);
int cmd_inspect(const struct command *c, int argc, char **argv, struct err *e);
int cmd_wait(const struct command *c, int argc, char **argv, struct err *e);
int cmd_stop(const struct command *c, int argc, char **argv, struct err *e);
int cmd_kill(const struct command *c, int argc, char **argv, struct err *e);
int cmd_rm(const struct command *c, int argc, char **argv, struct err *e);
int cmd_port(const struct command *c, int argc, char **argv, struct err *e);
int cmd_exists(const struct command *c, int argc, char **argv, struct err *e);

int cmd_pull(const struct command *c, int argc, char **argv, struct err *e);
int cmd_images(const struct command *c, int argc, char **argv, struct err *e);
int cmd_rmi(const struct command *c, int argc, char **argv, struct err *e);

int cmd_unshare(const struct command *c, int argc, char **argv, struct err *e);
int cmd_version(const struct command *c, int argc, char **argv, struct err *e);
int cmd_info(const struct command *c, int argc, char **argv, struct err *e);
int cmd_help(const struct command *c, int argc, char **argv, struct err *e);
int cmd_completion(const struct command *c, int argc, char **argv, struct err *e);
int cmd_replay(const struct command *c, int argc, char **argv, struct err *e);
int cmd_reset(const struct command *c, int argc, char **argv, struct err *e);

extern const struct opt start_options[], attach_options[], ps_options[], logs_options[],
	inspect_options[], wait_options[], stop_options[], kill_options[], rm_options[],
	pull_options[], images_options[], rmi_options[], version_options[], reset_options[],
	replay_options[];

#endif
