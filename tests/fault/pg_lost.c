/* tests/fault/pg_lost.c: connections to PostgreSQL that end in the worst moment. A commit whose answer is lost is neither acknowledged without being there nor
 * run a second time; in a storm of ended backends everything acknowledged is there exactly once. */
#include "base/log.h"
#include "rig.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* a proxy that loses what it is told to lose */

enum lose { NOTHING, COMMIT_ITSELF, COMMIT_ANSWER, COMMIT_ANSWER_AND_SERVER, COMMIT_IN_A_CRASH };

struct proxy {
    char dir[64], server[256];
    int listening, stop[2];
    pthread_t thread;
    _Atomic enum lose lose; /* once */
    atomic_bool down;
};

static int socket_at(const char *dir, struct sockaddr_un *at)
{
    *at = (struct sockaddr_un){ .sun_family = AF_UNIX };
    (void)snprintf(at->sun_path, sizeof at->sun_path, "%.80s/.s.PGSQL.5432", dir);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static bool move(int from, int to, char *buffer, size_t room, ssize_t *n)
{
    *n = read(from, buffer, room);
    return *n > 0 && (to < 0 || write(to, buffer, (size_t)*n) == *n);
}

/* The server ends as if killed, comes back, and gives the numbers that were lost to others, who commit. */
static void crash(const struct proxy *p)
{
    char command[1024];
    (void)snprintf(
        command, sizeof command,
        "sh '%s' restart '%s' && for i in 1 2 3 4 5 6 7 8; do psql -qAt -h '%s' -U chancery postgres -c 'SELECT pg_current_xact_id()' >/dev/null; done",
        PG_TEMP, p->server, p->server);
    if (system(command) != 0) print_error("the server does not come back\n");
}

/* One connection, until one side ends it or something was lost. */
static void serve(struct proxy *p, int client, int server)
{
    static char buffer[65536];
    bool lost = false;
    struct pollfd on[] = { { client, POLLIN, 0 }, { server, POLLIN, 0 }, { p->stop[0], POLLIN, 0 } };
    while (poll(on, COUNT_OF(on), -1) > 0 && !on[2].revents) {
        ssize_t n;
        if (on[1].revents && (!move(server, lost ? -1 : client, buffer, sizeof buffer, &n) || lost)) return;
        if (!on[0].revents) continue;
        n = read(client, buffer, sizeof buffer);
        if (n <= 0) return;
        if (memmem(buffer, (size_t)n, "COMMIT", 6) && p->lose != NOTHING) {
            if (p->lose == COMMIT_IN_A_CRASH) crash(p);
            if (p->lose == COMMIT_ITSELF || p->lose == COMMIT_IN_A_CRASH) return (void)(p->lose = NOTHING);
            p->down = p->lose == COMMIT_ANSWER_AND_SERVER;
            p->lose = NOTHING;
            lost = true;
        }
        if (write(server, buffer, (size_t)n) != n) return;
    }
}

static void *proxy_main(void *arg)
{
    struct proxy *p = arg;
    struct pollfd on[] = { { p->listening, POLLIN, 0 }, { p->stop[0], POLLIN, 0 } };
    while (poll(on, COUNT_OF(on), -1) > 0 && !on[1].revents) {
        struct sockaddr_un at;
        int client = accept4(p->listening, NULL, NULL, SOCK_CLOEXEC), server = p->down ? -1 : socket_at(p->server, &at);
        if (server >= 0 && connect(server, (struct sockaddr *)&at, sizeof at) == 0) serve(p, client, server);
        if (server >= 0) (void)close(server);
        (void)close(client);
    }
    return NULL;
}

static void proxy_start(struct proxy *p, const struct rig *r)
{
    struct sockaddr_un at;
    *p = (struct proxy){ .lose = NOTHING };
    (void)snprintf(p->dir, sizeof p->dir, "%s", r->dir);
    (void)snprintf(p->server, sizeof p->server, "%s", strstr(r->url, "host=") + 5);
    p->listening = socket_at(p->dir, &at);
    assert_int_equal(bind(p->listening, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listening, 8), 0);
    assert_int_equal(pipe2(p->stop, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

static void proxy_stop(struct proxy *p)
{
    (void)close(p->stop[1]);
    (void)pthread_join(p->thread, NULL);
    (void)close(p->stop[0]);
    (void)close(p->listening);
}

/* one commit */

struct one {
    int runs, hooks, number;
};

static void hook(void *arg) { ((struct one *)arg)->hooks++; }

/* A name for each run: a second run would leave a second row. */
static err add_row(struct call *c)
{
    struct one *o = c->state;
    char name[32];
    (void)snprintf(name, sizeof name, "%d, run %d", o->number, ++o->runs);
    TRY(store_on_commit(c, hook, o));
    return rig_add(c, name, 1);
}

static const struct {
    const char *name;
    enum lose lose;
    err want;
    int runs, rows;
} commits[] = {
    { "a commit that did not arrive is run again", COMMIT_ITSELF, ERR_OK, 2, 1 },
    { "a commit whose answer was lost is done, once", COMMIT_ANSWER, ERR_OK, 1, 1 },
    { "a commit that nobody can tell about is not acknowledged and not run again", COMMIT_ANSWER_AND_SERVER, ERR_BUSY, 1, 1 },
    { "the number of a commit that a crash took away says nothing", COMMIT_IN_A_CRASH, ERR_BUSY, 1, 0 },
};

static void test_commits(void **state)
{
    struct rig *r = *state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(commits); i++) {
        struct proxy p;
        struct store *s;
        struct one o = { .number = (int)i };
        char url[256];
        str why = STR_NULL;
        struct store_options options = { .url = url, .readers = 1, .durable = true, .no_prepare = true };
        int64_t before = rig_count(r);
        proxy_start(&p, r);
        (void)snprintf(url, sizeof url, "postgresql://chancery@/postgres?host=%s", p.dir);
        assert_int_equal(store_open(r->a, &options, &s, &why), ERR_OK);
        p.lose = commits[i].lose;
        r->c.state = &o;
        err e = store_do(s, &r->c, TX_WRITE, add_row);
        store_close(s);
        proxy_stop(&p);
        char path[128];
        (void)snprintf(path, sizeof path, "%s/.s.PGSQL.5432", p.dir);
        (void)unlink(path);
        int64_t rows = rig_count(r) - before;
        if (e != commits[i].want || o.runs != commits[i].runs || rows != commits[i].rows || o.hooks != (e == ERR_OK)) {
            print_error("%s: %s after %d runs, %d rows, %d hooks\n", commits[i].name, err_name(e), o.runs, (int)rows, o.hooks);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

/* a storm */

enum { WRITERS = 6, WRITES = 60 };

struct writer {
    struct rig *r;
    pthread_t thread;
    int number, at;
    bool acknowledged[WRITES];
    err bad;
};

static const struct query add_token = { .in = "ti", .sql = "INSERT INTO token (name, n) VALUES ($1, $2)" };
static const struct query bump_sum = { .in = "i", .sql = "UPDATE total SET n = n + $1" };

/* Two rows that must agree: a token, and the sum over all of them. */
static err write_token(struct call *c)
{
    struct writer *w = c->state;
    str name;
    TRY(arena_printf(c->mem, &name, "%d-%d", w->number, w->at));
    TRY(store_lock(c, "total", STR("all")));
    TRY(db_run(c, &add_token, name, (int64_t)w->at));
    return db_run(c, &bump_sum, (int64_t)w->at);
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (w->at = 0; w->at < WRITES; w->at++) {
        struct call c = { .mem = arena_new(64 * 1024), .state = w };
        err e = store_do(w->r->s, &c, TX_WRITE, write_token);
        w->acknowledged[w->at] = e == ERR_OK;
        if (e != ERR_OK && e != ERR_BUSY) w->bad = e;
        arena_free(c.mem);
    }
    return NULL;
}

static atomic_bool storm_over;

static err end_some(struct call *c)
{
    static const struct query end = { .in = "",
                                      .out = "i",
                                      .sql = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                                             " AND application_name = 'chancery' AND state <> 'idle' ORDER BY random() LIMIT 1) AS busy" };
    struct cell *row;
    return db_get(c, &end, &row);
}

static void *end_on(void *arg)
{
    struct rig *r = arg;
    struct arena *a = arena_new(1024 * 1024);
    struct store *s;
    str why;
    char url[256];
    (void)snprintf(url, sizeof url, "%s&application_name=killer", r->url);
    struct store_options o = { .url = url, .readers = 1, .durable = true };
    if (!a || store_open(a, &o, &s, &why) != ERR_OK) return NULL;
    while (!storm_over) {
        struct call c = rig_call(64 * 1024);
        IGNORE(store_do(s, &c, TX_READ, end_some));
        rig_call_end(&c);
        (void)usleep(10000);
    }
    store_close(s);
    arena_free(a);
    return NULL;
}

static err make_tables(struct call *c)
{
    static const struct query make[] = { { .in = "", .sql = "CREATE TABLE token (name TEXT NOT NULL, n BIGINT NOT NULL)" },
                                         { .in = "", .sql = "CREATE TABLE total (n BIGINT NOT NULL)" },
                                         { .in = "", .sql = "INSERT INTO total (n) VALUES (0)" } };
    for (size_t i = 0; i < COUNT_OF(make); i++) TRY(db_run(c, &make[i]));
    return ERR_OK;
}

struct found {
    struct rows tokens;
    int64_t total, doubled;
};

static err read_all(struct call *c)
{
    static const struct query tokens = { .in = "", .out = "ti", .sql = "SELECT name, n FROM token" };
    static const struct query total = { .in = "", .out = "i", .sql = "SELECT n FROM total" };
    static const struct query doubled = { .in = "", .out = "i", .sql = "SELECT count(*) - count(DISTINCT name) FROM token" };
    struct found *f = c->state;
    struct cell *row;
    TRY(db_list(c, &tokens, &f->tokens));
    TRY(db_get(c, &total, &row));
    f->total = row[0].i;
    TRY(db_get(c, &doubled, &row));
    f->doubled = row[0].i;
    return ERR_OK;
}

static int missing(const struct writer *w, const struct found *f)
{
    int n = 0;
    for (int at = 0; at < WRITES; at++) {
        char name[32];
        bool there = false;
        (void)snprintf(name, sizeof name, "%d-%d", w->number, at);
        for (size_t i = 0; i < f->tokens.n && !there; i++) there = str_is(f->tokens.row[i][0].s, name);
        n += w->acknowledged[at] && !there;
    }
    return n;
}

static void test_storm(void **state)
{
    struct rig *r = *state;
    static struct writer w[WRITERS];
    pthread_t killer;
    struct found f;
    struct store_stats st;
    int64_t sum = 0, acknowledged = 0;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, make_tables), ERR_OK);
    assert_int_equal(pthread_create(&killer, NULL, end_on, r), 0);
    for (int i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){ .r = r, .number = i };
        assert_int_equal(pthread_create(&w[i].thread, NULL, write_on, &w[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) (void)pthread_join(w[i].thread, NULL);
    storm_over = true;
    (void)pthread_join(killer, NULL);
    r->c.state = &f;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, read_all), ERR_OK);
    for (size_t i = 0; i < f.tokens.n; i++) sum += f.tokens.row[i][1].i;
    store_stats(r->s, &st);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(w[i].bad, ERR_OK);
        assert_int_equal(missing(&w[i], &f), 0);
        for (int at = 0; at < WRITES; at++) acknowledged += w[i].acknowledged[at];
    }
    assert_int_equal(f.doubled, 0);
    assert_int_equal(f.total, sum);
    print_message("%d of %d writes acknowledged, %d runs again\n", (int)acknowledged, WRITERS * WRITES, (int)st.retries);
    assert_true(st.retries > 0);
    assert_true(acknowledged > WRITES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "a commit without an answer", test_commits, rig_setup, rig_teardown, NULL },
        { "a storm of ended backends", test_storm, rig_setup, rig_teardown, NULL },
    };
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (!rig_pg_start()) return 77;
    rig_pg = true;
    int failed = cmocka_run_group_tests_name("connections lost", tests, NULL, NULL);
    rig_pg_stop();
    return failed;
}
