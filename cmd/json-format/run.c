/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the tree and the data to text. Values are JSON values; each evaluation returns one
 * reference. Variables live in a list that grows inside a block and shrinks at its end.
 */
#include <stdio.h>
#include <strings.h>

#include "template.h"

#define MAX_VARIABLES 64

struct scope {
	struct json *dot, *root;
	struct {
		const char *name;
		struct json *value;
	} var[MAX_VARIABLES];
	size_t nvars;
};

static void print_real(double v, struct buf *out)
{
	buf_fmt(out, "%.15g", v);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Go's order of a map, in printing and in "range". */
static void sorted_keys(const struct json *object, struct strv *out)
{
	json_foreach (m, object)
		strv_add(out, m.key);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare_keys);
}

void value_print(const struct json *v, struct buf *out)
{
	_strv_ struct strv keys = {0};

	switch (json_kind(v)) {
	case JSON_NULL:
		buf_str(out, "<no value>");
		break;
	case JSON_BOOL:
		buf_str(out, json_bool(v) ? "true" : "false");
		break;
	case JSON_INT:
		buf_fmt(out, "%lld", (long long)json_int(v));
		break;
	case JSON_REAL:
		print_real(json_real(v), out);
		break;
	case JSON_STRING:
		buf_str(out, json_str(v));
		break;
	case JSON_ARRAY:
		buf_char(out, '[');
		json_each (el, v) {
			if (el.i)
				buf_char(out, ' ');
			value_print(el.v, out);
		}
		buf_char(out, ']');
		break;
	case JSON_OBJECT:
		buf_str(out, "map[");
		sorted_keys(v, &keys);
		strv_foreach (k, &keys) {
			buf_fmt(out, "%s%s:", k_p == keys.v ? "" : " ", k);
			value_print(json_get(v, k), out);
		}
		buf_char(out, ']');
		break;
	}
}

bool value_true(const struct json *v)
{
	switch (json_kind(v)) {
	case JSON_BOOL:
		return json_bool(v);
	case JSON_INT:
		return json_int(v) != 0;
	case JSON_REAL:
		return json_real(v) != 0;
	case JSON_STRING:
		return *json_str(v) != '\0';
	default:
		return json_len(v) > 0;
	}
}

/* Exactly, or where there is none, without regard to case: .ID and .Id are both in use. */
static bool find_member(const struct json *obj, const char *name, struct json **out)
{
	if (json_has(obj, name)) {
		*out = json_get(obj, name);
		return true;
	}
	json_foreach (m, obj) {
		if (strcasecmp(m.key, name) == 0) {
			*out = m.val;
			return true;
		}
	}
	return false;
}

/* Walks .A.B from v (a reference that is consumed). */
static int walk(struct json *v, const struct strv *path, bool is_root, struct json **out,
		struct err *e)
{
	for (size_t i = 0; i < path->n; i++) {
		struct json *next = NULL;

		if (!find_member(v, path->v[i], &next) &&
		    ((is_root && i == 0) || json_kind(v) != JSON_OBJECT) &&
		    json_kind(v) != JSON_NULL) {
			json_put(v);
			return err_set(e, ERR_USAGE, 0, NULL, "template: can't evaluate field %s",
				       path->v[i]);
		}
		json_ref(next);
		json_put(v);
		v = next;
	}
	*out = v;
	return 0;
}

static int eval_pipe(struct scope *s, const struct pipe *p, struct json **out, struct err *e);

static int eval_arg(struct scope *s, const struct arg *a, struct json **out, struct err *e)
{
	struct json *v = NULL;

	switch (a->kind) {
	case ARG_LITERAL:
		*out = json_ref(a->value);
		return 0;
	case ARG_DOT:
		return walk(json_ref(s->dot), &a->path, s->dot == s->root, out, e);
	case ARG_VARIABLE:
		if (!*a->name)
			return walk(json_ref(s->root), &a->path, true, out, e);
		for (size_t i = s->nvars; i-- > 0;)
			if (str_eq(s->var[i].name, a->name))
				return walk(json_ref(s->var[i].value), &a->path, false, out, e);
		return err_set(e, ERR_USAGE, 0, NULL, "template: undefined variable \"$%s\"",
			       a->name);
	case ARG_PIPE:
		if (eval_pipe(s, a->pipe, &v, e) < 0)
			return -1;
		return walk(v, &a->path, false, out, e);
	case ARG_FUNCTION:
		return function_call(a->name, NULL, 0, out, e);
	}
	return -1;
}

#define MAX_ARGS 32

