/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux labels as text: "USER:ROLE:TYPE[:LEVEL]". No call to the kernel or to libselinux, so that
 * all of it can be tested anywhere.
 */
#ifndef RP_SYS_LABEL_H
#define RP_SYS_LABEL_H

#include "base/str.h"

#define LABEL_CATEGORIES 1024

struct label {
	char *user, *role, *type;
	char *level; /* "s0:c1,c2"; NULL where the policy has no levels */
};
void label_release(struct label *l);
#define _label_ _clean_(label_release)

/* ERR_INPUT where a part is missing, empty, or has blanks or control characters. */
int label_parse(const char *text, struct label *out, struct err *e);

/* The caller frees. */
char *label_text(const struct label *l);

/* Replaces one part (freed) by a copy of value. */
void label_set(char **part, const char *value);

/*
 * The value of KEY in selinux_lxc_contexts(5): lines KEY = "VALUE", comments with '#'. NULL where
 * there is none. The caller frees.
 */
char *label_from_contexts(const char *text, const char *key);

/* "s0:cA,cB" with A < B, from two different categories in any order. The caller frees. */
char *label_level(unsigned a, unsigned b);

/*
 * A random level of two categories that is not among those in use (levels, or whole labels; others
 * are passed over). ERR_AGAIN where none was found, ERR_FAILED without random numbers.
 */
int label_choose_level(const struct strv *in_use, char **out, struct err *e);

/* The level without its categories: "s0" of "s0:c1,c2". The caller frees. */
char *label_shared_level(const char *level);

/*
 * May the tree at this absolute path, free of links, be relabelled? Not the root directory, nor one
 * that the system itself or the user's own session needs: a container's label on it locks the user
 * out. home may be NULL.
 */
bool label_path_allowed(const char *path, const char *home);

#endif
