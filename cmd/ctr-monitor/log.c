/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The k8s-file log: "2026-11-22T02:22:47.123456789Z stdout F text", P instead of F where the line
 * goes on in the next record.
 *
 * One clock reading for all lines of a read, and one write(2) unless they are very short. The file
 * is opened by descriptor with O_NOFOLLOW and appended to; it is rotated by rename to NAME.1, so
 * that a reader with the old file open loses nothing. A full disk must not stop the container: what
 * it refuses is counted and said in the log when there is room again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "monitor.h"

#define MAX_PIECE READ_SIZE

static int open_file(struct log_file *l, struct err *e)
{
	struct stat st;

	/* O_NONBLOCK: a fifo that somebody put there must not hold us */
	l->fd = openat(l->dir, l->name,
		       O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return err_sys(e, "openat", "cannot open the log %s", l->name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DENIED, 0, "openat", "the log %s is not a regular file",
			       l->name);
	l->size = st.st_size;
	return 0;
}

int log_open(struct log_file *l, int dir, const char *name, int64_t max_size, struct err *e)
{
	*l = (struct log_file){.dir = dir, .fd = -1, .max_size = max_size};
	if (strlen(name) >= sizeof(l->name))
		return err_set(e, ERR_USAGE, ENAMETOOLONG, NULL, "log %s", name);
	snprintf(l->name, sizeof(l->name), "%s", name);
	return open_file(l, e);
}

static void rotate(struct log_file *l)
{
	char old[sizeof(l->name) + 2];

	snprintf(old, sizeof(old), "%s.1", l->name);
	if (renameat(l->dir, l->name, l->dir, old) < 0)
		return;
	close(l->fd);
	open_file(l, NULL);
}

static void put(struct log_file *l)
{
	size_t done = 0;

	while (done < l->line.len) {
		ssize_t n = write(l->fd, l->line.data + done, l->line.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			l->lost += (int64_t)(l->line.len - done);
			break;
		}
		done += n;
	}
	l->size += (int64_t)done;
	l->line.len = 0;
}

static void stamp(char *out, size_t size, int stream)
{
	char text[TIME_TEXT_LEN];

	time_text(NULL, text);
	snprintf(out, size, "%s %s ", text, stream == 1 ? "stdout" : "stderr");
}

void log_write(struct log_file *l, int stream, const char *data, size_t len)
{
	char head[TIME_TEXT_LEN + 16];
	size_t head_len;

	if (l->fd < 0 || len == 0)
		return;
	if (l->max_size > 0 && l->size + (int64_t)len > l->max_size && l->size > 0)
		rotate(l);
	stamp(head, sizeof(head), stream);
	head_len = strlen(head);
	if (l->lost) {
		buf_fmt(&l->line, "%sF [rp: %lld bytes of output were lost: the disk was full]\n",
			head, (long long)l->lost);
		l->lost = 0;
	}
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;

		buf_add(&l->line, head, head_len);
		buf_add(&l->line, end ? "F " : "P ", 2);
		buf_add(&l->line, data, n);
		buf_char(&l->line, '\n');
		n += end != NULL;
		data += n;
		len -= n;
		if (l->line.len > MAX_PIECE) /* many short lines: heads are longer than they */
			put(l);
	}
	put(l);
}

void log_close(struct log_file *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	buf_release(&l->line);
}
