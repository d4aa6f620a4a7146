/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes: see spawn.h for the contract.
 *
 * clone(CLONE_VM|CLONE_VFORK) semantics through vfork(2): the child only moves descriptors and
 * calls execve(2), and shares the parent's memory until then, so that no page tables are copied and
 * an errno of the child is simply a variable of the parent. PATH is searched by the parent.
 * Our programs have no signal handlers (signalfd(2) instead), so that none can run in the shared
 * memory; a signal that ends the child before execve(2) looks as one that ends the program. What
 * this program has blocked is unblocked just before execve(2).
 */
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/proc.h"

extern char **environ;

char *program_in_path(const char *name, int mode)
{
	const char *path = getenv("PATH");
	_strv_ struct strv dirs = {0};

	strv_split(&dirs,
		   path && *path ? path : "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin",
		   ':');
	strv_foreach (dir, &dirs) {
		/* an empty entry is the working directory, as for execvp(3) */
		_free_ char *full = str_fmt("%s/%s", *dir ? dir : ".", name);

		if (access(full, mode) == 0)
			return take_ptr(full);
	}
	return NULL;
}

static char *search_path(const char *file, struct err *e)
{
	char *full = strchr(file, '/') ? str_dup(file) : program_in_path(file, X_OK);

	if (!full)
		err_set(e, ERR_NOTFOUND, ENOENT, "execve", "cannot find the program %s", file);
	return full;
}

struct plan {
	const struct spawn *s;
	const char *file;
	int *from; /* sources that no target number covers any more */
	int *to;
	size_t n;
	int null_fd;
};

/* CLOSE_RANGE_CLOEXEC is of Linux 5.11. */
static void close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = first; fd < 4096; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the child between vfork and exec: only system calls. Returns errno of what failed. */
static int move_fds(const struct plan *p)
{
	int high = 3;

	for (size_t i = 0; i < p->n; i++)
		if (p->to[i] >= high)
			high = p->to[i] + 1;
	/* out of the way first, so that no target overwrites a source */
	for (size_t i = 0; i < p->n; i++) {
		if (p->from[i] >= high)
			continue;
		p->from[i] = fcntl(p->from[i], F_DUPFD_CLOEXEC, high);
		if (p->from[i] < 0)
			return errno;
	}
	for (size_t i = 0; i < p->n; i++)
		if (dup2(p->from[i], p->to[i]) < 0)
			return errno;
	if (p->s->close_rest)
		close_from(high);
	return 0;
}

static int child_setup(const struct plan *p, const sigset_t *mask)
{
	int r = move_fds(p);

	if (r)
		return r;
	if (p->s->new_session && setsid() < 0)
		return errno;
	if (p->s->death_signal && prctl(PR_SET_PDEATHSIG, p->s->death_signal) < 0)
		return errno;
	sigprocmask(SIG_SETMASK, mask, NULL);
	return 0;
}

static pid_t start(const struct plan *p, int *failed)
{
	volatile int child_errno = 0;
	sigset_t child_mask;
	pid_t pid;

	sigemptyset(&child_mask);
	pid = vfork();
	if (pid == 0) {
		child_errno = child_setup(p, &child_mask);
		if (!child_errno) {
			execve(p->file, p->s->argv, p->s->envp ? p->s->envp : environ);
			child_errno = errno;
		}
		_exit(127);
	}
	if (pid < 0)
		child_errno = errno;
	*failed = child_errno;
	return pid;
}

static void add_fd(struct plan *p, int from, int to)
{
	if (from == -1)
		return;
	p->from[p->n] = from == SPAWN_NULL ? p->null_fd : from;
	p->to[p->n++] = to;
}

