/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run, create: the pipelines that lead to a running container.
 *
 *	img-find | [net-slirp-launch --check] | ctr-create | rootfs-mount | [net-slirp-launch] |
 *	[vol-prepare] | spec-gen | ctr-monitor | [ctr-attach]
 *
 * All of it is started at once; the steps from vol-prepare on when img-find has said whether the
 * image has volumes, which it has long before rootfs-mount is done. Where the image is not in the
 *store, img-find says so before anything was made; then img-fetch | layer-unpack brings it, and the
 *pipeline runs with their document. A step that fails after ctr-create leaves a record that
 *ctr-cleanup removes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "base/log.h"
#include "commands.h"
#include "run.h"
#include "ctr/netfiles.h"
#include "ctr/work.h"
#include "oci/request.h"
#include "sys/cgroup2.h"
#include "sys/idmap.h"
#include "sys/userns.h"
#include "wire/doc.h"

#define ID_LEN	   64
#define PIDS_LIMIT 2048 /* Podman's */

struct run {
	struct json *request;
	struct json *doc; /* {"schema", "request"} */
	char id[ID_LEN + 1];
	const char *pull;
	bool detach, rootfs, remove_image;
};

static void run_release(struct run *r)
{
	json_put(r->request);
	json_put(r->doc);
}

static int choose_id(char id[ID_LEN + 1], struct err *e)
{
	unsigned char rnd[ID_LEN / 2];

	if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
		return err_sys(e, "getrandom", "no random numbers");
	hex_encode(rnd, sizeof(rnd), id);
	return 0;
}

static int check_cidfile(const struct run *r, struct err *e)
{
	const char *path = json_get_str(r->request, "cidfile", NULL);

	if (!path || access(path, F_OK) < 0)
		return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "--cidfile: %s exists already", path);
}

static int write_cidfile(const struct run *r, struct err *e)
{
	const char *path = json_get_str(r->request, "cidfile", NULL);
	_close_ int fd = -1;

	if (!path || mode.dry_run)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "open", "cannot write the id to %s", path);
	return fd_write_all(fd, r->id, ID_LEN, e);
}

/* The size of the user's terminal, for a container that gets one. */
static void set_console_size(struct json *request)
{
	struct winsize ws;
	struct json *size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0 || !ws.ws_row || !ws.ws_col)
		return;
	size = json_need_obj(request, "consoleSize");
	json_set(size, "height", json_new_int(ws.ws_row));
	json_set(size, "width", json_new_int(ws.ws_col));
}

/* What the global options say, and the command line for "inspect". */
static void set_defaults(struct json *request, int argc, char **argv)
{
	struct json *words = json_new_array();

	if (mode.runtime && !json_has(request, "runtime"))
		json_set(request, "runtime", json_new_str(mode.runtime));
	if (mode.cgroup_manager && !json_has(request, "cgroupManager"))
		json_set(request, "cgroupManager", json_new_str(mode.cgroup_manager));
	json_add(words, json_new_str("rp"));
	for (int i = 0; i < argc; i++)
		json_add(words, json_new_str(argv[i]));
	json_set(request, "createCommand", words);
}

/* 0 go on, 1 help was printed, -1 wrong. */
static int parse(const struct command *c, struct run *r, int argc, char **argv, struct err *e)
{
	struct opts_result operands;
	int n;

	r->request = json_new_object();
	n = command_parse(c, r->request, argc, argv, &operands, e);
	if (n != 0)
		return n;
	if (run_check_descriptors(r->request, e) < 0 ||
	    request_finish(r->request, operands.argc, operands.argv, e) < 0 ||
	    check_cidfile(r, e) < 0)
		return -1;
	run_warn(r->request);
	r->detach = request_flag(r->request, "detach");
	r->rootfs = request_flag(r->request, "rootfs");
	r->remove_image = request_flag(r->request, "removeImage");
	if (r->remove_image && (r->detach || str_ends(c->name, "create")))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--rmi is for a container that runs in the foreground");
	if (request_flag(r->request, "terminal") && !r->detach)
		set_console_size(r->request);
	r->pull = json_get_str(r->request, "pull", "missing");
	/* a name of a place is not a name in the store */
	if (!r->rootfs && str_after(operands.argv[0], "oci:") && str_eq(r->pull, "missing"))
		r->pull = "always";
	set_defaults(r->request, argc, argv);
	r->doc = doc_new();
	json_set(r->doc, "request", json_ref(r->request));
	return choose_id(r->id, e);
}

