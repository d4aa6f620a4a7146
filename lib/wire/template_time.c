/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times in templates. A document has them as RFC 3339 text; Go's templates print them in another
 * form and let methods be called on them ({{.Created.Format "2006"}}, {{.State.StartedAt.Unix}}).
 * Reference: https://pkg.go.dev/time, constants of layouts and Time.String.
 */
#include <stdio.h>

#include "wire/template.h"

static const char *const months[] = {"January",	  "February", "March",	  "April",
				     "May",	  "June",     "July",	  "August",
				     "September", "October",  "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				   "Thursday", "Friday", "Saturday"};

struct moment {
	struct timespec t;
	int zone; /* seconds east of UTC */
	struct tm tm;
};

static bool read_moment(const struct json *v, struct moment *m)
{
	time_t shown;

	if (!json_str(v) || time_read(json_str(v), &m->t, &m->zone) < 0)
		return false;
	shown = m->t.tv_sec + m->zone;
	return gmtime_r(&shown, &m->tm) != NULL;
}

static void add_zone(const struct moment *m, const char *form, struct buf *out)
{
	int zone = m->zone < 0 ? -m->zone : m->zone;

	buf_fmt(out, form, m->zone < 0 ? '-' : '+', zone / 3600, zone / 60 % 60);
}

/* The fraction in digits, behind the point; nines leave out zeros at the end, and the point. */
static void add_fraction(const struct moment *m, char point, int digits, bool nines,
			 struct buf *out)
{
	char text[16];

	snprintf(text, sizeof(text), "%09ld", m->t.tv_nsec);
	text[digits] = '\0';
	while (nines && digits > 0 && text[digits - 1] == '0')
		text[--digits] = '\0';
	if (digits)
		buf_fmt(out, "%c%s", point, text);
}

/* One element of a layout; its length, 0 where there is none here. Longer ones come first. */
static size_t add_element(const struct moment *m, const char *p, struct buf *out)
{
	const struct tm *tm = &m->tm;
	int twelve = tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
	const struct {
		const char *name, *form;
		int value;
	} numbers[] = {
		{"2006", "%04d", tm->tm_year + 1900},
		{"002", "%03d", tm->tm_yday + 1},
		{"01", "%02d", tm->tm_mon + 1},
		{"02", "%02d", tm->tm_mday},
		{"03", "%02d", twelve},
		{"04", "%02d", tm->tm_min},
		{"05", "%02d", tm->tm_sec},
		{"06", "%02d", tm->tm_year % 100},
		{"15", "%02d", tm->tm_hour},
		{"_2", "%2d", tm->tm_mday},
		{"1", "%d", tm->tm_mon + 1},
		{"2", "%d", tm->tm_mday},
		{"3", "%d", twelve},
		{"4", "%d", tm->tm_min},
		{"5", "%d", tm->tm_sec},
	};
	const struct {
		const char *name, *text;
		int width; /* of text, -1: all */
	} words[] = {
		{"January", months[tm->tm_mon], -1},
		{"Jan", months[tm->tm_mon], 3},
		{"Monday", days[tm->tm_wday], -1},
		{"Mon", days[tm->tm_wday], 3},
		{"PM", tm->tm_hour < 12 ? "AM" : "PM", -1},
		{"pm", tm->tm_hour < 12 ? "am" : "pm", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_after(p, words[i].name)) {
			buf_fmt(out, "%.*s", words[i].width, words[i].text);
			return strlen(words[i].name);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (str_after(p, numbers[i].name)) {
			buf_fmt(out, numbers[i].form, numbers[i].value);
			return strlen(numbers[i].name);
		}
	}
	return 0;
}

static size_t add_zone_element(const struct moment *m, const char *p, struct buf *out)
{
	static const struct {
		const char *name, *form;
		bool z; /* "Z" at UTC */
	} zones[] = {
		{"Z07:00", "%c%02d:%02d", true},  {"Z0700", "%c%02d%02d", true},
		{"-07:00", "%c%02d:%02d", false}, {"-0700", "%c%02d%02d", false},
		{"-07", "%c%02d", false},
	};

	if (str_after(p, "MST")) {
		if (m->zone == 0)
			buf_str(out, "UTC");
		else
			add_zone(m, "%c%02d%02d", out);
		return 3;
	}
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		if (!str_after(p, zones[i].name))
			continue;
		if (zones[i].z && m->zone == 0)
			buf_char(out, 'Z');
		else
			add_zone(m, zones[i].form, out);
		return strlen(zones[i].name);
	}
	return 0;
}

static void add_layout(const struct moment *m, const char *p, struct buf *out)
{
	while (*p) {
		size_t n = 0;

		if ((*p == '.' || *p == ',') && (p[1] == '0' || p[1] == '9') &&
		    (n = strspn(p + 1, p[1] == '0' ? "0" : "9")) <= 9 &&
		    (p[1 + n] < '0' || p[1 + n] > '9')) {
			add_fraction(m, *p, (int)n, p[1] == '9', out);
			p += 1 + n;
			continue;
		}
		n = add_zone_element(m, p, out);
		if (!n)
			n = add_element(m, p, out);
		if (!n) {
			buf_char(out, *p);
			n = 1;
		}
		p += n;
	}
}

bool tmpl_time_print(const struct json *v, struct buf *out)
{
	struct moment m;

	if (!read_moment(v, &m))
		return false;
	add_layout(&m, "2006-01-02 15:04:05.999999999 -0700 MST", out);
	return true;
}

int tmpl_time_method(struct json *v, const char *name, struct json **args, size_t n,
		     struct json **out, struct err *e)
{
	_buf_ struct buf b = {0};
	struct moment m;

	if (!read_moment(v, &m))
		return 1;
	if (str_eq(name, "Format") && n == 1 && json_str(args[0])) {
		add_layout(&m, json_str(args[0]), &b);
		*out = json_new_str(b.data ? b.data : "");
	} else if (n) {
		return err_set(e, ERR_USAGE, 0, NULL, "template: wrong number of arguments for %s",
			       name);
	} else if (str_eq(name, "String")) {
		tmpl_time_print(v, &b);
		*out = json_new_str(b.data);
	} else if (str_eq(name, "Unix")) {
		*out = json_new_int(m.t.tv_sec);
	} else if (str_eq(name, "UnixNano")) {
		*out = json_new_int(m.t.tv_sec * 1000000000LL + m.t.tv_nsec);
	} else if (str_eq(name, "UnixMilli")) {
		*out = json_new_int(m.t.tv_sec * 1000LL + m.t.tv_nsec / 1000000);
	} else if (str_eq(name, "Year")) {
		*out = json_new_int(m.tm.tm_year + 1900);
	} else if (str_eq(name, "Month")) {
		*out = json_new_str(months[m.tm.tm_mon]);
	} else if (str_eq(name, "Day")) {
		*out = json_new_int(m.tm.tm_mday);
	} else if (str_eq(name, "Hour")) {
		*out = json_new_int(m.tm.tm_hour);
	} else if (str_eq(name, "Minute")) {
		*out = json_new_int(m.tm.tm_min);
	} else if (str_eq(name, "Second")) {
		*out = json_new_int(m.tm.tm_sec);
	} else if (str_eq(name, "Weekday")) {
		*out = json_new_str(days[m.tm.tm_wday]);
	} else if (str_eq(name, "IsZero")) {
		*out = json_new_bool(m.tm.tm_year == 1 - 1900 && m.tm.tm_yday == 0);
	} else if (str_eq(name, "UTC") || str_eq(name, "Local")) {
		*out = json_ref(v);
	} else {
		return 1;
	}
	return 0;
}
