/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux part: namespaces, sysctls, resources, masked and read-only paths, the mount label.
 *
 * The user namespace is not made here: the engine runs inside it already. A sysctl is accepted only
 * where the namespace that it belongs to is the container's own, since it would change the host or
 * another container otherwise.
 */
#include <fnmatch.h>
#include <stdio.h>

#include "gen.h"
#include "oci/imgstr.h"

static const char *const masked[] = {
	"/proc/acpi",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/dev/block",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	"/sys/fs/selinux",
	NULL,
};

static const char *const read_only[] = {
	"/proc/asound", "/proc/bus",	       "/proc/fs", "/proc/irq",
	"/proc/sys",	"/proc/sysrq-trigger", NULL,
};

static void add_namespace(struct json *list, const char *type, const char *path)
{
	struct json *ns = json_new_object();

	json_set(ns, "type", json_new_str(type));
	if (path && *path)
		json_set(ns, "path", json_new_str(path));
	json_add(list, ns);
}

static int gen_namespaces(struct gen *g, struct err *e)
{
	static const char *const own[] = {"pid", "ipc", "uts", "mount", "cgroup"};
	struct json *list = json_need_arr(g->linux_, "namespaces");
	_free_ char *path = NULL;
	const char *given = json_get_str(g->network.val, "namespace", "");

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		add_namespace(list, own[i], NULL);
	if (g->host_net)
		return 0;
	if (*given && gen_path(&g->network, "namespace", CUR_NEED, &path, e) < 0)
		return -1;
	add_namespace(list, "network", path);
	return 0;
}

/* NULL where the sysctl may be set, otherwise why not. */
static const char *sysctl_problem(const struct gen *g, const char *key)
{
	static const char *const ipc[] = {
		"kernel.msgmax", "kernel.msgmnb",	   "kernel.msgmni",
		"kernel.sem",	 "kernel.shmall",	   "kernel.shmmax",
		"kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname"};
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-./";

	if (!str_only(key, set) || strstr(key, "..") || *key == '.' || *key == '/')
		return "is no name of a sysctl";
	if (str_after(key, "net.") || str_after(key, "net/"))
		return g->new_netns ? NULL : "belongs to a network namespace that is not its own";
	if (str_after(key, "fs.mqueue."))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(ipc); i++)
		if (str_eq(key, ipc[i]))
			return NULL;
	return "belongs to no namespace: it would change the host";
}

static int gen_sysctls(struct gen *g, struct err *e)
{
	struct json *out = json_new_object();
	struct cur in;

	json_set(g->linux_, "sysctl", out);
	if (g->new_netns)
		json_set(out, "net.ipv4.ping_group_range", json_new_str("0 0"));
	if (cur_obj(&g->request, "sysctls", CUR_OPTIONAL, &in, e) < 0)
		return -1;
	json_foreach (m, in.val) {
		struct cur item = cur_key(&in, m.key);
		const char *problem = sysctl_problem(g, m.key), *value;

		if (cur_self_str(&item, &value, e) < 0)
			return -1;
		if (problem)
			return cur_bad(&in, e, "\"%.100s\" %s", m.key, problem);
		if (!imgstr_printable(value))
			return cur_bad(&in, e, "the value of \"%.100s\" has a control character",
				       m.key);
		json_set(out, m.key, json_new_str(value));
	}
	return 0;
}

/* {allow, type, major, minor, access}; a type of NULL: all devices. */
static void add_rule(struct json *rules, const char *type, int64_t major, int64_t minor,
		     const char *access)
{
	struct json *rule = json_new_object();

	json_set(rule, "allow", json_new_bool(type != NULL));
	if (type) {
		json_set(rule, "type", json_new_str(type));
		json_set(rule, "major", json_new_int(major));
		json_set(rule, "minor", json_new_int(minor));
	}
	json_set(rule, "access", json_new_str(access));
	json_add(rules, rule);
}

/*
 * In a user namespace nobody opens a device but by a mount without nodev. For containers of real
 * root all are refused but those that a runtime allows by itself and those that were asked for.
 */
