/* jobs/jobs.c: the life of the queue: a watch that claims, a lane that runs, waking and stopping. */
#include "base/clock.h"
#include "base/fault.h"
#include "jobs/jobs_int.h"
#include <stdlib.h>
#include <time.h>

#define DAY_MS (24 * 3600 * (int64_t)1000)
enum { PURGE_ARENA = 64 << 10, THREADS = 8 };

static int64_t or_default(int64_t v, int64_t otherwise) { return v ? v : otherwise; }

err jobs_new(const struct jobs_options *o, struct jobs **out)
{
    struct jobs *q = fault_here() ? NULL : calloc(1, sizeof *q + o->n_kinds * sizeof q->of_kind[0]);
    if (!q) return ERR_NOMEM;
    q->o = *o;
    q->o.threads = o->threads ? o->threads : THREADS;
    if (q->o.threads > CLAIM_MAX) q->o.threads = CLAIM_MAX;
    q->o.poll_ms = or_default(o->poll_ms, 1000);
    q->o.keep_done_ms = or_default(o->keep_done_ms, 7 * DAY_MS);
    q->o.keep_dead_ms = or_default(o->keep_dead_ms, 90 * DAY_MS);
    q->o.arena_max = o->arena_max ? o->arena_max : (size_t)64 << 20;
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&q->more, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&q->lock, NULL);
    q->free_slots = q->o.threads;
    *out = q;
    return ERR_OK;
}

void queue_wake(void *queue)
{
    struct jobs *q = queue;
    (void)pthread_mutex_lock(&q->lock);
    q->woken = true;
    (void)pthread_cond_signal(&q->more);
    (void)pthread_mutex_unlock(&q->lock);
}

bool jobs_stopping(const struct jobs *q) { return atomic_load(&q->stopping); }

/* retention */

struct purging {
    const char *state;
    int64_t before_ms, gone;
};

static err purge_batch(struct call *c)
{
    struct purging *p = c->state;
    return db_run_count(c, &job_q[JQ_PURGE], &p->gone, str_c(p->state), p->before_ms, (int64_t)PURGE_BATCH);
}

static err purge_state(struct jobs *q, const char *state, int64_t before_ms, int64_t *gone)
{
    struct purging p = { .state = state, .before_ms = before_ms, .gone = PURGE_BATCH };
    /* Small transactions, so that no write of a request waits long behind one. */
    while (p.gone == PURGE_BATCH && !jobs_stopping(q)) {
        struct call c = { .mem = arena_new(PURGE_ARENA), .now_ms = before_ms, .state = &p };
        if (!c.mem) return ERR_NOMEM;
        err e = store_do(q->o.store, &c, TX_WRITE, purge_batch);
        arena_free(c.mem);
        TRY(e);
        *gone += p.gone;
        atomic_fetch_add(&q->purged, p.gone);
    }
    return ERR_OK;
}

err jobs_purge(struct jobs *q, int64_t now_ms, int64_t *gone)
{
    *gone = 0;
    TRY(purge_state(q, "done", now_ms - q->o.keep_done_ms, gone));
    TRY(purge_state(q, "cancelled", now_ms - q->o.keep_done_ms, gone));
    return purge_state(q, "dead", now_ms - q->o.keep_dead_ms, gone);
}

/* the watch */

/* How many of that kind may begin now. */
static unsigned slots(struct jobs *q, const struct job_kind *k)
{
    (void)pthread_mutex_lock(&q->lock);
    unsigned n = q->free_slots, of_kind = q->of_kind[k - q->o.kinds];
    (void)pthread_mutex_unlock(&q->lock);
    unsigned more = !k->at_once ? n : k->at_once > of_kind ? k->at_once - of_kind : 0;
    return n < more ? n : more;
}

/* n: taken (negative) or given back; a runner that gives one back wakes the watch, since more may be due. */
static void slots_change(struct jobs *q, const struct job_kind *k, int n)
{
    (void)pthread_mutex_lock(&q->lock);
    q->free_slots = (unsigned)((int)q->free_slots + n);
    q->of_kind[k - q->o.kinds] = (unsigned)((int)q->of_kind[k - q->o.kinds] - n);
    if (n > 0) q->woken = true, (void)pthread_cond_signal(&q->more);
    (void)pthread_mutex_unlock(&q->lock);
}

