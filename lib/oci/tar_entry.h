/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an archive says of one file, and how large the parts of that may be. */
#ifndef RP_OCI_TAR_ENTRY_H
#define RP_OCI_TAR_ENTRY_H

#include <stdint.h>
#include <time.h>

#include "base/str.h"

#define TAR_MAX_EXTENDED (1u << 20) /* bytes of one PAX header or long name */
#define TAR_MAX_NAME	 4095
#define TAR_MAX_SPARSE	 (1u << 18) /* parts of a sparse file */

enum tar_type {
	TAR_FILE = '0', /* also contiguous and sparse files */
	TAR_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHAR = '3',
	TAR_BLOCK = '4',
	TAR_DIR = '5',
	TAR_FIFO = '6',
};

struct tar_xattr {
	char *name; /* as in "SCHILY.xattr.NAME" */
	char *value;
	size_t len;
};

/* length bytes of content belong at offset */
struct tar_part {
	int64_t offset, length;
};

struct tar_entry {
	enum tar_type type;
	const char *name; /* as the archive has it, not NULL, may be empty */
	const char *link; /* target of a link, else "" */
	int64_t uid, gid;
	uint32_t mode; /* 07777 */
	int64_t size;  /* of the file, holes included; 0 unless TAR_FILE */
	int64_t dev_major, dev_minor;
	struct timespec mtime;
	const struct tar_xattr *xattrs;
	size_t nxattrs;
	bool acls; /* access control lists as text were given, which are not read */
	bool sparse;
};

#endif
