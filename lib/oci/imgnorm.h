/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image's configuration as all programs here read it, from what other readers accept as well.
 *
 * Engines written in Go take a key in any case ("env" for "Env"): known ones are renamed, where the
 * right spelling is not there too. Paths of volumes are cleaned by their text: "/a/../b" is "/b".
 */
#ifndef RP_OCI_IMGNORM_H
#define RP_OCI_IMGNORM_H

#include "wire/json.h"

/* Changes the object in place; what is no object stays for the checks to refuse. */
void imgnorm_config(struct json *config);

#endif
