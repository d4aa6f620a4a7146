/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-scope: a transient scope of systemd, the cgroup of a container where systemd manages the
 * tree. systemd.scope(5), org.freedesktop.systemd1(5), sd-bus(3).
 *
 * Stages: confine; read the document; connect to the bus of the user's manager, for real root of
 * the system; ask for the change; wait for the end of its job (the signal JobRemoved, subscribed to
 * before the request, so that it cannot be missed); for "start" learn the scope's cgroup.
 *
 * It is a program of its own because ctr-runtime is static and small, and a static program cannot
 * use libsystemd; who has a delegated cgroup never starts it. It must not touch a cgroup itself.
 */
#include <errno.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "sys/confine.h"
#include "sys/userns.h"
#include "wire/doc.h"
#include "wire/prog.h"

#define SCHEMA	  "rp.scope/1"
#define BUS_NAME  "org.freedesktop.systemd1"
#define BUS_PATH  "/org/freedesktop/systemd1"
#define MANAGER	  BUS_NAME ".Manager"
#define WAIT_USEC (30ull * 1000 * 1000)

/* What may be set; all are numbers of 64 bits, or "infinity", but the sets of CPUs and memory
 * nodes. */
static const struct property {
	const char *name;
	bool set; /* a list such as "0-2,5" */
} known[] = {
	{"MemoryMax"},		{"MemoryHigh"}, {"MemoryLow"},	       {"MemoryMin"},
	{"MemorySwapMax"},	{"TasksMax"},	{"CPUWeight"},	       {"CPUQuotaPerSecUSec"},
	{"CPUQuotaPeriodUSec"}, {"IOWeight"},	{"AllowedCPUs", true}, {"AllowedMemoryNodes", true},
};

struct job {
	sd_bus *bus;
	char *path;   /* of the job that was asked for; NULL: the answer is not there yet */
	char *result; /* NULL: it has not ended */
	char *early;  /* "PATH RESULT\n" of jobs that ended before */
};

static void clean_bus(sd_bus **b)
{
	sd_bus_flush_close_unref(*b);
}
static void clean_message(sd_bus_message **m)
{
	sd_bus_message_unref(*m);
}
static void clean_error(sd_bus_error *e)
{
	sd_bus_error_free(e);
}
static void clean_job(struct job *j)
{
	free(j->path);
	free(j->result);
	free(j->early);
}

/* The manager of a user, or of the system. Found out before confine(), which shuts /proc. */
static bool is_user = true;

static const char *who(void)
{
	return is_user ? "user" : "system";
}

static int bus_failed(int rc, const sd_bus_error *be, const char *what, struct err *e)
{
	int errnum = be && sd_bus_error_is_set(be) ? sd_bus_error_get_errno(be) : -rc;

	/* the manager's own words say more than an errno that was made of them */
	if (be && be->message)
		return err_set(e, err_code_of(errnum), 0, "sd_bus_call", "%s: %s", what,
			       be->message);
	return err_set(e, err_code_of(errnum), errnum, "sd_bus_call", "%s", what);
}

static int connect_bus(sd_bus **bus, struct err *e)
{
	int rc = is_user ? sd_bus_open_user(bus) : sd_bus_open_system(bus);

	if (rc >= 0)
		return 0;
	err_set(e, ERR_UNSUPPORTED, -rc, "sd_bus_open",
		"cannot reach the bus of systemd's %s manager", who());
	if (is_user)
		return err_hint(e, "a login session, or loginctl enable-linger, with "
				   "XDG_RUNTIME_DIR set; dbus-user-session must be installed");
	return err_hint(e, "is dbus running?");
}

/* JobRemoved(u id, o job, s unit, s result) */
static int job_removed(sd_bus_message *m, void *arg, sd_bus_error *unused)
{
	struct job *j = arg;
	const char *path, *unit, *result;
	uint32_t id;

	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (!j->path) {
		char *all = str_fmt("%s%s %s\n", j->early ? j->early : "", path, result);

		free(j->early);
		j->early = all;
	} else if (str_eq(path, j->path) && !j->result) {
		j->result = str_dup(result);
	}
	return 0;
}

