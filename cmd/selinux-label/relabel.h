/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SELINUX_LABEL_RELABEL_H
#define SELINUX_LABEL_RELABEL_H

#include "base/err.h"

/*
 * Gives the file or the whole tree at source (absolute, the user's own path) this label. A file
 * system without labels is left as it is. ERR_DENIED for a path that must keep its own.
 */
int relabel_tree(const char *source, const char *label, struct err *e);

#endif
