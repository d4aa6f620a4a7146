/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runtime's side of making a container. The stages stand in the table below, in order; the
 * child's side is in child.c and runs at the same time from "start child" on.
 *
 * Where anything fails, the child (if there is one) is killed by its pidfd, its cgroup and the
 * state directory are removed, and the first cause is reported: the child sends its error over a
 * CLOEXEC pipe, whose end of file means that the user's command was executed.
 *
 * The child dies with the runtime (PR_SET_PDEATHSIG) until it has executed the command or reported
 * to be ready, so that a killed runtime leaves no process.
 */
#include "make/create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "make/birth.h"
#include "make/foreground.h"
#include "config/ids.h"
#include "make/notify.h"
#include "rootfs/sources.h"
#include "sys/fdpass.h"
#include "sys/nsfork.h"
#include "sys/path.h"
#include "sys/pty.h"
#include "sys/userns.h"
#include "sys/userns_map.h"
#include "make/waiting.h"

int stages_run(const struct stage *s, const char *who, struct create *c, struct err *e)
{
	for (; s->name; s++) {
		if (s->run(c, e) < 0)
			return -1;
		timing(c->g, who, s->name);
	}
	return 0;
}

/* Why the child ended: its own word, or what the kernel says. */
int child_error(struct create *c, struct err *e)
{
	struct err said = {0};
	siginfo_t si = {0};

	/* *e is something else than the child's end: then the child may wait for us */
	if (e->errnum && e->errnum != EPIPE && e->errnum != ECONNRESET)
		return -1;
	if (c->err_write >= 0)
		close(take_fd(&c->err_write));
	if (err_recv(c->err_read, &said) == 1) {
		*e = said;
		return -1;
	}
	if (c->pidfd >= 0 && proc_wait(c->pidfd, 1000, NULL) == 1 &&
	    waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOWAIT | WNOHANG) == 0 && si.si_pid &&
	    si.si_code != CLD_EXITED)
		return err_set(e, ERR_FAILED, 0, NULL,
			       "the container's first process was killed by %s",
			       signal_name(si.si_status) ? signal_name(si.si_status) : "a signal");
	return err_set(e, ERR_FAILED, 0, NULL, "the container's first process ended too early");
}

/* A step that concerns the child has failed: because the child has ended, if it has said so. */
static int step_error(struct create *c, struct err *e)
{
	struct pollfd spoke = {.fd = c->err_read, .events = POLLIN};

	/* one that is being killed loses its /proc files before its descriptors */
	if (poll(&spoke, 1, 50) != 1)
		return -1;
	err_clear(e);
	return child_error(c, e);
}

