/* tests/unit/http/test_client_hops.c: redirects, each hop judged anew. Which address is public is the test's own say here: by its port. */
#include "../base/rows.h"
#include "http/client.h"
#include "peer.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static unsigned private_port;

/* In place of the library's, which knows loopback only as private. */
bool http_address_is_public(const struct sockaddr *a)
{
    struct sockaddr_in in;
    memcpy(&in, a, sizeof in);
    return a->sa_family == AF_INET && ntohs(in.sin_port) != private_port;
}

/* One server of three: what its next answer is, and what it heard last. */
struct site {
    struct peer *peer;
    char status[40], to[200], heard[4000];
    int times; /* that it redirects; then it says "here" */
} sites[2];

static void answer(int fd, const char *request, void *arg)
{
    struct site *s = arg;
    char head[400];
    (void)snprintf(s->heard, sizeof s->heard, "%s", request);
    if (s->times-- > 0)
        (void)snprintf(head, sizeof head, "HTTP/1.1 %s\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nmoved", s->status, s->to);
    else
        (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
    peer_say(fd, head);
}

static const struct header headers[] = {
    { STR("Authorization"), STR("Bearer abc") }, { STR("X-Key"), STR("key") }, { STR("Accept"), STR("text/plain") }, { STR("Content-Type"), STR("text/plain") }
};

/* {0}, {1}: the sites' ports. */
static const struct {
    const char *name, *status, *to;
    enum method method;
    int times;
    bool follow, second_private;
    err want;
    int got;           /* status of the reply */
    const char *heard; /* what the last hop begins with */
    bool strange;      /* the last hop is at site 1, which gets no secret */
} rows[] = {
    { "not followed unless asked", "302 Found", "/b", M_GET, 1, false, false, ERR_OK, 302, "GET /a ", false },
    { "followed if asked", "302 Found", "/b?c=d", M_GET, 1, true, false, ERR_OK, 200, "GET /b?c=d ", false },
    { "a relative place", "301 Moved", "b", M_GET, 1, true, false, ERR_OK, 200, "GET /b ", false },
    { "a form that was taken is shown", "303 See Other", "/b", M_POST, 1, true, false, ERR_OK, 200, "GET /b ", false },
    { "302 makes a GET of a POST", "302 Found", "/b", M_POST, 1, true, false, ERR_OK, 200, "GET /b ", false },
    { "307 keeps the method and the body", "307 Temporary", "/b", M_POST, 1, true, false, ERR_OK, 200, "POST /b ", false },
    { "308 too", "308 Permanent", "/b", M_PUT, 1, true, false, ERR_OK, 200, "PUT /b ", false },
    { "302 keeps a PUT", "302 Found", "/b", M_PUT, 1, true, false, ERR_OK, 200, "PUT /b ", false },
    { "300 is none", "300 Choices", "/b", M_GET, 1, true, false, ERR_OK, 300, "GET /a ", false },
    { "304 is none", "304 Not Modified", "/b", M_GET, 1, true, false, ERR_OK, 304, "GET /a ", false },
    { "another origin gets no secrets", "302 Found", "http://127.0.0.1:{1}/b", M_GET, 1, true, false, ERR_OK, 200, "GET /b ", true },
    { "another origin gets no body", "307 Temporary", "http://127.0.0.1:{1}/b", M_POST, 1, true, false, ERR_OK, 307, "POST /a ", false },
    { "another name of the same host is another origin", "302 Found", "http://localhost:{0}/b", M_GET, 1, true, false, ERR_OK, 200, "GET /b ", true },
    { "a private address behind a redirect", "302 Found", "http://127.0.0.1:{1}/b", M_GET, 1, true, true, ERR_FORBIDDEN, 0, "GET /a ", false },
    { "a file behind a redirect", "302 Found", "file:///etc/passwd", M_GET, 1, true, false, ERR_FORBIDDEN, 0, "GET /a ", false },
    { "a gopher behind a redirect", "302 Found", "gopher://127.0.0.1:{1}/_x", M_GET, 1, true, false, ERR_FORBIDDEN, 0, "GET /a ", false },
    { "a name and a password behind a redirect", "302 Found", "http://me:secret@127.0.0.1:{0}/", M_GET, 1, true, false, ERR_FORBIDDEN, 0, "GET /a ", false },
    { "five hops", "302 Found", "/a", M_GET, 5, true, false, ERR_OK, 200, "GET /a ", false },
    { "a circle ends", "302 Found", "/a", M_GET, 1000, true, false, ERR_LIMIT, 0, "GET /a ", false },
};

static void put(char *out, size_t room, const char *text)
{
    const char *brace = strchr(text, '{');
    if (!brace)
        (void)snprintf(out, room, "%s", text);
    else
        (void)snprintf(out, room, "%.*s%u%s", (int)(brace - text), text, peer_port(sites[brace[1] - '0'].peer), brace + 3);
}

static void hops(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct call c = { .mem = arena_new(8 << 20) };
        struct client_reply r;
        char url[60];
        for (size_t k = 0; k < 2; k++) {
            sites[k] = (struct site){ 0 };
            sites[k].peer = peer_new(answer, &sites[k]);
        }
        private_port = rows[i].second_private ? peer_port(sites[1].peer) : 0;
        (void)snprintf(sites[0].status, sizeof sites[0].status, "%s", rows[i].status);
        put(sites[0].to, sizeof sites[0].to, rows[i].to);
        sites[0].times = rows[i].times;
        put(url, sizeof url, "http://127.0.0.1:{0}/a");
        bool with_body = rows[i].method != M_GET;
        err e = http_client_do(&c,
                               &(struct client_request){ .method = rows[i].method,
                                                         .url = str_c(url),
                                                         .headers = headers,
                                                         .n_headers = COUNT_OF(headers),
                                                         .body = with_body ? STR("secret body") : STR_NULL,
                                                         .follow = rows[i].follow },
                               &r);
        if (e != rows[i].want) print_error("%s: %s " STR_FMT "\n", rows[i].name, err_name(e), STR_ARG(c.why.text));
        ROW_CHECK(rows[i].name, e == rows[i].want);
        ROW_CHECK(rows[i].name, r.status == rows[i].got);
        int other = peer_count(sites[1].peer);
        peer_free(sites[0].peer); /* what they heard is whole then */
        peer_free(sites[1].peer);
        const struct site *last = rows[i].strange && other ? &sites[1] : &sites[0];
        ROW_CHECK(rows[i].name, str_starts(str_c(last->heard), str_c(rows[i].heard)));
        ROW_CHECK(rows[i].name, (other > 0) == (rows[i].strange && strchr(rows[i].to, '{') && strstr(rows[i].to, "{1}")));
        bool secrets = strstr(last->heard, "Bearer abc") && strstr(last->heard, "X-Key");
        ROW_CHECK(rows[i].name, secrets != rows[i].strange);
        ROW_CHECK(rows[i].name, strstr(last->heard, "Accept: text/plain") != NULL);
        if (str_starts(str_c(rows[i].heard), STR("GET"))) ROW_CHECK(rows[i].name, !strstr(last->heard, "secret body"));
        arena_free(c.mem);
    }
    ROWS_END();
}

static void one_of_two_addresses(void **state)
{
    (void)state;
    struct call c = { .mem = arena_new(8 << 20) };
    struct client_reply r;
    char url[60];
    /* An IPv6 address that localhost has is private to the judge above. */
    sites[0] = (struct site){ 0 };
    sites[0].peer = peer_new(answer, &sites[0]);
    private_port = 0;
    put(url, sizeof url, "http://localhost:{0}/a");
    assert_int_equal(http_client_do(&c, &(struct client_request){ .method = M_GET, .url = str_c(url) }, &r), ERR_OK);
    peer_free(sites[0].peer);
    arena_free(c.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "redirects are followed as asked, each hop judged anew", hops, NULL, NULL, NULL },
        { "a name with a public address beside a private one is reached by that one", one_of_two_addresses, NULL, NULL, NULL },
    };
    if (http_client_init(&(struct http_client_options){ 0 }) != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