static int subscribe(struct job *j, struct err *e)
{
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	int rc = sd_bus_match_signal(j->bus, NULL, BUS_NAME, BUS_PATH, MANAGER, "JobRemoved",
				     job_removed, j);

	if (rc >= 0)
		rc = sd_bus_call_method(j->bus, BUS_NAME, BUS_PATH, MANAGER, "Subscribe", &be, NULL,
					NULL);
	return rc < 0 ? bus_failed(rc, &be, "cannot follow systemd's jobs", e) : 0;
}

static void look_back(struct job *j)
{
	_strv_ struct strv lines = {0};

	strv_split(&lines, j->early ? j->early : "", '\n');
	strv_foreach (line, &lines) {
		const char *rest = str_after(line, j->path);

		if (rest && *rest == ' ' && !j->result)
			j->result = str_dup(rest + 1);
	}
}

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Until the job of this answer has ended. */
static int wait_job(struct job *j, sd_bus_message *answer, const char *unit, struct err *e)
{
	uint64_t end = now_usec() + WAIT_USEC;
	const char *path;
	int rc = sd_bus_message_read(answer, "o", &path);

	if (rc < 0)
		return bus_failed(rc, NULL, "cannot read systemd's answer", e);
	j->path = str_dup(path);
	look_back(j);
	while (!j->result) {
		uint64_t now = now_usec();

		if (now >= end)
			return err_set(e, ERR_AGAIN, ETIMEDOUT, NULL, "the job of %s", unit);
		rc = sd_bus_process(j->bus, NULL);
		if (rc == 0)
			rc = sd_bus_wait(j->bus, end - now);
		if (rc < 0 && rc != -EINTR)
			return bus_failed(rc, NULL, "cannot hear systemd", e);
	}
	if (!str_eq(j->result, "done"))
		return err_set(e, ERR_FAILED, 0, NULL, "systemd's job of %s ended as \"%s\"", unit,
			       j->result);
	return 0;
}

/* A bit mask of the size that its highest number needs, as systemd takes it. */
struct bit_mask {
	uint8_t bytes[128];
	size_t len;
};

static void set_bit(int64_t number, void *arg)
{
	struct bit_mask *m = arg;
	size_t byte = (size_t)number / 8;

	m->bytes[byte] |= (uint8_t)(1u << (number % 8));
	if (byte >= m->len)
		m->len = byte + 1;
}

static int append_set(sd_bus_message *m, const struct property *p, const struct cur *at,
		      struct err *e)
{
	struct bit_mask mask = {0};
	const char *list = json_str(at->val);
	int rc;

	if (!list || str_number_list(list, 8 * sizeof(mask.bytes), set_bit, &mask) < 0)
		return cur_bad(at, e, "expected a list of numbers such as \"0-2,5\"");
	rc = sd_bus_message_open_container(m, 'r', "sv");
	if (rc >= 0)
		rc = sd_bus_message_append(m, "s", p->name);
	if (rc >= 0)
		rc = sd_bus_message_open_container(m, 'v', "ay");
	if (rc >= 0)
		rc = sd_bus_message_append_array(m, 'y', mask.bytes, mask.len);
	if (rc >= 0)
		rc = sd_bus_message_close_container(m);
	if (rc >= 0)
		rc = sd_bus_message_close_container(m);
	return rc < 0 ? bus_failed(rc, NULL, "cannot write a message", e) : 0;
}

static const struct property *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(known[i].name, name))
			return &known[i];
	return NULL;
}

static int append_one(sd_bus_message *m, const struct cur *at, struct err *e)
{
	const struct property *p = find(at->key);
	uint64_t n = json_uint(at->val);
	int rc;

	if (!p)
		return cur_bad(at, e, "unknown property");
	if (p->set)
		return append_set(m, p, at, e);
	if (str_eq(json_str(at->val), "infinity"))
		n = UINT64_MAX;
	else if (json_kind(at->val) != JSON_INT)
		return cur_bad(at, e, "expected number or \"infinity\", got %s",
			       json_kind_name(json_kind(at->val)));
	rc = sd_bus_message_append(m, "(sv)", p->name, "t", n);
	return rc < 0 ? bus_failed(rc, NULL, "cannot write a message", e) : 0;
}

