/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which steps of a start have something to do for this container: rp(1) leaves the others out. Said
 * by the first program of the pipeline, as soon as the document tells:
 *
 *	{"work":["volumes"],"event":"ready"}
 */
#ifndef RP_CTR_WORK_H
#define RP_CTR_WORK_H

#include <stdbool.h>

#include "wire/json.h"
#include "wire/opt.h"

#define WORK_VOLUMES "volumes" /* vol-prepare(1) */

/*
 * True where the document names mounts, devices, or VOLUMEs of the image, or has volumes of an
 * earlier start, or where SELinux is on, when files are to be labelled.
 */
bool work_volumes(const struct json *doc);

/* The event on the descriptor of --status-fd; fd 0: it was not asked for. */
void status_work(int64_t fd, const struct json *doc);

/*
 * The document as it is now on the descriptor of --copy-fd, for net-slirp-launch(1), which starts
 * the network with it while the steps in between go on. fd 0: nothing. A reader that is gone is
 * none of the caller's business.
 */
void work_copy(int64_t fd, const struct json *doc);

#define COPY_OPTION(type, member)                                                   \
	{                                                                           \
		"copy-fd", 0, OPT_INT, offsetof(type, member), "N",                 \
			"write the document to this descriptor too, before the end" \
	}

#define STATUS_WORK_OPTION(type, member)                                           \
	{                                                                          \
		"status-fd", 0, OPT_INT, offsetof(type, member), "N",              \
			"write {\"event\":\"ready\",\"work\":[...]} there: which " \
			"steps of a start have something to do"                    \
	}

#endif
