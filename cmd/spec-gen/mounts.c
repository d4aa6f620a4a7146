/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts: the kernel's file systems, the files that the engine writes, devices, volumes.
 *
 * All are collected in that order, then sorted by the depth of their destinations, so that a mount
 * never hides one made before it. Among equals the order stays. A volume or device on the same
 * destination takes the place of a default, and a directory of the user's also that of those below
 * it: their mount points would be made in it. The files in /etc and the init program are mounted in
 * any case.
 *
 * Device nodes cannot be made in a user namespace, so devices are bind mounts. Nothing may be
 * mounted over /proc, through which the runtime sets labels and limits, but for the single files
 * that container-aware proc file systems replace.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"
#include "oci/imgstr.h"

#define WORDS(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define SHM_DEFAULT (64LL << 20)

static struct json *new_mount(const char *dst, const char *type, const char *src,
			      struct json *mount_options)
{
	struct json *m = json_new_object();

	json_set(m, "destination", json_new_str(dst));
	json_set(m, "type", json_new_str(type));
	json_set(m, "source", json_new_str(src));
	json_set(m, "options", mount_options);
	return m;
}

/* Adds a mount; one on the same destination is replaced. */
static void put_mount(struct gen *g, struct json *m)
{
	const char *dst = json_get_str(m, "destination", "");
	struct json *place = json_get(g->places, dst);

	if (place) {
		json_set_at(g->mounts, (size_t)json_int(place), m);
		return;
	}
	json_set(g->places, dst, json_new_int((int64_t)json_len(g->mounts)));
	json_add(g->mounts, m);
}

static void add(struct gen *g, const char *dst, const char *type, const char *src,
		const char *const *words)
{
	put_mount(g, new_mount(dst, type, src, gen_strings(words)));
}

static void add_sys(struct gen *g)
{
	const char *mode = g->privileged ? "rw" : "ro";

	/* systemd makes cgroups of its own; those of others are not in its namespace */
	const char *cgroup =
		g->systemd && !str_eq(json_get_str(g->request.val, "cgroupns", ""), "host") ? "rw"
											    : mode;

	/* sysfs belongs to a network namespace: without an own one the kernel refuses a new one */
	if (g->new_netns)
		add(g, "/sys", "sysfs", "sysfs", WORDS("nosuid", "noexec", "nodev", mode));
	else
		add(g, "/sys", "bind", "/sys",
		    WORDS("rbind", "rprivate", "nosuid", "noexec", "nodev", mode));
	add(g, "/sys/fs/cgroup", "cgroup", "cgroup",
	    WORDS("rprivate", "nosuid", "noexec", "nodev", "relatime", cgroup));
}

static int add_shm(struct gen *g, bool writable, struct err *e)
{
	int64_t size = SHM_DEFAULT;
	char text[40];

	if (cur_int(&g->request, "shmSize", CUR_OPTIONAL, 0, INT64_MAX, &size, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "size=%lld", (long long)size);
	add(g, "/dev/shm", "tmpfs", "shm",
	    WORDS("nosuid", "noexec", "nodev", "mode=1777", text, writable ? NULL : "ro"));
	return 0;
}

static int add_proc(struct gen *g, struct err *e)
{
	_strv_ struct strv words = {0};
	struct cur list = cur_key(&g->security, "procOptions");

	strv_add(&words, "nosuid");
	strv_add(&words, "noexec");
	strv_add(&words, "nodev");
	if (cur_strv(&g->security, "procOptions", CUR_OPTIONAL, &words, e) < 0)
		return -1;
	strv_foreach (w, &words) {
		if (!*w || strchr(w, ',') || !imgstr_printable(w))
			return cur_bad(&list, e, "\"%.60s\" is no mount option", w);
	}
	put_mount(g, new_mount("/proc", "proc", "proc", json_new_strv(&words)));
	return 0;
}

static int add_kernel(struct gen *g, bool tmpfs, struct err *e)
{
	if (add_proc(g, e) < 0)
		return -1;
	add(g, "/dev", "tmpfs", "tmpfs",
	    WORDS("nosuid", "noexec", "strictatime", "mode=755", "size=65536k"));
	add(g, "/dev/pts", "devpts", "devpts",
	    WORDS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
		  g->tty_gid < 0 ? NULL : "gid=5"));
	add(g, "/dev/mqueue", "mqueue", "mqueue", WORDS("nosuid", "noexec", "nodev"));
	add_sys(g);
	return add_shm(g, !g->read_only || tmpfs, e);
}

