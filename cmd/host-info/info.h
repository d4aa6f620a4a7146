/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of host-info. Each fills the object that it is given. */
#ifndef HOST_INFO_H
#define HOST_INFO_H

#include "oci/store.h"

int describe_host(struct json *host, struct err *e);
int describe_store(const struct store *s, struct json *out, struct err *e);

#endif
