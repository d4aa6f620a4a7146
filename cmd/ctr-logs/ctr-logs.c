/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-logs: prints the k8s-file logs of containers, each line on the stream that it came from.
 *
 * Stages: open ctr.log.1 and ctr.log of each container; with --tail find the place from the end, in
 * blocks, without reading the rest; print what --since and --until let through; with --follow wait
 * by inotify(7) for more until all have ended. It must not change anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "ctr/text.h"
#include "ctr/select.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "sys/proc.h"
#include "wire/prog.h"

#define BLOCK 65536

struct options {
	bool follow, timestamps, names, latest;
	const char *since, *until, *tail;
};

static const struct opt options[] = {
	{"follow", 'f', OPT_FLAG, offsetof(struct options, follow), NULL,
	 "go on until the container ends"},
	{"latest", 'l', OPT_FLAG, offsetof(struct options, latest), NULL,
	 "the container created last"},
	{"names", 'n', OPT_FLAG, offsetof(struct options, names), NULL,
	 "the container's name in front of each line"},
	{"since", 0, OPT_STR, offsetof(struct options, since), "TIME",
	 "RFC 3339, seconds since 1970, or a duration before now"},
	{"tail", 0, OPT_STR, offsetof(struct options, tail), "N", "only the last N lines"},
	{"timestamps", 't', OPT_FLAG, offsetof(struct options, timestamps), NULL,
	 "the time in front of each line"},
	{"until", 0, OPT_STR, offsetof(struct options, until), "TIME", "not newer"},
	{0},
};

struct reader {
	const struct options *o;
	const char *prefix; /* in front of each line, or NULL */
	char since[TIME_TEXT_LEN], until[TIME_TEXT_LEN];
	struct buf rest;   /* an incomplete line */
	struct buf out[2]; /* stdout, stderr */
	bool open_line[2]; /* the last piece was partial: no prefix for the next */
};

/* One container whose log is read. */
struct source {
	const struct store *store;
	struct reader r;
	struct json *doc;
	char *id, *name; /* of the container; of the log file */
	char *prefix;
	int dir, fd, old; /* the log's directory, the log, what rotation left; -1 */
	int watch;	  /* with --follow: inotify(7) */
	int pidfd;	  /* of who will end, or -1 */
	bool last, done;  /* the end was seen: once more, then no more */
};

static int flush_out(struct reader *r, struct err *e)
{
	for (int s = 0; s < 2; s++) {
		if (r->out[s].len && fd_write_all(s + 1, r->out[s].data, r->out[s].len, e) < 0)
			return -1;
		r->out[s].len = 0;
	}
	return 0;
}

/* "TIME stdout F text": one record. */
static int print_record(struct reader *r, const char *line, size_t len, struct err *e)
{
	const char *stream = memchr(line, ' ', len);
	const char *text;
	size_t time_len;
	int s;

	if (!stream || len - (stream - line) < 10)
		return 0; /* not a record */
	time_len = stream - line;
	s = str_after(stream + 1, "stderr ") ? 1 : 0;
	text = stream + 8;
	if ((*r->since && strncmp(line, r->since, time_len) < 0) ||
	    (*r->until && strncmp(line, r->until, time_len) > 0))
		return 0;
	/* who reads both streams as one sees them in the order in which they were written */
	if (r->out[!s].len && flush_out(r, e) < 0)
		return -1;
	if (!r->open_line[s]) {
		if (r->prefix)
			buf_fmt(&r->out[s], "%s ", r->prefix);
		if (r->o->timestamps)
			buf_fmt(&r->out[s], "%.*s ", (int)time_len, line);
	}
	buf_add(&r->out[s], text + 2, len - (text + 2 - line));
	r->open_line[s] = *text == 'P';
	if (!r->open_line[s])
		buf_char(&r->out[s], '\n');
	return 0;
}

static int feed(struct reader *r, const char *data, size_t len, struct err *e)
{
	const char *end;

	while ((end = memchr(data, '\n', len))) {
		size_t n = end - data;

		if (r->rest.len)
			buf_add(&r->rest, data, n);
		if (print_record(r, r->rest.len ? r->rest.data : data, r->rest.len ?: n, e) < 0)
			return -1;
		r->rest.len = 0;
		data += n + 1;
		len -= n + 1;
	}
	buf_add(&r->rest, data, len);
	return 0;
}

static int print_rest(struct reader *r, int fd, struct err *e)
{
	_free_ char *block = mem_alloc(BLOCK);
	ssize_t n;

	while ((n = read(fd, block, BLOCK)) > 0) {
		if (feed(r, block, n, e) < 0 || flush_out(r, e) < 0)
			return -1;
	}
	return n < 0 ? err_sys(e, "read", "cannot read the log") : 0;
}

/* "2026-11-22T02:22:47.123456789Z stdout F": the flag of a record is at a fixed place. */
#define FLAG_AT 38

