/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leftovers of containers: see sweep.h for what counts as one.
 *
 * Stages: look, without any lock, for ids that nobody owns; only where there are some take
 * RUN/sweep.lock (somebody else has it: they do the work), look at each again, run ctr-cleanup.
 * The second look and start_mark() exclude each other: a mark that is made before the lock is taken
 * is seen, and one that is made later waits until the sweep is over.
 *
 * After a boot RUN is empty and tells nothing of containers that were to be removed at their end.
 * So the first sweep of a boot reads all records once, and leaves RUN/swept with the boot id.
 *
 * It must not remove anything itself, and must not touch what it cannot prove to be dead.
 */
#include "ctr/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/fd.h"
#include "ctr/container.h"
#include "sys/path.h"
#include "sys/spawn.h"
#include "sys/userns.h"

#define SWEEP_LOCK "sweep.lock"
#define MARK_LEN   128

static int read_mark(int dir, const char *id, struct proc_id *out)
{
	char text[MARK_LEN];
	ssize_t n = readlinkat(dir, id, text, sizeof(text) - 1);
	long long pid;
	unsigned long long start;

	if (n < 0)
		return -1;
	text[n] = '\0';
	*out = (struct proc_id){0};
	if (sscanf(text, "%lld %llu %36s", &pid, &start, out->boot) == 3) {
		out->pid = (pid_t)pid;
		out->start = start;
	}
	return 0;
}

static bool mark_alive(int dir, const char *id)
{
	struct proc_id owner;
	_close_ int pidfd = -1;

	if (read_mark(dir, id, &owner) < 0 || owner.pid <= 0)
		return false;
	pidfd = proc_open(&owner, NULL);
	return pidfd >= 0;
}

/* Waits while somebody sweeps. */
static int wait_for_sweep(const struct store *s, struct err *e)
{
	_close_ int lock = store_lock(s->run, SWEEP_LOCK, false, e);

	return lock < 0 ? -1 : 0;
}

int start_mark(const struct store *s, const char *id, struct err *e)
{
	_close_ int dir = store_run_dir(s, "starting", e);
	struct proc_id owner, old;
	char text[MARK_LEN];

	if (dir < 0 || proc_identify(getppid(), &owner, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "%d %llu %s", (int)owner.pid, (unsigned long long)owner.start,
		 owner.boot);
	for (int i = 0; i < 10; i++) {
		if (symlinkat(text, dir, id) == 0)
			return wait_for_sweep(s, e);
		if (errno != EEXIST)
			break;
		/* made by an earlier step of the same pipeline: nothing to wait for */
		if (read_mark(dir, id, &old) == 0 && old.pid == owner.pid &&
		    old.start == owner.start)
			return 0;
		if (mark_alive(dir, id))
			return err_set(e, ERR_EXISTS, 0, NULL,
				       "container %.12s is being started by process %d", id,
				       (int)old.pid);
		unlinkat(dir, id, 0);
	}
	return err_sys(e, "symlinkat", "cannot mark the start of container %.12s", id);
}

void start_unmark(const struct store *s, const char *id)
{
	_close_ int dir = path_open_beneath(s->run, "starting", O_PATH | O_DIRECTORY, 0, NULL);

	if (dir >= 0)
		unlinkat(dir, id, 0);
}

bool start_marked(const struct store *s, const char *id)
{
	_close_ int dir = path_open_beneath(s->run, "starting", O_PATH | O_DIRECTORY, 0, NULL);

	return dir >= 0 && mark_alive(dir, id);
}

static bool process_alive(int run)
{
	struct proc_id id;
	_close_ int pidfd = -1;

	if (proc_record_read(run, "process.json", &id, NULL) < 0)
		return false;
	pidfd = proc_open(&id, NULL);
	return pidfd >= 0;
}

/* True where neither a monitor nor a process nor a starter owns RUN/containers/ID. */
static bool left_over(const struct store *s, int containers, const char *id)
{
	_close_ int run = openat(containers, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int starting = -1;

	if (run >= 0 && flock(run, LOCK_EX | LOCK_NB) < 0)
		return false;
	if (run >= 0 && process_alive(run))
		return false;
	starting = path_open_beneath(s->run, "starting", O_PATH | O_DIRECTORY, 0, NULL);
	return starting < 0 || !mark_alive(starting, id);
}

static void look_in(const struct store *s, const char *sub, int containers, struct strv *found)
{
	_close_ int fd = path_open_beneath(s->run, sub, O_RDONLY | O_DIRECTORY, 0, NULL);
	struct dir_read entries = {.fd = fd};
	const char *name;
	unsigned char type;

	while (fd >= 0 && (name = dir_next(&entries, &type)))
		if (container_id_valid(name) && !strv_has(found, name) &&
		    left_over(s, containers, name))
			strv_add(found, name);
}

static bool to_be_removed(const struct store *s, const char *id)
{
	_json_ struct json *doc = NULL;

	return container_load(s, id, &doc, NULL) == 0 &&
	       json_bool(json_path(doc, "request.remove"));
}

/* Containers that the last boot ended before they could be removed. */
static void look_at_records(const struct store *s, struct strv *found)
{
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, NULL) < 0)
		return;
	for (size_t i = 0; i < ids.n; i++) {
		_close_ int dir = container_dir(s, ids.v[i], NULL);
		_close_ int run = container_run_dir(s, ids.v[i], NULL);

		if (dir >= 0 && run < 0 && faccessat(dir, "start.json", F_OK, 0) == 0 &&
		    to_be_removed(s, ids.v[i]))
			strv_add(found, ids.v[i]);
	}
}

