/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default seccomp profile, as the linux.seccomp object of an OCI runtime configuration.
 *
 * Semantics are those of Podman's profile, so that what runs there runs here: an allow list,
 * unknown calls fail with ENOSYS (programs then fall back), calls that only the host may make fail
 * with EPERM unless the container keeps the capability that they need. Narrower than Podman's where
 * a hole is known: AF_ALG and AF_VSOCK sockets are refused on every entry into the kernel.
 */
#ifndef RP_CTR_SECCOMP_DEFAULT_H
#define RP_CTR_SECCOMP_DEFAULT_H

#include "wire/json.h"

/*
 * The profile for a container whose bounding set keeps caps ("CAP_SYS_ADMIN"; the prefix may be
 * missing). arch is the machine as GOARCH ("amd64") or uname(2) ("x86_64") names it; NULL: this
 * one. An unknown one gives a profile without "architectures", which means the native one. The same
 * arguments give the same bytes, as json_write() would write them. Never NULL; the caller frees.
 */
char *seccomp_default_text(const struct strv *caps, const char *arch);

/* The same as a tree, a new reference. */
struct json *seccomp_default_profile(const struct strv *caps, const char *arch);

#endif
