/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of every program: see prog.h for the contract.
 *
 * Stages: options; --help, --version, --schema answered; the document read and checked; run(); the
 * document written; the error reported. Standard output is written only at the end, so a failing
 * program leaves it empty.
 */
#include "wire/prog.h"

#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/doc.h"

struct common {
	bool help, version, schema, options;
};

static const struct opt common_options[] = {
	{"help", 'h', OPT_FLAG, offsetof(struct common, help), NULL, "show this text and exit"},
	{"version", 0, OPT_FLAG, offsetof(struct common, version), NULL,
	 "show the version and exit"},
	{"schema", 0, OPT_FLAG, offsetof(struct common, schema), NULL,
	 "print the JSON Schema of what is read and written"},
	{"options", 0, OPT_FLAG, offsetof(struct common, options), NULL,
	 "list the options for a shell's completion", .hidden = true},
	{0},
};

static size_t table_len(const struct opt *t)
{
	size_t n = 0;

	while (t && t[n].name)
		n++;
	return n;
}

static bool letter_taken(const struct opt *t, char c)
{
	for (; t && t->name; t++)
		if (t->letter == c)
			return true;
	return false;
}

/* The program's rows, then the common ones with their offsets behind the program's struct. */
static struct opt *join_tables(const struct program *def, size_t base)
{
	size_t n = table_len(def->opts), m = table_len(common_options);
	struct opt *all = mem_alloc((n + m + 1) * sizeof(*all));

	if (n)
		memcpy(all, def->opts, n * sizeof(*all));
	memcpy(all + n, common_options, m * sizeof(*all));
	for (size_t i = n; i < n + m; i++) {
		all[i].offset += base;
		if (letter_taken(def->opts, all[i].letter))
			all[i].letter = 0;
	}
	return all;
}

/* For the user of rp the command is the program, and only its own options are of interest. */
static void print_help(const struct program *def, const struct opt *table)
{
	_buf_ struct buf b = {0};
	const char *command = log_command();

	buf_fmt(&b, "usage: %s %s\n\n", command ? command : def->name,
		def->usage ? def->usage : "");
	if (command)
		buf_fmt(&b, "%s\n", def->summary);
	else
		buf_fmt(&b, "%s: %s\n", def->name, def->summary);
	if (def->description)
		buf_fmt(&b, "\n%s\n", def->description);
	if (!command || table_len(def->opts)) {
		buf_str(&b, "\noptions:\n");
		opts_help(command ? def->opts : table, &b);
	}
	fd_write_all(STDOUT_FILENO, b.data, b.len, NULL);
}

static void print_options(const struct program *def)
{
	_buf_ struct buf b = {0};

	opts_list(def->opts, &b);
	fd_write_all(STDOUT_FILENO, b.data, b.len, NULL);
}

int operands_check(const struct operands *o, int argc, struct err *e)
{
	const char *command = log_command() ? log_command() : log_program();

	if (o->max == -2 && argc)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" takes no arguments", command);
	if (o->max == 0 || o->max == -2)
		return 0;
	if (o->min == o->max && argc != o->min)
		return err_set(e, ERR_USAGE, 0, NULL, "accepts %d arg(s), received %d", o->min,
			       argc);
	if (argc < o->min)
		return err_set(e, ERR_USAGE, 0, NULL,
			       "requires at least %d arg(s), only received %d", o->min, argc);
	if (o->max > 0 && argc > o->max)
		return err_set(e, ERR_USAGE, 0, NULL, "accepts at most %d arg(s), received %d",
			       o->max, argc);
	return 0;
}

/* Of a container document doc-schema, which stands beside this program, has the tables. */
static int ask_doc_schema(const struct program *def)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash = n > 0 ? memrchr(path, '/', n) : NULL;
	struct err e = {0};

	strcpy(slash ? slash + 1 : path, "doc-schema");
	execl(path, path, "--reads", def->needs ? def->needs : "-", "--writes",
	      def->gives ? def->gives : "-", "--", def->name, (char *)NULL);
	err_sys(&e, "execve", "cannot run %s", path);
	log_err(&e);
	return ERR_FAILED;
}

static struct json *own_schema(const struct field *table, bool array)
{
	struct json *one = table ? fields_schema(table) : NULL, *all;

	if (!one || !array)
		return one;
	all = json_new_object();
	json_set(all, "type", json_new_str("array"));
	json_set(all, "items", one);
	return all;
}

struct json *schema_of(const char *title, struct json *reads, struct json *writes)
{
	struct json *out = writes ? writes : json_copy(reads);

	json_set(out, "$schema", json_new_str("https://json-schema.org/draft/2020-12/schema"));
	json_set(out, "title", json_new_str(title));
	if (reads)
		json_set(json_need_obj(out, "$defs"), "input", reads);
	return out;
}

