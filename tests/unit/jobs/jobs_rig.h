/* tests/unit/jobs/jobs_rig.h: a store with the queue's table, one kind of job that does as it is told, and transactions in one line. */
#pragma once
#include "../store/rig.h"
#include "jobs/jobs.h"

enum { LEASE_MS = 5000, PAUSE_MS = 100, PAUSE_MAX_MS = 350, TRIES = 3, NOW = 1000000 };

struct bench {
    struct rig *r;
    struct jobs *q;
};
/* What the job's function returns, how often it ran, and something that it does on the way. */
struct plan {
    err answer;
    int ran;
    int64_t attempt;
    str payload; /* of the last run, first bytes */
    char bytes[32];
    void (*meanwhile)(struct call *c, const struct job *j);
};
extern struct plan plan;

int bench_setup(void **state);
int bench_teardown(void **state);
/* Another server's queue on the same store. */
struct jobs *bench_queue(struct bench *b, unsigned threads, int64_t poll_ms);
/* One write or read of its own. */
err bench_do(struct bench *b, enum tx tx, int64_t now_ms, err (*fn)(struct call *), void *state);
/* Adds "test" with that payload; the id. */
int64_t bench_add(struct bench *b, const char *payload, int64_t due_at_ms);
int64_t bench_count(struct bench *b, const char *state);
size_t bench_run(struct bench *b, int64_t now_ms);
