/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors over unix sockets, as a console socket or a seccomp listener takes them: unix(7). */
#ifndef RP_SYS_FDPASS_H
#define RP_SYS_FDPASS_H

#include "base/str.h"

/* Connects to a unix stream socket (or seqpacket where it is one). Any length of path. */
int fdpass_connect(const char *path, struct err *e);

/* Sends one descriptor with a text of at least one byte. */
int fdpass_send(int sock, int fd, const void *text, size_t len, struct err *e);

/* Receives one descriptor; the text that came with it is dropped. */
int fdpass_recv(int sock, struct err *e);

#endif
