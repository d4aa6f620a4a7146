/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rp: Podman's command line on the programs of this project.
 *
 * rp parses the whole command line, describes the pipelines that do the work (cmd_*.c), and runs,
 * prints, traces or times them (plan.c). It knows nothing of layers, mounts, registries or
 * runtimes: each program can be removed, and only the commands that need it break.
 *
 * Exit status: Podman's. 125 for an error of the engine, 126 and 127 for a command that cannot be
 * executed or found, otherwise the container's own.
 */
#include <stdio.h>

#include "base/log.h"
#include "commands.h"
#include "oci/request.h"
#include "wire/prog.h"

static const struct opt no_opts[] = {{0}};

const struct command commands[] = {
	{"run", "[OPTION...] IMAGE [COMMAND [ARG...]]", "run a command in a new container", NULL,
	 true, cmd_run, NULL},
	{"create", "[OPTION...] IMAGE [COMMAND [ARG...]]", "make a container, do not start it",
	 NULL, true, cmd_create, NULL},
	{"start", "[OPTION...] CONTAINER...", "start containers", start_options, false, cmd_start,
	 NULL},
	{"attach", "[OPTION...] CONTAINER", "attach to a container that runs", attach_options,
	 false, cmd_attach, NULL},
	{"stop", "[OPTION...] CONTAINER...", "end containers, politely first", stop_options, false,
	 cmd_stop, NULL},
	{"kill", "[OPTION...] CONTAINER...", "send a signal to containers", kill_options, false,
	 cmd_kill, NULL},
	{"rm", "[OPTION...] CONTAINER...", "remove containers", rm_options, false, cmd_rm, NULL},
	{"wait", "[OPTION...] CONTAINER...", "wait for containers to end, print their status",
	 wait_options, false, cmd_wait, NULL},
	{"ps", "[OPTION...]", "list containers", ps_options, false, cmd_ps, NULL},
	{"logs", "[OPTION...] CONTAINER...", "print what containers wrote", logs_options, false,
	 cmd_logs, NULL},
	{"inspect", "[OPTION...] NAME...", "all about containers or images, as JSON",
	 inspect_options, false, cmd_inspect, NULL},
	{"port", "CONTAINER [PORT[/PROTOCOL]]", "list a container's published ports", no_opts,
	 false, cmd_port, NULL},
	{"pull", "[OPTION...] IMAGE...", "fetch images from a registry", pull_options, false,
	 cmd_pull, NULL},
	{"images", "[OPTION...] [IMAGE]", "list images", images_options, false, cmd_images, NULL},
	{"rmi", "[OPTION...] IMAGE...", "remove images", rmi_options, false, cmd_rmi, NULL},
	{"unshare", "[COMMAND [ARG...]]", "run a command in the user's namespaces", no_opts, true,
	 cmd_unshare, NULL},
	{"version", "[OPTION...]", "show the version", version_options, false, cmd_version, NULL},
	{"info", "[OPTION...]", "about this host and the store", version_options, false, cmd_info,
	 NULL},
	{"replay", "[OPTION...] DIR/NN-PROGRAM", "run one step of a trace again", replay_options,
	 false, cmd_replay, NULL},
	{"completion", "bash", "print a completion script", no_opts, false, cmd_completion, NULL},
	{"help", "[COMMAND]", "list commands, or one command's options", no_opts, false, cmd_help,
	 NULL},
	{"system reset", "[OPTION...]", "remove everything of this user", reset_options, false,
	 cmd_reset, NULL},
	{"container exists", "CONTAINER", "status 0 if it exists, 1 if not", no_opts, false,
	 cmd_exists, NULL},
	{"image exists", "IMAGE", "status 0 if it exists, 1 if not", no_opts, false, cmd_exists,
	 NULL},
	{"image inspect", "[OPTION...] IMAGE...", "all about images", inspect_options, false,
	 cmd_inspect, NULL},
	{"container run", NULL, NULL, NULL, true, cmd_run, "run"},
	{"container create", NULL, NULL, NULL, true, cmd_create, "create"},
	{"container start", NULL, NULL, start_options, false, cmd_start, "start"},
	{"container stop", NULL, NULL, stop_options, false, cmd_stop, "stop"},
	{"container kill", NULL, NULL, kill_options, false, cmd_kill, "kill"},
	{"container rm", NULL, NULL, rm_options, false, cmd_rm, "rm"},
	{"container wait", NULL, NULL, wait_options, false, cmd_wait, "wait"},
	{"container ls", NULL, NULL, ps_options, false, cmd_ps, "ps"},
	{"container list", NULL, NULL, ps_options, false, cmd_ps, "ps"},
	{"container ps", NULL, NULL, ps_options, false, cmd_ps, "ps"},
	{"container logs", NULL, NULL, logs_options, false, cmd_logs, "logs"},
	{"container inspect", NULL, NULL, inspect_options, false, cmd_inspect, "inspect"},
	{"container port", NULL, NULL, no_opts, false, cmd_port, "port"},
	{"image pull", NULL, NULL, pull_options, false, cmd_pull, "pull"},
	{"image ls", NULL, NULL, images_options, false, cmd_images, "images"},
	{"image list", NULL, NULL, images_options, false, cmd_images, "images"},
	{"image rm", NULL, NULL, rmi_options, false, cmd_rmi, "rmi"},
	{0},
};

