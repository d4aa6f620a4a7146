/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image from an OCI layout directory: oci:DIR or oci:DIR:REF.
 *
 * Stages: the directory; its index.json, in which REF (or the only image) is looked up; blobs are
 * copied by copy_file_range(2), which shares the data where the file system can, and then verified
 * on our own copy, so that a change of the source at the wrong moment cannot get in. No hard links:
 * the source's owner could change the store through them. Links in the layout are not followed.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "oci/index.h"
#include "oci/policy.h"
#include "sys/path.h"
#include "fetch.h"

static int open_blob(struct oci_dir *o, const char *digest, struct err *e)
{
	_free_ char *path = str_fmt("blobs/sha256/%s", digest_hex(digest));
	_close_ int fd = path_open_beneath(o->dir, path, O_RDONLY | O_NONBLOCK, 0, e);
	struct stat st;

	if (fd < 0)
		return err_prefix(e, "OCI layout");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, 0, NULL, "%s is no regular file", path);
	return take_fd(&fd);
}

static int read_small(struct oci_dir *o, const char *digest, struct buf *out, struct err *e)
{
	_close_ int fd = open_blob(o, digest, e);

	return fd < 0 ? -1 : fd_read_all(fd, JSON_MAX_REMOTE, out, digest, e);
}

static int dir_manifest(struct source *src, const struct descriptor *want, struct buf *out,
			char **type, struct err *e)
{
	struct oci_dir *o = (struct oci_dir *)src;
	const char *digest = want ? want->digest : json_get_str(o->entry, "digest", "");
	char sum[DIGEST_LEN];

	if (read_small(o, digest, out, e) < 0)
		return -1;
	digest_of(out->data, out->len, sum);
	if (!str_eq(sum, digest))
		return err_set(e, ERR_INPUT, 0, NULL, "manifest %s has the digest %s", digest, sum);
	if (!want)
		*type = str_dup(json_get_str(o->entry, "mediaType", NULL));
	return 0;
}

static int dir_small(struct source *src, const struct descriptor *want, struct buf *out,
		     struct err *e)
{
	return read_small((struct oci_dir *)src, want->digest, out, e);
}

/* For file systems that cannot: read and write. */
static int copy_plain(int from, struct part *p, struct err *e)
{
	_free_ char *block = mem_alloc(1 << 20);

	for (;;) {
		ssize_t n = read(from, block, 1 << 20);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read", "blob %s", p->digest);
		if (n == 0)
			return 0;
		if (part_append(p, block, (size_t)n, e) < 0)
			return -1;
	}
}

/* 1 copied and hashed, 0 the kernel will not, -1 error. */
static int copy_range(int from, struct part *p, struct err *e)
{
	off_t in = 0;
	long long n;

	while (in < p->size) {
		ssize_t got = copy_file_range(from, &in, p->fd, NULL, (size_t)(p->size - in), 0);

		if (got > 0)
			continue;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && in == 0 && errno != ENOSPC && errno != EDQUOT && errno != EIO)
			return 0;
		if (got < 0)
			return err_sys(e, "copy_file_range", "cannot store blob %s", p->digest);
		return err_set(e, ERR_INPUT, 0, NULL, "blob %s ends after %lld of %lld bytes",
			       p->digest, (long long)in, (long long)p->size);
	}
	if (digest_add_fd(&p->sum, p->fd, 0, p->size, &n, e) < 0)
		return -1;
	p->offset = p->size;
	return 1;
}

static int copy_blob(struct oci_dir *o, const struct blob *b, struct err *e)
{
	_close_ int from = -1;
	_clean_(part_close) struct part p = PART_NONE;
	struct stat st;
	int r = part_open(&p, o->f->store, b->digest, b->size, false, e);

	if (r != PART_MINE)
		return r == PART_ERROR ? -1 : 0;
	from = open_blob(o, b->digest, e);
	if (from < 0 || part_restart(&p, e) < 0)
		return -1;
	if (fstat(from, &st) < 0 || st.st_size != b->size)
		return err_set(e, ERR_INPUT, 0, NULL, "blob %s has %lld bytes, expected %lld",
			       b->digest, (long long)st.st_size, (long long)b->size);
	r = copy_range(from, &p, e);
	if (r < 0 || (r == 0 && copy_plain(from, &p, e) < 0)) {
		part_restart(&p, NULL);
		return -1;
	}
	return part_commit(&p, e);
}

