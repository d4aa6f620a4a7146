/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One image from one source into the store.
 *
 * Stages: the manifest that the name stands for; from an index the manifest for the platform; the
 * configuration; then all layers that the store lacks; at last manifest, configuration and the name
 * in index.json. Each document is verified against the digest it was asked by before it is read,
 * and parsed with the limits for remote JSON.
 *
 * The name is written last, under the lock of the index, and only if all blobs are there at that
 * moment: img-remove(1) deletes blobs under the same lock, and may have taken one that we found
 * present earlier. Then the blobs are fetched once more.
 *
 * A blob that the store has counts without being hashed again only if its layer is unpacked (then
 * nobody will read the blob to unpack it) or was fetched by this process: after a power cut a file
 * may have its size and lack its data.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "oci/index.h"
#include "oci/layer_meta.h"
#include "fetch.h"

#define TRIES 3

/* An image while it is pulled. */
struct image {
	struct json *manifest, *config;
	struct buf manifest_text, config_text;
	char digest[DIGEST_LEN];      /* of the manifest */
	char list_digest[DIGEST_LEN]; /* of the index above it, or "" */
	char *type;		      /* of the manifest */
	struct descriptor config_desc;
	struct json *described;
};

static void image_release(struct image *im)
{
	json_put(im->manifest);
	json_put(im->config);
	json_put(im->described);
	buf_release(&im->manifest_text);
	buf_release(&im->config_text);
	free(im->type);
}

static int verify(const struct buf *b, const struct descriptor *want, const char *what,
		  char digest[DIGEST_LEN], struct err *e)
{
	digest_of(b->data, b->len, digest);
	if (want && want->size >= 0 && (int64_t)b->len != want->size)
		return err_set(e, ERR_INPUT, 0, NULL, "%s has %zu bytes, expected %lld", what,
			       b->len, (long long)want->size);
	if (want && !str_eq(digest, want->digest))
		return err_set(e, ERR_INPUT, 0, NULL, "%s has the digest %s, expected %s", what,
			       digest, want->digest);
	return 0;
}

static int parse(const struct buf *b, const char *what, struct json **out, struct err *e)
{
	if (b->len > JSON_MAX_REMOTE)
		return err_set(e, ERR_INPUT, 0, NULL, "%s is larger than %u bytes", what,
			       JSON_MAX_REMOTE);
	return json_parse(b->data ? b->data : "", b->len, what, out, e);
}

/* One manifest document, verified and parsed. */
static int get_manifest(struct source *src, const struct descriptor *want, struct image *im,
			enum manifest_kind *kind, struct err *e)
{
	_free_ char *type = NULL;
	char *semicolon;

	buf_release(&im->manifest_text);
	if (src->manifest(src, want, &im->manifest_text, &type, e) < 0 ||
	    verify(&im->manifest_text, want, "the manifest", im->digest, e) < 0 ||
	    parse(&im->manifest_text, "the manifest", &im->manifest, e) < 0)
		return -1;
	semicolon = type ? strchr(type, ';') : NULL;
	if (semicolon)
		*semicolon = '\0';
	if (manifest_kind(im->manifest, type, kind, e) < 0)
		return -1;
	free(im->type);
	im->type = str_dup(manifest_type(im->manifest, type));
	return 0;
}

/* The manifest for the platform, by way of an index or at once. */
static int choose(struct fetch *f, struct source *src, const struct ref *name, struct image *im,
		  struct err *e)
{
	struct descriptor want = {.digest = name->digest, .size = -1};
	_json_ struct json *index = NULL;
	enum manifest_kind kind;

	if (get_manifest(src, NULL, im, &kind, e) < 0)
		return -1;
	if (name->digest && verify(&im->manifest_text, &want, "the manifest", im->digest, e) < 0)
		return -1;
	if (kind == MANIFEST_IMAGE)
		return 0;
	memcpy(im->list_digest, im->digest, sizeof(im->digest));
	index = take_ptr(im->manifest);
	if (index_choose(index, &f->want, &want, e) < 0 ||
	    get_manifest(src, &want, im, &kind, e) < 0)
		return -1;
	if (kind != MANIFEST_IMAGE)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "%s, which the index %s names, is an index too", im->digest,
			       im->list_digest);
	return 0;
}

static int get_config(struct fetch *f, struct source *src, struct image *im, struct err *e)
{
	char sum[DIGEST_LEN];
	struct err none = {0};

	if (manifest_check(im->manifest, &im->config_desc, e) < 0)
		return -1;
	if (blob_present(f->store, im->config_desc.digest, im->config_desc.size, true, &none) ==
		    1 &&
	    blob_json(f->store, im->config_desc.digest, &im->config, &none) == 0)
		return 0;
	if (src->small(src, &im->config_desc, &im->config_text, e) < 0 ||
	    verify(&im->config_text, &im->config_desc, "the image configuration", sum, e) < 0)
		return -1;
	return parse(&im->config_text, "the image configuration", &im->config, e);
}

/* An image without a list may be for another machine: an error where the user asked, else a word.
 */
static int check_platform(struct fetch *f, const struct ref *name, struct image *im, struct err *e)
{
	_free_ char *want = platform_text(&f->want), *ref = ref_text(name);
	_free_ char *have = platform_name(json_get(im->described, "platform"));

	if (platform_rank(&f->want, json_get(im->described, "platform")) >= 0)
		return 0;
	if (f->want_asked)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s is for platform %s, not %s", ref,
			       have ? have : "unknown", want);
	log_warn("%s is for platform %s, this machine is %s", ref, have ? have : "unknown", want);
	return 0;
}

