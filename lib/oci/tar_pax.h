/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of PAX extended headers; private to the tar reader. */
#ifndef RP_OCI_TAR_PAX_H
#define RP_OCI_TAR_PAX_H

#include "oci/tar_entry.h"

struct tar_pax {
	bool ready; /* TAR_PAX_EMPTY, not all zeros */
	char *path, *linkpath, *sparse_name;
	int64_t uid, gid, size, real_size; /* -1: not given */
	bool has_mtime;
	struct timespec mtime;
	struct tar_xattr *xattrs;
	size_t nxattrs;
	bool acls; /* an access control list is given as text, SCHILY.acl.* */
	int64_t sparse_major;
	bool sparse_map; /* formats 0.0 and 0.1 */
	struct tar_part *sparse;
	size_t nsparse;
	int64_t pending_offset; /* 0.0: an offset whose length has not come yet, or -1 */
	unsigned taken_back;	/* TAR_PAX_*: an empty value; the global header's does not count */
};

#define TAR_PAX_PATH	 (1u << 0)
#define TAR_PAX_LINKPATH (1u << 1)
#define TAR_PAX_UID	 (1u << 2)
#define TAR_PAX_GID	 (1u << 3)
#define TAR_PAX_SIZE	 (1u << 4)
#define TAR_PAX_MTIME	 (1u << 5)

#define TAR_PAX_EMPTY                      \
	((struct tar_pax){.ready = true,   \
			  .uid = -1,       \
			  .gid = -1,       \
			  .size = -1,      \
			  .real_size = -1, \
			  .pending_offset = -1})

/*
 * Adds the records "LENGTH KEY=VALUE\n" of one header; a later value replaces an earlier one, an
 * empty one takes it back. Keys that are not known are ignored, whatever their values are.
 */
int tar_pax_parse(struct tar_pax *p, const char *data, size_t len, struct err *e);

/* A global header counts only for names, owners, times: the rest is dropped. */
void tar_pax_keep_global(struct tar_pax *p);

/* The text of a GNU long name, up to its NUL, to *out. */
int tar_pax_name(char **out, const char *data, size_t len, struct err *e);

void tar_pax_release(struct tar_pax *p);

#endif
