/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owner, mode, attributes and times of what was unpacked, always by descriptor: nothing that an
 * archive holds can redirect them.
 *
 * Order: owner (which clears setuid bits and file capabilities), mode, attributes, times. Ids of
 * the image are ids of this user namespace; one that is not mapped cannot be given to a file: it is
 * noted for the message at the end, or squashed to 0 with the true owner in user.rp.owner.
 *
 * Attributes: user.* are kept, but for the names by which overlay file systems and engines mark
 * things, which an image must not forge; security.capability is written in its version 2, to which
 * the kernel adds the root id of this user namespace (capabilities(7)), whatever root id the image
 * came with; everything else belongs to the host that made the image and is dropped.
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "unpack.h"

void idset_add(struct idset *s, uint32_t id)
{
	s->max = id > s->max ? id : s->max;
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i] == id)
			return;
	if (s->n < IDSET_MAX)
		s->v[s->n++] = id;
	else
		s->more = true;
}

/* Which owner to set; both false: leave it. */
static int map_owner(struct unpack *u, const struct tar_entry *t, uid_t *uid, gid_t *gid,
		     bool *unmapped, struct err *e)
{
	bool u_ok, g_ok;

	if (t->uid < 0 || t->uid >= UINT32_MAX || t->gid < 0 || t->gid >= UINT32_MAX)
		return err_set(e, ERR_INPUT, 0, "tar", "owner %lld:%lld is out of range",
			       (long long)t->uid, (long long)t->gid);
	u_ok = idmap_to_outside(&u->set->uids, (uint32_t)t->uid) >= 0;
	g_ok = idmap_to_outside(&u->set->gids, (uint32_t)t->gid) >= 0;
	if (!u->set->squash_ids && !u_ok)
		idset_add(&u->report->uids, (uint32_t)t->uid);
	if (!u->set->squash_ids && !g_ok)
		idset_add(&u->report->gids, (uint32_t)t->gid);
	*unmapped = !u_ok || !g_ok;
	*uid = u_ok ? (uid_t)t->uid : 0;
	*gid = g_ok ? (gid_t)t->gid : 0;
	return 0;
}

static const uint8_t *as_bytes(const void *p)
{
	return p;
}

/* Version 2 or 3 to version 2. */
static bool capability_v2(const struct tar_xattr *x, struct vfs_cap_data *out)
{
	struct vfs_cap_data v;
	uint32_t rev;

	if (x->len != XATTR_CAPS_SZ_2 && x->len != XATTR_CAPS_SZ_3)
		return false;
	memcpy(&v, as_bytes(x->value), sizeof(v));
	rev = le32toh(v.magic_etc) & VFS_CAP_REVISION_MASK;
	if ((rev == VFS_CAP_REVISION_2 && x->len != XATTR_CAPS_SZ_2) ||
	    (rev == VFS_CAP_REVISION_3 && x->len != XATTR_CAPS_SZ_3) ||
	    (rev != VFS_CAP_REVISION_2 && rev != VFS_CAP_REVISION_3))
		return false;
	*out = v;
	out->magic_etc =
		htole32(VFS_CAP_REVISION_2 | (le32toh(v.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE));
	return true;
}

static bool is_kept(const char *name)
{
	static const char *const forged[] = {"user.overlay.", "user.containers.",
					     "user.fuseoverlayfs.", "user.rp."};

	if (!str_after(name, "user."))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(forged); i++)
		if (str_after(name, forged[i]))
			return false;
	return true;
}

static void set_xattrs(struct unpack *u, int fd, const struct tar_entry *t)
{
	for (size_t i = 0; i < t->nxattrs; i++) {
		const struct tar_xattr *x = &t->xattrs[i];
		struct vfs_cap_data cap;
		int r = 0;

		if (str_eq(x->name, "security.capability") && t->type == TAR_FILE) {
			r = -1;
			if (capability_v2(x, &cap))
				r = fsetxattr(fd, x->name, &cap, sizeof(cap), 0);
		} else if (is_kept(x->name)) {
			r = fsetxattr(fd, x->name, x->value, x->len, 0);
		}
		u->report->xattrs += r < 0;
	}
}

static int note_owner(struct unpack *u, int fd, const struct tar_entry *t)
{
	char text[48];
	int n = snprintf(text, sizeof(text), "%lld:%lld", (long long)t->uid, (long long)t->gid);

	u->report->xattrs += fsetxattr(fd, "user.rp.owner", text, (size_t)n, 0) < 0;
	return 0;
}

static void times_of(const struct tar_entry *t, struct timespec out[2])
{
	out[0] = t->mtime;
	out[1] = t->mtime;
}

int set_attrs(struct unpack *u, int fd, const struct tar_entry *t, bool inherits, struct err *e)
{
	bool dir = t->type == TAR_DIR, unmapped = false;
	struct timespec times[2];
	uid_t uid;
	gid_t gid;

	if (map_owner(u, t, &uid, &gid, &unmapped, e) < 0)
		return -1;
	if ((uid || gid || inherits || dir) && fchown(fd, uid, gid) < 0)
		return err_sys(e, "fchown", "cannot give it to %u:%u", uid, gid);
	if ((dir || t->mode & 07000) && fchmod(fd, t->mode) < 0)
		return err_sys(e, "fchmod", "cannot set mode %04o", t->mode);
	if (unmapped && u->set->squash_ids)
		note_owner(u, fd, t);
	if (t->nxattrs)
		set_xattrs(u, fd, t);
	times_of(t, times);
	/* a folder's time changes with each entry to come */
	if (!dir && futimens(fd, times) < 0)
		return err_sys(e, "futimens", "cannot set its time");
	return 0;
}

int set_link_attrs(struct unpack *u, const struct spot *s, const struct tar_entry *t, struct err *e)
{
	struct timespec times[2];
	bool unmapped = false;
	uid_t uid;
	gid_t gid;

	if (map_owner(u, t, &uid, &gid, &unmapped, e) < 0)
		return -1;
	if ((uid || gid || s->inherits) &&
	    fchownat(s->dir, s->name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "fchownat", "cannot give it to %u:%u", uid, gid);
	times_of(t, times);
	if (utimensat(s->dir, s->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "utimensat", "cannot set its time");
	return 0;
}