static void add_fetch(struct pipeline *p, const struct run *r, const char *policy)
{
	struct step *s = plan_add(p, "img-fetch", "--policy", policy, NULL);

	plan_flag(s, "--quiet", request_flag(r->request, "quiet"));
	plan_flag(s, "--prompt", isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	plan_value(s, "--authfile", json_get_str(r->request, "authfile", NULL));
	plan_value(s, "--cert-dir", json_get_str(r->request, "certDir", NULL));
	plan_value(s, "--retry-delay", json_get_str(r->request, "retryDelay", NULL));
	if (json_has(r->request, "retry"))
		strv_addf(&s->argv, "--retry=%d", (int)json_get_int(r->request, "retry", 0));
	if (json_has(r->request, "tlsVerify"))
		strv_addf(&s->argv, "--tls-verify=%s",
			  json_get_bool(r->request, "tlsVerify", true) ? "true" : "false");
	plan_add(p, "layer-unpack", NULL);
}

static void add_create(struct pipeline *p, const struct run *r, bool start)
{
	bool needs = json_has(r->request, "requires") || json_path(r->request, "network.container");
	struct step *s;

	if (json_has(r->request, "ports") || request_flag(r->request, "publishAll"))
		plan_add(p, "net-slirp-launch", "--check", NULL);
	/* a script that is kept for later must not have an id that is used up */
	if (mode.dry_run)
		s = plan_add(p, "ctr-create", start ? "--start" : NULL, NULL);
	else
		s = plan_add(p, "ctr-create", "--id", r->id, start ? "--start" : NULL, NULL);
	s->hold = needs && start ? HOLD_AGAIN : 0;
}

/*
 * As Podman: all the descriptors that the user may have, since the soft limit is for programs that
 * use select(2) and is the business of each; a number of processes that does no harm.
 */
static void tell_limits(struct step *spec_gen)
{
	static const struct {
		const char *name;
		__rlimit_resource_t number;
		rlim_t max;
	} limits[] = {
		{"nofile", RLIMIT_NOFILE, 1048576},
		{"nproc", RLIMIT_NPROC, 32768},
	};
	struct rlimit own;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (getrlimit(limits[i].number, &own) == 0)
			strv_addf(&spec_gen->argv, "--default-ulimit=%s=%llu", limits[i].name,
				  (unsigned long long)(own.rlim_max < limits[i].max
							       ? own.rlim_max
							       : limits[i].max));
	/* a limit that cannot be set without systemd's help costs a start more than it is worth */
	if (cgroup2_offers("pids"))
		strv_addf(&spec_gen->argv, "--pids-limit=%d", PIDS_LIMIT);
}

/* What spec-gen, which sees nothing but its document, cannot know of this host. */
static void tell_host(struct step *spec_gen)
{
	struct idmap *map = mem_alloc(sizeof(*map));

	strv_addf(&spec_gen->argv, "--host-cpus=%ld", sysconf(_SC_NPROCESSORS_CONF));
	if (!mode.dry_run && idmap_current(true, map, NULL) == 0 && idmap_to_outside(map, 5) < 0)
		strv_add(&spec_gen->argv, "--no-tty-group");
	free(map);
	tell_limits(spec_gen);
	if (!mode.dry_run && userns_real_root())
		strv_add(&spec_gen->argv, "--device-control");
}

/*
 * The steps of a start. Those that have nothing to do are left out: the document, which is what the
 * first step reads, tells, or the first step itself once it has found the image (tells).
 */
void run_add_start(struct pipeline *p, const struct json *doc, bool tells)
{
	struct step *made = &p->step[p->n - 1]; /* ctr-create or ctr-load */

	plan_add(p, "rootfs-mount", NULL);
	if (!doc || !network_is_plain(json_get(doc, "request"))) {
		/* with a copy of its document, so that neither waits for the other */
		made->copies = true;
		plan_add(p, "net-slirp-launch", NULL)->early = true;
	}
	if (tells || mode.dry_run || work_volumes(doc)) {
		struct step *s = plan_add(p, "vol-prepare", NULL);

		s->work = tells ? WORK_VOLUMES : NULL;
		p->step[0].tells = tells;
	}
	tell_host(plan_add(p, "spec-gen", NULL));
	plan_add(p, "ctr-monitor", NULL);
}

void run_add_attach(struct pipeline *p, const char *sig_proxy)
{
	struct step *s = plan_add(p, "ctr-attach", "--stdin-fd", "3", NULL);

	if (sig_proxy)
		strv_addf(&s->argv, "--sig-proxy=%s", sig_proxy);
	s->user_stdin = true;
	p->to_user = true;
}

/* What a pipeline that failed behind ctr-create left. The programs have said why it failed. */
static void undo(const char *id, bool keep)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	if (keep)
		plan_add(&p, "ctr-cleanup", "--ignore", id, NULL);
	else
		plan_add(&p, "ctr-cleanup", "--force", "--remove", "--volumes", "--ignore", id,
			 NULL);
	plan_run(&p, &o, NULL);
}

