/* jobs/jobs.h: work for later, which survives restarts: a durable queue in the table job, run by threads of this process or of another server.
 *
 * Invariants:
 *  1. A job exists if and only if the change that asked for it was committed: jobs_add() is part of the caller's transaction.
 *  2. At most one runner holds a job. Its hold is a lease: when it ends without an answer the job is due again (the server died).
 *  3. A job is run at least once. Rows that must change exactly once are changed together with job_finish().
 *  4. Only who holds the lease writes the outcome: each claim has a number, and the outcome asks for it.
 *  5. A kind with a period has one job, which never ends: it is due again a period after its last run, whichever server that was on.
 *  6. A job that failed too often is kept as dead, with its last error, until it is retried or old.
 * Payloads are opaque bytes; what is secret in them is sealed by whoever adds the job. Times are Unix ms, durations ms. Spec: server 1, 6. */
#pragma once
#include "store/store.h"

enum { JOBS_PAYLOAD_MAX = 32 << 20, JOBS_ERROR_MAX = 500 };

struct jobs;

/* One claimed job, as its function sees it; lives in the call's arena. */
struct job {
    struct store *store; /* for store_do() */
    struct jobs *queue;
    const char *kind;
    int64_t id;
    int64_t claim;   /* the number of this hold */
    int64_t attempt; /* from 1 */
    int64_t created_at_ms;
    str payload;
};

/* What happens to jobs of one name. Kinds are static tables; a server claims only kinds that it knows. */
struct job_kind {
    const char *name; /* "mail.send" */
    /* Outside a transaction, c->now_ms read just now. ERR_OK: done. ERR_BUSY: again later, and it does not count as a try. ERR_INPUT: dead at once,
     * since no repetition would help. Anything else: again after a pause, dead after the last try. The text of fail() is kept as the last
     * error, its first JOBS_ERROR_MAX bytes: nothing secret in it. */
    err (*run)(struct call *c, const struct job *j, void *arg);
    void *arg;
    int64_t tries;              /* at least 1 */
    int64_t backoff_ms;         /* pause after the first failure, doubled after each further one */
    int64_t backoff_max_ms;     /* its cap */
    const int64_t *schedule_ms; /* instead of both: the pause after the first failure, the second …; the last one from then on. NULL: none */
    size_t n_schedule;
    int64_t lease_ms;  /* longer than run ever takes */
    unsigned at_once;  /* most of the kind that this process runs at a time; 0: as many as there are threads */
    int64_t period_ms; /* 0: run for each jobs_add(); else the queue itself makes the one job of the kind, and tries are those of one period */
};

struct jobs_options {
    struct store *store;
    const struct job_kind *kinds; /* outlive the queue */
    size_t n_kinds;
    unsigned threads;     /* 0: 8; most of them wait for others */
    int64_t poll_ms;      /* how soon another server's jobs are seen at the latest; 0: 1,000 */
    bool alone;           /* no other process runs jobs of this store: what runs when we start is lost, and due at once */
    int64_t keep_done_ms; /* done and cancelled ones are purged after that; 0: a week */
    int64_t keep_dead_ms; /* 0: 90 days */
    size_t arena_max;     /* ceiling of a job's call; 0: 64 MiB */
};

