/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Platforms. An arm processor runs the code of older variants, so a wish for v7 accepts v6 and v5,
 * in that order, and at last an image that names no variant. The variant of the host counts only
 * where the architecture was not asked for.
 */
#include <sys/utsname.h>

#include "oci/platform.h"

static const struct {
	const char *machine, *arch, *variant;
} machines[] = {
	{"x86_64", "amd64", ""},    {"aarch64", "arm64", ""},	{"arm64", "arm64", ""},
	{"armv8l", "arm", "v8"},    {"armv7l", "arm", "v7"},	{"armhf", "arm", "v7"},
	{"armv6l", "arm", "v6"},    {"armel", "arm", "v6"},	{"armv5tel", "arm", "v5"},
	{"i386", "386", ""},	    {"i686", "386", ""},	{"ppc64le", "ppc64le", ""},
	{"s390x", "s390x", ""},	    {"riscv64", "riscv64", ""}, {"loongarch64", "loong64", ""},
	{"mips64", "mips64le", ""},
};

static const struct {
	const char *arch;
	const char *variants[5]; /* newest first */
} families[] = {
	{"arm", {"v8", "v7", "v6", "v5"}},
	{"arm64", {"v8"}},
};

void platform_release(struct platform *p)
{
	free(p->os);
	free(p->arch);
	free(p->variant);
	*p = (struct platform){0};
}

static void set_arch(struct platform *p, const char *arch, const char *variant)
{
	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		if (!str_eq(machines[i].machine, arch))
			continue;
		arch = machines[i].arch;
		if (!*variant)
			variant = machines[i].variant;
		break;
	}
	p->arch = str_dup(arch);
	p->variant = str_dup(variant);
}

void platform_host(struct platform *out)
{
	struct utsname u = {0};

	uname(&u);
	out->os = str_dup("linux");
	set_arch(out, u.machine, "");
}

static bool word_ok(const char *s)
{
	return str_only(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") &&
	       strlen(s) <= 64;
}

int platform_parse(const char *s, struct platform *out, struct err *e)
{
	_strv_ struct strv part = {0};

	strv_split(&part, s, '/');
	strv_foreach (word, &part)
		if (!word_ok(word))
			part.n = 0;
	if (part.n < 2 || part.n > 3)
		return err_set(e, ERR_USAGE, 0, NULL, "platform %s is not OS/ARCH[/VARIANT]", s);
	out->os = str_dup(part.v[0]);
	set_arch(out, part.v[1], part.n == 3 ? part.v[2] : "");
	return 0;
}

int platform_from_json(const struct cur *c, struct platform *out, struct err *e)
{
	_platform_ struct platform host = {0};
	const char *os = "linux", *arch = NULL, *variant = "";

	if (cur_str(c, "os", CUR_OPTIONAL, &os, e) < 0 ||
	    cur_str(c, "architecture", CUR_OPTIONAL, &arch, e) < 0 ||
	    cur_str(c, "variant", CUR_OPTIONAL, &variant, e) < 0)
		return -1;
	if (!word_ok(os) || (arch && !word_ok(arch)) || (*variant && !word_ok(variant)))
		return cur_bad(c, e, "not a platform");
	platform_host(&host);
	if (!arch && !*variant)
		variant = host.variant;
	out->os = str_dup(os);
	set_arch(out, arch ? arch : host.arch, variant);
	return 0;
}

struct json *platform_to_json(const struct platform *p)
{
	struct json *j = json_new_object();

	json_set(j, "os", json_new_str(p->os));
	json_set(j, "architecture", json_new_str(p->arch));
	if (*p->variant)
		json_set(j, "variant", json_new_str(p->variant));
	return j;
}

static const char *const *family(const char *arch)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_eq(families[i].arch, arch))
			return families[i].variants;
	return NULL;
}

int platform_rank(const struct platform *want, const struct json *have)
{
	const char *variant = json_get_str(have, "variant", "");
	const char *const *v = family(want->arch);
	int rank = 0;

	if (!str_eq(json_get_str(have, "os", ""), want->os) ||
	    !str_eq(json_get_str(have, "architecture", ""), want->arch))
		return -1;
	if (str_eq(variant, want->variant))
		return 0;
	while (v && *v && *want->variant && !str_eq(*v, want->variant))
		v++;
	for (; v && *v; v++) {
		rank++;
		if (str_eq(*v, variant))
			return rank;
	}
	return *variant ? -1 : rank + 1;
}

char *platform_text(const struct platform *p)
{
	return str_fmt("%s/%s%s%s", p->os, p->arch, *p->variant ? "/" : "", p->variant);
}

char *platform_name(const struct json *j)
{
	const char *os = json_get_str(j, "os", ""), *arch = json_get_str(j, "architecture", "");
	const char *variant = json_get_str(j, "variant", "");

	if (!*os && !*arch)
		return NULL;
	return str_fmt("%s/%s%s%s", *os ? os : "?", *arch ? arch : "?", *variant ? "/" : "",
		       variant);
}
