/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layer-unpack: the layers of an image as folders that an overlay can be made of.
 *
 * Stages: the store opened and everything else left behind: it becomes the root directory of a
 * mount namespace of its own, before the document is read; the list of layers from the document;
 * those that are not in the store unpacked, each by processes of its own (jobs.c, stream.c,
 * apply.c); their data made durable, beside the critical path (sync.c); the folders written to
 * rootfs.layers. A layer that is there costs one look at its record.
 *
 * Where SELinux is on, the files are made with its label for images: programs of a layer are mapped
 * from the layer itself, whatever label overlayfs shows.
 *
 * It runs as root of the user namespace in which the container will run, whose id map decides
 * which owners files can have. It must not contact anything nor start a program, and writes only
 * below layers/ and staging/ of the store.
 */
#include <sched.h>

#include "base/log.h"
#include "oci/digest.h"
#include "ctr/labelling.h"
#include "oci/layer_meta.h"
#include "sys/confine.h"
#include "sys/newroot.h"
#include "unpack.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	int64_t max_size, max_ratio, max_entries, jobs;
	bool squash_ids, no_sync, wait_sync;
	const char *whiteouts;
};

static const struct opt options[] = {
	{"jobs", 0, OPT_INT, offsetof(struct options, jobs), "N",
	 "unpack N layers at once; the default is one for each processor"},
	{"max-entries", 0, OPT_INT, offsetof(struct options, max_entries), "N",
	 "refuse a layer with more entries; the default is 4000000"},
	{"max-ratio", 0, OPT_INT, offsetof(struct options, max_ratio), "N",
	 "refuse a layer above 64 MiB that inflates N times; the default is 250"},
	{"max-size", 0, OPT_SIZE, offsetof(struct options, max_size), "SIZE",
	 "refuse a layer with a larger archive; the default is 64g"},
	{"no-sync", 0, OPT_FLAG, offsetof(struct options, no_sync), NULL,
	 "leave the new layers unsynced: they count until the next boot"},
	{"squash-ids", 0, OPT_FLAG, offsetof(struct options, squash_ids), NULL,
	 "give files of ids that are not mapped to 0"},
	{"wait-sync", 0, OPT_FLAG, offsetof(struct options, wait_sync), NULL,
	 "end only when the new layers are on the disk"},
	{"whiteouts", 0, OPT_STR, offsetof(struct options, whiteouts), "FORM",
	 "form of whiteouts; the default is auto", .values = "auto node xattr"},
	{0},
};

static int read_layer(const struct cur *c, struct layer *l, struct err *e)
{
	struct cur digest = cur_key(c, "digest"), diff = cur_key(c, "diffId");

	l->size = -1;
	if (cur_str(c, "digest", CUR_NEED, &l->digest, e) < 0 ||
	    cur_str(c, "diffId", CUR_NEED, &l->diff_id, e) < 0 ||
	    cur_str(c, "mediaType", CUR_OPTIONAL, &l->media_type, e) < 0 ||
	    cur_int(c, "size", CUR_OPTIONAL, 0, INT64_MAX, &l->size, e) < 0)
		return -1;
	if (!digest_hex(l->digest))
		return cur_bad(&digest, e, "\"%.100s\" is no sha256 digest", l->digest);
	if (!digest_hex(l->diff_id))
		return cur_bad(&diff, e, "\"%.100s\" is no sha256 digest", l->diff_id);
	return 0;
}

static int read_layers(const struct cur *list, struct layer *layers, struct err *e)
{
	for (size_t i = 0; i < json_len(list->val); i++) {
		struct cur c = cur_at(list, i);

		if (read_layer(&c, &layers[i], e) < 0)
			return -1;
		for (size_t k = 0; k < i && !layers[i].same; k++)
			if (str_eq(layers[k].diff_id, layers[i].diff_id))
				layers[i].same = &layers[k];
	}
	return 0;
}

/* Returns how many are missing. */
static int find_missing(const struct store *s, struct layer *layers, size_t n, struct err *e)
{
	int missing = 0;

	for (size_t i = 0; i < n; i++) {
		int r = layers[i].same ? 1 : layer_present(s, layers[i].diff_id, e);

		if (r < 0)
			return -1;
		layers[i].present = r;
		missing += !r;
	}
	return missing;
}

