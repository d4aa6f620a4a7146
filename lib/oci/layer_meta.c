/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of unpacked layers.
 *
 * A layer directory appears by one rename(2), so root/ is complete as far as running processes can
 * see. What a rename does not promise is that the data reached the disk before a power cut. The
 * record therefore carries the boot id (random(4), /proc/sys/kernel/random/boot_id) until one
 * syncfs(2) has succeeded. Reading a record is on the path of every container start: one openat,
 * one read; the boot id is read once a thread and only if an unsynced record is met.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "sys/path.h"
#include "sys/proc.h"
#include "oci/layer_meta.h"

#define META_MAX 65536

void layer_meta_release(struct layer_meta *m)
{
	free(m->diff_id);
	free(m->digest);
	*m = (struct layer_meta){0};
}

static char early_boot[BOOT_ID_LEN];

int layer_meta_boot(struct err *e)
{
	return boot_id(early_boot, e);
}

static const char *this_boot(struct err *e)
{
	static _Thread_local char boot[BOOT_ID_LEN];

	if (early_boot[0])
		return early_boot;
	if (!boot[0] && boot_id(boot, e) < 0) {
		boot[0] = '\0';
		return NULL;
	}
	return boot;
}

/* 1: the record is valid in this boot, 0: not, -1: the boot id cannot be read. */
static int meta_valid(const struct json *j, const char *diffid, struct err *e)
{
	const char *state = json_get_str(j, "state", ""), *boot;

	if (!str_eq(json_get_str(j, "schema", NULL), LAYER_SCHEMA) ||
	    !str_eq(json_get_str(j, "diffId", NULL), diffid) ||
	    !digest_hex(json_get_str(j, "digest", "")))
		return 0;
	if (str_eq(state, "durable"))
		return 1;
	if (!str_eq(state, "unsynced"))
		return 0;
	boot = this_boot(e);
	if (!boot)
		return -1;
	return str_eq(json_get_str(j, "bootId", NULL), boot);
}

static int load(const struct store *s, const char *diffid, struct json **out, struct err *e)
{
	const char *hex = digest_hex(diffid);
	_free_ char *path = NULL;
	_close_ int fd = -1;
	struct err parse = {0};
	int r;

	if (!hex)
		return err_set(e, ERR_INPUT, 0, NULL, "diffID %s is not a sha256 digest", diffid);
	path = str_fmt("layers/sha256/%s/meta.json", hex);
	fd = path_open_beneath(s->fd, path, O_RDONLY | O_NONBLOCK, 0, e);
	if (fd < 0 && e && e->code == ERR_NOTFOUND) {
		err_clear(e);
		return 0;
	}
	if (fd < 0)
		return -1;
	if (json_read(fd, META_MAX, path, out, &parse) < 0 || !*out)
		return 0;
	r = meta_valid(*out, diffid, e);
	if (r <= 0) {
		json_put(*out);
		*out = NULL;
	}
	return r;
}

int layer_present(const struct store *s, const char *diffid, struct err *e)
{
	_json_ struct json *j = NULL;
	struct err own = {0};

	return load(s, diffid, &j, e ? e : &own);
}

int layer_meta_read(const struct store *s, const char *diffid, struct layer_meta *out,
		    struct err *e)
{
	_json_ struct json *j = NULL;
	struct err own = {0};
	int r = load(s, diffid, &j, e ? e : &own);

	if (r == 1)
		*out = (struct layer_meta){
			.diff_id = str_dup(diffid),
			.digest = str_dup(json_get_str(j, "digest", NULL)),
			.size = json_get_int(j, "size", 0),
			.durable = str_eq(json_get_str(j, "state", ""), "durable"),
		};
	return r;
}

int layer_meta_write(int dirfd, const struct layer_meta *m, struct err *e)
{
	_json_ struct json *j = json_new_object();
	const char *boot = this_boot(e);

	if (!boot)
		return -1;
	json_set(j, "schema", json_new_str(LAYER_SCHEMA));
	json_set(j, "diffId", json_new_str(m->diff_id));
	json_set(j, "digest", json_new_str(m->digest));
	json_set(j, "size", json_new_int(m->size));
	json_set(j, "state", json_new_str(m->durable ? "durable" : "unsynced"));
	json_set(j, "bootId", json_new_str(boot));
	return json_write_file(dirfd, "meta.json", j, 0600, m->durable, e);
}

char *layer_root_path(const struct store *s, const char *diffid)
{
	return str_fmt("%s/layers/sha256/%s/root", s->path, digest_hex(diffid));
}
