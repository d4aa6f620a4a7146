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

static void add_options(struct json *mount, const char *text, char sep)
{
	_strv_ struct strv words = {0};

	strv_split(&words, text, sep);
	json_set(mount, "options", json_new_strv(&words));
}

/* Options of which a mount has one at most. */
static int check_options(const char *value, const char *text, struct err *e)
{
	static const char *const groups[] = {
		"rw ro",
		"exec noexec",
		"suid nosuid",
		"dev nodev",
		"z Z",
		"private rprivate shared rshared slave rslave unbindable runbindable",
	};
	_strv_ struct strv words = {0};

	strv_split(&words, text, ',');
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		_strv_ struct strv group = {0};
		const char *first = NULL;

		strv_split(&group, groups[g], ' ');
		strv_foreach (w, &words) {
			if (!strv_has(&group, w))
				continue;
			if (first && !str_eq(first, w))
				return err_set(e, ERR_USAGE, 0, NULL,
					       "\"%s\": %s and %s exclude each other", value, first,
					       w);
			first = w;
		}
	}
	return 0;
}

static struct json *add_mount(struct json *request, const char *type, const char *source,
			      const char *destination)
{
	struct json *m = json_new_object();

	json_set(m, "type", json_new_str(type));
	json_set(m, "source", json_new_str(source));
	json_set(m, "destination", json_new_str(destination));
	json_add(json_need_arr(request, "mounts"), m);
	return m;
}

static bool is_path(const char *s)
{
	return s[0] == '/' || s[0] == '.' || s[0] == '~';
}

int parse_volume(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv part = {0};
	_free_ char *source = NULL;
	const char *dest;
	struct json *m;

	strv_split(&part, value, ':');
	if (part.n < 1 || part.n > 3)
		return bad(e, value, "expected [SOURCE:]DESTINATION[:OPTIONS]");
	dest = part.v[part.n > 1 ? 1 : 0];
	if (dest[0] != '/')
		return bad(e, value, "the destination in the container must be an absolute path");
	if (part.n > 1 && !*part.v[0])
		return bad(e, value, "the source is empty");
	if (part.n == 3 && check_options(value, part.v[2], e) < 0)
		return -1;
	if (part.n > 1 && is_path(part.v[0]))
		source = absolute_path(part.v[0]);
	m = add_mount(request, source ? "bind" : "volume",
		      source	   ? source
		      : part.n > 1 ? part.v[0]
				   : "",
		      dest);
	add_options(m, part.n == 3 ? part.v[2] : "", ',');
	return 0;
}

struct mount_words {
	const char *type, *source, *dest;
	struct strv options;
};

/* One KEY or KEY=VALUE of --mount. */
static int mount_word(struct mount_words *w, char *word, const char *all, struct err *e)
{
	char *eq = strchr(word, '=');
	const char *v = eq ? eq + 1 : "";

	if (eq)
		*eq = '\0';
	if (str_eq(word, "type"))
		w->type = v;
	else if (str_eq(word, "source") || str_eq(word, "src"))
		w->source = v;
	else if (str_eq(word, "destination") || str_eq(word, "dst") || str_eq(word, "target"))
		w->dest = v;
	else if (str_eq(word, "readonly") || str_eq(word, "ro"))
		strv_add(&w->options, str_eq(v, "false") ? "rw" : "ro");
	else if (str_eq(word, "rw"))
		strv_add(&w->options, str_eq(v, "false") ? "ro" : "rw");
	else if (str_eq(word, "relabel"))
		strv_add(&w->options, str_eq(v, "private") ? "Z" : "z");
	else if (str_eq(word, "U") || str_eq(word, "chown"))
		strv_add(&w->options, "U");
	else if (str_eq(word, "bind-propagation"))
		strv_add(&w->options, v);
	else if (str_eq(word, "tmpfs-size"))
		strv_addf(&w->options, "size=%s", v);
	else if (str_eq(word, "tmpfs-mode"))
		strv_addf(&w->options, "mode=%s", v);
	else if (!eq && (str_eq(word, "noexec") || str_eq(word, "exec") || str_eq(word, "nosuid") ||
			 str_eq(word, "suid") || str_eq(word, "nodev") || str_eq(word, "dev") ||
			 str_eq(word, "tmpcopyup") || str_eq(word, "notmpcopyup")))
		strv_add(&w->options, word);
	else
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": unknown mount option %s", all, word);
	return 0;
}

