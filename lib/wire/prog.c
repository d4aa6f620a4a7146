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
	bool help, version, schema;
};

static const struct opt common_options[] = {
	{"help", 'h', OPT_FLAG, offsetof(struct common, help), NULL, "show this text and exit"},
	{"version", 0, OPT_FLAG, offsetof(struct common, version), NULL,
	 "show the version and exit"},
	{"schema", 0, OPT_FLAG, offsetof(struct common, schema), NULL,
	 "print the JSON Schema of what is read and written"},
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

static void print_help(const struct program *def, const struct opt *table)
{
	_buf_ struct buf b = {0};

	buf_fmt(&b, "usage: %s %s\n\n%s: %s\n", def->name, def->usage ? def->usage : "", def->name,
		def->summary);
	if (def->description)
		buf_fmt(&b, "\n%s\n", def->description);
	buf_str(&b, "\noptions:\n");
	opts_help(table, &b);
	fd_write_all(STDOUT_FILENO, b.data, b.len, NULL);
}

/* doc-schema, which stands beside this program, has the text for all of them. */
static int print_schema(const struct program *def)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash = n > 0 ? memrchr(path, '/', n) : NULL;
	struct err e = {0};

	strcpy(slash ? slash + 1 : path, "doc-schema");
	execl(path, path, def->name, (char *)NULL);
	err_sys(&e, "execve", "cannot run %s", path);
	log_err(&e);
	return ERR_FAILED;
}

/* 0 go on, -1 error, 1 nothing came: upstream has reported its failure. */
static int read_document(struct prog *p, struct err *e)
{
	unsigned io = p->def->io;

	if ((io & PROG_MAY_READ) && p->argc > 0)
		io &= ~PROG_READS;
	else if (io & PROG_MAY_READ)
		io |= PROG_READS;
	if (!(io & PROG_READS)) {
		if (io & PROG_NEEDS_DOC)
			p->doc = doc_new();
		return 0;
	}
	if (json_read(STDIN_FILENO, JSON_MAX_DOCUMENT, "standard input", &p->doc, e) < 0)
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
	if ((p->def->io & PROG_WRITES) && p->exit_status == 0) {
		if (json_write(STDOUT_FILENO, p->out ? p->out : p->doc, e) < 0) {
			err_prefix(e, "standard output");
			return ERR_FAILED;
		}
	}
	return p->exit_status;
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
		err_hint(&e, "%s --help lists the options", def->name);
		log_err(&e);
		return ERR_USAGE;
	}
	if (common->help || common->version || common->schema) {
		if (common->help)
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
	status = run(&p, &e);
	if (status && e.code)
		log_err(&e);
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
