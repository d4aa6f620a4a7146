/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup v2: see cgroup2.h for the contract.
 *
 * The v2 tree is at /sys/fs/cgroup, or on a hybrid host at /sys/fs/cgroup/unified, known by
 * CGROUP2_SUPER_MAGIC. Nothing sleeps: freezing is waited for by poll(2) on cgroup.events, whose
 * change is reported with POLLPRI (cgroups(7)).
 */
#include "sys/cgroup2.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/path.h"
#include "sys/userns.h"

#define WAIT_MS	   2000
#define MAX_FILE   (1u << 20)
#define MAKE_TRIES 5

static bool is_v2(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC;
}

static enum cgroup_layout look(void)
{
	struct statfs st;

	if (is_v2("/sys/fs/cgroup"))
		return CGROUP_UNIFIED;
	if (is_v2("/sys/fs/cgroup/unified"))
		return CGROUP_HYBRID;
	if (statfs("/sys/fs/cgroup", &st) == 0 && st.f_type == TMPFS_MAGIC)
		return CGROUP_LEGACY;
	return CGROUP_NONE;
}

enum cgroup_layout cgroup2_layout(void)
{
	static int known = -1;

	if (known < 0)
		known = look();
	return (enum cgroup_layout)known;
}

const char *cgroup2_layout_name(enum cgroup_layout l)
{
	static const char *const names[] = {"none", "v1", "hybrid", "v2"};

	return names[l];
}

int cgroup2_root(struct err *e)
{
	enum cgroup_layout l = cgroup2_layout();
	const char *path = l == CGROUP_HYBRID ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
	int fd;

	if (l != CGROUP_UNIFIED && l != CGROUP_HYBRID)
		return err_set(e, ERR_UNSUPPORTED, 0, NULL, "this host has no cgroup v2");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open", "cannot open %s", path) : fd;
}

int cgroup2_of(pid_t pid, char **path, struct err *e)
{
	_buf_ struct buf b = {0};
	_strv_ struct strv lines = {0};
	char name[40] = "/proc/self/cgroup";

	if (pid)
		snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	if (file_read(AT_FDCWD, name, MAX_FILE, &b, e) < 0)
		return -1;
	strv_split(&lines, b.data, '\n');
	strv_foreach (line, &lines) {
		const char *p = str_after(line, "0::");

		if (p) {
			*path = str_dup(p);
			return 0;
		}
	}
	return err_set(e, ERR_UNSUPPORTED, 0, NULL, "no cgroup v2 in %s", name);
}

char *cgroup2_user_manager(void)
{
	unsigned uid = (unsigned)userns_host_uid();
	_free_ char *own = NULL, *socket_path = NULL, *manager = NULL;
	_free_ char *slice = str_fmt("/user.slice/user-%u.slice/", uid);
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (!uid || !run || cgroup2_layout() != CGROUP_UNIFIED || cgroup2_of(0, &own, NULL) < 0 ||
	    !str_after(own, slice))
		return NULL;
	*strrchr(own, '/') = '\0';
	manager = str_fmt("%suser@%u.service", slice, uid);
	if (!str_ends(own, ".slice") && !str_eq(own, manager))
		return NULL;
	socket_path = str_fmt("%s/systemd/private", run);
	return access(socket_path, F_OK) == 0 ? take_ptr(manager) : NULL;
}

static const char *relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int cgroup2_open(const char *path, struct err *e)
{
	_close_ int root = cgroup2_root(e);
	int fd;

	if (root < 0)
		return -1;
	fd = path_open_beneath(root, relative(path), O_RDONLY | O_DIRECTORY, 0, e);
	return fd < 0 ? err_prefix(e, "cgroup %s", path) : fd;
}

static int make_parts(int root, const struct strv *parts, unsigned *made)
{
	_close_ int at = fcntl(root, F_DUPFD_CLOEXEC, 0);

	*made = 0;
	strv_foreach (part, parts) {
		int next;

		if (!*part || str_eq(part, "."))
			continue;
		if (mkdirat(at, part, 0755) == 0)
			++*made;
		else if (errno == EEXIST)
			*made = 0;
		else
			return -1;
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		close(at);
		at = next;
	}
	return take_fd(&at);
}

