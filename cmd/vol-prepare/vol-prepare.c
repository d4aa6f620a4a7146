/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vol-prepare: finds or makes what a container mounts besides its root file system.
 *
 * Stages: each mount of the request is checked and resolved (a bind source must exist; a named
 * volume is made on first use, filled with what the image has at that place; a tmpfs is passed on);
 * each VOLUME of the image that no mount covers becomes an anonymous volume, or what the request
 * says; "U" changes owners; "O" and images become overlays, which the runtime mounts.
 * Where root runs it, the numbers of the devices that were asked for are looked up. Where SELinux
 * is on, selinux-label chooses the container's label and relabels (z, Z).
 *
 * The image's own paths are only ever opened below the root file system's descriptor. It must not
 * write anywhere but into volumes of the store and into sources that the user asked it to relabel
 * or chown.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/log.h"
#include "oci/imgstr.h"
#include "ctr/labelling.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "sys/treecopy.h"
#include "sys/userns.h"
#include "vol-prepare.h"
#include "wire/doc.h"
#include "wire/prog.h"

static void volumes_release(struct volumes *v)
{
	store_close(&v->s);
	json_put(v->out);
	json_put(v->taken);
	json_put(v->relabel);
	if (v->rootfs >= 0)
		close(v->rootfs);
}

/*
 * A destination without ".", "..", and needless slashes, so that one place has one name; by its
 * text alone, as Podman does. Links are the runtime's matter.
 */
static char *clean_path(const char *path)
{
	_strv_ struct strv in = {0};
	struct buf out = {0};

	strv_split(&in, path, '/');
	for (size_t i = 0; i < in.n; i++) {
		const char *word = in.v[i];

		if (str_eq(word, "..")) {
			char *slash = out.len ? strrchr(out.data, '/') : NULL;

			out.len = slash ? (size_t)(slash - out.data) : 0;
			if (slash)
				*slash = '\0';
		} else if (*word && !str_eq(word, ".")) {
			buf_fmt(&out, "/%s", word);
		}
	}
	if (!out.len)
		buf_char(&out, '/');
	return buf_take(&out);
}

/* Options of ours are taken out, mount options stay. */
static int sort_options(const struct strv *in, struct json *out, bool *chown, char *label,
			struct err *e)
{
	static const char known[] = "ro rw exec noexec suid nosuid dev nodev bind rbind private "
				    "rprivate slave rslave shared rshared unbindable runbindable "
				    "copy nocopy idmap noatime relatime rro";
	_strv_ struct strv words = {0};

	strv_split(&words, known, ' ');
	for (size_t i = 0; i < in->n; i++) {
		const char *o = in->v[i];

		if (!*o)
			continue;
		if (str_eq(o, "z") || str_eq(o, "Z"))
			*label = *o;
		else if (str_eq(o, "U"))
			*chown = true;
		else if (str_eq(o, "copy") || str_eq(o, "nocopy"))
			continue;
		else if (strv_has(&words, o) && !str_eq(o, "idmap"))
			json_add(out, json_new_str(o));
		else if (str_eq(o, "idmap"))
			return err_set(e, ERR_UNSUPPORTED, 0, NULL,
				       "volume option %s is not supported here", o);
		else
			return err_set(e, ERR_USAGE, 0, NULL, "unknown volume option \"%s\"", o);
	}
	return 0;
}

static int change_owner(struct volumes *v, const char *source, struct err *e)
{
	_close_ int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open", "cannot change the owner of %s", source);
	if (!S_ISDIR(st.st_mode))
		return fchown(fd, (uid_t)v->uid, (gid_t)v->gid) < 0
			       ? err_sys(e, "fchown", "cannot change the owner of %s", source)
			       : 0;
	return tree_chown(fd, (uid_t)v->uid, (gid_t)v->gid, e) < 0 ? err_prefix(e, "%s", source)
								   : 0;
}

struct json *mount_add(struct volumes *v, const char *type, const char *source, const char *dest)
{
	struct json *m = json_new_object();

	json_set(m, "type", json_new_str(type));
	json_set(m, "source", json_new_str(source));
	json_set(m, "destination", json_new_str(dest));
	json_set(m, "options", json_new_array());
	json_add(v->out, m);
	json_set(v->taken, dest, json_new_bool(true));
	return m;
}

int mount_finish(struct volumes *v, struct json *m, const struct strv *options, struct err *e)
{
	bool chown = false;
	char label = 0;
	const char *source = json_get_str(m, "source", "");

	if (strv_has(options, "O"))
		return overlay_volume(v, m, source, options, e);
	if (sort_options(options, json_get(m, "options"), &chown, &label, e) < 0)
		return -1;
	if (chown && change_owner(v, source, e) < 0)
		return -1;
	if (label)
		labelling_add(v->relabel, source, label == 'z');
	return 0;
}

