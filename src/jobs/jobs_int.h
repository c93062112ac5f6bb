/* jobs/jobs_int.h: what the files of the queue share. */
#pragma once
#include "base/lane.h"
#include "jobs/jobs.h"
#include <pthread.h>
#include <stdatomic.h>

#define JOBS_TOPIC "jobs" /* store_notify(): there may be something to claim */
enum { CLAIM_MAX = 64, PURGE_BATCH = 500 };

struct jobs {
    struct jobs_options o;
    struct lane *runners;
    struct lane *watch; /* one thread: claims, sleeps */
    /* Guarded by lock: woken, free_slots and of_kind. */
    pthread_mutex_t lock;
    pthread_cond_t more; /* monotonic clock */
    bool woken;
    unsigned free_slots;
    atomic_bool stopping;
    atomic_llong running, claimed, done, failed, dead, given_back, lost, purged;
    unsigned of_kind[]; /* running or about to, by the place in o.kinds; guarded by lock */
};

enum {
    JQ_ADD,
    JQ_NEXT_DUE,
    JQ_CLAIM,
    JQ_END,
    JQ_AGAIN,
    JQ_CANCEL,
    JQ_SOONER,
    JQ_ORPHANS,
    JQ_RETRY_ONE,
    JQ_RETRY_KIND,
    JQ_RETRY_ALL,
    JQ_LIST_OPEN,
    JQ_LIST_STATE,
    JQ_LIST_KIND,
    JQ_ANY_OPEN,
    JQ_ANY_STATE,
    JQ_ANY,
    JQ_PAYLOAD,
    JQ_COUNT,
    JQ_DEPTHS,
    JQ_OLDEST,
    JQ_PURGE,
    JQ__COUNT
};
extern const struct query job_q[JQ__COUNT];

/* A job that this process holds, with memory of its own: it goes from the watch to a runner. */
struct held {
    const struct job_kind *kind;
    struct call c; /* mem is its own */
    struct job job;
    bool fixed_time; /* jobs_run_due(): c.now_ms stays */
};
/* When the next of that kind is due; INT64_MAX: none. */
err queue_next_due(struct jobs *q, const struct job_kind *k, int64_t *out) MUST_CHECK;
/* Claims at most n (CLAIM_MAX) of what is due at now_ms. Each of *out is the caller's: held_run() or held_free(). */
err queue_claim(struct jobs *q, const struct job_kind *k, int64_t now_ms, size_t n, struct held *out[static CLAIM_MAX], size_t *n_out) MUST_CHECK;
/* Runs it, writes the outcome and frees it. */
void held_run(struct held *h);
/* Gives it back untouched, as if it had not been claimed, and frees it. */
void held_give_back(struct held *h);
void held_free(struct held *h);
/* Tells the watch that there may be something to do. */
void queue_wake(void *queue);
/* What must be there before anything is claimed: the one job of each kind that has a period; what a process before us held is due (alone). */
err queue_plan(struct jobs *q) MUST_CHECK;
