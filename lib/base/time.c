/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 3339 times: see time.h. Calendar arithmetic is done here and not by gmtime_r(3), which reads
 * the time zone files.
 */
#include "base/time.h"

#include <stdio.h>
#include <string.h>

/*
 * The proleptic Gregorian date of a day number, 0 being 1970-01-01. Years begin in March, so that
 * the leap day is their last; 400 years have 146097 days. gmtime_r(3) would bring the time zone
 * files and scanf into every static program.
 */
static void date_of_day(int64_t day, int64_t *year, int *month, int *mday)
{
	int64_t era, of_era, y;
	int of_year, m;

	day += 719468; /* from 0000-03-01 */
	era = (day >= 0 ? day : day - 146096) / 146097;
	of_era = day - era * 146097;
	y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = (int)(of_era - (365 * y + y / 4 - y / 100));
	m = (5 * of_year + 2) / 153;
	*mday = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = y + era * 400 + (*month <= 2);
}

void time_text(const struct timespec *t, char out[TIME_TEXT_LEN])
{
	struct timespec now;
	int64_t day, year, secs;
	int month, mday;

	if (!t) {
		clock_gettime(CLOCK_REALTIME, &now);
		t = &now;
	}
	day = t->tv_sec / 86400 - (t->tv_sec % 86400 < 0);
	secs = t->tv_sec - day * 86400;
	date_of_day(day, &year, &month, &mday);
	snprintf(out, TIME_TEXT_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", (int)(year % 10000),
		 month, mday, (int)(secs / 3600), (int)(secs / 60 % 60), (int)(secs % 60),
		 t->tv_nsec);
}

/* Up to nine digits behind the point count, the others are read over. */
static const char *read_fraction(const char *p, long *ns)
{
	long unit = 100000000;

	*ns = 0;
	if (*p != '.' || p[1] < '0' || p[1] > '9')
		return p;
	for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
		*ns += (*p - '0') * unit;
	return p;
}

int time_read(const char *text, struct timespec *t, int *zone)
{
	struct tm tm = {0};
	int used = 0, hours, minutes, offset = 0;
	const char *p;

	if (!text ||
	    sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
	    used != 19 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -1;
	p = read_fraction(text + used, &t->tv_nsec);
	if (*p == 'Z' || *p == 'z') {
		p++;
	} else if ((*p == '+' || *p == '-') && strlen(p) == 6 &&
		   sscanf(p + 1, "%2d:%2d", &hours, &minutes) == 2) {
		offset = (hours * 3600 + minutes * 60) * (*p == '-' ? -1 : 1);
		p += 6;
	} else {
		return -1;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t->tv_sec = timegm(&tm) - offset;
	if (zone)
		*zone = offset;
	return *p ? -1 : 0;
}

int64_t time_seconds(const char *text)
{
	struct timespec t;

	return time_read(text, &t, NULL) == 0 ? t.tv_sec : 0;
}
