/* tests/http/echo_server.c: a handler that shows what the http room makes of a request; the raw tests and the benchmark drive it.
 *
 * echo_server [threads=N] [max=N] [head_ms=N] [idle_ms=N] [body_ms=N] [body=N] [bodies=N] [trust=NETWORK]... [cert=FILE key=FILE] LISTEN...: prints the
 * library's version, one URL per listener, then "ready"; SIGHUP reads the certificate again; SIGTERM stops it and
 * prints the counters. Paths: /tiny, /later (answered by another thread, in random order), /hold (answered at SIGUSR1), /204, /304, /big?n=,
 * /counters (what it prints at its end, now), /arm?n=, /nap (keeps the I/O thread for half a second), /close, /nothing (a handler that forgets its reply);
 * everything else echoes. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { POOL = 3, QUEUE_MAX = 8192 };
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct exchange *later[QUEUE_MAX], *held[QUEUE_MAX];
    size_t n_later, n_held;
    unsigned seed;
    bool end;
    size_t body_max;
    long done;
    struct http *http;
} g = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .body_max = 1000000 };

static void line(struct buf *b, const char *key, str value)
{
    buf_z(b, key);
    buf_char(b, '=');
    buf_add(b, value);
    buf_char(b, '\n');
}

static void echo(struct exchange *x)
{
    struct req *rq = exchange_req(x);
    struct reply *r = exchange_reply(x);
    struct buf b = BUF(16 * 1024 * 1024);
    line(&b, "method", rq->method_text);
    line(&b, "target", rq->target);
    line(&b, "path", rq->path);
    line(&b, "query_text", rq->query_text);
    for (size_t i = 0; i < rq->query.n; i++) line(&b, "query", rq->query.v[i].name), line(&b, "  to", rq->query.v[i].value);
    line(&b, "host", rq->host);
    line(&b, "peer", rq->peer);
    line(&b, "scheme", rq->scheme);
    line(&b, "id", rq->id);
    for (size_t i = 0; i < rq->n_headers; i++) line(&b, "header", rq->headers[i].name), line(&b, "  to", rq->headers[i].value);
    buf_printf(&b, "too_large=%d\nbody_n=%zu\n", rq->body_too_large, rq->body.n);
    line(&b, "body", rq->body);
    r->status = rq->body_too_large ? 413 : 200;
    r->type = STR("text/plain");
    if (buf_to_arena(&b, exchange_arena(x), &r->body)) r->status = 500;
}

static void counters(struct buf *b)
{
    struct http_stats st;
    http_stats(g.http, &st);
    pthread_mutex_lock(&g.lock);
    buf_printf(b, "connections=%ld requests=%ld refused=%ld over=%ld timeouts=%ld done=%ld bodies=%ld refused_bodies=%ld running=%u held=%zu\n",
               (long)st.connections, (long)st.requests, (long)st.refused_head, (long)st.over_limit, (long)st.timeouts, g.done, (long)st.body_bytes,
               (long)st.bodies_refused, http_running(g.http), g.n_held);
    pthread_mutex_unlock(&g.lock);
}

static void now(struct exchange *x)
{
    struct reply *r = exchange_reply(x);
    struct buf b = BUF(4096);
    counters(&b);
    r->type = STR("text/plain");
    r->status = buf_to_arena(&b, exchange_arena(x), &r->body) ? 500 : 200;
}

static void big(struct exchange *x)
{
    struct reply *r = exchange_reply(x);
    int64_t n = 0;
    r->status = str_int(req_query(exchange_req(x), "n"), &n) || n < 0 ? 400 : 200;
    char *p = NEW_N(exchange_arena(x), char, (size_t)n);
    if (!p) {
        r->status = 500;
        return;
    }
    memset(p, 'x', (size_t)n);
    r->body = (str){ p, (size_t)n };
}

/* The n-th allocation from now on fails, here or in a later request. */
static void arm(struct exchange *x)
{
    struct reply *r = exchange_reply(x);
    int64_t n = 0;
    r->status = str_int(req_query(exchange_req(x), "n"), &n) ? 400 : 200;
#ifdef CHANCERY_FAULTS
    r->body = STR("armed\n");
    fault_arm((long)n);
#endif
}

static void tiny(struct exchange *x)
{
    struct reply *r = exchange_reply(x);
    r->status = 200;
    r->type = STR("text/plain");
    r->body = STR("ok\n");
}

static void fill(struct exchange *x)
{
    str path = exchange_req(x)->path;
    struct reply *r = exchange_reply(x);
    if (str_is(path, "/tiny"))
        tiny(x);
    else if (str_is(path, "/big"))
        big(x);
    else if (str_is(path, "/counters"))
        now(x);
    else if (str_is(path, "/arm"))
        arm(x);
    else if (str_is(path, "/204"))
        r->status = 204, r->no_length = true;
    else if (str_is(path, "/304"))
        tiny(x), r->status = 304, r->no_length = true, reply_header(r, STR("ETag"), STR("\"a\""));
    else if (str_is(path, "/close"))
        tiny(x), r->close = true;
    else if (str_is(path, "/nap"))
        usleep(500000), tiny(x);
    else if (str_is(path, "/nothing"))
        return;
    else
        echo(x);
}

