/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces that .linux.namespaces gives by path. */
#ifndef CTR_RUNTIME_NAMESPACES_H
#define CTR_RUNTIME_NAMESPACES_H

#include "make/container.h"

/* Opens those into c->ns_fd. ERR_INPUT where one is of another type. */
int open_namespaces(struct create *c, struct err *e);

#endif
