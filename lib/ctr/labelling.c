/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux labels by selinux-label(1): see labelling.h.
 *
 * A privileged container gets no label, as with Podman: it is to see all that its user sees.
 */
#include "ctr/labelling.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/label.h"
#include "sys/spawn.h"

#define SELINUX_ON     "/sys/fs/selinux/enforce"
#define SELINUX_CONFIG "/etc/selinux/config"
#define FILE_CREATE    "/proc/thread-self/attr/fscreate" /* proc_pid_attr(5) */

bool labelling_is_on(void)
{
	return access(SELINUX_ON, F_OK) == 0;
}

bool labelling_wanted(const struct json *doc)
{
	return labelling_is_on() && !json_bool(json_path(doc, "request.security.labelDisable")) &&
	       !json_bool(json_path(doc, "request.privileged"));
}

void labelling_add(struct json *relabel, const char *source, bool shared)
{
	struct json *r = json_new_object();

	json_set(r, "source", json_new_str(source));
	json_set(r, "shared", json_new_bool(shared));
	json_add(relabel, r);
}

static struct json *request(const struct json *doc, struct json *relabel)
{
	struct json *in = json_new_object();

	json_set(in, "schema", json_new_str("rp.label/1"));
	json_set(in, "security", json_ref(json_path(doc, "request.security")));
	if (json_has(doc, "selinux"))
		json_set(in, "selinux", json_ref(json_get(doc, "selinux")));
	if (relabel)
		json_set(in, "relabel", json_ref(relabel));
	return in;
}

int labelling_run(struct json *doc, struct json *relabel, struct err *e)
{
	_json_ struct json *in = request(doc, relabel), *out = NULL;
	_free_ char *file = program_path("selinux-label"), *text = json_text(in, false);
	_buf_ struct buf answer = {0};
	int status;

	if (run_program(&(struct spawn){.file = file,
					.argv = (char *[]){file, NULL},
					.in = -1,
					.out = -1,
					.err = -1},
			text, strlen(text), &answer, JSON_MAX_REMOTE, &status, e) < 0)
		return -1;
	if (status != 0)
		return err_set(e, status <= ERR_DENIED ? (enum err_code)status : ERR_FAILED, 0,
			       "selinux-label", "cannot label the container");
	if (json_parse(answer.data, answer.len, "selinux-label", &out, e) < 0)
		return -1;
	json_set(doc, "selinux", json_ref(json_get(out, "selinux")));
	return 0;
}

/* The value of KEY in one of SELinux's own files, NULL where there is none. */
static char *policy_value(const char *file, const char *key)
{
	_buf_ struct buf b = {0};

	return file_read(AT_FDCWD, file, 65536, &b, NULL) == 0 && b.len
		       ? label_from_contexts(b.data, key)
		       : NULL;
}

char *labelling_image_label(void)
{
	_free_ char *policy = NULL, *file = NULL;

	if (!labelling_is_on())
		return NULL;
	policy = policy_value(SELINUX_CONFIG, "SELINUXTYPE");
	file = str_fmt("/etc/selinux/%s/contexts/lxc_contexts", policy ? policy : "targeted");
	return policy_value(file, "ro_file");
}

int labelling_image_files(struct err *e)
{
	_free_ char *label = labelling_image_label();
	_close_ int fd = -1;

	if (!label)
		return 0;
	fd = open(FILE_CREATE, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, label, strlen(label)) < 0)
		return err_sys(e, "write", "cannot give new files the label %s", label);
	return 0;
}
