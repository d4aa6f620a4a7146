/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the options of "run" and "create" to .request of the container document (rp-json(5)).
 * Everything is checked here, before anything is touched.
 */
#ifndef RP_REQUEST_H
#define RP_REQUEST_H

#include "wire/json.h"
#include "wire/opt.h"

struct run_options {
	struct json *request; /* what the options fill in */
	bool detach, remove, interactive, terminal, replace, init, quiet;
	const char *name, *cidfile, *pull, *detach_keys, *sig_proxy, *authfile, *tls_verify;
	struct strv env, env_files;
};

extern const struct opt run_options[];

/* Fills *o with an empty request. */
void run_options_init(struct run_options *o);
void run_options_release(struct run_options *o);

/* After parsing: IMAGE [COMMAND...], the environment, what depends on several options. */
int run_options_finish(struct run_options *o, int argc, char **argv, struct err *e);

/* parse.c: one value each, ERR_USAGE where it is wrong */
int parse_volume(struct json *request, const char *value, struct err *e);
int parse_mount(struct json *request, const char *value, struct err *e);
int parse_tmpfs(struct json *request, const char *value, struct err *e);
int parse_device(struct json *request, const char *value, struct err *e);
int parse_publish(struct json *request, const char *value, struct err *e);
int parse_network(struct json *request, const char *value, struct err *e);
int parse_ulimit(struct json *request, const char *value, struct err *e);
int parse_security(struct json *request, const char *value, struct err *e);
int parse_add_host(struct json *request, const char *value, struct err *e);
int parse_platform(struct json *request, const char *value, struct err *e);
int parse_env_file(struct strv *env, const char *path, struct err *e);
/* KEY=VALUE, KEY (taken from our environment) or KEY* (all that begin so). */
void parse_env(struct strv *env, const char *value);
/* The path as an absolute one, from the working directory. The caller frees. */
char *absolute_path(const char *path);

#endif
