/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 3339 times: see time.h. Calendar arithmetic is done here and not by gmtime_r(3) and
 * timegm(3), which read the time zone files.
 */
#include "base/time.h"

#include <stdbool.h>
#include <stdio.h>

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

/* The inverse of date_of_day(). */
static int64_t day_of_date(int64_t year, int month, int mday)
{
	int64_t of_era, era;

	year -= month <= 2;
	era = year >= 0 ? year / 400 : (year - 399) / 400;
	of_era = year - era * 400;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1 - 719468;
}

/* n digits and the character behind them ('\0': none), "23:". Returns what follows, or NULL. */
static const char *take_digits(const char *s, int n, char behind, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, s++) {
		if (*s < '0' || *s > '9')
			return NULL;
		*out = *out * 10 + (*s - '0');
	}
	if (!behind)
		return s;
	return *s == behind ? s + 1 : NULL;
}

/* ".5" and so on: nanoseconds; digits beyond the ninth are dropped. */
static const char *fraction(const char *s, long *nsec)
{
	long unit = 100000000;

	*nsec = 0;
	if (*s != '.')
		return s;
	if (s[1] < '0' || s[1] > '9')
		return NULL;
	for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
		*nsec += (*s - '0') * unit;
	return s;
}

/* "Z" or "+01:30" up to the end of the text: seconds to subtract. */
static int zone(const char *s, int64_t *out)
{
	int hours = 0, minutes = 0, sign = *s == '-' ? -1 : 1;

	*out = 0;
	if (*s == 'Z' || *s == 'z')
		return s[1] ? -1 : 0;
	if ((*s != '+' && *s != '-') || !(s = take_digits(s + 1, 2, ':', &hours)) ||
	    !(s = take_digits(s, 2, '\0', &minutes)) || *s || hours > 23 || minutes > 59)
		return -1;
	*out = sign * (hours * 3600 + minutes * 60);
	return 0;
}

static bool is_date(int year, int month, int mday)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= 12 && mday >= 1 &&
	       mday <= days[month - 1] + (month == 2 && leap);
}

int time_read(const char *s, struct timespec *out, int *east)
{
	int year, month, mday, hour, minute, second;
	int64_t offset;
	long nsec;

	if (!s || !(s = take_digits(s, 4, '-', &year)) || !(s = take_digits(s, 2, '-', &month)) ||
	    !(s = take_digits(s, 2, '\0', &mday)) || (*s != 'T' && *s != 't' && *s != ' ') ||
	    !(s = take_digits(s + 1, 2, ':', &hour)) || !(s = take_digits(s, 2, ':', &minute)) ||
	    !(s = take_digits(s, 2, '\0', &second)) || !(s = fraction(s, &nsec)) ||
	    zone(s, &offset) < 0)
		return -1;
	if (!is_date(year, month, mday) || hour > 23 || minute > 59 || second > 60)
		return -1;
	out->tv_sec = day_of_date(year, month, mday) * 86400 + hour * 3600 + minute * 60 + second -
		      offset;
	out->tv_nsec = nsec;
	if (east)
		*east = (int)offset;
	return 0;
}

int64_t time_seconds(const char *text)
{
	struct timespec t;

	return time_read(text, &t, NULL) == 0 ? t.tv_sec : 0;
}
