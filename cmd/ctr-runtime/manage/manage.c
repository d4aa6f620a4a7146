/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pause", "resume", "update", "list", "ps", "checkpoint", "restore": containers that exist. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cgroup/devices_bpf.h"
#include "cgroup/limits.h"
#include "cgroup/scope.h"
#include "config/config.h"
#include "manage/state.h"
#include "runtime.h"
#include "sys/cgroup2.h"
#include "sys/userns.h"

static int open_cgroup(const struct state *s, const char *why, struct err *e)
{
	int dir;

	if (!*s->cgroup) {
		err_set(e, ERR_UNSUPPORTED, 0, NULL,
			"cannot %s container %s: it has no cgroup of its own", why, s->id);
		return err_hint(e, "cgroup v2 must be delegated to this user");
	}
	dir = cgroup2_open(s->cgroup, e);
	return dir;
}

static int freeze(struct global *g, const char *id, bool on, struct err *e)
{
	_state_ struct state s = STATE_NONE;
	const char *want = on ? "running" : "paused", *status;
	_close_ int dir = -1;

	if (state_root(g, e) < 0 || state_load(g, id, true, &s, e) < 0)
		return -1;
	dir = open_cgroup(&s, on ? "pause" : "resume", e);
	if (dir < 0)
		return -1;
	status = state_status(&s);
	if (!str_eq(status, want) && !(on && str_eq(status, "created")))
		return err_set(e, ERR_EXISTS, 0, NULL, "container %s is %s, not %s", id, status,
			       want);
	return cgroup2_freeze(dir, on, e);
}

static int run_pause(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return freeze(g, argv[0], true, e);
}

static int run_resume(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return freeze(g, argv[0], false, e);
}
const struct command cmd_pause = {
	"pause", "ID",	    "freeze all processes of a container", NULL, 0, 1, 1, false,
	false,	 run_pause,
};
const struct command cmd_resume = {
	"resume", "ID", "thaw a paused container", NULL, 0, 1, 1, false, false, run_resume,
};

/* Each flag puts its number into a document like that of --resources. */
struct update_data {
	const char *resources;
	struct json *doc;
};

/* A member of linux.resources that an option sets. */
struct update_member {
	const char *group, *key;
};

static struct json *group_of(const struct update_member *m, struct update_data *d)
{
	if (!d->doc)
		d->doc = json_new_object();
	return json_need_obj(d->doc, m->group);
}

static int set_number(const struct opt *row, void *data, const char *value, struct err *e)
{
	const struct update_member *m = row->context;
	int64_t n;

	if (str_to_size(value, &n) < 0 && str_to_int(value, -1, INT64_MAX, &n) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a number", value);
	json_set(group_of(m, data), m->key, json_new_int(n));
	return 0;
}

static int set_text(const struct opt *row, void *data, const char *value, struct err *e)
{
	const struct update_member *m = row->context;

	json_set(group_of(m, data), m->key, json_new_str(value));
	return 0;
}

static int read_resources(struct update_data *d, struct err *e)
{
	if (!d->resources)
		return 0;
	if (d->doc)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--resources and single limits exclude each "
			       "other");
	if (str_eq(d->resources, "-"))
		return json_read(STDIN_FILENO, CONFIG_MAX_SIZE, "standard input", &d->doc, e);
	return json_read_file(AT_FDCWD, d->resources, CONFIG_MAX_SIZE, &d->doc, e);
}

/*
 * Without real root on cgroup v2 there was nothing to enforce, and nothing can be changed; a list
 * that is the container's own is no change, and taken out.
 */
static int check_devices(const struct state *s, struct json *doc, struct err *e)
{
	struct json *list = json_get(doc, "devices");

	if (!json_len(list) || (userns_real_root() && cgroup2_layout() == CGROUP_UNIFIED))
		return 0;
	if (!json_equal(list, json_path(s->config, "linux.resources.devices")))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "devices: what devices container %s may use can only be changed by "
			       "root of the host, on cgroup v2",
			       s->id);
	json_del(doc, "devices");
	return 0;
}

