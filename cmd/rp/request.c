/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of "run" and "create": see request.h. One row an option; what takes a value apart is
 * in parse.c.
 */
#include "request.h"

#include <sys/ioctl.h>

#include "sys/proc.h"

#define REQUEST(data) (((struct run_options *)(data))->request)

static int set_string(void *data, const char *key, const char *v)
{
	json_set(REQUEST(data), key, json_new_str(v));
	return 0;
}

static int add_string(void *data, const char *key, const char *v)
{
	json_add(json_need_arr(REQUEST(data), key), json_new_str(v));
	return 0;
}

static int set_size(void *data, const char *obj, const char *key, const char *v, struct err *e)
{
	int64_t n;
	struct json *to = obj ? json_need_obj(REQUEST(data), obj) : REQUEST(data);

	if (str_eq(v, "-1"))
		n = -1;
	else if (str_to_size(v, &n) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a size such as 512m", v);
	json_set(to, key, json_new_int(n));
	return 0;
}

static int set_int(void *data, const char *obj, const char *key, const char *v, int64_t min,
		   struct err *e)
{
	int64_t n;
	struct json *to = obj ? json_need_obj(REQUEST(data), obj) : REQUEST(data);

	if (str_to_int(v, min, INT64_MAX, &n) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a valid number", v);
	json_set(to, key, json_new_int(n));
	return 0;
}

/* A call for each option that parse.c takes apart or that is stored under another name. */
#define CALL(name, body)                                       \
	static int name(void *d, const char *v, struct err *e) \
	{                                                      \
		body;                                          \
	}
CALL(opt_volume, return parse_volume(REQUEST(d), v, e))
CALL(opt_mount, return parse_mount(REQUEST(d), v, e))
CALL(opt_tmpfs, return parse_tmpfs(REQUEST(d), v, e))
CALL(opt_device, return parse_device(REQUEST(d), v, e))
CALL(opt_publish, return parse_publish(REQUEST(d), v, e))
CALL(opt_network, return parse_network(REQUEST(d), v, e))
CALL(opt_ulimit, return parse_ulimit(REQUEST(d), v, e))
CALL(opt_security, return parse_security(REQUEST(d), v, e))
CALL(opt_add_host, return parse_add_host(REQUEST(d), v, e))
CALL(opt_platform, return parse_platform(REQUEST(d), v, e))
CALL(opt_hostname, return set_string(d, "hostname", v))
CALL(opt_user, return set_string(d, "user", v))
CALL(opt_workdir, return set_string(d, "workdir", v))
CALL(opt_runtime, return set_string(d, "runtime", v))
CALL(opt_pidfile, _free_ char *p = absolute_path(v); return set_string(d, "pidfile", p))
CALL(opt_group_add, return add_string(d, "groups", v))
CALL(opt_cap_add, return add_string(d, "capAdd", v))
CALL(opt_cap_drop, return add_string(d, "capDrop", v))
CALL(opt_memory, return set_size(d, "resources", "memory", v, e))
CALL(opt_memory_swap, return set_size(d, "resources", "memorySwap", v, e))
CALL(opt_memory_res, return set_size(d, "resources", "memoryReservation", v, e))
CALL(opt_shm_size, return set_size(d, NULL, "shmSize", v, e))
CALL(opt_pids_limit, return set_int(d, "resources", "pidsLimit", v, -1, e))
CALL(opt_cpu_shares, return set_int(d, "resources", "cpuShares", v, 0, e))
CALL(opt_stop_timeout, return set_int(d, NULL, "stopTimeout", v, -1, e))
CALL(opt_read_only, json_set(REQUEST(d), "readOnly", json_new_bool(str_eq(v, "true"))); return 0)
CALL(opt_ro_tmpfs, json_set(REQUEST(d), "readOnlyTmpfs", json_new_bool(str_eq(v, "true")));
     return 0)
CALL(opt_privileged, json_set(REQUEST(d), "privileged", json_new_bool(str_eq(v, "true"))); return 0)
CALL(opt_dns, json_add(json_need_arr(json_need_obj(REQUEST(d), "dns"), "servers"), json_new_str(v));
     return 0)
CALL(opt_dns_search,
     json_add(json_need_arr(json_need_obj(REQUEST(d), "dns"), "search"), json_new_str(v));
     return 0)
CALL(opt_dns_option,
     json_add(json_need_arr(json_need_obj(REQUEST(d), "dns"), "options"), json_new_str(v));
     return 0)

static int opt_cpus(void *d, const char *v, struct err *e)
{
	struct json *r = json_need_obj(REQUEST(d), "resources");
	char *end;
	double cpus = strtod(v, &end);

	if (*end || end == v || !(cpus > 0 && cpus <= 8192))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a number of CPUs", v);
	json_set(r, "cpuPeriod", json_new_int(100000));
	json_set(r, "cpuQuota", json_new_int((int64_t)(cpus * 100000)));
	return 0;
}

static int opt_cpuset(void *d, const char *v, struct err *e)
{
	if (!str_only(v, "0123456789,-"))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a list of CPUs", v);
	json_set(json_need_obj(REQUEST(d), "resources"), "cpusetCpus", json_new_str(v));
	return 0;
}

static int opt_stop_signal(void *d, const char *v, struct err *e)
{
	if (signal_number(v) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a signal", v);
	return set_string(d, "stopSignal", v);
}

static int opt_umask(void *d, const char *v, struct err *e)
{
	if (!str_only(v, "01234567") || strlen(v) > 4)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not an octal mask", v);
	return set_string(d, "umask", v);
}

static int set_pair(void *d, const char *key, const char *v, bool value_needed, struct err *e)
{
	const char *eq = strchr(v, '=');
	_free_ char *name = eq ? str_ndup(v, eq - v) : str_dup(v);

	if (!*name || (value_needed && !eq))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": expected KEY=VALUE", v);
	json_set(json_need_obj(REQUEST(d), key), name, json_new_str(eq ? eq + 1 : ""));
	return 0;
}
CALL(opt_label, return set_pair(d, "labels", v, false, e))
CALL(opt_annotation, return set_pair(d, "annotations", v, true, e))
CALL(opt_sysctl, return set_pair(d, "sysctls", v, true, e))

static int opt_log_driver(void *d, const char *v, struct err *e)
{
	json_set(json_need_obj(REQUEST(d), "log"), "driver", json_new_str(v));
	return 0;
}

static int opt_log_opt(void *d, const char *v, struct err *e)
{
	struct json *log = json_need_obj(REQUEST(d), "log");
	const char *rest;
	int64_t n;

	if ((rest = str_after(v, "path="))) {
		_free_ char *path = absolute_path(rest);

		json_set(log, "path", json_new_str(path));
	} else if ((rest = str_after(v, "max-size="))) {
		if (str_to_size(rest, &n) < 0)
			return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a size", rest);
		json_set(log, "maxSize", json_new_int(n));
	} else if ((rest = str_after(v, "tag="))) {
		json_set(log, "tag", json_new_str(rest));
	} else {
		return err_set(e, ERR_USAGE, 0, NULL,
			       "\"%s\": expected path=, max-size= or tag=", v);
	}
	return 0;
}

/* A JSON array, or one word: Podman's --entrypoint. */
static int opt_entrypoint(void *d, const char *v, struct err *e)
{
	struct json *arr = NULL;

	if (*v == '[') {
		if (json_parse(v, strlen(v), "--entrypoint", &arr, e) < 0) {
			e->code = ERR_USAGE;
			return -1;
		}
		json_each (w, arr)
			if (!json_str(w.v)) {
				json_put(arr);
				return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": expected strings",
					       v);
			}
	} else {
		arr = json_new_array();
		if (*v)
			json_add(arr, json_new_str(v));
	}
	json_set(REQUEST(d), "entrypoint", arr);
	return 0;
}

#define FIELD(f) offsetof(struct run_options, f)
#define CALLED(long_name, letter, fn, arg, help)              \
	{                                                     \
		long_name, letter, OPT_CALL, 0, arg, help, fn \
	}

const struct opt run_options[] = {
	CALLED("add-host", 0, opt_add_host, "NAME:IP", "add a line to /etc/hosts"),
	CALLED("annotation", 0, opt_annotation, "KEY=VALUE", "add an OCI annotation"),
	{"authfile", 0, OPT_STR, FIELD(authfile), "FILE", "registry credentials for the pull"},
	CALLED("cap-add", 0, opt_cap_add, "CAP", "add a capability"),
	CALLED("cap-drop", 0, opt_cap_drop, "CAP", "drop a capability"),
	{"cidfile", 0, OPT_STR, FIELD(cidfile), "FILE", "write the container's id to this file"},
	CALLED("cpu-shares", 'c', opt_cpu_shares, "N", "relative CPU weight"),
	CALLED("cpus", 0, opt_cpus, "N", "limit to this number of CPUs"),
	CALLED("cpuset-cpus", 0, opt_cpuset, "LIST", "run on these CPUs"),
	{"detach", 'd', OPT_FLAG, FIELD(detach), NULL, "run in the background, print the id"},
	{"detach-keys", 0, OPT_STR, FIELD(detach_keys), "KEYS",
	 "keys that detach from the container"},
	CALLED("device", 0, opt_device, "DEV[:DEV[:rwm]]",
	       "give the container a device of the host"),
	CALLED("dns", 0, opt_dns, "IP", "name server for /etc/resolv.conf"),
	CALLED("dns-option", 0, opt_dns_option, "OPTION", "option for /etc/resolv.conf"),
	CALLED("dns-search", 0, opt_dns_search, "DOMAIN", "search domain for /etc/resolv.conf"),
	CALLED("entrypoint", 0, opt_entrypoint, "CMD", "replace the image's entrypoint"),
	{"env", 'e', OPT_LIST, FIELD(env), "KEY[=VALUE]", "set a variable, or pass one on"},
	{"env-file", 0, OPT_LIST, FIELD(env_files), "FILE", "set the variables in this file"},
	CALLED("group-add", 0, opt_group_add, "GROUP", "add a supplementary group"),
	CALLED("hostname", 'h', opt_hostname, "NAME", "the container's host name"),
	{"init", 0, OPT_FLAG, FIELD(init), NULL, "run an init that reaps processes as pid 1"},
	{"interactive", 'i', OPT_FLAG, FIELD(interactive), NULL, "keep standard input open"},
	CALLED("label", 'l', opt_label, "KEY[=VALUE]", "add a label"),
	CALLED("log-driver", 0, opt_log_driver, "DRIVER", "k8s-file, none or passthrough"),
	CALLED("log-opt", 0, opt_log_opt, "KEY=VALUE", "path=, max-size= or tag="),
	CALLED("memory", 'm', opt_memory, "SIZE", "memory limit"),
	CALLED("memory-reservation", 0, opt_memory_res, "SIZE", "soft memory limit"),
	CALLED("memory-swap", 0, opt_memory_swap, "SIZE", "limit of memory and swap together"),
	CALLED("mount", 0, opt_mount, "type=...,...", "mount a bind, volume or tmpfs"),
	{"name", 0, OPT_STR, FIELD(name), "NAME", "the container's name"},
	CALLED("network", 0, opt_network, "MODE",
	       "none, host, private, slirp4netns, pasta, container:NAME"),
	{"net", 0, OPT_CALL, 0, "MODE", "the same as --network", opt_network, .hidden = true},
	CALLED("pidfile", 0, opt_pidfile, "FILE", "write the process id to this file"),
	CALLED("pids-limit", 0, opt_pids_limit, "N", "limit the number of processes"),
	CALLED("platform", 0, opt_platform, "OS/ARCH", "choose the image for this platform"),
	{"privileged", 0, OPT_CALL_FLAG, 0, NULL, "give all that the user has", opt_privileged},
	CALLED("publish", 'p', opt_publish, "[IP:][HOST:]PORT", "publish a port or range"),
	{"pull", 0, OPT_STR, FIELD(pull), "POLICY", "when to pull the image (default missing)",
	 .values = "always missing never newer"},
	{"quiet", 'q', OPT_FLAG, FIELD(quiet), NULL, "no progress of the pull"},
	{"read-only", 0, OPT_CALL_FLAG, 0, NULL, "root file system read-only", opt_read_only},
	{"read-only-tmpfs", 0, OPT_CALL_FLAG, 0, NULL,
	 "with --read-only: tmpfs on /run, /tmp, /var/tmp (default)", opt_ro_tmpfs},
	{"replace", 0, OPT_FLAG, FIELD(replace), NULL, "remove a container of the same name first"},
	{"rm", 0, OPT_FLAG, FIELD(remove), NULL, "remove the container at its end"},
	CALLED("runtime", 0, opt_runtime, "NAME", "OCI runtime (default ctr-runtime)"),
	CALLED("security-opt", 0, opt_security, "OPTION",
	       "no-new-privileges, seccomp=, label=, mask=, unmask="),
	CALLED("shm-size", 0, opt_shm_size, "SIZE", "size of /dev/shm (default 64m)"),
	{"sig-proxy", 0, OPT_STR, FIELD(sig_proxy), "BOOL", "pass signals on (default true)",
	 .values = "true false"},
	CALLED("stop-signal", 0, opt_stop_signal, "SIGNAL", "signal of \"stop\" (default TERM)"),
	CALLED("stop-timeout", 0, opt_stop_timeout, "SECONDS", "wait of \"stop\" (default 10)"),
	CALLED("sysctl", 0, opt_sysctl, "KEY=VALUE", "set a namespaced sysctl"),
	{"tls-verify", 0, OPT_STR, FIELD(tls_verify), "BOOL", "check the registry's certificate",
	 .values = "true false"},
	CALLED("tmpfs", 0, opt_tmpfs, "DIR[:OPTIONS]", "mount a tmpfs"),
	{"tty", 't', OPT_FLAG, FIELD(terminal), NULL, "give the container a terminal"},
	CALLED("ulimit", 0, opt_ulimit, "TYPE=SOFT[:HARD]", "set a resource limit"),
	CALLED("umask", 0, opt_umask, "OCTAL", "file mode mask (default 0022)"),
	CALLED("user", 'u', opt_user, "USER[:GROUP]", "run as this user"),
	CALLED("volume", 'v', opt_volume, "[SRC:]DST[:OPTS]", "mount a directory or volume"),
	CALLED("workdir", 'w', opt_workdir, "DIR", "working directory"),
	{0},
};

void run_options_init(struct run_options *o)
{
	*o = (struct run_options){.request = json_new_object()};
}

void run_options_release(struct run_options *o)
{
	json_put(o->request);
	strv_release(&o->env);
	strv_release(&o->env_files);
}

static int find_init(struct json *request, struct err *e)
{
	static const char *const paths[] = {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit",
					    "/usr/bin/tini-static", "/usr/bin/tini"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], X_OK) == 0) {
			json_set(request, "initPath", json_new_str(paths[i]));
			json_set(request, "init", json_new_bool(true));
			return 0;
		}
	err_set(e, ERR_USAGE, 0, NULL, "--init: no init program found");
	return err_hint(e, "install the package catatonit");
}