int parse_mount(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv words = {0};
	struct mount_words w = {.type = "volume"};
	_free_ char *source = NULL;
	struct json *m;
	int r = 0;

	strv_split(&words, value, ',');
	for (size_t i = 0; i < words.n && r == 0; i++)
		r = mount_word(&w, words.v[i], value, e);
	if (r == 0 && (!w.dest || w.dest[0] != '/'))
		r = bad(e, value, "destination= must be an absolute path");
	if (r == 0 && !str_eq(w.type, "bind") && !str_eq(w.type, "volume") &&
	    !str_eq(w.type, "tmpfs"))
		r = bad(e, value, "type= must be bind, volume or tmpfs");
	if (r == 0 && str_eq(w.type, "bind") && (!w.source || !*w.source))
		r = bad(e, value, "source= is missing");
	if (r == 0) {
		source = str_eq(w.type, "bind") ? absolute_path(w.source) : str_dup(w.source);
		m = add_mount(request, w.type, source ? source : "", w.dest);
		json_set(m, "options", json_new_strv(&w.options));
	}
	strv_release(&w.options);
	return r;
}

int parse_tmpfs(struct json *request, const char *value, struct err *e)
{
	const char *colon = strchr(value, ':');
	_free_ char *dest = colon ? str_ndup(value, colon - value) : str_dup(value);

	if (dest[0] != '/')
		return bad(e, value, "the mount point must be an absolute path");
	add_options(add_mount(request, "tmpfs", "tmpfs", dest), colon ? colon + 1 : "", ',');
	return 0;
}

int parse_device(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv part = {0};
	const char *dest, *perm = "rwm";
	struct json *d;

	strv_split(&part, value, ':');
	if (part.n < 1 || part.n > 3 || part.v[0][0] != '/')
		return bad(e, value, "expected /DEVICE[:/DEVICE-IN-CONTAINER[:rwm]]");
	dest = part.v[0];
	if (part.n > 1 && part.v[1][0] == '/')
		dest = part.v[1];
	else if (part.n == 2)
		perm = part.v[1];
	else if (part.n == 3)
		return bad(e, value, "the device in the container must be an absolute path");
	if (part.n == 3)
		perm = part.v[2];
	if (!str_only(perm, "rwm"))
		return bad(e, value, "permissions are letters of \"rwm\"");
	if (access(part.v[0], F_OK) < 0)
		return err_sys(e, "access", "device %s", part.v[0]);
	d = json_new_object();
	json_set(d, "source", json_new_str(part.v[0]));
	json_set(d, "destination", json_new_str(dest));
	json_set(d, "permissions", json_new_str(perm));
	json_add(json_need_arr(request, "devices"), d);
	return 0;
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
		add_options(n, colon ? colon + 1 : "", ',');
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
	if ((v = str_after(value, "label=")) || (v = str_after(value, "label:")))
		return security_label(s, v, value, e);
	if ((v = str_after(value, "seccomp=")) || (v = str_after(value, "seccomp:")))
		return security_seccomp(s, v, e);
	if ((v = str_after(value, "mask="))) {
		_strv_ struct strv paths = {0};

		strv_split(&paths, v, ':');
		json_set(s, "mask", json_new_strv(&paths));
		return 0;
	}
	if ((v = str_after(value, "unmask="))) {
		_strv_ struct strv paths = {0};

		strv_split(&paths, v, ':');
		json_set(s, "unmask", json_new_strv(&paths));
		return 0;
	}
	return bad(e, value, "expected no-new-privileges, seccomp=, label=, mask= or unmask=");
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
