/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tar reader: see tar.h for the contract.
 *
 * Why not libarchive: a layer's names and attributes are bytes that must come out as they went in
 * (libarchive converts names by the locale and may refuse them), sparse maps and extended headers
 * must be bounded, and the code that meets hostile input first should be as small as this.
 *
 * An archive is a row of 512-byte blocks: a header, then its content, padded. Headers of type x, g
 * (PAX), L, K (GNU) carry values for the entry that follows; their precedence is PAX of the entry,
 * GNU, PAX global, the header itself. Two blocks of zeros end the archive; one, or just the end of
 * the bytes at a header, is taken as the end as well, as other readers do. As in Go's reader, which
 * the engines use, links, folders, devices and FIFOs have no content whatever their size says.
 *
 * It must not allocate by what a header claims: content streams, extended headers and sparse maps
 * have a limit that is checked first.
 *
 * Sources: POSIX.1-2017 pax; the GNU tar manual, "Basic Tar Format", "Sparse Formats".
 */
#include "oci/tar.h"

#include <errno.h>

#include "oci/tar_pax.h"

#define BLOCK 512

struct tar {
	tar_source *source;
	void *ctx;
	const uint8_t *in; /* what the source gave, not used yet */
	size_t in_len;
	bool in_end;
	uint8_t block[BLOCK];
	struct tar_entry entry;
	struct tar_pax pax, global;
	char *long_name, *long_link; /* of GNU's headers, or NULL */
	struct buf name, link, ext;
	struct tar_part *parts; /* of a sparse file, in order */
	size_t nparts, part;	/* how many; the one being read */
	int64_t part_done;	/* bytes of it that were read */
	int64_t left;		/* content in the archive not read yet */
	unsigned pad;		/* padding behind it */
};

struct tar *tar_new(tar_source *source, void *ctx)
{
	struct tar *t = mem_alloc(sizeof(*t));

	t->source = source;
	t->ctx = ctx;
	return t;
}

void tar_free(struct tar *t)
{
	if (!t)
		return;
	tar_pax_release(&t->pax);
	tar_pax_release(&t->global);
	free(t->long_name);
	free(t->long_link);
	buf_release(&t->name);
	buf_release(&t->link);
	buf_release(&t->ext);
	free(t->parts);
	free(t);
}

static int bad(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, 0, "tar", "%s", what);
}

/* Sees to it that in_len > 0 unless the archive has ended. */
static int fill(struct tar *t, struct err *e)
{
	if (t->in_len || t->in_end)
		return 0;
	if (t->source(t->ctx, &t->in, &t->in_len, e) < 0)
		return -1;
	t->in_end = t->in_len == 0;
	return 0;
}

/* Copies up to n bytes to dst (NULL: skips them). Returns how many there were, or -1. */
static int64_t take(struct tar *t, void *dst, int64_t n, struct err *e)
{
	int64_t done = 0;

	while (done < n) {
		size_t step;

		if (fill(t, e) < 0)
			return -1;
		if (!t->in_len)
			break;
		step = t->in_len < (uint64_t)(n - done) ? t->in_len : (size_t)(n - done);
		if (dst)
			memcpy((char *)dst + done, t->in, step);
		t->in += step;
		t->in_len -= step;
		done += (int64_t)step;
	}
	return done;
}

static int need(struct tar *t, void *dst, int64_t n, struct err *e)
{
	int64_t got = take(t, dst, n, e);

	if (got < 0)
		return -1;
	return got == n ? 0 : bad(e, "the archive ends in the middle of an entry");
}

