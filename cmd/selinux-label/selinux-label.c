/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selinux-label: chooses the SELinux labels of a container and relabels what it mounts.
 *
 * Input {"schema":"rp.label/1","security":{...},"selinux":{...},"relabel":[{"source","shared"}]},
 * output
 * {"schema":"rp.label/1","selinux":{"processLabel","mountLabel"}}; an empty selinux object where
 * SELinux is off or the request disables labels.
 *
 * Stages: read the policy's labels for containers (selinux_lxc_contexts(5)); put in what the
 * request chooses; otherwise a random pair of categories that no container of the store has (not
 * these, where the input's .selinux has both labels already); relabel, with the categories for a
 * private volume, without for a shared one. A program of its own, so that libselinux is loaded only
 * where SELinux is on. It must not follow a link below a source.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <selinux/selinux.h>

#include "base/fd.h"
#include "ctr/container.h"
#include "relabel.h"
#include "sys/confine.h"
#include "sys/label.h"
#include "wire/doc.h"
#include "wire/prog.h"

#define LABEL_SCHEMA "rp.label/1"

struct labels {
	struct label process, mount;
	const char *user, *role, *type, *level;	 /* the request's, or NULL */
	const char *given_process, *given_mount; /* of an earlier step, or NULL */
};

static void labels_release(struct labels *l)
{
	label_release(&l->process);
	label_release(&l->mount);
}

static int read_policy(struct labels *l, struct err *e)
{
	const char *file = selinux_lxc_contexts_path();
	_buf_ struct buf b = {0};
	_free_ char *process = NULL, *mount = NULL;

	if (!file || file_read(AT_FDCWD, file, 65536, &b, e) < 0)
		return err_prefix(e, "the labels of containers");
	process = label_from_contexts(b.data ? b.data : "", "process");
	mount = label_from_contexts(b.data ? b.data : "", "file");
	if (!process || !mount)
		return err_set(e, ERR_INPUT, 0, NULL, "%s names no process and file label", file);
	if (label_parse(process, &l->process, e) < 0 || label_parse(mount, &l->mount, e) < 0)
		return err_prefix(e, "%s", file);
	return 0;
}

static int levels_in_use(struct strv *out, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	_strv_ struct strv ids = {0};

	if (store_open(&s, e) < 0 || container_list(&s, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids) {
		_close_ int dir = container_dir(&s, id, NULL);
		_json_ struct json *config = NULL;
		const char *label;

		if (dir < 0 ||
		    json_read_file(dir, "config.json", JSON_MAX_DOCUMENT, &config, NULL) < 0)
			continue;
		label = json_str(json_path(config, "process.selinuxLabel"));
		if (label)
			strv_add(out, label);
	}
	return 0;
}

/* What an earlier step has chosen for the same container stays. */
static int take_given(struct labels *l, struct err *e)
{
	if (label_parse(l->given_process, &l->process, e) < 0)
		return err_prefix(e, ".selinux.processLabel");
	if (label_parse(l->given_mount, &l->mount, e) < 0)
		return err_prefix(e, ".selinux.mountLabel");
	return 0;
}

static int choose(struct labels *l, struct err *e)
{
	_strv_ struct strv in_use = {0};
	_free_ char *level = NULL;

	if (l->user) {
		label_set(&l->process.user, l->user);
		label_set(&l->mount.user, l->user);
	}
	if (l->role)
		label_set(&l->process.role, l->role);
	if (l->type)
		label_set(&l->process.type, l->type);
	if (!l->process.level)
		return 0; /* a policy without levels */
	if (l->level)
		level = str_dup(l->level);
	else if (levels_in_use(&in_use, e) < 0 || label_choose_level(&in_use, &level, e) < 0)
		return -1;
	label_set(&l->process.level, level);
	label_set(&l->mount.level, level);
	return 0;
}

static int relabel_all(const struct cur *list, const struct labels *l, struct err *e)
{
	_free_ char *own = label_text(&l->mount), *level = NULL, *shared = NULL;
	struct label common = l->mount;

	if (common.level)
		common.level = level = label_shared_level(common.level);
	shared = label_text(&common);
	for (size_t i = 0; i < json_len(list->val); i++) {
		struct cur item = cur_at(list, i);
		const char *source = NULL;
		bool is_shared = false;

		if (cur_str(&item, "source", CUR_NEED, &source, e) < 0 ||
		    cur_bool(&item, "shared", CUR_OPTIONAL, &is_shared, e) < 0)
			return -1;
		if (*source != '/')
			return cur_bad(&item, e, "source \"%s\" is not an absolute path", source);
		if (relabel_tree(source, is_shared ? shared : own, e) < 0)
			return -1;
	}
	return 0;
}

/* Everything is checked whether SELinux is on or not: a wrong document is wrong everywhere. */
static int read_request(const struct cur *root, struct labels *l, bool *disabled, struct cur *list,
			struct err *e)
{
	struct cur security, selinux;

	if (cur_obj(root, "selinux", CUR_OPTIONAL, &selinux, e) < 0 ||
	    cur_str(&selinux, "processLabel", CUR_OPTIONAL, &l->given_process, e) < 0 ||
	    cur_str(&selinux, "mountLabel", CUR_OPTIONAL, &l->given_mount, e) < 0)
		return -1;
	if (cur_obj(root, "security", CUR_OPTIONAL, &security, e) < 0 ||
	    cur_str(&security, "labelUser", CUR_OPTIONAL, &l->user, e) < 0 ||
	    cur_str(&security, "labelRole", CUR_OPTIONAL, &l->role, e) < 0 ||
	    cur_str(&security, "labelType", CUR_OPTIONAL, &l->type, e) < 0 ||
	    cur_str(&security, "labelLevel", CUR_OPTIONAL, &l->level, e) < 0 ||
	    cur_bool(&security, "labelDisable", CUR_OPTIONAL, disabled, e) < 0)
		return -1;
	return cur_arr(root, "relabel", CUR_OPTIONAL, list, e);
}

static int run(struct prog *p, struct err *e)
{
	_clean_(labels_release) struct labels l = {0};
	struct cur root = cur_root(p->doc), list;
	struct json *selinux;
	bool disabled = false;

	if (doc_check(p->doc, LABEL_SCHEMA, e) < 0 ||
	    read_request(&root, &l, &disabled, &list, e) < 0)
		return -1;
	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str(LABEL_SCHEMA));
	selinux = json_need_obj(p->out, "selinux");
	if (is_selinux_enabled() != 1 || disabled)
		return 0;
	if (l.given_process && l.given_mount ? take_given(&l, e) < 0
					     : read_policy(&l, e) < 0 || choose(&l, e) < 0)
		return -1;
	if (relabel_all(&list, &l, e) < 0)
		return -1;
	_free_ char *process = label_text(&l.process), *mount = label_text(&l.mount);

	json_set(selinux, "processLabel", json_new_str(process));
	json_set(selinux, "mountLabel", json_new_str(mount));
	return 0;
}

static int confine_here(struct err *e)
{
	static const struct confine c = {
		.any_files = true,
		.caps = CONFINE_CAP(CAP_DAC_OVERRIDE) | CONFINE_CAP(CAP_DAC_READ_SEARCH) |
			CONFINE_CAP(CAP_FOWNER) | CONFINE_CAP(CAP_MAC_ADMIN)};

	return confine(&c, e);
}

static const struct field labels[] = {
	{"processLabel", FIELD_STRING, 0, sizeof(char *)},
	{"mountLabel", FIELD_STRING, 0, sizeof(char *)},
	{0},
};

static const struct field relabel[] = {
	{"source", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{"shared", FIELD_BOOL, 0, sizeof(bool), FIELD_NEED},
	{0},
};

static const struct field question[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.label/1"},
	{"security", FIELD_ANY, 0, 0},
	{"selinux", FIELD_OBJECT, 0, 0, .table = labels},
	{"relabel", FIELD_OBJECTS, 0, 0, .table = relabel},
	{0},
};

static const struct field answer[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.label/1"},
	{"selinux", FIELD_OBJECT, 0, 0, FIELD_NEED, .table = labels},
	{0},
};

static const struct program program = {
	.name = "selinux-label",
	.summary = "choose a container's SELinux labels and relabel what it mounts",
	.usage = "< document",
	.io = PROG_READS | PROG_WRITES,
	.confine = confine_here,
	.reads_fields = question,
	.writes_fields = answer,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