static int append_properties(sd_bus_message *m, const struct cur *doc, struct err *e)
{
	struct cur all;

	if (cur_obj(doc, "properties", CUR_OPTIONAL, &all, e) < 0)
		return -1;
	json_foreach (p, all.val) {
		struct cur at = cur_key(&all, p.key);

		if (append_one(m, &at, e) < 0)
			return -1;
	}
	return 0;
}

static int new_call(sd_bus *bus, const char *method, sd_bus_message **m, struct err *e)
{
	int rc = sd_bus_message_new_method_call(bus, m, BUS_NAME, BUS_PATH, MANAGER, method);

	return rc < 0 ? bus_failed(rc, NULL, "cannot write a message", e) : 0;
}

/* What each scope gets, then what the document asks for. */
static int start_properties(sd_bus_message *m, const struct cur *doc, struct err *e)
{
	const char *slice = is_user ? "user.slice" : "system.slice";
	int64_t pid = 0;
	int rc;

	if (cur_str(doc, "slice", CUR_OPTIONAL, &slice, e) < 0 ||
	    cur_int(doc, "pid", CUR_NEED, 1, INT32_MAX, &pid, e) < 0)
		return -1;
	rc = sd_bus_message_open_container(m, 'a', "(sv)");
	if (rc >= 0)
		rc = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)(sv)", "PIDs", "au", 1,
					   (uint32_t)pid, "Slice", "s", slice, "Delegate", "b", 1,
					   "DefaultDependencies", "b", 0, "CollectMode", "s",
					   "inactive-or-failed");
	if (rc < 0)
		return bus_failed(rc, NULL, "cannot write a message", e);
	if (append_properties(m, doc, e) < 0)
		return -1;
	rc = sd_bus_message_close_container(m);
	if (rc >= 0)
		rc = sd_bus_message_append(m, "a(sa(sv))", 0);
	return rc < 0 ? bus_failed(rc, NULL, "cannot write a message", e) : 0;
}

static int find_cgroup(sd_bus *bus, const char *unit, struct json *doc, struct err *e)
{
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	_free_ char *path = NULL, *cgroup = NULL;
	int rc = sd_bus_path_encode(BUS_PATH "/unit", unit, &path);

	if (rc >= 0)
		rc = sd_bus_get_property_string(bus, BUS_NAME, path, BUS_NAME ".Scope",
						"ControlGroup", &be, &cgroup);
	if (rc < 0)
		return bus_failed(rc, &be, "cannot learn the cgroup of the scope", e);
	json_set(doc, "cgroup", json_new_str(cgroup));
	return 0;
}

static int start(struct job *j, struct json *doc, const char *unit, struct err *e)
{
	_clean_(clean_message) sd_bus_message *m = NULL, *answer = NULL;
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	struct cur root = cur_root(doc);
	int rc;

	if (subscribe(j, e) < 0 || new_call(j->bus, "StartTransientUnit", &m, e) < 0)
		return -1;
	rc = sd_bus_message_append(m, "ss", unit, "fail");
	if (rc < 0)
		return bus_failed(rc, NULL, "cannot write a message", e);
	if (start_properties(m, &root, e) < 0)
		return -1;
	rc = sd_bus_call(j->bus, m, 0, &be, &answer);
	if (rc < 0) {
		_free_ char *what =
			str_fmt("systemd's %s manager refused the scope %s", who(), unit);

		return bus_failed(rc, &be, what, e);
	}
	if (wait_job(j, answer, unit, e) < 0)
		return -1;
	return find_cgroup(j->bus, unit, doc, e);
}

