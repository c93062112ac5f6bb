/* http/exchange.c: one request from its first line to its last byte: the library's callbacks, and the two functions by which other threads take part.
 *
 * Order of calls on one connection: on_target (request line read) -> on_request (head complete; then once per piece of body; then once at
 * the end; once more after each resume) -> on_completed. on_completed follows each on_target, whatever happened between. */
#include "http/http_int.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include <assert.h>

enum {
    DROP_MAX = 1024 * 1024, /* so many bytes of a body that is too large are read and dropped before the connection is cut */
    BYTES_PER_MS = 1,       /* slowest transfer we put up with after the idle time: about 1 KiB/s */
    BODY_FREE = 16 * 1024   /* of each body not counted towards bodies_max, so that whoever fills it with large ones keeps nobody from logging in */
};

struct arena *exchange_arena(struct exchange *x) { return x->mem; }
struct req *exchange_req(struct exchange *x) { return &x->rq; }
struct reply *exchange_reply(struct exchange *x) { return &x->reply; }
void **exchange_slot(struct exchange *x) { return &x->slot; }

static struct conn *conn_of(struct MHD_Connection *con)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* the beginning */
static void forget(struct exchange *x)
{
    x->rq = (struct req){ 0 };
    x->reply.status = 0;
    x->reply.type = x->reply.body = STR_NULL;
    x->reply.n_headers = 0;
    x->reply.close = x->reply.no_length = false;
    x->slot = NULL;
    x->body_max = 0;
    x->step = STEP_NONE;
    x->served = x->deferred = x->refused = x->close = false;
}

/* Ends the connection with one of the few words of raw.c, unless the keeper was faster. For the I/O thread, before a reply is queued. */
static enum MHD_Result give_up(struct conn *c, enum phase phase, int status)
{
    if (conn_move(c, phase, PHASE_CUT)) conn_refuse(c, status);
    return MHD_NO;
}

/* The library files each parameter in the connection's memory and, before 0.9.77, hangs when that is full: so they are counted first. */
static bool too_many_params(str target)
{
    size_t n = 0;
    for (size_t at = str_find(target, '?', 0); at < target.n && n <= QUERY_PARAMS_MAX; at = str_find(target, '&', at + 1)) n++;
    return n > QUERY_PARAMS_MAX;
}

/* The library cuts the target into pieces after this call: copied here. NULL ends the connection in on_request at the latest. */
void *exchange_on_target(void *http, const char *target, struct MHD_Connection *con)
{
    struct http *s = http;
    struct conn *c = conn_of(con);
    if (!c) return NULL;
    struct exchange *x = &c->x;
    forget(x);
    x->target_at = target;
    x->target_n = strlen(target);
    str whole = { target, x->target_n };
    if (too_many_params(whole)) return give_up(c, PHASE_IDLE, 400), NULL;
    x->mem = http_arena_get(s);
    if (!x->mem) return give_up(c, PHASE_IDLE, 503), NULL;
    /* One byte more than allowed is enough for the gate to see. */
    if (arena_str(x->mem, str_head(whole, s->opt.target_max + 1), &x->rq.target)) {
        http_arena_put(s, x->mem);
        x->mem = NULL;
        return give_up(c, PHASE_IDLE, 503), NULL;
    }
    x->step = STEP_HEAD;
    return x;
}

static err give_id(struct exchange *x)
{
    str id = STR_NULL;
    for (size_t i = 0; i < x->rq.n_headers; i++) {
        if (!str_eq_nocase(x->rq.headers[i].name, STR("x-request-id"))) continue;
        id = str_absent(id) ? x->rq.headers[i].value : STR(""); /* two are none */
    }
    if (request_id_ok(id)) {
        x->rq.id = id;
        return ERR_OK;
    }
    char *made = NEW_N(x->mem, char, CRYPTO_UUID);
    if (!made) return ERR_NOMEM;
    crypto_uuid7(made);
    x->rq.id = (str){ made, CRYPTO_UUID };
    return ERR_OK;
}

/* path and query of a target that passed the gate; its parameters have been counted already. */
static err split_target(struct exchange *x, const struct verdict *v)
{
    str rest = v->path;
    bool has_query = str_cut(&rest, '?', &x->rq.path);
    if (x->rq.path.n == 0) x->rq.path = STR("/");
    if (!has_query) return ERR_OK;
    x->rq.query_text = rest;
    return http_parse_query(x->mem, rest, QUERY_PARAMS_MAX, &x->rq.query);
}

