/* store/pg.c: PostgreSQL connections and statements. Values travel in binary form both ways. */
#include "store/pg_int.h"
#include "base/fault.h"
#include "base/log.h"
#include <endian.h>
#include <stdio.h>

/* Object identifiers of the built-in types that we bind and read; fixed by PostgreSQL's catalogue. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_BPCHAR = 1042, OID_VARCHAR = 1043 };

static const char lost[] = "the connection was lost";

/* --- connections --- */

static void silent(void *arg, const char *message) { (void)arg, (void)message; }

void pg_disconnect(struct pg_conn *k)
{
    PQfinish(k->pq);
    k->pq = NULL;
    k->stale = false;
    k->named = 0;
    memset(k->cache, 0, sizeof k->cache);
    /* Not .taken: it belongs to the pool's lock. */
}

static err connect_anew(struct pg *p, struct pg_conn *k)
{
    /* What stands before dbname may be set otherwise by the URL, what follows may not. */
    static const char *const keys[] = { "connect_timeout", "tcp_user_timeout", "application_name", "dbname", "client_encoding", NULL };
    const char *const values[] = { "5", "15000", "chancery", p->url, "UTF8", NULL };
    pg_disconnect(k);
    k->pq = fault_here() ? NULL : PQconnectdbParams(keys, values, 1);
    if (k->pq && PQstatus(k->pq) == CONNECTION_OK) {
        (void)PQsetNoticeProcessor(k->pq, silent, NULL);
        if (!p->durable) PQclear(PQexec(k->pq, "SET synchronous_commit TO off"));
        return ERR_OK;
    }
    store_trouble(p->store, "connect", k->pq ? PQerrorMessage(k->pq) : "out of memory");
    pg_disconnect(k);
    return ERR_STORE;
}

err pg_connected(struct pg *p, struct pg_conn *k)
{
    return k->pq && !k->stale && PQstatus(k->pq) == CONNECTION_OK ? ERR_OK : connect_anew(p, k);
}

/* --- what an answer means --- */

static bool state_is(const char *state, const char *with) { return state && strncmp(state, with, strlen(with)) == 0; }

/* What went wrong, for the caller and for the next attempt; logs trouble, but never a value. r may be NULL. */
static err judge(struct db *db, const char *sql, const PGresult *r)
{
    struct pg_conn *k = db->conn;
    const char     *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (state_is(state, "23")) return ERR_CONFLICT;
    /* Lost a race: serialization failure, deadlock. */
    if (state_is(state, "40001") || state_is(state, "40P01")) return db->again = true, ERR_STORE;
    /* A prepared statement is gone, or its table has changed: a fresh connection knows better. */
    if (state_is(state, "26000") || state_is(state, "0A000")) db->again = k->stale = true;
    if (PQstatus(k->pq) != CONNECTION_OK) {
        store_trouble(db->store, sql, lost);
        return db->again = true, ERR_STORE;
    }
    /* The primary message of class 22 (data exceptions) quotes the value. */
    const char *message = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    store_trouble(db->store, sql, state_is(state, "22") ? state : message ? message : "no answer");
    return ERR_STORE;
}

static err interrupted(struct db *db, const char *sql)
{
    store_trouble(db->store, sql, "interrupted");
    return ERR_STORE;
}

