/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting blobs, layers and partial downloads that nobody needs. The order of things and why it is
 * safe beside pulls and starts is told in img-remove.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "ctr/inventory.h"
#include "sys/path.h"
#include "sweep.h"

/* The names in a folder of the store, as "sha256:NAME"; a folder that is missing has none. */
static int list_digests(const struct store *s, const char *sub, struct strv *out, struct err *e)
{
	int fd = store_dir(s, sub, e);
	_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;

	if (!d)
		return -1;
	while ((ent = readdir(d))) {
		_free_ char *digest = str_fmt("sha256:%s", ent->d_name);

		if (digest_hex(digest))
			strv_add(out, digest);
	}
	return 0;
}

int sweep_blobs(const struct store *s, const struct strv *these, const struct strv *keep,
		struct err *e)
{
	_strv_ struct strv all = {0};
	_close_ int dir = store_dir(s, "blobs/sha256", e);

	if (dir < 0 || (!these && list_digests(s, "blobs/sha256", &all, e) < 0))
		return -1;
	strv_foreach (digest, these ? these : &all) {
		if (strv_has(keep, digest))
			continue;
		if (unlinkat(dir, digest_hex(digest), 0) < 0 && errno != ENOENT)
			return err_sys(e, "unlinkat", "cannot remove blob %s", digest);
	}
	return 0;
}

/* Puts back what a container that came meanwhile needs. */
static int put_back(const struct store *s, int layers, struct staging *aside,
		    const struct strv *moved, struct err *e)
{
	_usage_ struct usage u = {0};
	int r = usage_read(s, &u, e);

	strv_foreach (id, moved) {
		if (r == 0 && !strv_has(&u.layers, id))
			continue;
		if (renameat2(aside->fd, digest_hex(id), layers, digest_hex(id), RENAME_NOREPLACE) <
			    0 &&
		    errno != EEXIST)
			return err_sys(e, "renameat2", "cannot put layer %s back", id);
	}
	return r;
}

int sweep_layers(const struct store *s, const struct strv *these, const struct strv *keep,
		 struct staging *aside, struct err *e)
{
	_strv_ struct strv all = {0}, moved = {0};
	_usage_ struct usage u = {0};
	_close_ int dir = store_dir(s, "layers/sha256", e);

	if (dir < 0 || usage_read(s, &u, e) < 0 ||
	    (!these && list_digests(s, "layers/sha256", &all, e) < 0))
		return -1;
	strv_foreach (id, these ? these : &all) {
		if (strv_has(keep, id) || strv_has(&u.layers, id) ||
		    faccessat(dir, digest_hex(id), F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (aside->fd < 0 && staging_make(s, "img-remove", aside, e) < 0)
			return -1;
		if (renameat(dir, digest_hex(id), aside->fd, digest_hex(id)) < 0)
			return err_sys(e, "renameat", "cannot remove layer %s", id);
		strv_add(&moved, id);
	}
	return moved.n ? put_back(s, dir, aside, &moved, e) : 0;
}

int sweep_partial(const struct store *s, struct err *e)
{
	_close_ int dir = store_dir(s, "partial", e);
	_closedir_ DIR *d = NULL;
	struct dirent *ent;
	int copy;

	if (dir < 0)
		return -1;
	copy = store_dir(s, "partial", e);
	d = copy < 0 ? NULL : fdopendir(copy);
	while (d && (ent = readdir(d))) {
		_close_ int fd = -1;

		if (ent->d_name[0] == '.')
			continue;
		fd = path_open_beneath(dir, ent->d_name, O_RDONLY | O_NONBLOCK, 0, NULL);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dir, ent->d_name, 0);
	}
	return 0;
}

int sweep_aside(struct staging *aside)
{
	if (aside->fd < 0)
		return 0;
	return path_remove_tree(aside->parent, aside->name, NULL);
}
