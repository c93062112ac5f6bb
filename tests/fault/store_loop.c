/* tests/fault/store_loop.c: fails the 1st, 2nd, 3rd … allocation, statement and commit of each operation until it succeeds: no leak (the
 * sanitizer looks), no half row, and nothing that was refused is there afterwards. */
#include "base/fault.h"
#include "base/log.h"
#include "rig.h"
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#ifdef CHANCERY_FAULTS

enum { POINTS_MAX = 2000 };

static void count_hook(void *arg) { ++*(int *)arg; }

/* Two rows, or none. */
static err add_pair(struct call *c)
{
    str left, right;
    TRY(store_on_commit(c, count_hook, c->state));
    TRY(store_lock(c, "item", STR("pair")));
    TRY(arena_printf(c->mem, &left, "left %p", (void *)c));
    TRY(arena_printf(c->mem, &right, "right %p", (void *)c));
    TRY(rig_add(c, left.p, 1));
    return rig_add(c, right.p, 2);
}

static err list_all(struct call *c)
{
    struct rows rows;
    TRY(db_list(c, &rig_q[Q_ALL], &rows));
    *(int *)c->state = (int)rows.n;
    return ERR_OK;
}

static err drop_all(struct call *c) { return db_run(c, &rig_q[Q_DROP_ALL]); }

static bool is_trouble(err e) { return e == ERR_STORE || e == ERR_NOMEM || e == ERR_BUSY; }

/* a write, a read */

static void test_write(void **state)
{
    struct rig *r = *state;
    err e = ERR_STORE;
    for (long n = 1; n < POINTS_MAX && e != ERR_OK; n++) {
        struct call c = rig_call(1024 * 1024);
        int hooks = 0;
        c.state = &hooks;
        fault_arm(n);
        e = store_do(r->s, &c, TX_WRITE, add_pair);
        bool hit = fault_hit();
        fault_arm(0);
        rig_call_end(&c);
        assert_int_equal(e == ERR_OK, !hit);
        assert_true(e == ERR_OK || is_trouble(e));
        assert_int_equal(hooks, e == ERR_OK);
        assert_int_equal(rig_count(r), e == ERR_OK ? 2 : 0);
    }
    assert_int_equal(e, ERR_OK);
}

static void test_read(void **state)
{
    struct rig *r = *state;
    err e = ERR_STORE;
    int hooks = 0;
    r->c.state = &hooks;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_pair), ERR_OK);
    for (long n = 1; n < POINTS_MAX && e != ERR_OK; n++) {
        struct call c = rig_call(1024 * 1024);
        int rows = -1;
        c.state = &rows;
        fault_arm(n);
        e = store_do(r->s, &c, TX_READ, list_all);
        bool hit = fault_hit();
        fault_arm(0);
        rig_call_end(&c);
        assert_int_equal(e == ERR_OK, !hit);
        assert_true(e == ERR_OK ? rows == 2 : is_trouble(e));
    }
    assert_int_equal(e, ERR_OK);
}

/* a batch: what was acknowledged is there, what was refused is not */

enum { BATCH = 4 };

struct later {
    pthread_mutex_t lock;
    pthread_cond_t over;
    int done, fine;
};

static void later_done(struct call *c, err result, void *arg)
{
    struct later *l = arg;
    (void)c;
    (void)pthread_mutex_lock(&l->lock);
    l->done++;
    l->fine += result == ERR_OK;
    (void)pthread_cond_signal(&l->over);
    (void)pthread_mutex_unlock(&l->lock);
}

static void test_batch(void **state)
{
    struct rig *r = *state;
    bool hit = true;
    for (long n = 1; n < POINTS_MAX && hit; n++) {
        struct later l = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
        struct call c[BATCH];
        int hooks[BATCH] = { 0 }, taken = 0, ran = 0;
        for (int i = 0; i < BATCH; i++) c[i] = rig_call(1024 * 1024), c[i].state = &hooks[i];
        fault_arm(n);
        for (int i = 0; i < BATCH; i++) taken += store_write_later(r->s, &c[i], add_pair, later_done, &l) == ERR_OK;
        (void)pthread_mutex_lock(&l.lock);
        while (l.done < taken) (void)pthread_cond_wait(&l.over, &l.lock);
        (void)pthread_mutex_unlock(&l.lock);
        hit = fault_hit();
        fault_arm(0);
        for (int i = 0; i < BATCH; i++) ran += hooks[i], rig_call_end(&c[i]);
        assert_int_equal(l.done, taken);
        assert_int_equal(ran, l.fine);
        assert_int_equal(rig_count(r), 2 * l.fine);
        assert_true(hit || l.fine == BATCH);
        r->c.state = NULL;
        assert_int_equal(store_do(r->s, &r->c, TX_WRITE, drop_all), ERR_OK);
    }
    assert_false(hit);
}

