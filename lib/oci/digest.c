/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 through libcrypto's EVP interface, which picks the processor's SHA instructions. EVP
 * calls on a context in memory fail only for want of memory, which this project treats as fatal
 * (base/str.h); so these functions have no error value.
 */
#include <errno.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/str.h"
#include "oci/digest.h"

#define BLOCK (1 << 20)

static void must(int ok)
{
	if (!ok)
		abort();
}

void digest_start(struct digest *d)
{
	if (!d->ctx)
		d->ctx = EVP_MD_CTX_new();
	must(d->ctx && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL));
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	must(EVP_DigestUpdate(d->ctx, data, len));
}

void digest_text(struct digest *d, char out[DIGEST_LEN])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	must(EVP_DigestFinal_ex(d->ctx, md, &n) && n == 32);
	memcpy(out, "sha256:", 7);
	hex_encode(md, n, out + 7);
	digest_start(d);
}

void digest_release(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

void digest_of(const void *data, size_t len, char out[DIGEST_LEN])
{
	_digest_ struct digest d = DIGEST_NONE;

	digest_start(&d);
	digest_add(&d, data, len);
	digest_text(&d, out);
}

int digest_add_fd(struct digest *d, int fd, long long offset, long long len, long long *added,
		  struct err *e)
{
	_free_ char *block = mem_alloc(BLOCK);

	*added = 0;
	while (len < 0 || *added < len) {
		size_t want = len < 0 || len - *added > BLOCK ? BLOCK : (size_t)(len - *added);
		ssize_t n = pread(fd, block, want, offset + *added);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "pread", "cannot read");
		if (n == 0)
			break;
		digest_add(d, block, (size_t)n);
		*added += n;
	}
	if (len >= 0 && *added < len)
		return err_set(e, ERR_INPUT, 0, NULL, "ends after %lld of %lld bytes", *added, len);
	return 0;
}
