/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request: see request.h for the contract.
 *
 * What walks the table of request_rows.c: setting a member from an option's text, the table of
 * options for opts_parse(), the check of a document, the schema. Values that are more than a word,
 * a number or a size are taken apart in request_parse.c, by the function that their row names.
 */
#include "oci/request.h"
#include "oci/imgstr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The object that the last part of a dotted member stands in, made on the way; *last is that part.
 */
static struct json *object_of(struct json *request, const char *member, const char **last)
{
	const char *dot;

	for (; (dot = strchr(member, '.')); member = dot + 1) {
		_free_ char *key = str_ndup(member, dot - member);

		request = json_need_obj(request, key);
	}
	*last = member;
	return request;
}

static int bad_value(const char *value, const char *want, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not %s", value, want);
}

int parse_size(struct json *to, const char *key, const char *value, struct err *e)
{
	int64_t n;

	if (str_eq(value, "-1"))
		n = -1;
	else if (str_to_size(value, &n) < 0)
		return bad_value(value, "a size such as 512m", e);
	json_set(to, key, json_new_int(n));
	return 0;
}

static int set_number(const struct request_row *row, struct json *to, const char *key,
		      const char *value, struct err *e)
{
	int64_t n, min = row->max ? row->min : INT64_MIN, max = row->max ? row->max : INT64_MAX;

	if (row->flags & REQUEST_SIZE)
		return parse_size(to, key, value, e);
	if (str_to_int(value, min, max, &n) < 0)
		return bad_value(value, "a valid number", e);
	json_set(to, key, json_new_int(n));
	return 0;
}

/* Mostly only what differs from the default stands in the request. */
static int set_bool(const struct request_row *row, struct json *to, const char *key, bool on)
{
	if (!(row->flags & REQUEST_GIVEN) && on == !!(row->flags & REQUEST_TRUE))
		json_del(to, key);
	else
		json_set(to, key, json_new_bool(on));
	return 0;
}

static int set_pair(const struct request_row *row, struct json *to, const char *key,
		    const char *value, struct err *e)
{
	const char *eq = strchr(value, '=');
	_free_ char *name = eq ? str_ndup(value, eq - value) : str_dup(value);

	if (!*name || ((row->flags & REQUEST_VALUE) && !eq))
		return bad_value(value, "KEY=VALUE", e);
	json_set(json_need_obj(to, key), name, json_new_str(eq ? eq + 1 : ""));
	return 0;
}

/* The call of every option of the table. data is the request. */
static int set_member(const struct opt *o, void *data, const char *value, struct err *e)
{
	const struct request_row *row = o->context;
	const char *key;
	struct json *to;

	/* to do without what cannot be had is no wish */
	if ((row->flags & REQUEST_REFUSED) && !str_eq(value, "false"))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL, "not supported: %s", row->help);
	if (row->flags & (REQUEST_NOTHING | REQUEST_REFUSED))
		return 0;
	if (row->set)
		return row->set(data, value, e);
	to = object_of(data, row->member, &key);
	switch (row->kind) {
	case REQUEST_BOOL:
		return set_bool(row, to, key, str_eq(value, "true"));
	case REQUEST_NUMBER:
		return set_number(row, to, key, value, e);
	case REQUEST_STRINGS:
		json_add(json_need_arr(to, key), json_new_str(value));
		return 0;
	case REQUEST_MAP:
		return set_pair(row, to, key, value, e);
	default:
		break;
	}
	if (row->flags & REQUEST_PATH) {
		_free_ char *path = absolute_path(value);

		json_set(to, key, json_new_str(path));
	} else {
		json_set(to, key, json_new_str(value));
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct opt *)a)->name, ((const struct opt *)b)->name);
}

