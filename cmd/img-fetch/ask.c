/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which image a short name means, asked on the terminal: anybody may own the name in one of the
 * search registries, so a person decides where there is one.
 *
 * The terminal is /dev/tty, since standard input and output belong to the documents. It is opened
 * and closed before the program confines itself.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "plan.h"

#define TRIES 3

static int say(int tty, const struct buf *text, struct err *e)
{
	return fd_write_all(tty, text->data, text->len, e);
}

static int list(int tty, const char *shrt, const struct refs *names, struct err *e)
{
	_buf_ struct buf b = {0};

	buf_fmt(&b, "%s is a short name. Please select an image:\n", shrt);
	for (size_t i = 0; i < names->n; i++) {
		_free_ char *text = ref_text(&names->v[i]);

		buf_fmt(&b, "  %zu) %s\n", i + 1, text);
	}
	return say(tty, &b, e);
}

/* A line of the terminal; the number in it, 1 for an empty one, 0 for what is none of the list. */
static int answer(int tty, size_t most, int64_t *out, struct err *e)
{
	char line[256];
	ssize_t n = TEMP_FAILURE_RETRY(read(tty, line, sizeof(line) - 1));

	if (n < 0)
		return err_sys(e, "read", "cannot read from the terminal");
	if (n == 0)
		return err_set(e, ERR_DENIED, 0, NULL, "no image was selected");
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	*out = 1;
	if (*line && str_to_int(line, 1, (int64_t)most, out) < 0)
		*out = 0;
	return 0;
}

int ask_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

int ask_image(int tty, const char *shrt, struct refs *names, struct err *e)
{
	int64_t chosen = 0;
	struct ref r;

	if (list(tty, shrt, names, e) < 0)
		return -1;
	for (int i = 0; i < TRIES && !chosen; i++) {
		_buf_ struct buf b = {0};

		buf_fmt(&b, "Number, 1 to %zu (1): ", names->n);
		if (say(tty, &b, e) < 0 || answer(tty, names->n, &chosen, e) < 0)
			return -1;
	}
	if (!chosen)
		return err_set(e, ERR_DENIED, 0, NULL, "no image was selected");
	r = ref_copy(&names->v[chosen - 1]);
	refs_release(names);
	refs_add(names, r);
	return 0;
}
