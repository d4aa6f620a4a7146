/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transient scopes of systemd: see scope.h.
 *
 * .linux.cgroupsPath is "SLICE:PREFIX:NAME"; the unit is PREFIX-NAME.scope in SLICE. The request is
 * a document for cgroup-scope(1), which speaks with systemd: this program is static and has no
 * bus library, and starts that one only where systemd is asked for. Limits go along as properties
 * of the unit, as systemd owns the files of the scope's own cgroup; what it has no property for is
 * written to the cgroup afterwards.
 */
#include "cgroup/scope.h"

#include <stdint.h>
#include <unistd.h>

#include "cgroup/limits.h"
#include "sys/spawn.h"

#define MAX_ANSWER 65536

bool scope_wanted(const struct global *g)
{
	return g->systemd_cgroup;
}

/* Beside this program as it was called or as it is installed, or in PATH. */
static char *find_helper(const struct global *g)
{
	const char *own = g->argv[0], *slash = strrchr(own, '/');
	char *path = slash ? str_fmt("%.*s/cgroup-scope", (int)(slash - own), own) : NULL;

	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	path = program_path("cgroup-scope");
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return program_in_path("cgroup-scope", X_OK);
}

/* The first line of what it said on standard error, without its name. */
static int cause(int fd, int status, const char *action, const char *unit, struct err *e)
{
	enum err_code code = status <= ERR_DENIED ? (enum err_code)status : ERR_FAILED;
	char text[512];
	const char *rest;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	rest = str_after(text, "cgroup-scope: ");
	if (!n)
		return err_set(e, code, 0, "cgroup-scope", "systemd did not %s the scope %s",
			       action, unit);
	return err_set(e, code, 0, "cgroup-scope", "%s", rest ? rest : text);
}

static int ask(const struct global *g, const char *action, const struct json *request,
	       struct json **answer, struct err *e)
{
	_free_ char *file = find_helper(g), *text = json_text(request, false);
	char *argv[] = {(char *)(uintptr_t) "cgroup-scope", (char *)(uintptr_t)action, NULL};
	struct spawn s = {.file = file, .argv = argv, .in = -1, .out = -1};
	_buf_ struct buf out = {0};
	_close_ int said = -1;
	int status, rc, fds[2];

	if (!file) {
		err_set(e, ERR_UNSUPPORTED, 0, NULL, "the program cgroup-scope is missing");
		return err_hint(e, "install it beside this one; --cgroup-manager=cgroupfs does "
				   "without");
	}
	if (fd_pipe(fds, e) < 0)
		return -1;
	said = fds[0];
	s.err = fds[1];
	rc = run_program(&s, text, strlen(text), &out, MAX_ANSWER, &status, e);
	close(fds[1]);
	if (rc < 0)
		return -1;
	if (status != 0)
		return cause(said, status, action, json_get_str(request, "unit", ""), e);
	return json_parse(out.data, out.len, "cgroup-scope", answer, e);
}

/* Characters that a unit's name cannot have become '_': systemd.unit(5). */
static char *unit_of(const char *prefix, const char *name)
{
	char *unit = *prefix ? str_fmt("%s-%s.scope", prefix, name) : str_fmt("%s.scope", name);

	for (char *p = unit; *p; p++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.",
			    *p))
			*p = '_';
	return unit;
}

static int name_unit(const struct config *cfg, const char *id, struct json *request, struct err *e)
{
	_strv_ struct strv parts = {0};
	_free_ char *unit = NULL;

	strv_split(&parts, cfg->cgroups_path ? cfg->cgroups_path : "", ':');
	if (cfg->cgroups_path && *cfg->cgroups_path && parts.n != 3)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.cgroupsPath: expected SLICE:PREFIX:NAME with "
			       "systemd cgroups");
	if (parts.n != 3) {
		unit = unit_of("ctr", id);
	} else {
		unit = unit_of(parts.v[1], parts.v[2]);
		if (*parts.v[0])
			json_set(request, "slice", json_new_str(parts.v[0]));
	}
	json_set(request, "unit", json_new_str(unit));
	return 0;
}

