/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The making of a container, in two processes: the runtime (create.c) and the container's first
 * process (child.c), which becomes the user's command. Both walk a list of named stages; a stage
 * does one thing and says in its comment what it must not do.
 */
#ifndef CTR_RUNTIME_CREATE_H
#define CTR_RUNTIME_CREATE_H

#include "cgroup/cgroup.h"
#include "config/config.h"
#include "runtime.h"
#include "manage/state.h"
#include "sys/caps.h"
#include "sys/cgroup2.h"
#include "sys/mountfd.h"
#include "sys/seccomp_filter.h"

struct create_options {
	const char *bundle, *config, *console_socket, *pid_file;
	int64_t preserve_fds, hold_fd;
	bool no_pivot, no_new_keyring, no_subreaper, detach, keep;
};

/* What the two processes say to each other over the socket pair. */
struct note {
	char kind; /* NOTE_* */
	pid_t pid; /* the container's first process, as the runtime sees it */
};
enum {
	NOTE_MAPPED = 'm', /* to the child: the user namespace is mapped */
	NOTE_PID = 'p',	   /* to the runtime: an intermediate process has started the child */
	NOTE_SOURCE =
		's', /* to the runtime: pid is the index of a mount whose source it shall give */
	NOTE_MOUNTED = 't', /* to the runtime: it need not do so any more */
	NOTE_ROOTFS = 'r',  /* to the runtime: createRuntime hooks may run; back: they have */
	NOTE_READY = 'd',   /* to the runtime: created; only exec is left */
	NOTE_GO = 'g',	    /* to the child: recorded, carry on */
};

struct create {
	struct global *g;
	const struct create_options *o;
	const char *id;
	bool start; /* run: no stop between create and start */

	struct config cfg;
	char *bundle, *rootfs; /* absolute */
	int pid_file_dir;
	char *pid_file_name;
	int state_dir;
	int creating; /* while it is open others see the container as being made */

	uint64_t new_ns;       /* CLONE_NEW* to be made */
	int ns_fd[8];	       /* in the order of ns_types: to be joined, or -1 */
	uint64_t joined_early; /* joined before the user namespace was made */
	bool pid_last;	       /* pidjoin.h: a pid namespace is joined, after all else */
	bool in_userns;	       /* this process is not in the initial user namespace */
	struct seccomp_filter filter;
	bool has_filter;
	int listener;	  /* connected to .linux.seccomp.listenerPath */
	int console;	  /* connected to --console-socket */
	int notify;	  /* the socket that the command says READY=1 on, -1 */
	int start_socket; /* create: listens for "start" */
	struct cgroup cgroup;
	struct caps caps;

	int err_read, err_write;
	int sync_parent, sync_child;
	pid_t pid; /* of the container's first process; in both processes */
	int pidfd;
	int tty_master; /* run in the foreground with a terminal */

	/* the child's own */
	int host_proc;	  /* an O_PATH descriptor of a verified /proc of the host, or -1 */
	int proc;	  /* a procfs of the container's pid namespace that nothing can cover */
	bool proc_placed; /* it is a mount of the configuration */
	int root;	  /* the root of the container */
	int root_source;
	int *late_ro; /* mounts that become read-only when all is made in them */
	size_t nlate_ro;
	uint64_t *own; /* own.h: numbers of mounts */
	size_t nown;
	int *sources; /* of bind mounts, by index of the mount, as far as they are open; or -1 */
	int *shared;  /* the same, detached mounts */
	bool serves;  /* the runtime gives sources that the child may not open: sources.h */
	int devpts;
	int ns_own[8];	/* waiting.h */
	int peer;	/* the container's end of the terminal */
	int notify_dir; /* notify.c: the folder that is mounted, -1 */
	int cwd;	/* -1: only the user may open it */
	bool cwd_entered;
	char *exe; /* what is to be executed */
	bool exec; /* a further process of a container: no console is made */
};

#define CREATE_NONE                                                                           \
	{                                                                                     \
		.pid_file_dir = -1, .state_dir = -1, .creating = -1, .listener = -1,          \
		.console = -1, .start_socket = -1, .cgroup = CGROUP_NONE_YET, .err_read = -1, \
		.err_write = -1, .sync_parent = -1, .sync_child = -1, .pidfd = -1,            \
		.tty_master = -1, .host_proc = -1, .proc = -1, .root = -1, .root_source = -1, \
		.devpts = -1, .peer = -1, .cwd = -1, .notify = -1, .notify_dir = -1,          \
		.ns_fd = {-1, -1, -1, -1, -1, -1, -1, -1},                                    \
		.ns_own = {-1, -1, -1, -1, -1, -1, -1, -1},                                   \
	}

struct stage {
	const char *name;
	int (*run)(struct create *c, struct err *e);
};

/* Runs the stages in order until one fails. */
int stages_run(const struct stage *stages, const char *who, struct create *c, struct err *e);

/* "create" and "run". Returns the exit status, or -1 with *e. */
int create_container(struct global *g, const struct create_options *o, const char *id, bool start,
		     struct err *e);

uint64_t child_namespaces(const struct create *c);
/* Does the child wait for NOTE_MAPPED? */
bool child_waits(const struct create *c);

