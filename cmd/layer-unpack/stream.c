/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One layer, in a process of its own, in one pass over its blob.
 *
 * Stages: confined to the layer's root folder; the compression told by the first bytes and compared
 * with the media type. Then two threads with a ring of buffers between them: one reads the blob,
 * digests and inflates it; the other digests what comes out and unpacks it. Both digests are
 * compared at the very end, over all bytes, also those behind the end of the archive; what was
 * unpacked until then lies in a staging folder that nobody uses.
 *
 * It must not open anything outside the root folder, start a program, make a socket: it is the
 * first to meet hostile bytes. Memory is bounded by the ring, the reader's limits and those of
 * zstd.
 */
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>

#include "oci/digest.h"
#include "oci/inflate.h"
#include "ring.h"
#include "unpack.h"

#define READ_SIZE (256u << 10)
/* A small blob may inflate by any ratio: up to here it can do no harm. */
#define RATIO_FREE (64ll << 20)
#define STACK_SIZE (512u << 10)

struct stream {
	const struct layer *layer;
	const struct settings *set;
	struct ring ring;
	/* of the thread that reads */
	int blob;
	struct inflate *inflate;
	struct digest blob_digest;
	int64_t in, out;
	uint8_t *room; /* being filled */
	size_t room_len;
	bool failed;
	struct err err;
	/* of the thread that unpacks */
	struct digest diff_digest;
	int64_t taken;
};

static int check_digest(struct digest *d, const char *want, const char *what, struct err *e)
{
	char text[DIGEST_LEN];

	digest_text(d, text);
	if (str_eq(text, want))
		return 0;
	return err_set(e, ERR_INPUT, 0, "digest", "the %s is %s, not %s", what, text, want);
}

/* Passes on what is inflated; with flush also a part of a buffer. */
static int pass_on(struct stream *s, size_t used, bool flush)
{
	s->room_len += used;
	if (s->room_len < RING_SIZE && !flush)
		return 0;
	if (s->room_len)
		ring_filled(&s->ring, s->room_len);
	s->room_len = 0;
	s->room = flush ? NULL : ring_room(&s->ring);
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

static int check_kind(struct stream *s, const uint8_t *in, size_t len, struct err *e)
{
	enum inflate_kind found = inflate_detect(in, len), promised = found;
	const char *type = s->layer->media_type;

	if (type && *type && inflate_kind_of(type, &promised, e) < 0)
		return -1;
	if (promised != found)
		return err_set(e, ERR_INPUT, 0, "inflate", "the blob is %s, its media type says %s",
			       inflate_name(found), inflate_name(promised));
	s->inflate = inflate_new(found, e);
	return s->inflate ? 0 : -1;
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

static int read_all(struct stream *s, struct err *e)
{
	_free_ uint8_t *buf = mem_alloc(READ_SIZE);
	ssize_t n = 0;
	int r = 0;

	s->room = ring_room(&s->ring);
	while (s->room && r == 0 && (n = read_blob(s, buf, e)) > 0) {
		if (!s->inflate && check_kind(s, buf, (size_t)n, e) < 0)
			return blame_blob(s, buf, e);
		r = inflate_all(s, buf, (size_t)n, e);
		if (r < 0 && e->op[0] != '\0' && !str_eq(e->op, "inflate"))
			return blame_blob(s, buf, e);
	}
	if (r || !s->room)
		return r < 0 ? -1 : 0;
	if (n < 0)
		return -1;
	if (!s->inflate && check_kind(s, buf, 0, e) < 0)
		return -1;
	if (check_digest(&s->blob_digest, s->layer->digest, "digest of the blob", e) < 0)
		return -1;
	if (inflate_end(s->inflate, e) < 0)
		return -1;
	pass_on(s, 0, true);
	return 0;
}

static void *reader(void *arg)
{
	struct stream *s = arg;

	s->failed = read_all(s, &s->err) < 0;
	if (s->failed)
		ring_stop(&s->ring);
	else
		ring_finish(&s->ring);
	return NULL;
}

/* The tar reader's source. */
static int next_bytes(void *ctx, const uint8_t **data, size_t *len, struct err *e)
{
	struct stream *s = ctx;
	int r = ring_take(&s->ring, data, len);

	if (r < 0) /* the reader has said why */
		return err_set(e, ERR_FAILED, 0, "ring", "stopped");
	if (r == 0) {
		*len = 0;
		return 0;
	}
	digest_add(&s->diff_digest, *data, *len);
	s->taken += (int64_t)*len;
	return 0;
}

static int write_all(struct stream *s, struct unpack *u, struct err *e)
{
	if (unpack_entries(u, e) < 0 || tar_drain(u->tar, e) < 0)
		return -1;
	return check_digest(&s->diff_digest, s->layer->diff_id, "diffID", e);
}

static int confine_to(int root, struct err *e)
{
	const int writable[] = {root, -1};
	const struct confine c = {
		.write_fds = writable,
		.caps = UNPACK_CAPS,
	};

	return confine(&c, e);
}

static int run_threads(struct stream *s, struct unpack *u, struct err *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	r = pthread_create(&thread, &attr, reader, s);
	pthread_attr_destroy(&attr);
	if (r)
		return err_set(e, ERR_FAILED, r, "pthread_create", "cannot start a thread");
	r = write_all(s, u, e);
	if (r < 0)
		ring_stop(&s->ring);
	pthread_join(thread, NULL);
	if (s->failed) {
		*e = s->err;
		r = -1;
	}
	return r;
}

int unpack_layer(const struct layer *l, int blob, int root, const struct settings *set,
		 struct report *report, struct err *e)
{
	struct stream s = {.layer = l, .set = set, .blob = blob};
	struct unpack u = {.set = set, .report = report, .root = root, .parent = -1};
	int r;

	umask(0);
	mallopt(M_ARENA_MAX, 1);
	posix_fadvise(blob, 0, 0, POSIX_FADV_SEQUENTIAL);
	/* before the confinement: libcrypto may want to look at its configuration */
	digest_start(&s.blob_digest);
	digest_start(&s.diff_digest);
	ring_init(&s.ring);
	u.tar = tar_new(next_bytes, &s);
	r = confine_to(root, e);
	if (r == 0)
		r = run_threads(&s, &u, e);
	report->size = s.taken;
	tar_free(u.tar);
	inflate_free(s.inflate);
	ring_release(&s.ring);
	digest_release(&s.blob_digest);
	digest_release(&s.diff_digest);
	if (u.parent >= 0)
		close(u.parent);
	buf_release(&u.parent_path);
	buf_release(&u.path);
	buf_release(&u.link_path);
	buf_release(&u.dir_paths);
	free(u.dirs);
	return r;
}
