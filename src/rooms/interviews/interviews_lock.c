/* rooms/interviews/interviews_lock.c: a lock by session id, and a small memory of which worker has which session warm. Both are conveniences:
 * correctness rests on the compare-and-set of the store. */
#include "base/clock.h"
#include "base/fault.h"
#include "rooms/interviews/interviews_int.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { HELD_BUCKETS = 256, WARM_SLOTS = 4096 };

struct held {
    struct held *next;
    char id[SESSION_ID];
    size_t n;
};
struct session_locks {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    unsigned waiting, most; /* calls */
    struct held *bucket[HELD_BUCKETS];
};

static uint32_t hash_id(str id)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < id.n; i++) h = (h ^ (unsigned char)id.p[i]) * 16777619u;
    return h;
}

struct session_locks *session_locks_new(unsigned waiters)
{
    struct session_locks *l = fault_here() ? NULL : calloc(1, sizeof *l);
    if (!l) return NULL;
    l->most = waiters;
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&l->mutex, NULL);
    (void)pthread_cond_init(&l->freed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return l;
}

void session_locks_free(struct session_locks *l)
{
    if (!l) return;
    (void)pthread_cond_destroy(&l->freed);
    (void)pthread_mutex_destroy(&l->mutex);
    free(l);
}

static struct held **find_held(struct session_locks *l, str id)
{
    struct held **at = &l->bucket[hash_id(id) % HELD_BUCKETS];
    while (*at && !str_eq((str){ (*at)->id, (*at)->n }, id)) at = &(*at)->next;
    return at;
}

/* With the mutex held: until nobody has the session, or the time is over. Then the place where it is, or will be. */
static struct held **wait_for(struct session_locks *l, str id, int64_t wait_ms)
{
    int64_t end = clock_mono_ms() + wait_ms;
    struct timespec until = { end / 1000, end % 1000 * 1000000 };
    struct held **at = find_held(l, id);
    if (!*at || l->waiting == l->most) return at;
    l->waiting++;
    while (*at && pthread_cond_timedwait(&l->freed, &l->mutex, &until) != ETIMEDOUT) at = find_held(l, id);
    l->waiting--;
    return find_held(l, id);
}

err session_lock(struct session_locks *l, str id, int64_t wait_ms)
{
    struct held *own = fault_here() ? NULL : calloc(1, sizeof *own);
    if (!own) return ERR_NOMEM;
    own->n = id.n < SESSION_ID ? id.n : SESSION_ID;
    memcpy(own->id, id.p, own->n);
    (void)pthread_mutex_lock(&l->mutex);
    struct held **at = wait_for(l, id, wait_ms);
    bool free_now = *at == NULL;
    if (free_now) *at = own;
    (void)pthread_mutex_unlock(&l->mutex);
    if (!free_now) free(own);
    return free_now ? ERR_OK : ERR_BUSY;
}

void session_unlock(struct session_locks *l, str id)
{
    (void)pthread_mutex_lock(&l->mutex);
    struct held **at = find_held(l, id), *gone = *at;
    if (gone) *at = gone->next;
    (void)pthread_cond_broadcast(&l->freed);
    (void)pthread_mutex_unlock(&l->mutex);
    free(gone);
}

/* A direct-mapped table: a newer session takes the slot of an older one, which then merely is not warm. */
struct warm_slot {
    char id[SESSION_ID];
    size_t n;
    struct warm warm;
};
struct warm_table {
    pthread_mutex_t mutex;
    struct warm_slot slot[WARM_SLOTS];
};

struct warm_table *warm_new(void)
{
    struct warm_table *t = fault_here() ? NULL : calloc(1, sizeof *t);
    if (t) (void)pthread_mutex_init(&t->mutex, NULL);
    return t;
}

void warm_free(struct warm_table *t)
{
    if (!t) return;
    (void)pthread_mutex_destroy(&t->mutex);
    free(t);
}

static struct warm_slot *slot_of(struct warm_table *t, str id) { return &t->slot[hash_id(id) % WARM_SLOTS]; }
static bool holds(const struct warm_slot *s, str id) { return id.n > 0 && str_eq((str){ s->id, s->n }, id); }

bool warm_find(struct warm_table *t, str id, struct warm *out)
{
    (void)pthread_mutex_lock(&t->mutex);
    struct warm_slot *s = slot_of(t, id);
    bool hit = holds(s, id);
    if (hit) *out = s->warm;
    (void)pthread_mutex_unlock(&t->mutex);
    return hit;
}

void warm_keep(struct warm_table *t, str id, struct warm w)
{
    if (id.n > SESSION_ID) return;
    (void)pthread_mutex_lock(&t->mutex);
    struct warm_slot *s = slot_of(t, id);
    memcpy(s->id, id.p, id.n);
    s->n = id.n;
    s->warm = w;
    (void)pthread_mutex_unlock(&t->mutex);
}

void warm_forget(struct warm_table *t, str id)
{
    (void)pthread_mutex_lock(&t->mutex);
    struct warm_slot *s = slot_of(t, id);
    if (holds(s, id)) s->n = 0;
    (void)pthread_mutex_unlock(&t->mutex);
}
