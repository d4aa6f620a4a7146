/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-fetch: bring an image into the local store.
 *
 * Stages:
 *	1. the request: operand or document, platform, policy;
 *	2. with the policies missing and never: the local store, and often that is all;
 *	3. everything that must be read from files: registries.conf, auth.json, certs.d, or the OCI
 *	   layout's index; credential helpers are asked (plan.c);
 *	4. confinement: from here on it may use the network, write the store, and read certificates
 *	   and the resolver's files, which are all that its root directory has (sys/newroot.h). It
 *	   must not start programs, gain privileges, use other sockets, or read or write anything
 *	   else. What it does not need for the stages before was given up before the first;
 *	5. the candidates in order: manifest, configuration, all layers at once (pull.c, registry.c,
 *	   blobs.c), until one succeeds;
 *	6. the document with `image`.
 *
 * Nothing that came from outside is used before its digest was verified.
 */
#include <fcntl.h>
#include <linux/capability.h>

#include "base/log.h"
#include "oci/layer_meta.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "sys/newroot.h"
#include "wire/doc.h"
#include "wire/prog.h"
#include "fetch.h"
#include "plan.h"

struct options {
	const char *policy, *platform, *authfile, *cert_dir, *retry_delay;
	int64_t creds_fd, status_fd, retry, timeout;
	bool quiet, prompt;
	int tls_verify; /* 0 not given, 1 true, 2 false */
};

static int set_tls_verify(const struct opt *row, void *data, const char *value, struct err *e)
{
	((struct options *)data)->tls_verify = str_eq(value, "false") ? 2 : 1;
	return 0;
}

static int set_retry(const struct opt *row, void *data, const char *value, struct err *e)
{
	if (str_to_int(value, 0, 100, &((struct options *)data)->retry) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "--retry: %s is not in 0 to 100", value);
	((struct options *)data)->retry++; /* 0 stands for not given */
	return 0;
}

static const struct opt options[] = {
	{"policy", 0, OPT_STR, offsetof(struct options, policy), "POLICY",
	 "when to use the network: missing (default), always, newer, never",
	 .values = "missing always newer never"},
	{"platform", 0, OPT_STR, offsetof(struct options, platform), "OS/ARCH[/VARIANT]",
	 "which image of a list; default: this machine's"},
	{"tls-verify", 0, OPT_CALL_FLAG, 0, NULL,
	 "check certificates and refuse plain HTTP, whatever registries.conf says", set_tls_verify},
	{"authfile", 0, OPT_STR, offsetof(struct options, authfile), "FILE",
	 "credentials, instead of the usual auth.json files"},
	{"creds-fd", 0, OPT_INT, offsetof(struct options, creds_fd), "N",
	 "read USER:PASSWORD for the registry from this descriptor"},
	{"cert-dir", 0, OPT_STR, offsetof(struct options, cert_dir), "DIR",
	 "certificates, instead of certs.d/HOST"},
	{"retry", 0, OPT_CALL, 0, "N", "further attempts after a failure that may pass (3)",
	 set_retry},
	{"retry-delay", 0, OPT_STR, offsetof(struct options, retry_delay), "TIME",
	 "before the first of them; doubles each time (1s)"},
	{"timeout", 0, OPT_INT, offsetof(struct options, timeout), "SECONDS",
	 "the longest time for a document, or for a blob without progress (60)"},
	{"status-fd", 0, OPT_INT, offsetof(struct options, status_fd), "N",
	 "write events to this descriptor, one JSON object a line"},
	{"prompt", 0, OPT_FLAG, offsetof(struct options, prompt), NULL,
	 "ask on the terminal which image an ambiguous short name means"},
	{"quiet", 'q', OPT_FLAG, offsetof(struct options, quiet), NULL,
	 "no progress on standard error"},
	{0},
};

/* What the user wants, from the options and the document. */
struct wish {
	const char *name;
	enum { MISSING, ALWAYS, NEWER, NEVER } policy;
};