/* opening and migrating: a failed start is followed by one that works */

static err start(struct rig *r, bool *is_open)
{
    struct arena *a = arena_new(1024 * 1024);
    struct store *s = NULL;
    str why = STR_NULL;
    if (!a) return ERR_NOMEM;
    err e = rig_open(r, a, &s, &why);
    *is_open = e == ERR_OK;
    if (e == ERR_OK) e = store_migrate(s, a, rig_schema, rig_schema_n, &why);
    if (e == ERR_OK) e = store_check(s, a, rig_q, Q_BAD_SQL, &why);
    store_close(s);
    arena_free(a);
    return e;
}

static void test_start(void **state)
{
    struct rig *r = *state;
    err e = ERR_STORE;
    for (long n = 1; n < POINTS_MAX && e != ERR_OK; n++) {
        bool was_open = false;
        fault_arm(n);
        e = start(r, &was_open);
        bool hit = fault_hit();
        fault_arm(0);
        /* The ledger is tried more than once. */
        assert_true(e == ERR_OK || hit);
        assert_true(e == ERR_OK || is_trouble(e));
        assert_int_equal(start(r, &was_open), ERR_OK);
        if (e == ERR_OK && hit) e = ERR_STORE; /* survived one: on to the next */
        void *rig = r;
        assert_int_equal(rig_teardown(&rig), 0);
        assert_int_equal(rig_setup_bare(&rig), 0);
        *state = r = rig;
    }
    assert_int_equal(e, ERR_OK);
}

/* files */

static int temporary(struct rig *r)
{
    char path[256];
    int n = 0;
    (void)snprintf(path, sizeof path, "%s/files/tmp", r->dir);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *item; (item = readdir(d));) n += item->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void test_files(void **state)
{
    struct rig *r = *state;
    struct files *f;
    char dir[128], name[FILES_NAME];
    str why = STR_NULL, out;
    err e = ERR_STORE;
    (void)snprintf(dir, sizeof dir, "%s/files", r->dir);
    assert_int_equal(files_open(r->a, dir, &f, &why), ERR_OK);
    for (long n = 1; n < POINTS_MAX && e != ERR_OK; n++) {
        struct call c = rig_call(1024 * 1024);
        fault_arm(n);
        e = files_put(f, STR("contents"), name);
        bool put = e == ERR_OK;
        if (put) e = files_get(f, c.mem, (str){ name, FILES_NAME }, &out);
        bool hit = fault_hit();
        fault_arm(0);
        assert_true(e == ERR_OK || is_trouble(e));
        assert_int_equal(temporary(r), 0);
        if (put) assert_int_equal(files_get(f, c.mem, (str){ name, FILES_NAME }, &out), ERR_OK);
        if (put) assert_true(str_is(out, "contents"));
        if (e == ERR_OK && hit) e = ERR_STORE; /* survived one: on to the next */
        if (put) assert_int_equal(files_drop(f, (str){ name, FILES_NAME }), ERR_OK);
        rig_call_end(&c);
    }
    assert_int_equal(e, ERR_OK);
    files_close(f);
}

static int run(const char *name)
{
    const struct CMUnitTest tests[] = {
        { "a write fails whole at each point", test_write, rig_setup, rig_teardown, NULL },
        { "a read fails whole at each point", test_read, rig_setup, rig_teardown, NULL },
        { "a batch keeps what it acknowledged and nothing else", test_batch, rig_setup, rig_teardown, NULL },
        { "after a start that failed the next one works", test_start, rig_setup_bare, rig_teardown, NULL },
        { "a file is whole or not there, and nothing is left of it", test_files, rig_setup_bare, rig_teardown, NULL },
    };
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    bool server = rig_pg_start();
    int failed = run("fault loops, sqlite");
    if (!server) return failed;
    rig_pg = true;
    failed += run("fault loops, postgresql");
    rig_pg_stop();
    return failed;
}

#else

int main(void)
{
    (void)fprintf(stderr, "skipped: fault loops of the store (built without fault points)\n");
    return 77;
}

#endif