/* A numeric field: octal with blanks around it, or base-256 (GNU). */
static int number(const uint8_t *p, size_t n, int64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		bool negative = p[0] & 0x40;

		v = p[0] & 0x3f;
		if (negative)
			v |= ~(uint64_t)0x3f;
		for (i = 1; i < n; i++) {
			int64_t s = (int64_t)v;

			if (s > INT64_MAX >> 8 || s < INT64_MIN >> 8)
				return -1;
			v = v << 8 | p[i];
		}
		*out = (int64_t)v;
		return 0;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++) {
		if (v >> 60)
			return -1;
		v = v << 3 | (unsigned)(p[i] - '0');
	}
	while (i < n && (p[i] == ' ' || p[i] == '\0'))
		i++;
	*out = (int64_t)v;
	return i == n ? 0 : -1;
}

/* As number(), for fields of which some writers leave rubbish behind the first NUL. */
static int number_to_nul(const uint8_t *p, size_t n, int64_t *out)
{
	const uint8_t *nul = p[0] & 0x80 ? NULL : memchr(p, '\0', n);

	return number(p, nul ? (size_t)(nul - p) : n, out);
}

/* Unsigned sums are the rule; some old writers summed signed bytes. */
static bool checksum_fits(const uint8_t *b)
{
	int64_t want, u = 0, s = 0;

	if (number_to_nul(b + 148, 8, &want) < 0)
		return false;
	for (int i = 0; i < BLOCK; i++) {
		uint8_t c = i >= 148 && i < 156 ? ' ' : b[i];

		u += c;
		s += (int8_t)c;
	}
	return want == u || want == s;
}

static bool all_zero(const uint8_t *b)
{
	return b[0] == 0 && memcmp(b, b + 1, BLOCK - 1) == 0;
}

static void set_text(struct buf *b, const void *p, size_t n)
{
	b->len = 0;
	buf_add(b, p, strnlen(p, n));
}

/* Name and link of the header itself; ustar has a prefix that GNU uses for other things. */
static void header_names(struct tar *t)
{
	const uint8_t *b = t->block;

	t->name.len = 0;
	if (memcmp(b + 257, "ustar\0", 6) == 0 && b[345]) {
		set_text(&t->name, b + 345, 155);
		buf_char(&t->name, '/');
	}
	buf_add(&t->name, b, strnlen((const char *)b, 100));
	set_text(&t->link, b + 157, 100);
}

static int header_numbers(struct tar *t, struct err *e)
{
	const uint8_t *b = t->block;
	struct tar_entry *n = &t->entry;
	int64_t mode, sec, dev_major = 0, dev_minor = 0;

	if (number_to_nul(b + 100, 8, &mode) < 0 || number_to_nul(b + 108, 8, &n->uid) < 0 ||
	    number_to_nul(b + 116, 8, &n->gid) < 0 || number_to_nul(b + 124, 12, &n->size) < 0 ||
	    number_to_nul(b + 136, 12, &sec) < 0)
		return bad(e, "a header has a malformed number");
	/* only devices have these, and some writers fill them with blanks */
	if (number_to_nul(b + 329, 8, &dev_major) < 0 || number_to_nul(b + 337, 8, &dev_minor) < 0)
		dev_major = dev_minor = -1;
	n->mode = (uint32_t)mode & 07777;
	n->mtime = (struct timespec){.tv_sec = sec};
	n->dev_major = dev_major;
	n->dev_minor = dev_minor;
	return 0;
}

/* The content of an extended header, whole, in t->ext. */
static int read_extended(struct tar *t, struct err *e)
{
	int64_t n = t->entry.size;

	if (n < 0 || n > TAR_MAX_EXTENDED)
		return bad(e, "an extended header is larger than 1 MiB");
	t->ext.len = 0;
	buf_reserve(&t->ext, (size_t)n + 1);
	if (need(t, t->ext.data, n, e) < 0 || need(t, NULL, (BLOCK - n % BLOCK) % BLOCK, e) < 0)
		return -1;
	t->ext.len = (size_t)n;
	t->ext.data[n] = '\0';
	return 0;
}

