/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of containers: see state.h for the contract.
 *
 * A claim is mkdir(2) and flock(2) on the new directory. Between the two somebody else may take the
 * directory for one that a killed create left and remove it, so the name is looked up again after
 * locking and must still be the locked directory.
 */
#include "manage/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cgroup/cgroup.h"
#include "sys/owndir.h"
#include "sys/path.h"
#include "sys/userns.h"
#include "wire/fields.h"

#define CLAIM_TRIES 50
#define ID_CHARS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"

static char *default_root(void)
{
	const char *rp = getenv("RP_RUN"), *xdg = getenv("XDG_RUNTIME_DIR");
	uid_t uid = userns_host_uid();

	if (rp && *rp)
		return str_fmt("%s/runtime", rp);
	if (uid == 0)
		return str_dup("/run/ctr-runtime");
	if (xdg && *xdg)
		return str_fmt("%s/rp/runtime", xdg);
	return str_fmt("/tmp/rp-run-%u/rp/runtime", (unsigned)uid);
}

static int check_owner(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "fstat", "cannot open %s", path);
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return err_set(e, ERR_DENIED, 0, "fstat",
			       "%s belongs to somebody else or is writable for others", path);
	return 0;
}

/* Nobody else may decide where it is: own_dir(). */
int state_root(struct global *g, struct err *e)
{
	char cwd[PATH_MAX];

	if (g->root_path)
		return 0;
	g->root_path = g->root ? str_dup(g->root) : default_root();
	if (*g->root_path != '/') {
		char *relative = g->root_path;

		if (!getcwd(cwd, sizeof(cwd)))
			return err_sys(e, "getcwd", "cannot open %s", relative);
		g->root_path = str_fmt("%s/%s", cwd, relative);
		free(relative);
	}
	g->root_fd = own_dir(g->root_path, e);
	return g->root_fd < 0 ? -1 : 0;
}

int state_check_id(const char *id, struct err *e)
{
	if (!str_only(id, ID_CHARS) || *id == '.' || *id == '-' || strlen(id) > 200)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "invalid container id \"%s\": letters, digits and _.+- are allowed",
			       id);
	return 0;
}

