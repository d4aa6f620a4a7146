/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rp: Podman's command line on the programs of this project.
 *
 * rp finds the command in its table (commands.c), describes the pipeline that does the work (row.c,
 * cmd_*.c), and runs, prints, traces or times it (plan.c). It knows nothing of layers, mounts,
 * registries or runtimes: each program can be removed, and only the commands that need it break.
 *
 * Exit status: Podman's. 125 for an error of the engine, 126 and 127 for a command that cannot be
 * executed or found, otherwise the container's own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "commands.h"
#include "wire/prog.h"

struct global {
	bool version, help, noout, ignored_flag;
	const char *root, *runroot, *log_level, *driver, *manager, *ignored;
	struct strv ignored_list;
};

#define GLOBAL(f) offsetof(struct global, f)
#define ACCEPTED  "accepted for compatibility: rp has no such part"

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

static int set_runtime(const struct opt *row, void *data, const char *v, struct err *e)
{
	mode.runtime = v;
	return 0;
}

const struct opt global_options[] = {
	{"cgroup-manager", 0, OPT_STR, GLOBAL(manager), "MANAGER",
	 "who makes the cgroups of containers", .values = "cgroupfs systemd"},
	{"conmon", 0, OPT_STR, GLOBAL(ignored), "FILE", ACCEPTED, .hidden = true},
	{"dry-run", 0, OPT_CALL_FLAG, 0, NULL,
	 "print the commands that would be run, touch nothing", set_mode},
	{"events-backend", 0, OPT_STR, GLOBAL(ignored), "BACKEND", ACCEPTED, .hidden = true,
	 .values = "file journald none"},
	{"help", 'h', OPT_FLAG, GLOBAL(help), NULL, "list the commands"},
	{"hooks-dir", 0, OPT_LIST, GLOBAL(ignored_list), "DIR", ACCEPTED, .hidden = true},
	{"log-level", 0, OPT_STR, GLOBAL(log_level), "LEVEL",
	 "error, fatal or panic: no warnings; warn (default), info, debug, trace: with them",
	 .values = "trace debug info warn warning error fatal panic"},
	{"network-cmd-path", 0, OPT_STR, GLOBAL(ignored), "FILE", ACCEPTED, .hidden = true},
	{"network-config-dir", 0, OPT_STR, GLOBAL(ignored), "DIR", ACCEPTED, .hidden = true},
	{"noout", 0, OPT_FLAG, GLOBAL(noout), NULL, "print nothing on standard output"},
	{"root", 0, OPT_STR, GLOBAL(root), "DIR", "the store, in the place of the usual one",
	 .nonempty = true},
	{"runroot", 0, OPT_STR, GLOBAL(runroot), "DIR",
	 "the run directory, in the place of the usual one", .nonempty = true},
	{"runtime", 0, OPT_CALL, 0, "FILE", "the OCI runtime of new containers", set_runtime,
	 .nonempty = true},
	{"storage-driver", 0, OPT_STR, GLOBAL(driver), "DRIVER",
	 "overlay (default), or vfs: copies in the place of overlay mounts",
	 .values = "overlay vfs"},
	{"storage-opt", 0, OPT_LIST, GLOBAL(ignored_list), "KEY=VALUE", ACCEPTED, .hidden = true},
	{"syslog", 0, OPT_FLAG, GLOBAL(ignored_flag), NULL, ACCEPTED, .hidden = true},
	{"timings", 0, OPT_CALL_FLAG, 0, NULL, "print when each program started and ended",
	 set_timings},
	{"tmpdir", 0, OPT_STR, GLOBAL(ignored), "DIR", ACCEPTED, .hidden = true},
	{"trace", 0, OPT_CALL, 0, "DIR", "keep what each program read, wrote and said in DIR",
	 set_trace},
	{"version", 'v', OPT_FLAG, GLOBAL(version), NULL, "show the version"},
	{"volumepath", 0, OPT_STR, GLOBAL(ignored), "DIR", ACCEPTED, .hidden = true},
	{0},
};

/* A place that the user named, as the programs get it: absolute, since they may change directory.
 */
static int set_place(const char *variable, const char *path, struct err *e)
{
	_free_ char *cwd = NULL, *absolute = NULL;

	if (!path)
		return 0;
	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return err_sys(e, "getcwd", "cannot tell where %s is", path);
		absolute = str_fmt("%s/%s", cwd, path);
	}
	setenv(variable, absolute ? absolute : path, 1);
	return 0;
}

static int apply_globals(const struct global *g, struct err *e)
{
	_close_ int null = -1;

	if (set_place("RP_STORE", g->root, e) < 0 || set_place("RP_RUN", g->runroot, e) < 0)
		return -1;
	if (g->log_level)
		setenv("RP_LOG_LEVEL", g->log_level, 1);
	if (g->driver)
		setenv("RP_STORAGE_DRIVER", g->driver, 1);
	mode.cgroup_manager = g->manager;
	if (g->noout) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
			return err_sys(e, "open", "cannot open /dev/null");
	}
	return 0;
}

/* "rp image", and "rp image bogus" */
static int group_alone(const char *group, struct err *e)
{
	print_commands(group);
	fflush(stdout);
	return err_set(e, ERR_USAGE, 0, NULL, "missing command 'rp %s COMMAND'", group);
}

static bool wants_help(int argc, char **argv)
{
	return argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"));
}

/* What the programs call the command in their messages and their --help. */
static void name_command(int words, char **argv)
{
	_free_ char *name =
		str_fmt("rp %s%s%s", argv[0], words > 1 ? " " : "", words > 1 ? argv[1] : "");

	setenv("RP_COMMAND", name, 1);
}

static int run_command(int argc, char **argv, struct err *e)
{
	int words;
	const struct command *c = find_command(argc, argv, &words);

	if (!c && is_group(argv[0]) && wants_help(argc, argv)) {
		print_commands(argv[0]);
		return 0;
	}
	if (!c && argc == 1 && is_group(argv[0]))
		return group_alone(argv[0], e);
	if (!c)
		return unknown_command(argc, argv, e);
	name_command(words, argv);
	return (c->programs ? row_run : c->run)(c, argc - words + 1, argv + words - 1, e);
}

static int dispatch(int argc, char **argv, struct err *e)
{
	struct global g = {0};
	struct opts_result r;
	int status = 0;

	setenv("RP_COMMAND", "rp", 1);
	if (opts_parse(global_options, &g, argc, argv, true, &r, e) < 0)
		return -1;
	if (g.version)
		printf("rp version %s\n", RP_VERSION);
	else if (g.help || r.argc == 0)
		print_commands(NULL);
	else
		status = apply_globals(&g, e) < 0 ? -1 : run_command(r.argc, r.argv, e);
	if (!g.version && !g.help && r.argc == 0) {
		fflush(stdout);
		status = err_set(e, ERR_USAGE, 0, NULL, "missing command 'rp COMMAND'");
	}
	opts_release(global_options, &g);
	return status;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int status;

	log_init("rp");
	status = dispatch(argc, argv, &e);
	if (status < 0) {
		log_err(&e);
		if (e.code == ERR_USAGE && !str_after(e.msg, "missing command"))
			fprintf(stderr, "See '%s --help'\n", log_command());
		status = 125;
	}
	fflush(stdout);
	plan_report();
	return status;
}
