/* store/pg_pool.c: PostgreSQL transactions: a bounded pool of connections, serializable writes that are run again when they lose.
 *
 * Invariants:
 *  1. A write is run again only while nothing of it can have been kept: never after its COMMIT was sent and no answer came.
 *  2. A read is one moment (repeatable read, read only), cannot lose a race, and its function runs at most once. */
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

/* --- the pool --- */

static struct pg_conn *conn_free(struct pg *p)
{
    for (unsigned i = 0; i < p->n; i++)
        if (!p->conns[i].taken) return &p->conns[i];
    return NULL;
}

static err conn_take(struct pg *p, struct pg_conn **out)
{
    struct timespec until;
    struct pg_conn *k;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&p->lock);
    while (!(k = conn_free(p)) && pthread_cond_timedwait(&p->some_free, &p->lock, &until) != ETIMEDOUT) continue;
    if (k) k->taken = true;
    (void)pthread_mutex_unlock(&p->lock);
    if (!k) atomic_fetch_add(&p->store->busy, 1);
    *out = k;
    return k ? ERR_OK : ERR_BUSY;
}

static void conn_give(struct pg *p, struct pg_conn *k)
{
    (void)pthread_mutex_lock(&p->lock);
    k->taken = false;
    (void)pthread_cond_signal(&p->some_free);
    (void)pthread_mutex_unlock(&p->lock);
}

/* --- one transaction --- */

/* The server may have closed a connection while it was idle: that shows here, before anything was done, and costs one more try. */
static err begin(struct pg *p, struct db *db)
{
    const char *sql = db->tx == TX_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN ISOLATION LEVEL SERIALIZABLE";
    for (int i = 0;; i++) {
        struct pg_conn *k = db->conn;
        TRY(pg_connected(p, k));
        err e = pg_plain(db, sql, "BEGIN");
        db->again = false;
        if (e == ERR_OK || i == 1 || PQstatus(k->pq) == CONNECTION_OK) return e;
    }
}

/* A connection that cannot be brought back to rest is closed, which ends its transaction as well. */
static void rest(struct pg_conn *k)
{
    if (!k->pq || PQtransactionStatus(k->pq) == PQTRANS_IDLE) return;
    PQclear(PQexec(k->pq, "ROLLBACK"));
    if (PQtransactionStatus(k->pq) != PQTRANS_IDLE) k->stale = true;
}

static err commit(struct db *db)
{
    struct pg_conn *k = db->conn;
    err             e = pg_plain(db, "COMMIT", "COMMIT");
    /* Without an answer nobody knows: the caller is told "failed", and it is not run again (invariant 1). */
    if (e != ERR_OK && PQstatus(k->pq) != CONNECTION_OK) db->again = false;
    return e;
}

static err once(struct pg *p, struct db *db, struct call *c, store_fn fn)
{
    TRY(begin(p, db));
    err e = db_fn(db, c, fn);
    if (e == ERR_OK && db->tx == TX_WRITE) e = commit(db);
    rest(db->conn);
    return e;
}

/* Apart by chance, so that those who met once do not meet again. */
static void backoff(int attempt)
{
    uint32_t chance;
    int      most = attempt < 6 ? 1 << attempt : BACKOFF_MAX;
    crypto_random(&chance, sizeof chance);
    long            us = (long)(chance % (uint32_t)(most * 1000));
    struct timespec t = { .tv_nsec = us * 1000 };
    (void)nanosleep(&t, NULL);
}

static err until_won(struct pg *p, struct pg_conn *k, struct db *db, struct call *c, store_fn fn)
{
    for (int attempt = 1;; attempt++) {
        db_begin(db, p->store, k, TX_WRITE);
        err e = once(p, db, c, fn);
        if (e == ERR_OK || !db->again) return e;
        call_forget(c);
        if (attempt == ATTEMPTS) return atomic_fetch_add(&p->store->busy, 1), ERR_BUSY;
        atomic_fetch_add(&p->store->retries, 1);
        backoff(attempt);
    }
}

static err pg_write(struct store *s, struct call *c, store_fn fn)
{
    struct pg      *p = s->impl;
    struct pg_conn *k;
    struct db       db;
    TRY(conn_take(p, &k));
    err e = until_won(p, k, &db, c, fn);
    conn_give(p, k);
    if (e != ERR_OK) return e;
    atomic_fetch_add(&s->commits, 1);
    atomic_fetch_add(&s->writes, 1);
    db_run_hooks(&db);
    return ERR_OK;
}

static err pg_read(struct store *s, struct call *c, store_fn fn)
{
    struct pg      *p = s->impl;
    struct pg_conn *k;
    struct db       db;
    TRY(conn_take(p, &k));
    db_begin(&db, s, k, TX_READ);
    err e = once(p, &db, c, fn);
    conn_give(p, k);
    return e;
}

/* --- writes that nobody waits for --- */

struct job {
    struct store *s;
    struct call  *c;
    store_fn      fn;
    store_done    done;
    void         *arg;
};

static void job_run(void *arg)
{
    struct job j = *(struct job *)arg; /* it lives in its call's arena: done() may be its end */
    atomic_fetch_sub(&j.s->queue_depth, 1);
    j.done(j.c, pg_write(j.s, j.c, j.fn), j.arg);
}

static err pg_write_later(struct store *s, struct call *c, store_fn fn, store_done done, void *arg)
{
    struct pg  *p = s->impl;
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

/* --- opening and closing --- */

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
    bool        ok = pg_read(s, &c, look) == ERR_OK;
    arena_free(a);
    return ok;
}

static void pg_close(struct store *s)
{
    struct pg *p = s->impl;
    lane_free(p->lane);
    for (unsigned i = 0; i < p->n; i++) pg_disconnect(&p->conns[i]);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->some_free);
}

static err pg_open(struct store *s, struct arena *a, const struct store_options *o, str *why)
{
    pthread_condattr_t monotonic;
    struct pg         *p = NEW(a, struct pg);
    if (!p) return ERR_NOMEM;
    p->store = s;
    p->durable = o->durable;
    p->n = o->readers ? o->readers : POOL_DEFAULT;
    p->url = arena_z(a, str_c(o->url));
    p->conns = NEW_N(a, struct pg_conn, p->n);
    if (!p->url || !p->conns) return ERR_NOMEM;
    TRY(lane_new("store writes", p->n < LANE_MAX ? p->n : LANE_MAX, o->queue ? o->queue : QUEUE_DEFAULT, &p->lane));
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->some_free, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    s->impl = p;
    if (pg_connected(p, &p->conns[0]) == ERR_OK) return ERR_OK;
    *why = STR("cannot reach PostgreSQL at store.url; the log has the reason");
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
    .reachable = pg_reachable,
};
