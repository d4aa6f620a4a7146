/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifests and configurations, all of them written by strangers.
 *
 * Stages: the kind of a document is decided (and one that could be read as two kinds is refused,
 * CVE-2021-41190); descriptors are checked, so that every digest that is ever used in a path has
 * passed digest_hex(); the configuration must have one diffID for each layer. What is inside
 * `config` (Env, User ...) goes on untouched: spec-gen(1) checks it where it is used.
 *
 * References: opencontainers/image-spec manifest.md, image-index.md, config.md, descriptor.md.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "oci/image.h"
#include "oci/imgnorm.h"
#include "oci/layer_meta.h"
#include "sys/path.h"

#define MT_SCHEMA1 "application/vnd.docker.distribution.manifest.v1"

static bool is_index_type(const char *t)
{
	return str_eq(t, MT_OCI_INDEX) || str_eq(t, MT_DOCKER_LIST);
}

static bool is_image_type(const char *t)
{
	return str_eq(t, MT_OCI_MANIFEST) || str_eq(t, MT_DOCKER_MANIFEST);
}

static bool is_known(const char *t)
{
	return t && (is_index_type(t) || is_image_type(t));
}

static int schema1(struct err *e)
{
	err_set(e, ERR_UNSUPPORTED, 0, NULL,
		"the image is in Docker's schema 1, which was given up in 2017");
	return err_hint(e, "push it again with a current tool");
}

int manifest_kind(const struct json *m, const char *content_type, enum manifest_kind *out,
		  struct err *e)
{
	const char *type = json_get_str(m, "mediaType", NULL);
	bool image = json_has(m, "layers") || json_has(m, "config");
	bool index = json_has(m, "manifests");

	if (json_kind(m) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, 0, NULL, "the manifest is no JSON object");
	if (json_get_int(m, "schemaVersion", 2) == 1 || json_has(m, "fsLayers") ||
	    (content_type && str_after(content_type, MT_SCHEMA1)))
		return schema1(e);
	if (json_get_int(m, "schemaVersion", 0) != 2)
		return err_set(e, ERR_INPUT, 0, NULL, ".schemaVersion: must be 2");
	if (image && index)
		return err_set(e, ERR_INPUT, 0, NULL, "the manifest has both layers and manifests");
	if (json_has(m, "mediaType") && !type)
		return err_set(e, ERR_INPUT, 0, NULL, ".mediaType: expected string");
	if (is_known(content_type) && type && !str_eq(type, content_type))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "the manifest says it is %s, the registry says it is %s", type,
			       content_type);
	if (!type && is_known(content_type))
		type = content_type;
	if (type && !is_known(type))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL, "%s is no image manifest", type);
	if ((type && is_index_type(type) != index) || (!image && !index))
		return err_set(e, ERR_INPUT, 0, NULL, "the manifest does not look like its type %s",
			       type ? type : "");
	*out = index ? MANIFEST_INDEX : MANIFEST_IMAGE;
	return 0;
}

const char *manifest_type(const struct json *m, const char *content_type)
{
	const char *type = json_get_str(m, "mediaType", NULL);

	if (type)
		return type;
	if (is_known(content_type))
		return content_type;
	return json_has(m, "manifests") ? MT_OCI_INDEX : MT_OCI_MANIFEST;
}

int descriptor_read(const struct cur *c, int64_t max, struct descriptor *out, struct err *e)
{
	*out = (struct descriptor){.type = ""};
	if (json_kind(c->val) != JSON_OBJECT)
		return cur_bad(c, e, "expected object, got %s", json_kind_name(json_kind(c->val)));
	if (cur_str(c, "digest", CUR_NEED, &out->digest, e) < 0 ||
	    cur_str(c, "mediaType", CUR_OPTIONAL, &out->type, e) < 0 ||
	    cur_int(c, "size", CUR_NEED, 0, INT64_MAX, &out->size, e) < 0)
		return -1;
	if (str_after(out->digest, "sha512:") || str_after(out->digest, "sha384:")) {
		cur_bad(c, e, "digests of %.6s are not supported, only those of sha256",
			out->digest);
		if (e)
			e->code = ERR_UNSUPPORTED;
		return -1;
	}
	if (!digest_hex(out->digest))
		return cur_bad(c, e, "digest is not sha256: and 64 lower-case digits");
	if (out->size > max)
		return cur_bad(c, e, "size is larger than %lld bytes", (long long)max);
	return 0;
}

