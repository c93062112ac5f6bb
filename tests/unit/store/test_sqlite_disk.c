/* tests/unit/store/test_sqlite_disk.c: nothing is acknowledged before it is on the disk, and nothing at all after the disk has lied. */
#include "disk.h"
#include "rig.h"
#include "base/log.h"
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

static err add_named(struct call *c)
{
    str name;
    TRY(arena_printf(c->mem, &name, "row %p", (void *)c->state));
    return rig_add(c, name.p, 1);
}

static err add_first(struct call *c) { return rig_add(c, "first", 1); }
static err add_second(struct call *c) { return rig_add(c, "second", 1); }

static int setup(void **state)
{
    atomic_store(&disk_sync_fails, false);
    atomic_store(&disk_is_full, false);
    return rig_setup(state);
}

static int teardown(void **state)
{
    atomic_store(&disk_sync_fails, false);
    atomic_store(&disk_is_full, false);
    return rig_teardown(state);
}

/* acknowledgements */

enum { CALLS = 30 };

struct ack {
    pthread_mutex_t lock;
    pthread_cond_t over;
    int done, early, failed;
};

static void acknowledged(struct call *c, err result, void *arg)
{
    struct ack *a = arg;
    (void)c;
    (void)pthread_mutex_lock(&a->lock);
    /* The writer is here and not in the next batch: what is in the log is ours. */
    a->early += atomic_load(&disk_log_dirty);
    a->failed += result != ERR_OK;
    a->done++;
    (void)pthread_cond_signal(&a->over);
    (void)pthread_mutex_unlock(&a->lock);
}

static void run_calls(struct rig *r, struct ack *a)
{
    static struct call calls[CALLS];
    for (int i = 0; i < CALLS; i++) {
        calls[i] = rig_call(64 * 1024);
        calls[i].state = &calls[i];
        assert_int_equal(store_write_later(r->s, &calls[i], add_named, acknowledged, a), ERR_OK);
        /* Every third waits for all before it, so that batches of all sizes come about. */
        (void)pthread_mutex_lock(&a->lock);
        while (i % 3 == 0 && a->done <= i) (void)pthread_cond_wait(&a->over, &a->lock);
        (void)pthread_mutex_unlock(&a->lock);
    }
    (void)pthread_mutex_lock(&a->lock);
    while (a->done < CALLS) (void)pthread_cond_wait(&a->over, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
    for (int i = 0; i < CALLS; i++) rig_call_end(&calls[i]);
}

static void test_durable(void **state)
{
    struct rig *r = *state;
    struct ack a = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    int before = atomic_load(&disk_syncs);
    run_calls(r, &a);
    assert_int_equal(a.failed, 0);
    assert_int_equal(a.early, 0);
    assert_true(atomic_load(&disk_syncs) - before >= CALLS / 3);
    assert_int_equal(rig_count(r), CALLS);
}

/* failures */

static void assert_broken(struct rig *r)
{
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_second), ERR_BUSY);
    assert_int_equal(store_write_later(r->s, &r->c, add_second, acknowledged, NULL), ERR_BUSY);
    assert_false(store_reachable(r->s));
}

static void test_failed_sync(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_first), ERR_OK);
    atomic_store(&disk_sync_fails, true);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_second), ERR_BUSY);
    /* The next sync would succeed, and prove nothing. */
    atomic_store(&disk_sync_fails, false);
    assert_broken(r);
    assert_int_equal(rig_count(r), 1);
}

static void test_failed_batch(void **state)
{
    struct rig *r = *state;
    struct ack a = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    struct call calls[8];
    atomic_store(&disk_sync_fails, true);
    int taken = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        calls[i] = rig_call(64 * 1024);
        calls[i].state = &calls[i];
        taken += store_write_later(r->s, &calls[i], add_named, acknowledged, &a) == ERR_OK;
    }
    (void)pthread_mutex_lock(&a.lock);
    while (a.done < taken) (void)pthread_cond_wait(&a.over, &a.lock);
    (void)pthread_mutex_unlock(&a.lock);
    assert_int_equal(a.failed, taken);
    assert_int_equal(rig_count(r), 0);
    for (size_t i = 0; i < COUNT_OF(calls); i++) rig_call_end(&calls[i]);
}

