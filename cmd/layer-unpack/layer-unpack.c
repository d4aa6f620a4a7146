/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layer-unpack: the layers of an image as folders that an overlay can be made of.
 *
 * Stages: the list of layers read from the document; those that are not in the store unpacked, each
 * in a process of its own (jobs.c, stream.c, apply.c); their data made durable, beside the critical
 * path (sync.c); the folders written to rootfs.layers. A layer that is there costs one look at its
 * record.
 *
 * Where SELinux is on, the files are made with its label for images: programs of a layer are mapped
 * from the layer itself, whatever label overlayfs shows.
 *
 * It runs as root of the user namespace in which the container will run, whose id map decides
 * which owners files can have. It must not contact anything nor start a program, and writes only
 * below layers/ and staging/ of the store.
 */
#include <fcntl.h>
#include <sched.h>

#include "base/log.h"
#include "oci/labelling.h"
#include "oci/layer_meta.h"
#include "sys/confine.h"
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
	*set = (struct settings){
		.max_size = o->max_size ? o->max_size : 64ll << 30,
		.max_ratio = o->max_ratio ? o->max_ratio : 250,
		.max_entries = o->max_entries ? o->max_entries : 4000000,
		.squash_ids = o->squash_ids,
		.whiteouts = str_eq(o->whiteouts, "node")    ? WHITEOUT_NODE
			     : str_eq(o->whiteouts, "xattr") ? WHITEOUT_XATTR
							     : WHITEOUT_AUTO,
	};
	if (set->max_size < 1 || set->max_ratio < 1 || set->max_entries < 1 || o->jobs < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "a limit must be at least 1");
	if (geteuid() != 0) {
		err_set(e, ERR_DENIED, 0, NULL,
			"files of an image need owners that only root of a "
			"user namespace can give");
		return err_hint(e, "ns-enter-pause layer-unpack");
	}
	if (idmap_current(false, &set->uids, e) < 0)
		return -1;
	return idmap_current(true, &set->gids, e);
}

static int job_count(const struct options *o)
{
	cpu_set_t set;

	if (o->jobs)
		return o->jobs > 1000 ? 1000 : (int)o->jobs;
	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* The children confine themselves further; here the store, and the boot id for the records. */
static int confine_self(const struct store *s, struct err *e)
{
	_close_ int random = open("/proc/sys/kernel/random", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int readable[] = {random, -1}, writable[] = {s->fd, -1};
	const struct confine c = {
		.read_fds = readable,
		.write_fds = writable,
		.fork = true,
		.caps = UNPACK_CAPS,
	};

	return confine(&c, e);
}

static int unpack(const struct options *o, const struct store *s, struct layer *layers, size_t n,
		  struct err *e)
{
	_free_ struct settings *set = NULL;
	int missing = find_missing(s, layers, n, e);

	if (missing <= 0)
		return missing;
	set = mem_alloc(sizeof(*set));
	if (read_settings(o, set, e) < 0)
		return -1;
	if (labelling_image_files(e) < 0) {
		log_warn("%s: SELinux may keep containers from the image's programs", e->msg);
		err_clear(e);
	}
	if (confine_self(s, e) < 0)
		return -1;
	store_sweep(s, false, NULL);
	return unpack_missing(s, layers, n, set, job_count(o), e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), image, list;
	_store_ struct store s = STORE_NONE;
	_free_ struct layer *layers = NULL;
	struct json *out;
	size_t n;

	if (doc_part(&root, "image", &image, e) < 0 ||
	    cur_arr(&image, "layers", CUR_NEED, &list, e) < 0)
		return -1;
	n = json_len(list.val);
	layers = mem_alloc((n + 1) * sizeof(*layers));
	if (read_layers(&list, layers, e) < 0 || store_open(&s, e) < 0)
		return -1;
	if (unpack(o, &s, layers, n, e) < 0)
		return -1;
	if (!o->no_sync && sync_layers(&s, layers, n, !o->wait_sync, e) < 0)
		return -1;
	out = json_new_array();
	for (size_t i = 0; i < n; i++) {
		_free_ char *path = layer_root_path(&s, layers[i].diff_id);

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
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