/* One command; piped is the value of the command before, or a missing one where has_piped is no. */
static int eval_command(struct scope *s, const struct command *c, struct json *piped,
			bool has_piped, struct json **out, struct err *e)
{
	struct json *args[MAX_ARGS];
	size_t n = 0;
	int r = 0;

	if (c->args->kind != ARG_FUNCTION) {
		if (c->args->next || has_piped)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "template: a value that is no function got arguments");
		return eval_arg(s, c->args, out, e);
	}
	for (const struct arg *a = c->args->next; a && r == 0 && n < MAX_ARGS - 1; a = a->next) {
		r = eval_arg(s, a, &args[n], e);
		if (r == 0)
			n++;
	}
	if (r == 0 && has_piped)
		args[n++] = json_ref(piped);
	if (r == 0)
		r = function_call(c->args->name, args, n, out, e);
	while (n > 0)
		json_put(args[--n]);
	return r;
}

static int eval_pipe(struct scope *s, const struct pipe *p, struct json **out, struct err *e)
{
	struct json *v = NULL;
	bool first = true;

	for (const struct command *c = p->commands; c; c = c->next) {
		struct json *next = NULL;
		int r = eval_command(s, c, v, !first, &next, e);

		json_put(v);
		if (r < 0)
			return -1;
		v = next;
		first = false;
	}
	*out = v;
	return 0;
}

/* Takes over the reference. */
static int declare(struct scope *s, const char *name, struct json *v, struct err *e)
{
	if (s->nvars == MAX_VARIABLES) {
		json_put(v);
		return err_set(e, ERR_USAGE, 0, NULL, "template: too many variables");
	}
	s->var[s->nvars].name = name;
	s->var[s->nvars++].value = v;
	return 0;
}

static void forget(struct scope *s, size_t to)
{
	while (s->nvars > to)
		json_put(s->var[--s->nvars].value);
}

static int run_list(struct scope *s, const struct node *n, struct buf *out, struct err *e);

/* The body with another dot. */
static int run_body(struct scope *s, const struct node *body, struct json *dot, struct buf *out,
		    struct err *e)
{
	struct json *saved = s->dot;
	size_t vars = s->nvars;
	int r;

	s->dot = dot;
	r = run_list(s, body, out, e);
	s->dot = saved;
	forget(s, vars);
	return r;
}

static int run_element(struct scope *s, const struct node *n, struct json *key, struct json *val,
		       struct buf *out, struct err *e)
{
	size_t vars = s->nvars;
	int r = 0;

	if (n->name2)
		r = declare(s, n->name, json_ref(key), e);
	if (r == 0 && n->name)
		r = declare(s, n->name2 ? n->name2 : n->name, json_ref(val), e);
	if (r == 0)
		r = run_body(s, n->body, val, out, e);
	forget(s, vars);
	return r;
}

static int run_range_object(struct scope *s, const struct node *n, struct json *v, struct buf *out,
			    struct err *e)
{
	_strv_ struct strv keys = {0};

	sorted_keys(v, &keys);
	strv_foreach (k, &keys) {
		_json_ struct json *key = json_new_str(k);

		if (run_element(s, n, key, json_get(v, k), out, e) < 0)
			return -1;
	}
	return 0;
}

static int run_range(struct scope *s, const struct node *n, struct json *v, struct buf *out,
		     struct err *e)
{
	if (json_len(v) == 0)
		return run_list(s, n->other, out, e);
	if (json_kind(v) == JSON_OBJECT)
		return run_range_object(s, n, v, out, e);
	json_each (el, v) {
		_json_ struct json *key = json_new_int((int64_t)el.i);

		if (run_element(s, n, key, el.v, out, e) < 0)
			return -1;
	}
	return 0;
}

static int run_node(struct scope *s, const struct node *n, struct buf *out, struct err *e)
{
	_json_ struct json *v = NULL;

	if (n->kind == NODE_TEXT) {
		buf_str(out, n->text);
		return 0;
	}
	if (eval_pipe(s, n->pipe, &v, e) < 0)
		return -1;
	switch (n->kind) {
	case NODE_PRINT:
		if (n->name)
			return declare(s, n->name, take_ptr(v), e);
		value_print(v, out);
		return 0;
	case NODE_IF:
		return run_list(s, value_true(v) ? n->body : n->other, out, e);
	case NODE_WITH:
		return value_true(v) ? run_element(s, n, NULL, v, out, e)
				     : run_list(s, n->other, out, e);
	case NODE_RANGE:
		return run_range(s, n, v, out, e);
	default:
		return 0;
	}
}

static int run_list(struct scope *s, const struct node *n, struct buf *out, struct err *e)
{
	for (; n; n = n->next)
		if (run_node(s, n, out, e) < 0)
			return -1;
	return 0;
}

int template_run(const struct node *n, struct json *data, struct buf *out, struct err *e)
{
	struct scope s = {.dot = data, .root = data};
	int r = run_list(&s, n, out, e);

	forget(&s, 0);
	return r;
}
