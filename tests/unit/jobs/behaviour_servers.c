/* tests/unit/jobs/behaviour_servers.c: queues with threads: woken, polling, two servers on one store, stopped. */
#include "behaviour.h"
#include "base/clock.h"
#include "jobs_rig.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { JOBS = 60, PATIENCE_MS = 60000 };

static atomic_int runs[JOBS], total;

static err count_run(struct call *c, const struct job *j, void *arg)
{
    int64_t at = -1;
    (void)c, (void)arg;
    if (str_int(j->payload, &at) == ERR_OK && at >= 0 && at < JOBS) atomic_fetch_add(&runs[at], 1);
    atomic_fetch_add(&total, 1);
    return ERR_OK;
}

static const struct job_kind kinds[] = { { .name = "test", .run = count_run, .tries = 1, .lease_ms = 600000 } };

static struct jobs *server(struct bench *b, int64_t poll_ms)
{
    struct jobs *q = NULL;
    struct jobs_options o = { .store = b->r->s, .kinds = kinds, .n_kinds = 1, .threads = 3, .poll_ms = poll_ms };
    assert_int_equal(jobs_new(&o, &q), ERR_OK);
    return q;
}

struct adding {
    struct jobs *q;
    int n;
};

static err add_all(struct call *c)
{
    struct adding *a = c->state;
    for (int i = 0; i < a->n; i++) {
        str text;
        TRY(arena_printf(c->mem, &text, "%d", i));
        TRY(jobs_add(a->q, c, "test", text, 0, NULL));
    }
    return ERR_OK;
}

static void add_jobs(struct bench *b, struct jobs *q, int n)
{
    struct adding a = { q, n };
    atomic_store(&total, 0);
    for (int i = 0; i < JOBS; i++) atomic_store(&runs[i], 0);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add_all, &a), ERR_OK);
}

static bool all_ran(int n)
{
    for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end && atomic_load(&total) < n;) (void)usleep(1000);
    return atomic_load(&total) >= n;
}

/* Its polls come far too late: only the wake-up after the commit can be in time. */
static void test_woken(void **state)
{
    struct bench *b = *state;
    struct jobs *q = server(b, 100 * PATIENCE_MS);
    assert_int_equal(jobs_start(q), ERR_OK);
    add_jobs(b, q, 5);
    assert_true(all_ran(5));
    jobs_free(q);
    assert_int_equal(bench_count(b, "done"), 5);
}

static void test_two(void **state)
{
    struct bench *b = *state;
    struct jobs *one = server(b, 20), *two = server(b, 20);
    assert_int_equal(jobs_start(one), ERR_OK);
    assert_int_equal(jobs_start(two), ERR_OK);
    add_jobs(b, one, JOBS); /* the other one polls */
    assert_true(all_ran(JOBS));
    jobs_free(one);
    jobs_free(two);
    for (int i = 0; i < JOBS; i++) assert_int_equal(atomic_load(&runs[i]), 1);
    assert_int_equal(bench_count(b, "done"), JOBS);
}

/* A stop at any moment leaves every job done or as it was. */
static void test_stop(void **state)
{
    struct bench *b = *state;
    struct jobs *q = server(b, 20);
    assert_int_equal(jobs_start(q), ERR_OK);
    add_jobs(b, q, JOBS);
    assert_true(all_ran(1));
    jobs_stop(q);
    jobs_stop(q);
    assert_int_equal(bench_count(b, "running"), 0);
    assert_int_equal(bench_count(b, "done"), atomic_load(&total));
    assert_int_equal(bench_count(b, "ready"), JOBS - atomic_load(&total));
    jobs_free(q);
    q = server(b, 20);
    assert_int_equal(jobs_start(q), ERR_OK);
    assert_true(all_ran(JOBS));
    jobs_free(q);
    for (int i = 0; i < JOBS; i++) assert_int_equal(atomic_load(&runs[i]), 1);
}

/* kinds with a period */

enum { PERIOD_MS = 60 };
static atomic_int at_work, most_at_work, rounds;