const struct opt *request_options(void)
{
	static struct opt *options;
	size_t n = 0;

	if (options)
		return options;
	while (request_rows[n].member)
		n++;
	options = mem_alloc((n + 1) * sizeof(*options));
	n = 0;
	for (const struct request_row *r = request_rows; r->member; r++) {
		if (!r->option)
			continue;
		options[n++] = (struct opt){
			.name = r->option,
			.letter = r->letter,
			.type = r->kind == REQUEST_BOOL ? OPT_CALL_FLAG : OPT_CALL,
			.arg = r->arg,
			.help = r->help,
			.call = set_member,
			.context = r,
			.hidden = r->flags & REQUEST_HIDDEN,
			.values = r->values,
			.list = r->flags & REQUEST_COMMA,
			.nonempty = r->flags & REQUEST_NONEMPTY,
		};
	}
	qsort(options, n, sizeof(*options), by_name);
	return options;
}

bool request_flag(const struct json *request, const char *member)
{
	for (const struct request_row *r = request_rows; r->member; r++)
		if (str_eq(r->member, member))
			return json_get_bool(request, member, r->flags & REQUEST_TRUE);
	return false;
}

/* What comes after the options. */

static int find_init(struct json *request, struct err *e)
{
	const char *asked = json_get_str(request, "initPath", NULL);
	static const char *const paths[] = {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit",
					    "/usr/bin/tini-static", "/usr/bin/tini"};

	if (asked)
		return access(asked, X_OK) == 0 ? 0
						: err_sys(e, "access", "--init-path: %s", asked);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], X_OK) == 0) {
			json_set(request, "initPath", json_new_str(paths[i]));
			return 0;
		}
	err_set(e, ERR_USAGE, 0, NULL, "--init: no init program found");
	return err_hint(e, "install the package catatonit");
}

/* Each is one word of a line of resolv.conf. */
static int check_words(const struct json *words, const char *option, struct err *e)
{
	json_each (w, words)
		for (const char *c = json_str(w.v); *c || c == json_str(w.v); c++)
			if (!*c || isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
				return err_set(e, ERR_USAGE, 0, NULL,
					       "--%s: \"%s\" is not one word", option,
					       json_str(w.v));
	return 0;
}

static int check_dns(const struct json *dns, const char *mode, struct err *e)
{
	const struct json *servers = json_get(dns, "servers");
	struct in6_addr any;

	if (json_len(dns) && (str_eq(mode, "none") || str_eq(mode, "container")))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "conflicting options: dns and the network mode: %s", mode);
	json_each (s, servers) {
		const char *ip = json_str(s.v);

		if (str_eq(ip, "none") && json_len(servers) > 1)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "--dns none and other servers exclude each other");
		if (!str_eq(ip, "none") && inet_pton(AF_INET, ip, &any) != 1 &&
		    inet_pton(AF_INET6, ip, &any) != 1)
			return err_set(e, ERR_USAGE, 0, NULL, "--dns: \"%s\" is not an IP address",
				       ip);
	}
	return check_words(json_get(dns, "search"), "dns-search", e) < 0
		       ? -1
		       : check_words(json_get(dns, "options"), "dns-option", e);
}

/* Options of which one makes no sense beside another, or that are wrong in any case. */
static int check_together(const struct json *request, struct err *e)
{
	const struct json *groups = json_get(request, "groups");
	const char *mode = json_get_str(json_get(request, "network"), "mode", "");

	if (request_flag(request, "replace") && !json_has(request, "name"))
		return err_set(e, ERR_USAGE, 0, NULL, "--replace needs --name");
	if (json_has(request, "hostname") &&
	    !imgstr_hostname(json_get_str(request, "hostname", "")))
		return err_set(e, ERR_USAGE, 0, NULL, "--hostname: \"%s\" is not a valid host name",
			       json_get_str(request, "hostname", ""));
	if (*json_get_str(request, "workdir", "/") != '/')
		return err_set(
			e, ERR_USAGE, 0, NULL,
			"--workdir: the working directory \"%s\" is invalid, it needs to be an "
			"absolute path",
			json_get_str(request, "workdir", ""));
	if (check_dns(json_get(request, "dns"), mode, e) < 0)
		return -1;
	if (request_flag(request, "noHosts") && json_has(request, "addHosts"))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--no-hosts and --add-host cannot be set together");
	if (request_flag(request, "noHosts") && json_has(request, "hostsFile"))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--no-hosts and --hosts-file cannot be set together");
	json_each (g, groups)
		if (str_eq(json_str(g.v), "keep-groups") && json_len(groups) > 1)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "the '--group-add keep-groups' option is not allowed with "
				       "any other --group-add options");
	if (str_eq(json_get_str(request, "uts", ""), "host") && json_has(request, "hostname"))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "cannot set hostname when running in the host UTS namespace");
	return 0;
}

