/* tests/unit/store/behaviour_transactions.c: commit, rollback, batches, functions after the commit. Functions that run inside a
 * transaction may be on another thread: they report, the test asserts. */
#include "behaviour.h"
#include "rig.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* one transaction */

static err add_two(struct call *c)
{
    TRY(rig_add(c, "one", 1));
    return rig_add(c, "two", 2);
}

static err add_two_and_refuse(struct call *c)
{
    TRY(add_two(c));
    return fail(c, ERR_FORBIDDEN, NULL, "no");
}

static err add_one(struct call *c) { return rig_add(c, "one", 1); }

static err add_then_break(struct call *c)
{
    TRY(rig_add(c, "one", 1));
    return db_run(c, &rig_q[Q_BAD_SQL]);
}

/* Against the rules: the failed statement is passed over. */
static err break_and_go_on(struct call *c)
{
    err e = db_run(c, &rig_q[Q_BAD_SQL]);
    err next = rig_add(c, "one", 1);
    return e == ERR_STORE && next == ERR_STORE ? ERR_OK : ERR_INPUT;
}

static err add_unlucky(struct call *c) { return rig_add(c, "unlucky", 13); }
static err add_orphan(struct call *c) { return db_run(c, &rig_q[Q_ADD_PART], (int64_t)4711); }
static err write_nothing(struct call *c) { return (void)c, ERR_OK; }

static err get_missing(struct call *c)
{
    struct cell *row = (struct cell *)c;
    err e = db_get(c, &rig_q[Q_BY_NAME], &row, STR("nobody"));
    if (e != ERR_NOT_FOUND || c->why.code != ERR_OK) return ERR_INPUT;
    TRY(db_find(c, &rig_q[Q_BY_NAME], &row, STR("nobody")));
    /* Neither ended the transaction. */
    return row ? ERR_INPUT : rig_add(c, "one", 1);
}

static err nul_in_text(struct call *c) { return db_run(c, &rig_q[Q_SET_N], (int64_t)1, STR("a\0b")); }
static err ill_formed_text(struct call *c) { return db_run(c, &rig_q[Q_SET_N], (int64_t)1, STR("\xC3")); }

static err add_many(struct call *c)
{
    for (int i = 0; i < 50; i++) {
        str name;
        TRY(arena_printf(c->mem, &name, "row %d", i));
        TRY(rig_add(c, name.p, 100 + i));
    }
    return ERR_OK;
}

/* trials */

static err add_three(struct call *c) { return rig_add(c, "three", 3); }
static err keep_two(struct call *c)
{
    TRY(store_trial(c, true, add_two));
    return add_three(c);
}
static err drop_two(struct call *c)
{
    TRY(store_trial(c, false, add_two));
    return add_three(c);
}
static err drop_two_only(struct call *c) { return store_trial(c, false, add_two); }
static err add_three_drop_two(struct call *c)
{
    TRY(add_three(c));
    return store_trial(c, false, add_two);
}
/* What was taken back is not in the way. */
static err drop_two_add_two(struct call *c)
{
    TRY(store_trial(c, false, add_two));
    return add_two(c);
}
static err drop_kept(struct call *c) { return store_trial(c, false, keep_two); }
static err keep_dropped(struct call *c) { return store_trial(c, true, drop_two); }
/* Against the rules: its error is passed over. */
static err pass_over_a_trial(struct call *c)
{
    err e = store_trial(c, true, add_two_and_refuse);
    return e == ERR_FORBIDDEN ? ERR_OK : ERR_INPUT;
}
static err break_in_a_trial(struct call *c)
{
    TRY(add_three(c));
    return store_trial(c, false, add_then_break);
}

