/* tests/unit/route/test_lanes.c: the router behind real connections and a real store: each lane answers, a full one says so, and stopping leaves
 * nobody waiting. */
#include "families.h"

#include "crypto/crypto.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOW_THREADS = 2, SLOW_QUEUE = 3 };

static sem_t begun, gate; /* slow operations say that they began, then wait to be let through */
static atomic_int writes, hurried;

static err quick(struct call *c) { return reply_text(c, 200, "text/plain", STR("quick")); }
static err slow(struct call *c)
{
    (void)sem_post(&begun);
    while (sem_wait(&gate) != 0) {
    }
    return c->db ? ERR_STORE : reply_text(c, 200, "text/plain", STR("slow"));
}
static err fast_slow(struct call *c) { return reply_text(c, 200, "text/plain", c->db ? STR("open") : STR("slow")); }
static err read_rows(struct call *c) { return reply_text(c, 200, "text/plain", c->db ? STR("read") : STR("nothing open")); }
static err write_rows(struct call *c)
{
    static const struct query insert = { .in = "t", .sql = "INSERT INTO note (text) VALUES ($1)" };
    const struct note *n = c->body;
    reply_header(c->reply, STR("X-Attempt"), STR("1"));
    TRY(db_run(c, &insert, n->text));
    atomic_fetch_add(&writes, 1);
    return reply_shape(c, 201, &note, n);
}
static err write_and_fail(struct call *c)
{
    TRY(write_rows(c));
    return fail(c, ERR_CONFLICT, NULL, "changed my mind");
}
static err leave_a_note(struct call *c)
{
    static const struct query insert = { .in = "t", .sql = "INSERT INTO note (text) VALUES ($1)" };
    return db_run(c, &insert, STR("left"));
}
static err leave_nothing(struct call *c)
{
    TRY(leave_a_note(c));
    return fail(c, ERR_CONFLICT, NULL, "changed my mind");
}
static bool right_now(const struct call *c) { return c->rq->method == M_GET; }
/* Signed out between identify() and the write. */
static atomic_int signed_out;
static err still(struct call *c, const struct op *op)
{
    static const struct query count = { .out = "i", .sql = "SELECT count(*) FROM note" };
    struct cell *row;
    TRY(db_get(c, &count, &row)); /* inside the write */
    return atomic_load(&signed_out) ? fail(c, ERR_ANONYMOUS, NULL, "signed out: %s", op->id) : ERR_OK;
}
static err count_rows(struct call *c)
{
    static const struct query count = { .out = "i", .sql = "SELECT count(*) FROM note" };
    struct cell *row;
    str text;
    TRY(db_get(c, &count, &row));
    TRY(arena_printf(c->mem, &text, "%lld", (long long)row[0].i));
    return reply_text(c, 200, "text/plain", text);
}

/* clang-format off */
#define GET(i, p, t, fn) { .id = (i), .on = M_GET, .path = (p), .perm = PERM_PUBLIC, .tx = (t), .run = (fn), .replies = text_replies }
static const struct op ops[] = {
    { .id = "quick", .on = M_GET, .path = "/quick", .perm = PERM_PUBLIC, .quick = true, .run = quick, .replies = text_replies },
    GET("slow", "/slow", TX_NONE, slow),
    GET("fastSlow", "/fast-slow", TX_NONE, fast_slow),
    { .id = "recorded", .on = M_GET, .path = "/recorded", .perm = PERM_PUBLIC, .run = fast_slow, .record = leave_a_note, .replies = text_replies },
    { .id = "recordedNow", .on = M_GET, .path = "/recorded-now", .perm = PERM_PUBLIC, .quick_now = right_now, .run = quick, .record = leave_a_note,
      .replies = text_replies },
    { .id = "unrecorded", .on = M_GET, .path = "/unrecorded", .perm = PERM_PUBLIC, .run = fast_slow, .record = leave_nothing, .replies = text_replies },
    GET("read", "/read", TX_READ, read_rows),
    GET("count", "/count", TX_READ, count_rows),
    { .id = "mine", .on = M_GET, .path = "/mine", .perm = PERM_CALLER, .run = fast_slow, .replies = text_replies },
    { .id = "write", .on = M_POST, .path = "/write", .perm = PERM_PUBLIC, .body = &note, .tx = TX_WRITE, .run = write_rows, .replies = note_replies },
    { .id = "own", .on = M_POST, .path = "/own", .perm = PERM_CALLER, .body = &note, .tx = TX_WRITE, .run = write_rows, .replies = note_replies },
    { .id = "torn", .on = M_POST, .path = "/torn", .perm = PERM_PUBLIC, .body = &note, .tx = TX_WRITE, .run = write_and_fail, .replies = note_replies },
    { .id = "large", .on = M_POST, .path = "/large", .perm = PERM_PUBLIC, .body = &note, .body_max = 1 << 20, .tx = TX_READ, .run = read_rows,
      .replies = note_replies },
    { 0 },
};
/* clang-format on */
static const struct family lanes = {
    .name = "lanes", .ops = ops, .identify = identify, .still = still, .error = error_text, .finish = finish, .body_max = 1000, .security_need = "[]"
};
static const struct family *const families[] = { &lanes, NULL };

