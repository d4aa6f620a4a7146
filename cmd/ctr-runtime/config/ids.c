/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The id maps of a new user namespace: see ids.h. */
#include "config/ids.h"

#include <fcntl.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "sys/caps.h"

int ids_from_config(const struct config_maps *from, struct idmap *to, struct err *e)
{
	to->n = 0;
	if (from->n > IDMAP_MAX_RANGES)
		return err_set(e, ERR_INPUT, 0, NULL, "more than %d id mappings", IDMAP_MAX_RANGES);
	for (; to->n < from->n; to->n++)
		to->r[to->n] = (struct id_range){(uint32_t)from->v[to->n].container,
						 (uint32_t)from->v[to->n].host,
						 (uint32_t)from->v[to->n].size};
	return 0;
}

/* From the file itself: getpwuid(3) of a static program would load modules at run time. */
static char *own_name(void)
{
	_buf_ struct buf text = {0};
	_strv_ struct strv lines = {0};
	_free_ char *uid = str_fmt("%u", (unsigned)getuid());

	if (file_read(AT_FDCWD, "/etc/passwd", 1 << 20, &text, NULL) < 0 || !text.len)
		return NULL;
	strv_split(&lines, text.data, '\n');
	strv_foreach (line, &lines) {
		_strv_ struct strv part = {0};

		strv_split(&part, line, ':');
		if (part.n > 2 && str_eq(part.v[2], uid))
			return str_dup(part.v[0]);
	}
	return NULL;
}

int ids_default(bool gid, struct idmap *to, struct err *e)
{
	_free_ char *name = NULL;

	if (caps_effective() & CAP_BIT(CAP_SETUID)) {
		if (idmap_current(gid, to, e) < 0)
			return -1;
		for (size_t i = 0; i < to->n; i++)
			to->r[i].outside = to->r[i].inside;
		return 0;
	}
	name = own_name();
	return idmap_read(gid ? "/etc/subgid" : "/etc/subuid", name, getuid(),
			  gid ? getegid() : geteuid(), to, e);
}
