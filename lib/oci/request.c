/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request: see request.h for the contract.
 *
 * The table comes first, then what walks it: setting a member from an option's text, the table of
 * options for opts_parse(), the check of a document, the schema. Values that are more than a word,
 * a number or a size are taken apart in request_parse.c, by the function that their row names.
 */
#include "oci/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define S  REQUEST_STRING
#define B  REQUEST_BOOL
#define N  REQUEST_NUMBER
#define SS REQUEST_STRINGS
#define M  REQUEST_MAP
#define O  REQUEST_OBJECT
#define OS REQUEST_OBJECTS

#define COMMA	 REQUEST_COMMA
#define NONEMPTY REQUEST_NONEMPTY
#define HIDDEN	 REQUEST_HIDDEN
#define NEED	 REQUEST_NEED

static int parse_env_item(struct json *request, const char *value, struct err *e);
static int add_env_file(struct json *request, const char *value, struct err *e);

/* clang-format off: one row a line is read as a table */
const struct request_row request_rows[] = {
	{"image", S},
	{"platform", O, 0, "platform", 0, "OS/ARCH", "choose the image for this platform",
	 parse_platform},
	{"platform.os", S},
	{"platform.architecture", S},
	{"platform.variant", S},
	{"pull", S, 0, "pull", 0, "POLICY", "when to pull the image (default missing)", NULL,
	 "always missing never newer"},
	{"quiet", B, 0, "quiet", 'q', NULL, "no progress of the pull"},
	{"authfile", S, REQUEST_PATH, "authfile", 0, "FILE", "registry credentials for the pull"},
	{"tlsVerify", B, REQUEST_GIVEN, "tls-verify", 0, NULL,
	 "check the registry's certificate (default)"},
	{"command", SS},
	{"entrypoint", SS, 0, "entrypoint", 0, "CMD", "replace the image's entrypoint",
	 parse_entrypoint},
	{"name", S, NONEMPTY, "name", 0, "NAME", "the container's name"},
	{"replace", B, 0, "replace", 0, NULL, "remove a container of the same name first"},
	{"hostname", S, 0, "hostname", 'h', "NAME", "the container's host name"},
	{"detach", B, 0, "detach", 'd', NULL, "run in the background, print the id"},
	{"remove", B, 0, "rm", 0, NULL, "remove the container at its end"},
	{"interactive", B, 0, "interactive", 'i', NULL, "keep standard input open"},
	{"terminal", B, 0, "tty", 't', NULL, "give the container a terminal"},
	{"sigProxy", B, REQUEST_TRUE, "sig-proxy", 0, NULL, "pass signals on (default)"},
	{"init", B, 0, "init", 0, NULL, "run an init that reaps processes as pid 1"},
	{"initPath", S},
	{"readOnly", B, 0, "read-only", 0, NULL, "root file system read-only"},
	{"readOnlyTmpfs", B, REQUEST_TRUE, "read-only-tmpfs", 0, NULL,
	 "with --read-only: tmpfs on /run, /tmp, /var/tmp (default)"},
	{"privileged", B, 0, "privileged", 0, NULL, "give all that the user has"},
	{"attach", SS, 0, NULL, 0, NULL, NULL, NULL, "stdin stdout stderr"},
	{"env", SS, NONEMPTY, "env", 'e', "KEY[=VALUE]", "set a variable, or pass one on",
	 parse_env_item},
	{"env", SS, 0, "env-file", 0, "FILE", "set the variables in this file", add_env_file},
	{"envDefaults", SS},
	{"httpProxy", B, REQUEST_TRUE, "http-proxy", 0, NULL,
	 "pass the caller's proxy variables on (default)"},
	{"user", S, NONEMPTY, "user", 'u', "USER[:GROUP]", "run as this user"},
	{"groups", SS, COMMA, "group-add", 0, "GROUP", "add a supplementary group"},
	{"workdir", S, NONEMPTY, "workdir", 'w', "DIR", "working directory"},
	{"stopSignal", S, 0, "stop-signal", 0, "SIGNAL", "signal of \"stop\" (default TERM)",
	 parse_stop_signal},
	{"stopTimeout", N, 0, "stop-timeout", 0, "SECONDS", "wait of \"stop\" (default 10)",
	 .min = -1, .max = INT64_MAX},
	{"umask", S, 0, "umask", 0, "OCTAL", "file mode mask (default 0022)", parse_umask},
	{"labels", M, 0, "label", 'l', "KEY[=VALUE]", "add a label"},
	{"annotations", M, REQUEST_VALUE, "annotation", 0, "KEY=VALUE", "add an OCI annotation"},
	{"sysctls", M, REQUEST_VALUE | COMMA, "sysctl", 0, "KEY=VALUE", "set a namespaced sysctl"},
	{"mounts", OS, 0, "volume", 'v', "[SRC:]DST[:OPTS]", "mount a directory or volume",
	 parse_volume},
	{"mounts", OS, 0, "mount", 0, "type=...,...", "mount a bind, volume or tmpfs", parse_mount},
	{"mounts", OS, 0, "tmpfs", 0, "DIR[:OPTIONS]", "mount a tmpfs", parse_tmpfs},
	{"mounts[].type", S, NEED, .values = "bind volume tmpfs"},
	{"mounts[].source", S},
	{"mounts[].destination", S, NEED},
	{"mounts[].options", SS},
	{"devices", OS, COMMA, "device", 0, "DEV[:DEV[:rwm]]",
	 "give the container a device of the host", parse_device},
	{"devices[].source", S},
	{"devices[].destination", S},
	{"devices[].permissions", S},
	{"capAdd", SS, COMMA, "cap-add", 0, "CAP", "add a capability"},
	{"capDrop", SS, COMMA, "cap-drop", 0, "CAP", "drop a capability"},
	{"security", O, 0, "security-opt", 0, "OPTION",
	 "no-new-privileges, seccomp=, label=, mask=, unmask=", parse_security},
	{"security.noNewPrivileges", B},
	{"security.seccomp", S},
	{"security.seccompProfile", REQUEST_ANY},
	{"security.labelDisable", B},
	{"security.labelUser", S},
	{"security.labelRole", S},
	{"security.labelType", S},
	{"security.labelLevel", S},
	{"security.mask", SS},
	{"security.unmask", SS},
	{"ulimits", OS, COMMA, "ulimit", 0, "TYPE=SOFT[:HARD]", "set a resource limit",
	 parse_ulimit},
	{"ulimits[].type", S, NEED},
	{"ulimits[].soft", N, NEED},
	{"ulimits[].hard", N, NEED},
	{"resources", O},
	{"resources.pidsLimit", N, 0, "pids-limit", 0, "N", "limit the number of processes",
	 .min = -1, .max = INT64_MAX},
	{"resources.memory", N, REQUEST_SIZE, "memory", 'm', "SIZE", "memory limit"},
	{"resources.memorySwap", N, REQUEST_SIZE, "memory-swap", 0, "SIZE",
	 "limit of memory and swap together"},
	{"resources.memoryReservation", N, REQUEST_SIZE, "memory-reservation", 0, "SIZE",
	 "soft memory limit"},
	{"resources.cpuQuota", N, 0, "cpu-quota", 0, "MICROSECONDS", "CPU time in each period",
	 .min = -1, .max = INT64_MAX},
	{"resources.cpuQuota", N, 0, "cpus", 0, "N", "limit to this number of CPUs", parse_cpus},
	{"resources.cpuPeriod", N, 0, "cpu-period", 0, "MICROSECONDS",
	 "the period of --cpu-quota (default 100000)", .min = 0, .max = 1000000},
	{"resources.cpuShares", N, 0, "cpu-shares", 'c', "N", "relative CPU weight", .min = 0,
	 .max = INT64_MAX},
	{"resources.cpusetCpus", S, 0, "cpuset-cpus", 0, "LIST", "run on these CPUs", parse_cpuset},
	{"resources.cpusetMems", S},
	{"shmSize", N, REQUEST_SIZE, "shm-size", 0, "SIZE", "size of /dev/shm (default 64m)"},
	{"network", O, 0, "network", 0, "MODE",
	 "none, host, private, slirp4netns, pasta, container:NAME", parse_network},
	{"network", O, HIDDEN, "net", 0, "MODE", "the same as --network", parse_network},
	{"network.mode", S, 0, .values = "none host slirp4netns pasta container private"},
	{"network.options", SS},
	{"network.container", S},
	{"ports", OS, COMMA, "publish", 'p', "[IP:][HOST:]PORT", "publish a port or range",
	 parse_publish},
	{"ports[].hostIp", S},
	{"ports[].hostPort", N, .min = 0, .max = 65535},
	{"ports[].containerPort", N, NEED, .min = 1, .max = 65535},
	{"ports[].range", N, .min = 1, .max = 65535},
	{"ports[].protocol", S, .values = "tcp udp"},
	{"dns", O},
	{"dns.servers", SS, COMMA, "dns", 0, "IP", "name server for /etc/resolv.conf"},
	{"dns.search", SS, COMMA, "dns-search", 0, "DOMAIN", "search domain for /etc/resolv.conf"},
	{"dns.options", SS, COMMA, "dns-option", 0, "OPTION", "option for /etc/resolv.conf"},
	{"dns.options", SS, COMMA | HIDDEN, "dns-opt", 0, "OPTION", "the same as --dns-option"},
	{"addHosts", OS, COMMA, "add-host", 0, "NAME:IP", "add a line to /etc/hosts",
	 parse_add_host},
	{"addHosts[].name", S, NEED},
	{"addHosts[].ip", S, NEED},
	{"noHosts", B, 0, "no-hosts", 0, NULL, "leave /etc/hosts as the image has it"},
	{"log", O, COMMA, "log-opt", 0, "KEY=VALUE", "path=, max-size= or tag=", parse_log_opt},
	{"log.driver", S, 0, "log-driver", 0, "DRIVER", "k8s-file, none or passthrough", NULL,
	 "k8s-file json-file none passthrough"},
	{"log.path", S},
	{"log.tag", S},
	{"log.maxSize", N},
	{"runtime", S, 0, "runtime", 0, "NAME", "OCI runtime (default ctr-runtime)"},
	{"consoleSize", O},
	{"consoleSize.height", N, .min = 0, .max = 65535},
	{"consoleSize.width", N, .min = 0, .max = 65535},
	{"cidfile", S, REQUEST_PATH, "cidfile", 0, "FILE", "write the container's id to this file"},
	{"pidfile", S, REQUEST_PATH, "pidfile", 0, "FILE", "write the process id to this file"},
	{"detachKeys", S, 0, "detach-keys", 0, "KEYS", "keys that detach from the container"},
	{"cgroupManager", S, 0, .values = "cgroupfs systemd disabled"},
	{0},
};
/* clang-format on */

