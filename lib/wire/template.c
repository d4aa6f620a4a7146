/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From template text to a tree: one pass over the text, the inside of {{ }} by a small scanner. */
#include <ctype.h>
#include <stdio.h>

#include "wire/template.h"

#define MAX_DEPTH 64

struct parser {
	const char *p;	 /* in the template text */
	const char *a;	 /* in the action: behind {{ */
	const char *end; /* of the action: at }} */
	bool trim_next;	 /* -}} was read */
	int depth;
};

static int bad(struct parser *s, struct err *e, const char *why)
{
	return err_set(e, ERR_USAGE, 0, NULL, "template: %s near \"%.30s\"", why,
		       s->a ? s->a : s->p);
}

static void blanks(struct parser *s)
{
	while (s->a < s->end && isspace((unsigned char)*s->a))
		s->a++;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static char *take_name(struct parser *s)
{
	const char *from = s->a;

	while (s->a < s->end && name_char(*s->a))
		s->a++;
	return str_ndup(from, s->a - from);
}

/* The next word is exactly this keyword. */
static bool keyword(struct parser *s, const char *word)
{
	size_t n = strlen(word);

	blanks(s);
	if ((size_t)(s->end - s->a) < n || memcmp(s->a, word, n) != 0 ||
	    (s->a + n < s->end && name_char(s->a[n])))
		return false;
	s->a += n;
	return true;
}

static void pipe_free(struct tmpl_pipe *p);

static void args_free(struct tmpl_arg *a)
{
	while (a) {
		struct tmpl_arg *next = a->next;

		free(a->name);
		strv_release(&a->path);
		json_put(a->value);
		pipe_free(a->pipe);
		free(a);
		a = next;
	}
}

static void pipe_free(struct tmpl_pipe *p)
{
	if (!p)
		return;
	while (p->commands) {
		struct tmpl_command *next = p->commands->next;

		args_free(p->commands->args);
		free(p->commands);
		p->commands = next;
	}
	free(p);
}

void template_free(struct tmpl_node *n)
{
	while (n) {
		struct tmpl_node *next = n->next;

		free(n->text);
		free(n->name);
		free(n->name2);
		pipe_free(n->pipe);
		template_free(n->body);
		template_free(n->other);
		free(n);
		n = next;
	}
}

static int take_path(struct parser *s, struct strv *path)
{
	while (s->a + 1 < s->end && *s->a == '.' && name_char(s->a[1])) {
		s->a++;
		strv_take(path, take_name(s));
	}
	return 0;
}

static int take_string(struct parser *s, struct tmpl_arg *a, struct err *e)
{
	_buf_ struct buf b = {0};
	char quote = *s->a++;

	while (s->a < s->end && *s->a != quote) {
		char c = *s->a++;

		if (quote == '"' && c == '\\' && s->a < s->end) {
			c = *s->a++;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		buf_char(&b, c);
	}
	if (s->a >= s->end)
		return bad(s, e, "a string without its end");
	s->a++;
	a->kind = TMPL_ARG_LITERAL;
	a->value = json_new_str(b.data ? b.data : "");
	return 0;
}

static int take_number(struct parser *s, struct tmpl_arg *a, struct err *e)
{
	const char *from = s->a;
	_free_ char *text = NULL;
	int64_t n;
	char *end;

	if (*s->a == '-')
		s->a++;
	while (s->a < s->end && (isdigit((unsigned char)*s->a) || *s->a == '.'))
		s->a++;
	text = str_ndup(from, s->a - from);
	a->kind = TMPL_ARG_LITERAL;
	if (str_to_int(text, INT64_MIN, INT64_MAX, &n) == 0) {
		a->value = json_new_int(n);
		return 0;
	}
	a->value = json_new_real(strtod(text, &end));
	return *end ? bad(s, e, "a wrong number") : 0;
}

static int parse_pipe(struct parser *s, struct tmpl_pipe **out, struct err *e);

static int take_arg(struct parser *s, struct tmpl_arg *a, struct err *e)
{
	char c = *s->a;

	if (c == '"' || c == '`')
		return take_string(s, a, e);
	if (isdigit((unsigned char)c) || (c == '-' && isdigit((unsigned char)s->a[1])))
		return take_number(s, a, e);
	if (c == '.') {
		a->kind = TMPL_ARG_DOT;
		if (s->a + 1 < s->end && name_char(s->a[1]))
			return take_path(s, &a->path);
		s->a++;
		return 0;
	}
	if (c == '$') {
		s->a++;
		a->kind = TMPL_ARG_VARIABLE;
		a->name = take_name(s);
		return take_path(s, &a->path);
	}
	if (c == '(') {
		s->a++;
		a->kind = TMPL_ARG_PIPE;
		if (parse_pipe(s, &a->pipe, e) < 0)
			return -1;
		blanks(s);
		if (s->a >= s->end || *s->a != ')')
			return bad(s, e, "\")\" is missing");
		s->a++;
		return take_path(s, &a->path);
	}
	if (!name_char(c))
		return bad(s, e, "unexpected character");
	a->kind = TMPL_ARG_FUNCTION;
	a->name = take_name(s);
	if (str_eq(a->name, "true") || str_eq(a->name, "false")) {
		a->kind = TMPL_ARG_LITERAL;
		a->value = json_new_bool(str_eq(a->name, "true"));
	} else if (str_eq(a->name, "nil")) {
		a->kind = TMPL_ARG_LITERAL;
	} else if (!tmpl_function_known(a->name)) {
		return err_set(e, ERR_USAGE, 0, NULL, "template: function \"%s\" is not defined",
			       a->name);
	}
	return 0;
}

static int parse_command(struct parser *s, struct tmpl_command **out, struct err *e)
{
	struct tmpl_command *c = mem_alloc(sizeof(*c));
	struct tmpl_arg **last = &c->args;

	*out = c;
	for (;;) {
		blanks(s);
		if (s->a >= s->end || *s->a == '|' || *s->a == ')' || *s->a == ',')
			break;
		*last = mem_alloc(sizeof(**last));
		if (take_arg(s, *last, e) < 0)
			return -1;
		last = &(*last)->next;
	}
	return c->args ? 0 : bad(s, e, "an empty command");
}

static int parse_pipe(struct parser *s, struct tmpl_pipe **out, struct err *e)
{
	struct tmpl_pipe *p = mem_alloc(sizeof(*p));
	struct tmpl_command **last = &p->commands;
	int r = ++s->depth > MAX_DEPTH ? bad(s, e, "too deep") : 0;

	*out = p;
	while (r == 0) {
		r = parse_command(s, last, e);
		if (r < 0)
			break;
		last = &(*last)->next;
		blanks(s);
		if (s->a >= s->end || *s->a != '|')
			break;
		s->a++;
	}
	s->depth--;
	return r;
}

/* "$x :=" or "$i, $x :=" in front of a pipeline; gives back the names. */
static void take_declaration(struct parser *s, struct tmpl_node *n)
{
	const char *saved = s->a;

	blanks(s);
	if (s->a < s->end && *s->a == '$') {
		s->a++;
		n->name = take_name(s);
		blanks(s);
		if (s->a + 1 < s->end && *s->a == ',') {
			s->a++;
			blanks(s);
			if (*s->a == '$')
				s->a++;
			n->name2 = take_name(s);
			blanks(s);
		}
		if (s->a < s->end && *s->a == ':')
			s->a++;
		if (s->a < s->end && *s->a == '=') {
			s->a++;
			return;
		}
		free(n->name);
		free(n->name2);
		n->name = n->name2 = NULL;
	}
	s->a = saved;
}

/* Finds the next action. Text before it becomes a node. 1: an action, 0: the end. */
static int next_action(struct parser *s, struct tmpl_node ***last, struct err *e)
{
	const char *open = strstr(s->p, "{{");
	const char *from = s->p, *to = open ? open : s->p + strlen(s->p), *end;

	if (s->trim_next)
		while (from < to && isspace((unsigned char)*from))
			from++;
	s->trim_next = false;
	if (open && open[2] == '-' && isspace((unsigned char)open[3]))
		while (to > from && isspace((unsigned char)to[-1]))
			to--;
	if (to > from) {
		**last = mem_alloc(sizeof(struct tmpl_node));
		(**last)->kind = TMPL_TEXT;
		(**last)->text = str_ndup(from, to - from);
		*last = &(**last)->next;
	}
	if (!open)
		return 0;
	s->a = open + 2;
	if (*s->a == '-' && isspace((unsigned char)s->a[1]))
		s->a++;
	/* "}}" inside a string does not end the action */
	for (end = s->a; *end && !(end[0] == '}' && end[1] == '}'); end++) {
		if (*end != '"' && *end != '`')
			continue;
		for (char q = *end++; *end && *end != q; end++)
			if (q == '"' && *end == '\\' && end[1])
				end++;
		if (!*end)
			break;
	}
	if (!*end) {
		s->a = open;
		return bad(s, e, "an action without \"}}\"");
	}
	s->p = end + 2;
	s->end = end;
	if (end > s->a + 1 && end[-1] == '-' && isspace((unsigned char)end[-2])) {
		s->trim_next = true;
		s->end = end - 1;
	}
	return 1;
}

static int parse_list(struct parser *s, struct tmpl_node **out, int inside, int *stopped,
		      struct err *e);

/* What a list of nodes can end with. */
enum { STOP_EOF, STOP_END, STOP_ELSE };

static int parse_block(struct parser *s, struct tmpl_node *n, enum tmpl_kind kind, struct err *e)
{
	int stopped;

	n->kind = kind;
	take_declaration(s, n);
	if (parse_pipe(s, &n->pipe, e) < 0 || parse_list(s, &n->body, 1, &stopped, e) < 0)
		return -1;
	if (stopped == STOP_EOF)
		return bad(s, e, "{{end}} is missing");
	if (stopped == STOP_END)
		return 0;
	if (keyword(s, "if")) {
		n->other = mem_alloc(sizeof(struct tmpl_node));
		return parse_block(s, n->other, TMPL_IF, e); /* its end is ours */
	}
	if (parse_list(s, &n->other, 1, &stopped, e) < 0)
		return -1;
	return stopped == STOP_END ? 0 : bad(s, e, "{{end}} is missing");
}

static int parse_action(struct parser *s, struct tmpl_node *n, struct err *e)
{
	if (keyword(s, "if"))
		return parse_block(s, n, TMPL_IF, e);
	if (keyword(s, "range"))
		return parse_block(s, n, TMPL_RANGE, e);
	if (keyword(s, "with"))
		return parse_block(s, n, TMPL_WITH, e);
	n->kind = TMPL_PRINT;
	take_declaration(s, n);
	if (parse_pipe(s, &n->pipe, e) < 0)
		return -1;
	blanks(s);
	return s->a < s->end ? bad(s, e, "unexpected text") : 0;
}

static int parse_list(struct parser *s, struct tmpl_node **out, int inside, int *stopped,
		      struct err *e)
{
	struct tmpl_node **last = out;
	int r;

	if (++s->depth > MAX_DEPTH)
		return bad(s, e, "too deep");
	*stopped = STOP_EOF;
	while ((r = next_action(s, &last, e)) == 1) {
		blanks(s);
		if (s->a + 1 < s->end && s->a[0] == '/' && s->a[1] == '*')
			continue;
		if (keyword(s, "end") || keyword(s, "else")) {
			if (!inside)
				return bad(s, e, "{{end}} or {{else}} without a beginning");
			*stopped = s->a[-1] == 'd' ? STOP_END : STOP_ELSE;
			break;
		}
		*last = mem_alloc(sizeof(struct tmpl_node));
		if (parse_action(s, *last, e) < 0)
			return -1;
		last = &(*last)->next;
	}
	s->depth--;
	return r < 0 ? -1 : 0;
}

int template_parse(const char *text, struct tmpl_node **out, struct err *e)
{
	struct parser s = {.p = text};
	int stopped;

	*out = NULL;
	return parse_list(&s, out, 0, &stopped, e);
}
