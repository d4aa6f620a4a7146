/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/passwd of an image, which is hostile: read below the descriptor of its root (regular, at
 * most 1 MiB, without blocking), parsed line by line, never by NSS.
 */
#ifndef RP_CTR_PASSWD_H
#define RP_CTR_PASSWD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define PASSWD_MAX_FILE (1u << 20)
#define PASSWD_MAX_ID	INT32_MAX

struct account {
	int64_t uid, gid;
	char *name; /* NULL where the uid has no entry */
	char *home; /* absolute */
};
void account_release(struct account *a);
#define _account_ _clean_(account_release)

/* The first entry of this name, or with name NULL of this uid. false: there is none; *a is as it
 * was. */
bool passwd_find(int root, const char *name, int64_t uid, struct account *a);

/* A database below root; "" where there is none, or something else in its place. */
void passwd_read(int root, const char *path, struct buf *b);

/* Takes the next line off the text, cut at its end; NULL behind the last. */
char *passwd_next_line(char **text);

#endif
