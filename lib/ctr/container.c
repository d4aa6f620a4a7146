/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers in the store: see container.h.
 *
 * A name is a symbolic link, made by symlinkat(2), which fails where it exists. The lock on names/
 * is held only while a link and its directory are published or withdrawn together, so that a link
 * that dangles with the lock held is known to be left over from a killed process.
 *
 * The state is derived: exit.json names the start that it belongs to (process.json's start time),
 * so an old record never hides a new run, and a process that vanished without a record reads as
 * exited with an unknown code.
 */
#include "ctr/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "sys/cgroup2.h"
#include "sys/path.h"
#include "sys/userns.h"
#include "wire/doc.h"

bool container_id_valid(const char *id)
{
	return strlen(id) == CONTAINER_ID_LEN && str_only(id, "0123456789abcdef");
}

bool container_name_valid(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_.-";

	return strlen(name) <= 128 && str_only(name, set) && !strchr("_.-", name[0]);
}

int container_list(const struct store *s, struct strv *ids, struct err *e)
{
	int fd = store_dir(s, "containers", e);
	_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;

	if (!d)
		return fd < 0 ? -1 : err_sys(e, "fdopendir", "cannot list the containers");
	while ((ent = readdir(d)))
		if (container_id_valid(ent->d_name))
			strv_add(ids, ent->d_name);
	return 0;
}

/* The id that names/NAME leads to, or NULL. */
static char *name_target(int names, const char *name)
{
	char target[128];
	ssize_t n = readlinkat(names, name, target, sizeof(target) - 1);
	const char *id;

	if (n < 0)
		return NULL;
	target[n] = '\0';
	id = str_after(target, "../containers/");
	return id && container_id_valid(id) ? str_dup(id) : NULL;
}

static char *find_prefix(const struct store *s, const char *what, struct err *e)
{
	_strv_ struct strv ids = {0};
	const char *found = NULL;

	if (container_list(s, &ids, e) < 0)
		return NULL;
	for (size_t i = 0; i < ids.n; i++) {
		if (!str_after(ids.v[i], what))
			continue;
		if (found) {
			err_set(e, ERR_USAGE, 0, NULL, "more than one container id begins with %s",
				what);
			return NULL;
		}
		found = ids.v[i];
	}
	if (!found)
		err_set(e, ERR_NOTFOUND, 0, NULL,
			"no container with name or ID \"%s\" found: no such container", what);
	return str_dup(found);
}

char *container_find(const struct store *s, const char *what, struct err *e)
{
	if (container_name_valid(what)) {
		_close_ int names = store_dir(s, "names", e);
		_close_ int dir = names < 0 ? -1 : store_dir(s, "containers", e);
		_free_ char *id = NULL;

		if (dir < 0)
			return NULL;
		if (container_id_valid(what) && faccessat(dir, what, F_OK, 0) == 0)
			return str_dup(what);
		id = name_target(names, what);
		if (id && faccessat(dir, id, F_OK, 0) == 0)
			return take_ptr(id);
	}
	if (!str_only(what, "0123456789abcdef")) {
		err_set(e, ERR_NOTFOUND, 0, NULL,
			"no container with name or ID \"%s\" found: no such container", what);
		return NULL;
	}
	return find_prefix(s, what, e);
}

static int sub_dir_of(int base, const char *id, struct err *e)
{
	int fd;

	if (!container_id_valid(id))
		return err_set(e, ERR_INPUT, 0, NULL, "\"%s\" is no container id", id);
	fd = openat(base, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "openat", "container %.12s", id) : fd;
}

int container_dir(const struct store *s, const char *id, struct err *e)
{
	_close_ int base = store_dir(s, "containers", e);

	return base < 0 ? -1 : sub_dir_of(base, id, e);
}

int container_run_dir(const struct store *s, const char *id, struct err *e)
{
	_close_ int base = store_run_dir(s, "containers", e);

	return base < 0 ? -1 : sub_dir_of(base, id, e);
}

int container_load(const struct store *s, const char *id, struct json **doc, struct err *e)
{
	_close_ int dir = container_dir(s, id, e);

	if (dir < 0)
		return -1;
	if (json_read_file(dir, "container.json", JSON_MAX_DOCUMENT, doc, e) < 0) {
		if (e && e->code == ERR_INPUT)
			e->code = ERR_NOTFOUND;
		return err_prefix(e, "container %.12s", id);
	}
	if (doc_check(*doc, DOC_SCHEMA, e) == 0)
		return 0;
	json_put(*doc);
	*doc = NULL;
	return err_prefix(e, "container %.12s", id);
}

void container_add_start(const struct store *s, const char *id, struct json *doc)
{
	static const char *const members[] = {"network", "volumes", "process", "rootfs"};
	_close_ int dir = container_dir(s, id, NULL);
	_json_ struct json *start = NULL;

	if (dir < 0 || json_read_file(dir, "start.json", JSON_MAX_DOCUMENT, &start, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (json_has(start, members[i]))
			json_set(doc, members[i], json_ref(json_get(start, members[i])));
}

const char *container_status_name(enum container_status status)
{
	static const char *const names[] = {"created", "running", "paused", "stopping", "exited"};

	return names[status];
}

static bool alive(int run, const char *file, struct proc_id *id)
{
	_close_ int fd = -1;

	if (proc_record_read(run, file, id, NULL) < 0) {
		*id = (struct proc_id){0};
		return false;
	}
	fd = proc_open(id, NULL);
	return fd >= 0;
}

static void read_exit(int dir, struct container_state *out)
{
	_json_ struct json *j = NULL;

	if (json_read_file(dir, "exit.json", 65536, &j, NULL) < 0)
		return;
	out->status = CONTAINER_EXITED;
	out->exit_code = json_get_int(j, "code", -1);
	out->oom_killed = json_get_bool(j, "oomKilled", false);
	snprintf(out->started, sizeof(out->started), "%s", json_get_str(j, "started", ""));
	snprintf(out->finished, sizeof(out->finished), "%s", json_get_str(j, "finished", ""));
	snprintf(out->error, sizeof(out->error), "%s", json_get_str(j, "error", ""));
}

static bool is_frozen(pid_t pid)
{
	_free_ char *path = NULL;
	_close_ int dir = -1;

	if (cgroup2_of(pid, &path, NULL) < 0 || (dir = cgroup2_open(path, NULL)) < 0)
		return false;
	return cgroup2_frozen(dir);
}

static enum container_status status_of_running(int run, const struct container_state *st)
{
	struct proc_id stopper;

	if (is_frozen(st->process.pid))
		return CONTAINER_PAUSED;
	return alive(run, "stopping.json", &stopper) ? CONTAINER_STOPPING : CONTAINER_RUNNING;
}

void container_mark_stopping(const struct store *s, const char *id, bool on)
{
	_close_ int run = container_run_dir(s, id, NULL);
	_json_ struct json *record = NULL;
	_free_ char *text = NULL;
	struct proc_id self;

	if (run < 0)
		return;
	if (!on) {
		unlinkat(run, "stopping.json", 0);
		return;
	}
	if (proc_identify(getpid(), &self, NULL) < 0)
		return;
	record = proc_record(&self);
	text = json_text(record, false);
	file_replace(run, "stopping.json", text, strlen(text), 0600, false, NULL);
}

int container_state(const struct store *s, const char *id, struct container_state *out,
		    struct err *e)
{
	_close_ int dir = container_dir(s, id, e), run = -1;
	_json_ struct json *process = NULL;

	*out = (struct container_state){.exit_code = -1};
	if (dir < 0)
		return -1;
	read_exit(dir, out);
	run = container_run_dir(s, id, NULL);
	if (run < 0)
		return 0;
	if (!alive(run, "monitor.json", &out->monitor))
		out->monitor.pid = 0;
	if (json_read_file(run, "process.json", 65536, &process, NULL) < 0)
		return 0;
	/* with exit.json written, process.json is about to be cleaned up */
	if (str_eq(json_get_str(process, "started", ""), out->started))
		return 0;
	snprintf(out->started, sizeof(out->started), "%s", json_get_str(process, "started", ""));
	out->finished[0] = out->error[0] = '\0';
	out->exit_code = -1;
	out->status = alive(run, "process.json", &out->process) ? status_of_running(run, out)
								: CONTAINER_EXITED;
	return 0;
}

static int lock_names(const struct store *s, struct err *e)
{
	_close_ int names = store_dir(s, "names", e);

	if (names < 0)
		return -1;
	while (flock(names, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, "flock", "cannot lock the container names");
	return take_fd(&names);
}

int container_publish(const struct store *s, struct staging *st, const char *id, const char *name,
		      struct err *e)
{
	_close_ int dir = store_dir(s, "containers", e);
	_close_ int names = dir < 0 ? -1 : lock_names(s, e);
	_free_ char *target = str_fmt("../containers/%s", id);
	_free_ char *owner = NULL;

	if (names < 0)
		return -1;
	owner = name_target(names, name);
	if (owner && faccessat(dir, owner, F_OK, 0) == 0) {
		err_set(e, ERR_EXISTS, 0, "symlinkat",
			"the container name \"%s\" is already in use by %s. You have to remove "
			"that "
			"container to be able to reuse that name: that name is already in use",
			name, owner);
		return err_hint(e, "--replace does both");
	}
	if (unlinkat(names, name, 0) < 0 && errno != ENOENT)
		return err_sys(e, "unlinkat", "cannot replace the stale name %s", name);
	if (symlinkat(target, names, name) < 0)
		return err_sys(e, "symlinkat", "cannot claim the name %s", name);
	switch (staging_commit(st, dir, id, e)) {
	case 0:
		return 0;
	case 1:
		err_set(e, ERR_EXISTS, 0, "renameat2", "container %.12s exists already", id);
		/* fall through */
	default:
		unlinkat(names, name, 0);
		return -1;
	}
}

void container_sweep_names(const struct store *s)
{
	_close_ int dir = store_dir(s, "containers", NULL);
	_close_ int names = dir < 0 ? -1 : lock_names(s, NULL);
	int copy = names < 0 ? -1 : openat(names, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	while (d && (ent = readdir(d))) {
		_free_ char *id = name_target(names, ent->d_name);

		if (id && faccessat(dir, id, F_OK, 0) < 0 && errno == ENOENT)
			unlinkat(names, ent->d_name, 0);
	}
}

int container_withdraw(const struct store *s, const char *id, const char *name, struct err *e)
{
	_json_ struct json *doc = NULL;
	_close_ int dir = store_dir(s, "containers", e);
	_close_ int trash = dir < 0 ? -1 : store_dir(s, "trash", e);
	_close_ int names = trash < 0 ? -1 : lock_names(s, e);
	_free_ char *owner = NULL;

	if (names < 0)
		return -1;
	if (!name && container_load(s, id, &doc, NULL) == 0)
		name = json_str(json_path(doc, "container.name"));
	/* a kill behind this leaves a name that leads nowhere, which is as good as none */
	if (renameat(dir, id, trash, id) < 0 && errno != ENOENT)
		return err_sys(e, "renameat", "cannot remove container %.12s", id);
	owner = name && container_name_valid(name) ? name_target(names, name) : NULL;
	if (owner && str_eq(owner, id))
		unlinkat(names, name, 0);
	return 0;
}

int container_shred(const struct store *s, const char *id, struct err *e)
{
	_close_ int trash = store_dir(s, "trash", e);

	return trash < 0 ? -1 : path_remove_tree(trash, id, e);
}

int container_own_volumes(const struct store *s, const char *id, const struct strv *names,
			  struct err *e)
{
	_close_ int dir = container_dir(s, id, e);
	_json_ struct json *list = NULL;

	if (dir < 0)
		return -1;
	if (json_read_file(dir, "volumes.json", JSON_MAX_DOCUMENT, &list, e) < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		list = json_new_object();
	}
	strv_foreach (name, names)
		json_add(json_need_arr(list, "anonymous"), json_new_str(name));
	return json_write_file(dir, "volumes.json", list, 0600, false, e);
}

const char *container_image(const struct json *doc)
{
	const char *said = json_get_str(json_get(doc, "request"), "image", "");

	return json_get_str(json_get(doc, "image"), "reference", said);
}

struct json *container_labels(const struct json *doc)
{
	struct json *all = json_new_object();

	json_foreach (l, json_path(doc, "image.config.Labels"))
		json_set(all, l.key, json_ref(l.val));
	json_foreach (l, json_path(doc, "request.labels"))
		json_set(all, l.key, json_ref(l.val));
	return all;
}
