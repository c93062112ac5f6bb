/* http/keeper.c: the thread at the door. It accepts for all listeners, refuses beyond max_connections, cuts what passed its deadline,
 * and lets closed connections drain.
 *
 * Why not the library's own: at its limit it only stops accepting, and its time-out starts again with every byte, so one byte a minute would
 * hold a connection for ever. */
#include "http/http_int.h"

#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TAG_WAKE = 1000, TAG_LINGER = 2000, ACCEPTS_AT_ONCE = 64, LINGER_MS = 2000, TICK_MIN_MS = 5, TICK_MAX_MS = 1000 };

static bool watch(struct keeper *k, int fd, unsigned tag)
{
    struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = tag };
    return epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void wake(struct keeper *k)
{
    uint64_t one = 1;
    if (write(k->wake, &one, sizeof one) < 0) return; /* full means it is awake */
}

bool keeper_poke(struct http *s)
{
    bool stuck = atomic_exchange(&s->keeper.poked, true);
    wake(&s->keeper);
    return !stuck;
}

/* draining */
void keeper_linger(struct http *s, int fd)
{
    struct keeper *k = &s->keeper;
    shutdown(fd, SHUT_WR);
    pthread_mutex_lock(&k->lock);
    unsigned i = 0;
    while (i < LINGER_MAX && k->linger[i].fd >= 0) i++;
    if (i < LINGER_MAX && !atomic_load(&k->stop) && watch(k, fd, TAG_LINGER + i)) {
        k->linger[i].fd = fd;
        k->linger[i].until_ms = clock_mono_ms() + LINGER_MS;
        atomic_fetch_add(&k->n_linger, 1);
        fd = -1;
    }
    pthread_mutex_unlock(&k->lock);
    if (fd >= 0) close(fd);
}

/* With k->lock. */
static void linger_end(struct keeper *k, unsigned i)
{
    close(k->linger[i].fd); /* leaves the epoll set by itself: no other descriptor of this socket is left */
    k->linger[i].fd = -1;
    atomic_fetch_sub(&k->n_linger, 1);
}

static void linger_read(struct keeper *k, unsigned i)
{
    char nowhere[16 * 1024];
    pthread_mutex_lock(&k->lock);
    if (k->linger[i].fd >= 0) {
        ssize_t got = recv(k->linger[i].fd, nowhere, sizeof nowhere, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) linger_end(k, i);
    }
    pthread_mutex_unlock(&k->lock);
}

static void linger_sweep(struct keeper *k, int64_t now)
{
    pthread_mutex_lock(&k->lock);
    for (unsigned i = 0; i < LINGER_MAX; i++)
        if (k->linger[i].fd >= 0 && now >= k->linger[i].until_ms) linger_end(k, i);
    pthread_mutex_unlock(&k->lock);
}

/* accepting */
/* All descriptors are used up: take one with the spare, refuse it, so that the listener does not spin. */
static void refuse_without_room(struct http *s, int listener)
{
    struct keeper *k = &s->keeper;
    if (k->spare >= 0) close(k->spare);
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        atomic_fetch_add(&s->over_limit, 1);
        raw_answer(s, fd, 503);
        close(fd);
    }
    k->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool accept_one(struct http *s, int listener)
{
    struct sockaddr_storage from = { 0 };
    socklen_t n = sizeof from;
    int fd = accept4(listener, (void *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) refuse_without_room(s, listener);
        return errno == ECONNABORTED || errno == EINTR;
    }
    atomic_fetch_add(&s->accepted, 1);
    if (atomic_fetch_add(&s->live, 1) >= (int64_t)s->opt.max_connections) {
        atomic_fetch_sub(&s->live, 1);
        atomic_fetch_add(&s->over_limit, 1);
        raw_answer(s, fd, 503);
        keeper_linger(s, fd);
        return true;
    }
    if (io_give(s, fd, &from, n)) return true;
    atomic_fetch_sub(&s->live, 1);
    raw_answer(s, fd, 503);
    close(fd);
    return true;
}

/* deadlines */
/* Bytes the peer ever sent, and those of ours it ever acknowledged; 0 where the kernel does not say. */
static struct tcp_info bytes_so_far(const struct conn *c)
{
    struct tcp_info info = { 0 };
    socklen_t n = sizeof info;
    if (!c->is_ip || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n)) return (struct tcp_info){ 0 };
    return info;
}
static uint64_t bytes_received(const struct conn *c) { return bytes_so_far(c).tcpi_bytes_received; }

/* The peer has taken nothing of its reply for idle_ms. */
static bool is_deaf(struct conn *c, int64_t now)
{
    unsigned turn = atomic_load_explicit(&c->turn, memory_order_relaxed);
    uint64_t acked = bytes_so_far(c).tcpi_bytes_acked;
    if (!c->is_ip) return false;
    if (c->sent_ms == 0 || turn != c->sent_turn || acked != c->sent_bytes) {
        c->sent_turn = turn;
        c->sent_bytes = acked;
        c->sent_ms = now;
    }
    return now - c->sent_ms >= c->http->opt.idle_ms;
}

/* A head that began after a keep-alive pause has head_ms from its first bytes, however long the pause could still be. */
static bool head_overdue(struct conn *c, int64_t now)
{
    unsigned turn = atomic_load_explicit(&c->turn, memory_order_relaxed);
    if (turn == 0) return false; /* the first head: the deadline says it all */
    uint64_t bytes = bytes_received(c);
    if (turn != c->seen_turn) {
        c->seen_turn = turn;
        c->seen_bytes = bytes;
        c->began_ms = 0;
    }
    if (bytes != c->seen_bytes && c->began_ms == 0) c->began_ms = now;
    return c->began_ms && now - c->began_ms >= c->http->opt.head_ms;
}

