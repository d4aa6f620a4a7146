/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --filter KEY=VALUE of the commands that choose among containers. Reference: podman-ps(1). The
 * same key twice means "or", but for label; different keys mean "and".
 */
#ifndef RP_CTR_FILTER_H
#define RP_CTR_FILTER_H

#include "ctr/container.h"
#include "wire/opt.h"

/* The keys, for a table of options. */
#define FILTER_HELP                                                                  \
	"ancestor, before, command, exited, health, id, label, name, network, pod, " \
	"restart-policy, should-start-on-boot, since, status, until, volume"

/* A container as the filters see it: all borrowed. */
struct filtered {
	const char *id;
	const struct json *doc; /* with what the last start used */
	const struct container_state *state;
};

struct filters {
	struct strv words;  /* "key=value" */
	bool shows_stopped; /* one on the status or exit code: not only those that run are meant */
	char before[TIME_TEXT_LEN], since[TIME_TEXT_LEN], until[TIME_TEXT_LEN];
};

/* ERR_USAGE for an unknown key or value, ERR_NOTFOUND for a container that is not there. */
int filters_parse(struct filters *f, const struct store *s, const struct strv *words,
		  struct err *e);
bool filters_match(const struct filters *f, const struct filtered *it);
void filters_release(struct filters *f);
#define _filters_ _clean_(filters_release)

/*
 * A moment as --filter until=, --since and --until name it: RFC 3339 (the time of day and the zone
 * may be missing), seconds since 1970, or a duration before now.
 */
int moment_parse(const char *word, char out[TIME_TEXT_LEN], struct err *e);

#endif
