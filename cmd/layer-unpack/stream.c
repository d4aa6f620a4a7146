/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One layer from its blob to its files, in three processes that a layer has for itself:
 *
 *	blob -> inflate (and the digest of the blob) -> hash (the diffID) -> parse (the files)
 *
 * Two of them meet hostile bytes and may be taken over by them, the one by a damaged deflate or
 * zstd stream, the other by an archive. So neither says what the layer is: the process between them
 * interprets nothing. It copies what it gets, digests its copy, which nobody else can write, and
 * passes that on. jobs.c publishes the layer on its word, and only then.
 *
 * All three keep the descriptors they work with and no other. Inflate and hash can read and write
 * those and do nothing else. Parse has the layer's folder as its root directory and can make files
 * in it: no socket, program, process, executable memory, nor any other file of the user.
 * Memory is bounded by the rings, the limits of the tar reader and those of zstd.
 */
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "oci/digest.h"
#include "oci/inflate.h"
#include "sys/newroot.h"
#include "unpack.h"

#define READ_SIZE (256u << 10)
/* A small blob may inflate by any ratio: up to here it can do no harm. */
#define RATIO_FREE (64ll << 20)

/* Of the process that inflates. */
struct stream {
	const struct layer *layer;
	const struct settings *set;
	struct ring *ring;
	int blob;
	struct inflate *inflate;
	struct digest blob_digest;
	int64_t in, out;
	uint8_t *room; /* being filled */
	size_t room_len;
};

static int check_digest(struct digest *d, const char *want, const char *what, struct err *e)
{
	char text[DIGEST_LEN];

	digest_text(d, text);
	if (str_eq(text, want))
		return 0;
	return err_set(e, ERR_INPUT, 0, "digest", "the %s is %s, not %s", what, text, want);
}

static int stopped(struct report *r)
{
	r->stopped = true; /* the side that stopped says why */
	return -1;
}

/* Passes on what is inflated; with flush also a part of a buffer. */
static int pass_on(struct stream *s, size_t used, bool flush)
{
	s->room_len += used;
	if (s->room_len < RING_SIZE && !flush)
		return 0;
	if (s->room_len)
		ring_filled(s->ring, s->room_len);
	s->room_len = 0;
	s->room = flush ? NULL : ring_room(s->ring);
	return flush || s->room ? 0 : -1;
}

static int check_limits(struct stream *s, struct err *e)
{
	if (s->out > s->set->max_size) {
		err_set(e, ERR_INPUT, 0, "inflate", "larger than %lld bytes when unpacked",
			(long long)s->set->max_size);
		return err_hint(e, "--max-size sets the limit");
	}
	if (s->out > RATIO_FREE && s->out / s->set->max_ratio > s->in) {
		err_set(e, ERR_INPUT, 0, "inflate", "it inflates to more than %lld times its size",
			(long long)s->set->max_ratio);
		return err_hint(e, "--max-ratio sets the limit");
	}
	return 0;
}

/* 0 go on, 1 the other side stopped, -1 error. */
static int inflate_all(struct stream *s, const uint8_t *in, size_t len, struct err *e)
{
	for (;;) {
		size_t given = len, room = RING_SIZE - s->room_len, left = room;
		uint8_t *out = s->room + s->room_len;

		if (inflate_run(s->inflate, &in, &len, &out, &left, e) < 0)
			return -1;
		s->out += (int64_t)(room - left);
		if (check_limits(s, e) < 0)
			return -1;
		if (given == len && room == left)
			return 0;
		if (pass_on(s, room - left, false) < 0)
			return 1;
	}
}

/* The bytes decide, as in other engines: the media type only has to be one of a layer. */
static int check_kind(struct stream *s, const uint8_t *in, size_t len, struct err *e)
{
	enum inflate_kind found = inflate_detect(in, len), promised;
	const char *type = s->layer->media_type;

	if (type && *type && inflate_kind_of(type, &promised, e) < 0) {
		if (e->code != ERR_UNSUPPORTED || strstr(type, "+encrypted"))
			return -1;
		err_clear(e);
	}
	s->inflate = inflate_new(found, e);
	if (s->inflate)
		return 0;
	if (e->code == ERR_UNSUPPORTED)
		err_set(e, ERR_UNSUPPORTED, 0, "inflate",
			"the blob is %s, which is not supported (its media type is %.100s)",
			inflate_name(found), type && *type ? type : "missing");
	return -1;
}

static ssize_t read_blob(struct stream *s, uint8_t *buf, struct err *e)
{
	ssize_t n;

	do
		n = read(s->blob, buf, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "read", "cannot read the blob");
	digest_add(&s->blob_digest, buf, (size_t)n);
	s->in += n;
	return n;
}

/* A blob that is damaged fails in some way when inflated: say the cause, not the symptom. */
static int blame_blob(struct stream *s, uint8_t *buf, struct err *e)
{
	struct err cause = {0};

	while (read_blob(s, buf, &cause) > 0)
		;
	if (check_digest(&s->blob_digest, s->layer->digest, "digest of the blob", &cause) < 0)
		*e = cause;
	return -1;
}

