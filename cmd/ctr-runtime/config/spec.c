/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "spec": a config.json to begin with. "features": what this program understands. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "ctr/seccomp_default.h"
#include "process/schedule.h"
#include "runtime.h"
#include "sys/caps.h"
#include "sys/mountfd.h"
#include "sys/nsfork.h"
#include "sys/seccomp_filter.h"

struct spec_options {
	bool rootless;
	const char *bundle;
};

/* Mounts of a container: destination, type, source, options separated by commas. */
static const char *const spec_mounts[][4] = {
	{"/proc", "proc", "proc", "nosuid,noexec,nodev"},
	{"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
	{"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
	{"/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
};

static const char spec_masked[] =
	"/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats "
	"/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats "
	"/sys/devices/virtual/powercap /sys/firmware /sys/fs/selinux";
static const char spec_readonly[] = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger";
static const char spec_caps[] = "CAP_AUDIT_WRITE CAP_KILL CAP_NET_BIND_SERVICE";
static const char spec_namespaces[] = "pid network ipc uts mount cgroup";

static struct json *words(const char *text, char sep)
{
	_strv_ struct strv v = {0};

	strv_split(&v, text, sep);
	return json_new_strv(&v);
}

static void spec_process(struct json *spec)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};
	struct json *p = json_need_obj(spec, "process"), *user, *caps, *limit = json_new_object();

	json_set(p, "terminal", json_new_bool(true));
	user = json_need_obj(p, "user");
	json_set(user, "uid", json_new_int(0));
	json_set(user, "gid", json_new_int(0));
	json_set(p, "args", words("sh", ' '));
	json_set(p, "env",
		 words("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
		       "TERM=xterm",
		       ' '));
	json_set(p, "cwd", json_new_str("/"));
	caps = json_need_obj(p, "capabilities");
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		json_set(caps, sets[i], words(spec_caps, ' '));
	json_set(limit, "type", json_new_str("RLIMIT_NOFILE"));
	json_set(limit, "hard", json_new_int(1024));
	json_set(limit, "soft", json_new_int(1024));
	json_add(json_need_arr(p, "rlimits"), limit);
	json_set(p, "noNewPrivileges", json_new_bool(true));
}

static void spec_mount(struct json *spec, const char *const m[4], bool rootless)
{
	struct json *j = json_new_object(), *options = words(m[3], ',');

	json_set(j, "destination", json_new_str(m[0]));
	json_set(j, "type", json_new_str(m[1]));
	json_set(j, "source", json_new_str(m[2]));
	/* group 5 (tty) need not be mapped for a user without subordinate ids */
	if (rootless && str_eq(m[1], "devpts")) {
		json_put(options);
		options = words("nosuid,noexec,newinstance,ptmxmode=0666,mode=0620", ',');
	}
	json_set(j, "options", options);
	json_add(json_need_arr(spec, "mounts"), j);
}

static void spec_map(struct json *l, const char *key, int64_t host)
{
	struct json *m = json_new_object();

	json_set(m, "containerID", json_new_int(0));
	json_set(m, "hostID", json_new_int(host));
	json_set(m, "size", json_new_int(1));
	json_add(json_need_arr(l, key), m);
}

static void spec_linux(struct json *spec, bool rootless)
{
	struct json *l = json_need_obj(spec, "linux"), *n;
	_strv_ struct strv namespaces = {0};

	strv_split(&namespaces, spec_namespaces, ' ');
	if (rootless)
		strv_add(&namespaces, "user");
	strv_foreach (type, &namespaces) {
		n = json_new_object();
		json_set(n, "type", json_new_str(type));
		json_add(json_need_arr(l, "namespaces"), n);
	}
	if (rootless) {
		spec_map(l, "uidMappings", geteuid());
		spec_map(l, "gidMappings", getegid());
	}
	json_set(l, "maskedPaths", words(spec_masked, ' '));
	json_set(l, "readonlyPaths", words(spec_readonly, ' '));
}

static struct json *make_spec(bool rootless)
{
	struct json *spec = json_new_object(), *root;
	_strv_ struct strv caps = {0};

	json_set(spec, "ociVersion", json_new_str(OCI_VERSION));
	spec_process(spec);
	root = json_need_obj(spec, "root");
	json_set(root, "path", json_new_str("rootfs"));
	json_set(root, "readonly", json_new_bool(true));
	json_set(spec, "hostname", json_new_str("container"));
	for (size_t i = 0; i < ARRAY_LEN(spec_mounts); i++)
		spec_mount(spec, spec_mounts[i], rootless);
	spec_linux(spec, rootless);
	strv_split(&caps, spec_caps, ' ');
	json_set(json_get(spec, "linux"), "seccomp", seccomp_default_profile(&caps, NULL));
	return spec;
}

static int run_spec(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct spec_options *o = opts;
	const char *dir = o->bundle ? o->bundle : ".";
	_json_ struct json *spec = make_spec(o->rootless);
	_free_ char *text = json_text(spec, true);
	_close_ int bundle = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (bundle < 0)
		return err_sys(e, "open", "cannot open %s", dir);
	fd = openat(bundle, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return err_sys(e, "openat", "cannot make config.json");
	if (fd_write_all(fd, text, strlen(text), e) < 0)
		return -1;
	return fd_write_all(fd, "\n", 1, e);
}

static const struct opt spec_table[] = {
	{"bundle", 'b', OPT_STR, offsetof(struct spec_options, bundle), "DIR",
	 "where to write config.json (default: the current directory)"},
	{"rootless", 0, OPT_FLAG, offsetof(struct spec_options, rootless), NULL,
	 "with a user namespace that maps the caller to root"},
	{0},
};
const struct command cmd_spec = {
	"spec",
	"",
	"write a config.json to begin with",
	spec_table,
	sizeof(struct spec_options),
	0,
	0,
	false,
	false,
	run_spec,
};

static struct json *names(const char *const *list)
{
	struct json *a = json_new_array();

	for (; *list; list++)
		json_add(a, json_new_str(*list));
	return a;
}

static void put(struct json *obj, const char *key, bool value)
{
	json_set(obj, key, json_new_bool(value));
}

static void features_linux(struct json *l)
{
	struct json *caps = json_new_array(), *ns = json_new_array(), *o;

	for (int i = 0; ns_types[i].oci; i++)
		json_add(ns, json_new_str(ns_types[i].oci));
	for (int i = 0; caps_name(i); i++)
		json_add(caps, json_new_str(caps_name(i)));
	json_set(l, "namespaces", ns);
	json_set(l, "capabilities", caps);
	o = json_need_obj(l, "cgroup");
	put(o, "v1", false);
	put(o, "v2", true);
	put(o, "systemd", true);
	put(o, "systemdUser", true);
	put(o, "rdma", true);
	o = json_need_obj(l, "seccomp");
	put(o, "enabled", true);
	json_set(o, "actions", names(seccomp_action_names()));
	json_set(o, "operators", names(seccomp_operator_names()));
	json_set(o, "archs", names(seccomp_arch_names()));
	json_set(o, "knownFlags", names(seccomp_flag_names()));
	json_set(o, "supportedFlags", names(seccomp_flag_names()));
	put(json_need_obj(l, "apparmor"), "enabled", true);
	put(json_need_obj(l, "selinux"), "enabled", true);
	put(json_need_obj(l, "intelRdt"), "enabled", false);
	o = json_need_obj(l, "memoryPolicy");
	json_set(o, "modes", names(schedule_memory_modes));
	json_set(o, "flags", names(schedule_memory_flags));
	put(json_need_obj(json_need_obj(l, "mountExtensions"), "idmap"), "enabled", true);
	put(json_need_obj(l, "netDevices"), "enabled", true);
}

static int run_features(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	_json_ struct json *j = json_new_object();
	_free_ char *text = NULL;

	json_set(j, "ociVersionMin", json_new_str(OCI_VERSION_MIN));
	json_set(j, "ociVersionMax", json_new_str(OCI_VERSION));
	json_set(j, "hooks",
		 words("prestart createRuntime createContainer startContainer poststart poststop",
		       ' '));
	json_set(j, "mountOptions", names(mount_opts_names()));
	features_linux(json_need_obj(j, "linux"));
	json_add(json_need_arr(j, "potentiallyUnsafeConfigAnnotations"),
		 json_new_str(ANNOTATION_KEEP_GROUPS));
	text = json_text(j, true);
	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		return err_sys(e, "write", "cannot write to standard output");
	return 0;
}
const struct command cmd_features = {
	"features", "",		  "print what this runtime understands", NULL, 0, 0, 0, false,
	false,	    run_features,
};
