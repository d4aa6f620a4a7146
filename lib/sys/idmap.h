/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subordinate ids and user namespace mappings: subuid(5), user_namespaces(7). */
#ifndef RP_SYS_IDMAP_H
#define RP_SYS_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

#define IDMAP_MAX_RANGES 340 /* the kernel's limit for a map */

struct id_range {
	uint32_t inside;  /* first id in the namespace */
	uint32_t outside; /* first id in the parent namespace */
	uint32_t count;
};

struct idmap {
	struct id_range r[IDMAP_MAX_RANGES];
	size_t n;
};

/*
 * The map of a rootless user: "0 ID 1", then the ranges that FILE (/etc/subuid, /etc/subgid) grants
 * to NAME or, as decimal, to UID, in file order: "1 START COUNT", and so on. Blank lines, comments
 * and blanks around a line are tolerated. A malformed, overflowing or overlapping line of this user
 * is ERR_INPUT with the file, the line number and its text. No file or no line: map->n is 1.
 * name may be NULL where the user has none.
 */
int idmap_read(const char *file, const char *name, uid_t uid, uint32_t id, struct idmap *map,
	       struct err *e);

/* The same from text, for tests; file is for messages. */
int idmap_parse(const char *text, const char *file, const char *name, uid_t uid, uint32_t id,
		struct idmap *map, struct err *e);

/* The map of this process, from /proc/self/uid_map or gid_map. */
int idmap_current(bool gid, struct idmap *map, struct err *e);

/* The id outside that inside stands for; -1 where it is not mapped. */
int64_t idmap_to_outside(const struct idmap *map, uint32_t inside);

#endif
