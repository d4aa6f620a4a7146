/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-attach: connects the caller's streams with a container's, until the container ends.
 *
 * Stages: read the document, connect to .process.attachSocket (ctr/attach.h), put the terminal in
 * raw mode where the container has one, ask for the start where the container waits for it, then
 * copy: input, output, window size, signals. The terminal is restored at each way out. The exit
 * status is the container's own; 0 after the detach keys.
 *
 * The document comes on standard input, so the user's input comes on another descriptor
 * (--stdin-fd); of a container that is named, and must run, the store has the document. It must not
 * touch the container in any other way than by the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

#include "base/fd.h"
#include "base/log.h"
#include "ctr/attach.h"
#include "ctr/select.h"
#include "sys/confine.h"
#include "wire/doc.h"
#include "wire/prog.h"

struct options {
	int64_t stdin_fd;
	bool no_start, no_stdin, latest;
	const char *detach_keys, *sig_proxy;
};

static const struct opt options[] = {
	{"stdin-fd", 0, OPT_INT, offsetof(struct options, stdin_fd), "N",
	 "descriptor of the user's input (default: none; with CONTAINER standard input)"},
	{"latest", 'l', OPT_FLAG, offsetof(struct options, latest), NULL,
	 "the container created last"},
	{"no-start", 0, OPT_FLAG, offsetof(struct options, no_start), NULL,
	 "attach to a container that runs already"},
	{"no-stdin", 0, OPT_FLAG, offsetof(struct options, no_stdin), NULL, "pass no input on"},
	{"detach-keys", 0, OPT_STR, offsetof(struct options, detach_keys), "KEYS",
	 "keys that end the attachment (default ctrl-p,ctrl-q; \"\" for none)"},
	{"sig-proxy", 0, OPT_STR, offsetof(struct options, sig_proxy), "BOOL",
	 "pass signals on to the container (default true)", .values = "true false"},
	{0},
};

struct attach {
	const char *path; /* of the socket */
	int sock, in, signals;
	char held[ATTACH_DATA_MAX + 1]; /* a packet of input that the monitor does not take yet */
	size_t held_len;
	bool terminal, in_open;
	bool out, err; /* streams that are wanted */
	char keys[16]; /* the detach sequence */
	size_t nkeys, matched;
	struct termios saved;
	bool raw;
	int status; /* the container's, -1 while unknown */
	bool detached;
};

static int parse_keys(const char *text, struct attach *a, struct err *e)
{
	_strv_ struct strv keys = {0};

	strv_split(&keys, text, ',');
	for (size_t i = 0; i < keys.n; i++) {
		const char *k = keys.v[i], *ctrl = str_after(k, "ctrl-");

		if (a->nkeys == sizeof(a->keys) || !*k)
			return err_set(e, ERR_USAGE, 0, NULL, "invalid detach keys \"%s\"", text);
		if (ctrl && ctrl[0] >= '@' && ctrl[0] <= 'z' && !ctrl[1])
			a->keys[a->nkeys++] = (char)(ctrl[0] & 0x1f);
		else if (!k[1])
			a->keys[a->nkeys++] = k[0];
		else
			return err_set(e, ERR_USAGE, 0, NULL, "invalid detach key \"%s\"", k);
	}
	return 0;
}

static int connect_to(const char *path, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	_close_ int handle = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	/* by descriptor: the path itself may be longer than the 108 bytes of sun_path */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", handle);
	if (fd < 0 || handle < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, "connect", "cannot attach to %s", path);
	return take_fd(&fd);
}

