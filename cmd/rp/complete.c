/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion. A shell's script asks "rp __complete WORD...", the last word being the one that is
 * typed, and gets the words that fit, one a line, with a tab and an explanation behind some. Where
 * there are none the shell offers files.
 *
 * The commands come from the rows, the options and their values from the tables (--options of the
 * program that does the command), names of containers and images from the store.
 */
#include <stdio.h>

#include "commands.h"
#include "sys/spawn.h"

#define MAX_OUTPUT (4u << 20)

/* What a program of the toolkit prints; empty where it fails. */
static void ask(const char *program, const char *option, struct buf *out)
{
	_free_ char *file = program_path(program);
	_strv_ struct strv argv = {0};
	int status;

	strv_add(&argv, file);
	strv_add(&argv, option);
	if (run_program(&(struct spawn){.file = file,
					.argv = argv.v,
					.in = SPAWN_NULL,
					.out = -1,
					.err = SPAWN_NULL},
			NULL, 0, out, MAX_OUTPUT, &status, NULL) < 0 ||
	    status)
		out->len = 0;
	buf_str(out, "");
}

static void offer(const char *typed, const char *word, const char *why)
{
	if (str_after(word, typed))
		printf("%s%s%s\n", word, why ? "\t" : "", why ? why : "");
}

static void offer_list(const char *typed, const char *front, const char *words)
{
	_strv_ struct strv list = {0};

	strv_split(&list, words, ' ');
	strv_foreach (w, &list) {
		_free_ char *whole = str_fmt("%s%s", front, w);

		offer(typed, whole, NULL);
	}
}

/* The table of the command as opts_list() writes it. */
static void options_of(const struct command *c, struct buf *out)
{
	_strv_ struct strv words = {0};

	if (!c) {
		opts_list(global_options, out);
	} else if (c->programs) {
		strv_split(&words, c->programs, ' ');
		words.v[0][strcspn(words.v[0], "|")] = '\0';
		ask(words.v[0], "--options", out);
	} else {
		opts_list(command_options(c), out);
	}
}

struct option_line {
	const char *name, *letter, *arg, *values, *help;
};

/* Takes a line apart, in place. */
static bool split_line(char *line, struct option_line *o)
{
	const char **fields[] = {&o->name, &o->letter, &o->arg, &o->values, &o->help};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		*fields[i] = line;
		if (i + 1 == ARRAY_LEN(fields))
			return true;
		line = line ? strchr(line, '\t') : NULL;
		if (!line)
			return false;
		*line++ = '\0';
	}
	return true;
}

/* Does the word before the last one wait for a value? Its values are offered; 1: it does. */
static int offer_values(struct strv *lines, const char *before, const char *typed)
{
	strv_foreach (line, lines) {
		_free_ char *copy = str_dup(line);
		struct option_line o;

		if (!split_line(copy, &o) || !*o.arg)
			continue;
		if (before && (str_eq(o.name, before) || (*o.letter && str_eq(o.letter, before)))) {
			offer_list(typed, "", o.values);
			return 1;
		}
		if (str_after(typed, o.name) && typed[strlen(o.name)] == '=') {
			_free_ char *front = str_fmt("%s=", o.name);

			offer_list(typed, front, o.values);
			return 1;
		}
	}
	return 0;
}

static void offer_options(struct strv *lines, const char *typed)
{
	strv_foreach (line, lines) {
		_free_ char *copy = str_dup(line);
		struct option_line o;

		if (split_line(copy, &o))
			offer(typed, o.name, o.help);
	}
	offer(typed, "--help", "show the options");
}

static void offer_containers(const char *typed, bool running)
{
	_buf_ struct buf b = {0};
	_json_ struct json *doc = NULL;

	ask("ctr-list", running ? "--no-trunc" : "--all", &b);
	if (!b.len || json_parse(b.data, b.len, "ctr-list", &doc, NULL) < 0)
		return;
	json_each (c, json_get(doc, "containers")) {
		json_each (n, json_get(c.v, "Names"))
			offer(typed, json_str(n.v) ? json_str(n.v) : "",
			      json_get_str(c.v, "Status", ""));
		if (strlen(typed) >= 2)
			offer(typed, json_get_str(c.v, "Id", ""), NULL);
	}
}

/* A name is offered from each of its parts on: "localhost/a/b:1", "a/b:1", "b:1". */
static void offer_image(const char *typed, const char *name)
{
	for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL) {
		if (at == name || *typed)
			offer(typed, at, NULL);
	}
}

static void offer_images(const char *typed)
{
	_buf_ struct buf b = {0};
	_json_ struct json *doc = NULL;

	ask("img-list", "--no-trunc", &b);
	if (!b.len || json_parse(b.data, b.len, "img-list", &doc, NULL) < 0)
		return;
	json_each (i, json_get(doc, "images"))
		json_each (n, json_get(i.v, "Names"))
			offer_image(typed, json_str(n.v) ? json_str(n.v) : "");
}

static void offer_commands(const char *group, const char *typed)
{
	static const char *const groups[][2] = {{"container", "commands on containers"},
						{"image", "commands on images"},
						{"system", "commands on the whole"}};

	for (const struct command *c = commands; c->name; c++) {
		_strv_ struct strv names = {0};
		const char *rest = group ? str_after(c->name, group) : NULL;

		if (!c->summary)
			continue;
		if (group && str_eq(c->group, group))
			strv_split(&names, c->aliases, ' ');
		else if (rest && *rest == ' ')
			strv_add(&names, rest + 1);
		else if (!group && !strchr(c->name, ' '))
			strv_add(&names, c->name);
		strv_foreach (n, &names)
			offer(typed, n, c->summary);
	}
	for (size_t i = 0; !group && i < ARRAY_LEN(groups); i++)
		offer(typed, groups[i][0], groups[i][1]);
}

