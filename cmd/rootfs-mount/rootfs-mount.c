/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs-mount: mounts the image's layers and the container's read-write layer as one tree.
 *
 * Stages: check the document; where SELinux is on, choose the container's label; mount with
 * overlayfs, or copy where the kernel refuses (where it refuses a probe as well, that is remembered
 * for this boot in RUN/no-overlay); look the container's user up in the tree; add what passwd,
 * group and the working directory lack. The mount lives in the mount namespace of the caller and
 * ends with it.
 *
 * It must not run anything from the tree, and not write below any layer but the container's own.
 */
#include "rootfs-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/log.h"
#include "ctr/container.h"
#include "ctr/labelling.h"
#include "ctr/no_overlay.h"
#include "oci/imgstr.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	const char *driver;
};

static const struct opt options[] = {
	{"driver", 0, OPT_STR, offsetof(struct options, driver), "DRIVER",
	 "overlay or vfs, instead of what the kernel offers", .values = "overlay vfs"},
	{0},
};

static void copy_warning(const char *why)
{
	log_warn("%s; copying the image instead, which takes time and space", why);
}

/*
 * overlayfs has refused this tree. Whether it refuses all of them is for a probe to say, never for
 * one image or container. 0: copy it.
 */
static int judge_refusal(const struct store *s, struct err *e)
{
	_free_ char *why = str_fmt("%s: %s", e->msg, strerror(e->errnum));
	struct err probe = {0};

	if (e->code != ERR_UNSUPPORTED)
		return -1;
	if (overlay_probe(s, &probe) < 0) {
		if (probe.code != ERR_UNSUPPORTED)
			return -1;
		no_overlay_remember(s, why);
	}
	copy_warning(why);
	err_clear(e);
	return 0;
}

/*
 * A directory of the user's as the root file system (--rootfs): itself, with what is mounted below
 * it, or with ":O" behind its path as the only layer of an overlay.
 */
static int read_directory(const struct json *request, struct rootfs *r, struct err *e)
{
	const char *path = json_get_str(request, "image", "");
	bool overlay = str_ends(path, ":O");
	struct stat st;

	r->directory = str_ndup(path, strlen(path) - (overlay ? 2 : 0));
	if (*path != '/')
		return err_set(e, ERR_INPUT, 0, NULL, ".request.image: no absolute path");
	if (stat(r->directory, &st) < 0)
		return err_sys(e, "stat", "root file system %s", r->directory);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, 0, NULL, "root file system %s is no directory",
			       r->directory);
	if (!overlay)
		return 0;
	strv_take(&r->layers, r->directory);
	r->directory = NULL;
	return 0;
}

