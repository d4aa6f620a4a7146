/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts and devices of the command line: see request.h.
 *
 * --volume and --tmpfs are a source, a place and a list; --mount is a list of words, and which of
 * them a type has is one table. A glob becomes a bind for each file that it matches here, where the
 * caller's files are, so that the request says what is mounted.
 */
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "oci/request.h"

static int bad(struct err *e, const char *value, const char *why)
{
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": %s", value, why);
}

/* Of these groups a mount has one word at most. */
static const char *const exclusive[] = {
	"rw ro",
	"exec noexec",
	"suid nosuid",
	"dev nodev",
	"z Z",
	"copy nocopy",
	"private rprivate shared rshared slave rslave unbindable runbindable",
};

static const char volume_words[] =
	"rw ro rro exec noexec suid nosuid dev nodev z Z copy nocopy U O "
	"bind rbind private rprivate shared rshared slave rslave "
	"unbindable runbindable noatime relatime idmap";

static bool is_word(const char *list, const char *word)
{
	_strv_ struct strv words = {0};

	strv_split(&words, list, ' ');
	return strv_has(&words, word);
}

static int check_options(const char *value, const struct strv *words, struct err *e)
{
	for (size_t g = 0; g < ARRAY_LEN(exclusive); g++) {
		const char *first = NULL;

		strv_foreach (w, words) {
			if (!is_word(exclusive[g], w))
				continue;
			if (first && !str_eq(first, w))
				return err_set(e, ERR_USAGE, 0, NULL,
					       "\"%s\": %s and %s exclude each other", value, first,
					       w);
			first = w;
		}
	}
	return 0;
}

static int check_volume_options(const char *value, const char *text, struct err *e)
{
	_strv_ struct strv words = {0};

	strv_split(&words, text, ',');
	strv_foreach (w, &words) {
		if (str_after(w, "upperdir=") || str_after(w, "workdir="))
			return bad(e, value,
				   "an overlay of a volume has its own folders here, which are "
				   "removed with the container");
		if (*w && !is_word(volume_words, w) && !str_after(w, "idmap="))
			return err_set(e, ERR_USAGE, 0, NULL,
				       "\"%s\": unknown volume option \"%s\"", value, w);
	}
	return check_options(value, &words, e);
}

static struct json *add_mount(struct json *request, const char *type, const char *source,
			      const char *destination)
{
	struct json *m = json_new_object();

	json_set(m, "type", json_new_str(type));
	json_set(m, "source", json_new_str(source));
	json_set(m, "destination", json_new_str(destination));
	json_add(json_need_arr(request, "mounts"), m);
	return m;
}

static bool is_path(const char *s)
{
	return s[0] == '/' || s[0] == '.' || s[0] == '~';
}

int parse_volume(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv part = {0};
	_free_ char *source = NULL;
	const char *dest;
	struct json *m;

	strv_split(&part, value, ':');
	if (part.n < 1 || part.n > 3)
		return bad(e, value, "expected [SOURCE:]DESTINATION[:OPTIONS]");
	dest = part.v[part.n > 1 ? 1 : 0];
	if (dest[0] != '/')
		return bad(e, value, "the destination in the container must be an absolute path");
	if (part.n > 1 && !*part.v[0])
		return bad(e, value, "the source is empty");
	if (part.n == 3 && check_volume_options(value, part.v[2], e) < 0)
		return -1;
	if (part.n > 1 && is_path(part.v[0]))
		source = absolute_path(part.v[0]);
	m = add_mount(request, source ? "bind" : "volume",
		      source	   ? source
		      : part.n > 1 ? part.v[0]
				   : "",
		      dest);
	request_options_list(m, part.n == 3 ? part.v[2] : "");
	return 0;
}

enum { BIND = 1, VOLUME = 2, TMPFS = 4, DEVPTS = 8, IMAGE = 16, RAMFS = 32, GLOB = 64 };

static const struct {
	const char *name;
	int type;
} mount_types[] = {
	{"bind", BIND},	  {"volume", VOLUME}, {"tmpfs", TMPFS}, {"devpts", DEVPTS},
	{"image", IMAGE}, {"ramfs", RAMFS},   {"glob", GLOB},
};

#define FILES (BIND | GLOB)
#define NEW   (TMPFS | RAMFS)
#define MOST  (FILES | VOLUME | NEW)