static int dir_blobs(struct source *src, const struct blob *list, size_t n, struct err *e)
{
	struct oci_dir *o = (struct oci_dir *)src;

	for (size_t i = 0; i < n; i++) {
		if (copy_blob(o, &list[i], e) < 0)
			return -1;
		progress_blob_done(o->f->progress, list[i].digest, list[i].size, false);
	}
	return 0;
}

/* "localhost/BASENAME:latest" with what a name may have. */
static void name_after_dir(const char *dir, struct ref *out)
{
	_free_ char *path = str_dup(dir), *text = NULL;
	size_t n = strlen(path);
	const char *base;

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	base = strrchr(path, '/');
	base = base ? base + 1 : path;
	text = str_fmt("localhost/%s:latest", base);
	for (char *c = text + strlen("localhost/"); *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (ref_parse(text, out, NULL) < 0)
		ref_parse("localhost/image:latest", out, NULL);
}

static void choose_name(struct oci_dir *o, const char *dir, const char *name)
{
	struct ref r = {0};

	if (!name || ref_parse(name, &r, NULL) < 0) {
		name_after_dir(dir, &o->name);
		return;
	}
	o->name = r.domain ? ref_copy(&r) : ref_with_domain(&r, "localhost");
	ref_release(&r);
	ref_complete(&o->name);
}

static int find_entry(struct oci_dir *o, const char *dir, const char *name, struct err *e)
{
	struct cur root = cur_root(o->index), list;
	struct descriptor d;

	if (cur_arr(&root, "manifests", CUR_NEED, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur c = cur_at(&list, i);

		if (name && !str_eq(index_note(c.val, ANN_NAME), name))
			continue;
		if (descriptor_read(&c, JSON_MAX_REMOTE, &d, e) < 0)
			return -1;
		if (o->entry) {
			err_set(e, ERR_INPUT, 0, NULL, "%s has more than one image%s%s", dir,
				name ? " named " : "", name ? name : "");
			return err_hint(e, "name one: oci:%s:NAME", dir);
		}
		o->entry = c.val;
	}
	if (!o->entry)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s has no image%s%s", dir,
			       name ? " named " : "", name ? name : "");
	return 0;
}

static int check_policy(const struct oci_dir *o, const char *name, struct err *e)
{
	_policy_ struct policy p = {0};
	_free_ char *path = path_of_fd(o->dir);

	if (policy_load(&p, e) < 0)
		return -1;
	return policy_check_layout(&p, path ? path : "", name, e);
}

int oci_dir_open(struct oci_dir *o, struct fetch *f, const char *text, struct err *e)
{
	size_t n = strcspn(text, ":");
	_free_ char *dir = str_ndup(text, n);
	const char *name = text[n] ? text + n + 1 : NULL;

	*o = (struct oci_dir){.src = {dir_manifest, dir_small, dir_blobs}, .f = f, .dir = -1};
	if (!*dir || (name && !*name))
		return err_set(e, ERR_USAGE, 0, NULL, "oci:%s is not oci:DIR[:NAME]", text);
	o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir < 0)
		return err_sys(e, "open", "cannot open the OCI layout %s", dir);
	if (check_policy(o, name, e) < 0)
		return -1;
	if (json_read_file(o->dir, "index.json", JSON_MAX_REMOTE, &o->index, e) < 0) {
		if (e->code == ERR_NOTFOUND)
			return err_set(e, ERR_INPUT, 0, NULL,
				       "%s is no OCI layout: it has no index.json", dir);
		return err_prefix(e, "%s", dir);
	}
	if (find_entry(o, dir, name, e) < 0)
		return -1;
	choose_name(o, dir, name);
	return 0;
}

void oci_dir_close(struct oci_dir *o)
{
	if (o->dir >= 0)
		close(o->dir);
	json_put(o->index);
	ref_release(&o->name);
	*o = (struct oci_dir){.dir = -1};
}
