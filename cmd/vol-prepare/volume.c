/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes of the store, named and anonymous ones.
 *
 * A new one is made in staging/ and published by one rename; it begins as what the image has at its
 * place. The image's own paths are only ever opened below the root file system's descriptor.
 */
#include "vol-prepare.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctr/labelling.h"
#include "sys/path.h"
#include "sys/treecopy.h"

static int random_name(char name[65], struct err *e)
{
	unsigned char rnd[32];

	if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
		return err_sys(e, "getrandom", "no random numbers");
	hex_encode(rnd, sizeof(rnd), name);
	return 0;
}

/*
 * A new volume begins as what the image has at the destination: owner, mode and, with fill, the
 * content. Where the image has nothing there, it belongs to the container's user.
 */
static int copy_up(struct volumes *v, const char *dest, int data, bool fill, struct err *e)
{
	_close_ int from =
		v->rootfs < 0 ? -1
			      : path_open_in_root(v->rootfs, dest, O_RDONLY | O_DIRECTORY, 0, NULL);
	bool known = json_path(v->doc, "rootfs.user");
	/* -1 changes nothing: a document that is tried out without a root file system */
	struct stat st = {.st_uid = known ? (uid_t)v->uid : (uid_t)-1,
			  .st_gid = known ? (gid_t)v->gid : (gid_t)-1,
			  .st_mode = 0755};

	if (from >= 0 && fstat(from, &st) < 0)
		return err_sys(e, "fstat", "cannot read %s", dest);
	if (from >= 0 && fill && tree_apply(from, data, e) < 0)
		return err_prefix(e, "cannot copy %s of the image into its volume", dest);
	if (fchown(data, st.st_uid, st.st_gid) < 0 || fchmod(data, st.st_mode & 07777) < 0)
		return err_sys(e, "fchown", "cannot set the owner of the volume for %s", dest);
	return 0;
}

static int make_volume(struct volumes *v, int dir, const char *name, const char *dest,
		       bool anonymous, bool fill, struct err *e)
{
	_staging_ struct staging st = STAGING_NONE;
	_json_ struct json *meta = json_new_object();
	_close_ int data = -1;
	char now[TIME_TEXT_LEN];

	if (staging_make(&v->s, "volume", &st, e) < 0)
		return -1;
	if (mkdirat(st.fd, "_data", 0755) < 0)
		return err_sys(e, "mkdirat", "cannot make volume %s", name);
	data = openat(st.fd, "_data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (data < 0 || fchmod(data, 0755) < 0)
		return err_sys(e, "openat", "cannot make volume %s", name);
	if (copy_up(v, dest, data, fill, e) < 0)
		return -1;
	time_text(NULL, now);
	json_set(meta, "schema", json_new_str("rp.volume/1"));
	json_set(meta, "name", json_new_str(name));
	json_set(meta, "created", json_new_str(now));
	json_set(meta, "anonymous", json_new_bool(anonymous));
	if (json_write_file(st.fd, "meta.json", meta, 0600, !anonymous, e) < 0)
		return -1;
	/* somebody else may have made it meanwhile: theirs is as good */
	return staging_commit(&st, dir, name, e) < 0 ? -1 : 0;
}

/* The absolute path of the volume's data, made when missing. */
static char *use_volume(struct volumes *v, const char *name, const char *dest, bool anonymous,
			bool fill, struct err *e)
{
	_close_ int dir = store_dir(&v->s, "volumes", e), data = -1;
	_free_ char *sub = str_fmt("%s/_data", name);
	bool is_new = false;
	char *path;

	if (dir < 0)
		return NULL;
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		if (make_volume(v, dir, name, dest, anonymous, fill, e) < 0)
			return NULL;
		is_new = true;
	}
	data = path_open_beneath(dir, sub, O_PATH | O_DIRECTORY, 0, e);
	if (data < 0) {
		err_prefix(e, "volume %s", name);
		return NULL;
	}
	path = str_fmt("%s/volumes/%s/_data", v->s.path, name);
	if (is_new) /* for whichever containers mount it; z and Z in the request come after this */
		labelling_add(v->relabel, path, true);
	return path;
}

int volume_place(struct volumes *v, const char *name, const char *dest, bool anonymous,
		 const struct strv *options, struct err *e)
{
	_free_ char *path = NULL;
	struct json *m;

	path = use_volume(v, name, dest, anonymous, !strv_has(options, "nocopy"), e);
	if (!path)
		return -1;
	m = mount_add(v, "volume", path, dest);
	json_set(m, "name", json_new_str(name));
	json_set(m, "anonymous", json_new_bool(anonymous));
	return mount_finish(v, m, options, e);
}

int volume_names(struct volumes *v, size_t n, struct strv *names, struct err *e)
{
	const char *id = json_str(json_path(v->doc, "container.id"));
	char name[65];

	while (names->n < n) {
		if (random_name(name, e) < 0)
			return -1;
		strv_add(names, name);
	}
	/* without: a document that is tried out without a container */
	return id && n ? container_own_volumes(&v->s, id, names, e) : 0;
}
