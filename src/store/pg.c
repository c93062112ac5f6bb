/* store/pg.c: PostgreSQL connections and their pipeline: what is sent together costs one round trip together. */
#include "store/pg_int.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include <endian.h>
#include <stdio.h>

/* Object identifiers of the built-in types that we bind; fixed by PostgreSQL's catalogue. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };
/* When a connection took that long not to come, the others do not wait for theirs as well: they are refused at once for as long again. */
enum { SLOW_MS = 1000 };
/* Room in a batch for a statement with its preparation and what had to go for that, and for what may follow before an answer is waited for: a trial's two ends,
 * another such statement, the end of the transaction. */
enum { SENT_SPARE = 12 };

static const char lost[] = "the connection was lost";

/* connections */

static void silent(void *arg, const char *message) { (void)arg, (void)message; }

void pg_disconnect(struct pg_conn *k)
{
    PQfinish(k->pq);
    k->pq = NULL;
    k->stale = k->begun = false;
    k->named = k->n_sent = 0;
    memset(k->cache, 0, sizeof k->cache);
    /* Not .taken: it belongs to the pool's lock. */
}

bool pg_is_open(const struct pg_conn *k) { return k->pq && PQstatus(k->pq) == CONNECTION_OK; }

/* Which server is for pg_outcome(). A standby has none to tell, and is of no use for writing anyway. */
static void look_around(struct pg *p, struct pg_conn *k)
{
    static atomic_bool told;
    PGresult *r = PQexec(k->pq, "SELECT " PG_WHICH_SERVER ", current_setting('synchronous_commit')");
    bool fine = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    (void)snprintf(k->server, sizeof k->server, "%s", fine ? PQgetvalue(r, 0, 0) : "");
    if (fine && p->durable && strcmp(PQgetvalue(r, 0, 1), "off") == 0 && !atomic_exchange(&told, true))
        LOG(LOG_WARN, "store: synchronous_commit is off for this role or database: what is acknowledged may be lost when PostgreSQL's machine fails");
    PQclear(r);
}

/* A pooler may give each transaction another session, in which a name means somebody else's statement, or nothing: then none is given. It cannot know the
 * session when we connect, so it tells of another process than the one that answers. */
bool pg_is_pooled(PGconn *pq)
{
    int64_t pid = -1;
    PGresult *r = PQexec(pq, "SELECT pg_backend_pid()");
    if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) IGNORE(str_int(str_c(PQgetvalue(r, 0, 0)), &pid)); /* -1 otherwise */
    PQclear(r);
    return pid != PQbackendPID(pq);
}

/* Digits, for several hosts with commas. */
static bool is_port(const char *s) { return s[strspn(s, "0123456789,")] == '\0'; }

const char *pg_why(const PGconn *pq, const char *url)
{
    PQconninfoOption *all = PQconninfoParse(url, NULL);
    bool sound = all;
    for (const PQconninfoOption *o = all; o && o->keyword; o++) {
        if (o->val && strcmp(o->keyword, "host") == 0) sound &= !strchr(o->val, '@');
        if (o->val && strcmp(o->keyword, "port") == 0) sound &= is_port(o->val);
    }
    PQconninfoFree(all);
    if (!sound) return "the URL is malformed: percent-encode what is no letter or digit in user and password, and look at the parameters";
    return pq ? PQerrorMessage(pq) : "out of memory";
}

static err connect_anew(struct pg *p, struct pg_conn *k)
{
    /* What stands before dbname may be set otherwise by the URL, what follows may not. */
    static const char *const keys[] = { "connect_timeout", "tcp_user_timeout", "application_name", "dbname", "client_encoding", NULL };
    const char *const values[] = { "5", "15000", "chancery", p->url, "UTF8", NULL };
    int64_t start = clock_mono_ms();
    pg_disconnect(k);
    k->pq = fault_here() ? NULL : PQconnectdbParams(keys, values, 1);
    if (pg_is_open(k)) {
        (void)PQsetNoticeProcessor(k->pq, silent, NULL);
        if (!p->durable) PQclear(PQexec(k->pq, "SET synchronous_commit TO off"));
        look_around(p, k);
        k->names = p->prepare && !pg_is_pooled(k->pq);
        if (pg_is_open(k) && PQenterPipelineMode(k->pq)) return ERR_OK;
    }
    store_trouble(p->store, "connect", pg_why(k->pq, p->url));
    if (clock_mono_ms() - start >= SLOW_MS) atomic_store(&p->down_until_ms, clock_mono_ms() + SLOW_MS);
    pg_disconnect(k);
    return ERR_BUSY;
}

