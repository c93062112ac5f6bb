/* jobs/claim.c: taking jobs: what is due, and whose it is for the next while. */
#include "base/clock.h"
#include "base/fault.h"
#include "jobs/jobs_int.h"
#include <stdlib.h>

enum { LOOK_ARENA = 64 << 10 };

struct look {
    const struct job_kind *kind;
    int64_t due;
};

static err look(struct call *c)
{
    struct look *l = c->state;
    struct cell *row;
    TRY(db_find(c, &job_q[JQ_NEXT_DUE], &row, str_c(l->kind->name)));
    l->due = row ? row[0].i : INT64_MAX;
    return ERR_OK;
}

err queue_next_due(struct jobs *q, const struct job_kind *k, int64_t *out)
{
    struct look l = { .kind = k };
    struct call c = { .mem = arena_new(LOOK_ARENA), .state = &l };
    if (!c.mem) return ERR_NOMEM;
    err e = store_do(q->o.store, &c, TX_READ, look);
    arena_free(c.mem);
    if (e == ERR_OK) *out = l.due;
    return e;
}

/* kinds with a period */

/* Two servers that start at once make one job: the name is held until the commit. A period that became shorter holds at once. */
static err plan(struct call *c)
{
    const struct job_kind *k = c->state;
    struct cell *row;
    TRY(store_lock(c, "job", str_c(k->name)));
    TRY(db_find(c, &job_q[JQ_NEXT_DUE], &row, str_c(k->name)));
    if (!row) return db_run(c, &job_q[JQ_ADD], str_c(k->name), STR(""), c->now_ms, c->now_ms);
    int64_t latest = c->now_ms + k->period_ms;
    return row[0].i > latest ? db_run(c, &job_q[JQ_SOONER], latest, str_c(k->name), latest) : ERR_OK;
}

static err free_orphans(struct call *c) { return db_run(c, &job_q[JQ_ORPHANS], c->now_ms); }

static err plan_do(struct jobs *q, err (*fn)(struct call *), struct job_kind *k)
{
    struct call c = { .mem = arena_new(LOOK_ARENA), .now_ms = clock_now_ms(), .state = k };
    if (!c.mem) return ERR_NOMEM;
    err e = store_do(q->o.store, &c, TX_WRITE, fn);
    arena_free(c.mem);
    return e;
}

err queue_plan(struct jobs *q)
{
    if (q->o.alone) TRY(plan_do(q, free_orphans, NULL));
    for (size_t i = 0; i < q->o.n_kinds; i++) {
        struct job_kind k = q->o.kinds[i];
        if (k.period_ms) TRY(plan_do(q, plan, &k));
    }
    return ERR_OK;
}

/* claiming */

struct claiming {
    const struct job_kind *kind;
    int64_t n;
    struct rows rows;
};

static err claim(struct call *c)
{
    struct claiming *w = c->state;
    return db_list(c, &job_q[JQ_CLAIM], &w->rows, c->now_ms + w->kind->lease_ms, str_c(w->kind->name), c->now_ms, w->n);
}

static struct held *held_new(struct jobs *q, const struct job_kind *k, const struct cell *row, int64_t now_ms)
{
    struct held *h = fault_here() ? NULL : calloc(1, sizeof *h);
    if (!h) return NULL;
    h->kind = k;
    h->c = (struct call){ .mem = arena_new(q->o.arena_max), .now_ms = now_ms };
    h->job =
        (struct job){ .store = q->o.store, .queue = q, .kind = k->name, .id = row[0].i, .claim = row[1].i, .attempt = row[2].i, .created_at_ms = row[3].i };
    if (h->c.mem && arena_str(h->c.mem, row[4].s, &h->job.payload) == ERR_OK) return h;
    held_free(h);
    return NULL;
}

err queue_claim(struct jobs *q, const struct job_kind *k, int64_t now_ms, size_t n, struct held *out[static CLAIM_MAX], size_t *n_out)
{
    struct claiming w = { .kind = k, .n = (int64_t)(n < CLAIM_MAX ? n : CLAIM_MAX) };
    *n_out = 0;
    struct call c = { .mem = arena_new((size_t)CLAIM_MAX * JOBS_PAYLOAD_MAX), .now_ms = now_ms, .state = &w };
    if (!c.mem) return ERR_NOMEM;
    err e = store_do(q->o.store, &c, TX_WRITE, claim);
    for (size_t i = 0; e == ERR_OK && i < w.rows.n; i++) {
        /* Without memory for it the job waits for the end of its lease, and the rest is served. */
        struct held *h = held_new(q, k, w.rows.row[i], now_ms);
        if (h) out[(*n_out)++] = h;
    }
    arena_free(c.mem);
    atomic_fetch_add(&q->claimed, (long long)*n_out);
    return e;
}

void held_free(struct held *h)
{
    arena_free(h->c.mem);
    free(h);
}