static int none_fits(struct json *index, const struct platform *want, struct err *e)
{
	_free_ char *wish = platform_text(want);
	_buf_ struct buf list = {0};

	json_each (m, json_get(index, "manifests")) {
		const struct json *p = json_get(m.v, "platform");
		_free_ char *text = platform_name(p);

		if (is_index_type(json_get_str(m.v, "mediaType", "")))
			return err_set(e, ERR_NOTFOUND, 0, NULL,
				       "no image for platform %s in the index; %.100s in it is an "
				       "index too, which is not followed",
				       wish, json_get_str(m.v, "digest", "?"));
		if (list.len < 200 && text)
			buf_fmt(&list, "%s%s", list.len ? ", " : "", text);
	}
	return err_set(e, ERR_NOTFOUND, 0, NULL, "no image for platform %s, only for: %s", wish,
		       list.len ? list.data : "none");
}

int index_choose(struct json *index, const struct platform *want, struct descriptor *out,
		 struct err *e)
{
	struct cur root = cur_root(index), list;
	int best = -1;

	if (cur_arr(&root, "manifests", CUR_NEED, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur c = cur_at(&list, i);
		struct descriptor d;
		int rank;

		if (descriptor_read(&c, JSON_MAX_REMOTE, &d, e) < 0)
			return -1;
		if (*d.type && !is_image_type(d.type))
			continue;
		rank = platform_rank(want, json_get(c.val, "platform"));
		if (rank >= 0 && (best < 0 || rank < best)) {
			best = rank;
			*out = d;
		}
	}
	return best < 0 ? none_fits(index, want, e) : 0;
}

/* What layer-unpack(1) can read. */
static int layer_type(const struct cur *c, const char *type, struct err *e)
{
	static const char *const known[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(known[i], type))
			return 0;
	cur_bad(c, e, "layers of type %s cannot be unpacked", *type ? type : "(none)");
	e->code = ERR_UNSUPPORTED;
	return -1;
}

int manifest_check(struct json *m, struct descriptor *config, struct err *e)
{
	struct cur root = cur_root(m), c, layers;

	if (cur_obj(&root, "config", CUR_NEED, &c, e) < 0 ||
	    descriptor_read(&c, JSON_MAX_REMOTE, config, e) < 0)
		return -1;
	if (!str_eq(config->type, MT_OCI_CONFIG) && !str_eq(config->type, MT_DOCKER_CONFIG)) {
		return err_set(e, ERR_UNSUPPORTED, 0, NULL, "%s is no configuration of an image",
			       *config->type ? config->type : "an unnamed type");
	}
	if (cur_arr(&root, "layers", CUR_NEED, &layers, e) < 0)
		return -1;
	if (json_len(layers.val) > IMAGE_MAX_LAYERS)
		return cur_bad(&layers, e, "more than %d layers", IMAGE_MAX_LAYERS);
	for (size_t i = 0; i < json_len(layers.val); i++) {
		struct cur l = cur_at(&layers, i);
		struct descriptor d;

		if (descriptor_read(&l, INT64_C(1) << 40, &d, e) < 0 ||
		    layer_type(&l, d.type, e) < 0)
			return -1;
	}
	return 0;
}

/* The array of the `image` member; each layer of the manifest with the config's diffID. */
static int describe_layers(struct json *manifest, const struct cur *config, struct json **out,
			   struct err *e)
{
	struct json *layers = json_get(manifest, "layers");
	_json_ struct json *list = json_new_array();
	struct cur rootfs, ids;

