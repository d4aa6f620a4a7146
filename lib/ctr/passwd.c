/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts of an image: see passwd.h. */
#include "ctr/passwd.h"

#include <stdlib.h>

#include "sys/path.h"

void account_release(struct account *a)
{
	free(a->name);
	free(a->home);
}

char *passwd_next_line(char **text)
{
	char *line = *text;
	size_t n;

	if (!*line)
		return NULL;
	n = strcspn(line, "\n");
	*text = line + n + (line[n] == '\n');
	line[n] = '\0';
	return line;
}

void passwd_read(int root, const char *path, struct buf *b)
{
	if (path_read_in_root(root, path, PASSWD_MAX_FILE, b, NULL) < 0)
		buf_release(b);
	buf_reserve(b, 0);
	b->data[b->len] = '\0';
}

/* NAME:PASSWORD:UID:GID:GECOS:HOME:SHELL */
static bool passwd_line(const char *line, const char *name, int64_t uid, struct account *a)
{
	_strv_ struct strv f = {0};
	int64_t id, gid;

	strv_split(&f, line, ':');
	if (f.n < 6 || str_to_int(f.v[2], 0, PASSWD_MAX_ID, &id) < 0 ||
	    str_to_int(f.v[3], 0, PASSWD_MAX_ID, &gid) < 0)
		return false;
	if (name ? strcmp(f.v[0], name) != 0 : id != uid)
		return false;
	a->uid = id;
	a->gid = gid;
	a->name = str_dup(f.v[0]);
	a->home = str_dup(*f.v[5] == '/' ? f.v[5] : "/");
	return true;
}

bool passwd_find(int root, const char *name, int64_t uid, struct account *a)
{
	_buf_ struct buf b = {0};
	char *text, *line;

	passwd_read(root, "/etc/passwd", &b);
	for (text = b.data; (line = passwd_next_line(&text));)
		if (passwd_line(line, name, uid, a))
			return true;
	return false;
}
