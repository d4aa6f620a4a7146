/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manifests: kinds, descriptors, platforms; what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oci/image.h"
#include "oci/index.h"

#define D     "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYER "application/vnd.oci.image.layer.v1.tar+gzip"

static struct json *parse(const char *text)
{
	struct json *j = NULL;
	struct err e = {0};

	if (json_parse(text, strlen(text), "test", &j, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	return j;
}

/* The kind, or minus the error code. */
static int kind_of(const char *text, const char *type)
{
	_json_ struct json *j = parse(text);
	enum manifest_kind kind;
	struct err e = {0};

	return manifest_kind(j, type, &kind, &e) < 0 ? -e.code : (int)kind;
}

static void kinds(void **state)
{
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"config\":{},\"layers\":[]}", NULL),
			 MANIFEST_IMAGE);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"manifests\":[]}", MT_OCI_INDEX),
			 MANIFEST_INDEX);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"manifests\":[]}", "text/plain"),
			 MANIFEST_INDEX);
	/* both at once, and types that disagree */
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", NULL), -3);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"manifests\":[],\"config\":{}}", NULL), -3);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX
				 "\",\"manifests\":[]}",
				 MT_OCI_MANIFEST),
			 -3);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_MANIFEST
				 "\",\"manifests\":[]}",
				 NULL),
			 -3);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"manifests\":[]}", MT_OCI_MANIFEST), -3);
	assert_int_equal(kind_of("{\"schemaVersion\":2}", NULL), -3);
	assert_int_equal(kind_of("{\"manifests\":[]}", NULL), -3);
	assert_int_equal(kind_of("[]", NULL), -3);
	/* schema 1, and what is no image */
	assert_int_equal(kind_of("{\"schemaVersion\":1,\"fsLayers\":[]}", NULL), -6);
	assert_int_equal(kind_of("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
			 -6);
	assert_int_equal(kind_of("{\"schemaVersion\":2,\"mediaType\":\"application/x\","
				 "\"layers\":[]}",
				 NULL),
			 -6);
}

static int check(const char *config, const char *layer)
{
	_free_ char *text =
		str_fmt("{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}", config, layer);
	_json_ struct json *j = parse(text);
	struct descriptor d;
	struct err e = {0};

	return manifest_check(j, &d, &e) < 0 ? e.code : 0;
}

#define CONFIG "{\"mediaType\":\"" MT_OCI_CONFIG "\",\"digest\":\"" D "\",\"size\":10}"

