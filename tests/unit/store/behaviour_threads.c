/* tests/unit/store/behaviour_threads.c: many at once: threads, programs, locks; no increment is lost. */
#include "behaviour.h"
#include "rig.h"
#include "crypto/crypto.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* Under the sanitizers threads are dear. */
#ifdef CHANCERY_SANITIZED
enum { THREADS = 64, TIMES = 2 };
#else
enum { THREADS = 64, TIMES = 4 };
#endif
enum { OTHER_TIMES = 30 };

/* Reads, then writes what it read plus one: only isolation keeps this right. */
static err increment(struct call *c)
{
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, STR("counter")));
    return db_run(c, &rig_q[Q_SET_N], row[2].i + 1, STR("counter"));
}

static err increment_locked(struct call *c)
{
    TRY(store_lock(c, "item", STR("counter")));
    return increment(c);
}

static err make_counter(struct call *c) { return rig_add(c, "counter", 100); }

/* threads */

struct worker {
    struct store *s;
    err (*fn)(struct call *);
    pthread_t thread;
    int done;
    err bad;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < TIMES; i++) {
        struct call c = { .mem = arena_new(1024 * 1024) };
        err e = c.mem ? store_do(w->s, &c, TX_WRITE, w->fn) : ERR_NOMEM;
        w->done += e == ERR_OK;
        /* Losing too often is an honest answer; the row must only agree with what was acknowledged. */
        if (e != ERR_OK && e != ERR_BUSY) w->bad = e;
        arena_free(c.mem);
    }
    return NULL;
}

static int64_t storm(struct rig *r, err (*fn)(struct call *))
{
    static struct worker w[THREADS];
    int64_t done = 0;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){ .s = r->s, .fn = fn };
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].bad, ERR_OK);
        done += w[i].done;
    }
    return done;
}

static void test_storm(void **state)
{
    struct rig *r = *state;
    int64_t done = storm(r, increment);
    assert_int_equal(rig_n_of(r, "counter"), 100 + done);
    if (!rig_pg) assert_int_equal(done, THREADS * TIMES);
    assert_true(done > THREADS); /* most succeed even where they collide */
}

static void test_storm_locked(void **state)
{
    struct rig *r = *state;
    int64_t done = storm(r, increment_locked);
    assert_int_equal(rig_n_of(r, "counter"), 100 + done);
    assert_true(done > THREADS);
}

/* readers beside a writer */

struct reading {
    struct store *s;
    pthread_t thread;
    int64_t last;
    bool back; /* the counter went back */
    err bad;
};

static err look(struct call *c)
{
    struct reading *r = c->state;
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, STR("counter")));
    if (row[2].i < r->last) r->back = true;
    r->last = row[2].i;
    return ERR_OK;
}

static void *read_on(void *arg)
{
    struct reading *r = arg;
    for (int i = 0; i < 50 && r->bad == ERR_OK; i++) {
        struct call c = { .mem = arena_new(1024 * 1024), .state = r };
        r->bad = c.mem ? store_do(r->s, &c, TX_READ, look) : ERR_NOMEM;
        arena_free(c.mem);
    }
    return NULL;
}

/* Twice as many threads as readers. */
static void test_readers(void **state)
{
    struct rig *r = *state;
    struct reading all[8];
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i] = (struct reading){ .s = r->s };
        assert_int_equal(pthread_create(&all[i].thread, NULL, read_on, &all[i]), 0);
    }
    for (int i = 0; i < 20; i++) assert_int_equal(store_do(r->s, &r->c, TX_WRITE, increment), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        (void)pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].bad, ERR_OK);
        assert_false(all[i].back);
    }
    assert_int_equal(rig_n_of(r, "counter"), 120);
}

/* two programs */

static err increments(struct store *s, int times)
{
    for (int i = 0; i < times; i++) {
        struct call c = { .mem = arena_new(1024 * 1024) };
        if (!c.mem) return ERR_NOMEM;
        err e = store_do(s, &c, TX_WRITE, increment);
        arena_free(c.mem);
        TRY(e);
    }
    return ERR_OK;
}

int behaviour_other_process(const char *url, const char *times)
{
    struct rig r = { .a = arena_new(1024 * 1024) };
    struct store *s = NULL;
    str why = STR_NULL;
    if (!r.a || crypto_init() != ERR_OK) return 1;
    (void)snprintf(r.url, sizeof r.url, "%s", url);
    rig_pooler = strstr(url, "chancery-pgb") != NULL;
    err e = rig_open(&r, r.a, &s, &why);
    if (e == ERR_OK) e = increments(s, (int)strtol(times, NULL, 10));
    store_close(s);
    arena_free(r.a);
    return e == ERR_OK ? 0 : 1;
}

static const char *program;

static void test_two_programs(void **state)
{
    struct rig *r = *state;
    char times[16];
    int status = -1;
    (void)snprintf(times, sizeof times, "%d", OTHER_TIMES);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_counter), ERR_OK);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(program, program, "--other", r->url, times, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    err e = increments(r->s, OTHER_TIMES);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(status, 0);
    /* And what the other wrote is seen with the next read. */
    assert_int_equal(rig_n_of(r, "counter"), 100 + 2 * OTHER_TIMES);
}

int behaviour_threads(const char *self)
{
    const struct CMUnitTest tests[] = {
        { "64 threads increment one row and no increment is lost", test_storm, rig_setup, rig_teardown, NULL },
        { "64 threads increment one row that they lock", test_storm_locked, rig_setup, rig_teardown, NULL },
        { "more reading threads than connections, beside a writer", test_readers, rig_setup, rig_teardown, NULL },
        { "two programs write to one store", test_two_programs, rig_setup, rig_teardown, NULL },
    };
    program = self;
    return cmocka_run_group_tests_name(rig_pg ? "threads, postgresql" : "threads, sqlite", tests, NULL, NULL);
}
