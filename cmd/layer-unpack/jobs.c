/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers that are missing, each by processes of its own, as many at once as there are
 * processors, the largest first.
 *
 * This process opens the blob and a staging folder, starts three children (stream.c), and reads a
 * report of each from a pipe. Only the one that parses the archive can write, below that folder;
 * publishing the layer is done here, when all reports are good, that of the one that hashes among
 * them: the record into the staging folder, then one rename. A report is at most believed to be
 * bad: the process may have been taken over. When one fails or dies the others are ended, and the
 * staging folder is removed. All layers are tried, so that the message about ids that are not
 * mapped names those of the whole image.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "oci/layer_meta.h"
#include "sys/path.h"
#include "unpack.h"

#define JOBS_MAX 16

_Static_assert(sizeof(struct report) <= PIPE_BUF, "a report is written at once");

/* In the order in which their errors explain those of the others. */
enum role { INFLATE, PARSE, HASH, ROLES };

static int (*const work[ROLES])(struct work *w, struct report *r, struct err *e) = {
	[INFLATE] = work_inflate,
	[PARSE] = work_parse,
	[HASH] = work_hash,
};

struct child {
	pid_t pid; /* 0: none, or it has ended */
	int pipe;
	struct report report;
};

struct job {
	struct layer *layer; /* NULL: free */
	struct child child[ROLES];
	struct staging staging;
};

struct jobs {
	const struct store *store;
	const struct settings *set;
	struct layer *layers;
	size_t n;
	bool *begun;
	struct job job[JOBS_MAX];
	int most, running;
	int layers_dir, blobs_dir, lock_dir;
	bool failed;
	struct err err; /* the first failure */
	struct idset uids, gids;
	int64_t devices, xattrs, acls;
};

static int open_blob(struct jobs *j, const struct layer *l, struct err *e)
{
	int fd =
		path_open_beneath(j->blobs_dir, digest_hex(l->digest), O_RDONLY | O_NONBLOCK, 0, e);
	struct stat st;

	if (fd < 0 && e->code == ERR_NOTFOUND) {
		err_set(e, ERR_NOTFOUND, 0, "openat2", "blob %s is not in the store", l->digest);
		return err_hint(e, "img-fetch fetches it");
	}
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (l->size < 0 || st.st_size == l->size))
		return fd;
	close(fd);
	return err_set(e, ERR_INPUT, 0, "fstat", "blob %s has not the size that the manifest says",
		       l->digest);
}

static void child(struct work *w, enum role role, pid_t parent)
{
	struct report r = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error like others */
	signal(SIGPIPE, SIG_IGN);
	r.failed = work[role](w, &r, &r.err) < 0;
	fd_write_all(w->out, &r, sizeof(r), NULL);
	_exit(0);
}

static int start_child(struct work *w, struct child *c, enum role role, struct err *e)
{
	pid_t self = getpid();
	int fds[2];

	if (fd_pipe(fds, e) < 0)
		return -1;
	c->pid = fork();
	if (c->pid == 0) {
		w->out = fds[1];
		child(w, role, self);
	}
	close(fds[1]);
	c->pipe = fds[0];
	if (c->pid > 0)
		return 0;
	close(fds[0]);
	c->pid = 0;
	return err_sys(e, "fork", "cannot start a process");
}

/* Ends a child and waits for it; its status as waitpid(2) has it. */
static int end_child(struct child *c)
{
	int status = 0;

	if (!c->pid)
		return 0;
	kill(c->pid, SIGKILL); /* not waited for yet: still this process */
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->pipe);
	c->pid = 0;
	return status;
}

static int make_root(struct job *job, const struct layer *l, struct err *e)
{
	if (mkdirat(job->staging.fd, "root", 0755) < 0 ||
	    fchmodat(job->staging.fd, "root", LAYER_ROOT_BARE, 0))
		return err_sys(e, "mkdirat", "cannot make a folder for layer %s", l->diff_id);
	return path_open_beneath(job->staging.fd, "root", O_RDONLY | O_DIRECTORY, 0, e);
}

