/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: a line for people on standard error, and a line in the file of --log, as text or as
 * {"msg","level","time"}, which is what engines read. Podman looks for "permission denied" and
 * "executable file not found in", "no such file or directory" in it, so errno texts are written in
 * lower case there.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "runtime.h"

static int log_fd = -1;
static bool log_json;

int report_init(const struct global *g, struct err *e)
{
	log_init("ctr-runtime");
	log_json = str_eq(g->log_format, "json");
	if (!g->log)
		return 0;
	log_fd = TEMP_FAILURE_RETRY(
		open(g->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
	return log_fd < 0 ? err_sys(e, "open", "cannot open the log %s", g->log) : 0;
}

static void to_log(const char *level, const char *text)
{
	_json_ struct json *line = NULL;
	char now[TIME_TEXT_LEN];
	_buf_ struct buf b = {0};

	if (log_fd < 0)
		return;
	time_text(NULL, now);
	if (log_json) {
		line = json_new_object();
		json_set(line, "msg", json_new_str(text));
		json_set(line, "level", json_new_str(level));
		json_set(line, "time", json_new_str(now));
		json_write(log_fd, line, NULL);
		return;
	}
	buf_fmt(&b, "time=\"%s\" level=%s msg=\"%s\"\n", now, level, text);
	fd_write_all(log_fd, b.data, b.len, NULL);
}

/* The messages of strerror(3) begin with a capital; engines compare without. */
static void errno_lower(char *text, int errnum)
{
	const char *s = errnum ? strerror(errnum) : NULL;
	char *at = s ? strstr(text, s) : NULL;

	if (at)
		*at = (char)tolower((unsigned char)*at);
}

void report_err(const struct err *e)
{
	char text[1200];
	_buf_ struct buf b = {0};
	const char *mode = getenv("RP_LOG");

	err_text(e, text, sizeof(text));
	errno_lower(text, e->errnum);
	to_log("error", text);
	if (mode && strcmp(mode, "json") == 0) {
		log_err(e);
		return;
	}
	buf_fmt(&b, "ctr-runtime: %s\n", text);
	fd_write_all(STDERR_FILENO, b.data, b.len, NULL);
}

void report_warn(const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* standard error is the container's as well; where there is a log, it is for the engine */
	if (log_fd < 0)
		log_warn("%s", text);
	else
		to_log("warning", text);
}

void timing(const struct global *g, const char *who, const char *stage)
{
	struct timespec now;
	char line[128];
	int n;

	if (!g->timings)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	n = snprintf(line, sizeof(line), "%-6s %8.3f ms %s\n", who,
		     (double)(now.tv_sec - g->start.tv_sec) * 1e3 +
			     (double)(now.tv_nsec - g->start.tv_nsec) / 1e6,
		     stage);
	fd_write_all(STDERR_FILENO, line, (size_t)n, NULL);
}
