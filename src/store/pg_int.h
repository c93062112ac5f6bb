/* store/pg_int.h: the PostgreSQL engine's connections, shared by statements (pg.c) and transactions (pg_pool.c). */
#pragma once
#include "base/lane.h"
#include "store/store_int.h"
#include <libpq-fe.h>
#include <pthread.h>

enum { PG_STATEMENTS = 256 }; /* remembered per connection; a power of two */

/* One connection: used by one thread at a time. */
struct pg_conn {
    PGconn  *pq;    /* NULL until first used and after a loss */
    bool     taken;
    bool     stale; /* to be opened anew before its next transaction */
    unsigned named; /* statements prepared so far: number n is called "sN" */
    struct {
        const char *sql;
        unsigned    id;
    } cache[PG_STATEMENTS];
};

struct pg {
    struct store   *store;
    const char     *url;
    bool            durable;
    pthread_mutex_t lock; /* over .taken */
    pthread_cond_t  some_free;
    struct pg_conn *conns;
    unsigned        n;
    struct lane    *lane; /* for store_write_later() */
};

/* A lost or stale connection is opened anew. ERR_STORE: unreachable (logged). */
err  pg_connected(struct pg *p, struct pg_conn *k) MUST_CHECK;
void pg_disconnect(struct pg_conn *k);
/* BEGIN, COMMIT, scripts: no parameters, no rows; a fault point. tag: what the server must have done, NULL: anything. */
err  pg_plain(struct db *db, const char *sql, const char *tag) MUST_CHECK;
err  pg_run(struct db *db, struct arena *a, const struct query *q, const struct params *in, struct result *out);
err  pg_script(struct db *db, const char *sql);
err  pg_describe(struct db *db, const struct query *q, struct described *out, struct arena *a, str *why);
err  pg_lock(struct call *c, str name);
