/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SELinux label of a root file system.
 *
 * The container's label is chosen here, before the first mount that needs it; vol-prepare goes on
 * with the same one. overlayfs shows every file with the label given as the option "context", so
 * that the layers, which other containers share, keep theirs; Linux 5.13 takes it from a user
 * namespace as well. A copied tree is relabelled file by file. A container that starts again keeps
 * the label of its last start, which its files and its volumes have: config.json tells it.
 *
 * Programs are mapped from the layer itself, whatever label overlayfs shows. A layer that was
 * unpacked while SELinux was off has none that a container may map, and gets the one of images
 * here, which is all that is ever changed in a layer.
 */
#include <fcntl.h>

#include "base/log.h"
#include "ctr/labelling.h"
#include "rootfs-mount.h"
#include "sys/treelabel.h"

static void keep_old(struct json *doc, int dir)
{
	_json_ struct json *config = NULL;
	struct json *process, *mount, *selinux;

	if (json_read_file(dir, "config.json", JSON_MAX_DOCUMENT, &config, NULL) < 0)
		return;
	process = json_path(config, "process.selinuxLabel");
	mount = json_path(config, "linux.mountLabel");
	if (!process || !mount)
		return;
	selinux = json_need_obj(doc, "selinux");
	json_set(selinux, "processLabel", json_ref(process));
	json_set(selinux, "mountLabel", json_ref(mount));
}

static int label_layers(const struct rootfs *r, struct err *e)
{
	_free_ char *label = labelling_image_label();
	int given = 0;

	if (!label)
		return 0;
	strv_foreach (path, &r->layers) {
		_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int had = fd < 0 ? err_sys(e, "open", "cannot open layer %s", path)
				 : tree_label(fd, "security.selinux", label, e);

		if (had < 0)
			return err_prefix(e, "layer %s", path);
		given += !had;
	}
	if (given)
		log_warn("%d layers were unpacked while SELinux was off: they have the label of "
			 "images now",
			 given);
	return 0;
}

int rootfs_choose_label(struct json *doc, struct rootfs *r, struct err *e)
{
	if (!labelling_wanted(doc))
		return 0;
	keep_old(doc, r->dir);
	if (labelling_run(doc, NULL, e) < 0 || label_layers(r, e) < 0)
		return -1;
	r->label = json_str(json_path(doc, "selinux.mountLabel"));
	return 0;
}

int rootfs_relabel(struct json *doc, const struct rootfs *r, struct err *e)
{
	_json_ struct json *list = json_new_array();
	_free_ char *tree = str_fmt("%s/rootfs", r->path);

	if (!r->label)
		return 0;
	labelling_add(list, tree, false);
	return labelling_run(doc, list, e);
}
