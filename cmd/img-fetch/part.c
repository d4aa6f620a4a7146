/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One blob on its way into the store.
 *
 * A blob grows in partial/HEX.part under an flock(2) and gets its name in blobs/sha256/ by one
 * rename(2) after size and digest were verified. So blobs/ never holds a wrong or half blob, and a
 * killed download goes on where it stopped. What an earlier process left in the file may be
 * anything (another program's bytes, zeros after a power cut): it is hashed from the start, and if
 * the digest turns out wrong the file goes.
 *
 * Two processes that want the same blob meet at the lock. When the second gets it, the first has
 * either renamed the file (the lock is then on an inode that has another name) or died; so after
 * locking, the name must still lead to the locked inode, or we look again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "sys/path.h"
#include "fetch.h"

#define FLUSH_AT (1 << 20)

static void part_release(struct part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->partial >= 0)
		close(p->partial);
	if (p->blobs >= 0)
		close(p->blobs);
	digest_release(&p->sum);
	buf_release(&p->pending);
	*p = (struct part)PART_NONE;
}

/* 1 locked, 0 the name leads elsewhere by now, -1 error, 2 busy. */
static int lock_once(struct part *p, bool nowait, struct err *e)
{
	struct stat a, b;
	int r;

	p->fd = path_open_beneath(p->partial, p->name, O_RDWR | O_CREAT, 0600, e);
	if (p->fd < 0)
		return err_prefix(e, "partial blob");
	do
		r = flock(p->fd, LOCK_EX | (nowait ? LOCK_NB : 0));
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EWOULDBLOCK)
		return 2;
	if (r < 0)
		return err_sys(e, "flock", "cannot lock partial/%s", p->name);
	if (fstat(p->fd, &a) == 0 && fstatat(p->partial, p->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino)
		return 1;
	close(take_fd(&p->fd));
	return 0;
}

/* Takes what is in the file into the digest. */
static int adopt(struct part *p, struct err *e)
{
	long long n = 0;

	digest_start(&p->sum);
	if (digest_add_fd(&p->sum, p->fd, 0, -1, &n, e) < 0)
		return -1;
	if (n > p->size)
		return part_restart(p, e);
	p->offset = n;
	p->resumed = n > 0;
	if (lseek(p->fd, n, SEEK_SET) < 0)
		return err_sys(e, "lseek", "partial/%s", p->name);
	return 0;
}

int part_open(struct part *p, const struct store *s, const char *digest, int64_t size, bool nowait,
	      struct err *e)
{
	int r;

	*p = (struct part)PART_NONE;
	p->size = size;
	snprintf(p->digest, sizeof(p->digest), "%s", digest);
	snprintf(p->name, sizeof(p->name), "%s.part", digest_hex(digest));
	p->partial = store_dir(s, "partial", e);
	p->blobs = p->partial < 0 ? -1 : store_dir(s, "blobs/sha256", e);
	if (p->blobs < 0)
		goto failed;
	do
		r = lock_once(p, nowait, e);
	while (r == 0);
	if (r < 0)
		goto failed;
	if (r == 2) {
		part_release(p);
		return PART_BUSY;
	}
	if (faccessat(p->blobs, digest_hex(digest), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		unlinkat(p->partial, p->name, 0);
		part_release(p);
		return PART_PRESENT;
	}
	if (adopt(p, e) == 0)
		return PART_MINE;
failed:
	part_release(p);
	return PART_ERROR;
}

static int flush(struct part *p, struct err *e)
{
	if (!p->pending.len)
		return 0;
	if (fd_write_all(p->fd, p->pending.data, p->pending.len, e) < 0)
		return err_prefix(e, "cannot store blob %s", p->digest);
	digest_add(&p->sum, p->pending.data, p->pending.len);
	p->pending.len = 0;
	return 0;
}

int part_append(struct part *p, const void *data, size_t len, struct err *e)
{
	if ((int64_t)len > p->size - p->offset)
		return err_set(e, ERR_INPUT, 0, NULL, "blob %s is longer than its %lld bytes",
			       p->digest, (long long)p->size);
	if (!p->pending.data)
		buf_reserve(&p->pending, FLUSH_AT + (1 << 16));
	buf_add(&p->pending, data, len);
	p->offset += (int64_t)len;
	return p->pending.len >= FLUSH_AT ? flush(p, e) : 0;
}

int part_restart(struct part *p, struct err *e)
{
	p->pending.len = 0;
	p->offset = 0;
	p->resumed = false;
	digest_start(&p->sum);
	if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
		return err_sys(e, "ftruncate", "partial/%s", p->name);
	return 0;
}

int part_commit(struct part *p, struct err *e)
{
	char sum[DIGEST_LEN];
	int r = -1;

	if (flush(p, e) < 0)
		return -1;
	if (p->offset != p->size)
		return err_set(e, ERR_INPUT, 0, NULL, "blob %s ends after %lld of %lld bytes",
			       p->digest, (long long)p->offset, (long long)p->size);
	digest_text(&p->sum, sum);
	if (!str_eq(sum, p->digest)) {
		unlinkat(p->partial, p->name, 0);
		err_set(e, ERR_INPUT, 0, NULL, "blob %s has the digest %s", p->digest, sum);
	} else if (renameat(p->partial, p->name, p->blobs, digest_hex(p->digest)) < 0) {
		err_sys(e, "renameat", "cannot put blob %s in place", p->digest);
	} else {
		r = 0;
	}
	part_release(p);
	return r;
}

void part_close(struct part *p)
{
	struct err ignored = {0};

	if (p->fd >= 0) {
		flush(p, &ignored);
		if (p->offset == 0)
			unlinkat(p->partial, p->name, 0);
	}
	part_release(p);
}

int blob_write(const struct store *s, const char *digest, const struct buf *data, struct err *e)
{
	_close_ int dir = store_dir(s, "blobs/sha256", e);

	if (dir < 0)
		return -1;
	if (blob_present(s, digest, (int64_t)data->len, true, e) == 1)
		return 0;
	return file_replace(dir, digest_hex(digest), data->data, data->len, 0600, false, e);
}

int blob_present(const struct store *s, const char *digest, int64_t size, bool verify,
		 struct err *e)
{
	_close_ int dir = -1, fd = -1;
	_digest_ struct digest d = DIGEST_NONE;
	char sum[DIGEST_LEN] = "";
	int64_t have = 0;
	long long n;

	fd = blob_open(s, digest, &have, e);
	if (fd < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	if (have == size && !verify)
		return 1;
	if (have == size) {
		digest_start(&d);
		if (digest_add_fd(&d, fd, 0, -1, &n, e) < 0)
			return -1;
		digest_text(&d, sum);
	}
	if (str_eq(sum, digest))
		return 1;
	dir = store_dir(s, "blobs/sha256", e);
	if (dir < 0 || (unlinkat(dir, digest_hex(digest), 0) < 0 && errno != ENOENT))
		return err_sys(e, "unlinkat", "cannot remove the damaged blob %s", digest);
	return 0;
}
