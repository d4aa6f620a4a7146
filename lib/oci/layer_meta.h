/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of an unpacked layer: STORE/layers/sha256/HEX(diffID)/meta.json beside root/.
 *
 *	{"schema":"rp.layer/1","diffId":"sha256:...","digest":"sha256:...","size":N,
 *	 "state":"durable"|"unsynced","bootId":"..."}
 *
 * A layer counts as present only where this record is whole and true: the diffId is that of the
 * directory, and the state is "durable", or "unsynced" in this boot. An unsynced layer of an
 *earlier boot may have lost data in a power cut, so it is absent.
 */
#ifndef RP_OCI_LAYER_META_H
#define RP_OCI_LAYER_META_H

#include "oci/store.h"

#define LAYER_SCHEMA "rp.layer/1"

/*
 * The mode of root/ where the archive has no entry for it: then a lower layer's counts, and where
 * none has one LAYER_ROOT_DEFAULT, as in other engines. No image has a root with this mode.
 */
#define LAYER_ROOT_BARE	   01555
#define LAYER_ROOT_DEFAULT 0555

struct layer_meta {
	char *diff_id; /* sha256:HEX of the uncompressed archive */
	char *digest;  /* sha256:HEX of the blob that it was unpacked from */
	int64_t size;  /* bytes of the uncompressed archive */
	bool durable;  /* syncfs(2) has succeeded since the layer was made */
};
void layer_meta_release(struct layer_meta *m);
#define _layer_meta_ _clean_(layer_meta_release)

/*
 * Is the layer with this diffID unpacked and valid? Returns 1 yes, 0 no (missing, malformed record,
 * unsynced and of another boot), -1 where the store cannot be read or diffid is malformed.
 */
int layer_present(const struct store *s, const char *diffid, struct err *e);

/* The same; with 1, *out is filled. */
int layer_meta_read(const struct store *s, const char *diffid, struct layer_meta *out,
		    struct err *e);

/*
 * Writes meta.json into the layer directory dirfd (in staging before the rename that publishes the
 * layer, or in place to turn it durable), by rename; a durable record is fsync'ed. The boot id of
 * an unsynced record is that of now.
 */
int layer_meta_write(int dirfd, const struct layer_meta *m, struct err *e);

/* Reads the boot id now: for a program that will lose sight of /proc. Before any thread is made. */
int layer_meta_boot(struct err *e);

/* STORE/layers/sha256/HEX/root, absolute. The caller frees. diffid must be valid. */
char *layer_root_path(const struct store *s, const char *diffid);

#endif
