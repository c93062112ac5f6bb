/* jobs/run.c: runs one claimed job and writes down what became of it. */
#include "base/clock.h"
#include "base/log.h"
#include "jobs/jobs_int.h"

enum { OUTCOME_ARENA = 64 << 10, WRITE_TRIES = 3 };

int64_t job_pause_ms(const struct job_kind *k, int64_t failures)
{
    if (k->schedule_ms) return k->schedule_ms[failures < (int64_t)k->n_schedule ? (failures > 1 ? failures - 1 : 0) : (int64_t)k->n_schedule - 1];
    int64_t pause = k->backoff_ms;
    for (int64_t i = 1; i < failures && pause < k->backoff_max_ms; i++) pause *= 2;
    return pause < k->backoff_max_ms ? pause : k->backoff_max_ms;
}

/* What is to be written. */
struct outcome {
    const struct job *job;
    const char *end; /* "done", "dead"; NULL: again */
    int64_t at_ms;   /* again: not before then */
    int64_t uncount; /* tries given back */
    str error;
    int64_t changed;
};

static err write_outcome(struct call *c)
{
    struct outcome *o = c->state;
    if (o->end) return db_run_count(c, &job_q[JQ_END], &o->changed, str_c(o->end), c->now_ms, o->error, o->job->id, o->job->claim);
    return db_run_count(c, &job_q[JQ_AGAIN], &o->changed, o->at_ms, o->error, o->uncount, o->job->id, o->job->claim);
}

/* If the store refuses for good, the lease ends by itself and the job is run again. */
static err settle(struct outcome *o, int64_t now_ms)
{
    err e = ERR_BUSY;
    for (int i = 0; e == ERR_BUSY && i < WRITE_TRIES; i++) {
        struct call c = { .mem = arena_new(OUTCOME_ARENA), .now_ms = now_ms, .state = o };
        if (!c.mem) return ERR_NOMEM;
        e = store_do(o->job->store, &c, TX_WRITE, write_outcome);
        arena_free(c.mem);
    }
    return e;
}

/* The function's text, cut at a character's end, as the row keeps it. */
static str error_text(const struct call *c, err e)
{
    str text = str_absent(c->why.text) || !c->why.text.n ? str_c(err_name(e)) : c->why.text;
    text = str_head(text, JOBS_ERROR_MAX);
    text.n = str_utf8_good(text);
    return str_head(text, str_find(text, '\0', 0));
}

static void tell(const struct held *h, const char *event, enum log_level level, str why)
{
    LOG(level, event, LOG_S("kind", str_c(h->job.kind)), LOG_I("id", h->job.id), LOG_I("attempt", h->job.attempt), LOG_S("why", why));
}

/* Not the end: due again, with all its tries. */
static void next_period(const struct held *h, struct outcome *o, int64_t now_ms)
{
    o->end = NULL;
    o->at_ms = now_ms + h->kind->period_ms;
    o->uncount = h->job.attempt;
}

static struct outcome judge(struct held *h, err e, int64_t now_ms)
{
    struct outcome o = { .job = &h->job, .error = error_text(&h->c, e) };
    struct jobs *q = h->job.queue;
    if (e == ERR_OK) {
        o.end = "done";
        o.error = STR("");
        if (h->kind->period_ms) next_period(h, &o, now_ms);
    } else if (e == ERR_BUSY) {
        o.uncount = 1;
        o.at_ms = now_ms + job_pause_ms(h->kind, 1);
        atomic_fetch_add(&q->given_back, 1);
    } else if (h->kind->period_ms && (e == ERR_INPUT || h->job.attempt >= h->kind->tries)) {
        next_period(h, &o, now_ms);
        atomic_fetch_add(&q->failed, 1);
        tell(h, "job failed, again in its next period", LOG_ERROR, o.error);
    } else if (e == ERR_INPUT || h->job.attempt >= h->kind->tries) {
        o.end = "dead";
        atomic_fetch_add(&q->dead, 1);
        tell(h, "job dead", LOG_ERROR, o.error);
    } else {
        o.at_ms = now_ms + job_pause_ms(h->kind, h->job.attempt);
        atomic_fetch_add(&q->failed, 1);
        tell(h, "job failed, again later", LOG_WARN, o.error);
    }
    return o;
}

/* Counted beyond its tries: each runner before died with it, or the store refused every outcome. */
static err run(struct held *h)
{
    if (h->job.attempt > h->kind->tries) return fail(&h->c, ERR_LIMIT, NULL, "no runner came back from it");
    return h->kind->run(&h->c, &h->job, h->kind->arg);
}

void held_run(struct held *h)
{
    struct jobs *q = h->job.queue;
    atomic_fetch_add(&q->running, 1);
    if (!h->fixed_time) h->c.now_ms = clock_now_ms();
    err e = run(h);
    int64_t now_ms = h->fixed_time ? h->c.now_ms : clock_now_ms();
    struct outcome o = judge(h, e, now_ms);
    err written = settle(&o, now_ms);
    /* A job that finished itself in its own transaction has ended already. */
    if (e == ERR_OK && written == ERR_OK) atomic_fetch_add(&q->done, 1);
    if (e != ERR_OK && written == ERR_OK && !o.changed) atomic_fetch_add(&q->lost, 1);
    if (written != ERR_OK) tell(h, "job's outcome not written, it will be run again", LOG_ERROR, str_c(err_name(written)));
    atomic_fetch_sub(&q->running, 1);
    held_free(h);
}

void held_give_back(struct held *h)
{
    struct outcome o = { .job = &h->job, .at_ms = h->c.now_ms, .uncount = 1, .error = STR("") };
    IGNORE(settle(&o, h->c.now_ms)); /* the end of its lease does it too */
    atomic_fetch_add(&h->job.queue->given_back, 1);
    held_free(h);
}