/* The peer has said its last word and nothing of it is unread. The library may have missed that: it is told once, together with the last bytes,
 * and does not read again what it believes to be empty. Only what two sweeps saw counts, because what came just before may still be on its
 * way through the library. */
static bool peer_ended(struct conn *c)
{
    char byte;
    unsigned mark = atomic_load_explicit(&c->turn, memory_order_relaxed) + 1;
    bool ended = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0, again = ended && c->seen_end == mark;
    c->seen_end = ended ? mark : 0;
    return again;
}

/* From a phase in which the I/O thread would have to win it back first: whoever moves the phase owns the socket's last words. */
static void cut_from(struct conn *c, enum phase phase, int status)
{
    if (!conn_move(c, phase, PHASE_CUT)) return;
    atomic_fetch_add_explicit(&c->tally->timeouts, 1, memory_order_relaxed);
    conn_cut(c, status);
}

static void check(struct conn *c, int64_t now)
{
    int phase = atomic_load(&c->phase);
    bool late = now >= atomic_load_explicit(&c->deadline_ms, memory_order_relaxed);
    if ((phase == PHASE_IDLE || phase == PHASE_BODY) && peer_ended(c)) {
        if (conn_move(c, (enum phase)phase, PHASE_CUT)) conn_cut(c, 0);
    } else if (phase == PHASE_IDLE) {
        bool overdue = head_overdue(c, now);
        if (!late && !overdue) return;
        bool began = c->turn == 0 ? !c->is_ip || bytes_received(c) > 0 : c->began_ms != 0;
        cut_from(c, PHASE_IDLE, began ? 408 : 0);
    } else if (phase == PHASE_BODY && late) {
        cut_from(c, PHASE_BODY, 408);
    } else if (phase == PHASE_SEND && (late || is_deaf(c, now))) {
        cut_from(c, PHASE_SEND, 0);
    }
}

static void sweep(struct http *s, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    for (struct conn *c = s->conns; c; c = c->next) check(c, now);
    pthread_mutex_unlock(&s->lock);
    linger_sweep(&s->keeper, now);
}

/* the thread */
static int tick_ms(const struct http *s)
{
    unsigned least = s->opt.head_ms < s->opt.idle_ms ? s->opt.head_ms : s->opt.idle_ms, tick = least / 8;
    return (int)(tick < TICK_MIN_MS ? TICK_MIN_MS : tick > TICK_MAX_MS ? TICK_MAX_MS : tick);
}

static void on_event(struct http *s, uint32_t tag)
{
    struct keeper *k = &s->keeper;
    if (tag >= TAG_LINGER) {
        linger_read(k, tag - TAG_LINGER);
    } else if (tag == TAG_WAKE) {
        uint64_t count;
        if (read(k->wake, &count, sizeof count) < 0) return;
    } else {
        for (int i = 0; i < ACCEPTS_AT_ONCE && accept_one(s, s->listeners[tag].fd); i++) {
        }
    }
}

static void *keep(void *http)
{
    struct http *s = http;
    struct keeper *k = &s->keeper;
    const int tick = tick_ms(s);
    int64_t next = 0;
    while (!atomic_load(&k->stop)) {
        struct epoll_event events[64];
        atomic_store(&k->poked, false);
        bool watchful = atomic_load(&s->live) > 0 || atomic_load(&k->n_linger) > 0;
        int n = epoll_wait(k->epoll, events, COUNT_OF(events), watchful ? tick : -1);
        for (int i = 0; i < n; i++) on_event(s, events[i].data.u32);
        int64_t now = clock_mono_ms();
        if (now < next) continue;
        sweep(s, now);
        next = now + tick;
    }
    return NULL;
}

void keeper_init(struct http *s)
{
    struct keeper *k = &s->keeper;
    k->epoll = k->wake = k->spare = -1;
    for (unsigned i = 0; i < LINGER_MAX; i++) k->linger[i].fd = -1;
    pthread_mutex_init(&k->lock, NULL);
}

err keeper_start(struct http *s)
{
    struct keeper *k = &s->keeper;
    k->epoll = epoll_create1(EPOLL_CLOEXEC);
    k->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool ok = k->epoll >= 0 && k->wake >= 0 && watch(k, k->wake, TAG_WAKE);
    for (unsigned i = 0; i < s->n_listeners && ok; i++) ok = watch(k, s->listeners[i].fd, i);
    if (ok) k->running = pthread_create(&k->thread, NULL, keep, s) == 0;
    if (k->running) pthread_setname_np(k->thread, "http-keeper");
    return k->running ? ERR_OK : ERR_STORE;
}

/* Not closed here: the keeper may be about to use them. Out of its set is enough; keeper_stop closes. */
void keeper_unlisten(struct http *s)
{
    for (unsigned i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].fd >= 0) {
            epoll_ctl(s->keeper.epoll, EPOLL_CTL_DEL, s->listeners[i].fd, NULL);
            shutdown(s->listeners[i].fd, SHUT_RDWR); /* waiting and new clients are refused by the kernel */
        }
}

void keeper_stop(struct http *s)
{
    struct keeper *k = &s->keeper;
    atomic_store(&k->stop, true);
    if (k->running) {
        wake(k);
        pthread_join(k->thread, NULL);
        k->running = false;
    }
}

void keeper_release(struct http *s)
{
    struct keeper *k = &s->keeper;
    for (unsigned i = 0; i < LINGER_MAX; i++)
        if (k->linger[i].fd >= 0) close(k->linger[i].fd);
    if (k->epoll >= 0) close(k->epoll);
    if (k->wake >= 0) close(k->wake);
    if (k->spare >= 0) close(k->spare);
    pthread_mutex_destroy(&k->lock);
}
