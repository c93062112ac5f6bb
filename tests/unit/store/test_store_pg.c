/* tests/unit/store/test_store_pg.c: what holds on both engines, on PostgreSQL, and what only PostgreSQL does: races lost and run again,
 * locks, connections lost. Skipped where no server is installed. */
#include "behaviour.h"
#include "rig.h"
#include "base/log.h"
#include <poll.h>
#include <pthread.h>
#include <time.h>

enum { SKIPPED = 77 };

/* a race that is lost for certain */

struct race {
    struct rig *r;
    int runs, hooks;
    bool why_was_clean;
};

static err make_counter(struct call *c) { return rig_add(c, "counter", 100); }
static err bump(struct call *c) { return db_run(c, &rig_q[Q_BUMP], STR("counter")); }

static err bump_beside(struct rig *r)
{
    struct call c = rig_call(64 * 1024);
    err e = store_do(r->s, &c, TX_WRITE, bump);
    rig_call_end(&c);
    return e;
}

static void count_hook(void *arg) { ((struct race *)arg)->hooks++; }

/* In the first run somebody else changes the row between our look and our change. */
static err lose_once(struct call *c)
{
    struct race *w = c->state;
    struct cell *row;
    w->runs++;
    w->why_was_clean = c->why.code == ERR_OK;
    TRY(store_on_commit(c, count_hook, w));
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, STR("counter")));
    if (w->runs == 1) TRY(bump_beside(w->r));
    err e = db_run(c, &rig_q[Q_SET_N], row[2].i + 10, STR("counter"));
    return e == ERR_OK ? ERR_OK : fail(c, e, NULL, "lost");
}

static void test_lost_race(void **state)
{
    struct rig *r = *state;
    struct race w = { .r = r };
    struct store_stats st;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    r->c.state = &w;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, lose_once), ERR_OK);
    assert_int_equal(w.runs, 2);
    assert_int_equal(w.hooks, 1);
    assert_true(w.why_was_clean);
    assert_int_equal(r->c.why.code, ERR_OK);
    assert_int_equal(rig_n_of(r, "counter"), 111);
    store_stats(r->s, &st);
    assert_int_equal(st.retries, 1);
}

static err lose_always(struct call *c)
{
    struct race *w = c->state;
    w->runs = 0;
    return lose_once(c);
}

static void test_always_lost(void **state)
{
    struct rig *r = *state;
    struct race w = { .r = r };
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    r->c.state = &w;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, lose_always), ERR_BUSY);
    assert_int_equal(w.hooks, 0);
}

/* a lock is held until the end */

static const struct query lock_free = { .in = "t", .out = "i", .sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))" };

static err try_lock(struct call *c)
{
    bool *is_free = c->state;
    struct cell *row;
    TRY(db_get(c, &lock_free, &row, STR("item:7")));
    *is_free = row[0].i == 1;
    return ERR_OK;
}

static err hold(struct call *c)
{
    struct rig *r = c->state;
    bool same = true;
    struct call other = rig_call(64 * 1024);
    err e = store_lock(c, "item", STR("7"));
    other.state = &same;
    if (e == ERR_OK) e = store_do(r->s, &other, TX_WRITE, try_lock);
    rig_call_end(&other);
    TRY(e);
    TRY(store_lock(c, "item", STR("7"))); /* again is fine */
    return same ? ERR_CONFLICT : ERR_OK;
}

static void test_lock(void **state)
{
    struct rig *r = *state;
    bool is_free = false;
    r->c.state = r;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, hold), ERR_OK);
    r->c.state = &is_free;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, try_lock), ERR_OK);
    assert_true(is_free);
}

/* connections that go */

static const struct query end_others = {
    .in = "", .out = "i", .sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'chancery'"
};
static const struct query end_own = { .in = "", .out = "i", .sql = "SELECT pg_terminate_backend(pg_backend_pid())" };

static err end_all_others(struct call *c)
{
    struct cell *row;
    return db_get(c, &end_others, &row);
}

