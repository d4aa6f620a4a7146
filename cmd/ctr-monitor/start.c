/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the OCI runtime: one execution of "RUNTIME run --detach", which every runtime has.
 *
 * The runtime inherits the container's ends of the streams. It reports errors in the file that
 * --log names, one JSON object a line with "msg" and "level"; the last error is the cause. Its
 * words tell "not found" from "not allowed", as Podman reads them too.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <sys/epoll.h>

#include "monitor.h"

#define MAX_LOG 65536

/* The "msg" of the last line of level error. */
static char *last_error(const char *log)
{
	_strv_ struct strv lines = {0};
	char *found = NULL;

	strv_split(&lines, log, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		_json_ struct json *j = NULL;
		const char *msg, *level;

		if (json_parse(lines.v[i], strlen(lines.v[i]), "log", &j, NULL) < 0)
			continue;
		msg = json_get_str(j, "msg", NULL);
		level = json_get_str(j, "level", "error");
		if (!msg || (!str_eq(level, "error") && !str_eq(level, "fatal")))
			continue;
		free(found);
		found = str_dup(msg);
	}
	return found;
}

/* Of execve(2), in the words of strerror(3): the file is there, but it is no program for here. */
static bool is_no_program(const char *msg)
{
	static const int numbers[] = {ENOEXEC,	    E2BIG,  ETXTBSY, ENOTDIR, EISDIR, ELOOP,
				      ENAMETOOLONG, EINVAL, EIO,     ENOMEM,  ELIBBAD};

	if (!strcasestr(msg, "exec"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcasestr(msg, strerror(numbers[i])))
			return true;
	return false;
}

static enum err_code code_of_message(const char *msg)
{
	if (strcasestr(msg, "executable file not found in") ||
	    strcasestr(msg, "no such file or directory") || strcasestr(msg, "open executable"))
		return ERR_NOTFOUND;
	if (strcasestr(msg, "permission denied") || strcasestr(msg, "operation not permitted") ||
	    is_no_program(msg))
		return ERR_DENIED;
	return ERR_FAILED;
}

static int runtime_failed(struct monitor *m, int status, struct err *e)
{
	_buf_ struct buf log = {0};
	_free_ char *msg = NULL;

	if (file_read(m->run, "runtime.log", MAX_LOG, &log, NULL) == 0 && log.data)
		msg = last_error(log.data);
	if (!msg)
		return err_set(e, ERR_FAILED, 0, m->plan.runtime, "%s ended with status %d",
			       m->plan.runtime, status);
	return err_set(e, code_of_message(msg), 0, m->plan.runtime, "%s", msg);
}

/* hold: a descriptor for --hold-fd, or -1. */
static int spawn_runtime(struct monitor *m, int hold, struct err *e)
{
	/* the caller's own descriptors lie below, where they came in, and are inherited */
	const int hold_fd = 3 + (int)m->plan.preserve_fds;
	const struct spawn_fd fds[] = {{.from = hold, .to = hold_fd}};
	_strv_ struct strv a = {0};

	strv_add(&a, m->plan.runtime);
	if (m->plan.cgroup_manager &&
	    (m->plan.own_runtime || str_eq(m->plan.cgroup_manager, "disabled"))) {
		strv_add(&a, "--cgroup-manager");
		strv_add(&a, m->plan.cgroup_manager);
	}
	if (m->plan.systemd_cgroup)
		strv_add(&a, "--systemd-cgroup");
	strv_add(&a, "--root");
	strv_add(&a, m->plan.runtime_root);
	strv_add(&a, "--log");
	strv_addf(&a, "%s/runtime.log", m->plan.run_path);
	strv_add(&a, "--log-format");
	strv_add(&a, "json");
	strv_add(&a, "run");
	strv_add(&a, "--detach");
	if (hold >= 0)
		strv_addf(&a, "--hold-fd=%d", hold_fd);
	if (m->plan.preserve_fds)
		strv_addf(&a, "--preserve-fds=%d", (int)m->plan.preserve_fds);
	strv_add(&a, "--bundle");
	strv_add(&a, m->plan.bundle);
	strv_add(&a, "--pid-file");
	strv_addf(&a, "%s/pid", m->plan.run_path);
	if (m->plan.terminal) {
		strv_add(&a, "--console-socket");
		strv_addf(&a, "/proc/%d/fd/%d/console", (int)getpid(), m->run);
	}
	strv_add(&a, m->plan.id);
	/* a runtime would wait for READY=1 before it ends, and with it all that hear of the start
	 */
	unsetenv("NOTIFY_SOCKET");
	return spawn(&(struct spawn){.file = m->plan.runtime,
				     .argv = a.v,
				     .in = m->child[0],
				     .out = m->child[1],
				     .err = m->child[2],
				     .fds = fds,
				     .nfds = hold >= 0,
				     /* what it made without us nobody would know of */
				     .death_signal = SIGKILL},
		     &m->runtime, e);
}

void runtime_hold(struct monitor *m)
{
	int ends[2];

	/* where this fails, the start itself will say why */
	if (!m->plan.own_runtime || fd_pipe(ends, NULL) < 0)
		return;
	m->go = ends[1];
	if (spawn_runtime(m, ends[0], NULL) < 0) {
		m->runtime.pid = 0;
		close(take_fd(&m->go));
	}
	close(ends[0]);
}

void runtime_call_off(struct monitor *m)
{
	struct err e = {0};
	int status;

	if (!m->runtime.pid)
		return;
	close(take_fd(&m->go));
	child_wait(&m->runtime, &status, &e);
	m->runtime.pid = 0;
}

static int run_runtime(struct monitor *m, struct err *e)
{
	int status, r;

	if (m->runtime.pid) {
		/* one that has failed already says so by its status */
		if (write(m->go, "g", 1) < 0 && errno != EPIPE)
			return err_sys(e, "write", "cannot let %s go on", m->plan.runtime);
		close(take_fd(&m->go));
	} else if (spawn_runtime(m, -1, e) < 0) {
		return -1;
	}
	r = child_wait(&m->runtime, &status, e);
	m->runtime.pid = 0;
	if (r < 0)
		return -1;
	return status == 0 ? 0 : runtime_failed(m, status, e);
}

static int read_pid(struct monitor *m, struct err *e)
{
	_buf_ struct buf b = {0};
	int64_t pid;

	/* not ERR_NOTFOUND: that is the container's command */
	if (file_read(m->run, "pid", 32, &b, e) < 0)
		return err_set(e, ERR_FAILED, e->errnum, NULL, "%s wrote no process id",
			       m->plan.runtime);
	while (b.len && isspace((unsigned char)b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	if (str_to_int(b.data ? b.data : "", 1, INT32_MAX, &pid) < 0)
		return err_set(e, ERR_FAILED, 0, NULL, "%s wrote no process id", m->plan.runtime);
	m->pid = (pid_t)pid;
	/* our child by now (PR_SET_CHILD_SUBREAPER) and not waited for: the number is still its */
	m->pidfd = sys_pidfd_open(m->pid);
	return m->pidfd < 0 ? err_sys(e, "pidfd_open", "process %d", (int)m->pid) : 0;
}

static int write_process(struct monitor *m, struct err *e)
{
	struct proc_id id;
	_json_ struct json *j = NULL;

	if (proc_identify(m->pid, &id, NULL) < 0) {
		id = (struct proc_id){.pid = m->pid}; /* it has ended already */
		boot_id(id.boot, NULL);
	}
	j = proc_record(&id);
	time_text(NULL, m->started);
	json_set(j, "started", json_new_str(m->started));
	if (json_write_file(m->run, "process.json", j, 0600, false, e) < 0)
		return -1;
	if (m->plan.pidfile) {
		_free_ char *text = str_fmt("%d", (int)m->pid);
		_close_ int fd = open(m->plan.pidfile,
				      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

		if (fd < 0)
			return err_sys(e, "open", "cannot write the pid file %s", m->plan.pidfile);
		return fd_write_all(fd, text, strlen(text), e);
	}
	return 0;
}

static void close_child_ends(struct monitor *m)
{
	for (int i = 0; i < 3; i++)
		if (m->child[i] >= 0)
			close(take_fd(&m->child[i]));
	if (m->plan.preserve_fds)
		fd_close_range(3, 2 + (unsigned)m->plan.preserve_fds);
}

int runtime_start(struct monitor *m, struct err *e)
{
	int r = run_runtime(m, e);

	close_child_ends(m);
	if (r < 0)
		return -1;
	if (read_pid(m, e) < 0)
		return -1;
	m->memory_events = limits_watch_oom(m->pid);
	/* not found and not allowed are said of the container's command alone */
	if (write_process(m, e) < 0)
		return own_failure(e);
	if (m->plan.terminal && stdio_take_console(m, e) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (m->out[i] >= 0 && watch(m, m->out[i], EPOLLIN) < 0)
			return err_sys(e, "epoll_ctl", "cannot watch the container's output");
	stdio_flush(m);
	return 0;
}
