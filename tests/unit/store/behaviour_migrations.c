/* tests/unit/store/behaviour_migrations.c: the schema goes forward only, once, whoever else tries. */
#include "behaviour.h"
#include "base/buf.h"
#include "rig.h"
#include <pthread.h>

static const struct migration good[] = {
    { 1, "0001_a", "CREATE TABLE a (id {serial}, x {blob}, y {bigint}, z TEXT NOT NULL DEFAULT '{}');\nCREATE INDEX a_y ON a (y);\n" },
    { 5, "0005_b", "CREATE TABLE b (id {serial});\nINSERT INTO a (z) VALUES ('{\"k\": 1}');\n" },
    { 9, "0009_c", "CREATE TABLE c (id {serial});\n" },
};
static const struct migration changed[] = { { 1, "0001_a", "CREATE TABLE a (id {serial});\n" } };
static const struct migration broken[] = {
    { 1, "0001_a", "CREATE TABLE a (id {serial});\n" },
    { 2, "0002_half", "CREATE TABLE half (id {serial});\nCREATE TABLE half (id {serial});\n" },
};
static const struct migration unknown[] = { { 1, "0001_a", "CREATE TABLE a (id {autonumber});\n" } };
/* A room that joined later, with numbers between. */
static const struct migration between[] = {
    { 1, "0001_a", "CREATE TABLE a (id {serial}, x {blob}, y {bigint}, z TEXT NOT NULL DEFAULT '{}');\nCREATE INDEX a_y ON a (y);\n" },
    { 3, "0003_late", "CREATE TABLE late (id {serial});\n" },
    { 5, "0005_b", "CREATE TABLE b (id {serial});\nINSERT INTO a (z) VALUES ('{\"k\": 1}');\n" },
};

static const struct query one_a = { .in = "", .out = "t", .sql = "SELECT z FROM a" };
static const struct query half = { .in = "", .out = "i", .sql = "SELECT count(*) FROM half" };
static const struct query ledger = { .in = "", .out = "i", .sql = "SELECT count(*) FROM chancery_migration" };

struct ask {
    const struct query *q;
    struct cell *row;
};

static err get(struct call *c)
{
    struct ask *a = c->state;
    return db_get(c, a->q, &a->row);
}

static struct cell *first_row(struct rig *r, const struct query *q, err want)
{
    struct ask a = { .q = q };
    r->c.state = &a;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, get), want);
    return a.row;
}

static void assert_why(str why, const char *part)
{
    bool has = str_search(why, str_c(part)) < why.n;
    if (!has) print_error("\"%.*s\" lacks \"%s\"\n", STR_ARG(why), part);
    assert_true(has);
}

static void assert_status(struct rig *r, const struct migration *all, size_t n, err want, bool current, const char *part)
{
    struct buf b = BUF(4096);
    bool is_current = !current;
    assert_int_equal(store_migration_status(r->s, r->a, all, n, &b, &is_current), want);
    assert_int_equal(is_current, current);
    assert_why(buf_str(&b), part);
    buf_release(&b);
}

static void test_forward(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_status(r, good, 3, ERR_OK, false, "pending 0001_a\npending 0005_b\npending 0009_c\n");
    assert_int_equal(store_migrate(r->s, r->a, good, 2, &why), ERR_OK);
    assert_status(r, good, 3, ERR_OK, false, "applied 0001_a\napplied 0005_b\npending 0009_c\n");
    assert_int_equal(store_migrate(r->s, r->a, good, 3, &why), ERR_OK);
    assert_int_equal(store_migrate(r->s, r->a, good, 3, &why), ERR_OK);
    assert_status(r, good, 3, ERR_OK, true, "applied 0009_c\n");
    assert_true(str_is(first_row(r, &one_a, ERR_OK)[0].s, "{\"k\": 1}"));
    assert_int_equal(first_row(r, &ledger, ERR_OK)[0].i, 3);
}