static int run_update(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	struct update_data *d = opts;
	_state_ struct state s = STATE_NONE;
	_strv_ struct strv controllers = {0};
	_buf_ struct buf words = {0};
	_free_ char *limit = NULL;
	_close_ int dir = -1;

	if (read_resources(d, e) < 0)
		return -1;
	if (!d->doc)
		return err_set(e, ERR_USAGE, 0, NULL, "nothing to update");
	if (state_root(g, e) < 0 || state_load(g, argv[0], true, &s, e) < 0 ||
	    check_devices(&s, d->doc, e) < 0)
		return -1;
	limits_by_version(d->doc, s.version);
	/* engines send the whole of .linux.resources, also where nothing of it is a limit */
	limit = limits_first(d->doc);
	if (!limit && !*s.cgroup && d->resources)
		return 0;
	limits_controllers(d->doc, &controllers);
	strv_foreach (c, &controllers)
		buf_fmt(&words, "%s%s", words.len ? " " : "", c);
	dir = open_cgroup(&s, "update", e);
	if (dir < 0)
		return words.len ? err_prefix(e, "no %s controller", words.data) : -1;
	if (json_len(json_get(d->doc, "devices")) && devices_replace(dir, d->doc, e) < 0)
		return -1;
	if (*s.cgroup_scope)
		return scope_update(g, s.cgroup_scope, d->doc, e) < 0
			       ? -1
			       : limits_apply(dir, s.cgroup, d->doc, e);
	if (words.len && cgroup2_enable(s.cgroup, words.data, e) < 0)
		return -1;
	return limits_apply(dir, s.cgroup, d->doc, e);
}

#define MEMBER(name, arg, help, set, group, key)                                    \
	{                                                                           \
		name, 0, OPT_CALL, 0, arg, help, set, &(const struct update_member) \
		{                                                                   \
			group, key                                                  \
		}                                                                   \
	}

static const struct opt update_table[] = {
	{"resources", 'r', OPT_STR, offsetof(struct update_data, resources), "FILE",
	 "a linux.resources document, - for standard input"},
	MEMBER("memory", "BYTES", "memory limit", set_number, "memory", "limit"),
	MEMBER("memory-swap", "BYTES", "memory and swap together", set_number, "memory", "swap"),
	MEMBER("memory-reservation", "BYTES", "memory kept free", set_number, "memory",
	       "reservation"),
	MEMBER("cpu-share", "N", "relative share of time, 2 to 262144", set_number, "cpu",
	       "shares"),
	MEMBER("cpu-shares", "N", "the same", set_number, "cpu", "shares"),
	MEMBER("cpu-quota", "USEC", "time in each period", set_number, "cpu", "quota"),
	MEMBER("cpu-period", "USEC", "length of a period", set_number, "cpu", "period"),
	MEMBER("cpu-burst", "USEC", "time that may be saved up", set_number, "cpu", "burst"),
	MEMBER("cpu-idle", "N", "1: only when nothing else runs", set_number, "cpu", "idle"),
	MEMBER("cpuset-cpus", "LIST", "CPUs", set_text, "cpu", "cpus"),
	MEMBER("cpuset-mems", "LIST", "memory nodes", set_text, "cpu", "mems"),
	MEMBER("pids-limit", "N", "number of processes, -1: any", set_number, "pids", "limit"),
	MEMBER("blkio-weight", "N", "relative share of I/O, 10 to 1000", set_number, "blockIO",
	       "weight"),
	{0},
};
const struct command cmd_update = {
	"update",
	"ID",
	"change the limits of a container",
	update_table,
	sizeof(struct update_data),
	1,
	1,
	false,
	false,
	run_update,
};

static struct json *list_entry(const struct state *s)
{
	struct oci_state d = state_describe(s, state_status(s));

	d.has_pid = true; /* as other runtimes print it, 0 as well */
	d.rootfs = s->rootfs;
	d.created = s->created;
	d.owner = "";
	return oci_state(&d);
}

struct format_options {
	const char *format;
	bool quiet;
};

static int print(const char *text, struct err *e)
{
	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		return err_sys(e, "write", "cannot write to standard output");
	return 0;
}

static int run_list(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct format_options *o = opts;
	_strv_ struct strv ids = {0};
	_json_ struct json *all = json_new_array();
	_buf_ struct buf b = {0};
	_free_ char *text = NULL;

	if (state_root(g, e) < 0 || state_list(g, &ids, e) < 0)
		return -1;
	if (!o->quiet)
		buf_fmt(&b, "%-20s %-9s %-8s %-35s %s\n", "NAME", "PID", "STATUS", "CREATED",
			"BUNDLE PATH");
	strv_foreach (id, &ids) {
		_state_ struct state s = STATE_NONE;
		struct json *j;

		if (state_load(g, id, false, &s, NULL) < 0)
			continue; /* being made or removed at this moment */
		j = list_entry(&s);
		json_add(all, j);
		if (o->quiet)
			buf_fmt(&b, "%s\n", id);
		else
			buf_fmt(&b, "%-20s %-9" PRId64 " %-8s %-35s %s\n", id,
				json_get_int(j, "pid", 0), json_get_str(j, "status", ""), s.created,
				s.bundle);
	}
	if (str_eq(o->format, "json")) {
		text = json_text(all, true);
		return print(text, e);
	}
	if (b.len)
		b.data[b.len - 1] = '\0';
	return b.len ? print(b.data, e) : 0;
}
static const struct opt list_table[] = {
	{"quiet", 'q', OPT_FLAG, offsetof(struct format_options, quiet), NULL, "ids only"},
	{"format", 'f', OPT_STR, offsetof(struct format_options, format), "FORMAT", "table or json",
	 .values = "table json"},
	{0},
};
const struct command cmd_list = {
	"list", "",    "list containers", list_table, sizeof(struct format_options), 0, 0,
	false,	false, run_list,
};