static int gen_device_rules(struct gen *g, struct json *resources, struct err *e)
{
	struct cur list;
	struct json *rules;

	if (!g->device_control || g->privileged)
		return 0;
	if (cur_arr(&g->root, "devices", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	rules = json_need_arr(resources, "devices");
	add_rule(rules, NULL, 0, 0, "rwm");
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur d = cur_at(&list, i), t = cur_key(&d, "type");
		const char *type = NULL, *access = NULL;
		int64_t major = 0, minor = 0;

		if (cur_str(&d, "type", CUR_NEED, &type, e) < 0 ||
		    cur_int(&d, "major", CUR_NEED, 0, UINT32_MAX, &major, e) < 0 ||
		    cur_int(&d, "minor", CUR_NEED, 0, UINT32_MAX, &minor, e) < 0 ||
		    cur_str(&d, "permissions", CUR_NEED, &access, e) < 0)
			return -1;
		if (!str_eq(type, "c") && !str_eq(type, "b"))
			return cur_bad(&t, e, "\"%.20s\" is not c or b", type);
		if (!str_only(access, "rwm"))
			return cur_bad(&d, e, "\"%.20s\" is not of r, w, m", access);
		add_rule(rules, type, major, minor, access);
	}
	return 0;
}

struct limit {
	const char *key, *group, *member;
	int64_t min;
};

static int gen_resources(struct gen *g, struct err *e)
{
	static const struct limit limits[] = {
		{"pidsLimit", "pids", "limit", -1},
		{"memory", "memory", "limit", -1},
		{"memorySwap", "memory", "swap", -1},
		{"memoryReservation", "memory", "reservation", -1},
		{"cpuQuota", "cpu", "quota", -1},
		{"cpuPeriod", "cpu", "period", 0},
		{"cpuShares", "cpu", "shares", 0},
	};
	static const char *const lists[][2] = {{"cpusetCpus", "cpus"}, {"cpusetMems", "mems"}};
	struct json *out = json_new_object();
	struct cur in;

	json_set(g->linux_, "resources", out);
	if (cur_obj(&g->request, "resources", CUR_OPTIONAL, &in, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const struct limit *l = &limits[i];
		int64_t v = 0;

		if (cur_int(&in, l->key, CUR_OPTIONAL, l->min, INT64_MAX, &v, e) < 0)
			return -1;
		if (v)
			json_set(json_need_obj(out, l->group), l->member, json_new_int(v));
	}
	if (gen_device_rules(g, out, e) < 0)
		return -1;
	if (g->pids_limit && !json_has(in.val, "pidsLimit"))
		json_set(json_need_obj(out, "pids"), "limit", json_new_int(g->pids_limit));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct cur c = cur_key(&in, lists[i][0]);
		const char *s = NULL;

		if (cur_str(&in, lists[i][0], CUR_OPTIONAL, &s, e) < 0)
			return -1;
		if (s && *s && !str_only(s, "0123456789,-"))
			return cur_bad(&c, e, "\"%.60s\" is no list of numbers", s);
		if (s && *s)
			json_set(json_need_obj(out, "cpu"), lists[i][1], json_new_str(s));
	}
	return 0;
}

static bool unmasked(const struct strv *patterns, const char *path)
{
	strv_foreach (p, patterns) {
		if (strcasecmp(p, "ALL") == 0 || fnmatch(p, path, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

static struct json *filtered(const char *const *paths, const struct strv *unmask)
{
	struct json *a = json_new_array();

	for (; *paths; paths++)
		if (!unmasked(unmask, *paths))
			json_add(a, json_new_str(*paths));
	return a;
}

/* The thermal counters of each processor tell how loaded the host is. */
static void mask_cpus(const struct gen *g, struct json *out, const struct strv *unmask)
{
	for (int64_t i = 0; i < g->host_cpus; i++) {
		char path[80];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/thermal_throttle",
			 (int)i);
		if (!unmasked(unmask, path))
			json_add(out, json_new_str(path));
	}
}

static int gen_masks(struct gen *g, struct err *e)
{
	_strv_ struct strv mask = {0}, unmask = {0};
	struct json *out;

	if (cur_strv(&g->security, "mask", CUR_OPTIONAL, &mask, e) < 0 ||
	    cur_strv(&g->security, "unmask", CUR_OPTIONAL, &unmask, e) < 0)
		return -1;
	if (g->privileged)
		strv_add(&unmask, "ALL");
	out = filtered(masked, &unmask);
	json_set(g->linux_, "maskedPaths", out);
	json_set(g->linux_, "readonlyPaths", filtered(read_only, &unmask));
	mask_cpus(g, out, &unmask);
	if (!g->new_netns && !unmasked(&unmask, "/sys/kernel"))
		json_add(out, json_new_str("/sys/kernel"));
	for (size_t i = 0; i < mask.n; i++) {
		_free_ char *clean = imgstr_path(mask.v[i]);

		if (!clean || str_eq(clean, "/"))
			return err_set(e, ERR_INPUT, 0, "json",
				       ".request.security.mask[%zu]: no path to mask", i);
		json_add(out, json_new_str(clean));
	}
	return 0;
}

int gen_linux(struct gen *g, struct err *e)
{
	const char *label = NULL;
	struct cur selinux;

	if (cur_obj(&g->root, "selinux", CUR_OPTIONAL, &selinux, e) < 0 ||
	    cur_str(&selinux, "mountLabel", CUR_OPTIONAL, &label, e) < 0)
		return -1;
	if (label && *label)
		json_set(g->linux_, "mountLabel", json_new_str(label));
	if (gen_namespaces(g, e) < 0 || gen_sysctls(g, e) < 0 || gen_resources(g, e) < 0)
		return -1;
	return gen_masks(g, e);
}
