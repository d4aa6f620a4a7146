/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options of "run" and "create": see request.h. Each function takes one apart and checks
 * it. */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "base/fd.h"
#include "oci/request.h"
#include "sys/proc.h"
#include "sys/rlimits.h"

static int bad(struct err *e, const char *value, const char *why)
{
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": %s", value, why);
}

char *absolute_path(const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return str_dup(path);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return str_eq(path, ".") ? str_dup(cwd) : str_fmt("%s/%s", cwd, path);
}

void request_options_list(struct json *to, const char *text)
{
	_strv_ struct strv words = {0};

	strv_split(&words, text, ',');
	json_set(to, "options", json_new_strv(&words));
}

/* "80" or "80-90". */
static int port_range(const char *text, int64_t *first, int64_t *count)
{
	const char *dash = strchr(text, '-');
	_free_ char *from = dash ? str_ndup(text, dash - text) : str_dup(text);
	int64_t last;

	if (str_to_int(from, 1, 65535, first) < 0)
		return -1;
	*count = 1;
	if (!dash)
		return 0;
	if (str_to_int(dash + 1, *first, 65535, &last) < 0)
		return -1;
	*count = last - *first + 1;
	return 0;
}

/* Takes "IP:" or "[IP6]:" off the front where there are enough colons for one. */
static char *take_address(char **text, struct err *e)
{
	char *t = *text, *colon, *ip;
	struct in6_addr any;

	if (t[0] == '[') {
		char *end = strstr(t, "]:");

		if (!end) {
			bad(e, t, "expected [IPv6]:PORT");
			return NULL;
		}
		ip = str_ndup(t + 1, end - t - 1);
		*text = end + 2;
	} else {
		colon = strchr(t, ':');
		if (!colon || !strchr(colon + 1, ':'))
			return str_dup("");
		ip = str_ndup(t, colon - t);
		*text = colon + 1;
	}
	if (*ip && inet_pton(AF_INET, ip, &any) != 1 && inet_pton(AF_INET6, ip, &any) != 1) {
		bad(e, ip, "is not an IP address");
		free(ip);
		return NULL;
	}
	return ip;
}

int parse_publish(struct json *request, const char *value, struct err *e)
{
	_free_ char *copy = str_dup(value), *ip = NULL;
	char *rest = copy, *slash = strrchr(copy, '/'), *colon;
	const char *protocol = "tcp";
	int64_t host = 0, host_count, port, count;
	struct json *p;

	if (slash) {
		*slash = '\0';
		protocol = slash + 1;
		if (!str_eq(protocol, "tcp") && !str_eq(protocol, "udp"))
			return bad(e, value, "the protocol must be tcp or udp");
	}
	ip = take_address(&rest, e);
	if (!ip)
		return -1;
	colon = strchr(rest, ':');
	if (colon)
		*colon++ = '\0';
	if (port_range(colon ? colon : rest, &port, &count) < 0)
		return bad(e, value, "the container's port must be 1 to 65535, or a range");
	host_count = count;
	/* nothing and 0: any free port */
	if (colon && *rest && !str_eq(rest, "0") && port_range(rest, &host, &host_count) < 0)
		return bad(e, value, "the host's port must be 1 to 65535, or a range");
	if (host_count != count)
		return bad(e, value, "both ranges must have the same length");
	p = json_new_object();
	json_set(p, "hostIp", json_new_str(ip));
	json_set(p, "hostPort", json_new_int(host));
	json_set(p, "containerPort", json_new_int(port));
	json_set(p, "range", json_new_int(count));
	json_set(p, "protocol", json_new_str(protocol));
	json_add(json_need_arr(request, "ports"), p);
	return 0;
}

/* "80", "80-90", each with a protocol behind "/" or not: one item for each port. */
int parse_expose(struct json *request, const char *value, struct err *e)
{
	_free_ char *ports = str_ndup(value, strcspn(value, "/"));
	const char *protocol = value[strlen(ports)] ? value + strlen(ports) + 1 : "tcp";
	int64_t first, count;

	if (!str_eq(protocol, "tcp") && !str_eq(protocol, "udp"))
		return bad(e, value, "the protocol must be tcp or udp");
	if (port_range(ports, &first, &count) < 0)
		return bad(e, value, "the port must be 1 to 65535, or a range");
	for (int64_t i = first; i < first + count; i++) {
		_free_ char *item = str_fmt("%d/%s", (int)i, protocol);

		json_add(json_need_arr(request, "expose"), json_new_str(item));
	}
	return 0;
}

int parse_network(struct json *request, const char *value, struct err *e)
{
	static const char *const modes[] = {"none", "host", "private", "slirp4netns", "pasta"};
	const char *colon = strchr(value, ':');
	_free_ char *mode = colon ? str_ndup(value, colon - value) : str_dup(value);
	struct json *n = json_new_object();

	json_set(request, "network", n);
	json_set(n, "mode", json_new_str(mode));
	if (str_eq(mode, "container")) {
		if (!colon || !colon[1])
			return bad(e, value, "expected container:NAME");
		json_set(n, "container", json_new_str(colon + 1));
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (!str_eq(mode, modes[i]))
			continue;
		if (colon && i < 3)
			return bad(e, value, "this network mode takes no options");
		request_options_list(n, colon ? colon + 1 : "");
		return 0;
	}
	return bad(
		e, value,
		"the network must be none, host, private, slirp4netns[:OPTIONS], pasta[:OPTIONS] "
		"or container:NAME");
}