int request_finish(struct json *request, int argc, char **argv, struct err *e)
{
	if (argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "requires at least 1 arg(s), only received 0");
	if (check_together(request, e) < 0)
		return -1;
	/* who attaches to its input wants it to have one */
	json_each (stream, json_get(request, "attach"))
		if (str_eq(json_str(stream.v), "stdin"))
			json_set(request, "interactive", json_new_bool(true));
	if (request_flag(request, "removeImage"))
		json_set(request, "remove", json_new_bool(true));
	if (request_flag(request, "init") && find_init(request, e) < 0)
		return -1;
	if (request_finish_env(request, e) < 0)
		return -1;
	if (request_flag(request, "rootfs")) {
		_free_ char *dir = absolute_path(argv[0]);
		_free_ char *plain = str_ndup(dir, strlen(dir) - (str_ends(dir, ":O") ? 2 : 0));

		if (access(plain, X_OK) < 0)
			return err_sys(e, "access", "--rootfs: %s", plain);
		json_set(request, "image", json_new_str(dir));
	} else {
		json_set(request, "image", json_new_str(argv[0]));
	}
	for (int i = 1; i < argc; i++)
		json_add(json_need_arr(request, "command"), json_new_str(argv[i]));
	return 0;
}

/* The check of a document. */

static int check_word(const struct request_row *row, const struct cur *at, struct err *e)
{
	_strv_ struct strv allowed = {0};
	const char *s = json_str(at->val);

	if (!row->values)
		return 0;
	strv_split(&allowed, row->values, ' ');
	if (strv_has(&allowed, s))
		return 0;
	return cur_bad(at, e, "\"%s\" is not one of: %s", s, row->values);
}

static const enum json_kind json_kinds[] = {
	[REQUEST_STRING] = JSON_STRING, [REQUEST_BOOL] = JSON_BOOL,  [REQUEST_NUMBER] = JSON_INT,
	[REQUEST_STRINGS] = JSON_ARRAY, [REQUEST_MAP] = JSON_OBJECT, [REQUEST_OBJECT] = JSON_OBJECT,
	[REQUEST_OBJECTS] = JSON_ARRAY,
};

static int expect(const struct cur *at, enum json_kind kind, struct err *e)
{
	if (json_kind(at->val) == kind)
		return 0;
	return cur_bad(at, e, "expected %s, got %s", json_kind_name(kind),
		       json_kind_name(json_kind(at->val)));
}

static int check_strings(const struct request_row *row, const struct cur *at, struct err *e)
{
	for (size_t i = 0; i < json_len(at->val); i++) {
		struct cur item = cur_at(at, i);

		if (expect(&item, JSON_STRING, e) < 0 || check_word(row, &item, e) < 0)
			return -1;
	}
	return 0;
}

static int check_map(const struct cur *at, struct err *e)
{
	json_foreach (m, at->val) {
		struct cur item = cur_key(at, m.key);

		if (expect(&item, JSON_STRING, e) < 0)
			return -1;
	}
	return 0;
}

static int check_value(const struct request_row *row, const struct cur *at, struct err *e)
{
	if (row->kind == REQUEST_ANY)
		return 0;
	if (expect(at, json_kinds[row->kind], e) < 0)
		return -1;
	switch (row->kind) {
	case REQUEST_STRING:
		return check_word(row, at, e);
	case REQUEST_NUMBER:
		if (row->max && (json_int(at->val) < row->min || json_int(at->val) > row->max))
			return cur_bad(at, e, "%lld is out of range", (long long)json_int(at->val));
		return 0;
	case REQUEST_STRINGS:
		return check_strings(row, at, e);
	case REQUEST_MAP:
		return check_map(at, e);
	default:
		return 0;
	}
}

