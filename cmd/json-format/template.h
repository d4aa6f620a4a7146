/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of Go's text/template that people use with "--format": actions with fields, variables,
 * pipelines and functions; if, else, range, with, end; comments; trimming with {{- and -}}.
 */
#ifndef JSON_FORMAT_TEMPLATE_H
#define JSON_FORMAT_TEMPLATE_H

#include "wire/json.h"

enum node_kind {
	NODE_TEXT,  /* text */
	NODE_PRINT, /* pipe; with name: an assignment, nothing is printed */
	NODE_IF,    /* pipe, body, other */
	NODE_RANGE, /* pipe, body, other, name (element), name2 (with it, name is the index) */
	NODE_WITH,  /* pipe, body, other, name */
};

enum arg_kind {
	ARG_DOT,      /* . followed by path */
	ARG_VARIABLE, /* $name followed by path */
	ARG_LITERAL,  /* value */
	ARG_PIPE,     /* (pipe) followed by path */
	ARG_FUNCTION, /* name of a function, only as the first of a command */
};

struct arg {
	struct arg *next;
	enum arg_kind kind;
	char *name;
	struct strv path; /* ".A.B" */
	struct json *value;
	struct pipe *pipe;
};

struct command { /* function or value and its arguments */
	struct command *next;
	struct arg *args;
};

struct pipe {
	struct command *commands;
};

struct node {
	struct node *next;
	enum node_kind kind;
	char *text, *name, *name2;
	struct pipe *pipe;
	struct node *body, *other;
};

/* Parses the text. ERR_USAGE with what is wrong and where. */
int template_parse(const char *text, struct node **out, struct err *e);
void template_free(struct node *n);

/* Adds what the template makes of data. ERR_USAGE for a field or function that there is not. */
int template_run(const struct node *n, struct json *data, struct buf *out, struct err *e);

/* A value as Go's fmt prints it: strings as they are, [a b], map[k:v], <no value>. */
void value_print(const struct json *v, struct buf *out);
bool value_true(const struct json *v);

/* functions.c: the function NAME; *out is a new reference. */
int function_call(const char *name, struct json **args, size_t n, struct json **out, struct err *e);
bool function_known(const char *name);

#endif
