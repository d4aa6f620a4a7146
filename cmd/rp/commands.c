/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and how one is found in it. */
#include <signal.h>
#include <stdio.h>

#include "commands.h"
#include "oci/request.h"

static const struct opt no_opts[] = {{0}};

const struct command commands[] = {
	/* containers */
	{"run", "container", "run", "run a command in a new container", OPERAND_IMAGE,
	 .run = cmd_run, .usage = "[OPTION...] IMAGE [COMMAND [ARG...]]", .stop_at_operand = true},
	{"create", "container", "create", "make a container, do not start it", OPERAND_IMAGE,
	 .run = cmd_create, .usage = "[OPTION...] IMAGE [COMMAND [ARG...]]",
	 .stop_at_operand = true},
	{"start", "container", "start", "start containers", OPERAND_CONTAINER, .run = cmd_start,
	 .usage = "[OPTION...] CONTAINER...", .opts = start_options},
	{"attach", "container", "attach", "attach to a container that runs", OPERAND_RUNNING,
	 "ctr-attach", PLAN_NS, STATUS_OWN, .user_stdin = true},
	{"stop", "container", "stop", "end containers, politely first", OPERAND_RUNNING, "ctr-stop",
	 PLAN_NS},
	{"kill", "container", "kill", "send a signal to containers", OPERAND_RUNNING, "ctr-kill",
	 PLAN_NS},
	{"rm", "container", "rm", "remove containers", OPERAND_CONTAINER, "ctr-remove", PLAN_NS,
	 STATUS_REMOVE},
	{"wait", "container", "wait", "wait for containers to end, print their status",
	 OPERAND_CONTAINER, "ctr-wait"},
	{"ps", "container", "ps ls list", "list containers", OPERAND_OTHER, "ctr-list",
	 .output = OUTPUT_VIEW},
	{"logs", "container", "logs", "print what containers wrote", OPERAND_CONTAINER, "ctr-logs",
	 PLAN_NO_NS, STATUS_READER},
	{"port", "container", "port", "list the published ports of containers", OPERAND_CONTAINER,
	 "ctr-port"},
	{"inspect", NULL, NULL, "all about containers or images, as JSON", OPERAND_OBJECT,
	 "ctr-inspect --type=all|img-inspect --missing", .output = OUTPUT_VIEW},
	{"container inspect", NULL, NULL, "all about containers, as JSON", OPERAND_CONTAINER,
	 "ctr-inspect --type=container", .output = OUTPUT_VIEW},
	{"container exists", NULL, NULL, "status 0 if it exists, 1 if not", OPERAND_CONTAINER,
	 "ctr-inspect --exists", PLAN_NO_NS, STATUS_EXISTS},

	/* images */
	{"pull", "image", "pull", "fetch images from a registry", OPERAND_IMAGE, .run = cmd_pull,
	 .usage = "[OPTION...] IMAGE...", .opts = pull_options},
	{"images", "image", "ls list", "list images", OPERAND_IMAGE, "img-list",
	 .output = OUTPUT_VIEW},
	{"rmi", "image", "rm", "remove images", OPERAND_IMAGE, "img-remove", PLAN_NS, STATUS_REMOVE,
	 OUTPUT_VIEW},
	{"history", "image", "history", "show how an image was made", OPERAND_IMAGE, "img-history",
	 .output = OUTPUT_VIEW},
	{"image inspect", NULL, NULL, "all about images, as JSON", OPERAND_IMAGE,
	 "img-inspect --type=image", .output = OUTPUT_VIEW},
	{"image exists", NULL, NULL, "status 0 if it exists, 1 if not", OPERAND_IMAGE,
	 "img-inspect --exists", PLAN_NO_NS, STATUS_EXISTS},

	/* the host and rp itself */
	{"unshare", NULL, NULL, "run a command in the user's namespaces", OPERAND_OTHER,
	 .run = cmd_unshare, .usage = "[COMMAND [ARG...]]", .opts = no_opts,
	 .stop_at_operand = true},
	{"version", NULL, NULL, "show the version", OPERAND_OTHER, "host-info --versions",
	 .output = OUTPUT_VIEW},
	{"info", "system", "info", "about this host and the store", OPERAND_OTHER, "host-info",
	 .output = OUTPUT_VIEW},
	{"system reset", NULL, NULL, "remove everything of this user", OPERAND_OTHER,
	 .run = cmd_reset, .usage = "[OPTION...]", .opts = reset_options},
	{"replay", NULL, NULL, "run one step of a trace again", OPERAND_OTHER, .run = cmd_replay,
	 .usage = "[OPTION...] DIR/NN-PROGRAM", .opts = replay_options},
	{"completion", NULL, NULL, "print a completion script", OPERAND_OTHER,
	 .run = cmd_completion, .usage = "bash|zsh|fish", .opts = no_opts},
	{"help", NULL, NULL, "list commands, or one command's options", OPERAND_COMMAND,
	 .run = cmd_help, .usage = "[COMMAND]", .opts = no_opts},
	{"__complete", NULL, NULL, NULL, OPERAND_OTHER, .run = cmd_complete, .usage = "",
	 .opts = no_opts, .stop_at_operand = true},
	{0},
};