static int one_bind(struct volumes *v, const char *source, const char *dest,
		    const struct strv *options, struct err *e)
{
	struct stat st;

	if (stat(source, &st) < 0) {
		err_sys(e, "stat", "volume source %s", source);
		return errno == ENOENT ? err_hint(e, "make it first: mkdir %s", source) : -1;
	}
	return mount_finish(v, mount_add(v, "bind", source, dest), options, e);
}

static int one_volume(struct volumes *v, const char *name, const char *dest,
		      const struct strv *options, struct err *e)
{
	_strv_ struct strv names = {0};

	if (!*name)
		return volume_names(v, 1, &names, e) < 0
			       ? -1
			       : volume_place(v, names.v[0], dest, true, options, e);
	if (!container_name_valid(name)) {
		err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a valid volume name", name);
		return err_hint(e, "a path starts with / or ./");
	}
	return volume_place(v, name, dest, false, options, e);
}

static bool same_mount(const struct json *a, const struct json *b)
{
	return str_eq(json_get_str(a, "type", ""), json_get_str(b, "type", "")) &&
	       str_eq(json_get_str(a, "source", ""), json_get_str(b, "source", "")) &&
	       json_equal(json_get(a, "options"), json_get(b, "options"));
}

/* The same mount twice is one; two different ones at a place exclude each other. */
static int same_again(struct volumes *v, const struct cur *m, const char *dest, struct err *e)
{
	const struct json *mounts = m->up->val;
	const char *other = "";

	for (size_t i = 0; i < m->index; i++) {
		const struct json *before = json_at(mounts, i);
		_free_ char *place = clean_path(json_get_str(before, "destination", ""));

		if (!str_eq(place, dest))
			continue;
		if (same_mount(before, m->val))
			return 0;
		other = json_get_str(before, "source", "");
	}
	return err_set(e, ERR_USAGE, 0, NULL, "%s: \"%s\" and \"%s\" cannot both be mounted there",
		       dest, other, json_get_str(m->val, "source", ""));
}

static int one_mount(struct volumes *v, const struct cur *m, struct err *e)
{
	const char *type = NULL, *source = "", *given = NULL;
	_strv_ struct strv options = {0};
	_free_ char *dest = NULL;

	if (cur_str(m, "type", CUR_NEED, &type, e) < 0 ||
	    cur_str(m, "source", CUR_OPTIONAL, &source, e) < 0 ||
	    cur_str(m, "destination", CUR_NEED, &given, e) < 0 ||
	    cur_strv(m, "options", CUR_OPTIONAL, &options, e) < 0)
		return -1;
	if (*given != '/')
		return cur_bad(m, e, "the destination \"%s\" is not an absolute path", given);
	dest = clean_path(given);
	if (json_has(v->taken, dest))
		return same_again(v, m, dest, e);
	if (str_eq(type, "bind"))
		return one_bind(v, source, dest, &options, e);
	if (str_eq(type, "volume"))
		return one_volume(v, source, dest, &options, e);
	if (str_eq(type, "image"))
		return overlay_image(v, source, dest, &options, e);
	if (!str_eq(type, "tmpfs") && !str_eq(type, "ramfs") && !str_eq(type, "devpts"))
		return cur_bad(m, e,
			       "type \"%s\" is not bind, volume, tmpfs, devpts, image or ramfs",
			       type);
	json_set(mount_add(v, type, type, dest), "options", json_new_strv(&options));
	return 0;
}

/* VOLUME of the image: {"/path": {}}. */
static int image_volumes(struct volumes *v, struct err *e)
{
	struct json *volumes = json_path(v->doc, "image.config.Volumes");
	const char *as = json_str(json_path(v->doc, "request.imageVolume"));
	_json_ struct json *places = json_new_object();
	_strv_ struct strv names = {0};
	struct strv none = {0};
	size_t i = 0;

	if (str_eq(as, "ignore"))
		return 0;
	if (json_len(volumes) > IMGSTR_MAX_VOLUMES)
		return err_set(e, ERR_INPUT, 0, NULL, ".image.config.Volumes: more than %d volumes",
			       IMGSTR_MAX_VOLUMES);
	json_foreach (m, volumes) {
		_free_ char *dest = clean_path(m.key);

		if (m.key[0] != '/' || strpbrk(m.key, "\r\n") || strstr(m.key, "/../") ||
		    str_ends(m.key, "/.."))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "the image has a bad VOLUME path: \"%s\"", m.key);
		if (!json_has(v->taken, dest))
			json_set(places, dest, json_new_bool(true));
	}
	if (str_eq(as, "tmpfs")) {
		json_foreach (p, places)
			mount_add(v, "tmpfs", "tmpfs", p.key);
		return 0;
	}
	if (volume_names(v, json_len(places), &names, e) < 0)
		return -1;
	json_foreach (p, places)
		if (volume_place(v, names.v[i++], p.key, true, &none, e) < 0)
			return -1;
	return 0;
}

