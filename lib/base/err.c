/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error value: see err.h for the contract.
 *
 * err_send() and err_recv() move it over a pipe as the bytes of the struct, which is valid between
 * a process and its own fork, the only use. PIPE_BUF (4096, pipe(7)) is larger than the struct, so
 * a write is atomic.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum err_code err_code_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ESRCH:
		return ERR_NOTFOUND;
	case EEXIST:
	case EBUSY:
	case EADDRINUSE:
	case ETXTBSY:
		return ERR_EXISTS;
	case EPERM:
	case EACCES:
		return ERR_DENIED;
	case ENOSYS:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
		return ERR_UNSUPPORTED;
	case EAGAIN:
		return ERR_AGAIN;
	default:
		return ERR_FAILED;
	}
}

const char *err_name(int code)
{
	static const char *const names[] = {
		"none",	  "failed",	 "usage", "input",  "not-found",
		"exists", "unsupported", "again", "denied",
	};

	return code >= 0 && code < (int)(sizeof(names) / sizeof(names[0])) ? names[code] : "failed";
}

static void fill(struct err *e, int code, int errnum, const char *op, const char *fmt, va_list ap)
{
	e->code = code;
	e->errnum = errnum;
	snprintf(e->op, sizeof(e->op), "%s", op ? op : "");
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	e->hint[0] = '\0';
}

int err_set(struct err *e, enum err_code code, int errnum, const char *op, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	fill(e, code, errnum, op, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *op, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	fill(e, err_code_of(saved), saved, op, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	size_t n, room;
	va_list ap;

	if (!e)
		return -1;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	room = sizeof(e->msg) - n;
	if (room > 2) {
		memcpy(e->msg + n, ": ", 3);
		strncat(e->msg, old, room - 3);
	}
	return -1;
}

void err_clear(struct err *e)
{
	memset(e, 0, sizeof(*e));
}

void err_printable(char *s)
{
	for (unsigned char *c = (unsigned char *)s; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* C1 in UTF-8 */
			c[0] = c[1] = '?';
	}
}

void err_text(const struct err *e, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s%s%s%s", e->msg, e->errnum ? ": " : "",
		 e->errnum ? strerror(e->errnum) : "", e->hint[0] ? " (" : "", e->hint,
		 e->hint[0] ? ")" : "");
	err_printable(buf);
}

void err_send(int fd, const struct err *e)
{
	ssize_t n;

	do
		n = write(fd, e, sizeof(*e));
	while (n < 0 && errno == EINTR);
}

int err_recv(int fd, struct err *e)
{
	size_t got = 0;

	while (got < sizeof(*e)) {
		ssize_t n = read(fd, (char *)e + got, sizeof(*e) - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read", "cannot read the child's report");
		if (n == 0)
			break;
		got += n;
	}
	return got == sizeof(*e);
}
