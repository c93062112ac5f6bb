/* tests/unit/worker/test_supervisor.c: the supervisor against real processes that misbehave on request (fake_worker.c). */
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "worker/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REPLY_MAX = 1024 * 1024, THREADS = 8, ROUNDS = 40, PATIENCE_MS = 30000 };

static const char *program;

/* helpers */

static err open_workers(unsigned min, unsigned max, unsigned wall_s, struct workers **out)
{
    static const char *folders[] = { "/nowhere", "/nowhere/else" };
    struct workers_options o = { .program = program,
                                 .folders = folders,
                                 .n_folders = 2,
                                 .min = min,
                                 .max = max,
                                 .memory_mb = 100,
                                 .cpu_s = 1,
                                 .wall_s = wall_s,
                                 .settings_json = STR("{\"timezone\":\"UTC\"}") };
    struct arena *mem = arena_new(4096);
    str why = STR_NULL;
    err e = mem ? workers_start(mem, &o, out, &why) : ERR_NOMEM;
    if (e != ERR_OK) assert_false(str_absent(why) && mem);
    arena_free(mem);
    return e;
}

static struct workers *opened_for(unsigned wall_s, unsigned min, unsigned max)
{
    struct workers *w = NULL;
    assert_int_equal(open_workers(min, max, wall_s, &w), ERR_OK);
    return w;
}

static struct workers *opened(unsigned min, unsigned max) { return opened_for(30, min, max); }

struct answer {
    err e;
    const char *why;
    uint64_t served;
    char text[64]; /* the body */
    int meanwhile; /* how often the caller was given the time in which the worker works */
};

static void count(void *calls) { ++*(int *)calls; }

static struct answer ask(struct workers *w, const char *package, uint64_t affinity, const char *text)
{
    struct answer a = { .why = "" };
    struct frame f;
    struct arena *mem = arena_new(REPLY_MAX);
    CLEANUP(buf_release) struct buf b = BUF(REPLY_MAX);
    frame_begin(&b, MSG_CALL, 0, 0);
    frame_u64(&b, TAG_OP, OP_QUESTION);
    frame_str(&b, TAG_VARIABLES, str_c(text));
    frame_str(&b, TAG_INTERVIEW, str_c(text)); /* checked as text, else unused */
    a.e = mem ? frame_end(&b) : ERR_NOMEM;
    if (a.e == ERR_OK) a.e = worker_call(w, mem, &(struct worker_ask){ str_c(package), affinity, &b, count, &a.meanwhile }, &f, &a.served, &a.why);
    if (a.e == ERR_OK) (void)snprintf(a.text, sizeof a.text, STR_FMT, STR_ARG(frame_get(&f, TAG_BODY)));
    if (!a.why) a.why = "";
    arena_free(mem);
    return a;
}

#define ASSERT_SAYS(a, want)                \
    do {                                    \
        struct answer a_ = (a);             \
        assert_int_equal(a_.e, ERR_OK);     \
        assert_string_equal(a_.text, want); \
    } while (0)

static int open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

/* one call after the other */

static void test_a_missing_program_is_told(void **state)
{
    (void)state;
    struct workers_options o = { .program = "/nowhere/chancery-worker", .max = 1, .wall_s = 1, .cpu_s = 1 };
    struct arena *mem = arena_new(4096);
    struct workers *w = NULL;
    str why = STR_NULL;
    assert_non_null(mem);
    assert_int_equal(workers_start(mem, &o, &w, &why), ERR_WORKER);
    assert_null(w);
    assert_true(str_starts(why, STR("cannot start /nowhere/chancery-worker: No such file")));
    arena_free(mem);
}

