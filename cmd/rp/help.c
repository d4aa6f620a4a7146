/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help: from the rows and the tables of options. */
#include <stdio.h>

#include "base/log.h"
#include "commands.h"
#include "sys/spawn.h"

static void print_help(const struct command *c)
{
	_buf_ struct buf b = {0};

	opts_help(command_options(c), &b);
	printf("usage: %s %s\n\n%s\n", log_command(), c->usage, c->summary);
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

/* The names by which a row is a command of the group. */
static void names_in(const struct command *c, const char *group, struct strv *out)
{
	const char *rest = str_after(c->name, group);

	if (str_eq(c->group, group))
		strv_split(out, c->aliases, ' ');
	else if (rest && *rest == ' ')
		strv_add(out, rest + 1);
}

static void print_group(const char *group)
{
	printf("usage: rp %s COMMAND [OPTION...] [ARG...]\n\ncommands:\n", group);
	for (const struct command *c = commands; c->name; c++) {
		_strv_ struct strv names = {0};

		if (!c->summary)
			continue;
		names_in(c, group, &names);
		strv_foreach (n, &names)
			printf("  %-18s %s\n", n, c->summary);
	}
}

void print_commands(const char *group)
{
	_buf_ struct buf options = {0};

	if (group) {
		print_group(group);
		return;
	}
	opts_help(global_options, &options);
	printf("usage: rp [OPTION...] COMMAND [OPTION...] [ARG...]\n\n"
	       "rp: rootless containers from small programs\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		if (c->summary)
			printf("  %-18s %s\n", c->name, c->summary);
	printf("\nglobal options:\n%s"
	       "\n\"rp COMMAND --help\" lists the options of a command; rp(1) has the rest.\n",
	       options.data);
}

int cmd_help(const struct command *self, int argc, char **argv, struct err *e)
{
	char help[] = "--help", *args[] = {argv[0], help, NULL};
	const struct command *c;
	_free_ char *name = NULL;
	int words;

	if (argc < 2 || str_eq(argv[1], "--help")) {
		print_commands(NULL);
		return 0;
	}
	c = find_command(argc - 1, argv + 1, &words);
	if (!c && is_group(argv[1])) {
		print_commands(argv[1]);
		return 0;
	}
	if (!c)
		return unknown_command(argc - 1, argv + 1, e);
	name = str_fmt("rp %s%s%s", argv[1], words > 1 ? " " : "", words > 1 ? argv[2] : "");
	setenv("RP_COMMAND", name, 1);
	return (c->programs ? row_run : c->run)(c, 2, args, e);
}
