/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-port: prints where the ports of containers are published: "80/tcp -> 0.0.0.0:8080"; for one
 * port only where it leads.
 *
 * Stages: choose the containers; read the record of each, or of the one whose network it shares;
 * print. It must not change anything.
 */
#include <stdio.h>

#include "ctr/ports.h"
#include "ctr/select.h"
#include "sys/confine.h"
#include "wire/prog.h"

struct options {
	struct selecting select;
};

static const struct opt options[] = {
	SELECT_ALL(struct options, "of all containers that run"),
	SELECT_LATEST(struct options),
	{0},
};

struct wanted {
	int64_t port; /* 0: all */
	char protocol[8];
};

/* "80", "80/udp" */
static int parse_port(const char *word, struct wanted *w, struct err *e)
{
	const char *slash = strchr(word, '/');
	_free_ char *number = slash ? str_ndup(word, slash - word) : str_dup(word);

	snprintf(w->protocol, sizeof(w->protocol), "%s", slash ? slash + 1 : "tcp");
	if (str_to_int(number, 1, 65535, &w->port) < 0 ||
	    (!str_eq(w->protocol, "tcp") && !str_eq(w->protocol, "udp") &&
	     !str_eq(w->protocol, "sctp")))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not PORT[/tcp|/udp]", word);
	return 0;
}

static void print_binding(const struct json *p, int64_t k, const struct wanted *w, const char *name)
{
	const char *ip = json_get_str(p, "hostIp", "");

	if (name)
		printf("%s\t", name);
	if (!w->port)
		printf("%lld/%s -> ", (long long)(json_get_int(p, "containerPort", 0) + k),
		       json_get_str(p, "protocol", "tcp"));
	printf(strchr(ip, ':') ? "[%s]:%lld\n" : "%s:%lld\n", *ip ? ip : "0.0.0.0",
	       (long long)(json_get_int(p, "hostPort", 0) + k));
}

/* Returns how many lines were printed. name: in front of each, or NULL. */
static size_t print_ports(const struct json *ports, const struct wanted *w, const char *name)
{
	size_t n = 0;

	json_each (p, ports) {
		for (int64_t k = 0; k < json_get_int(p.v, "range", 1) && k < 65536; k++) {
			if (w->port && (w->port != json_get_int(p.v, "containerPort", 0) + k ||
					!str_eq(w->protocol, json_get_str(p.v, "protocol", "tcp"))))
				continue;
			/* which port of the host it will be is known when it starts */
			if (json_get_int(p.v, "hostPort", 0) == 0)
				continue;
			print_binding(p.v, k, w, name);
			n++;
		}
	}
	return n;
}

static int print_container(const struct store *s, const char *id, bool named,
			   const struct wanted *w, struct err *e)
{
	_json_ struct json *doc = NULL, *ports = NULL;
	_free_ char *name = named ? str_ndup(id, 12) : NULL;

	if (container_load(s, id, &doc, e) < 0)
		return -1;
	container_add_start(s, id, doc);
	ports = container_ports(s, doc);
	if (print_ports(ports, w, name) == 0 && w->port)
		return err_set(e, ERR_NOTFOUND, 0, NULL,
			       "failed to find published port \"%lld/%s\"", (long long)w->port,
			       w->protocol);
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	bool chosen = o->select.all || o->select.latest;
	_store_ struct store s = STORE_NONE;
	_selection_ struct selection sel = {0};
	struct wanted w = {0};
	int words = chosen ? 0 : 1;

	if (p->argc > words + 1 || (o->select.all && p->argc))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "one container and at most one port are taken");
	if (!chosen && !p->argc)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "you must supply a running container name or id");
	if (p->argc > words && parse_port(p->argv[words], &w, e) < 0)
		return -1;
	if (store_open(&s, e) < 0 ||
	    container_select(&s, words, p->argv, &o->select, true, &sel, e) < 0)
		return -1;
	strv_foreach (id, &sel.ids)
		if (print_container(&s, id, o->select.all, &w, e) < 0)
			return -1;
	return 0;
}

static const struct program program = {
	.name = "ctr-port",
	.summary = "list the published ports of containers",
	.usage = "[options] [CONTAINER [PORT[/PROTOCOL]]]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.confine = confine_reader,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
