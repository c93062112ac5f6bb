/* store/sqlite_writer.c: the one writing connection: many waiting calls, one durable commit.
 *
 * Who may wait and finds nobody writing writes himself, without a change of threads. All other calls are queued for the writer thread, which also moves the
 * log into the file.
 *
 * Invariants:
 *  1. A call's done() comes after the commit that holds its rows has been synced, or with an error.
 *  2. What a call does wrong, the others of its batch do not feel: the first of them has the transaction to itself, which is begun anew if it fails,
 *     and each further one a savepoint of its own. (A savepoint costs a copy of every page that is changed.)
 *  3. When the batch as a whole fails, every call of it fails with ERR_STORE (ERR_BUSY: disk full, store broken), also one that had failed by itself: it
 *     may have looked at rows that never came to be.
 * While a commit waits for the disk further calls queue up; so batches grow with the load, and nobody waits for company. */
#include "store/sqlite_int.h"
#include "base/clock.h"
#include <signal.h>

enum {
    BATCH_MAX = 256,        /* calls per commit */
    BATCH_US = 10000,       /* a batch takes no more calls after that time */
    CHECKPOINT_PAGES = 2000 /* of 4 KiB: the log is moved into the file when it is that long */
};

struct job {
    struct job *next;
    struct call *c;
    store_fn fn;
    store_done done;
    void *arg;
    struct db db;
    err result;
};

struct batch {
    struct job *first, **end;
    unsigned n;
};

/* one call */

static err run(struct sqlite *q, struct job *j)
{
    TRY(db_fn(&j->db, j->c, j->fn));
    int open_keys = 0, unused;
    /* Deferred foreign keys would otherwise be found at the commit, where they hit the whole batch. */
    bool known = sqlite3_db_status(q->writer.db, SQLITE_DBSTATUS_DEFERRED_FKS, &open_keys, &unused, 0) == SQLITE_OK;
    return known && open_keys ? ERR_CONFLICT : ERR_OK;
}

static err run_in_savepoint(struct sqlite *q, struct job *j)
{
    TRY(run(q, j));
    return conn_plain(q, &q->writer, "RELEASE call");
}

/* A savepoint that cannot be left takes all with it. */
static void savepoint_undo(struct conn *w)
{
    if (sqlite3_exec(w->db, "ROLLBACK TO call; RELEASE call", NULL, NULL, NULL) != SQLITE_OK) conn_rollback(w);
}

/* Some failures (disk full, out of memory) have rolled everything back already. */
static err whole_undo(struct sqlite *q)
{
    if (sqlite3_get_autocommit(q->writer.db)) return ERR_OK;
    conn_rollback(&q->writer);
    return conn_plain(q, &q->writer, "BEGIN IMMEDIATE");
}

/* An error is the batch's, whose transaction is gone; the call's own is in j->result. */
static err job_run(struct sqlite *q, struct job *j, bool is_first)
{
    struct conn *w = &q->writer;
    db_begin(&j->db, q->store, w, TX_WRITE);
    if (is_first) {
        j->result = run(q, j);
        if (j->result != ERR_OK) TRY(whole_undo(q));
    } else {
        j->result = conn_plain(q, w, "SAVEPOINT call");
        if (j->result == ERR_OK) {
            j->result = run_in_savepoint(q, j);
            if (j->result != ERR_OK && !sqlite3_get_autocommit(w->db)) savepoint_undo(w);
        }
    }
    if (!sqlite3_get_autocommit(w->db)) return ERR_OK;
    return j->result == ERR_BUSY ? ERR_BUSY : ERR_STORE;
}

/* the batch */

static struct job *job_take(struct sqlite *q)
{
    (void)pthread_mutex_lock(&q->queue_lock);
    struct job *j = q->queue;
    if (j) {
        q->queue = j->next;
        if (!q->queue) q->queue_end = &q->queue;
        q->queue_n--;
        j->next = NULL;
    }
    (void)pthread_mutex_unlock(&q->queue_lock);
    if (j) atomic_fetch_sub(&q->store->queue_depth, 1);
    return j;
}

