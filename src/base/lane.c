/* base/lane.c: a ring of waiting calls, a lock, and the threads that empty it.
 *
 * The thread that was busy last is woken first: what it keeps for itself (its memory, its connection to the store) is warm, and those that are not needed
 * stay asleep. */
#include "base/lane.h"
#include "base/fault.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct task {
    void (*run)(void *);
    void *arg;
};
struct server { /* one thread */
    struct lane *lane;
    pthread_t thread;
    pthread_cond_t wake;
    bool called;          /* of one that sleeps: it shall look again */
    struct server *under; /* who fell asleep before */
};
struct lane {
    pthread_mutex_t lock;
    struct task *ring;
    unsigned room, first, waiting;
    bool stopping;
    char name[16];
    unsigned n_servers;
    struct server *servers, *idle; /* idle: who fell asleep last */
};

/* With the lock held. NULL: nobody sleeps. The signal is for after the lock, which whoever wakes needs. */
static struct server *call_one(struct lane *l)
{
    struct server *s = l->idle;
    if (!s) return NULL;
    l->idle = s->under;
    s->called = true;
    return s;
}

static void rest(struct lane *l, struct server *me)
{
    me->called = false;
    me->under = l->idle;
    l->idle = me;
    while (!me->called) (void)pthread_cond_wait(&me->wake, &l->lock);
}

/* Waits for a task; false when the lane stops and nothing is left. */
static bool take(struct lane *l, struct server *me, struct task *out)
{
    (void)pthread_mutex_lock(&l->lock);
    while (!l->waiting && !l->stopping) rest(l, me);
    bool any = l->waiting > 0;
    if (any) {
        *out = l->ring[l->first];
        l->first = (l->first + 1) % l->room;
        l->waiting--;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return any;
}

static void *serve(void *arg)
{
    struct server *me = arg;
    struct task t;
    (void)pthread_setname_np(pthread_self(), me->lane->name);
    while (take(me->lane, me, &t)) t.run(t.arg);
    return NULL;
}

static bool start_one(struct lane *l)
{
    struct server *s = &l->servers[l->n_servers];
    *s = (struct server){ .lane = l, .wake = PTHREAD_COND_INITIALIZER };
    if (fault_here() || pthread_create(&s->thread, NULL, serve, s) != 0) return false;
    l->n_servers++;
    return true;
}

/* Signals belong to the main thread: the lane's threads start with all of them blocked. */
static bool start_threads(struct lane *l, unsigned threads)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (l->n_servers < threads && start_one(l)) {
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return l->n_servers == threads;
}

err lane_new(const char *name, unsigned threads, unsigned queue, struct lane **out)
{
    struct lane *l = fault_here() ? NULL : calloc(1, sizeof *l);
    if (!l) return ERR_NOMEM;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)strncpy(l->name, name, sizeof l->name - 1);
    l->room = queue ? queue : 1;
    l->ring = fault_here() ? NULL : calloc(l->room, sizeof *l->ring);
    l->servers = fault_here() ? NULL : calloc(threads ? threads : 1, sizeof *l->servers);
    if (!l->ring || !l->servers || !start_threads(l, threads ? threads : 1)) return lane_free(l), ERR_NOMEM;
    *out = l;
    return ERR_OK;
}

err lane_submit(struct lane *l, void (*run)(void *), void *arg)
{
    (void)pthread_mutex_lock(&l->lock);
    bool full = l->stopping || l->waiting == l->room;
    struct server *one = full ? NULL : call_one(l);
    if (!full) {
        l->ring[(l->first + l->waiting) % l->room] = (struct task){ run, arg };
        l->waiting++;
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (one) (void)pthread_cond_signal(&one->wake);
    return full ? ERR_BUSY : ERR_OK;
}

unsigned lane_depth(struct lane *l)
{
    (void)pthread_mutex_lock(&l->lock);
    unsigned n = l->waiting;
    (void)pthread_mutex_unlock(&l->lock);
    return n;
}

void lane_free(struct lane *l)
{
    if (!l) return;
    (void)pthread_mutex_lock(&l->lock);
    l->stopping = true;
    for (struct server *s; (s = call_one(l));) (void)pthread_cond_signal(&s->wake);
    (void)pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->n_servers; i++) (void)pthread_join(l->servers[i].thread, NULL);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->ring);
    free(l->servers);
    free(l);
}
