/* worker/worker.h: supervises the processes that run interview code.
 *
 * Invariants: (1) a worker belongs to one interview package for life; (2) one call at a time per worker; (3) a worker that is late, too large or breaks
 * the protocol is killed, and its call gets ERR_WORKER, nobody else's; (4) a call that was answered is never run again.
 * The zygote is chancery-worker, executed anew; workers are its forks (SCM_RIGHTS hands each its socket). */
#pragma once
#include "base/call.h"
#include "worker/frame.h"

struct workers;
struct workers_options {
    const char *program;  /* path of chancery-worker */
    const char **folders; /* package roots (interviews.packages), in order */
    size_t n_folders;
    unsigned min, max; /* kept ready (the most used packages), most at once */
    unsigned memory_mb, cpu_s, wall_s;
    str settings_json; /* TAG_SETTINGS */
};
err workers_start(struct arena *a, const struct workers_options *o, struct workers **out, str *why) MUST_CHECK;
/* No call waits any longer: those that run are cut short (ERR_WORKER, why "stop"), new ones refused. For a stop whose patience is over; workers_stop()
 * must still follow. */
void workers_hurry(struct workers *w);
void workers_stop(struct workers *w);

struct worker_ask {
    str package;
    uint64_t affinity;   /* any number that a caller prefers to see at the same worker again (a session's hash) */
    struct buf *request; /* a whole frame by frame_begin(MSG_CALL, 0, 0) … frame_end; id and deadline are filled in here */
    /* What the caller does while the worker works: short, once at most. NULL: nothing. */
    void (*meanwhile)(void *arg);
    void *arg;
};
/* Sends one MSG_CALL to a worker of the package and waits for its result; blocking, for slow-lane threads.
 * *served: which worker it was, to compare with the next call's.
 * *reply is checked (frame_check) and lives in mem.
 *   ERR_WORKER  died, late, out of memory, spoke nonsense; *why is a constant text for the log and the client: "time", "memory", "cpu", "crash", "protocol",
 *               "start"
 *   ERR_INPUT   the request is no frame that a worker would accept: a text that is not UTF-8, a member too long; nobody was asked
 *   ERR_BUSY    no worker became free before the deadline, or stopping
 *   ERR_NOMEM   the reply does not fit into mem; the worker is ended */
err worker_call(struct workers *w, struct arena *mem, const struct worker_ask *ask, struct frame *reply, uint64_t *served, const char **why) MUST_CHECK;

struct workers_stats {
    int64_t alive, busy, started, killed, calls, waiting;
};
void workers_stats(struct workers *w, struct workers_stats *out);
