/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json and process documents to the runtime's struct: any bytes, twice over. */
#include <stddef.h>
#include <stdint.h>

#include "../../cmd/ctr-runtime/config/config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_text(const char *text, size_t size,
		       int (*fn)(struct json *, struct config *, struct err *))
{
	struct json *doc = NULL;
	struct config c;
	struct err e = {0};

	if (json_parse(text, size, "config.json", &doc, &e) < 0)
		return;
	if (fn(doc, &c, &e) == 0)
		config_release(&c);
	else if (!e.code)
		__builtin_trap(); /* a failure without a reason */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse_text((const char *)data, size, config_parse);
	parse_text((const char *)data, size, config_parse_process);
	return 0;
}
