/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for people: see log.h for the contract. */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/fd.h"

static const char *program_name = "rp";

const char *log_command(void)
{
	const char *command = getenv("RP_COMMAND");

	return command && *command ? command : NULL;
}

void log_init(const char *program)
{
	program_name = program;
}

const char *log_program(void)
{
	return program_name;
}

static void add_json_string(struct buf *b, const char *key, const char *s)
{
	buf_fmt(b, "%s\"%s\":\"", b->len > 1 ? "," : "", key);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			buf_fmt(b, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buf_fmt(b, "\\u%04x", c);
		else
			buf_char(b, (char)c);
	}
	buf_char(b, '"');
}

static void write_json(const char *level, const struct err *e)
{
	_buf_ struct buf b = {0};
	char ts[TIME_TEXT_LEN];

	time_text(NULL, ts);
	buf_char(&b, '{');
	add_json_string(&b, "ts", ts);
	add_json_string(&b, "level", level);
	add_json_string(&b, "tool", program_name);
	add_json_string(&b, "msg", e->msg);
	if (e->code)
		add_json_string(&b, "code", err_name(e->code));
	if (e->errnum)
		add_json_string(&b, "errno", strerrorname_np(e->errnum) ?: "?");
	if (e->op[0])
		add_json_string(&b, "op", e->op);
	if (e->hint[0])
		add_json_string(&b, "hint", e->hint);
	buf_str(&b, "}\n");
	fd_write_all(STDERR_FILENO, b.data, b.len, NULL);
}

/* RP_LOG_LEVEL=error (or fatal, panic): nothing less than an error. */
static bool wanted(const char *level)
{
	const char *least = getenv("RP_LOG_LEVEL");

	return !least || strcmp(level, "error") == 0 ||
	       (strcmp(least, "error") != 0 && strcmp(least, "fatal") != 0 &&
		strcmp(least, "panic") != 0);
}

static void write_line(const char *level, const struct err *e)
{
	const char *mode = getenv("RP_LOG");
	char text[1024], line[1200];

	if (!wanted(level))
		return;
	if (mode && strcmp(mode, "json") == 0) {
		write_json(level, e);
		return;
	}
	err_text(e, text, sizeof(text));
	if (log_command() && strcmp(level, "error") == 0)
		snprintf(line, sizeof(line), "Error: %s\n", text);
	else
		snprintf(line, sizeof(line), "%s: %s%s\n", program_name,
			 strcmp(level, "warning") == 0 ? "warning: " : "", text);
	fd_write_all(STDERR_FILENO, line, strlen(line), NULL);
}

void log_err(const struct err *e)
{
	write_line("error", e);
}

void log_warn(const char *fmt, ...)
{
	struct err e = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	write_line("warning", &e);
}

void log_info(const char *fmt, ...)
{
	struct err e = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	write_line("info", &e);
}
