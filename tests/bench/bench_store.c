/* tests/bench/bench_store.c: durable writes per second through the store's door, with 64 callers waiting, against a bare SQLite loop that
 * commits 64 rows at a time on the same disk, by turns in one run; and reads of one row on one thread against a bare loop. Usage: bench_store [DIR [SECONDS
 * [ROUNDS [STORE]]]]; 0 rounds: the bare loop of writes once, alone; with STORE, a copy of a server's, it writes what a created interview writes */
#include "base/clock.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTSTANDING = 64, BODY = 200 };

static const struct query add = { .in = "tbi", .sql = "INSERT INTO item (name, body, n) VALUES ($1, $2, $3)" };
static const struct migration schema[] = { { 1, "0001_item",
                                             "CREATE TABLE item (id {serial}, name TEXT NOT NULL, body {blob} NOT NULL, n {bigint} NOT NULL);\n" } };
static char body[BODY];

static void die(const char *what, str why)
{
    (void)fprintf(stderr, "bench_store: %s " STR_FMT "\n", what, STR_ARG(why));
    exit(1);
}

/* the bare loop */

static void must(sqlite3 *db, int ok)
{
    if (!ok) die(sqlite3_errmsg(db), STR_NULL);
}

static double bare(const char *dir, double seconds)
{
    static const char set_up[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;"
        "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, body BLOB NOT NULL, n INTEGER NOT NULL)";
    char path[512];
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t n = 0, start = clock_mono_us(), end = start + (int64_t)(seconds * 1e6);
    (void)snprintf(path, sizeof path, "%s/bare.db", dir);
    must(NULL, sqlite3_open(path, &db) == SQLITE_OK);
    must(db, sqlite3_exec(db, set_up, NULL, NULL, NULL) == SQLITE_OK);
    must(db, sqlite3_prepare_v2(db, add.sql, -1, &st, NULL) == SQLITE_OK);
    while (clock_mono_us() < end) {
        must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        for (int i = 0; i < OUTSTANDING; i++, n++) {
            (void)sqlite3_bind_text(st, 1, "name", 4, SQLITE_STATIC);
            (void)sqlite3_bind_blob(st, 2, body, BODY, SQLITE_STATIC);
            (void)sqlite3_bind_int64(st, 3, n);
            must(db, sqlite3_step(st) == SQLITE_DONE);
            (void)sqlite3_reset(st);
        }
        must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    double took = (double)(clock_mono_us() - start) / 1e6;
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
    return (double)n / took;
}

/* What rooms/hiring writes for a created interview: its row and that of the audit. */
static double bare_interviews(const char *path, double seconds)
{
    static const char *const texts[] = {
        "INSERT INTO hiring_interview (id, creator_id, api_key_id, title, candidate_name, candidate_email, position, status, interview_config, room_name,"
        " room_state, created_at_ms, updated_at_ms) SELECT ?1, id, ?1, 'Software Engineer Interview', 'Jane Doe', 'jane.doe.' || ?3 || '@example.com',"
        " 'Software Engineer', 'pending', '{\"duration\":60,\"difficulty\":\"medium\"}', 'interview-' || ?2, 'unconfigured', ?3, ?3 FROM account WHERE number "
        "= 1",
        "INSERT INTO audit (id, at_ms, family, action, actor_id, actor_email, subject, ip, request_id, detail_json) VALUES (?1, ?3, 'hiring',"
        " 'interview.create', ?1, 'admin@example.com', ?1, '127.0.0.1', ?1, '{}')"
    };
    sqlite3 *db;
    sqlite3_stmt *st[2];
    int64_t n = 0, start = clock_mono_us(), end = start + (int64_t)(seconds * 1e6);
    must(NULL, sqlite3_open(path, &db) == SQLITE_OK);
    must(db, sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA foreign_keys = ON", NULL, NULL,
                          NULL) == SQLITE_OK);
    for (size_t i = 0; i < 2; i++) must(db, sqlite3_prepare_v2(db, texts[i], -1, &st[i], NULL) == SQLITE_OK);
    while (clock_mono_us() < end) {
        must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        for (int i = 0; i < OUTSTANDING; i++, n++) {
            char id[CRYPTO_UUID], room[12];
            uint8_t bits[6];
            crypto_uuid7(id);
            crypto_random(bits, sizeof bits);
            crypto_hex(room, bits, sizeof bits);
            for (size_t k = 0; k < 2; k++) {
                (void)sqlite3_bind_text(st[k], 1, id, sizeof id, SQLITE_STATIC);
                if (k == 0) (void)sqlite3_bind_text(st[k], 2, room, sizeof room, SQLITE_STATIC);
                (void)sqlite3_bind_int64(st[k], 3, n);
                must(db, sqlite3_step(st[k]) == SQLITE_DONE);
                (void)sqlite3_reset(st[k]);
            }
        }
        must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    double took = (double)(clock_mono_us() - start) / 1e6;
    for (size_t i = 0; i < 2; i++) (void)sqlite3_finalize(st[i]);
    (void)sqlite3_close(db);
    return (double)n / took;
}

/* through the door */

struct run {
    struct store *s;
    int64_t end; /* no new writes after that */
    pthread_mutex_t lock;
    pthread_cond_t over;
    int going;
    atomic_long written;
};

static err write_one(struct call *c) { return db_run(c, &add, STR("name"), (str){ body, BODY }, c->now_ms); }

static void again(struct call *c, err result, void *arg)
{
    struct run *r = arg;
    if (result != ERR_OK) die("write", str_c(err_name(result)));
    atomic_fetch_add(&r->written, 1);
    arena_empty(c->mem);
    if (clock_mono_us() < r->end && store_write_later(r->s, c, write_one, again, r) == ERR_OK) return;
    (void)pthread_mutex_lock(&r->lock);
    r->going--;
    (void)pthread_cond_signal(&r->over);
    (void)pthread_mutex_unlock(&r->lock);
}

static double door(const char *dir, double seconds)
{
    char url[512];
    struct arena *a = arena_new(1024 * 1024);
    struct call calls[OUTSTANDING];
    struct run r = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    str why = STR_NULL;
    (void)snprintf(url, sizeof url, "sqlite:%s/door.db", dir);
    struct store_options o = { .url = url, .durable = true, .keep_reads = true };
    if (!a || store_open(a, &o, &r.s, &why) != ERR_OK || store_migrate(r.s, a, schema, 1, &why) != ERR_OK) die("store", why);
    int64_t start = clock_mono_us();
    r.end = start + (int64_t)(seconds * 1e6);
    r.going = OUTSTANDING;
    for (int i = 0; i < OUTSTANDING; i++) {
        calls[i] = (struct call){ .mem = arena_new(64 * 1024), .now_ms = i };
        if (!calls[i].mem || store_write_later(r.s, &calls[i], write_one, again, &r) != ERR_OK) die("write", STR_NULL);
    }
    (void)pthread_mutex_lock(&r.lock);
    while (r.going) (void)pthread_cond_wait(&r.over, &r.lock);
    (void)pthread_mutex_unlock(&r.lock);
    double took = (double)(clock_mono_us() - start) / 1e6;
    struct store_stats st;
    store_stats(r.s, &st);
    (void)printf("  %.1f writes per commit\n", (double)st.writes / (double)(st.commits ? st.commits : 1));
    store_close(r.s);
    for (int i = 0; i < OUTSTANDING; i++) arena_free(calls[i].mem);
    arena_free(a);
    return (double)atomic_load(&r.written) / took;
}

/* reads */

static const struct query get = { .in = "i", .out = "tb", .sql = "SELECT name, body FROM item WHERE id = $1" };

static err read_one(struct call *c)
{
    struct cell *row;
    return db_get(c, &get, &row, (int64_t)1);
}

static double door_reads(const char *dir, double seconds)
{
    char url[512];
    struct arena *a = arena_new(1024 * 1024);
    struct call c = { .mem = arena_new(64 * 1024) };
    struct store *s;
    str why = STR_NULL;
    int64_t n = 0, start = clock_mono_us(), end = start + (int64_t)(seconds * 1e6);
    (void)snprintf(url, sizeof url, "sqlite:%s/door.db", dir);
    struct store_options o = { .url = url, .durable = true, .keep_reads = true };
    if (!a || !c.mem || store_open(a, &o, &s, &why) != ERR_OK) die("store", why);
    for (; clock_mono_us() < end; n++, arena_empty(c.mem))
        if (store_do(s, &c, TX_READ, read_one) != ERR_OK) die("read", STR_NULL);
    double took = (double)(clock_mono_us() - start) / 1e6;
    store_close(s);
    arena_free(c.mem);
    arena_free(a);
    return (double)n / took;
}

static void step(sqlite3 *db, sqlite3_stmt *st, int want) { must(db, sqlite3_step(st) == want); }

static double bare_reads(const char *dir, double seconds)
{
    static const char *const texts[] = { "BEGIN", "SELECT name, body FROM item WHERE id = 1", "COMMIT" };
    char path[512];
    sqlite3 *db;
    sqlite3_stmt *st[3];
    int64_t n = 0, start = clock_mono_us(), end = start + (int64_t)(seconds * 1e6);
    (void)snprintf(path, sizeof path, "%s/bare.db", dir);
    must(NULL, sqlite3_open(path, &db) == SQLITE_OK);
    for (size_t i = 0; i < 3; i++) must(db, sqlite3_prepare_v2(db, texts[i], -1, &st[i], NULL) == SQLITE_OK);
    for (; clock_mono_us() < end; n++)
        for (size_t i = 0; i < 3; i++) {
            step(db, st[i], i == 1 ? SQLITE_ROW : SQLITE_DONE);
            (void)sqlite3_reset(st[i]);
        }
    double took = (double)(clock_mono_us() - start) / 1e6;
    for (size_t i = 0; i < 3; i++) (void)sqlite3_finalize(st[i]);
    (void)sqlite3_close(db);
    return (double)n / took;
}

static void compare(const char *dir, double seconds, long rounds)
{
    double sum_bare = 0, sum_door = 0, reads_bare = 0, reads_door = 0;
    for (long i = 0; i < rounds; i++) {
        double b = bare(dir, seconds), d = door(dir, seconds);
        (void)printf("round %ld: bare loop %.0f/s, store %.0f/s\n", i + 1, b, d);
        reads_bare += bare_reads(dir, seconds);
        reads_door += door_reads(dir, seconds);
        sum_bare += b;
        sum_door += d;
    }
    (void)printf("reads on one thread: bare loop %.0f/s, store %.0f/s, ratio %.2f\n", reads_bare / (double)rounds, reads_door / (double)rounds,
                 reads_door / reads_bare);
    (void)printf("durable writes, %d waiting: bare loop %.0f/s, store %.0f/s, ratio %.2f (aim 0.50)\n", OUTSTANDING, sum_bare / (double)rounds,
                 sum_door / (double)rounds, sum_door / sum_bare);
}

int main(int argc, char **argv)
{
    char dir[256];
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;
    long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 3;
    if (crypto_init() != ERR_OK) return 1;
    (void)snprintf(dir, sizeof dir, "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(dir)) die("cannot make a folder:", str_c(dir));
    if (rounds)
        compare(dir, seconds, rounds);
    else
        (void)printf("bare loop %.0f/s\n", argc > 4 ? bare_interviews(argv[4], seconds) : bare(dir, seconds));
    static const char *const names[] = { "bare.db", "bare.db-wal", "bare.db-shm", "door.db", "door.db-wal", "door.db-shm" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}
