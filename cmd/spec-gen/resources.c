/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resources and the cgroup that they are set on: the request's numbers under the names that the OCI
 * runtime specification has for them, and for containers of real root the devices that may be used.
 */
#include "gen.h"
#include "oci/imgstr.h"

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

/* The limits of single devices: {major, minor, KEY} in a list of blockIO. */
static int gen_device_limits(const struct cur *in, const char *key, const char *list,
			     const char *value, struct json *out, struct err *e)
{
	struct cur arr;

	if (cur_arr(in, key, CUR_OPTIONAL, &arr, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(arr.val); i++) {
		struct cur d = cur_at(&arr, i);
		int64_t major = 0, minor = 0, n = 0;
		struct json *item;

		if (cur_int(&d, "major", CUR_NEED, 0, UINT32_MAX, &major, e) < 0 ||
		    cur_int(&d, "minor", CUR_NEED, 0, UINT32_MAX, &minor, e) < 0 ||
		    cur_int(&d, value, CUR_NEED, 0, INT64_MAX, &n, e) < 0)
			return -1;
		item = json_new_object();
		json_set(item, "major", json_new_int(major));
		json_set(item, "minor", json_new_int(minor));
		json_set(item, value, json_new_int(n));
		json_add(json_need_arr(json_need_obj(out, "blockIO"), list), item);
	}
	return 0;
}

static int gen_block_io(const struct cur *in, struct json *out, struct err *e)
{
	static const char *const lists[][3] = {
		{"blkioWeightDevice", "weightDevice", "weight"},
		{"deviceReadBps", "throttleReadBpsDevice", "rate"},
		{"deviceWriteBps", "throttleWriteBpsDevice", "rate"},
		{"deviceReadIops", "throttleReadIOPSDevice", "rate"},
		{"deviceWriteIops", "throttleWriteIOPSDevice", "rate"},
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (gen_device_limits(in, lists[i][0], lists[i][1], lists[i][2], out, e) < 0)
			return -1;
	return 0;
}

/* Files of the cgroup by their names; the runtime says which it does not have. */
static int gen_unified(const struct gen *g, struct json *out, struct err *e)
{
	struct cur conf;

	if (cur_obj(&g->request, "cgroupConf", CUR_OPTIONAL, &conf, e) < 0)
		return -1;
	json_foreach (m, conf.val) {
		struct cur item = cur_key(&conf, m.key);
		const char *value;

		if (cur_self_str(&item, &value, e) < 0)
			return -1;
		if (!*m.key || strchr(m.key, '/') || !strchr(m.key, '.') || *m.key == '.')
			return cur_bad(&conf, e, "\"%.100s\" is no file of a cgroup", m.key);
		json_set(json_need_obj(out, "unified"), m.key, json_new_str(value));
	}
	return 0;
}

/* Below the asked one: a folder of its own, or in a slice of systemd's a scope. */
static int gen_cgroup_path(const struct gen *g, struct err *e)
{
	const char *parent = NULL, *id = json_get_str(g->container.val, "id", "");
	struct cur c = cur_key(&g->request, "cgroupParent");
	_free_ char *path = NULL;

	if (cur_str(&g->request, "cgroupParent", CUR_OPTIONAL, &parent, e) < 0)
		return -1;
	if (!parent)
		return 0;
	if (!imgstr_printable(parent) || strstr(parent, ".."))
		return cur_bad(&c, e, "\"%.100s\" is no cgroup", parent);
	path = str_ends(parent, ".slice") ? str_fmt("%s:rp:%s", parent, id)
					  : str_fmt("%s/rp-%s", parent, id);
	json_set(g->linux_, "cgroupsPath", json_new_str(path));
	return 0;
}

int gen_resources(struct gen *g, struct err *e)
{
	static const struct limit limits[] = {
		{"pidsLimit", "pids", "limit", -1},
		{"memory", "memory", "limit", -1},
		{"memorySwap", "memory", "swap", -1},
		{"memoryReservation", "memory", "reservation", -1},
		{"cpuQuota", "cpu", "quota", -1},
		{"cpuPeriod", "cpu", "period", 0},
		{"cpuShares", "cpu", "shares", 0},
		{"blkioWeight", "blockIO", "weight", 0},
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
	if (gen_block_io(&in, out, e) < 0 || gen_unified(g, out, e) < 0)
		return -1;
	return gen_cgroup_path(g, e);
}
