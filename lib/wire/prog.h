/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of every program: options, --help, --version, --schema, the document on standard input,
 * the document on standard output, errors, exit status. A program's main() is
 *
 *	int main(int argc, char **argv)
 *	{
 *		return prog_main(&program, argc, argv);
 *	}
 *
 * Contract (rp-json(5)): standard output gets exactly one JSON object and a newline if run()
 * returned 0, and nothing otherwise. Empty standard input means that upstream failed and has said
 * why: exit 3 without a message.
 */
#ifndef RP_WIRE_PROG_H
#define RP_WIRE_PROG_H

#include "wire/json.h"
#include "wire/opt.h"

#define RP_VERSION "0.1.0"

enum prog_io {
	PROG_READS = 1 << 0,	       /* a document on stdin is required */
	PROG_WRITES = 1 << 1,	       /* p->doc (or p->out where set) is written to stdout */
	PROG_MAY_READ = 1 << 2,	       /* reads stdin only where no operand was given */
	PROG_STOP_AT_OPERAND = 1 << 3, /* see opts_parse() */
	PROG_CONTAINER = 1 << 4,       /* the document read must be an rp.container/1 */
	PROG_NEEDS_DOC = 1 << 5, /* without stdin document start from an empty rp.container/1 */
};

struct prog;

struct program {
	const char *name;
	const char *summary;	 /* one line, the man page's Nd */
	const char *usage;	 /* behind the name: "[options] [--] CMD [ARG...]" */
	const char *description; /* a paragraph for --help, may be NULL */
	const struct opt
		*opts;	  /* ends with an all-zero row; --help, --version, --schema are added */
	size_t opts_size; /* of the struct the offsets refer to */
	unsigned io;	  /* enum prog_io */
	/* gives up what is not needed (sys/confine.h), after the options and before the document
	 * is read; NULL where that is for run() to do, or the program cannot */
	int (*confine)(struct err *e);
	int (*run)(struct prog *p, struct err *e);
};

struct prog {
	const struct program *def;
	void *opts; /* zeroed struct of opts_size, filled by the options */
	int argc;   /* operands */
	char **argv;
	struct json *doc; /* what was read; owned by the frame, changed in place by run() */
	struct json *out; /* set by run() to write something else than doc; owned by the frame */
	int exit_status;  /* for run() == 0: what main returns (programs that pass a status on) */
};

int prog_main(const struct program *def, int argc, char **argv);

/*
 * One line {"event":NAME,...} on the descriptor of --status-fd. fd < 0: nothing. more may be NULL
 * and is taken over.
 */
void status_event(int fd, const char *event, struct json *more);

#endif
