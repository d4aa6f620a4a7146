/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Environments: see env.h. */
#include "ctr/env.h"

void env_put(struct json *env, const char *item)
{
	_free_ char *name = str_ndup(item, strcspn(item, "="));

	json_set(env, name, json_new_str(item));
}

struct json *env_items(const struct json *env)
{
	struct json *items = json_new_array();

	json_foreach (m, env)
		json_add(items, json_ref(m.val));
	return items;
}
