/* http/http.c: start and stop of the whole: listeners, the library's I/O threads, the keeper; and the counters. */
#include "http/http_int.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    STOP_MS = 10000,               /* how long http_stop waits for unanswered exchanges */
    CLIENT_DISCIPLINE = 0x00097701 /* the first library that refuses bare LF, folded lines and NUL itself */
};

void http_on_library_log(void *cls, const char *fmt, va_list args)
{
    (void)cls;
    char text[256];
    if (!log_wants(LOG_DEBUG)) return;
    int n = vsnprintf(text, sizeof text, fmt, args);
    if (n > 0) LOG(LOG_DEBUG, "libmicrohttpd", LOG_S("text", str_trim(str_c(text))));
}

static struct http_options with_defaults(const struct http_options *o)
{
    struct http_options d = *o;
    if (!d.threads) d.threads = 1;
    if (!d.max_connections) d.max_connections = 4096;
    if (!d.arena_max) d.arena_max = (size_t)64 * 1024 * 1024;
    if (!d.head_ms) d.head_ms = 15000;
    if (!d.idle_ms) d.idle_ms = 60000;
    if (!d.body_ms) d.body_ms = 30 * 60 * 1000;
    if (!d.bodies_max) d.bodies_max = (size_t)256 * 1024 * 1024;
    if (!d.head_max) d.head_max = (size_t)32 * 1024;
    if (!d.target_max) d.target_max = (size_t)8 * 1024;
    return d;
}

/* Each connection is a descriptor; what the hard limit allows is ours to take. */
static void raise_descriptors(unsigned connections)
{
    struct rlimit r;
    rlim_t want = (rlim_t)connections + 512;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= want) return;
    r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur < want) LOG(LOG_WARN, "few descriptors", LOG_I("have", (int64_t)r.rlim_cur), LOG_I("want", (int64_t)want));
}

static uint32_t library_version(void)
{
    unsigned part[3] = { 0 };
    const char *text = MHD_get_version();
    if (sscanf(text, "%u.%u.%u", &part[0], &part[1], &part[2]) != 3) return 0;
    return part[0] << 24 | part[1] / 10 << 20 | part[1] % 10 << 16 | part[2] / 10 << 12 | part[2] % 10 << 8;
}

static err open_listeners(struct arena *a, struct http *s, str *why)
{
    /* [::] alone takes IPv4 clients too; beside an IPv4 address it must not take that one's port. */
    bool has_v4 = false;
    for (size_t i = 0; i < s->opt.n_listen; i++) has_v4 |= s->opt.listen[i][0] != '[' && !str_starts(str_c(s->opt.listen[i]), STR("unix:"));
    for (size_t i = 0; i < s->opt.n_listen; i++) TRY(listen_open(a, s, s->opt.listen[i], has_v4, why));
    return ERR_OK;
}

static err read_trusted(struct arena *a, struct http *s, str *why)
{
    s->trusted = NEW_N(a, struct network, s->opt.n_trusted);
    if (!s->trusted) return ERR_NOMEM;
    for (size_t i = 0; i < s->opt.n_trusted; i++) {
        if (network_read(str_c(s->opt.trusted[i]), &s->trusted[i])) continue;
        return arena_printf(a, why, "trusted proxy %s: not a network", s->opt.trusted[i]) ? ERR_NOMEM : ERR_STORE;
    }
    return ERR_OK;
}

static void release(struct http *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) listen_close(&s->listeners[i]);
    for (unsigned i = 0; i < s->n_arenas; i++) arena_free(s->arenas[i]);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->arenas_lock);
    free(s);
}

