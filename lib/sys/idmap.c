/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subordinate ids: see idmap.h. A file is read line by line; only lines of the user can be wrong.
 */
#include "sys/idmap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/fd.h"

#define MAX_FILE (1u << 20)

static int bad_line(const char *file, size_t number, const char *line, const char *why,
		    struct err *e)
{
	err_set(e, ERR_INPUT, 0, "subuid", "%s line %zu: %s: \"%.80s\"", file, number, why, line);
	return err_hint(e, "a line is NAME:START:COUNT, for example alice:100000:65536");
}

static bool is_ours(const char *owner, const char *name, uid_t uid)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	return (name && strcmp(owner, name) == 0) || strcmp(owner, number) == 0;
}

static const char *add_range(struct idmap *map, int64_t start, int64_t count)
{
	struct id_range *last = &map->r[map->n - 1], *r = &map->r[map->n];

	if (count == 0)
		return "the count is 0";
	/* 4294967295 is no id: (uid_t)-1 means "no change" in system calls */
	if (start + count > UINT32_MAX)
		return "the range goes beyond the largest id";
	if ((int64_t)last->inside + last->count + count > UINT32_MAX)
		return "the ranges together go beyond the largest id";
	if (map->n == IDMAP_MAX_RANGES)
		return "more ranges than the kernel takes";
	for (size_t i = 0; i < map->n; i++)
		if (start < (int64_t)map->r[i].outside + map->r[i].count &&
		    map->r[i].outside < start + count)
			return "the range overlaps with another one of this user";
	r->inside = last->inside + last->count;
	r->outside = (uint32_t)start;
	r->count = (uint32_t)count;
	map->n++;
	return NULL;
}

static int parse_line(const char *line, size_t number, const char *file, const char *name,
		      uid_t uid, struct idmap *map, struct err *e)
{
	_strv_ struct strv part = {0};
	int64_t start, count;
	const char *why;

	strv_split(&part, line, ':');
	if (part.n < 1 || !is_ours(part.v[0], name, uid))
		return 0;
	if (part.n != 3 || str_to_int(part.v[1], 0, UINT32_MAX, &start) < 0 ||
	    str_to_int(part.v[2], 0, UINT32_MAX, &count) < 0)
		return bad_line(file, number, line, "malformed", e);
	why = add_range(map, start, count);
	return why ? bad_line(file, number, line, why, e) : 0;
}

int idmap_parse(const char *text, const char *file, const char *name, uid_t uid, uint32_t id,
		struct idmap *map, struct err *e)
{
	size_t number = 0;

	*map = (struct idmap){.r = {{.inside = 0, .outside = id, .count = 1}}, .n = 1};
	while (*text) {
		size_t n = strcspn(text, "\n"), len = n;
		_free_ char *line = NULL;

		number++;
		while (len && isspace((unsigned char)text[len - 1]))
			len--;
		line = str_ndup(text, len);
		text += n + (text[n] == '\n');
		if (*line && *line != '#' &&
		    parse_line(line + strspn(line, " \t"), number, file, name, uid, map, e) < 0)
			return -1;
	}
	return 0;
}

int idmap_read(const char *file, const char *name, uid_t uid, uint32_t id, struct idmap *map,
	       struct err *e)
{
	_buf_ struct buf b = {0};

	if (file_read(AT_FDCWD, file, MAX_FILE, &b, e) < 0) {
		if (e && e->errnum != ENOENT)
			return -1;
		if (e)
			err_clear(e);
	}
	return idmap_parse(b.data ? b.data : "", file, name, uid, id, map, e);
}

int idmap_current(bool gid, struct idmap *map, struct err *e)
{
	const char *file = gid ? "/proc/self/gid_map" : "/proc/self/uid_map";
	_buf_ struct buf text = {0};
	char *at, *end;

	if (file_read(AT_FDCWD, file, 65536, &text, e) < 0)
		return -1;
	/* lines of three numbers, aligned with blanks: strtoul(3) skips all of these */
	map->n = 0;
	for (at = text.data; at && map->n < IDMAP_MAX_RANGES; at = end) {
		struct id_range *r = &map->r[map->n];

		r->inside = (uint32_t)strtoul(at, &end, 10);
		r->outside = (uint32_t)strtoul(end, &end, 10);
		r->count = (uint32_t)strtoul(end, &end, 10);
		if (!r->count)
			break;
		map->n++;
	}
	return 0;
}

int64_t idmap_to_outside(const struct idmap *map, uint32_t inside)
{
	for (size_t i = 0; i < map->n; i++)
		if (inside >= map->r[i].inside && inside - map->r[i].inside < map->r[i].count)
			return (int64_t)map->r[i].outside + (inside - map->r[i].inside);
	return -1;
}
