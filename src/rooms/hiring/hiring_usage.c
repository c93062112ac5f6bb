/* rooms/hiring/hiring_usage.c: how often each API key was used (hiring 4): counted in memory, added to the store every second, before a list is answered
 * and at the end. The same entries limit the requests of a key in a minute.
 *
 * Invariant: a use is either waiting here or in the store, never both and never neither: what a flush takes out it adds, or puts back when the store
 * refuses. One flush at a time: who asks for one waits for the one that runs. */
#include "base/clock.h"
#include "base/lane.h"
#include "base/log.h"
#include "rooms/hiring/hiring_int.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { BUCKETS = 1024, FLUSH_EVERY_MS = 1000, WINDOW_MS = 60000, FLUSH_ARENA = 16 << 20, LOOK_EVERY_S = 5 };

struct entry {
    struct entry *next;
    char key_id[CRYPTO_UUID];
    int64_t uses, last_used_at_ms;   /* not yet in the store */
    int64_t window_at_ms, in_window; /* of the limit; window_at_ms: when it began */
};
struct usage {
    pthread_mutex_t lock;     /* of the entries */
    pthread_mutex_t flushing; /* held from taking out to having added */
    pthread_cond_t end;       /* with lock: stop */
    bool stop;
    struct lane *thread;
    struct entry *buckets[BUCKETS];
};

static struct entry **place_of(struct usage *u, str key_id)
{
    unsigned hash = 2166136261U;
    for (size_t i = 0; i < key_id.n; i++) hash = (hash ^ (unsigned char)key_id.p[i]) * 16777619U;
    struct entry **at = &u->buckets[hash % BUCKETS];
    while (*at && !str_eq((str){ (*at)->key_id, CRYPTO_UUID }, key_id)) at = &(*at)->next;
    return at;
}

/* With the lock. NULL without memory. */
static struct entry *entry_of(struct usage *u, str key_id)
{
    struct entry **at = place_of(u, key_id);
    if (!*at && key_id.n == CRYPTO_UUID) {
        *at = calloc(1, sizeof **at);
        if (*at) memcpy((*at)->key_id, key_id.p, CRYPTO_UUID);
    }
    return *at;
}

static void add(struct entry *e, int64_t uses, int64_t at_ms)
{
    e->uses += uses;
    if (at_ms > e->last_used_at_ms) e->last_used_at_ms = at_ms;
}

/* Also when the clock was set back: a key does not wait until it is there again. */
static bool window_over(const struct entry *e, int64_t now_ms) { return now_ms - e->window_at_ms >= WINDOW_MS || e->window_at_ms - now_ms >= WINDOW_MS; }

err hiring_usage_count(struct hiring *h, str key_id, int64_t now_ms, int64_t *wait_s)
{
    struct usage *u = h->usage;
    *wait_s = 0;
    (void)pthread_mutex_lock(&u->lock);
    struct entry *e = entry_of(u, key_id);
    if (e) {
        if (window_over(e, now_ms)) e->window_at_ms = now_ms, e->in_window = 0;
        if (h->o.key_per_minute && e->in_window >= h->o.key_per_minute)
            *wait_s = (e->window_at_ms + WINDOW_MS - now_ms + 999) / 1000;
        else
            e->in_window++, add(e, 1, now_ms);
    }
    (void)pthread_mutex_unlock(&u->lock);
    if (e && !*wait_s) atomic_fetch_add(&h->key_uses, 1);
    return e ? ERR_OK : ERR_NOMEM;
}

/* Flush */

struct batch {
    struct entry *v;
    size_t n;
};

static err write_batch(struct call *c)
{
    const struct batch *b = c->state;
    for (size_t i = 0; i < b->n; i++) TRY(hiring_key_add_uses(c, (str){ b->v[i].key_id, CRYPTO_UUID }, b->v[i].uses, b->v[i].last_used_at_ms));
    return ERR_OK;
}

/* Takes what is counted out of the entries, and drops those that nobody needs. */
static err take(struct usage *u, struct arena *mem, int64_t now_ms, struct batch *out)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct entry *e = u->buckets[i]; e; e = e->next) n += e->uses > 0;
    out->v = n ? NEW_N(mem, struct entry, n) : NULL;
    for (size_t i = 0; i < BUCKETS && (out->v || !n); i++)
        for (struct entry **at = &u->buckets[i], *e; (e = *at);) {
            if (out->v && e->uses) {
                out->v[out->n++] = *e;
                e->uses = 0;
            } else if (window_over(e, now_ms)) {
                *at = e->next;
                free(e);
                continue;
            }
            at = &e->next;
        }
    (void)pthread_mutex_unlock(&u->lock);
    return n && !out->v ? ERR_NOMEM : ERR_OK;
}

