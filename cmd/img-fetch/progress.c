/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people and programs see of a download.
 *
 * On a terminal: one bar for each blob on its way, redrawn at most ten times a second, and a line
 * for each that is done, all as wide as the terminal is at that moment. A terminal that has become
 * narrower has broken what was drawn into more rows, which are counted before it is erased.
 * Elsewhere: lines as Podman prints them. With a status descriptor: JSON
 * Lines for programs. Nothing here can fail: a reader that went away does not stop a download.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/prog.h"
#include "fetch.h"

#define BARS	 6
#define INTERVAL 100 /* milliseconds */

struct bar {
	char digest[DIGEST_LEN];
	int64_t offset, total;
};

struct progress {
	bool quiet, tty;
	int status_fd;
	struct bar bars[BARS];
	int nbars, drawn;
	size_t lens[BARS]; /* of the lines that are drawn */
	int64_t last;	   /* milliseconds */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct progress *progress_new(bool quiet, int status_fd)
{
	struct progress *p = mem_alloc(sizeof(*p));

	*p = (struct progress){
		.quiet = quiet, .tty = !quiet && isatty(STDERR_FILENO), .status_fd = status_fd};
	if (status_fd >= 0)
		signal(SIGPIPE, SIG_IGN);
	return p;
}

void progress_free(struct progress *p)
{
	free(p);
}

/* Of the terminal; one less than that can be filled without the cursor going to the next row. */
static size_t columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col : 80;
}

static void erase(struct progress *p)
{
	size_t width = p->drawn ? columns() : 0;

	for (; p->drawn > 0; p->drawn--) {
		size_t len = p->lens[p->drawn - 1];

		for (size_t rows = len ? (len - 1) / width + 1 : 1; rows > 0; rows--)
			fputs("\033[A\033[2K", stderr);
	}
}

/* As much of it as fits: the bar first gets shorter, then it and the words are left out. */
static size_t draw_bar(const struct bar *b, size_t room)
{
	int percent = b->total ? (int)(b->offset * 100 / b->total) : 100;
	_free_ char *head = str_fmt("Copying blob %.12s", b->digest + 7);
	_free_ char *tail = str_fmt("%3d%% %.1f / %.1f MiB", percent, (double)b->offset / 1048576,
				    (double)b->total / 1048576);
	size_t words = strlen(head) + strlen(tail) + 4, len;
	int width = room > words + 30 ? 30 : room > words ? (int)(room - words) : 0;
	int filled = percent * width / 100;
	_free_ char *text = NULL;

	if (width >= 5)
		text = str_fmt("%s [%.*s%*s] %s", head, filled,
			       "==============================", width - filled, "", tail);
	else if (strlen(head) + 1 + strlen(tail) <= room)
		text = str_fmt("%s %s", head, tail);
	else
		text = str_fmt("%.12s %s", b->digest + 7, tail);
	len = strlen(text) < room ? strlen(text) : room;
	fprintf(stderr, "%.*s\n", (int)len, text);
	return len;
}

static void draw(struct progress *p)
{
	size_t room = columns() - 1;

	erase(p);
	for (int i = 0; i < p->nbars; i++)
		p->lens[p->drawn++] = draw_bar(&p->bars[i], room);
	fflush(stderr);
	p->last = now_ms();
}

static void line(struct progress *p, const char *text)
{
	if (p->quiet)
		return;
	erase(p);
	fprintf(stderr, "%s\n", text);
	if (p->tty)
		draw(p);
}

void progress_trying(struct progress *p, const char *reference)
{
	_free_ char *text = str_fmt("Trying to pull %s...", reference);
	struct json *j = json_new_object();

	line(p, text);
	json_set(j, "reference", json_new_str(reference));
	status_event(p->status_fd, "trying", j);
}

void progress_failed(struct progress *p, const char *reference, const struct err *e, bool final)
{
	struct json *j = json_new_object();
	char text[1200];

	err_text(e, text, sizeof(text));
	if (p->tty)
		erase(p);
	p->nbars = 0;
	if (!final)
		log_warn("%s: %s", reference, text);
	json_set(j, "reference", json_new_str(reference));
	json_set(j, "error", json_new_str(text));
	status_event(p->status_fd, "failed", j);
}

static struct json *blob_event(const char *digest, int64_t offset, int64_t total)
{
	struct json *j = json_new_object();

	json_set(j, "digest", json_new_str(digest));
	json_set(j, "offset", json_new_int(offset));
	json_set(j, "total", json_new_int(total));
	return j;
}

static struct bar *find_bar(struct progress *p, const char *digest)
{
	for (int i = 0; i < p->nbars; i++)
		if (str_eq(p->bars[i].digest, digest))
			return &p->bars[i];
	return NULL;
}

void progress_blob(struct progress *p, const char *digest, int64_t offset, int64_t total)
{
	struct bar *b = find_bar(p, digest);

	if (!b && p->nbars < BARS) {
		b = &p->bars[p->nbars++];
		snprintf(b->digest, sizeof(b->digest), "%s", digest);
	}
	if (b) {
		b->offset = offset;
		b->total = total;
	}
	if ((!p->tty && p->status_fd < 0) || now_ms() - p->last < INTERVAL)
		return;
	p->last = now_ms();
	for (int i = 0; p->status_fd >= 0 && i < p->nbars; i++)
		status_event(p->status_fd, "progress",
			     blob_event(p->bars[i].digest, p->bars[i].offset, p->bars[i].total));
	if (p->tty)
		draw(p);
}

void progress_blob_done(struct progress *p, const char *digest, int64_t total, bool skipped)
{
	const char *how = skipped ? "skipped: already exists" : "done";
	_free_ char *full = str_fmt("Copying blob %s %s", digest, how);
	_free_ char *brief = str_fmt("Copying blob %.12s %s", digest + 7, how);
	_free_ char *text = p->tty ? str_ndup(brief, columns() - 1) : str_dup(full);
	struct bar *b = find_bar(p, digest);

	if (b)
		*b = p->bars[--p->nbars];
	line(p, text);
	status_event(p->status_fd, "progress", blob_event(digest, total, total));
}

void progress_done(struct progress *p, const char *reference, const char *digest)
{
	struct json *j = json_new_object();

	json_set(j, "reference", json_new_str(reference));
	json_set(j, "digest", json_new_str(digest));
	status_event(p->status_fd, "done", j);
}
