/* Trusted proxies: which networks are read, what they hold, and whose word about a client is believed. Spec: server 2, trusted_proxies. */
#include "../base/rows.h"
#include "base/arena.h"
#include "http/forward_int.h"

static const struct {
    const char *name, *text;
    bool good;
} networks[] = {
    { "an IPv4 network", "10.0.0.0/8", true },
    { "an IPv4 address", "192.0.2.1", true },
    { "all of IPv4", "0.0.0.0/0", true },
    { "an IPv6 network", "2001:db8::/32", true },
    { "an IPv6 address", "::1", true },
    { "all of IPv6", "::/0", true },
    { "mapped IPv4", "::ffff:10.0.0.0/104", true },
    { "unix", "unix", true },
    { "nothing", "", false },
    { "a name", "localhost", false },
    { "a set bit behind the prefix", "10.1.0.0/8", false },
    { "a set bit behind an IPv6 prefix", "2001:db8::1/32", false },
    { "33 bits of IPv4", "10.0.0.0/33", false },
    { "129 bits of IPv6", "::1/129", false },
    { "no bits behind the slash", "10.0.0.0/", false },
    { "a sign", "10.0.0.0/+8", false },
    { "two slashes", "10.0.0.0/8/8", false },
    { "three octets", "10.0.0/8", false },
    { "an octet in octal", "010.0.0.0/8", false },
    { "an octet beyond 255", "256.0.0.1", false },
    { "a port", "10.0.0.1:80", false },
    { "a zone", "fe80::1%eth0", false },
    { "a blank", " 10.0.0.0/8", false },
    { "a netmask", "10.0.0.0/255.0.0.0", false },
    { "a very long text", "0000000000000000000000000000000000000000000000000000000000000000000000000000::1", false },
};

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(networks); i++) ROW_CHECK(networks[i].name, http_network_ok(str_c(networks[i].text)) == networks[i].good);
    ROWS_END();
}

static const struct {
    const char *name, *network, *address;
    bool in;
} held[] = {
    { "the first of a network", "10.0.0.0/8", "10.0.0.0", true },
    { "its last", "10.0.0.0/8", "10.255.255.255", true },
    { "the one before", "10.0.0.0/8", "9.255.255.255", false },
    { "the one behind", "10.0.0.0/8", "11.0.0.0", false },
    { "a prefix within an octet", "192.0.2.128/25", "192.0.2.129", true },
    { "and its other half", "192.0.2.128/25", "192.0.2.127", false },
    { "one address", "192.0.2.1", "192.0.2.1", true },
    { "its neighbour", "192.0.2.1", "192.0.2.0", false },
    { "IPv6", "2001:db8::/32", "2001:db8:ffff::1", true },
    { "IPv6 outside", "2001:db8::/32", "2001:db9::", false },
    { "mapped IPv4 is IPv4", "10.0.0.0/8", "::ffff:10.1.2.3", true },
    { "all of IPv4 is no IPv6", "0.0.0.0/0", "::1", false },
    { "all of IPv6 is no IPv4", "::/0", "192.0.2.1", false },
    { "unix is no address", "unix", "::", false },
};

static void test_held(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        struct network n;
        struct address a;
        ROW_CHECK(held[i].name, network_read(str_c(held[i].network), &n) && address_read(str_c(held[i].address), &a));
        ROW_CHECK(held[i].name, network_has(&n, &a) == held[i].in);
    }
    ROWS_END();
}

