/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container in the store: STORE/containers/ID and, while it runs, RUN/containers/ID.
 *
 *	STORE/containers/ID/
 *	  container.json	the container document as ctr-create left it
 *	  start.json		network, volumes, runtime of the last start
 *	  config.json		the OCI runtime configuration of the last start
 *	  exit.json		how the last start ended
 *	  volumes.json		names of the anonymous volumes that were made for it
 *	  ctr.log		k8s-file log
 *	  rootfs/ upper/ work/	mount point and read-write layer
 *	  overlays/N/		changes of volumes with "O" and of images that it mounts
 *	  hostname containerenv resolv.conf hosts localtime
 *	RUN/containers/ID/
 *	  monitor.json		{pid, startTime, bootId} of the monitor
 *	  process.json		the same of the container's first process, plus "started"
 *	  stopping.json		that of who stops it, in the same form
 *	  attach		socket of the monitor
 *
 * What a container does is derived from these and the kernel, never stored.
 */
#ifndef RP_CTR_CONTAINER_H
#define RP_CTR_CONTAINER_H

#include "oci/store.h"
#include "sys/proc.h"
#include "sys/userns.h"

#define CONTAINER_ID_LEN 64

enum container_status {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,   /* its cgroup is frozen */
	CONTAINER_STOPPING, /* a stop has sent its signal and waits */
	CONTAINER_EXITED,
};

struct container_state {
	enum container_status status;
	struct proc_id process; /* valid while running */
	struct proc_id monitor; /* pid 0 where there is none */
	int64_t exit_code;	/* -1 where nobody saw the end */
	bool oom_killed;
	char started[TIME_TEXT_LEN]; /* "" where it never ran */
	char finished[TIME_TEXT_LEN];
	char error[256]; /* why it did not start, or "" */
};

/* Its first process lives. */
static inline bool container_up(enum container_status status)
{
	return status == CONTAINER_RUNNING || status == CONTAINER_PAUSED ||
	       status == CONTAINER_STOPPING;
}

/*
 * The container counts as stopping from now on, as long as the calling process lives or until it is
 * taken back. Best effort.
 */
void container_mark_stopping(const struct store *s, const char *id, bool on);

/* True for 64 lower-case hexadecimal digits. */
bool container_id_valid(const char *id);

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 128 characters. */
bool container_name_valid(const char *name);

/*
 * The full id for a name, a full id, or the beginning of exactly one id. ERR_NOTFOUND, or ERR_USAGE
 * where several begin so. The caller frees.
 */
char *container_find(const struct store *s, const char *what, struct err *e);

/* All ids, in no order. */
int container_list(const struct store *s, struct strv *ids, struct err *e);

/*
 * What a container document calls its image: the name that it was found by, or where it has none
 * what the user said, an id. Never NULL.
 */
const char *container_image(const struct json *doc);

/* Its labels: those of the image and of the request, which win. The caller puts the object. */
struct json *container_labels(const struct json *doc);

/* container.json of this id; a record that a power cut left half-written reads as ERR_NOTFOUND. */
int container_load(const struct store *s, const char *id, struct json **doc, struct err *e);

/*
 * Adds what the last start used (start.json: network, volumes, process, rootfs) to the document of
 * container_load(). Nothing where it never started.
 */
void container_add_start(const struct store *s, const char *id, struct json *doc);

/* Adds anonymous volumes to those of the container (volumes.json), with which they are removed. */
int container_own_volumes(const struct store *s, const char *id, const struct strv *names,
			  struct err *e);

/* O_DIRECTORY descriptors of STORE/containers/ID and RUN/containers/ID. */
int container_dir(const struct store *s, const char *id, struct err *e);
int container_run_dir(const struct store *s, const char *id, struct err *e);

int container_state(const struct store *s, const char *id, struct container_state *out,
		    struct err *e);

/* "created", "running", "paused", "stopping", "exited" */
const char *container_status_name(enum container_status status);

/*
 * A name for the container, and its directory, published together: the staging directory becomes
 * containers/ID and names/NAME leads to it. ERR_EXISTS where a live container has the name.
 */
int container_publish(const struct store *s, struct staging *st, const char *id, const char *name,
		      struct err *e);

/* Removes names that lead to no container. */
void container_sweep_names(const struct store *s);

/*
 * Takes the container out of the store: its name (NULL: the one in its record), and its directory
 * into trash/. From then on the name can be used again.
 */
int container_withdraw(const struct store *s, const char *id, const char *name, struct err *e);

/* Removes what container_withdraw() put into trash/. */
int container_shred(const struct store *s, const char *id, struct err *e);

#endif