static err commit(struct sqlite *q)
{
    err e = conn_plain(q, &q->writer, "COMMIT");
    if (e == ERR_OK) return ERR_OK;
    int code = sqlite3_extended_errcode(q->writer.db) & 0xff;
    /* After a failed write or sync the kernel may have dropped what it could not write, and say "fine" next time. */
    if (code == SQLITE_IOERR || code == SQLITE_CORRUPT) store_break(q->store, sqlite3_errmsg(q->writer.db));
    return atomic_load(&q->store->broken) ? ERR_BUSY : e;
}

/* Answers every call, in order. A job lives in its call's arena: done() may be its end. */
static void answer(struct sqlite *q, struct batch *b, err e)
{
    struct job *next;
    for (struct job *j = b->first; j; j = next) {
        next = j->next;
        err result = e == ERR_OK ? j->result : e;
        if (result == ERR_OK) {
            atomic_fetch_add(&q->store->writes, 1);
            db_run_hooks(&j->db);
        }
        j->done(j->c, result, j->arg);
    }
}

/* first and what is queued by then. */
static void batch_run(struct sqlite *q, struct job *first)
{
    struct batch b = { .end = &b.first };
    int64_t until = clock_mono_us() + BATCH_US;
    err e = atomic_load(&q->store->broken) ? ERR_BUSY : conn_plain(q, &q->writer, "BEGIN IMMEDIATE");
    for (struct job *j = first; j; j = b.n < BATCH_MAX && clock_mono_us() < until ? job_take(q) : NULL) {
        *b.end = j;
        b.end = &j->next;
        b.n++;
        if (e == ERR_OK) e = job_run(q, j, j == first);
    }
    if (e == ERR_OK) e = commit(q);
    if (e == ERR_OK) atomic_fetch_add(&q->store->commits, 1);
    conn_rollback(&q->writer);
    answer(q, &b, e == ERR_OK || e == ERR_BUSY ? e : ERR_STORE);
}

/* The writing connection holds the file's write lock meanwhile: before SQLite 3.51.3 a commit of somebody else, a command beside the server, that starts the
 * log anew while it is moved may be lost (sqlite.org/wal.html, "The WAL-Reset Bug"). */
static int move_log(struct sqlite *q)
{
    if (conn_plain(q, &q->writer, "BEGIN IMMEDIATE") != ERR_OK) return SQLITE_BUSY;
    int code = sqlite3_wal_checkpoint_v2(q->mover.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    conn_rollback(&q->writer);
    return code;
}

/* After the replies: nobody waits for it. A reader may keep part of the log in use; the next time gets further. */
static void checkpoint(struct sqlite *q)
{
    if (q->wal_pages < CHECKPOINT_PAGES || atomic_load(&q->store->broken)) return;
    readers_let_go(q);
    int code = move_log(q);
    readers_let_go(q); /* those that began meanwhile still read from the log, which starts anew only when nobody does */
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return;
    store_trouble(q->store, "checkpoint", sqlite3_errmsg(q->mover.db));
    if ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CORRUPT) store_break(q->store, sqlite3_errmsg(q->mover.db));
}