static const struct {
    const char *name, *package, *text;
    err want;
    const char *why, *body;
} calls[] = {
    { "a call is answered", "a", "say hello", ERR_OK, "", "hello" },
    { "by a worker of its package", "b", "package", ERR_OK, "", "b" },
    { "a worker that exits is a crash", "a", "exit 0", ERR_WORKER, "crash", "" },
    { "and the next call is answered", "a", "say again", ERR_OK, "", "again" },
    { "a worker that aborts is a crash", "a", "abort", ERR_WORKER, "crash", "" },
    { "nonsense ends the worker", "a", "garbage", ERR_WORKER, "protocol", "" },
    { "a reply to another request ends the worker", "a", "other", ERR_WORKER, "protocol", "" },
    { "the first of two replies counts", "a", "twice x", ERR_OK, "", "x" },
    { "and the second ends the worker when it is asked next", "a", "say x", ERR_WORKER, "protocol", "" },
    { "a worker's last reply is an answer", "a", "last x", ERR_OK, "", "x" },
    { "and another worker answers the next", "a", "say x", ERR_OK, "", "x" },
    { "a worker that is refused its start", "refused", "say x", ERR_WORKER, "start", "" },
    { "a worker that dies at its start", "stillborn", "say x", ERR_WORKER, "start", "" },
    { "a worker that does not say ready", "mute", "say x", ERR_WORKER, "start", "" },
    { "a package without a name", "", "say x", ERR_BUSY, "busy", "" },
    { "endless work is ended by its processor time", "b", "spin", ERR_WORKER, "cpu", "" },
    { "a text that is not UTF-8 reaches nobody", "b", "\xff", ERR_INPUT, "request", "" },
    { "and all is well", "b", "say well", ERR_OK, "", "well" },
};

static void test_calls(void **state)
{
    (void)state;
    struct workers *w = opened(0, 4);
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        struct answer a = ask(w, calls[i].package, 1, calls[i].text);
        /* Who was answered had time meanwhile, once; who was sent to nobody had none. */
        bool fits = a.e == ERR_OK ? a.meanwhile == 1 : a.meanwhile <= (a.e == ERR_WORKER && strcmp(a.why, "start") != 0);
        if (fits && a.e == calls[i].want && strcmp(a.why, calls[i].why) == 0 && strcmp(a.text, calls[i].body) == 0) continue;
        print_error("row failed: %s: %s, %s, \"%s\", meanwhile %d\n", calls[i].name, err_name(a.e), a.why, a.text, a.meanwhile);
        bad++;
    }
    workers_stop(w);
    assert_int_equal(bad, 0);
}

static void test_endless_waiting_is_ended_by_the_clock(void **state)
{
    (void)state;
    struct workers *w = opened_for(1, 0, 1);
    struct answer a = ask(w, "a", 1, "hang");
    assert_int_equal(a.e, ERR_WORKER);
    assert_string_equal(a.why, "time");
    workers_stop(w);
}

static void test_the_same_worker_serves_again(void **state)
{
    (void)state;
    struct workers *w = opened(0, 4);
    struct answer first = ask(w, "a", 7, "say x"), second = ask(w, "a", 7, "say x");
    assert_int_equal(first.e, ERR_OK);
    assert_int_equal(first.served, second.served);
    workers_stop(w);
}

struct sleeper {
    struct workers *w;
    uint64_t affinity, served;
};

static void *ask_slowly(void *arg)
{
    struct sleeper *s = arg;
    s->served = ask(s->w, "a", s->affinity, "sleep 100").served;
    return NULL;
}

static void test_each_affinity_finds_its_worker_again(void **state)
{
    (void)state;
    struct workers *w = opened(0, 4);
    struct sleeper s[2] = { { .w = w, .affinity = 11 }, { .w = w, .affinity = 12 } };
    pthread_t t[2];
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&t[i], NULL, ask_slowly, &s[i]), 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    for (int i = 0; i < 10; i++) assert_int_equal(ask(w, "a", s[i % 2].affinity, "say x").served, s[i % 2].served);
    workers_stop(w);
}

static void test_at_the_ceiling_the_longest_idle_makes_room(void **state)
{
    (void)state;
    struct workers *w = opened(0, 2);
    struct answer a = ask(w, "a", 1, "say x");
    (void)usleep(3000);
    struct answer b = ask(w, "b", 1, "say x"), c = ask(w, "c", 1, "package");
    ASSERT_SAYS(c, "c");
    assert_int_equal(ask(w, "b", 1, "say x").served, b.served);
    assert_int_not_equal(ask(w, "a", 1, "say x").served, a.served);
    struct workers_stats s;
    workers_stats(w, &s);
    assert_int_equal(s.alive, 2);
    assert_int_equal(s.started, 4);
    assert_int_equal(s.killed, 0);
    assert_int_equal(s.calls, 5);
    workers_stop(w);
}

