/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines from one table per program: parsing, --help, completion and the check of the man
 * page derive from it. The rules are getopt_long(3)'s and Podman's: "--name VALUE", "--name=VALUE",
 * "-n VALUE", "-nVALUE", clusters of flags "-it", "--flag=false", "--" ends the options.
 */
#ifndef RP_WIRE_OPT_H
#define RP_WIRE_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum opt_type {
	OPT_END = 0,
	OPT_FLAG,      /* bool; also --flag=true, --flag=false */
	OPT_STR,       /* const char *, points into argv */
	OPT_INT,       /* int64_t, decimal */
	OPT_SIZE,      /* int64_t, bytes; "512m" */
	OPT_LIST,      /* struct strv; may be repeated */
	OPT_CALL,      /* call(row, data, value, e); may be repeated */
	OPT_CALL_FLAG, /* the same without a value: value is "true" or "false" */
};

struct opt {
	const char *name; /* long name without "--" */
	char letter;	  /* short name or 0 */
	enum opt_type type;
	size_t offset;	  /* of the member in the data struct */
	const char *arg;  /* the value's name in --help, NULL for flags */
	const char *help; /* one line, without a full stop */
	int (*call)(const struct opt *row, void *data, const char *value, struct err *e);
	const void *context; /* for call */
	bool hidden;	     /* accepted, but not shown */
	bool list;	     /* of a list or call: "a,b" is two values; quoted as in CSV */
	bool nonempty;	     /* an empty value is refused */
	const char *values; /* blank-separated fixed values, for checking and completion, or NULL */
};

struct opts_result {
	int argc;    /* operands */
	char **argv; /* NULL-terminated; points into the argv that was parsed */
};

/*
 * Parses argv[1..]. data is the struct that the offsets refer to. With stop_at_operand the first
 * word that is no option ends parsing (as for "run IMAGE CMD -x"); otherwise options and operands
 * may be mixed. "--help" and "--schema" are for the caller to list, they are ordinary flags here.
 * argv is permuted: operands last. ERR_USAGE names the option.
 */
int opts_parse(const struct opt *table, void *data, int argc, char **argv, bool stop_at_operand,
	       struct opts_result *out, struct err *e);

/* The options section of --help. */
void opts_help(const struct opt *table, struct buf *out);

/*
 * The rows for a shell's completion, one a line, hidden ones left out, the fields separated by
 * tabs:
 * --name, -n or nothing, the value's name or nothing for a flag, its fixed values, the help.
 */
void opts_list(const struct opt *table, struct buf *out);

/* Releases OPT_LIST members. */
void opts_release(const struct opt *table, void *data);

#endif
