/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as text: RFC 3339, the only form in our documents, records and logs. */
#ifndef RP_BASE_TIME_H
#define RP_BASE_TIME_H

#include <stdint.h>
#include <time.h>

/* The current time (t NULL), or t, in UTC with nine digits: "2026-11-22T02:22:47.000000000Z". */
#define TIME_TEXT_LEN 96
void time_text(const struct timespec *t, char out[TIME_TEXT_LEN]);

/*
 * Reads "2026-11-22T02:22:47[.FRACTION](Z|+HH:MM|-HH:MM)", strictly as section 5.6 of RFC 3339 has
 * it (a blank for the T is fine); digits beyond nanoseconds are dropped. *east, where it is not
 * NULL, becomes the offset of its clock from UTC in seconds. Returns 0, or -1 where the text is
 * NULL or no such time.
 */
int time_read(const char *text, struct timespec *t, int *east);

/* The seconds since the epoch of such a text, 0 where it is none or NULL. */
int64_t time_seconds(const char *text);

#endif
