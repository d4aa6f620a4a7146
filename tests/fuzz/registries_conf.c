/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registries.conf, and with it the TOML reader. */
#include "oci/registries.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	_registries_ struct registries r = {0};
	_ref_ struct ref shrt = {0}, full = {0};
	_refs_ struct refs names = {0};
	_endpoints_ struct endpoints places = {0};
	struct err e = {0};

	if (registries_add(&r, (const char *)data, len, "fuzz", &e) < 0)
		return 0;
	ref_parse("a", &shrt, NULL);
	ref_parse("example.com/a:1", &full, NULL);
	registries_candidates(&r, &shrt, &names, &e);
	registries_endpoints(&r, &full, &places, &e);
	return 0;
}
