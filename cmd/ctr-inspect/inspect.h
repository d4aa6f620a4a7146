/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of ctr-inspect. */
#ifndef CTR_INSPECT_H
#define CTR_INSPECT_H

#include "ctr/container.h"

/* All that is known about one container. */
struct subject {
	const struct store *s;
	const char *id;
	struct json *doc;    /* container.json with start.json */
	struct json *config; /* config.json of the last start, NULL where it never started */
	struct container_state state;
	char *dir, *run; /* STORE/containers/ID, RUN/containers/ID */
};

static inline struct json *string_at(const struct json *obj, const char *path)
{
	const char *s = json_str(json_path(obj, path));

	return json_new_str(s ? s : "");
}

/* The objects of Podman's "inspect"; each returns one reference. */
struct json *describe_config(const struct subject *c);
struct json *describe_host(const struct subject *c);
struct json *describe_mounts(const struct subject *c);
struct json *describe_binds(const struct json *mounts);
struct json *describe_tmpfs(const struct subject *c);
struct json *describe_network(const struct subject *c);
/* {"80/tcp":[{"HostIp","HostPort"}]}; with exposed also those that are not published, as null. */
struct json *describe_ports(const struct subject *c, bool exposed);

#endif
