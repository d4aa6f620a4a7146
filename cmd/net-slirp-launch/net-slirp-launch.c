/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-slirp-launch: gives a container its network.
 *
 * Stages: choose the mode; try the published ports on the host; make and pin the network namespace;
 * start slirp4netns or pasta in it and wait until it is ready; write resolv.conf and hosts; record
 * the helper's process in RUN/containers/ID/network.json, for ctr-cleanup. With --check only the
 * ports are tried: then nothing is made at all. With --early-fd all but the last two is done with a
 * document that comes from before the steps in between, while these are at work.
 *
 * Modes none and host need no helper and no pin: the runtime makes an empty namespace, or uses the
 * host's; ctr-create has done all that there is to do, and doing it again brings the same. It must
 * not leave a helper behind when it fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/log.h"
#include "net.h"
#include "ctr/netfiles.h"
#include "ctr/sweep.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "sys/spawn.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	bool check;
	int64_t early_fd;
};

static const struct opt options[] = {
	{"check", 0, OPT_FLAG, offsetof(struct options, check), NULL,
	 "only try the published ports on the host"},
	{"early-fd", 0, OPT_INT, offsetof(struct options, early_fd), "N",
	 "begin with the document on this descriptor, go on with the one on standard input"},
	{0},
};

static void net_release(struct net *n)
{
	if (n->run >= 0)
		close(n->run);
	if (n->dir >= 0)
		close(n->dir);
	store_close(&n->s);
	strv_release(&n->options);
	free(n->ports);
	free(n->netns);
}

bool net_installed(const char *program)
{
	_free_ char *file = program_in_path(program, X_OK);

	return file != NULL;
}

bool net_host_address(char *out, size_t size)
{
	/* 192.0.0.8, RFC 7600: no network has it. Nothing is sent, the kernel only chooses */
	struct sockaddr_in sa = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0xc0000008)};
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(sa);

	return fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0 &&
	       getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
	       inet_ntop(AF_INET, &sa.sin_addr, out, (socklen_t)size);
}

static int choose_mode(struct net *n, const struct cur *request, struct err *e)
{
	static const char *const known[] = {"none", "host", "slirp4netns", "pasta", "container"};
	struct cur net;

	n->mode = "private";
	if (cur_obj(request, "network", CUR_OPTIONAL, &net, e) < 0 ||
	    cur_str(&net, "mode", CUR_OPTIONAL, &n->mode, e) < 0 ||
	    cur_strv(&net, "options", CUR_OPTIONAL, &n->options, e) < 0)
		return -1;
	n->asked_private = str_eq(n->mode, "private");
	if (n->asked_private) {
		n->mode = net_installed("pasta") ? "pasta" : "slirp4netns";
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(n->mode, known[i]))
			return 0;
	return err_set(e, ERR_INPUT, 0, NULL, ".request.network.mode: \"%s\" is not known",
		       n->mode);
}

static int open_places(struct net *n, struct err *e)
{
	_close_ int base = -1, made = -1;

	if (store_open(&n->s, e) < 0)
		return -1;
	if (!container_id_valid(n->id))
		return err_set(e, ERR_INPUT, 0, NULL, ".container.id: \"%s\" is no container id",
			       n->id);
	base = store_run_dir(&n->s, "containers", e);
	if (base < 0 || start_mark(&n->s, n->id, e) < 0 ||
	    (made = path_mkdir_beneath(base, n->id, 0700, e)) < 0)
		return -1;
	n->run = container_run_dir(&n->s, n->id, e);
	n->dir = n->run < 0 ? -1 : container_dir(&n->s, n->id, e);
	return n->dir < 0 ? -1 : 0;
}

int net_life(struct net *n, struct err *e)
{
	int fd;

	if (mkfifoat(n->run, "life", 0600) < 0 && errno != EEXIST)
		return err_sys(e, "mkfifoat", "cannot make the fifo of the network helper");
	fd = openat(n->run, "life", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "openat", "cannot open the fifo of the network helper") : fd;
}

