/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-find: find an image and its unpacked layers in the local store.
 *
 * Stages: the reference (operand, or .request.image of the document); index.json; the image's
 * manifest and configuration; the record of each layer. Fills `image` and `rootfs.layers`.
 *
 * It runs before every container start, so it takes no lock, reads registries.conf only for a short
 * name, does not look at layer blobs and computes no digest: what is in the store was verified on
 * its way in. It must not use the network and must not write.
 */
#include "base/log.h"
#include "ctr/work.h"
#include "oci/image.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	const char *platform;
	int64_t status_fd;
};

static const struct opt options[] = {
	{"platform", 0, OPT_STR, offsetof(struct options, platform), "OS/ARCH[/VARIANT]",
	 "the platform that the image must be for"},
	STATUS_WORK_OPTION(struct options, status_fd),
	{0},
};

static int not_found(const char *name, struct err *e)
{
	err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", name);
	return err_hint(e, "img-fetch %s", name);
}

static int wanted(const struct prog *p, const char **name, struct err *e)
{
	struct cur root = cur_root(p->doc), request;

	if (p->argc > 1)
		return err_set(e, ERR_USAGE, 0, NULL, "more than one image");
	if (p->argc == 1)
		*name = p->argv[0];
	else if (doc_part(&root, "request", &request, e) < 0 ||
		 cur_str(&request, "image", CUR_NEED, name, e) < 0)
		return -1;
	return 0;
}

/* 1: a platform was asked for. */
static int wanted_platform(const struct prog *p, struct platform *out, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), request, c;

	if (o->platform)
		return platform_parse(o->platform, out, e) < 0 ? -1 : 1;
	if (cur_obj(&root, "request", CUR_OPTIONAL, &request, e) < 0)
		return -1;
	if (!request.val)
		return 0;
	if (cur_obj(&request, "platform", CUR_OPTIONAL, &c, e) < 0)
		return -1;
	if (!c.val)
		return 0;
	return platform_from_json(&c, out, e) < 0 ? -1 : 1;
}

static int find(struct prog *p, const struct store *s, const char *name, struct json **image,
		struct err *e)
{
	_json_ struct json *index = NULL;
	_free_ char *reference = NULL;
	struct json *desc = NULL;
	int r;

	if (index_read(s, &index, e) < 0)
		return -1;
	r = lookup_image(s, index, name, &desc, &reference, e);
	if (r <= 0)
		return r < 0 ? -1 : not_found(name, e);
	return image_load(s, reference, json_get_str(desc, "digest", ""), image, NULL, NULL, e);
}

static int run(struct prog *p, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	_platform_ struct platform want = {0};
	_json_ struct json *image = NULL;
	const char *name = NULL, *missing = NULL;
	int asked, r;

	asked = wanted_platform(p, &want, e);
	if (asked < 0 || wanted(p, &name, e) < 0 || store_open(&s, e) < 0 ||
	    find(p, &s, name, &image, e) < 0)
		return -1;
	if (asked && platform_rank(&want, json_get(image, "platform")) < 0) {
		_free_ char *text = platform_text(&want);

		return err_set(e, ERR_NOTFOUND, 0, NULL,
			       "image %s is in the store, but not for platform %s", name, text);
	}
	r = image_rootfs(&s, image, p->doc, &missing, e);
	if (r < 0)
		return -1;
	if (r == 0) {
		err_set(e, ERR_AGAIN, 0, NULL, "image %s: layer %s is not unpacked", name, missing);
		return err_hint(e, "img-fetch %s | layer-unpack", name);
	}
	json_set(p->doc, "image", take_ptr(image));
	status_work(((const struct options *)p->opts)->status_fd, p->doc);
	return 0;
}

static const struct program program = {
	.name = "img-find",
	.summary = "find an image and its unpacked layers in the local store",
	.usage = "[options] [IMAGE]",
	.description = "Without IMAGE the document on standard input names it (.request.image).",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_MAY_READ | PROG_NEEDS_DOC | PROG_WRITES | PROG_CONTAINER,
	.confine = confine_reader,
	.needs = "request",
	.gives = "request image",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
