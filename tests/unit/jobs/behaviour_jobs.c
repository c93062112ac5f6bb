/* tests/unit/jobs/behaviour_jobs.c: one queue, step by step, with times that the test chooses. */
#include "behaviour.h"
#include "jobs/jobs_int.h"
#include "jobs_rig.h"

static void assert_states(struct bench *b, int64_t ready, int64_t done, int64_t dead)
{
    assert_int_equal(bench_count(b, "ready"), ready);
    assert_int_equal(bench_count(b, "done"), done);
    assert_int_equal(bench_count(b, "dead"), dead);
    assert_int_equal(bench_count(b, "running"), 0);
}

static void test_done(void **state)
{
    struct bench *b = *state;
    (void)bench_add(b, "hello", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_true(str_is(plan.payload, "hello"));
    assert_int_equal(plan.attempt, 1);
    assert_states(b, 0, 1, 0);
    assert_int_equal(bench_run(b, NOW + 100 * LEASE_MS), 0);
}

static void test_later(void **state)
{
    struct bench *b = *state;
    (void)bench_add(b, "", NOW + 50);
    assert_int_equal(bench_run(b, NOW + 49), 0);
    assert_int_equal(bench_run(b, NOW + 50), 1);
}

static err add_and_refuse(struct call *c)
{
    struct bench *b = c->state;
    TRY(jobs_add(b->q, c, "test", STR("x"), 0, NULL));
    return fail(c, ERR_FORBIDDEN, NULL, "no");
}

static err add_stranger(struct call *c) { return jobs_add(((struct bench *)c->state)->q, c, "stranger", STR("x"), 0, NULL); }

static void test_rolled_back(void **state)
{
    struct bench *b = *state;
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add_and_refuse, b), ERR_FORBIDDEN);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add_stranger, b), ERR_INPUT);
    assert_states(b, 0, 0, 0);
    assert_int_equal(bench_run(b, NOW), 0);
}

static void test_pauses(void **state)
{
    static const int64_t want[] = { 100, 200, 350, 350 };
    struct job_kind k = { .backoff_ms = PAUSE_MS, .backoff_max_ms = PAUSE_MAX_MS };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(job_pause_ms(&k, (int64_t)i + 1), want[i]);
    assert_int_equal(job_pause_ms(&k, INT64_MAX), PAUSE_MAX_MS);
    k = (struct job_kind){ .backoff_ms = 0, .backoff_max_ms = PAUSE_MAX_MS };
    assert_int_equal(job_pause_ms(&k, 64), 0);
}

static err list(struct call *c)
{
    struct job_row **out = c->state;
    size_t n;
    TRY(jobs_list(c, "test", NULL, 10, out, &n));
    return n == 1 ? ERR_OK : ERR_NOT_FOUND;
}

struct retrying {
    struct jobs *q;
    int64_t id, n;
};

static err retry(struct call *c)
{
    struct retrying *r = c->state;
    return jobs_retry(r->q, c, "test", r->id, &r->n);
}

static void test_dead(void **state)
{
    struct bench *b = *state;
    struct job_row *row;
    struct retrying all = { .q = b->q };
    plan.answer = ERR_STORE;
    (void)bench_add(b, "x", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(bench_run(b, NOW + 99), 0);
    assert_int_equal(bench_run(b, NOW + 100), 1);
    assert_int_equal(bench_run(b, NOW + 299), 0);
    assert_int_equal(bench_run(b, NOW + 300), 1);
    assert_states(b, 0, 0, 1);
    assert_int_equal(bench_do(b, TX_READ, NOW, list, &row), ERR_OK);
    assert_true(str_is(row->last_error, "as planned"));
    assert_int_equal(row->attempt, 3);
    assert_int_equal(bench_do(b, TX_WRITE, NOW + 400, retry, &all), ERR_OK);
    assert_int_equal(all.n, 1);
    plan.answer = ERR_OK;
    assert_int_equal(bench_run(b, NOW + 400), 1);
    assert_states(b, 0, 1, 0);
}

static void test_dead_at_once(void **state)
{
    struct bench *b = *state;
    plan.answer = ERR_INPUT;
    (void)bench_add(b, "x", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_states(b, 0, 0, 1);
}

static void test_busy(void **state)
{
    struct bench *b = *state;
    plan.answer = ERR_BUSY;
    (void)bench_add(b, "x", 0);
    for (int i = 0; i < 10; i++) assert_int_equal(bench_run(b, NOW + i * 1000), 1);
    assert_int_equal(plan.attempt, 1);
    assert_states(b, 1, 0, 0);
}

/* while it runs */

static err cancel(struct call *c) { return jobs_cancel(c, *(int64_t *)c->state); }

static void cancel_now(struct call *c, const struct job *j)
{
    int64_t id = j->id;
    struct call other = { .mem = arena_new(65536), .now_ms = c->now_ms, .state = &id };
    assert_int_equal(store_do(j->store, &other, TX_WRITE, cancel), ERR_OK);
    arena_free(other.mem);
}

static void test_cancel(void **state)
{
    struct bench *b = *state;
    int64_t id = bench_add(b, "x", 0);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, cancel, &id), ERR_OK);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, cancel, &id), ERR_NOT_FOUND);
    assert_int_equal(bench_run(b, NOW), 0);
    plan.meanwhile = cancel_now;
    (void)bench_add(b, "y", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(bench_count(b, "cancelled"), 2);
    assert_states(b, 0, 0, 0);
}

