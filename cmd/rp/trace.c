/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --trace=DIR: each step keeps its argv, stdin, stdout, stderr, exit status and times in
 * DIR/NN-program. The steps run one after the other here, so that each one's files are whole.
 *
 * The folder has the form of a folder in tests/cases: argv with one word a line, stdin.json,
 * stdout.json, exit. The streams of a step that belongs to the user (an attached container) are not
 * kept: they are the container's, not a document.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "internal.h"
#include "plan.h"
#include "base/fd.h"
#include "base/log.h"
#include "oci/store.h"
#include "sys/spawn.h"

static int step_dir(const char *program, struct err *e)
{
	static int number;
	_free_ char *path = str_fmt("%s/%02d-%s", mode.trace, ++number, program);
	struct stat st;
	int fd;

	if (mkdir(mode.trace, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "mkdir", "cannot make %s", mode.trace);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "mkdir", "cannot make %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open", "cannot open %s", path);
	/* documents have the environment of containers: not for a stranger's folder */
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid()) {
		close(fd);
		return err_set(e, ERR_DENIED, 0, "open", "%s belongs to another user", path);
	}
	return fd;
}

static int keep(int dir, const char *file, const char *data, size_t len, struct err *e)
{
	return file_replace(dir, file, data ? data : "", len, 0600, false, e);
}

static int keep_argv(int dir, const struct step *s, struct err *e)
{
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < s->argv.n; i++)
		buf_fmt(&b, "%s\n", s->argv.v[i]);
	return keep(dir, "argv", b.data, b.len, e);
}

static int keep_result(int dir, const struct timespec *start, const struct timespec *end,
		       int status, struct err *e)
{
	_free_ char *exit_text = str_fmt("%d\n", status);
	_free_ char *times = str_fmt("{\"start\":%lld,\"end\":%lld}\n",
				     (long long)start->tv_sec * 1000000000LL + start->tv_nsec,
				     (long long)end->tv_sec * 1000000000LL + end->tv_nsec);

	if (keep(dir, "exit", exit_text, strlen(exit_text), e) < 0)
		return -1;
	return keep(dir, "times.json", times, strlen(times), e);
}

static int open_file(int dir, const char *name, struct err *e)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(e, "openat", "cannot make %s", name) : fd;
}

static void show(int dir, const char *name)
{
	_buf_ struct buf b = {0};

	if (file_read(dir, name, 1 << 20, &b, NULL) == 0 && b.len)
		fd_write_all(STDERR_FILENO, b.data, b.len, NULL);
}

/* What the step has told of those behind it: where it has not, all of them run. */
static void hear(struct pipeline *p, size_t next, int events)
{
	_buf_ struct buf text = {0};

	lseek(events, 0, SEEK_SET);
	if (fd_read_all(events, 4096, &text, "events", NULL) == 0)
		plan_drop_idle(p, next, text.data ? text.data : "");
}

static int run_step(struct pipeline *p, size_t i, struct buf *doc, int *status, struct err *e)
{
	struct step *s = &p->step[i];
	bool users = i + 1 == p->n && p->to_user;
	_close_ int dir = step_dir(s->program, e), in = -1, out = -1, err = -1, events = -1;
	struct running r = {.held = -1};

	if (dir < 0 || keep_argv(dir, s, e) < 0 ||
	    keep(dir, "stdin.json", doc->data, doc->len, e) < 0)
		return -1;
	in = openat(dir, "stdin.json", O_RDONLY | O_CLOEXEC);
	if (!users) {
		out = open_file(dir, "stdout.json", e);
		err = open_file(dir, "stderr", e);
		if (out < 0 || err < 0)
			return -1;
	}
	if (s->tells)
		events = memfd_create("events", MFD_CLOEXEC);
	/* one after the other, none begins early */
	if (launch(s,
		   &(struct streams){.in = p->inherit_stdin && i == 0 ? -1 : in,
				     .out = out,
				     .err = err,
				     .third = events,
				     .fourth = -1},
		   &r, e) < 0)
		return -1;
	launch_reap(&r);
	*status = r.status;
	if (s->tells && *status == 0)
		hear(p, i + 1, events);
	doc->len = 0;
	if (!users) {
		report_killed(s->program, r.killed);
		if (!s->hold || (r.status && !step_may_fall_back(s, r.status)))
			show(dir, "stderr");
		if (file_read(dir, "stdout.json", JSON_MAX_DOCUMENT, doc, e) < 0)
			return -1;
	}
	return keep_result(dir, &r.start, &r.end, r.status, e);
}

