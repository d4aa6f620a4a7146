/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the tree and the data to text. Values are JSON values; each evaluation returns one
 * reference. Variables live in a list that grows inside a block and shrinks at its end.
 */
#include <stdio.h>
#include <strings.h>

#include "wire/template.h"

#define MAX_VARIABLES 64

struct scope {
	struct json *dot, *root;
	bool dot_is_record; /* dot is the data itself or an element of a list: its members are fixed
			     */
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

void tmpl_print(const struct json *v, struct buf *out)
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
			tmpl_print(el.v, out);
		}
		buf_char(out, ']');
		break;
	case JSON_OBJECT:
		buf_str(out, "map[");
		sorted_keys(v, &keys);
		strv_foreach (k, &keys) {
			buf_fmt(out, "%s%s:", k_p == keys.v ? "" : " ", k);
			tmpl_print(json_get(v, k), out);
		}
		buf_char(out, ']');
		break;
	}
}

bool tmpl_true(const struct json *v)
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

/*
 * Where Go has a map, any key may be asked for and a missing one is no value; anywhere else it has
 * a struct, of which a member that is not there is an error. JSON does not tell them apart: these
 * are the names of the maps. Something that is empty may be one, too.
 */
static bool is_map(const char *name, const struct json *v)
{
	static const char maps[] = "Labels Annotations Options Ports PortBindings Volumes Networks "
				   "Sysctls ExposedPorts StorageOpt Tmpfs Data LogOpts Env Status "
				   "labels options annotations driverOpts graphOptions graphStatus";
	_strv_ struct strv names = {0};

	if (json_kind(v) != JSON_OBJECT || json_len(v) == 0 || !name)
		return true;
	strv_split(&names, maps, ' ');
	return strv_has(&names, name);
}

static int no_field(const char *name, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, NULL, "template: can't evaluate field %s", name);
}

/* What a walk along .A.B starts from. */
struct start {
	struct json *v;	    /* a reference, consumed */
	const char *name;   /* of the member that v was, NULL: not known */
	bool is_record;	    /* members are fixed */
	struct json **args; /* for a method at the end */
	size_t nargs;
};

static int walk(struct start from, const struct strv *path, struct json **out, struct err *e)
{
	struct json *v = from.v;
	const char *name = from.name;

	for (size_t i = 0; i < path->n; i++) {
		const char *field = path->v[i];
		bool last = i + 1 == path->n;
		struct json *next = NULL;
		int r = 0;

		if (find_member(v, field, &next)) {
			json_ref(next);
		} else if (json_kind(v) == JSON_STRING) {
			r = tmpl_time_method(v, field, last ? from.args : NULL,
					     last ? from.nargs : 0, &next, e);
			r = r == 1 ? no_field(field, e) : r;
			from.nargs = last ? 0 : from.nargs;
		} else if (json_kind(v) == JSON_OBJECT
				   ? ((i == 0 && from.is_record) || !is_map(name, v))
				   : json_kind(v) != JSON_NULL) {
			r = no_field(field, e);
		}
		json_put(v);
		if (r < 0)
			return -1;
		v = next;
		name = field;
	}
	if (from.nargs) {
		json_put(v);
		return err_set(e, ERR_USAGE, 0, NULL,
			       "template: a value that is no function got arguments");
	}
	*out = v;
	return 0;
}

static int eval_pipe(struct scope *s, const struct tmpl_pipe *p, struct json **out, struct err *e);

static bool is_declared(const struct scope *s, const char *name)
{
	for (size_t i = 0; i < s->nvars; i++)
		if (str_eq(s->var[i].name, name))
			return true;
	return false;
}

/* args are those of a method at the end of the argument's path. */
static int eval_method(struct scope *s, const struct tmpl_arg *a, struct json **args, size_t n,
		       struct json **out, struct err *e)
{
	struct start from = {.args = args, .nargs = n};
	struct json *v = NULL;

	switch (a->kind) {
	case TMPL_ARG_LITERAL:
		from.v = json_ref(a->value);
		return walk(from, &a->path, out, e);
	case TMPL_ARG_DOT:
		from.v = json_ref(s->dot);
		from.is_record = s->dot_is_record;
		return walk(from, &a->path, out, e);
	case TMPL_ARG_VARIABLE:
		from.is_record = !*a->name;
		if (!*a->name)
			from.v = json_ref(s->root);
		for (size_t i = s->nvars; i-- > 0 && !from.v;)
			if (str_eq(s->var[i].name, a->name))
				from.v = json_ref(s->var[i].value);
		if (from.v || is_declared(s, a->name))
			return walk(from, &a->path, out, e);
		return err_set(e, ERR_USAGE, 0, NULL, "template: undefined variable \"$%s\"",
			       a->name);
	case TMPL_ARG_PIPE:
		if (eval_pipe(s, a->pipe, &v, e) < 0)
			return -1;
		from.v = v;
		return walk(from, &a->path, out, e);
	case TMPL_ARG_FUNCTION:
		return tmpl_function_call(a->name, NULL, 0, out, e);
	}
	return -1;
}

static int eval_arg(struct scope *s, const struct tmpl_arg *a, struct json **out, struct err *e)
{
	return eval_method(s, a, NULL, 0, out, e);
}