static void test_full(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_first), ERR_OK);
    atomic_store(&disk_is_full, true);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_second), ERR_BUSY);
    assert_int_equal(rig_count(r), 1);
    /* A full disk says so: nothing was lost, and it goes on once there is room. */
    atomic_store(&disk_is_full, false);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_second), ERR_OK);
    assert_int_equal(rig_count(r), 2);
}

/* the log is moved into the file now and then */

static err add_large(struct call *c)
{
    size_t n = 2 * 1024 * 1024;
    char *p = NEW_N(c->mem, char, n);
    int64_t one = 1;
    str name;
    if (!p) return ERR_NOMEM;
    TRY(arena_printf(c->mem, &name, "large %d", *(int *)c->state));
    return db_run(c, &rig_q[Q_ADD], name, (str){ p, n }, &one);
}

static err write_large(struct rig *r, int i)
{
    struct call c = rig_call(8 * 1024 * 1024);
    c.state = &i;
    err e = store_do(r->s, &c, TX_WRITE, add_large);
    rig_call_end(&c);
    return e;
}

static void test_log_length(void **state)
{
    struct rig *r = *state;
    struct stat st;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rows.db-wal", r->dir);
    for (int i = 0; i < 24; i++) assert_int_equal(write_large(r, i), ERR_OK);
    assert_int_equal(rig_count(r), 24);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 1, 16 * 1024 * 1024);
    store_close(r->s);
    r->s = NULL;
    assert_true(stat(path, &st) != 0 || st.st_size == 0);
}

/* Somebody else with a connection of his own. */
static sqlite3 *other;
static atomic_int moves, intrusions;

static void try_to_write(void)
{
    atomic_fetch_add(&moves, 1);
    if (sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) return;
    atomic_fetch_add(&intrusions, 1);
    (void)sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
}

static void test_nobody_writes(void **state)
{
    struct rig *r = *state;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rows.db", r->dir);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    atomic_store(&disk_before_move, try_to_write);
    for (int i = 0; i < 24; i++) assert_int_equal(write_large(r, i), ERR_OK);
    store_close(r->s);
    r->s = NULL;
    atomic_store(&disk_before_move, NULL);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_true(atomic_load(&moves) > 12 * 512);
    assert_int_equal(atomic_load(&intrusions), 0);
}

static void test_private(void **state)
{
    struct rig *r = *state;
    struct stat st;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rows.db", r->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_no_folder(void **state)
{
    struct store_options o = { .url = "sqlite:/nonexistent/rows.db", .durable = true };
    struct arena *a = arena_new(1024 * 1024);
    struct store *s = NULL;
    str why = STR_NULL;
    (void)state;
    assert_non_null(a);
    assert_int_equal(store_open(a, &o, &s, &why), ERR_STORE);
    assert_true(str_search(why, STR("/nonexistent/rows.db")) < why.n);
    o.url = "mysql://x";
    assert_int_equal(store_open(a, &o, &s, &why), ERR_INPUT);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "nothing is acknowledged before its sync", test_durable, setup, teardown, NULL },
        { "after a failed sync every write is refused, also when syncs work again", test_failed_sync, setup, teardown, NULL },
        { "a failed commit fails every call of its batch", test_failed_batch, setup, teardown, NULL },
        { "a full disk is an error, not the end", test_full, setup, teardown, NULL },
        { "the log stays short and is gone after closing", test_log_length, setup, teardown, NULL },
        { "nobody else writes while the log is moved", test_nobody_writes, setup, teardown, NULL },
        { "the file is nobody else's to read", test_private, setup, teardown, NULL },
        { "a store that cannot be opened is named", test_no_folder, NULL, NULL, NULL },
    };
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    disk_install();
    return cmocka_run_group_tests_name("sqlite and its disk", tests, NULL, NULL);
}