static void send_to(int fd, char type, const char *data, size_t len)
{
	char packet[64];

	packet[0] = type;
	memcpy(packet + 1, data, len);
	while (send(fd, packet, len + 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/*
 * Signals and sizes come over a connection of their own: on the first they would stand behind
 * input that the container does not read.
 */
static void send_aside(struct attach *a, char type, const char *text)
{
	_close_ int fd = connect_to(a->path, NULL);

	if (fd < 0)
		return; /* the container has ended */
	send_to(fd, ATTACH_EVENTS, "", 0);
	send_to(fd, type, text, strlen(text));
}

static void send_held(struct attach *a)
{
	if (send(a->sock, a->held, a->held_len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
	    (errno != EAGAIN && errno != EINTR))
		a->held_len = 0;
}

static void send_input(struct attach *a, const char *data, size_t len)
{
	a->held[0] = ATTACH_STDIN;
	memcpy(a->held + 1, data, len);
	a->held_len = len + 1;
	send_held(a);
}

static void send_size(struct attach *a)
{
	struct winsize ws;
	char text[32];

	if (!a->terminal || ioctl(a->in, TIOCGWINSZ, &ws) < 0)
		return;
	snprintf(text, sizeof(text), "%u %u", ws.ws_row, ws.ws_col);
	send_aside(a, ATTACH_RESIZE, text);
}

static void make_raw(struct attach *a)
{
	struct termios raw;

	if (!a->terminal || a->in < 0 || tcgetattr(a->in, &a->saved) < 0)
		return;
	raw = a->saved;
	cfmakeraw(&raw);
	a->raw = tcsetattr(a->in, TCSADRAIN, &raw) == 0;
}

static void restore(struct attach *a)
{
	if (a->raw)
		tcsetattr(a->in, TCSADRAIN, &a->saved);
	a->raw = false;
}

/* Passes input on; the detach keys are held back until they are complete or broken off. */
static void pass_input(struct attach *a, const char *data, size_t n)
{
	char out[ATTACH_DATA_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n && !a->detached; i++) {
		if (a->nkeys && data[i] == a->keys[a->matched]) {
			a->detached = ++a->matched == a->nkeys;
			continue;
		}
		if (a->matched) {
			memcpy(out + len, a->keys, a->matched);
			len += a->matched;
			a->matched = 0;
			if (data[i] == a->keys[0]) {
				a->matched = 1;
				continue;
			}
		}
		out[len++] = data[i];
	}
	if (len)
		send_input(a, out, len);
}

static void read_input(struct attach *a)
{
	char data[ATTACH_DATA_MAX / 2];
	ssize_t n = read(a->in, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		pass_input(a, data, n);
		return;
	}
	a->in_open = false;
	if (!a->terminal)
		shutdown(a->sock, SHUT_WR);
}

static void read_signal(struct attach *a)
{
	struct signalfd_siginfo si;
	char text[16];

	if (read(a->signals, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGWINCH) {
		send_size(a);
		return;
	}
	snprintf(text, sizeof(text), "%u", si.ssi_signo);
	send_aside(a, ATTACH_SIGNAL, text);
}

static int handle_event(struct attach *a, const char *text, size_t len, struct err *e)
{
	_json_ struct json *j = NULL;
	const char *event;

	if (json_parse(text, len, "the monitor's message", &j, e) < 0)
		return -1;
	event = json_get_str(j, "event", "");
	if (str_eq(event, "exit")) {
		a->status = (int)json_get_int(j, "code", 125) & 0xff;
	} else if (str_eq(event, "error")) {
		restore(a);
		a->status = (int)json_get_int(j, "code", 125) & 0xff;
		err_set(e, ERR_FAILED, 0, NULL, "%s", json_get_str(j, "message", "not started"));
		log_err(e);
		err_clear(e);
	} else if (str_eq(event, "dropped")) {
		log_warn("%lld bytes of output were dropped: this client was too slow",
			 (long long)json_get_int(j, "bytes", 0));
	}
	return 0;
}

/* One packet. 1: go on, 0: the monitor is gone. */
static int read_packet(struct attach *a, struct err *e)
{
	char data[ATTACH_DATA_MAX + 1];
	ssize_t n = recv(a->sock, data, sizeof(data), 0);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0)
		return 0;
	switch (data[0]) {
	case ATTACH_STDOUT:
	case ATTACH_STDERR:
		if (!(data[0] == ATTACH_STDOUT ? a->out : a->err))
			return 1;
		/* a reader that went away (head) ends us, as it would end the command itself */
		if (fd_write_all(data[0] == ATTACH_STDOUT ? STDOUT_FILENO : STDERR_FILENO, data + 1,
				 n - 1, e) < 0)
			return -1;
		return 1;
	case ATTACH_EVENT:
		return handle_event(a, data + 1, n - 1, e) < 0 ? -1 : 1;
	default:
		return 1;
	}
}

static int copy(struct attach *a, struct err *e)
{
	while (a->status < 0 && !a->detached) {
		bool more = a->in_open && !a->held_len;
		struct pollfd p[3] = {
			{.fd = a->sock, .events = a->held_len ? POLLIN | POLLOUT : POLLIN},
			{.fd = more ? a->in : -1, .events = POLLIN},
			{.fd = a->signals, .events = POLLIN}};
		int r = 1;

		if (poll(p, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "poll", "cannot wait");
		}
		if (p[2].revents)
			read_signal(a);
		if (p[1].revents)
			read_input(a);
		if (p[0].revents & POLLOUT)
			send_held(a);
		if (p[0].revents & ~POLLOUT)
			r = read_packet(a, e);
		if (r < 0)
			return -1;
		if (r == 0)
			return err_set(e, ERR_FAILED, 0, NULL,
				       "the container's monitor ended unexpectedly");
	}
	return 0;
}

static int watch_signals(bool proxy)
{
	static const int proxied[] = {SIGHUP,  SIGINT,	SIGQUIT, SIGTERM, SIGUSR1,
				      SIGUSR2, SIGALRM, SIGCONT, SIGABRT};
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	for (size_t i = 0; proxy && i < ARRAY_LEN(proxied); i++)
		sigaddset(&mask, proxied[i]);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return signalfd(-1, &mask, SFD_CLOEXEC);
}

static int attach_to(struct prog *p, const struct options *o, bool named, struct err *e)
{
	struct cur root = cur_root(p->doc), process, request = cur_key(&root, "request");
	static struct attach a = {.status = -1, .in = -1}; /* most of it is a buffer, seldom used */
	_strv_ struct strv asked = {0};
	const char *path = NULL, *keys = "ctrl-p,ctrl-q";
	bool terminal = false, interactive = false;
	int r;

	if (doc_part(&root, "process", &process, e) < 0 ||
	    cur_str(&process, "attachSocket", CUR_NEED, &path, e) < 0 ||
	    cur_bool(&request, "terminal", CUR_OPTIONAL, &terminal, e) < 0 ||
	    cur_bool(&request, "interactive", CUR_OPTIONAL, &interactive, e) < 0 ||
	    cur_strv(&request, "attach", CUR_OPTIONAL, &asked, e) < 0 ||
	    cur_str(&request, "detachKeys", CUR_OPTIONAL, &keys, e) < 0 ||
	    parse_keys(o->detach_keys ? o->detach_keys : keys, &a, e) < 0)
		return -1;
	if (o->stdin_fd > 0 || named)
		a.in = (int)o->stdin_fd;
	a.out = !asked.n || strv_has(&asked, "stdout");
	a.err = !asked.n || strv_has(&asked, "stderr");
	a.terminal = terminal && a.in >= 0 && isatty(a.in);
	if (!a.terminal)
		a.nkeys = 0;
	a.in_open = interactive && !o->no_stdin && a.in >= 0;
	a.path = path;
	a.sock = connect_to(path, e);
	if (a.sock < 0)
		return -1;
	a.signals = watch_signals(!str_eq(o->sig_proxy, "false"));
	if (a.in_open)
		make_raw(&a);
	send_size(&a);
	if (!o->no_start && !named)
		send_to(a.sock, ATTACH_START, "", 0);
	if (!a.in_open && !a.terminal && interactive)
		shutdown(a.sock, SHUT_WR);
	r = copy(&a, e);
	restore(&a);
	/* a failure here is not the container's status 1 */
	p->exit_status = r < 0 ? 125 : a.detached ? 0 : a.status;
	return 0;
}

/* The document of a container that runs. */
static int load(struct prog *p, const struct options *o, struct err *e)
{
	const struct selecting how = {.latest = o->latest};
	_selection_ struct selection sel = {0};
	_store_ struct store s = STORE_NONE;
	struct container_state st;
	_free_ char *socket_path = NULL;

	if (store_open(&s, e) < 0 ||
	    container_select(&s, p->argc, p->argv, &how, false, &sel, e) < 0 ||
	    container_load(&s, sel.ids.v[0], &p->doc, e) < 0 ||
	    container_state(&s, sel.ids.v[0], &st, e) < 0)
		return -1;
	if (!container_up(st.status))
		return err_set(e, ERR_NOTFOUND, 0, NULL,
			       "you can only attach to running containers");
	if (!st.monitor.pid)
		return err_set(e, ERR_FAILED, 0, NULL, "the monitor of container %s is gone",
			       sel.given.v[0]);
	socket_path = str_fmt("%s/containers/%s/attach", s.run_path, sel.ids.v[0]);
	json_set(json_need_obj(p->doc, "process"), "attachSocket", json_new_str(socket_path));
	return 0;
}

/* A container that is named has its streams on ours; without a name the document comes there. */
static bool reads(const struct prog *p)
{
	const struct options *o = p->opts;

	/* "rp attach" alone is a container that is missing, not a document that comes */
	return p->argc == 0 && !o->latest && (o->stdin_fd > 0 || !log_command());
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	bool named = !reads(p);

	if (named && load(p, o, e) < 0)
		return -1;
	return attach_to(p, o, named, e);
}

static int confine_here(struct err *e)
{
	static const struct confine c = {.any_files = true, .unix_sockets = true};

	return confine(&c, e);
}

static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	const struct selecting how = {.latest = o->latest};

	if (p->argc > 1)
		return err_set(e, ERR_USAGE, 0, NULL, "accepts 1 arg(s), received %d", p->argc);
	return reads(p) ? 0 : container_select_check(p->argc, &how, e);
}

static const struct program program = {
	.name = "ctr-attach",
	.summary = "connect to a container's streams and end with its exit status",
	.usage = "[options] [CONTAINER]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_CONTAINER | PROG_PASSES_STATUS,
	.check = check,
	.reads = reads,
	.confine = confine_here,
	.needs = "process",
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