int spawn(const struct spawn *s, struct child *out, struct err *e)
{
	_free_ char *file = search_path(s->file, e);
	_free_ int *from = mem_alloc((s->nfds + 3) * sizeof(int));
	_free_ int *to = mem_alloc((s->nfds + 3) * sizeof(int));
	_close_ int null_fd = -1;
	struct plan p = {.s = s, .file = file, .from = from, .to = to};
	int failed;

	*out = (struct child){.pidfd = -1};
	if (!file)
		return -1;
	if (s->in == SPAWN_NULL || s->out == SPAWN_NULL || s->err == SPAWN_NULL) {
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null_fd < 0)
			return err_sys(e, "open", "cannot open /dev/null");
	}
	p.null_fd = null_fd;
	add_fd(&p, s->in, 0);
	add_fd(&p, s->out, 1);
	add_fd(&p, s->err, 2);
	for (size_t i = 0; i < s->nfds; i++)
		add_fd(&p, s->fds[i].from, s->fds[i].to);
	out->pid = start(&p, &failed);
	if (failed) {
		if (out->pid > 0)
			waitpid(out->pid, NULL, 0);
		errno = failed;
		return err_sys(e, "execve", "cannot start %s", s->file);
	}
	out->pidfd = sys_pidfd_open(out->pid); /* our own child, not yet waited for: no race */
	return 0;
}

int child_wait(struct child *c, int *status, struct err *e)
{
	int ws;

	while (waitpid(c->pid, &ws, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "waitpid", "cannot wait for process %d", (int)c->pid);
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	*status = WIFSIGNALED(ws) ? 128 + WTERMSIG(ws) : WEXITSTATUS(ws);
	return 0;
}

/* Feeds input and collects output at once, so that neither side can block the other. */
static int exchange(int in, int out_fd, const char *input, size_t len, struct buf *out, size_t max,
		    struct err *e)
{
	_close_ int in_fd = in;

	while (in_fd >= 0 || out_fd >= 0) {
		struct pollfd p[2] = {{.fd = in_fd, .events = POLLOUT},
				      {.fd = out_fd, .events = POLLIN}};
		ssize_t n;

		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "poll", "cannot wait for a program");
		}
		if (in_fd >= 0 && p[0].revents) {
			n = len ? write(in_fd, input, len) : 0;
			if (n > 0)
				input += n, len -= n;
			if (!len || (n < 0 && errno != EAGAIN && errno != EINTR)) {
				close(in_fd);
				in_fd = -1;
			}
		}
		if (out_fd >= 0 && p[1].revents) {
			buf_reserve(out, 16384);
			n = read(out_fd, out->data + out->len, 16384);
			if (n <= 0)
				break;
			out->len += n;
			out->data[out->len] = '\0';
			if (out->len > max)
				return err_set(e, ERR_INPUT, 0, "read",
					       "a program wrote more than %zu bytes", max);
		}
	}
	return 0;
}

int run_program(const struct spawn *s, const void *input, size_t input_len, struct buf *out,
		size_t max, int *status, struct err *e)
{
	int to_child[2] = {-1, -1}, from_child[2] = {-1, -1};
	struct spawn copy = *s;
	struct child c;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
	int r = -1;

	if (input && fd_pipe(to_child, e) < 0)
		return -1;
	if (out && fd_pipe(from_child, e) < 0)
		goto done;
	if (input)
		copy.in = to_child[0];
	if (out)
		copy.out = from_child[1];
	if (spawn(&copy, &c, e) < 0)
		goto done;
	if (input)
		close(to_child[0]), to_child[0] = -1;
	if (out)
		close(from_child[1]), from_child[1] = -1;
	if (input)
		fcntl(to_child[1], F_SETFL, O_NONBLOCK);
	sigaction(SIGPIPE, &ignore, &old);
	r = exchange(take_fd(&to_child[1]), from_child[0], input, input_len, out, max, e);
	sigaction(SIGPIPE, &old, NULL);
	if (r < 0)
		kill(c.pid, SIGKILL);
	if (child_wait(&c, status, r < 0 ? NULL : e) < 0)
		r = -1;
done:
	for (int i = 0; i < 2; i++) {
		if (to_child[i] >= 0)
			close(to_child[i]);
		if (from_child[i] >= 0)
			close(from_child[i]);
	}
	return r;
}

/* The directory of the running program, which does not change; NULL where it is not known. */
static const char *own_directory(void)
{
	static char self[PATH_MAX];
	ssize_t n;
	char *slash;

	if (*self)
		return self;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n < 0 ? 0 : n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return self;
}

char *program_path(const char *name)
{
	const char *dir = own_directory();

	return dir ? str_fmt("%s/%s", dir, name) : str_dup(name);
}
