/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All blobs of an image at once, at most six connections at a time.
 *
 * Each blob is a job that goes through these states:
 *
 *	QUEUED   waits for a free place
 *	LOCKED   another process has its partial file; a thread waits for it (waiter.c)
 *	ACTIVE   a request is on its way; each piece is hashed and written as it comes
 *	PAUSED   waits until the clock says that the next try may begin
 *	DONE     in the store
 *
 * A partial file is resumed by a Range request. A server that answers 200 begins anew; one that
 * answers another range than was asked for is asked without a range; and if the whole then has the
 * wrong digest, it is fetched once more from nothing, because the old bytes may have been the wrong
 * ones. The digest decides, never the server's word. Tries are counted anew whenever a blob has
 * come at least a MiB farther than ever before, so the number of tries is bounded by its size.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/fd.h"
#include "registry.h"

#define PARALLEL 6
#define PROGRESS (1 << 20)

enum state { QUEUED, LOCKED, ACTIVE, PAUSED, DONE };

struct job {
	const struct blob *blob;
	enum state state;
	struct part part;
	struct waiter *waiter;
	struct call call;
	struct registry *registry;
	int64_t wake;  /* PAUSED: monotonic milliseconds */
	int64_t best;  /* the farthest offset so far */
	bool no_range; /* the server cannot be trusted with ranges */
	bool checked;  /* the head of this answer was looked at */
	bool again;    /* fetched from nothing after a wrong digest */
	bool foreign;  /* asked at its urls */
};

