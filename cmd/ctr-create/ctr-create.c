/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-create: makes the record of a new container, claims its name, prepares its read-write layer.
 *
 * Stages: check request and image; choose id and name; fill a staging directory (container.json,
 * hostname, containerenv, rootfs/, upper/, work/; where no network is to be launched, resolv.conf
 * and hosts); publish directory and name together. It must not mount or start anything; until the
 * last stage nothing of it can be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "oci/request.h"
#include "ctr/container.h"
#include "ctr/netfiles.h"
#include "ctr/sweep.h"
#include "ctr/systemd.h"
#include "ctr/text.h"
#include "ctr/work.h"
#include "create.h"
#include "names.h"
#include "oci/imgstr.h"
#include "sys/confine.h"
#include "wire/doc.h"
#include "wire/prog.h"

#define MAX_ZONE (1u << 20)

struct options {
	const char *id, *name;
	bool start;
	int64_t copy_fd;
};

static const struct opt options[] = {
	{"id", 0, OPT_STR, offsetof(struct options, id), "ID",
	 "use this id (64 hexadecimal digits) instead of a random one"},
	{"name", 0, OPT_STR, offsetof(struct options, name), "NAME", "use this name"},
	{"start", 0, OPT_FLAG, offsetof(struct options, start), NULL,
	 "the caller starts it: where the caller ends before, the next command cleans up"},
	COPY_OPTION(struct options, copy_fd),
	{0},
};

static int random_id(char id[CONTAINER_ID_LEN + 1], struct err *e)
{
	unsigned char rnd[CONTAINER_ID_LEN / 2];

	if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
		return err_sys(e, "getrandom", "no random numbers");
	hex_encode(rnd, sizeof(rnd), id);
	return 0;
}

/* A copy, so that the container has it whatever becomes of the host's. */
static int write_zone(int dir, const struct json *doc, struct err *e)
{
	const char *zone = json_str(json_path(doc, "request.timezone"));
	_free_ char *path = NULL;
	_buf_ struct buf data = {0};

	if (!zone)
		return 0;
	if (*zone == '/' || strstr(zone, ".."))
		return err_set(e, ERR_INPUT, 0, NULL, ".request.timezone: \"%.100s\" is no zone",
			       zone);
	/* the host's may be a link, and a container's file is a copy anyway */
	path = str_eq(zone, "local") ? realpath("/etc/localtime", NULL)
				     : str_fmt("/usr/share/zoneinfo/%s", zone);
	if (!path || file_read(AT_FDCWD, path, MAX_ZONE, &data, e) < 0)
		return path ? err_prefix(e, "time zone %s", zone)
			    : err_sys(e, "realpath", "time zone local: /etc/localtime");
	return file_new(dir, "localtime", data.data, data.len, 0644, e);
}

/* The host's network, or none: what net-slirp-launch would do is told here already. */
static int plain_network(struct staging *st, struct json *doc, struct err *e)
{
	struct cur root = cur_root(doc), request = cur_key(&root, "request");
	const char *mode = json_str(json_path(doc, "request.network.mode"));
	const struct netfiles files = {
		.dir = st->fd,
		.is_new = true,
		.path = json_str(json_path(doc, "container.directory")),
		.doc = doc,
		.own_network = !str_eq(mode, "host"),
		.address = "",
		.dns = "",
		.host = "",
	};
	struct json *out;

	json_del(doc, "network");
	if (!network_is_plain(request.val))
		return 0;
	out = json_need_obj(doc, "network");
	json_set(out, "mode", json_new_str(mode));
	json_set(out, "namespace", json_new_str(""));
	json_set(out, "ports", json_new_array());
	if (netfiles_write(&files, &request, e) < 0)
		return -1;
	netfiles_describe(&files, out);
	return 0;
}

