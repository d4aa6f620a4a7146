/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two processes that make a container say to each other. */
#ifndef CTR_RUNTIME_NOTE_H
#define CTR_RUNTIME_NOTE_H

#include <sys/types.h>

#include "base/err.h"

/* What the two processes say to each other over the socket pair. */
struct note {
	char kind; /* NOTE_* */
	pid_t pid; /* the container's first process, as the runtime sees it */
};
enum {
	NOTE_MAPPED = 'm', /* to the child: the user namespace is mapped */
	NOTE_PID = 'p',	   /* to the runtime: an intermediate process has started the child */
	NOTE_SOURCE =
		's', /* to the runtime: pid is the index of a mount whose source it shall give */
	NOTE_MOUNTED = 't', /* to the runtime: it need not do so any more */
	NOTE_ROOTFS = 'r',  /* to the runtime: createRuntime hooks may run; back: they have */
	NOTE_READY = 'd',   /* to the runtime: created; only exec is left */
	NOTE_GO = 'g',	    /* to the child: recorded, carry on */
};

int note_send(int sock, char kind, pid_t pid, struct err *e);
/* Waits for any note. */
int note_read(int sock, struct note *out, struct err *e);
/* Waits for a note of this kind. ERR_FAILED where the other side is gone. */
int note_wait(int sock, char kind, struct note *out, struct err *e);

#endif