static bool first_of_boot(const struct store *s)
{
	_buf_ struct buf b = {0};
	char boot[BOOT_ID_LEN];

	if (boot_id(boot, NULL) < 0)
		return false;
	if (file_read(s->run, "swept", 64, &b, NULL) == 0 && str_eq(b.data, boot))
		return false;
	return file_replace(s->run, "swept", boot, strlen(boot), 0600, false, NULL) == 0;
}

/* In the user's namespace, where the container's files can be removed whoever owns them. */
static void clean_up(const struct store *s, const char *id)
{
	_free_ char *enter = program_path("ns-enter-pause"), *file = program_path("ctr-cleanup");
	_strv_ struct strv argv = {0};
	int status;

	strv_add(&argv, enter);
	strv_add(&argv, file);
	strv_add(&argv, "--ignore");
	if (to_be_removed(s, id)) {
		strv_add(&argv, "--remove");
		strv_add(&argv, "--volumes");
	}
	strv_add(&argv, id);
	run_program(&(struct spawn){.file = enter,
				    .argv = argv.v,
				    .in = SPAWN_NULL,
				    .out = SPAWN_NULL,
				    .err = SPAWN_NULL},
		    NULL, 0, NULL, 0, &status, NULL);
}

static size_t count(const struct store *s, const char *sub)
{
	_close_ int fd = path_open_beneath(s->fd, sub, O_RDONLY | O_DIRECTORY, 0, NULL);
	struct dir_read entries = {.fd = fd};
	const char *name;
	unsigned char type;
	size_t n = 0;

	while (fd >= 0 && (name = dir_next(&entries, &type)))
		n += name[0] != '.';
	return n;
}

void container_sweep_all(const struct store *s)
{
	container_sweep(s);
	if (count(s, "names") > count(s, "containers"))
		container_sweep_names(s);
	store_sweep(s, false, NULL);
}

void container_sweep(const struct store *s)
{
	_close_ int containers =
		path_open_beneath(s->run, "containers", O_PATH | O_DIRECTORY, 0, NULL);
	_close_ int lock = -1;
	_strv_ struct strv found = {0};
	size_t running;

	if (containers >= 0)
		look_in(s, "containers", containers, &found);
	look_in(s, "starting", containers, &found);
	running = found.n;
	if (first_of_boot(s))
		look_at_records(s, &found);
	if (!found.n)
		return;
	lock = store_lock(s->run, SWEEP_LOCK, true, NULL);
	if (lock < 0)
		return;
	for (size_t i = 0; i < found.n; i++)
		if (i >= running || left_over(s, containers, found.v[i]))
			clean_up(s, found.v[i]);
}
