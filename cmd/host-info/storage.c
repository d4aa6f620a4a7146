/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: where it is, and how much is in it. */
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "info.h"
#include "base/fd.h"
#include "ctr/container.h"
#include "oci/index.h"
#include "ctr/no_overlay.h"

static int count_containers(const struct store *s, struct json *out, struct err *e)
{
	int64_t running = 0, paused = 0, stopped = 0, all = 0;
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids) {
		struct container_state st;

		if (container_state(s, id, &st, NULL) < 0)
			continue; /* removed meanwhile */
		all++;
		running += (container_up(st.status) && st.status != CONTAINER_PAUSED);
		paused += st.status == CONTAINER_PAUSED;
		stopped += st.status == CONTAINER_EXITED || st.status == CONTAINER_CREATED;
	}
	json_set(out, "number", json_new_int(all));
	json_set(out, "running", json_new_int(running));
	json_set(out, "paused", json_new_int(paused));
	json_set(out, "stopped", json_new_int(stopped));
	return 0;
}

static int count_images(const struct store *s, struct json *out, struct err *e)
{
	_json_ struct json *index = NULL;
	_strv_ struct strv seen = {0};

	if (index_read(s, &index, e) < 0)
		return -1;
	json_each (d, json_get(index, "manifests")) {
		const char *digest = json_get_str(d.v, "digest", "");

		if (!strv_has(&seen, digest))
			strv_add(&seen, digest);
	}
	json_set(out, "number", json_new_int((int64_t)seen.n));
	return 0;
}

static const char *driver(const struct store *s)
{
	_free_ char *why = no_overlay_why(s);

	return why ? "vfs" : "overlay";
}

static void add_space(const struct store *s, struct json *out)
{
	struct statvfs fs;

	if (statvfs(s->path, &fs) < 0)
		return;
	json_set(out, "graphRootAllocated", json_new_int((int64_t)(fs.f_blocks * fs.f_frsize)));
	json_set(out, "graphRootUsed",
		 json_new_int((int64_t)((fs.f_blocks - fs.f_bfree) * fs.f_frsize)));
}

/* What df(1) and mount(8) say of the place. */
static void add_status(const struct store *s, struct json *out)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {{EXT4_SUPER_MAGIC, "extfs"},  {XFS_SUPER_MAGIC, "xfs"},
		     {BTRFS_SUPER_MAGIC, "btrfs"}, {TMPFS_MAGIC, "tmpfs"},
		     {NFS_SUPER_MAGIC, "nfs"},	   {OVERLAYFS_SUPER_MAGIC, "overlayfs"}};
	_free_ char *why = no_overlay_why(s);
	struct statfs fs = {0};
	_free_ char *number = NULL;
	const char *name = NULL;

	statfs(s->path, &fs);
	number = str_fmt("<%#lx>", (unsigned long)fs.f_type);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].magic == (unsigned long)fs.f_type)
			name = known[i].name;
	json_set(out, "Backing Filesystem", json_new_str(name ? name : number));
	json_set(out, "Native Overlay Diff", json_new_str(why ? "false" : "true"));
	json_set(out, "Using metacopy", json_new_str("false"));
	if (why)
		json_set(out, "No Overlay Because", json_new_str(why));
}

int describe_store(const struct store *s, struct json *out, struct err *e)
{
	_free_ char *volumes = str_fmt("%s/volumes", s->path);

	json_set(out, "graphDriverName", json_new_str(driver(s)));
	json_set(out, "graphRoot", json_new_str(s->path));
	json_set(out, "runRoot", json_new_str(s->run_path));
	json_set(out, "volumePath", json_new_str(volumes));
	/* rp has no storage.conf; the key is there for scripts */
	json_set(out, "configFile", json_new_str(""));
	json_need_obj(out, "graphOptions");
	add_status(s, json_need_obj(out, "graphStatus"));
	add_space(s, out);
	if (count_containers(s, json_need_obj(out, "containerStore"), e) < 0)
		return -1;
	return count_images(s, json_need_obj(out, "imageStore"), e);
}
