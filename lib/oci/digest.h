/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 of bytes that come by piece. Needs libcrypto in the program's libs file. */
#ifndef RP_OCI_DIGEST_H
#define RP_OCI_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define DIGEST_LEN 72 /* "sha256:" and 64 digits and NUL */

struct digest {
	void *ctx;
};
#define DIGEST_NONE \
	{           \
		0   \
	}

/* Begins, or begins anew. */
void digest_start(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);
/* The result; the state is as after digest_start() then. */
void digest_text(struct digest *d, char out[DIGEST_LEN]);
void digest_release(struct digest *d);
#define _digest_ _clean_(digest_release)

/* Of one block of memory. */
void digest_of(const void *data, size_t len, char out[DIGEST_LEN]);

/*
 * Adds len bytes of fd from offset on, or all up to its end with len < 0. Returns the number of
 * bytes added in *added. A file that is shorter than len is ERR_INPUT.
 */
int digest_add_fd(struct digest *d, int fd, long long offset, long long len, long long *added,
		  struct err *e);

#endif
