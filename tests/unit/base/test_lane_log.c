/* The bounded queue with threads, and the log line. */
#include "base/json.h"
#include "base/lane.h"
#include "base/log.h"
#include "rows.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static char thread_name[16];

static void count(void *arg)
{
    (void)arg;
    atomic_fetch_add(&done, 1);
}

static void wait_at_gate(void *started)
{
    (void)pthread_getname_np(pthread_self(), thread_name, sizeof thread_name);
    atomic_store((atomic_bool *)started, true);
    (void)pthread_mutex_lock(&gate);
    (void)pthread_mutex_unlock(&gate);
}

static void test_lane_is_bounded(void **state)
{
    (void)state;
    struct lane *l = NULL;
    atomic_bool started = false;
    atomic_store(&done, 0);
    assert_int_equal(lane_new("testlane", 1, 3, &l), ERR_OK);
    (void)pthread_mutex_lock(&gate);
    assert_int_equal(lane_submit(l, wait_at_gate, &started), ERR_OK);
    while (!atomic_load(&started)) (void)usleep(100);
    for (int i = 0; i < 3; i++) ROW_CHECK("three wait", lane_submit(l, count, NULL) == ERR_OK);
    ROW_CHECK("a fourth is refused", lane_submit(l, count, NULL) == ERR_BUSY);
    ROW_CHECK("depth", lane_depth(l) == 3);
    (void)pthread_mutex_unlock(&gate);
    lane_free(l);
    ROW_CHECK("freeing finishes what is queued", atomic_load(&done) == 3);
    ROW_STR("threads have its name", str_c(thread_name), STR("testlane"));
    ROWS_END();
}

static void test_lane_runs_each_once(void **state)
{
    (void)state;
    struct lane *l = NULL;
    atomic_store(&done, 0);
    assert_int_equal(lane_new("many", 4, 50, &l), ERR_OK);
    int submitted = 0;
    for (int i = 0; i < 2000; i++) submitted += lane_submit(l, count, NULL) == ERR_OK;
    lane_free(l);
    assert_int_equal(atomic_load(&done), submitted);
    lane_free(NULL);
}

static err make_lane(void)
{
    struct lane *l;
    err e = lane_new("fault", 2, 2, &l);
    if (!e) lane_free(l);
    return e;
}

static void test_lane_without_memory(void **state)
{
    (void)state;
    fault_loop(make_lane);
}

/* What log_line writes, through a pipe in place of standard error. */
static str logged(char *into, size_t room, enum log_level level, const struct log_kv *kv, size_t n)
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_line(level, "some event", kv, n);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    (void)close(ends[1]);
    ssize_t got = read(ends[0], into, room);
    (void)close(ends[0]);
    return (str){ into, got > 0 ? (size_t)got : 0 };
}

static void test_text_line(void **state)
{
    (void)state;
    char line[9000];
    const struct log_kv kv[] = { LOG_S("method", STR("GET")), LOG_S("path", STR("/a b\n\x1b[31m\xC3\xA9")), LOG_I("status", 200), LOG_S("who", STR_NULL),
                                 LOG_S("empty", STR("")) };
    log_setup(LOG_TEXT, LOG_INFO);
    str s = logged(line, sizeof line, LOG_WARN, kv, COUNT_OF(kv));
    ROW_STR("after the time", str_from(s, 24), STR(" warn  some event method=GET path=\"/a b\\n\\u001b[31m\\u00e9\" status=200 who=- empty=\"\"\n"));
    ROW_CHECK("the time", s.n > 24 && s.p[10] == 'T' && s.p[23] == 'Z');
    ROW_CHECK("below the least level nothing is written", logged(line, sizeof line, LOG_DEBUG, kv, 1).n == 0);
    ROW_CHECK("wants", !log_wants(LOG_DEBUG) && log_wants(LOG_INFO));
    ROWS_END();
}

static void test_json_line(void **state)
{
    (void)state;
    char line[9000], large[3000];
    struct arena *a = arena_new(1 << 20);
    json_t *tree = NULL;
    memset(large, '"', sizeof large);
    struct log_kv kv[12];
    for (size_t i = 0; i < COUNT_OF(kv); i++) kv[i] = (struct log_kv)LOG_S("large", ((str){ large, sizeof large }));
    kv[0] = (struct log_kv)LOG_I("n", -5);
    kv[1] = (struct log_kv)LOG_S("bad", STR("a\xFFz"));
    kv[2] = (struct log_kv)LOG_S("absent", STR_NULL);
    log_setup(LOG_JSON, LOG_INFO);
    str s = logged(line, sizeof line, LOG_ERROR, kv, 3);
    ROW_CHECK("one line", s.n && str_find(s, '\n', 0) == s.n - 1);
    assert_int_equal(json_read(a, s, NULL, &tree, NULL), ERR_OK);
    ROW_STR("level", str_c(json_string_value(json_object_get(tree, "level"))), STR("error"));
    ROW_STR("event", str_c(json_string_value(json_object_get(tree, "event"))), STR("some event"));
    ROW_CHECK("number", json_integer_value(json_object_get(tree, "n")) == -5);
    ROW_STR("ill-formed bytes are replaced", str_c(json_string_value(json_object_get(tree, "bad"))), STR("a\xEF\xBF\xBDz"));
    ROW_CHECK("absent is null", json_is_null(json_object_get(tree, "absent")));

    s = logged(line, sizeof line, LOG_ERROR, kv, COUNT_OF(kv));
    ROW_CHECK("a line has an end", s.n <= 8192 && s.p[s.n - 1] == '\n');
    assert_int_equal(json_read(a, s, NULL, &tree, NULL), ERR_OK);
    ROW_CHECK("values are shortened", json_string_length(json_object_get(tree, "large")) == 1000);
    ROW_CHECK("what does not fit is said", json_is_true(json_object_get(tree, "cut")));
    log_setup(LOG_TEXT, LOG_INFO);
    arena_free(a);
    ROWS_END();
}

/* Whoever started us may have stopped reading. */
static void test_full_pipe(void **state)
{
    (void)state;
    enum { LINES = 3000 };
    static char all[1 << 20];
    int ends[2], before = dup(STDERR_FILENO);
    const struct log_kv kv[] = { LOG_S("path", STR("/a/path/of/some/length")), LOG_I("status", 200) };
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    for (int i = 0; i < LINES; i++) log_line(LOG_INFO, "some event", kv, COUNT_OF(kv)); /* would wait for ever */
    ssize_t got = read(ends[0], all, sizeof all - 1);
    log_line(LOG_INFO, "another event", kv, COUNT_OF(kv));
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    (void)close(ends[1]);
    int kept = 0, lost = 0;
    for (ssize_t i = 0; i < got; i++) kept += all[i] == '\n';
    ssize_t rest = read(ends[0], all, sizeof all - 1);
    all[rest > 0 ? rest : 0] = '\0';
    (void)close(ends[0]);
    const char *told = strstr(all, "log lines lost: standard error had no room lines=");
    ROW_CHECK("the first are there, and the one after there was room", kept > 0 && strstr(all, " another event path="));
    ROW_CHECK("lost ones are told", told && sscanf(strchr(told, '='), "=%d", &lost) == 1);
    ROW_CHECK("and counted", kept + lost == LINES);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lane_is_bounded), cmocka_unit_test(test_lane_runs_each_once), cmocka_unit_test(test_lane_without_memory),
        cmocka_unit_test(test_text_line),       cmocka_unit_test(test_json_line),           cmocka_unit_test(test_full_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