static void test_the_next_zygote_takes_over(void **state)
{
    (void)state;
    struct workers *w = opened(0, 2);
    ASSERT_SAYS(ask(w, "a", 1, "say x"), "x");
    struct answer a = ask(w, "b", 1, "zygote");
    assert_int_equal(a.e, ERR_WORKER);
    assert_string_equal(a.why, "crash");
    ASSERT_SAYS(ask(w, "a", 1, "say y"), "y");
    workers_stop(w);
}

static void test_one_failed_start_of_a_package_that_worked_is_nobodys_trouble(void **state)
{
    (void)state;
    struct workers *w = opened(0, 2);
    ASSERT_SAYS(ask(w, "sickly", 1, "last x"), "x");
    ASSERT_SAYS(ask(w, "sickly", 1, "say y"), "y");
    struct workers_stats s;
    workers_stats(w, &s);
    assert_int_equal(s.started, 3);
    workers_stop(w);
}

static void test_workers_are_kept_ready(void **state)
{
    (void)state;
    struct workers *w = opened(2, 4);
    struct workers_stats s = { 0 };
    ASSERT_SAYS(ask(w, "a", 1, "say x"), "x");
    for (int i = 0; i < 6000 && s.alive < 2; i++, usleep(10000)) workers_stats(w, &s);
    assert_int_equal(s.alive, 2);
    ASSERT_SAYS(ask(w, "a", 1, "last x"), "x");
    for (int i = 0; i < 6000 && s.started < 3; i++, usleep(10000)) workers_stats(w, &s);
    assert_int_equal(s.started, 3);
    workers_stop(w);
}

static void test_nothing_stays_open(void **state)
{
    (void)state;
    int before = open_descriptors();
    for (int i = 0; i < 3; i++) {
        struct workers *w = opened(1, 4);
        ASSERT_SAYS(ask(w, "a", 1, "say x"), "x");
        assert_int_equal(ask(w, "a", 1, "abort").e, ERR_WORKER);
        assert_int_equal(ask(w, "refused", 1, "say x").e, ERR_WORKER);
        workers_stop(w);
    }
    assert_int_equal(open_descriptors(), before);
    workers_stop(NULL);
}

/* What is said on standard error while run() runs, as a string. */
static void capture(void (*run)(struct workers *), struct workers *w, char *out, size_t n)
{
    int to = memfd_create("log", MFD_CLOEXEC), kept = dup(2);
    assert_true(to >= 0 && kept >= 0 && dup2(to, 2) == 2);
    log_setup(LOG_TEXT, LOG_INFO);
    run(w);
    log_setup(LOG_TEXT, LOG_ERROR + 1);
    assert_int_equal(dup2(kept, 2), 2);
    ssize_t got = pread(to, out, n - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    close(kept);
    close(to);
}

static void say_lines(struct workers *w) { assert_int_equal(ask(w, "a", 1, "log one\n2026-01-01 error forged").e, ERR_OK); }

static void test_what_an_interview_says_is_one_line_of_the_log(void **state)
{
    (void)state;
    char text[4096];
    struct workers *w = opened(0, 1);
    ASSERT_SAYS(ask(w, "a", 1, "say x"), "x");
    capture(say_lines, w, text, sizeof text);
    char *line = strstr(text, "interview says");
    assert_non_null(line);
    assert_non_null(strstr(line, "package=a"));
    char *forged = strstr(line, "2026-01-01 error forged");
    assert_non_null(forged);
    assert_true(strchr(line, '\n') > forged);
    workers_stop(w);
}

/* many calls at once */

struct crowd {
    struct workers *w;
    atomic_int wrong, stopped;
    atomic_uint next;
};

static void *ask_often(void *arg)
{
    static const char *const packages[] = { "a", "b", "c" };
    struct crowd *c = arg;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned n = atomic_fetch_add(&c->next, 1);
        const char *package = packages[n % 3];
        struct answer a = ask(c->w, package, n % 5, n % 17 == 0 ? "abort" : n % 23 == 0 ? "last x" : "package");
        bool good = n % 17 == 0 ? a.e == ERR_WORKER && strcmp(a.why, "crash") == 0 : a.e == ERR_OK && strcmp(a.text, n % 23 == 0 ? "x" : package) == 0;
        if (!good) print_error("call %u: %s, %s, \"%s\"\n", n, err_name(a.e), a.why, a.text);
        if (!good) atomic_fetch_add(&c->wrong, 1);
    }
    return NULL;
}

