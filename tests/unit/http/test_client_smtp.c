/* tests/unit/http/test_client_smtp.c: handing a mail over: what each answer of a server means, URLs, time-outs, memory. Real servers: tests/mail. */
#include "../base/rows.h"
#include "base/clock.h"
#include "http/client.h"
#include "http/client_smtp.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, LINE = 2000 };

/* a server that says what it is told */

static struct {
    int fd;
    unsigned port;
    pthread_t thread;
    /* Answers to: the connection, EHLO, MAIL, RCPT, DATA, the end of the body, QUIT. NULL: the good one. "hang": none; "cut": the end. */
    const char *say[7];
    atomic_int taken; /* bodies read whole */
    char heard[20000];
} server;
enum { AT_CONNECT, AT_EHLO, AT_MAIL, AT_RCPT, AT_DATA, AT_END, AT_QUIT };

/* false: the conversation is over. */
static bool answer(int fd, int at)
{
    static const char *const good[] = { "220 here", "250-here\r\n250 SIZE 1000000", "250 ok", "250 ok", "354 go on", "250 taken", "221 bye" };
    const char *text = server.say[at] ? server.say[at] : good[at];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char rest[200];
    if (strcmp(text, "cut") == 0) return false;
    if (strcmp(text, "hang") == 0) {
        while (poll(&p, 1, PATIENCE_MS) > 0 && recv(fd, rest, sizeof rest, 0) > 0) continue;
        return false;
    }
    return send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0 && send(fd, "\r\n", 2, MSG_NOSIGNAL) == 2 && at != AT_QUIT;
}

static bool read_line(FILE *f, char line[static LINE])
{
    if (!fgets(line, LINE, f)) return false;
    size_t n = strlen(server.heard);
    (void)snprintf(server.heard + n, sizeof server.heard - n, "%s", line);
    return true;
}

static void talk(FILE *f, int fd)
{
    static const struct {
        const char *verb;
        int at;
    } verbs[] = { { "EHLO", AT_EHLO }, { "MAIL", AT_MAIL }, { "RCPT", AT_RCPT }, { "DATA", AT_DATA }, { "QUIT", AT_QUIT } };
    char line[LINE];
    if (!answer(fd, AT_CONNECT)) return;
    while (read_line(f, line)) {
        int at = -1;
        for (size_t i = 0; i < COUNT_OF(verbs); i++)
            if (strncmp(line, verbs[i].verb, 4) == 0) at = verbs[i].at;
        if (at < 0 ? send(fd, "502 what?\r\n", 11, MSG_NOSIGNAL) < 0 : !answer(fd, at)) return;
        if (at != AT_DATA || (server.say[AT_DATA] && server.say[AT_DATA][0] != '3')) continue;
        while (read_line(f, line) && strcmp(line, ".\r\n") != 0) continue;
        atomic_fetch_add(&server.taken, 1);
        if (!answer(fd, AT_END)) return;
    }
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(server.fd, NULL, NULL);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
        if (fd < 0) return NULL;
        if (f) talk(f, fd), (void)fclose(f);
    }
}

static void start(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&at, n) | listen(server.fd, 16) | getsockname(server.fd, (struct sockaddr *)&at, &n), 0);
    server.port = ntohs(at.sin_port);
    memset(server.say, 0, sizeof server.say);
    server.heard[0] = '\0';
    atomic_store(&server.taken, 0);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop(void)
{
    (void)shutdown(server.fd, SHUT_RDWR);
    (void)pthread_join(server.thread, NULL);
    (void)close(server.fd);
}

/* sending */

static err send_one(struct call *c, int64_t timeout_ms, int *code)
{
    str url;
    TRY(arena_printf(c->mem, &url, "smtp://127.0.0.1:%u", server.port));
    struct smtp_server s = { .url = url.p, .host = "127.0.0.1", .timeout_ms = timeout_ms };
    struct smtp_mail m = { .from = "court@example.org", .to = "ann@example.com", .message = STR("Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n") };
    return smtp_send(c, &s, &m, code);
}