static err put_back(struct usage *u, const struct batch *b, err why)
{
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < b->n; i++) {
        struct entry *e = entry_of(u, (str){ b->v[i].key_id, CRYPTO_UUID });
        if (e)
            add(e, b->v[i].uses, b->v[i].last_used_at_ms);
        else
            LOG(LOG_ERROR, "uses of an API key lost: out of memory", LOG_I("uses", b->v[i].uses));
    }
    (void)pthread_mutex_unlock(&u->lock);
    return why;
}

static err flush(struct hiring *h)
{
    struct batch b = { 0 };
    struct call c = { .mem = arena_new(FLUSH_ARENA), .now_ms = clock_now_ms(), .state = &b };
    if (!c.mem) return ERR_NOMEM;
    err e = take(h->usage, c.mem, c.now_ms, &b);
    if (!e && b.n) {
        e = store_do(h->o.store, &c, TX_WRITE, write_batch);
        if (e) e = put_back(h->usage, &b, e);
    }
    arena_free(c.mem);
    return e;
}

err hiring_usage_flush(struct hiring *h)
{
    (void)pthread_mutex_lock(&h->usage->flushing);
    err e = flush(h);
    (void)pthread_mutex_unlock(&h->usage->flushing);
    return e;
}

/* Life */

static bool sleep_a_second(struct usage *u)
{
    int64_t end = clock_mono_ms() + FLUSH_EVERY_MS;
    struct timespec t = { .tv_sec = (time_t)(end / 1000), .tv_nsec = (long)(end % 1000) * 1000000 };
    (void)pthread_mutex_lock(&u->lock);
    while (!u->stop && pthread_cond_timedwait(&u->end, &u->lock, &t) == 0) continue;
    bool stop = u->stop;
    (void)pthread_mutex_unlock(&u->lock);
    return !stop;
}

struct look {
    struct hiring *hiring;
    int64_t oldest;
};

static err look(struct call *c)
{
    struct look *l = c->state;
    TRY(hiring_secrets_again(l->hiring, c));
    return hiring_outbox_oldest(c, &l->oldest);
}

/* What other servers and commands did: a new secret; and the age for /metrics, which waits for no store. */
static void look_around(struct hiring *h)
{
    struct look l = { .hiring = h };
    struct call c = { .mem = arena_new(FLUSH_ARENA), .now_ms = clock_now_ms(), .state = &l };
    if (c.mem && store_do(h->o.store, &c, TX_READ, look) == ERR_OK) atomic_store(&h->outbox_since_ms, l.oldest);
    arena_free(c.mem);
}

static void flush_every_second(void *arg)
{
    struct hiring *h = arg;
    for (int second = 0; sleep_a_second(h->usage); second++) {
        IGNORE(hiring_usage_flush(h)); /* the store has logged why; next time */
        if (second % LOOK_EVERY_S == 0) look_around(h);
    }
}

err hiring_usage_new(struct hiring *h)
{
    struct usage *u = h->usage = calloc(1, sizeof *u);
    pthread_condattr_t monotonic;
    if (!u) return ERR_NOMEM;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&u->lock, NULL);
    (void)pthread_mutex_init(&u->flushing, NULL);
    (void)pthread_cond_init(&u->end, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return ERR_OK;
}

err hiring_usage_start(struct hiring *h)
{
    TRY(lane_new("hiring uses", 1, 1, &h->usage->thread));
    return lane_submit(h->usage->thread, flush_every_second, h);
}

void hiring_usage_free(struct hiring *h)
{
    struct usage *u = h->usage;
    if (!u) return;
    (void)pthread_mutex_lock(&u->lock);
    u->stop = true;
    (void)pthread_cond_signal(&u->end);
    (void)pthread_mutex_unlock(&u->lock);
    lane_free(u->thread);
    if (hiring_usage_flush(h) != ERR_OK) LOG(LOG_ERROR, "the last uses of API keys could not be written", LOG_S("room", STR(HIRING)));
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = u->buckets[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
    (void)pthread_cond_destroy(&u->end);
    (void)pthread_mutex_destroy(&u->flushing);
    (void)pthread_mutex_destroy(&u->lock);
    free(u);
    h->usage = NULL;
}
