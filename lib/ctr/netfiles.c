/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/resolv.conf and /etc/hosts of a container, written beside its record and mounted by the
 * runtime: see netfiles.h. Names and domains come from the user and are checked: one line each, no
 * blanks.
 */
#include "ctr/netfiles.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "sys/path.h"

#define MAX_FILE (1u << 20)

static int one_word(const char *s, const char *what, struct err *e)
{
	for (const char *c = s; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return err_set(e, ERR_USAGE, 0, NULL, "%s \"%s\" is not one word", what, s);
	return *s ? 0 : err_set(e, ERR_USAGE, 0, NULL, "an empty %s", what);
}

static int write_file(const struct netfiles *n, const char *name, const struct buf *b,
		      struct err *e)
{
	if (n->is_new)
		return file_new(n->dir, name, b->data, b->len, 0644, e);
	return file_replace(n->dir, name, b->data, b->len, 0644, false, e);
}

static bool is_loopback(const char *ip)
{
	return str_after(ip, "127.") || str_eq(ip, "::1");
}

/* The host's lines, without servers that only the host itself can reach. */
static void host_resolv(const struct netfiles *n, bool servers, bool search, bool options,
			struct buf *out)
{
	_buf_ struct buf text = {0};
	_strv_ struct strv lines = {0};
	size_t count = 0;

	if (file_read(AT_FDCWD, "/etc/resolv.conf", MAX_FILE, &text, NULL) < 0)
		buf_release(&text);
	if (servers && n->own_network && *n->dns) {
		buf_fmt(out, "nameserver %s\n", n->dns);
		count++;
	}
	strv_split(&lines, text.data ? text.data : "", '\n');
	for (size_t i = 0; i < lines.n; i++) {
		char *line = lines.v[i], ip[64];

		if (str_after(line, "search ") || str_after(line, "domain ")) {
			if (search)
				buf_fmt(out, "%s\n", line);
		} else if (str_after(line, "options ")) {
			if (options)
				buf_fmt(out, "%s\n", line);
		} else if (servers && sscanf(line, "nameserver %63s", ip) == 1) {
			if ((n->own_network && is_loopback(ip)) || count >= 3)
				continue;
			buf_fmt(out, "nameserver %s\n", ip);
			count++;
		}
	}
}

static int add_words(struct buf *out, const char *lead, const struct strv *words, const char *what,
		     bool one_line, struct err *e)
{
	for (size_t i = 0; i < words->n; i++) {
		if (one_word(words->v[i], what, e) < 0)
			return -1;
		if (!one_line || i == 0)
			buf_str(out, lead);
		buf_fmt(out, " %s", words->v[i]);
		if (!one_line || i + 1 == words->n)
			buf_char(out, '\n');
	}
	return 0;
}

/* One of an earlier start must not be mounted. */
static int leave_image_resolv(const struct netfiles *n)
{
	unlinkat(n->dir, "resolv.conf", 0);
	return 0;
}

static int resolv_conf(const struct netfiles *n, const struct cur *request, struct err *e)
{
	_strv_ struct strv servers = {0}, search = {0}, options = {0};
	_buf_ struct buf out = {0};
	struct cur dns;

	if (cur_obj(request, "dns", CUR_OPTIONAL, &dns, e) < 0 ||
	    cur_strv(&dns, "servers", CUR_OPTIONAL, &servers, e) < 0 ||
	    cur_strv(&dns, "search", CUR_OPTIONAL, &search, e) < 0 ||
	    cur_strv(&dns, "options", CUR_OPTIONAL, &options, e) < 0)
		return -1;
	if (servers.n == 1 && str_eq(servers.v[0], "none"))
		return leave_image_resolv(n); /* the image's own is wanted */
	for (size_t i = 0; i < servers.n; i++) {
		struct in6_addr any;

		if (inet_pton(AF_INET, servers.v[i], &any) != 1 &&
		    inet_pton(AF_INET6, servers.v[i], &any) != 1)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "DNS server \"%s\" is not an IP address", servers.v[i]);
	}
	if (add_words(&out, "search", &search, "search domain", true, e) < 0 ||
	    add_words(&out, "nameserver", &servers, "DNS server", false, e) < 0 ||
	    add_words(&out, "options", &options, "DNS option", true, e) < 0)
		return -1;
	host_resolv(n, servers.n == 0, search.n == 0, options.n == 0, &out);
	return write_file(n, "resolv.conf", &out, e);
}

