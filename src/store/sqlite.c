/* store/sqlite.c: SQLite connections, statements and reads. Writes are in sqlite_writer.c. */
#include "store/sqlite_int.h"
#include "base/fault.h"
#include "base/log.h"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum {
    BUSY_MS = 10000, /* patience with other programs, in naps of a millisecond */
    READERS_DEFAULT = 8,
    QUEUE_DEFAULT = 1024
};

/* statements */

static size_t cache_slot(const char *sql)
{
    uint64_t x = (uint64_t)(uintptr_t)sql * 0x9E3779B97F4A7C15u;
    return (size_t)(x >> 32) & (CONN_STATEMENTS - 1);
}

/* The prepared statement, remembered or new; NULL on failure. Statements are idle outside conn_* functions, so any may be replaced. */
static sqlite3_stmt *conn_statement(struct conn *c, const char *sql)
{
    size_t at = cache_slot(sql);
    for (size_t i = 0; i < 8; i++) {
        size_t k = (at + i) & (CONN_STATEMENTS - 1);
        if (!c->cache[k].st) {
            at = k;
            break;
        }
        /* The text is compared too: a table that was not static after all must not run another's statement. */
        if (c->cache[k].sql == sql && strcmp(sqlite3_sql(c->cache[k].st), sql) == 0) return c->cache[k].st;
    }
    sqlite3_stmt *st = NULL;
    if (fault_here() || sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) return NULL;
    (void)sqlite3_finalize(c->cache[at].st);
    c->cache[at].sql = sql;
    c->cache[at].st = st;
    return st;
}

static int step(sqlite3_stmt *st) { return fault_here() ? SQLITE_INTERRUPT : sqlite3_step(st); }

/* What an engine's code means to the caller; logs trouble. */
static err judge(struct sqlite *q, struct conn *c, const char *sql, int code)
{
    if ((code & 0xff) == SQLITE_CONSTRAINT) return ERR_CONFLICT;
    store_trouble(q->store, sql, code == SQLITE_INTERRUPT ? "interrupted" : sqlite3_errmsg(c->db));
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) store_break(q->store, sqlite3_errmsg(c->db));
    /* The disk is full, or another program holds the file: nothing was lost, and it passes. */
    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_BUSY) return ERR_BUSY;
    return (code & 0xff) == SQLITE_NOMEM ? ERR_NOMEM : ERR_STORE;
}

err conn_plain(struct sqlite *q, struct conn *c, const char *sql)
{
    sqlite3_stmt *st = conn_statement(c, sql);
    if (!st) return judge(q, c, sql, sqlite3_extended_errcode(c->db));
    int code = step(st);
    err e = code == SQLITE_DONE ? ERR_OK : judge(q, c, sql, code);
    (void)sqlite3_reset(st);
    return e;
}

