/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host: uname(2), /proc, /etc/os-release, and what the programs that rp uses say of themselves.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>

#include "info.h"
#include "base/fd.h"
#include "oci/platform.h"
#include "sys/idmap.h"
#include "sys/spawn.h"
#include "sys/userns.h"
#include "wire/prog.h"

#define MAX_FILE 65536

/* The first line of what PROGRAM --version prints, or NULL. */
static char *version_of(const char *file)
{
	_buf_ struct buf out = {0};
	_free_ char *program = str_dup(file);
	char flag[] = "--version", *argv[] = {program, flag, NULL};
	int status;

	if (run_program(&(struct spawn){.file = file,
					.argv = argv,
					.in = SPAWN_NULL,
					.out = -1,
					.err = SPAWN_NULL},
			NULL, 0, &out, MAX_FILE, &status, NULL) < 0 ||
	    status != 0 || !out.len)
		return NULL;
	out.data[strcspn(out.data, "\n")] = '\0';
	return str_dup(out.data);
}

/* {"executable","version"}, both "" where it is not installed. */
static bool add_helper(struct json *host, const char *name)
{
	_free_ char *file = program_in_path(name, X_OK), *version = file ? version_of(file) : NULL;
	struct json *o = json_need_obj(host, name);

	json_set(o, "executable", json_new_str(file ? file : ""));
	json_set(o, "version", json_new_str(version ? version : ""));
	return file != NULL;
}

static void add_network(struct json *host)
{
	bool pasta = add_helper(host, "pasta"), slirp = add_helper(host, "slirp4netns");

	json_set(host, "networkBackend",
		 json_new_str(pasta   ? "pasta"
			      : slirp ? "slirp4netns"
				      : "none"));
	json_set(host, "rootlessNetworkCmd",
		 json_new_str(pasta   ? "pasta"
			      : slirp ? "slirp4netns"
				      : ""));
}

/* NAME=value or NAME="value"; os-release(5). */
static char *os_release(const char *text, const char *name)
{
	_strv_ struct strv lines = {0};

	strv_split(&lines, text, '\n');
	strv_foreach (line, &lines) {
		const char *v = str_after(line, name);
		size_t n;

		if (!v || *v++ != '=')
			continue;
		n = strlen(v);
		if (n >= 2 && (*v == '"' || *v == '\'') && v[n - 1] == *v)
			return str_ndup(v + 1, n - 2);
		return str_dup(v);
	}
	return str_dup("");
}

static void add_distribution(struct json *host)
{
	static const char *const keys[][2] = {{"codename", "VERSION_CODENAME"},
					      {"distribution", "ID"},
					      {"version", "VERSION_ID"}};
	_buf_ struct buf b = {0};
	struct json *d = json_need_obj(host, "distribution");

	if (file_read(AT_FDCWD, "/etc/os-release", MAX_FILE, &b, NULL) < 0)
		file_read(AT_FDCWD, "/usr/lib/os-release", MAX_FILE, &b, NULL);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		_free_ char *v = os_release(b.data ? b.data : "", keys[i][1]);

		json_set(d, keys[i][0], json_new_str(v));
	}
}

/* A number of /proc/meminfo, in bytes; proc_meminfo(5) has it in KiB. */
static int64_t meminfo(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoll(at + strlen(name), NULL, 10) * 1024 : 0;
}

static void add_memory(struct json *host)
{
	_buf_ struct buf b = {0};
	const char *text;

	file_read(AT_FDCWD, "/proc/meminfo", MAX_FILE, &b, NULL);
	text = b.data ? b.data : "";
	json_set(host, "memFree", json_new_int(meminfo(text, "MemFree:")));
	json_set(host, "memTotal", json_new_int(meminfo(text, "MemTotal:")));
	json_set(host, "swapFree", json_new_int(meminfo(text, "SwapFree:")));
	json_set(host, "swapTotal", json_new_int(meminfo(text, "SwapTotal:")));
}

static void add_uptime(struct json *host)
{
	struct timespec t = {0};
	_free_ char *text = NULL;

	clock_gettime(CLOCK_BOOTTIME, &t);
	text = str_fmt("%lldh %lldm %lld.%02lds", (long long)t.tv_sec / 3600,
		       (long long)t.tv_sec / 60 % 60, (long long)t.tv_sec % 60,
		       t.tv_nsec / 10000000);
	json_set(host, "uptime", json_new_str(text));
}

/* Of a pure v2 hierarchy; cgroups(7). "" in a hybrid or v1 one. */
static char *own_cgroup(void)
{
	_buf_ struct buf b = {0};
	const char *at;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", MAX_FILE, &b, NULL) < 0)
		return str_dup("");
	at = str_after(b.data, "0::");
	return at ? str_ndup(at, strcspn(at, "\n")) : str_dup("");
}