/* Every process whose pid namespace is the container's, where there is no cgroup to ask. */
static int pids_by_namespace(const struct state *s, pid_t **pids, size_t *n, struct err *e)
{
	_closedir_ DIR *d = opendir("/proc");
	const struct dirent *ent;
	char path[300];
	struct stat want, have;
	int64_t pid;

	*pids = NULL;
	*n = 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)s->proc.pid);
	if (!d || stat(path, &want) < 0)
		return err_sys(e, "stat", "cannot look at the container's processes");
	while ((ent = readdir(d))) {
		if (str_to_int(ent->d_name, 1, INT32_MAX, &pid) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/pid", ent->d_name);
		if (stat(path, &have) < 0 || have.st_ino != want.st_ino)
			continue;
		*pids = mem_resize(*pids, *n + 1, sizeof(pid_t));
		(*pids)[(*n)++] = (pid_t)pid;
	}
	return 0;
}

static int run_ps(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct format_options *o = opts;
	_state_ struct state s = STATE_NONE;
	_json_ struct json *all = json_new_array();
	_free_ pid_t *pids = NULL;
	_free_ char *text = NULL;
	_close_ int dir = -1;
	size_t n = 0;

	if (state_root(g, e) < 0 || state_load(g, argv[0], false, &s, e) < 0)
		return -1;
	dir = *s.cgroup ? cgroup2_open(s.cgroup, NULL) : -1;
	if (str_eq(state_status(&s), "stopped"))
		n = 0;
	else if ((dir >= 0 ? cgroup2_pids(dir, &pids, &n, e)
			   : pids_by_namespace(&s, &pids, &n, e)) < 0)
		return -1;
	if (!str_eq(o->format, "json")) {
		printf("PID\n");
		for (size_t i = 0; i < n; i++)
			printf("%d\n", (int)pids[i]);
		return fflush(stdout) == 0 ? 0 : err_sys(e, "write", "cannot write");
	}
	for (size_t i = 0; i < n; i++)
		json_add(all, json_new_int(pids[i]));
	text = json_text(all, false);
	return print(text, e);
}
static const struct opt ps_table[] = {
	{"format", 'f', OPT_STR, offsetof(struct format_options, format), "FORMAT", "table or json",
	 .values = "table json"},
	{0},
};
const struct command cmd_ps = {
	"ps",
	"ID",
	"list the processes of a container",
	ps_table,
	sizeof(struct format_options),
	1,
	1,
	false,
	false,
	run_ps,
};

static int refuse(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, 0, NULL,
		       "checkpoint and restore are unsupported here: this runtime has no CRIU");
}

static int any(const struct opt *row, void *data, const char *value, struct err *e)
{
	return 0;
}

/* The options of other runtimes are read, so that the answer is about the command. */
static const struct opt criu_table[] = {
	{"image-path", 0, OPT_CALL, 0, "DIR", "not used", any},
	{"work-path", 0, OPT_CALL, 0, "DIR", "not used", any},
	{"parent-path", 0, OPT_CALL, 0, "DIR", "not used", any},
	{"leave-running", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"tcp-established", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"tcp-close", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"ext-unix-sk", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"shell-job", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"file-locks", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"pre-dump", 0, OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"detach", 'd', OPT_CALL_FLAG, 0, NULL, "not used", any},
	{"bundle", 'b', OPT_CALL, 0, "DIR", "not used", any},
	{"console-socket", 0, OPT_CALL, 0, "SOCKET", "not used", any},
	{"pid-file", 0, OPT_CALL, 0, "FILE", "not used", any},
	{"lsm-profile", 0, OPT_CALL, 0, "PROFILE", "not used", any},
	{"lsm-mount-context", 0, OPT_CALL, 0, "CONTEXT", "not used", any},
	{0},
};
const struct command cmd_checkpoint = {
	"checkpoint", "ID",   "answers that it is unsupported", criu_table, 0, 0, -1, false,
	false,	      refuse,
};
const struct command cmd_restore = {
	"restore", "ID",   "answers that it is unsupported", criu_table, 0, 0, -1, false,
	false,	   refuse,
};
