/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of spec-gen share: the parts of the document, checked, and the stages. */
#ifndef RP_SPEC_GEN_GEN_H
#define RP_SPEC_GEN_GEN_H

#include "wire/doc.h"

struct gen {
	struct cur root, request, image, config, rootfs, container, network, security;
	struct strv command; /* the words behind "--", which replace request.command */
	bool have_command;
	int64_t tty_gid;	     /* of terminals; -1: this id is not mapped */
	int64_t host_cpus;	     /* whose thermal_throttle folders are masked */
	int64_t pids_limit;	     /* where the request has none; 0: none */
	struct strv default_ulimits; /* TYPE=NUMBER */
	struct json *spec;	     /* being made; owned by the document */
	struct json *linux_;	     /* spec.linux */
	struct json *process;	     /* spec.process */
	struct json *mounts;	     /* spec.mounts */
	struct json *places;	     /* where in spec.mounts a destination is */
	struct strv asked;	     /* destinations of what the user asked for */
	struct strv covers;	     /* those of them below which no default is mounted */
	struct strv caps;	     /* the bounding set */
	int64_t uid;		     /* of the process */
	bool privileged, read_only, device_control;
	bool systemd;	/* the process is systemd, or wants what it wants */
	bool new_netns; /* its own, as opposed to the host's or another container's */
	bool host_net;
};

/* Each stage reads the document, adds to g->spec, and fails with ERR_INPUT that names the path. */
int gen_process(struct gen *g, struct err *e);
int gen_caps(struct gen *g, struct err *e);
int gen_mounts(struct gen *g, struct err *e);
int gen_linux(struct gen *g, struct err *e);
int gen_resources(struct gen *g, struct err *e);
int gen_seccomp(struct gen *g, struct err *e);

/* A docker-style or OCI profile as an OCI linux.seccomp object, for the capabilities caps. */
int seccomp_flatten(const struct cur *profile, const struct strv *caps, struct json **out,
		    struct err *e);

/* The string at *obj.key as a cleaned absolute path; NULL where it is missing and optional. */
int gen_path(const struct cur *obj, const char *key, enum cur_need need, char **out, struct err *e);

/* An array of the given strings, NULL-terminated. */
struct json *gen_strings(const char *const *v);

#endif
