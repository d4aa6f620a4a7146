/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for people on standard error: "PROGRAM: message", one line each; with RP_LOG=json one
 * JSON object a line {ts, level, tool, msg, code, errno, op, hint}.
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

void log_err(const struct err *e);
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
