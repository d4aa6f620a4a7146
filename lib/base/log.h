/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for people on standard error: "PROGRAM: message", one line each; with RP_LOG=json one
 * JSON object a line {ts, level, tool, msg, code, errno, op, hint}. With RP_COMMAND, which rp(1)
 * sets for the programs that do a user's command ("rp ps"), an error begins with "Error: " instead:
 * what the user typed failed, whichever program noticed. With RP_LOG_LEVEL=error nothing less is
 * written.
 *
 * Only main programs and lib/wire/prog.c report; other lib/ code returns errors. log_warn() is the
 * exception, for what the user must know although the call succeeds.
 */
#ifndef RP_BASE_LOG_H
#define RP_BASE_LOG_H

#include "base/err.h"

/* Names the program in messages. Called once, by prog_main(). */
void log_init(const char *program);
const char *log_program(void);

/* The command of rp that is done, "rp ps" (RP_COMMAND); NULL where the program runs by itself. */
const char *log_command(void);

void log_err(const struct err *e);
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