/* The server under test */

struct server {
    struct arena *a;
    struct store *store;
    struct router *router;
    struct http *http;
    char dir[32];
    int port;
};

static void hurry(void *arg)
{
    (void)arg;
    atomic_store(&hurried, 1);
    for (int i = 0; i < SLOW_THREADS; i++) (void)sem_post(&gate);
}

static void open_store(struct server *s)
{
    static const struct migration one = { 1, "0001_note", "CREATE TABLE note (text TEXT NOT NULL);\n" };
    str why = STR(""), url;
    (void)strncpy(s->dir, "/tmp/chancery-lanes-XXXXXX", sizeof s->dir - 1);
    assert_non_null(mkdtemp(s->dir));
    assert_int_equal(arena_printf(s->a, &url, "sqlite:%s/db", s->dir), ERR_OK);
    const struct store_options o = { .url = url.p, .readers = 2, .queue = 16, .keep_reads = true };
    if (store_open(s->a, &o, &s->store, &why) != ERR_OK) print_error(STR_FMT "\n", STR_ARG(why));
    assert_non_null(s->store);
    assert_int_equal(store_migrate(s->store, s->a, &one, 1, &why), ERR_OK);
}

static int start(void **state)
{
    struct server *s = calloc(1, sizeof *s);
    str why = STR("");
    assert_non_null(s);
    atomic_store(&hurried, 0);
    (void)sem_init(&begun, 0, 0);
    (void)sem_init(&gate, 0, 0);
    assert_int_equal(crypto_init(), ERR_OK);
    s->a = arena_new(1 << 24);
    open_store(s);
    const struct router_options o = { .families = families, .store = s->store, .slow_threads = SLOW_THREADS, .slow_queue = SLOW_QUEUE, .hurry = hurry };
    assert_int_equal(router_new(s->a, &o, &s->router, &why), ERR_OK);
    const char *listen[] = { "127.0.0.1:0" };
    const struct http_options h = { .listen = listen,
                                    .n_listen = 1,
                                    .threads = 1,
                                    .max_connections = 64,
                                    .arena_max = 4 << 20,
                                    .head_ms = 15000,
                                    .idle_ms = 60000,
                                    .head_max = 32768,
                                    .target_max = 8192 };
    const struct http_handler handler = router_handler(s->router);
    assert_int_equal(http_start(s->a, &h, &handler, &s->http, &why), ERR_OK);
    str url = http_url(s->http, 0);
    int64_t port = 0;
    assert_int_equal(str_int(str_from(url, strlen("http://127.0.0.1:")), &port), ERR_OK);
    s->port = (int)port;
    *state = s;
    return 0;
}

