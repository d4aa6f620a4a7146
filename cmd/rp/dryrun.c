/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --dry-run: the shell commands that would do the same, and nothing else. What is printed can be
 * run by sh(1) as it stands, with the programs in PATH.
 */
#include <stdio.h>

#include "internal.h"

static enum plan_ns inside;

void dry_run_enter(enum plan_ns ns)
{
	inside = ns;
}

static void print_words(const struct step *s, struct buf *b)
{
	buf_str(b, s->program);
	for (size_t i = 0; i < s->argv.n; i++) {
		buf_char(b, ' ');
		buf_sh_quote(b, s->argv.v[i]);
	}
}

void dry_run_print(const struct pipeline *p)
{
	_buf_ struct buf line = {0}, all = {0};
	bool user_stdin = false;

	if (p->input) {
		_free_ char *text = json_text(p->input, true);

		printf("cat >request.json <<'END'\n%s\nEND\n", text);
	}
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_str(&line, " |\n\t");
		print_words(&p->step[i], &line);
		if (i == 0 && p->input)
			buf_str(&line, " <request.json");
		user_stdin |= p->step[i].user_stdin;
	}
	if (inside == PLAN_NO_NS) {
		buf_str(&all, line.data);
	} else {
		buf_fmt(&all, "ns-enter-pause %s-- sh -c ",
			inside == PLAN_PRIVATE_NS ? "--private " : "");
		buf_sh_quote(&all, line.data);
	}
	if (user_stdin)
		buf_str(&all, " 3<&0");
	printf("%s\n", all.data);
}
