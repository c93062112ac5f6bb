/* main/retention.h: the job that removes what is over and old. Spec: server 6. */
#pragma once
#include "jobs/jobs.h"
#include "main/config.h"
#include "auth/auth.h"

/* c outlives the queue. */
struct job_kind retention_kind(const struct config *c);

/* What both jobs have in common: a kind that runs again and again, and the end of a round, which the next one goes on from. */
enum { RETENTION_ROUND_MS = 120000 };
struct job_kind retention_job(const char *name, err (*run)(struct call *c, const struct job *j, void *arg), void *arg, int64_t every_s);
bool retention_round_over(const struct job *j, int64_t end_ms); /* end_ms by clock_mono_ms(); also when the server stops */

/* The job that removes files which nothing names. of outlives the queue; one round at a time changes it. */
enum { FILES_KEPT_LEAST_S = 3600 }; /* longer than a file waits for its row: a step may ask again and again */
struct files_round {
    struct files *files;
    int64_t keep_s; /* so long nobody has put them */
    unsigned at;    /* where the next round begins */
};
struct job_kind files_kind(struct files_round *of, int64_t every_s);
