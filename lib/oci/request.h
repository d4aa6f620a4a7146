/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request: everything that decides what a run does, .request of rp.container/1.
 *
 * One table describes it. A row is a member with its kind, range and words, and the option of "run"
 * and "create" that sets it, where there is one. From the rows come the options themselves, their
 * help and completion, the check of a request that somebody wrote by hand, and its JSON Schema; the
 * list in rp-json(5) and the options in rp-run(1) are compared with them by `make lint`. Command
 * lines, compose files, units and API calls all become requests, and nothing else becomes a run.
 */
#ifndef RP_OCI_REQUEST_H
#define RP_OCI_REQUEST_H

#include "wire/json.h"
#include "wire/opt.h"

enum request_kind {
	REQUEST_STRING,
	REQUEST_BOOL,
	REQUEST_NUMBER,
	REQUEST_STRINGS, /* array of strings */
	REQUEST_MAP,	 /* object of strings */
	REQUEST_OBJECT,	 /* object; its members are rows of their own */
	REQUEST_OBJECTS, /* array of objects; the members are rows "NAME[].MEMBER" */
	REQUEST_ANY,	 /* a document of another kind, not described here */
};

/* What a row may say of its member and option besides. */
enum request_flags {
	REQUEST_COMMA = 1 << 0,	   /* the option's value is a list: "a,b" is two values */
	REQUEST_NONEMPTY = 1 << 1, /* the option's value must not be empty */
	REQUEST_PATH = 1 << 2,	   /* the option's value is a path, stored as an absolute one */
	REQUEST_SIZE = 1 << 3,	   /* the option's value is a size such as 512m, in bytes */
	REQUEST_TRUE = 1 << 4,	   /* true where the member is missing */
	REQUEST_GIVEN = 1 << 8,	   /* true, false and missing are three things */
	REQUEST_NEED = 1 << 5,	   /* must be there where its object is */
	REQUEST_VALUE = 1 << 6,	   /* of a map: KEY alone is not enough */
	REQUEST_HIDDEN = 1 << 7,   /* another name of an option, not shown */
	REQUEST_NOTHING = 1 << 9,  /* member "": the option is taken and has no effect */
	REQUEST_REFUSED = 1 << 10, /* member "": the option is known and refused, help says why */
};

struct request_row {
	const char *member; /* "resources.memory", "mounts[].type"; "": none */
	enum request_kind kind;
	unsigned flags;	    /* enum request_flags */
	const char *option; /* long name, NULL: no option sets it */
	char letter;
	const char *arg, *help;
	/* puts the option's value into the request where the kind alone does not say how */
	int (*set)(struct json *request, const char *value, struct err *e);
	const char *values; /* blank-separated words that are allowed, NULL: any */
	int64_t min, max;   /* of a number, both 0: any */
};

/* All rows, in the order of rp-json(5); the last one has no member. */
extern const struct request_row request_rows[];

/*
 * The options of "run" and "create" for opts_parse(), in alphabetical order. The data is the
 * request itself, a JSON object. Made once, never released.
 */
const struct opt *request_options(void);

/*
 * After the options: IMAGE [COMMAND...] and what depends on several options. ERR_USAGE. Reads the
 * files of --env-file and the caller's environment.
 */
int request_finish(struct json *request, int argc, char **argv, struct err *e);

/*
 * Checks the members of a request against the rows: kinds, ranges, words. Unknown members are left
 * alone. ERR_INPUT with the path of the member.
 */
int request_check(const struct cur *request, struct err *e);

/* The JSON Schema of a request. The caller puts it. */
struct json *request_schema(void);

/* A true or false of the request, its default where it is missing. */
bool request_flag(const struct json *request, const char *member);

/*
 * request_parse.c, request_mounts.c: one value of an option each, taken apart, checked and put into
 * the request. ERR_USAGE where it is wrong.
 */
int parse_volume(struct json *request, const char *value, struct err *e);
int parse_mount(struct json *request, const char *value, struct err *e);
int parse_tmpfs(struct json *request, const char *value, struct err *e);
int parse_volumes_from(struct json *request, const char *value, struct err *e);
int parse_chroot_dir(struct json *request, const char *value, struct err *e);
int parse_device(struct json *request, const char *value, struct err *e);
int parse_publish(struct json *request, const char *value, struct err *e);
int parse_network(struct json *request, const char *value, struct err *e);
int parse_ulimit(struct json *request, const char *value, struct err *e);
int parse_security(struct json *request, const char *value, struct err *e);
int parse_add_host(struct json *request, const char *value, struct err *e);
int parse_platform(struct json *request, const char *value, struct err *e);
int parse_expose(struct json *request, const char *value, struct err *e);
int parse_hosts_file(struct json *request, const char *value, struct err *e);
int parse_timezone(struct json *request, const char *value, struct err *e);
int parse_cpus(struct json *request, const char *value, struct err *e);
int parse_cpuset(struct json *request, const char *value, struct err *e);
int parse_cpuset_mems(struct json *request, const char *value, struct err *e);
int parse_label_file(struct json *request, const char *path, struct err *e);
int parse_stop_signal(struct json *request, const char *value, struct err *e);
int parse_umask(struct json *request, const char *value, struct err *e);
int parse_log_opt(struct json *request, const char *value, struct err *e);
int parse_entrypoint(struct json *request, const char *value, struct err *e);
int parse_size(struct json *to, const char *key, const char *value, struct err *e);
/* The words of a list with commas as the member "options". */
void request_options_list(struct json *to, const char *text);
/* request_io.c: DEVICE:NUMBER, with the numbers of the device. */
int parse_weight_device(struct json *request, const char *value, struct err *e);
int parse_read_bps(struct json *request, const char *value, struct err *e);
int parse_write_bps(struct json *request, const char *value, struct err *e);
int parse_read_iops(struct json *request, const char *value, struct err *e);
int parse_write_iops(struct json *request, const char *value, struct err *e);
/* request_env.c: KEY=VALUE, KEY (taken from our environment) or KEY* (all that begin so). */
int parse_env_item(struct json *request, const char *value, struct err *e);
int parse_env_merge(struct json *request, const char *value, struct err *e);
/* Notes the file; request_finish_env() reads it. */
int parse_env_file_option(struct json *request, const char *value, struct err *e);
/* After the options: the files of variables, and what is passed on of the caller's. */
int request_finish_env(struct json *request, struct err *e);
/* The path as an absolute one, from the working directory. The caller frees. */
char *absolute_path(const char *path);

#endif
