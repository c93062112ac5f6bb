/* tests/unit/http/test_client.c: the outgoing client against servers of every kind of manners. */
#include "../base/rows.h"
#include "base/clock.h"
#include "http/client.h"
#include "peer.h"
#include <stdlib.h>
#include <unistd.h>

enum { SHORT_MS = 400, LONG_MS = 30000, PATIENCE_MS = 25000, SMALL = 1000 };

static struct call call;

static void begin(void)
{
    call = (struct call){ .mem = arena_new(8 << 20) };
    assert_non_null(call.mem);
}
static void end(void) { arena_free(call.mem); }

static str url_of(const struct peer *p, const char *path)
{
    str s;
    assert_int_equal(arena_printf(call.mem, &s, "http://127.0.0.1:%u%s", peer_port(p), path), ERR_OK);
    return s;
}

/* a good server */

static void echo(int fd, const char *request, void *arg)
{
    char head[200];
    (void)arg;
    (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: %zu\r\n\r\n",
                   strlen(request));
    if (peer_say(fd, head)) peer_say(fd, request);
}

static struct client_reply ask(const struct client_request *in)
{
    struct client_reply r;
    err e = http_client_do(&call, in, &r);
    if (e) print_error(STR_FMT "\n", STR_ARG(call.why.text));
    assert_int_equal(e, ERR_OK);
    return r;
}

static bool has(str s, const char *part) { return str_search(s, str_c(part)) < s.n; }

static void test_requests(void **state)
{
    static const struct header headers[] = { { STR("Authorization"), STR("Bearer abc") },
                                             { STR("X-Empty"), STR("") },
                                             { STR("Content-Type"), STR("application/json") } };
    struct peer *p = *state;
    begin();
    struct client_reply r =
        ask(&(struct client_request){ .method = M_GET, .url = url_of(p, "/a?b=c%20d"), .headers = headers, .n_headers = 2, .allow_private = true });
    assert_int_equal(r.status, 200);
    assert_true(str_is(r.type, "text/plain"));
    assert_true(str_is(client_header(&r, "x-twice"), "1"));
    assert_int_equal(r.n_headers, 4);
    assert_true(str_starts(r.body, STR("GET /a?b=c%20d HTTP/1.1\r\n")));
    assert_true(has(r.body, "\r\nAuthorization: Bearer abc\r\n") && has(r.body, "\r\nX-Empty:"));
    assert_false(has(r.body, "Content-Type") || has(r.body, "Expect") || has(r.body, "Accept-Encoding"));
    r = ask(&(struct client_request){
        .method = M_POST, .url = url_of(p, "/"), .headers = headers, .n_headers = 3, .body = STR("{\"a\":\0}"), .allow_private = true });
    assert_true(str_starts(r.body, STR("POST / HTTP/1.1\r\n")) && has(r.body, "Content-Type: application/json\r\n") && has(r.body, "Content-Length: 7\r\n"));
    r = ask(&(struct client_request){ .method = M_POST, .url = url_of(p, "/"), .allow_private = true });
    assert_true(str_starts(r.body, STR("POST ")) && has(r.body, "Content-Length: 0\r\n"));
    static const enum method with_body[] = { M_PUT, M_PATCH, M_DELETE };
    for (size_t i = 0; i < COUNT_OF(with_body); i++) {
        r = ask(&(struct client_request){ .method = with_body[i], .url = url_of(p, "/"), .body = STR("text"), .allow_private = true });
        assert_true(str_starts(r.body, str_c(method_name(with_body[i]))) && str_ends(r.body, STR("\r\n\r\ntext")));
        assert_false(has(r.body, "Content-Type"));
    }
    r = ask(&(struct client_request){ .method = M_DELETE, .url = url_of(p, "/"), .allow_private = true });
    assert_true(str_starts(r.body, STR("DELETE / ")) && str_ends(r.body, STR("\r\n\r\n")));
    r = ask(&(struct client_request){ .method = M_HEAD, .url = url_of(p, "/"), .max_bytes = 10, .allow_private = true });
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body.n, 0);
    end();
}

/* servers that answer oddly, and what becomes of it */

static void hang(int fd, const char *request, void *arg) { (void)request, (void)arg, peer_wait_end(fd); }

static void drip(int fd, const char *request, void *arg)
{
    (void)request, (void)arg;
    peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100 && peer_say(fd, "x"); i++) (void)usleep(50000);
}

static void drip_head(int fd, const char *request, void *arg)
{
    (void)request, (void)arg;
    peer_say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100 && peer_say(fd, "X-A: b\r\n"); i++) (void)usleep(50000);
}

static void endless(int fd, const char *request, void *arg)
{
    (void)request, (void)arg;
    peer_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10000; i++)
        if (!peer_say(fd,
                      "400\r\n" /* 1,024 */ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01"
                      "23456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"))
            return;
}

