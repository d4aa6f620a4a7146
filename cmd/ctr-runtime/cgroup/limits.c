/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.resources as files of cgroup v2: see limits.h; runtime-spec config-linux.md and the
 * kernel's admin-guide/cgroup-v2.
 *
 * A table names each member, its controller, its file and how its value is written. Members of
 * version 1 that have no equal are an error rather than ignored. The device list: devices_bpf.c.
 */
#include "cgroup/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "sys/cgroup2.h"

#define SHARES_DEFAULT 1024

struct limit {
	const char *path; /* below resources */
	const char *controller;
	const char *file;
	/* The text for the value; NULL: nothing to write. The caller frees. */
	char *(*text)(struct json *resources, struct json *value);
};

static char *plain(struct json *r, struct json *v)
{
	int64_t n = json_int(v);

	if (json_kind(v) == JSON_STRING)
		return *json_str(v) ? str_dup(json_str(v)) : NULL;
	return n < 0 ? str_dup("max") : str_fmt("%" PRId64, n);
}

/* Of memory 0 says that nothing is asked for, as other runtimes read it. */
static char *size(struct json *r, struct json *v)
{
	return json_int(v) ? plain(r, v) : NULL;
}

static char *number(struct json *r, struct json *v)
{
	return json_kind(v) == JSON_STRING ? plain(r, v) : str_fmt("%" PRId64, json_int(v));
}

/* v1 counts memory and swap together, v2 swap alone. */
static char *swap(struct json *r, struct json *v)
{
	int64_t both = json_int(v), memory = json_int(json_path(r, "memory.limit"));

	if (both < 0)
		return str_dup("max");
	return str_fmt("%" PRId64, both > memory ? both - memory : 0);
}

/* 2..262144 onto 1..10000, as other runtimes map it. */
static char *weight(struct json *r, struct json *v)
{
	int64_t shares = json_int(v);

	if (shares <= 0)
		return NULL;
	shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
	return str_fmt("%" PRId64, 1 + (shares - 2) * 9999 / 262142);
}

static char *quota(struct json *r, struct json *v)
{
	int64_t q = json_int(v), period = json_int(json_path(r, "cpu.period"));

	if (!period)
		period = 100000;
	return q > 0 ? str_fmt("%" PRId64 " %" PRId64, q, period) : str_fmt("max %" PRId64, period);
}

static char *period_alone(struct json *r, struct json *v)
{
	return json_path(r, "cpu.quota") ? NULL : str_fmt("max %" PRId64, json_int(v));
}

/* 10..1000 onto 1..10000 */
static char *io_weight(struct json *r, struct json *v)
{
	int64_t w = json_int(v);

	if (w <= 0)
		return NULL;
	w = w < 10 ? 10 : w > 1000 ? 1000 : w;
	return str_fmt("default %" PRId64, 1 + (w - 10) * 9999 / 990);
}

static const struct limit limits[] = {
	{"memory.limit", "memory", "memory.max", size},
	{"memory.swap", "memory", "memory.swap.max", swap},
	{"memory.reservation", "memory", "memory.low", size},
	{"cpu.shares", "cpu", "cpu.weight", weight},
	{"cpu.idle", "cpu", "cpu.idle", number},
	{"cpu.burst", "cpu", "cpu.max.burst", number},
	{"cpu.quota", "cpu", "cpu.max", quota},
	{"cpu.period", "cpu", "cpu.max", period_alone},
	{"cpu.cpus", "cpuset", "cpuset.cpus", plain},
	{"cpu.mems", "cpuset", "cpuset.mems", plain},
	{"pids.limit", "pids", "pids.max", plain},
	{"blockIO.weight", "io", "io.weight", io_weight},
};

/* Throttling by device: one line of io.max each. */
static const struct {
	const char *path, *key;
} throttles[] = {
	{"blockIO.throttleReadBpsDevice", "rbps"},
	{"blockIO.throttleWriteBpsDevice", "wbps"},
	{"blockIO.throttleReadIOPSDevice", "riops"},
	{"blockIO.throttleWriteIOPSDevice", "wiops"},
};

/* Only cgroup v1 has these. */
static const char *const refused[] = {
	"memory.kernelTCP",   "memory.swappiness", "memory.disableOOMKiller", "cpu.realtimeRuntime",
	"cpu.realtimePeriod", "network.classID",   "blockIO.leafWeight",
};

static bool counts(const struct limit *l, struct json *v)
{
	if (json_kind(v) == JSON_STRING)
		return *json_str(v) != '\0';
	if (json_kind(v) != JSON_INT)
		return false;
	/* what every cgroup has from the start, and engines always write: nothing to apply */
	if (str_eq(l->path, "cpu.shares") && json_int(v) == SHARES_DEFAULT)
		return false;
	if (str_eq(l->path, "pids.limit"))
		return json_int(v) >= 0;
	return json_int(v) > 0;
}

void limits_by_version(struct json *r, const char *version)
{
	struct json *pids = json_get(r, "pids");
	/* 1.10 is far away */
	bool old = version && strlen(version) > 2 && version[2] < '3';

	if (old && json_kind(json_get(pids, "limit")) == JSON_INT &&
	    !json_get_int(pids, "limit", 0))
		json_del(pids, "limit");
}