/* Is the record that begins at this place the end of a line, and no piece of a longer one? */
static bool ends_line(int fd, off_t record)
{
	char flag = 'F';

	return pread(fd, &flag, 1, record + FLAG_AT) != 1 || flag != 'P';
}

/*
 * Where the last *lines lines begin; *lines becomes what is still missing. The block is read from
 * its end: each newline is the end of one record and stands before the next one.
 */
static off_t tail_start(int fd, int64_t *lines)
{
	_free_ char *block = mem_alloc(BLOCK);
	off_t at = lseek(fd, 0, SEEK_END), end = at;
	off_t next = end; /* the record that begins behind the newline found last */
	bool last = true;

	while (at > 0) {
		size_t n = at < BLOCK ? (size_t)at : BLOCK;

		at -= (off_t)n;
		if (pread(fd, block, n, at) != (ssize_t)n)
			return 0;
		for (size_t i = n; i-- > 0;) {
			off_t record = at + (off_t)i + 1;

			if (block[i] != '\n' || record == end)
				continue;
			/* the piece at the very end counts as a line, whatever it is */
			if (last || ends_line(fd, record)) {
				if (*lines <= 0)
					return next;
				--*lines;
			}
			last = false;
			next = record;
		}
	}
	if (end > 0) {
		if (*lines <= 0 && (last || ends_line(fd, 0)))
			return next;
		if (last || ends_line(fd, 0))
			--*lines;
	}
	return 0;
}

static int tail_count(const struct options *o, int64_t *n, struct err *e)
{
	*n = -1;
	if (!o->tail || str_eq(o->tail, "all") || str_eq(o->tail, "-1"))
		return 0;
	return str_to_int(o->tail, 0, INT64_MAX, n) == 0
		       ? 0
		       : err_set(e, ERR_USAGE, 0, NULL, "--tail: \"%s\" is not a number", o->tail);
}

static int print_both(struct reader *r, int old, int fd, struct err *e)
{
	int64_t lines;

	if (tail_count(r->o, &lines, e) < 0)
		return -1;
	if (lines == 0) {
		lseek(fd, 0, SEEK_END);
		return 0;
	}
	if (lines > 0) {
		off_t at = tail_start(fd, &lines);

		if (lines > 0 && old >= 0) {
			lseek(old, tail_start(old, &lines), SEEK_SET);
			if (print_rest(r, old, e) < 0)
				return -1;
		}
		lseek(fd, at, SEEK_SET);
	} else if (old >= 0 && print_rest(r, old, e) < 0) {
		return -1;
	}
	return print_rest(r, fd, e);
}

/*
 * The log is complete as soon as exit.json is there. Where the monitor was killed nobody writes
 * that, and the end of the container's first process is the end. *pidfd is that of who will end.
 */
static bool goes_on(struct source *s)
{
	struct container_state st;

	if (container_state(s->store, s->id, &st, NULL) < 0 || st.status == CONTAINER_EXITED)
		return false;
	if (s->pidfd < 0 && container_up(st.status))
		s->pidfd = proc_open(st.monitor.pid ? &st.monitor : &st.process, NULL);
	return true;
}

static int reopen_after_rotation(int dir, const char *name, int *fd)
{
	struct stat a, b;
	int next;

	if (fstat(*fd, &a) < 0 || fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) < 0 ||
	    a.st_ino == b.st_ino)
		return 0;
	next = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return 0;
	close(*fd);
	*fd = next;
	return 1;
}

static int watch_dirs(int dir, int exit_dir, struct err *e)
{
	_close_ int watch = inotify_init1(IN_CLOEXEC);
	char link[FD_PATH_LEN];
	uint32_t mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

	if (watch < 0 || inotify_add_watch(watch, path_fd_link(dir, link), mask) < 0 ||
	    inotify_add_watch(watch, path_fd_link(exit_dir, link), mask) < 0)
		return err_sys(e, "inotify_add_watch", "cannot watch the log");
	return take_fd(&watch);
}

/* The log's directory and name: beside the record, or where --log-opt path= put it. */
static int find_log(const struct store *s, const char *id, const struct json *doc, char **name,
		    struct err *e)
{
	const char *path = json_str(json_path(doc, "request.log.path"));
	const char *driver = json_str(json_path(doc, "request.log.driver"));
	const char *slash = path ? strrchr(path, '/') : NULL;
	_free_ char *above = slash ? str_ndup(path, slash - path) : NULL;
	int dir;

	if (driver && (str_eq(driver, "none") || str_eq(driver, "passthrough")))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "container %.12s has no log: its log driver is \"%s\"", id, driver);
	*name = str_dup(slash ? slash + 1 : "ctr.log");
	if (!slash)
		return container_dir(s, id, e);
	dir = open(*above ? above : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_sys(e, "open", "cannot open %s", above) : dir;
}

