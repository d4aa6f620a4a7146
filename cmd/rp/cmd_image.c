/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pull. */
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "wire/prog.h"

struct pull_data {
	bool quiet, all_tags;
	const char *policy, *platform, *authfile, *tls_verify, *cert_dir;
};

#define PULL(f) offsetof(struct pull_data, f)

const struct opt pull_options[] = {
	{"authfile", 0, OPT_STR, PULL(authfile), "FILE", "registry credentials"},
	{"cert-dir", 0, OPT_STR, PULL(cert_dir), "DIR", "certificates for the registry"},
	{"platform", 0, OPT_STR, PULL(platform), "OS/ARCH", "choose the image for this platform"},
	{"policy", 0, OPT_STR, PULL(policy), "POLICY", "always (default), missing, newer, never",
	 .values = "always missing never newer"},
	{"quiet", 'q', OPT_FLAG, PULL(quiet), NULL, "print the image's id only"},
	{"tls-verify", 0, OPT_STR, PULL(tls_verify), "BOOL", "check the registry's certificate",
	 .values = "true false"},
	{0},
};

static int pull_one(const struct pull_data *d, char *image, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};
	const char *id;
	struct step *s =
		plan_add(&p, "img-fetch", "--policy", d->policy ? d->policy : "always", NULL);

	plan_flag(s, "--quiet", d->quiet);
	plan_flag(s, "--prompt", isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	plan_value(s, "--platform", d->platform);
	plan_value(s, "--authfile", d->authfile);
	plan_value(s, "--cert-dir", d->cert_dir);
	if (d->tls_verify)
		strv_addf(&s->argv, "--tls-verify=%s", d->tls_verify);
	plan_words(s, 1, &image);
	plan_add(&p, "layer-unpack", NULL);
	dry_run_line(&p, "{{slice .image.id 7}}");
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed >= 0)
		return 125;
	id = json_str(json_path(o.out, "image.id"));
	if (id)
		printf("%s\n", strchr(id, ':') ? strchr(id, ':') + 1 : id);
	return 0;
}

int cmd_pull(const struct command *c, int argc, char **argv, struct err *e)
{
	struct pull_data d = {0};
	struct opts_result r;
	int n = command_parse(c, &d, argc, argv, &r, e), status = 0;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "requires at least 1 arg(s), only received 0");
	if (plan_enter(PLAN_NS, e) < 0)
		return -1;
	for (int i = 0; i < r.argc; i++) {
		n = pull_one(&d, r.argv[i], e);
		if (n < 0)
			return -1;
		status = n ? n : status;
	}
	return status;
}