/* ERR_NOMEM. No thread runs yet: enough for commands that add, list or retry beside a running server. */
err jobs_new(const struct jobs_options *o, struct jobs **out) MUST_CHECK;
/* Makes the jobs of kinds with a period where they are missing, and starts the threads. Outside a transaction. ERR_NOMEM, or the store's errors. */
err jobs_start(struct jobs *q) MUST_CHECK;
/* Nothing is claimed any more; returns at once. Any thread. */
void jobs_halt(struct jobs *q);
/* The same. Jobs that run are finished, those claimed but not begun are given back, Returns when the threads have ended. May be called twice. */
void jobs_stop(struct jobs *q);
/* Stops and frees; NULL is fine. The store is still open, and nobody adds any more. */
void jobs_free(struct jobs *q);
/* Whether jobs_stop() was called: a long job may return ERR_BUSY then. */
bool jobs_stopping(const struct jobs *q);
/* Claims and runs on this thread what is due at now_ms, which is also the time of the outcome; for commands and tests. *ran counts them. */
err jobs_run_due(struct jobs *q, int64_t now_ms, size_t *ran) MUST_CHECK;
/* Deletes what is older than its age, one small transaction after another, until there is nothing or the queue stops. */
err jobs_purge(struct jobs *q, int64_t now_ms, int64_t *gone) MUST_CHECK;

/* Inside a write. The threads of every server on the store are woken after the commit. due_at_ms: not before then; 0: at once. id may be NULL.
 * ERR_INPUT: a kind that is not in the table. ERR_LIMIT: payload too large. */
err jobs_add(struct jobs *q, struct call *c, const char *kind, str payload, int64_t due_at_ms, int64_t *id) MUST_CHECK;
/* Inside a write of the job itself: the job is done if and only if this transaction commits. ERR_CONFLICT: the lease was lost, or the job cancelled. */
err job_finish(struct call *c, const struct job *j) MUST_CHECK;
/* Inside a write: a job that has not ended becomes cancelled; what runs already is not interrupted, but its outcome is dropped. ERR_NOT_FOUND: none such. */
err jobs_cancel(struct call *c, int64_t id) MUST_CHECK;
/* Inside a write: a dead job has its tries back and is due at once. kind NULL: of any kind; id 0: all dead ones. *n: how many. */
err jobs_retry(struct jobs *q, struct call *c, const char *kind, int64_t id, int64_t *n) MUST_CHECK;

/* One row of a listing. */
struct job_row {
    str kind;
    int64_t id, attempt, created_at_ms;
    int64_t due_at_ms;   /* of a running one: when its lease ends */
    int64_t ended_at_ms; /* 0: not yet */
    str state;           /* "ready", "running", "done", "dead", "cancelled" */
    str last_error;      /* may be empty */
    int64_t payload_bytes;
};
#define JOBS_ALL "all" /* every state */
/* Inside a read: the newest, at most limit. kind NULL: of every kind; state NULL: those that are ready, running or dead. */
err jobs_list(struct call *c, const char *kind, const char *state, int64_t limit, struct job_row **out, size_t *n) MUST_CHECK;
/* Inside a read. ERR_NOT_FOUND. */
err jobs_payload(struct call *c, int64_t id, str *out) MUST_CHECK;

/* Counters of this process. */
struct jobs_stats {
    int64_t running; /* now */
    int64_t claimed, done, failed, dead, given_back;
    int64_t lost; /* outcomes dropped because the lease was lost or the job cancelled */
    int64_t purged;
};
void jobs_stats(const struct jobs *q, struct jobs_stats *out);
/* Inside a read: when the oldest of a kind that has not ended was added; INT64_MAX: there is none. */
err jobs_oldest(struct call *c, const char *kind, int64_t *created_at_ms) MUST_CHECK;
/* Inside a read: how many of a kind are in a state, over all servers. */
err jobs_count(struct call *c, const char *kind, const char *state, int64_t *out) MUST_CHECK;

struct jobs_depth {
    str kind, state; /* ready, running, dead */
    int64_t n;
    int64_t oldest_due_at_ms; /* when the one that waits longest was or is due */
};
/* Inside a read: what is to do or dead, over all servers; kinds and states without a job are left out. */
err jobs_depths(struct call *c, struct jobs_depth **out, size_t *n) MUST_CHECK;
/* The pause after that many failures (from 1). Pure. */
int64_t job_pause_ms(const struct job_kind *k, int64_t failures);

extern const struct migration jobs_migrations[];
extern const size_t jobs_migrations_n;
err jobs_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;
