/* store/migrate.c: brings the schema up to date: forward only, a transaction each, a ledger of checksums. */
#include "store/store_int.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include <assert.h>

enum { CHECKSUM = 2 * CRYPTO_HASH, SQL_MAX = 1024 * 1024, MEMORY_MAX = 16 * 1024 * 1024, TRIES = 5 };

enum { Q_ALL, Q_ADD, Q__COUNT };
static const struct query q[Q__COUNT] = {
    [Q_ALL] = { .in = "", .out = "itt", .sql = "SELECT number, name, checksum FROM chancery_migration ORDER BY number" },
    [Q_ADD] = { .in = "itti", .sql = "INSERT INTO chancery_migration (number, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4)" },
};
static const char ledger[] = "CREATE TABLE IF NOT EXISTS chancery_migration (\n"
                             "  number {bigint} NOT NULL PRIMARY KEY,\n"
                             "  name TEXT NOT NULL,\n"
                             "  checksum TEXT NOT NULL,\n"
                             "  applied_at_ms {bigint} NOT NULL);\n"
                             "CREATE TABLE IF NOT EXISTS chancery_change (\n" /* pg_news.c */
                             "  topic TEXT NOT NULL PRIMARY KEY,\n"
                             "  version {bigint} NOT NULL);\n";

/* What the transactions below are about. Their fail() texts are for the operator. */
struct upgrade {
    const struct migration *all;
    size_t n;
    struct rows done; /* the ledger */
    bool more;        /* one was applied: look for the next */
};

static const char *text_of(const struct engine *e, const struct migration *m) { return e->sql_pg && m->sql_pg ? m->sql_pg : m->sql; }

static void checksum(const struct engine *e, const struct migration *m, char out[static CHECKSUM + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[CRYPTO_HASH];
    crypto_digest(hash, str_c(text_of(e, m)));
    for (size_t i = 0; i < CRYPTO_HASH; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[CHECKSUM] = '\0';
}

/* texts */

static const char *stands_for(const struct engine *e, str name)
{
    if (str_is(name, "serial")) return e->serial;
    if (str_is(name, "blob")) return e->blob;
    return str_is(name, "bigint") ? e->bigint : NULL;
}

/* The word of a {word} at s, absent if s does not begin with one: '{}' and JSON in defaults stay as they are. */
static str placeholder(str s)
{
    size_t n = 1;
    while (n < s.n && s.p[n] >= 'a' && s.p[n] <= 'z') n++;
    return n > 1 && n < s.n && s.p[n] == '}' ? (str){ s.p + 1, n - 1 } : STR_NULL;
}

static err expand(struct call *c, const char *sql, str *out)
{
    const struct engine *e = c->db->store->e;
    struct buf b = BUF(SQL_MAX);
    str s = str_c(sql), plain;
    while (str_cut(&s, '{', &plain)) {
        buf_add(&b, plain);
        str word = placeholder((str){ s.p - 1, s.n + 1 });
        const char *text = str_absent(word) ? "{" : stands_for(e, word);
        if (!text) {
            buf_release(&b);
            return fail(c, ERR_STORE, NULL, "unknown placeholder {" STR_FMT "} in a migration", STR_ARG(word));
        }
        buf_z(&b, text);
        if (!str_absent(word)) s = str_from(s, word.n + 1);
    }
    buf_add(&b, plain);
    return buf_to_arena(&b, c->mem, out);
}

static err script(struct call *c, const char *sql)
{
    str text = STR_NULL;
    TRY(expand(c, sql, &text));
    err e = c->db->store->e->script(c->db, text.p);
    if (e != ERR_OK) c->db->failed = e;
    return e;
}

/* the ledger */

static struct cell *ledger_row(const struct rows *done, int number)
{
    for (size_t i = 0; i < done->n; i++)
        if (done->row[i][0].i == number) return done->row[i];
    return NULL;
}

static const struct migration *known(const struct upgrade *u, int64_t number)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->all[i].number == number) return &u->all[i];
    return NULL;
}

