/* worker/worker.c: the door of this room: start, stop, and one call. */
#include "worker/worker.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "worker/worker_int.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIES = 3,       /* workers found dead before they were asked */
    GRACE_MS = 2000, /* the watch thread has this long to kill a late worker before its caller leaves without it */
    CAUSE_MS = 500,  /* how long a caller waits to learn what its worker died of */
    LOG_LINES = 100,
    LOG_LINE_BYTES = 1000,
};

/* start and stop */

static char *copy(str s)
{
    char *p = fault_here() ? NULL : malloc(s.n + 1);
    if (!p) return NULL;
    if (s.n) memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

static void release(struct workers *w)
{
    for (size_t i = 0; w->folders && i < w->n_folders; i++) free(w->folders[i]);
    free(w->folders);
    free(w->settings);
    free(w->program);
    free(w->slots);
    if (w->wake >= 0) close(w->wake);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static err cond_new(pthread_cond_t *c)
{
    pthread_condattr_t a;
    if (pthread_condattr_init(&a) != 0) return ERR_NOMEM;
    int e = pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    if (!e) e = pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
    return e ? ERR_NOMEM : ERR_OK;
}

static unsigned within(unsigned v, unsigned least, unsigned most) { return v < least ? least : v > most ? most : v; }

static err take_options(struct workers *w, const struct workers_options *o)
{
    w->max = within(o->max, 1, WORKERS_MAX);
    w->min = within(o->min, 0, w->max);
    w->memory_mb = o->memory_mb;
    w->cpu_s = within(o->cpu_s, 1, 1000 * 1000);
    w->wall_s = within(o->wall_s, 1, 1000 * 1000);
    w->slots = fault_here() ? NULL : calloc(w->max, sizeof *w->slots);
    w->folders = fault_here() ? NULL : calloc(o->n_folders + 1, sizeof *w->folders);
    w->program = copy(str_c(o->program));
    if (!w->slots || !w->folders || !w->program) return ERR_NOMEM;
    for (; w->n_folders < o->n_folders; w->n_folders++) {
        w->folders[w->n_folders] = copy(str_c(o->folders[w->n_folders]));
        if (!w->folders[w->n_folders]) return ERR_NOMEM;
    }
    if (str_absent(o->settings_json)) return ERR_OK;
    w->settings = copy(o->settings_json);
    w->n_settings = o->settings_json.n;
    return w->settings ? ERR_OK : ERR_NOMEM;
}

static err start(struct workers *w, struct arena *a, const struct workers_options *o, str *why)
{
    TRY(take_options(w, o));
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake < 0) return ERR_NOMEM;
    TRY(link_start(w, why, a));
    err e = watch_start(w);
    if (e != ERR_OK) link_stop(w);
    return e;
}

err workers_start(struct arena *a, const struct workers_options *o, struct workers **out, str *why)
{
    *why = STR("out of memory");
    struct workers *w = fault_here() ? NULL : calloc(1, sizeof *w);
    if (!w) return ERR_NOMEM;
    w->link = w->wake = -1;
    if (pthread_mutex_init(&w->lock, NULL) != 0) return free(w), ERR_NOMEM;
    if (cond_new(&w->changed) != ERR_OK) {
        pthread_mutex_destroy(&w->lock);
        return free(w), ERR_NOMEM;
    }
    err e = start(w, a, o, why);
    if (e != ERR_OK) return release(w), e;
    *out = w;
    return ERR_OK;
}

static void wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t mono_ms)
{
    struct timespec t = { .tv_sec = (time_t)(mono_ms / 1000), .tv_nsec = (long)(mono_ms % 1000) * 1000000 };
    (void)pthread_cond_timedwait(c, lock, &t);
}

static bool is_empty(const struct workers *w)
{
    for (unsigned i = 0; i < w->max; i++)
        if (w->slots[i].state != W_FREE) return false;
    return w->callers == 0;
}

/* Waits until every worker is gone and every caller has left; false at the deadline. */
static bool drain(struct workers *w, int64_t deadline_ms)
{
    while (!is_empty(w)) {
        if (clock_mono_ms() >= deadline_ms) return false;
        wait_until(&w->changed, &w->lock, deadline_ms);
    }
    return true;
}

static void dismiss_waiters(struct workers *w)
{
    while (w->first) {
        struct waiter *q = w->first;
        pool_leave(w, q);
        q->failed = "stop";
        pthread_cond_signal(&q->wake);
    }
}

/* Idle workers are told to end; those on their way up, and later those still at work, are killed. */
static void dismiss_workers(struct workers *w, bool busy_too)
{
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_IDLE)
            worker_end(w, k, "stop");
        else if (k->state == W_STARTING || (k->state == W_BUSY && busy_too))
            worker_kill(w, k, "stop");
    }
}

void workers_hurry(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    dismiss_waiters(w);
    dismiss_workers(w, true);
    pthread_mutex_unlock(&w->lock);
}

void workers_stop(struct workers *w)
{
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    dismiss_waiters(w);
    dismiss_workers(w, false);
    if (!drain(w, clock_mono_ms() + STOP_MS)) {
        dismiss_workers(w, true);
        (void)drain(w, clock_mono_ms() + GRACE_MS);
    }
    w->watching = false;
    watch_wake(w);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->watch, NULL);
    pthread_mutex_lock(&w->lock);
    link_stop(w); /* whatever is left dies with the zygote, and its callers see it */
    while (w->callers) pthread_cond_wait(&w->changed, &w->lock);
    for (unsigned i = 0; i < w->max; i++)
        if (w->slots[i].state != W_FREE) worker_settle(w, &w->slots[i]);
    pthread_mutex_unlock(&w->lock);
    release(w);
}

