/* route/serve.c: the way of a request. Match, then the stations in the family's order (who, may they, is the input right), then the operation on
 * its lane, then the reply: no handler can skip a station, and the reply of a write leaves after its commit.
 *
 * Lanes: TX_READ runs here on the I/O thread when the store reads without a network; TX_WRITE's function is handed to the store's writer;
 * TX_NONE and everything with a slow store or a large body runs on the slow lane. Between http_defer() and http_answer() exactly one thread has
 * the visit. */
#include "route/route_int.h"
#include "base/clock.h"

static err store_run(const struct route_visit *v, enum tx tx, err (*fn)(struct call *))
{
    return v->router->store ? store_do(v->router->store, v->c, tx, fn) : fn(v->c);
}

/* Stations */

static err who_read(struct call *c)
{
    const struct match *at = &c->visit->at;
    if (at->op->perm == PERM_PUBLIC) return ERR_OK;
    TRY(at->family->identify(c, at->op));
    return at->op->perm == PERM_GATE ? at->family->permit(c, at->op) : ERR_OK;
}

static err input_early(struct route_visit *v) { return v->at.op->input_late ? ERR_OK : input_read(v); }

static err stations(struct call *c)
{
    struct route_visit *v = c->visit;
    if (v->at.family->body_before_who) {
        TRY(input_early(v));
        TRY(who_read(c));
    } else {
        TRY(who_read(c));
        TRY(input_early(v));
    }
    v->n_headers = c->reply->n_headers;
    return ERR_OK;
}

/* Within a write, what was read of the caller before it may be over. */
static err who_again(struct call *c)
{
    const struct match *at = &c->visit->at;
    bool asked = at->op->tx == TX_WRITE && at->op->perm != PERM_PUBLIC && c->visit->router->store;
    return asked && at->family->still ? at->family->still(c, at->op) : ERR_OK;
}

/* A write may be run again: what the first attempt said is forgotten. */
static err operation(struct call *c)
{
    call_forget(c);
    reply_reset(c->reply, c->visit->n_headers);
    TRY(who_again(c));
    return c->visit->at.op->run(c);
}

static err stations_and_operation(struct call *c)
{
    TRY(stations(c));
    return operation(c);
}

/* Who is asked inside a read transaction; a public row has nothing to ask. */
static err stations_alone(const struct route_visit *v)
{
    if (v->at.op->perm == PERM_PUBLIC) return stations(v->c);
    return store_run(v, v->at.family->one_look ? TX_GLANCE : TX_READ, stations);
}

static bool after_wanted(const struct route_visit *v)
{
    const struct family *f = v->at.family;
    return v->router->store && f->after && f->after_wanted(v->c);
}

/* The reply is made and true whatever becomes of this; the store has logged its own trouble. */
static void after(struct route_visit *v)
{
    IGNORE(store_run(v, TX_WRITE, v->at.family->after));
    call_forget(v->c);
}

/* All of it on this thread, which may wait. */
static err run_here(struct route_visit *v)
{
    enum tx tx = v->at.op->tx;
    if (tx == TX_READ) {
        TRY(store_run(v, TX_READ, stations_and_operation));
        if (after_wanted(v)) after(v);
        return ERR_OK;
    }
    TRY(stations_alone(v));
    if (tx == TX_WRITE) return store_run(v, TX_WRITE, operation);
    TRY(operation(v->c));
    return v->at.op->record ? store_run(v, TX_WRITE, v->at.op->record) : ERR_OK;
}

/* Answers */

static void conclude(struct route_visit *v, err e)
{
    reply_conclude(v, e);
#ifdef CHANCERY_SANITIZED
    /* Budgets of .case files (tests/api/README.md). */
    str used;
    if (arena_printf(v->c->mem, &used, "%zu", arena_used(v->c->mem)) == ERR_OK) reply_header(v->c->reply, STR("X-Arena-Used"), used);
#endif
}

