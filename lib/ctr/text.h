/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts about containers that several programs show alike. */
#ifndef RP_CTR_TEXT_H
#define RP_CTR_TEXT_H

#include "ctr/container.h"

/* "2 hours ago" without the "ago": "2 hours", "About a minute", "3 seconds". The caller frees. */
char *text_duration(int64_t seconds);

/* "Up 3 minutes", "Exited (0) 2 hours ago", "Created", "Paused". The caller frees. */
char *text_status(const struct container_state *st);

/* "0.0.0.0:8080->80/tcp, ..." for .network.ports or .request.ports. The caller frees. */
char *text_ports(const struct json *ports);

/* The words that a container runs: entrypoint and command of request and image. */
void text_command(const struct json *doc, struct strv *out);

/* "1.5MB" as Podman prints sizes (powers of 1000). The caller frees. */
char *text_size(int64_t bytes);

#endif