static int fill(struct staging *st, struct json *doc, struct err *e)
{
	static const char *const dirs[] = {"rootfs", "upper", "work"};
	const struct json *c = json_get(doc, "container");
	bool keep = !json_get_bool(json_get(doc, "request"), "remove", false);
	_free_ char *line = NULL, *text = NULL;
	_free_ char *hostname = str_fmt("%s\n", json_get_str(c, "hostname", ""));
	/* an ordinary container learns no more than that it is one, as Podman has it */
	bool tell = json_get_bool(json_get(doc, "request"), "privileged", false);
	_free_ char *env =
		!tell ? str_dup("")
		      : str_fmt("engine=\"rp-%s\"\nname=\"%s\"\nid=\"%s\"\nimage=\"%s\"\n"
				"imageid=\"%s\"\nrootless=1\n",
				RP_VERSION, json_get_str(c, "name", ""), json_get_str(c, "id", ""),
				container_image(doc),
				json_get_str(json_get(doc, "image"), "id", ""));

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		/* the mode of upper/ is that of the container's root directory, whatever the umask
		 */
		if (mkdirat(st->fd, dirs[i], 0700) < 0 ||
		    fchmodat(st->fd, dirs[i], i == 2 ? 0700 : 0755, 0) < 0)
			return err_sys(e, "mkdirat", "cannot make %s", dirs[i]);
	if (file_new(st->fd, "hostname", hostname, strlen(hostname), 0644, e) < 0 ||
	    file_new(st->fd, "containerenv", env, strlen(env), 0644, e) < 0 ||
	    write_zone(st->fd, doc, e) < 0 || plain_network(st, doc, e) < 0)
		return -1;
	/* a container that is kept must survive a power cut; one that is not must not wait for it
	 */
	if (keep)
		return json_write_file(st->fd, "container.json", doc, 0600, true, e);
	line = json_text(doc, false);
	text = str_fmt("%s\n", line);
	return file_new(st->fd, "container.json", text, strlen(text), 0600, e);
}

static struct json *describe(const struct store *s, const struct json *doc, const char *id,
			     const char *name, const char *hostname)
{
	static const char *const settled[] = {"dependencies", "images"};
	const struct json *known = json_get(doc, "container");
	struct json *c = json_new_object();
	_free_ char *dir = str_fmt("%s/containers/%s", s->path, id);
	_free_ char *run = str_fmt("%s/containers/%s", s->run_path, id);
	_free_ char *short_id = str_ndup(id, 12);
	char now[TIME_TEXT_LEN];

	time_text(NULL, now);
	json_set(c, "id", json_new_str(id));
	json_set(c, "name", json_new_str(name));
	json_set(c, "created", json_new_str(now));
	json_set(c, "directory", json_new_str(dir));
	json_set(c, "runDirectory", json_new_str(run));
	json_set(c, "hostname", json_new_str(hostname ? hostname : short_id));
	for (size_t i = 0; i < ARRAY_LEN(settled); i++)
		if (json_has(known, settled[i]))
			json_set(c, settled[i], json_ref(json_get(known, settled[i])));
	return c;
}

static int create(const struct store *s, struct prog *p, const char *id, const char *name,
		  const char *hostname, struct err *e)
{
	_staging_ struct staging st = STAGING_NONE;

	json_set(p->doc, "container", describe(s, p->doc, id, name, hostname));
	if (staging_make(s, "container", &st, e) < 0 || fill(&st, p->doc, e) < 0)
		return -1;
	return container_publish(s, &st, id, name, e);
}

/* With a name of our choice a collision means another try. */
static int create_named(const struct store *s, struct prog *p, const char *id, const char *name,
			const char *hostname, struct err *e)
{
	for (unsigned i = 0; !name && i < 50; i++) {
		_free_ char *chosen = random_name(i);

		err_clear(e);
		if (create(s, p, id, chosen, hostname, e) == 0)
			return 0;
		if (e->code != ERR_EXISTS)
			return -1;
	}
	return name ? create(s, p, id, name, hostname, e) : -1;
}

static struct store store = STORE_NONE;

