/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Published ports: see ports.h. */
#include "ctr/ports.h"

#define MAX_JOINS 8 /* a container in the network of one in the network of another ... */

static struct json *ports_of(const struct store *s, const struct json *doc, int joins)
{
	struct json *ports = json_path(doc, "network.ports");
	const char *other = json_str(json_path(doc, "request.network.container"));
	_json_ struct json *other_doc = NULL;
	_free_ char *id = NULL;

	if (other && joins < MAX_JOINS) {
		id = container_find(s, other, NULL);
		if (!id || container_load(s, id, &other_doc, NULL) < 0)
			return json_new_array();
		container_add_start(s, id, other_doc);
		return ports_of(s, other_doc, joins + 1);
	}
	if (!ports)
		ports = json_path(doc, "request.ports");
	return json_kind(ports) == JSON_ARRAY ? json_ref(ports) : json_new_array();
}

struct json *container_ports(const struct store *s, const struct json *doc)
{
	return ports_of(s, doc, 0);
}
