/* store/store_int.h: what the engines share: the vtable, parameters read from letters, results built in the arena. */
#pragma once
#include "store/store.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

enum { STORE_PARAMS_MAX = 32, STORE_COLUMNS_MAX = 64 };

typedef err (*store_fn)(struct call *);
typedef void (*store_done)(struct call *, err, void *);

/* One letter of query.in or query.out. */
struct letter {
    char kind; /* t, b, i */
    bool null_ok;
};
/* Reads the next letter; false at the end. NULL counts as empty. An unknown letter is a bug of the table. */
bool letter_next(const char **at, struct letter *out);
size_t letters_count(const char *letters);

struct param {
    char kind;
    bool null;
    str s;
    int64_t i;
};
struct params {
    struct param v[STORE_PARAMS_MAX];
    size_t n;
};

/* Rows as they come in; the array for struct rows is built once at the end. */
struct row {
    struct row *next;
    struct cell cells[];
};
struct result {
    size_t most; /* rows kept; further ones are dropped */
    bool later;  /* nobody looks at it: the engine may run the statement together with what follows, the commit at the latest */
    size_t n;
    int64_t changed;
    struct row *first, **last;
};
/* The next row's cells (zeroed), NULL when out of memory. */
struct cell *result_row(struct result *r, struct arena *a, size_t columns);

struct hook {
    struct hook *next;
    void (*fn)(void *);
    void *arg;
};

/* The open transaction. */
struct db {
    struct store *store;
    void *conn; /* the engine's connection */
    enum tx tx;
    err failed; /* first failure of a statement: the transaction is over (invariant 3) */
    bool again; /* it failed because it lost a race, or its connection: another run may succeed */
    bool eager; /* no statement waits for what follows: this run is to find the one that is refused */
    struct hook *hooks, **hooks_end;
};

/* What store_check() compares with the letters. */
struct described {
    size_t params, columns;
    char kinds[STORE_COLUMNS_MAX]; /* t, b, i; 0 where the engine cannot tell before it runs */
};

struct engine {
    const char *name;
    bool reads_fast;
    bool sql_pg;                        /* takes query.sql_pg where there is one */
    const char *serial, *blob, *bigint; /* for migrations */
    const char *ledger_lock;            /* a script that keeps other migrating programs out, first in its transaction; may be empty */
    err (*open)(struct store *s, struct arena *a, const struct store_options *o, str *why);
    void (*close)(struct store *s);
    err (*read)(struct store *s, struct call *c, enum tx tx, store_fn fn);
    err (*write)(struct store *s, struct call *c, store_fn fn);
    err (*write_later)(struct store *s, struct call *c, store_fn fn, store_done done, void *arg);
    err (*run)(struct db *db, struct arena *a, const struct query *q, const struct params *in, struct result *out);
    err (*script)(struct db *db, const char *sql); /* several statements, no parameters, no rows */
    err (*describe)(struct db *db, const struct query *q, struct described *out, struct arena *a, str *why);
    err (*lock)(struct call *c, str name);
    err (*trial_begin)(struct db *db);
    err (*trial_end)(struct db *db, bool keep);
    bool (*reachable)(struct store *s);
    err (*listen)(struct store *s);                   /* somebody wants news; NULL: there are no other servers */
    void (*tell)(struct store *s, const char *topic); /* the others */
};
extern const struct engine store_sqlite, store_postgresql;

/* Who wants to know of which topic (news.c). */
struct news {
    pthread_mutex_t lock;
    struct listener {
        const char *topic;
        void (*fn)(void *);
        void *arg;
    } of[STORE_LISTENERS_MAX];
    unsigned n;
};

struct store {
    const struct engine *e;
    void *impl; /* struct sqlite or struct pg */
    atomic_bool broken;
    void (*on_break)(void);
    struct news news;
    atomic_int_least64_t commits, writes, retries, queue_depth, busy;
};

/* The text for this engine. */
const char *query_text(const struct engine *e, const struct query *q);
/* Opens and closes the books of one transaction around fn. The engine begins and ends it. */
void db_begin(struct db *db, struct store *s, void *conn, enum tx tx);
/* Runs fn with c->db set; a failed statement wins over an fn that returns ERR_OK. */
err db_fn(struct db *db, struct call *c, store_fn fn);
void db_run_hooks(struct db *db);
/* Logs the trouble with a statement: the head of its text and the engine's message, no values. */
void store_trouble(const struct store *s, const char *sql, const char *message);
/* Notes that the disk can no longer be trusted (invariant 5). */
void store_break(struct store *s, const char *message);
void news_open(struct store *s);
void news_close(struct store *s);
/* Calls the topic's listeners of this process; NULL: all. */
void news_tell(struct store *s, const char *topic);