static void end_idle(struct rig *r)
{
    struct arena *a = arena_new(1024 * 1024);
    struct call c = rig_call(64 * 1024);
    struct store *s;
    str why;
    assert_non_null(a);
    assert_int_equal(rig_open(r, a, &s, &why), ERR_OK);
    assert_int_equal(store_do(s, &c, TX_WRITE, end_all_others), ERR_OK);
    store_close(s);
    rig_call_end(&c);
    arena_free(a);
}

static void test_idle_lost(void **state)
{
    struct rig *r = *state;
    end_idle(r);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    end_idle(r);
    assert_int_equal(rig_n_of(r, "counter"), 100); /* a read too */
    end_idle(r);
    assert_true(store_reachable(r->s));
}

static err lose_connection_once(struct call *c)
{
    struct race *w = c->state;
    struct cell *row;
    TRY(rig_add(c, "counter", 100));
    return w->runs++ == 0 ? db_get(c, &end_own, &row) : ERR_OK;
}

static void test_lost_within(void **state)
{
    struct rig *r = *state;
    struct race w = { .r = r };
    r->c.state = &w;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, lose_connection_once), ERR_OK);
    assert_int_equal(w.runs, 2);
    assert_int_equal(rig_count(r), 1);
}

static void test_unreachable(void **state)
{
    struct rig *r = *state;
    struct arena *a = arena_new(1024 * 1024);
    struct store *s = NULL;
    str why = STR_NULL;
    struct store_options o = { .url = "postgresql://nobody:secret@/none?host=/nonexistent", .durable = true };
    (void)r;
    assert_non_null(a);
    assert_int_equal(store_open(a, &o, &s, &why), ERR_STORE);
    assert_true(str_search(why, STR("PostgreSQL")) < why.n);
    assert_true(str_search(why, STR("secret")) == why.n);
    arena_free(a);
}

static void test_other_encoding(void **state)
{
    struct rig *r = *state;
    struct arena *a = arena_new(1024 * 1024);
    struct store *s = NULL;
    char command[400], url[200];
    str why = STR_NULL, at = str_c(r->url);
    size_t name = str_search(at, STR("/postgres?"));
    (void)snprintf(command, sizeof command,
                   "psql -Xq --dbname '%s' -c \"CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0\"", r->url);
    (void)snprintf(url, sizeof url, "%.*s/latin%s", (int)name, r->url, r->url + name + strlen("/postgres"));
    struct store_options o = { .url = url, .durable = true };
    assert_int_equal(system(command), 0);
    assert_int_equal(store_open(a, &o, &s, &why), ERR_STORE);
    assert_true(str_search(why, STR("ENCODING 'UTF8'")) < why.n);
    arena_free(a);
}

static err sleep_long(struct call *c)
{
    static const struct query q = { .in = "", .out = "i", .sql = "SELECT 1 FROM pg_sleep(60)" };
    struct cell *row;
    return db_find(c, &q, &row);
}

static void test_statement_timeout(void **state)
{
    struct rig *r = *state;
    struct arena *a = arena_new(1024 * 1024);
    struct call c = rig_call(64 * 1024);
    struct store *s = NULL;
    char url[300];
    str why = STR_NULL;
    (void)snprintf(url, sizeof url, "%s&options=-c%%20statement_timeout%%3D50", r->url);
    struct store_options o = { .url = url, .readers = 1, .durable = true };
    assert_int_equal(store_open(a, &o, &s, &why), ERR_OK);
    assert_int_equal(store_do(s, &c, TX_READ, sleep_long), ERR_BUSY);
    store_close(s);
    rig_call_end(&c);
    arena_free(a);
}

/* A table that changes its shape under a prepared statement costs a retry, not an error. */
static const struct query everything = { .in = "", .sql = "SELECT * FROM item" };
static const struct query grow = { .in = "", .sql = "ALTER TABLE item ADD COLUMN more TEXT" };

static err see_everything(struct call *c) { return db_run(c, &everything); }
static err grow_item(struct call *c) { return db_run(c, &grow); }

static void test_changed_table(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, see_everything), ERR_OK);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, grow_item), ERR_OK);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, see_everything), ERR_OK);
}

/* the line of those who wait for a connection */

enum { LINE = 12 }; /* three times as many as there are connections */