const struct opt *command_options(const struct command *c)
{
	return c->opts ? c->opts : request_options();
}

static bool has_word(const char *list, const char *word)
{
	_strv_ struct strv words = {0};

	strv_split(&words, list, ' ');
	return strv_has(&words, word);
}

const struct command *find_command(int argc, char **argv, int *words)
{
	_free_ char *two = argc > 1 ? str_fmt("%s %s", argv[0], argv[1]) : NULL;

	for (const struct command *c = commands; c->name; c++) {
		*words = 1;
		if (str_eq(c->name, argv[0]))
			return c;
		*words = 2;
		if (two && (str_eq(c->name, two) ||
			    (str_eq(c->group, argv[0]) && has_word(c->aliases, argv[1]))))
			return c;
	}
	return NULL;
}

bool is_group(const char *word)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *rest = str_after(c->name, word);

		if (str_eq(c->group, word) || (rest && *rest == ' '))
			return true;
	}
	return false;
}

/* The words of a group, or the commands of one word, that are near to what was typed. */
static void suggest(const char *group, const char *typed, struct buf *out)
{
	for (const struct command *c = commands; c->name; c++) {
		_strv_ struct strv names = {0};
		const char *second = strchr(c->name, ' ');

		if (!c->summary)
			continue;
		if (group && str_eq(c->group, group))
			strv_split(&names, c->aliases, ' ');
		else if (group && second && str_after(c->name, group))
			strv_add(&names, second + 1);
		else if (!group && !second)
			strv_add(&names, c->name);
		strv_foreach (n, &names)
			if (str_distance(typed, n) <= 2 || (*typed && str_after(n, typed)))
				buf_fmt(out, "\t%s\n", n);
	}
	if (!group)
		for (const char *const *g =
			     (const char *const[]){"container", "image", "system", NULL};
		     *g; g++)
			if (str_distance(typed, *g) <= 2)
				buf_fmt(out, "\t%s\n", *g);
}

int unknown_command(int argc, char **argv, struct err *e)
{
	const char *group = argc > 1 && is_group(argv[0]) ? argv[0] : NULL;
	_buf_ struct buf near = {0};

	suggest(group, group ? argv[1] : argv[0], &near);
	err_set(e, ERR_USAGE, 0, NULL, "unrecognized command `rp %s%s%s`", argv[0],
		group ? " " : "", group ? argv[1] : "");
	/* a block of lines, which the one line of an error has no place for */
	if (near.len)
		fprintf(stderr, "Error: %s\n\nDid you mean this?\n%s\n", e->msg, near.data);
	else
		fprintf(stderr, "Error: %s\n", e->msg);
	fprintf(stderr, "Try 'rp %s%shelp' for more information\n", group ? group : "",
		group ? " --" : "");
	err_clear(e);
	return 125;
}

int status_for_user(enum status_map map, int status)
{
	if (status == 0 || map == STATUS_OWN)
		return status;
	if (map == STATUS_READER && status == 128 + SIGPIPE)
		return 0;
	if ((map == STATUS_REMOVE || map == STATUS_EXISTS) && status == ERR_NOTFOUND)
		return 1;
	if (map == STATUS_REMOVE && status == ERR_EXISTS)
		return 2;
	return 125;
}
