/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: an image configuration, and each string in it through the validator. */
#include <stdint.h>
#include <stdlib.h>

#include "oci/imgstr.h"

static void check_string(const char *s)
{
	_free_ char *clean = imgstr_path(s);
	int64_t id;

	if (clean) {
		_free_ char *again = imgstr_path(clean);

		if (*clean != '/' || strstr(clean, "//") || strstr(clean, "/../") ||
		    str_ends(clean, "/..") || strstr(clean, "/./") || strchr(clean, '\n') ||
		    (clean[1] && str_ends(clean, "/")) || !str_eq(clean, again))
			abort();
	}
	if (imgstr_user(s) && strpbrk(s, "\n \t/"))
		abort();
	if (imgstr_user(s) && str_only(s, "0123456789") && str_to_int(s, 0, INT32_MAX, &id) < 0)
		abort();
	if (imgstr_hostname(s) && (strpbrk(s, "\n :/") || strlen(s) > 64))
		abort();
	if (!imgstr_env_problem(s) && (!strchr(s, '=') || *s == '='))
		abort();
}

static void walk(const struct json *j)
{
	const char *s = json_str(j);

	if (s)
		check_string(s);
	json_each (it, j)
		walk(it.v);
	json_foreach (m, json_kind(j) == JSON_OBJECT ? j : NULL) {
		check_string(m.key);
		walk(m.val);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_json_ struct json *j = NULL;
	struct err e = {0};
	struct cur c;

	if (json_parse((const char *)data, size, "fuzz", &j, &e) < 0) {
		_free_ char *text = str_ndup((const char *)data, size);

		check_string(text);
		return 0;
	}
	c = cur_root(j);
	if (json_kind(j) == JSON_OBJECT)
		imgstr_check_config(&c, &e);
	walk(j);
	return 0;
}