static struct bench *the_bench;

/* The lease has run out and another server has done the job, while the first still believes to hold it. */
static void overtaken(struct call *c, const struct job *j)
{
    (void)c, (void)j;
    plan.meanwhile = NULL;
    plan.answer = ERR_OK;
    assert_int_equal(bench_run(the_bench, NOW + LEASE_MS - 1), 0);
    assert_int_equal(bench_run(the_bench, NOW + LEASE_MS), 1);
    assert_int_equal(plan.attempt, 2);
    plan.answer = ERR_STORE;
}

static void test_lease(void **state)
{
    struct bench *b = the_bench = *state;
    struct jobs_stats st;
    plan.meanwhile = overtaken;
    (void)bench_add(b, "x", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(plan.ran, 2);
    assert_states(b, 0, 1, 0);
    jobs_stats(b->q, &st);
    assert_int_equal(st.lost, 1);
}

static err finish_and_add(struct call *c)
{
    TRY(rig_add(c, "effect", 1));
    return job_finish(c, c->state);
}

static err finished;

static void finish_now(struct call *c, const struct job *j)
{
    struct job mine = *j;
    struct call other = { .mem = arena_new(65536), .now_ms = c->now_ms, .state = &mine };
    finished = store_do(j->store, &other, TX_WRITE, finish_and_add);
    arena_free(other.mem);
}

static void cancel_then_finish(struct call *c, const struct job *j)
{
    cancel_now(c, j);
    finish_now(c, j);
}

static void test_finish(void **state)
{
    struct bench *b = *state;
    plan.meanwhile = cancel_then_finish;
    (void)bench_add(b, "x", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(finished, ERR_CONFLICT);
    assert_int_equal(rig_count(b->r), 0);
    plan.meanwhile = finish_now;
    (void)bench_add(b, "y", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(finished, ERR_OK);
    assert_int_equal(rig_count(b->r), 1);
    assert_states(b, 0, 1, 0);
}

/* retention */

static err add_many(struct call *c)
{
    for (int i = 0; i < 60; i++) TRY(jobs_add(((struct bench *)c->state)->q, c, "test", STR("x"), 0, NULL));
    return ERR_OK;
}

static void test_purge(void **state)
{
    struct bench *b = *state;
    int64_t gone;
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add_many, b), ERR_OK);
    assert_int_equal(bench_run(b, NOW), 60);
    plan.answer = ERR_INPUT;
    (void)bench_add(b, "x", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    assert_int_equal(jobs_purge(b->q, NOW + 1000, &gone), ERR_OK);
    assert_int_equal(gone, 0);
    assert_int_equal(jobs_purge(b->q, NOW + 1001, &gone), ERR_OK);
    assert_int_equal(gone, 60);
    assert_states(b, 0, 0, 1);
    assert_int_equal(jobs_purge(b->q, NOW + 5001, &gone), ERR_OK);
    assert_int_equal(gone, 1);
}

/* over all kinds */

struct listing {
    const char *kind, *state;
    struct job_row *rows;
    size_t n;
};

static err list_some(struct call *c)
{
    struct listing *l = c->state;
    return jobs_list(c, l->kind, l->state, 10, &l->rows, &l->n);
}

static size_t listed(struct bench *b, const char *kind, const char *state)
{
    struct listing l = { .kind = kind, .state = state };
    assert_int_equal(bench_do(b, TX_READ, NOW, list_some, &l), ERR_OK);
    for (size_t i = 1; i < l.n; i++) assert_true(l.rows[i].id < l.rows[i - 1].id);
    return l.n;
}

static err read_payload(struct call *c)
{
    str text;
    TRY(jobs_payload(c, *(int64_t *)c->state, &text));
    return str_is(text, "payload") ? ERR_OK : ERR_INPUT;
}

static err retry_any(struct call *c)
{
    struct retrying *r = c->state;
    return jobs_retry(r->q, c, NULL, r->id, &r->n);
}

static void test_lists(void **state)
{
    struct bench *b = *state;
    struct retrying one = { .q = b->q }, none = { .q = b->q, .id = 999 }, all = { .q = b->q };
    (void)bench_add(b, "done", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    plan.answer = ERR_INPUT;
    one.id = bench_add(b, "dead", 0);
    (void)bench_add(b, "dead too", 0);
    assert_int_equal(bench_run(b, NOW), 2);
    int64_t ready = bench_add(b, "payload", NOW + 1000), stranger = 999;
    assert_int_equal(listed(b, NULL, NULL), 3);
    assert_int_equal(listed(b, "test", NULL), 3);
    assert_int_equal(listed(b, "other", NULL), 0);
    assert_int_equal(listed(b, NULL, "dead"), 2);
    assert_int_equal(listed(b, "test", "done"), 1);
    assert_int_equal(listed(b, NULL, JOBS_ALL), 4);
    assert_int_equal(listed(b, "test", JOBS_ALL), 4);
    assert_int_equal(listed(b, "other", JOBS_ALL), 0);
    assert_int_equal(bench_do(b, TX_READ, NOW, read_payload, &ready), ERR_OK);
    assert_int_equal(bench_do(b, TX_READ, NOW, read_payload, &stranger), ERR_NOT_FOUND);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, retry_any, &none), ERR_OK);
    assert_int_equal(none.n, 0);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, retry_any, &one), ERR_OK);
    assert_int_equal(one.n, 1);
    assert_int_equal(bench_do(b, TX_WRITE, NOW, retry_any, &all), ERR_OK);
    assert_int_equal(all.n, 1);
    assert_int_equal(listed(b, NULL, "dead"), 0);
}