static int read_all(struct stream *s, struct report *report, struct err *e)
{
	_free_ uint8_t *buf = mem_alloc(READ_SIZE);
	ssize_t n = 0;
	int r = 0;

	s->room = ring_room(s->ring);
	while (s->room && r == 0 && (n = read_blob(s, buf, e)) > 0) {
		if (!s->inflate && check_kind(s, buf, (size_t)n, e) < 0)
			return blame_blob(s, buf, e);
		r = inflate_all(s, buf, (size_t)n, e);
		if (r < 0 && e->op[0] != '\0' && !str_eq(e->op, "inflate"))
			return blame_blob(s, buf, e);
	}
	if (n < 0 || r < 0)
		return -1;
	if (r || !s->room)
		return stopped(report);
	if (!s->inflate && check_kind(s, buf, 0, e) < 0)
		return -1;
	if (check_digest(&s->blob_digest, s->layer->digest, "digest of the blob", e) < 0)
		return -1;
	if (inflate_end(s->inflate, e) < 0)
		return -1;
	pass_on(s, 0, true);
	return 0;
}

/* Of all descriptors those of the rings, of the report, and these two stay open; -1: none. */
static void keep(const struct work *w, int a, int b)
{
	const int fds[] = {a,
			   b,
			   w->out,
			   w->plain.mem,
			   w->plain.full[0],
			   w->plain.full[1],
			   w->plain.room[0],
			   w->plain.room[1],
			   w->checked.mem,
			   w->checked.full[0],
			   w->checked.full[1],
			   w->checked.room[0],
			   w->checked.room[1]};

	fd_close_all_but(fds, ARRAY_LEN(fds));
}

int work_inflate(struct work *w, struct report *report, struct err *e)
{
	struct stream s = {.layer = w->layer, .set = w->set, .ring = &w->plain, .blob = w->blob};
	int r;

	ring_release(&w->checked);
	if (ring_fill_side(&w->plain, e) < 0)
		return -1;
	keep(w, w->blob, STDERR_FILENO);
	posix_fadvise(w->blob, 0, 0, POSIX_FADV_SEQUENTIAL);
	digest_start(&s.blob_digest);
	r = confine_pipes(e);
	if (r == 0)
		r = read_all(&s, report, e);
	if (r == 0)
		ring_finish(&w->plain);
	inflate_free(s.inflate);
	digest_release(&s.blob_digest);
	return r;
}

/* Digested is the copy, of which the process before this one has no mapping. */
static int hash_all(struct work *w, struct digest *d, struct report *report)
{
	const uint8_t *data;
	size_t len;
	int r;

	while ((r = ring_take(&w->plain, &data, &len)) == 1) {
		uint8_t *copy = ring_room(&w->checked);

		if (!copy)
			return stopped(report);
		memcpy(copy, data, len);
		digest_add(d, copy, len);
		report->size += (int64_t)len;
		ring_filled(&w->checked, len);
	}
	if (r < 0)
		return stopped(report);
	ring_finish(&w->checked);
	return 0;
}

int work_hash(struct work *w, struct report *report, struct err *e)
{
	_digest_ struct digest d = DIGEST_NONE;

	if (ring_take_side(&w->plain, e) < 0 || ring_fill_side(&w->checked, e) < 0)
		return -1;
	keep(w, STDERR_FILENO, -1);
	digest_start(&d);
	if (confine_pipes(e) < 0 || hash_all(w, &d, report) < 0)
		return -1;
	return check_digest(&d, w->layer->diff_id, "diffID", e);
}

/* The tar reader's source. */
static int next_bytes(void *ctx, const uint8_t **data, size_t *len, struct err *e)
{
	struct work *w = ctx;
	int r = ring_take(&w->checked, data, len);

	if (r == 0)
		*len = 0;
	if (r >= 0)
		return 0;
	w->stopped = true;
	return err_set(e, ERR_FAILED, 0, "ring", "stopped");
}

/* The layer's folder becomes the root directory. No standard error: it may be a terminal. */
static int confine_to(const struct work *w, struct err *e)
{
	const int writable[] = {w->root, -1};
	const struct confine c = {.write_fds = writable, .caps = UNPACK_CAPS};

	keep(w, w->root, -1);
	return newroot_chroot(w->root, e) < 0 ? -1 : confine(&c, e);
}

static void unpack_release(struct unpack *u)
{
	tar_free(u->tar);
	if (u->parent >= 0)
		close(u->parent);
	buf_release(&u->parent_path);
	buf_release(&u->path);
	buf_release(&u->link_path);
	buf_release(&u->dir_paths);
	free(u->dirs);
}

int work_parse(struct work *w, struct report *report, struct err *e)
{
	struct unpack u = {.set = w->set, .report = report, .root = w->root, .parent = -1};
	int r;

	umask(0);
	mallopt(M_ARENA_MAX, 1);
	ring_release(&w->plain);
	if (ring_take_side(&w->checked, e) < 0 || confine_to(w, e) < 0)
		return -1;
	u.tar = tar_new(next_bytes, w);
	r = unpack_entries(&u, e) < 0 || tar_drain(u.tar, e) < 0 ? -1 : 0;
	if (w->stopped)
		r = stopped(report);
	unpack_release(&u);
	return r;
}