static int bind_directory(const struct rootfs *r, struct err *e)
{
	_close_ int from = open(r->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int to = path_open_beneath(r->dir, "rootfs", O_PATH | O_DIRECTORY, 0, e);
	char source[FD_PATH_LEN], target[FD_PATH_LEN];

	if (to < 0)
		return -1;
	if (from < 0 || mount(path_fd_link(from, source), path_fd_link(to, target), NULL,
			      MS_BIND | MS_REC, NULL) < 0)
		return err_sys(e, "mount", "root file system %s", r->directory);
	return 0;
}

/* The name of the driver that was used, NULL on failure. */
static const char *mount_tree(const struct store *s, const struct rootfs *r, const char *driver,
			      struct err *e)
{
	_free_ char *why = driver ? NULL : no_overlay_why(s);

	if (r->directory)
		return bind_directory(r, e) < 0 ? NULL : "directory";
	if (faccessat(r->dir, COPIED, F_OK, 0) == 0)
		return "vfs";
	if (why) {
		copy_warning(why);
	} else if (!str_eq(driver, "vfs")) {
		if (overlay_mount(r, e) == 0)
			return "overlay";
		if (driver || judge_refusal(s, e) < 0)
			return NULL;
	}
	return vfs_copy(r, e) < 0 ? NULL : "vfs";
}

/*
 * A layer that comes twice counts where it is uppermost, and there alone: all that it has below is
 * hidden by what it has above, and overlayfs takes a folder only once.
 */
static int read_layers(const struct cur *root, struct strv *layers, struct err *e)
{
	_strv_ struct strv all = {0};
	struct cur rootfs;

	if (cur_obj(root, "rootfs", CUR_NEED, &rootfs, e) < 0 ||
	    cur_strv(&rootfs, "layers", CUR_NEED, &all, e) < 0)
		return -1;
	if (all.n == 0)
		return err_set(e, ERR_INPUT, 0, NULL, ".rootfs.layers: the image has no layers");
	for (size_t i = 0; i < all.n; i++) {
		const struct strv above = {all.v + i + 1, all.n - i - 1};

		if (i + 1 == all.n || !strv_has(&above, all.v[i]))
			strv_add(layers, all.v[i]);
	}
	return 0;
}

static void places_release(struct places *p)
{
	strv_release(&p->mounted);
	strv_release(&p->host_users);
	free(p->workdir);
}

static void add_place(struct places *p, const char *path)
{
	_free_ char *clean = path ? imgstr_path(path) : NULL;

	if (clean)
		strv_add(&p->mounted, clean);
}

/* Where the runtime mounts something in any case, or by what was asked for. */
static void find_mounts(const struct cur *root, struct places *p)
{
	static const char *const always[] = {"/proc", "/dev", "/sys"};
	static const char *const tmpfs[] = {"/run", "/tmp", "/var/tmp"};
	const struct json *request = json_get(root->val, "request");

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		add_place(p, always[i]);
	for (size_t i = 0; json_get_bool(request, "readOnly", false) && i < ARRAY_LEN(tmpfs); i++)
		add_place(p, tmpfs[i]);
	json_each (m, json_get(request, "mounts"))
		add_place(p, json_get_str(m.v, "destination", NULL));
	if (str_eq(json_get_str(request, "imageVolume", ""), "ignore"))
		return;
	json_foreach (v, json_path(root->val, "image.config.Volumes"))
		add_place(p, v.key);
}

static int read_places(const struct cur *root, struct places *p, struct err *e)
{
	struct cur request = cur_key(root, "request"), w = cur_key(&request, "workdir");
	const char *dir = json_str(json_path(root->val, "image.config.WorkingDir"));

	p->passwd = true;
	p->workdir_of_user = w.val;
	if (cur_str(&request, "workdir", CUR_OPTIONAL, &dir, e) < 0 ||
	    cur_bool(&request, "passwd", CUR_OPTIONAL, &p->passwd, e) < 0 ||
	    cur_str(&request, "passwdEntry", CUR_OPTIONAL, &p->passwd_entry, e) < 0 ||
	    cur_str(&request, "groupEntry", CUR_OPTIONAL, &p->group_entry, e) < 0 ||
	    cur_strv(&request, "hostUsers", CUR_OPTIONAL, &p->host_users, e) < 0)
		return -1;
	p->workdir = imgstr_path(dir && *dir ? dir : "/");
	if (!p->workdir)
		return cur_bad(&w, e, "\"%.200s\" is no absolute path", dir);
	find_mounts(root, p);
	return 0;
}

/* The user, and what it finds in the tree. */
static int settle(const struct cur *root, const char *id, struct json *rootfs,
		  const struct rootfs *r, struct err *e)
{
	_close_ int tree = path_open_beneath(r->dir, "rootfs", O_PATH | O_DIRECTORY, 0, e);
	_strv_ struct strv groups = {0};
	_clean_(user_release) struct user u = {0};
	_clean_(places_release) struct places places = {0};
	struct cur request = cur_key(root, "request");
	const char *user = json_str(json_path(root->val, "image.config.User"));

	if (tree < 0 || cur_str(&request, "user", CUR_OPTIONAL, &user, e) < 0 ||
	    cur_strv(&request, "groups", CUR_OPTIONAL, &groups, e) < 0 ||
	    read_places(root, &places, e) < 0)
		return -1;
	/* a directory of the user's stays as it is */
	places.passwd = places.passwd && !r->directory;
	if (accounts_add_host(tree, &places, e) < 0 ||
	    user_lookup(tree, user ? user : "", &groups, &u, e) < 0)
		return -1;
	accounts_add(tree, &u, &places);
	if (workdir_check(tree, id, &u, &places, e) < 0)
		return -1;
	json_set(rootfs, "user", user_json(&u));
	return 0;
}

/* What mounting takes, and copying where that is refused. */
#define MOUNT_CAPS                                                                              \
	(CONFINE_CAP(CAP_SYS_ADMIN) | CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE) |  \
	 CONFINE_CAP(CAP_DAC_READ_SEARCH) | CONFINE_CAP(CAP_FOWNER) | CONFINE_CAP(CAP_FSETID) | \
	 CONFINE_CAP(CAP_MKNOD) | CONFINE_CAP(CAP_SETFCAP))

