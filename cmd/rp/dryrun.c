/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --dry-run: the shell commands that would do the same, and nothing else. What is printed can be
 * run by sh(1) as it stands, with the programs in PATH.
 */
#include <stdio.h>

#include "internal.h"
#include "plan.h"

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

static bool input_printed;

void dry_run_input(const struct json *input)
{
	_free_ char *text = json_text(input, true);

	printf("cat >request.json <<'END'\n%s\nEND\n", text);
	input_printed = true;
}

/* The whole command, with the namespaces around it. The caller frees. */
static char *command_of(const struct pipeline *p, bool reads_input)
{
	_buf_ struct buf line = {0};
	struct buf all = {0};
	bool user_stdin = false;

	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_str(&line, " |\n\t");
		print_words(&p->step[i], &line);
		if (i == 0 && reads_input)
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
	return buf_take(&all);
}

void dry_run_line(struct pipeline *p, const char *format)
{
	if (mode.dry_run)
		plan_add(p, "json-format", "--format", format, NULL);
}

void dry_run_unless(const struct pipeline *test, const struct pipeline *then)
{
	_free_ char *t = command_of(test, true), *c = command_of(then, true);

	printf("%s >/dev/null 2>&1 ||\n%s >/dev/null\n", t, c);
}

void dry_run_print(const struct pipeline *p)
{
	_free_ char *command = NULL;

	if (p->input && !input_printed)
		dry_run_input(p->input);
	command = command_of(p, p->input != NULL);
	printf("%s\n", command);
}