static int print_schema(const struct program *def)
{
	_json_ struct json *out = NULL;
	struct err e = {0};

	if (def->needs || def->gives)
		return ask_doc_schema(def);
	if (!def->reads_fields && !def->writes_fields) {
		err_set(&e, ERR_NOTFOUND, 0, NULL, "%s reads and writes no document", def->name);
		log_err(&e);
		return ERR_NOTFOUND;
	}
	out = schema_of(def->name, own_schema(def->reads_fields, false),
			own_schema(def->writes_fields, def->io & PROG_WRITES_ARRAY));
	if (json_write(STDOUT_FILENO, out, &e) == 0)
		return 0;
	log_err(&e);
	return ERR_FAILED;
}

/* 0 go on, -1 error, 1 nothing came: upstream has reported its failure. */
static int read_document(struct prog *p, struct err *e)
{
	unsigned io = p->def->io;

	if (p->def->reads)
		io |= p->def->reads(p) ? PROG_READS : 0;
	else if ((io & PROG_MAY_READ) && p->argc > 0)
		io &= ~PROG_READS;
	else if (io & PROG_MAY_READ)
		io |= PROG_READS;
	if (!(io & PROG_READS)) {
		if (io & PROG_NEEDS_DOC)
			p->doc = doc_new();
		return 0;
	}
	if (json_read_part(STDIN_FILENO, JSON_MAX_DOCUMENT, "standard input", &p->doc, e) < 0)
		return -1;
	if (!p->doc)
		return 1;
	if (io & PROG_CONTAINER)
		return doc_check(p->doc, DOC_SCHEMA, e);
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	int r;

	if (p->def->confine && p->def->confine(e) < 0)
		return e->code;
	r = read_document(p, e);
	if (r < 0)
		return e->code;
	if (r == 1)
		return ERR_INPUT;
	if (p->def->run(p, e) < 0)
		return e->code ? e->code : ERR_FAILED;
	if ((p->def->io & PROG_WRITES) && p->exit_status == 0 && (p->out || p->doc)) {
		if (json_write(STDOUT_FILENO, p->out ? p->out : p->doc, e) < 0) {
			err_prefix(e, "standard output");
			return ERR_FAILED;
		}
	}
	return p->exit_status;
}

static int failure(const struct program *def, int status)
{
	return (def->io & PROG_PASSES_STATUS) && log_command() ? 125 : status;
}

/* What is wrong with the command line, and where to read on. */
static void usage_error(const struct program *def, struct err *e)
{
	const char *mode = getenv("RP_LOG");

	if (!log_command() || str_eq(mode, "json")) {
		if (!e->hint[0])
			err_hint(e, "%s --help lists the options", def->name);
		log_err(e);
		return;
	}
	log_err(e);
	fprintf(stderr, "See '%s --help'\n", log_command());
}

int prog_main(const struct program *def, int argc, char **argv)
{
	size_t base = (def->opts_size + 15) & ~(size_t)15;
	_free_ struct opt *table = join_tables(def, base);
	_free_ char *data = mem_alloc(base + sizeof(struct common));
	struct common *common = (struct common *)(data + base);
	struct prog p = {.def = def, .opts = data};
	struct opts_result operands;
	struct err e = {0};
	int status;

	log_init(def->name);
	if (opts_parse(table, data, argc, argv, def->io & PROG_STOP_AT_OPERAND, &operands, &e) <
	    0) {
		usage_error(def, &e);
		return failure(def, ERR_USAGE);
	}
	if (common->help || common->version || common->schema || common->options) {
		if (common->options)
			print_options(def);
		else if (common->help)
			print_help(def, table);
		else if (common->schema)
			return print_schema(def);
		else
			printf("%s (rp) %s\n", def->name, RP_VERSION);
		opts_release(table, data);
		return 0;
	}
	p.argc = operands.argc;
	p.argv = operands.argv;
	if (operands_check(&def->operands, p.argc, &e) < 0 ||
	    (def->check && def->check(&p, &e) < 0))
		status = ERR_USAGE;
	else
		status = getenv("RP_CHECK_ONLY") ? 0 : run(&p, &e);
	if (status && e.code) {
		log_err(&e);
		status = failure(def, status);
	}
	json_put(p.doc);
	json_put(p.out);
	opts_release(table, data);
	return status;
}

void status_event(int fd, const char *event, struct json *more)
{
	_json_ struct json *line = more ? more : json_new_object();
	struct err e = {0};

	if (fd < 0)
		return;
	json_set(line, "event", json_new_str(event));
	json_write(fd, line, &e);
}
