/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: the tar reader, fed in pieces whose size the first byte chooses. */
#include <stdint.h>
#include <stdlib.h>

#include "oci/tar.h"

struct input {
	const uint8_t *data;
	size_t len, step;
};

static int source(void *ctx, const uint8_t **data, size_t *len, struct err *e)
{
	struct input *in = ctx;

	*len = in->len < in->step ? in->len : in->step;
	*data = in->data;
	in->data += *len;
	in->len -= *len;
	return 0;
}

static void check(const struct tar_entry *t)
{
	if (strlen(t->name) > TAR_MAX_NAME || strlen(t->link) > TAR_MAX_NAME || t->size < 0 ||
	    t->mode > 07777 || (t->type != TAR_FILE && t->size) || t->mtime.tv_nsec < 0 ||
	    t->mtime.tv_nsec > 999999999)
		abort();
}

/* Content lies within the file, in order, and never overlaps. */
static int read_content(struct tar *t, const struct tar_entry *entry, struct err *e)
{
	int64_t end = 0, offset = 0;
	const uint8_t *data;
	size_t len;

	for (;;) {
		if (tar_content(t, &data, &len, &offset, e) < 0)
			return -1;
		if (!len)
			return 0;
		if (offset < end || offset + (int64_t)len > entry->size)
			abort();
		end = offset + (int64_t)len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data + 1, size - 1, 1};
	const struct tar_entry *entry;
	struct err e = {0};
	struct tar *t;
	int n = 0;

	if (size < 1)
		return 0;
	in.step = 1 + (size_t)data[0] * 7;
	t = tar_new(source, &in);
	while (tar_next(t, &entry, &e) == 1) {
		check(entry);
		/* every other entry's content is left for the reader to skip */
		if (n++ % 2 == 0 && read_content(t, entry, &e) < 0)
			break;
	}
	tar_drain(t, &e);
	tar_free(t);
	return 0;
}