static void answer(struct route_visit *v, err e)
{
    struct router *r = v->router; /* the visit is gone once it is answered */
    struct exchange *x = v->x;
    conclude(v, e);
    http_answer(x);
    atomic_fetch_sub(&r->deferred, 1);
}

static err too_late(struct route_visit *v) { return fail(v->c, ERR_BUSY, NULL, "the server is stopping"); }

static void slow_whole(void *arg)
{
    struct route_visit *v = arg;
    answer(v, atomic_load(&v->router->hurried) ? too_late(v) : run_here(v));
}

static void write_done(struct call *c, err e, void *arg)
{
    (void)c;
    answer(arg, e);
}

/* The writer answers: so that many can wait for one commit, and no thread for each. */
static void slow_operation(void *arg)
{
    struct route_visit *v = arg;
    err e = atomic_load(&v->router->hurried) ? too_late(v) : operation(v->c);
    bool leaves = e == ERR_OK && v->at.op->record && v->router->store;
    if (leaves) e = store_write_later(v->router->store, v->c, v->at.op->record, write_done, v);
    if (!leaves || e != ERR_OK) answer(v, e);
}

static void slow_after(void *arg)
{
    struct route_visit *v = arg;
    after(v);
    answer(v, ERR_OK);
}

static void slow_unmatched(void *arg)
{
    struct route_visit *v = arg;
    struct router *r = v->router;
    struct exchange *x = v->x;
    reply_unmatched(v);
    http_answer(x);
    atomic_fetch_sub(&r->deferred, 1);
}

/* Lanes */

static enum served served_now(struct route_visit *v, err e)
{
    conclude(v, e);
    return SERVE_NOW;
}

static bool is_quick(const struct route_visit *v)
{
    const struct op *op = v->at.op;
    return op->quick || (op->quick_now && op->quick_now(v->c));
}

/* What waits for nothing but the store has threads of its own, hardly more than the store has connections: more would only wait for one, and calls of
 * other servers and of workers cannot keep them all. */
static struct lane *lane_of(const struct route_visit *v)
{
    const struct op *op = v->at.op;
    bool store_alone = op && (op->tx != TX_NONE || is_quick(v));
    return store_alone && v->router->brisk ? v->router->brisk : v->router->slow;
}

/* Hands the visit to another thread: a write to the store's, or a job to the lane's. What refuses it is answered here. */
static enum served later(struct route_visit *v, err (*write)(struct call *), void (*job)(void *))
{
    struct router *r = v->router;
    /* Counted before `stopping` is read: router_stop() sets that first and then waits for the count, so one of us sees the other. */
    atomic_fetch_add(&r->deferred, 1);
    if (atomic_load(&r->stopping)) {
        atomic_fetch_sub(&r->deferred, 1);
        return served_now(v, too_late(v));
    }
    http_defer(v->x);
    err e = write ? store_write_later(r->store, v->c, write, write_done, v) : lane_submit(lane_of(v), job, v);
    if (e == ERR_OK) return SERVE_LATER;
    atomic_fetch_add(&r->slow_refused, 1);
    answer(v, fail(v->c, e, NULL, "too many requests are waiting"));
    return SERVE_LATER;
}

/* Reads through a network, and parsing what is large, must not hold up the other connections of this thread. */
static bool waits(const struct route_visit *v)
{
    const struct op *op = v->at.op;
    if (v->c->rq->body.n > BODY_INLINE) return true;
    bool asks_store = op->perm != PERM_PUBLIC || op->tx == TX_READ;
    return asks_store && v->router->store && !store_reads_fast(v->router->store);
}

static enum served run_on_lane(struct route_visit *v)
{
    const struct op *op = v->at.op;
    if (waits(v)) return later(v, NULL, slow_whole);
    if (op->tx == TX_READ) {
        err e = store_run(v, TX_READ, stations_and_operation);
        return e == ERR_OK && after_wanted(v) ? later(v, NULL, slow_after) : served_now(v, e);
    }
    err e = stations_alone(v);
    if (e != ERR_OK) return served_now(v, e);
    if (is_quick(v) || (op->tx == TX_WRITE && !v->router->store)) {
        e = operation(v->c);
        return e == ERR_OK && op->record && v->router->store ? later(v, op->record, NULL) : served_now(v, e);
    }
    return later(v, op->tx == TX_WRITE ? operation : NULL, slow_operation);
}

