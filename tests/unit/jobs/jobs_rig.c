/* tests/unit/jobs/jobs_rig.c: see jobs_rig.h. */
#include "jobs_rig.h"

struct plan plan;

static err run(struct call *c, const struct job *j, void *arg)
{
    struct plan *p = arg;
    p->ran++;
    p->attempt = j->attempt;
    p->payload = str_head(j->payload, sizeof p->bytes);
    memcpy(p->bytes, j->payload.p, p->payload.n);
    p->payload.p = p->bytes;
    if (p->meanwhile) p->meanwhile(c, j);
    return p->answer ? fail(c, p->answer, NULL, "as planned") : ERR_OK;
}

static const struct job_kind kinds[] = {
    { .name = "test", .run = run, .arg = &plan, .tries = TRIES, .backoff_ms = PAUSE_MS, .backoff_max_ms = PAUSE_MAX_MS, .lease_ms = LEASE_MS },
};

struct jobs *bench_queue(struct bench *b, unsigned threads, int64_t poll_ms)
{
    struct jobs *q = NULL;
    struct jobs_options o = { .store = b->r->s,
                              .kinds = kinds,
                              .n_kinds = COUNT_OF(kinds),
                              .threads = threads,
                              .poll_ms = poll_ms,
                              .keep_done_ms = 1000,
                              .keep_dead_ms = 5000,
                              .arena_max = 1 << 20 };
    assert_int_equal(jobs_new(&o, &q), ERR_OK);
    return q;
}

int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    void *r;
    str why = STR_NULL;
    assert_non_null(b);
    (void)rig_setup(&r);
    b->r = r;
    struct migration all[8];
    assert_true(rig_schema_n < COUNT_OF(all));
    memcpy(all, rig_schema, rig_schema_n * sizeof *all);
    all[rig_schema_n] = jobs_migrations[0];
    assert_int_equal(store_migrate(b->r->s, b->r->a, all, rig_schema_n + 1, &why), ERR_OK);
    plan = (struct plan){ 0 };
    b->q = bench_queue(b, 2, 20);
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    struct bench *b = *state;
    void *r = b->r;
    jobs_free(b->q);
    free(b);
    return rig_teardown(&r);
}

err bench_do(struct bench *b, enum tx tx, int64_t now_ms, err (*fn)(struct call *), void *state)
{
    b->r->c.now_ms = now_ms;
    b->r->c.state = state;
    call_forget(&b->r->c);
    return store_do(b->r->s, &b->r->c, tx, fn);
}

struct add {
    struct jobs *q;
    const char *payload;
    int64_t due, id;
};

static err add(struct call *c)
{
    struct add *a = c->state;
    return jobs_add(a->q, c, "test", str_c(a->payload), a->due, &a->id);
}

int64_t bench_add(struct bench *b, const char *payload, int64_t due_at_ms)
{
    struct add a = { b->q, payload, due_at_ms, 0 };
    assert_int_equal(bench_do(b, TX_WRITE, NOW, add, &a), ERR_OK);
    assert_true(a.id > 0);
    return a.id;
}

struct counting {
    const char *state;
    int64_t n;
};

static err count(struct call *c)
{
    struct counting *k = c->state;
    return jobs_count(c, "test", k->state, &k->n);
}

int64_t bench_count(struct bench *b, const char *state)
{
    struct counting k = { state, -1 };
    assert_int_equal(bench_do(b, TX_READ, NOW, count, &k), ERR_OK);
    return k.n;
}

size_t bench_run(struct bench *b, int64_t now_ms)
{
    size_t ran = 0;
    assert_int_equal(jobs_run_due(b->q, now_ms, &ran), ERR_OK);
    return ran;
}