static int add_part(struct tar *t, int64_t offset, int64_t length, struct err *e)
{
	int64_t end =
		t->nparts ? t->parts[t->nparts - 1].offset + t->parts[t->nparts - 1].length : 0;

	if (t->nparts >= TAR_MAX_SPARSE)
		return bad(e, "a sparse file has too many parts");
	if (offset < end || length < 0 || length > INT64_MAX - offset)
		return bad(e, "the map of a sparse file is out of order");
	if ((t->nparts & (t->nparts - 1)) == 0)
		t->parts = mem_resize(t->parts, t->nparts ? t->nparts * 2 : 1, sizeof(*t->parts));
	t->parts[t->nparts++] = (struct tar_part){offset, length};
	return 0;
}

/* The map of GNU's old format: n pairs of numbers, then a byte that tells of more blocks. */
static int old_sparse_pairs(struct tar *t, const uint8_t *p, int n, struct err *e)
{
	for (int i = 0; i < n && p[24 * i]; i++) {
		int64_t offset, length;

		if (number_to_nul(p + 24 * i, 12, &offset) < 0 ||
		    number_to_nul(p + 24 * i + 12, 12, &length) < 0)
			return bad(e, "the map of a sparse file is malformed");
		if (add_part(t, offset, length, e) < 0)
			return -1;
	}
	return 0;
}

static int old_sparse(struct tar *t, int64_t *real, struct err *e)
{
	uint8_t more[BLOCK];
	bool again = t->block[482];

	if (number_to_nul(t->block + 483, 12, real) < 0)
		return bad(e, "the size of a sparse file is malformed");
	if (old_sparse_pairs(t, t->block + 386, 4, e) < 0)
		return -1;
	while (again) {
		if (need(t, more, BLOCK, e) < 0 || old_sparse_pairs(t, more, 21, e) < 0)
			return -1;
		again = more[504];
	}
	return 0;
}

/* A decimal number and a newline of the map that PAX 1.0 puts before the content. */
static int map_number(struct tar *t, int64_t *used, int64_t *out, struct err *e)
{
	char text[24];
	size_t n = 0;

	for (;;) {
		if (n == sizeof(text) - 1 || *used >= t->left)
			return bad(e, "the map of a sparse file is malformed");
		if (need(t, &text[n], 1, e) < 0)
			return -1;
		(*used)++;
		if (text[n] == '\n')
			break;
		n++;
	}
	text[n] = '\0';
	if (str_to_int(text, 0, INT64_MAX, out) < 0)
		return bad(e, "the map of a sparse file is malformed");
	return 0;
}

static int new_sparse(struct tar *t, struct err *e)
{
	int64_t used = 0, n, offset, length, rest;

	if (map_number(t, &used, &n, e) < 0)
		return -1;
	if (n > TAR_MAX_SPARSE)
		return bad(e, "a sparse file has too many parts");
	for (int64_t i = 0; i < n; i++)
		if (map_number(t, &used, &offset, e) < 0 || map_number(t, &used, &length, e) < 0 ||
		    add_part(t, offset, length, e) < 0)
			return -1;
	rest = (BLOCK - used % BLOCK) % BLOCK;
	if (used + rest > t->left)
		return bad(e, "the map of a sparse file is malformed");
	t->left -= used + rest;
	return need(t, NULL, rest, e);
}

/* The parts must hold exactly the content and end within the file. */
static int check_sparse(struct tar *t, int64_t real, struct err *e)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->nparts; i++) {
		/* parts do not overlap, so the sum cannot overflow */
		sum += t->parts[i].length;
		if (t->parts[i].offset + t->parts[i].length > real)
			return bad(e, "the map of a sparse file exceeds its size");
	}
	if (sum != t->left)
		return bad(e, "the map of a sparse file does not fit its content");
	t->entry.size = real;
	t->entry.sparse = true;
	return 0;
}

