/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One extended attribute for a whole tree, by descriptor, never following a link. For SELinux'
 * labels of layers: without libselinux, since small static programs need it.
 */
#ifndef RP_SYS_TREELABEL_H
#define RP_SYS_TREELABEL_H

#include "base/fd.h"

/*
 * Gives everything below the directory root, and at last itself, the attribute with this value; a
 * final NUL does not count in comparing and is not written. So a root that has the value stands for
 * a tree that has it: work that was cut off is done again. 1: the root had it already, nothing was
 * looked at; 0: done now; -1.
 */
int tree_label(int root, const char *attribute, const char *value, struct err *e);

#endif