static const struct {
    const char *name;
    enum tx tx;
    err (*fn)(struct call *);
    err want;
    int64_t rows; /* afterwards */
} rows_of[] = {
    { "what a write adds stays", TX_WRITE, add_two, ERR_OK, 2 },
    { "many statements are one transaction", TX_WRITE, add_many, ERR_OK, 50 },
    { "a write that adds nothing is fine", TX_WRITE, write_nothing, ERR_OK, 0 },
    { "an error of the function takes its rows back", TX_WRITE, add_two_and_refuse, ERR_FORBIDDEN, 0 },
    { "a failed statement takes the rows before it back", TX_WRITE, add_then_break, ERR_STORE, 0 },
    { "a failed statement cannot be passed over", TX_WRITE, break_and_go_on, ERR_STORE, 0 },
    { "a refused check is a conflict", TX_WRITE, add_unlucky, ERR_CONFLICT, 0 },
    { "a key without its row, found at the end, is a conflict", TX_WRITE, add_orphan, ERR_CONFLICT, 0 },
    { "nothing found is no failure of the transaction", TX_WRITE, get_missing, ERR_OK, 1 },
    { "what a trial adds stays if it is kept", TX_WRITE, keep_two, ERR_OK, 3 },
    { "what a trial adds goes if it is not", TX_WRITE, drop_two, ERR_OK, 1 },
    { "a write of nothing but such a trial is fine", TX_WRITE, drop_two_only, ERR_OK, 0 },
    { "what was there before it stays", TX_WRITE, add_three_drop_two, ERR_OK, 1 },
    { "rows that it took back may come again", TX_WRITE, drop_two_add_two, ERR_OK, 2 },
    { "a trial within one that is taken back goes with it", TX_WRITE, drop_kept, ERR_OK, 0 },
    { "a trial within one that is kept goes alone", TX_WRITE, keep_dropped, ERR_OK, 1 },
    { "an error in a trial is the whole transaction's", TX_WRITE, pass_over_a_trial, ERR_FORBIDDEN, 0 },
    { "a failed statement in a trial, too", TX_WRITE, break_in_a_trial, ERR_STORE, 0 },
    { "a read cannot write", TX_READ, add_one, ERR_STORE, 0 },
    { "NUL in a text is the caller's mistake", TX_WRITE, nul_in_text, ERR_INPUT, 0 },
    { "ill-formed UTF-8 is the caller's mistake", TX_WRITE, ill_formed_text, ERR_INPUT, 0 },
};

static void test_rows(void **state)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows_of); i++) {
        struct rig *r;
        assert_int_equal(rig_setup((void **)&r), 0);
        err e = store_do(r->s, &r->c, rows_of[i].tx, rows_of[i].fn);
        int64_t n = rig_count(r);
        if (e != rows_of[i].want || n != rows_of[i].rows || r->c.db) {
            print_error("%s: %s, %d rows\n", rows_of[i].name, err_name(e), (int)n);
            failed++;
        }
        (void)rig_teardown((void **)&r);
    }
    (void)state;
    assert_int_equal(failed, 0);
}

static void test_duplicate(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_one), ERR_OK);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_one), ERR_CONFLICT);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_two), ERR_CONFLICT);
    assert_int_equal(rig_count(r), 1);
}

static void test_reopened(void **state)
{
    struct rig *r = *state;
    str why = STR_NULL;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_two), ERR_OK);
    store_close(r->s);
    assert_int_equal(rig_open(r, r->a, &r->s, &why), ERR_OK);
    assert_int_equal(rig_count(r), 2);
    assert_true(store_reachable(r->s));
}

/* calls in a batch */

enum { BATCH = 40 };

struct later {
    pthread_mutex_t lock;
    pthread_cond_t over;
    size_t done, order[BATCH];
    err result[BATCH];
};
struct one {
    struct later *l;
    struct call c;
    size_t i;
    int hooks;  /* store_on_commit() functions so far, in order */
    bool early; /* done() came before them */
};

static void first_hook(void *arg) { ((struct one *)arg)->hooks = ((struct one *)arg)->hooks == 0 ? 1 : -1; }
static void second_hook(void *arg) { ((struct one *)arg)->hooks = ((struct one *)arg)->hooks == 1 ? 2 : -1; }

/* Every fourth refuses after its insert, every fifth breaks a constraint. */
static err want_of(size_t i) { return i % 4 == 3 ? ERR_FORBIDDEN : i % 5 == 4 ? ERR_CONFLICT : ERR_OK; }

static err batch_fn(struct call *c)
{
    struct one *o = c->state;
    str name;
    TRY(arena_printf(c->mem, &name, "batch %zu", o->i));
    TRY(store_on_commit(c, first_hook, o));
    TRY(rig_add(c, name.p, 1));
    TRY(store_on_commit(c, second_hook, o));
    if (want_of(o->i) == ERR_FORBIDDEN) return fail(c, ERR_FORBIDDEN, NULL, "no");
    return want_of(o->i) == ERR_CONFLICT ? rig_add(c, name.p, 1) : ERR_OK;
}

