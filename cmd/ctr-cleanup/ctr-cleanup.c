/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-cleanup: takes down what a container that has ended leaves behind.
 *
 * Stages, each tried whatever happened to those before: the OCI runtime forgets the container; the
 * network helper ends; the root file system is unmounted; an end that no monitor saw is recorded;
 * with .request.remove (or --remove) anonymous volumes, the read-write layer, the record, the name
 * and the cidfile go; RUN/containers/ID goes behind them, so that whoever finds it after a kill
 * knows that something is left to do (oci/sweep.h). All failures are reported. Done twice, it finds
 * nothing to do.
 *
 * It must not touch a container that runs, unless --force, which ends it first.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "ctr/cleanup.h"
#include "ctr/container.h"
#include "ctr/sweep.h"
#include "sys/path.h"
#include "sys/spawn.h"
#include "sys/userns.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	bool remove, force, volumes, ignore;
	int64_t status_fd;
};

static const struct opt options[] = {
	{"remove", 0, OPT_FLAG, offsetof(struct options, remove), NULL,
	 "remove the container's record and read-write layer too"},
	{"force", 0, OPT_FLAG, offsetof(struct options, force), NULL,
	 "end the container first where it runs"},
	{"ignore", 0, OPT_FLAG, offsetof(struct options, ignore), NULL,
	 "a missing container is no error"},
	{"status-fd", 0, OPT_INT, offsetof(struct options, status_fd), "N",
	 "write {\"event\":\"ready\"} there when only files of no use to anybody are left"},
	{"volumes", 0, OPT_FLAG, offsetof(struct options, volumes), NULL,
	 "with --remove: remove its anonymous volumes too"},
	{0},
};

struct cleanup {
	struct store *s;
	struct json *doc;
	const char *id;
	bool remove, volumes, force;
	int status_fd;
	int failed; /* code of the last failure */
};

static void failure(struct cleanup *c, struct err *e)
{
	c->failed = e->code;
	log_err(e);
	err_clear(e);
}

static const char *member(const struct cleanup *c, const char *path)
{
	return json_str(json_path(c->doc, path));
}

/*
 * The runtime of the last start, or ours. It works while we go on: what it undoes (its record, the
 * cgroup, hooks) is its own.
 */
static bool start_forgetting(struct cleanup *c, struct child *child, struct err *e)
{
	const char *runtime = member(c, "process.runtime"),
		   *root = member(c, "process.runtimeRoot");
	_free_ char *own = program_path("ctr-runtime");
	_free_ char *own_root = str_fmt("%s/runtime", c->s->run_path);
	_free_ char *state = NULL;
	_strv_ struct strv argv = {0};

	runtime = runtime ? runtime : own;
	root = root ? root : own_root;
	state = str_fmt("%s/%s", root, c->id);
	if (access(state, F_OK) < 0)
		return false;
	if (str_eq(runtime, own) && str_eq(root, own_root)) {
		int r = cleanup_forget(c->s, c->id, e);

		if (r < 0)
			failure(c, e);
		if (r <= 0)
			return false;
	}
	strv_add(&argv, runtime);
	strv_add(&argv, "--root");
	strv_add(&argv, root);
	strv_add(&argv, "delete");
	strv_add(&argv, "--force");
	strv_add(&argv, c->id);
	if (spawn(&(struct spawn){.file = runtime,
				  .argv = argv.v,
				  .in = SPAWN_NULL,
				  .out = SPAWN_NULL,
				  .err = -1},
		  child, e) == 0)
		return true;
	failure(c, e);
	return false;
}

static void end_forgetting(struct cleanup *c, struct child *child, struct err *e)
{
	int status = 0;

	if (child_wait(child, &status, e) < 0) {
		failure(c, e);
	} else if (status != 0) {
		err_set(e, ERR_FAILED, 0, "delete",
			"the OCI runtime's delete of %.12s ended with status %d", c->id, status);
		failure(c, e);
	}
}

static void end_helper(struct cleanup *c, int pidfd, struct err *e)
{
	if (proc_signal(pidfd, SIGTERM, e) < 0 && e->code != ERR_NOTFOUND)
		failure(c, e);
	err_clear(e);
	if (proc_wait(pidfd, 2000, NULL) == 0)
		proc_signal(pidfd, SIGKILL, NULL);
}

