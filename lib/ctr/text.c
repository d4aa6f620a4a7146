/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts about containers: see text.h. */
#include "ctr/text.h"

#include <stdio.h>
#include <time.h>

char *text_duration(int64_t s)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} steps[] = {
		{60, 1, "seconds"},
		{3600, 60, "minutes"},
		{2 * 86400, 3600, "hours"},
		{14 * 86400, 86400, "days"},
		{60 * 86400, 604800, "weeks"},
		{730 * 86400, 2592000, "months"},
		{INT64_MAX, 31536000, "years"},
	};

	if (s < 1)
		return str_dup("Less than a second");
	if (s == 1)
		return str_dup("1 second");
	if (s >= 60 && s < 120)
		return str_dup("About a minute");
	if (s >= 3600 && s < 7200)
		return str_dup("About an hour");
	for (size_t i = 0;; i++)
		if (s < steps[i].below)
			return str_fmt("%lld %s", (long long)(s / steps[i].unit), steps[i].name);
}

char *text_status(const struct container_state *st)
{
	int64_t now = time(NULL);
	_free_ char *since = NULL;

	switch (st->status) {
	case CONTAINER_RUNNING:
	case CONTAINER_STOPPING:
	case CONTAINER_PAUSED:
		since = text_duration(now - time_seconds(st->started));
		return str_fmt("Up %s%s", since, st->status == CONTAINER_PAUSED ? " (Paused)" : "");
	case CONTAINER_EXITED:
		since = text_duration(now - time_seconds(st->finished));
		return str_fmt("Exited (%lld) %s ago", (long long)st->exit_code, since);
	default:
		return str_dup("Created");
	}
}

char *text_ports(const struct json *ports)
{
	struct buf b = {0};

	json_each (p, ports) {
		const char *ip = json_get_str(p.v, "hostIp", "");
		long long host = json_get_int(p.v, "hostPort", 0);
		long long port = json_get_int(p.v, "containerPort", 0);
		long long range = json_get_int(p.v, "range", 1);

		buf_fmt(&b, "%s%s:", b.len ? ", " : "", *ip ? ip : "0.0.0.0");
		if (range > 1)
			buf_fmt(&b, "%lld-%lld->%lld-%lld", host, host + range - 1, port,
				port + range - 1);
		else
			buf_fmt(&b, "%lld->%lld", host, port);
		buf_fmt(&b, "/%s", json_get_str(p.v, "protocol", "tcp"));
	}
	return buf_take(&b);
}

static void add_strings(const struct json *arr, struct strv *out)
{
	json_each (w, arr)
		if (json_str(w.v))
			strv_add(out, json_str(w.v));
}

void text_command(const struct json *doc, struct strv *out)
{
	const struct json *request = json_get(doc, "request");
	const struct json *image = json_path(doc, "image.config");
	bool own_entrypoint = json_has(request, "entrypoint");

	add_strings(own_entrypoint ? json_get(request, "entrypoint")
				   : json_get(image, "Entrypoint"),
		    out);
	if (json_len(json_get(request, "command")))
		add_strings(json_get(request, "command"), out);
	else if (!own_entrypoint)
		add_strings(json_get(image, "Cmd"), out);
}

char *text_size(int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1000 && u + 1 < ARRAY_LEN(units); u++)
		v /= 1000;
	return u == 0 ? str_fmt("%lld B", (long long)bytes) : str_fmt("%.3g %s", v, units[u]);
}