/* The object that the last part of a dotted member stands in, made on the way; *last is that part.
 */
static struct json *object_of(struct json *request, const char *member, const char **last)
{
	const char *dot;

	for (; (dot = strchr(member, '.')); member = dot + 1) {
		_free_ char *key = str_ndup(member, dot - member);

		request = json_need_obj(request, key);
	}
	*last = member;
	return request;
}

static int bad_value(const char *value, const char *want, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not %s", value, want);
}

int parse_size(struct json *to, const char *key, const char *value, struct err *e)
{
	int64_t n;

	if (str_eq(value, "-1"))
		n = -1;
	else if (str_to_size(value, &n) < 0)
		return bad_value(value, "a size such as 512m", e);
	json_set(to, key, json_new_int(n));
	return 0;
}

static int set_number(const struct request_row *row, struct json *to, const char *key,
		      const char *value, struct err *e)
{
	int64_t n, min = row->max ? row->min : INT64_MIN, max = row->max ? row->max : INT64_MAX;

	if (row->flags & REQUEST_SIZE)
		return parse_size(to, key, value, e);
	if (str_to_int(value, min, max, &n) < 0)
		return bad_value(value, "a valid number", e);
	json_set(to, key, json_new_int(n));
	return 0;
}

/* Mostly only what differs from the default stands in the request. */
static int set_bool(const struct request_row *row, struct json *to, const char *key, bool on)
{
	if (!(row->flags & REQUEST_GIVEN) && on == !!(row->flags & REQUEST_TRUE))
		json_del(to, key);
	else
		json_set(to, key, json_new_bool(on));
	return 0;
}