/*
 * net-slirp-launch was killed before it could record pasta: then there is pasta's own pid file. A
 * number alone proves nothing, so the process must name this container on its command line; the
 * pidfd is opened before that is read, and so refers to what was looked at.
 */
static int open_unrecorded_pasta(const struct cleanup *c, int run)
{
	_buf_ struct buf text = {0};
	_buf_ struct buf cmdline = {0};
	_free_ char *path = NULL;
	_close_ int pidfd = -1;
	int64_t pid;

	if (run < 0 || file_read(run, "pasta.pid", 64, &text, NULL) < 0 || !text.data)
		return -1;
	text.data[strcspn(text.data, " \n")] = '\0';
	if (str_to_int(text.data, 2, INT32_MAX, &pid) < 0)
		return -1;
	pidfd = sys_pidfd_open((pid_t)pid);
	path = str_fmt("/proc/%d/cmdline", (int)pid);
	if (pidfd < 0 || file_read(AT_FDCWD, path, 65536, &cmdline, NULL) < 0 || !cmdline.len ||
	    !memmem(cmdline.data, cmdline.len, c->id, strlen(c->id)))
		return -1;
	return take_fd(&pidfd);
}

static void end_recorded(struct cleanup *c, const struct json *helper, int run, struct err *e)
{
	struct proc_id id = {0};
	_close_ int pidfd = -1;

	id.pid = (pid_t)json_get_int(helper, "pid", 0);
	id.start = (uint64_t)json_get_int(helper, "startTime", 0);
	id.inode = (uint64_t)json_get_int(helper, "pidInode", 0);
	snprintf(id.boot, sizeof(id.boot), "%s", json_get_str(helper, "bootId", ""));
	pidfd = id.pid ? proc_open(&id, e) : run >= 0 ? open_unrecorded_pasta(c, run) : -1;
	if (pidfd >= 0) {
		end_helper(c, pidfd, e);
		return;
	}
	if (id.pid && e->code != ERR_NOTFOUND)
		failure(c, e);
	err_clear(e);
}

static void end_network(struct cleanup *c, struct err *e)
{
	_close_ int run = container_run_dir(c->s, c->id, NULL);
	_json_ struct json *record = NULL;
	const struct json *network = json_get(c->doc, "network");
	const struct json *forwarder;

	/* where the start broke off, only the launcher's own record is there, or not even that */
	if (!json_get(network, "helper") && run >= 0 &&
	    json_read_file(run, "network.json", 65536, &record, NULL) == 0)
		network = record;
	end_recorded(c, json_get(network, "helper"), run, e);
	forwarder = json_get(network, "forwarder");
	if (forwarder)
		end_recorded(c, forwarder, -1, e);
}

static void unmount_in(struct cleanup *c, int dir, const char *name, struct err *e)
{
	if (cleanup_unmount(dir, name, e) == 0)
		return;
	err_prefix(e, "container %.12s", c->id);
	failure(c, e);
}

static void unmount_all(struct cleanup *c, struct err *e)
{
	_close_ int dir = container_dir(c->s, c->id, NULL);
	_close_ int run = container_run_dir(c->s, c->id, NULL);

	if (dir >= 0)
		unmount_in(c, dir, "rootfs", e);
	if (run >= 0)
		unmount_in(c, run, "netns", e);
}

/* The monitor was killed: that the container ran and has ended is known, its code is not. */
static void record_end(struct cleanup *c, struct err *e)
{
	_close_ int dir = container_dir(c->s, c->id, NULL);
	_json_ struct json *out = NULL;
	struct container_state st;
	char now[TIME_TEXT_LEN];

	if (dir < 0 || c->remove || container_state(c->s, c->id, &st, NULL) < 0 ||
	    st.status != CONTAINER_EXITED || st.finished[0])
		return;
	time_text(NULL, now);
	out = json_new_object();
	json_set(out, "schema", json_new_str("rp.exit/1"));
	json_set(out, "code", json_new_int(-1));
	json_set(out, "oomKilled", json_new_bool(false));
	json_set(out, "started", json_new_str(st.started));
	json_set(out, "finished", json_new_str(now));
	json_set(out, "error", json_new_str("the container's monitor was killed"));
	if (json_write_file(dir, "exit.json", out, 0600, false, e) < 0)
		failure(c, e);
}