void conn_rollback(struct conn *c)
{
    if (!sqlite3_get_autocommit(c->db)) (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

static int bind_one(sqlite3_stmt *st, int at, const struct param *p)
{
    if (p->null) return sqlite3_bind_null(st, at);
    if (p->kind == 'i') return sqlite3_bind_int64(st, at, p->i);
    const char *bytes = p->s.n ? p->s.p : "";
    if (p->kind == 't') return sqlite3_bind_text64(st, at, bytes, p->s.n, SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(st, at, bytes, p->s.n, SQLITE_STATIC);
}

static int bind_all(sqlite3_stmt *st, const struct params *in)
{
    if (sqlite3_bind_parameter_count(st) != (int)in->n) return SQLITE_RANGE;
    for (size_t i = 0; i < in->n; i++) {
        int code = bind_one(st, (int)i + 1, &in->v[i]);
        if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

static err read_cell(sqlite3_stmt *st, int at, struct letter l, struct arena *a, struct cell *out)
{
    static const int types[] = { ['t'] = SQLITE_TEXT, ['b'] = SQLITE_BLOB, ['i'] = SQLITE_INTEGER };
    int type = sqlite3_column_type(st, at);
    if (type == SQLITE_NULL) {
        out->null = true;
        return l.null_ok ? ERR_OK : ERR_STORE;
    }
    if (type != types[(unsigned char)l.kind]) return ERR_STORE;
    if (l.kind == 'i') {
        out->i = sqlite3_column_int64(st, at);
        return ERR_OK;
    }
    const void *bytes = l.kind == 't' ? (const void *)sqlite3_column_text(st, at) : sqlite3_column_blob(st, at);
    size_t n = (size_t)sqlite3_column_bytes(st, at);
    if (!bytes && (n || sqlite3_errcode(sqlite3_db_handle(st)) == SQLITE_NOMEM)) return ERR_NOMEM;
    return arena_str(a, (str){ bytes ? bytes : "", n }, &out->s);
}

static err read_row(struct sqlite *q, sqlite3_stmt *st, struct arena *a, const struct query *query, struct result *out)
{
    size_t columns = letters_count(query->out);
    if ((size_t)sqlite3_column_count(st) != columns) {
        store_trouble(q->store, query->sql, "another number of columns than its letters say");
        return ERR_STORE;
    }
    struct cell *cells = result_row(out, a, columns);
    if (!cells) return ERR_NOMEM;
    struct letter l;
    const char *at = query->out;
    for (int i = 0; letter_next(&at, &l); i++) {
        err e = read_cell(st, i, l, a, &cells[i]);
        if (e == ERR_STORE) store_trouble(q->store, query->sql, "a column is NULL or of another type than its letter says");
        TRY(e);
    }
    return ERR_OK;
}

static err step_all(struct sqlite *q, struct conn *c, sqlite3_stmt *st, struct arena *a, const struct query *query, struct result *out)
{
    /* A query may stop early; a change runs to its end, or its constraints would go unchecked. */
    bool may_stop = sqlite3_stmt_readonly(st);
    for (;;) {
        int code = step(st);
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) return judge(q, c, query->sql, code);
        if (out->n < out->most) TRY(read_row(q, st, a, query, out));
        if (may_stop && out->n >= out->most) break;
    }
    out->changed = may_stop ? 0 : sqlite3_changes64(c->db);
    return ERR_OK;
}

static err sqlite_run(struct db *db, struct arena *a, const struct query *query, const struct params *in, struct result *out)
{
    struct sqlite *q = db->store->impl;
    struct conn *c = db->conn;
    sqlite3_stmt *st = conn_statement(c, query->sql);
    if (!st) return judge(q, c, query->sql, sqlite3_extended_errcode(c->db));
    int code = bind_all(st, in);
    err e = code == SQLITE_OK ? step_all(q, c, st, a, query, out) : judge(q, c, query->sql, code);
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
    return e;
}

static err sqlite_script(struct db *db, const char *sql)
{
    struct sqlite *q = db->store->impl;
    struct conn *c = db->conn;
    int code = fault_here() ? SQLITE_INTERRUPT : sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? ERR_OK : judge(q, c, sql, code);
}

static err sqlite_describe(struct db *db, const struct query *query, struct described *out, struct arena *a, str *why)
{
    struct conn *c = db->conn;
    sqlite3_stmt *st = conn_statement(c, query->sql);
    if (!st) {
        TRY(arena_str(a, str_c(sqlite3_errmsg(c->db)), why));
        return ERR_STORE;
    }
    *out = (struct described){ .params = (size_t)sqlite3_bind_parameter_count(st), .columns = (size_t)sqlite3_column_count(st) };
    return ERR_OK;
}

static err sqlite_lock(struct call *c, str name)
{
    (void)c, (void)name; /* there is one writer, and it holds the file's write lock */
    return ERR_OK;
}

/* A page that was changed stays one that has to be written when its change is taken back, so a trial costs the log as much either way. */
static err sqlite_trial_begin(struct db *db) { return conn_plain(db->store->impl, db->conn, "SAVEPOINT trial"); }

static err sqlite_trial_end(struct db *db, bool keep)
{
    if (!keep) TRY(conn_plain(db->store->impl, db->conn, "ROLLBACK TO trial"));
    return conn_plain(db->store->impl, db->conn, "RELEASE trial");
}

/* connections */

static err conn_fail(struct conn *c, struct arena *a, const char *path, str *why)
{
    err e = arena_printf(a, why, "cannot open %s: %s", path, c->db ? sqlite3_errmsg(c->db) : "out of memory");
    conn_close(c);
    return e == ERR_OK ? ERR_STORE : e;
}

static int is_wal(void *arg, int n, char **values, char **names)
{
    (void)names;
    *(bool *)arg = n == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

/* Another program holds the file. SQLite's own handler sleeps up to 100 ms at a time: beside a server that writes without a pause a
 * command would hardly ever meet the gap between two commits. */
static int wait_a_little(void *arg, int tries)
{
    struct timespec ms = { .tv_nsec = 1000000 };
    (void)arg;
    (void)nanosleep(&ms, NULL);
    return tries < BUSY_MS;
}

/* Where the file system cannot share memory SQLite stays with another journal and calls it success. Two programs that make the change at once
 * could wait for each other, so SQLite tells one of them "busy" without asking the handler: that one tries again. */
static bool wal_on(struct conn *c)
{
    bool wal = false;
    for (int tries = 0;; tries++) {
        int code = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", is_wal, &wal, NULL);
        if ((code & 0xFF) != SQLITE_BUSY || !wait_a_little(NULL, tries)) return code == SQLITE_OK && wal;
    }
}

err conn_open(struct sqlite *q, struct conn *c, bool reader, struct arena *a, str *why)
{
    static const char common[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";
    /* The writer moves the log into the file itself (sqlite_writer.c): SQLite would not tell us of a failed sync there. */
    static const char full[] = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;";
    static const char off[] = "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (fault_here() || sqlite3_open_v2(q->path, &c->db, flags, NULL) != SQLITE_OK) return conn_fail(c, a, q->path, why);
    (void)sqlite3_busy_handler(c->db, wait_a_little, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    const char *role = reader ? "PRAGMA query_only = ON;" : q->durable ? full : off;
    bool ok = (reader || wal_on(c)) && sqlite3_exec(c->db, common, NULL, NULL, NULL) == SQLITE_OK && sqlite3_exec(c->db, role, NULL, NULL, NULL) == SQLITE_OK;
    if (!ok) return conn_fail(c, a, q->path, why);
    return ERR_OK;
}

void conn_close(struct conn *c)
{
    for (size_t i = 0; i < CONN_STATEMENTS; i++) {
        (void)sqlite3_finalize(c->cache[i].st);
        c->cache[i].st = NULL;
    }
    (void)sqlite3_close(c->db);
    c->db = NULL;
}

/* reads */

/* The reader this thread had last: its statements are prepared and its pages warm. */
static _Thread_local unsigned last_reader;

static struct conn *reader_free(struct sqlite *q)
{
    for (unsigned i = 0; i < q->n_readers; i++) {
        unsigned k = (last_reader + i) % q->n_readers;
        if (q->readers[k].taken) continue;
        last_reader = k;
        return &q->readers[k];
    }
    return NULL;
}

static struct conn *reader_take(struct sqlite *q)
{
    struct conn *c;
    (void)pthread_mutex_lock(&q->readers_lock);
    while (!(c = reader_free(q))) (void)pthread_cond_wait(&q->readers_free, &q->readers_lock);
    c->taken = true;
    (void)pthread_mutex_unlock(&q->readers_lock);
    return c;
}

/* A transaction costs two locks of the file and their undoing, in a process where only one thread at a time may ask for one. So it stays open until
 * something has changed: each commit, whoever makes it, rewrites the head of the log's index, its first copy last, with a counter in it
 * (sqlite.org/walformat.html, "The WAL-Index File Format"). */

/* Not instrumented: what SQLite writes there is a race to the thread sanitizer, and is told from what we saw by any difference. */
__attribute__((no_sanitize("thread"))) static bool head_read(const struct conn *c, uint64_t out[static LOG_HEAD])
{
    for (size_t i = 0; c->head && i < LOG_HEAD; i++) out[i] = c->head[i];
    return c->head;
}

static bool nothing_changed(const struct conn *c)
{
    uint64_t now[LOG_HEAD];
    return head_read(c, now) && memcmp(now, c->seen, sizeof now) == 0;
}

/* SQLite maps it with the first statement; before that it would be mapped for us alone, and never be given back. */
static void head_find(struct conn *c)
{
    enum { REGION = 32768 };
    sqlite3_file *file = NULL;
    volatile void *at = NULL;
    if (c->head || sqlite3_txn_state(c->db, "main") != SQLITE_TXN_READ || sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
        return;
    if (!file || !file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap) return;
    if (file->pMethods->xShmMap(file, 0, REGION, 0, &at) == SQLITE_OK) c->head = at;
}

static void let_go(struct sqlite *q, struct conn *c)
{
    if (c->kept) IGNORE(conn_plain(q, c, "COMMIT")); /* it is a statement that is kept ready; what it leaves open is rolled back */
    conn_rollback(c);
    c->kept = false;
}

static err read_begin(struct sqlite *q, struct conn *c)
{
    if (c->kept && nothing_changed(c)) return ERR_OK;
    let_go(q, c);
    c->turn = atomic_load(&q->turn);
    (void)head_read(c, c->seen); /* before the transaction: what it sees is this or newer */
    return conn_plain(q, c, "BEGIN");
}

static err read_end(struct sqlite *q, struct conn *c, err e)
{
    c->kept = q->keep_reads && e == ERR_OK && c->head;
    if (c->kept) return ERR_OK;
    if (q->keep_reads && e == ERR_OK) head_find(c);
    /* A read that cannot be ended is none: the connection would show this moment for ever. */
    if (e == ERR_OK) e = conn_plain(q, c, "COMMIT");
    conn_rollback(c);
    return e;
}

/* Asked with the lock, so that either we or readers_let_go() sees that it has to end. */
static void reader_give(struct sqlite *q, struct conn *c)
{
    (void)pthread_mutex_lock(&q->readers_lock);
    if (c->kept && c->turn != atomic_load(&q->turn)) {
        (void)pthread_mutex_unlock(&q->readers_lock);
        let_go(q, c);
        (void)pthread_mutex_lock(&q->readers_lock);
    }
    c->taken = false;
    (void)pthread_cond_signal(&q->readers_free);
    (void)pthread_mutex_unlock(&q->readers_lock);
}

void readers_let_go(struct sqlite *q)
{
    atomic_fetch_add(&q->turn, 1);
    for (unsigned i = 0; i < q->n_readers; i++) {
        struct conn *c = &q->readers[i];
        (void)pthread_mutex_lock(&q->readers_lock);
        bool mine = !c->taken && c->kept;
        if (mine) c->taken = true;
        (void)pthread_mutex_unlock(&q->readers_lock);
        if (!mine) continue;
        let_go(q, c);
        reader_give(q, c);
    }
}

static err read_in(struct sqlite *q, struct conn *conn, struct call *c, store_fn fn)
{
    struct db db;
    str why = STR_NULL;
    if (!conn->db) {
        err e = conn_open(q, conn, true, c->mem, &why);
        if (e != ERR_OK) LOG(LOG_ERROR, "store", LOG_S("why", why));
        TRY(e);
    }
    db_begin(&db, q->store, conn, TX_READ);
    TRY(read_begin(q, conn));
    return read_end(q, conn, db_fn(&db, c, fn));
}

static err sqlite_read(struct store *s, struct call *c, enum tx tx, store_fn fn)
{
    struct sqlite *q = s->impl;
    (void)tx; /* here a read of one moment costs no more than any other */
    struct conn *conn = reader_take(q);
    err e = read_in(q, conn, c, fn);
    reader_give(q, conn);
    return e;
}

static err look(struct call *c)
{
    static const struct query one = { .in = "", .out = "i", .sql = "SELECT count(*) FROM sqlite_schema" };
    struct cell *row;
    return db_get(c, &one, &row);
}

static bool sqlite_reachable(struct store *s)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a) return false;
    struct call c = { .mem = a };
    bool ok = sqlite_read(s, &c, TX_READ, look) == ERR_OK;
    arena_free(a);
    return ok;
}

/* opening and closing */

/* Made by us and not by SQLite, so that nobody else can read it, whatever the umask. */
static err file_make(struct sqlite *q, struct arena *a, str *why)
{
    int fd = open(q->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
        return ERR_OK;
    }
    TRY(arena_printf(a, why, "cannot open %s: %m", q->path));
    return ERR_STORE;
}

static void writer_close(struct sqlite *q)
{
    /* What was acknowledged is in the log and on the disk: it stays as it is, for the next start to read. Else SQLite moves it into the file and removes it,
     * unless another program has the file open: then that one does. */
    if (atomic_load(&q->store->broken)) (void)sqlite3_db_config(q->writer.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    conn_close(&q->writer);
}

static void sqlite_close(struct store *s)
{
    struct sqlite *q = s->impl;
    writer_stop(q);
    for (unsigned i = 0; i < q->n_readers; i++) conn_close(&q->readers[i]);
    conn_close(&q->mover);
    if (q->writer.db) writer_close(q);
    (void)pthread_mutex_destroy(&q->readers_lock);
    (void)pthread_cond_destroy(&q->readers_free);
    (void)pthread_mutex_destroy(&q->queue_lock);
    (void)pthread_cond_destroy(&q->queue_more);
}

static void configure(void)
{
    /* One lock per allocation less; nobody reads these statistics. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static err sqlite_open(struct store *s, struct arena *a, const struct store_options *o, str *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure);
    struct sqlite *q = NEW(a, struct sqlite);
    if (!q) return ERR_NOMEM;
    q->store = s;
    q->durable = o->durable;
    q->keep_reads = o->keep_reads;
    q->n_readers = o->readers ? o->readers : READERS_DEFAULT;
    q->queue_max = o->queue ? o->queue : QUEUE_DEFAULT;
    q->queue_end = &q->queue;
    q->path = arena_z(a, str_from(str_c(o->url), sizeof "sqlite:" - 1));
    q->readers = NEW_N(a, struct conn, q->n_readers);
    if (!q->path || !q->readers) return ERR_NOMEM;
    TRY(file_make(q, a, why));
    TRY(conn_open(q, &q->writer, false, a, why));
    s->impl = q;
    (void)pthread_mutex_init(&q->readers_lock, NULL);
    (void)pthread_cond_init(&q->readers_free, NULL);
    (void)pthread_mutex_init(&q->queue_lock, NULL);
    (void)pthread_cond_init(&q->queue_more, NULL);
    err e = conn_open(q, &q->mover, false, a, why);
    if (e == ERR_OK) e = writer_start(q, why);
    if (e == ERR_OK) return ERR_OK;
    sqlite_close(s);
    return e;
}

const struct engine store_sqlite = {
    .name = "sqlite",
    .reads_fast = true,
    .serial = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .blob = "BLOB",
    .bigint = "INTEGER",
    .ledger_lock = "",
    .open = sqlite_open,
    .close = sqlite_close,
    .read = sqlite_read,
    .write = sqlite_write,
    .write_later = sqlite_write_later,
    .run = sqlite_run,
    .script = sqlite_script,
    .describe = sqlite_describe,
    .lock = sqlite_lock,
    .trial_begin = sqlite_trial_begin,
    .trial_end = sqlite_trial_end,
    .reachable = sqlite_reachable,
};