static int set_pair(const struct request_row *row, struct json *to, const char *key,
		    const char *value, struct err *e)
{
	const char *eq = strchr(value, '=');
	_free_ char *name = eq ? str_ndup(value, eq - value) : str_dup(value);

	if (!*name || ((row->flags & REQUEST_VALUE) && !eq))
		return bad_value(value, "KEY=VALUE", e);
	json_set(json_need_obj(to, key), name, json_new_str(eq ? eq + 1 : ""));
	return 0;
}

/* The call of every option of the table. data is the request. */
static int set_member(const struct opt *o, void *data, const char *value, struct err *e)
{
	const struct request_row *row = o->context;
	const char *key;
	struct json *to;

	if (row->set)
		return row->set(data, value, e);
	to = object_of(data, row->member, &key);
	switch (row->kind) {
	case REQUEST_BOOL:
		return set_bool(row, to, key, str_eq(value, "true"));
	case REQUEST_NUMBER:
		return set_number(row, to, key, value, e);
	case REQUEST_STRINGS:
		json_add(json_need_arr(to, key), json_new_str(value));
		return 0;
	case REQUEST_MAP:
		return set_pair(row, to, key, value, e);
	default:
		break;
	}
	if (row->flags & REQUEST_PATH) {
		_free_ char *path = absolute_path(value);

		json_set(to, key, json_new_str(path));
	} else {
		json_set(to, key, json_new_str(value));
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct opt *)a)->name, ((const struct opt *)b)->name);
}