/* Those of the volumes, the keys of mine, that a container mounts by name go from mine to out. */
static void take_mounted(const struct store *s, const char *id, struct json *mine, struct strv *out)
{
	_json_ struct json *doc = NULL;

	if (container_load(s, id, &doc, NULL) < 0)
		return;
	json_each (m, json_path(doc, "request.mounts")) {
		const char *source = json_get_str(m.v, "source", "");

		if (!str_eq(json_get_str(m.v, "type", ""), "volume") || !json_has(mine, source))
			continue;
		strv_add(out, source);
		json_del(mine, source);
	}
}

/*
 * Volumes that another container mounts by name go over to that one and out of mine. After a
 * failure they are kept as well, rather too much than too little.
 */
static int pass_on(struct cleanup *c, struct json *mine, struct err *e)
{
	_strv_ struct strv ids = {0};

	if (container_list(c->s, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids) {
		_strv_ struct strv names = {0};

		if (str_eq(id, c->id))
			continue;
		take_mounted(c->s, id, mine, &names);
		if (names.n && container_own_volumes(c->s, id, &names, e) < 0) {
			err_prefix(e, "volume %s, which container %.12s uses", names.v[0], id);
			failure(c, e);
		}
	}
	return 0;
}

/* The names in volumes.json as the keys of an object; NULL with *e, or without where it has none.
 */
static struct json *own_volumes(int dir, struct err *e)
{
	_json_ struct json *list = NULL;
	struct json *mine;

	if (json_read_file(dir, "volumes.json", JSON_MAX_DOCUMENT, &list, e) < 0) {
		if (e->code == ERR_NOTFOUND)
			err_clear(e);
		return NULL;
	}
	mine = json_new_object();
	json_each (v, json_get(list, "anonymous"))
		if (container_name_valid(json_str(v.v) ?: ""))
			json_set(mine, json_str(v.v), json_new_bool(true));
	return mine;
}

/* Volumes that were made for this container alone; vol-prepare(1) keeps the list. */
static void remove_volumes(struct cleanup *c, struct err *e)
{
	_close_ int dir = container_dir(c->s, c->id, NULL), base = -1, trash = -1;
	_json_ struct json *mine = dir < 0 ? NULL : own_volumes(dir, e);

	if (!mine) {
		if (e->code)
			failure(c, e);
		return;
	}
	base = store_dir(c->s, "volumes", e);
	trash = base < 0 ? -1 : store_dir(c->s, "trash", e);
	if (trash < 0 || pass_on(c, mine, e) < 0) {
		failure(c, e);
		return;
	}
	json_foreach (m, mine) {
		_free_ char *gone = str_fmt("volume-%s", m.key);

		if (renameat(base, m.key, trash, gone) < 0) {
			if (errno == ENOENT)
				continue;
			err_sys(e, "renameat", "cannot remove volume %s", m.key);
			failure(c, e);
		} else if (path_remove_tree(trash, gone, e) < 0) {
			failure(c, e);
		}
	}
}

static void remove_record(struct cleanup *c, struct err *e)
{
	const char *cidfile = member(c, "request.cidfile");

	if (cidfile && *cidfile == '/' && unlink(cidfile) < 0 && errno != ENOENT) {
		err_sys(e, "unlink", "cannot remove %s", cidfile);
		failure(c, e);
	}
	if (container_withdraw(c->s, c->id, NULL, e) < 0)
		failure(c, e);
}

static int kill_process(const struct proc_id *id, struct err *e)
{
	_close_ int pidfd = id->pid ? proc_open(id, NULL) : -1;

	if (pidfd < 0)
		return 0;
	if (proc_signal(pidfd, SIGKILL, e) < 0 && e->code != ERR_NOTFOUND)
		return -1;
	if (proc_wait(pidfd, 10000, e) == 1)
		return 0;
	return err_set(e, ERR_EXISTS, 0, NULL, "process %d does not end", (int)id->pid);
}

/*
 * Somebody has marked it, or its monitor has the lock on the run directory and has not said yet
 * that it runs. The two overlap: see prepare() of ctr-monitor.
 */
static bool is_starting(const struct cleanup *c, const struct container_state *st)
{
	_close_ int run = -1;

	if (start_marked(c->s, c->id))
		return true;
	run = st->status == CONTAINER_CREATED ? container_run_dir(c->s, c->id, NULL) : -1;
	return run >= 0 && flock(run, LOCK_EX | LOCK_NB) < 0;
}

/*
 * The monitor records the end and cleans up itself; where it is dead, we do. One that waits for
 * somebody to attach before it starts the container has nothing to record.
 */
static int end_container(struct cleanup *c, struct err *e)
{
	struct container_state st;

	if (container_state(c->s, c->id, &st, NULL) < 0)
		return 0; /* the record is gone already */
	if (!c->force && c->remove && is_starting(c, &st))
		return err_set(e, ERR_EXISTS, 0, NULL, "container %.12s is being started", c->id);
	if (container_up(st.status) && !c->force) {
		err_set(e, ERR_EXISTS, 0, NULL, "container %.12s is running", c->id);
		return err_hint(e, "stop it first, or use --force");
	}
	if (container_up(st.status) && kill_process(&st.process, e) < 0)
		return -1;
	if (st.monitor.pid && c->force) {
		_close_ int pidfd = proc_open(&st.monitor, NULL);
		int wait_ms = st.status == CONTAINER_CREATED ? 0 : 10000;

		if (pidfd >= 0 && proc_wait(pidfd, wait_ms, NULL) == 0)
			return kill_process(&st.monitor, e);
	}
	return 0;
}

static void clean(struct cleanup *c, struct err *e)
{
	struct child runtime;
	bool forgetting = start_forgetting(c, &runtime, e);

	end_network(c, e);
	unmount_all(c, e);
	record_end(c, e);
	if (c->remove && c->volumes)
		remove_volumes(c, e);
	if (forgetting)
		end_forgetting(c, &runtime, e);
	if (c->remove)
		remove_record(c, e);
	if (cleanup_run_dir(c->s, c->id, e) < 0)
		failure(c, e);
	if (c->status_fd > 0)
		status_event(c->status_fd, "ready", NULL);
	if (c->remove && container_shred(c->s, c->id, e) < 0)
		failure(c, e);
}

/* A run directory or a mark whose record is gone already: a kill in the middle of this program. */
static char *find_remains(const struct store *s, const char *what)
{
	static const char *const places[] = {"containers", "starting"};

	for (size_t i = 0; container_id_valid(what) && i < ARRAY_LEN(places); i++) {
		_free_ char *path = str_fmt("%s/%s", places[i], what);

		if (faccessat(s->run, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return str_dup(what);
	}
	return NULL;
}

static int by_id(struct cleanup *c, const char *what, struct err *e)
{
	_free_ char *id = container_find(c->s, what, e);
	_json_ struct json *doc = NULL;

	if (!id && e->code == ERR_NOTFOUND)
		id = find_remains(c->s, what);
	if (!id)
		return -1;
	err_clear(e);
	/* a half-written record can still be removed */
	if (container_load(c->s, id, &doc, NULL) == 0)
		container_add_start(c->s, id, doc);
	c->doc = doc;
	c->id = id;
	if (end_container(c, e) < 0)
		return -1;
	clean(c, e);
	return 0;
}

static int by_document(struct cleanup *c, struct err *e)
{
	struct cur root = cur_root(c->doc), container;

	if (doc_part(&root, "container", &container, e) < 0 ||
	    cur_str(&container, "id", CUR_NEED, &c->id, e) < 0)
		return -1;
	if (!container_id_valid(c->id))
		return err_set(e, ERR_INPUT, 0, NULL, ".container.id: \"%s\" is no container id",
			       c->id);
	if (json_bool(json_path(c->doc, "request.remove")))
		c->remove = c->volumes = true;
	if (c->force && end_container(c, e) < 0)
		return -1;
	clean(c, e);
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	struct cleanup c = {.s = &s,
			    .remove = o->remove,
			    .volumes = o->volumes,
			    .force = o->force,
			    .status_fd = (int)o->status_fd,
			    .doc = p->doc};
	int r = 0;

	if (store_open(&s, e) < 0)
		return -1;
	if (p->doc)
		r = by_document(&c, e);
	for (int i = 0; i < p->argc; i++) {
		if (by_id(&c, p->argv[i], e) == 0 || (o->ignore && e->code == ERR_NOTFOUND))
			continue;
		if (p->argc == 1)
			return -1;
		failure(&c, e);
	}
	p->exit_status = c.failed;
	return r;
}

static const struct program program = {
	.name = "ctr-cleanup",
	.summary = "take down what a container leaves behind",
	.usage = "[--force] [--remove [--volumes]] [CONTAINER...] | < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_MAY_READ | PROG_CONTAINER,
	.needs = "container",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
