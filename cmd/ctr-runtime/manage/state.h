/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of containers: ROOT/ID/state.json, written whole by rename, and ROOT/ID/start, a fifo
 * that exists until a created container is started.
 *
 * What is running is not stored but derived: the process (pid, start time, boot id), the lock of
 * whoever makes it, the fifo, the freezer. The directory is locked (flock(2)) while somebody
 * changes the container; a directory whose lock is free and that holds no state is what a killed
 * create left, and may be replaced.
 */
#ifndef CTR_RUNTIME_STATE_H
#define CTR_RUNTIME_STATE_H

#include "config/config.h"
#include "runtime.h"
#include "sys/proc.h"

#define STATE_FILE "state.json"
#define STATE_FIFO "start"
/* Locked (flock(2)) by whoever makes the container until it is made; without its lock it is
 * nothing. */
#define STATE_CREATING "creating"
/* The filter of processes that come later, where there is one: seccomp_keep(). */
#define STATE_SECCOMP "seccomp"
/* The hooks of the configuration, which exec does not read: they may have secrets of the host. */
#define STATE_HOOKS "hooks.json"
/* Beside the containers; no id begins with a dot. */
#define STATE_SECCOMP_CACHE ".seccomp"

/* A container as its record has it, and what this process holds of it. */
struct state {
	/* the record: a table of state.c */
	const char *version, *id, *bundle, *rootfs, *created;
	const char *cgroup, *cgroup_scope;
	unsigned cgroup_made;	  /* directories of cgroup that were made for it */
	struct proc_id proc;	  /* its first process */
	struct json *annotations; /* or NULL */
	struct json
		*config; /* config.json as it was at create, without .linux.seccomp and .hooks */
	bool seccomp;	 /* there is STATE_SECCOMP */
	bool hooks;	 /* there is STATE_HOOKS, where hooks_known */
	bool hooks_known;

	struct json *doc; /* holds the strings */
	bool ended;	  /* its first process, when the record was read */
	int dir;	  /* ROOT/ID */
	int pidfd; /* of proc; -1 where it has ended or could not be opened: state_pidfd() says why
		    */
};
#define STATE_NONE                     \
	{                              \
		.dir = -1, .pidfd = -1 \
	}
void state_release(struct state *s);
#define _state_ _clean_(state_release)

/* The state document of the OCI specification, and what runtimes add to it for people. */
struct oci_state {
	const char *version, *id, *status, *bundle;
	pid_t pid;
	bool has_pid;			      /* a stopped container need not have one */
	struct json *annotations;	      /* or NULL */
	const char *rootfs, *created, *owner; /* or NULL */
};

/* Opens (and makes, 0700) the directory of all states into g->root_fd; ours alone: own_dir(). */
int state_root(struct global *g, struct err *e);

/* ERR_USAGE where it cannot be the name of a container. */
int state_check_id(const char *id, struct err *e);

/* A new locked directory for the container. ERR_EXISTS where the id is in use. */
int state_claim(const struct global *g, const char *id, struct err *e);

/* Says in the claimed directory that the container is being made, as long as the descriptor is
 * open. */
int state_creating(int dir, struct err *e);

/*
 * Writes the record, with the time and with proc, of which only the pid need be given (0: none)
 * with its pidfd, and the hooks, NULL: those that were written before, if s->hooks says that there
 * are any.
 */
int state_write(int dir, struct state *s, const struct json *hooks, struct err *e);

/* Loads a container. With lock: waits for and holds its lock until release. id stays the caller's.
 */
int state_load(const struct global *g, const char *id, bool lock, struct state *out, struct err *e);

/* Puts the hooks back into .config, for config_parse(). */
int state_load_hooks(struct state *s, struct err *e);

/* A pidfd of the container's first process for the caller. ERR_NOTFOUND where it has ended. */
int state_pidfd(const struct state *s, struct err *e);

/* "creating", "created", "running", "paused", "stopped" */
const char *state_status(const struct state *s);

/* The caller puts it. */
struct json *oci_state(const struct oci_state *s);

/* What the record says, with this status; borrowed from s. */
struct oci_state state_describe(const struct state *s, const char *status);

/*
 * Removes ROOT/ID, which is open at dir and has no record, unless there is anything in it that is
 * no file of a runtime: ERR_DENIED.
 */
int state_remove_leftover(const struct global *g, const char *id, int dir, struct err *e);

/* Removes ROOT/ID, which is open at dir (or -1) and locked. */
int state_remove(const struct global *g, const char *id, int dir, struct err *e);

/* The ids below ROOT, sorted. */
int state_list(const struct global *g, struct strv *ids, struct err *e);

#endif