static bool is_fine(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* The answer to one command: a result and the NULL that ends it. */
static PGresult *answer(struct pg_conn *k)
{
    PGresult *r = PQgetResult(k->pq), *more;
    while (r && (more = PQgetResult(k->pq))) PQclear(more);
    return r;
}

static void heed(struct pg_conn *k, const struct pg_sent *s, const PGresult *r, bool fine)
{
    if (s->slot >= 0 && !fine) k->cache[s->slot].sql = NULL;
    if (s->is_xid && fine && PQntuples(r) == 1 && str_int(str_c(PQgetvalue(r, 0, 0)), &k->xid) != ERR_OK) k->xid = 0;
}

/* The answers to the end of a transaction before this one, which nobody waited for. */
static void settle(struct pg_conn *k)
{
    if (!k->n_sent) return;
    for (unsigned i = 0; i < k->n_sent; i++) {
        PGresult *r = answer(k);
        heed(k, &k->sent[i], r, r && is_fine(r));
        PQclear(r);
    }
    PQclear(PQgetResult(k->pq));
    k->n_sent = 0;
    if (pg_is_open(k) && PQtransactionStatus(k->pq) != PQTRANS_IDLE) k->stale = true;
}

err pg_connected(struct pg *p, struct pg_conn *k)
{
    if (k->pq) settle(k);
    if (pg_is_open(k) && !k->stale) return ERR_OK;
    if (clock_mono_ms() < atomic_load(&p->down_until_ms)) return pg_disconnect(k), ERR_BUSY;
    return connect_anew(p, k);
}

/* what an answer means */

static bool state_is(const char *state, const char *with) { return state && strncmp(state, with, strlen(with)) == 0; }

err pg_judge(struct db *db, const char *sql, const PGresult *r)
{
    struct pg_conn *k = db->conn;
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (state_is(state, "23")) return ERR_CONFLICT;
    /* Lost a race: serialization failure, deadlock. */
    if (state_is(state, "40001") || state_is(state, "40P01")) return db->again = true, ERR_STORE;
    /* A prepared statement is gone, or its table has changed: a fresh connection knows better. */
    if (state_is(state, "26000") || state_is(state, "0A000")) db->again = k->stale = true;
    /* Without a state it was libpq who failed, not the server. The server shuts down, or says farewell to this connection alone. A standby took its place
     * (25006). */
    bool gone = !state || !pg_is_open(k) || state_is(state, "57P0") || state_is(state, "08") || (db->tx == TX_WRITE && state_is(state, "25006"));
    /* The primary message of class 22 (data exceptions) quotes the value. */
    const char *message = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    store_trouble(db->store, sql, state_is(state, "22") ? state : message ? message : gone ? lost : "no answer");
    if (gone) return db->again = k->stale = true, ERR_BUSY;
    /* Disk full, out of memory, too many connections; longer than the operator's statement_timeout or lock_timeout: it passes. */
    return state_is(state, "53") || state_is(state, "57014") || state_is(state, "55P03") ? ERR_BUSY : ERR_STORE;
}

static err interrupted(struct db *db, const char *sql)
{
    store_trouble(db->store, sql, "interrupted");
    return ERR_STORE;
}

/* sending */

static err sent(struct db *db, const char *sql, int slot, int ok)
{
    struct pg_conn *k = db->conn;
    if (!ok) {
        if (slot >= 0) k->cache[slot].sql = NULL;
        return pg_judge(db, sql, NULL);
    }
    k->sent[k->n_sent++] = (struct pg_sent){ .sql = sql, .slot = slot };
    return ERR_OK;
}

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

static int types_of(const char *letters, Oid out[static STORE_PARAMS_MAX])
{
    static const Oid oids[] = { ['t'] = OID_TEXT, ['b'] = OID_BYTEA, ['i'] = OID_INT8 };
    struct letter l;
    int n = 0;
    while (n < STORE_PARAMS_MAX && letter_next(&letters, &l)) out[n++] = oids[(unsigned char)l.kind];
    return n;
}

static void statement_name(unsigned id, char out[static 16]) { (void)snprintf(out, 16, "s%u", id); }

static err forget(struct db *db, unsigned id)
{
    struct pg_conn *k = db->conn;
    char name[16], sql[32];
    statement_name(id, name);
    (void)snprintf(sql, sizeof sql, "DEALLOCATE %s", name);
    TRY(sent(db, "DEALLOCATE", -1, PQsendQueryParams(k->pq, sql, 0, NULL, NULL, NULL, NULL, 1)));
    k->sent[k->n_sent - 1].is_aside = true;
    return ERR_OK;
}

err pg_send_prepare(struct db *db, const char *sql, const char *types, char name[static 16])
{
    struct pg_conn *k = db->conn;
    Oid oids[STORE_PARAMS_MAX];
    int n = types_of(types, oids);
    name[0] = '\0';
    if (!k->names) return sent(db, sql, -1, PQsendPrepare(k->pq, "", sql, n, oids));
    size_t at = cache_find(k, sql);
    if (k->cache[at].sql == sql) return statement_name(k->cache[at].id, name), ERR_OK;
    if (k->cache[at].sql) TRY(forget(db, k->cache[at].id));
    k->cache[at].sql = NULL;
    statement_name(++k->named, name);
    TRY(sent(db, sql, (int)at, PQsendPrepare(k->pq, name, sql, n, oids)));
    k->cache[at].sql = sql;
    k->cache[at].id = k->named;
    return ERR_OK;
}

/* Parameters as libpq wants them. */
struct bound {
    const char *values[STORE_PARAMS_MAX];
    int lengths[STORE_PARAMS_MAX], formats[STORE_PARAMS_MAX];
    uint64_t numbers[STORE_PARAMS_MAX];
};

static void bind_all(const struct params *in, struct bound *b)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct param *p = &in->v[i];
        bool is_int = p->kind == 'i';
        b->numbers[i] = htobe64((uint64_t)p->i);
        const char *bytes = is_int ? (const char *)&b->numbers[i] : p->s.n ? p->s.p : "";
        b->values[i] = p->null ? NULL : bytes;
        b->lengths[i] = is_int ? 8 : (int)p->s.n;
        b->formats[i] = 1;
    }
}

