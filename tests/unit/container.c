/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container: names, publication, races for a name, derived state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "ctr/container.h"
#include "sys/path.h"
#include "wire/doc.h"
#include "scratch.h"

static void id_of(unsigned n, char id[CONTAINER_ID_LEN + 1])
{
	snprintf(id, CONTAINER_ID_LEN + 1, "%08x%056u", n, 0);
}

static int make(const struct store *s, unsigned n, const char *name, struct err *e)
{
	_staging_ struct staging st = STAGING_NONE;
	_json_ struct json *doc = doc_new();
	char id[CONTAINER_ID_LEN + 1];

	id_of(n, id);
	json_set(json_need_obj(doc, "container"), "id", json_new_str(id));
	json_set(json_need_obj(doc, "container"), "name", json_new_str(name));
	if (staging_make(s, "container", &st, e) < 0 ||
	    json_write_file(st.fd, "container.json", doc, 0600, false, e) < 0)
		return -1;
	return container_publish(s, &st, id, name, e);
}

static void found(const struct store *s, const char *what, unsigned n)
{
	_free_ char *id = container_find(s, what, NULL);
	char want[CONTAINER_ID_LEN + 1];

	id_of(n, want);
	assert_non_null(id);
	assert_string_equal(id, want);
}

static void missing(const struct store *s, const char *what, int code)
{
	struct err e = {0};
	_free_ char *id = container_find(s, what, &e);

	assert_null(id);
	assert_int_equal(e.code, code);
}

