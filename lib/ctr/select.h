/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers a command means: names, ids, --cidfile, --all, --latest, --filter. */
#ifndef RP_CTR_SELECT_H
#define RP_CTR_SELECT_H

#include "ctr/filter.h"

/* What the options say. */
struct selecting {
	bool all, latest;
	bool ignore; /* a missing one is left out */
	struct strv cidfiles, filter;
};

/* Rows for a table of options. S has a member `select`. */
#define SELECT_ALL(S, what)                                               \
	{                                                                 \
		"all", 'a', OPT_FLAG, offsetof(S, select.all), NULL, what \
	}
#define SELECT_LATEST(S)                                                   \
	{                                                                  \
		"latest", 'l', OPT_FLAG, offsetof(S, select.latest), NULL, \
			"the container created last"                       \
	}
#define SELECT_CIDFILE(S)                                                     \
	{                                                                     \
		"cidfile", 0, OPT_LIST, offsetof(S, select.cidfiles), "FILE", \
			"the container whose id is in this file"              \
	}
#define SELECT_IGNORE(S)                                                   \
	{                                                                  \
		"ignore", 'i', OPT_FLAG, offsetof(S, select.ignore), NULL, \
			"a missing container is no error"                  \
	}
#define SELECT_FILTER(S, letter)                                                     \
	{                                                                            \
		"filter", letter, OPT_LIST, offsetof(S, select.filter), "KEY=VALUE", \
			"those that match; keys: " FILTER_HELP                       \
	}

struct selection {
	struct strv ids;   /* full ids */
	struct strv given; /* beside them, what the user wrote */
};

/*
 * Resolves the names in argv and what the options say. With all or a filter every container that
 * fits, only those that run where running is set. ERR_USAGE where nothing was named, or names
 * beside
 * --all or --latest; ERR_NOTFOUND for a missing one.
 */
int container_select(const struct store *s, int argc, char **argv, const struct selecting *how,
		     bool running, struct selection *out, struct err *e);

/* One name, to those that were selected before. */
int container_select_name(const struct store *s, const char *what, bool ignore,
			  struct selection *out, struct err *e);

/* ERR_USAGE where names and options do not go together, or name nothing. */
int container_select_check(int argc, const struct selecting *how, struct err *e);

void selection_release(struct selection *s);
#define _selection_ _clean_(selection_release)

/* The id of the container created last; NULL with ERR_NOTFOUND where there is none. */
char *container_latest(const struct store *s, struct err *e);

/* Connects to the monitor of a container (ctr/attach.h). ERR_NOTFOUND where it has none. */
int monitor_connect(const struct store *s, const char *id, struct err *e);

#endif