static int wal_grew(void *arg, sqlite3 *db, const char *schema, int pages)
{
    (void)db, (void)schema;
    ((struct sqlite *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

/* whose turn it is */

/* Waits until nobody else writes and there is something to do; false when the store stops and nothing is left. */
static bool work_comes(struct sqlite *q)
{
    (void)pthread_mutex_lock(&q->queue_lock);
    while (q->writing || (!q->queue && !q->log_is_long && !q->stopping)) (void)pthread_cond_wait(&q->queue_more, &q->queue_lock);
    q->writing = q->queue || q->log_is_long;
    q->log_is_long = false;
    bool some = q->writing;
    (void)pthread_mutex_unlock(&q->queue_lock);
    return some;
}

/* True: the caller writes, and owes turn_over. Not past those who are queued, nor before a long log was looked after: the writer thread would never get
 * there beside somebody who writes again and again. */
static bool turn_take(struct sqlite *q)
{
    (void)pthread_mutex_lock(&q->queue_lock);
    bool free = !q->writing && !q->queue && !q->log_is_long && !q->stopping;
    if (free) q->writing = true;
    (void)pthread_mutex_unlock(&q->queue_lock);
    return free;
}

static void turn_over(struct sqlite *q, bool log_is_long)
{
    (void)pthread_mutex_lock(&q->queue_lock);
    q->writing = false;
    q->log_is_long = log_is_long;
    bool more = q->queue || log_is_long || q->stopping;
    (void)pthread_mutex_unlock(&q->queue_lock);
    if (more) (void)pthread_cond_signal(&q->queue_more);
}

static void *writer_main(void *arg)
{
    struct sqlite *q = arg;
    while (work_comes(q)) {
        struct job *first = job_take(q);
        if (first) batch_run(q, first);
        checkpoint(q);
        turn_over(q, false);
    }
    return NULL;
}

/* the door */

err writer_start(struct sqlite *q, str *why)
{
    sigset_t all, before;
    (void)sqlite3_wal_hook(q->writer.db, wal_grew, q);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    q->running = pthread_create(&q->thread, NULL, writer_main, q) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (q->running) (void)pthread_setname_np(q->thread, "store writer");
    if (q->running) return ERR_OK;
    *why = STR("cannot start the store's writer thread");
    return ERR_NOMEM;
}

void writer_stop(struct sqlite *q)
{
    if (!q->running) return;
    (void)pthread_mutex_lock(&q->queue_lock);
    q->stopping = true;
    (void)pthread_cond_signal(&q->queue_more);
    (void)pthread_mutex_unlock(&q->queue_lock);
    (void)pthread_join(q->thread, NULL);
    q->running = false;
}

static err job_put(struct sqlite *q, struct job *j)
{
    (void)pthread_mutex_lock(&q->queue_lock);
    bool room = q->queue_n < q->queue_max && !q->stopping;
    if (room) {
        *q->queue_end = j;
        q->queue_end = &j->next;
        q->queue_n++;
        atomic_fetch_add(&q->store->queue_depth, 1);
        (void)pthread_cond_signal(&q->queue_more);
    }
    (void)pthread_mutex_unlock(&q->queue_lock);
    if (!room) atomic_fetch_add(&q->store->busy, 1);
    return room ? ERR_OK : ERR_BUSY;
}

err sqlite_write_later(struct store *s, struct call *c, store_fn fn, store_done done, void *arg)
{
    struct job *j = NEW(c->mem, struct job);
    if (!j) return ERR_NOMEM;
    *j = (struct job){ .c = c, .fn = fn, .done = done, .arg = arg };
    return job_put(s->impl, j);
}

/* A thread that waits for its call. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool is_over;
    err result;
};

static void wake(struct call *c, err result, void *arg)
{
    struct waiter *w = arg;
    (void)c;
    (void)pthread_mutex_lock(&w->lock);
    w->result = result;
    w->is_over = true;
    (void)pthread_cond_signal(&w->over);
    (void)pthread_mutex_unlock(&w->lock);
}

static void note(struct call *c, err result, void *arg)
{
    (void)c;
    *(err *)arg = result;
}

static err write_here(struct sqlite *q, struct call *c, store_fn fn)
{
    err result = ERR_STORE;
    struct job own = { .c = c, .fn = fn, .done = note, .arg = &result };
    batch_run(q, &own);
    turn_over(q, q->wal_pages >= CHECKPOINT_PAGES);
    return result;
}

err sqlite_write(struct store *s, struct call *c, store_fn fn)
{
    if (turn_take(s->impl)) return write_here(s->impl, c, fn);
    struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    err e = sqlite_write_later(s, c, fn, wake, &w);
    if (e == ERR_OK) {
        (void)pthread_mutex_lock(&w.lock);
        while (!w.is_over) (void)pthread_cond_wait(&w.over, &w.lock);
        (void)pthread_mutex_unlock(&w.lock);
        e = w.result;
    }
    (void)pthread_mutex_destroy(&w.lock);
    (void)pthread_cond_destroy(&w.over);
    return e;
}
