/* tests/unit/store/behaviour_values.c: what goes in comes out: texts, blobs, integers, NULL; and the start-up check of statements. */
#include "behaviour.h"
#include "rig.h"

struct value {
    const char *name;
    str text, body;
    bool null_n;
    int64_t n;
};

static const struct value values[] = {
    { "plain", STR("plain"), STR("bytes"), false, 42 },
    { "NULL stays NULL", STR("nulls"), STR_NULL, true, 0 },
    { "an empty blob is not NULL", STR("empty"), { "", 0 }, false, 0 },
    { "an empty text is a text", { "", 0 }, STR_NULL, false, 1 },
    { "blobs hold every byte", STR("bytes"), { "\0\x01\xff\xfe\\x00'\"\n", 9 }, false, 1 },
    { "the smallest int64", STR("smallest"), STR_NULL, false, INT64_MIN },
    { "the largest int64", STR("largest"), STR_NULL, false, INT64_MAX },
    { "minus one", STR("minus one"), STR_NULL, false, -1 },
    { "32 bits are not enough", STR("2^32"), STR_NULL, false, INT64_C(1) << 32 },
    { "UTF-8 of all lengths", STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), STR_NULL, false, 1 },
    { "quotes are only characters", STR("'); DROP TABLE item; --"), STR_NULL, false, 1 },
};

struct trip {
    const struct value *v;
    struct rows rows;
};

static err trip(struct call *c)
{
    struct trip *t = c->state;
    TRY(db_run(c, &rig_q[Q_DROP_ALL]));
    TRY(db_run(c, &rig_q[Q_ADD], t->v->text, t->v->body, t->v->null_n ? NULL : &t->v->n));
    return db_list(c, &rig_q[Q_ALL], &t->rows);
}

static bool came_back(const struct trip *t)
{
    if (t->rows.n != 1) return false;
    const struct cell *row = t->rows.row[0];
    return !row[0].null && str_eq(row[0].s, t->v->text) && row[1].null == str_absent(t->v->body) && str_eq(row[1].s, t->v->body) &&
           str_absent(row[1].s) == row[1].null && row[2].null == t->v->null_n && row[2].i == t->v->n;
}

static void test_values(void **state)
{
    struct rig *r = *state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct trip t = { .v = &values[i] };
        r->c.state = &t;
        if (store_do(r->s, &r->c, TX_WRITE, trip) == ERR_OK && came_back(&t)) continue;
        print_error("%s\n", values[i].name);
        failed++;
    }
    assert_int_equal(failed, 0);
}

static err large(struct call *c)
{
    size_t n = 3 * 1024 * 1024;
    char *p = NEW_N(c->mem, char, n);
    if (!p) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) p[i] = (char)(i * 7 >> 3);
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_ADD], &row, STR("large"), (str){ p, n }, NULL));
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, STR("large")));
    return str_eq(row[1].s, (str){ p, n }) ? ERR_OK : ERR_INPUT;
}

static void test_large(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, large), ERR_OK);
}

/* A call's ceiling bounds what a statement may bring. */
static err list_into_little(struct call *c)
{
    struct rows rows;
    return db_list(c, &rig_q[Q_ALL], &rows);
}

static void test_ceiling(void **state)
{
    struct rig *r = *state;
    struct call little = rig_call(64 * 1024);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, large), ERR_OK);
    assert_int_equal(store_do(r->s, &little, TX_READ, list_into_little), ERR_NOMEM);
    rig_call_end(&little);
    assert_int_equal(rig_count(r), 1);
}

static err counts(struct call *c)
{
    int64_t changed = -1;
    TRY(rig_add(c, "a", 1));
    TRY(rig_add(c, "b", 1));
    TRY(db_run_count(c, &rig_q[Q_SET_N], &changed, (int64_t)2, STR("a")));
    if (changed != 1) return ERR_INPUT;
    TRY(db_run_count(c, &rig_q[Q_SET_N], &changed, (int64_t)2, STR("nobody")));
    if (changed != 0) return ERR_INPUT;
    TRY(db_run_count(c, &rig_q[Q_DROP_ALL], &changed));
    return changed == 2 ? ERR_OK : ERR_INPUT;
}

static void test_counts(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, counts), ERR_OK);
}

static err serial(struct call *c)
{
    struct cell *first, *second;
    int64_t n = 1;
    TRY(db_get(c, &rig_q[Q_ADD], &first, STR("a"), STR_NULL, &n));
    TRY(db_get(c, &rig_q[Q_ADD], &second, STR("b"), STR_NULL, &n));
    return first[0].i == 1 && second[0].i == 2 ? ERR_OK : ERR_INPUT;
}