const struct opt *command_options(const struct command *c)
{
	return c->opts ? c->opts : request_options();
}

const struct command *find_command(int argc, char **argv, int *words)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *second = strchr(c->name, ' ');

		*words = second ? 2 : 1;
		if (!second ? str_eq(argv[0], c->name)
			    : argc > 1 && strlen(argv[0]) == (size_t)(second - c->name) &&
				      str_after(c->name, argv[0]) && str_eq(argv[1], second + 1))
			return c;
	}
	return NULL;
}

static void print_help(const struct command *c)
{
	_buf_ struct buf b = {0};
	int words;
	char *name[] = {(char *)(uintptr_t)c->same_as, NULL};

	if (c->same_as)
		c = find_command(1, name, &words);
	opts_help(command_options(c), &b);
	printf("usage: rp %s %s\n\n%s\n", c->name, c->usage, c->summary);
	if (b.len)
		printf("\noptions:\n%s", b.data);
}

int command_parse(const struct command *c, void *data, int argc, char **argv,
		  struct opts_result *out, struct err *e)
{
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--help")) {
			print_help(c);
			return 1;
		}
		if (argv[i][0] != '-' || str_eq(argv[i], "--"))
			break; /* the words behind the image are not ours */
	}
	return opts_parse(command_options(c), data, argc, argv, c->stop_at_operand, out, e);
}

struct global {
	bool version, help;
	const char *log_level;
};

static int set_trace(const struct opt *row, void *data, const char *v, struct err *e)
{
	mode.trace = v;
	return 0;
}

static int set_mode(const struct opt *row, void *data, const char *v, struct err *e)
{
	mode.dry_run = str_eq(v, "true");
	return 0;
}

static int set_timings(const struct opt *row, void *data, const char *v, struct err *e)
{
	mode.timings = str_eq(v, "true");
	return 0;
}

static const struct opt global_options[] = {
	{"dry-run", 0, OPT_CALL_FLAG, 0, NULL, "print the commands, touch nothing", set_mode},
	{"help", 'h', OPT_FLAG, offsetof(struct global, help), NULL, "list the commands"},
	{"timings", 0, OPT_CALL_FLAG, 0, NULL, "print a waterfall at the end", set_timings},
	{"trace", 0, OPT_CALL, 0, "DIR", "keep what each program read and wrote", set_trace},
	{"version", 'v', OPT_FLAG, offsetof(struct global, version), NULL, "show the version"},
	{0},
};

static int dispatch(int argc, char **argv, struct err *e)
{
	struct global g = {0};
	struct opts_result r;
	const struct command *c;
	char help_word[] = "help";
	char *help_args[] = {help_word, NULL};
	int words;

	if (opts_parse(global_options, &g, argc, argv, true, &r, e) < 0)
		return -1;
	if (g.version) {
		printf("rp version %s\n", RP_VERSION);
		return 0;
	}
	if (g.help)
		return cmd_help(NULL, 1, help_args, e);
	if (r.argc == 0) {
		cmd_help(NULL, 1, help_args, e);
		return 125;
	}
	c = find_command(r.argc, r.argv, &words);
	if (!c) {
		err_set(e, ERR_USAGE, 0, NULL, "unknown command \"%s\"", r.argv[0]);
		return err_hint(e, "rp help lists the commands");
	}
	return c->run(c, r.argc - words + 1, r.argv + words - 1, e);
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int status;

	log_init("rp");
	status = dispatch(argc, argv, &e);
	if (status < 0) {
		log_err(&e);
		status = 125;
	}
	fflush(stdout);
	plan_report();
	return status;
}
