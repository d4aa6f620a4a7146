/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deleting what nobody needs. All but sweep_aside() under the lock of the index. */
#ifndef IMG_REMOVE_SWEEP_H
#define IMG_REMOVE_SWEEP_H

#include "oci/store.h"

/* Deletes these blobs (NULL: all of the store) but those in keep. */
int sweep_blobs(const struct store *s, const struct strv *these, const struct strv *keep,
		struct err *e);

/*
 * The same for layers, which also stay where a container names them; they are moved to *aside
 * (made when needed).
 */
int sweep_layers(const struct store *s, const struct strv *these, const struct strv *keep,
		 struct staging *aside, struct err *e);

/* Removes partial downloads that no process is at. */
int sweep_partial(const struct store *s, struct err *e);

/* Removes what was moved aside. -1 where something could not be deleted. */
int sweep_aside(struct staging *aside);

#endif
