/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAX records: see tar_pax.h. A header is a row of "LENGTH KEY=VALUE\n", LENGTH in decimal and
 * counting itself. Values of attributes are bytes and may hold anything; those of the other keys
 * that count are text, in which a NUL is refused, since a name would end early for one reader and
 * not for another. What POSIX says about an empty value: it deletes what a global header gave.
 */
#include "oci/tar_pax.h"

static int bad(struct err *e, const char *key)
{
	return err_set(e, ERR_INPUT, 0, "tar", "an extended header has a malformed %.60s", key);
}

static void drop_xattrs(struct tar_pax *p)
{
	for (size_t i = 0; i < p->nxattrs; i++) {
		free(p->xattrs[i].name);
		free(p->xattrs[i].value);
	}
	free(p->xattrs);
	p->xattrs = NULL;
	p->nxattrs = 0;
}

void tar_pax_release(struct tar_pax *p)
{
	free(p->path);
	free(p->linkpath);
	free(p->sparse_name);
	free(p->sparse);
	drop_xattrs(p);
	*p = (struct tar_pax){0};
}

void tar_pax_keep_global(struct tar_pax *p)
{
	drop_xattrs(p);
	free(p->sparse_name);
	free(p->sparse);
	p->sparse_name = NULL;
	p->sparse = NULL;
	p->nsparse = 0;
	p->sparse_major = 0;
	p->sparse_map = false;
	p->size = p->real_size = p->pending_offset = -1;
}

int tar_pax_name(char **out, const char *data, size_t len, struct err *e)
{
	size_t n = strnlen(data, len);

	if (n > TAR_MAX_NAME)
		return err_set(e, ERR_INPUT, 0, "tar", "the name \"%.200s...\" is too long", data);
	free(*out);
	*out = str_ndup(data, n);
	return 0;
}

/* "SECONDS[.FRACTION]", perhaps negative, to the nanosecond below. */
static int parse_time(const char *s, struct timespec *out)
{
	_free_ char *copy = str_dup(s);
	char *dot = strchr(copy, '.');
	int64_t sec;
	long ns = 0, unit = 100000000;

	if (dot) {
		*dot = '\0';
		if (dot[1] && !str_only(dot + 1, "0123456789"))
			return -1;
		for (const char *p = dot + 1; *p && unit; p++, unit /= 10)
			ns += (*p - '0') * unit;
	}
	if (str_to_int(copy, INT64_MIN / 2, INT64_MAX / 2, &sec) < 0)
		return -1;
	if (*copy == '-' && ns) {
		sec--;
		ns = 1000000000 - ns;
	}
	*out = (struct timespec){.tv_sec = sec, .tv_nsec = ns};
	return 0;
}

static void add_xattr(struct tar_pax *p, const char *name, const char *value, size_t len)
{
	struct tar_xattr *x;

	p->xattrs = mem_resize(p->xattrs, p->nxattrs + 1, sizeof(*p->xattrs));
	x = &p->xattrs[p->nxattrs++];
	x->name = str_dup(name);
	x->value = mem_alloc(len + 1);
	memcpy(x->value, value, len);
	x->len = len;
}

static int add_sparse(struct tar_pax *p, int64_t offset, int64_t length)
{
	if (p->nsparse >= TAR_MAX_SPARSE)
		return -1;
	if ((p->nsparse & (p->nsparse - 1)) == 0)
		p->sparse =
			mem_resize(p->sparse, p->nsparse ? p->nsparse * 2 : 1, sizeof(*p->sparse));
	p->sparse[p->nsparse++] = (struct tar_part){offset, length};
	p->sparse_map = true;
	return 0;
}

/* 0.1: "OFFSET,LENGTH,OFFSET,LENGTH..." */
static int parse_map(struct tar_pax *p, const char *value)
{
	_free_ char *copy = str_dup(value);
	int64_t v[2];
	int n = 0;
	char *rest = copy;

	p->nsparse = 0;
	p->sparse_map = true;
	while (rest && *rest) {
		char *word = strsep(&rest, ",");

		if (str_to_int(word, 0, INT64_MAX, &v[n]) < 0)
			return -1;
		if (++n < 2)
			continue;
		n = 0;
		if (add_sparse(p, v[0], v[1]) < 0)
			return -1;
	}
	return n ? -1 : 0;
}

