/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands around the containers: namespaces, replay, reset. */
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
	unsetenv("RP_COMMAND"); /* what runs there is the user's */
	execv(file, words.v);
	return err_sys(e, "execve", "cannot run %s", file);
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
