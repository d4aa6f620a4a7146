/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudoterminals by descriptor: pty(7), TIOCGPTPEER of ioctl_tty(2). */
#ifndef RP_SYS_PTY_H
#define RP_SYS_PTY_H

#include <stdint.h>

#include "base/err.h"

/*
 * A new pair from the ptmx below the devpts directory or mount at devpts. *peer is opened from the
 * master itself (Linux 4.13), so no name in the file system is followed.
 */
int pty_open(int devpts, int *master, int *peer, struct err *e);

/* The second half of it: unlocks a master that is open already. */
int pty_peer(int master, int *peer, struct err *e);

/* Lines end with LF alone, for output that goes to no terminal: ONLCR of termios(3) is cleared. */
int pty_plain_lines(int fd, struct err *e);

/* Makes peer the controlling terminal of a new session and the descriptors 0, 1, 2. */
int pty_adopt(int peer, struct err *e);

int pty_size(int fd, uint16_t rows, uint16_t cols, struct err *e);

/*
 * Copies between a terminal of the caller (0 and 1) and a master until the process behind pidfd
 * has ended and the master is drained. The caller's terminal is raw meanwhile, window sizes are
 * passed on.
 */
int pty_proxy(int master, int pidfd, struct err *e);

#endif
