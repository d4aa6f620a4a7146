/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a registry sends as a manifest, index or image configuration. */
#include "oci/image.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	_json_ struct json *m = NULL, *image = NULL;
	_platform_ struct platform want = {0};
	struct descriptor d;
	enum manifest_kind kind;
	struct err e = {0};

	if (json_parse((const char *)data, len, "fuzz", &m, &e) < 0)
		return 0;
	platform_parse("linux/arm/v7", &want, NULL);
	if (manifest_kind(m, NULL, &kind, &e) == 0 && kind == MANIFEST_INDEX)
		index_choose(m, &want, &d, &e);
	/* One document in both parts: its rootfs.diff_ids must match its layers. */
	if (manifest_check(m, &d, &e) == 0 &&
	    image_describe(m, m, "r.example/a:1", d.digest, &image, &e) == 0)
		json_each (l, json_get(image, "layers")) {
			if (!digest_hex(json_get_str(l.v, "digest", "")) ||
			    !digest_hex(json_get_str(l.v, "diffId", "")))
				abort();
		}
	return 0;
}