err pg_send(struct db *db, const char *sql, const char *types, const struct params *in)
{
    struct pg_conn *k = db->conn;
    struct bound b;
    char name[16];
    if (fault_here()) return interrupted(db, sql);
    bind_all(in, &b);
    if (!k->names) {
        Oid oids[STORE_PARAMS_MAX];
        int n = types_of(types, oids);
        return sent(db, sql, -1, PQsendQueryParams(k->pq, sql, n, oids, b.values, b.lengths, b.formats, 1));
    }
    TRY(pg_send_prepare(db, sql, types, name));
    return sent(db, sql, -1, PQsendQueryPrepared(k->pq, name, (int)in->n, b.values, b.lengths, b.formats, 1));
}

err pg_send_plain(struct db *db, const char *sql)
{
    /* Never prepared: making room for it would send a DEALLOCATE before it, and a BEGIN must come first in its batch. */
    struct pg_conn *k = db->conn;
    if (fault_here()) return interrupted(db, sql);
    return sent(db, sql, -1, PQsendQueryParams(k->pq, sql, 0, NULL, NULL, NULL, NULL, 1));
}

err pg_send_describe(struct db *db, const char *sql, const char *name)
{
    struct pg_conn *k = db->conn;
    return sent(db, sql, -1, PQsendDescribePrepared(k->pq, name));
}