/* Reads and parses; must not touch anything on the host. */
static int read_config(struct create *c, struct err *e)
{
	_close_ int dir = TEMP_FAILURE_RETRY(open(c->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const char *name = c->o->config ? c->o->config : "config.json";
	struct json *doc = NULL;

	if (dir < 0)
		return err_sys(e, "open", "cannot open the bundle %s", c->bundle);
	if (json_read_file(c->o->config ? AT_FDCWD : dir, name, CONFIG_MAX_SIZE, &doc, e) < 0)
		return -1;
	if (config_parse(doc, &c->cfg, e) < 0)
		return err_prefix(e, "%s", name);
	if (fchdir(dir) < 0)
		return err_sys(e, "fchdir", "cannot enter the bundle %s", c->bundle);
	c->rootfs = *c->cfg.root == '/' ? str_dup(c->cfg.root)
					: str_fmt("%s/%s", c->bundle, c->cfg.root);
	return rootfs_resolve(c, e);
}

static int check_mappings(const struct create *c, struct err *e)
{
	const struct config *cfg = &c->cfg;

	if (!(c->new_ns & CLONE_NEWUSER) && (cfg->uid_maps.n || cfg->gid_maps.n) &&
	    !config_namespace(cfg, "user"))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.uidMappings without a user namespace");
	return 0;
}

static int unsupported(const char *path, const char *why, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, 0, NULL, "config.json: %s: %s", path, why);
}

/* What the document asks for must make sense and be possible; must not touch anything. */
static int check_config(struct create *c, struct err *e)
{
	const struct config *cfg = &c->cfg;

	if (!cfg->process.given || !cfg->process.args.n)
		return err_set(e, ERR_INPUT, 0, NULL, "config.json: .process.args is missing");
	for (size_t i = 0; i < cfg->nnamespaces; i++)
		if (!cfg->namespaces[i].path)
			c->new_ns |= ns_type_find(cfg->namespaces[i].type)->flag;
	if (!config_namespace(cfg, "mount")) {
		err_set(e, ERR_UNSUPPORTED, 0, NULL,
			"config.json: .linux.namespaces has no mount namespace: the container's "
			"mounts "
			"would be the caller's, and stay");
		return err_hint(e, "add {\"type\": \"mount\"}");
	}
	if (cfg->hostname && !config_namespace(cfg, "uts"))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .hostname without a uts namespace");
	if (cfg->time_offsets && !(c->new_ns & ns_type_find("time")->flag))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.timeOffsets without a new time namespace");
	if (cfg->intel_rdt && json_len(cfg->intel_rdt))
		return unsupported(".linux.intelRdt", "not supported", e);
	if (check_mappings(c, e) < 0)
		return -1;
	process_caps(&cfg->process, config_namespace(cfg, "user"), &c->caps);
	return terminal_check(c, e);
}

/* The id is ours from here on; must leave nothing if a later stage fails. */
static int claim_state(struct create *c, struct err *e)
{
	c->state_dir = state_claim(c->g, c->id, e);
	if (c->state_dir < 0)
		return -1;
	c->creating = state_creating(c->state_dir, e);
	return c->creating < 0 ? -1 : 0;
}

static int open_cache(const struct global *g)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = TEMP_FAILURE_RETRY(openat(g->root_fd, STATE_SECCOMP_CACHE, flags));

	if (fd < 0 && mkdirat(g->root_fd, STATE_SECCOMP_CACHE, 0700) == 0)
		fd = TEMP_FAILURE_RETRY(openat(g->root_fd, STATE_SECCOMP_CACHE, flags));
	return fd;
}

/* A filter that asks a listener: connects to it. */
int filter_listener(struct create *c, struct err *e)
{
	const char *path = json_get_str(c->cfg.seccomp, "listenerPath", NULL);

	c->has_filter = true;
	if (!c->filter.notify)
		return 0;
	if (!path)
		return unsupported(".linux.seccomp", "SCMP_ACT_NOTIFY needs listenerPath", e);
	c->listener = fdpass_connect(path, e);
	return c->listener < 0 ? -1 : 0;
}

/*
 * The filter is compiled or read before the clone, so that both processes have it. The profile goes
 * from the document, which is recorded for later commands: they have the filter in a file.
 */
int filter_load(struct create *c, struct json *document, struct err *e)
{
	_close_ int cache = -1;
	struct cur root = cur_root(document), l = cur_key(&root, "linux");
	struct cur profile = cur_key(&l, "seccomp");

	if (!profile.val)
		return 0;
	cache = open_cache(c->g);
	if (seccomp_cached(cache, &profile, &c->filter, e) < 0)
		return err_prefix(e, "config.json");
	c->cfg.seccomp = json_ref(profile.val);
	json_del(l.val, "seccomp");
	return filter_listener(c, e);
}

static int seccomp_stage(struct create *c, struct err *e)
{
	return filter_load(c, c->cfg.doc, e);
}

static int cgroup_stage(struct create *c, struct err *e)
{
	return cgroup_prepare(c->g, &c->cfg, c->id, &c->cgroup, e);
}

static int connect_sockets(struct create *c, struct err *e)
{
	if (c->o->console_socket) {
		c->console = fdpass_connect(c->o->console_socket, e);
		if (c->console < 0)
			return -1;
	}
	if (c->start)
		return 0;
	c->start_socket = waiting_listen(c->state_dir, e);
	return c->start_socket < 0 ? -1 : 0;
}