const struct opt *request_options(void)
{
	static struct opt options[ARRAY_LEN(request_rows)];
	size_t n = 0;

	if (options[0].name)
		return options;
	for (const struct request_row *r = request_rows; r->member; r++) {
		if (!r->option)
			continue;
		options[n++] = (struct opt){
			.name = r->option,
			.letter = r->letter,
			.type = r->kind == REQUEST_BOOL ? OPT_CALL_FLAG : OPT_CALL,
			.arg = r->arg,
			.help = r->help,
			.call = set_member,
			.context = r,
			.hidden = r->flags & REQUEST_HIDDEN,
			.values = r->values,
			.list = r->flags & REQUEST_COMMA,
			.nonempty = r->flags & REQUEST_NONEMPTY,
		};
	}
	qsort(options, n, sizeof(*options), by_name);
	return options;
}

bool request_flag(const struct json *request, const char *member)
{
	for (const struct request_row *r = request_rows; r->member; r++)
		if (str_eq(r->member, member))
			return json_get_bool(request, member, r->flags & REQUEST_TRUE);
	return false;
}

/* What comes after the options. */

/* The variables of files stand before those of the command line, whatever their order there. */
#define ENV_FILES "envFiles"

static int parse_env_item(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv env = {0};

	if (*value == '=')
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" has no name", value);
	parse_env(&env, value);
	strv_foreach (v, &env)
		json_add(json_need_arr(request, "env"), json_new_str(v));
	return 0;
}

static int add_env_file(struct json *request, const char *value, struct err *e)
{
	json_add(json_need_arr(request, ENV_FILES), json_new_str(value));
	return 0;
}

static int read_env_files(struct json *request, struct err *e)
{
	_strv_ struct strv env = {0};

	if (!json_has(request, ENV_FILES))
		return 0;
	json_each (f, json_get(request, ENV_FILES))
		if (parse_env_file(&env, json_str(f.v), e) < 0)
			return err_prefix(e, "--env-file");
	json_each (v, json_get(request, "env"))
		strv_add(&env, json_str(v.v));
	json_del(request, ENV_FILES);
	if (env.n)
		json_set(request, "env", json_new_strv(&env));
	return 0;
}

