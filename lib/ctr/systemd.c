/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is it systemd? See systemd.h. */
#include "ctr/systemd.h"

bool systemd_wanted(const struct json *request, const char *first)
{
	static const char *const inits[] = {"/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init"};
	const char *mode = json_get_str(request, "systemd", "true"), *slash;

	if (!str_eq(mode, "true"))
		return str_eq(mode, "always");
	for (size_t i = 0; first && i < ARRAY_LEN(inits); i++)
		if (str_eq(first, inits[i]))
			return true;
	slash = first ? strrchr(first, '/') : NULL;
	return str_eq(slash ? slash + 1 : first, "systemd");
}