/* Before the document is read; what dead processes left is removed by ctr-cleanup, a program. */
static int sweep_and_confine(struct err *e)
{
	if (store_open(&store, e) < 0)
		return -1;
	store_sweep(&store, false, NULL);
	container_sweep(&store);
	return confine_reader(e);
}

/* A container of a directory has none. */
static int find_image(const struct cur *root, const struct cur *request, struct cur *image,
		      struct err *e)
{
	if (json_get_bool(request->val, "rootfs", false))
		return cur_obj(root, "image", CUR_OPTIONAL, image, e);
	return doc_part(root, "image", image, e);
}

/* What the container has with the host: its name, where it shares what has one. */
static const char *host_name(const struct json *request, char host[HOST_NAME_MAX + 1])
{
	if (!str_eq(json_str(json_path(request, "network.mode")), "host") &&
	    !str_eq(json_get_str(request, "uts", ""), "host"))
		return NULL;
	return gethostname(host, HOST_NAME_MAX + 1) == 0 && imgstr_hostname(host) ? host : NULL;
}

/* systemd takes SIGTERM for something else. An image or user that names a signal knows better. */
static void set_stop_signal(struct json *doc)
{
	struct json *request = json_get(doc, "request");
	const char *of_image = json_str(json_path(doc, "image.config.StopSignal"));
	_strv_ struct strv words = {0};

	text_command(doc, &words);
	if (!json_has(request, "stopSignal") && (!of_image || !*of_image) &&
	    systemd_wanted(request, words.n ? words.v[0] : NULL))
		json_set(request, "stopSignal", json_new_str(SYSTEMD_STOP_SIGNAL));
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), request, image;
	const char *name = o->name, *hostname = NULL, *reference = NULL;
	char id[CONTAINER_ID_LEN + 1], host[HOST_NAME_MAX + 1];

	if (doc_part(&root, "request", &request, e) < 0 || request_check(&request, e) < 0 ||
	    find_image(&root, &request, &image, e) < 0)
		return -1;
	if (cur_str(&image, "reference", CUR_OPTIONAL, &reference, e) < 0 ||
	    cur_str(&request, "hostname", CUR_OPTIONAL, &hostname, e) < 0 ||
	    (!name && cur_str(&request, "name", CUR_OPTIONAL, &name, e) < 0))
		return -1;
	if (name && !container_name_valid(name)) {
		err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a valid container name", name);
		return err_hint(e,
				"letters, digits, '_', '.' and '-', the first a letter or digit");
	}
	if (hostname && !imgstr_hostname(hostname))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a valid host name", hostname);
	if (!hostname)
		hostname = host_name(request.val, host);
	if (inherit_volumes(&store, p->doc, e) < 0 || note_images(&store, p->doc, e) < 0 ||
	    note_dependencies(&store, p->doc, o->start, e) < 0)
		return -1;
	set_stop_signal(p->doc);
	if (o->id && !container_id_valid(o->id))
		return err_set(e, ERR_USAGE, 0, NULL, "--id: \"%s\" is not 64 hexadecimal digits",
			       o->id);
	if (o->id)
		snprintf(id, sizeof(id), "%s", o->id);
	else if (random_id(id, e) < 0)
		return -1;
	if (o->start && start_mark(&store, id, e) < 0)
		return -1;
	if (create_named(&store, p, id, name, hostname, e) == 0) {
		work_copy(o->copy_fd, p->doc);
		return 0;
	}
	if (o->start)
		start_unmark(&store, id);
	return -1;
}

static const struct program program = {
	.name = "ctr-create",
	.summary = "make the record and the read-write layer of a new container",
	.usage = "[--id ID] [--name NAME] [--start] [--copy-fd N] < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_READS | PROG_WRITES | PROG_CONTAINER,
	.confine = sweep_and_confine,
	.needs = "request",
	.gives = "request container",
	.run = run,
};

int main(int argc, char **argv)
{
	int status = prog_main(&program, argc, argv);

	store_close(&store);
	return status;
}
