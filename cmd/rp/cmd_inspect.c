/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect and exists: containers and images by name. */
#include "base/log.h"
#include "commands.h"
#include "wire/prog.h"

struct inspect_data {
	const char *format, *type;
	bool size;
};

const struct opt inspect_options[] = {
	{"format", 'f', OPT_STR, offsetof(struct inspect_data, format), "TEMPLATE",
	 "Go template, or \"json\""},
	{"size", 's', OPT_FLAG, offsetof(struct inspect_data, size), NULL,
	 "with the size of a container's layers"},
	{"type", 't', OPT_STR, offsetof(struct inspect_data, type), "TYPE",
	 "container, image or all (default)", .values = "container image all"},
	{0},
};

/* Adds what the program says of this name to *all. Returns its status. */
static int inspect_with(const char *program, const struct inspect_data *d, char *name,
			struct json *all, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	struct step *s = plan_add(&p, program, NULL);

	s->hold_stderr = true; /* "not found" is said below, once for both */
	plan_flag(s, "--size", d->size && str_eq(program, "ctr-inspect"));
	plan_words(s, 1, &name);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	json_each (one, o.out)
		json_add(all, json_ref(one.v));
	return o.failed >= 0 ? o.status : 0;
}

static int inspect_name(const struct inspect_data *d, char *name, struct json *all, struct err *e)
{
	int n = ERR_NOTFOUND;

	if (!str_eq(d->type, "image"))
		n = inspect_with("ctr-inspect", d, name, all, e);
	if (n == ERR_NOTFOUND && !str_eq(d->type, "container"))
		n = inspect_with("img-inspect", d, name, all, e);
	if (n == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "no such %s: %s",
			       !d->type || str_eq(d->type, "all") ? "container or image" : d->type,
			       name);
	return n;
}

static int print_inspected(const struct inspect_data *d, struct json *all, struct err *e)
{
	_plan_ struct pipeline p = {.to_user = true, .input = all};
	_outcome_ struct outcome o = {0};

	plan_value(plan_add(&p, "json-format", NULL), "--format", d->format ? d->format : "json");
	if (plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed >= 0 ? o.status : 0;
}

int cmd_inspect(const struct command *c, int argc, char **argv, struct err *e)
{
	struct inspect_data d = {0};
	struct opts_result r;
	_json_ struct json *all = json_new_array();
	int n = command_parse(c, &d, argc, argv, &r, e), status = 0;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "a container or image is needed");
	if (str_after(c->name, "image"))
		d.type = "image";
	if (plan_enter(d.size ? PLAN_NS : PLAN_NO_NS, e) < 0)
		return -1;
	/* what is found is printed, whatever is said about the others */
	for (int i = 0; i < r.argc; i++) {
		n = inspect_name(&d, r.argv[i], all, e);
		status = n ? 125 : status;
		if (n < 0)
			log_err(e);
		err_clear(e);
	}
	if (status && !json_len(all))
		return status;
	n = print_inspected(&d, all, e);
	return n < 0 ? -1 : n ? 125 : status;
}

/* container exists, image exists: 0 yes, 1 no, 125 cannot say. */
int cmd_exists(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	struct opts_result r;
	char none = 0;
	int n = command_parse(c, &none, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "exactly one name is needed");
	plan_add(&p, str_after(c->name, "image") ? "img-inspect" : "ctr-inspect", "--", r.argv[0],
		 NULL)
		->hold_stderr = true;
	if (plan_enter(PLAN_NO_NS, e) < 0 || plan_run(&p, &o, e) < 0)
		return -1;
	return o.failed < 0 ? 0 : o.status == ERR_NOTFOUND ? 1 : 125;
}