struct line {
    struct rig *r;
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int inside, served[LINE], n_served, asked;
    bool open;
};
struct in_line {
    struct line *l;
    int number;
    pthread_t thread;
    err result;
};

static err stand(struct call *c)
{
    struct in_line *me = c->state;
    struct line *l = me->l;
    (void)pthread_mutex_lock(&l->lock);
    l->served[l->n_served++] = me->number;
    (void)pthread_cond_broadcast(&l->turn);
    while (!l->open) (void)pthread_cond_wait(&l->turn, &l->lock);
    (void)pthread_mutex_unlock(&l->lock);
    return ERR_OK;
}

static void *join_line(void *arg)
{
    struct in_line *me = arg;
    struct call c = { .mem = arena_new(64 * 1024), .state = me };
    (void)pthread_mutex_lock(&me->l->lock);
    while (me->l->asked < me->number) (void)pthread_cond_wait(&me->l->turn, &me->l->lock);
    me->l->asked++;
    (void)pthread_cond_broadcast(&me->l->turn);
    (void)pthread_mutex_unlock(&me->l->lock);
    me->result = c.mem ? store_do(me->l->r->s, &c, TX_READ, stand) : ERR_NOMEM;
    arena_free(c.mem);
    return NULL;
}

/* All have their turn, also those that came when every connection was taken. */
static void test_line(void **state)
{
    struct line l = { .r = *state, .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };
    struct in_line all[LINE];
    for (int i = 0; i < LINE; i++) {
        all[i] = (struct in_line){ .l = &l, .number = i };
        assert_int_equal(pthread_create(&all[i].thread, NULL, join_line, &all[i]), 0);
    }
    (void)pthread_mutex_lock(&l.lock);
    while (l.n_served < 4 || l.asked < LINE) (void)pthread_cond_wait(&l.turn, &l.lock);
    l.open = true;
    (void)pthread_cond_broadcast(&l.turn);
    (void)pthread_mutex_unlock(&l.lock);
    for (int i = 0; i < LINE; i++) {
        (void)pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].result, ERR_OK);
    }
    assert_int_equal(l.n_served, LINE);
}

/* news */

struct ear {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    int times;
};

static void hear(void *arg)
{
    struct ear *e = arg;
    (void)pthread_mutex_lock(&e->lock);
    e->times++;
    (void)pthread_cond_signal(&e->heard);
    (void)pthread_mutex_unlock(&e->lock);
}

/* Waits until it was called more often than that; false after ten seconds. */
static bool hears(struct ear *e, int more_than)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    (void)pthread_mutex_lock(&e->lock);
    while (e->times <= more_than && pthread_cond_timedwait(&e->heard, &e->lock, &until) == 0) continue;
    bool did = e->times > more_than;
    (void)pthread_mutex_unlock(&e->lock);
    return did;
}

static int times_of(struct ear *e)
{
    (void)pthread_mutex_lock(&e->lock);
    int n = e->times;
    (void)pthread_mutex_unlock(&e->lock);
    return n;
}

static err notify(struct call *c)
{
    TRY(store_notify(c, "item"));
    return rig_add(c, c->state, 1);
}

static err notify_and_fail(struct call *c)
{
    TRY(store_notify(c, "item"));
    return ERR_FORBIDDEN;
}