static const struct {
    const char *name;
    int at;
    const char *say;
    err want;
    const char *text;
    int code;
} answers[] = {
    { "all is well", AT_MAIL, NULL, ERR_OK, "", 250 },
    { "no service", AT_CONNECT, "554 no service here", ERR_INPUT, "554 no service here", 554 },
    { "too busy", AT_CONNECT, "421 too busy", ERR_LIMIT, "421 too busy", 421 },
    { "the sender is refused for good", AT_MAIL, "550 5.7.1 not you", ERR_INPUT, "550 5.7.1 not you", 550 },
    { "the sender is refused for now", AT_MAIL, "451 4.7.1 greylisted", ERR_LIMIT, "451 4.7.1 greylisted", 451 },
    { "a login is asked for", AT_MAIL, "530 5.7.0 authentication required", ERR_LIMIT, "530 5.7.0 authentication required", 530 },
    { "the recipient is refused for good", AT_RCPT, "550 no such user", ERR_INPUT, "550 no such user", 550 },
    { "the recipient is refused for now", AT_RCPT, "452 mailbox full", ERR_LIMIT, "452 mailbox full", 452 },
    { "a refusal of several lines", AT_RCPT, "550-no\r\n550 such user", ERR_INPUT, "550 such user", 550 },
    { "a refusal with odd bytes", AT_RCPT, "550 no\ttab \x01 \xff\xfe", ERR_INPUT, "550 no tab", 550 },
    { "no body wanted", AT_DATA, "554 no", ERR_INPUT, "554 no", 554 },
    { "the body is refused for good", AT_END, "554 spam", ERR_INPUT, "554 spam", 554 },
    { "the body is refused for now", AT_END, "452 disk full", ERR_LIMIT, "452 disk full", 452 },
    { "it goes after the body", AT_END, "cut", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it goes at once", AT_CONNECT, "cut", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it goes at the recipient", AT_RCPT, "cut", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it never greets", AT_CONNECT, "hang", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it never answers", AT_RCPT, "hang", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it never says that it has it", AT_END, "hang", ERR_BUSY, "127.0.0.1: ", -1 },
    { "it never says good-bye", AT_QUIT, "hang", ERR_OK, "", 250 },
    { "it says good-bye badly", AT_QUIT, "500 no", ERR_OK, "", 250 },
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct call c = { .mem = arena_new(1 << 20) };
        int code = -2;
        start();
        server.say[answers[i].at] = answers[i].say;
        int64_t from = clock_mono_ms();
        err e = send_one(&c, 600, &code);
        bool right =
            e == answers[i].want && str_search(c.why.text, str_c(answers[i].text)) < c.why.text.n + 1 && (answers[i].code < 0 || code == answers[i].code);
        if (!right) print_error("%s: %s %d " STR_FMT "\n", answers[i].name, err_name(e), code, STR_ARG(c.why.text));
        ROW_CHECK(answers[i].name, e == answers[i].want);
        ROW_CHECK(answers[i].name, !*answers[i].text || str_search(c.why.text, str_c(answers[i].text)) < c.why.text.n);
        ROW_CHECK(answers[i].name, answers[i].code < 0 || code == answers[i].code);
        ROW_CHECK(answers[i].name, str_utf8_ok(c.why.text));
        ROW_CHECK(answers[i].name, clock_mono_ms() - from < PATIENCE_MS);
        stop();
        if (!e) ROW_CHECK(answers[i].name, strstr(server.heard, "\r\n..dot\r\n...\r\nend\r\n.\r\n") != NULL);
        ROW_CHECK(answers[i].name, !strstr(server.heard, "MAIL") || strstr(server.heard, "MAIL FROM:<court@example.org> SIZE="));
        arena_free(c.mem);
    }
    ROWS_END();
}

static void test_tls_needed(void **state)
{
    (void)state;
    struct call c = { .mem = arena_new(1 << 20) };
    int code;
    str url;
    start();
    assert_int_equal(arena_printf(c.mem, &url, "smtp://127.0.0.1:%u", server.port), ERR_OK);
    struct smtp_server s = { .url = url.p, .host = "127.0.0.1", .need_tls = true, .timeout_ms = 2000, .user = "ann", .password = "hunter2" };
    assert_int_equal(smtp_send(&c, &s, &(struct smtp_mail){ "a@b.c", "d@e.f", STR("x\r\n") }, &code), ERR_BUSY);
    stop();
    assert_null(strstr(server.heard, "MAIL"));
    assert_null(strstr(server.heard, "AUTH"));
    arena_free(c.mem);
}

/* URLs */