static void offer_operands(const struct command *c, const char *typed)
{
	switch (c->operands) {
	case OPERAND_CONTAINER:
	case OPERAND_RUNNING:
		offer_containers(typed, c->operands == OPERAND_RUNNING);
		break;
	case OPERAND_IMAGE:
		offer_images(typed);
		break;
	case OPERAND_OBJECT:
		offer_containers(typed, false);
		offer_images(typed);
		break;
	case OPERAND_COMMAND:
		offer_commands(NULL, typed);
		break;
	case OPERAND_OTHER:
		break;
	}
}

/* Words that are read over in front of the command: global options and their values. */
static int skip_globals(int argc, char **argv)
{
	int i = 0;

	for (; i < argc - 1 && argv[i][0] == '-'; i++) {
		for (const struct opt *o = global_options; o->name; o++)
			if (str_after(argv[i], "--") && str_eq(argv[i] + 2, o->name) &&
			    o->type != OPT_FLAG && o->type != OPT_CALL_FLAG)
				i++;
	}
	return i < argc ? i : argc;
}

/* Are we behind the image of "run", where the words are the container's? */
static bool is_behind_image(const struct command *c, struct strv *lines, int argc, char **argv)
{
	if (!c || !c->stop_at_operand)
		return false;
	for (int i = 0; i < argc - 1; i++) {
		bool takes = false;

		if (argv[i][0] != '-')
			return true;
		strv_foreach (line, lines) {
			_free_ char *copy = str_dup(line);
			struct option_line o;

			if (split_line(copy, &o) && *o.arg &&
			    (str_eq(o.name, argv[i]) || (*o.letter && str_eq(o.letter, argv[i]))))
				takes = true;
		}
		i += takes;
	}
	return false;
}

int cmd_complete(const struct command *self, int argc, char **argv, struct err *e)
{
	int skipped = skip_globals(argc - 1, argv + 1), words = 0;
	char **rest = argv + 1 + skipped;
	int n = argc - 1 - skipped;
	const char *typed = argc > 1 ? argv[argc - 1] : "";
	const struct command *c = n > 1 ? find_command(n - 1, rest, &words) : NULL;
	_buf_ struct buf table = {0};
	_strv_ struct strv lines = {0};

	unsetenv("RP_COMMAND");
	options_of(c, &table);
	strv_split(&lines, table.data ? table.data : "", '\n');
	if (is_behind_image(c, &lines, n - words, rest + words))
		return 0;
	if (offer_values(&lines, argc > 2 ? argv[argc - 2] : NULL, typed))
		return 0;
	if (*typed == '-')
		offer_options(&lines, typed);
	else if (c)
		offer_operands(c, typed);
	else if (n <= 1)
		offer_commands(NULL, typed);
	else if (n == 2 && is_group(rest[0]))
		offer_commands(rest[0], typed);
	return 0;
}

static const char bash[] =
	"# completion for bash; use it by: source <(rp completion bash)\n"
	"_rp()\n{\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} words cur i\n"
	"\t# by blanks alone: bash would take names of images apart at their colons\n"
	"\tread -ra words <<<\"$line\"\n"
	"\t[[ $line == *[[:blank:]] ]] && words+=('')\n"
	"\tcur=${words[${#words[@]}-1]}\n"
	"\tmapfile -t COMPREPLY < <(rp __complete \"${words[@]:1}\" 2>/dev/null | cut -f1)\n"
	"\tif [[ $cur == *[:=]* ]]; then\n"
	"\t\tfor i in \"${!COMPREPLY[@]}\"; do\n"
	"\t\t\tCOMPREPLY[i]=${COMPREPLY[i]#\"${cur%\"${cur##*[:=]}\"}\"}\n"
	"\t\tdone\n"
	"\tfi\n"
	"}\n"
	"complete -o default -F _rp rp\n";

static const char zsh[] =
	"#compdef rp\n"
	"# completion for zsh; use it by: source <(rp completion zsh), after compinit\n"
	"_rp()\n{\n"
	"\tlocal -a found\n"
	"\tlocal line tab=$'\\t'\n"
	"\tfor line in \"${(@f)$(rp __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
	"\t\t[[ -n $line ]] || continue\n"
	"\t\tif [[ $line == *$tab* ]]; then\n"
	"\t\t\tfound+=(\"${${line%%$tab*}//:/\\\\:}:${line#*$tab}\")\n"
	"\t\telse\n"
	"\t\t\tfound+=(\"${line//:/\\\\:}\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif (( ${#found} )); then\n"
	"\t\t_describe rp found\n"
	"\telse\n"
	"\t\t_files\n"
	"\tfi\n"
	"}\n"
	"compdef _rp rp\n";

static const char fish[] =
	"# completion for fish; use it by: rp completion fish | source\n"
	"function __rp_complete\n"
	"\tset -l words (commandline -opc) (commandline -ct)\n"
	"\trp __complete $words[2..-1] 2>/dev/null\n"
	"end\n"
	"complete -c rp -f -n 'count (__rp_complete) >/dev/null' -a '(__rp_complete)'\n";

int cmd_completion(const struct command *c, int argc, char **argv, struct err *e)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	struct opts_result r;
	char none = 0;
	int n = command_parse(c, &none, argc, argv, &r, e);

	if (n != 0)
		return n < 0 ? -1 : 0;
	if (r.argc != 1)
		return err_set(e, ERR_USAGE, 0, NULL, "accepts 1 arg(s), received %d", r.argc);
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		if (str_eq(r.argv[0], scripts[i].shell)) {
			fputs(scripts[i].script, stdout);
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, 0, NULL,
		       "invalid argument \"%s\": bash, zsh and fish are there", r.argv[0]);
}
