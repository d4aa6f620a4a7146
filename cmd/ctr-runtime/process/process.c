/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the process itself before it is the user's command: limits, labels, keyring,
 * working directory, the command's file, seccomp, user, capabilities, exec. Shared by create and
 * exec.
 *
 * Order matters: the bounding set is cut while CAP_SETPCAP is there; the working directory is
 * resolved without magic links and entered before the user is changed, as one of root's need not be
 * open to the user; the filter comes last, with nothing but execve(2) behind it, because a profile
 * may refuse any other call. Without no_new_privs it needs CAP_SYS_ADMIN, which is kept until then.
 */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ctr/passwd.h"
#include "oci/imgstr.h"
#include "process/schedule.h"
#include "process/sysctl.h"
#include "rootfs/own.h"
#include "sys/fdpass.h"
#include "sys/path.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *env_get(const struct strv *env, const char *name)
{
	size_t len = strlen(name);

	strv_foreach (e, env)
		if (strncmp(e, name, len) == 0 && e[len] == '=')
			return e + len + 1;
	return NULL;
}

/*
 * Made for the first process where the image has none, as other runtimes do, but not on a mount of
 * the user's, and not for a process of exec; a magic link is refused by path.c.
 */
int process_open_cwd(struct create *c, struct err *e)
{
	const char *cwd = c->cfg.process.cwd;
	struct path_guard guard = own_guard(c);

	c->cwd = path_open_in_root(c->root, cwd, O_PATH | O_DIRECTORY, 0, e);
	if (c->cwd < 0 && e->errnum == ENOENT && !c->exec) {
		err_clear(e);
		c->cwd = path_mkdir_guarded(c->root, cwd, 0755, &guard, e);
	}
	if (c->cwd >= 0)
		return 0;
	if (e->errnum != EACCES)
		return err_prefix(e, "cannot enter .process.cwd %s", cwd);
	err_clear(e); /* the user may: process_enter_cwd_late() */
	return 0;
}

/* getcwd(2) says "(unreachable)" for a directory that is not below the root of the process. */
static int check_inside(const char *cwd, struct err *e)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return err_sys(e, "getcwd", "cannot enter .process.cwd %s", cwd);
	if (*path != '/')
		return err_set(e, ERR_DENIED, 0, "getcwd",
			       ".process.cwd %s is outside of the container", cwd);
	return 0;
}

static int enter(struct create *c, struct err *e)
{
	if (fchdir(c->cwd) < 0)
		return err_sys(e, "fchdir", "cannot enter .process.cwd %s", c->cfg.process.cwd);
	close(take_fd(&c->cwd));
	c->cwd_entered = true;
	return check_inside(c->cfg.process.cwd, e);
}

/* root of a user namespace may be refused where the user is not: FUSE, ids that are not mapped. */
int process_enter_cwd(struct create *c, struct err *e)
{
	if (c->cwd < 0 || enter(c, e) == 0)
		return 0;
	if (c->cwd_entered || e->errnum != EACCES)
		return -1;
	err_clear(e);
	return 0;
}

int process_enter_cwd_late(struct create *c, struct err *e)
{
	const char *cwd = c->cfg.process.cwd;
	_close_ int root = -1;

	if (c->cwd_entered)
		return 0;
	/* "/" is that of the container by now, whose descriptor may be closed */
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->cwd < 0)
		c->cwd = path_open_in_root(root, cwd, O_PATH | O_DIRECTORY, 0, e);
	return c->cwd < 0 ? err_prefix(e, "cannot enter .process.cwd %s", cwd) : enter(c, e);
}

