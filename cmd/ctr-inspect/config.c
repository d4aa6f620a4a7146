/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Config: what the container was made to run. Of a container that has started, environment and
 * working directory are those of its config.json; before, they are put together from image and
 * request.
 */
#include "inspect.h"
#include "ctr/text.h"
#include "ctr/env.h"
#include "ctr/systemd.h"

static void add_env(struct json *env, const struct json *list)
{
	json_each (item, list)
		if (json_str(item.v) && strchr(json_str(item.v), '='))
			env_put(env, json_str(item.v));
}

static struct json *environment(const struct subject *c)
{
	_json_ struct json *env = json_new_object();

	if (c->config)
		return json_ref(json_path(c->config, "process.env"));
	env_put(env, "container=podman");
	add_env(env, json_path(c->doc, "image.config.Env"));
	add_env(env, json_path(c->doc, "request.env"));
	return env_items(env);
}

/* The request's, or else the image's. */
static struct json *chosen(const struct subject *c, const char *mine, const char *image,
			   const char *dflt)
{
	const char *v = json_str(json_path(c->doc, mine));

	if (!v)
		v = json_str(json_path(c->doc, image));
	return json_new_str(v && *v ? v : dflt);
}

static struct json *annotations(const struct subject *c)
{
	struct json *a = c->config ? json_get(c->config, "annotations")
				   : json_path(c->doc, "request.annotations");

	return a ? json_ref(a) : json_new_object();
}

static struct json *stop_signal(const struct subject *c)
{
	const char *name = json_str(json_path(c->doc, "request.stopSignal"));
	int sig;

	if (!name)
		name = json_str(json_path(c->doc, "image.config.StopSignal"));
	sig = name ? signal_number(name) : -1;
	return json_new_str(sig > 0 && signal_name(sig) ? signal_name(sig)
			    : sig > 0			? name
							: "SIGTERM");
}

static void set_words(const struct subject *c, struct json *o)
{
	const struct json *request = json_get(c->doc, "request");
	struct json *cmd = json_get(request, "command");
	bool own = json_has(request, "entrypoint");
	struct json *entry = own ? json_get(request, "entrypoint")
				 : json_path(c->doc, "image.config.Entrypoint");

	if (!json_len(cmd) && !own)
		cmd = json_path(c->doc, "image.config.Cmd");
	json_set(o, "Cmd", json_ref(cmd));
	json_set(o, "Entrypoint", json_ref(entry));
}

static struct json *flag(const struct subject *c, const char *path)
{
	return json_new_bool(json_bool(json_path(c->doc, path)));
}

/* What the user typed; a record that other front ends made has none. */
static struct json *create_command(const struct subject *c)
{
	struct json *words = json_path(c->doc, "request.createCommand");

	return words ? json_ref(words) : json_new_array();
}

/* Of the image and of --expose: {"80/tcp": {}}. */
static struct json *exposed(const struct subject *c)
{
	struct json *asked = json_path(c->doc, "request.expose");
	const struct json *of_image = json_path(c->doc, "image.config.ExposedPorts");
	struct json *out;

	if (!json_len(asked) && !of_image)
		return NULL;
	out = of_image ? json_copy(of_image) : json_new_object();
	json_each (p, asked)
		json_set(out, json_str(p.v), json_new_object());
	return out;
}

/* The image's, as it is; {"Test": ["NONE"]} where the user wants none. */
static struct json *health_check(const struct subject *c)
{
	struct json *out;

	if (!json_bool(json_path(c->doc, "request.noHealthcheck")))
		return json_ref(json_path(c->doc, "image.config.Healthcheck"));
	out = json_new_object();
	json_add(json_need_arr(out, "Test"), json_new_str("NONE"));
	return out;
}

static bool systemd_mode(const struct subject *c)
{
	_strv_ struct strv words = {0};

	text_command(c->doc, &words);
	return systemd_wanted(json_get(c->doc, "request"), words.n ? words.v[0] : NULL);
}

struct json *describe_config(const struct subject *c)
{
	const struct json *request = json_get(c->doc, "request");
	const char *cwd = json_str(json_path(c->config, "process.cwd"));
	struct json *o = json_new_object();

	json_set(o, "Hostname", string_at(c->doc, "container.hostname"));
	json_set(o, "Domainname", json_new_str(""));
	json_set(o, "User", chosen(c, "request.user", "image.config.User", ""));
	json_set(o, "AttachStdin", json_new_bool(false));
	json_set(o, "AttachStdout", json_new_bool(false));
	json_set(o, "AttachStderr", json_new_bool(false));
	json_set(o, "Tty", flag(c, "request.terminal"));
	json_set(o, "OpenStdin", flag(c, "request.interactive"));
	json_set(o, "StdinOnce", json_new_bool(false));
	json_set(o, "Env", environment(c));
	set_words(c, o);
	json_set(o, "Image", json_new_str(container_image(c->doc)));
	json_set(o, "Volumes", NULL);
	json_set(o, "WorkingDir",
		 cwd ? json_new_str(cwd)
		     : chosen(c, "request.workdir", "image.config.WorkingDir", "/"));
	json_set(o, "OnBuild", NULL);
	json_set(o, "Labels", container_labels(c->doc));
	json_set(o, "Annotations", annotations(c));
	json_set(o, "StopSignal", stop_signal(c));
	json_set(o, "StopTimeout", json_new_int(json_get_int(request, "stopTimeout", 10)));
	json_set(o, "Umask", json_new_str(json_get_str(request, "umask", "0022")));
	json_set(o, "CreateCommand", create_command(c));
	json_set(o, "sdNotifyMode", json_new_str(json_get_str(request, "sdnotify", "container")));
	json_set(o, "HealthcheckOnFailureAction", json_new_str("none"));
	json_set(o, "Timeout", json_new_int(json_get_int(request, "timeout", 0)));
	json_set(o, "Passwd", json_new_bool(json_get_bool(request, "passwd", true)));
	json_set(o, "SystemdMode", json_new_bool(systemd_mode(c)));
	json_set(o, "Timezone", json_new_str(json_get_str(request, "timezone", "")));
	json_set(o, "ExposedPorts", exposed(c));
	json_set(o, "Healthcheck", health_check(c));
	return o;
}