static int setup_sparse(struct tar *t, char type, struct err *e)
{
	const struct tar_pax *p = &t->pax;
	int64_t real = p->real_size;

	if (type == 'S') {
		if (old_sparse(t, &real, e) < 0)
			return -1;
		if (p->real_size >= 0)
			real = p->real_size;
	} else if (p->sparse_major == 1) {
		if (new_sparse(t, e) < 0)
			return -1;
	} else if (p->sparse_map) {
		for (size_t i = 0; i < p->nsparse; i++)
			if (add_part(t, p->sparse[i].offset, p->sparse[i].length, e) < 0)
				return -1;
	} else {
		return 0;
	}
	if (real < 0)
		return bad(e, "a sparse file has no size");
	return check_sparse(t, real, e);
}

static void override_names(struct tar *t)
{
	const unsigned gone = t->pax.taken_back;
	const char *names[] = {gone & TAR_PAX_PATH ? NULL : t->global.path, t->pax.path,
			       t->long_name};
	const char *links[] = {gone & TAR_PAX_LINKPATH ? NULL : t->global.linkpath, t->pax.linkpath,
			       t->long_link};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i])
			set_text(&t->name, names[i], TAR_MAX_EXTENDED);
		if (links[i])
			set_text(&t->link, links[i], TAR_MAX_EXTENDED);
	}
	if (t->pax.sparse_name)
		set_text(&t->name, t->pax.sparse_name, TAR_MAX_EXTENDED);
}

static void override_numbers(struct tar *t)
{
	const struct tar_pax *list[] = {&t->global, &t->pax};
	struct tar_entry *n = &t->entry;

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		const struct tar_pax *p = list[i];
		const unsigned gone = i == 0 ? t->pax.taken_back : 0;

		n->uid = p->uid >= 0 && !(gone & TAR_PAX_UID) ? p->uid : n->uid;
		n->gid = p->gid >= 0 && !(gone & TAR_PAX_GID) ? p->gid : n->gid;
		n->size = p->size >= 0 ? p->size : n->size; /* a global header's is dropped */
		n->mtime = p->has_mtime && !(gone & TAR_PAX_MTIME) ? p->mtime : n->mtime;
	}
}

/* Old archives mark a folder by the slash at the end of its name. */
static int entry_type(struct tar *t, char type, struct err *e)
{
	switch (type) {
	case '\0':
	case '0':
	case '7':
	case 'S':
		t->entry.type = TAR_FILE;
		if (type != 'S' && t->name.len && t->name.data[t->name.len - 1] == '/')
			t->entry.type = TAR_DIR;
		return 0;
	case '1' ... '6':
		t->entry.type = (enum tar_type)type;
		return 0;
	default:
		return err_set(e, ERR_INPUT, 0, "tar",
			       "entry \"%.200s\" has the unknown type 0x%02x",
			       t->name.data ? t->name.data : "", (unsigned char)type);
	}
}

static int finish_entry(struct tar *t, struct err *e)
{
	struct tar_entry *n = &t->entry;
	char type = (char)t->block[156];

	override_names(t);
	override_numbers(t);
	buf_reserve(&t->name, 1);
	buf_reserve(&t->link, 1);
	t->name.data[t->name.len] = '\0';
	t->link.data[t->link.len] = '\0';
	if (entry_type(t, type, e) < 0)
		return -1;
	if (t->name.len > TAR_MAX_NAME || t->link.len > TAR_MAX_NAME)
		return err_set(e, ERR_INPUT, 0, "tar", "the name of \"%.200s...\" is too long",
			       t->name.data);
	n->name = t->name.data;
	n->link = n->type == TAR_LINK || n->type == TAR_SYMLINK ? t->link.data : "";
	n->xattrs = t->pax.xattrs;
	n->nxattrs = t->pax.nxattrs;
	n->acls = t->pax.acls;
	if (n->type != TAR_FILE)
		n->size = 0;
	if (n->size < 0 || n->size > INT64_MAX - BLOCK)
		return err_set(e, ERR_INPUT, 0, "tar", "entry \"%.200s\" has an impossible size",
			       n->name);
	t->left = n->size;
	t->pad = (unsigned)((BLOCK - n->size % BLOCK) % BLOCK);
	if (n->type == TAR_FILE && setup_sparse(t, type, e) < 0)
		return err_prefix(e, "entry \"%.200s\"", n->name);
	return 0;
}