/* The ledger holds nothing that we do not know, and nothing with another text. */
static err ledger_fits(struct call *c, const struct engine *e, const struct upgrade *u)
{
    for (size_t i = 0; i < u->done.n; i++) {
        const struct cell *row = u->done.row[i];
        const struct migration *m = known(u, row[0].i);
        if (!m)
            return fail(c, ERR_CONFLICT, NULL, "the store is newer than this program: it has migration " STR_FMT ", unknown here; start the newer program",
                        STR_ARG(row[1].s));
        char sum[CHECKSUM + 1];
        checksum(e, m, sum);
        if (!str_is(row[2].s, sum))
            return fail(c, ERR_CONFLICT, NULL, "migration %s was applied with another text than this program has; start the program that the store belongs to",
                        m->name);
    }
    return ERR_OK;
}

static err make_ledger(struct call *c) { return script(c, ledger); }

static err read_ledger(struct call *c)
{
    struct upgrade *u = c->state;
    return db_list(c, &q[Q_ALL], &u->done);
}

static err apply(struct call *c, const struct migration *m)
{
    char sum[CHECKSUM + 1];
    checksum(c->db->store->e, m, sum);
    err e = script(c, text_of(c->db->store->e, m));
    if (e != ERR_OK) return fail(c, e, NULL, "migration %s failed and left nothing behind; the log has the reason", m->name);
    return db_run(c, &q[Q_ADD], (int64_t)m->number, str_c(m->name), (str){ sum, CHECKSUM }, c->now_ms);
}

/* One transaction: whoever else migrates is kept out, the ledger is read again, the first missing migration is applied. */
static err apply_next(struct call *c)
{
    struct upgrade *u = c->state;
    const struct engine *e = c->db->store->e;
    u->more = false;
    if (*e->ledger_lock) TRY(script(c, e->ledger_lock));
    TRY(read_ledger(c));
    TRY(ledger_fits(c, e, u));
    for (size_t i = 0; i < u->n && !u->more; i++) {
        if (ledger_row(&u->done, u->all[i].number)) continue;
        TRY(apply(c, &u->all[i]));
        u->more = true;
    }
    return ERR_OK;
}

/* the door */

static err ready_ledger(struct store *s, struct call *c)
{
    err e = ERR_STORE;
    /* Two programs may make it in the same moment; PostgreSQL refuses one of them. */
    for (int i = 0; i < TRIES && e != ERR_OK; i++) e = store_do(s, c, TX_WRITE, make_ledger);
    return e;
}

static err apply_all(struct store *s, struct call *c)
{
    struct upgrade *u = c->state;
    TRY(ready_ledger(s, c));
    do {
        arena_empty(c->mem);
        call_forget(c);
        c->now_ms = clock_now_ms();
        TRY(store_do(s, c, TX_WRITE, apply_next));
    } while (u->more);
    return ERR_OK;
}

static void assert_order(const struct migration *all, size_t n)
{
    for (size_t i = 1; i < n; i++) assert(all[i - 1].number < all[i].number);
}

err store_migrate(struct store *s, struct arena *a, const struct migration *all, size_t n, str *why)
{
    assert_order(all, n);
    struct arena *mem = arena_new(MEMORY_MAX);
    if (!mem) return ERR_NOMEM;
    struct upgrade u = { .all = all, .n = n };
    struct call c = { .mem = mem, .state = &u };
    err e = apply_all(s, &c);
    if (e != ERR_OK) *why = STR("the store could not be migrated; the log has the reason");
    if (e != ERR_OK && !str_absent(c.why.text)) (void)!arena_str(a, c.why.text, why);
    arena_free(mem);
    return e;
}

err store_migration_status(struct store *s, struct arena *a, const struct migration *all, size_t n, struct buf *out, bool *current)
{
    assert_order(all, n);
    struct upgrade u = { .all = all, .n = n };
    struct call c = { .mem = a, .state = &u };
    size_t applied = 0;
    TRY(ready_ledger(s, &c));
    TRY(store_do(s, &c, TX_READ, read_ledger));
    for (size_t i = 0; i < n; i++) {
        bool done = ledger_row(&u.done, all[i].number) != NULL;
        buf_printf(out, "%s %s\n", done ? "applied" : "pending", all[i].name);
        applied += done;
    }
    err e = ledger_fits(&c, s->e, &u);
    *current = e == ERR_OK && applied == n;
    if (e != ERR_OK) buf_printf(out, STR_FMT "\n", STR_ARG(c.why.text));
    return e == ERR_OK ? buf_ok(out) : e;
}
