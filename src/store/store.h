/* store/store.h: rows, on SQLite or PostgreSQL, behind one interface; migrations; files.
 *
 * Invariants:
 *  1. A reply leaves only after the commit that it reports.
 *  2. A write is a function that may be run again: it touches rows, the call's arena and store_on_commit() only.
 *  3. A failed statement ends the transaction on both engines; nothing is caught inside one.
 *  4. SQLite has one writing connection; waiting writes share one durable commit, and fail alone. PostgreSQL gives each its own
 *     transaction (serializable) and runs it again when it loses a race.
 *  5. After a failed sync nothing is acknowledged any more: every further write is refused until the program starts anew.
 * Times in tables are Unix ms, UTC (…_at_ms). Ids are text (UUID) or int64. */
#pragma once
#include "base/buf.h"
#include "base/call.h"

struct store;
struct db;

enum tx { TX_NONE, TX_READ, TX_WRITE, TX_GLANCE };

/* Statements by name, in one file per room: static const struct query q[Q__COUNT].
 * in/out: one letter per parameter or column: t text, b blob, i int64; '?' after it: may be NULL.
 * sql uses $1, $2 …; their first uses stand in order (SQLite counts appearances, PostgreSQL obeys the digit). sql_pg only where the
 * engines differ. store_check() verifies each on start. Texts are static: connections remember statements by a text's address.
 * At most 32 parameters and 64 columns. Text is well-formed UTF-8 without NUL on both engines. */
struct query {
    const char *in, *out, *sql, *sql_pg;
};

/* A statement for the retention job: of the rows older than $1 at most $2 go. */
#define STORE_PURGE(table, key, at)                                                                                            \
    {                                                                                                                          \
        .in = "ii", .sql = "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table " WHERE " at " < $1 LIMIT $2)" \
    }

/* One value read. Absent text/blob: s.p == NULL. */
struct cell {
    str s;
    int64_t i;
    bool null;
};
struct rows {
    struct cell **row; /* row[r][c] */
    size_t n;
};

/* Parameters follow as the letters say: t, b: str (STR_NULL binds NULL); i: int64_t; i?: const int64_t * (NULL binds NULL).
 * All of them: ERR_STORE (the store's trouble; logged), ERR_BUSY (trouble that passes: disk full, connection lost; logged), ERR_CONFLICT (a constraint
 * refused), ERR_INPUT (fail()ed: a text parameter is not UTF-8 or holds NUL), ERR_NOMEM. After any of these the transaction is over: whatever fn returns, it
 * rolls back. Results live in c->mem. */
err db_run(struct call *c, const struct query *q, ...) MUST_CHECK;                         /* rows, if any, are dropped */
err db_run_count(struct call *c, const struct query *q, int64_t *changed, ...) MUST_CHECK; /* rows changed */
err db_get(struct call *c, const struct query *q, struct cell **out, ...) MUST_CHECK;      /* first row; ERR_NOT_FOUND if none (no fail()) */
err db_find(struct call *c, const struct query *q, struct cell **out, ...) MUST_CHECK;     /* first row; *out = NULL if none */
err db_list(struct call *c, const struct query *q, struct rows *out, ...) MUST_CHECK;

/* Runs fn inside a transaction and returns when it is over: for slow-lane threads, jobs and commands. TX_READ runs here, TX_WRITE
 * here or, while somebody else writes, on the writer thread (SQLite), or on a connection of the pool (PostgreSQL). fn's error rolls back and is returned.
 * ERR_BUSY: queue full, disk full, broken (invariant 5), PostgreSQL not reachable or lost before it answered the commit: try later. Not from inside fn, done or
 * a store_on_commit() function: transactions do not nest. A TX_READ sees one moment of the store and cannot write; it is never run twice.
 * TX_GLANCE is a read of which each statement may see a moment of its own, for who asks one: that costs PostgreSQL one round trip and no transaction. */
err store_do(struct store *s, struct call *c, enum tx tx, err (*fn)(struct call *)) MUST_CHECK;
/* The same without waiting, TX_WRITE only: done(c, result, arg) is called once, from another thread, after the commit. ERR_BUSY when the
 * queue is full (done is not called then). The caller must not touch c until done; done may free it. done is short and does not wait. */
err store_write_later(struct store *s, struct call *c, err (*fn)(struct call *), void (*done)(struct call *, err, void *), void *arg) MUST_CHECK;
/* Whether TX_READ may be run on an I/O thread (SQLite: yes; PostgreSQL: no, a network round trip). */
bool store_reads_fast(const struct store *s);
/* Holds a row's name until the end of the transaction (a no-op on SQLite's single writer). */
err store_lock(struct call *c, const char *kind, str id) MUST_CHECK;
/* Inside a write: fn(arg) is called once after the commit, before the reply; not at all on rollback. */
err store_on_commit(struct call *c, void (*fn)(void *), void *arg) MUST_CHECK;

/* Inside a write: runs fn, and unless keep takes back what it did to rows and what it asked for after the commit. The work is done and written down either way,
 * so that its time does not tell which of the two it was. An error of fn is one of the whole transaction, as ever (invariant 3). */
err store_trial(struct call *c, bool keep, err (*fn)(struct call *)) MUST_CHECK;

/* News between servers. Inside a write: after the commit, whoever asked for the topic (static text, at most STORE_TOPIC_MAX bytes) is told, in this process at
 * once, in others on the same PostgreSQL within a moment (store.listen_url=none: within a second or two). A hint, not a message: several may
 * become one, and one is lost when the server is killed right after its commit. Who depends on it looks by himself now and then. */