static int read_wish(struct prog *p, struct fetch *f, struct wish *w, struct err *e)
{
	static const char *const policies[] = {"missing", "always", "newer", "never"};
	const struct options *o = p->opts;
	struct cur root = cur_root(p->doc), request, platform = {0};

	if (p->argc > 1)
		return err_set(e, ERR_USAGE, 0, NULL, "more than one image");
	if (doc_part(&root, "request", &request, e) < 0)
		return -1;
	if (p->argc == 1)
		w->name = p->argv[0];
	else if (cur_str(&request, "image", CUR_NEED, &w->name, e) < 0)
		return -1;
	for (int i = 0; o->policy && i < (int)ARRAY_LEN(policies); i++)
		if (str_eq(policies[i], o->policy))
			w->policy = i;
	if (cur_obj(&request, "platform", CUR_OPTIONAL, &platform, e) < 0)
		return -1;
	f->want_asked = o->platform || platform.val;
	if (o->platform)
		return platform_parse(o->platform, &f->want, e);
	if (platform.val)
		return platform_from_json(&platform, &f->want, e);
	platform_host(&f->want);
	return 0;
}

/* What TLS and the resolver of libc open while they work. */
static const char *const needed[] = {
	"/etc/ssl",
	"/etc/pki",
	"/etc/crypto-policies",
	"/etc/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/share/pki",
	"/usr/local/share/ca-certificates",
	"/usr/lib/ssl",
	"/var/lib/ca-certificates",
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/host.conf",
	"/etc/nsswitch.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/localtime",
};

/* All of the root, where it is one of ours; else what is needed of the machine's. */
static size_t open_readable(bool own_root, bool network, int *fds)
{
	static const char *const root[] = {"/"};
	const char *const *list = own_root ? root : needed;
	size_t len = own_root ? 1 : network ? ARRAY_LEN(needed) : 0, n = 0;

	for (size_t i = 0; i < len; i++) {
		fds[n] = open(list[i], O_PATH | O_CLOEXEC);
		if (fds[n] >= 0)
			n++;
	}
	return n;
}

/*
 * layout is the folder of an OCI layout, or -1. Of the machine's files only those above stay in
 * reach, of the user's only the store and the layout, for calls too that Landlock does not know.
 */
static int confine_here(struct fetch *f, int *layout, bool network, struct err *e)
{
	int *const dirs[] = {&f->store->fd, layout && *layout >= 0 ? layout : NULL, NULL};
	int reads[ARRAY_LEN(needed) + 2], writes[2] = {-1, -1}, r;
	const struct confine c = {.read_fds = reads, .write_fds = writes, .network = network};
	size_t n, own;

	/* whether a layer that is there already counts depends on the boot */
	if (layer_meta_boot(e) < 0)
		return -1;
	r = newroot_files(needed, network ? ARRAY_LEN(needed) : 0, dirs, e);
	if (r < 0)
		return -1;
	own = n = open_readable(r == 0, network, reads);
	writes[0] = f->store->fd;
	if (layout)
		reads[n++] = *layout;
	reads[n] = -1;
	close(f->store->run); /* a folder of the old root */
	f->store->run = -1;
	r = confine(&c, e);
	for (size_t i = 0; i < own; i++)
		close(reads[i]);
	return r;
}

/* Before the document is read: what configuration, credential helpers and the above will need. */
static int confine_early(struct err *e)
{
	return confine_starter(CONFINE_CAP(CAP_SYS_ADMIN), e);
}

static int from_layout(struct fetch *f, const struct wish *w, struct json **image, struct err *e)
{
	_oci_dir_ struct oci_dir o = {.dir = -1};
	_free_ char *name = NULL;

	if (oci_dir_open(&o, f, str_after(w->name, "oci:"), e) < 0)
		return -1;
	name = ref_text(&o.name);
	progress_trying(f->progress, w->name);
	if (confine_here(f, &o.dir, false, e) < 0 || pull(f, &o.src, &o.name, image, e) < 0) {
		progress_failed(f->progress, w->name, e, true);
		return -1;
	}
	return 0;
}

