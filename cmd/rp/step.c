/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a pipeline: its steps and their options. Nothing here runs. */
#include <stdarg.h>
#include <stdlib.h>

#include "internal.h"
#include "sys/spawn.h"

struct step *plan_add(struct pipeline *p, const char *program, ...)
{
	struct step *s;
	va_list ap;

	if (p->n == PLAN_MAX_STEPS)
		abort(); /* a command of ours with too many steps */
	s = &p->step[p->n++];
	*s = (struct step){.program = str_dup(program)};
	va_start(ap, program);
	for (const char *w; (w = va_arg(ap, const char *));)
		strv_add(&s->argv, w);
	va_end(ap);
	return s;
}

static void step_release(struct step *s)
{
	strv_release(&s->argv);
	free(s->program);
}

void plan_release(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		step_release(&p->step[i]);
	p->n = 0;
}

void step_words(const struct step *s, struct strv *out)
{
	strv_take(out, program_path(s->program));
	for (size_t i = 0; i < s->argv.n; i++)
		strv_add(out, s->argv.v[i]);
}

void plan_words(struct step *s, int argc, char **argv)
{
	strv_add(&s->argv, "--");
	for (int i = 0; i < argc; i++)
		strv_add(&s->argv, argv[i]);
}

void plan_list(struct step *s, const char *name, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++) {
		strv_add(&s->argv, name);
		strv_add(&s->argv, values->v[i]);
	}
}

void plan_value(struct step *s, const char *name, const char *value)
{
	if (!value)
		return;
	strv_add(&s->argv, name);
	strv_add(&s->argv, value);
}

void plan_flag(struct step *s, const char *name, bool on)
{
	if (on)
		strv_add(&s->argv, name);
}

static bool names(const struct json *event, const char *work)
{
	json_each (w, json_get(event, "work"))
		if (str_eq(json_str(w.v), work))
			return true;
	return false;
}

void plan_drop_idle(struct pipeline *p, size_t first, const char *text)
{
	_json_ struct json *event = NULL;
	size_t kept = first;

	if (!*text || json_parse(text, strlen(text), "event", &event, NULL) < 0 ||
	    !str_eq(json_get_str(event, "event", ""), "ready"))
		return;
	for (size_t i = first; i < p->n; i++) {
		if (p->step[i].work && !names(event, p->step[i].work))
			step_release(&p->step[i]);
		else
			p->step[kept++] = p->step[i];
	}
	p->n = kept;
}