/* errno of a candidate: 0 where it can be executed. */
static int judge(int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, 0) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EACCES;
	return faccessat(dir, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/*
 * Looked up inside, with the container's PATH, so that create can say what is missing; the kernel
 * judges again at execve. The words of the messages are what engines look for.
 */
int process_find_exe(struct create *c, struct err *e)
{
	const char *name = c->cfg.process.args.v[0];
	const char *path = env_get(&c->cfg.process.env, "PATH");
	_strv_ struct strv dirs = {0};
	int worst = ENOENT;

	if (!*name)
		return err_set(e, ERR_NOTFOUND, ENOENT, NULL, "the command is empty");
	if (strchr(name, '/')) {
		int at = *name == '/' ? AT_FDCWD : c->cwd;
		/* a directory that only the user may enter is left to execve(2) */
		int errnum = *name != '/' && c->cwd < 0 ? 0 : judge(at, name);

		c->exe = str_dup(name);
		if (errnum)
			return err_set(e, err_code_of(errnum), errnum, "execve",
				       "cannot execute %s", name);
		return 0;
	}
	strv_split(&dirs, path ? path : DEFAULT_PATH, ':');
	strv_foreach (dir, &dirs) {
		_free_ char *file = str_fmt("%s/%s", *dir ? dir : ".", name);
		int errnum = judge(c->cwd, file);

		if (errnum == 0) {
			c->exe = take_ptr(file);
			return 0;
		}
		if (errnum == EACCES)
			worst = EACCES;
	}
	if (worst == EACCES)
		return err_set(e, ERR_DENIED, EACCES, "execve", "cannot execute %s", name);
	return err_set(e, ERR_NOTFOUND, ENOENT, "execve", "executable file `%s` not found in $PATH",
		       name);
}

/*
 * As other runtimes do, so that "~" is somewhere: the container's /etc/passwd says it, "/" where
 * that does not know the user. Read before the user is changed, below the root's descriptor.
 */
int process_home(struct create *c, struct err *e)
{
	struct config_process *p = &c->cfg.process;
	_account_ struct account a = {0};

	if (env_get(&p->env, "HOME"))
		return 0;
	passwd_find(c->root, NULL, p->uid, &a);
	strv_addf(&p->env, "HOME=%s", a.home && imgstr_printable(a.home) ? a.home : "/");
	return 0;
}

/*
 * Socket activation, sd_listen_fds(3): descriptors from 3 on that the caller has passed to this
 * very process. They go on to the command, under the number that it has there.
 */
int process_listen(struct create *c, struct err *e)
{
	struct strv *env = &c->cfg.process.env;

	if (!c->g->listen_fds)
		return 0;
	strv_addf(env, "LISTEN_FDS=%d", c->g->listen_fds);
	strv_addf(env, "LISTEN_PID=%d", (int)getpid());
	if (c->g->listen_names)
		strv_addf(env, "LISTEN_FDNAMES=%s", c->g->listen_names);
	return 0;
}

static int set_rlimits(const struct config_process *p, struct err *e)
{
	for (size_t i = 0; i < p->nrlimits; i++) {
		const struct config_rlimit *r = &p->rlimits[i];
		struct rlimit want = {.rlim_cur = r->soft, .rlim_max = r->hard};

		if (setrlimit((__rlimit_resource_t)r->number, &want) < 0) {
			err_sys(e, "setrlimit", "cannot set %s to %llu:%llu", r->type,
				(unsigned long long)r->soft, (unsigned long long)r->hard);
			return err_hint(e, "raising a hard limit needs a privilege on the host");
		}
	}
	return 0;
}

static int set_personality(const char *domain, struct err *e)
{
	unsigned long want;

	if (!domain)
		return 0;
	if (str_eq(domain, "LINUX"))
		want = PER_LINUX;
	else if (str_eq(domain, "LINUX32"))
		want = PER_LINUX32;
	else
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.personality.domain: unknown value \"%s\"",
			       domain);
	if (personality(want) < 0)
		return err_sys(e, "personality", "cannot set .linux.personality");
	return 0;
}

int process_limits(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;

	process_reset_signals(c);
	if (schedule_apply(&c->cfg, e) < 0 || set_personality(c->cfg.personality, e) < 0)
		return -1;
	if (p->umask != CONFIG_UNSET) /* main() has set it to 0022 */
		umask((mode_t)p->umask);
	return set_rlimits(p, e);
}

/* By the system call itself: sigaction(3) refuses 32 and 33, which the C library keeps for itself.
 */