/* Names of the loopback addresses that every container's file has. */
static bool is_local(const char *name)
{
	static const char *const names[] = {"localhost", "localhost.localdomain", "ip6-localhost",
					    "ip6-loopback"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

/* The image's file is hostile: read below the descriptor of the root file system. */
static int image_hosts(const struct netfiles *n, struct buf *text, struct err *e)
{
	_close_ int root = path_open_beneath(n->dir, "rootfs", O_PATH | O_DIRECTORY, 0, e);

	if (root < 0)
		return -1;
	if (path_read_in_root(root, "/etc/hosts", MAX_FILE, text, e) == 0)
		return 0;
	if (e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	return 0;
}

/*
 * What the file begins with: the host's entries, those of a file or of the image, or none. Of the
 * host all are taken over, as Podman does, but for names of loopback addresses other than its own
 * two lines below.
 */
static int base_hosts(const struct netfiles *n, const char *base, struct buf *out, struct err *e)
{
	_buf_ struct buf text = {0};
	_strv_ struct strv lines = {0};
	int r = 0;

	if (str_eq(base, "none"))
		return 0;
	if (str_eq(base, "image"))
		r = image_hosts(n, &text, e);
	else if (base)
		r = file_read(AT_FDCWD, base, MAX_FILE, &text, e);
	else if (file_read(AT_FDCWD, "/etc/hosts", MAX_FILE, &text, NULL) < 0)
		buf_release(&text);
	if (r < 0)
		return err_prefix(e, "--hosts-file");
	strv_split(&lines, text.data ? text.data : "", '\n');
	for (size_t i = 0; i < lines.n; i++) {
		char *line = lines.v[i], ip[64], name[64] = "";

		line[strcspn(line, "#\r")] = '\0';
		if (sscanf(line, "%63s %63s", ip, name) < 2 || (is_loopback(ip) && is_local(name)))
			continue;
		buf_fmt(out, "%s\n", line);
	}
	return 0;
}

static int extra_hosts(const struct netfiles *n, const struct cur *request, struct buf *out,
		       struct err *e)
{
	struct cur arr;

	if (cur_arr(request, "addHosts", CUR_OPTIONAL, &arr, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(arr.val); i++) {
		struct cur h = cur_at(&arr, i);
		const char *name = NULL, *ip = NULL;

		if (cur_str(&h, "name", CUR_NEED, &name, e) < 0 ||
		    cur_str(&h, "ip", CUR_NEED, &ip, e) < 0 || one_word(name, "host name", e) < 0 ||
		    one_word(ip, "address", e) < 0)
			return -1;
		if (str_eq(ip, "host-gateway")) {
			if (!*n->host)
				return err_set(e, ERR_UNSUPPORTED, 0, NULL,
					       "host-gateway: this network mode has no address for "
					       "the host");
			ip = n->host;
		}
		buf_fmt(out, "%s\t%s\n", ip, name);
	}
	return 0;
}

static int hosts(const struct netfiles *n, const struct cur *request, struct err *e)
{
	const char *hostname = json_str(json_path(n->doc, "container.hostname"));
	const char *name = json_str(json_path(n->doc, "container.name"));
	_buf_ struct buf out = {0};
	const char *base = NULL;

	if (cur_str(request, "hostsFile", CUR_OPTIONAL, &base, e) < 0 ||
	    extra_hosts(n, request, &out, e) < 0 || base_hosts(n, base, &out, e) < 0)
		return -1;
	buf_str(&out, "127.0.0.1\tlocalhost localhost.localdomain\n::1\tlocalhost ip6-localhost\n");
	if (*n->host)
		buf_fmt(&out, "%s\thost.containers.internal\n", n->host);
	if (hostname && name && one_word(hostname, "host name", e) == 0)
		buf_fmt(&out, "%s\t%s %s\n", *n->address ? n->address : "127.0.0.1", hostname,
			name);
	return write_file(n, "hosts", &out, e);
}

int netfiles_write(const struct netfiles *n, const struct cur *request, struct err *e)
{
	bool none = false;

	if (cur_bool(request, "noHosts", CUR_OPTIONAL, &none, e) < 0)
		return -1;
	if (!none && hosts(n, request, e) < 0)
		return -1;
	return resolv_conf(n, request, e);
}

static void set_path(const struct netfiles *n, struct json *network, const char *key,
		     const char *file)
{
	_free_ char *path = str_fmt("%s/%s", n->path, file);

	if (faccessat(n->dir, file, F_OK, 0) == 0)
		json_set(network, key, json_new_str(path));
}

void netfiles_describe(const struct netfiles *n, struct json *network)
{
	set_path(n, network, "resolvConf", "resolv.conf");
	set_path(n, network, "hosts", "hosts");
}

bool network_is_plain(const struct json *request)
{
	const char *mode = json_str(json_path(request, "network.mode"));

	/* the image's file can be read when its root is mounted */
	return (str_eq(mode, "none") || str_eq(mode, "host")) &&
	       !json_len(json_get(request, "ports")) &&
	       !str_eq(json_get_str(request, "hostsFile", NULL), "image");
}
