/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: where images, layers, containers and their run state live. design in rp-store(7).
 *
 *	STORE  = $RP_STORE or $XDG_DATA_HOME/rp or ~/.local/share/rp	(0700); of root /var/lib/rp
 *	  oci-layout, index.json, blobs/sha256/HEX	an OCI image layout
 *	  layers/sha256/DIFFID/{root/,meta.json}	one unpacked layer, immutable
 *	  staging/KIND.XXXXXX/				work in progress, flock(2)ed by its maker
 *	  containers/ID/				a container
 *	  names/NAME -> ../containers/ID		a claim on a name
 *	  volumes/NAME/{_data/,meta.json}		a named volume
 *	  cache/					can be removed at any time
 *	  run -> RUN					the run directory that was used last
 *	RUN    = $RP_RUN or $XDG_RUNTIME_DIR/rp or /run/user/UID/rp or /tmp/rp-run-UID	(0700);
 *		 of root /run/rp
 *	  containers/ID/				sockets, pid records, pins
 *	  pause.json, pause.lock			the pause process, ns-enter-pause(1)
 *	  starting/ID, sweep.lock, swept		see oci/sweep.h
 *	  runtime/ID/					state of ctr-runtime(1)
 *
 * No index, no global lock. A thing is in the store when its final name exists, which one
 * rename(2) decides.
 */
#ifndef RP_OCI_STORE_H
#define RP_OCI_STORE_H

#include <stdbool.h>

#include "wire/json.h"

struct store {
	int fd;	    /* STORE, O_PATH|O_DIRECTORY */
	int run;    /* RUN */
	char *path; /* absolute */
	char *run_path;
};

/*
 * Finds and makes both directories, as own_dir() does: refused with ERR_DENIED where one belongs to
 * somebody else, is writable to others, or is reached by a stranger's link. Inside the user
 * namespace of a pause process the same directories are found (HOME and the XDG variables decide,
 * not the uid).
 */
int store_open(struct store *s, struct err *e);

/* Has this user a store already? Makes nothing. */
bool store_exists(void);

void store_close(struct store *s);
#define STORE_NONE                  \
	{                           \
		.fd = -1, .run = -1 \
	}
#define _store_ _clean_(store_close)

/* An O_DIRECTORY descriptor of STORE/SUB ("blobs/sha256", "containers"), made when missing. */
int store_dir(const struct store *s, const char *sub, struct err *e);
/* The same below RUN. */
int store_run_dir(const struct store *s, const char *sub, struct err *e);

/*
 * A staging directory: private, 0700, locked while its maker lives. Whoever finds one whose lock is
 * free may remove it (store_sweep()).
 */
struct staging {
	int parent; /* STORE/staging */
	int fd;	    /* the directory, holds the lock */
	char name[64];
};
#define STAGING_NONE                   \
	{                              \
		.parent = -1, .fd = -1 \
	}
int staging_make(const struct store *s, const char *kind, struct staging *out, struct err *e);
/*
 * Renames the staging directory to NAME in the directory todir. Where NAME exists already (another
 * process was faster with the same immutable thing) the staging directory is removed and the result
 * is 1; otherwise 0. The struct is released.
 */
int staging_commit(struct staging *st, int todir, const char *name, struct err *e);
/* Removes it. Also the cleanup of _staging_. */
void staging_discard(struct staging *st);
#define _staging_ _clean_(staging_discard)

/*
 * Removes what dead processes left in staging/ and trash/. Cheap where there is nothing. With all,
 * failures are reported; otherwise they are left for the next one.
 */
int store_sweep(const struct store *s, bool all, struct err *e);

/*
 * Takes an exclusive flock(2) on the file NAME in dir, made when missing. Returns the descriptor
 * that holds it. With nowait: ERR_EXISTS where somebody else has it.
 */
int store_lock(int dir, const char *name, bool nowait, struct err *e);

/* sha256:HEX (64 lower-case digits) checked; returns the HEX part or NULL. */
const char *digest_hex(const char *digest);

#endif
