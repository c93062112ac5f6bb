/* worker/watch.c: the one thread that keeps an eye on everything: the zygote, workers on their way up, and calls beyond their limits. */
#include "base/clock.h"
#include "base/log.h"
#include "worker/worker_int.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 100, TICK_IDLE_MS = 500, FORGET_MS = 600 * 1000 };

void watch_wake(struct workers *w)
{
    uint64_t one = 1;
    if (write(w->wake, &one, sizeof one) < 0) { /* full: it is awake anyway */
    }
}

int64_t worker_cpu_us(const struct worker *k)
{
    clockid_t clock;
    struct timespec t;
    if (k->pid <= 0 || clock_getcpuclockid(k->pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return -1;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* workers on their way up */

static void log_notes(struct workers *w, str notes)
{
    if (w->noted) return;
    w->noted = true;
    for (str line; notes.n && (str_cut(&notes, '\n', &line), true);)
        if (line.n) LOG(LOG_WARN, "worker sandbox incomplete", LOG_S("note", line));
}

static void became_ready(struct workers *w, struct worker *k, const struct frame *f)
{
    str refused = frame_get(f, TAG_ERROR);
    if (!str_absent(refused)) {
        LOG(LOG_ERROR, "worker does not start", LOG_S("package", str_c(k->package->name)), LOG_S("error", refused));
        worker_kill(w, k, "start");
        return;
    }
    log_notes(w, frame_get(f, TAG_NOTES));
    k->ready = true;
    k->package->is_proven = true;
    k->package->backoff_ms = 0;
    LOG(LOG_INFO, "worker started", LOG_S("package", str_c(k->package->name)), LOG_I("pid", k->pid), LOG_I("start_us", clock_mono_us() - k->started_us));
    pool_enter(k, W_IDLE);
}

/* MSG_READY is small and sent in one piece, so it is there as a whole or the worker is not one of ours. */
static void read_ready(struct workers *w, struct worker *k)
{
    char bytes[FRAME_HEAD + 16 * 1024];
    ssize_t n = recv(k->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    struct frame f;
    size_t rest;
    bool good = n >= FRAME_HEAD && frame_head((str){ bytes, FRAME_HEAD }, &f, &rest) == ERR_OK && rest == (size_t)n - FRAME_HEAD;
    if (good) f.members = (str){ bytes + FRAME_HEAD, rest };
    if (good && f.message == MSG_READY && f.id == 0 && frame_check(&f) == ERR_OK)
        became_ready(w, k, &f);
    else
        worker_kill(w, k, "start");
}

/* limits */

static void check_busy(struct workers *w, struct worker *k, int64_t now)
{
    if (now - k->since_ms >= (int64_t)w->wall_s * 1000) {
        worker_kill(w, k, "time");
        return;
    }
    int64_t used = worker_cpu_us(k);
    if (k->cpu_base_us >= 0 && used >= 0 && used - k->cpu_base_us >= (int64_t)w->cpu_s * 1000000) worker_kill(w, k, "cpu");
}

static void check_ending(struct workers *w, struct worker *k, int64_t now)
{
    if (!k->ended && now - k->since_ms >= STOP_MS) worker_kill(w, k, "stop");
}

static void check_starting(struct workers *w, struct worker *k, int64_t now)
{
    if (now - k->since_ms < START_MS) return;
    /* Not even forked: the zygote hangs. Its end comes back as link_lost. */
    if (!k->pid && w->zygote) kill(w->zygote, SIGKILL);
    worker_kill(w, k, "start");
}

static void check_limits(struct workers *w)
{
    int64_t now = clock_mono_ms();
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_BUSY)
            check_busy(w, k, now);
        else if (k->state == W_ENDING)
            check_ending(w, k, now);
        else if (k->state == W_STARTING)
            check_starting(w, k, now);
    }
}

/* Uses fade, so that what was loved last week gives way. */
static void forget(struct workers *w, int64_t *next_ms)
{
    int64_t now = clock_mono_ms();
    if (now < *next_ms) return;
    *next_ms = now + FORGET_MS;
    for (size_t i = 0; i < w->n_packages; i++) w->packages[i].uses = (w->packages[i].uses + 1) / 2;
}

/* the thread */

struct watched {
    struct pollfd *fds;      /* link, wake, then sockets of starting workers */
    struct worker **workers; /* of fds[2 + i] */
    nfds_t n;
};

/* What to wait for, and for how long. */
static int prepare(struct workers *w, struct watched *at)
{
    int patience = TICK_IDLE_MS;
    at->fds[0] = (struct pollfd){ .fd = w->link, .events = POLLIN };
    at->fds[1] = (struct pollfd){ .fd = w->wake, .events = POLLIN };
    at->n = 2;
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state != W_FREE && k->state != W_IDLE) patience = TICK_MS;
        if (k->state != W_STARTING) continue;
        at->workers[at->n - 2] = k;
        at->fds[at->n++] = (struct pollfd){ .fd = k->socket, .events = POLLIN };
    }
    return w->first || w->link < 0 ? TICK_MS : patience;
}

static void react(struct workers *w, const struct watched *at)
{
    uint64_t many;
    if (at->fds[1].revents && read(w->wake, &many, sizeof many) < 0) { /* nothing to read: woken by the clock */
    }
    /* First the link: MSG_FORKED precedes the worker's own words. */
    link_read(w);
    for (nfds_t i = 2; i < at->n; i++) {
        struct worker *k = at->workers[i - 2];
        if (at->fds[i].revents && k->state == W_STARTING && k->socket == at->fds[i].fd && k->pid) read_ready(w, k);
    }
    check_limits(w);
    if (w->link < 0 && !w->stopping && clock_mono_ms() >= w->zygote_not_before_ms && link_start(w, NULL, NULL) != ERR_OK)
        w->zygote_not_before_ms = clock_mono_ms() + BACKOFF_MAX_MS;
    pool_balance(w);
    pool_keep_ready(w);
}

static void *watch(void *arg)
{
    struct workers *w = arg;
    struct pollfd fds[2 + WORKERS_MAX];
    struct worker *workers[WORKERS_MAX];
    struct watched at = { .fds = fds, .workers = workers };
    int64_t forget_ms = clock_mono_ms() + FORGET_MS;
    pthread_mutex_lock(&w->lock);
    while (w->watching) {
        int patience = prepare(w, &at);
        pthread_mutex_unlock(&w->lock);
        (void)poll(at.fds, at.n, patience);
        pthread_mutex_lock(&w->lock);
        react(w, &at);
        forget(w, &forget_ms);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

err watch_start(struct workers *w)
{
    w->watching = true;
    if (pthread_create(&w->watch, NULL, watch, w) == 0) {
        (void)pthread_setname_np(w->watch, "workers");
        return ERR_OK;
    }
    w->watching = false;
    return ERR_NOMEM;
}
