/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations of images in one spelling: see imgnorm.h. */
#include "oci/imgnorm.h"

#include "oci/imgstr.h"

static const char *const top_keys[] = {"os",	 "architecture", "variant", "created", "author",
				       "config", "rootfs",	 "history", NULL};
static const char *const rootfs_keys[] = {"type", "diff_ids", NULL};
static const char *const config_keys[] = {
	"User",	       "ExposedPorts", "Env",	     "Entrypoint", "Cmd",
	"Volumes",     "WorkingDir",   "StopSignal", "Labels",	   "ArgsEscaped",
	"Healthcheck", "Shell",	       "OnBuild",    NULL};

static const char *right_spelling(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcasecmp(key, *keys) == 0)
			return *keys;
	return NULL;
}

static void fold_keys(struct json *obj, const char *const *keys)
{
	_strv_ struct strv odd = {0};

	if (json_kind(obj) != JSON_OBJECT)
		return;
	json_foreach (m, obj) {
		const char *right = right_spelling(m.key, keys);

		if (right && !str_eq(right, m.key))
			strv_add(&odd, m.key);
	}
	strv_foreach (key, &odd) {
		const char *right = right_spelling(key, keys);

		if (!json_has(obj, right))
			json_set(obj, right, json_ref(json_get(obj, key)));
		json_del(obj, key);
	}
}

/* What is no path at all stays, for the checks to name. */
static void clean_volumes(struct json *config)
{
	struct json *old = json_get(config, "Volumes"), *clean;

	if (json_kind(old) != JSON_OBJECT)
		return;
	clean = json_new_object();
	json_foreach (m, old) {
		_free_ char *path = imgstr_path(m.key);

		json_set(clean, path ? path : m.key, json_ref(m.val));
	}
	json_set(config, "Volumes", clean);
}

void imgnorm_config(struct json *config)
{
	fold_keys(config, top_keys);
	fold_keys(json_get(config, "rootfs"), rootfs_keys);
	fold_keys(json_get(config, "config"), config_keys);
	clean_volumes(json_get(config, "config"));
}