/* What the engine itself has written for this container and spec-gen mounts into it. */
static void label_own_files(struct volumes *v)
{
	static const char *const names[] = {"hostname", "containerenv", "resolv.conf", "hosts"};
	const char *dir = json_str(json_path(v->doc, "container.directory"));

	for (size_t i = 0; dir && i < ARRAY_LEN(names); i++) {
		_free_ char *path = str_fmt("%s/%s", dir, names[i]);

		if (access(path, F_OK) == 0)
			labelling_add(v->relabel, path, false);
	}
}

/* SELinux is another program's job, so that libselinux is loaded only where it is on. */
static int apply_labels(struct volumes *v, struct err *e)
{
	if (!labelling_wanted(v->doc))
		return 0;
	label_own_files(v);
	return labelling_run(v->doc, v->relabel, e);
}

#define MAX_DEPTH 8 /* of folders of devices, such as /dev/snd */

/* One device, or those in a folder, with their numbers. */
static void add_device(struct json *out, int dir, const char *name, const char *permissions,
		       int depth)
{
	_close_ int fd = openat(dir, name, O_PATH | (depth ? O_NOFOLLOW : 0) | O_CLOEXEC);
	_closedir_ DIR *d = NULL;
	struct dirent *ent;
	struct json *item;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return; /* what does not exist cannot be mounted either */
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		item = json_new_object();
		json_set(item, "type", json_new_str(S_ISCHR(st.st_mode) ? "c" : "b"));
		json_set(item, "major", json_new_int(major(st.st_rdev)));
		json_set(item, "minor", json_new_int(minor(st.st_rdev)));
		json_set(item, "permissions", json_new_str(permissions));
		json_add(out, item);
	}
	if (!S_ISDIR(st.st_mode) || depth == MAX_DEPTH)
		return;
	d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (d && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			add_device(out, fd, ent->d_name, permissions, depth + 1);
}

/* Only root's containers can reach devices that are not in their /dev. */
static void add_devices(struct volumes *v)
{
	struct json *given = json_path(v->doc, "request.devices"), *out;

	json_del(v->doc, "devices");
	if (!json_len(given) || !userns_real_root())
		return;
	out = json_need_arr(v->doc, "devices");
	json_each (d, given)
		add_device(out, AT_FDCWD, json_get_str(d.v, "source", ""),
			   json_get_str(d.v, "permissions", "rwm"), 0);
}

static int prepare(struct volumes *v, struct err *e)
{
	struct cur root = cur_root(v->doc), request, mounts;
	const char *rootfs = json_str(json_path(v->doc, "rootfs.path"));

	if (doc_part(&root, "request", &request, e) < 0 ||
	    cur_arr(&request, "mounts", CUR_OPTIONAL, &mounts, e) < 0)
		return -1;
	v->uid = json_int(json_path(v->doc, "rootfs.user.uid"));
	v->gid = json_int(json_path(v->doc, "rootfs.user.gid"));
	if (!json_len(mounts.val) && !json_len(json_path(v->doc, "image.config.Volumes")))
		return apply_labels(v, e);
	if (store_open(&v->s, e) < 0)
		return -1;
	if (rootfs && (v->rootfs = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(e, "open", "cannot open %s", rootfs);
	for (size_t i = 0; i < json_len(mounts.val); i++) {
		struct cur m = cur_at(&mounts, i);

		if (one_mount(v, &m, e) < 0)
			return -1;
	}
	return image_volumes(v, e) < 0 ? -1 : apply_labels(v, e);
}

static int run(struct prog *p, struct err *e)
{
	_clean_(volumes_release) struct volumes v = {.doc = p->doc, .rootfs = -1, .s = STORE_NONE};

	v.out = json_new_array();
	v.taken = json_new_object();
	v.relabel = json_new_array();
	/* a container that starts again keeps the anonymous volumes of its first start */
	json_each (old, json_get(p->doc, "volumes"))
		if (json_get_bool(old.v, "anonymous", false)) {
			json_add(v.out, json_ref(old.v));
			json_set(v.taken, json_get_str(old.v, "destination", ""),
				 json_new_bool(true));
		}
	if (prepare(&v, e) < 0)
		return -1;
	add_devices(&v);
	json_set(p->doc, "volumes", json_ref(v.out));
	return 0;
}

/* Volumes are filled from the image and change owners; only labels are another program's job. */
static int confine_here(struct err *e)
{
	bool labels = labelling_is_on();
	const struct confine c = {
		.any_files = true,
		.exec = labels,
		.fork = labels,
		.caps = CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE) |
			CONFINE_CAP(CAP_DAC_READ_SEARCH) | CONFINE_CAP(CAP_FOWNER) |
			CONFINE_CAP(CAP_FSETID) | CONFINE_CAP(CAP_SETFCAP) |
			(labels ? CONFINE_CAP(CAP_MAC_ADMIN) : 0),
	};

	return confine(&c, e);
}

static const struct program program = {
	.name = "vol-prepare",
	.summary = "find or make the volumes of a container",
	.usage = "< document",
	.io = PROG_READS | PROG_WRITES | PROG_CONTAINER,
	.confine = confine_here,
	.needs = "request",
	.gives = "request volumes",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
