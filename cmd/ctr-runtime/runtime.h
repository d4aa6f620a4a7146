/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of ctr-runtime share: global options, commands, messages. */
#ifndef CTR_RUNTIME_RUNTIME_H
#define CTR_RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <time.h>

#include "wire/json.h"
#include "wire/opt.h"

#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION	"1.3.0"

/* "1": the command keeps the supplementary groups of the caller, as crun(1) has it. */
#define ANNOTATION_KEEP_GROUPS "run.oci.keep_original_groups"

struct global {
	const char *root, *log, *log_format, *log_level, *cgroup_manager, *rootless;
	bool debug, systemd_cgroup, version, help, timings;
	int root_fd; /* the directory of all states, opened by state_root() */
	char *root_path;
	struct timespec start;
	char **argv;	/* as it was given */
	int failure;	/* the exit status of an error */
	int listen_fds; /* descriptors from 3 on that were passed to this process: sd_listen_fds(3)
			 */
	char *listen_names; /* LISTEN_FDNAMES, or NULL; never released */
};

struct command {
	const char *name;
	const char *operands; /* "ID [SIGNAL]" */
	const char *summary;
	const struct opt *opts;
	size_t opts_size;
	int min_operands, max_operands; /* -1: any number */
	bool stop_at_operand;
	bool enters; /* puts processes into containers: its own file must be protected */
	/* Returns 0 or the exit status of the program; -1 with *e. */
	int (*run)(struct global *g, void *opts, int argc, char **argv, struct err *e);
	int failure; /* the exit status of an error, 0: 1 */
};

extern const struct command cmd_create, cmd_run, cmd_start, cmd_state, cmd_kill, cmd_delete,
	cmd_exec, cmd_pause, cmd_resume, cmd_update, cmd_list, cmd_ps, cmd_spec, cmd_features,
	cmd_mounts, cmd_checkpoint, cmd_restore;

/* Opens --log. */
int report_init(const struct global *g, struct err *e);
/* An error, on standard error and in the log. */
void report_err(const struct err *e);
/* A warning, in the log, or where there is none on standard error. */
void report_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* With --timings: "WHO STAGE: N.NNN ms" on the standard error that the runtime was started with. */
void timing(const struct global *g, const char *who, const char *stage);

#endif