void process_reset_signals(const struct create *c)
{
	static const unsigned long dflt[8]; /* SIG_DFL, no flags, nothing blocked: all zero */
	sigset_t none;

	/* handlers do not outlive execve(2) anyway */
	for (int s = 1; s < NSIG; s++)
		if (c->ignored >> (s - 1) & 1)
			syscall(SYS_rt_sigaction, s, dflt, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Its owner is the container, whose label is in force only after execve, which ends this one. */
int process_keyring_label(struct create *c, struct err *e)
{
	const char *label = c->cfg.process.selinux;

	if ((c->o && c->o->no_new_keyring) || !label || !*label ||
	    proc_write(c->proc, "thread-self/attr/keycreate", label, e) == 0)
		return 0;
	if (e->errnum != ENOENT)
		return err_prefix(e, ".process.selinuxLabel: of the keyring");
	err_clear(e);
	return 0;
}

/* Without one of its own the container would share the session keyring of the caller. */
int process_keyring(struct create *c, struct err *e)
{
	if (c->o && c->o->no_new_keyring)
		return 0;
	/* KEYCTL_JOIN_SESSION_KEYRING 1 */
	if (syscall(SYS_keyctl, 1, c->id, 0, 0, 0) < 0 && errno != ENOSYS) {
		err_sys(e, "keyctl", "cannot make a session keyring");
		return err_hint(e, "--no-new-keyring shares the caller's");
	}
	return 0;
}

/* Written now, in force at execve: proc_pid_attr(5). The module decides whether it knows them. */
int process_labels(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;
	_free_ char *profile = NULL;

	if (p->selinux && *p->selinux &&
	    proc_write(c->proc, "thread-self/attr/exec", p->selinux, e) < 0)
		return err_prefix(e, ".process.selinuxLabel");
	if (!p->apparmor || !*p->apparmor || str_eq(p->apparmor, "unconfined"))
		return 0;
	profile = str_fmt("exec %s", p->apparmor);
	if (proc_write(c->proc, "thread-self/attr/apparmor/exec", profile, e) == 0)
		return 0;
	if (faccessat(c->proc, "thread-self/attr/apparmor/exec", F_OK, 0) < 0)
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       ".process.apparmorProfile: AppArmor is not active on this host");
	if (e->errnum != ENOENT)
		return err_prefix(e, ".process.apparmorProfile");
	err_set(e, ERR_NOTFOUND, 0, NULL, ".process.apparmorProfile: the profile %s is not loaded",
		p->apparmor);
	return err_hint(e, "apparmor_parser -r FILE loads it");
}

static void list_caps(uint64_t set, struct buf *out)
{
	for (int n = 0; n < 64 && set >> n; n++)
		if (set & CAP_BIT(n))
			buf_fmt(out, "%s%s", out->len ? ", " : "",
				caps_name(n) ? caps_name(n) : "?");
}

/*
 * config.md: what cannot be granted must be warned of. The kernel or caps_apply() leaves it out.
 * One that has none at all, as a user's exec from outside of the user's namespaces, gets them
 * there.
 */
static void warn_caps(const struct caps *c, bool new_user)
{
	uint64_t all = c->effective | c->permitted | c->inheritable | c->ambient;
	uint64_t own = caps_permitted(), have = new_user || !own ? all : own;
	_buf_ struct buf lost = {0}, bare = {0};

	list_caps(all & ~have, &lost);
	list_caps(c->ambient & have & ~(c->permitted & c->inheritable), &bare);
	if (lost.len)
		report_warn("%s cannot be granted: this process does not have it", lost.data);
	if (bare.len)
		report_warn("%s cannot be ambient: it is not both permitted and inheritable",
			    bare.data);
}

void process_caps(const struct config_process *p, bool new_user, struct caps *out)
{
	_strv_ struct strv unknown = {0};

	*out = (struct caps){
		.bounding = caps_set(&p->bounding, &unknown),
		.effective = caps_set(&p->effective, &unknown),
		.inheritable = caps_set(&p->inheritable, &unknown),
		.permitted = caps_set(&p->permitted, &unknown),
		.ambient = caps_set(&p->ambient, &unknown),
	};
	strv_foreach (name, &unknown)
		report_warn("unknown capability %s is ignored", name);
	warn_caps(out, new_user);
}

/* What goes with the listener's descriptor; runtime-spec, "Container Process State". */
static char *listener_message(const struct create *c)
{
	_json_ struct json *j = json_new_object();
	const char *meta = json_get_str(c->cfg.seccomp, "listenerMetadata", NULL);
	struct json *fds = json_need_arr(j, "fds");

	json_add(fds, json_new_str("seccompFd"));
	json_set(j, "ociVersion", json_new_str(c->cfg.version));
	json_set(j, "pid", json_new_int(c->pid));
	if (meta)
		json_set(j, "metadata", json_new_str(meta));
	json_set(j, "state", create_state(c, c->exec ? "running" : "creating"));
	return json_text(j, false);
}

/*
 * From here on only execve(2) is called, and sendmsg(2) where the filter has a listener, which a
 * profile with one must allow.
 */
int process_filter(struct create *c, struct err *e)
{
	char *message = NULL; /* not freed before execve(2), which may be all that is allowed */
	size_t len = 0;
	int listener = -1;

	if (!c->has_filter)
		return 0;
	if (c->filter.notify) {
		message = listener_message(c);
		len = strlen(message);
	}
	if (seccomp_install(&c->filter, &listener, e) < 0)
		return -1;
	if (listener < 0)
		return 0;
	return fdpass_send(c->listener, listener, message, len, e);
}

bool process_keeps_groups(const struct create *c)
{
	return str_eq(json_get_str(c->cfg.annotations, ANNOTATION_KEEP_GROUPS, ""), "1");
}

/* The primary group is among the groups of a process anyhow. */
static bool only_primary(const struct config_process *p)
{
	return !p->ngroups || (p->ngroups == 1 && p->groups[0] == p->gid);
}

/* In a namespace with a single mapped id, setgroups(2) is denied for good (user_namespaces(7)). */
static int set_groups(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;
	gid_t *groups = (gid_t *)p->groups;

	if (process_keeps_groups(c))
		return 0;
	if (setgroups(p->ngroups, groups) == 0)
		return 0;
	/* with the capability, nothing else is left to be the cause */
	if (only_primary(p) && errno == EPERM && caps_effective() & CAP_BIT(CAP_SETGID))
		return 0;
	err_sys(e, "setgroups", "cannot set .process.user.additionalGids");
	return err_hint(e, "are these groups mapped in the user namespace?");
}

/*
 * CAP_SYS_ADMIN goes with the others where the filter does not need it. Where it does, it is kept
 * until execve(2), which gives it up by itself: what the command gets depends on its inheritable,
 * ambient and bounding sets, not on what was permitted before (capabilities(7), "Transformation of
 * capabilities during execve()"). With no_new_privs it would depend on that, but then the filter
 * needs nothing.
 */
static int apply_caps(struct create *c, struct err *e)
{
	struct caps caps = c->caps;

	if (c->cfg.process.no_new_privs) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return err_sys(e, "prctl", "cannot set no_new_privs");
	} else if (c->has_filter) {
		caps.ambient &= caps.permitted;
		caps.permitted |= CAP_BIT(CAP_SYS_ADMIN);
		caps.effective |= CAP_BIT(CAP_SYS_ADMIN);
	}
	return caps_apply(&caps, e);
}