static err depths(struct call *c)
{
    struct jobs_depth *all;
    size_t n;
    TRY(jobs_depths(c, &all, &n));
    if (n != 2) return ERR_INPUT;
    for (size_t i = 0; i < n; i++) {
        bool dead = str_is(all[i].state, "dead");
        if (!str_is(all[i].kind, "test") || all[i].n != (dead ? 1 : 2) || (!dead && all[i].oldest_due_at_ms != NOW + 7)) return ERR_INPUT;
    }
    return ERR_OK;
}

static void test_depths(void **state)
{
    struct bench *b = *state;
    (void)bench_add(b, "done", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    plan.answer = ERR_INPUT;
    (void)bench_add(b, "dead", 0);
    assert_int_equal(bench_run(b, NOW), 1);
    (void)bench_add(b, "later", NOW + 9);
    (void)bench_add(b, "soon", NOW + 7);
    assert_int_equal(bench_do(b, TX_READ, NOW, depths, NULL), ERR_OK);
}

/* Without statistics PostgreSQL takes what is to do for rare: of an index of that it reads all for one id. */
static err plans(struct call *c)
{
    struct query asked;
    struct rows lines;
    TRY(rig_explain(c, &job_q[JQ_END], &asked));
    TRY(db_list(c, &asked, &lines, STR("done"), INT64_C(1), STR(""), INT64_C(1), INT64_C(1)));
    assert_true(lines.n > 1 && str_starts(str_trim(lines.row[1][0].s), STR("->  Index Scan using job_pkey ")));
    return ERR_OK;
}

static void test_plans(void **state)
{
    struct bench *b = *state;
    if (rig_pg) assert_int_equal(bench_do(b, TX_WRITE, NOW, plans, NULL), ERR_OK);
}

static void test_queries(void **state)
{
    struct bench *b = *state;
    str why;
    err e = jobs_check_queries(b->r->s, b->r->a, &why);
    if (e) print_error(STR_FMT "\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
}

#define ROW(name, fn)                               \
    {                                               \
        name, fn, bench_setup, bench_teardown, NULL \
    }

int behaviour_jobs(void)
{
    const struct CMUnitTest tests[] = {
        ROW("the statements fit the schema", test_queries),
        ROW("a job is found by its id", test_plans),
        ROW("a job runs once and is done", test_done),
        ROW("a job for later waits", test_later),
        ROW("a job of a change that was rolled back, or of an unknown kind, does not exist", test_rolled_back),
        ROW("pauses double up to the cap", test_pauses),
        ROW("after its last try a job is dead, with its error, and can be retried", test_dead),
        ROW("what no repetition would help is dead at once", test_dead_at_once),
        ROW("busy does not count as a try", test_busy),
        ROW("a cancelled job does not run, or its outcome is dropped", test_cancel),
        ROW("a lease that ran out is somebody else's, and the late outcome is dropped", test_lease),
        ROW("a job finished in its own transaction is done if that commits, and only then", test_finish),
        ROW("lists and retries go over all kinds", test_lists),
        ROW("what is to do is counted by kind and state", test_depths),
        ROW("what has ended is purged after its age", test_purge),
    };
    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