int cgroup2_make(const char *path, unsigned *made, struct err *e)
{
	_close_ int root = cgroup2_root(e);
	_strv_ struct strv parts = {0};
	int fd = -1;

	if (root < 0)
		return -1;
	strv_split(&parts, relative(path), '/');
	/* one above it may be removed by its last user at this moment */
	for (int i = 0; i < MAKE_TRIES && fd < 0; i++) {
		fd = make_parts(root, &parts, made);
		if (fd < 0 && errno != ENOENT)
			break;
	}
	return fd < 0 ? err_sys(e, "mkdirat", "cannot make the cgroup %s", path) : fd;
}

int cgroup2_write(int dir, const char *file, const char *text, struct err *e)
{
	_close_ int fd = openat(dir, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return err_sys(e, "write", "cannot write \"%s\" to %s", text, file);
	return 0;
}

int cgroup2_read(int dir, const char *file, struct buf *out, struct err *e)
{
	return file_read(dir, file, MAX_FILE, out, e);
}

/* The words of a file of names. */
static int read_words(int dir, const char *file, struct strv *out, struct err *e)
{
	_buf_ struct buf b = {0};

	if (cgroup2_read(dir, file, &b, e) < 0)
		return -1;
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	strv_split(out, b.len ? b.data : "", ' ');
	return 0;
}

static bool lists(int root, const char *path, const char *file, const char *controller)
{
	_free_ char *name = str_fmt("%s/%s", relative(path), file);
	_strv_ struct strv words = {0};

	return read_words(root, name, &words, NULL) == 0 && strv_has(&words, controller);
}

bool cgroup2_offers(const char *controller)
{
	_close_ int root = cgroup2_layout() == CGROUP_UNIFIED ? cgroup2_root(NULL) : -1;
	_free_ char *path = NULL;
	char *slash;

	if (root < 0 || cgroup2_of(0, &path, NULL) < 0)
		return false;
	if (userns_real_root())
		return lists(root, "/", "cgroup.controllers", controller);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return false;
	*slash = '\0';
	if (faccessat(root, relative(path), W_OK, 0) < 0)
		*slash = '/'; /* not beside it: below it */
	return faccessat(root, relative(path), W_OK, 0) == 0 &&
	       lists(root, path, "cgroup.subtree_control", controller);
}

/*
 * In each directory above the last one: "+memory" for what is not enabled yet. The texts of errno
 * stay out of the message: engines would take them for those of the container's command.
 */
static int enable_one(int dir, const struct strv *controllers, struct err *e)
{
	_strv_ struct strv there = {0}, on = {0};

	if (read_words(dir, "cgroup.controllers", &there, e) < 0 ||
	    read_words(dir, "cgroup.subtree_control", &on, e) < 0)
		return -1;
	strv_foreach (c, controllers) {
		_free_ char *word = str_fmt("+%s", c);

		if (strv_has(&on, c))
			continue;
		if (!strv_has(&there, c))
			return err_set(e, ERR_UNSUPPORTED, 0, NULL,
				       "the %s controller is missing: it is not in "
				       "cgroup.controllers",
				       c);
		if (cgroup2_write(dir, "cgroup.subtree_control", word, e) < 0)
			return errno == EACCES || errno == EPERM
				       ? err_set(e, ERR_UNSUPPORTED, 0, NULL,
						 "the %s controller is missing: this user may not "
						 "enable it",
						 c)
				       : -1;
	}
	return 0;
}

int cgroup2_enable(const char *path, const char *controllers, struct err *e)
{
	_close_ int at = cgroup2_root(e);
	_strv_ struct strv parts = {0}, words = {0};
	size_t left;

	if (at < 0)
		return -1;
	strv_split(&parts, relative(path), '/');
	strv_split(&words, controllers, ' ');
	left = parts.n;
	strv_foreach (part, &parts) {
		int next;

		if (left-- == 0)
			break;
		if (enable_one(at, &words, e) < 0) {
			err_prefix(e, "above the cgroup %s", part);
			return err_hint(e, "it must be delegated to this user (systemd: "
					   "Delegate=yes), and not be bound to cgroup v1");
		}
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_sys(e, "openat", "cannot open the cgroup %s", path);
		close(at);
		at = next;
	}
	return 0;
}

int cgroup2_attach(int dir, pid_t pid, struct err *e)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return cgroup2_write(dir, "cgroup.procs", text, e);
}