	if (cur_obj(config, "rootfs", CUR_NEED, &rootfs, e) < 0 ||
	    cur_arr(&rootfs, "diff_ids", CUR_NEED, &ids, e) < 0)
		return -1;
	if (json_len(ids.val) != json_len(layers))
		return cur_bad(&ids, e, "%zu diffIDs for %zu layers", json_len(ids.val),
			       json_len(layers));
	json_each (l, layers) {
		struct cur id = cur_at(&ids, l.i);
		struct json *o = json_new_object();
		const char *text = NULL;

		json_add(list, o);
		if (cur_self_str(&id, &text, e) < 0)
			return -1;
		if (!digest_hex(text))
			return cur_bad(&id, e, "not sha256: and 64 lower-case digits");
		json_set(o, "digest", json_ref(json_get(l.v, "digest")));
		json_set(o, "diffId", json_new_str(text));
		json_set(o, "mediaType", json_ref(json_get(l.v, "mediaType")));
		json_set(o, "size", json_ref(json_get(l.v, "size")));
	}
	*out = take_ptr(list);
	return 0;
}

static int describe_platform(const struct cur *config, struct json *image, struct err *e)
{
	static const char *const keys[] = {"os", "architecture", "variant"};
	struct json *p = json_new_object();

	json_set(image, "platform", p);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *s = NULL;

		if (cur_str(config, keys[i], CUR_OPTIONAL, &s, e) < 0)
			return -1;
		if (s && *s)
			json_set(p, keys[i], json_new_str(s));
	}
	return 0;
}

int image_describe(struct json *manifest, struct json *config, const char *reference,
		   const char *digest, struct json **out, struct err *e)
{
	_json_ struct json *image = json_new_object();
	struct cur root = cur_root(config), part;
	struct json *layers = NULL;

	if (json_kind(config) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, 0, NULL, "the image configuration is no JSON object");
	imgnorm_config(config);
	if (reference)
		json_set(image, "reference", json_new_str(reference));
	json_set(image, "digest", json_new_str(digest));
	json_set(image, "id", json_ref(json_path(manifest, "config.digest")));
	if (cur_obj(&root, "config", CUR_OPTIONAL, &part, e) < 0 ||
	    describe_platform(&root, image, e) < 0)
		return err_prefix(e, "image configuration");
	json_set(image, "config", part.val ? json_ref(part.val) : json_new_object());
	if (describe_layers(manifest, &root, &layers, e) < 0)
		return err_prefix(e, "image configuration");
	json_set(image, "layers", layers);
	*out = take_ptr(image);
	return 0;
}

int blob_open(const struct store *s, const char *digest, int64_t *size, struct err *e)
{
	_free_ char *path = str_fmt("blobs/sha256/%s", digest_hex(digest));
	_close_ int fd = path_open_beneath(s->fd, path, O_RDONLY | O_NONBLOCK, 0, e);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s is no regular file", path);
	*size = st.st_size;
	return take_fd(&fd);
}

int blob_json(const struct store *s, const char *digest, struct json **out, struct err *e)
{
	int64_t size;
	_close_ int fd = blob_open(s, digest, &size, e);
	_buf_ struct buf b = {0};

	if (fd < 0 || fd_read_file(fd, size, JSON_MAX_REMOTE, &b, digest, e) < 0)
		return -1;
	if (!b.len)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: empty", digest);
	return json_parse(b.data, b.len, digest, out, e);
}

/* What cannot be read or parsed has been damaged: it must be fetched again. */
static int damaged(struct err *e)
{
	e->code = ERR_NOTFOUND;
	return err_prefix(e, "image in the store");
}

int image_load(const struct store *s, const char *reference, const char *digest, struct json **out,
	       struct json **manifest, struct json **config, struct err *e)
{
	_json_ struct json *m = NULL, *c = NULL;
	struct descriptor d;
	enum manifest_kind kind;

	if (blob_json(s, digest, &m, e) < 0 || manifest_kind(m, NULL, &kind, e) < 0)
		return damaged(e);
	if (kind != MANIFEST_IMAGE)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s is an index of images", digest);
	if (manifest_check(m, &d, e) < 0 || blob_json(s, d.digest, &c, e) < 0 ||
	    image_describe(m, c, reference, digest, out, e) < 0)
		return damaged(e);
	if (manifest)
		*manifest = take_ptr(m);
	if (config)
		*config = take_ptr(c);
	return 0;
}

int image_rootfs(const struct store *s, const struct json *image, struct json *doc,
		 const char **missing, struct err *e)
{
	_json_ struct json *dirs = json_new_array();

	json_each (l, json_get(image, "layers")) {
		const char *id = json_get_str(l.v, "diffId", "");
		_free_ char *dir = NULL;
		int r = layer_present(s, id, e);

		*missing = id;
		if (r <= 0)
			return r;
		dir = layer_root_path(s, id);
		json_add(dirs, json_new_str(dir));
	}
	json_set(json_need_obj(doc, "rootfs"), "layers", take_ptr(dirs));
	return 1;
}
