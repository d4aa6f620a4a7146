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
 * With RP_CHECK_ONLY in its environment a program looks at its command line, says what is wrong
 *with it, and ends: for a caller who makes namespaces only for a command that can be done.
 *
 * Contract (rp-json(5)): standard output gets exactly one JSON object and a newline if run()
 * returned 0, and nothing otherwise. Empty standard input means that upstream failed and has said
 * why: exit 3 without a message.
 */
#ifndef RP_WIRE_PROG_H
#define RP_WIRE_PROG_H

#include "wire/fields.h"
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
	/* its status is another program's: for a command of rp, failures of its own are 125 */
	PROG_PASSES_STATUS = 1 << 6,
	PROG_WRITES_ARRAY = 1 << 7, /* of what writes_fields describe */
};

struct prog;

/* How many operands a program takes; max -1: any number. */
struct operands {
	int min, max;
};
#define NO_OPERANDS   \
	{             \
		0, -2 \
	}
#define AT_LEAST(n)   \
	{             \
		n, -1 \
	}
#define EXACTLY(n)   \
	{            \
		n, n \
	}
#define AT_MOST(n)   \
	{            \
		0, n \
	}

struct program {
	const char *name;
	const char *summary;	 /* one line, the man page's Nd */
	const char *usage;	 /* behind the name: "[options] [--] CMD [ARG...]" */
	const char *description; /* a paragraph for --help, may be NULL */
	const struct opt
		*opts;	  /* ends with an all-zero row; --help, --version, --schema are added */
	size_t opts_size; /* of the struct the offsets refer to */
	struct operands operands; /* how many words; all zero: run() looks for itself */
	unsigned io;		  /* enum prog_io */
	/*
	 * What --schema prints: tables of documents of its own, or, of a container document, the
	 * members that must be there before and after, separated by blanks. NULL: there is none.
	 */
	const struct field *reads_fields, *writes_fields;
	const char *needs, *gives;
	/* Looks at options and operands together, before anything is touched or read. May be NULL.
	 */
	int (*check)(const struct prog *p, struct err *e);
	/* gives up what is not needed (sys/confine.h), after the options and before the document
	 * is read; NULL where that is for run() to do, or the program cannot */
	int (*confine)(struct err *e);
	/* whether a document is read, where the options decide that; NULL: io says it */
	bool (*reads)(const struct prog *p);
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

/* What --schema prints of these schemas, either may be NULL; takes both over. The caller puts it.
 */
struct json *schema_of(const char *title, struct json *reads, struct json *writes);

/* ERR_USAGE, in Podman's words, where argc is not what the operands ask for. */
int operands_check(const struct operands *o, int argc, struct err *e);

/*
 * One line {"event":NAME,...} on the descriptor of --status-fd. fd < 0: nothing. more may be NULL
 * and is taken over.
 */
void status_event(int fd, const char *event, struct json *more);

#endif