/* Of the caller; weaker than the image's variables and those of the command line. */
static void add_proxies(struct json *request)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"};

	for (size_t i = 0; request_flag(request, "httpProxy") && i < ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);
		_free_ char *item = v ? str_fmt("%s=%s", names[i], v) : NULL;

		if (item)
			json_add(json_need_arr(request, "envDefaults"), json_new_str(item));
	}
}

static int find_init(struct json *request, struct err *e)
{
	static const char *const paths[] = {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit",
					    "/usr/bin/tini-static", "/usr/bin/tini"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], X_OK) == 0) {
			json_set(request, "initPath", json_new_str(paths[i]));
			return 0;
		}
	err_set(e, ERR_USAGE, 0, NULL, "--init: no init program found");
	return err_hint(e, "install the package catatonit");
}

int request_finish(struct json *request, int argc, char **argv, struct err *e)
{
	const char *mode = json_get_str(json_get(request, "network"), "mode", "");

	if (argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "an image is needed");
	if (request_flag(request, "replace") && !json_has(request, "name"))
		return err_set(e, ERR_USAGE, 0, NULL, "--replace needs --name");
	if (json_has(request, "ports") && (str_eq(mode, "none") || str_eq(mode, "container")))
		return err_set(e, ERR_USAGE, 0, NULL, "--publish does nothing with --network %s",
			       mode);
	if (request_flag(request, "init") && find_init(request, e) < 0)
		return -1;
	if (read_env_files(request, e) < 0)
		return -1;
	add_proxies(request);
	json_set(request, "image", json_new_str(argv[0]));
	for (int i = 1; i < argc; i++)
		json_add(json_need_arr(request, "command"), json_new_str(argv[i]));
	return 0;
}

/* The check of a document. */

static int check_word(const struct request_row *row, const struct cur *at, struct err *e)
{
	_strv_ struct strv allowed = {0};
	const char *s = json_str(at->val);

	if (!row->values)
		return 0;
	strv_split(&allowed, row->values, ' ');
	if (strv_has(&allowed, s))
		return 0;
	return cur_bad(at, e, "\"%s\" is not one of: %s", s, row->values);
}

static const enum json_kind json_kinds[] = {
	[REQUEST_STRING] = JSON_STRING, [REQUEST_BOOL] = JSON_BOOL,  [REQUEST_NUMBER] = JSON_INT,
	[REQUEST_STRINGS] = JSON_ARRAY, [REQUEST_MAP] = JSON_OBJECT, [REQUEST_OBJECT] = JSON_OBJECT,
	[REQUEST_OBJECTS] = JSON_ARRAY,
};

static int expect(const struct cur *at, enum json_kind kind, struct err *e)
{
	if (json_kind(at->val) == kind)
		return 0;
	return cur_bad(at, e, "expected %s, got %s", json_kind_name(kind),
		       json_kind_name(json_kind(at->val)));
}

static int check_strings(const struct request_row *row, const struct cur *at, struct err *e)
{
	for (size_t i = 0; i < json_len(at->val); i++) {
		struct cur item = cur_at(at, i);

		if (expect(&item, JSON_STRING, e) < 0 || check_word(row, &item, e) < 0)
			return -1;
	}
	return 0;
}

static int check_map(const struct cur *at, struct err *e)
{
	json_foreach (m, at->val) {
		struct cur item = cur_key(at, m.key);

		if (expect(&item, JSON_STRING, e) < 0)
			return -1;
	}
	return 0;
}

static int check_value(const struct request_row *row, const struct cur *at, struct err *e)
{
	if (row->kind == REQUEST_ANY)
		return 0;
	if (expect(at, json_kinds[row->kind], e) < 0)
		return -1;
	switch (row->kind) {
	case REQUEST_STRING:
		return check_word(row, at, e);
	case REQUEST_NUMBER:
		if (row->max && (json_int(at->val) < row->min || json_int(at->val) > row->max))
			return cur_bad(at, e, "%lld is out of range", (long long)json_int(at->val));
		return 0;
	case REQUEST_STRINGS:
		return check_strings(row, at, e);
	case REQUEST_MAP:
		return check_map(at, e);
	default:
		return 0;
	}
}

