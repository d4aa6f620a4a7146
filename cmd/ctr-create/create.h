/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of ctr-create. */
#ifndef CTR_CREATE_H
#define CTR_CREATE_H

#include "ctr/container.h"

/* inherit.c: the mounts of others become the request's. ERR_NOTFOUND for one that is not there. */
int inherit_volumes(const struct store *s, struct json *doc, struct err *e);

/* Fills .container.dependencies. With start, ERR_AGAIN where one of them does not run. */
int note_dependencies(const struct store *s, struct json *doc, bool start, struct err *e);

/* Fills .container.images. ERR_NOTFOUND for one that is not in the store. */
int note_images(const struct store *s, struct json *doc, struct err *e);

#endif
