/* store/pg_int.h: the PostgreSQL engine's connections, shared by the pipeline (pg.c), statements (pg_statement.c), transactions (pg_pool.c), commits whose
 * answer was lost (pg_outcome.c) and news (pg_listen.c). */
#pragma once
#include "base/lane.h"
#include "store/store_int.h"
#include <libpq-fe.h>
#include <pthread.h>

enum {
    PG_STATEMENTS = 1024, /* remembered per connection; a power of two */
    PG_SENT_MAX = 32,     /* commands on their way in one batch */
    PG_SERVER = 120       /* room for what tells one run of a server from another */
};

/* A command that was sent and not answered yet. */
struct pg_sent {
    const char *sql; /* for the log */
    int slot;        /* of the cache, of a statement that is being prepared; -1: none */
    bool is_xid;
    bool is_aside; /* making room; nobody asked for its answer */
    bool is_later; /* a statement of the write that did not wait for its answer */
};

/* One connection: used by one thread at a time, always in libpq's pipeline mode. */
struct pg_conn {
    PGconn *pq; /* NULL until first used and after a loss */
    bool taken; /* the pool's lock is over it */
    bool stale; /* to be closed after its transaction */
    bool begun; /* the transaction's BEGIN was sent */
    bool xid_asked;
    int64_t xid;            /* of the write that is open; 0: not known */
    char server[PG_SERVER]; /* which run of which server we are connected to (pg_outcome.c); "": not known */
    bool names;             /* statements are prepared under names here */
    unsigned named;         /* and so many were so far: number n is called "sN" */
    struct {
        const char *sql;
        unsigned id;
    } cache[PG_STATEMENTS];
    struct pg_sent sent[PG_SENT_MAX];
    unsigned n_sent;
};

/* Who waits for a connection, in the order of coming. */
struct pg_waiter {
    struct pg_waiter *next;
    pthread_cond_t turn;
    struct pg_conn *given;
};

struct pg {
    struct store *store;
    const char *url;
    bool durable, prepare;
    pthread_mutex_t lock; /* over .taken and the waiters */
    struct pg_waiter *first, **last;
    struct pg_conn *conns;
    unsigned n;
    atomic_int_least64_t down_until_ms; /* monotonic: nobody tries to connect before */
    struct lane *lane;                  /* for store_write_later() */
    struct pg_news *news;
};

/* A lost or stale connection is opened anew. ERR_BUSY: unreachable (logged). */
err pg_connected(struct pg *p, struct pg_conn *k) MUST_CHECK;
/* Why there is no connection. What the library says of a URL that it cannot read, or reads otherwise than it was meant, repeats pieces of the password. */
const char *pg_why(const PGconn *pq, const char *url);
void pg_disconnect(struct pg_conn *k);
bool pg_is_open(const struct pg_conn *k);
/* Whether somebody stands between us and PostgreSQL who may give each transaction another session; also where that cannot be told. */
bool pg_is_pooled(PGconn *pq);

/* the pipeline */

/* Sends without waiting. types: a letter each. Fault point. On error nothing may follow but pg_collect() or pg_rest(). */
err pg_send(struct db *db, const char *sql, const char *types, const struct params *in) MUST_CHECK;
/* The same for what has no parameters. */
err pg_send_plain(struct db *db, const char *sql) MUST_CHECK;
/* "sN", or "" where nothing is to be remembered; sent only if it is not known yet. */
err pg_send_prepare(struct db *db, const char *sql, const char *types, char name[static 16]) MUST_CHECK;
err pg_send_describe(struct db *db, const char *sql, const char *name) MUST_CHECK;
/* Asks once for the number of the open write: kept in .xid when the answer is collected. After the first statement: it would take the transaction's
 * picture of the rows, and LOCK TABLE wants to come before that. */
err pg_send_xid(struct db *db) MUST_CHECK;
/* Waits for the answers of all that was sent; the first error wins. *out: the last answer to a command that was asked for (not to prepare, nor to
 * pg_send_xid()), or the one that failed; NULL where none came. PQclear() it. */
err pg_collect(struct db *db, PGresult **out) MUST_CHECK;
/* pg_send_plain() and pg_collect(). tag: what the server must have done, NULL: anything. */
err pg_plain(struct db *db, const char *sql, const char *tag) MUST_CHECK;
/* BEGIN, unless that was sent already. */
err pg_send_begin(struct db *db) MUST_CHECK;
/* Puts a statement into the batch of what follows, if that is possible here. */
err pg_send_later(struct db *db, const char *sql, const char *types, const struct params *in, bool *done) MUST_CHECK;
/* What went wrong, for the caller and for the next attempt; logs trouble, but never a value. r may be NULL. */
err pg_judge(struct db *db, const char *sql, const PGresult *r);
/* Brings the connection back to rest, whatever is open; one that cannot be is closed. Does not wait. */
void pg_rest(struct db *db);

/* the engine's functions */

err pg_run(struct db *db, struct arena *a, const struct query *q, const struct params *in, struct result *out);
err pg_script(struct db *db, const char *sql);
err pg_describe(struct db *db, const struct query *q, struct described *out, struct arena *a, str *why);
err pg_lock(struct call *c, str name);
err pg_trial_begin(struct db *db);
err pg_trial_end(struct db *db, bool keep);

/* What became of the write xid whose COMMIT was not answered; asks on k, which it opens anew. */
enum pg_outcome { PG_UNKNOWN, PG_COMMITTED, PG_ABORTED };
enum pg_outcome pg_outcome(struct pg *p, struct pg_conn *k, int64_t xid, const char *server);
/* Gives .server as text. */
#define PG_WHICH_SERVER                                                                                                                              \
    "left(pg_walfile_name(pg_current_wal_lsn()), 8) || ' ' || extract(epoch FROM pg_postmaster_start_time())::text || ' ' || (SELECT min(pid)::text" \
    " FROM pg_stat_activity WHERE datid IS NULL AND usesysid IS NULL)"

/* News from and to other servers (pg_news.c). url: "none" for rows that are looked at. */
err pg_news_open(struct store *s, struct arena *a, const char *url, struct pg_news **out) MUST_CHECK;
void pg_news_close(struct pg_news *n);
err pg_news_listen(struct store *s);
void pg_news_tell(struct store *s, const char *topic);
