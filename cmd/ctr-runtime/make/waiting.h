/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket ROOT/ID/start, on which the first process of a created container waits. */
#ifndef CTR_RUNTIME_WAITING_H
#define CTR_RUNTIME_WAITING_H

#include "base/err.h"

/* The first byte on a connection. */
enum waiting_word {
	WAITING_START = 's',	  /* an error comes back, or the end when the command is executed */
	WAITING_NAMESPACES = 'n', /* descriptors of its namespaces come back, then the end */
};

/* Makes it in the state directory. */
int waiting_listen(int state_dir, struct err *e);

#define WAITING_TYPES 8 /* of namespaces, in the order of ns_types (sys/nsfork.h) */

/*
 * The first process: opens its namespaces by the procfs at proc, -1 where the kernel has none.
 * pid_ns is taken in place of its pid namespace where that is not -1.
 */
void waiting_namespaces(int proc, int pid_ns, int ns[WAITING_TYPES]);

/*
 * The first process: hands out its namespaces to whoever asks, until somebody wants it to start.
 * Returns that connection.
 */
int waiting_serve(int listener, const int ns[WAITING_TYPES], struct err *e);

/* Connects and says the word. */
int waiting_ask(int state_dir, enum waiting_word word, struct err *e);

#endif
