/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux labels by selinux-label(1), for the programs that mount and prepare what a container
 * sees: libselinux is loaded only where SELinux is on, and only there.
 */
#ifndef RP_CTR_LABELLING_H
#define RP_CTR_LABELLING_H

#include "wire/json.h"

/* Is SELinux on in this kernel? */
bool labelling_is_on(void);

/* The same, and the request in the container document does not switch labels off. */
bool labelling_wanted(const struct json *doc);

/*
 * Runs selinux-label(1) for the container document: .request.security and, where an earlier step
 * has chosen, .selinux go in; .selinux comes out. relabel, [{source, shared}], may be NULL.
 */
int labelling_run(struct json *doc, struct json *relabel, struct err *e);

/*
 * Files that this process and its children make from now on, but not programs that they execute,
 * get the label that the policy has for images: readable for all containers. Nothing is changed
 * where SELinux is off or the policy knows no such label. ERR_DENIED ... where the policy forbids
 * it.
 */
int labelling_image_files(struct err *e);

/*
 * The label that the policy has for files of images; NULL where SELinux is off or the policy knows
 * none. The caller frees.
 */
char *labelling_image_label(void);

/* Adds {source, shared} to a list for labelling_run(). */
void labelling_add(struct json *relabel, const char *source, bool shared);

#endif