static int start_pasta(struct net *n, struct err *e)
{
	struct err first;

	if (pasta_start(n, e) == 0)
		return 0;
	/* left to us, and pasta has nothing to copy (a host without a default route) */
	if (!n->asked_private || !net_installed("slirp4netns"))
		return -1;
	first = *e;
	err_clear(e);
	if (slirp_start(n, e) < 0) {
		*e = first;
		return -1;
	}
	n->mode = "slirp4netns";
	return 0;
}

static int missing_helper(struct err *e)
{
	if (e->code == ERR_NOTFOUND && str_eq(e->op, "execve"))
		err_hint(e, "install the package passt or slirp4netns, or use --network none");
	return -1;
}

static int launch(struct net *n, const struct cur *request, struct err *e)
{
	struct cur net = cur_key(request, "network");
	const char *other = NULL;

	if (str_eq(n->mode, "none") || str_eq(n->mode, "host"))
		return 0;
	if (str_eq(n->mode, "container")) {
		if (cur_str(&net, "container", CUR_NEED, &other, e) < 0)
			return -1;
		return netns_share(n, other, e);
	}
	if (ports_check(n, e) < 0 || netns_make(n, e) < 0)
		return -1;
	if ((str_eq(n->mode, "pasta") ? start_pasta(n, e) : slirp_start(n, e)) < 0)
		return missing_helper(e);
	return forward_start(n, e);
}

static int add_process(struct json *out, const char *key, pid_t pid, const char *name,
		       struct err *e)
{
	struct proc_id id;
	struct json *record;

	if (!pid)
		return 0;
	if (proc_identify(pid, &id, e) < 0)
		return err_prefix(e, "%s", name);
	record = proc_record(&id);
	json_set(record, "program", json_new_str(name));
	json_set(out, key, record);
	return 0;
}

static int add_processes(const struct net *n, struct json *out, struct err *e)
{
	if (add_process(out, "helper", n->helper, n->helper_name, e) < 0)
		return -1;
	return add_process(out, "forwarder", n->forwarder, "net-port-forward", e);
}

int net_record(const struct net *n, struct err *e)
{
	_json_ struct json *record = json_new_object();

	if (add_processes(n, record, e) < 0)
		return -1;
	return json_write_file(n->run, "network.json", record, 0600, false, e);
}

static int describe(struct net *n, const struct cur *request, struct err *e)
{
	_free_ char *path = str_fmt("%s/containers/%s", n->s.path, n->id);
	const struct netfiles files = {
		.dir = n->dir,
		.path = path,
		.doc = n->doc,
		.own_network = !str_eq(n->mode, "host"),
		.address = n->address,
		.dns = n->dns,
		.host = n->host,
	};
	struct json *out;

	if (netfiles_write(&files, request, e) < 0)
		return -1;
	out = json_new_object();
	json_set(n->doc, "network", out);
	json_set(out, "mode", json_new_str(n->mode));
	json_set(out, "namespace", json_new_str(n->netns ? n->netns : ""));
	json_set(out, "ports", ports_json(n));
	if (*n->address)
		json_set(out, "address", json_new_str(n->address));
	if (*n->gateway)
		json_set(out, "gateway", json_new_str(n->gateway));
	netfiles_describe(&files, out);
	return add_processes(n, out, e);
}

/* It started a moment ago: the number is still its. */
static void end_started(pid_t pid)
{
	_close_ int pidfd = pid ? sys_pidfd_open(pid) : -1;

	if (pidfd >= 0)
		proc_signal(pidfd, SIGKILL, NULL);
}

static void undo(struct net *n)
{
	end_started(n->helper);
	end_started(n->forwarder);
	if (n->netns)
		umount2(n->netns, MNT_DETACH);
}

static int check_only(struct net *n, const struct cur *request, struct err *e)
{
	/* that one cannot be had is for the start to say: the container may be for later */
	if (ports_check(n, e) < 0 && !str_eq(e->op, "bind"))
		return -1;
	err_clear(e);
	/* the port that was chosen for "any" is asked for from now on */
	json_set(request->val, "ports", ports_json(n));
	return 0;
}

/* What the namespace, its loopback device, and the helper need, which has at most what is kept
 * here. */
