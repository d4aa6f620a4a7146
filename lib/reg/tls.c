/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates for one registry: certs.d/HOST:PORT/ with *.crt (authorities that are trusted
 * besides the system's) and one pair *.cert, *.key (our own). containers-certs.d(5). All files are
 * read before the program confines itself, and handed to libcurl as memory.
 *
 * Folders, the first that exists: $XDG_CONFIG_HOME/containers/certs.d, /etc/containers/certs.d,
 * /etc/docker/certs.d.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "reg/http.h"

#define CERT_MAX (1 << 20)

void tls_release(struct tls *t)
{
	if (t->key.data)
		explicit_bzero(t->key.data, t->key.len);
	buf_release(&t->ca);
	buf_release(&t->cert);
	buf_release(&t->key);
}

static int read_pem(int dir, const char *name, struct buf *out, struct err *e)
{
	if (file_read(dir, name, CERT_MAX, out, e) < 0)
		return -1;
	buf_char(out, '\n');
	return 0;
}

static int read_one(struct tls *t, int dir, const char *name, struct err *e)
{
	_free_ char *key = NULL;

	if (str_ends(name, ".crt")) {
		_buf_ struct buf pem = {0};

		if (read_pem(dir, name, &pem, e) < 0)
			return -1;
		buf_add(&t->ca, pem.data, pem.len);
	}
	if (!str_ends(name, ".cert") || t->cert.len)
		return 0;
	key = str_fmt("%.*s.key", (int)(strlen(name) - strlen(".cert")), name);
	if (read_pem(dir, name, &t->cert, e) < 0)
		return -1;
	if (read_pem(dir, key, &t->key, e) < 0)
		return err_hint(e, "%s needs %s beside it", name, key);
	return 0;
}

/* 1 the folder was there. */
static int read_dir(struct tls *t, const char *path, struct err *e)
{
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names = NULL;
	int n, r = 1;

	if (dir < 0)
		return 0;
	n = scandirat(dir, ".", &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (r == 1 && read_one(t, dir, names[i]->d_name, e) < 0)
			r = err_prefix(e, "%s", path);
		free(names[i]);
	}
	free(names);
	return r;
}

int tls_load(struct tls *t, const char *host, const char *dir, struct err *e)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	_strv_ struct strv dirs = {0};

	if (dir) {
		if (read_dir(t, dir, e) == 0)
			return err_sys(e, "open", "cannot open the certificates in %s", dir);
		return e->code ? -1 : 0;
	}
	if (config && *config)
		strv_addf(&dirs, "%s/containers/certs.d/%s", config, host);
	else if (home && *home)
		strv_addf(&dirs, "%s/.config/containers/certs.d/%s", home, host);
	strv_addf(&dirs, "/etc/containers/certs.d/%s", host);
	strv_addf(&dirs, "/etc/docker/certs.d/%s", host);
	strv_foreach (path, &dirs) {
		int r = read_dir(t, path, e);

		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	return 0;
}
