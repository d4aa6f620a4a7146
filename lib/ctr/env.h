/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An environment that is put together from several lists: a later value takes the place of an
 * earlier one of the same name. It is an object whose members are the items ("NAME=VALUE") by name,
 * in the order in which the names first came, so that lists of hostile length cost no more than
 * their length.
 */
#ifndef RP_CTR_ENV_H
#define RP_CTR_ENV_H

#include "wire/json.h"

/* Adds "NAME=VALUE" to the object env. */
void env_put(struct json *env, const char *item);

/* The items as an array; the caller owns it. */
struct json *env_items(const struct json *env);

#endif