#define MAX_ARGS 32

/* One command; piped is the value of the command before, or a missing one where has_piped is no. */
static int eval_command(struct scope *s, const struct tmpl_command *c, struct json *piped,
			bool has_piped, struct json **out, struct err *e)
{
	struct json *args[MAX_ARGS];
	size_t n = 0;
	int r = 0;

	for (const struct tmpl_arg *a = c->args->next; a && r == 0 && n < MAX_ARGS - 1;
	     a = a->next) {
		r = eval_arg(s, a, &args[n], e);
		if (r == 0)
			n++;
	}
	if (r == 0 && has_piped)
		args[n++] = json_ref(piped);
	if (r == 0)
		r = c->args->kind == TMPL_ARG_FUNCTION
			    ? tmpl_function_call(c->args->name, args, n, out, e)
			    : eval_method(s, c->args, args, n, out, e);
	while (n > 0)
		json_put(args[--n]);
	return r;
}

static int eval_pipe(struct scope *s, const struct tmpl_pipe *p, struct json **out, struct err *e)
{
	struct json *v = NULL;
	bool first = true;

	for (const struct tmpl_command *c = p->commands; c; c = c->next) {
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

static int run_list(struct scope *s, const struct tmpl_node *n, struct buf *out, struct err *e);

/* The body with another dot. */
static int run_body(struct scope *s, const struct tmpl_node *body, struct json *dot, bool record,
		    struct buf *out, struct err *e)
{
	struct json *saved = s->dot;
	bool was_record = s->dot_is_record;
	size_t vars = s->nvars;
	int r;

	s->dot = dot;
	s->dot_is_record = record;
	r = run_list(s, body, out, e);
	s->dot = saved;
	s->dot_is_record = was_record;
	forget(s, vars);
	return r;
}

static int run_element(struct scope *s, const struct tmpl_node *n, struct json *key,
		       struct json *val, bool record, struct buf *out, struct err *e)
{
	size_t vars = s->nvars;
	int r = 0;

	if (n->name2)
		r = declare(s, n->name, json_ref(key), e);
	if (r == 0 && n->name)
		r = declare(s, n->name2 ? n->name2 : n->name, json_ref(val), e);
	if (r == 0)
		r = run_body(s, n->body, val, record, out, e);
	forget(s, vars);
	return r;
}

static int run_range_object(struct scope *s, const struct tmpl_node *n, struct json *v,
			    struct buf *out, struct err *e)
{
	_strv_ struct strv keys = {0};

	sorted_keys(v, &keys);
	strv_foreach (k, &keys) {
		_json_ struct json *key = json_new_str(k);

		if (run_element(s, n, key, json_get(v, k), false, out, e) < 0)
			return -1;
	}
	return 0;
}

static int run_range(struct scope *s, const struct tmpl_node *n, struct json *v, struct buf *out,
		     struct err *e)
{
	if (json_len(v) == 0)
		return run_list(s, n->other, out, e);
	if (json_kind(v) == JSON_OBJECT)
		return run_range_object(s, n, v, out, e);
	json_each (el, v) {
		_json_ struct json *key = json_new_int((int64_t)el.i);

		if (run_element(s, n, key, el.v, true, out, e) < 0)
			return -1;
	}
	return 0;
}

/* A member that Go has as a time, printed as it is: {{.Created}}. */
static bool is_time(const struct tmpl_pipe *p)
{
	static const char *const times[] = {"Created",	  "CreatedAt",	    "StartedAt",
					    "FinishedAt", "CheckpointedAt", "RestoredAt",
					    "ExitedAt"};
	const struct tmpl_arg *a = p->commands->args;

	if (p->commands->next || a->next || !a->path.n)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (str_eq(a->path.v[a->path.n - 1], times[i]))
			return true;
	return false;
}

static int run_node(struct scope *s, const struct tmpl_node *n, struct buf *out, struct err *e)
{
	_json_ struct json *v = NULL;

	if (n->kind == TMPL_TEXT) {
		buf_str(out, n->text);
		return 0;
	}
	if (eval_pipe(s, n->pipe, &v, e) < 0)
		return -1;
	switch (n->kind) {
	case TMPL_PRINT:
		if (n->name)
			return declare(s, n->name, take_ptr(v), e);
		if (!is_time(n->pipe) || !tmpl_time_print(v, out))
			tmpl_print(v, out);
		return 0;
	case TMPL_IF:
		return run_list(s, tmpl_true(v) ? n->body : n->other, out, e);
	case TMPL_WITH:
		return tmpl_true(v) ? run_element(s, n, NULL, v, false, out, e)
				    : run_list(s, n->other, out, e);
	case TMPL_RANGE:
		return run_range(s, n, v, out, e);
	default:
		return 0;
	}
}

static int run_list(struct scope *s, const struct tmpl_node *n, struct buf *out, struct err *e)
{
	for (; n; n = n->next)
		if (run_node(s, n, out, e) < 0)
			return -1;
	return 0;
}

int template_run(const struct tmpl_node *n, struct json *data, struct buf *out, struct err *e)
{
	struct scope s = {.dot = data, .root = data, .dot_is_record = true};
	int r = run_list(&s, n, out, e);

	forget(&s, 0);
	return r;
}
