/* base/lane.c: a ring of waiting calls, a lock, and the threads that empty it. */
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
struct lane {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct task *ring;
    unsigned room, first, waiting;
    bool stopping;
    char name[16];
    unsigned n_threads;
    pthread_t *threads;
};

/* Waits for a task; false when the lane stops and nothing is left. */
static bool take(struct lane *l, struct task *out)
{
    (void)pthread_mutex_lock(&l->lock);
    while (!l->waiting && !l->stopping) (void)pthread_cond_wait(&l->more, &l->lock);
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
    struct lane *l = arg;
    struct task t;
    (void)pthread_setname_np(pthread_self(), l->name);
    while (take(l, &t)) t.run(t.arg);
    return NULL;
}

/* Signals belong to the main thread: the lane's threads start with all of them blocked. */
static bool start_threads(struct lane *l, unsigned threads)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (l->n_threads < threads && !fault_here() && pthread_create(&l->threads[l->n_threads], NULL, serve, l) == 0) l->n_threads++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return l->n_threads == threads;
}

err lane_new(const char *name, unsigned threads, unsigned queue, struct lane **out)
{
    struct lane *l = fault_here() ? NULL : calloc(1, sizeof *l);
    if (!l) return ERR_NOMEM;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->more, NULL);
    (void)strncpy(l->name, name, sizeof l->name - 1);
    l->room = queue ? queue : 1;
    l->ring = fault_here() ? NULL : calloc(l->room, sizeof *l->ring);
    l->threads = fault_here() ? NULL : calloc(threads ? threads : 1, sizeof *l->threads);
    if (!l->ring || !l->threads || !start_threads(l, threads ? threads : 1)) return lane_free(l), ERR_NOMEM;
    *out = l;
    return ERR_OK;
}

err lane_submit(struct lane *l, void (*run)(void *), void *arg)
{
    (void)pthread_mutex_lock(&l->lock);
    bool full = l->stopping || l->waiting == l->room;
    if (!full) {
        l->ring[(l->first + l->waiting) % l->room] = (struct task){ run, arg };
        l->waiting++;
        (void)pthread_cond_signal(&l->more);
    }
    (void)pthread_mutex_unlock(&l->lock);
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
    (void)pthread_cond_broadcast(&l->more);
    (void)pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->n_threads; i++) (void)pthread_join(l->threads[i], NULL);
    (void)pthread_cond_destroy(&l->more);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->ring);
    free(l->threads);
    free(l);
}
