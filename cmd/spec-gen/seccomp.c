/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp profile: the built-in one, the user's, or none.
 *
 * A profile of the user comes in two forms that share most keys. The OCI form is what a runtime
 * takes. The other, which Docker and Podman document, has "archMap" in place of "architectures" and
 * rules with "includes" and "excludes" by capability, architecture and kernel; it is flattened
 * here: a rule whose conditions do not hold is left out, the conditions of the others are removed.
 */
#include <stdio.h>
#include <sys/utsname.h>

#include "gen.h"
#include "ctr/seccomp_default.h"

#if defined(__x86_64__)
#define OWN_ARCH    "amd64"
#define OWN_SECCOMP "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define OWN_ARCH    "arm64"
#define OWN_SECCOMP "SCMP_ARCH_AARCH64"
#elif defined(__riscv)
#define OWN_ARCH    "riscv64"
#define OWN_SECCOMP "SCMP_ARCH_RISCV64"
#else
#define OWN_ARCH    ""
#define OWN_SECCOMP ""
#endif

/* "5.11" against the running kernel. */
static bool kernel_at_least(const char *version)
{
	struct utsname u;
	int want[2] = {0, 0}, have[2] = {0, 0};

	if (uname(&u) < 0)
		return true;
	sscanf(version, "%d.%d", &want[0], &want[1]);
	sscanf(u.release, "%d.%d", &have[0], &have[1]);
	return have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1];
}

/* The lists of conditions; a missing one says nothing. */
struct filter {
	struct strv caps, arches;
	const char *kernel;
};

static void filter_release(struct filter *f)
{
	strv_release(&f->caps);
	strv_release(&f->arches);
}

static int filter_read(const struct cur *rule, const char *key, struct filter *f, struct err *e)
{
	struct cur c;

	if (cur_obj(rule, key, CUR_OPTIONAL, &c, e) < 0 ||
	    cur_strv(&c, "caps", CUR_OPTIONAL, &f->caps, e) < 0 ||
	    cur_strv(&c, "arches", CUR_OPTIONAL, &f->arches, e) < 0)
		return -1;
	return cur_str(&c, "minKernel", CUR_OPTIONAL, &f->kernel, e);
}

/* 1 the rule applies, 0 it does not, -1 it is malformed. */
static int rule_applies(const struct cur *rule, const struct strv *caps, struct err *e)
{
	_clean_(filter_release) struct filter in = {{0}}, ex = {{0}};

	if (filter_read(rule, "includes", &in, e) < 0 || filter_read(rule, "excludes", &ex, e) < 0)
		return -1;
	strv_foreach (c, &in.caps) {
		if (!strv_has(caps, c))
			return 0;
	}
	strv_foreach (c, &ex.caps) {
		if (strv_has(caps, c))
			return 0;
	}
	if ((in.arches.n && !strv_has(&in.arches, OWN_ARCH)) || strv_has(&ex.arches, OWN_ARCH))
		return 0;
	if (in.kernel && !kernel_at_least(in.kernel))
		return 0;
	return !(ex.kernel && kernel_at_least(ex.kernel));
}

