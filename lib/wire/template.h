/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of Go's text/template that people use with "--format": actions with fields, variables,
 * pipelines and functions; if, else, range, with, end; comments; trimming with {{- and -}}.
 */
#ifndef RP_WIRE_TEMPLATE_H
#define RP_WIRE_TEMPLATE_H

#include "wire/json.h"

enum tmpl_kind {
	TMPL_TEXT,  /* text */
	TMPL_PRINT, /* pipe; with name: an assignment, nothing is printed */
	TMPL_IF,    /* pipe, body, other */
	TMPL_RANGE, /* pipe, body, other, name (element), name2 (with it, name is the index) */
	TMPL_WITH,  /* pipe, body, other, name */
};

enum tmpl_arg_kind {
	TMPL_ARG_DOT,	   /* . followed by path */
	TMPL_ARG_VARIABLE, /* $name followed by path */
	TMPL_ARG_LITERAL,  /* value */
	TMPL_ARG_PIPE,	   /* (pipe) followed by path */
	TMPL_ARG_FUNCTION, /* name of a function, only as the first of a command */
};

struct tmpl_arg {
	struct tmpl_arg *next;
	enum tmpl_arg_kind kind;
	char *name;
	struct strv path; /* ".A.B" */
	struct json *value;
	struct tmpl_pipe *pipe;
};

struct tmpl_command { /* function or value and its arguments */
	struct tmpl_command *next;
	struct tmpl_arg *args;
};

struct tmpl_pipe {
	struct tmpl_command *commands;
};

struct tmpl_node {
	struct tmpl_node *next;
	enum tmpl_kind kind;
	char *text, *name, *name2;
	struct tmpl_pipe *pipe;
	struct tmpl_node *body, *other;
};

/* Parses the text. ERR_USAGE with what is wrong and where. */
int template_parse(const char *text, struct tmpl_node **out, struct err *e);
void template_free(struct tmpl_node *n);

/* Adds what the template makes of data. ERR_USAGE for a field or function that there is not. */
int template_run(const struct tmpl_node *n, struct json *data, struct buf *out, struct err *e);

/* A value as Go's fmt prints it: strings as they are, [a b], map[k:v], <no value>. */
void tmpl_print(const struct json *v, struct buf *out);
bool tmpl_true(const struct json *v);

/*
 * template_time.c: a text that is an RFC 3339 time, as Go prints a time; false where it is none. A
 * method of such a time (Format, Unix ...): *out is a new reference; 1 where v is no time or has no
 * method of that name.
 */
bool tmpl_time_print(const struct json *v, struct buf *out);
int tmpl_time_method(struct json *v, const char *name, struct json **args, size_t n,
		     struct json **out, struct err *e);

/* template_functions.c: the function NAME; *out is a new reference. */
int tmpl_function_call(const char *name, struct json **args, size_t n, struct json **out,
		       struct err *e);
bool tmpl_function_known(const char *name);

#endif