enum { STORE_TOPIC_MAX = 31, STORE_LISTENERS_MAX = 16 };
err store_notify(struct call *c, const char *topic) MUST_CHECK;
/* fn(arg) comes from any thread, also when nothing may have changed (the line was down); it is short and calls nothing of this block. ERR_LIMIT:
 * more than STORE_LISTENERS_MAX; ERR_NOMEM. */
err store_on_change(struct store *s, const char *topic, void (*fn)(void *), void *arg) MUST_CHECK;
/* When it returns, fn(arg) is not running and does not come any more. */
void store_off_change(struct store *s, void (*fn)(void *), void *arg);

/* Migrations: forward only, one global order, one ledger of checksums, a transaction each. */
struct migration {
    int number;         /* globally unique, ascending */
    const char *name;   /* "0001_accounts" */
    const char *sql;    /* statements ended by ';' at a line's end; {serial} {blob} {bigint} stand for what differs between engines: {serial} is an
                           int64 that counts up, primary key included ("id {serial},") */
    const char *sql_pg; /* in its place on PostgreSQL; NULL: the same */
};
struct store_options {
    const char *url;        /* "sqlite:PATH" or "postgresql://…" */
    unsigned readers;       /* SQLite reader connections / PostgreSQL pool size */
    unsigned queue;         /* most writes waiting */
    bool durable;           /* false only in benchmarks of the rest */
    const char *listen_url; /* PostgreSQL: a direct connection for news; "none": look each second; NULL: url */
    void (*on_break)(void); /* once, from any thread, when invariant 5 has come about: time to end. NULL: nothing */
    bool keep_reads;        /* SQLite: an idle reader stays in its transaction until something changes. For the server alone, which shortens the log */
    bool no_prepare;        /* PostgreSQL: no named prepared statements, for poolers that cannot keep them */
};
/* Messages for the operator go to *why (arena): what, where and what to do. The store lives in the arena: close it before. */
err store_open(struct arena *a, const struct store_options *o, struct store **out, str *why) MUST_CHECK;
void store_close(struct store *s); /* finishes queued writes, checkpoints */
err store_migrate(struct store *s, struct arena *a, const struct migration *all, size_t n, str *why) MUST_CHECK;
/* One line per migration, "applied 0001_accounts" or "pending …". ERR_CONFLICT: the store is newer than the program, or a checksum differs. */
err store_migration_status(struct store *s, struct arena *a, const struct migration *all, size_t n, struct buf *out, bool *current) MUST_CHECK;
/* Prepares each query once and compares parameter order and column count with the tables above. */
err store_check(struct store *s, struct arena *a, const struct query *q, size_t n, str *why) MUST_CHECK;
bool store_reachable(struct store *s);
bool store_is_broken(const struct store *s);     /* invariant 5 */
const char *store_engine(const struct store *s); /* "sqlite" or "postgresql" */

/* Counters for /metrics. */
struct store_stats {
    int64_t commits, writes, retries, queue_depth, busy;
};
void store_stats(struct store *s, struct store_stats *out);

/* Files (uploads, produced documents), content addressed: the name is the BLAKE2b-256 of the contents in hex. A file is written
 * to a temporary name, synced, renamed, its folder synced, before the row that names it. */
enum { FILES_NAME = 64 };
struct files;
err files_open(struct arena *a, const char *dir, struct files **out, str *why) MUST_CHECK;
void files_close(struct files *f);
/* Trouble of the disk: ERR_STORE, ERR_BUSY where it passes (full). */
err files_put(struct files *f, str contents, char name[static FILES_NAME]) MUST_CHECK;
err files_get(struct files *f, struct arena *a, str name, str *out) MUST_CHECK; /* ERR_NOT_FOUND; ERR_STORE if the contents do not fit the name */
err files_drop(struct files *f, str name) MUST_CHECK;                           /* absent is fine */

enum { FILES_ASKED = 16 };
/* A column that names files. all: the names that it holds; some: those of FILES_ASKED names which it holds. */
struct files_column {
    struct query all, some;
};
#define FILES_COLUMN(table, column)                                                                   \
    {                                                                                                 \
        .all = { "", "t", "SELECT DISTINCT " column " FROM " table " WHERE " column " <> ''", NULL }, \
        .some = { "tttttttttttttttt", "t",                                                            \
                  "SELECT DISTINCT " column " FROM " table " WHERE " column " IN"                     \
                  " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",         \
                  NULL },                                                                             \
    }
/* Removes files that nothing names and that nobody has put for keep_s, which is to be much longer than anything lasts between files_put() and the commit of
 * the row that names it. *at: the folder where it begins, and on ERR_BUSY (told to stop, or somebody holds the files) where to go on. *gone: added to. */
struct files_collect {
    int64_t keep_s;
    void *arg;
    /* Which of n names rows name; asked in a transaction of its own. */
    err (*named)(void *arg, const char (*names)[FILES_NAME], size_t n, bool *out);
    bool (*stop)(void *arg);
};
err files_collect(struct files *f, const struct files_collect *o, unsigned *at, int64_t *gone) MUST_CHECK;
/* Until *fd is closed no file of that folder goes; -1 where there is no such folder. */
err files_hold(const char *dir, int *fd) MUST_CHECK;