static int parse_sparse(struct tar_pax *p, const char *key, const char *value)
{
	int64_t v = 0;

	if (str_eq(key, "name")) {
		free(p->sparse_name);
		p->sparse_name = str_dup(value);
		return 0;
	}
	if (str_eq(key, "map"))
		return parse_map(p, value);
	if (str_to_int(value, 0, INT64_MAX, &v) < 0)
		return -1;
	if (str_eq(key, "major")) {
		p->sparse_major = v;
		return v > 1 ? -1 : 0;
	}
	if (str_eq(key, "realsize") || str_eq(key, "size"))
		p->real_size = v;
	else if (str_eq(key, "offset"))
		p->pending_offset = v;
	else if (str_eq(key, "numbytes")) {
		int64_t offset = p->pending_offset;

		p->pending_offset = -1;
		return offset < 0 ? -1 : add_sparse(p, offset, v);
	}
	return 0;
}

/* The keys that count, but for those of attributes and sparse files. */
static const struct {
	const char *name;
	unsigned bit;
} known[] = {
	{"path", TAR_PAX_PATH}, {"linkpath", TAR_PAX_LINKPATH}, {"uid", TAR_PAX_UID},
	{"gid", TAR_PAX_GID},	{"size", TAR_PAX_SIZE},		{"mtime", TAR_PAX_MTIME},
};

static unsigned key_bit(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(key, known[i].name))
			return known[i].bit;
	return 0;
}

static void forget(char **text)
{
	free(*text);
	*text = NULL;
}

static void take_back(struct tar_pax *p, unsigned bit)
{
	p->taken_back |= bit;
	if (bit & TAR_PAX_PATH)
		forget(&p->path);
	if (bit & TAR_PAX_LINKPATH)
		forget(&p->linkpath);
	p->uid = bit & TAR_PAX_UID ? -1 : p->uid;
	p->gid = bit & TAR_PAX_GID ? -1 : p->gid;
	p->size = bit & TAR_PAX_SIZE ? -1 : p->size;
	p->has_mtime = p->has_mtime && !(bit & TAR_PAX_MTIME);
}

static int parse_text(struct tar_pax *p, const char *key, const char *value)
{
	int64_t *n = str_eq(key, "uid")	   ? &p->uid
		     : str_eq(key, "gid")  ? &p->gid
		     : str_eq(key, "size") ? &p->size
					   : NULL;
	char **name = str_eq(key, "path")	? &p->path
		      : str_eq(key, "linkpath") ? &p->linkpath
						: NULL;

	if (n)
		return str_to_int(value, 0, INT64_MAX, n);
	if (name) {
		free(*name);
		*name = str_dup(value);
		return strlen(value) > TAR_MAX_NAME ? -1 : 0;
	}
	if (str_eq(key, "mtime")) {
		p->has_mtime = true;
		return parse_time(value, &p->mtime);
	}
	if (str_after(key, "GNU.sparse."))
		return parse_sparse(p, str_after(key, "GNU.sparse."), value);
	return 0;
}

/* The record at *pos, its key and value; moves *pos behind it. */
static int next_record(const char *data, size_t len, size_t *pos, char **key, const char **value,
		       size_t *value_len)
{
	const char *rec = data + *pos, *eq;
	size_t n = 0, digits = 0, rest = len - *pos;

	while (digits < rest && digits < 8 && rec[digits] >= '0' && rec[digits] <= '9')
		n = n * 10 + (size_t)(rec[digits++] - '0');
	if (!digits || digits >= rest || rec[digits] != ' ' || n > rest || n < digits + 4 ||
	    rec[n - 1] != '\n')
		return -1;
	eq = memchr(rec + digits + 1, '=', n - digits - 2);
	if (!eq || memchr(rec, '\0', (size_t)(eq - rec)))
		return -1;
	*key = str_ndup(rec + digits + 1, (size_t)(eq - rec) - digits - 1);
	*value = eq + 1;
	*value_len = n - 1 - (size_t)(eq + 1 - rec);
	*pos += n;
	return 0;
}

int tar_pax_parse(struct tar_pax *p, const char *data, size_t len, struct err *e)
{
	for (size_t pos = 0; pos < len;) {
		_free_ char *key = NULL;
		_free_ char *text = NULL;
		const char *value, *attr;
		unsigned bit;
		size_t n;

		if (next_record(data, len, &pos, &key, &value, &n) < 0)
			return bad(e, "record");
		attr = str_after(key, "SCHILY.xattr.");
		p->acls = p->acls || str_after(key, "SCHILY.acl.");
		if (attr) {
			add_xattr(p, attr, value, n);
			continue;
		}
		bit = key_bit(key);
		if (!bit && !str_after(key, "GNU.sparse."))
			continue;
		if (memchr(value, '\0', n))
			return bad(e, key);
		if (!n) {
			take_back(p, bit);
			continue;
		}
		p->taken_back &= ~bit;
		text = str_ndup(value, n);
		if (parse_text(p, key, text) < 0)
			return bad(e, key);
	}
	return 0;
}