/*
 * Pipes belong to the user of the command, so that /dev/stdout and /proc/self/fd/N can be opened by
 * their paths; the terminal does from the start. A file on the caller's side of the redirection is
 * his, and stays so. Where the user is not mapped, or the pipe is somebody else's, it stays as
 * well.
 */
static void give_streams(const struct config_process *p)
{
	struct stat st;

	for (int fd = 0; p->uid && fd < 3; fd++)
		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid != p->uid &&
		    fchown(fd, (uid_t)p->uid, (gid_t)-1) < 0)
			continue;
}

int process_identity(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;

	give_streams(p);
	if (caps_limit(&c->caps, e) < 0)
		return -1;
	/* only a change from root to another user drops them: capabilities(7) */
	if (p->uid && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot keep the capabilities");
	if (set_groups(c, e) < 0)
		return -1;
	if (setresgid((gid_t)p->gid, (gid_t)p->gid, (gid_t)p->gid) < 0) {
		err_sys(e, "setresgid", "cannot become group %u", (unsigned)p->gid);
		return err_hint(e, "is it mapped in the user namespace?");
	}
	if (setresuid((uid_t)p->uid, (uid_t)p->uid, (uid_t)p->uid) < 0) {
		err_sys(e, "setresuid", "cannot become user %u", (unsigned)p->uid);
		return err_hint(e, "is it mapped in the user namespace?");
	}
	/* changing the user makes a process dumpable again where sysctl fs.suid_dumpable is 1 */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot protect the container's first process");
	return apply_caps(c, e);
}

/* Everything but 0, 1, 2 and the asked-for ones closes at exec. */
static int close_rest(struct create *c, struct err *e)
{
	unsigned first = 3 + (unsigned)c->g->listen_fds + (unsigned)(c->o ? c->o->preserve_fds : 0);

	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return err_sys(e, "close_range", "cannot close descriptors");
	for (int fd = (int)first; fd < 4096; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 && fd > 1024)
			break;
	return 0;
}

int process_leave(struct create *c, struct err *e)
{
	if (close_rest(c, e) < 0)
		return -1;
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot leave the runtime");
	return 0;
}

int process_exec(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;
	static char *none[] = {NULL};

	execve(c->exe, p->args.v, p->env.v ? p->env.v : none);
	return err_sys(e, "execve", "cannot execute %s", c->exe);
}