/* The words of --mount. */
static const struct {
	const char *name;
	int types; /* that have it */
	enum {
		SOURCE,
		PLACE,
		TYPE,
		PLAIN,
		READ_ONLY,
		WRITABLE,
		RELABEL,
		CHOWN,
		VALUE,
		IGNORED
	} kind;
	const char *option; /* VALUE: of the mount, NULL: the value alone is the option */
} mount_words[] = {
	{"type", ~0, TYPE, NULL},
	{"source", FILES | VOLUME | IMAGE, SOURCE, NULL},
	{"src", FILES | VOLUME | IMAGE, SOURCE, NULL},
	{"destination", ~0, PLACE, NULL},
	{"dst", ~0, PLACE, NULL},
	{"target", ~0, PLACE, NULL},
	{"readonly", MOST, READ_ONLY, NULL},
	{"ro", MOST, READ_ONLY, NULL},
	{"rw", MOST | IMAGE, WRITABLE, NULL},
	{"readwrite", IMAGE, WRITABLE, NULL},
	{"relabel", FILES | VOLUME, RELABEL, NULL},
	{"U", MOST, CHOWN, NULL},
	{"chown", MOST, CHOWN, NULL},
	{"bind-propagation", FILES, VALUE, NULL},
	{"bind-nonrecursive", FILES, PLAIN, "bind"},
	{"consistency", ~0, IGNORED, NULL},
	{"tmpfs-size", NEW, VALUE, "size"},
	{"size", NEW, VALUE, "size"},
	{"tmpfs-mode", NEW, VALUE, "mode"},
	{"mode", NEW | DEVPTS, VALUE, "mode"},
	{"uid", NEW | DEVPTS, VALUE, "uid"},
	{"gid", NEW | DEVPTS, VALUE, "gid"},
	{"max", DEVPTS, VALUE, "max"},
	{"ptmxmode", DEVPTS, VALUE, "ptmxmode"},
	{"newinstance", DEVPTS, PLAIN, NULL},
	{"noexec", MOST | DEVPTS, PLAIN, NULL},
	{"exec", MOST, PLAIN, NULL},
	{"nosuid", MOST | DEVPTS, PLAIN, NULL},
	{"suid", MOST, PLAIN, NULL},
	{"nodev", MOST, PLAIN, NULL},
	{"dev", MOST, PLAIN, NULL},
	{"noatime", MOST, PLAIN, NULL},
	{"private", FILES, PLAIN, NULL},
	{"rprivate", FILES, PLAIN, NULL},
	{"shared", FILES, PLAIN, NULL},
	{"rshared", FILES, PLAIN, NULL},
	{"slave", FILES, PLAIN, NULL},
	{"rslave", FILES, PLAIN, NULL},
	{"z", FILES | VOLUME, PLAIN, NULL},
	{"Z", FILES | VOLUME, PLAIN, NULL},
	{"O", BIND | VOLUME, PLAIN, NULL},
	{"copy", VOLUME, PLAIN, NULL},
	{"nocopy", VOLUME, PLAIN, NULL},
	{"tmpcopyup", NEW, PLAIN, NULL},
	{"notmpcopyup", NEW, PLAIN, NULL},
};

struct mount {
	const char *all; /* as typed, for messages */
	const char *type_name, *source, *place;
	int type;
	struct strv options;
};

static void mount_release(struct mount *m)
{
	strv_release(&m->options);
}

static int mount_type(struct mount *m, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(mount_types); i++) {
		if (!str_eq(mount_types[i].name, name))
			continue;
		m->type = mount_types[i].type;
		m->type_name = mount_types[i].name;
		return 0;
	}
	return err_set(e, ERR_USAGE, 0, NULL,
		       "\"%s\": type= must be bind, volume, tmpfs, devpts, image, ramfs or glob",
		       m->all);
}

/* "ro" and "ro=true" are alike, "ro=false" is the other word. */
static int add_switch(struct mount *m, const char *v, const char *on, const char *off,
		      struct err *e)
{
	bool no = v && (str_eq(v, "false") || str_eq(v, "0"));

	if (v && !no && !str_eq(v, "true") && !str_eq(v, "1"))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": %s is not true or false", m->all, v);
	if (!no || off)
		strv_add(&m->options, no ? off : on);
	return 0;
}

/* v is NULL for a word without "=". */
static int mount_word(struct mount *m, const char *word, const char *v, struct err *e)
{
	size_t i = 0;

	while (i < ARRAY_LEN(mount_words) && !str_eq(mount_words[i].name, word))
		i++;
	if (i == ARRAY_LEN(mount_words))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": unknown mount option %s", m->all,
			       word);
	if (!(mount_words[i].types & m->type))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": a mount of type %s has no option %s",
			       m->all, m->type_name, word);
	switch (mount_words[i].kind) {
	case SOURCE:
		m->source = v ? v : "";
		return 0;
	case PLACE:
		m->place = v ? v : "";
		return 0;
	case READ_ONLY:
		return add_switch(m, v, "ro", "rw", e);
	case WRITABLE:
		return add_switch(m, v, "rw", "ro", e);
	case CHOWN:
		return add_switch(m, v, "U", NULL, e);
	case PLAIN:
		return add_switch(m, v, mount_words[i].option ? mount_words[i].option : word, NULL,
				  e);
	case RELABEL:
		if (!str_eq(v, "private") && !str_eq(v, "shared"))
			return bad(e, m->all, "relabel= takes private or shared");
		strv_add(&m->options, str_eq(v, "private") ? "Z" : "z");
		return 0;
	case VALUE:
		if (!v || !*v)
			return err_set(e, ERR_USAGE, 0, NULL, "\"%s\": %s= needs a value", m->all,
				       word);
		if (mount_words[i].option)
			strv_addf(&m->options, "%s=%s", mount_words[i].option, v);
		else
			strv_add(&m->options, v);
		return 0;
	default:
		return 0;
	}
}