static bool is_still(int root, const char *id, int dir)
{
	struct stat a, b;

	return fstatat(root, id, &a, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* The names of files that a runtime may have made in the directory of a container. */
static bool is_ours(const char *name)
{
	static const char *const files[] = {STATE_FILE, STATE_HOOKS, STATE_FIFO, STATE_SECCOMP,
					    STATE_CREATING};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (str_after(name, files[i]))
			return true; /* or one that was to become it */
	return str_eq(name, ".") || str_eq(name, "..");
}

int state_remove_leftover(const struct global *g, const char *id, int dir, struct err *e)
{
	int copy = TEMP_FAILURE_RETRY(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *ent;

	if (!d)
		return err_sys(e, "opendir", "cannot read %s/%s", g->root_path, id);
	while ((ent = readdir(d)))
		if (!is_ours(ent->d_name))
			return err_set(e, ERR_DENIED, 0, NULL,
				       "%s/%s is not the directory of a container: there is \"%s\" "
				       "in it",
				       g->root_path, id, ent->d_name);
	return path_remove_tree(g->root_fd, id, e);
}

/* Returns the locked directory, -1 failure, -2 try again. */
static int try_claim(const struct global *g, const char *id, struct err *e)
{
	bool made = mkdirat(g->root_fd, id, 0700) == 0;
	_close_ int dir = -1;
	struct stat st;

	if (!made && errno != EEXIST)
		return err_sys(e, "mkdirat", "cannot make %s/%s", g->root_path, id);
	dir = TEMP_FAILURE_RETRY(
		openat(g->root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (dir < 0) {
		if (errno == ENOENT)
			return -2;
		err_sys(e, "openat", "cannot open the state of %s", id);
		if (made)
			unlinkat(g->root_fd, id, AT_REMOVEDIR);
		return -1;
	}
	if (TEMP_FAILURE_RETRY(flock(dir, LOCK_EX | LOCK_NB)) < 0)
		return made ? -2
			    : err_set(e, ERR_EXISTS, EEXIST, NULL, "container %s is in use", id);
	if (!is_still(g->root_fd, id, dir))
		return -2;
	if (made)
		return take_fd(&dir);
	if (fstatat(dir, STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, EEXIST, NULL, "container %s exists already", id);
	return state_remove_leftover(g, id, dir, e) < 0 ? -1 : -2;
}

int state_claim(const struct global *g, const char *id, struct err *e)
{
	for (int i = 0; i < CLAIM_TRIES; i++) {
		int dir = try_claim(g, id, e);

		if (dir != -2)
			return dir;
	}
	return err_set(e, ERR_EXISTS, EBUSY, NULL, "container %s is being made by somebody else",
		       id);
}

int state_creating(int dir, struct err *e)
{
	_close_ int fd = TEMP_FAILURE_RETRY(
		openat(dir, STATE_CREATING,
		       O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));

	if (fd < 0 || TEMP_FAILURE_RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0)
		return err_sys(e, "openat", "cannot mark the state as being made");
	return take_fd(&fd);
}

static bool is_creating(int dir)
{
	_close_ int fd = TEMP_FAILURE_RETRY(
		openat(dir, STATE_CREATING, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));

	return fd >= 0 && TEMP_FAILURE_RETRY(flock(fd, LOCK_SH | LOCK_NB)) < 0 &&
	       errno == EWOULDBLOCK;
}

/* The record. */
static const struct field fields[] = {
	{"ociVersion", FIELD(struct state, version), FIELD_NEED},
	{"id", FIELD(struct state, id), FIELD_NEED},
	{"pid", FIELD(struct state, proc.pid), FIELD_NEED, .min = 0, .max = INT32_MAX},
	{"startTime", FIELD(struct state, proc.start), FIELD_NEED},
	{"bootId", FIELD(struct state, proc.boot), FIELD_NEED},
	{"pidInode", FIELD(struct state, proc.inode)},
	{"bundle", FIELD(struct state, bundle), FIELD_NEED},
	{"rootfs", FIELD(struct state, rootfs), FIELD_NEED},
	{"created", FIELD(struct state, created), FIELD_NEED},
	{"cgroup", FIELD(struct state, cgroup), FIELD_NEED},
	{"cgroupScope", FIELD(struct state, cgroup_scope), FIELD_NEED},
	{"cgroupMade", FIELD(struct state, cgroup_made), FIELD_NEED, .min = 0, .max = UINT16_MAX},
	{"annotations", FIELD_AS(FIELD_MAP, struct state, annotations)},
	{"seccomp", FIELD(struct state, seccomp)},
	{"hooks", FIELD(struct state, hooks), FIELD_GIVEN(struct state, hooks_known)},
	{"config", FIELD(struct state, config), FIELD_NEED},
	{0},
};

int state_write(int dir, struct state *s, const struct json *hooks, struct err *e)
{
	_json_ struct json *j = NULL;
	char now[TIME_TEXT_LEN];

	time_text(NULL, now);
	s->created = now;
	s->hooks_known = true;
	if (s->proc.pid && proc_identify_by(s->pidfd, s->proc.pid, &s->proc, e) < 0)
		return -1;
	j = fields_write(fields, s);
	s->created = NULL;
	if (hooks && json_write_file(dir, STATE_HOOKS, hooks, 0600, false, e) < 0)
		return -1;
	return json_write_file(dir, STATE_FILE, j, 0600, false, e);
}

static int load_document(struct state *s, const char *id, struct err *e)
{
	struct err why = {0};
	struct cur root;

	if (json_read_file(s->dir, STATE_FILE, CONFIG_MAX_SIZE + 65536, &s->doc, e) < 0)
		return -1;
	root = cur_root(s->doc);
	if (fields_read(fields, &root, s, e) < 0)
		return -1;
	s->id = id; /* what it is called now */
	s->pidfd = proc_open(&s->proc, &why);
	s->ended = s->pidfd < 0 && why.code == ERR_NOTFOUND;
	return 0;
}

int state_load(const struct global *g, const char *id, bool lock, struct state *out, struct err *e)
{
	struct err own = {0};

	e = e ? e : &own; /* its code is looked at */
	*out = (struct state)STATE_NONE;
	if (state_check_id(id, e) < 0)
		return -1;
	out->dir = TEMP_FAILURE_RETRY(
		openat(g->root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (out->dir < 0 && errno == ENOENT)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s does not exist", id);
	if (out->dir < 0)
		return err_sys(e, "openat", "cannot open the state of %s", id);
	if (check_owner(out->dir, id, e) < 0)
		; /* whoever else can write there could name hooks */
	else if ((lock && TEMP_FAILURE_RETRY(flock(out->dir, LOCK_EX)) < 0))
		err_sys(e, "flock", "cannot lock the state of %s", id);
	else if (load_document(out, id, e) == 0)
		return 0;
	else if (e->code == ERR_NOTFOUND)
		err_set(e, ERR_NOTFOUND, 0, NULL, "container %s does not exist", id);
	else
		err_prefix(e, "the state of %s", id);
	state_release(out);
	return -1;
}

/* Where there is no such file, there are none, or the record of an older runtime has them. */
int state_load_hooks(struct state *s, struct err *e)
{
	struct json *hooks = NULL;

	if (s->hooks_known && !s->hooks)
		return 0;
	if (json_read_file(s->dir, STATE_HOOKS, CONFIG_MAX_SIZE, &hooks, e) == 0)
		json_set(s->config, "hooks", hooks);
	else if (e->code == ERR_NOTFOUND)
		err_clear(e);
	else
		return err_prefix(e, "the hooks of %s", s->id);
	return 0;
}

void state_release(struct state *s)
{
	if (s->dir >= 0)
		close(s->dir);
	if (s->pidfd >= 0)
		close(s->pidfd);
	json_put(s->doc);
	s->dir = s->pidfd = -1;
	s->doc = s->config = NULL;
}

int state_pidfd(const struct state *s, struct err *e)
{
	int fd;

	if (s->pidfd < 0)
		return proc_open(&s->proc, e);
	fd = TEMP_FAILURE_RETRY(fcntl(s->pidfd, F_DUPFD_CLOEXEC, 3));
	return fd < 0 ? err_sys(e, "fcntl", "process %d", (int)s->proc.pid) : fd;
}

static bool is_alive(const struct state *s)
{
	struct proc_id now;

	if (s->pidfd >= 0)
		return proc_wait(s->pidfd, 0, NULL) != 1;
	if (s->ended || !s->proc.pid || proc_identify(s->proc.pid, &now, NULL) < 0 ||
	    now.start != s->proc.start || !str_eq(now.boot, s->proc.boot))
		return false;
	/* where the kernel does not say, the start time has to do */
	return !s->proc.inode || !now.inode || now.inode == s->proc.inode;
}

const char *state_status(const struct state *s)
{
	struct stat st;

	if (!is_alive(s))
		return "stopped";
	if (is_creating(s->dir))
		return "creating";
	if (fstatat(s->dir, STATE_FIFO, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return "created";
	return cgroup_is_frozen(s->cgroup) ? "paused" : "running";
}

struct json *oci_state(const struct oci_state *s)
{
	static const struct field table[] = {
		{"ociVersion", FIELD(struct oci_state, version), FIELD_NEED},
		{"id", FIELD(struct oci_state, id), FIELD_NEED},
		{"status", FIELD(struct oci_state, status), FIELD_NEED},
		{"pid", FIELD(struct oci_state, pid), FIELD_GIVEN(struct oci_state, has_pid)},
		{"bundle", FIELD(struct oci_state, bundle), FIELD_NEED},
		{"annotations", FIELD_AS(FIELD_MAP, struct oci_state, annotations)},
		{"rootfs", FIELD(struct oci_state, rootfs)},
		{"created", FIELD(struct oci_state, created)},
		{"owner", FIELD(struct oci_state, owner)},
		{0},
	};

	return fields_write(table, s);
}

struct oci_state state_describe(const struct state *s, const char *status)
{
	bool alive = !str_eq(status, "stopped");

	return (struct oci_state){
		.version = s->version,
		.id = s->id,
		.status = status,
		.pid = alive ? s->proc.pid : 0,
		.has_pid = alive,
		.bundle = s->bundle,
		.annotations = s->annotations,
	};
}

/* Mostly there is nothing else in it. */
int state_remove(const struct global *g, const char *id, int dir, struct err *e)
{
	if (dir >= 0) {
		unlinkat(dir, STATE_FILE, 0);
		unlinkat(dir, STATE_SECCOMP, 0);
		if (unlinkat(g->root_fd, id, AT_REMOVEDIR) == 0)
			return 0;
	}
	return path_remove_tree(g->root_fd, id, e);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int state_list(const struct global *g, struct strv *ids, struct err *e)
{
	int fd = TEMP_FAILURE_RETRY(openat(g->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *ent;

	if (!d)
		return err_sys(e, "opendir", "cannot read %s", g->root_path);
	while ((ent = readdir(d)))
		if (state_check_id(ent->d_name, NULL) == 0)
			strv_add(ids, ent->d_name);
	if (ids->n)
		qsort(ids->v, ids->n, sizeof(char *), compare);
	return 0;
}