/* 1 and *image where the store has the whole of it. */
static int from_store(struct fetch *f, const struct wish *w, struct json **image, struct err *e)
{
	_json_ struct json *index = NULL;
	_free_ char *reference = NULL;
	struct json *desc = NULL;
	int r;

	if (index_read(f->store, &index, e) < 0)
		return -1;
	r = lookup_image(f->store, index, w->name, &desc, &reference, e);
	return r == 1 ? pull_local(f, desc, reference, image, e) : r;
}

static int parse_name(const char *text, struct ref *out, struct err *e)
{
	const char *rest = str_after(text, "docker://");

	if (ref_parse(rest ? rest : text, out, e) < 0)
		return -1;
	if (rest && !out->domain) {
		struct ref hub = ref_with_domain(out, "docker.io");

		ref_release(out);
		*out = hub;
	}
	return 0;
}

static int plan_options(const struct options *o, struct plan_options *out, struct err *e)
{
	int64_t delay = 1000000000;

	if (o->retry_delay && str_to_duration(o->retry_delay, &delay) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "--retry-delay: %s is no time",
			       o->retry_delay);
	if (o->timeout < 0 || o->timeout > 86400)
		return err_set(e, ERR_USAGE, 0, NULL, "--timeout must be 1 to 86400 seconds");
	*out = (struct plan_options){.authfile = o->authfile,
				     .cert_dir = o->cert_dir,
				     .creds_fd = o->creds_fd,
				     .retry = o->retry ? o->retry - 1 : 3,
				     .delay_ms = delay / 1000000,
				     .timeout = o->timeout ? o->timeout : 60,
				     .prompt = o->prompt,
				     .tls_verify = o->tls_verify ? o->tls_verify == 1 : -1};
	return 0;
}

static int from_registry(struct fetch *f, const struct options *o, const struct wish *w,
			 struct json **image, struct err *e)
{
	_plan_ struct plan plan = {0};
	_ref_ struct ref name = {0};
	struct plan_options po;

	if (plan_options(o, &po, e) < 0 || parse_name(w->name, &name, e) < 0 ||
	    plan_make(&plan, &po, &name, e) < 0 || confine_here(f, NULL, true, e) < 0)
		return -1;
	return plan_run(&plan, f, w->name, image, e);
}

static int fetch(struct fetch *f, const struct options *o, const struct wish *w,
		 struct json **image, struct err *e)
{
	_json_ struct json *local = NULL;
	bool layout = str_after(w->name, "oci:") != NULL;
	struct err now = {0};
	char text[900];

	if (layout && w->policy != NEVER)
		return from_layout(f, w, image, e);
	if (!layout && w->policy != ALWAYS && from_store(f, w, &local, e) < 0)
		return -1;
	if (local && w->policy != NEWER) {
		*image = take_ptr(local);
		return 0;
	}
	if (w->policy == NEVER)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", w->name);
	if (from_registry(f, o, w, image, &now) == 0)
		return 0;
	if (!local) {
		*e = now;
		return -1;
	}
	err_text(&now, text, sizeof(text));
	log_warn("%s; the image of the store is used", text);
	*image = take_ptr(local);
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	struct fetch f = {.store = &s};
	struct wish w = {0};
	struct json *image = NULL;
	int r;

	r = read_wish(p, &f, &w, e);
	if (r == 0)
		r = store_open(&s, e);
	if (r == 0) {
		f.progress = progress_new(o->quiet, o->status_fd ? (int)o->status_fd : -1);
		r = fetch(&f, o, &w, &image, e);
		progress_free(f.progress);
	}
	platform_release(&f.want);
	if (r == 0)
		json_set(p->doc, "image", image);
	return r;
}

static const struct program program = {
	.name = "img-fetch",
	.summary = "bring an image from a registry or an OCI layout into the local store",
	.usage = "[options] [IMAGE | oci:DIR[:NAME]]",
	.description = "Without IMAGE the document on standard input names it (.request.image).",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_MAY_READ | PROG_NEEDS_DOC | PROG_WRITES | PROG_CONTAINER,
	.confine = confine_early,
	.needs = "request",
	.gives = "request image",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