static int mount_words_of(struct mount *m, struct strv *words, struct err *e)
{
	/* what the others mean depends on it, wherever it stands */
	strv_foreach (w, words) {
		if (str_after(w, "type=") && mount_type(m, w + 5, e) < 0)
			return -1;
	}
	strv_foreach (w, words) {
		char *eq = strchr(w, '=');

		if (eq)
			*eq = '\0';
		if (mount_word(m, w, eq ? eq + 1 : NULL, e) < 0)
			return -1;
	}
	return check_options(m->all, &m->options, e);
}

static void put_mount(struct json *request, const struct mount *m, const char *type,
		      const char *source, const char *place)
{
	json_set(add_mount(request, type, source, place), "options", json_new_strv(&m->options));
}

/* A bind for each file, in the folder of the container that is named, or at its own path. */
static int put_glob(struct json *request, const struct mount *m, struct err *e)
{
	_free_ char *pattern = absolute_path(m->source);
	glob_t found = {0};
	int r = glob(pattern, GLOB_ERR, NULL, &found);

	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		const char *file = found.gl_pathv[i], *name = strrchr(file, '/') + 1;
		_free_ char *place = m->place ? str_fmt("%s/%s", m->place, name) : str_dup(file);

		put_mount(request, m, "bind", file, place);
	}
	globfree(&found);
	return r == 0 ? 0 : bad(e, m->all, "no file matches the glob");
}

int parse_mount(struct json *request, const char *value, struct err *e)
{
	_clean_(mount_release) struct mount m = {
		.all = value, .type = VOLUME, .type_name = "volume"};
	_strv_ struct strv words = {0};
	_free_ char *path = NULL;

	strv_split(&words, value, ',');
	if (mount_words_of(&m, &words, e) < 0)
		return -1;
	if ((m.place || m.type != GLOB) && (!m.place || m.place[0] != '/'))
		return bad(e, value, "destination= must be an absolute path");
	if ((m.type & (FILES | IMAGE)) && (!m.source || !*m.source))
		return bad(e, value, "source= is missing");
	if (m.type == GLOB)
		return put_glob(request, &m, e);
	path = m.type == BIND ? absolute_path(m.source) : NULL;
	put_mount(request, &m, m.type_name,
		  path			      ? path
		  : m.source		      ? m.source
		  : m.type & (VOLUME | IMAGE) ? ""
					      : m.type_name,
		  m.place);
	return 0;
}

int parse_tmpfs(struct json *request, const char *value, struct err *e)
{
	const char *colon = strchr(value, ':');
	_free_ char *dest = colon ? str_ndup(value, colon - value) : str_dup(value);

	if (dest[0] != '/')
		return bad(e, value, "the mount point must be an absolute path");
	request_options_list(add_mount(request, "tmpfs", "tmpfs", dest), colon ? colon + 1 : "");
	return 0;
}

int parse_device(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv part = {0};
	const char *dest, *perm = "rwm";
	struct json *d;

	strv_split(&part, value, ':');
	if (part.n < 1 || part.n > 3 || part.v[0][0] != '/')
		return bad(e, value, "expected /DEVICE[:/DEVICE-IN-CONTAINER[:rwm]]");
	dest = part.v[0];
	if (part.n > 1 && part.v[1][0] == '/')
		dest = part.v[1];
	else if (part.n == 2)
		perm = part.v[1];
	else if (part.n == 3)
		return bad(e, value, "the device in the container must be an absolute path");
	if (part.n == 3)
		perm = part.v[2];
	if (!str_only(perm, "rwm"))
		return bad(e, value, "permissions are letters of \"rwm\"");
	if (access(part.v[0], F_OK) < 0)
		return err_sys(e, "access", "device %s", part.v[0]);
	d = json_new_object();
	json_set(d, "source", json_new_str(part.v[0]));
	json_set(d, "destination", json_new_str(dest));
	json_set(d, "permissions", json_new_str(perm));
	json_add(json_need_arr(request, "devices"), d);
	return 0;
}

/* CONTAINER[:ro,z ...] */
int parse_volumes_from(struct json *request, const char *value, struct err *e)
{
	static const char allowed[] = "ro rw z";
	_strv_ struct strv words = {0};
	const char *colon = strchr(value, ':');

	if (colon == value)
		return bad(e, value, "expected CONTAINER[:OPTIONS]");
	strv_split(&words, colon ? colon + 1 : "", ',');
	strv_foreach (w, &words) {
		if (!is_word(allowed, w))
			return bad(e, value, "the options may be ro, rw and z");
	}
	json_add(json_need_arr(request, "volumesFrom"), json_new_str(value));
	return check_options(value, &words, e);
}

int parse_chroot_dir(struct json *request, const char *value, struct err *e)
{
	if (*value != '/')
		return bad(e, value, "expected an absolute path");
	json_add(json_need_arr(request, "chrootDirs"), json_new_str(value));
	return 0;
}