/* Two servers: each hears of itself at once and of the other soon; nothing of what was rolled back. */
static void news_between(struct rig *r, const char *listen_url)
{
    struct store_options o = { .url = r->url, .listen_url = listen_url, .readers = 2, .durable = true };
    struct arena *mem = arena_new(1024 * 1024);
    struct store *here, *there;
    str why = STR_NULL;
    struct ear near = { .lock = PTHREAD_MUTEX_INITIALIZER, .heard = PTHREAD_COND_INITIALIZER }, far = near, deaf = near;
    assert_non_null(mem);
    assert_int_equal(store_open(mem, &o, &here, &why), ERR_OK);
    assert_int_equal(store_open(mem, &o, &there, &why), ERR_OK);
    assert_int_equal(store_on_change(here, "item", hear, &near), ERR_OK);
    assert_int_equal(store_on_change(there, "item", hear, &far), ERR_OK);
    assert_int_equal(store_on_change(there, "other", hear, &deaf), ERR_OK);
    /* The line that comes up, or the row that is seen for the first time, may call as well: what counts is that one call more comes. */
    for (int i = 0; i < 3; i++) {
        char name[16];
        int before = times_of(&near), before_far;
        (void)snprintf(name, sizeof name, "n%d", i);
        r->c.state = name;
        if (i) (void)poll(NULL, 0, 1200); /* the echo of the one before is over */
        before_far = times_of(&far);
        assert_int_equal(store_do(here, &r->c, TX_WRITE, notify), ERR_OK);
        assert_true(times_of(&near) > before);
        assert_true(hears(&far, before_far));
    }
    int before = times_of(&near);
    assert_int_equal(store_do(here, &r->c, TX_WRITE, notify_and_fail), ERR_FORBIDDEN);
    assert_int_equal(times_of(&near), before);
    assert_true(times_of(&deaf) <= 1);
    store_off_change(there, hear, &far);
    store_close(here);
    store_close(there);
    arena_free(mem);
}

static void test_news(void **state) { news_between(*state, NULL); }
static void test_news_polled(void **state) { news_between(*state, "none"); }

/* more statements than a connection remembers */

enum { MANY = 5000 }; /* far more than there is room for: some take the place of others at the beginning of a transaction, too */
static char many_sql[MANY][32];

static err ask_once(struct call *c)
{
    struct cell *row;
    const struct query *q = c->state;
    TRY(db_get(c, q, &row));
    return row[0].i == 1 ? ERR_OK : ERR_STORE;
}

static void test_many_statements(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(many_sql[i], sizeof many_sql[i], "SELECT 1::bigint -- %d", i);
        struct query q = { .in = "", .out = "i", .sql = many_sql[i] };
        r->c.state = &q;
        assert_int_equal(store_do(r->s, &r->c, i % 2 ? TX_READ : TX_WRITE, ask_once), ERR_OK);
    }
}

/* without named statements */

static err count_named(struct call *c)
{
    static const struct query named = { .in = "", .out = "i", .sql = "SELECT count(*) FROM pg_prepared_statements" };
    struct cell *row;
    TRY(db_get(c, &named, &row));
    *(int64_t *)c->state = row[0].i;
    return ERR_OK;
}

static void test_unprepared(void **state)
{
    struct rig *r = *state;
    struct store_options o = { .url = r->url, .readers = 1, .durable = true, .no_prepare = true };
    struct store *s;
    int64_t named = -1;
    str why = STR_NULL;
    assert_int_equal(store_open(r->a, &o, &s, &why), ERR_OK);
    assert_int_equal(store_check(s, r->a, rig_q, Q_BAD_SQL, &why), ERR_OK);
    assert_int_equal(store_check(s, r->a, &rig_q[Q_BAD_SQL], 1, &why), ERR_STORE);
    assert_true(str_search(why, STR("nowhere")) < why.n);
    assert_int_equal(store_do(s, &r->c, TX_WRITE, make_counter), ERR_OK);
    r->c.state = &named;
    assert_int_equal(store_do(s, &r->c, TX_READ, count_named), ERR_OK);
    assert_int_equal(named, 0);
    store_close(s);
    assert_int_equal(rig_n_of(r, "counter"), 100);
}

/* statements that do not wait for their answers */

struct refused {
    int runs;
    err seen[2]; /* of the statement that is refused, in each run */
};

/* The second name is taken: the writer says what that means, as rooms do. */
static err add_taken(struct call *c)
{
    struct refused *f = c->state;
    TRY(rig_add(c, "new", 1));
    err e = rig_add(c, "counter", 2);
    f->seen[f->runs++] = e;
    if (e == ERR_CONFLICT) return fail(c, ERR_FORBIDDEN, NULL, "taken");
    TRY(e);
    return rig_add(c, "newer", 3);
}

static void test_refused_later(void **state)
{
    struct rig *r = *state;
    struct refused f = { 0 };
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    r->c.state = &f;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_taken), ERR_FORBIDDEN);
    assert_true(str_is(r->c.why.text, "taken"));
    assert_int_equal(f.runs, 2);
    assert_int_equal(f.seen[0], ERR_OK);
    assert_int_equal(f.seen[1], ERR_CONFLICT);
    assert_int_equal(rig_count(r), 1);
}