static int stop(void **state)
{
    struct server *s = *state;
    if (s->router) router_stop(s->router, 0);
    http_stop(s->http);
    router_free(s->router);
    store_close(s->store);
    for (size_t i = 0; i < 3; i++) {
        static const char *const ends[] = { "", "-wal", "-shm" };
        char path[64];
        (void)snprintf(path, sizeof path, "%s/db%s", s->dir, ends[i]);
        (void)unlink(path);
    }
    (void)rmdir(s->dir);
    arena_free(s->a);
    free(s);
    (void)sem_destroy(&begun);
    (void)sem_destroy(&gate);
    return 0;
}

/* A client */

static int ask(const struct server *s, const char *method, const char *path, str body)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char head[256];
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    const char *key = strcmp(path, "/own") == 0 ? "X-Key: good\r\n" : "";
    int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                     method, path, key, body.n);
    assert_int_equal(write(fd, head, (size_t)n), n);
    for (size_t at = 0; at < body.n;) {
        ssize_t k = write(fd, body.p + at, body.n - at);
        assert_true(k > 0);
        at += (size_t)k;
    }
    return fd;
}

struct answer {
    int status;
    char text[2048];
    bool retry_after;
};

static struct answer hear(int fd)
{
    struct answer a = { 0 };
    size_t n = 0;
    ssize_t k;
    while (n < sizeof a.text - 1 && (k = read(fd, a.text + n, sizeof a.text - 1 - n)) > 0) n += (size_t)k;
    (void)close(fd);
    int64_t status = 0;
    if (n > 12 && str_int((str){ a.text + 9, 3 }, &status) == ERR_OK) a.status = (int)status;
    a.retry_after = strstr(a.text, "\r\nRetry-After: 1\r\n") != NULL;
    const char *body = strstr(a.text, "\r\n\r\n");
    if (body) memmove(a.text, body + 4, strlen(body + 4) + 1);
    return a;
}

static void expect(const struct server *s, const char *method, const char *path, const char *body, int status, const char *want)
{
    struct answer a = hear(ask(s, method, path, str_c(body)));
    if (a.status != status || strcmp(a.text, want) != 0) print_error("%s %s: %d %s\n", method, path, a.status, a.text);
    assert_int_equal(a.status, status);
    assert_string_equal(a.text, want);
}

/* Tests */

static void each_lane_answers(void **state)
{
    const struct server *s = *state;
    expect(s, "GET", "/quick", "", 200, "quick");
    expect(s, "GET", "/fast-slow", "", 200, "slow");
    expect(s, "GET", "/read", "", 200, "read");
    expect(s, "POST", "/write", "{\"text\":\"a\"}", 201, "{\"text\":\"a\"}");
    expect(s, "GET", "/mine", "", 401, "|who are you?");
    expect(s, "GET", "/count", "", 200, "1");
    expect(s, "HEAD", "/quick", "", 200, "");
    struct router_stats now;
    do router_stats(s->router, &now);
    while (now.requests < 7); /* a request is counted when it is completed, just after the client has read it */
    assert_int_equal(now.by_class[2], 6);
    assert_int_equal(now.by_class[4], 1);
}

static void a_refused_body_never_reaches_the_writer(void **state)
{
    const struct server *s = *state;
    int before = atomic_load(&writes);
    expect(s, "POST", "/write", "{\"text\":\"\"}", 400, "/text|too short");
    assert_int_equal(atomic_load(&writes), before);
}

static void a_failed_write_leaves_no_row(void **state)
{
    const struct server *s = *state;
    expect(s, "POST", "/torn", "{\"text\":\"a\"}", 409, "|changed my mind");
    expect(s, "GET", "/count", "", 200, "0");
}

static void what_an_operation_records_is_there_when_its_reply_is(void **state)
{
    const struct server *s = *state;
    expect(s, "GET", "/recorded", "", 200, "slow");
    expect(s, "GET", "/count", "", 200, "1");
    expect(s, "GET", "/recorded-now", "", 200, "quick");
    expect(s, "GET", "/count", "", 200, "2");
    expect(s, "GET", "/unrecorded", "", 409, "|changed my mind");
    expect(s, "GET", "/count", "", 200, "2");
}