int parse_ulimit(struct json *request, const char *value, struct err *e)
{
	const char *eq = strchr(value, '=');
	_free_ char *type = eq ? str_ndup(value, eq - value) : NULL;
	_strv_ struct strv part = {0};
	int64_t soft, hard;
	struct json *u;

	/* "as" is none of Podman's: address space is not what users of it expect */
	if (!eq || rlimit_number(type) < 0 || str_eq(type, "as"))
		return bad(e, value, "expected TYPE=SOFT[:HARD], TYPE as in ulimit names");
	strv_split(&part, eq + 1, ':');
	if (part.n < 1 || part.n > 2 || str_to_int(part.v[0], -1, INT64_MAX, &soft) < 0 ||
	    str_to_int(part.v[part.n - 1], -1, INT64_MAX, &hard) < 0)
		return bad(e, value, "the limits must be numbers, -1 for unlimited");
	if (hard >= 0 && (soft > hard || soft < 0))
		return bad(e, value, "the soft limit is above the hard limit");
	u = json_new_object();
	json_set(u, "type", json_new_str(type));
	json_set(u, "soft", json_new_int(soft));
	json_set(u, "hard", json_new_int(hard));
	json_add(json_need_arr(request, "ulimits"), u);
	return 0;
}

static int security_label(struct json *s, const char *v, const char *value, struct err *e)
{
	static const char *const keys[][2] = {
		{"user:", "labelUser"},
		{"role:", "labelRole"},
		{"type:", "labelType"},
		{"level:", "labelLevel"},
	};

	if (str_eq(v, "disable")) {
		json_set(s, "labelDisable", json_new_bool(true));
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *rest = str_after(v, keys[i][0]);

		if (rest && *rest) {
			json_set(s, keys[i][1], json_new_str(rest));
			return 0;
		}
	}
	return bad(e, value, "label= takes disable, user:, role:, type: or level:");
}

static int security_seccomp(struct json *s, const char *v, struct err *e)
{
	struct json *profile = NULL;

	json_set(s, "seccomp", json_new_str(v));
	if (str_eq(v, "unconfined"))
		return 0;
	if (json_read_file(AT_FDCWD, v, JSON_MAX_REMOTE, &profile, e) < 0) {
		e->code = ERR_USAGE;
		return err_prefix(e, "seccomp profile");
	}
	json_set(s, "seccompProfile", profile);
	return 0;
}

/* What is behind "NAME=" or "NAME:", NULL where the value is another. */
static const char *security_word(const char *value, const char *name)
{
	const char *rest = str_after(value, name);

	return rest && (*rest == '=' || *rest == ':') ? rest + 1 : NULL;
}

/* Adds to the list: the option may be given more than once. */
static int security_list(struct json *s, const char *key, const char *list, const char *value,
			 char sep, struct err *e)
{
	_strv_ struct strv words = {0};

	strv_split(&words, list, sep);
	if (!words.n)
		return bad(e, value, "the list is empty");
	strv_foreach (w, &words)
		json_add(json_need_arr(s, key), json_new_str(w));
	return 0;
}

int parse_security(struct json *request, const char *value, struct err *e)
{
	struct json *s = json_need_obj(request, "security");
	const char *v;

	if (str_eq(value, "no-new-privileges") || str_eq(value, "no-new-privileges:true") ||
	    str_eq(value, "no-new-privileges=true")) {
		json_set(s, "noNewPrivileges", json_new_bool(true));
		return 0;
	}
	if (str_eq(value, "no-new-privileges:false") || str_eq(value, "no-new-privileges=false")) {
		json_set(s, "noNewPrivileges", json_new_bool(false));
		return 0;
	}
	if ((v = security_word(value, "label")))
		return security_label(s, v, value, e);
	if ((v = security_word(value, "seccomp")))
		return security_seccomp(s, v, e);
	if ((v = security_word(value, "mask")))
		return security_list(s, "mask", v, value, ':', e);
	if ((v = security_word(value, "unmask")))
		return security_list(s, "unmask", v, value, ':', e);
	if ((v = security_word(value, "proc-opts")))
		return security_list(s, "procOptions", v, value, ',', e);
	if ((v = security_word(value, "systempaths")))
		return str_eq(v, "unconfined") ? security_list(s, "unmask", "ALL", value, ':', e)
					       : bad(e, value, "systempaths= takes unconfined");
	if ((v = security_word(value, "apparmor"))) {
		json_set(s, "apparmor", json_new_str(v));
		return *v ? 0 : bad(e, value, "apparmor= takes a profile, or unconfined");
	}
	return bad(e, value,
		   "expected no-new-privileges, seccomp=, label=, mask=, unmask=, systempaths=, "
		   "proc-opts= or apparmor=");
}