static void descriptors(void **state)
{
	static const char *const bad[] = {
		"{\"mediaType\":\"" LAYER
		"\",\"digest\":\"sha256:../../../etc/passwd\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"sha256:ABCDEF6789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"sha256:abc\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"md5:0123456789abcdef\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "0\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":7,\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"size\":1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "\",\"size\":-1}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "\",\"size\":\"1\"}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "\"}",
		"{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "\",\"size\":9000000000000000000}",
		"\"" D "\"",
		"null",
	};

	assert_int_equal(
		check(CONFIG, "{\"mediaType\":\"" LAYER "\",\"digest\":\"" D "\",\"size\":1}"), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (check(CONFIG, bad[i]) != ERR_INPUT || check(bad[i], "") == 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(
		check(CONFIG, "{\"mediaType\":\"application/x\",\"digest\":\"" D "\",\"size\":1}"),
		ERR_UNSUPPORTED);
	assert_int_equal(check("{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\","
			       "\"digest\":\"" D "\",\"size\":1}",
			       ""),
			 ERR_UNSUPPORTED);
	assert_int_equal(check("{\"mediaType\":\"" MT_OCI_CONFIG "\",\"digest\":\"" D
			       "\",\"size\":5000000}",
			       ""),
			 ERR_INPUT);
}

static int describe(const char *config)
{
	_json_ struct json *m = parse("{\"schemaVersion\":2,\"config\":" CONFIG
				      ",\"layers\":[{\"mediaType\":\"" LAYER "\",\"digest\":\"" D
				      "\",\"size\":1}]}");
	_json_ struct json *c = parse(config), *out = NULL;
	struct err e = {0};

	return image_describe(m, c, "r.io/a:1", D, &out, &e) < 0 ? e.code : 0;
}

static void configurations(void **state)
{
	assert_int_equal(describe("{\"rootfs\":{\"diff_ids\":[\"" D "\"]}}"), 0);
	assert_int_equal(describe("{\"rootfs\":{\"diff_ids\":[]}}"), 3);
	assert_int_equal(describe("{\"rootfs\":{\"diff_ids\":[\"" D "\",\"" D "\"]}}"), 3);
	assert_int_equal(describe("{\"rootfs\":{\"diff_ids\":[\"sha256:../x\"]}}"), 3);
	assert_int_equal(describe("{\"rootfs\":{\"diff_ids\":[1]}}"), 3);
	assert_int_equal(describe("{\"rootfs\":[]}"), 3);
	assert_int_equal(describe("{}"), 3);
	assert_int_equal(describe("[]"), 3);
	assert_int_equal(describe("{\"config\":[],\"rootfs\":{\"diff_ids\":[\"" D "\"]}}"), 3);
	assert_int_equal(describe("{\"os\":1,\"rootfs\":{\"diff_ids\":[\"" D "\"]}}"), 3);
}

/* The digit that the digest of the chosen manifest begins with, or minus the error code. */
static int choose(const char *want, const char *list)
{
	_strv_ struct strv entries = {0};
	_buf_ struct buf b = {0};
	_json_ struct json *j = NULL;
	_platform_ struct platform p = {0};
	struct descriptor d;
	struct err e = {0};

	strv_split(&entries, list, ' ');
	buf_str(&b, "{\"manifests\":[");
	for (size_t i = 0; i < entries.n; i++) {
		_strv_ struct strv part = {0};

		strv_split(&part, entries.v[i], '/');
		buf_fmt(&b,
			"%s{\"digest\":\"sha256:%zu%063d\",\"size\":1,\"platform\":{\"os\":\"%s\","
			"\"architecture\":\"%s\",\"variant\":\"%s\"}}",
			i ? "," : "", i, 0, part.v[0], part.v[1], part.n > 2 ? part.v[2] : "");
	}
	buf_str(&b, "]}");
	j = parse(b.data);
	assert_int_equal(platform_parse(want, &p, &e), 0);
	if (index_choose(j, &p, &d, &e) < 0)
		return -e.code;
	return d.digest[7] - '0';
}

static void platforms(void **state)
{
	assert_int_equal(choose("linux/amd64", "linux/arm64 linux/amd64"), 1);
	assert_int_equal(choose("linux/x86_64", "linux/arm64 linux/amd64"), 1);
	assert_int_equal(choose("linux/amd64", "linux/amd64/v3 linux/amd64"), 1);
	assert_int_equal(choose("linux/amd64", "windows/amd64 linux/s390x"), -4);
	assert_int_equal(choose("linux/arm64", "linux/arm linux/arm64/v8"), 1);
	assert_int_equal(choose("linux/arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v8"), 1);
	assert_int_equal(choose("linux/arm/v7", "linux/arm linux/arm/v7"), 1);
	assert_int_equal(choose("linux/arm/v6", "linux/arm/v7 linux/arm"), 1);
	assert_int_equal(choose("linux/arm/v5", "linux/arm/v6 linux/arm/v7"), -4);
	assert_int_equal(choose("linux/arm", "linux/arm/v6 linux/arm/v7"), 1);
}

static void names(void **state)
{
	_json_ struct json *index = parse("{\"schemaVersion\":2,\"manifests\":[]}");
	_json_ struct json *first = parse("{\"digest\":\"" D "\",\"size\":1}");
	struct json *other = parse("{\"digest\":\"sha256:1111111111111111111111111111111111111111"
				   "111111111111111111111111\",\"size\":1}");
	_ref_ struct ref a = {0}, b = {0}, by_digest = {0}, wrong = {0};

	ref_parse("r.io/a:1", &a, NULL);
	ref_parse("r.io/b:1", &b, NULL);
	ref_parse("r.io/a@" D, &by_digest, NULL);
	ref_parse("r.io/ab@" D, &wrong, NULL);
	index_tag(index, "r.io/a:1", json_copy(first));
	assert_non_null(index_find(index, &a));
	assert_non_null(index_find(index, &by_digest));
	assert_null(index_find(index, &wrong));
	/* the same image again under the same name, and under another */
	index_tag(index, "r.io/a:1", json_copy(first));
	assert_int_equal(json_len(json_get(index, "manifests")), 1);
	index_tag(index, "r.io/b:1", json_copy(first));
	assert_int_equal(json_len(json_get(index, "manifests")), 2);
	/* another image takes a name; the first still has the other */
	index_tag(index, "r.io/a:1", other);
	assert_int_equal(json_len(json_get(index, "manifests")), 2);
	/* the last name goes: the image stays without one, and still belongs to its repository */
	index_untag(index, "r.io/b:1");
	assert_int_equal(json_len(json_get(index, "manifests")), 2);
	assert_null(index_find(index, &b));
	index_tag(index, "r.io/b:1", json_copy(first));
	assert_int_equal(json_len(json_get(index, "manifests")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),	  cmocka_unit_test(descriptors),
		cmocka_unit_test(configurations), cmocka_unit_test(platforms),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