static void test_late_room(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_migrate(r->s, r->a, good, 2, &why), ERR_OK);
    assert_int_equal(store_migrate(r->s, r->a, between, 3, &why), ERR_OK);
    assert_status(r, between, 3, ERR_OK, true, "applied 0003_late\n");
}

static void test_newer(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_migrate(r->s, r->a, good, 3, &why), ERR_OK);
    assert_int_equal(store_migrate(r->s, r->a, good, 2, &why), ERR_CONFLICT);
    assert_why(why, "newer than this program");
    assert_why(why, "0009_c");
    assert_status(r, good, 2, ERR_CONFLICT, false, "newer than this program");
}

static void test_changed(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_migrate(r->s, r->a, good, 1, &why), ERR_OK);
    assert_int_equal(store_migrate(r->s, r->a, changed, 1, &why), ERR_CONFLICT);
    assert_why(why, "0001_a");
    assert_status(r, changed, 1, ERR_CONFLICT, false, "another text");
}

static void test_broken(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_migrate(r->s, r->a, broken, 2, &why), ERR_STORE);
    assert_why(why, "0002_half");
    (void)first_row(r, &half, ERR_STORE); /* its first statement left nothing */
    assert_int_equal(first_row(r, &ledger, ERR_OK)[0].i, 1);
    assert_int_equal(store_migrate(r->s, r->a, unknown, 1, &why), ERR_CONFLICT);
}

static void test_unknown(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_migrate(r->s, r->a, unknown, 1, &why), ERR_STORE);
    assert_why(why, "{autonumber}");
}

/* several programs at once */

enum { PROGRAMS = 4 };

struct program {
    struct rig *r;
    pthread_t thread;
    pthread_barrier_t *start;
    err result;
};

static void *program(void *arg)
{
    struct program *p = arg;
    struct arena *a = arena_new(1024 * 1024);
    struct store *s = NULL;
    str why = STR_NULL;
    p->result = a ? rig_open(p->r, a, &s, &why) : ERR_NOMEM;
    (void)pthread_barrier_wait(p->start);
    if (p->result == ERR_OK) p->result = store_migrate(s, a, good, 3, &why);
    store_close(s);
    arena_free(a);
    return NULL;
}

static void test_race(void **state)
{
    struct rig *r = *state;
    struct program p[PROGRAMS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, PROGRAMS), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        p[i] = (struct program){ .r = r, .start = &start };
        assert_int_equal(pthread_create(&p[i].thread, NULL, program, &p[i]), 0);
    }
    for (int i = 0; i < PROGRAMS; i++) (void)pthread_join(p[i].thread, NULL);
    (void)pthread_barrier_destroy(&start);
    for (int i = 0; i < PROGRAMS; i++) assert_int_equal(p[i].result, ERR_OK);
    assert_int_equal(first_row(r, &ledger, ERR_OK)[0].i, 3);
    assert_true(str_is(first_row(r, &one_a, ERR_OK)[0].s, "{\"k\": 1}"));
}

int behaviour_migrations(void)
{
    const struct CMUnitTest tests[] = {
        { "missing migrations are applied, once", test_forward, rig_setup_bare, rig_teardown, NULL },
        { "a room that joins later gets its tables", test_late_room, rig_setup_bare, rig_teardown, NULL },
        { "a newer store is refused with a clear line", test_newer, rig_setup_bare, rig_teardown, NULL },
        { "a changed text is refused with a clear line", test_changed, rig_setup_bare, rig_teardown, NULL },
        { "a migration that fails leaves nothing behind", test_broken, rig_setup_bare, rig_teardown, NULL },
        { "an unknown placeholder is named", test_unknown, rig_setup_bare, rig_teardown, NULL },
        { "four programs that migrate at once all succeed", test_race, rig_setup_bare, rig_teardown, NULL },
    };
    return cmocka_run_group_tests_name(rig_pg ? "migrations, postgresql" : "migrations, sqlite", tests, NULL, NULL);
}
