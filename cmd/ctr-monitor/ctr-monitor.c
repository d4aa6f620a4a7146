/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-monitor: starts a container by an OCI runtime and stays with it until its end.
 *
 * Stages of the first process: check the document; write config.json; make the attach socket, the
 * log and the streams; let the monitor go; write the document with .process. For a detached
 * container it waits until the runtime has started it, so that a failure is this program's failure;
 * otherwise it writes the document at once, since the start waits for the one who attaches.
 *
 * The monitor is forked before the document is read (split.c), so that it is small. It is a session
 * of its own and the subreaper of the container (prctl(2)), so that it survives its caller and
 * hears the container's end from the kernel. It must not block on a client, and must not keep the
 * document in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "monitor.h"
#include "ctr/attach.h"
#include "ctr/sweep.h"
#include "sys/path.h"
#include "wire/doc.h"
#include "wire/prog.h"

/* The runtime that the user named: a path, one of our programs, or one in PATH. */
static char *find_runtime(const char *name, bool *own, struct err *e)
{
	static const char *const sbin[] = {"/usr/local/sbin",
					   "/usr/sbin"}; /* not in a user's PATH */
	char *found;

	*own = !name || !*name || str_eq(name, "ctr-runtime");
	if (*own)
		return program_path("ctr-runtime");
	if (strchr(name, '/')) {
		if (access(name, X_OK) == 0)
			return str_dup(name);
		err_set(e, ERR_UNSUPPORTED, errno, "access", "OCI runtime %s", name);
		return NULL;
	}
	found = program_in_path(name, X_OK);
	for (size_t i = 0; i < ARRAY_LEN(sbin) && !found; i++) {
		_free_ char *full = str_fmt("%s/%s", sbin[i], name);

		if (access(full, X_OK) == 0)
			found = take_ptr(full);
	}
	if (!found) /* not ERR_NOTFOUND: that is the container's command */
		err_set(e, ERR_UNSUPPORTED, 0, NULL, "OCI runtime \"%s\" is not installed", name);
	return found;
}

static int plan_log(const struct cur *request, struct plan *p, struct err *e)
{
	struct cur log;
	const char *driver = "k8s-file", *path = NULL;

	if (cur_obj(request, "log", CUR_OPTIONAL, &log, e) < 0 ||
	    cur_str(&log, "driver", CUR_OPTIONAL, &driver, e) < 0 ||
	    cur_str(&log, "path", CUR_OPTIONAL, &path, e) < 0 ||
	    cur_int(&log, "maxSize", CUR_OPTIONAL, 0, INT64_MAX, &p->log_max, e) < 0)
		return -1;
	if (str_eq(driver, "k8s-file") || str_eq(driver, "json-file"))
		p->log = LOG_K8S;
	else if (str_eq(driver, "none"))
		p->log = LOG_NONE;
	else if (str_eq(driver, "passthrough"))
		p->log = LOG_PASSTHROUGH;
	else
		return err_set(e, ERR_INPUT, 0, NULL,
			       ".request.log.driver: \"%s\" is not k8s-file, none or passthrough",
			       driver);
	p->log_name = str_dup(path);
	return 0;
}

/* What this start uses, for ctr-cleanup, ctr-load and ctr-inspect. */
static int write_start(int bundle, const struct json *doc, const struct plan *p, struct err *e)
{
	static const char *const keep[] = {"schema", "container", "network", "rootfs", "volumes"};
	_json_ struct json *out = json_new_object();
	struct json *request = json_new_object(), *process = json_new_object();

	for (size_t i = 0; i < ARRAY_LEN(keep); i++)
		if (json_has(doc, keep[i]))
			json_set(out, keep[i], json_ref(json_get(doc, keep[i])));
	json_set(request, "remove", json_new_bool(json_bool(json_path(doc, "request.remove"))));
	json_set(request, "cidfile", json_ref(json_path(doc, "request.cidfile")));
	json_set(process, "runtime", json_new_str(p->runtime));
	json_set(process, "runtimeRoot", json_new_str(p->runtime_root));
	json_set(out, "request", request);
	json_set(out, "process", process);
	return json_write_file(bundle, "start.json", out, 0600, false, e);
}

/* At its end there will be nothing that takes ctr-cleanup(1) to take down. */
static bool is_plain(const struct json *doc, const struct plan *p)
{
	const struct json *network = json_get(doc, "network");

	return p->own_runtime && !json_has(network, "helper") && !json_has(network, "forwarder") &&
	       !*json_get_str(network, "namespace", "") && !json_path(doc, "request.cidfile") &&
	       container_name_valid(json_str(json_path(doc, "container.name")) ?: "");
}

