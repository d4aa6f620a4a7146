/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command that is a program: its words are passed on as they are, its document comes back and is
 * shown.
 *
 * Programs that need more than the user's own rights say so by status 7 (they were asked for sizes
 * of layers, say); then they run once more in the user's namespaces. Where the document has names
 * in .missing, the next program of the row looks for these.
 */
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "commands.h"
#include "sys/confine.h"
#include "wire/render.h"

/* The Ith program of the row with its fixed words. */
static struct step *add_program(struct pipeline *p, const struct command *c, size_t i)
{
	_strv_ struct strv programs = {0}, words = {0};
	struct step *s;

	strv_split(&programs, c->programs, '|');
	if (i >= programs.n)
		return NULL;
	strv_split(&words, programs.v[i], ' ');
	s = plan_add(p, words.v[0], NULL);
	for (size_t w = 1; w < words.n; w++)
		strv_add(&s->argv, words.v[w]);
	return s;
}

static void add_words(struct step *s, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		strv_add(&s->argv, argv[i]);
}

/* As a shell would: all programs of the row, and json-format. */
static int dry_run(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	add_words(add_program(&p, c, 0), argc, argv);
	for (size_t i = 1; add_program(&p, c, i); i++)
		;
	if (c->output == OUTPUT_VIEW)
		plan_add(&p, "json-format", NULL);
	if (plan_enter(c->ns, e) < 0)
		return -1;
	return plan_run(&p, &o, e);
}

/* Traced, the rendering is a step as well; otherwise rp does it, with nothing but its output left.
 */
static int show_view(struct json *doc, struct err *e)
{
	static const struct view by_document;
	_strv_ struct strv complaints = {0};
	_buf_ struct buf out = {0};

	if (mode.trace) {
		_plan_ struct pipeline p = {.input = doc, .to_user = true};
		_outcome_ struct outcome o = {0};

		plan_add(&p, "json-format", NULL);
		return plan_run(&p, &o, e) < 0 ? -1 : o.status;
	}
	if (confine_pipes(e) < 0 || render(doc, &by_document, false, &out, &complaints, e) < 0 ||
	    fd_write_all(STDOUT_FILENO, out.data, out.len, e) < 0)
		return e->errnum == EPIPE ? 0 : -1;
	strv_foreach (line, &complaints) {
		err_set(e, ERR_NOTFOUND, 0, NULL, "%s", line);
		log_err(e);
	}
	err_clear(e);
	return complaints.n ? ERR_NOTFOUND : 0;
}

static int show(const struct command *c, struct json *doc, struct err *e)
{
	if (!doc) /* it has printed its --help */
		return 0;
	return show_view(doc, e);
}

/* One program of the row; input may be NULL. Its status, or -1. */
static int run_program_of(const struct command *c, size_t i, struct json *input, int argc,
			  char **argv, struct json **doc, struct err *e)
{
	_plan_ struct pipeline p = {.input = input,
				    .to_user = c->output == OUTPUT_RAW,
				    .may_be_text = true,
				    .inherit_stdin = c->user_stdin};
	_outcome_ struct outcome o = {0};
	struct step *s = add_program(&p, c, i);

	if (!s)
		return 0;
	/* of a raw output standard error is a part */
	s->hold = c->ns == PLAN_NO_NS && c->output != OUTPUT_RAW ? HOLD_AGAIN : 0;
	add_words(s, argc, argv);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	*doc = take_ptr(o.out);
	return o.status;
}

/*
 * The namespaces for the program. They are made only for a command line that the program finds in
 * order: 0, or its status.
 */
static int enter(const struct command *c, int argc, char **argv, struct err *e)
{
	int r = plan_enter_if_there(c->ns, e), status;
	struct json *none = NULL;

	if (r != 0)
		return r < 0 ? -1 : 0;
	setenv("RP_CHECK_ONLY", "1", 1);
	status = run_program_of(c, 0, NULL, argc, argv, &none, e);
	unsetenv("RP_CHECK_ONLY");
	json_put(none);
	return status ? status : plan_enter(c->ns, e);
}

int row_run(const struct command *c, int argc, char **argv, struct err *e)
{
	_json_ struct json *doc = NULL;
	int status, shown = 0;

	if (mode.dry_run)
		return dry_run(c, argc, argv, e);
	if (c->ns != PLAN_NO_NS) {
		status = enter(c, argc, argv, e);
		if (status != 0)
			return status < 0 ? -1 : status_for_user(c->status, status);
	}
	status = run_program_of(c, 0, NULL, argc, argv, &doc, e);
	if (status == ERR_AGAIN && c->ns == PLAN_NO_NS) {
		if (plan_enter(PLAN_NS, e) < 0)
			return -1;
		status = run_program_of(c, 0, NULL, argc, argv, &doc, e);
	}
	for (size_t i = 1; status == 0 && i < 8 && json_len(json_get(doc, "missing")) &&
			   str_eq(json_get_str(doc, "kind", ""), "all");
	     i++) {
		_json_ struct json *input = take_ptr(doc);

		status = run_program_of(c, i, input, 0, NULL, &doc, e);
		if (status == 0 && !doc) { /* that was the last program */
			doc = take_ptr(input);
			break;
		}
	}
	if (status < 0)
		return -1;
	if (c->output != OUTPUT_RAW && doc)
		shown = show(c, doc, e);
	if (shown < 0)
		return -1;
	return status_for_user(c->status, status ? status : shown);
}