/* member is what is left of the row's member below the object at *obj. */
static int check_row(const struct request_row *row, const char *member, const struct cur *obj,
		     struct err *e)
{
	const char *dot = strchr(member, '.');
	size_t len = dot ? (size_t)(dot - member) : strlen(member);
	bool list = len > 2 && memcmp(member + len - 2, "[]", 2) == 0;
	_free_ char *key = str_ndup(member, list ? len - 2 : len);
	struct cur at = cur_key(obj, key);

	if (!at.val) {
		if (!dot && (row->flags & REQUEST_NEED))
			return cur_bad(&at, e, "is missing");
		return 0;
	}
	if (!dot)
		return check_value(row, &at, e);
	if (!list)
		return expect(&at, JSON_OBJECT, e) < 0 ? -1 : check_row(row, dot + 1, &at, e);
	if (expect(&at, JSON_ARRAY, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(at.val); i++) {
		struct cur item = cur_at(&at, i);

		if (expect(&item, JSON_OBJECT, e) < 0 || check_row(row, dot + 1, &item, e) < 0)
			return -1;
	}
	return 0;
}

int request_check(const struct cur *request, struct err *e)
{
	for (const struct request_row *r = request_rows; r->member; r++)
		if (*r->member && check_row(r, r->member, request, e) < 0)
			return -1;
	return 0;
}

/* The schema. */

static struct json *typed(const char *type)
{
	struct json *j = json_new_object();

	json_set(j, "type", json_new_str(type));
	return j;
}

static void add_words(struct json *schema, const char *values)
{
	_strv_ struct strv words = {0};

	if (!values)
		return;
	strv_split(&words, values, ' ');
	json_set(schema, "enum", json_new_strv(&words));
}

static struct json *schema_of(const struct request_row *row)
{
	static const char *const types[] = {
		[REQUEST_STRING] = "string",  [REQUEST_BOOL] = "boolean",
		[REQUEST_NUMBER] = "integer", [REQUEST_STRINGS] = "array",
		[REQUEST_MAP] = "object",     [REQUEST_OBJECT] = "object",
		[REQUEST_OBJECTS] = "array",  [REQUEST_ANY] = "object",
	};
	struct json *j = typed(types[row->kind]), *items;

	if (row->kind == REQUEST_STRINGS) {
		items = typed("string");
		add_words(items, row->values);
		json_set(j, "items", items);
	} else if (row->kind == REQUEST_MAP) {
		json_set(j, "additionalProperties", typed("string"));
	} else if (row->kind == REQUEST_OBJECTS) {
		json_set(j, "items", typed("object"));
	} else if (row->kind == REQUEST_NUMBER && row->max) {
		json_set(j, "minimum", json_new_int(row->min));
		if (row->max < INT64_MAX)
			json_set(j, "maximum", json_new_int(row->max));
	} else if (row->kind == REQUEST_STRING) {
		add_words(j, row->values);
	}
	return j;
}

/* The schema of the object that the last part of the member stands in; rows come in that order. */
static struct json *schema_above(struct json *schema, const char *member, const char **last)
{
	const char *dot;

	for (; (dot = strchr(member, '.')); member = dot + 1) {
		size_t len = (size_t)(dot - member);
		bool list = len > 2 && memcmp(dot - 2, "[]", 2) == 0;
		_free_ char *key = str_ndup(member, list ? len - 2 : len);

		schema = json_get(json_get(schema, "properties"), key);
		if (list)
			schema = json_get(schema, "items");
	}
	*last = member;
	return schema;
}

struct json *request_schema(void)
{
	struct json *schema = typed("object");

	for (const struct request_row *r = request_rows; r->member; r++) {
		const char *key;
		struct json *above = schema_above(schema, r->member, &key);

		if (!*key || json_has(json_get(above, "properties"), key))
			continue; /* no member, or a second option for the same */
		json_set(json_need_obj(above, "properties"), key, schema_of(r));
		if (r->flags & REQUEST_NEED)
			json_add(json_need_arr(above, "required"), json_new_str(key));
	}
	return schema;
}
