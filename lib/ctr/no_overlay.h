/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RUN/no-overlay: that this machine refuses overlayfs to the user, as a probe of rootfs-mount(1)
 * has found in this boot. Two lines, the boot id and the reason.
 */
#ifndef RP_CTR_NO_OVERLAY_H
#define RP_CTR_NO_OVERLAY_H

#include "oci/store.h"

/* The reason, which the caller frees; NULL where nothing is known against overlayfs. */
char *no_overlay_why(const struct store *s);

void no_overlay_remember(const struct store *s, const char *why);

#endif