static err round_run(struct call *c, const struct job *j, void *arg)
{
    const err *answer = arg;
    (void)j;
    int now = atomic_fetch_add(&at_work, 1) + 1;
    if (now > atomic_load(&most_at_work)) atomic_store(&most_at_work, now);
    (void)usleep(3000);
    atomic_fetch_sub(&at_work, 1);
    atomic_fetch_add(&rounds, 1);
    return *answer ? fail(c, *answer, NULL, "as planned") : ERR_OK;
}

static void await(atomic_int *what, int n)
{
    for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end && atomic_load(what) < n;) (void)usleep(1000);
    assert_true(atomic_load(what) >= n);
}

static struct jobs *period_server(struct bench *b, const struct job_kind *k)
{
    struct jobs *q = NULL;
    struct jobs_options o = { .store = b->r->s, .kinds = k, .n_kinds = 1, .threads = 3, .poll_ms = 5 };
    assert_int_equal(jobs_new(&o, &q), ERR_OK);
    assert_int_equal(jobs_start(q), ERR_OK);
    return q;
}

/* Whatever it returns: the one job is there for ever, on one server at a time. */
static void test_period(void **state)
{
    struct bench *b = *state;
    err answer = ERR_OK;
    struct job_kind k = {
        .name = "test", .run = round_run, .arg = &answer, .tries = 2, .backoff_ms = 1, .backoff_max_ms = 2, .lease_ms = 600000, .period_ms = PERIOD_MS
    };
    static const err answers[] = { ERR_OK, ERR_STORE, ERR_INPUT, ERR_BUSY };
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        answer = answers[i];
        atomic_store(&rounds, 0);
        atomic_store(&most_at_work, 0);
        struct jobs *one = period_server(b, &k), *two = period_server(b, &k);
        await(&rounds, 6);
        jobs_free(one);
        jobs_free(two);
        assert_int_equal(atomic_load(&most_at_work), 1);
        assert_int_equal(bench_count(b, "ready"), 1);
        assert_int_equal(bench_count(b, "done") + bench_count(b, "dead") + bench_count(b, "running"), 0);
    }
}

/* A period of a day would be waited for; a shorter one in the settings is not. */
static void test_shorter_period(void **state)
{
    struct bench *b = *state;
    err answer = ERR_OK;
    struct job_kind k = { .name = "test", .run = round_run, .arg = &answer, .tries = 2, .backoff_ms = 1, .lease_ms = 600000, .period_ms = 24 * 3600 * 1000 };
    atomic_store(&rounds, 0);
    struct jobs *q = period_server(b, &k);
    await(&rounds, 1);
    jobs_free(q);
    k.period_ms = 1;
    q = period_server(b, &k);
    await(&rounds, 3);
    jobs_free(q);
}

static void test_at_once(void **state)
{
    struct bench *b = *state;
    err answer = ERR_OK;
    struct job_kind k = { .name = "test", .run = round_run, .arg = &answer, .tries = 1, .lease_ms = 600000, .at_once = 2 };
    atomic_store(&rounds, 0);
    atomic_store(&most_at_work, 0);
    struct jobs *q = period_server(b, &k);
    struct adding a = { q, 30 };
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add_all, &a), ERR_OK);
    await(&rounds, 30);
    jobs_free(q);
    assert_true(atomic_load(&most_at_work) <= 2);
    assert_int_equal(bench_count(b, "done"), 30);
}

#define ROW(name, fn)                               \
    {                                               \
        name, fn, bench_setup, bench_teardown, NULL \
    }

int behaviour_servers(void)
{
    const struct CMUnitTest tests[] = {
        ROW("a commit wakes the threads of its own process", test_woken),
        ROW("two servers run each job once", test_two),
        ROW("a kind with a period has one job for ever, on one server at a time", test_period),
        ROW("a shorter period holds at once", test_shorter_period),
        ROW("a kind takes no more threads than it may", test_at_once),
        ROW("a stop leaves every job done or ready", test_stop),
    };
    return cmocka_run_group_tests_name("servers", tests, NULL, NULL);
}
