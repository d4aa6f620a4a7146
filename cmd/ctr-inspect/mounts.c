/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts. What the last start used is known from its config.json; before the first start the
 * request says what will be mounted, without the image's own volumes, which have no names yet.
 */
#include "inspect.h"

static bool is_propagation(const char *o)
{
	static const char *const words[] = {"private", "rprivate", "slave",	 "rslave",
					    "shared",  "rshared",  "unbindable", "runbindable"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i], o))
			return true;
	return false;
}

/* The options that the runtime was given for this place, or those that were asked for. */
static const struct json *options_of(const struct subject *c, const struct json *m,
				     const char *dest)
{
	json_each (r, json_get(c->config, "mounts"))
		if (str_eq(json_get_str(r.v, "destination", ""), dest))
			return json_get(r.v, "options");
	return json_get(m, "options");
}

static void set_options(const struct subject *c, const struct json *m, struct json *out)
{
	const struct json *options = options_of(c, m, json_get_str(m, "destination", ""));
	struct json *rest = json_new_array();
	const char *propagation = "rprivate";
	bool writable = true, bind = false;

	json_each (o, options) {
		const char *word = json_str(o.v);

		if (!word)
			continue;
		if (str_eq(word, "ro") || str_eq(word, "rro"))
			writable = false;
		else if (is_propagation(word))
			propagation = word;
		else if (!str_eq(word, "rw") && !str_eq(word, "z") && !str_eq(word, "Z") &&
			 !str_eq(word, "U"))
			json_add(rest, json_ref(o.v));
		bind = bind || str_eq(word, "bind") || str_eq(word, "rbind");
	}
	if (!bind)
		json_add(rest, json_new_str("rbind"));
	json_set(out, "Options", rest);
	json_set(out, "RW", json_new_bool(writable));
	json_set(out, "Propagation", json_new_str(propagation));
}

static struct json *describe_mount(const struct subject *c, const struct json *m)
{
	const char *type = json_get_str(m, "type", "bind"), *source = json_get_str(m, "source", "");
	bool volume = str_eq(type, "volume");
	_free_ char *data = NULL;
	struct json *out = json_new_object();

	/* in a request the source of a volume is its name */
	if (volume && *source && *source != '/')
		data = str_fmt("%s/volumes/%s/_data", c->s->path, source);
	json_set(out, "Type", json_new_str(type));
	if (volume)
		json_set(out, "Name", json_new_str(json_get_str(m, "name", source)));
	json_set(out, "Source", json_new_str(data ? data : source));
	json_set(out, "Destination", json_new_str(json_get_str(m, "destination", "")));
	json_set(out, "Driver", json_new_str(volume ? "local" : ""));
	json_set(out, "Mode", json_new_str(""));
	set_options(c, m, out);
	return out;
}

static const struct json *known_mounts(const struct subject *c)
{
	return json_has(c->doc, "volumes") ? json_get(c->doc, "volumes")
					   : json_path(c->doc, "request.mounts");
}

struct json *describe_mounts(const struct subject *c)
{
	struct json *out = json_new_array();

	json_each (m, known_mounts(c)) {
		const char *type = json_get_str(m.v, "type", "");

		if (str_eq(type, "bind") || str_eq(type, "volume"))
			json_add(out, describe_mount(c, m.v));
	}
	return out;
}

/* "SOURCE-OR-NAME:DESTINATION:OPTIONS" */
struct json *describe_binds(const struct json *mounts)
{
	struct json *out = json_new_array();

	json_each (m, mounts) {
		_buf_ struct buf b = {0};

		buf_fmt(&b, "%s:%s:%s,%s",
			json_get_str(m.v, "Name", json_get_str(m.v, "Source", "")),
			json_get_str(m.v, "Destination", ""),
			json_get_bool(m.v, "RW", true) ? "rw" : "ro",
			json_get_str(m.v, "Propagation", ""));
		json_each (o, json_get(m.v, "Options"))
			buf_fmt(&b, ",%s", json_str(o.v));
		json_add(out, json_new_str(b.data));
	}
	return out;
}

struct json *describe_tmpfs(const struct subject *c)
{
	struct json *out = json_new_object();

	json_each (m, known_mounts(c)) {
		_buf_ struct buf b = {0};

		if (!str_eq(json_get_str(m.v, "type", ""), "tmpfs"))
			continue;
		json_each (o, json_get(m.v, "options"))
			if (json_str(o.v))
				buf_fmt(&b, "%s%s", b.len ? "," : "", json_str(o.v));
		json_set(out, json_get_str(m.v, "destination", ""),
			 json_new_str(b.data ? b.data : ""));
	}
	return out;
}
