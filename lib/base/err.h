/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One error value for the whole project.
 *
 * Functions of lib/ return 0 (or a descriptor) on success and -1 on failure, and describe the
 * failure in a struct err. The value has a fixed size and holds no pointers, so a child process
 * can write(2) it to a pipe and its parent can read it back unchanged.
 */
#ifndef RP_BASE_ERR_H
#define RP_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

/* Kinds of failure. The number is the exit status of a program that ends with it; rp-errors(7). */
enum err_code {
	ERR_NONE = 0,
	ERR_FAILED = 1,	     /* a system call or a peer failed */
	ERR_USAGE = 2,	     /* wrong command line */
	ERR_INPUT = 3,	     /* bad document, image, archive or configuration file */
	ERR_NOTFOUND = 4,    /* the named thing does not exist */
	ERR_EXISTS = 5,	     /* exists already, or is in use */
	ERR_UNSUPPORTED = 6, /* this kernel or host cannot; the caller may fall back */
	ERR_AGAIN = 7,	     /* a passing state; the same call may succeed later */
	ERR_DENIED = 8,	     /* permission denied, or refused by policy */
};

struct err {
	int code;	/* enum err_code */
	int errnum;	/* errno of the cause, 0 where no system call failed */
	char op[32];	/* the operation, a man page name where there is one: "openat2" */
	char msg[640];	/* one line for people: what failed, on what; without the strerror text */
	char hint[256]; /* the usual fix, or "" */
};

/*
 * Fills *e and returns -1, so that a caller can write: return err_set(e, ...).
 * errnum may be 0. The text of errnum is appended by err_text(), not here. e may be NULL.
 */
int err_set(struct err *e, enum err_code code, int errnum, const char *op, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Like err_set() with the code that fits errno: ENOENT 4, EEXIST/EBUSY 5, EPERM/EACCES 8, ... */
int err_sys(struct err *e, const char *op, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets the hint of an error and returns -1. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "PREFIX: " in front of the message, for context that only the caller knows. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Empties *e for another attempt. */
void err_clear(struct err *e);

/* The code for an errno value. */
enum err_code err_code_of(int errnum);

/* The short name of a code as in rp-errors(7): "failed", "usage", "input", "not-found" ... */
const char *err_name(int code);

/*
 * Writes "MSG: STRERROR (HINT)" to buf, cut to len bytes with a final NUL. Control characters in
 * the text are replaced by '?': file names and remote text must not steer a terminal.
 */
void err_text(const struct err *e, char *buf, size_t len);

/* Control characters, with which a text could steer a terminal, become '?', in place. */
void err_printable(char *s);

/* Writes *e to a pipe, for a parent that calls err_recv(). Best effort, async-signal-safe. */
void err_send(int fd, const struct err *e);

/*
 * Reads an error that err_send() wrote. Returns 1 if there was one (*e is filled), 0 at end of file
 * (the child succeeded or died), -1 on failure.
 */
int err_recv(int fd, struct err *e);

#endif