static bool in_list(const struct blob *list, size_t n, const char *digest)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].digest, digest))
			return true;
	return false;
}

/* The layer blobs that the store lacks. *out has room for all layers. */
static int missing_blobs(struct fetch *f, const struct image *im, bool may_trust, struct blob *out,
			 size_t *n, struct err *e)
{
	*n = 0;
	json_each (l, json_get(im->described, "layers")) {
		struct json *source = json_at(json_get(im->manifest, "layers"), l.i);
		const char *digest = json_get_str(l.v, "digest", "");
		int64_t size = json_get_int(l.v, "size", 0);
		int unpacked = layer_present(f->store, json_get_str(l.v, "diffId", ""), e), have;

		if (unpacked < 0)
			return -1;
		if (in_list(out, *n, digest))
			continue;
		have = blob_present(f->store, digest, size, !unpacked && !may_trust, e);
		if (have < 0)
			return -1;
		if (have)
			progress_blob_done(f->progress, digest, size, true);
		else
			out[(*n)++] = (struct blob){.digest = digest,
						    .size = size,
						    .type = json_get_str(l.v, "mediaType", ""),
						    .urls = json_get(source, "urls")};
	}
	return 0;
}

static int get_layers(struct fetch *f, struct source *src, const struct image *im, bool again,
		      struct err *e)
{
	size_t n = json_len(json_get(im->described, "layers"));
	_free_ struct blob *list = mem_alloc((n + 1) * sizeof(*list));

	if (missing_blobs(f, im, again, list, &n, e) < 0)
		return -1;
	return n ? src->blobs(src, list, n, e) : 0;
}

static struct json *descriptor(const struct image *im)
{
	struct json *d = json_new_object(), *notes;

	json_set(d, "mediaType", json_new_str(im->type));
	json_set(d, "digest", json_new_str(im->digest));
	json_set(d, "size", json_new_int((int64_t)im->manifest_text.len));
	json_set(d, "platform", json_ref(json_get(im->described, "platform")));
	notes = json_need_obj(d, "annotations");
	json_set(notes, ANN_ID, json_new_str(im->config_desc.digest));
	if (im->list_digest[0])
		json_set(notes, ANN_LIST, json_new_str(im->list_digest));
	return d;
}

/* 1 named, 0 a blob has gone meanwhile, -1 error. */
static int give_name(struct fetch *f, const struct image *im, const char *reference, struct err *e)
{
	_close_ int lock = index_lock(f->store, e);
	_json_ struct json *index = NULL;

	if (lock < 0)
		return -1;
	if (blob_write(f->store, im->digest, &im->manifest_text, e) < 0)
		return -1;
	if (im->config_text.len &&
	    blob_write(f->store, im->config_desc.digest, &im->config_text, e) < 0)
		return -1;
	if (blob_present(f->store, im->config_desc.digest, im->config_desc.size, false, e) != 1)
		return e->code ? -1 : 0;
	json_each (l, json_get(im->described, "layers")) {
		int r = blob_present(f->store, json_get_str(l.v, "digest", ""),
				     json_get_int(l.v, "size", 0), false, e);

		if (r <= 0)
			return r;
	}
	if (index_read(f->store, &index, e) < 0)
		return -1;
	index_tag(index, reference, descriptor(im));
	return index_write(f->store, index, e) < 0 ? -1 : 1;
}

int pull(struct fetch *f, struct source *src, const struct ref *name, struct json **image,
	 struct err *e)
{
	_clean_(image_release) struct image im = {0};
	_free_ char *reference = ref_text(name);
	int r = 0;

	if (choose(f, src, name, &im, e) < 0)
		return -1;
	for (int i = 0; r == 0 && i < TRIES; i++) {
		json_put(take_ptr(im.config));
		json_put(take_ptr(im.described));
		if (get_config(f, src, &im, e) < 0 ||
		    image_describe(im.manifest, im.config, reference, im.digest, &im.described, e) <
			    0 ||
		    (i == 0 && check_platform(f, name, &im, e) < 0) ||
		    get_layers(f, src, &im, i > 0, e) < 0)
			return -1;
		r = give_name(f, &im, reference, e);
	}
	if (r == 0)
		return err_set(e, ERR_AGAIN, 0, NULL,
			       "blobs of %s were removed while it was fetched", reference);
	if (r < 0)
		return -1;
	*image = take_ptr(im.described);
	progress_done(f->progress, reference, im.digest);
	return 0;
}

int pull_local(struct fetch *f, const struct json *desc, const char *reference, struct json **image,
	       struct err *e)
{
	_json_ struct json *found = NULL;

	if (image_load(f->store, reference, json_get_str(desc, "digest", ""), &found, NULL, NULL,
		       e) < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	if (f->want_asked && platform_rank(&f->want, json_get(found, "platform")) < 0)
		return 0;
	json_each (l, json_get(found, "layers")) {
		int unpacked = layer_present(f->store, json_get_str(l.v, "diffId", ""), e);
		int have = unpacked < 0 ? -1
					: blob_present(f->store, json_get_str(l.v, "digest", ""),
						       json_get_int(l.v, "size", 0), !unpacked, e);

		if (have <= 0)
			return have;
	}
	*image = take_ptr(found);
	return 1;
}
