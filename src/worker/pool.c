/* worker/pool.c: which waiting call gets which worker, and when workers are started and ended. Decides; zygote_link.c acts.
 *
 * Waiters are served in order of arrival. For each: an idle worker of its package (the one that served its affinity last, if that is idle), else a
 * new one, else, at the ceiling, the longest idle worker of another package makes room. */
#include "base/clock.h"
#include "worker/worker_int.h"

/* packages */

static bool is_idle_entry(const struct package *p) { return !p->workers && !p->waiting; }

/* An entry to use: a free one, else the least used of those that nobody needs. NULL if there is none. */
static struct package *package_slot(struct workers *w)
{
    if (w->n_packages < PACKAGES_MAX) return &w->packages[w->n_packages++];
    struct package *best = NULL;
    for (size_t i = 0; i < PACKAGES_MAX; i++) {
        struct package *p = &w->packages[i];
        if (is_idle_entry(p) && (!best || p->uses < best->uses)) best = p;
    }
    return best;
}

struct package *package_of(struct workers *w, str name)
{
    if (name.n == 0 || name.n > NAME_MAX_BYTES || str_find(name, '\0', 0) != name.n) return NULL;
    for (size_t i = 0; i < w->n_packages; i++)
        if (str_is(name, w->packages[i].name)) return &w->packages[i];
    struct package *p = package_slot(w);
    if (!p) return NULL;
    *p = (struct package){ 0 };
    memcpy(p->name, name.p, name.n);
    return p;
}

void pool_enter(struct worker *k, enum worker_state state)
{
    struct package *p = k->package;
    p->workers -= k->state != W_FREE;
    p->starting -= k->state == W_STARTING;
    p->idle -= k->state == W_IDLE;
    k->state = state;
    k->since_ms = clock_mono_ms();
    p->workers += state != W_FREE;
    p->starting += state == W_STARTING;
    p->idle += state == W_IDLE;
}

/* the queue */

void pool_enqueue(struct workers *w, struct waiter *q)
{
    q->next = NULL;
    q->prev = w->last;
    if (w->last)
        w->last->next = q;
    else
        w->first = q;
    w->last = q;
    q->package->waiting++;
    w->stats.waiting++;
}

void pool_leave(struct workers *w, struct waiter *q)
{
    if (q->prev)
        q->prev->next = q->next;
    else
        w->first = q->next;
    if (q->next)
        q->next->prev = q->prev;
    else
        w->last = q->prev;
    q->package->waiting--;
    w->stats.waiting--;
}

/* Spreads neighbouring numbers (Fibonacci hashing). */
static size_t place_of(uint64_t affinity) { return (size_t)(affinity * UINT64_C(0x9E3779B97F4A7C15) >> 52) & (RECENT - 1); }

void pool_remember(struct workers *w, uint64_t affinity, uint64_t worker)
{
    size_t at = place_of(affinity);
    w->recent[at].affinity = affinity;
    w->recent[at].worker = worker;
}

/* The idle worker that suits best: the one with the affinity, else the one used last, so that the others grow old. */
static struct worker *pick(struct workers *w, const struct waiter *q)
{
    size_t at = place_of(q->affinity);
    uint64_t wanted = w->recent[at].affinity == q->affinity ? w->recent[at].worker : 0;
    struct worker *best = NULL;
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state != W_IDLE || k->package != q->package) continue;
        if (k->id == wanted) return k;
        if (!best || k->since_ms > best->since_ms) best = k;
    }
    return best;
}

static void hand_over(struct workers *w, struct waiter *q, struct worker *k)
{
    pool_leave(w, q);
    pool_enter(k, W_BUSY);
    k->attached = true;
    k->cpu_base_us = worker_cpu_us(k);
    k->calls++;
    q->got = k;
    pthread_cond_signal(&q->wake);
}

static unsigned count(const struct workers *w, enum worker_state state)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->max; i++) n += w->slots[i].state == state;
    return n;
}

/* The longest idle worker of another package. One whose own package has calls waiting (younger ones: the queue is served in order) goes only to a
 * package that has none at all, so that neither starves and workers do not change hands at every call. */
static struct worker *victim(struct workers *w, const struct package *p)
{
    struct worker *best = NULL;
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state != W_IDLE || k->package == p || (k->package->waiting && p->workers)) continue;
        if (!best || k->since_ms < best->since_ms) best = k;
    }
    return best;
}

/* Waiters that got nobody: one start each, as far as there is room; ends of others as far as there will be. */
struct needs {
    unsigned room;   /* free slots */
    unsigned coming; /* slots that will be free soon */
};

static void provide(struct workers *w, struct needs *n, struct package *p)
{
    if (p->unclaimed) {
        p->unclaimed--;
    } else if (n->room) {
        if (clock_mono_ms() >= p->not_before_ms && link_fork(w, p)) n->room--;
    } else if (n->coming) {
        n->coming--;
    } else {
        struct worker *k = victim(w, p);
        if (k) worker_end(w, k, "room");
    }
}

void pool_balance(struct workers *w)
{
    if (w->stopping || !w->first) return;
    struct needs n = { .room = count(w, W_FREE), .coming = count(w, W_ENDING) };
    for (struct waiter *q = w->first; q; q = q->next) q->package->unclaimed = q->package->starting;
    for (struct waiter *q = w->first, *next; q; q = next) {
        next = q->next;
        struct worker *k = q->package->idle ? pick(w, q) : NULL;
        if (k)
            hand_over(w, q, k);
        else
            provide(w, &n, q->package);
    }
}

void pool_start_failed(struct workers *w, struct package *p, const char *why)
{
    bool first = p->is_proven; /* since a start that went well */
    p->is_proven = false;
    if (first) return; /* whoever killed it (the kernel, short of memory) did not mean the package: its callers wait for the next one */
    p->backoff_ms = p->backoff_ms ? 2 * p->backoff_ms : BACKOFF_MS;
    if (p->backoff_ms > BACKOFF_MAX_MS) p->backoff_ms = BACKOFF_MAX_MS;
    p->not_before_ms = clock_mono_ms() + p->backoff_ms;
    for (struct waiter *q = w->first, *next; q; q = next) {
        next = q->next;
        if (q->package != p) continue;
        pool_leave(w, q);
        q->failed = why;
        pthread_cond_signal(&q->wake);
    }
}

/* when nobody waits */

/* The package that deserves the next ready worker: most uses per worker it has (d'Hondt). */
static struct package *most_wanted(struct workers *w)
{
    struct package *best = NULL;
    for (size_t i = 0; i < w->n_packages; i++) {
        struct package *p = &w->packages[i];
        if (!p->uses || !p->is_proven) continue;
        if (!best || p->uses * (best->workers + 1) > best->uses * (p->workers + 1)) best = p;
    }
    return best;
}

/* The worker idle for the longest, if that is too long. */
static struct worker *stale(struct workers *w, int64_t now)
{
    struct worker *best = NULL;
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_IDLE && now - k->since_ms >= IDLE_MS && (!best || k->since_ms < best->since_ms)) best = k;
    }
    return best;
}

void pool_keep_ready(struct workers *w)
{
    if (w->stopping) return;
    int64_t now = clock_mono_ms();
    unsigned alive = w->max - count(w, W_FREE) - count(w, W_ENDING), ready = alive - count(w, W_BUSY);
    for (struct worker *k; ready > w->min && (k = stale(w, now)); ready--) worker_end(w, k, "idle");
    for (struct package *p; alive < w->min && (p = most_wanted(w)); alive++)
        if (!link_fork(w, p)) return;
}
