/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.json: which images may be brought in. Reference: containers-policy.json(5).
 *
 * The first file of $HOME/.config/containers/ and /etc/containers/ counts; without one everything
 * is accepted. Signatures cannot be checked here, so a requirement that asks for one refuses.
 */
#ifndef RP_OCI_POLICY_H
#define RP_OCI_POLICY_H

#include "oci/ref.h"
#include "wire/json.h"

struct policy {
	struct json *doc; /* NULL: there is no file */
	char *path;
};
void policy_release(struct policy *p);
#define _policy_ _clean_(policy_release)

/* ERR_INPUT where the file is not understood as a whole: then nothing may be accepted. */
int policy_load(struct policy *p, struct err *e);

/* One text, for policy_load() and for tests. path is for messages. */
int policy_parse(struct policy *p, const char *text, size_t len, const char *path, struct err *e);

/*
 * May the image with this full and complete name be pulled from a registry; may one be copied from
 * the OCI layout at dir (absolute, no links in it), with its name there or NULL? ERR_DENIED says
 * what forbids it.
 */
int policy_check_registry(const struct policy *p, const struct ref *name, struct err *e);
int policy_check_layout(const struct policy *p, const char *dir, const char *name, struct err *e);

#endif