/* one call */

/* Waits for a worker of the package. *why: constant text. */
static err get_worker(struct workers *w, struct package *p, uint64_t affinity, int64_t deadline_ms, struct worker **out, const char **why)
{
    struct waiter me = { .package = p, .affinity = affinity };
    TRY(cond_new(&me.wake));
    pool_enqueue(w, &me);
    pool_balance(w);
    while (!me.got && !me.failed && clock_mono_ms() < deadline_ms) wait_until(&me.wake, &w->lock, deadline_ms);
    pthread_cond_destroy(&me.wake);
    *out = me.got;
    if (me.got) return ERR_OK;
    if (!me.failed) pool_leave(w, &me);
    *why = me.failed ? me.failed : "busy";
    return me.failed && !w->stopping ? ERR_WORKER : ERR_BUSY;
}

/* The worker goes back to the pool, or to its grave; *why: what it died of, if nobody knew. */
static void put_worker(struct workers *w, struct worker *k, err e, bool last, const char **why)
{
    if (e == ERR_OK && !last && k->state == W_BUSY) {
        k->attached = false;
        pool_enter(k, W_IDLE);
        return;
    }
    if (e == ERR_OK) {
        if (!k->why) k->why = "done";
        if (k->state != W_ENDING) pool_enter(k, W_ENDING);
    } else {
        /* It may be dead already, and then it is the way of its end that tells why. Speaking nonsense is reason enough. */
        int64_t deadline = clock_mono_ms() + CAUSE_MS;
        while (!*why && !k->ended && clock_mono_ms() < deadline) wait_until(&w->changed, &w->lock, deadline);
        if (!k->ended) worker_kill(w, k, *why ? *why : "crash");
        *why = worker_cause(w, k);
    }
    k->attached = false;
    if (k->ended) worker_settle(w, k);
}

static void log_lines(str package, const struct frame *reply)
{
    enum tag t;
    str line;
    int lines = 0;
    for (size_t at = 0; lines < LOG_LINES && frame_next(reply, &at, &t, &line);) {
        if (t != TAG_LOG) continue;
        lines++;
        LOG(LOG_INFO, "interview says", LOG_S("package", package), LOG_S("text", str_head(line, LOG_LINE_BYTES)));
    }
}

/* One try, with the lock held on entry and return. ERR_BUSY with *why NULL: that worker was dead already, try another. */
static err try_call(struct workers *w, struct arena *mem, struct package *p, const struct worker_ask *ask, struct frame *reply, uint64_t *served,
                    const char **why, int64_t deadline_ms)
{
    struct worker *k;
    TRY(get_worker(w, p, ask->affinity, deadline_ms, &k, why));
    w->stats.calls++;
    int socket = k->socket;
    uint64_t worker = k->id;
    int64_t wall_ms = (int64_t)w->wall_s * 1000;
    frame_stamp(ask->request, ++w->next_id, wall_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)wall_ms);
    pthread_mutex_unlock(&w->lock);
    bool last = false;
    err e = exchange(socket, mem, ask, clock_mono_ms() + wall_ms + GRACE_MS, reply, &last, why);
    pthread_mutex_lock(&w->lock);
    const char *cause = *why;
    put_worker(w, k, e, last, &cause);
    if (e == ERR_OK) {
        pool_remember(w, ask->affinity, worker);
        *served = worker;
    }
    if (e == ERR_WORKER) *why = cause;
    pool_balance(w);
    return e;
}

static err call(struct workers *w, struct arena *mem, const struct worker_ask *ask, struct frame *reply, uint64_t *served, const char **why)
{
    struct package *p = w->stopping ? NULL : package_of(w, ask->package);
    *why = w->stopping ? "stop" : "busy";
    if (!p) return ERR_BUSY;
    p->uses++;
    int64_t deadline = clock_mono_ms() + (int64_t)w->wall_s * 1000;
    err e = ERR_BUSY;
    *why = NULL;
    for (int i = 0; i < TRIES && e == ERR_BUSY && !*why; i++) e = try_call(w, mem, p, ask, reply, served, why, deadline);
    if (e == ERR_BUSY && !*why) *why = "crash", e = ERR_WORKER;
    return e;
}

/* What the worker would refuse, and end for, is refused here: a client's text that is no UTF-8 or too long must not cost a warm worker. */
static err request_check(const struct buf *request, const char **why)
{
    struct frame f;
    size_t rest;
    *why = "request";
    TRY(buf_ok(request));
    if (request->n < FRAME_HEAD || frame_head((str){ request->p, FRAME_HEAD }, &f, &rest) != ERR_OK) return ERR_INPUT;
    f.members = str_from(buf_str(request), FRAME_HEAD);
    return f.message == MSG_CALL && rest == f.members.n && frame_check(&f) == ERR_OK ? ERR_OK : ERR_INPUT;
}

err worker_call(struct workers *w, struct arena *mem, const struct worker_ask *ask, struct frame *reply, uint64_t *served, const char **why)
{
    TRY(request_check(ask->request, why));
    pthread_mutex_lock(&w->lock);
    w->callers++;
    err e = call(w, mem, ask, reply, served, why);
    w->callers--;
    if (w->stopping) pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (e == ERR_OK) log_lines(ask->package, reply);
    return e;
}

void workers_stats(struct workers *w, struct workers_stats *out)
{
    pthread_mutex_lock(&w->lock);
    *out = w->stats;
    for (unsigned i = 0; i < w->max; i++) {
        out->alive += w->slots[i].state != W_FREE;
        out->busy += w->slots[i].state == W_BUSY;
    }
    pthread_mutex_unlock(&w->lock);
}
