/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of images: what is accepted prints and parses to the same again and is harmless in paths.
 */
#include "oci/ref.h"
#include "oci/store.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	_free_ char *s = str_ndup((const char *)data, len), *text = NULL, *again = NULL;
	_ref_ struct ref r = {0}, r2 = {0};

	if (ref_parse(s, &r, NULL) < 0)
		return 0;
	text = ref_text(&r);
	if (ref_parse(text, &r2, NULL) < 0)
		abort();
	again = ref_text(&r2);
	if (!str_eq(text, again) || strstr(r.path, "..") || r.path[0] == '/' ||
	    strpbrk(text, " \n\r\t%?#\\\"'") || (r.digest && !digest_hex(r.digest)))
		abort();
	return 0;
}
