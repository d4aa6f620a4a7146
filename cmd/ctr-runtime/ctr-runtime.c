/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-runtime: an OCI runtime. It makes a container from a bundle, a directory with a config.json,
 * by the command line of crun(1) and runc(8), so that engines can use it in their place.
 *
 * main() reads the global options, finds the command and runs it. Each command stands in the file
 * of its name; create.c and child.c hold the order in which a container is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "runtime.h"
#include "sys/selfexe.h"
#include "wire/prog.h"

static const struct command *const commands[] = {
	&cmd_create, &cmd_start,    &cmd_run,	 &cmd_exec,	  &cmd_state,	&cmd_kill,
	&cmd_delete, &cmd_pause,    &cmd_resume, &cmd_update,	  &cmd_list,	&cmd_ps,
	&cmd_spec,   &cmd_features, &cmd_mounts, &cmd_checkpoint, &cmd_restore, NULL,
};

#define G(member) offsetof(struct global, member)
static const struct opt global_table[] = {
	{"root", 0, OPT_STR, G(root), "DIR", "where the state of containers is kept"},
	{"log", 0, OPT_STR, G(log), "FILE", "append messages to FILE as well"},
	{"log-format", 0, OPT_STR, G(log_format), "FORMAT", "text or json", .values = "text json"},
	{"log-level", 0, OPT_STR, G(log_level), "LEVEL", "accepted, all messages are logged"},
	{"debug", 0, OPT_FLAG, G(debug), NULL, "accepted, see --timings"},
	{"systemd-cgroup", 0, OPT_FLAG, G(systemd_cgroup), NULL,
	 "the same as --cgroup-manager=systemd"},
	{"cgroup-manager", 0, OPT_STR, G(cgroup_manager), "NAME",
	 "who makes cgroups: cgroupfs, systemd, disabled", .values = "cgroupfs systemd disabled"},
	{"rootless", 0, OPT_STR, G(rootless), "VALUE", "accepted, it is found out"},
	{"timings", 0, OPT_FLAG, G(timings), NULL, "print the time of each stage"},
	{"version", 'v', OPT_FLAG, G(version), NULL, "show the version and exit"},
	{"help", 'h', OPT_FLAG, G(help), NULL, "show this text and exit"},
	{0},
};

static const struct opt help_table[] = {
	{"help", 'h', OPT_FLAG, 0, NULL, "show this text and exit"},
	{0},
};

static void print_help(void)
{
	_buf_ struct buf b = {0};

	opts_help(global_table, &b);
	printf("usage: ctr-runtime [options] COMMAND [options] [ID] ...\n"
	       "An OCI runtime: makes a container from a bundle and runs it.\n\nCommands:\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-11s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nOptions:\n%s", b.data);
	for (size_t i = 0; commands[i]; i++) {
		_buf_ struct buf one = {0};

		if (!commands[i]->opts)
			continue;
		opts_help(commands[i]->opts, &one);
		printf("\nOptions of %s:\n%s", commands[i]->name, one.data);
	}
}

static void print_version(void)
{
	printf("ctr-runtime version %s\ncommit: rp\nspec: %s\n+SECCOMP +CAP\n", RP_VERSION,
	       OCI_VERSION);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (str_eq(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* The command's options with --help behind them. */
static struct opt *with_help(const struct command *c, size_t offset)
{
	size_t n = 0;
	struct opt *all;

	while (c->opts && c->opts[n].name)
		n++;
	all = mem_alloc((n + 2) * sizeof(*all));
	if (n)
		memcpy(all, c->opts, n * sizeof(*all));
	all[n] = help_table[0];
	all[n].offset = offset;
	return all;
}

static void command_help(const struct command *c, const struct opt *table)
{
	_buf_ struct buf b = {0};

	opts_help(table, &b);
	printf("usage: ctr-runtime %s [options] %s\n%s\n\nOptions:\n%s", c->name, c->operands,
	       c->summary, b.data);
}

static int run_command(struct global *g, const struct command *c, int argc, char **argv,
		       struct err *e)
{
	size_t base = (c->opts_size + 7) & ~(size_t)7;
	_free_ struct opt *table = with_help(c, base);
	_free_ char *data = mem_alloc(base + 8);
	struct opts_result r;
	int rc;

	if (opts_parse(table, data, argc, argv, c->stop_at_operand, &r, e) < 0)
		return err_hint(e, "ctr-runtime %s --help lists the options", c->name);
	if (*(bool *)(data + base)) {
		command_help(c, table);
		return 0;
	}
	if (r.argc < c->min_operands || (c->max_operands >= 0 && r.argc > c->max_operands))
		return err_set(e, ERR_USAGE, 0, NULL, "usage: ctr-runtime %s [options] %s", c->name,
			       c->operands);
	rc = c->run(g, data, r.argc, r.argv, e);
	opts_release(table, data);
	return rc;
}

static int run(struct global *g, int argc, char **argv, struct err *e)
{
	const struct command *c;
	struct opts_result r;

	if (opts_parse(global_table, g, argc, argv, true, &r, e) < 0)
		return err_hint(e, "ctr-runtime --help lists the options");
	if (report_init(g, e) < 0)
		return -1;
	if (g->version || g->help || r.argc == 0) {
		if (g->version)
			print_version();
		else
			print_help();
		return g->version || g->help ? 0 : ERR_USAGE;
	}
	if (str_eq(g->cgroup_manager, "systemd"))
		g->systemd_cgroup = true;
	c = find(r.argv[0]);
	if (!c)
		return err_set(e, ERR_USAGE, 0, NULL, "unknown command \"%s\"", r.argv[0]);
	if (c->failure)
		g->failure = c->failure;
	if (c->enters && selfexe_protect(g->argv, e) < 0)
		return -1;
	return run_command(g, c, r.argc, r.argv, e);
}

/* The variables are for the process that they name, and for no descendant of it. */
static int passed_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t for_whom, n;

	if (!pid || !count || str_to_int(pid, 1, INT32_MAX, &for_whom) < 0 ||
	    for_whom != getpid() || str_to_int(count, 1, 4096, &n) < 0)
		return 0;
	return (int)n;
}

int main(int argc, char **argv)
{
	struct global g = {.root_fd = -1, .failure = 1};
	_free_ char **words = mem_alloc(((size_t)argc + 1) * sizeof(*argv));
	struct err e = {0};
	int status;

	clock_gettime(CLOCK_MONOTONIC, &g.start);
	/* nothing that a container sees depends on the caller's */
	umask(0022);
	/* parsing moves operands; a second exec must see the words as they were */
	memcpy(words, argv, (size_t)argc * sizeof(*argv));
	g.argv = words;
	g.listen_fds = passed_sockets();
	g.listen_names = str_dup(getenv("LISTEN_FDNAMES"));
	status = run(&g, argc, argv, &e);
	if (status >= 0)
		return status;
	report_err(&e);
	return g.failure; /* engines know 0 and "failed" of a runtime, and the message */
}
