/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlays: a directory that the container may change without changing it ("O"), and the tree of
 * another image.
 *
 * Nothing is mounted here: .volumes gets a mount of type overlay, whose layers and whose place for
 * changes are in its options, and the runtime makes it in the container's own mount namespace. So
 * nothing is left to unmount, whatever happens. The places are overlays/N/{upper,work} in the
 * container's directory; they are made new at each start and go with the container.
 *
 * overlayfs wants the option userxattr in a user namespace (Linux 5.11), and without an upper layer
 * two lower ones at least: a single one is bound.
 */
#include "vol-prepare.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oci/image.h"
#include "oci/lookup.h"
#include "sys/path.h"
#include "wire/doc.h"

/* In the options of overlayfs these are separators. */
static int usable(const char *path, struct err *e)
{
	if (strpbrk(path, ":,\\"))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "%s: an overlay cannot have a path with ':', ',' or '\\'", path);
	return 0;
}

/* The upper directory shows as the mount's own: it has the owner and mode of what is below. */
static int make_upper(int place, const char *lower, struct err *e)
{
	struct stat st;

	if (stat(lower, &st) < 0)
		return err_sys(e, "stat", "volume source %s", lower);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, 0, NULL, "%s is no directory: no overlay of it",
			       lower);
	if (mkdirat(place, "upper", 0700) < 0 || mkdirat(place, "work", 0700) < 0 ||
	    fchownat(place, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(place, "upper", st.st_mode & 07777, 0) < 0)
		return err_sys(e, "mkdirat", "cannot make an overlay of %s", lower);
	return 0;
}

/* A new place for the changes of the overlay that is now added to .volumes. */
static int add_upper(struct volumes *v, struct json *options, const char *lower, struct err *e)
{
	const char *id = json_str(json_path(v->doc, "container.id"));
	_free_ char *name = str_fmt("%zu", json_len(v->out));
	_free_ char *sub = str_fmt("overlays/%s", name);
	_free_ char *upper = NULL, *work = NULL;
	_close_ int dir = -1, all = -1, place = -1;

	if (!id)
		return err_set(e, ERR_INPUT, 0, NULL,
			       ".container.id: is missing, and an overlay needs its directory");
	dir = container_dir(&v->s, id, e);
	all = dir < 0 ? -1 : path_mkdir_beneath(dir, "overlays", 0700, e);
	if (all < 0 || path_remove_tree(all, name, e) < 0)
		return -1;
	place = path_mkdir_beneath(dir, sub, 0700, e);
	if (place < 0 || make_upper(place, lower, e) < 0)
		return -1;
	upper = str_fmt("upperdir=%s/containers/%s/%s/upper", v->s.path, id, sub);
	work = str_fmt("workdir=%s/containers/%s/%s/work", v->s.path, id, sub);
	if (usable(v->s.path, e) < 0)
		return -1;
	json_add(options, json_new_str(upper));
	json_add(options, json_new_str(work));
	return 0;
}

/* lowers: topmost first. */
static int set_overlay(struct volumes *v, struct json *m, const struct strv *lowers, bool writable,
		       struct err *e)
{
	struct json *options = json_new_array();
	_buf_ struct buf lower = {0};

	json_set(m, "type", json_new_str("overlay"));
	json_set(m, "source", json_new_str("overlay"));
	json_set(m, "options", options);
	strv_foreach (path, lowers) {
		if (usable(path, e) < 0)
			return -1;
		buf_fmt(&lower, "%s%s", lower.len ? ":" : "lowerdir=", path);
	}
	json_add(options, json_new_str(lower.data));
	if (writable && add_upper(v, options, lowers->v[0], e) < 0)
		return -1;
	json_add(options, json_new_str("userxattr"));
	json_add(options, json_new_str(writable ? "rw" : "ro"));
	return 0;
}

int overlay_volume(struct volumes *v, struct json *m, const char *source,
		   const struct strv *options, struct err *e)
{
	_strv_ struct strv lowers = {0};
	_free_ char *path = str_dup(source); /* of m, which changes */

	if (strv_has(options, "U"))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "%s: U would change the owner of what O is to leave as it is", path);
	/* what cannot be changed needs no layer for changes */
	if (strv_has(options, "ro")) {
		json_add(json_get(m, "options"), json_new_str("ro"));
		return 0;
	}
	strv_add(&lowers, path);
	return set_overlay(v, m, &lowers, true, e);
}

/* The id that the name had when the container was made. */
static const char *settled(const struct volumes *v, const char *name)
{
	json_each (i, json_path(v->doc, "container.images"))
		if (str_eq(json_get_str(i.v, "source", ""), name))
			return json_get_str(i.v, "id", name);
	return name;
}

/* The layers of an image, each once, topmost first. */
static int layers_of(struct volumes *v, const char *name, struct strv *out, struct err *e)
{
	_json_ struct json *index = NULL, *image = NULL, *doc = json_new_object();
	const char *missing = NULL;
	const struct json *layers;
	struct json *desc = NULL;
	int r;

	if (index_read(&v->s, &index, e) < 0)
		return -1;
	r = lookup_image(&v->s, index, settled(v, name), &desc, NULL, e);
	if (r == 0) {
		err_set(e, ERR_NOTFOUND, 0, NULL, "image %s: no such image in the store", name);
		return err_hint(e, "rp pull %s", name);
	}
	if (r < 0 ||
	    image_load(&v->s, NULL, json_get_str(desc, "digest", ""), &image, NULL, NULL, e) < 0)
		return -1;
	r = image_rootfs(&v->s, image, doc, &missing, e);
	if (r == 0)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "image %s: layer %s is not unpacked", name,
			       missing);
	layers = json_path(doc, "rootfs.layers");
	for (size_t i = json_len(layers); i-- > 0;) {
		const char *layer = json_str(json_at(layers, i));

		if (!strv_has(out, layer))
			strv_add(out, layer);
	}
	return r < 0 ? -1 : out->n ? 0 : err_set(e, ERR_INPUT, 0, NULL, "image %s is empty", name);
}

int overlay_image(struct volumes *v, const char *image, const char *dest,
		  const struct strv *options, struct err *e)
{
	_strv_ struct strv lowers = {0};
	bool writable = strv_has(options, "rw");
	struct json *m;

	if (layers_of(v, image, &lowers, e) < 0)
		return -1;
	if (!writable && lowers.n == 1) {
		m = mount_add(v, "bind", lowers.v[0], dest);
		json_add(json_get(m, "options"), json_new_str("ro"));
		json_add(json_get(m, "options"), json_new_str("nosuid"));
		json_add(json_get(m, "options"), json_new_str("nodev"));
		return 0;
	}
	m = mount_add(v, "overlay", "overlay", dest);
	return set_overlay(v, m, &lowers, writable, e);
}