char *limits_first(struct json *r)
{
	static const char *const lists[] = {"hugepageLimits", "rdma", "unified"};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (counts(&limits[i], json_path(r, limits[i].path)))
			return str_dup(limits[i].path);
	for (size_t i = 0; i < ARRAY_LEN(throttles); i++)
		if (json_len(json_path(r, throttles[i].path)))
			return str_dup(throttles[i].path);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (json_len(json_get(r, lists[i])))
			return str_dup(lists[i]);
	return NULL;
}

static void need(struct strv *out, const char *controller)
{
	if (!strv_has(out, controller))
		strv_add(out, controller);
}

void limits_controllers(struct json *r, struct strv *out)
{
	static const char *const controllers[] = {"memory", "cpu",     "cpuset", "pids",
						  "io",	    "hugetlb", "rdma",	 "misc"};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct json *v = json_path(r, limits[i].path);
		_free_ char *text = v ? limits[i].text(r, v) : NULL;

		if (text && counts(&limits[i], v))
			need(out, limits[i].controller);
	}
	for (size_t i = 0; i < ARRAY_LEN(throttles); i++)
		if (json_len(json_path(r, throttles[i].path)))
			need(out, "io");
	if (json_len(json_get(r, "hugepageLimits")))
		need(out, "hugetlb");
	if (json_len(json_get(r, "rdma")))
		need(out, "rdma");
	json_foreach (m, json_get(r, "unified")) {
		_free_ char *name = str_ndup(m.key, strcspn(m.key, "."));

		/* of another name the write of the file will say that there is no such */
		for (size_t i = 0; i < ARRAY_LEN(controllers); i++)
			if (str_eq(name, controllers[i]))
				need(out, name);
	}
}

static int write_throttles(int dir, struct json *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(throttles); i++)
		json_each (dev, json_path(r, throttles[i].path)) {
			_free_ char *line = str_fmt(
				"%" PRId64 ":%" PRId64 " %s=%" PRIu64,
				json_get_int(dev.v, "major", 0), json_get_int(dev.v, "minor", 0),
				throttles[i].key, json_uint(json_get(dev.v, "rate")));

			if (cgroup2_write(dir, "io.max", line, e) < 0)
				return err_prefix(e, ".linux.resources.%s", throttles[i].path);
		}
	return 0;
}

static int write_lists(int dir, struct json *r, struct err *e)
{
	json_each (huge, json_get(r, "hugepageLimits")) {
		_free_ char *file = str_fmt("hugetlb.%s.max", json_get_str(huge.v, "pageSize", ""));
		_free_ char *text = str_fmt("%" PRIu64, json_uint(json_get(huge.v, "limit")));

		if (strchr(file, '/') || cgroup2_write(dir, file, text, e) < 0)
			return err_prefix(e, ".linux.resources.hugepageLimits");
	}
	json_foreach (dev, json_get(r, "rdma")) {
		_buf_ struct buf line = {0};

		buf_str(&line, dev.key);
		if (json_has(dev.val, "hcaHandles"))
			buf_fmt(&line, " hca_handle=%" PRId64,
				json_get_int(dev.val, "hcaHandles", 0));
		if (json_has(dev.val, "hcaObjects"))
			buf_fmt(&line, " hca_object=%" PRId64,
				json_get_int(dev.val, "hcaObjects", 0));
		if (cgroup2_write(dir, "rdma.max", line.data, e) < 0)
			return err_prefix(e, ".linux.resources.rdma");
	}
	return 0;
}

static int each_unified(struct json *r, limit_fn *fn, void *arg, struct err *e)
{
	json_foreach (m, json_get(r, "unified")) {
		const char *text = json_str(m.val);

		if (!text || strchr(m.key, '/') || !strchr(m.key, '.'))
			return err_set(e, ERR_INPUT, 0, NULL,
				       ".linux.resources.unified: \"%s\" is no file of a cgroup",
				       m.key);
		if (fn(arg, ".linux.resources.unified", m.key, text, true, e) < 0)
			return -1;
	}
	return 0;
}

int limits_each(struct json *r, limit_fn *fn, void *arg, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct json *v = json_path(r, limits[i].path);
		_free_ char *text = v ? limits[i].text(r, v) : NULL;
		_free_ char *path = str_fmt(".linux.resources.%s", limits[i].path);

		if (text && fn(arg, path, limits[i].file, text, counts(&limits[i], v), e) < 0)
			return -1;
	}
	return each_unified(r, fn, arg, e);
}

struct target {
	int dir;
	const char *path;
};

/* What is so anyhow needs no file. */
static int write_limit(void *arg, const char *path, const char *file, const char *text, bool needed,
		       struct err *e)
{
	const struct target *t = arg;

	if (!needed && faccessat(t->dir, file, F_OK, 0) < 0)
		return 0;
	if (cgroup2_write(t->dir, file, text, e) < 0)
		return err_prefix(e, "%s (%s)", path, t->path);
	return 0;
}

int limits_apply(int dir, const char *path, struct json *r, struct err *e)
{
	struct target t = {dir, path};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct json *v = json_path(r, refused[i]);

		if (json_int(v) > 0 || json_bool(v))
			return err_set(e, ERR_UNSUPPORTED, 0, NULL,
				       ".linux.resources.%s: cgroup v2 does not have it",
				       refused[i]);
	}
	if (limits_each(r, write_limit, &t, e) < 0 || write_throttles(dir, r, e) < 0)
		return -1;
	return write_lists(dir, r, e);
}