err pg_send_xid(struct db *db)
{
    struct pg_conn *k = db->conn;
    if (db->tx != TX_WRITE || k->xid_asked) return ERR_OK;
    k->xid_asked = true;
    TRY(pg_send_plain(db, "SELECT pg_current_xact_id()::text"));
    k->sent[k->n_sent - 1].is_xid = true;
    return ERR_OK;
}

err pg_send_begin(struct db *db)
{
    struct pg_conn *k = db->conn;
    if (k->begun) return ERR_OK;
    TRY(pg_connected(db->store->impl, k));
    k->begun = true;
    k->xid_asked = false;
    k->xid = 0;
    /* Not prepared: making room among the prepared statements would be a query before it, after which the level cannot be chosen any more. */
    const char *sql = db->tx == TX_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN ISOLATION LEVEL SERIALIZABLE";
    if (fault_here()) return interrupted(db, sql);
    return sent(db, sql, -1, PQsendQueryParams(k->pq, sql, 0, NULL, NULL, NULL, NULL, 1));
}

/* Not before the number of the write is known: the commit may be in the same batch, and its answer may be lost (pg_outcome.c). */
err pg_send_later(struct db *db, const char *sql, const char *types, const struct params *in, bool *done)
{
    struct pg_conn *k = db->conn;
    *done = db->tx == TX_WRITE && !db->eager && k->begun && k->xid && k->n_sent + SENT_SPARE <= PG_SENT_MAX;
    if (!*done) return ERR_OK;
    TRY(pg_send(db, sql, types, in));
    k->sent[k->n_sent - 1].is_later = true;
    return ERR_OK;
}

/* collecting */

err pg_collect(struct db *db, PGresult **out)
{
    struct pg_conn *k = db->conn;
    err e = ERR_OK;
    *out = NULL;
    if (!k->n_sent) return ERR_OK;
    if (!PQpipelineSync(k->pq)) e = pg_judge(db, k->sent[0].sql, NULL);
    for (unsigned i = 0; i < k->n_sent; i++) {
        PGresult *r = answer(k);
        bool fine = r && is_fine(r);
        heed(k, &k->sent[i], r, fine);
        if (e != ERR_OK || (fine && (k->sent[i].is_xid || k->sent[i].is_aside || k->sent[i].slot >= 0))) {
            PQclear(r);
            continue;
        }
        if (!fine) e = pg_judge(db, k->sent[i].sql, r);
        /* Its caller has gone on as if nothing were wrong: run again, it waits, and learns of it in its place. */
        if (e == ERR_CONFLICT && k->sent[i].is_later) db->again = db->eager = true;
        PQclear(*out);
        *out = r;
    }
    k->n_sent = 0;
    PQclear(PQgetResult(k->pq)); /* the end of the batch */
    return e;
}

err pg_plain(struct db *db, const char *sql, const char *tag)
{
    PGresult *r = NULL;
    TRY(pg_send_plain(db, sql));
    err e = pg_collect(db, &r);
    /* COMMIT of a failed transaction is answered "ROLLBACK", and that is not an error to PostgreSQL. */
    if (e == ERR_OK && tag && strcmp(PQcmdStatus(r), tag) != 0) e = ERR_STORE;
    PQclear(r);
    return e;
}

void pg_rest(struct db *db)
{
    struct pg_conn *k = db->conn;
    bool was_begun = k->begun;
    k->begun = false;
    if (!k->pq || (!was_begun && !k->n_sent)) return;
    if (k->stale || k->n_sent == PG_SENT_MAX || !pg_is_open(k)) {
        pg_disconnect(k);
        return;
    }
    if (!k->n_sent && PQtransactionStatus(k->pq) == PQTRANS_IDLE) return;
    /* Nobody waits for the answers: whoever has this connection next reads them (settle). */
    if (PQsendQueryParams(k->pq, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 1) && PQpipelineSync(k->pq))
        k->sent[k->n_sent++] = (struct pg_sent){ .sql = "ROLLBACK", .slot = -1 };
    else
        pg_disconnect(k);
}
