/* worker/worker_int.h: what the files of this room share. Private.
 *
 * One lock guards everything here but a busy worker's socket, which belongs to its caller. A slot is freed and its descriptors are closed only when
 * its process has ended and no caller is attached; the watch thread alone waits on sockets of workers that are starting and on the link, and it
 * alone moves them out of that state: so nobody ever meets a descriptor that has become something else. */
#pragma once
#include "worker/worker.h"
#include <pthread.h>
#include <sys/types.h>

enum {
    PACKAGES_MAX = 256,   /* known at once; the least used ones without workers make room */
    NAME_MAX_BYTES = 255, /* of a package */
    RECENT = 4096,        /* remembered places of affinities; a power of two */
    IDLE_MS = 60 * 1000,  /* a worker beyond min is ended after this long without a call */
    START_MS = 20 * 1000, /* from MSG_FORK to MSG_READY */
    STOP_MS = 500,        /* from MSG_STOP to SIGKILL */
    BACKOFF_MS = 100,
    BACKOFF_MAX_MS = 10 * 1000,
    WORKERS_MAX = 1024,
};

enum worker_state {
    W_FREE,     /* slot unused */
    W_STARTING, /* MSG_FORK sent; not ready */
    W_IDLE,
    W_BUSY,   /* owned by a caller */
    W_ENDING, /* told to stop or killed; waits for MSG_ENDED */
};

struct package {
    char name[NAME_MAX_BYTES + 1];
    uint64_t uses;    /* halved now and then, so that it tells about lately */
    unsigned workers; /* slots not free */
    unsigned starting, idle, waiting;
    unsigned unclaimed;                /* scratch of pool_balance: starting workers that no earlier waiter counts on */
    bool is_proven;                    /* its last start succeeded: only such packages are kept ready */
    int64_t not_before_ms, backoff_ms; /* after a start that failed */
};

struct worker {
    enum worker_state state;
    struct package *package;
    uint64_t id; /* unique for the server's life; also the id of its MSG_FORK */
    pid_t pid;   /* 0 until MSG_FORKED */
    int pidfd, socket;
    int64_t since_ms; /* when it entered the state */
    int64_t started_us;
    uint64_t calls;
    int64_t cpu_base_us; /* processor time when the call began; -1: unknown */
    const char *why;     /* first cause of its end, constant; NULL while it lives */
    bool ready;          /* MSG_READY came */
    bool attached;       /* a caller still looks at it */
    bool ended;          /* MSG_ENDED came, or the zygote is gone */
    int status;          /* as wait(2) gives it, once ended */
    uint64_t memory_kib;
};

struct waiter {
    struct waiter *prev, *next; /* all waiters in order of arrival */
    struct package *package;
    uint64_t affinity;
    struct worker *got; /* set by pool_balance */
    const char *failed; /* set when the package's worker did not start */
    pthread_cond_t wake;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a worker ended, a caller left */
    pthread_t watch;
    bool watching, stopping;

    char *program;
    char **folders;
    size_t n_folders;
    unsigned min, max, memory_mb, cpu_s, wall_s;
    char *settings; /* n_settings bytes; NULL: none */
    size_t n_settings;

    pid_t zygote;   /* 0: none */
    int link, wake; /* socket to the zygote; eventfd for the watch thread; -1: none */
    int64_t zygote_since_ms, zygote_not_before_ms, zygote_backoff_ms;
    bool noted; /* the notes of this zygote's first worker are logged */

    struct worker *slots; /* max of them */
    struct package packages[PACKAGES_MAX];
    size_t n_packages;
    struct waiter *first, *last;
    struct {
        uint64_t affinity, worker;
    } recent[RECENT];
    uint64_t next_id;
    unsigned callers; /* threads inside worker_call */
    struct workers_stats stats;
};

/* pool.c: who gets which worker. All with the lock held. */
struct package *package_of(struct workers *w, str name);    /* found or made; NULL: too many, or no name for a package */
void pool_enter(struct worker *k, enum worker_state state); /* changes state and the package's counters */
void pool_balance(struct workers *w);                       /* hands idle workers to waiters, starts and ends workers as needed */
void pool_keep_ready(struct workers *w);                    /* starts workers up to min, ends those idle for long beyond it */
void pool_enqueue(struct workers *w, struct waiter *q);
void pool_leave(struct workers *w, struct waiter *q);
void pool_remember(struct workers *w, uint64_t affinity, uint64_t worker);
void pool_start_failed(struct workers *w, struct package *p, const char *why);

/* zygote_link.c: the zygote, and ends of workers. With the lock held. */
err link_start(struct workers *w, str *why, struct arena *a); /* both may be NULL */
bool link_fork(struct workers *w, struct package *p);         /* takes a free slot and sends MSG_FORK; false: not now */
void link_read(struct workers *w);                            /* every waiting message of the zygote */
void link_lost(struct workers *w);                            /* the zygote is gone: so are its workers */
void link_stop(struct workers *w);                            /* closes the link and waits for the zygote to end */
void worker_kill(struct workers *w, struct worker *k, const char *why);
void worker_end(struct workers *w, struct worker *k, const char *why); /* politely: MSG_STOP; for idle ones */
void worker_settle(struct workers *w, struct worker *k);               /* ended and not attached: says so in the log, frees the slot */
const char *worker_cause(const struct workers *w, struct worker *k);   /* of an ended worker: k->why, found out if nobody had said */

/* watch.c: the thread that watches. */
err watch_start(struct workers *w);
void watch_wake(struct workers *w);
int64_t worker_cpu_us(const struct worker *k); /* -1: unknown */

/* exchange.c: one call on a worker that the caller owns; without the lock. */
/* ERR_OK: *reply lives in mem, *last: the worker ends by itself. ERR_WORKER: *why is "protocol", or NULL when the worker died or was killed.
 * ERR_BUSY: it was gone before it was asked: ask another. ERR_NOMEM: mem is full; the worker is of no further use. */
err exchange(int socket, struct arena *mem, const struct worker_ask *ask, int64_t give_up_ms, struct frame *reply, bool *last, const char **why);