static void test_names(void **state)
{
	static const char *const good[] = {"a", "A1", "web-1", "a.b_c", "0"};
	static const char *const wrong[] = {"",	   "-a",  ".a",	  "_a",	     "..",
					    "a/b", "a b", "a\nb", "\xc3\xa4"};
	char longest[130];

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(container_name_valid(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(container_name_valid(wrong[i]));
	memset(longest, 'a', sizeof(longest));
	longest[128] = '\0';
	assert_true(container_name_valid(longest));
	longest[128] = 'a';
	longest[129] = '\0';
	assert_false(container_name_valid(longest));
}

static void test_find(void **state)
{
	_store_ struct store s = STORE_NONE;
	char id[CONTAINER_ID_LEN + 1];

	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(make(&s, 0xabc10000, "one", NULL), 0);
	assert_int_equal(make(&s, 0xabc20000, "two", NULL), 0);
	id_of(0xabc10000, id);
	found(&s, "one", 0xabc10000);
	found(&s, id, 0xabc10000);
	found(&s, "abc1", 0xabc10000);
	found(&s, "abc2", 0xabc20000);
	missing(&s, "abc", ERR_USAGE); /* both begin so */
	missing(&s, "three", ERR_NOTFOUND);
	missing(&s, "abc3", ERR_NOTFOUND);
	missing(&s, "../containers", ERR_NOTFOUND);
	missing(&s, "", ERR_NOTFOUND);
}

static void test_taken(void **state)
{
	_store_ struct store s = STORE_NONE;
	struct err e = {0};
	char id[CONTAINER_ID_LEN + 1];

	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(make(&s, 1, "taken", NULL), 0);
	assert_int_equal(make(&s, 2, "taken", &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
	found(&s, "taken", 1);
	err_clear(&e);
	assert_int_equal(make(&s, 1, "other", &e), -1); /* the id is taken */
	assert_int_equal(e.code, ERR_EXISTS);
	missing(&s, "other", ERR_NOTFOUND);
	id_of(1, id);
	assert_int_equal(container_withdraw(&s, id, NULL, NULL), 0);
	assert_int_equal(container_shred(&s, id, NULL), 0);
	missing(&s, "taken", ERR_NOTFOUND);
	assert_int_equal(make(&s, 2, "taken", NULL), 0);
	found(&s, "taken", 2);
}

/* A link that leads to no container is left over from a killed process. */
static void test_stale_name(void **state)
{
	_store_ struct store s = STORE_NONE;
	_close_ int names = -1;
	_free_ char *target = NULL;
	char id[CONTAINER_ID_LEN + 1];

	assert_int_equal(store_open(&s, NULL), 0);
	names = store_dir(&s, "names", NULL);
	id_of(99, id);
	target = str_fmt("../containers/%s", id);
	assert_int_equal(symlinkat(target, names, "stale"), 0);
	missing(&s, "stale", ERR_NOTFOUND);
	assert_int_equal(make(&s, 3, "stale", NULL), 0);
	found(&s, "stale", 3);
}

/* Two processes at once, many times: exactly one gets the name. */
static void test_race(void **state)
{
	for (unsigned round = 0; round < 50; round++) {
		_free_ char *name = str_fmt("race%u", round);
		int go[2], won = 0, status;
		pid_t pid[2];

		assert_int_equal(fd_pipe(go, NULL), 0);
		for (unsigned i = 0; i < 2; i++) {
			pid[i] = fork();
			if (pid[i] == 0) {
				struct store s = STORE_NONE;
				struct err e = {0};
				char c;

				close(go[1]);
				if (store_open(&s, NULL) < 0 || read(go[0], &c, 1) != 0)
					_exit(2);
				if (make(&s, 1000 + 2 * round + i, name, &e) == 0)
					_exit(0);
				_exit(e.code == ERR_EXISTS ? 1 : 2);
			}
		}
		close(go[0]);
		close(go[1]);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 2);
			won += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(won, 1);
	}
}

static void write_json(int dir, const char *file, const char *text)
{
	assert_int_equal(file_replace(dir, file, text, strlen(text), 0600, false, NULL), 0);
}

static enum container_status status_of(const struct store *s, const char *id, int64_t *code)
{
	struct container_state st;

	assert_int_equal(container_state(s, id, &st, NULL), 0);
	*code = st.exit_code;
	return st.status;
}

static void test_state(void **state)
{
	_store_ struct store s = STORE_NONE;
	_close_ int dir = -1, run = -1;
	_free_ char *sub = NULL, *text = NULL;
	_json_ struct json *j = NULL;
	char id[CONTAINER_ID_LEN + 1];
	struct proc_id self;
	int64_t code;

	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(make(&s, 5000, "state", NULL), 0);
	id_of(5000, id);
	assert_int_equal(status_of(&s, id, &code), CONTAINER_CREATED);
	dir = container_dir(&s, id, NULL);
	sub = str_fmt("containers/%s", id);
	run = store_run_dir(&s, sub, NULL);
	assert_true(dir >= 0 && run >= 0);

	/* it runs: a living process with this start time */
	assert_int_equal(proc_identify(getpid(), &self, NULL), 0);
	j = proc_record(&self);
	json_set(j, "started", json_new_str("2026-01-02T00:00:00Z"));
	text = json_text(j, false);
	write_json(run, "process.json", text);
	assert_int_equal(status_of(&s, id, &code), CONTAINER_RUNNING);

	/* an exit record of an earlier start hides nothing */
	write_json(dir, "exit.json", "{\"code\":3,\"started\":\"2026-01-01T00:00:00Z\"}");
	assert_int_equal(status_of(&s, id, &code), CONTAINER_RUNNING);
	write_json(dir, "exit.json", "{\"code\":3,\"started\":\"2026-01-02T00:00:00Z\"}");
	assert_int_equal(status_of(&s, id, &code), CONTAINER_EXITED);
	assert_int_equal(code, 3);

	/* the number was given to another process; nobody saw the end */
	json_set(j, "startTime", json_new_int((int64_t)self.start + 1));
	json_set(j, "started", json_new_str("2026-01-03T00:00:00Z"));
	free(text);
	text = json_text(j, false);
	write_json(run, "process.json", text);
	assert_int_equal(status_of(&s, id, &code), CONTAINER_EXITED);
	assert_int_equal(code, -1);

	/* of another boot */
	json_set(j, "startTime", json_new_int((int64_t)self.start));
	json_set(j, "bootId", json_new_str("00000000-0000-0000-0000-000000000000"));
	free(text);
	text = json_text(j, false);
	write_json(run, "process.json", text);
	assert_int_equal(status_of(&s, id, &code), CONTAINER_EXITED);
}

/* A record that a power cut left empty or half is no container, but can be removed. */
static void test_half(void **state)
{
	_store_ struct store s = STORE_NONE;
	_close_ int dir = -1;
	_json_ struct json *doc = NULL;
	struct err e = {0};
	char id[CONTAINER_ID_LEN + 1];

	assert_int_equal(store_open(&s, NULL), 0);
	assert_int_equal(make(&s, 6000, "half", NULL), 0);
	id_of(6000, id);
	dir = container_dir(&s, id, NULL);
	write_json(dir, "container.json", "{\"schema\":\"rp.cont");
	assert_int_equal(container_load(&s, id, &doc, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(container_withdraw(&s, id, NULL, NULL), 0);
	assert_int_equal(container_shred(&s, id, NULL), 0);
	missing(&s, id, ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_find),
		cmocka_unit_test(test_taken), cmocka_unit_test(test_stale_name),
		cmocka_unit_test(test_race),  cmocka_unit_test(test_state),
		cmocka_unit_test(test_half),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