static void remove_image(const struct run *r)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	/* one that other containers use stays */
	plan_add(&p, "img-remove", "--", json_get_str(r->request, "image", ""), NULL);
	plan_run(&p, &o, NULL);
}

/*
 * The container was made and could not be started: what Podman calls a failed start, after which it
 * keeps the container. What is wrong in the request itself fails before a container is made there,
 * and leaves none here.
 */
static bool failed_start(const struct pipeline *p, const struct outcome *o)
{
	const char *program = p->step[o->failed].program;

	/* a program of ours that died has said nothing of the container */
	if (o->status >= 128)
		return false;
	return str_eq(program, "rootfs-mount") ||
	       (str_eq(program, "net-slirp-launch") && !p->step[o->failed].argv.n) ||
	       (str_eq(program, "ctr-monitor") && o->status != ERR_UNSUPPORTED);
}

/*
 * The program after which the container is the monitor's business: it has recorded what happened
 * and cleaned up itself.
 */
bool run_failed_before_attach(const struct pipeline *p, const struct outcome *o)
{
	return o->failed >= 0 && !str_eq(p->step[o->failed].program, "ctr-attach");
}

/* ctr-monitor passes on what the OCI runtime said: not found, not allowed. */
int run_status(const struct pipeline *p, const struct outcome *o)
{
	if (o->signal && o->status == 128 + o->signal)
		return o->status;
	if (!failed_start(p, o))
		return 125;
	return o->status == ERR_NOTFOUND && str_eq(p->step[o->failed].program, "ctr-monitor") ? 127
											      : 126;
}

static void build(struct pipeline *p, const struct run *r, const struct json *doc, bool start,
		  bool find)
{
	if (find) {
		struct step *s = plan_add(p, "img-find", NULL);

		s->hold = str_eq(r->pull, "never") ? 0 : HOLD_NOTFOUND | HOLD_AGAIN;
	}
	add_create(p, r, start);
	if (start) {
		run_add_start(p, doc, find && !mode.dry_run && !work_volumes(doc));
		if (!r->detach)
			run_add_attach(p, request_flag(r->request, "sigProxy") ? NULL : "false");
	}
}

static int fetch(const struct run *r, const char *policy, struct json **doc, struct err *e)
{
	_plan_ struct pipeline p = {.input = r->doc};
	_outcome_ struct outcome o = {0};

	add_fetch(&p, r, policy);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed >= 0)
		return 125;
	*doc = take_ptr(o.out);
	return 0;
}

/*
 * Runs the pipeline; *status is the exit status for the user. 1: the image must be fetched; 2: a
 * container that this one needs does not run.
 */
static int execute(const struct run *r, bool start, const struct json *doc, bool find, int *status,
		   struct outcome *o, struct err *e)
{
	_plan_ struct pipeline p = {.input = doc};

