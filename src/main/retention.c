/* main/retention.c: the periodic job that removes what is over and old, in small batches (server.md 6). Of several servers on one store one has it at a time.
 */
#include "main/retention.h"
#include "base/clock.h"
#include "base/log.h"
#include "rooms/accounts/accounts.h"
#include "rooms/hiring/hiring.h"

enum { BATCH = 500, BATCH_ARENA = 64 << 10, LEASE_MS = 600000, PAUSE_MS = 1000, PAUSE_MAX_MS = 60000, TRIES = 5 };

/* What goes when: ages are settings in seconds; 0 keeps for ever. */
static const struct rule {
    enum auth_purge what;
    size_t age; /* in struct config */
} rules[] = {
#define AGE(member) offsetof(struct config, member)
    { AUTH_PURGE_EXPIRED_SESSIONS, AGE(retention_sessions) },
    { AUTH_PURGE_ENDED_SESSIONS, AGE(retention_sessions) },
    { AUTH_PURGE_LINKS, AGE(retention_links) },
    { AUTH_PURGE_USED_LINKS, AGE(retention_links) },
    { AUTH_PURGE_THROTTLES, SIZE_MAX }, /* of no use once over */
    { AUTH_PURGE_AUDIT, AGE(retention_audit) },
#undef AGE
};

/* What rooms keep until it expires, and how much longer it is of use. */
static const struct {
    const struct query *q;
    const size_t *n;
    const int64_t *kept_ms; /* NULL: as links */
} of_rooms[] = { { accounts_purge, &accounts_purge_n, NULL }, { hiring_purge, &hiring_purge_n, hiring_purge_kept_ms } };

struct batch {
    const struct query *q; /* NULL: what */
    enum auth_purge what;
    int64_t before_ms, gone;
};

static err purge_batch(struct call *c)
{
    struct batch *b = c->state;
    if (b->q) return db_run_count(c, b->q, &b->gone, b->before_ms, (int64_t)BATCH);
    return auth_purge(c, b->what, b->before_ms, BATCH, &b->gone);
}

/* One round: where its time ends, and what it has done. */
struct retaining {
    const struct job *j;
    int64_t now_ms, end_ms, gone;
};

bool retention_round_over(const struct job *j, int64_t end_ms) { return jobs_stopping(j->queue) || clock_mono_ms() > end_ms; }

/* One rule until nothing is left of it. ERR_BUSY: the time is over, or the server stops; the rest is for the next run. */
static err apply(struct retaining *r, struct batch b)
{
    for (b.gone = BATCH; b.gone == BATCH; r->gone += b.gone) {
        if (retention_round_over(r->j, r->end_ms)) return ERR_BUSY;
        struct call own = { .mem = arena_new(BATCH_ARENA), .now_ms = r->now_ms, .state = &b };
        if (!own.mem) return ERR_NOMEM;
        err e = store_do(r->j->store, &own, TX_WRITE, purge_batch);
        arena_free(own.mem);
        TRY(e);
    }
    return ERR_OK;
}

static err apply_rooms(struct retaining *r, const struct config *config)
{
    for (size_t i = 0; i < COUNT_OF(of_rooms); i++)
        for (size_t k = 0; k < *of_rooms[i].n; k++) {
            int64_t kept_ms = of_rooms[i].kept_ms ? of_rooms[i].kept_ms[k] : config->retention_links * 1000;
            if (kept_ms) TRY(apply(r, (struct batch){ .q = &of_rooms[i].q[k], .before_ms = r->now_ms - kept_ms }));
        }
    return ERR_OK;
}

static err run(struct call *c, const struct job *j, void *arg)
{
    const struct config *config = arg;
    struct retaining r = { .j = j, .now_ms = c->now_ms, .end_ms = clock_mono_ms() + RETENTION_ROUND_MS };
    int64_t jobs = 0;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        int64_t age = 0;
        bool always = rules[i].age == SIZE_MAX;
        if (!always) memcpy(&age, (const char *)config + rules[i].age, sizeof age);
        if (always || age) TRY(apply(&r, (struct batch){ .what = rules[i].what, .before_ms = c->now_ms - age * 1000 }));
    }
    TRY(apply_rooms(&r, config));
    TRY(jobs_purge(j->queue, c->now_ms, &jobs));
    if (r.gone || jobs) LOG(LOG_INFO, "old rows removed", LOG_I("rows", r.gone), LOG_I("jobs", jobs));
    return ERR_OK;
}

struct job_kind retention_job(const char *name, err (*fn)(struct call *c, const struct job *j, void *arg), void *arg, int64_t every_s)
{
    return (struct job_kind){ .name = name,
                              .run = fn,
                              .arg = arg,
                              .tries = TRIES,
                              .backoff_ms = PAUSE_MS,
                              .backoff_max_ms = PAUSE_MAX_MS,
                              .lease_ms = LEASE_MS,
                              .at_once = 1,
                              .period_ms = every_s * 1000 };
}

struct job_kind retention_kind(const struct config *c)
{
    union {
        const struct config *given;
        void *arg; /* of a job's function, which only reads it */
    } u = { .given = c };
    return retention_job("retention", run, u.arg, c->retention_every);
}