static void test_serial(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, serial), ERR_OK);
}

/* letters that lie are found, on start and when run */

static const struct query null_as_int = { .in = "", .out = "i", .sql = "SELECT n FROM item" };
static const struct query text_as_int = { .in = "", .out = "i", .sql = "SELECT name FROM item" };
static const struct query one_too_few = { .in = "", .out = "t", .sql = "SELECT name, n FROM item" };

static err get_first(struct call *c)
{
    struct cell *row;
    TRY(db_run(c, &rig_q[Q_ADD], STR("x"), STR_NULL, NULL));
    return db_get(c, c->state, &row);
}

static void test_lies(void **state)
{
    static const struct query *const lies[] = { &null_as_int, &text_as_int, &one_too_few };
    struct rig *r = *state;
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        union {
            const struct query *in;
            void *out;
        } q = { .in = lies[i] };
        r->c.state = q.out;
        assert_int_equal(store_do(r->s, &r->c, TX_WRITE, get_first), ERR_STORE);
        assert_int_equal(rig_count(r), 0);
    }
}

static const struct {
    const char *name;
    struct query q;
    const char *why; /* part of the message; NULL: fine */
} checks[] = {
    { "a good statement passes", { .in = "it", .sql = "UPDATE item SET n = $1 WHERE name = $2" }, NULL },
    { "a parameter may be used twice", { .in = "t", .out = "i", .sql = "SELECT id FROM item WHERE name = $1 OR $1 = 'x'" }, NULL },
    { "a dollar in quotes is text", { .in = "", .out = "t", .sql = "SELECT name FROM item WHERE name = '$5'" }, NULL },
    { "rows may be dropped", { .in = "t", .sql = "INSERT INTO item (name) VALUES ($1) RETURNING id" }, NULL },
    { "a hole in a table is passed over", { .in = NULL }, NULL },
    { "parameters out of order", { .in = "ti", .sql = "UPDATE item SET n = $2 WHERE name = $1" }, "in order" },
    { "a number left out", { .in = "tt", .sql = "UPDATE item SET name = $1 WHERE name = $3" }, "in order" },
    { "one letter too many", { .in = "tt", .sql = "DELETE FROM item WHERE name = $1" }, "parameters" },
    { "one letter too few", { .in = "t", .sql = "UPDATE item SET n = $1 WHERE name = $2" }, "parameters" },
    { "the text for the other engine is looked at as well",
      { .in = "t", .sql = "DELETE FROM item WHERE name = $1", .sql_pg = "DELETE FROM item WHERE name = $2" },
      "in order" },
    { "one column too few", { .in = "", .out = "t", .sql = "SELECT name, n FROM item" }, "columns" },
    { "no such table", { .in = "", .out = "t", .sql = "SELECT name FROM nowhere" }, "nowhere" },
    { "not SQL", { .in = "", .sql = "SELEKT" }, "syntax error" },
};

static void test_checks(void **state)
{
    struct rig *r = *state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        str why = STR_NULL;
        err e = store_check(r->s, r->a, &checks[i].q, 1, &why);
        bool fine = checks[i].why ? e == ERR_STORE && str_search(why, str_c(checks[i].why)) < why.n : e == ERR_OK;
        if (fine) continue;
        print_error("%s: %s " STR_FMT "\n", checks[i].name, err_name(e), STR_ARG(why));
        failed++;
    }
    assert_int_equal(failed, 0);
    str why;
    assert_int_equal(store_check(r->s, r->a, rig_q, Q_BAD_SQL, &why), ERR_OK);
}

int behaviour_values(void)
{
    const struct CMUnitTest tests[] = {
        { "each value comes back as it went in", test_values, rig_setup, rig_teardown, NULL },
        { "a blob of three megabytes comes back", test_large, rig_setup, rig_teardown, NULL },
        { "a call's ceiling bounds what it reads", test_ceiling, rig_setup, rig_teardown, NULL },
        { "changed rows are counted", test_counts, rig_setup, rig_teardown, NULL },
        { "serial numbers count up from 1", test_serial, rig_setup, rig_teardown, NULL },
        { "letters that do not fit the columns fail", test_lies, rig_setup, rig_teardown, NULL },
        { "the check on start finds each kind of mistake", test_checks, rig_setup, rig_teardown, NULL },
    };
    return cmocka_run_group_tests_name(rig_pg ? "values, postgresql" : "values, sqlite", tests, NULL, NULL);
}