static void source_release(struct source *s)
{
	const int fds[] = {s->dir, s->fd, s->old, s->watch, s->pidfd};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	json_put(s->doc);
	free(s->id);
	free(s->name);
	free(s->prefix);
	buf_release(&s->r.rest);
	buf_release(&s->r.out[0]);
	buf_release(&s->r.out[1]);
}

/* many: the lines of several containers come mixed, and say whose they are. */
static int source_open(struct source *s, const char *what, bool many, struct err *e)
{
	const struct options *o = s->r.o;
	_free_ char *old_name = NULL;
	_close_ int own = -1;

	s->id = container_find(s->store, what, e);
	if (!s->id || container_load(s->store, s->id, &s->doc, e) < 0 ||
	    (own = container_dir(s->store, s->id, e)) < 0 ||
	    (s->dir = find_log(s->store, s->id, s->doc, &s->name, e)) < 0)
		return -1;
	if ((o->since && moment_parse(o->since, s->r.since, e) < 0) ||
	    (o->until && moment_parse(o->until, s->r.until, e) < 0))
		return -1;
	if (o->names)
		s->prefix = str_dup(json_get_str(json_get(s->doc, "container"), "name", s->id));
	else if (many)
		s->prefix = str_ndup(s->id, 12);
	s->r.prefix = s->prefix;
	if (o->follow && (s->watch = watch_dirs(s->dir, own, e)) < 0)
		return -1;
	old_name = str_fmt("%s.1", s->name);
	s->old = openat(s->dir, old_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	s->fd = openat(s->dir, s->name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (o->follow ? O_CREAT : 0),
		       0600);
	if (s->fd < 0 && errno != ENOENT)
		return err_sys(e, "openat", "cannot open the log of %s", what);
	return 0;
}

/* Prints what has come, and notices the end. exit.json appears after the log is complete. */
static int follow(struct source *s, struct err *e)
{
	while (!s->done) {
		if (print_rest(&s->r, s->fd, e) < 0)
			return -1;
		if (reopen_after_rotation(s->dir, s->name, &s->fd))
			continue;
		if (s->last)
			s->done = true;
		else if (!goes_on(s))
			s->last = true;
		else
			break;
	}
	return 0;
}

/* Waits until something changes for one of them. 0: all are done. */
static int wait_change(struct source *v, size_t n, struct err *e)
{
	_free_ struct pollfd *p = mem_alloc(2 * n * sizeof(*p));
	char events[4096];
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		p[2 * i] = (struct pollfd){.fd = v[i].done ? -1 : v[i].watch, .events = POLLIN};
		p[2 * i + 1] = (struct pollfd){.fd = v[i].done ? -1 : v[i].pidfd, .events = POLLIN};
		open += !v[i].done;
	}
	if (!open)
		return 0;
	if (poll(p, 2 * n, -1) < 0)
		return errno == EINTR ? 1 : err_sys(e, "poll", "cannot wait for the log");
	for (size_t i = 0; i < n; i++) {
		if (p[2 * i].revents && read(v[i].watch, events, sizeof(events)) < 0 &&
		    errno != EINTR)
			return err_sys(e, "read", "cannot wait for the log");
		if (p[2 * i + 1].revents) /* asked once more who there is to wait for */
			close(take_fd(&v[i].pidfd));
	}
	return 1;
}

static int print_all(struct source *v, size_t n, bool follows, struct err *e)
{
	int more = 1;

	for (size_t i = 0; i < n; i++)
		if (v[i].fd >= 0 && print_both(&v[i].r, v[i].old, v[i].fd, e) < 0)
			return -1;
	while (follows && more > 0) {
		for (size_t i = 0; i < n; i++)
			if (follow(&v[i], e) < 0)
				return -1;
		more = wait_change(v, n, e);
	}
	return more < 0 ? -1 : 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	const struct selecting how = {.latest = o->latest};
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection sel = {0};
	_free_ struct source *v = NULL;
	size_t n = 0;
	int r = 0;

	if (!p->argc && !o->latest)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "specify at least one container name or ID to log");
	if (store_open(&s, e) < 0 ||
	    container_select(&s, p->argc, p->argv, &how, false, &sel, e) < 0)
		return -1;
	v = mem_alloc(sel.given.n * sizeof(*v));
	for (size_t i = 0; i < sel.given.n && r == 0; i++) {
		v[n] = (struct source){.store = &s,
				       .r.o = o,
				       .dir = -1,
				       .fd = -1,
				       .old = -1,
				       .watch = -1,
				       .pidfd = -1};
		r = source_open(&v[n++], sel.given.v[i], sel.given.n > 1, e);
	}
	if (r == 0)
		r = print_all(v, n, o->follow, e);
	while (n > 0)
		source_release(&v[--n]);
	return r;
}

static const struct program program = {
	.name = "ctr-logs",
	.summary = "print what containers wrote",
	.usage = "[options] CONTAINER...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.confine = confine_reader,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