int trace_run(struct pipeline *p, struct outcome *o, struct err *e)
{
	_buf_ struct buf doc = {0};

	if (p->input) {
		_free_ char *text = json_text(p->input, false);

		buf_fmt(&doc, "%s\n", text);
	}
	for (size_t i = 0; i < p->n; i++) {
		if (run_step(p, i, &doc, &o->status, e) < 0)
			return -1;
		if (o->status != 0) {
			o->failed = (int)i;
			return 0;
		}
	}
	if (!doc.len)
		return 0;
	if (p->may_be_text && doc.data[0] != '{' && doc.data[0] != '[')
		return fd_write_all(STDOUT_FILENO, doc.data, doc.len, e);
	return json_parse(doc.data, doc.len, p->step[p->n - 1].program, &o->out, e);
}

/* "03-ctr-create" or a path that ends so: the program's name. */
static const char *program_of(const char *dir)
{
	const char *base = strrchr(dir, '/');
	const char *dash;

	base = base && base[1] ? base + 1 : dir;
	dash = base + strspn(base, "0123456789");
	return dash > base && *dash == '-' ? dash + 1 : NULL;
}

/*
 * A trace may be a stranger's, so only programs of the toolkit are run (RP_PROGRAMS, from the
 * Makefile), and those that start others, or take options for others from their document, only
 * where the user trusts the trace.
 */
static int check_replay(const char *path, const char *program, bool trusted, struct err *e)
{
	static const char runs_others[] =
		"ctr-monitor ctr-runtime net-slirp-launch ns-enter-pause rp";
	_strv_ struct strv known = {0}, careful = {0};

	if (!program)
		return err_set(e, ERR_USAGE, 0, NULL, "%s is not a folder NN-PROGRAM of --trace",
			       path);
	strv_split(&known, RP_PROGRAMS, ' ');
	strv_split(&careful, runs_others, ' ');
	if (!strv_has(&known, program))
		return err_set(e, ERR_USAGE, 0, NULL, "%s: %s is not a program of rp", path,
			       program);
	if (!trusted && strv_has(&careful, program)) {
		err_set(e, ERR_DENIED, 0, NULL, "%s: %s runs other programs, which the trace names",
			path, program);
		return err_hint(e, "--trust replays it all the same: read its argv and stdin.json");
	}
	return 0;
}

int plan_replay(const char *path, bool trusted, struct err *e)
{
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), in = -1;
	_buf_ struct buf argv = {0};
	_strv_ struct strv words = {0};
	_free_ char *file = NULL;
	const char *program = program_of(path);
	struct child c;
	int status;

	if (check_replay(path, program, trusted, e) < 0)
		return -1;
	if (dir < 0)
		return err_sys(e, "open", "cannot open %s", path);
	if (file_read(dir, "argv", 1 << 20, &argv, e) < 0)
		return err_prefix(e, "%s", path);
	file = program_path(program);
	strv_add(&words, file);
	if (argv.len && argv.data[argv.len - 1] == '\n')
		argv.data[--argv.len] = '\0';
	strv_split(&words, argv.data ? argv.data : "", '\n');
	in = openat(dir, "stdin.json", O_RDONLY | O_CLOEXEC);
	if (spawn(&(struct spawn){.file = file,
				  .argv = words.v,
				  .in = in >= 0 ? in : SPAWN_NULL,
				  .out = -1,
				  .err = -1},
		  &c, e) < 0 ||
	    child_wait(&c, &status, e) < 0)
		return -1;
	return status;
}