/* Known when he came, signed out when it was his turn to write. */
static void who_was_signed_out_writes_nothing(void **state)
{
    const struct server *s = *state;
    expect(s, "POST", "/own", "{\"text\":\"a\"}", 201, "{\"text\":\"a\"}");
    atomic_store(&signed_out, 1);
    expect(s, "POST", "/own", "{\"text\":\"b\"}", 401, "|signed out: own");
    expect(s, "POST", "/write", "{\"text\":\"c\"}", 201, "{\"text\":\"c\"}"); /* where nobody is asked who he is */
    atomic_store(&signed_out, 0);
    expect(s, "GET", "/count", "", 200, "2");
}

static void a_large_body_is_read_on_the_slow_lane(void **state)
{
    const struct server *s = *state;
    enum { LONG = 200000 };
    char *body = malloc(LONG);
    assert_non_null(body);
    memset(body, ' ', LONG);
    memcpy(body, "{\"text\":\"a\"", 11);
    body[LONG - 1] = '}';
    struct answer a = hear(ask(s, "POST", "/large", (str){ body, LONG }));
    assert_int_equal(a.status, 200);
    assert_string_equal(a.text, "read");
    a = hear(ask(s, "POST", "/write", (str){ body, LONG }));
    assert_int_equal(a.status, 413);
    free(body);
}

/* Two run, three wait, the next is told to come back. */
static void a_full_lane_says_so(void **state)
{
    const struct server *s = *state;
    int waiting[SLOW_THREADS + SLOW_QUEUE];
    for (int i = 0; i < SLOW_THREADS; i++) {
        waiting[i] = ask(s, "GET", "/slow", STR(""));
        while (sem_wait(&begun) != 0) {
        }
    }
    for (int i = SLOW_THREADS; i < SLOW_THREADS + SLOW_QUEUE; i++) waiting[i] = ask(s, "GET", "/slow", STR(""));
    struct router_stats now;
    do router_stats(s->router, &now);
    while (now.slow_depth < SLOW_QUEUE);
    struct answer a = hear(ask(s, "GET", "/slow", STR("")));
    assert_int_equal(a.status, 503);
    assert_true(a.retry_after);
    expect(s, "GET", "/quick", "", 200, "quick"); /* others are not held up */
    for (int i = 0; i < SLOW_THREADS + SLOW_QUEUE; i++) (void)sem_post(&gate);
    for (int i = 0; i < SLOW_THREADS + SLOW_QUEUE; i++) assert_int_equal(hear(waiting[i]).status, 200);
}

static void *stopper(void *arg)
{
    router_stop(arg, 0);
    return NULL;
}

/* What runs is finished, what waits and what comes gets 503. */
static void stopping_answers_everybody(void **state)
{
    struct server *s = *state;
    pthread_t t;
    int running[SLOW_THREADS], waiting = -1;
    for (int i = 0; i < SLOW_THREADS; i++) {
        running[i] = ask(s, "GET", "/slow", STR(""));
        while (sem_wait(&begun) != 0) {
        }
    }
    waiting = ask(s, "GET", "/slow", STR(""));
    struct router_stats now;
    do router_stats(s->router, &now);
    while (now.slow_depth < 1);
    assert_int_equal(pthread_create(&t, NULL, stopper, s->router), 0);
    struct answer a = hear(waiting);
    assert_int_equal(a.status, 503);
    for (int i = 0; i < SLOW_THREADS; i++) assert_int_equal(hear(running[i]).status, 200);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(atomic_load(&hurried), 1);
    a = hear(ask(s, "GET", "/quick", STR("")));
    assert_int_equal(a.status, 503);
    assert_true(a.retry_after);
}

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_lane_answers, start, stop),
        cmocka_unit_test_setup_teardown(a_refused_body_never_reaches_the_writer, start, stop),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_no_row, start, stop),
        cmocka_unit_test_setup_teardown(what_an_operation_records_is_there_when_its_reply_is, start, stop),
        cmocka_unit_test_setup_teardown(who_was_signed_out_writes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_large_body_is_read_on_the_slow_lane, start, stop),
        cmocka_unit_test_setup_teardown(a_full_lane_says_so, start, stop),
        cmocka_unit_test_setup_teardown(stopping_answers_everybody, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