/* An annotation for crun and ctr-runtime; others would not even say that they ignore it. */
static bool keeps_groups(const struct cur *request)
{
	json_each (g, json_get(request->val, "groups"))
		if (str_eq(json_str(g.v), "keep-groups"))
			return true;
	return false;
}

static int make_plan(struct json *doc, const struct store *s, struct plan *p, struct err *e)
{
	struct cur root = cur_root(doc), request, container;
	const char *id = NULL, *bundle = NULL, *runtime = NULL, *pidfile = NULL, *manager = NULL,
		   *cgroups = NULL;
	const char *base;

	if (doc_part(&root, "request", &request, e) < 0 ||
	    doc_part(&root, "container", &container, e) < 0 ||
	    cur_str(&container, "id", CUR_NEED, &id, e) < 0 ||
	    cur_str(&container, "directory", CUR_NEED, &bundle, e) < 0 ||
	    cur_str(&request, "runtime", CUR_OPTIONAL, &runtime, e) < 0 ||
	    cur_str(&request, "pidfile", CUR_OPTIONAL, &pidfile, e) < 0 ||
	    cur_str(&request, "cgroupManager", CUR_OPTIONAL, &manager, e) < 0 ||
	    cur_bool(&request, "terminal", CUR_OPTIONAL, &p->terminal, e) < 0 ||
	    cur_bool(&request, "interactive", CUR_OPTIONAL, &p->interactive, e) < 0 ||
	    cur_bool(&request, "detach", CUR_OPTIONAL, &p->detach, e) < 0 ||
	    cur_bool(&request, "remove", CUR_OPTIONAL, &p->remove, e) < 0 ||
	    cur_int(&request, "timeout", CUR_OPTIONAL, 0, INT32_MAX, &p->timeout, e) < 0 ||
	    cur_int(&request, "preserveFds", CUR_OPTIONAL, 0, 1000, &p->preserve_fds, e) < 0 ||
	    cur_str(&request, "cgroups", CUR_OPTIONAL, &cgroups, e) < 0 ||
	    plan_log(&request, p, e) < 0)
		return -1;
	p->runtime = find_runtime(runtime, &p->own_runtime, e);
	if (!p->runtime)
		return -1;
	if (str_eq(cgroups, "disabled")) {
		manager = "disabled";
		if (!p->own_runtime && !str_ends(p->runtime, "crun"))
			return err_set(e, ERR_UNSUPPORTED, 0, NULL,
				       "OCI runtime %s has no way to run without a cgroup",
				       p->runtime);
	}
	if (keeps_groups(&request) && !p->own_runtime && !str_ends(p->runtime, "crun"))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "OCI runtime %s does not keep the caller's groups", p->runtime);
	base = strrchr(p->runtime, '/');
	p->runtime_root = str_fmt("%s/%s", s->run_path,
				  p->own_runtime ? "runtime"
				  : base	 ? base + 1
						 : p->runtime);
	p->id = str_dup(id);
	p->name = str_dup(json_get_str(container.val, "name", NULL));
	p->store_path = str_dup(s->path);
	p->store_run_path = str_dup(s->run_path);
	p->store = s->fd;
	p->store_run = s->run;
	p->plain = is_plain(doc, p);
	p->bundle = str_dup(bundle);
	p->run_path = str_fmt("%s/containers/%s", s->run_path, id);
	p->pidfile = str_dup(pidfile);
	p->cgroup_manager = str_dup(manager);
	return 0;
}

static int write_config(struct monitor *m, const struct json *doc, struct err *e)
{
	struct cur root = cur_root((struct json *)(uintptr_t)doc), spec;

	if (doc_part(&root, "spec", &spec, e) < 0)
		return -1;
	limits_fit(spec.val, &m->plan);
	unlinkat(m->bundle, "exit.json", 0);
	if (write_start(m->bundle, doc, &m->plan, e) < 0)
		return -1;
	return json_write_file(m->bundle, "config.json", spec.val, 0600, false, e);
}

static int refuse_second_start(const struct store *s, const char *id, struct err *e)
{
	struct container_state st;

	if (container_state(s, id, &st, e) < 0)
		return -1;
	if (st.monitor.pid || container_up(st.status))
		return err_set(e, ERR_EXISTS, 0, NULL, "container %.12s is running already", id);
	return 0;
}

/* The run directory, with the lock that says that it is ours (ctr/sweep.h). 0: removed meanwhile.
 */