static int read_settings(const struct options *o, struct settings *set, struct err *e)
{
	set->max_size = o->max_size ? o->max_size : 64ll << 30;
	set->max_ratio = o->max_ratio ? o->max_ratio : 250;
	set->max_entries = o->max_entries ? o->max_entries : 4000000;
	set->squash_ids = o->squash_ids;
	set->whiteouts = str_eq(o->whiteouts, "node")	 ? WHITEOUT_NODE
			 : str_eq(o->whiteouts, "xattr") ? WHITEOUT_XATTR
							 : WHITEOUT_AUTO;
	if (set->max_size < 1 || set->max_ratio < 1 || set->max_entries < 1 || o->jobs < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "a limit must be at least 1");
	if (geteuid() == 0)
		return 0;
	err_set(e, ERR_DENIED, 0, NULL,
		"files of an image need owners that only root of a user namespace can give");
	return err_hint(e, "ns-enter-pause layer-unpack");
}

static int job_count(const struct options *o)
{
	cpu_set_t set;

	if (o->jobs)
		return o->jobs > 1000 ? 1000 : (int)o->jobs;
	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* What must be read from outside of the store, before it becomes all that there is. */
static struct outside {
	struct store store;
	struct settings set; /* its maps of ids */
	struct err no_label; /* why new files cannot have the label of images */
} outside = {.store = STORE_NONE};

static int look_outside(struct outside *o, struct err *e)
{
	struct digest d = DIGEST_NONE;

	if (store_open(&o->store, e) < 0 || layer_meta_boot(e) < 0 ||
	    idmap_current(false, &o->set.uids, e) < 0 || idmap_current(true, &o->set.gids, e) < 0)
		return -1;
	labelling_image_files(&o->no_label);
	digest_start(&d); /* libcrypto reads its configuration */
	digest_release(&d);
	return 0;
}

/* Before the document is read. The children confine themselves further. */
static int confine_self(struct err *e)
{
	struct store *s = &outside.store;
	int writable[] = {-1, -1};
	const struct confine c = {
		.write_fds = writable,
		.fork = true,
		.chroot = true,
		.caps = UNPACK_CAPS | CONFINE_CAP(CAP_SYS_CHROOT),
	};

	if (look_outside(&outside, e) < 0)
		return -1;
	if (newroot_pivot(&s->fd, e) < 0)
		return -1;
	close(s->run); /* a folder of the old root */
	s->run = -1;
	writable[0] = s->fd;
	return confine(&c, e);
}

static int unpack(const struct options *o, struct layer *layers, size_t n, struct err *e)
{
	const struct store *s = &outside.store;
	int missing = find_missing(s, layers, n, e);

	if (missing <= 0)
		return missing;
	if (read_settings(o, &outside.set, e) < 0)
		return -1;
	if (outside.no_label.code)
		log_warn("%s: SELinux may keep containers from the image's programs",
			 outside.no_label.msg);
	store_sweep(s, false, NULL);
	return unpack_missing(s, layers, n, &outside.set, job_count(o), e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), image, list;
	const struct store *s = &outside.store;
	_free_ struct layer *layers = NULL;
	struct json *out;
	size_t n;

	if (doc_part(&root, "image", &image, e) < 0 ||
	    cur_arr(&image, "layers", CUR_NEED, &list, e) < 0)
		return -1;
	n = json_len(list.val);
	layers = mem_alloc((n + 1) * sizeof(*layers));
	if (read_layers(&list, layers, e) < 0 || unpack(o, layers, n, e) < 0)
		return -1;
	if (!o->no_sync && sync_layers(s, layers, n, !o->wait_sync, e) < 0)
		return -1;
	out = json_new_array();
	for (size_t i = 0; i < n; i++) {
		_free_ char *path = layer_root_path(s, layers[i].diff_id);

		json_add(out, json_new_str(path));
	}
	json_set(json_need_obj(p->doc, "rootfs"), "layers", out);
	return 0;
}

static const struct program program = {
	.name = "layer-unpack",
	.summary = "unpack the layers of an image into the store",
	.usage = "[options]",
	.description = "Reads a container document with image.layers and writes it with "
		       "rootfs.layers. Runs inside the user namespace, see ns-enter-pause(1).",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS | PROG_WRITES | PROG_CONTAINER,
	.confine = confine_self,
	.needs = "image",
	.gives = "image rootfs",
	.run = run,
};

int main(int argc, char **argv)
{
	int status = prog_main(&program, argc, argv);

	store_close(&outside.store);
	return status;
}