/* Of functions for after the commit those of a trial that is taken back are not called. */
static err hook_twice(struct call *c)
{
    TRY(store_on_commit(c, second_hook, c->state));
    return store_on_commit(c, second_hook, c->state);
}
static err hooks_around_a_trial(struct call *c)
{
    TRY(store_on_commit(c, first_hook, c->state));
    TRY(store_trial(c, false, hook_twice));
    return store_on_commit(c, second_hook, c->state);
}

static void test_trial_hooks(void **state)
{
    struct rig *r = *state;
    struct one o = { .l = NULL };
    r->c.state = &o;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, hooks_around_a_trial), ERR_OK);
    assert_int_equal(o.hooks, 2);
}

static void batch_done(struct call *c, err result, void *arg)
{
    struct one *o = arg;
    (void)c;
    (void)pthread_mutex_lock(&o->l->lock);
    o->early = o->hooks != (result == ERR_OK ? 2 : 0);
    o->l->result[o->i] = result;
    o->l->order[o->l->done++] = o->i;
    (void)pthread_cond_signal(&o->l->over);
    (void)pthread_mutex_unlock(&o->l->lock);
}

static void test_batch(void **state)
{
    struct rig *r = *state;
    struct later l = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    struct one all[BATCH];
    int64_t stays = 0;
    for (size_t i = 0; i < BATCH; i++) {
        all[i] = (struct one){ .l = &l, .c = rig_call(64 * 1024), .i = i };
        all[i].c.state = &all[i];
        stays += want_of(i) == ERR_OK;
        assert_int_equal(store_write_later(r->s, &all[i].c, batch_fn, batch_done, &all[i]), ERR_OK);
    }
    (void)pthread_mutex_lock(&l.lock);
    while (l.done < BATCH) (void)pthread_cond_wait(&l.over, &l.lock);
    (void)pthread_mutex_unlock(&l.lock);
    for (size_t i = 0; i < BATCH; i++) {
        assert_int_equal(l.result[i], want_of(i));
        assert_false(all[i].early);
        if (!rig_pg) assert_int_equal(l.order[i], i); /* one writer answers in the order of asking */
        rig_call_end(&all[i].c);
    }
    assert_int_equal(rig_count(r), stays);
    struct store_stats st;
    store_stats(r->s, &st);
    assert_int_equal(st.queue_depth, 0);
    if (!rig_pg) assert_true(st.commits < BATCH); /* they shared */
}

/* The first call of a batch, which others have joined when it fails. */
static atomic_bool joined;
static err refuse_when_joined(struct call *c)
{
    TRY(rig_add(c, "the first", 1));
    while (!atomic_load(&joined)) (void)usleep(100);
    return fail(c, ERR_FORBIDDEN, NULL, "no");
}
static err join(struct call *c)
{
    struct one *o = c->state;
    str name;
    TRY(arena_printf(c->mem, &name, "joined %zu", o->i));
    return rig_add(c, name.p, 1);
}

static void test_first_fails(void **state)
{
    enum { N = 3 };
    struct rig *r = *state;
    struct later l = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
    struct one all[N];
    atomic_store(&joined, false);
    for (size_t i = 0; i < N; i++) {
        all[i] = (struct one){ .l = &l, .c = rig_call(64 * 1024), .i = i };
        all[i].c.state = &all[i];
        assert_int_equal(store_write_later(r->s, &all[i].c, i ? join : refuse_when_joined, batch_done, &all[i]), ERR_OK);
    }
    atomic_store(&joined, true);
    (void)pthread_mutex_lock(&l.lock);
    while (l.done < N) (void)pthread_cond_wait(&l.over, &l.lock);
    (void)pthread_mutex_unlock(&l.lock);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(l.result[i], i ? ERR_OK : ERR_FORBIDDEN);
        rig_call_end(&all[i].c);
    }
    assert_int_equal(rig_count(r), N - 1);
}

/* a full queue */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    bool inside, open;
    int done, refused;
};