	build(&p, r, doc, start, find);
	if (plan_run(&p, o, e) < 0)
		return -1;
	if (find && o->failed == 0 && (o->status == ERR_NOTFOUND || o->status == ERR_AGAIN) &&
	    !str_eq(r->pull, "never"))
		return 1;
	if (o->failed >= 0 && o->status == ERR_AGAIN && start &&
	    str_eq(p.step[o->failed].program, "ctr-create"))
		return 2; /* nothing is made yet */
	if (run_failed_before_attach(&p, o)) {
		*status = run_status(&p, o);
		if (!find || o->failed > 0)
			undo(r->id, start && failed_start(&p, o) && !o->signal &&
					    !request_flag(r->request, "remove"));
		return 0;
	}
	*status = o->failed >= 0 ? o->status : 0;
	return 0;
}

/* The same, and what it needs is started first. */
static int execute_all(const struct run *r, bool start, const struct json *doc, bool find,
		       int *status, struct err *e)
{
	_outcome_ struct outcome o = {0};
	int n = execute(r, start, doc, find, status, &o, e);

	if (n != 2)
		return n;
	if (needed_by_request(r->request, status, e) < 0)
		return -1;
	if (*status) {
		*status = 126;
		return 0;
	}
	outcome_release(&o);
	n = execute(r, start, doc, find, status, &o, e);
	return n == 2 ? needed_ended(r->request, e) : n;
}

static int dry_run(const struct run *r, bool start, struct err *e)
{
	_plan_ struct pipeline find = {0}, get = {0}, p = {.input = r->doc};
	_outcome_ struct outcome o = {0};
	bool search = !r->rootfs && (str_eq(r->pull, "missing") || str_eq(r->pull, "never"));

	dry_run_input(r->doc);
	if (!r->rootfs && str_eq(r->pull, "missing")) {
		plan_add(&find, "img-find", NULL);
		add_fetch(&get, r, r->pull);
		dry_run_unless(&find, &get);
	}
	if (!search && !r->rootfs)
		add_fetch(&p, r, r->pull);
	build(&p, r, r->doc, start, search);
	if (!start || r->detach)
		dry_run_line(&p, "{{.container.id}}");
	return plan_run(&p, &o, e);
}

static int replace_old(const struct run *r, struct err *e)
{
	const char *name = json_get_str(r->request, "name", "");
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	if (!request_flag(r->request, "replace"))
		return 0;
	plan_add(&p, "ctr-cleanup", "--force", "--remove", "--volumes", name, NULL)->hold =
		HOLD_NOTFOUND;
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed >= 0 && o.status != ERR_NOTFOUND)
		return err_set(e, ERR_FAILED, 0, NULL, "cannot replace container %s", name);
	return 0;
}

static int run_or_create(const struct command *c, int argc, char **argv, bool start, struct err *e)
{
	_clean_(run_release) struct run r = {0};
	_json_ struct json *fetched = NULL;
	int n = parse(c, &r, argc, argv, e), status = 125;

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (plan_enter(start ? PLAN_PRIVATE_NS : PLAN_NS, e) < 0 || replace_old(&r, e) < 0)
		return -1;
	if (mode.dry_run)
		return dry_run(&r, start, e);
	if (write_cidfile(&r, e) < 0)
		return -1;
	n = 1;
	if (r.rootfs || str_eq(r.pull, "missing") || str_eq(r.pull, "never"))
		n = execute_all(&r, start, r.doc, !r.rootfs, &status, e);
	if (n == 1) {
		n = fetch(&r, r.pull, &fetched, e);
		if (n == 0)
			n = execute_all(&r, start, fetched, false, &status, e);
		else if (n == 125)
			n = 0;
	}
	if (n < 0 || status == 125)
		if (json_get_str(r.request, "cidfile", NULL))
			unlink(json_get_str(r.request, "cidfile", ""));
	if (n < 0)
		return -1;
	if (status == 0 && (!start || r.detach))
		printf("%s\n", r.id);
	if (r.remove_image)
		remove_image(&r);
	return status;
}

int cmd_run(const struct command *c, int argc, char **argv, struct err *e)
{
	return run_or_create(c, argc, argv, true, e);
}

int cmd_create(const struct command *c, int argc, char **argv, struct err *e)
{
	return run_or_create(c, argc, argv, false, e);
}