/* Before the document is read. Where SELinux is on, selinux-label(1) chooses the label. */
static int confine_early(struct err *e)
{
	const bool label = labelling_is_on();
	const struct confine c = {
		.any_files = true,
		.mounts = true,
		.exec = label,
		.fork = label,
		.caps = MOUNT_CAPS,
	};

	return confine(&c, e);
}

/*
 * From here on only the image's own files are read, which are hostile, and what is added to them is
 * written: lines of passwd and group, the working directory, with the owners that they have.
 */
static int confine_late(struct err *e)
{
	static const struct confine c = {
		.any_files = true,
		.caps = CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE),
	};

	return confine(&c, e);
}

/* Old programs want to see their mounts there. What the image has is left alone. */
static void make_mtab(int dir)
{
	_close_ int tree = path_open_beneath(dir, "rootfs", O_PATH | O_DIRECTORY, 0, NULL);
	_close_ int etc =
		tree < 0 ? -1 : path_open_in_root(tree, "/etc", O_PATH | O_DIRECTORY, 0, NULL);

	if (etc >= 0 && symlinkat("/proc/mounts", etc, "mtab") < 0)
		return; /* it is there already, or it cannot be made: nothing depends on it */
}

static void rootfs_release(struct rootfs *r)
{
	strv_release(&r->layers);
	free(r->directory);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), container;
	const char *id = NULL, *path = NULL, *driver;
	bool forced = str_eq(getenv("RP_STORAGE_DRIVER"), "vfs");
	_close_ int dir = -1;
	_store_ struct store s = STORE_NONE;
	_free_ char *mounted = NULL;
	_clean_(rootfs_release) struct rootfs r = {0};
	const struct json *request = json_get(p->doc, "request");
	struct json *rootfs;

	if (doc_part(&root, "container", &container, e) < 0 ||
	    cur_str(&container, "id", CUR_NEED, &id, e) < 0 ||
	    cur_str(&container, "directory", CUR_NEED, &path, e) < 0 ||
	    (json_get_bool(request, "rootfs", false) ? read_directory(request, &r, e)
						     : read_layers(&root, &r.layers, e)) < 0 ||
	    store_open(&s, e) < 0)
		return -1;
	dir = container_dir(&s, id, e);
	if (dir < 0)
		return -1;
	r.dir = dir;
	r.path = path;
	r.is_volatile = json_get_bool(request, "remove", false);
	if (rootfs_choose_label(p->doc, &r, e) < 0)
		return -1;
	/* RP_STORAGE_DRIVER: rp --storage-driver; overlay is what is tried anyway */
	driver = mount_tree(&s, &r, o->driver ? o->driver : forced ? "vfs" : NULL, e);
	if (!driver || (str_eq(driver, "vfs") && rootfs_relabel(p->doc, &r, e) < 0))
		return -1;
	if (!r.directory)
		make_mtab(dir);
	rootfs = json_need_obj(p->doc, "rootfs");
	mounted = str_fmt("%s/rootfs", path);
	json_set(rootfs, "driver", json_new_str(driver));
	json_set(rootfs, "path", json_new_str(mounted));
	return confine_late(e) < 0 ? -1 : settle(&root, id, rootfs, &r, e);
}

static const struct program program = {
	.name = "rootfs-mount",
	.summary = "mount an image's layers with a container's read-write layer on top",
	.usage = "[--driver overlay|vfs] < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS | PROG_WRITES | PROG_CONTAINER,
	.confine = confine_early,
	.needs = "request rootfs container",
	.gives = "request rootfs container",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
