/* store/pg_pool.c: PostgreSQL transactions: a bounded pool of connections, serializable writes that are run again when they lose.
 *
 * Invariants:
 *  1. A write is run again only while nothing of it can have been kept: after its COMMIT was sent and not answered only if the server says that it was
 *     not committed (pg_outcome.c).
 *  2. A read is one moment (repeatable read, read only), cannot lose a race, and its function runs at most once.
 *  3. Connections are given out in the order of asking. */
#include "store/pg_int.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include <errno.h>
#include <time.h>

enum {
    POOL_DEFAULT = 8,
    QUEUE_DEFAULT = 1024,
    LANE_MAX = 8,
    WAIT_S = 10,     /* for a free connection */
    ATTEMPTS = 40,   /* of a write that loses */
    BACKOFF_MAX = 64 /* ms */
};

/* the pool */

static struct pg_conn *conn_free(struct pg *p)
{
    for (unsigned i = 0; i < p->n; i++)
        if (!p->conns[i].taken) return &p->conns[i];
    return NULL;
}

static void waiter_drop(struct pg *p, const struct pg_waiter *w)
{
    struct pg_waiter **at = &p->first;
    while (*at != w) at = &(*at)->next;
    *at = w->next;
    if (!*at) p->last = at;
}

/* Whoever came first is served first: a connection that comes back is handed to the head of the line, and is never free meanwhile. */
static struct pg_conn *conn_wait(struct pg *p)
{
    struct pg_waiter w = { 0 };
    struct timespec until;
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w.turn, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    *p->last = &w;
    p->last = &w.next;
    while (!w.given && pthread_cond_timedwait(&w.turn, &p->lock, &until) != ETIMEDOUT) continue;
    if (!w.given) waiter_drop(p, &w);
    (void)pthread_cond_destroy(&w.turn);
    return w.given;
}

static err conn_take(struct pg *p, struct pg_conn **out)
{
    (void)pthread_mutex_lock(&p->lock);
    struct pg_conn *k = conn_free(p);
    if (k)
        k->taken = true;
    else
        k = conn_wait(p);
    (void)pthread_mutex_unlock(&p->lock);
    if (!k) atomic_fetch_add(&p->store->busy, 1);
    *out = k;
    return k ? ERR_OK : ERR_BUSY;
}

static void conn_give(struct pg *p, struct pg_conn *k)
{
    (void)pthread_mutex_lock(&p->lock);
    struct pg_waiter *w = p->first;
    if (w) {
        p->first = w->next;
        if (!p->first) p->last = &p->first;
        w->given = k;
        (void)pthread_cond_signal(&w->turn);
    } else {
        k->taken = false;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/* one transaction */

/* Without an answer to COMMIT only the server knows. "Not committed" may be run again; when even it cannot tell, nobody is told "done", and nothing is
 * done twice (invariant 1). */
static err commit(struct pg *p, struct db *db)
{
    struct pg_conn *k = db->conn;
    char server[sizeof k->server];
    int64_t xid = k->xid;
    if (!k->begun) return ERR_OK; /* no statement, nothing to keep */
    memcpy(server, k->server, sizeof server);
    err e = pg_plain(db, "COMMIT", "COMMIT");
    if (e == ERR_OK || (pg_is_open(k) && !k->stale)) return e;
    db->again = false;
    enum pg_outcome o = pg_outcome(p, k, xid, server);
    if (o == PG_COMMITTED) return ERR_OK;
    db->again = o == PG_ABORTED;
    return ERR_BUSY;
}

static err once(struct pg *p, struct db *db, struct call *c, store_fn fn)
{
    err e = db_fn(db, c, fn);
    if (e == ERR_OK && db->tx == TX_WRITE) e = commit(p, db);
    pg_rest(db);
    return e;
}

/* Apart by chance, so that those who met once do not meet again. */
static void backoff(int attempt)
{
    uint32_t chance;
    int most = attempt < 6 ? 1 << attempt : BACKOFF_MAX;
    crypto_random(&chance, sizeof chance);
    long us = (long)(chance % (uint32_t)(most * 1000));
    struct timespec t = { .tv_nsec = us * 1000 };
    (void)nanosleep(&t, NULL);
}

static err until_won(struct pg *p, struct pg_conn *k, struct db *db, struct call *c, store_fn fn)
{
    bool eager = false;
    for (int attempt = 1;; attempt++) {
        db_begin(db, p->store, k, TX_WRITE);
        db->eager = eager;
        err e = once(p, db, c, fn);
        if (e == ERR_OK || !db->again) return e;
        call_forget(c);
        if (attempt == ATTEMPTS) return atomic_fetch_add(&p->store->busy, 1), ERR_BUSY;
        atomic_fetch_add(&p->store->retries, 1);
        if (db->eager == eager) backoff(attempt);
        eager = db->eager;
    }
}

static err pg_write(struct store *s, struct call *c, store_fn fn)
{
    struct pg *p = s->impl;
    struct pg_conn *k;
    struct db db;
    TRY(conn_take(p, &k));
    err e = until_won(p, k, &db, c, fn);
    conn_give(p, k);
    if (e != ERR_OK) return e;
    atomic_fetch_add(&s->commits, 1);
    atomic_fetch_add(&s->writes, 1);
    db_run_hooks(&db);
    return ERR_OK;
}

static err pg_read(struct store *s, struct call *c, enum tx tx, store_fn fn)
{
    struct pg *p = s->impl;
    struct pg_conn *k;
    struct db db;
    TRY(conn_take(p, &k));
    db_begin(&db, s, k, tx);
    err e = once(p, &db, c, fn);
    conn_give(p, k);
    return e;
}

/* writes that nobody waits for */

struct job {
    struct store *s;
    struct call *c;
    store_fn fn;
    store_done done;
    void *arg;
};

static void job_run(void *arg)
{
    struct job j = *(struct job *)arg; /* it lives in its call's arena: done() may be its end */
    atomic_fetch_sub(&j.s->queue_depth, 1);
    j.done(j.c, pg_write(j.s, j.c, j.fn), j.arg);
}

static err pg_write_later(struct store *s, struct call *c, store_fn fn, store_done done, void *arg)
{
    struct pg *p = s->impl;
    struct job *j = NEW(c->mem, struct job);
    if (!j) return ERR_NOMEM;
    *j = (struct job){ s, c, fn, done, arg };
    atomic_fetch_add(&s->queue_depth, 1);
    err e = lane_submit(p->lane, job_run, j);
    if (e == ERR_OK) return ERR_OK;
    atomic_fetch_sub(&s->queue_depth, 1);
    if (e == ERR_BUSY) atomic_fetch_add(&s->busy, 1);
    return e;
}

/* opening and closing */

static err look(struct call *c)
{
    static const struct query one = { .in = "", .out = "i", .sql = "SELECT 1" };
    struct cell *row;
    return db_get(c, &one, &row);
}

static bool pg_reachable(struct store *s)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a) return false;
    struct call c = { .mem = a };
    bool ok = pg_read(s, &c, TX_GLANCE, look) == ERR_OK;
    arena_free(a);
    return ok;
}