#define LAUNCH_CAPS                                                                             \
	(CONFINE_CAP(CAP_SYS_ADMIN) | CONFINE_CAP(CAP_NET_ADMIN) |                              \
	 CONFINE_CAP(CAP_NET_BIND_SERVICE) | CONFINE_CAP(CAP_NET_RAW) | CONFINE_CAP(CAP_KILL) | \
	 CONFINE_CAP(CAP_SETUID) | CONFINE_CAP(CAP_SETGID) | CONFINE_CAP(CAP_SETPCAP) |         \
	 CONFINE_CAP(CAP_SYS_CHROOT) | CONFINE_CAP(CAP_SYS_PTRACE) |                            \
	 CONFINE_CAP(CAP_DAC_OVERRIDE) | CONFINE_CAP(CAP_DAC_READ_SEARCH))

/* Before the document is read. */
static int confine_early(struct err *e)
{
	return confine_starter(LAUNCH_CAPS, e);
}

/* The helper runs: what is left are files, and undo(). */
static int confine_rest(struct err *e)
{
	static const struct confine c = {
		.any_files = true,
		.mounts = true,
		.signals = true,
		.caps = CONFINE_CAP(CAP_SYS_ADMIN) | CONFINE_CAP(CAP_KILL),
	};

	return confine(&c, e);
}

static int read_document(int fd, const char *name, struct json **out, struct err *e)
{
	if (json_read_part(fd, JSON_MAX_DOCUMENT, name, out, e) < 0)
		return -1;
	return *out ? doc_check(*out, DOC_SCHEMA, e) : 0;
}

/*
 * The network needs what ctr-create knows, and no more. With a copy of that document it is made
 * while the root file system is mounted; the document that comes by then is the one that goes on.
 * 1: nothing came, upstream has said why.
 */
static int take_document(struct prog *p, struct net *n, struct err *e)
{
	if (n->doc != p->doc && read_document(STDIN_FILENO, "standard input", &p->doc, e) < 0)
		return -1;
	n->doc = p->doc;
	return p->doc ? 0 : 1;
}

static int make_network(struct prog *p, struct net *n, struct err *e)
{
	const struct options *o = p->opts;
	struct cur root = cur_root(n->doc), request, container;
	int r;

	if (doc_part(&root, "request", &request, e) < 0 || choose_mode(n, &request, e) < 0 ||
	    ports_read(n, &request, e) < 0)
		return -1;
	if (o->check)
		return check_only(n, &request, e);
	if (doc_part(&root, "container", &container, e) < 0 ||
	    cur_str(&container, "id", CUR_NEED, &n->id, e) < 0 || open_places(n, e) < 0)
		return -1;
	/* the helper reads a hostile container's packets: nothing of our callers is open in it */
	fd_cloexec_from(STDERR_FILENO + 1);
	if (launch(n, &request, e) == 0 && confine_rest(e) == 0) {
		r = take_document(p, n, e);
		if (r == 0 && describe(n, &request, e) == 0)
			return 0;
		p->exit_status = r > 0 ? ERR_INPUT : 0;
	}
	undo(n);
	return p->exit_status ? 0 : -1;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_clean_(net_release) struct net n = {.run = -1, .dir = -1, .s = STORE_NONE};
	_json_ struct json *early = NULL;
	int r;

	r = o->early_fd > 0 ? read_document((int)o->early_fd, "the early document", &early, e)
			    : read_document(STDIN_FILENO, "standard input", &p->doc, e);
	n.doc = early ? early : p->doc;
	if (r == 0 && !n.doc)
		p->exit_status = ERR_INPUT;
	else if (r == 0)
		r = make_network(p, &n, e);
	/* who still has a document for us is not to be blamed for our failure */
	if (r < 0 && early && !p->doc)
		read_document(STDIN_FILENO, "standard input", &p->doc, NULL);
	return r;
}

static const struct program program = {
	.name = "net-slirp-launch",
	.summary = "give a container its network",
	.usage = "[--check|--early-fd N] < document",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES, /* reads by itself, from one of two places */
	.confine = confine_early,
	.needs = "request",
	.gives = "request",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