/* 1: a header is in t->block; 0: the archive has ended; -1: malformed. */
static int read_header(struct tar *t, struct err *e)
{
	int64_t got = take(t, t->block, BLOCK, e);

	if (got < 0)
		return -1;
	if (got == 0 || (got == BLOCK && all_zero(t->block)))
		return 0;
	if (got != BLOCK)
		return bad(e, "the archive ends in the middle of a header");
	if (!checksum_fits(t->block))
		return bad(e, "a header's checksum is wrong: no tar archive, or a damaged one");
	return header_numbers(t, e) < 0 ? -1 : 1;
}

/* Reads one extended header; of several of a kind before one entry the last one counts. */
static int extended(struct tar *t, char type, struct err *e)
{
	if (read_extended(t, e) < 0)
		return -1;
	switch (type) {
	case 'x':
		tar_pax_release(&t->pax);
		t->pax = TAR_PAX_EMPTY;
		return tar_pax_parse(&t->pax, t->ext.data, t->ext.len, e);
	case 'g':
		if (tar_pax_parse(&t->global, t->ext.data, t->ext.len, e) < 0)
			return -1;
		tar_pax_keep_global(&t->global);
		return 0;
	case 'L':
		return tar_pax_name(&t->long_name, t->ext.data, t->ext.len, e);
	default:
		return tar_pax_name(&t->long_link, t->ext.data, t->ext.len, e);
	}
}

static int skip_content(struct tar *t, struct err *e)
{
	if (need(t, NULL, t->left, e) < 0 || need(t, NULL, t->pad, e) < 0)
		return -1;
	t->left = 0;
	t->pad = 0;
	return 0;
}

int tar_next(struct tar *t, const struct tar_entry **out, struct err *e)
{
	unsigned headers = 0;

	if (skip_content(t, e) < 0)
		return -1;
	tar_pax_release(&t->pax);
	t->pax = TAR_PAX_EMPTY;
	free(t->long_name);
	free(t->long_link);
	t->long_name = t->long_link = NULL;
	if (!t->global.ready)
		t->global = TAR_PAX_EMPTY;
	t->nparts = t->part = 0;
	t->part_done = 0;
	for (;;) {
		char type;
		int r = read_header(t, e);

		if (r <= 0)
			return r;
		t->entry.sparse = false;
		type = (char)t->block[156];
		if (type != 'x' && type != 'g' && type != 'L' && type != 'K')
			break;
		if (++headers > 16)
			return bad(e, "too many extended headers before one entry");
		if (extended(t, type, e) < 0)
			return -1;
	}
	header_names(t);
	if (finish_entry(t, e) < 0)
		return -1;
	*out = &t->entry;
	return 1;
}

int tar_content(struct tar *t, const uint8_t **data, size_t *len, int64_t *offset, struct err *e)
{
	int64_t room = t->left;

	*len = 0;
	if (!t->left)
		return 0;
	if (t->entry.sparse) {
		while (t->part < t->nparts && t->part_done == t->parts[t->part].length) {
			t->part++;
			t->part_done = 0;
		}
		room = t->parts[t->part].length - t->part_done;
		*offset = t->parts[t->part].offset + t->part_done;
	} else {
		*offset = t->entry.size - t->left;
	}
	if (fill(t, e) < 0)
		return -1;
	if (!t->in_len)
		return bad(e, "the archive ends in the middle of an entry");
	*data = t->in;
	*len = t->in_len < (uint64_t)room ? t->in_len : (size_t)room;
	t->in += *len;
	t->in_len -= *len;
	t->left -= (int64_t)*len;
	t->part_done += (int64_t)*len;
	return 0;
}

int tar_drain(struct tar *t, struct err *e)
{
	while (!t->in_end) {
		t->in_len = 0;
		if (fill(t, e) < 0)
			return -1;
	}
	return 0;
}