static void pg_close(struct store *s)
{
    struct pg *p = s->impl;
    lane_free(p->lane);
    pg_news_close(p->news);
    for (unsigned i = 0; i < p->n; i++) pg_disconnect(&p->conns[i]);
    (void)pthread_mutex_destroy(&p->lock);
}

/* Most characters have no place in another encoding. SQL_ASCII is none: it keeps bytes as they come. */
static bool keeps_utf8(const PGconn *pq)
{
    const char *encoding = PQparameterStatus(pq, "server_encoding");
    return !encoding || strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0;
}

static err pg_open(struct store *s, struct arena *a, const struct store_options *o, str *why)
{
    struct pg *p = NEW(a, struct pg);
    if (!p) return ERR_NOMEM;
    p->store = s;
    p->durable = o->durable;
    p->prepare = !o->no_prepare;
    p->last = &p->first;
    p->n = o->readers ? o->readers : POOL_DEFAULT;
    p->url = arena_z(a, str_c(o->url));
    p->conns = NEW_N(a, struct pg_conn, p->n);
    if (!p->url || !p->conns) return ERR_NOMEM;
    TRY(lane_new("store writes", p->n < LANE_MAX ? p->n : LANE_MAX, o->queue ? o->queue : QUEUE_DEFAULT, &p->lane));
    (void)pthread_mutex_init(&p->lock, NULL);
    s->impl = p;
    err e = pg_news_open(s, a, o->listen_url ? o->listen_url : o->url, &p->news);
    if (e != ERR_OK) return pg_close(s), e;
    bool reached = pg_connected(p, &p->conns[0]) == ERR_OK;
    if (reached && keeps_utf8(p->conns[0].pq)) return ERR_OK;
    *why = reached ? STR("the database at store.url has no room for all characters; make one with ENCODING 'UTF8' TEMPLATE template0")
                   : STR("cannot reach PostgreSQL at store.url; the log has the reason");
    pg_close(s);
    return ERR_STORE;
}

const struct engine store_postgresql = {
    .name = "postgresql",
    .sql_pg = true,
    .serial = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    .blob = "BYTEA",
    .bigint = "BIGINT",
    /* Before the transaction's first look at any row: a lock taken by SELECT would come with an old picture of the ledger. */
    .ledger_lock = "LOCK TABLE chancery_migration IN EXCLUSIVE MODE",
    .open = pg_open,
    .close = pg_close,
    .read = pg_read,
    .write = pg_write,
    .write_later = pg_write_later,
    .run = pg_run,
    .script = pg_script,
    .describe = pg_describe,
    .lock = pg_lock,
    .trial_begin = pg_trial_begin,
    .trial_end = pg_trial_end,
    .reachable = pg_reachable,
    .listen = pg_news_listen,
    .tell = pg_news_tell,
};