static int copy_args(const struct cur *rule, struct json *out, struct err *e)
{
	struct cur args;
	struct json *list = json_new_array();

	json_set(out, "args", list);
	if (cur_arr(rule, "args", CUR_OPTIONAL, &args, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(args.val); i++) {
		struct cur a = cur_at(&args, i), value = cur_key(&a, "value");
		struct json *item = json_new_object();
		int64_t index = 0;
		const char *op = NULL;

		json_add(list, item);
		if (cur_int(&a, "index", CUR_NEED, 0, 5, &index, e) < 0 ||
		    cur_str(&a, "op", CUR_NEED, &op, e) < 0)
			return -1;
		if (json_kind(value.val) != JSON_INT)
			return cur_bad(&value, e, "expected number");
		json_set(item, "index", json_new_int(index));
		json_set(item, "value", json_ref(value.val));
		if (json_kind(json_get(a.val, "valueTwo")) == JSON_INT)
			json_set(item, "valueTwo", json_ref(json_get(a.val, "valueTwo")));
		json_set(item, "op", json_new_str(op));
	}
	if (!json_len(list))
		json_del(out, "args");
	return 0;
}

static int copy_rule(const struct cur *rule, struct json *list, struct err *e)
{
	_json_ struct json *out = json_new_object();
	_strv_ struct strv names = {0};
	const char *action = NULL, *name = NULL;
	int64_t errno_ret = -1;

	if (cur_strv(rule, "names", CUR_OPTIONAL, &names, e) < 0 ||
	    cur_str(rule, "name", CUR_OPTIONAL, &name, e) < 0 ||
	    cur_str(rule, "action", CUR_NEED, &action, e) < 0 ||
	    cur_int(rule, "errnoRet", CUR_OPTIONAL, 0, 4095, &errno_ret, e) < 0)
		return -1;
	if (name && *name)
		strv_add(&names, name);
	if (!names.n)
		return cur_bad(rule, e, "names no system call");
	json_set(out, "names", json_new_strv(&names));
	json_set(out, "action", json_new_str(action));
	if (errno_ret >= 0)
		json_set(out, "errnoRet", json_new_int(errno_ret));
	if (copy_args(rule, out, e) < 0)
		return -1;
	json_add(list, json_ref(out));
	return 0;
}

/* The architectures of the map's entry for this machine, itself first. */
static int map_arches(const struct cur *map, struct json *out, struct err *e)
{
	for (size_t i = 0; i < json_len(map->val); i++) {
		struct cur entry = cur_at(map, i);
		_strv_ struct strv sub = {0};
		const char *arch = NULL;

		if (cur_str(&entry, "architecture", CUR_NEED, &arch, e) < 0 ||
		    cur_strv(&entry, "subArchitectures", CUR_OPTIONAL, &sub, e) < 0)
			return -1;
		if (!str_eq(arch, OWN_SECCOMP))
			continue;
		json_add(out, json_new_str(arch));
		strv_foreach (s, &sub)
			json_add(out, json_new_str(s));
		return 0;
	}
	return 0;
}

static int copy_arches(const struct cur *profile, struct json *out, struct err *e)
{
	_strv_ struct strv own = {0};
	struct cur map;

	if (cur_strv(profile, "architectures", CUR_OPTIONAL, &own, e) < 0 ||
	    cur_arr(profile, "archMap", CUR_OPTIONAL, &map, e) < 0)
		return -1;
	if (own.n && json_len(map.val))
		return cur_bad(profile, e, "both architectures and archMap");
	if (own.n)
		json_set(out, "architectures", json_new_strv(&own));
	else if (json_len(map.val))
		return map_arches(&map, json_need_arr(out, "architectures"), e);
	return 0;
}

static int copy_head(const struct cur *profile, struct json *out, struct err *e)
{
	static const char *const texts[] = {"listenerPath", "listenerMetadata"};
	_strv_ struct strv flags = {0};
	const char *action = NULL;
	int64_t errno_ret = -1;

	if (cur_str(profile, "defaultAction", CUR_NEED, &action, e) < 0 ||
	    cur_int(profile, "defaultErrnoRet", CUR_OPTIONAL, 0, 4095, &errno_ret, e) < 0 ||
	    cur_strv(profile, "flags", CUR_OPTIONAL, &flags, e) < 0)
		return -1;
	json_set(out, "defaultAction", json_new_str(action));
	if (errno_ret >= 0)
		json_set(out, "defaultErrnoRet", json_new_int(errno_ret));
	if (copy_arches(profile, out, e) < 0)
		return -1;
	if (flags.n)
		json_set(out, "flags", json_new_strv(&flags));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *s = NULL;

		if (cur_str(profile, texts[i], CUR_OPTIONAL, &s, e) < 0)
			return -1;
		if (s)
			json_set(out, texts[i], json_new_str(s));
	}
	return 0;
}

int seccomp_flatten(const struct cur *profile, const struct strv *caps, struct json **out,
		    struct err *e)
{
	_json_ struct json *o = json_new_object();
	struct cur calls;
	struct json *list;

	if (copy_head(profile, o, e) < 0 ||
	    cur_arr(profile, "syscalls", CUR_OPTIONAL, &calls, e) < 0)
		return -1;
	list = json_need_arr(o, "syscalls");
	for (size_t i = 0; i < json_len(calls.val); i++) {
		struct cur rule = cur_at(&calls, i);
		int r = rule_applies(&rule, caps, e);

		if (r < 0 || (r && copy_rule(&rule, list, e) < 0))
			return -1;
	}
	if (!json_len(list))
		json_del(o, "syscalls");
	*out = take_ptr(o);
	return 0;
}

int gen_seccomp(struct gen *g, struct err *e)
{
	const char *path = NULL;
	struct cur profile;
	struct json *out = NULL;

	if (cur_str(&g->security, "seccomp", CUR_OPTIONAL, &path, e) < 0 ||
	    cur_obj(&g->security, "seccompProfile", CUR_OPTIONAL, &profile, e) < 0)
		return -1;
	if (str_eq(path, "unconfined"))
		return 0;
	if (profile.val) {
		if (seccomp_flatten(&profile, &g->caps, &out, e) < 0)
			return -1;
	} else if (path && *path) {
		return cur_bad(&profile, e,
			       "is missing, and .request.security.seccomp names %.200s", path);
	} else if (g->privileged) {
		return 0;
	} else {
		_free_ char *text = seccomp_default_text(&g->caps, NULL);

		return json_set_text(g->linux_, "seccomp", text, e);
	}
	json_set(g->linux_, "seccomp", out);
	return 0;
}