/* A read-only root with places to write, as --read-only-tmpfs has it. */
static void add_tmpfs(struct gen *g)
{
	const char *const options[] = {"rw", "rprivate", "nosuid", "nodev", "tmpcopyup", NULL};

	add(g, "/run", "tmpfs", "tmpfs", options);
	add(g, "/tmp", "tmpfs", "tmpfs", options);
	add(g, "/var/tmp", "tmpfs", "tmpfs", options);
}

/* What systemd writes to. The journal is kept only below /var/log/journal; systemd.io. */
static int add_systemd(struct gen *g, struct err *e)
{
	static const char *const places[] = {"/run", "/run/lock", "/tmp", "/var/log/journal"};
	int64_t size = 0;
	char text[40];

	if (cur_int(&g->request, "shmSizeSystemd", CUR_OPTIONAL, 0, INT64_MAX, &size, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "size=%lld", (long long)size);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		add(g, places[i], "tmpfs", "tmpfs",
		    WORDS("rw", "rprivate", "nosuid", "nodev", "tmpcopyup",
			  size && i < 2 ? text : NULL));
	return 0;
}

static void add_file(struct gen *g, const char *dst, const char *src)
{
	add(g, dst, "bind", src,
	    WORDS("bind", "rprivate", "nosuid", "noexec", "nodev", g->read_only ? "ro" : "rw"));
}

/* A file of the container's directory, written by ctr-create. */
static void add_own(struct gen *g, const char *dst, const char *dir, const char *name)
{
	_free_ char *src = str_fmt("%s/%s", dir, name);

	add_file(g, dst, src);
}

static int add_init(struct gen *g, struct err *e)
{
	_free_ char *path = NULL;
	bool init = false;

	if (cur_bool(&g->request, "init", CUR_OPTIONAL, &init, e) < 0 ||
	    gen_path(&g->request, "initPath", CUR_OPTIONAL, &path, e) < 0)
		return -1;
	if (!init)
		return 0;
	if (!path) {
		err_set(e, ERR_INPUT, 0, "json", ".request.initPath: is missing");
		return err_hint(e, "install catatonit, or name an init program");
	}
	add(g, "/run/podman-init", "bind", path,
	    WORDS("bind", "rprivate", "nosuid", "nodev", "ro"));
	return 0;
}

/* For programs that change their root inside of the container. */
static int add_chroot_files(struct gen *g, const char *resolv, const char *hosts, struct err *e)
{
	_strv_ struct strv dirs = {0};
	struct cur list = cur_key(&g->request, "chrootDirs");

	if (cur_strv(&g->request, "chrootDirs", CUR_OPTIONAL, &dirs, e) < 0)
		return -1;
	strv_foreach (d, &dirs) {
		_free_ char *dir = imgstr_path(d);
		_free_ char *resolv_at = str_fmt("%s/etc/resolv.conf", dir ? dir : "");
		_free_ char *hosts_at = str_fmt("%s/etc/hosts", dir ? dir : "");

		if (!dir || imgstr_path_below(dir, "/proc"))
			return cur_bad(&list, e, "\"%.200s\" is no directory for these files", d);
		if (resolv)
			add_file(g, str_eq(dir, "/") ? "/etc/resolv.conf" : resolv_at, resolv);
		if (hosts)
			add_file(g, str_eq(dir, "/") ? "/etc/hosts" : hosts_at, hosts);
	}
	return 0;
}

static int add_files(struct gen *g, struct err *e)
{
	_free_ char *dir = NULL, *resolv = NULL, *hosts = NULL;

	if (gen_path(&g->container, "directory", CUR_OPTIONAL, &dir, e) < 0 ||
	    gen_path(&g->network, "resolvConf", CUR_OPTIONAL, &resolv, e) < 0 ||
	    gen_path(&g->network, "hosts", CUR_OPTIONAL, &hosts, e) < 0)
		return -1;
	if (resolv)
		add_file(g, "/etc/resolv.conf", resolv);
	if (hosts)
		add_file(g, "/etc/hosts", hosts);
	if (add_chroot_files(g, resolv, hosts, e) < 0)
		return -1;
	if (dir && json_has(g->request.val, "timezone"))
		add_own(g, "/etc/localtime", dir, "localtime");
	if (dir) {
		add_own(g, "/etc/hostname", dir, "hostname");
		add_own(g, "/run/.containerenv", dir, "containerenv");
	}
	return add_init(g, e);
}

/* The destination of a mount that the user asked for, or that an image's volume led to. */
static int destination(const struct cur *item, char **out, struct err *e)
{
	static const char *const files[] = {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo",
					    "/proc/stat",    "/proc/swaps",	"/proc/uptime",
					    "/proc/loadavg", "/proc/slabinfo"};
	struct cur c = cur_key(item, "destination");

	if (gen_path(item, "destination", CUR_NEED, out, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (str_eq(*out, files[i]))
			return 0;
	if (str_eq(*out, "/") || imgstr_path_below(*out, "/proc"))
		return cur_bad(&c, e, "nothing can be mounted on %.200s", *out);
	return 0;
}

static int add_device(struct gen *g, const struct cur *d, struct err *e)
{
	_free_ char *src = NULL, *dst = NULL;
	const char *perm = "rwm";
	struct cur p = cur_key(d, "permissions");

	if (gen_path(d, "source", CUR_NEED, &src, e) < 0)
		return -1;
	if (!json_has(d->val, "destination"))
		dst = str_dup(src);
	else if (destination(d, &dst, e) < 0)
		return -1;
	if (cur_str(d, "permissions", CUR_OPTIONAL, &perm, e) < 0)
		return -1;
	if (!str_only(perm, "rwm"))
		return cur_bad(&p, e, "\"%.20s\" is not of r, w, m", perm);
	strv_add(&g->asked, dst);
	add(g, dst, "bind", src,
	    WORDS("rbind", "rprivate", "nosuid", "noexec", strchr(perm, 'w') ? "rw" : "ro"));
	return 0;
}

static int add_devices(struct gen *g, struct err *e)
{
	struct cur devices;

	if (cur_arr(&g->request, "devices", CUR_OPTIONAL, &devices, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(devices.val); i++) {
		struct cur d = cur_at(&devices, i);

		if (add_device(g, &d, e) < 0)
			return -1;
	}
	return 0;
}

static bool has_any(const struct strv *v, const char *const *words)
{
	for (; *words; words++)
		if (strv_has(v, *words))
			return true;
	return false;
}

/*
 * What a volume gets where its own options do not say otherwise. A bind keeps what the mount allows
 * that it comes from, so that a device is one; what is made new allows neither devices nor setuid.
 */
static void volume_defaults(struct strv *v, bool bind, bool copy_up)
{
	if (bind && !has_any(v, WORDS("bind", "rbind")))
		strv_add(v, "rbind");
	if (!has_any(v, WORDS("private", "rprivate", "slave", "rslave", "shared", "rshared",
			      "unbindable", "runbindable")))
		strv_add(v, "rprivate");
	if (!bind && !has_any(v, WORDS("suid", "nosuid")))
		strv_add(v, "nosuid");
	if (!bind && !has_any(v, WORDS("dev", "nodev")))
		strv_add(v, "nodev");
	if (!bind && copy_up && !strv_has(v, "tmpcopyup"))
		strv_add(v, "tmpcopyup");
}

static int volume_options(const struct cur *vol, struct strv *out, bool *copy_up, struct err *e)
{
	_strv_ struct strv in = {0};
	struct cur arr = cur_key(vol, "options");

	if (cur_strv(vol, "options", CUR_OPTIONAL, &in, e) < 0)
		return -1;
	for (size_t i = 0; i < in.n; i++) {
		struct cur item = cur_at(&arr, i);

		if (!*in.v[i] || strchr(in.v[i], ',') || !imgstr_printable(in.v[i]))
			return cur_bad(&item, e, "\"%.60s\" is no mount option", in.v[i]);
		/* vol-prepare has acted on these; no runtime knows them */
		if (str_only(in.v[i], "zZU") || str_eq(in.v[i], "copy") ||
		    str_eq(in.v[i], "nocopy"))
			continue;
		if (str_eq(in.v[i], "notmpcopyup") || str_eq(in.v[i], "nocopyup"))
			*copy_up = false;
		else
			strv_add(out, in.v[i]);
	}
	return 0;
}

/* Which of the kinds of mounts a volume is. */
enum volume_kind { IS_BIND, IS_NEW, IS_DEVPTS, IS_OVERLAY };

static int volume_kind(const struct cur *vol, const char **type, enum volume_kind *out,
		       struct err *e)
{
	static const struct {
		const char *name, *type;
		enum volume_kind kind;
	} kinds[] = {{"bind", "bind", IS_BIND},	      {"volume", "bind", IS_BIND},
		     {"tmpfs", "tmpfs", IS_NEW},      {"ramfs", "ramfs", IS_NEW},
		     {"devpts", "devpts", IS_DEVPTS}, {"overlay", "overlay", IS_OVERLAY}};
	struct cur t = cur_key(vol, "type");
	const char *name = NULL;

	if (cur_str(vol, "type", CUR_NEED, &name, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_eq(kinds[i].name, name))
			continue;
		*type = kinds[i].type;
		*out = kinds[i].kind;
		return 0;
	}
	return cur_bad(&t, e, "\"%.60s\" is not one of: bind volume tmpfs ramfs devpts overlay",
		       name);
}

/* Nobody but the user of the terminal has a use for a device or a program there. */
static void devpts_defaults(struct strv *v)
{
	if (!strv_has(v, "newinstance"))
		strv_add(v, "newinstance");
	strv_add(v, "nosuid");
	strv_add(v, "noexec");
	strv_foreach (w, v) {
		if (str_after(w, "ptmxmode="))
			return;
	}
	strv_add(v, "ptmxmode=0666");
}

static int add_volume(struct gen *g, const struct cur *vol, struct err *e)
{
	_free_ char *src = NULL, *dst = NULL;
	_strv_ struct strv words = {0};
	const char *type = NULL;
	enum volume_kind kind;
	bool copy_up = true;

	if (volume_kind(vol, &type, &kind, e) < 0 || destination(vol, &dst, e) < 0 ||
	    volume_options(vol, &words, &copy_up, e) < 0)
		return -1;
	if (kind == IS_BIND && gen_path(vol, "source", CUR_NEED, &src, e) < 0)
		return -1;
	if (kind == IS_DEVPTS)
		devpts_defaults(&words);
	else
		volume_defaults(&words, kind == IS_BIND, kind == IS_NEW && copy_up);
	strv_add(&g->asked, dst);
	/* a tmpfs of the user's is new as well, but who takes /dev wants all of it */
	if (kind == IS_BIND || kind == IS_OVERLAY || str_eq(dst, "/dev"))
		strv_add(&g->covers, dst);
	put_mount(g, new_mount(dst, type, kind == IS_BIND ? src : type, json_new_strv(&words)));
	return 0;
}

static int add_volumes(struct gen *g, struct err *e)
{
	struct cur volumes;

	if (cur_arr(&g->root, "volumes", CUR_OPTIONAL, &volumes, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(volumes.val); i++) {
		struct cur v = cur_at(&volumes, i);

		if (add_volume(g, &v, e) < 0)
			return -1;
	}
	return 0;
}

/* The files in /etc and the init program are needed in any case. */
static bool stays(const struct gen *g, const char *dst)
{
	return imgstr_path_below(dst, "/etc") || str_eq(dst, "/run/podman-init") ||
	       strv_has(&g->asked, dst);
}

static bool is_covered(const struct gen *g, const char *dst)
{
	strv_foreach (at, &g->covers)
		if (!str_eq(dst, at) && imgstr_path_below(dst, at))
			return true;
	return false;
}

/* Of the first n mounts, the defaults, those whose places would be made in a directory of the
 * user's. */
static void drop_covered(struct gen *g, size_t n)
{
	struct json *kept = json_new_array();

	json_each (it, g->mounts) {
		const char *dst = json_get_str(it.v, "destination", "");

		if (it.i >= n || stays(g, dst) || !is_covered(g, dst))
			json_add(kept, json_ref(it.v));
	}
	json_set(g->spec, "mounts", kept);
	g->mounts = kept;
}

static int depth(const struct json *m)
{
	int n = 0;

	for (const char *p = json_get_str(m, "destination", ""); *p; p++)
		n += *p == '/' && p[1];
	return n;
}

struct placed {
	struct json *mount;
	size_t index;
	int depth;
};

static int by_depth(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static void sort_mounts(struct gen *g)
{
	struct json *sorted = json_new_array();
	size_t n = json_len(g->mounts);
	_free_ struct placed *v = mem_alloc(n * sizeof(*v));

	json_each (it, g->mounts)
		v[it.i] = (struct placed){it.v, it.i, depth(it.v)};
	qsort(v, n, sizeof(*v), by_depth);
	for (size_t i = 0; i < n; i++)
		json_add(sorted, json_ref(v[i].mount));
	json_set(g->spec, "mounts", sorted);
	g->mounts = sorted;
}

/* Whether the container has a network namespace, and whose. */
static int read_network(struct gen *g, struct err *e)
{
	const char *mode = "none", *path = NULL;
	struct cur m = cur_key(&g->network, "mode"), n = cur_key(&g->network, "namespace");

	if (cur_str(&g->network, "mode", CUR_OPTIONAL, &mode, e) < 0 ||
	    cur_str(&g->network, "namespace", CUR_OPTIONAL, &path, e) < 0)
		return -1;
	if (!str_eq(mode, "none") && !str_eq(mode, "host") && !str_eq(mode, "slirp4netns") &&
	    !str_eq(mode, "pasta") && !str_eq(mode, "container"))
		return cur_bad(&m, e, "\"%.60s\" is no network mode", mode);
	g->host_net = str_eq(mode, "host");
	g->new_netns = !g->host_net && !str_eq(mode, "container");
	if ((!path || !*path) && !g->host_net && !str_eq(mode, "none"))
		return cur_bad(&n, e, "is missing");
	return 0;
}

int gen_mounts(struct gen *g, struct err *e)
{
	bool tmpfs = true;
	size_t defaults;

	if (read_network(g, e) < 0 ||
	    cur_bool(&g->request, "readOnlyTmpfs", CUR_OPTIONAL, &tmpfs, e) < 0 ||
	    add_kernel(g, tmpfs, e) < 0)
		return -1;
	if (g->read_only && tmpfs)
		add_tmpfs(g);
	if (g->systemd && add_systemd(g, e) < 0)
		return -1;
	if (add_files(g, e) < 0)
		return -1;
	defaults = json_len(g->mounts);
	if (add_devices(g, e) < 0 || add_volumes(g, e) < 0)
		return -1;
	drop_covered(g, defaults);
	sort_mounts(g);
	return 0;
}