/* The child's side; does not return. */
_Noreturn void child_main(struct create *c);
/* Between the runtime and the child where a user or pid namespace is to be joined. */
_Noreturn void intermediate_main(struct create *c);

int note_send(int sock, char kind, pid_t pid, struct err *e);
/* Waits for any note. */
int note_read(int sock, struct note *out, struct err *e);
/* Waits for a note of this kind. ERR_FAILED where the other side is gone. */
int note_wait(int sock, char kind, struct note *out, struct err *e);

/* start.c: --hold-fd. */
int wait_hold(struct create *c, struct err *e);

/* The container as the OCI state document has it; the caller puts it. */
struct json *create_state(const struct create *c, const char *status);

/* Steps of create.c that exec shares. */
int filter_load(struct create *c, struct json *document, struct err *e);
int filter_listener(struct create *c, struct err *e);
int channels(struct create *c, struct err *e);
int child_error(struct create *c, struct err *e);
int open_pid_file(struct create *c, struct err *e);
int write_pid_file(struct create *c, struct err *e);
int wait_ready(struct create *c, struct err *e);

/* Stages that run and exec share: the terminal's master from the child; the child's go-ahead. */
int create_receive_terminal(struct create *c, struct err *e);
int create_let_go(struct create *c, struct err *e);
/* Those of child.c. */
int follow_parent(struct create *c, struct err *e);
int become_root(struct create *c, struct err *e);
int new_session(struct create *c, struct err *e);
int wait_go(struct create *c, struct err *e);
/*
 * Closes and erases what is the host's; see hide.h. pid_ns: the pid namespace that the container
 * has, where that is not the caller's, else -1.
 */
int leave_host(struct create *c, int pid_ns, struct err *e);
int host_proc(struct create *c, struct err *e);

/* namespaces.c */
int open_namespaces(struct create *c, struct err *e);
/* The descriptor of what is to be joined, by the name of config.json; -1: nothing. */
int namespace_fd(const struct create *c, const char *oci);

/* netdevs.c: the first two of the runtime, the last of the child. */
int netdevs_find(struct create *c, struct err *e);
int netdevs_move(struct create *c, struct err *e);
int netdevs_restore(struct create *c, struct err *e);

/* rootfs.c: of the runtime, a root that is a link; stages of the child that build the file system.
 */
int rootfs_resolve(struct create *c, struct err *e);
int rootfs_open_source(struct create *c, struct err *e);
int rootfs_private_tree(struct create *c, struct err *e);
int rootfs_attach_root(struct create *c, struct err *e);
int rootfs_mounts(struct create *c, struct err *e);
int rootfs_readonly(struct create *c, struct err *e);
int rootfs_pivot(struct create *c, struct err *e);

/* devices.c */
int devices_make(struct create *c, struct err *e);
int devices_links(struct create *c, struct err *e);
/* An O_PATH descriptor of the host's /dev/null, verified to be character device 1:3. */
int devices_open_null(struct err *e);

/* mask.c: maskedPaths and readonlyPaths. */
int mask_paths(struct create *c, struct err *e);

/* sysctl.c */
int sysctl_check(struct create *c, struct err *e);
int sysctl_apply(struct create *c, struct err *e);
/* Writes to a file below a verified procfs. */
int proc_write(int proc, const char *file, const char *text, struct err *e);

/* terminal.c */
int terminal_check(const struct create *c, struct err *e);
int terminal_make(struct create *c, struct err *e);
int terminal_adopt(struct create *c, struct err *e);

/*
 * hooks.c: runs them in order with the state on standard input. env: the environment of those that
 * the configuration gives none, NULL: this process's. The first that fails is an error, and ends
 * it.
 */
int hooks_run(const struct config_hooks *h, const char *kind, char *const *env, struct json *state,
	      struct err *e);
/* All of them, whatever they do; a warning for each that fails. */
void hooks_poststop(const struct config_hooks *h, struct json *state);

/* process.c: what becomes of the child itself; shared with exec. */
int process_open_cwd(struct create *c, struct err *e);
int process_find_exe(struct create *c, struct err *e);
/* LISTEN_FDS and its like, where the runtime was given them. */
int process_listen(struct create *c, struct err *e);
/* HOME, where the environment has none. */
int process_home(struct create *c, struct err *e);
int process_limits(struct create *c, struct err *e);
int process_keyring_label(struct create *c, struct err *e);
int process_keyring(struct create *c, struct err *e);
int process_labels(struct create *c, struct err *e);
int process_enter_cwd(struct create *c, struct err *e);
int process_identity(struct create *c, struct err *e);
/* Where root may not, the user may. */
int process_enter_cwd_late(struct create *c, struct err *e);
/* The last things of the runtime's own: descriptors, the death signal. */
int process_leave(struct create *c, struct err *e);
int process_filter(struct create *c, struct err *e);
int process_exec(struct create *c, struct err *e);
/*
 * The capability sets of the configuration. Unknown names are warned about, and what this process
 * cannot grant, unless the command runs in a user namespace that is not this process's (new_user).
 */
void process_caps(const struct config_process *p, bool new_user, struct caps *out);
/* Does the command keep the supplementary groups of the caller: ANNOTATION_KEEP_GROUPS? */
bool process_keeps_groups(const struct create *c);
/* Signals, descriptors: what must not go over to the user's command. */
void process_reset_signals(void);

#endif