static err start(struct arena *a, struct http *s, str *why)
{
    if (s->opt.n_listen == 0 || s->opt.n_listen > LISTEN_MAX) {
        *why = STR("listen: between 1 and 16 addresses");
        return ERR_STORE;
    }
    TRY(read_trusted(a, s, why));
    TRY(tls_start(a, s, why));
    TRY(open_listeners(a, s, why));
    raise_descriptors(s->opt.max_connections);
    *why = STR("http: the library's threads do not start");
    TRY(io_start(s));
    *why = STR("http: the accepting thread does not start");
    TRY(keeper_start(s));
    *why = STR_NULL;
    return ERR_OK;
}

err http_start(struct arena *a, const struct http_options *o, const struct http_handler *h, struct http **out, str *why)
{
    struct http *s = fault_here() ? NULL : aligned_alloc(_Alignof(struct http), sizeof *s);
    *why = STR("out of memory");
    if (!s) return ERR_NOMEM;
    memset(s, 0, sizeof *s);
    s->handler = *h;
    s->opt = with_defaults(o);
    s->gate = (struct gate_rules){ s->opt.head_max, s->opt.target_max, library_version() < CLIENT_DISCIPLINE };
    s->seams = strcmp(MHD_get_version(), "0.9.75") == 0;
    keeper_init(s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->arenas_lock, NULL);
    err e = start(a, s, why);
    if (e)
        http_stop(s);
    else
        *out = s;
    return e;
}

str http_url(const struct http *s, size_t i) { return i < s->n_listeners ? s->listeners[i].url : STR_NULL; }

void http_stop_listening(struct http *s)
{
    atomic_store(&s->closing, true);
    keeper_unlisten(s);
}

unsigned http_running(const struct http *s)
{
    int64_t n = 0;
    for (unsigned i = 0; i < TALLIES; i++) n += atomic_load_explicit(&s->tally[i].running, memory_order_relaxed);
    return n > 0 ? (unsigned)n : 0;
}

static void wait_for_running(struct http *s, int64_t at_most_ms)
{
    const struct timespec nap = { .tv_nsec = 2 * 1000 * 1000 };
    int64_t until = clock_mono_ms() + at_most_ms;
    while (http_running(s) && clock_mono_ms() < until) nanosleep(&nap, NULL);
}

/* The library aborts the process if it is stopped with a suspended connection. */
static void resume_all(struct http *s)
{
    atomic_store(&s->abandoned, true);
    unsigned n = 0;
    pthread_mutex_lock(&s->lock);
    for (struct conn *c = s->conns; c; c = c->next)
        if (conn_move(c, PHASE_DEFERRED, PHASE_ANSWERED)) {
            io_resume(c);
            n++;
        }
    pthread_mutex_unlock(&s->lock);
    if (n) LOG(LOG_WARN, "stopped with unanswered requests", LOG_I("count", n));
}

void http_stop(struct http *s)
{
    http_stop_listening(s);
    wait_for_running(s, STOP_MS);
    if (http_running(s)) resume_all(s);
    wait_for_running(s, STOP_MS / 20);
    keeper_stop(s);
    io_stop(s);
    keeper_release(s);
    tls_stop(s);
    release(s);
}

bool http_alive(struct http *s)
{
    bool alive = keeper_poke(s);
    for (unsigned i = 0; i < s->n_io; i++) alive &= io_poke(&s->io[i]);
    return alive;
}

void http_stats(const struct http *s, struct http_stats *out)
{
    *out = (struct http_stats){ .connections = atomic_load(&s->live),
                                .accepted = atomic_load(&s->accepted),
                                .over_limit = atomic_load(&s->over_limit),
                                .body_bytes = atomic_load(&s->body_bytes),
                                .bodies_refused = atomic_load(&s->bodies_refused) };
    for (unsigned i = 0; i < TALLIES; i++) {
        out->requests += atomic_load_explicit(&s->tally[i].requests, memory_order_relaxed);
        out->refused_head += atomic_load_explicit(&s->tally[i].refused, memory_order_relaxed);
        out->timeouts += atomic_load_explicit(&s->tally[i].timeouts, memory_order_relaxed);
    }
}