static void test_a_crowd_is_served(void **state)
{
    (void)state;
    struct workers *w = opened(1, 2);
    struct crowd c = { .w = w };
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&t[i], NULL, ask_often, &c), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    assert_int_equal(atomic_load(&c.wrong), 0);
    struct workers_stats s;
    workers_stats(w, &s);
    assert_int_equal(s.busy, 0);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.calls, THREADS * ROUNDS);
    workers_stop(w);
}

static void *ask_until_stopped(void *arg)
{
    struct crowd *c = arg;
    struct answer a = ask(c->w, "a", 1, "hang");
    bool good = (a.e == ERR_BUSY || a.e == ERR_WORKER) && strcmp(a.why, "stop") == 0;
    if (!good) print_error("%s, %s\n", err_name(a.e), a.why);
    atomic_fetch_add(good ? &c->stopped : &c->wrong, 1);
    return NULL;
}

static void test_stop_lets_nobody_wait(void **state)
{
    (void)state;
    struct workers *w = opened(0, 2);
    struct crowd c = { .w = w };
    struct workers_stats s = { 0 };
    pthread_t t[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&t[i], NULL, ask_until_stopped, &c), 0);
    while (s.busy + s.waiting < 4 || s.busy < 2) workers_stats(w, &s), (void)usleep(1000);
    int64_t from = clock_mono_ms();
    workers_stop(w);
    assert_true(clock_mono_ms() - from < PATIENCE_MS);
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    assert_int_equal(atomic_load(&c.stopped), 4);
}

static void test_waiting_ends_at_its_deadline(void **state)
{
    (void)state;
    struct workers *w = opened_for(1, 0, 1);
    struct answer a = ask(w, "late", 1, "say x");
    assert_int_equal(a.e, ERR_BUSY);
    assert_string_equal(a.why, "busy");
    workers_stop(w);
}

/* memory */

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
#ifdef CHANCERY_FAULTS
    bool fired = true;
    for (long n = 1; fired; n++) {
        struct workers *w = NULL;
        fault_arm(n);
        err e = open_workers(0, 1, 5, &w);
        if (e == ERR_OK) {
            struct answer a = ask(w, "a", 1, "say x");
            e = a.e;
            if (e == ERR_OK) assert_string_equal(a.text, "x");
        }
        fired = fault_hit();
        fault_arm(0);
        /* An order to the zygote that found no memory is given again. */
        assert_true(e == ERR_OK || (fired && e == ERR_NOMEM));
        workers_stop(w);
    }
#endif
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    program = argv[1];
    log_setup(LOG_TEXT, getenv("VERBOSE") ? LOG_INFO : LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missing_program_is_told),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_endless_waiting_is_ended_by_the_clock),
        cmocka_unit_test(test_the_same_worker_serves_again),
        cmocka_unit_test(test_each_affinity_finds_its_worker_again),
        cmocka_unit_test(test_at_the_ceiling_the_longest_idle_makes_room),
        cmocka_unit_test(test_the_next_zygote_takes_over),
        cmocka_unit_test(test_one_failed_start_of_a_package_that_worked_is_nobodys_trouble),
        cmocka_unit_test(test_workers_are_kept_ready),
        cmocka_unit_test(test_nothing_stays_open),
        cmocka_unit_test(test_what_an_interview_says_is_one_line_of_the_log),
        cmocka_unit_test(test_a_crowd_is_served),
        cmocka_unit_test(test_stop_lets_nobody_wait),
        cmocka_unit_test(test_waiting_ends_at_its_deadline),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
