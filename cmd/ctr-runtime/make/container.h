/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container that is being made, or a further process of one (exec): what the runtime and the
 * container's first process know of it. Both have a copy; what one of them learns later the other
 * does not see. It holds data only: what is done with it is declared by the files that do it.
 */
#ifndef CTR_RUNTIME_CONTAINER_H
#define CTR_RUNTIME_CONTAINER_H

#include "cgroup/cgroup.h"
#include "config/config.h"
#include "runtime.h"
#include "sys/caps.h"
#include "sys/seccomp_filter.h"

/* What the command line of create, run and exec says. */
struct create_options {
	const char *bundle, *config, *console_socket, *pid_file;
	int64_t preserve_fds, hold_fd;
	bool no_pivot, no_new_keyring, no_subreaper, detach, keep;
};

/*
 * A container on its way. Descriptors are -1 where there is none, and close-on-exec. Nothing of it
 * is released: each of the two processes ends, or executes something else.
 */
struct create {
	/* who is asked, and for what */
	struct global *g;
	const struct create_options *o;
	const char *id;
	bool start; /* run: no stop between create and start */
	bool exec;  /* a further process of a container that exists */

	/* what is to be made */
	struct config cfg;
	char *bundle, *rootfs; /* absolute */
	int bundle_dir;
	uint64_t new_ns;       /* CLONE_NEW* to be made */
	int ns_fd[8];	       /* in the order of ns_types: to be joined, or -1 */
	uint64_t joined_early; /* joined before the user namespace was made */
	bool pid_last;	       /* pidjoin.h: a pid namespace is joined, after all else */
	bool in_userns;	       /* this process is not in the initial user namespace */
	struct caps caps;
	uint64_t ignored; /* signals: proc_ignored_signals() */
	struct seccomp_filter filter;
	bool has_filter;
	struct cgroup cgroup;

	/* where the runtime reports */
	int pid_file_dir;
	char *pid_file_name; /* in it, NULL: none is wanted */
	int state_dir;	     /* locked */
	int creating;	     /* while it is open others see the container as being made */
	int console;	     /* connected to --console-socket */
	int listener;	     /* connected to .linux.seccomp.listenerPath */
	int notify;	     /* the socket that the command says READY=1 on */

	/* between the two processes: channel.h, note.h */
	int err_read, err_write;
	int sync_parent, sync_child;
	pid_t pid; /* of the container's first process; in both processes */
	int pidfd; /* the runtime's, of the same */

	int tty_master;	  /* the runtime's: run in the foreground with a terminal */
	int start_socket; /* the child's: create listens for "start" */

	/* the child's own, while it makes the file system */
	int host_proc;	  /* an O_PATH descriptor of a verified /proc of the host */
	int proc;	  /* a procfs of the container's pid namespace that nothing can cover */
	bool proc_placed; /* it is a mount of the configuration */
	bool proc_is_slash_proc; /* and what "/proc" of the container leads to, by no link */
	bool slash_proc_is_real; /* "/proc" leads to some procfs, by no link */
	int root;		 /* the root of the container */
	int root_source;	 /* what the bundle has for it */
	int *late_ro;		 /* mounts that become read-only when all is made in them */
	size_t nlate_ro;
	int null;	   /* the host's /dev/null, for masks */
	int dev;	   /* own.h: the new tmpfs that "/dev" of the container leads to */
	bool dev_is_plain; /* "/dev" leads to its place by no link */
	uint64_t *own;	   /* own.h: numbers of mounts */
	size_t nown;
	int *sources;	/* of bind mounts, by index of the mount, as far as they are open; or -1 */
	int *shared;	/* the same, detached mounts */
	bool serves;	/* the runtime gives sources that the child may not open: sources.h */
	int devpts;	/* the container's own */
	int notify_dir; /* notify.c: the folder that is mounted */
	int spent[48];	/* spent.h: to be closed */
	size_t nspent;

	/* the child's own, while it becomes the command */
	int ns_own[8]; /* waiting.h */
	int peer;      /* the container's end of the terminal */
	int cwd;       /* -1: only the user may open it */
	bool cwd_entered;
	char *exe; /* what is to be executed */
};

/* Before anything is opened. */
#define CREATE_NONE                                                                                \
	{                                                                                          \
		.bundle_dir = -1, .pid_file_dir = -1, .state_dir = -1, .creating = -1,             \
		.listener = -1, .console = -1, .start_socket = -1, .cgroup = CGROUP_NONE_YET,      \
		.err_read = -1, .err_write = -1, .sync_parent = -1, .sync_child = -1, .pidfd = -1, \
		.tty_master = -1, .host_proc = -1, .proc = -1, .root = -1, .root_source = -1,      \
		.dev = -1, .null = -1, .devpts = -1, .peer = -1, .cwd = -1, .notify = -1,          \
		.notify_dir = -1, .ns_fd = {-1, -1, -1, -1, -1, -1, -1, -1},                       \
		.ns_own = {-1, -1, -1, -1, -1, -1, -1, -1},                                        \
	}

/* Learns which signals the caller ignores; SIGCHLD no more, or nobody could be waited for. */
void create_signals(struct create *c);

/* The container as the OCI state document has it; the caller puts it. */
struct json *create_state(const struct create *c, const char *status);

/*
 * What clone3 makes of the new namespaces. The time namespace needs steps of its own. A cgroup
 * namespace begins at the cgroup of whoever makes it, so the child makes it itself where it is put
 * into another one.
 */
uint64_t child_namespaces(const struct create *c);

/* Does the child wait for NOTE_MAPPED: for its ids, for its pid, or to be put into its scope? */
bool child_waits(const struct create *c);

/* The descriptor of the namespace to be joined, by the name of config.json; -1: nothing. */
int namespace_fd(const struct create *c, const char *oci);

#endif