static int try_run(struct monitor *m, const struct store *s, int base, struct err *e)
{
	struct stat st;

	m->new_run = mkdirat(base, m->plan.id, 0700) == 0;
	if (!m->new_run && errno != EEXIST)
		return err_sys(e, "mkdirat", "cannot make %s", m->plan.run_path);
	/* one that is new belongs to nobody else */
	if (!m->new_run && refuse_second_start(s, m->plan.id, e) < 0)
		return -1;
	m->run = openat(base, m->plan.id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (m->run < 0)
		return errno == ENOENT ? 0
				       : err_sys(e, "openat", "cannot open %s", m->plan.run_path);
	while (flock(m->run, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, "flock", "cannot lock %s", m->plan.run_path);
	if (fstat(m->run, &st) == 0 && st.st_nlink > 0)
		return 1;
	close(take_fd(&m->run)); /* removed before we had the lock */
	return 0;
}

static int open_run(struct monitor *m, const struct store *s, struct err *e)
{
	_close_ int base = store_run_dir(s, "containers", e);

	for (int i = 0; base >= 0 && i < 10; i++) {
		int r = try_run(m, s, base, e);

		if (r != 0)
			return r < 0 ? -1 : 0;
		err_set(e, ERR_AGAIN, 0, "flock", "%s is being removed", m->plan.run_path);
	}
	return -1;
}

static int open_places(struct monitor *m, const struct store *s, struct err *e)
{
	m->bundle = container_dir(s, m->plan.id, e);
	return m->bundle < 0 ? -1 : open_run(m, s, e);
}

static int make_attach_socket(struct monitor *m, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	/* by descriptor: the path itself may be longer than the 108 bytes of sun_path */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/attach", m->run);
	if (!m->new_run)
		unlinkat(m->run, "attach", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0)
		return err_sys(e, "bind", "cannot make the socket %s/attach", m->plan.run_path);
	m->listener = take_fd(&fd);
	return 0;
}

static int open_log_file(struct monitor *m, struct err *e)
{
	const char *path = m->plan.log_name;
	_free_ char *dir_name = NULL;
	char *slash;
	int dir;

	m->log.fd = -1;
	if (m->plan.log != LOG_K8S)
		return 0;
	if (!path)
		return log_open(&m->log, m->bundle, "ctr.log", m->plan.log_max, e);
	/* the user's own path, of the user's own command line */
	dir_name = str_dup(path);
	slash = strrchr(dir_name, '/');
	if (!slash || path[0] != '/' || !slash[1])
		return err_set(e, ERR_INPUT, 0, NULL, ".request.log.path: not an absolute path");
	*slash = '\0';
	dir = open(*dir_name ? dir_name : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "open", "cannot open %s for the log", dir_name);
	return log_open(&m->log, dir, slash + 1, m->plan.log_max, e);
}

int own_failure(struct err *e)
{
	if (e->code == ERR_NOTFOUND || e->code == ERR_DENIED)
		e->code = ERR_FAILED;
	return -1;
}

static int prepare(struct monitor *m, const struct store *s, const struct json *doc, struct err *e)
{
	if (open_places(m, s, e) < 0 || write_config(m, doc, e) < 0 || make_attach_socket(m, e) < 0)
		return -1;
	if (open_log_file(m, e) < 0)
		return own_failure(e);
	if (stdio_make(m, e) < 0)
		return -1;
	if (!m->new_run) {
		unlinkat(m->run, "process.json", 0);
		unlinkat(m->run, "runtime.log", 0);
	}
	/* from here on the lock and the record of an end that is gone say that it is started */
	start_unmark(s, m->plan.id);
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	return m->epoll < 0 ? err_sys(e, "epoll_create1", "cannot make an epoll set") : 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Of the descriptors that were shared, the monitor keeps its own. */
static void close_others(const struct monitor *m)
{
	int keep[] = {2,
		      m->bundle,
		      m->run,
		      m->epoll,
		      m->listener,
		      m->in,
		      m->out[0],
		      m->out[1],
		      m->child[0],
		      m->child[1],
		      m->child[2],
		      m->console_listener,
		      m->log.fd,
		      m->log.fd < 0 ? -1 : m->log.dir,
		      m->report,
		      m->plan.store,
		      m->plan.store_run};

	qsort(keep, ARRAY_LEN(keep), sizeof(keep[0]), by_number);
	for (size_t i = 0; i < ARRAY_LEN(keep); i++) {
		int from = keep[i] + 1, to = i + 1 < ARRAY_LEN(keep) ? keep[i + 1] - 1 : INT32_MAX;

		if (keep[i] == 2) /* the caller's, for the container */
			from += (int)m->plan.preserve_fds;
		if (keep[i] >= 2 && from <= to)
			fd_close_range(from, to);
	}
}

/* The monitor's own process: nothing of the caller is kept but standard error. */
static void be_monitor(struct monitor *m)
{
	struct proc_id self;
	sigset_t mask;
	int null_fd;

	close_others(m);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	setsid();
	prctl(PR_SET_NAME, "ctr-monitor");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (m->plan.log != LOG_PASSTHROUGH && null_fd >= 0) {
		dup2(null_fd, 0);
		dup2(null_fd, 1);
		dup2(null_fd, 2);
	}
	if (null_fd > 2)
		close(null_fd);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGQUIT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	m->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (proc_identify(getpid(), &self, NULL) == 0) {
		_json_ struct json *j = proc_record(&self);

		json_write_file(m->run, "monitor.json", j, 0600, false, NULL);
	}
	/* a network helper ends when nobody holds this any more; net-slirp-launch(1) */
	openat(m->run, "life", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	/* pages that only a large output touches */
	m->buffer =
		mmap(NULL, READ_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->buffer == MAP_FAILED)
		_exit(1);
	watch(m, m->listener, EPOLLIN);
	watch(m, m->signals, EPOLLIN);
	monitor_loop(m);
	_exit(0);
}

static int wait_report(int fd, struct report *r, struct err *e)
{
	size_t got = 0;

	while (got < sizeof(*r)) {
		ssize_t n = read(fd, (char *)r + got, sizeof(*r) - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, ERR_FAILED, 0, NULL, "the monitor ended unexpectedly");
		got += n;
	}
	if (!r->e.code)
		return 0;
	*e = r->e;
	return -1;
}

static void describe(struct json *doc, const struct monitor *m, pid_t monitor,
		     const struct report *r)
{
	struct json *process = json_new_object();
	_free_ char *socket_path = str_fmt("%s/attach", m->plan.run_path);
	struct proc_id id;

	json_set(process, "monitorPid", json_new_int(monitor));
	json_set(process, "runtime", json_new_str(m->plan.runtime));
	json_set(process, "runtimeRoot", json_new_str(m->plan.runtime_root));
	if (r->pid) {
		json_set(process, "pid", json_new_int(r->pid));
		json_set(process, "started", json_new_str(r->started));
		if (proc_identify(r->pid, &id, NULL) == 0) {
			json_set(process, "startTime", json_new_int((int64_t)id.start));
			json_set(process, "bootId", json_new_str(id.boot));
			if (id.inode)
				json_set(process, "pidInode", json_new_uint(id.inode));
		}
	}
	json_set(process, "attachSocket", json_new_str(socket_path));
	json_set(doc, "process", process);
}

/* --conmon-pidfile, for a service manager that wants to know whom to watch. */
static int write_pidfile(const struct json *doc, pid_t monitor, struct err *e)
{
	const char *path = json_str(json_path(doc, "request.monitorPidfile"));
	_free_ char *text = str_fmt("%d", (int)monitor);
	_close_ int fd = -1;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "open", "cannot write the monitor's pid file %s", path);
	return fd_write_all(fd, text, strlen(text), e);
}

/* The monitor runs from here on; its first words come back over the pipe. */
static int hand_over(struct prog *p, struct split *sp, const int pipe_fds[2], struct err *e)
{
	struct monitor *m = sp->m;
	struct report r = {0};

	m->report = m->plan.detach ? pipe_fds[1] : -1;
	if (split_go(sp, e) < 0)
		return -1;
	/* the monitor has descriptors of its own by now */
	close(pipe_fds[1]);
	if (m->plan.detach && wait_report(pipe_fds[0], &r, e) < 0)
		return -1;
	describe(p->doc, m, sp->pid, &r);
	return 0;
}

static int start(struct prog *p, struct split *sp, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	int pipe_fds[2] = {-1, -1};

	if (json_read_part(STDIN_FILENO, JSON_MAX_DOCUMENT, "standard input", &p->doc, e) < 0)
		return -1;
	if (!p->doc) { /* upstream has said why */
		p->exit_status = ERR_INPUT;
		return -1;
	}
	if (doc_check(p->doc, DOC_SCHEMA, e) < 0 || store_open(&s, e) < 0 ||
	    make_plan(p->doc, &s, &sp->m->plan, e) < 0 || prepare(sp->m, &s, p->doc, e) < 0 ||
	    split_share_plan(sp, e) < 0 || fd_pipe(pipe_fds, e) < 0)
		return -1;
	if (write_pidfile(p->doc, sp->pid, e) < 0)
		return own_failure(e);
	return hand_over(p, sp, pipe_fds, e);
}

static int run(struct prog *p, struct err *e)
{
	struct split sp;

	if (split_make(&sp, be_monitor, e) < 0)
		return -1;
	if (start(p, &sp, e) == 0)
		return 0;
	split_abandon(&sp);
	return p->exit_status ? 0 : -1;
}

static const struct program program = {
	.name = "ctr-monitor",
	.summary = "start a container by an OCI runtime and stay with it until its end",
	.usage = "< document",
	.description = "With .request.detach the container runs when this program ends; otherwise\n"
		       "it is started when a client of the attach socket asks for it.",
	.io = PROG_WRITES,
	.needs = "request container spec",
	.gives = "request container spec process",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