static void add_cgroups(struct json *host)
{
	struct json *list = json_need_arr(host, "cgroupControllers");
	_free_ char *own = own_cgroup();
	_free_ char *file = str_fmt("/sys/fs/cgroup%s/cgroup.controllers", own);
	_buf_ struct buf b = {0};
	_strv_ struct strv words = {0};
	struct statfs fs = {0};
	bool v2 = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;

	json_set(host, "cgroupVersion", json_new_str(v2 ? "v2" : "v1"));
	if (!v2 || file_read(AT_FDCWD, file, MAX_FILE, &b, NULL) < 0 || !b.len)
		return;
	b.data[strcspn(b.data, "\n")] = '\0';
	strv_split(&words, b.data, ' ');
	strv_foreach (w, &words)
		json_add(list, json_new_str(w));
}

static void add_security(struct json *host)
{
	struct json *s = json_need_obj(host, "security");
	_buf_ struct buf b = {0};
	bool apparmor =
		file_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &b, NULL) == 0 &&
		b.len && b.data[0] == 'Y';

	json_set(s, "rootless", json_new_bool(userns_host_uid() != 0));
	json_set(s, "seccompEnabled", json_new_bool(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0));
	json_set(s, "selinuxEnabled", json_new_bool(access("/sys/fs/selinux/enforce", F_OK) == 0));
	json_set(s, "apparmorEnabled", json_new_bool(apparmor));
}

static struct json *map_json(const struct idmap *map)
{
	struct json *arr = json_new_array();

	for (size_t i = 0; i < map->n; i++) {
		struct json *o = json_new_object();

		json_set(o, "container_id", json_new_int(map->r[i].inside));
		json_set(o, "host_id", json_new_int(map->r[i].outside));
		json_set(o, "size", json_new_int(map->r[i].count));
		json_add(arr, o);
	}
	return arr;
}

/* Inside the user's namespace the map there is; outside, the one that it would get. */
static int add_map(struct json *maps, const char *key, bool gid, struct err *e)
{
	_free_ struct idmap *map = mem_alloc(sizeof(*map));

	if (idmap_current(gid, map, e) < 0)
		return -1;
	if (geteuid() != 0) {
		struct passwd *pw = getpwuid(getuid());

		if (idmap_read(gid ? "/etc/subgid" : "/etc/subuid", pw ? pw->pw_name : NULL,
			       getuid(), gid ? getgid() : getuid(), map, e) < 0)
			return -1;
	}
	json_set(maps, key, map_json(map));
	return 0;
}

static void add_runtime(struct json *host)
{
	struct json *r = json_need_obj(host, "ociRuntime");
	_free_ char *path = program_path("ctr-runtime");
	_free_ char *version = version_of(path);

	json_set(r, "name", json_new_str("ctr-runtime"));
	json_set(r, "path", json_new_str(path));
	json_set(r, "version", json_new_str(version ? version : ""));
}

/* What stands in the place of conmon; under that key, too, where scripts look for it. */
static void add_monitor(struct json *host)
{
	_free_ char *path = program_path("ctr-monitor");
	_free_ char *version = str_fmt("ctr-monitor (rp) %s", RP_VERSION);
	struct json *m = json_need_obj(host, "conmon");

	json_set(m, "package", json_new_str("rp"));
	json_set(m, "path", json_new_str(path));
	json_set(m, "version", json_new_str(version));
	json_set(host, "monitor", json_ref(m));
}

int describe_host(struct json *host, struct err *e)
{
	_platform_ struct platform pf = {0};
	struct json *socket_info, *maps;
	struct utsname u;

	platform_host(&pf);
	if (uname(&u) < 0)
		return err_sys(e, "uname", "cannot ask the kernel");
	json_set(host, "arch", json_new_str(pf.arch));
	json_set(host, "os", json_new_str(pf.os));
	json_set(host, "kernel", json_new_str(u.release));
	json_set(host, "hostname", json_new_str(u.nodename));
	json_set(host, "cpus", json_new_int(sysconf(_SC_NPROCESSORS_ONLN)));
	add_distribution(host);
	add_memory(host);
	add_uptime(host);
	add_cgroups(host);
	add_security(host);
	add_runtime(host);
	add_network(host);
	json_set(host, "cgroupManager",
		 json_new_str(userns_host_uid() != 0 && !getenv("DBUS_SESSION_BUS_ADDRESS")
				      ? "cgroupfs"
				      : "systemd"));
	add_monitor(host);
	json_set(host, "logDriver", json_new_str("k8s-file"));
	json_set(host, "eventLogger", json_new_str("none"));
	socket_info = json_need_obj(host, "remoteSocket");
	json_set(socket_info, "exists", json_new_bool(false));
	json_set(socket_info, "path", json_new_str(""));
	json_set(host, "serviceIsRemote", json_new_bool(false));
	maps = json_need_obj(host, "idMappings");
	return add_map(maps, "uidmap", false, e) < 0 ? -1 : add_map(maps, "gidmap", true, e);
}
