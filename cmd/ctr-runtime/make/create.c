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
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cgroup/cgroup.h"
#include "config/config.h"
#include "config/ids.h"
#include "join/namespaces.h"
#include "make/birth.h"
#include "make/channel.h"
#include "make/child.h"
#include "make/container.h"
#include "make/filter.h"
#include "make/foreground.h"
#include "make/note.h"
#include "make/notify.h"
#include "make/pidfile.h"
#include "make/stage.h"
#include "make/waiting.h"
#include "manage/state.h"
#include "process/hooks.h"
#include "process/netdevs.h"
#include "process/process.h"
#include "process/sysctl.h"
#include "process/terminal.h"
#include "rootfs/rootfs.h"
#include "rootfs/sources.h"
#include "runtime.h"
#include "sys/fdpass.h"
#include "sys/idmap.h"
#include "sys/nsfork.h"
#include "sys/path.h"
#include "sys/proc.h"
#include "sys/seccomp_filter.h"
#include "sys/userns.h"
#include "sys/userns_map.h"

/* Reads and parses; must not touch anything on the host. */
static int read_config(struct create *c, struct err *e)
{
	_close_ int dir = take_fd(&c->bundle_dir);
	const char *name = c->o->config ? c->o->config : "config.json";
	struct json *doc = NULL;

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

/*
 * Until here only files were read: who asked for the container can still change its mind, by
 * closing the other end.
 */
static int wait_hold(struct create *c, struct err *e)
{
	int fd = (int)c->o->hold_fd;
	ssize_t n;
	char word;

	if (!fd)
		return 0;
	while ((n = read(fd, &word, 1)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return err_sys(e, "read", "--hold-fd %d", fd);
	close(fd);
	return n == 1 ? 0 : err_set(e, ERR_FAILED, 0, NULL, "the start was called off");
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
	channels_parted(c);
	return 0;
}

static int get_map(const struct config_maps *given, bool gid, struct idmap *out, struct err *e)
{
	return given->n ? ids_from_config(given, out, e) : ids_default(gid, out, e);
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

static bool has_hooks(const struct config *c)
{
	return c->prestart.n || c->create_runtime.n || c->create_container.n ||
	       c->start_container.n || c->poststart.n || c->poststop.n;
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
		.pidfd = c->pidfd,
		.annotations = c->cfg.annotations,
		.config = c->cfg.doc,
		.seccomp = c->has_filter,
		.hooks = has_hooks(&c->cfg),
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
		state_remove(c->g, c->id, c->state_dir, &ignored);
}

/* Paths of the command line are relative to where the runtime was started. */
static int open_paths(struct create *c, struct err *e)
{
	const char *bundle = c->o->bundle ? c->o->bundle : ".";
	char path[PATH_MAX], link[FD_PATH_LEN];
	ssize_t n;

	c->bundle_dir = TEMP_FAILURE_RETRY(open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (c->bundle_dir < 0)
		return err_sys(e, "open", "cannot find the bundle %s", bundle);
	n = readlink(path_fd_link(c->bundle_dir, link), path, sizeof(path));
	c->bundle = n > 0 && *path == '/' ? str_ndup(path, (size_t)n) : realpath(bundle, NULL);
	if (!c->bundle)
		return err_sys(e, "realpath", "cannot find the bundle %s", bundle);
	c->in_userns = !userns_real_root();
	create_signals(c);
	return open_pid_file(c, e);
}

static int create_container(struct global *g, const struct create_options *o, const char *id,
			    bool start, struct err *e)
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

#define CREATE_OPTIONS                                                                            \
	{"bundle", 'b',                                                                           \
	 OPT_STR,  offsetof(struct create_options, bundle),                                       \
	 "DIR",	   "directory with config.json (default: the current one)"},                      \
		{"config", 'f',                                                                   \
		 OPT_STR,  offsetof(struct create_options, config),                               \
		 "FILE",   "another file in place of BUNDLE/config.json"},                        \
		{"console-socket", 0,                                                             \
		 OPT_STR,	   offsetof(struct create_options, console_socket),               \
		 "SOCKET",	   "unix socket that gets the terminal's master"},                \
		{"pid-file", 0,                                                                   \
		 OPT_STR,    offsetof(struct create_options, pid_file),                           \
		 "FILE",     "file to write the process id to"},                                  \
		{"preserve-fds",                                                                  \
		 0,                                                                               \
		 OPT_INT,                                                                         \
		 offsetof(struct create_options, preserve_fds),                                   \
		 "N",                                                                             \
		 "descriptors from 3 on to pass to the container"},                               \
		{"no-pivot", 0,                                                                   \
		 OPT_FLAG,   offsetof(struct create_options, no_pivot),                           \
		 NULL,	     "move the root instead of pivot_root, for a root on a ramfs"},       \
		{"no-new-keyring",                                                                \
		 0,                                                                               \
		 OPT_FLAG,                                                                        \
		 offsetof(struct create_options, no_new_keyring),                                 \
		 NULL,                                                                            \
		 "keep the session keyring of the caller"},                                       \
	{                                                                                         \
		"no-subreaper", 0, OPT_FLAG, offsetof(struct create_options, no_subreaper), NULL, \
			"do not become the parent of orphaned processes"                          \
	}

static const struct opt create_table[] = {CREATE_OPTIONS, {0}};
static const struct opt run_table[] = {
	CREATE_OPTIONS,
	{"detach", 'd', OPT_FLAG, offsetof(struct create_options, detach), NULL,
	 "return as soon as the command runs"},
	{"hold-fd", 0, OPT_INT, offsetof(struct create_options, hold_fd), "N",
	 "make the container only when a byte can be read from this descriptor"},
	{"keep", 0, OPT_FLAG, offsetof(struct create_options, keep), NULL,
	 "do not delete the container when its command ends"},
	{0},
};

static int check_options(const struct create_options *o, struct err *e)
{
	if (o->preserve_fds < 0 || o->preserve_fds > 4096)
		return err_set(e, ERR_USAGE, 0, NULL, "--preserve-fds: 0 to 4096");
	if (o->hold_fd < 0 || o->hold_fd > INT32_MAX)
		return err_set(e, ERR_USAGE, 0, NULL, "--hold-fd: not a descriptor");
	return 0;
}

static int run_create(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return check_options(opts, e) < 0 ? -1 : create_container(g, opts, argv[0], false, e);
}

static int run_run(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return check_options(opts, e) < 0 ? -1 : create_container(g, opts, argv[0], true, e);
}

const struct command cmd_create = {
	"create",
	"ID",
	"make a container that waits for start",
	create_table,
	sizeof(struct create_options),
	1,
	1,
	false,
	true,
	run_create,
};
const struct command cmd_run = {
	"run",
	"ID",
	"make and start a container",
	run_table,
	sizeof(struct create_options),
	1,
	1,
	false,
	true,
	run_run,
};