static const struct {
    const char *name, *url;
    err want;
    const char *stripped, *user, *password, *host;
    bool need_tls;
} urls[] = {
    { "a host", "smtp://mail.example.com", ERR_OK, "smtp://mail.example.com/", NULL, NULL, "mail.example.com", false },
    { "a port", "smtps://mail.example.com:465", ERR_OK, "smtps://mail.example.com:465/", NULL, NULL, "mail.example.com", false },
    { "a login", "smtp://ann:pw@mail.example.com:587", ERR_OK, "smtp://mail.example.com:587/", "ann", "pw", "mail.example.com", true },
    { "percent-encoded", "smtp://ann%40example.com:p%3Aw%2F%40@mail.example.com", ERR_OK, "smtp://mail.example.com/", "ann@example.com", "p:w/@",
      "mail.example.com", true },
    { "a login on this machine", "smtp://ann:pw@localhost", ERR_OK, "smtp://localhost/", "ann", "pw", "localhost", false },
    { "by address", "smtp://ann:pw@127.0.0.2:25", ERR_OK, "smtp://127.0.0.2:25/", "ann", "pw", "127.0.0.2", false },
    { "by IPv6 address", "smtp://ann:pw@[::1]:25", ERR_OK, "smtp://[::1]:25/", "ann", "pw", "[::1]", false },
    { "a name that only looks like this machine", "smtp://ann:pw@127.0.0.1.example.com", ERR_OK, "smtp://127.0.0.1.example.com/", "ann", "pw",
      "127.0.0.1.example.com", true },
    { "a number that is not this machine", "smtp://ann:pw@128.0.0.1", ERR_OK, "smtp://128.0.0.1/", "ann", "pw", "128.0.0.1", true },
    { "a name to greet with", "smtp://mail.example.com/court.example.org", ERR_OK, "smtp://mail.example.com/court.example.org", NULL, NULL, "mail.example.com",
      false },
    { "a user alone", "smtp://ann@mail.example.com", ERR_INPUT },
    { "another scheme", "http://mail.example.com", ERR_INPUT },
    { "no host", "smtp://", ERR_INPUT },
    { "no scheme", "mail.example.com:25", ERR_INPUT },
    { "a query", "smtp://mail.example.com/?x=y", ERR_INPUT },
    { "a port that is none", "smtp://mail.example.com:99999", ERR_INPUT },
    { "a line break in the password", "smtp://ann:p%0d%0aw@mail.example.com", ERR_INPUT },
};

static void test_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct arena *a = arena_new(1 << 20);
        struct smtp_server s;
        const char *why = NULL;
        err e = smtp_server_read(a, urls[i].url, &s, &why);
        if (e != urls[i].want) print_error("%s: %s\n", urls[i].url, err_name(e));
        ROW_CHECK(urls[i].name, e == urls[i].want);
        ROW_CHECK(urls[i].name, e == ERR_OK || why);
        if (!e) {
            ROW_STR(urls[i].name, str_c(s.url), str_c(urls[i].stripped));
            ROW_STR(urls[i].name, str_c(s.user), str_c(urls[i].user));
            ROW_STR(urls[i].name, str_c(s.password), str_c(urls[i].password));
            ROW_STR(urls[i].name, str_c(s.host), str_c(urls[i].host));
            ROW_CHECK(urls[i].name, s.need_tls == urls[i].need_tls);
        }
        arena_free(a);
    }
    ROWS_END();
}

/* memory */

static err whole_sending(void)
{
    struct call c = { .mem = arena_new(1 << 20) };
    int code;
    if (!c.mem) return ERR_NOMEM;
    err e = send_one(&c, PATIENCE_MS, &code);
    arena_free(c.mem);
    return e;
}

static err whole_url(void)
{
    struct arena *a = arena_new(1 << 20);
    struct smtp_server s;
    const char *why;
    if (!a) return ERR_NOMEM;
    err e = smtp_server_read(a, "smtp://ann:pw@mail.example.com/x", &s, &why);
    arena_free(a);
    return e;
}

static void test_faults(void **state)
{
    (void)state;
    start();
    fault_loop(whole_sending);
    stop();
    fault_loop(whole_url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "each answer of a server has its meaning", test_answers, NULL, NULL, NULL },
        { "where TLS is needed nothing goes without it", test_tls_needed, NULL, NULL, NULL },
        { "URLs of mail servers", test_urls, NULL, NULL, NULL },
        { "every allocation may fail", test_faults, NULL, NULL, NULL },
    };
    if (http_client_init(&(struct http_client_options){ 0 }) != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
