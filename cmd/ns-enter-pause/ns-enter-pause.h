/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the stages of ns-enter-pause. */
#ifndef NS_ENTER_PAUSE_H
#define NS_ENTER_PAUSE_H

#include "oci/store.h"

/*
 * Makes the user and mount namespace (for real root: the mount namespace alone) with this process
 * in it, starts the pause process there and writes its record. The caller holds the lock.
 */
int pause_create(const struct store *s, struct err *e);

/* Starts the pause process in the namespaces of this process and writes its record. */
int pause_start(const struct store *s, struct err *e);

#endif