static int collect_env(struct run_options *o, struct err *e)
{
	_strv_ struct strv env = {0};

	for (size_t i = 0; i < o->env_files.n; i++)
		if (parse_env_file(&env, o->env_files.v[i], e) < 0)
			return err_prefix(e, "--env-file");
	for (size_t i = 0; i < o->env.n; i++) {
		if (!*o->env.v[i] || *o->env.v[i] == '=')
			return err_set(e, ERR_USAGE, 0, NULL, "--env: \"%s\" has no name",
				       o->env.v[i]);
		parse_env(&env, o->env.v[i]);
	}
	if (env.n)
		json_set(o->request, "env", json_new_strv(&env));
	return 0;
}

static void set_console_size(struct json *request)
{
	struct winsize ws;
	struct json *size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0 || !ws.ws_row || !ws.ws_col)
		return;
	size = json_need_obj(request, "consoleSize");
	json_set(size, "height", json_new_int(ws.ws_row));
	json_set(size, "width", json_new_int(ws.ws_col));
}

static void set_flag(struct run_options *o, const char *key, bool value)
{
	if (value)
		json_set(o->request, key, json_new_bool(true));
}

int run_options_finish(struct run_options *o, int argc, char **argv, struct err *e)
{
	const struct json *network = json_get(o->request, "network");
	const char *mode = json_get_str(network, "mode", "");

	if (argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "an image is needed");
	if (o->replace && !o->name)
		return err_set(e, ERR_USAGE, 0, NULL, "--replace needs --name");
	if (json_has(o->request, "ports") && (str_eq(mode, "none") || str_eq(mode, "container")))
		return err_set(e, ERR_USAGE, 0, NULL, "--publish does nothing with --network %s",
			       mode);
	if (o->init && find_init(o->request, e) < 0)
		return -1;
	if (collect_env(o, e) < 0)
		return -1;
	json_set(o->request, "image", json_new_str(argv[0]));
	for (int i = 1; i < argc; i++)
		json_add(json_need_arr(o->request, "command"), json_new_str(argv[i]));
	set_flag(o, "detach", o->detach);
	set_flag(o, "remove", o->remove);
	set_flag(o, "interactive", o->interactive);
	set_flag(o, "terminal", o->terminal);
	if (o->terminal && !o->detach)
		set_console_size(o->request);
	if (o->name)
		json_set(o->request, "name", json_new_str(o->name));
	if (o->cidfile) {
		_free_ char *path = absolute_path(o->cidfile);

		json_set(o->request, "cidfile", json_new_str(path));
	}
	if (o->detach_keys)
		json_set(o->request, "detachKeys", json_new_str(o->detach_keys));
	return 0;
}
