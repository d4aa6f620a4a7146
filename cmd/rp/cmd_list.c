/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ps, images: a program that lists, and json-format. */
#include "commands.h"

/* Podman's table of ps and images, as json-format takes it. */
#define PS_TABLE                                                                                \
	"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t" \
	"{{.Names}}"
#define PS_SIZE_TABLE PS_TABLE "\t{{.Size}}"
#define IMAGES_TABLE  "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"

struct list_data {
	bool all, quiet, no_trunc, noheading, size, latest, digests;
	int64_t last;
	const char *format, *sort;
	struct strv filter;
};

#define LIST(f) offsetof(struct list_data, f)

const struct opt ps_options[] = {
	{"all", 'a', OPT_FLAG, LIST(all), NULL, "also containers that do not run"},
	{"filter", 'f', OPT_LIST, LIST(filter), "KEY=VALUE", "only containers that match"},
	{"format", 0, OPT_STR, LIST(format), "TEMPLATE", "Go template, or \"json\""},
	{"last", 'n', OPT_INT, LIST(last), "N", "the last N created"},
	{"latest", 'l', OPT_FLAG, LIST(latest), NULL, "the last created"},
	{"no-trunc", 0, OPT_FLAG, LIST(no_trunc), NULL, "whole ids and commands"},
	{"noheading", 0, OPT_FLAG, LIST(noheading), NULL, "no heading"},
	{"quiet", 'q', OPT_FLAG, LIST(quiet), NULL, "ids only"},
	{"size", 's', OPT_FLAG, LIST(size), NULL, "the size of the read-write layer"},
	{"sort", 0, OPT_STR, LIST(sort), "KEY", "sort by this key",
	 .values = "command created id image names runningfor size status"},
	{0},
};

/* Adds json-format for a list: the user's template, ids only, or the default table. */
static void add_format(struct pipeline *p, const struct list_data *d, const char *table)
{
	struct step *s = plan_add(p, "json-format", NULL);

	if (d->quiet)
		plan_value(s, "--format", "{{.ID}}");
	else
		plan_value(s, "--format", d->format ? d->format : table);
	plan_flag(s, "--noheading", d->noheading);
}

int cmd_ps(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct list_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n == 0 && r.argc)
		n = err_set(e, ERR_USAGE, 0, NULL, "ps takes no arguments: %s", r.argv[0]);
	if (n == 0) {
		s = plan_add(&p, "ctr-list", NULL);
		plan_flag(s, "--all", d.all);
		plan_flag(s, "--no-trunc", d.no_trunc);
		plan_flag(s, "--size", d.size);
		plan_list(s, "--filter", &d.filter);
		plan_value(s, "--sort", d.sort);
		if (d.latest || d.last > 0)
			strv_addf(&s->argv, "--last=%lld", d.latest ? 1LL : (long long)d.last);
		add_format(&p, &d, d.size ? PS_SIZE_TABLE : PS_TABLE);
		n = plan_to_user(&p, d.size ? PLAN_NS : PLAN_NO_NS, e);
	} else if (n == 1) {
		n = 0;
	}
	opts_release(ps_options, &d);
	return n > 0 ? 125 : n;
}

const struct opt images_options[] = {
	{"all", 'a', OPT_FLAG, LIST(all), NULL, "accepted for compatibility: no image is hidden"},
	{"digests", 0, OPT_FLAG, LIST(digests), NULL, "show digests"},
	{"filter", 'f', OPT_LIST, LIST(filter), "KEY=VALUE", "only images that match"},
	{"format", 0, OPT_STR, LIST(format), "TEMPLATE", "Go template, or \"json\""},
	{"no-trunc", 0, OPT_FLAG, LIST(no_trunc), NULL, "whole ids"},
	{"noheading", 'n', OPT_FLAG, LIST(noheading), NULL, "no heading"},
	{"quiet", 'q', OPT_FLAG, LIST(quiet), NULL, "ids only"},
	{0},
};

int cmd_images(const struct command *c, int argc, char **argv, struct err *e)
{
	_plan_ struct pipeline p = {0};
	struct list_data d = {0};
	struct opts_result r;
	struct step *s;
	int n = command_parse(c, &d, argc, argv, &r, e);

	if (n == 0) {
		s = plan_add(&p, "img-list", NULL);
		plan_flag(s, "--ids-only", d.quiet);
		plan_flag(s, "--all", d.all);
		plan_flag(s, "--no-trunc", d.no_trunc);
		plan_list(s, "--filter", &d.filter);
		plan_words(s, r.argc, r.argv);
		add_format(&p, &d,
			   d.digests ? "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t"
				       "{{.CreatedSince}}\t{{.Size}}"
				     : IMAGES_TABLE);
		n = plan_to_user(&p, PLAN_NO_NS, e);
	} else if (n == 1) {
		n = 0;
	}
	opts_release(images_options, &d);
	return n > 0 ? 125 : n;
}