static void endless_head(int fd, const char *request, void *arg)
{
    (void)request, (void)arg;
    peer_say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100000 && peer_say(fd, "X-A: b\r\n");) i++;
}

static void say(int fd, const char *request, void *arg) { (void)request, peer_say(fd, arg); }

static const struct {
    const char *name;
    void (*answer)(int fd, const char *request, void *arg);
    const char *text; /* for say() */
    err want;
    const char *body; /* when it is good */
} manners[] = {
    { "a server that never answers", hang, NULL, ERR_BUSY, NULL },
    { "a body a byte at a time", drip, NULL, ERR_BUSY, NULL },
    { "a head a line at a time", drip_head, NULL, ERR_BUSY, NULL },
    { "a body without end", endless, NULL, ERR_LIMIT, NULL },
    { "a head without end", endless_head, NULL, ERR_LIMIT, NULL },
    { "a body that is announced as too large", say, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", ERR_LIMIT, NULL },
    { "a length that is no number", say, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\nx", ERR_LIMIT, NULL },
    { "a body cut off", say, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ERR_BUSY, NULL },
    { "a chunk cut off", say, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf", ERR_BUSY, NULL },
    { "closed without a word", say, "", ERR_BUSY, NULL },
    { "no HTTP at all", say, "220 mail.example.com ESMTP\r\n", ERR_BUSY, NULL },
    { "half a head", say, "HTTP/1.1 200 OK\r\nContent-Le", ERR_BUSY, NULL },
    { "a body to the end of the connection", say, "HTTP/1.0 200 OK\r\n\r\nall of it", ERR_OK, "all of it" },
    { "chunks and a trailer", say, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n", ERR_OK, "abcde" },
    { "an interim answer first", say, "HTTP/1.1 103 Early Hints\r\nX-Late: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ERR_OK, "ok" },
    { "what is compressed stays so", say, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", ERR_OK, "\x1f\x8b\x08" },
    { "as large as it may be", say, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", ERR_OK, "12345" },
    { "no body", say, "HTTP/1.1 204 No Content\r\n\r\n", ERR_OK, "" },
};

static void test_manners(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(manners); i++) {
        struct client_reply r;
        struct peer *p = peer_new(manners[i].answer, (void *)(uintptr_t)manners[i].text);
        begin();
        int64_t from = clock_mono_ms();
        bool slow = manners[i].want == ERR_BUSY && manners[i].answer != say;
        err e = http_client_do(&call,
                               &(struct client_request){
                                   .method = M_GET, .url = url_of(p, "/"), .timeout_ms = slow ? SHORT_MS : LONG_MS, .max_bytes = SMALL, .allow_private = true },
                               &r);
        if (e != manners[i].want) print_error("%s: %s " STR_FMT "\n", manners[i].name, err_name(e), STR_ARG(call.why.text));
        ROW_CHECK(manners[i].name, e == manners[i].want);
        ROW_CHECK(manners[i].name, clock_mono_ms() - from < PATIENCE_MS);
        if (!e) ROW_STR(manners[i].name, r.body, str_c(manners[i].body));
        if (!e) ROW_CHECK(manners[i].name, str_absent(client_header(&r, "x-late")));
        if (e) ROW_CHECK(manners[i].name, str_starts(call.why.text, STR("127.0.0.1: ")));
        end();
        peer_free(p);
    }
    ROWS_END();
}

static void test_nobody(void **state)
{
    (void)state;
    struct client_reply r;
    struct peer *p = peer_new(hang, NULL);
    begin();
    str url = url_of(p, "/?secret=hunter2");
    peer_free(p);
    assert_int_equal(http_client_do(&call, &(struct client_request){ .method = M_GET, .url = url, .allow_private = true }, &r), ERR_BUSY);
    assert_false(has(call.why.text, "hunter2"));
    call_forget(&call);
    assert_int_equal(http_client_do(&call, &(struct client_request){ .method = M_GET, .url = STR("http://no-such-host.invalid/"), .timeout_ms = SHORT_MS }, &r),
                     ERR_BUSY);
    end();
}

/* who may be called */

static const struct {
    const char *name, *url; /* %u: the port of a server that would answer */
    err want;
} targets[] = {
    { "loopback", "http://127.0.0.1:%u/", ERR_FORBIDDEN },
    { "by name", "http://localhost:%u/", ERR_FORBIDDEN },
    { "as one number", "http://2130706433:%u/", ERR_FORBIDDEN },
    { "in hex", "http://0x7f000001:%u/", ERR_FORBIDDEN },
    { "in octal", "http://0177.0.0.1:%u/", ERR_FORBIDDEN },
    { "shortened", "http://127.1:%u/", ERR_FORBIDDEN },
    { "mapped into IPv6", "http://[::ffff:127.0.0.1]:%u/", ERR_FORBIDDEN },
    { "every address", "http://0.0.0.0:%u/", ERR_FORBIDDEN },
    { "another of loopback", "http://127.9.9.9:%u/", ERR_FORBIDDEN },
    { "percent-encoded", "http://%%31%%32%%37.0.0.1:%u/", ERR_FORBIDDEN },
    { "another scheme", "ftp://127.0.0.1:%u/", ERR_INPUT },
    { "a file", "file:///etc/passwd?%u", ERR_INPUT },
    { "a gopher", "gopher://127.0.0.1:%u/_GET", ERR_INPUT },
    { "a name in it", "http://me:secret@127.0.0.1:%u/", ERR_INPUT },
    { "no host", "http://:%u/", ERR_INPUT },
    { "no scheme", "127.0.0.1:%u", ERR_INPUT },
    { "a path only", "/x%u", ERR_INPUT },
    { "a blank", "http://127.0.0.1:%u/a b", ERR_INPUT },
    { "a line break", "http://127.0.0.1:%u/\r\nX-A: b", ERR_INPUT },
    { "a port that is none", "http://127.0.0.1:9%u99/", ERR_INPUT },
};

static void test_targets(void **state)
{
    struct peer *p = *state;
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        struct client_reply r;
        char url[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(url, sizeof url, targets[i].url, peer_port(p));
#pragma GCC diagnostic pop
        begin();
        int before = peer_count(p);
        err e = http_client_do(&call, &(struct client_request){ .method = M_GET, .url = str_c(url) }, &r);
        if (e != targets[i].want) print_error("%s: %s " STR_FMT "\n", url, err_name(e), STR_ARG(call.why.text));
        ROW_CHECK(targets[i].name, e == targets[i].want);
        ROW_CHECK(targets[i].name, peer_count(p) == before);
        ROW_CHECK(targets[i].name, !has(call.why.text, "secret"));
        end();
    }
    ROWS_END();
}

static void test_bad_headers(void **state)
{
    static const struct header bad[] = {
        { STR("X-A"), STR("b\r\nX-B: c") }, { STR("X-A"), STR("b\nc") }, { STR("X-A"), STR("b\0c") }, { STR("X-A: b\r\nX-B"), STR("c") }, { STR(""), STR("c") },
        { STR("X A"), STR("c") },           { STR("X:"), STR("c") },
    };
    struct peer *p = *state;
    int before = peer_count(p);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct client_reply r;
        begin();
        assert_int_equal(
            http_client_do(&call, &(struct client_request){ .method = M_GET, .url = url_of(p, "/"), .headers = &bad[i], .n_headers = 1, .allow_private = true },
                           &r),
            ERR_INPUT);
        end();
    }
    assert_int_equal(peer_count(p), before);
}

/* memory */

static struct peer *fault_peer;

static err whole_request(void)
{
    static const struct header headers[] = { { STR("Accept"), STR("text/plain") } };
    struct client_reply r;
    struct call c = { .mem = arena_new(8 << 20) };
    if (!c.mem) return ERR_NOMEM;
    str url;
    err e = arena_printf(c.mem, &url, "http://127.0.0.1:%u/", peer_port(fault_peer));
    if (!e)
        e = http_client_do(&c,
                           &(struct client_request){
                               .method = M_POST, .url = url, .headers = headers, .n_headers = 1, .body = STR("x"), .allow_private = true, .follow = true },
                           &r);
    arena_free(c.mem);
    return e;
}

static void test_faults(void **state)
{
    fault_peer = *state;
    fault_loop(whole_request);
}

static int setup_echo(void **state) { return *state = peer_new(echo, NULL), 0; }
static int free_echo(void **state) { return peer_free(*state), 0; }

/* The last test of all: nothing works afterwards. */
static void test_hurry(void **state)
{
    struct client_reply r;
    struct peer *p = *state;
    http_client_hurry();
    begin();
    assert_int_equal(http_client_do(&call, &(struct client_request){ .method = M_GET, .url = url_of(p, "/"), .allow_private = true }, &r), ERR_BUSY);
    end();
}

#define ROW(name, fn)                         \
    {                                         \
        name, fn, setup_echo, free_echo, NULL \
    }

int main(void)
{
    /* A proxy that nobody runs: whoever heeds it reaches nothing. */
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy" };
    for (size_t i = 0; i < COUNT_OF(names); i++) (void)setenv(names[i], "http://127.0.0.1:1", 1);
    (void)unsetenv("no_proxy");
    const struct CMUnitTest tests[] = {
        ROW("requests go out as they were asked for, whatever proxy the environment names", test_requests),
        ROW("bad manners end in time and in bounds", test_manners),
        ROW("whom nobody answers is told without the query", test_nobody),
        ROW("special addresses are refused however they are written, and other schemes", test_targets),
        ROW("no header smuggles another", test_bad_headers),
        ROW("every allocation may fail", test_faults),
        ROW("a stop of the program lets nothing begin", test_hurry),
    };
    if (http_client_init(&(struct http_client_options){ 0 }) != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
