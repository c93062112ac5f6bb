/* store/sqlite_int.h: the SQLite engine's connections, shared by its readers (sqlite.c) and its writer (sqlite_writer.c). */
#pragma once
#include "store/store_int.h"
#include <pthread.h>
#include <sqlite3.h>

enum { CONN_STATEMENTS = 512 }; /* remembered per connection; a power of two */
enum { LOG_HEAD = 6 };          /* of SQLite's index of the log, in 64 bits */

/* One connection: used by one thread at a time. */
struct conn {
    sqlite3 *db; /* NULL until first used */
    bool taken;
    /* A reader's: */
    bool kept;                     /* its transaction is still open, in case nothing changes until the next read */
    unsigned turn;                 /* struct sqlite's when it began */
    const volatile uint64_t *head; /* in memory that all programs on the file share: another one after each commit; NULL: not known yet */
    uint64_t seen[LOG_HEAD];       /* .head before the transaction began */
    struct {
        const char *sql;
        sqlite3_stmt *st;
    } cache[CONN_STATEMENTS];
};

struct job;

struct sqlite {
    struct store *store;
    const char *path;
    bool durable, keep_reads;

    pthread_mutex_t readers_lock; /* over .taken of the readers */
    pthread_cond_t readers_free;
    struct conn *readers;
    unsigned n_readers;
    atomic_uint turn; /* moves when readers shall end their transactions */

    struct conn writer; /* of whoever set .writing */
    struct conn mover;  /* the same; it moves the log into the file */
    pthread_t thread;
    pthread_mutex_t queue_lock; /* over all below */
    pthread_cond_t queue_more;
    struct job *queue, **queue_end;
    unsigned queue_n, queue_max;
    bool running, stopping;
    bool writing;     /* somebody uses the writing connection */
    bool log_is_long; /* the writer thread shall move it into the file */
    int wal_pages;    /* of whoever set .writing: pages in the log after the last commit */
};

/* Opens with our pragmas. A reader refuses to write. On error *why tells (constant or the engine's text, copied). */
err conn_open(struct sqlite *q, struct conn *c, bool reader, struct arena *a, str *why) MUST_CHECK;
void conn_close(struct conn *c);
/* BEGIN, COMMIT and their like; a fault point. sql: static text. */
err conn_plain(struct sqlite *q, struct conn *c, const char *sql) MUST_CHECK;
/* Ends whatever is open; never fails as far as the caller is concerned, because SQLite has no way to keep a transaction then. */
void conn_rollback(struct conn *c);

/* No idle reader keeps its transaction, and none that is busy will: they hold up the checkpoint. */
void readers_let_go(struct sqlite *q);

err writer_start(struct sqlite *q, str *why) MUST_CHECK;
void writer_stop(struct sqlite *q); /* finishes the queue first */
err sqlite_write(struct store *s, struct call *c, store_fn fn);
err sqlite_write_later(struct store *s, struct call *c, store_fn fn, store_done done, void *arg);