static int start(struct jobs *j, struct job *job, struct layer *l, struct err *e)
{
	_close_ int blob = open_blob(j, l, e);
	_close_ int root = -1;
	struct work w = {.layer = l, .set = j->set, .plain = RING_NONE, .checked = RING_NONE};
	int r = 0;

	if (blob < 0 || staging_make(j->store, "layer", &job->staging, e) < 0)
		return -1;
	root = make_root(job, l, e);
	if (root < 0)
		return -1;
	w.blob = blob;
	w.root = root;
	r = ring_make(&w.plain, e) < 0 ? -1 : ring_make(&w.checked, e);
	for (int i = 0; i < ROLES; i++)
		job->child[i] = (struct child){0};
	for (int i = 0; i < ROLES && r == 0; i++)
		r = start_child(&w, &job->child[i], i, e);
	for (int i = 0; i < ROLES && r < 0; i++)
		end_child(&job->child[i]);
	ring_release(&w.plain);
	ring_release(&w.checked);
	if (r < 0)
		return -1;
	job->layer = l;
	j->running++;
	return 0;
}

/* What lies under the final name without being a valid layer stems from before a power cut. */
static int drop_stale(struct jobs *j, const char *hex, struct err *e)
{
	_close_ int trash = -1;
	char name[96];

	if (faccessat(j->layers_dir, hex, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	trash = store_dir(j->store, "trash", e);
	if (trash < 0)
		return -1;
	snprintf(name, sizeof(name), "layer.%.16s.%d", hex, getpid());
	if (renameat(j->layers_dir, hex, trash, name) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "renameat", "cannot move layer %s", hex);
	return path_remove_tree(trash, name, e);
}

static int publish(struct jobs *j, struct job *job, int64_t size, struct err *e)
{
	const struct layer *l = job->layer;
	const char *hex = digest_hex(l->diff_id);
	struct layer_meta m = {
		.diff_id = (char *)(uintptr_t)l->diff_id,
		.digest = (char *)(uintptr_t)l->digest,
		.size = size,
	};
	_close_ int lock = -1;
	int r;

	if (layer_meta_write(job->staging.fd, &m, e) < 0)
		return -1;
	lock = store_lock(j->lock_dir, "lock", false, e);
	if (lock < 0)
		return -1;
	r = layer_present(j->store, l->diff_id, e);
	if (r == 0 && drop_stale(j, hex, e) < 0)
		return -1;
	if (r == 0)
		r = staging_commit(&job->staging, j->layers_dir, hex, e);
	return r < 0 ? -1 : 0;
}

static void add_ids(struct idset *all, const struct idset *some)
{
	for (uint32_t i = 0; i < some->n; i++)
		idset_add(all, some->v[i]);
	all->more = all->more || some->more;
	all->max = some->max > all->max ? some->max : all->max;
}

/* A report is good to be read: texts end, counts are in their range. */
static bool report_check(struct report *r)
{
	r->err.op[sizeof(r->err.op) - 1] = '\0';
	r->err.msg[sizeof(r->err.msg) - 1] = '\0';
	r->err.hint[sizeof(r->err.hint) - 1] = '\0';
	return r->uids.n <= IDSET_MAX && r->gids.n <= IDSET_MAX && r->devices >= 0 &&
	       r->xattrs >= 0 && r->acls >= 0 && r->size >= 0;
}

/* Reads the report of a child that has something to say, or has died, and waits for it. */
static void hear(struct child *c)
{
	struct report *r = &c->report;
	ssize_t n = TEMP_FAILURE_RETRY(read(c->pipe, r, sizeof(*r)));
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->pipe);
	c->pid = 0;
	if (n == sizeof(*r) && report_check(r))
		return;
	*r = (struct report){.failed = true};
	if (WIFSIGNALED(status))
		err_set(&r->err, ERR_FAILED, 0, NULL, "its process was ended by signal %d",
			WTERMSIG(status));
	else
		err_set(&r->err, ERR_FAILED, 0, NULL, "its process ended without a result");
}

/*
 * After a failure. A child reports before it lets go of its pipes, so the report of the first to
 * fail is there before the others notice: what can be read now explains the rest.
 */
static void end_all(struct job *job)
{
	for (int i = 0; i < ROLES; i++) {
		struct pollfd p = {.fd = job->child[i].pipe, .events = POLLIN};
		struct report *r = &job->child[i].report;
		int status;

		if (!job->child[i].pid)
			continue;
		if (poll(&p, 1, 0) == 1) {
			hear(&job->child[i]);
			continue;
		}
		*r = (struct report){.failed = true};
		status = end_child(&job->child[i]);
		r->stopped = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		err_set(&r->err, ERR_FAILED, 0, NULL, "its process was ended by signal %d",
			WTERMSIG(status));
	}
}

/* The first error that no other explains; 0 where there is none. */
static int first_error(const struct job *job, struct err *e)
{
	const struct report *failed = NULL;

	for (int i = 0; i < ROLES; i++) {
		const struct report *r = &job->child[i].report;

		if (r->failed && (!failed || (failed->stopped && !r->stopped)))
			failed = r;
	}
	if (!failed)
		return 0;
	if (failed->stopped || !failed->err.code)
		return err_set(e, ERR_FAILED, 0, NULL, "its process ended without a result");
	*e = failed->err;
	return -1;
}

static int judge(struct jobs *j, struct job *job, struct err *e)
{
	const struct report *r = &job->child[PARSE].report;

	if (first_error(job, e) < 0)
		return -1;
	j->devices += r->devices;
	j->xattrs += r->xattrs;
	j->acls += r->acls;
	add_ids(&j->uids, &r->uids);
	add_ids(&j->gids, &r->gids);
	if (r->uids.n || r->gids.n) /* reported once for all layers */
		return 0;
	if (publish(j, job, job->child[HASH].report.size, e) < 0)
		return -1;
	job->layer->present = true;
	return 0;
}

static void finish(struct jobs *j, struct job *job)
{
	struct err e = {0};

	if (judge(j, job, &e) < 0 && !j->failed) {
		err_prefix(&e, "layer %.19s", job->layer->diff_id);
		j->failed = true;
		j->err = e;
	}
	staging_discard(&job->staging);
	job->layer = NULL;
	j->running--;
}

static void hear_job(struct jobs *j, struct job *job, const struct pollfd *p)
{
	bool failed = false, busy = false;

	for (int i = 0; i < ROLES; i++) {
		struct child *c = &job->child[i];

		if (c->pid && p[i].revents)
			hear(c);
		busy = busy || c->pid;
		failed = failed || (!c->pid && c->report.failed);
	}
	if (failed)
		end_all(job);
	if (failed || !busy)
		finish(j, job);
}

static void wait_some(struct jobs *j)
{
	struct pollfd p[JOBS_MAX * ROLES];
	int n = j->most * ROLES;

	for (int i = 0; i < n; i++) {
		const struct job *job = &j->job[i / ROLES];
		const struct child *c = &job->child[i % ROLES];

		p[i] = (struct pollfd){job->layer && c->pid ? c->pipe : -1, POLLIN, 0};
	}
	while (poll(p, (nfds_t)n, -1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < j->most; i++)
		if (j->job[i].layer)
			hear_job(j, &j->job[i], &p[i * ROLES]);
}

static struct layer *next_layer(struct jobs *j)
{
	struct layer *best = NULL;

	for (size_t i = 0; i < j->n; i++)
		if (!j->layers[i].present && !j->layers[i].same && !j->begun[i] &&
		    (!best || j->layers[i].size > best->size))
			best = &j->layers[i];
	if (best)
		j->begun[best - j->layers] = true;
	return best;
}

static void run_all(struct jobs *j)
{
	for (;;) {
		struct layer *l = NULL;

		for (int i = 0; i < j->most && !j->failed; i++) {
			struct err e = {0};

			if (j->job[i].layer || !(l = next_layer(j)))
				continue;
			if (start(j, &j->job[i], l, &e) < 0) {
				staging_discard(&j->job[i].staging);
				j->failed = true;
				j->err = e;
			}
		}
		if (!j->running)
			return;
		wait_some(j);
	}
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void list_ids(struct buf *b, const char *what, struct idset *s)
{
	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof(s->v[0]), compare_ids);
	buf_fmt(b, "%s%s", b->len ? "; " : "", what);
	for (uint32_t i = 0; i < s->n; i++)
		buf_fmt(b, " %u", s->v[i]);
	if (s->more)
		buf_str(b, " and more");
}

/* The name in subuid(5), which also takes a number. */
static void owner_name(const struct idmap *m, char *out, size_t len)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
	const char *user = getenv("USER");

	if (user && str_only(user, set) && strlen(user) < 33 && !str_eq(user, "root"))
		snprintf(out, len, "%s", user);
	else
		snprintf(out, len, "%u", m->n ? m->r[0].outside : 0);
}

/* The line that would map ids up to max: the range that there is, lengthened. */
static void fix_line(const struct idmap *m, uint32_t max, char *out, size_t len)
{
	uint32_t start = 100000, have = 1;
	char name[40];

	owner_name(m, name, sizeof(name));
	if (m->n > 1) {
		start = m->r[m->n - 1].outside;
		have = m->r[m->n - 1].inside;
	}
	snprintf(out, len, "%s:%u:%u", name, start, max >= 65536 ? max - have + 1 : 65536);
}

static int report_ids(struct jobs *j, struct err *e)
{
	_buf_ struct buf b = {0};
	char u[96], g[96];

	list_ids(&b, "uids", &j->uids);
	list_ids(&b, "gids", &j->gids);
	if (!b.len)
		return 0;
	fix_line(&j->set->uids, j->uids.max, u, sizeof(u));
	fix_line(&j->set->gids, j->gids.max, g, sizeof(g));
	err_set(e, ERR_INPUT, 0, NULL, "files of the image belong to ids that are not mapped: %s",
		b.data);
	return err_hint(e,
			"\"%s\" in /etc/subuid and \"%s\" in /etc/subgid map them, after "
			"ns-enter-pause --stop; or unpack with --squash-ids",
			u, g);
}

int unpack_missing(const struct store *s, struct layer *layers, size_t n,
		   const struct settings *set, int jobs, struct err *e)
{
	_free_ bool *begun = mem_alloc(n + 1);
	struct jobs j = {.store = s,
			 .set = set,
			 .layers = layers,
			 .n = n,
			 .begun = begun,
			 .most = jobs < JOBS_MAX ? jobs : JOBS_MAX};
	_close_ int layers_dir = store_dir(s, "layers/sha256", e);
	_close_ int blobs_dir = store_dir(s, "blobs/sha256", e);
	_close_ int lock_dir = store_dir(s, "layers", e);

	if (layers_dir < 0 || blobs_dir < 0 || lock_dir < 0)
		return -1;
	for (int i = 0; i < JOBS_MAX; i++)
		j.job[i].staging = (struct staging)STAGING_NONE;
	j.layers_dir = layers_dir;
	j.blobs_dir = blobs_dir;
	j.lock_dir = lock_dir;
	run_all(&j);
	if (j.failed) {
		*e = j.err;
		return -1;
	}
	if (report_ids(&j, e) < 0)
		return -1;
	if (j.devices)
		log_warn("%lld device nodes of the image were left out", (long long)j.devices);
	if (j.xattrs)
		log_warn("%lld extended attributes of the image could not be set",
			 (long long)j.xattrs);
	if (j.acls)
		log_warn("access control lists of %lld files of the image were left out",
			 (long long)j.acls);
	return 0;
}