static void *answer_later(void *none)
{
    pthread_mutex_lock(&g.lock);
    while (!g.end || g.n_later) {
        if (!g.n_later) {
            pthread_cond_wait(&g.more, &g.lock);
            continue;
        }
        g.seed = g.seed * 1103515245u + 12345u;
        size_t i = (g.seed >> 8) % g.n_later;
        struct exchange *x = g.later[i];
        g.later[i] = g.later[--g.n_later];
        pthread_mutex_unlock(&g.lock);
        fill(x);
        http_answer(x);
        pthread_mutex_lock(&g.lock);
    }
    pthread_mutex_unlock(&g.lock);
    return none;
}

static size_t body_max(void *self, const struct req *rq)
{
    (void)self;
    return str_is(rq->path, "/nobody") ? 0 : g.body_max;
}

static enum served serve(void *self, struct exchange *x)
{
    (void)self;
    str path = exchange_req(x)->path;
    bool hold = str_is(path, "/hold");
    if (!hold && !str_is(path, "/later")) return fill(x), SERVE_NOW;
    http_defer(x);
    pthread_mutex_lock(&g.lock);
    if (hold)
        g.held[g.n_held++] = x;
    else
        g.later[g.n_later++] = x;
    pthread_cond_signal(&g.more);
    pthread_mutex_unlock(&g.lock);
    return SERVE_LATER;
}

static void done(void *self, struct exchange *x)
{
    (void)self, (void)x;
    pthread_mutex_lock(&g.lock);
    g.done++;
    pthread_mutex_unlock(&g.lock);
}

static void release_held(void)
{
    pthread_mutex_lock(&g.lock);
    while (g.n_held) g.later[g.n_later++] = g.held[--g.n_held];
    pthread_cond_broadcast(&g.more);
    pthread_mutex_unlock(&g.lock);
}

static bool option(const char *arg, const char *name, unsigned *out)
{
    size_t n = strlen(name);
    if (strncmp(arg, name, n) || arg[n] != '=') return false;
    *out = (unsigned)strtoul(arg + n + 1, NULL, 10);
    return true;
}

static void word(const char *arg, struct http_options *o, const char **listen, const char **trusted)
{
    if (strncmp(arg, "trust=", 6) == 0)
        trusted[o->n_trusted++] = arg + 6;
    else if (strncmp(arg, "cert=", 5) == 0)
        o->tls_cert = arg + 5;
    else if (strncmp(arg, "key=", 4) == 0)
        o->tls_key = arg + 4;
    else
        listen[o->n_listen++] = arg;
}

static void reload(struct http *s)
{
    struct arena *a = arena_new(1 << 16);
    str why = STR_NULL;
    if (a) printf("reload: " STR_FMT "\n", STR_ARG(http_reload_tls(s, a, &why) ? why : STR("good")));
    fflush(stdout);
    arena_free(a);
}

static void stop(struct http *s, bool abandon)
{
    struct buf b = BUF(4096);
    http_stop_listening(s);
    if (!abandon) release_held();
    for (int i = 0; i < 500 && http_running(s) && !abandon; i++) usleep(10000);
    counters(&b);
    printf(STR_FMT, STR_ARG(buf_str(&b)));
    buf_release(&b);
    fflush(stdout);
    http_stop(s);
}

int main(int argc, char **argv)
{
    struct http_options o = { .threads = 2 };
    unsigned body = 1000000, bodies = 0;
    const char *listen[16], *trusted[16];
    for (int i = 1; i < argc; i++)
        if (!option(argv[i], "threads", &o.threads) && !option(argv[i], "max", &o.max_connections) && !option(argv[i], "head_ms", &o.head_ms) &&
            !option(argv[i], "idle_ms", &o.idle_ms) && !option(argv[i], "body_ms", &o.body_ms) && !option(argv[i], "bodies", &bodies) &&
            !option(argv[i], "body", &body) && o.n_listen < 16 && o.n_trusted < 16)
            word(argv[i], &o, listen, trusted);
    o.listen = listen;
    o.trusted = trusted;
    o.arena_max = (size_t)64 * 1024 * 1024;
    o.bodies_max = bodies;
    g.body_max = body;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM), sigaddset(&set, SIGINT), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2), sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct http_handler h = { body_max, serve, done, NULL };
    struct http *s = NULL;
    struct arena *a = arena_new(1 << 20);
    str why = STR_NULL;
    pthread_t pool[POOL];
    if (!a || crypto_init() || http_start(a, &o, &h, &s, &why)) return fprintf(stderr, STR_FMT "\n", STR_ARG(why)), arena_free(a), 1;
    g.http = s;
    for (int i = 0; i < POOL; i++) pthread_create(&pool[i], NULL, answer_later, NULL);
    printf("libmicrohttpd %s\n", MHD_get_version());
    for (size_t i = 0; i < o.n_listen; i++) printf(STR_FMT "\n", STR_ARG(http_url(s, i)));
    printf("ready\n");
    fflush(stdout);
    int sig = 0;
    while (!sigwait(&set, &sig) && (sig == SIGUSR1 || sig == SIGHUP)) {
        if (sig == SIGUSR1)
            release_held();
        else
            reload(s);
    }
    stop(s, sig == SIGUSR2);
    pthread_mutex_lock(&g.lock);
    g.end = true;
    pthread_cond_broadcast(&g.more);
    pthread_mutex_unlock(&g.lock);
    for (int i = 0; i < POOL; i++) pthread_join(pool[i], NULL);
    arena_free(a);
    return 0;
}