#define FOR "X-Forwarded-For"
#define PROTO "X-Forwarded-Proto"
#define HOST "X-Forwarded-Host"
enum { LINES = 4 };
/* Trusted are 10.0.0.0/8, 2001:db8::/32 and unix; the request says Host: own, over http. */
static const struct {
    const char *name, *peer;
    const char *lines[LINES][2];
    const char *want_peer, *want_scheme, *want_host;
} requests[] = {
    { "without a word of the proxy nothing changes", "10.0.0.1", { { "Accept", "a" } }, "10.0.0.1", "http", "own" },
    { "a stranger's word counts for nothing", "192.0.2.1", { { FOR, "198.51.100.7" }, { PROTO, "https" }, { HOST, "x" } }, "192.0.2.1", "http", "own" },
    { "a proxy's does", "10.0.0.1", { { FOR, "198.51.100.7" }, { PROTO, "https" }, { HOST, "x:8" } }, "198.51.100.7", "https", "x:8" },
    { "one on a unix socket too", "unix", { { FOR, "198.51.100.7" }, { PROTO, "https" } }, "198.51.100.7", "https", "own" },
    { "one over IPv6", "2001:db8::1", { { FOR, "2001:DB9:0::7" } }, "2001:db9::7", "http", "own" },
    { "what the client wrote itself stands further left", "10.0.0.1", { { FOR, "127.0.0.1, 198.51.100.7" } }, "198.51.100.7", "http", "own" },
    { "trusted proxies are passed over", "10.0.0.1", { { FOR, "198.51.100.7, 10.0.0.3,10.0.0.2" } }, "198.51.100.7", "http", "own" },
    { "the rightmost untrusted hop wins", "10.0.0.1", { { FOR, "10.9.9.9, 198.51.100.7, 10.0.0.2" } }, "198.51.100.7", "http", "own" },
    { "if all are trusted it is the first", "10.0.0.1", { { FOR, "10.0.0.3, 10.0.0.2" } }, "10.0.0.3", "http", "own" },
    { "several lines are one list",
      "10.0.0.1",
      { { FOR, "127.0.0.1, 198.51.100.7" }, { "A", "b" }, { "x-forwarded-for", "10.0.0.2" } },
      "198.51.100.7",
      "http",
      "own" },
    { "empty elements are none", "10.0.0.1", { { FOR, "198.51.100.7, , 10.0.0.2,," } }, "198.51.100.7", "http", "own" },
    { "an empty list", "10.0.0.1", { { FOR, "" } }, "10.0.0.1", "http", "own" },
    { "what is no address ends the walk", "10.0.0.1", { { FOR, "198.51.100.7, unknown, 10.0.0.2" } }, "10.0.0.2", "http", "own" },
    { "no address at all", "10.0.0.1", { { FOR, "unknown" }, { PROTO, "https" } }, "10.0.0.1", "https", "own" },
    { "unix is no address of a client", "10.0.0.1", { { FOR, "unix" } }, "10.0.0.1", "http", "own" },
    { "with a port", "10.0.0.1", { { FOR, "198.51.100.7:5000" } }, "198.51.100.7", "http", "own" },
    { "with a port that is none", "10.0.0.1", { { FOR, "198.51.100.7:http" } }, "10.0.0.1", "http", "own" },
    { "with an empty port", "10.0.0.1", { { FOR, "198.51.100.7:" } }, "10.0.0.1", "http", "own" },
    { "in brackets", "10.0.0.1", { { FOR, "[2001:db9::7]" } }, "2001:db9::7", "http", "own" },
    { "in brackets with a port", "10.0.0.1", { { FOR, "[2001:db9::7]:5000" } }, "2001:db9::7", "http", "own" },
    { "a bracket that is not closed", "10.0.0.1", { { FOR, "[2001:db9::7" } }, "10.0.0.1", "http", "own" },
    { "something behind the bracket", "10.0.0.1", { { FOR, "[2001:db9::7]5" } }, "10.0.0.1", "http", "own" },
    { "empty brackets", "10.0.0.1", { { FOR, "[]" } }, "10.0.0.1", "http", "own" },
    { "mapped IPv4 is shown as IPv4", "10.0.0.1", { { FOR, "::ffff:198.51.100.7" } }, "198.51.100.7", "http", "own" },
    { "a scheme in capitals", "10.0.0.1", { { PROTO, "HTTPS" } }, "10.0.0.1", "https", "own" },
    { "a scheme that we do not speak", "10.0.0.1", { { PROTO, "wss" } }, "10.0.0.1", "http", "own" },
    { "the client's own scheme stands further left", "10.0.0.1", { { FOR, "198.51.100.7" }, { PROTO, "https, http" } }, "198.51.100.7", "http", "own" },
    { "the scheme of the hop that saw the client",
      "10.0.0.1",
      { { FOR, "198.51.100.7, 10.0.0.2" }, { PROTO, "https, http" } },
      "198.51.100.7",
      "https",
      "own" },
    { "one scheme serves all hops", "10.0.0.1", { { FOR, "198.51.100.7, 10.0.0.2" }, { PROTO, "https" } }, "198.51.100.7", "https", "own" },
    { "the host of the hop that saw the client",
      "10.0.0.1",
      { { FOR, "198.51.100.7, 10.0.0.2" }, { HOST, "evil, good, inner" } },
      "198.51.100.7",
      "http",
      "good" },
    { "a host that is none", "10.0.0.1", { { HOST, "a/b" } }, "10.0.0.1", "http", "own" },
    { "a host with a user", "10.0.0.1", { { HOST, "u@a" } }, "10.0.0.1", "http", "own" },
    { "an IPv6 host", "10.0.0.1", { { HOST, "[2001:db8::1]:443" } }, "10.0.0.1", "http", "[2001:db8::1]:443" },
};

static size_t trusted_ones(struct network out[3])
{
    const char *texts[] = { "10.0.0.0/8", "2001:db8::/32", "unix" };
    for (size_t i = 0; i < 3; i++) assert_true(network_read(str_c(texts[i]), &out[i]));
    return 3;
}

static void test_requests(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct network trusted[3];
    size_t n = trusted_ones(trusted);
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct header h[LINES];
        struct req rq = { .peer = str_c(requests[i].peer), .scheme = STR("http"), .host = STR("own"), .headers = h };
        for (; rq.n_headers < LINES && requests[i].lines[rq.n_headers][0]; rq.n_headers++)
            h[rq.n_headers] = (struct header){ str_c(requests[i].lines[rq.n_headers][0]), str_c(requests[i].lines[rq.n_headers][1]) };
        ROW_CHECK(requests[i].name, forward_apply(a, trusted, n, &rq) == ERR_OK);
        ROW_STR(requests[i].name, rq.peer, str_c(requests[i].want_peer));
        ROW_STR(requests[i].name, rq.scheme, str_c(requests[i].want_scheme));
        ROW_STR(requests[i].name, rq.host, str_c(requests[i].want_host));
    }
    arena_free(a);
    ROWS_END();
}

static err apply_once(void)
{
    struct arena *a = arena_new(1 << 20);
    if (!a) return ERR_NOMEM;
    struct network trusted[3];
    size_t n = trusted_ones(trusted);
    struct header h = { STR(FOR), STR("198.51.100.7") };
    struct req rq = { .peer = STR("unix"), .headers = &h, .n_headers = 1 };
    err e = forward_apply(a, trusted, n, &rq);
    arena_free(a);
    return e;
}

static void test_memory_fails(void **state)
{
    (void)state;
    fault_loop(apply_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_networks), cmocka_unit_test(test_held), cmocka_unit_test(test_requests),
                                        cmocka_unit_test(test_memory_fails) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