static enum MHD_Result refuse(struct exchange *x, struct MHD_Connection *con, int status, const char *why)
{
    x->refused = true;
    atomic_fetch_add_explicit(&x->conn->tally->refused, 1, memory_order_relaxed);
    LOG(LOG_INFO, "refused", LOG_I("status", status), LOG_S("why", str_c(why)), LOG_S("peer", x->rq.peer), LOG_S("id", x->rq.id));
    reply_refuse(&x->reply, status, why);
    return reply_send(x, con);
}

/* serving */
static enum MHD_Result serve(struct exchange *x, struct MHD_Connection *con)
{
    struct http *s = x->http;
    if (!conn_move(x->conn, PHASE_BODY, PHASE_SERVE)) return MHD_NO;
    atomic_fetch_add_explicit(&x->conn->tally->running, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&x->conn->tally->requests, 1, memory_order_relaxed);
    x->step = STEP_SERVED;
    x->served = true;
    enum served done = s->handler.serve(s->handler.self, x);
    if (done == SERVE_LATER) return MHD_YES; /* x may be another thread's already: not a byte of it is touched */
    assert(!x->deferred);
    return reply_send(x, con);
}

void http_defer(struct exchange *x)
{
    assert(x->step == STEP_SERVED && !x->deferred);
    x->deferred = true;
    MHD_suspend_connection(x->conn->mhd);
    atomic_store(&x->conn->phase, PHASE_DEFERRED);
}

void http_answer(struct exchange *x)
{
    struct conn *c = x->conn;
    if (conn_move(c, PHASE_DEFERRED, PHASE_ANSWERED)) io_resume(c);
}

static enum MHD_Result after_resume(struct exchange *x, struct MHD_Connection *con)
{
    if (atomic_load(&x->conn->phase) != PHASE_ANSWERED) return MHD_YES;
    if (atomic_load(&x->http->abandoned)) {
        static const struct reply stopping = { .status = 503, .type = { "text/plain", 10 }, .body = { "stopping\n", 9 }, .close = true };
        x->reply = stopping;
    }
    return reply_send(x, con);
}

/* body */
static void release_body(void *exchange)
{
    struct exchange *x = exchange;
    buf_release(&x->body);
    atomic_fetch_sub(&x->http->body_bytes, (int64_t)x->charged);
    x->charged = 0;
}

/* The arenas bound one body each, this bounds all of them: nobody is known yet when they come, and a few hundred large ones would be all memory.
 * Counted as they arrive, since announcing a length costs nothing. */
static bool afford(struct exchange *x)
{
    struct http *s = x->http;
    size_t counts = x->body.n > BODY_FREE ? x->body.n - BODY_FREE : 0, more = counts > x->charged ? counts - x->charged : 0;
    if (more == 0) return true;
    x->charged += more;
    return atomic_fetch_add(&s->body_bytes, (int64_t)more) + (int64_t)more <= (int64_t)s->opt.bodies_max;
}

/* A length that cannot be taken now: refused before it is sent. */
static bool hopeless(const struct http *s, uint64_t length)
{
    return length > BODY_FREE && atomic_load(&s->body_bytes) + (int64_t)(length - BODY_FREE) > (int64_t)s->opt.bodies_max;
}

static enum MHD_Result on_piece(struct exchange *x, const char *piece, size_t *n)
{
    size_t have = x->body.n, more = *n;
    *n = 0;
    int64_t whole = x->rq.start_us / 1000 + (int64_t)(have + more) / BYTES_PER_MS, piece_ms = clock_mono_ms();
    int64_t deadline = x->http->opt.idle_ms + (whole < piece_ms ? whole : piece_ms), last = x->rq.start_us / 1000 + x->http->opt.body_ms;
    atomic_store_explicit(&x->conn->deadline_ms, deadline < last ? deadline : last, memory_order_relaxed);
    if (x->rq.body_too_large) {
        x->body.n += more; /* only counted */
        return x->body.n > DROP_MAX ? give_up(x->conn, PHASE_BODY, 413) : MHD_YES;
    }
    if (more > x->body_max - have) {
        x->rq.body_too_large = true;
        release_body(x);
        x->body.n = more;
        return MHD_YES;
    }
    buf_add(&x->body, (str){ piece, more });
    if (buf_ok(&x->body) != ERR_OK) return give_up(x->conn, PHASE_BODY, 503);
    if (afford(x)) return MHD_YES;
    atomic_fetch_add(&x->http->bodies_refused, 1);
    return give_up(x->conn, PHASE_BODY, 503);
}

