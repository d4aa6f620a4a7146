/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux part: namespaces, sysctls, masked and read-only paths, personality, the mount label.
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
	static const struct {
		const char *type, *member; /* of the request, that may say "host" */
	} own[] = {{"pid"}, {"ipc"}, {"uts", "uts"}, {"mount"}, {"cgroup", "cgroupns"}};
	struct json *list = json_need_arr(g->linux_, "namespaces");
	_free_ char *path = NULL;
	const char *given = json_get_str(g->network.val, "namespace", "");

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (!own[i].member ||
		    !str_eq(json_get_str(g->request.val, own[i].member, ""), "host"))
			add_namespace(list, own[i].type, NULL);
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

static int gen_personality(struct gen *g, struct err *e)
{
	const char *domain = NULL;
	struct json *p;

	if (cur_str(&g->request, "personality", CUR_OPTIONAL, &domain, e) < 0)
		return -1;
	if (!domain)
		return 0;
	p = json_new_object();
	json_set(p, "domain", json_new_str(domain));
	json_set(g->linux_, "personality", p);
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
	if (gen_namespaces(g, e) < 0 || gen_sysctls(g, e) < 0 || gen_resources(g, e) < 0 ||
	    gen_personality(g, e) < 0)
		return -1;
	return gen_masks(g, e);
}