static err wait_at_gate(struct call *c)
{
    struct gate *g = c->state;
    (void)pthread_mutex_lock(&g->lock);
    g->inside = true;
    (void)pthread_cond_broadcast(&g->turn);
    while (!g->open) (void)pthread_cond_wait(&g->turn, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
    return ERR_OK;
}

static void gate_done(struct call *c, err result, void *arg)
{
    struct gate *g = arg;
    (void)c, (void)result;
    (void)pthread_mutex_lock(&g->lock);
    g->done++;
    (void)pthread_cond_broadcast(&g->turn);
    (void)pthread_mutex_unlock(&g->lock);
}

/* Eight threads of the lane on one engine, one writer on the other; the queue holds 256. */
enum { FLOOD = 300 };

static void test_full_queue(void **state)
{
    struct rig *r = *state;
    struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };
    static struct call calls[FLOOD];
    int taken = 0;
    for (int i = 0; i < FLOOD; i++) {
        calls[i] = rig_call(8 * 1024);
        calls[i].state = &g;
        err e = store_write_later(r->s, &calls[i], wait_at_gate, gate_done, &g);
        taken += e == ERR_OK;
        g.refused += e == ERR_BUSY;
    }
    assert_int_equal(taken + g.refused, FLOOD);
    assert_in_range(g.refused, FLOOD - 256 - 8, FLOOD - 256);
    (void)pthread_mutex_lock(&g.lock);
    g.open = true;
    (void)pthread_cond_broadcast(&g.turn);
    while (g.done < taken) (void)pthread_cond_wait(&g.turn, &g.lock);
    (void)pthread_mutex_unlock(&g.lock);
    struct store_stats st;
    store_stats(r->s, &st);
    assert_int_equal(st.busy, g.refused);
    for (int i = 0; i < FLOOD; i++) rig_call_end(&calls[i]);
}

static err sees_one_moment(struct call *c)
{
    struct rig *r = c->state;
    struct call other = { .mem = arena_new(64 * 1024) };
    struct cell *before, *after;
    if (!other.mem) return ERR_NOMEM;
    err e = db_get(c, &rig_q[Q_COUNT], &before);
    if (e == ERR_OK) e = store_do(r->s, &other, TX_WRITE, add_two);
    if (e == ERR_OK) e = db_get(c, &rig_q[Q_COUNT], &after);
    arena_free(other.mem);
    TRY(e);
    return before[0].i == after[0].i ? ERR_OK : ERR_CONFLICT;
}

static void test_moment(void **state)
{
    struct rig *r = *state;
    r->c.state = r;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, sees_one_moment), ERR_OK);
    assert_int_equal(rig_count(r), 2);
}

/* more statements than a connection remembers */

enum { MANY_STATEMENTS = 700, WRITES = 50 /* one in so many is a write, which costs a sync */ };

static err list_once(struct call *c)
{
    struct rows rows;
    return db_list(c, c->state, &rows);
}

/* In transactions of their own: whatever a connection forgets to make room, its BEGIN stays the first. */
static void test_many_statements(void **state)
{
    struct rig *r = *state;
    static char texts[MANY_STATEMENTS][64];
    static struct query q[MANY_STATEMENTS];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY_STATEMENTS; i++) {
            (void)snprintf(texts[i], sizeof texts[i], "SELECT n FROM item WHERE n = %d", i);
            q[i] = (struct query){ .in = "", .out = "i?", .sql = texts[i] };
            r->c.state = &q[i];
            assert_int_equal(store_do(r->s, &r->c, i % WRITES ? TX_READ : TX_WRITE, list_once), ERR_OK);
        }
    }
}

int behaviour_transactions(void)
{
    const struct CMUnitTest tests[] = {
        { "each row of the table leaves the rows it should", test_rows, NULL, NULL, NULL },
        { "a second row of the same name is a conflict", test_duplicate, rig_setup, rig_teardown, NULL },
        { "rows are there after closing and opening", test_reopened, rig_setup, rig_teardown, NULL },
        { "calls in a batch fail alone, hooks run in order before done", test_batch, rig_setup, rig_teardown, NULL },
        { "so does the first of a batch", test_first_fails, rig_setup, rig_teardown, NULL },
        { "a trial that is taken back leaves nothing for after the commit", test_trial_hooks, rig_setup, rig_teardown, NULL },
        { "a full queue refuses, and what it took is done", test_full_queue, rig_setup, rig_teardown, NULL },
        { "a read sees one moment while others write", test_moment, rig_setup, rig_teardown, NULL },
        { "more statements than are remembered", test_many_statements, rig_setup, rig_teardown, NULL },
    };
    return cmocka_run_group_tests_name(rig_pg ? "transactions, postgresql" : "transactions, sqlite", tests, NULL, NULL);
}
