/* tests/bench/bench_pg.c: the store on PostgreSQL against bare libpq with as many connections on the same server, by turns in one run: durable writes (each a
 * serializable transaction of its own; the server syncs those that wait together), and reads of one row. The bare loops send BEGIN, statement and COMMIT in one
 * round trip, which no program with a decision in between can. Usage: bench_pg URL [SECONDS [ROUNDS [CONNECTIONS]]]; 0 rounds:
 * the bare loop of writes once, alone */
#include "base/clock.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODY = 200, CONNECTIONS_MAX = 64 };

static const struct query add = { .in = "tbi", .sql = "INSERT INTO bench_item (name, body, n) VALUES ($1, $2, $3)" };
static const struct query get = { .in = "i", .out = "tb", .sql = "SELECT name, body FROM bench_item WHERE id = $1" };
static const struct migration schema[] = {
    { 1, "0001_item", "CREATE TABLE bench_item (id {serial}, name TEXT NOT NULL, body {blob} NOT NULL, n {bigint} NOT NULL);\n" },
};
static char body[BODY];
static const char *url;
static unsigned connections = 16;

struct worker {
    pthread_t thread;
    struct store *s; /* NULL: bare */
    bool writes;
    int64_t end, done;
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_pg: %s: %s\n", what, why);
    exit(1);
}

/* bare */

static void must(PGconn *k, bool ok)
{
    if (!ok) die("libpq", PQerrorMessage(k));
}

static void drain(PGconn *k, int results)
{
    for (int i = 0; i < results; i++) {
        PGresult *r = PQgetResult(k);
        must(k, PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK);
        PQclear(r);
        PQclear(PQgetResult(k));
    }
    PQclear(PQgetResult(k));
}

static void bare_once(PGconn *k, bool writes)
{
    const char *values[] = { writes ? "name" : "1", body, "7" };
    const int lengths[] = { 4, BODY, 1 }, formats[] = { 0, 1, 0 };
    must(k, PQsendQueryPrepared(k, writes ? "begin" : "begin_read", 0, NULL, NULL, NULL, 1));
    must(k, PQsendQueryPrepared(k, writes ? "add" : "get", writes ? 3 : 1, values, lengths, formats, 1));
    must(k, PQsendQueryPrepared(k, "commit", 0, NULL, NULL, NULL, 1));
    must(k, PQpipelineSync(k));
    drain(k, 3);
}

static void bare_loop(struct worker *w)
{
    PGconn *k = PQconnectdb(url);
    must(k, PQstatus(k) == CONNECTION_OK);
    static const char *const statements[][2] = { { "begin", "BEGIN ISOLATION LEVEL SERIALIZABLE" },
                                                 { "begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" },
                                                 { "add", "INSERT INTO bench_item (name, body, n) VALUES ($1, $2, $3)" },
                                                 { "get", "SELECT name, body FROM bench_item WHERE id = $1" },
                                                 { "commit", "COMMIT" } };
    for (size_t i = 0; i < COUNT_OF(statements); i++) PQclear(PQprepare(k, statements[i][0], statements[i][1], 0, NULL));
    must(k, PQenterPipelineMode(k));
    for (; clock_mono_us() < w->end; w->done++) bare_once(k, w->writes);
    PQfinish(k);
}

/* through the door */

static err write_one(struct call *c) { return db_run(c, &add, STR("name"), (str){ body, BODY }, (int64_t)7); }

static err read_one(struct call *c)
{
    struct cell *row;
    return db_get(c, &get, &row, (int64_t)1);
}

static void door_loop(struct worker *w)
{
    struct call c = { .mem = arena_new(64 * 1024) };
    if (!c.mem) die("arena", "out of memory");
    for (; clock_mono_us() < w->end; w->done++) {
        err e = store_do(w->s, &c, w->writes ? TX_WRITE : TX_READ, w->writes ? write_one : read_one);
        if (e != ERR_OK) die("store", err_name(e));
        arena_empty(c.mem);
    }
    arena_free(c.mem);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    if (w->s)
        door_loop(w);
    else
        bare_loop(w);
    return NULL;
}

/* Per second. */
static double run(struct store *s, bool writes, double seconds)
{
    static struct worker w[CONNECTIONS_MAX];
    int64_t start = clock_mono_us(), done = 0;
    for (unsigned i = 0; i < connections; i++) {
        w[i] = (struct worker){ .s = s, .writes = writes, .end = start + (int64_t)(seconds * 1e6) };
        if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0) die("thread", "cannot start");
    }
    for (unsigned i = 0; i < connections; i++) {
        (void)pthread_join(w[i].thread, NULL);
        done += w[i].done;
    }
    return (double)done / ((double)(clock_mono_us() - start) / 1e6);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new(4 << 20);
    struct store *s;
    str why = STR_NULL;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2, bare[2] = { 0 }, door[2] = { 0 };
    long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 3;
    if (argc < 2 || !a || crypto_init() != ERR_OK) die("usage", "bench_pg URL [SECONDS [ROUNDS [CONNECTIONS]]]");
    url = argv[1];
    if (argc > 4) connections = (unsigned)strtol(argv[4], NULL, 10) % (CONNECTIONS_MAX + 1);
    struct store_options o = { .url = url, .readers = connections, .durable = true };
    if (store_open(a, &o, &s, &why) != ERR_OK || store_migrate(s, a, schema, 1, &why) != ERR_OK) die("store", why.p ? why.p : "cannot be opened");
    struct call first = { .mem = arena_new(64 * 1024) };
    if (!first.mem || store_do(s, &first, TX_WRITE, write_one) != ERR_OK) die("store", "cannot be written");
    for (long i = 0; i < rounds; i++)
        for (int writes = 0; writes < 2; writes++) {
            bare[writes] += run(NULL, writes, seconds) / (double)rounds;
            door[writes] += run(s, writes, seconds) / (double)rounds;
        }
    if (!rounds) (void)printf("bare libpq %.0f/s\n", run(NULL, true, seconds));
    store_close(s);
    arena_free(first.mem);
    arena_free(a);
    if (!rounds) return 0;
    (void)printf("postgresql reads, %u at once: bare libpq %.0f/s, store %.0f/s, ratio %.2f\n", connections, bare[0], door[0], door[0] / bare[0]);
    (void)printf("postgresql durable writes, %u at once: bare libpq %.0f/s, store %.0f/s, ratio %.2f\n", connections, bare[1], door[1], door[1] / bare[1]);
    return 0;
}