static enum MHD_Result on_end_of_body(struct exchange *x, struct MHD_Connection *con)
{
    if (!x->rq.body_too_large) x->rq.body = buf_str(&x->body);
    return serve(x, con);
}

/* the head */
static err take_head(struct exchange *x, struct MHD_Connection *con, const char *method, const char *version, struct verdict *v)
{
    struct gate_head head;
    x->rq.start_us = clock_mono_us();
    x->rq.peer = str_c(x->conn->peer);
    x->rq.scheme = x->conn->session ? STR("https") : STR("http");
    TRY(head_read(x, con, method, version, &head));
    TRY(give_id(x));
    gate_check(&head, &x->http->gate, v);
    x->rq.method_text = head.method;
    x->rq.method = method_of(head.method);
    if (v->status) return ERR_OK;
    x->rq.host = v->host;
    TRY(forward_apply(x->mem, x->http->trusted, x->http->opt.n_trusted, &x->rq));
    return split_target(x, v);
}

static enum MHD_Result on_head(struct exchange *x, struct MHD_Connection *con, const char *method, const char *version)
{
    struct http *s = x->http;
    struct verdict v;
    x->step = STEP_BODY;
    if (!conn_move(x->conn, PHASE_IDLE, PHASE_BODY)) return MHD_NO;
    if (take_head(x, con, method, version, &v)) return give_up(x->conn, PHASE_BODY, 503);
    x->close = v.close;
    atomic_store_explicit(&x->conn->deadline_ms, x->rq.start_us / 1000 + s->opt.idle_ms, memory_order_relaxed);
    if (v.status) return refuse(x, con, v.status, v.why);
    if (v.length == 0 && !v.chunked) return MHD_YES;
    x->body_max = s->handler.body_max(s->handler.self, &x->rq);
    if (x->body_max > s->opt.arena_max) x->body_max = s->opt.arena_max;
    x->body = BUF(x->body_max);
    if (arena_on_end(x->mem, release_body, x)) return give_up(x->conn, PHASE_BODY, 503);
    if (v.length > x->body_max) {
        x->rq.body_too_large = x->close = true;
        return serve(x, con);
    }
    if (hopeless(s, v.length)) {
        atomic_fetch_add(&s->bodies_refused, 1);
        reply_header(&x->reply, STR("Retry-After"), STR("1"));
        return refuse(x, con, 503, "too many large request bodies are being received");
    }
    return MHD_YES;
}

enum MHD_Result exchange_on_request(void *http, struct MHD_Connection *con, const char *url, const char *method, const char *version, const char *upload,
                                    size_t *upload_n, void **exchange)
{
    (void)http, (void)url;
    struct exchange *x = *exchange;
    if (!x) return MHD_NO;
    switch (x->step) {
    case STEP_HEAD: return on_head(x, con, method, version);
    case STEP_BODY: return *upload_n ? on_piece(x, upload, upload_n) : on_end_of_body(x, con);
    case STEP_SERVED: return after_resume(x, con);
    case STEP_REPLIED: *upload_n = 0; return MHD_YES;
    case STEP_NONE:
    default: return MHD_NO;
    }
}

/* the end */
void exchange_on_completed(void *http, struct MHD_Connection *con, void **exchange, enum MHD_RequestTerminationCode why)
{
    (void)con, (void)why;
    struct http *s = http;
    struct exchange *x = *exchange;
    if (!x || !x->mem) return;
    struct conn *c = x->conn;
    if (x->served) {
        if (s->handler.done) s->handler.done(s->handler.self, x);
        atomic_fetch_sub_explicit(&c->tally->running, 1, memory_order_relaxed);
    }
    http_arena_put(s, x->mem);
    x->mem = NULL;
    x->step = STEP_NONE;
    *exchange = NULL;
    atomic_store_explicit(&c->deadline_ms, clock_mono_ms() + s->opt.idle_ms, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed);
    conn_move(c, PHASE_SEND, PHASE_IDLE);
}
