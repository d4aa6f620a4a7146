/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The linux.seccomp object of an OCI runtime configuration as a BPF program: compiled by
 * libseccomp, kept in a cache, installed by seccomp(2).
 */
#ifndef RP_SYS_SECCOMP_FILTER_H
#define RP_SYS_SECCOMP_FILTER_H

#include <stdbool.h>

#include "wire/json.h"

struct seccomp_filter {
	struct buf bpf; /* an array of struct sock_filter */
	unsigned flags; /* SECCOMP_FILTER_FLAG_* */
	bool notify;	/* some call is answered by a listener */
	bool from_cache;
	int file;	  /* the file in the cache that it is from, where from_cache is set */
	struct buf entry; /* of seccomp_cached(): the program and the text that it was made from */
};
void seccomp_filter_release(struct seccomp_filter *f);

/*
 * Compiles the profile. Names that this libseccomp does not know are left to the default action.
 * An unknown action, operator, architecture or flag is ERR_INPUT with its path.
 */
int seccomp_compile(const struct cur *profile, struct seccomp_filter *out, struct err *e);

/*
 * The same through a cache in the directory cachedir (a descriptor, or -1: no cache). A file holds
 * the whole text that it was made from and is used only where that is equal byte for byte, and
 * where its checksum fits. What cannot be read or written is compiled without an error.
 */
int seccomp_cached(int cachedir, const struct cur *profile, struct seccomp_filter *out,
		   struct err *e);

/*
 * Keeps what seccomp_cached() gave in the file NAME of the directory, for processes that come
 * later: they need neither the profile nor the cache. Where it is from the cache and the directory
 * is on the same file system it is a link to the very file that was read.
 */
int seccomp_keep(const struct seccomp_filter *f, int dir, const char *name, struct err *e);

/*
 * Reads it back. Compiled anew from the profile in it where the kernel or libseccomp is another
 * than then. A file that is not whole is ERR_INPUT. *profile gets the profile (the caller puts it)
 * where the filter notifies, as the listener's address stands there; otherwise NULL.
 */
int seccomp_kept(int dir, const char *name, struct seccomp_filter *out, struct json **profile,
		 struct err *e);

/*
 * Installs the filter in the calling thread. Needs no_new_privs or CAP_SYS_ADMIN. *listener gets
 * the notify descriptor where the filter has such an action; it may be NULL otherwise.
 */
int seccomp_install(const struct seccomp_filter *f, int *listener, struct err *e);

/* The words of the OCI spec that are understood, for "features"; end with NULL. */
const char *const *seccomp_action_names(void);
const char *const *seccomp_operator_names(void);
const char *const *seccomp_arch_names(void);
const char *const *seccomp_flag_names(void);

#endif