/* Doors */

static err find_row(struct route_visit *v)
{
    struct call *c = v->c;
    err e = tree_match(&v->router->tree, c->mem, c->rq, c->path, &v->at);
    c->room = v->at.family->room;
    return e == ERR_INPUT ? fail(c, ERR_INPUT, NULL, "the path is malformed") : e;
}

static struct route_visit *visit_new(struct router *r, struct exchange *x)
{
    struct arena *a = exchange_arena(x);
    struct route_visit *v = NEW(a, struct route_visit);
    if (!v) return NULL;
    *exchange_slot(x) = v;
    v->router = r;
    v->x = x;
    v->c = &v->own;
    v->own = (struct call){ .mem = a, .now_ms = clock_now_ms(), .rq = exchange_req(x), .reply = exchange_reply(x), .visit = v };
    v->own.request_id = v->own.rq->id;
    return v;
}

enum served route_serve(void *self, struct exchange *x)
{
    struct route_visit *v = visit_new(self, x);
    if (!v) {
        struct reply *reply = exchange_reply(x);
        *reply = (struct reply){ .status = 500, .type = STR("text/plain; charset=utf-8"), .body = STR("out of memory\n") };
        return SERVE_NOW;
    }
    err e = find_row(v);
    if (e == ERR_OK && atomic_load(&v->router->stopping)) e = too_late(v);
    if (e != ERR_OK) return served_now(v, e);
    if (v->at.op) return run_on_lane(v);
    if (v->at.node && v->at.family->no_method_asks && v->router->store && v->c->rq->method != M_OPTIONS) return later(v, NULL, slow_unmatched);
    reply_unmatched(v);
    return SERVE_NOW;
}

size_t route_body_max(void *self, const struct req *rq)
{
    const struct router *r = self;
    struct match at;
    if (rq->method == M_GET || rq->method == M_HEAD || rq->method == M_OPTIONS) return STRAY_BODY_MAX;
    size_t max = STRAY_BODY_MAX;
    if (tree_match(&r->tree, NULL, rq, NULL, &at) == ERR_OK && at.op && (at.op->body_max || at.family->body_max))
        max = at.op->body_max ? at.op->body_max : at.family->body_max;
    return max;
}

void router_run(struct router *r, struct call *c)
{
    struct route_visit *v = NEW(c->mem, struct route_visit);
    if (!v) {
        c->reply->status = 500;
        return;
    }
    v->router = r;
    v->c = c;
    c->visit = v;
    err e = find_row(v);
    if (e == ERR_OK && !v->at.op)
        reply_unmatched(v);
    else
        conclude(v, e == ERR_OK ? run_here(v) : e);
}

static void log_request(const struct req *rq, const struct reply *reply, int64_t ms)
{
    LOG(LOG_INFO, "request", LOG_S("id", rq->id), LOG_S("method", rq->method_text), LOG_S("path", rq->path), LOG_I("status", reply->status), LOG_I("ms", ms),
        LOG_I("bytes", (int64_t)reply->body.n), LOG_S("peer", rq->peer));
}

void route_done(void *self, struct exchange *x)
{
    struct router *r = self;
    const struct req *rq = exchange_req(x);
    const struct reply *reply = exchange_reply(x);
    int64_t ms = (clock_mono_us() - rq->start_us) / 1000;
    int class = reply->status / 100;
    atomic_fetch_add_explicit(&r->requests, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->ms_sum, ms, memory_order_relaxed);
    if (class > 0 && class < 6) atomic_fetch_add_explicit(&r->by_class[class], 1, memory_order_relaxed);
    if (r->options.request_log && log_wants(LOG_INFO)) log_request(rq, reply, ms);
}