static void runner(void *arg)
{
    struct held *h = arg;
    struct jobs *q = h->job.queue;
    const struct job_kind *k = h->kind;
    if (jobs_stopping(q))
        held_give_back(h);
    else
        held_run(h);
    slots_change(q, k, 1);
}

static void hand_out(struct jobs *q, struct held **h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        slots_change(q, h[i]->kind, -1);
        if (lane_submit(q->runners, runner, h[i]) == ERR_OK) continue;
        slots_change(q, h[i]->kind, 1);
        held_give_back(h[i]);
    }
}

/* Claims what is due, one kind after another; returns when the next is due (Unix ms). A store that refuses is asked again at the next poll. */
static int64_t claim_all(struct jobs *q)
{
    struct held *h[CLAIM_MAX];
    int64_t next = INT64_MAX, due;
    for (size_t i = 0; i < q->o.n_kinds && !jobs_stopping(q); i++) {
        const struct job_kind *k = &q->o.kinds[i];
        unsigned room = slots(q, k);
        size_t n;
        /* Looking is cheap, a write that finds nothing is not. */
        if (!room) continue; /* whoever gives a slot back wakes the watch */
        if (queue_next_due(q, k, &due) != ERR_OK) continue;
        if (due <= clock_now_ms() && queue_claim(q, k, clock_now_ms(), room, h, &n) == ERR_OK) {
            hand_out(q, h, n);
            if (n == room || queue_next_due(q, k, &due) != ERR_OK) continue;
        }
        if (due < next) next = due;
    }
    return next;
}

static void sleep_until_due(struct jobs *q, int64_t next)
{
    int64_t wait = q->o.poll_ms;
    if (next != INT64_MAX && next - clock_now_ms() < wait) wait = next - clock_now_ms();
    /* What is due and could not be claimed is held by another server, or the store refuses. */
    if (wait < 10) wait = 10;
    int64_t end = clock_mono_ms() + wait;
    struct timespec t = { .tv_sec = (time_t)(end / 1000), .tv_nsec = (long)(end % 1000) * 1000000 };
    (void)pthread_mutex_lock(&q->lock);
    while (!q->woken && !jobs_stopping(q) && pthread_cond_timedwait(&q->more, &q->lock, &t) == 0) continue;
    q->woken = false;
    (void)pthread_mutex_unlock(&q->lock);
}

static void watch(void *arg)
{
    struct jobs *q = arg;
    while (!jobs_stopping(q)) {
        int64_t next = claim_all(q);
        if (!jobs_stopping(q)) sleep_until_due(q, next);
    }
}

err jobs_start(struct jobs *q)
{
    TRY(queue_plan(q));
    TRY(store_on_change(q->o.store, JOBS_TOPIC, queue_wake, q));
    TRY(lane_new("jobs", q->o.threads, q->o.threads, &q->runners));
    TRY(lane_new("jobs watch", 1, 1, &q->watch));
    return lane_submit(q->watch, watch, q);
}

void jobs_halt(struct jobs *q)
{
    atomic_store(&q->stopping, true);
    store_off_change(q->o.store, queue_wake, q);
    queue_wake(q);
}

void jobs_stop(struct jobs *q)
{
    jobs_halt(q);
    lane_free(q->watch); /* first: it submits to the other */
    q->watch = NULL;
    lane_free(q->runners);
    q->runners = NULL;
}

void jobs_free(struct jobs *q)
{
    if (!q) return;
    jobs_stop(q);
    (void)pthread_cond_destroy(&q->more);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

err jobs_run_due(struct jobs *q, int64_t now_ms, size_t *ran)
{
    struct held *h[CLAIM_MAX];
    *ran = 0;
    for (size_t i = 0; i < q->o.n_kinds; i++) {
        size_t n;
        TRY(queue_claim(q, &q->o.kinds[i], now_ms, CLAIM_MAX, h, &n));
        for (size_t j = 0; j < n; j++) {
            h[j]->fixed_time = true;
            held_run(h[j]);
        }
        *ran += n;
    }
    return ERR_OK;
}

void jobs_stats(const struct jobs *q, struct jobs_stats *out)
{
    *out = (struct jobs_stats){ .running = atomic_load(&q->running),
                                .claimed = atomic_load(&q->claimed),
                                .done = atomic_load(&q->done),
                                .failed = atomic_load(&q->failed),
                                .dead = atomic_load(&q->dead),
                                .given_back = atomic_load(&q->given_back),
                                .lost = atomic_load(&q->lost),
                                .purged = atomic_load(&q->purged) };
}
