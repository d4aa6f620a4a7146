/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NetworkSettings, and the ports that it has in common with HostConfig. */
#include "ctr/ports.h"
#include "inspect.h"

/* The members that a user-mode network leaves empty. */
static const char settings[] =
	"{\"EndpointID\":\"\",\"Gateway\":\"\",\"IPAddress\":\"\",\"IPPrefixLen\":0,"
	"\"IPv6Gateway\":\"\",\"GlobalIPv6Address\":\"\",\"GlobalIPv6PrefixLen\":0,"
	"\"MacAddress\":\"\",\"Bridge\":\"\",\"SandboxID\":\"\",\"HairpinMode\":false,"
	"\"LinkLocalIPv6Address\":\"\",\"LinkLocalIPv6PrefixLen\":0,\"Ports\":{},"
	"\"SandboxKey\":\"\",\"Networks\":{}}";

static void add_binding(struct json *ports, const struct json *p, int64_t k)
{
	int64_t host = json_get_int(p, "hostPort", 0);
	_free_ char *key = str_fmt("%lld/%s", (long long)(json_get_int(p, "containerPort", 0) + k),
				   json_get_str(p, "protocol", "tcp"));
	_free_ char *number = str_fmt("%lld", (long long)(host + k));
	struct json *b;

	/* which port it will be is known when it starts */
	if (!host) {
		if (!json_has(ports, key))
			json_set(ports, key, NULL);
		return;
	}
	b = json_new_object();
	json_set(b, "HostIp", json_new_str(json_get_str(p, "hostIp", "")));
	json_set(b, "HostPort", json_new_str(number));
	if (json_kind(json_get(ports, key)) != JSON_ARRAY)
		json_set(ports, key, json_new_array());
	json_add(json_get(ports, key), b);
}

struct json *describe_ports(const struct subject *c, bool exposed)
{
	_json_ struct json *known = container_ports(c->s, c->doc);
	struct json *ports = json_new_object();

	json_each (p, known)
		for (int64_t k = 0; k < json_get_int(p.v, "range", 1) && k < 65536; k++)
			add_binding(ports, p.v, k);
	if (!exposed)
		return ports;
	json_each (x, json_path(c->doc, "request.expose"))
		if (json_str(x.v) && !json_has(ports, json_str(x.v)))
			json_set(ports, json_str(x.v), NULL);
	json_foreach (x, json_path(c->doc, "image.config.ExposedPorts")) {
		_free_ char *key = strchr(x.key, '/') ? str_dup(x.key) : str_fmt("%s/tcp", x.key);

		if (!json_has(ports, key))
			json_set(ports, key, NULL);
	}
	return ports;
}

struct json *describe_network(const struct subject *c)
{
	struct json *n = NULL;

	if (json_parse(settings, sizeof(settings) - 1, "settings", &n, NULL) < 0)
		return json_new_object();
	json_set(n, "Ports", describe_ports(c, true));
	json_set(n, "Gateway", string_at(c->doc, "network.gateway"));
	json_set(n, "IPAddress", string_at(c->doc, "network.address"));
	if (container_up(c->state.status))
		json_set(n, "SandboxKey", string_at(c->doc, "network.namespace"));
	return n;
}
