/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader of TOML 1.0, as the configuration files of the container engines use it. */
#ifndef RP_WIRE_TOML_H
#define RP_WIRE_TOML_H

#include "wire/json.h"
#include "wire/json_text.h"

/*
 * Parses text (len bytes) to a JSON object: tables are objects, arrays of tables arrays of objects.
 * Strict: a key or table that appears twice, bad UTF-8, an unknown escape and everything else that
 * TOML forbids is ERR_INPUT "NAME:LINE: what". Dates and floating-point numbers, which no such file
 * has, are refused as well. name is for messages.
 */
int toml_parse(const char *text, size_t len, const char *name, struct json **out, struct err *e);

#endif
