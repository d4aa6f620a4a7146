/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands around the containers: namespaces, information, help, completion, reset. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "commands.h"
#include "sys/spawn.h"
#include "wire/prog.h"

static int no_options(const struct command *c, int argc, char **argv, struct opts_result *r,
		      struct err *e)
{
	char none = 0;

	return command_parse(c, &none, argc, argv, r, e);
}

int cmd_unshare(const struct command *c, int argc, char **argv, struct err *e)
{
	_free_ char *file = program_path("ns-enter-pause");
	_strv_ struct strv words = {0};
	struct opts_result r;
	int n = no_options(c, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (mode.dry_run) {
		_buf_ struct buf b = {0};

		for (int i = 0; i < r.argc; i++) {
			buf_char(&b, ' ');
			buf_sh_quote(&b, r.argv[i]);
		}
		printf("ns-enter-pause --%s\n", b.data ? b.data : "");
		return 0;
	}
	strv_add(&words, file);
	strv_add(&words, "--");
	for (int i = 0; i < r.argc; i++)
		strv_add(&words, r.argv[i]);
	execv(file, words.v);
	return err_sys(e, "execve", "cannot run %s", file);
}

struct version_data {
	const char *format;
};

const struct opt version_options[] = {
	{"format", 'f', OPT_STR, offsetof(struct version_data, format), "TEMPLATE",
	 "Go template, or \"json\""},
	{0},
};

static int format_to_user(const char *program, const char *format, struct json *input,
			  struct err *e)
{
	_plan_ struct pipeline p = {.to_user = true, .input = input};
	_outcome_ struct outcome o = {0};

	if (program)
		plan_add(&p, program, NULL);
	plan_add(&p, "json-format", "--format", format, NULL);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed >= 0 ? 125 : 0;
}

int cmd_version(const struct command *c, int argc, char **argv, struct err *e)
{
	struct version_data d = {0};
	struct opts_result r;
	_json_ struct json *v = NULL;
	struct json *client;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (!d.format) {
		printf("Client:       rp\nVersion:      %s\nOS/Arch:      linux/%s\n", RP_VERSION,
#if defined(__x86_64__)
		       "amd64"
#elif defined(__aarch64__)
		       "arm64"
#else
		       "other"
#endif
		);
		return 0;
	}
	v = json_new_object();
	client = json_need_obj(v, "Client");
	json_set(client, "Version", json_new_str(RP_VERSION));
	json_set(client, "APIVersion", json_new_str(RP_VERSION));
	json_set(client, "Os", json_new_str("linux"));
	return format_to_user(NULL, d.format, v, e);
}

int cmd_info(const struct command *c, int argc, char **argv, struct err *e)
{
	struct version_data d = {0};
	struct opts_result r;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (plan_enter(PLAN_NS, e) < 0)
		return -1;
	return format_to_user("host-info", d.format ? d.format : "json", NULL, e);
}

int cmd_help(const struct command *c, int argc, char **argv, struct err *e)
{
	const struct command *which;
	int words = 0;

	(void)c;
	if (argc > 1 && !str_eq(argv[1], "--help")) {
		char help[] = "--help";
		char *args[] = {argv[1], help, NULL};

		which = find_command(argc - 1, argv + 1, &words);
		if (!which)
			return err_set(e, ERR_USAGE, 0, NULL, "unknown command \"%s\"", argv[1]);
		return which->run(which, 2, args, e);
	}
	printf("usage: rp [--dry-run] [--trace=DIR] [--timings] COMMAND [OPTION...] [ARG...]\n\n"
	       "rp: rootless containers from small programs\n\ncommands:\n");
	for (const struct command *k = commands; k->name; k++)
		if (!k->same_as)
			printf("  %-18s %s\n", k->name, k->summary);
	printf("\nglobal options:\n"
	       "  --dry-run          print the commands that would be run, touch nothing\n"
	       "  --trace=DIR        keep what each program read, wrote and said in DIR\n"
	       "  --timings          print when each program started and ended\n"
	       "\n\"rp COMMAND --help\" lists the options of a command; rp(1) has the rest.\n");
	return 0;
}

/* The words after "rp" and each command's flags, from the tables. */
int cmd_completion(const struct command *c, int argc, char **argv, struct err *e)
{
	struct opts_result r;
	int n = no_options(c, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1 || !str_eq(r.argv[0], "bash"))
		return err_set(e, ERR_USAGE, 0, NULL, "completion is there for: bash");
	printf("# bash completion for rp; use it by: source <(rp completion bash)\n_rp()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *k = commands; k->name; k++) {
		if (strchr(k->name, ' '))
			continue;
		printf("\t%s) words='--help", k->name);
		for (const struct opt *o = command_options(k); o->name; o++)
			if (!o->hidden)
				printf(" --%s", o->name);
		printf("' ;;\n");
	}
	printf("\tesac\n\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords='");
	for (const struct command *k = commands; k->name; k++)
		if (!strchr(k->name, ' '))
			printf("%s ", k->name);
	printf("'\n\telif [[ $cur != -* ]]; then\n\t\tcase ${COMP_WORDS[1]} in\n"
	       "\t\tstart|stop|kill|rm|logs|inspect|wait|port|attach)\n"
	       "\t\t\twords=$(rp ps -a --format '{{.Names}}' 2>/dev/null) ;;\n"
	       "\t\trun|create|rmi)\n"
	       "\t\t\twords=$(rp images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null) ;;\n"
	       "\t\tesac\n\tfi\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	       "complete -o default -F _rp rp\n");
	return 0;
}

struct replay_data {
	bool trust;
};

const struct opt replay_options[] = {
	{"trust", 0, OPT_FLAG, offsetof(struct replay_data, trust), NULL,
	 "also a program that runs others, which the trace names"},
	{0},
};

int cmd_replay(const struct command *c, int argc, char **argv, struct err *e)
{
	struct replay_data d = {0};
	struct opts_result r;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a folder of --trace is needed");
	if (plan_enter(PLAN_NS, e) < 0)
		return -1;
	return plan_replay(r.argv[0], d.trust, e);
}

struct reset_data {
	bool force;
};

const struct opt reset_options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct reset_data, force), NULL, "do not ask"},
	{0},
};

int cmd_reset(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0}, stop = {0};
	_outcome_ struct outcome o = {0}, last = {0};
	struct reset_data d = {0};
	struct opts_result r;
	int n = command_parse(c, &d, argc, argv, &r, e), answer;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (!d.force && !mode.dry_run) {
		printf("This removes all containers, images and volumes of this user. Go on? "
		       "[y/N] ");
		fflush(stdout);
		answer = getchar();
		if (answer != 'y' && answer != 'Y')
			return 0;
	}
	if (plan_enter(PLAN_NS, e) < 0)
		return -1;
	plan_add(&p, "store-reset", NULL);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	plan_add(&stop, "ns-enter-pause", "--stop", NULL);
	if (plan_run(&stop, &last, e) < 0)
		return -1;
	return o.failed >= 0 || last.failed >= 0 ? 125 : 0;
}