static int change(struct job *j, struct json *doc, const char *unit, struct err *e)
{
	_clean_(clean_message) sd_bus_message *m = NULL;
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	struct cur root = cur_root(doc);
	int rc;

	if (new_call(j->bus, "SetUnitProperties", &m, e) < 0)
		return -1;
	rc = sd_bus_message_append(m, "sb", unit, 1);
	if (rc >= 0)
		rc = sd_bus_message_open_container(m, 'a', "(sv)");
	if (rc < 0)
		return bus_failed(rc, NULL, "cannot write a message", e);
	if (append_properties(m, &root, e) < 0)
		return -1;
	rc = sd_bus_message_close_container(m);
	if (rc >= 0)
		rc = sd_bus_call(j->bus, m, 0, &be, NULL);
	return rc < 0 ? bus_failed(rc, &be, "systemd refused the limits", e) : 0;
}

/* A scope ends by itself with its last process: that it is gone already is what was wanted. */
static int stop(struct job *j, struct json *doc, const char *unit, struct err *e)
{
	_clean_(clean_message) sd_bus_message *answer = NULL;
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	int rc;

	if (subscribe(j, e) < 0)
		return -1;
	rc = sd_bus_call_method(j->bus, BUS_NAME, BUS_PATH, MANAGER, "StopUnit", &be, &answer, "ss",
				unit, "replace");
	if (rc < 0 && sd_bus_error_has_name(&be, BUS_NAME ".NoSuchUnit"))
		return 0;
	return rc < 0 ? bus_failed(rc, &be, "systemd did not stop the scope", e)
		      : wait_job(j, answer, unit, e);
}

/* Also across parts of the tree between which this user may not move a process himself. */
static int attach(struct job *j, struct json *doc, const char *unit, struct err *e)
{
	_clean_(clean_error) sd_bus_error be = SD_BUS_ERROR_NULL;
	struct cur root = cur_root(doc);
	const char *below = "";
	int64_t pid = 0;
	int rc;

	if (cur_int(&root, "pid", CUR_NEED, 1, INT32_MAX, &pid, e) < 0 ||
	    cur_str(&root, "below", CUR_OPTIONAL, &below, e) < 0)
		return -1;
	rc = sd_bus_call_method(j->bus, BUS_NAME, BUS_PATH, MANAGER, "AttachProcessesToUnit", &be,
				NULL, "ssau", unit, below, 1, (uint32_t)pid);
	return rc < 0 ? bus_failed(rc, &be, "systemd refused to move a process to the scope", e)
		      : 0;
}

static const struct {
	const char *name;
	int (*run)(struct job *j, struct json *doc, const char *unit, struct err *e);
} actions[] = {{"start", start}, {"set", change}, {"attach", attach}, {"stop", stop}};

static int run(struct prog *p, struct err *e)
{
	_clean_(clean_bus) sd_bus *bus = NULL;
	_clean_(clean_job) struct job j = {0};
	struct cur root = cur_root(p->doc);
	const char *unit = NULL;

	if (p->argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "one of start, set, attach, stop is needed");
	if (doc_check(p->doc, SCHEMA, e) < 0 || cur_str(&root, "unit", CUR_NEED, &unit, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_eq(p->argv[0], actions[i].name))
			continue;
		if (connect_bus(&bus, e) < 0)
			return -1;
		j.bus = bus;
		return actions[i].run(&j, p->doc, unit, e);
	}
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not start, set, attach or stop",
		       p->argv[0]);
}

static int confine_here(struct err *e)
{
	static const struct confine c = {.unix_sockets = true};

	is_user = userns_host_uid() != 0 || geteuid() != 0;
	return confine(&c, e);
}

static const struct opt options[] = {{0}};

static const struct field document[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.scope/1"},
	{"unit", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{"slice", FIELD_STRING, 0, sizeof(char *)},
	{"pid", FIELD_NUMBER, 0, sizeof(int), .min = 1, .max = INT32_MAX},
	{"below", FIELD_STRING, 0, sizeof(char *)},
	{"properties", FIELD_RAW, 0, 0, 0, "numbers and texts, as systemd has them"},
	{"cgroup", FIELD_STRING, 0, sizeof(char *)},
	{0},
};

static const struct program program = {
	.name = "cgroup-scope",
	.summary = "make, change and end a transient scope of systemd for a container",
	.usage = "start|set|attach|stop < document",
	.opts = options,
	.io = PROG_READS | PROG_WRITES,
	.confine = confine_here,
	.reads_fields = document,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