/* What waits is seen by the same call, and goes with it when it fails. */
static err add_and_look(struct call *c)
{
    struct cell *row;
    TRY(rig_add(c, "one", 1));
    TRY(rig_add(c, "two", 2));
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, STR("two")));
    TRY(rig_add(c, "three", 3));
    return row[2].i == 2 && !c->state ? ERR_OK : fail(c, ERR_LIMIT, NULL, "no");
}

static void test_waiting_statements(void **state)
{
    struct rig *r = *state;
    r->c.state = r;
    for (int i = 0; i < 3; i++) assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_and_look), ERR_LIMIT);
    assert_int_equal(rig_count(r), 0);
    r->c.state = NULL;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, add_and_look), ERR_OK);
    assert_int_equal(rig_count(r), 3);
}

static err look_twice(struct call *c)
{
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_COUNT], &row));
    TRY(store_do(((struct rig *)c->state)->s, &((struct rig *)c->state)->c, TX_WRITE, make_counter));
    TRY(db_get(c, &rig_q[Q_COUNT], &row));
    return row[0].i == 1 ? ERR_OK : ERR_INPUT;
}

static void test_glance(void **state)
{
    struct rig *r = *state;
    struct call c = rig_call(64 * 1024);
    c.state = r;
    assert_int_equal(store_do(r->s, &c, TX_GLANCE, look_twice), ERR_OK);
    rig_call_end(&c);
}

static int only_postgresql(void)
{
    const struct CMUnitTest tests[] = {
        { "a lost race is run again from the start, hooks and causes forgotten", test_lost_race, rig_setup, rig_teardown, NULL },
        { "a race that is always lost ends with busy", test_always_lost, rig_setup, rig_teardown, NULL },
        { "a lock is held until the end of the transaction", test_lock, rig_setup, rig_teardown, NULL },
        { "connections closed while idle are opened anew", test_idle_lost, rig_setup, rig_teardown, NULL },
        { "a connection lost before the commit is no error", test_lost_within, rig_setup, rig_teardown, NULL },
        { "a server that is not there is said so, without the password", test_unreachable, rig_setup, rig_teardown, NULL },
        { "a database without room for all characters is refused", test_other_encoding, rig_setup, rig_teardown, NULL },
        { "what takes longer than the operator lets it is busy", test_statement_timeout, rig_setup, rig_teardown, NULL },
        { "a table may change under prepared statements", test_changed_table, rig_setup, rig_teardown, NULL },
        { "more calls than connections all have their turn", test_line, rig_setup, rig_teardown, NULL },
        { "news reach the other server by a notification", test_news, rig_setup, rig_teardown, NULL },
        { "news reach the other server by a row", test_news_polled, rig_setup, rig_teardown, NULL },
        { "more statements than a connection remembers", test_many_statements, rig_setup, rig_teardown, NULL },
        { "a statement that is refused later is run again, and refused in its place", test_refused_later, rig_setup, rig_teardown, NULL },
        { "statements that wait are seen by their call, and fail with it", test_waiting_statements, rig_setup, rig_teardown, NULL },
        { "each look of a glance is a moment of its own", test_glance, rig_setup, rig_teardown, NULL },
        { "without named statements everything works as well", test_unprepared, rig_setup, rig_teardown, NULL },
    };
    return cmocka_run_group_tests_name("only postgresql", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (argc == 4 && strcmp(argv[1], "--other") == 0) return behaviour_other_process(argv[2], argv[3]);
    if (!rig_pg_start()) return SKIPPED;
    rig_pg = true;
    int failed = behaviour_transactions();
    failed += behaviour_values();
    failed += behaviour_migrations();
    failed += behaviour_threads("/proc/self/exe");
    failed += only_postgresql();
    if (rig_pooler_start()) {
        failed += behaviour_transactions();
        failed += behaviour_threads("/proc/self/exe");
    }
    rig_pooler_stop();
    rig_pg_stop();
    return failed;
}