static bool is_fine(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

err pg_plain(struct db *db, const char *sql, const char *tag)
{
    struct pg_conn *k = db->conn;
    if (fault_here()) return interrupted(db, sql);
    PGresult *r = PQexec(k->pq, sql);
    err       e = is_fine(r) ? ERR_OK : judge(db, sql, r);
    /* COMMIT of a failed transaction is answered "ROLLBACK", and that is not an error to PostgreSQL. */
    if (e == ERR_OK && tag && strcmp(PQcmdStatus(r), tag) != 0) e = ERR_STORE;
    PQclear(r);
    return e;
}

err pg_script(struct db *db, const char *sql) { return pg_plain(db, sql, NULL); }

/* --- statements --- */

static void statement_name(unsigned id, char out[static 16]) { (void)snprintf(out, 16, "s%u", id); }

static size_t cache_slot(const char *sql)
{
    uint64_t x = (uint64_t)(uintptr_t)sql * 0x9E3779B97F4A7C15u;
    return (size_t)(x >> 32) & (PG_STATEMENTS - 1);
}

/* Where the text is remembered, or where it shall be. */
static size_t cache_find(const struct pg_conn *k, const char *sql)
{
    size_t at = cache_slot(sql);
    for (size_t i = 0; i < 8; i++) {
        size_t j = (at + i) & (PG_STATEMENTS - 1);
        if (!k->cache[j].sql || k->cache[j].sql == sql) return j;
    }
    return at;
}

static err forget(struct db *db, unsigned id)
{
    char name[16], sql[32];
    statement_name(id, name);
    (void)snprintf(sql, sizeof sql, "DEALLOCATE %s", name);
    return pg_plain(db, sql, NULL);
}

static err prepare(struct db *db, const char *sql, const char *in, char name[static 16])
{
    static const Oid oids[] = { ['t'] = OID_TEXT, ['b'] = OID_BYTEA, ['i'] = OID_INT8 };
    struct pg_conn  *k = db->conn;
    size_t           at = cache_find(k, sql);
    if (k->cache[at].sql == sql) return statement_name(k->cache[at].id, name), ERR_OK;
    if (k->cache[at].sql) TRY(forget(db, k->cache[at].id));
    k->cache[at].sql = NULL;
    Oid           types[STORE_PARAMS_MAX];
    struct letter l;
    int           n = 0;
    for (const char *p = in; n < STORE_PARAMS_MAX && letter_next(&p, &l);) types[n++] = oids[(unsigned char)l.kind];
    if (fault_here()) return interrupted(db, sql);
    statement_name(++k->named, name);
    PGresult *r = PQprepare(k->pq, name, sql, n, types);
    err       e = is_fine(r) ? ERR_OK : judge(db, sql, r);
    PQclear(r);
    if (e != ERR_OK) return e;
    k->cache[at].sql = sql;
    k->cache[at].id = k->named;
    return ERR_OK;
}

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
    int         n = PQgetlength(r, row, at);
    if (l.kind != 'i') return arena_str(a, (str){ p, (size_t)n }, &out->s);
    out->i = read_int(p, n);
    return ERR_OK;
}

static err read_row(struct db *db, const PGresult *r, int row, struct arena *a, const struct query *q, struct result *out)
{
    struct cell *cells = result_row(out, a, letters_count(q->out));
    if (!cells) return ERR_NOMEM;
    struct letter l;
    const char   *at = q->out;
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

static PGresult *execute(struct pg_conn *k, const char *name, const struct params *in)
{
    const char *values[STORE_PARAMS_MAX];
    int         lengths[STORE_PARAMS_MAX], formats[STORE_PARAMS_MAX];
    uint64_t    numbers[STORE_PARAMS_MAX];
    for (size_t i = 0; i < in->n; i++) {
        const struct param *p = &in->v[i];
        bool                is_int = p->kind == 'i';
        numbers[i] = htobe64((uint64_t)p->i);
        const char *bytes = is_int ? (const char *)&numbers[i] : p->s.n ? p->s.p : "";
        values[i] = p->null ? NULL : bytes;
        lengths[i] = is_int ? 8 : (int)p->s.n;
        formats[i] = 1;
    }
    return PQexecPrepared(k->pq, name, (int)in->n, values, lengths, formats, 1);
}

err pg_run(struct db *db, struct arena *a, const struct query *q, const struct params *in, struct result *out)
{
    struct pg_conn *k = db->conn;
    const char     *sql = query_text(db->store->e, q);
    char            name[16];
    TRY(prepare(db, sql, q->in, name));
    if (fault_here()) return interrupted(db, sql);
    PGresult *r = execute(k, name, in);
    err       e = is_fine(r) ? read_rows(db, r, a, q, out) : judge(db, sql, r);
    PQclear(r);
    return e;
}

err pg_lock(struct call *c, str name)
{
    static const struct query lock = { .in = "t", .out = "", .sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))" };
    return db_run(c, &lock, name);
}

err pg_describe(struct db *db, const struct query *q, struct described *out, struct arena *a, str *why)
{
    struct pg_conn *k = db->conn;
    char            name[16];
    err             e = prepare(db, query_text(db->store->e, q), q->in, name);
    if (e != ERR_OK && PQstatus(k->pq) == CONNECTION_OK) {
        str text = str_trim(str_c(PQerrorMessage(k->pq)));
        TRY(arena_str(a, text, why));
    }
    TRY(e);
    PGresult *r = PQdescribePrepared(k->pq, name);
    e = is_fine(r) ? ERR_OK : judge(db, q->sql, r);
    *out = (struct described){ .params = (size_t)PQnparams(r), .columns = (size_t)PQnfields(r) };
    for (int i = 0; i < PQnfields(r) && i < STORE_COLUMNS_MAX; i++) out->kinds[i] = kind_of(PQftype(r, i));
    PQclear(r);
    return e;
}
