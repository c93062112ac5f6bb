/* store/pg_statement.c: statements on PostgreSQL. Values travel in binary form both ways. */
#include "base/fault.h"
#include "store/pg_int.h"

/* Object identifiers of the built-in types that we read; fixed by PostgreSQL's catalogue. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_BPCHAR = 1042, OID_VARCHAR = 1043 };

/* The letter a column of that type is read by; '?' for a type that we do not read. */
static char kind_of(Oid type)
{
    switch (type) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME: return 't';
    case OID_BYTEA: return 'b';
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_BOOL: return 'i';
    default: return '?';
    }
}

/* Big-endian two's complement of 1 (a boolean), 2, 4 or 8 bytes. */
static int64_t read_int(const char *p, int n)
{
    uint64_t v = n > 1 && (p[0] & 0x80) ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++) v = v << 8 | (unsigned char)p[i];
    return (int64_t)v;
}

static err read_cell(const PGresult *r, int row, int at, struct letter l, struct arena *a, struct cell *out)
{
    if (PQgetisnull(r, row, at)) {
        out->null = true;
        return l.null_ok ? ERR_OK : ERR_STORE;
    }
    if (kind_of(PQftype(r, at)) != l.kind) return ERR_STORE;
    const char *p = PQgetvalue(r, row, at);
    int n = PQgetlength(r, row, at);
    if (l.kind != 'i') return arena_str(a, (str){ p, (size_t)n }, &out->s);
    out->i = read_int(p, n);
    return ERR_OK;
}

static err read_row(struct db *db, const PGresult *r, int row, struct arena *a, const struct query *q, struct result *out)
{
    struct cell *cells = result_row(out, a, letters_count(q->out));
    if (!cells) return ERR_NOMEM;
    struct letter l;
    const char *at = q->out;
    for (int i = 0; letter_next(&at, &l); i++) {
        err e = read_cell(r, row, i, l, a, &cells[i]);
        if (e == ERR_STORE) store_trouble(db->store, q->sql, "a column is NULL or of another type than its letter says");
        TRY(e);
    }
    return ERR_OK;
}

static err read_rows(struct db *db, PGresult *r, struct arena *a, const struct query *q, struct result *out)
{
    if (out->most && PQntuples(r) > 0 && (size_t)PQnfields(r) != letters_count(q->out)) {
        store_trouble(db->store, q->sql, "another number of columns than its letters say");
        return ERR_STORE;
    }
    for (int i = 0; i < PQntuples(r) && out->n < out->most; i++) TRY(read_row(db, r, i, a, q, out));
    /* "3" after a change; after a SELECT it counts rows, which the other engine does not. */
    bool is_select = strncmp(PQcmdStatus(r), "SELECT", 6) == 0;
    if (is_select || str_int(str_c(PQcmdTuples(r)), &out->changed) != ERR_OK) out->changed = 0;
    return ERR_OK;
}

/* One command, with the beginning of its transaction if it is the first. A connection that was closed while it was idle shows here, before anything
 * was done: that costs one more try. */
static err ask(struct db *db, const char *sql, const char *types, const struct params *in, PGresult **out)
{
    struct pg_conn *k = db->conn;
    for (bool first = !k->begun, retried = false;; retried = true) {
        *out = NULL;
        TRY(db->tx == TX_GLANCE ? pg_connected(db->store->impl, k) : pg_send_begin(db));
        err e = pg_send(db, sql, types, in);
        if (e == ERR_OK) e = pg_send_xid(db);
        if (e == ERR_OK) e = pg_collect(db, out);
        if (e == ERR_OK || !first || retried || pg_is_open(k)) return e;
        PQclear(*out);
        pg_disconnect(k);
        db->again = false;
    }
}

err pg_run(struct db *db, struct arena *a, const struct query *q, const struct params *in, struct result *out)
{
    PGresult *r = NULL;
    const char *sql = query_text(db->store->e, q);
    bool later = false;
    if (out->later) TRY(pg_send_later(db, sql, q->in, in, &later));
    if (later) return ERR_OK;
    err e = ask(db, sql, q->in, in, &r);
    if (e == ERR_OK) e = read_rows(db, r, a, q, out);
    PQclear(r);
    return e;
}