struct jobs {
	struct registry *r;
	struct job *v;
	size_t n;
	int pipe[2]; /* notices of waiters */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The first bytes of an answer: are they the ones that were asked for? */
static int check_head(struct job *j, struct request *r, struct err *e)
{
	long long first = -1;

	j->checked = true;
	if (j->call.from == 0)
		return 0;
	if (r->status != 206)
		return part_restart(&j->part, e);
	if (r->content_range && strncasecmp(r->content_range, "bytes ", 6) == 0)
		first = strtoll(r->content_range + 6, NULL, 10);
	if (first == j->call.from)
		return 0;
	j->no_range = true;
	return err_set(e, ERR_AGAIN, 0, NULL, "blob %s: another range than asked for",
		       j->blob->digest);
}

static int on_bytes(void *data, struct request *r, const char *bytes, size_t len, struct err *e)
{
	struct job *j = data;

	if (!j->checked && check_head(j, r, e) < 0)
		return -1;
	if (part_append(&j->part, bytes, len, e) < 0)
		return -1;
	progress_blob(j->registry->f->progress, j->blob->digest, j->part.offset, j->blob->size);
	return 0;
}

static int begin(struct job *j, struct err *e)
{
	if (j->no_range && part_restart(&j->part, e) < 0)
		return -1;
	j->call.from = j->part.offset;
	j->checked = false;
	j->state = ACTIVE;
	return call_begin(&j->call, e);
}

static int finish(struct job *j, struct err *e)
{
	if (part_commit(&j->part, e) < 0)
		return -1;
	j->state = DONE;
	progress_blob_done(j->registry->f->progress, j->blob->digest, j->blob->size, false);
	return 0;
}

static void set_up_call(struct job *j)
{
	struct session *s = j->registry->session;

	j->call = (struct call){.session = s};
	j->call.path = str_fmt("/v2/%s/blobs/%s", s->ref.path, j->blob->digest);
	j->call.req.bulk = true;
	j->call.req.sink = on_bytes;
	j->call.req.data = j;
}

/* We have the partial file. */
static int proceed(struct job *j, struct err *e)
{
	if (!j->call.path)
		set_up_call(j);
	j->best = j->part.offset;
	if (j->part.offset < j->blob->size)
		return begin(j, e);
	if (finish(j, e) == 0)
		return 0;
	if (e->code != ERR_INPUT || j->again)
		return -1;
	err_clear(e);
	j->again = true; /* a whole file of the wrong bytes was left over */
	j->state = QUEUED;
	return 0;
}

static int opened(struct jobs *js, struct job *j, enum part_state state, struct err *e)
{
	switch (state) {
	case PART_MINE:
		return proceed(j, e);
	case PART_PRESENT:
		j->state = DONE;
		progress_blob_done(js->r->f->progress, j->blob->digest, j->blob->size, true);
		return 0;
	case PART_BUSY:
		j->waiter = waiter_start(js->r->f->store, j->blob->digest, j->blob->size,
					 js->pipe[1], (int)(j - js->v), e);
		j->state = LOCKED;
		return j->waiter ? 0 : -1;
	default:
		return -1;
	}
}

static int start(struct jobs *js, struct job *j, struct err *e)
{
	int r = part_open(&j->part, js->r->f->store, j->blob->digest, j->blob->size, true, e);

	return opened(js, j, (enum part_state)r, e);
}

/* The wrong digest may come from what was there before; anything else is final. */
static int completed(struct job *j, struct err *e)
{
	bool resumed = j->part.resumed || j->call.from > 0;

	if (finish(j, e) == 0)
		return 0;
	if (e->code != ERR_INPUT || !resumed || j->again)
		return -1;
	err_clear(e);
	j->again = true;
	j->state = QUEUED;
	return 0;
}

static void pause_job(struct job *j)
{
	j->state = PAUSED;
	j->wake = now_ms() + j->call.wait_ms;
}

static bool try_foreign(struct job *j)
{
	const char *url = json_str(json_at(j->blob->urls, 0));

	if (j->foreign || !url || !str_after(url, "https://") || j->call.req.status != 404)
		return false;
	j->foreign = true;
	j->call.foreign = url_resolve(url, url);
	free(j->call.req.url);
	j->call.req.url = NULL;
	return j->call.foreign != NULL;
}

static int failed(struct job *j, struct err *e)
{
	bool lied = j->no_range && j->call.from > 0;

	if (lied || j->call.req.status == 416) {
		err_clear(e);
		j->no_range = true;
		free(j->call.req.url);
		j->call.req.url = NULL;
		return j->call.from > 0
			       ? begin(j, e)
			       : err_set(e, ERR_FAILED, 0, NULL, "blob %s: the server answers 416",
					 j->blob->digest);
	}
	if (try_foreign(j)) {
		err_clear(e);
		return begin(j, e);
	}
	return err_prefix(e, "blob %s", j->blob->digest);
}

/* A request has ended. */
static int advance(struct job *j, struct err *e)
{
	enum call_result r;

	if (j->part.offset >= j->best + PROGRESS) {
		j->best = j->part.offset;
		j->call.tries = 0;
	}
	r = call_react(&j->call, e);
	if (r == CALL_OK && j->part.offset < j->blob->size) {
		err_set(e, ERR_INPUT, 0, NULL, "blob %s ends after %lld of %lld bytes",
			j->blob->digest, (long long)j->part.offset, (long long)j->blob->size);
		r = call_retry(&j->call, 0);
		if (r == CALL_FAILED)
			return -1;
	}
	switch (r) {
	case CALL_OK:
		return completed(j, e);
	case CALL_AGAIN:
		err_clear(e);
		return begin(j, e);
	case CALL_WAIT:
		err_clear(e);
		pause_job(j);
		return 0;
	default:
		return failed(j, e);
	}
}

static int notices(struct jobs *js, struct err *e)
{
	int id;

	while (read(js->pipe[0], &id, sizeof(id)) == (ssize_t)sizeof(id)) {
		struct job *j = &js->v[id];
		enum part_state state = waiter_take(take_ptr(j->waiter), &j->part, e);

		if (opened(js, j, state, e) < 0)
			return -1;
	}
	return 0;
}

/* Moves every job that can move. Returns how long nothing else will happen by the clock. */
static int step(struct jobs *js, int *timeout, size_t *left, struct err *e)
{
	int64_t now = now_ms();
	size_t active = 0;

	*left = 0;
	*timeout = 1000;
	for (size_t i = 0; i < js->n; i++) {
		struct job *j = &js->v[i];

		if (j->state == ACTIVE && j->call.req.done && advance(j, e) < 0)
			return -1;
		if (j->state == PAUSED && j->wake <= now && begin(j, e) < 0)
			return -1;
		active += j->state == ACTIVE;
		if (j->state == PAUSED && j->wake - now < *timeout)
			*timeout = (int)(j->wake - now);
	}
	for (size_t i = 0; i < js->n; i++) {
		struct job *j = &js->v[i];

		if (j->state == QUEUED && active < PARALLEL) {
			if (start(js, j, e) < 0)
				return -1;
			active += j->state == ACTIVE;
			if (j->state == QUEUED)
				*timeout = 0;
		}
		*left += j->state != DONE;
	}
	return 0;
}

static int run(struct jobs *js, struct err *e)
{
	size_t left;
	int timeout;

	for (;;) {
		if (notices(js, e) < 0 || step(js, &timeout, &left, e) < 0)
			return -1;
		if (left == 0)
			return 0;
		if (http_wait(js->r->session->http, js->pipe[0], timeout, e) < 0)
			return -1;
	}
}

static void jobs_release(struct jobs *js)
{
	for (size_t i = 0; i < js->n; i++) {
		struct job *j = &js->v[i];

		if (j->state == ACTIVE)
			http_stop(js->r->session->http, &j->call.req);
		if (j->waiter)
			waiter_abandon(j->waiter);
		part_close(&j->part);
		call_release(&j->call);
	}
	free(js->v);
	/* An abandoned waiter may hold the other end: it writes only if not abandoned. */
	if (js->pipe[0] >= 0) {
		close(js->pipe[0]);
		close(js->pipe[1]);
	}
}

int registry_blobs(struct source *src, const struct blob *list, size_t n, struct err *e)
{
	_clean_(jobs_release) struct jobs js = {.r = (struct registry *)src, .pipe = {-1, -1}};

	if (fd_pipe(js.pipe, e) < 0)
		return -1;
	if (fcntl(js.pipe[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "fcntl", "cannot make a pipe");
	js.v = mem_alloc((n + 1) * sizeof(*js.v));
	js.n = n;
	for (size_t i = 0; i < n; i++)
		js.v[i] = (struct job){.blob = &list[i], .part = PART_NONE, .registry = js.r};
	return run(&js, e);
}