static bool event_is(int dir, const char *line)
{
	_buf_ struct buf b = {0};

	return cgroup2_read(dir, "cgroup.events", &b, NULL) == 0 && strstr(b.data, line);
}

bool cgroup2_frozen(int dir)
{
	return event_is(dir, "frozen 1");
}

bool cgroup2_populated(int dir)
{
	return !event_is(dir, "populated 0");
}

/* Waits for a line in cgroup.events. */
static int wait_event(int dir, const char *line, struct err *e)
{
	_close_ int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	char text[256];

	if (fd < 0)
		return err_sys(e, "openat", "cannot open cgroup.events");
	for (;;) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, line))
			return 0;
		if (poll(&p, 1, WAIT_MS) == 0)
			return err_set(e, ERR_AGAIN, ETIMEDOUT, "poll",
				       "the cgroup did not become \"%s\"", line);
	}
}

int cgroup2_freeze(int dir, bool on, struct err *e)
{
	if (cgroup2_write(dir, "cgroup.freeze", on ? "1" : "0", e) < 0)
		return -1;
	return wait_event(dir, on ? "frozen 1" : "frozen 0", e);
}

static void add_pids(int dir, pid_t **pids, size_t *n)
{
	_buf_ struct buf b = {0};
	_strv_ struct strv lines = {0};
	int64_t pid;

	if (cgroup2_read(dir, "cgroup.procs", &b, NULL) < 0 || !b.len)
		return;
	strv_split(&lines, b.data, '\n');
	strv_foreach (line, &lines)
		if (str_to_int(line, 1, INT32_MAX, &pid) == 0) {
			*pids = mem_resize(*pids, *n + 1, sizeof(pid_t));
			(*pids)[(*n)++] = (pid_t)pid;
		}
}

/* Calls fn for each cgroup below dir, the deepest first. */
static void walk(int dir, void (*fn)(int parent, const char *name, int dir, void *arg), void *arg)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *ent;

	while (d && (ent = readdir(d))) {
		_close_ int sub = -1;

		if (ent->d_type != DT_DIR || ent->d_name[0] == '.')
			continue;
		sub = openat(dir, ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		walk(sub, fn, arg);
		fn(dir, ent->d_name, sub, arg);
	}
}

struct pid_list {
	pid_t **pids;
	size_t *n;
};

static void collect(int parent, const char *name, int dir, void *arg)
{
	struct pid_list *l = arg;

	add_pids(dir, l->pids, l->n);
}

int cgroup2_pids(int dir, pid_t **pids, size_t *n, struct err *e)
{
	struct pid_list l = {pids, n};

	*pids = NULL;
	*n = 0;
	walk(dir, collect, &l);
	add_pids(dir, pids, n);
	return 0;
}

int cgroup2_kill(int dir, struct err *e)
{
	_free_ pid_t *pids = NULL;
	size_t n;

	if (cgroup2_write(dir, "cgroup.kill", "1", e) == 0)
		return 0;
	if (cgroup2_pids(dir, &pids, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	return 0;
}

static void remove_one(int parent, const char *name, int dir, void *arg)
{
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Those above, as long as they are empty. */
static void remove_above(int root, const char *path, unsigned n)
{
	_free_ char *above = str_dup(path);

	while (n--) {
		char *slash = strrchr(above, '/');

		if (!slash)
			return;
		*slash = '\0';
		if (unlinkat(root, above, AT_REMOVEDIR) < 0)
			return;
	}
}

int cgroup2_remove(const char *path, unsigned made, struct err *e)
{
	_close_ int root = cgroup2_root(e), dir = -1;

	if (root < 0)
		return -1;
	dir = path_open_beneath(root, relative(path), O_RDONLY | O_DIRECTORY, 0, e);
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	wait_event(dir, "populated 0", NULL);
	walk(dir, remove_one, NULL);
	if (unlinkat(root, relative(path), AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "rmdir", "cannot remove the cgroup %s", path);
	remove_above(root, relative(path), made ? made - 1 : 0);
	return 0;
}

int cgroup2_remove_empty(const char *path, unsigned made)
{
	_close_ int root = cgroup2_root(NULL);

	if (root < 0 || (unlinkat(root, relative(path), AT_REMOVEDIR) < 0 && errno != ENOENT))
		return -1;
	remove_above(root, relative(path), made ? made - 1 : 0);
	return 0;
}