err pg_script(struct db *db, const char *sql)
{
    struct pg_conn *k = db->conn;
    PGresult *r = NULL;
    err e = pg_send_begin(db);
    if (e == ERR_OK) e = pg_collect(db, &r);
    PQclear(r);
    TRY(e);
    if (fault_here() || !PQexitPipelineMode(k->pq)) return store_trouble(db->store, sql, "interrupted"), ERR_STORE;
    r = PQexec(k->pq, sql);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_EMPTY_QUERY) e = pg_judge(db, sql, r);
    PQclear(r);
    if (pg_is_open(k) && !PQenterPipelineMode(k->pq)) k->stale = true;
    return e;
}

/* locks */

/* A lock that one waits for in the transaction that needs it comes too late: with the waiting SELECT the transaction has taken its picture of the
 * rows, and what the holder before us changed is a lost race. So, when the lock is the first that a transaction does, it is waited for in a transaction of
 * its own, with a lock of the session, and handed over to the next: COMMIT AND CHAIN leaves no moment in which a pooler could give the
 * session to somebody else. */
static err send_lock_first(struct db *db, const struct params *in)
{
    TRY(pg_send_begin(db));
    TRY(pg_send(db, "SELECT pg_advisory_lock(hashtextextended($1, 0))", "t", in));
    TRY(pg_send_plain(db, "COMMIT AND CHAIN"));
    TRY(pg_send(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "t", in));
    TRY(pg_send(db, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", "t", in));
    return pg_send_xid(db);
}

static err lock_first(struct db *db, const struct params *in)
{
    struct pg_conn *k = db->conn;
    PGresult *r = NULL;
    err e = send_lock_first(db, in);
    if (e == ERR_OK) e = pg_collect(db, &r);
    PQclear(r);
    if (e != ERR_OK) k->stale = true; /* it may hold the session's lock */
    return e;
}

err pg_lock(struct call *c, str name)
{
    struct db *db = c->db;
    struct pg_conn *k = db->conn;
    struct params in = { .v = { { .kind = 't', .s = name } }, .n = 1 };
    PGresult *r = NULL;
    err e;
    if (k->begun) {
        e = ask(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "t", &in, &r);
        PQclear(r);
    } else {
        e = lock_first(db, &in);
    }
    if (e != ERR_OK) db->failed = e;
    return e;
}

/* trials: sent along with the statement that follows, or with the COMMIT */

err pg_trial_begin(struct db *db)
{
    TRY(pg_send_begin(db));
    return pg_send_plain(db, "SAVEPOINT trial");
}

err pg_trial_end(struct db *db, bool keep)
{
    if (!keep) TRY(pg_send_plain(db, "ROLLBACK TO SAVEPOINT trial"));
    return pg_send_plain(db, "RELEASE SAVEPOINT trial");
}

/* checking */

static err send_describe(struct db *db, const char *sql, const char *types)
{
    char name[16];
    TRY(pg_send_begin(db));
    if (fault_here()) return store_trouble(db->store, sql, "interrupted"), ERR_STORE;
    TRY(pg_send_prepare(db, sql, types, name));
    return pg_send_describe(db, sql, name);
}

err pg_describe(struct db *db, const struct query *q, struct described *out, struct arena *a, str *why)
{
    PGresult *r = NULL;
    err e = send_describe(db, query_text(db->store->e, q), q->in);
    if (e == ERR_OK) e = pg_collect(db, &r);
    if (e == ERR_STORE && r) e = arena_str(a, str_trim(str_c(PQresultErrorMessage(r))), why) == ERR_OK ? ERR_STORE : ERR_NOMEM;
    if (e == ERR_OK) {
        *out = (struct described){ .params = (size_t)PQnparams(r), .columns = (size_t)PQnfields(r) };
        for (int i = 0; i < PQnfields(r) && i < STORE_COLUMNS_MAX; i++) out->kinds[i] = kind_of(PQftype(r, i));
    }
    PQclear(r);
    return e;
}