int parse_add_host(struct json *request, const char *value, struct err *e)
{
	const char *colon = strchr(value, ':');
	_free_ char *name = colon ? str_ndup(value, colon - value) : NULL;
	struct in6_addr any;
	struct json *h;

	if (!colon || !*name || strpbrk(value, " \t\r\n"))
		return bad(e, value, "expected NAME:IP");
	if (!str_eq(colon + 1, "host-gateway") && inet_pton(AF_INET, colon + 1, &any) != 1 &&
	    inet_pton(AF_INET6, colon + 1, &any) != 1)
		return bad(e, value, "the address is not an IP address");
	h = json_new_object();
	json_set(h, "name", json_new_str(name));
	json_set(h, "ip", json_new_str(colon + 1));
	json_add(json_need_arr(request, "addHosts"), h);
	return 0;
}

int parse_platform(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv part = {0};
	struct json *p;

	strv_split(&part, value, '/');
	if (part.n < 2 || part.n > 3 || !*part.v[0] || !*part.v[1])
		return bad(e, value, "expected OS/ARCHITECTURE[/VARIANT]");
	p = json_new_object();
	json_set(p, "os", json_new_str(part.v[0]));
	json_set(p, "architecture", json_new_str(part.v[1]));
	if (part.n == 3)
		json_set(p, "variant", json_new_str(part.v[2]));
	json_set(request, "platform", p);
	return 0;
}

int parse_cpus(struct json *request, const char *value, struct err *e)
{
	struct json *r = json_need_obj(request, "resources");
	char *end;
	double cpus = strtod(value, &end);

	if (*end || end == value || !(cpus >= 0 && cpus <= 8192))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a number of CPUs", value);
	if (cpus == 0) /* no limit */
		return 0;
	json_set(r, "cpuPeriod", json_new_int(100000));
	json_set(r, "cpuQuota", json_new_int((int64_t)(cpus * 100000)));
	return 0;
}

static int set_cpuset(struct json *request, const char *key, const char *value, const char *what,
		      struct err *e)
{
	if (!str_only(value, "0123456789,-"))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a list of %s", value, what);
	json_set(json_need_obj(request, "resources"), key, json_new_str(value));
	return 0;
}

int parse_cpuset(struct json *request, const char *value, struct err *e)
{
	return set_cpuset(request, "cpusetCpus", value, "CPUs", e);
}

int parse_cpuset_mems(struct json *request, const char *value, struct err *e)
{
	return set_cpuset(request, "cpusetMems", value, "memory nodes", e);
}

int parse_stop_signal(struct json *request, const char *value, struct err *e)
{
	if (signal_number(value) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a signal", value);
	json_set(request, "stopSignal", json_new_str(value));
	return 0;
}

/* Words stay as they are, a path becomes an absolute one. */
int parse_hosts_file(struct json *request, const char *value, struct err *e)
{
	bool word = str_eq(value, "image") || str_eq(value, "none");
	_free_ char *path = word ? str_dup(value) : absolute_path(value);

	if (!word && access(path, R_OK) < 0)
		return err_sys(e, "access", "cannot read %s", path);
	json_set(request, "hostsFile", json_new_str(path));
	return 0;
}

int parse_timezone(struct json *request, const char *value, struct err *e)
{
	_free_ char *path = str_fmt("/usr/share/zoneinfo/%s", value);

	if (!str_eq(value, "local") &&
	    (*value == '/' || strstr(value, "..") || access(path, R_OK) < 0))
		return bad(e, value, "is no time zone of /usr/share/zoneinfo, nor local");
	json_set(request, "timezone", json_new_str(value));
	return 0;
}

int parse_umask(struct json *request, const char *value, struct err *e)
{
	if (!str_only(value, "01234567") || strlen(value) > 4)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not an octal mask", value);
	json_set(request, "umask", json_new_str(value));
	return 0;
}

int parse_log_opt(struct json *request, const char *value, struct err *e)
{
	struct json *log = json_need_obj(request, "log");
	const char *rest;

	if ((rest = str_after(value, "path="))) {
		_free_ char *path = absolute_path(rest);

		json_set(log, "path", json_new_str(path));
	} else if ((rest = str_after(value, "max-size="))) {
		return parse_size(log, "maxSize", rest, e);
	} else if ((rest = str_after(value, "tag="))) {
		json_set(log, "tag", json_new_str(rest));
	} else {
		return bad(e, value, "expected path=, max-size= or tag=");
	}
	return 0;
}

/* A JSON array, or one word: Podman's --entrypoint. */
int parse_entrypoint(struct json *request, const char *value, struct err *e)
{
	struct json *arr = NULL;

	if (*value == '[') {
		if (json_parse(value, strlen(value), "--entrypoint", &arr, e) < 0) {
			e->code = ERR_USAGE;
			return -1;
		}
		json_each (w, arr)
			if (!json_str(w.v)) {
				json_put(arr);
				return bad(e, value, "expected strings");
			}
	} else {
		arr = json_new_array();
		if (*value)
			json_add(arr, json_new_str(value));
	}
	json_set(request, "entrypoint", arr);
	return 0;
}