int channels(struct create *c, struct err *e)
{
	int pipe_fds[2], pair[2];

	if (fd_pipe(pipe_fds, e) < 0)
		return -1;
	c->err_read = pipe_fds[0];
	c->err_write = pipe_fds[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair", "cannot make a socket pair");
	c->sync_parent = pair[0];
	c->sync_child = pair[1];
	return 0;
}

/*
 * What is to be joined together with a new user namespace must be joined before, while this process
 * still has its rights over it; and so must a user namespace, whose owner the child is to be.
 */
static bool needs_intermediate(const struct create *c)
{
	bool any = false;

	for (int i = 0; ns_types[i].oci; i++)
		any = any || c->ns_fd[i] >= 0;
	return namespace_fd(c, "user") >= 0 || (any && c->new_ns & CLONE_NEWUSER);
}

static int start_intermediate(struct create *c, struct err *e)
{
	struct note n;
	int pidfd;
	pid_t pid = ns_fork(0, -1, false, &pidfd, e);

	if (pid < 0)
		return -1;
	if (pid == 0)
		intermediate_main(c);
	close(take_fd(&c->sync_child));
	if (note_wait(c->sync_parent, NOTE_PID, &n, e) < 0) {
		c->pidfd = pidfd;
		return child_error(c, e);
	}
	close(pidfd);
	close(take_fd(&c->err_write)); /* its end of file is what "run" waits for */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = n.pid;
	c->pidfd = sys_pidfd_open(n.pid);
	return 0;
}

/*
 * What clone3 makes. The time namespace needs steps of its own. A cgroup namespace begins at the
 * cgroup of whoever makes it, so the child makes it itself where it is put into another one.
 */
uint64_t child_namespaces(const struct create *c)
{
	uint64_t flags = c->new_ns & ~ns_type_find("time")->flag;

	return c->cgroup.fd >= 0 || c->cgroup.adopt ? flags & ~(uint64_t)CLONE_NEWCGROUP : flags;
}

/* One clone3 makes the process, all namespaces, and puts it into its cgroup. */
static int start_child(struct create *c, struct err *e)
{
	uint64_t flags = child_namespaces(c);
	pid_t pid;

	/* a user namespace is mapped through /proc/PID, which a non-dumpable process keeps shut */
	if (!(c->new_ns & CLONE_NEWUSER) && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot protect the runtime");
	c->pid_last = namespace_fd(c, "pid") >= 0 && !(c->new_ns & CLONE_NEWUSER);
	c->serves = sources_wanted(c);
	if (needs_intermediate(c))
		return start_intermediate(c, e);
	pid = birth(flags, c->cgroup.fd, false, &c->pidfd, e);
	if (pid < 0)
		return -1;
	if (pid == 0)
		child_main(c);
	c->pid = pid;
	close(take_fd(&c->sync_child));
	close(take_fd(&c->err_write));
	return 0;
}

static int get_map(const struct config_maps *given, bool gid, struct idmap *out, struct err *e)
{
	return given->n ? ids_from_config(given, out, e) : ids_default(gid, out, e);
}

/* For its ids, for its pid as the runtime sees it, or to be put into its scope. */
bool child_waits(const struct create *c)
{
	return c->new_ns & CLONE_NEWUSER || c->cfg.create_container.n || c->cfg.nnetdevs ||
	       c->cgroup.adopt;
}

static int map_ids(struct create *c, struct err *e)
{
	static struct idmap uid, gid;

	if (!child_waits(c))
		return 0;
	if (c->new_ns & CLONE_NEWUSER) {
		if (get_map(&c->cfg.uid_maps, false, &uid, e) < 0 ||
		    get_map(&c->cfg.gid_maps, true, &gid, e) < 0 ||
		    userns_write_maps(c->pid, &uid, &gid, e) < 0)
			return step_error(c, e);
	}
	if (netdevs_move(c, e) < 0)
		return step_error(c, e);
	return note_send(c->sync_parent, NOTE_MAPPED, c->pid, e) < 0 ? child_error(c, e) : 0;
}

static int enter_cgroup(struct create *c, struct err *e)
{
	return cgroup_adopt(c->g, &c->cfg, c->id, &c->cgroup, c->pid, e);
}

/* The record is there before the command runs, so that it can never be an unknown process. */
static int record(struct create *c, struct err *e)
{
	/* c->cfg has their strings until the end */
	struct json *hooks = json_ref(json_get(c->cfg.doc, "hooks"));
	struct state s = {
		.id = c->id,
		.version = c->cfg.version,
		.bundle = c->bundle,
		.rootfs = c->rootfs,
		.cgroup = c->cgroup.path,
		.cgroup_scope = c->cgroup.scope,
		.cgroup_made = c->cgroup.made,
		.proc.pid = c->pid,
		.annotations = c->cfg.annotations,
		.config = c->cfg.doc,
		.seccomp = c->has_filter,
	};

	json_del(c->cfg.doc, "hooks");
	if (c->has_filter && seccomp_keep(&c->filter, c->state_dir, STATE_SECCOMP, e) < 0)
		return -1;
	/* a child that is gone already has a cause of its own */
	if (state_write(c->state_dir, &s, hooks, e) < 0) {
		if (e->code != ERR_NOTFOUND || c->pidfd < 0 || proc_wait(c->pidfd, 0, NULL) != 1)
			return -1;
		err_clear(e);
		return child_error(c, e);
	}
	return 0;
}

/* The process that has made the container hands over to the one in the joined pid namespace. */
static int receive_last(struct create *c, struct err *e)
{
	struct note n;

	if (!c->pid_last)
		return 0;
	if (note_wait(c->sync_parent, NOTE_PID, &n, e) < 0)
		return child_error(c, e);
	proc_signal(c->pidfd, SIGKILL, NULL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(c->pidfd);
	c->pid = n.pid;
	c->pidfd = sys_pidfd_open(n.pid);
	return record(c, e);
}

struct json *create_state(const struct create *c, const char *status)
{
	struct oci_state s = {
		.version = c->cfg.version,
		.id = c->id,
		.status = status,
		.pid = c->pid,
		.has_pid = !str_eq(status, "stopped"),
		.bundle = c->bundle,
		.annotations = c->cfg.annotations,
	};

	return oci_state(&s);
}

static int runtime_hooks(struct create *c, struct err *e)
{
	_json_ struct json *state = NULL;

	if (!c->cfg.prestart.n && !c->cfg.create_runtime.n)
		return 0;
	if (note_wait(c->sync_parent, NOTE_ROOTFS, NULL, e) < 0)
		return child_error(c, e);
	state = create_state(c, "creating");
	if (hooks_run(&c->cfg.prestart, "prestart", NULL, state, e) < 0 ||
	    hooks_run(&c->cfg.create_runtime, "createRuntime", NULL, state, e) < 0)
		return -1;
	return note_send(c->sync_parent, NOTE_ROOTFS, c->pid, e);
}

int create_receive_terminal(struct create *c, struct err *e)
{
	int rc;

	if (!c->cfg.process.terminal)
		return 0;
	c->tty_master = fdpass_recv(c->sync_parent, e);
	if (c->tty_master < 0)
		return child_error(c, e);
	if (c->console < 0)
		return isatty(STDOUT_FILENO) ? 0 : pty_plain_lines(c->tty_master, e);
	rc = fdpass_send(c->console, c->tty_master, "/dev/pts/0", 10, e);
	close(take_fd(&c->tty_master));
	close(take_fd(&c->console));
	return rc;
}

int create_let_go(struct create *c, struct err *e)
{
	if (note_send(c->sync_parent, NOTE_GO, c->pid, e) < 0)
		return child_error(c, e);
	return 0;
}

/* run: until the command was executed; create: until only that is left. */
int wait_ready(struct create *c, struct err *e)
{
	struct err said = {0};

	if (!c->start)
		return note_wait(c->sync_parent, NOTE_READY, NULL, e) < 0 ? child_error(c, e) : 0;
	switch (err_recv(c->err_read, &said)) {
	case 0:
		return 0;
	case 1:
		*e = said;
		return -1;
	default:
		return err_sys(e, "read", "cannot learn whether the command runs");
	}
}

/* The container's process is where it belongs: exec may join it. */
static int made(struct create *c, struct err *e)
{
	unlinkat(c->state_dir, STATE_CREATING, 0);
	close(take_fd(&c->creating));
	return 0;
}

/* "run" in the foreground must not keep delete and pause of others waiting. */
static int unlock(struct create *c, struct err *e)
{
	close(take_fd(&c->state_dir));
	return 0;
}

static int poststart_hooks(struct create *c, struct err *e)
{
	_json_ struct json *state = NULL;

	if (!c->start || !c->cfg.poststart.n)
		return 0;
	state = create_state(c, "running");
	return hooks_run(&c->cfg.poststart, "poststart", NULL, state, e);
}

/* Detached there is nobody to tell later. */
static int wait_notify(struct create *c, struct err *e)
{
	if (c->notify < 0)
		return 0;
	return c->o->detach ? notify_relay(c->notify, c->pidfd, e)
			    : notify_relay_beside(c->notify, c->pidfd, e);
}

static const struct stage stages[] = {
	{"read config.json", read_config},
	{"check config.json", check_config},
	{"seccomp filter", seccomp_stage},
	{"wait for the word", wait_hold},
	{"claim the id", claim_state},
	{"notify socket", notify_make},
	{"open namespaces", open_namespaces},
	{"check sysctls", sysctl_check},
	{"find network devices", netdevs_find},
	{"cgroup", cgroup_stage},
	{"connect sockets", connect_sockets},
	{"channels", channels},
	{"start child", start_child},
	{"enter cgroup", enter_cgroup},
	{"map ids", map_ids},
	{"sources of mounts", sources_serve},
	{"record", record},
	{"terminal", create_receive_terminal},
	{"createRuntime hooks", runtime_hooks},
	{"last process", receive_last},
	{"pid file", write_pid_file},
	{"let go", create_let_go},
	{"wait for the command", wait_ready},
	{"made", made},
	{"poststart hooks", poststart_hooks},
	{"unlock", unlock},
	{"wait for readiness", wait_notify},
	{0},
};

/* Of a container that came into being, and whose other hooks may have run. */
static void poststop_hooks(struct create *c)
{
	_json_ struct json *state = NULL;

	if (c->pid <= 0 || !c->cfg.poststop.n)
		return;
	state = create_state(c, "stopped");
	hooks_poststop(&c->cfg.poststop, state);
}

/* Leaves nothing of a container that failed; keeps the first error. */
static void undo(struct create *c)
{
	struct err ignored = {0};

	if (c->pid > 0 || c->pidfd >= 0) {
		if (c->pidfd < 0 || proc_signal(c->pidfd, SIGKILL, &ignored) < 0)
			if (c->pid > 0)
				kill(c->pid, SIGKILL);
		if (c->pid > 0)
			while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
				;
	}
	if (c->cgroup.path && c->cgroup.made)
		cgroup_destroy(c->g, c->cgroup.path, c->cgroup.made, c->cgroup.scope, &ignored);
	if (c->pid_file_name && c->pid > 0)
		unlinkat(c->pid_file_dir, c->pid_file_name, 0);
	poststop_hooks(c);
	if (c->state_dir >= 0)
		state_remove(c->g, c->id, &ignored);
}

/* Paths of the command line are relative to where the runtime was started. */
static int open_paths(struct create *c, struct err *e)
{
	const char *bundle = c->o->bundle ? c->o->bundle : ".";

	c->bundle = realpath(bundle, NULL);
	if (!c->bundle)
		return err_sys(e, "realpath", "cannot find the bundle %s", bundle);
	c->in_userns = userns_host_uid() != 0 || geteuid() != 0;
	return open_pid_file(c, e);
}

int create_container(struct global *g, const struct create_options *o, const char *id, bool start,
		     struct err *e)
{
	static struct create c = CREATE_NONE;

	c.g = g;
	c.o = o;
	c.id = id;
	c.start = start;
	if (state_check_id(id, e) < 0 || state_root(g, e) < 0 || open_paths(&c, e) < 0)
		return -1;
	if (start && !o->detach)
		foreground_prepare(!o->no_subreaper);
	if (stages_run(stages, "main", &c, e) < 0) {
		undo(&c);
		return -1;
	}
	if (start && !o->detach)
		return foreground_wait(&c, e);
	return 0;
}