/* Files of a cgroup for which systemd has a property. */
static const struct {
	const char *file, *property;
} properties[] = {
	{"memory.max", "MemoryMax"},	{"memory.high", "MemoryHigh"},
	{"memory.low", "MemoryLow"},	{"memory.min", "MemoryMin"},
	{"pids.max", "TasksMax"},	{"memory.swap.max", "MemorySwapMax"},
	{"cpu.weight", "CPUWeight"},	{"io.weight", "IOWeight"},
	{"cpuset.cpus", "AllowedCPUs"}, {"cpuset.mems", "AllowedMemoryNodes"},
};

/* JSON has no number for "max". */
static struct json *amount(uint64_t n)
{
	return n == UINT64_MAX ? json_new_str("infinity") : json_new_uint(n);
}

static uint64_t number_of(const char *text)
{
	int64_t n;

	return str_to_int(text, 0, INT64_MAX, &n) == 0 ? (uint64_t)n : UINT64_MAX;
}

/* "QUOTA PERIOD": systemd counts time in a second. */
static void add_quota(struct json *p, const char *text)
{
	const char *blank = strchr(text, ' ');
	_free_ char *first = str_ndup(text, strcspn(text, " "));
	uint64_t quota = number_of(first), period = blank ? number_of(blank + 1) : 100000;

	if (!period || period == UINT64_MAX)
		period = 100000;
	json_set(p, "CPUQuotaPerSecUSec",
		 amount(quota == UINT64_MAX ? quota : quota * 1000000 / period));
	json_set(p, "CPUQuotaPeriodUSec", json_new_uint(period));
}

static int add_property(void *arg, const char *path, const char *file, const char *text,
			bool needed, struct err *e)
{
	struct json *p = arg;

	if (str_eq(file, "cpu.max")) {
		add_quota(p, text);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
		const char *name = properties[i].property, *rest = str_after(text, "default ");

		if (!str_eq(file, properties[i].file))
			continue;
		if (str_after(name, "Allowed"))
			json_set(p, name, json_new_str(text));
		else
			json_set(p, name, amount(number_of(rest ? rest : text)));
	}
	return 0;
}

static struct json *new_request(struct json *resources)
{
	struct json *request = json_new_object();

	json_set(request, "schema", json_new_str("rp.scope/1"));
	limits_each(resources, add_property, json_need_obj(request, "properties"), NULL);
	return request;
}

int scope_start(const struct global *g, const struct config *cfg, const char *id, pid_t pid,
		char **unit, char **cgroup, struct err *e)
{
	_json_ struct json *request = new_request(cfg->resources), *answer = NULL;

	json_set(request, "pid", json_new_int(pid));
	if (name_unit(cfg, id, request, e) < 0 || ask(g, "start", request, &answer, e) < 0)
		return -1;
	*unit = str_dup(json_get_str(request, "unit", ""));
	*cgroup = str_dup(json_get_str(answer, "cgroup", ""));
	return 0;
}

int scope_update(const struct global *g, const char *unit, struct json *resources, struct err *e)
{
	_json_ struct json *request = new_request(resources), *answer = NULL;

	json_set(request, "unit", json_new_str(unit));
	if (!json_len(json_get(request, "properties")))
		return 0;
	return ask(g, "set", request, &answer, e);
}

int scope_attach(const struct global *g, const char *unit, const char *below, pid_t pid,
		 struct err *e)
{
	_json_ struct json *request = new_request(NULL), *answer = NULL;

	json_set(request, "unit", json_new_str(unit));
	json_set(request, "pid", json_new_int(pid));
	json_set(request, "below", json_new_str(below));
	return ask(g, "attach", request, &answer, e);
}

int scope_stop(const struct global *g, const char *unit, struct err *e)
{
	_json_ struct json *request = new_request(NULL), *answer = NULL;

	json_set(request, "unit", json_new_str(unit));
	return ask(g, "stop", request, &answer, e);
}
