/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RUN/no-overlay: see no_overlay.h. */
#include "ctr/no_overlay.h"

#include "base/fd.h"
#include "sys/proc.h"

#define FILE_NAME "no-overlay"
#define FILE_MAX  2048

char *no_overlay_why(const struct store *s)
{
	_buf_ struct buf b = {0};
	char boot[BOOT_ID_LEN], *line;

	if (file_read(s->run, FILE_NAME, FILE_MAX, &b, NULL) < 0 || !b.len)
		return NULL;
	line = strchr(b.data, '\n');
	if (!line || boot_id(boot, NULL) < 0)
		return NULL;
	*line++ = '\0';
	line[strcspn(line, "\n")] = '\0';
	return str_eq(b.data, boot) && *line ? str_dup(line) : NULL;
}

void no_overlay_remember(const struct store *s, const char *why)
{
	_buf_ struct buf b = {0};
	char boot[BOOT_ID_LEN];

	if (boot_id(boot, NULL) < 0)
		return;
	buf_fmt(&b, "%s\n%s\n", boot, why);
	file_replace(s->run, FILE_NAME, b.data, b.len, 0600, false, NULL);
}