/* member is what is left of the row's member below the object at *obj. */
static int check_row(const struct request_row *row, const char *member, const struct cur *obj,
		     struct err *e)
{
	const char *dot = strchr(member, '.');
	size_t len = dot ? (size_t)(dot - member) : strlen(member);
	bool list = len > 2 && memcmp(member + len - 2, "[]", 2) == 0;
	_free_ char *key = str_ndup(member, list ? len - 2 : len);
	struct cur at = cur_key(obj, key);

	if (!at.val) {
		if (!dot && (row->flags & REQUEST_NEED))
			return cur_bad(&at, e, "is missing");
		return 0;
	}
	if (!dot)
		return check_value(row, &at, e);
	if (!list)
		return expect(&at, JSON_OBJECT, e) < 0 ? -1 : check_row(row, dot + 1, &at, e);
	if (expect(&at, JSON_ARRAY, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(at.val); i++) {
		struct cur item = cur_at(&at, i);

		if (expect(&item, JSON_OBJECT, e) < 0 || check_row(row, dot + 1, &item, e) < 0)
			return -1;
	}
	return 0;
}

int request_check(const struct cur *request, struct err *e)
{
	for (const struct request_row *r = request_rows; r->member; r++)
		if (check_row(r, r->member, request, e) < 0)
			return -1;
	return 0;
}

/* The schema. */

static struct json *typed(const char *type)
{
	struct json *j = json_new_object();

	json_set(j, "type", json_new_str(type));
	return j;
}

static void add_words(struct json *schema, const char *values)
{
	_strv_ struct strv words = {0};

	if (!values)
		return;
	strv_split(&words, values, ' ');
	json_set(schema, "enum", json_new_strv(&words));
}

static struct json *schema_of(const struct request_row *row)
{
	static const char *const types[] = {
		[REQUEST_STRING] = "string",  [REQUEST_BOOL] = "boolean",
		[REQUEST_NUMBER] = "integer", [REQUEST_STRINGS] = "array",
		[REQUEST_MAP] = "object",     [REQUEST_OBJECT] = "object",
		[REQUEST_OBJECTS] = "array",  [REQUEST_ANY] = "object",
	};
	struct json *j = typed(types[row->kind]), *items;

	if (row->kind == REQUEST_STRINGS) {
		items = typed("string");
		add_words(items, row->values);
		json_set(j, "items", items);
	} else if (row->kind == REQUEST_MAP) {
		json_set(j, "additionalProperties", typed("string"));
	} else if (row->kind == REQUEST_OBJECTS) {
		json_set(j, "items", typed("object"));
	} else if (row->kind == REQUEST_NUMBER && row->max) {
		json_set(j, "minimum", json_new_int(row->min));
		if (row->max < INT64_MAX)
			json_set(j, "maximum", json_new_int(row->max));
	} else if (row->kind == REQUEST_STRING) {
		add_words(j, row->values);
	}
	return j;
}

/* The schema of the object that the last part of the member stands in; rows come in that order. */
static struct json *schema_above(struct json *schema, const char *member, const char **last)
{
	const char *dot;

	for (; (dot = strchr(member, '.')); member = dot + 1) {
		size_t len = (size_t)(dot - member);
		bool list = len > 2 && memcmp(dot - 2, "[]", 2) == 0;
		_free_ char *key = str_ndup(member, list ? len - 2 : len);

		schema = json_get(json_get(schema, "properties"), key);
		if (list)
			schema = json_get(schema, "items");
	}
	*last = member;
	return schema;
}

struct json *request_schema(void)
{
	struct json *schema = typed("object");

	for (const struct request_row *r = request_rows; r->member; r++) {
		const char *key;
		struct json *above = schema_above(schema, r->member, &key);

		if (json_has(json_get(above, "properties"), key))
			continue; /* a second option for the same member */
		json_set(json_need_obj(above, "properties"), key, schema_of(r));
		if (r->flags & REQUEST_NEED)
			json_add(json_need_arr(above, "required"), json_new_str(key));
	}
	return schema;
}
