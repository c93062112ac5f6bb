/* tests/unit/http/test_address.c: which addresses are hosts of the public Internet. */
#include "../base/rows.h"
#include "http/client.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static const struct {
    const char *name, *address;
    bool want;
} rows[] = {
    { "a host", "8.8.8.8", true },
    { "the first after this network", "1.0.0.0", true },
    { "this network", "0.0.0.0", false },
    { "this network's last", "0.255.255.255", false },
    { "private, ten", "10.0.0.1", false },
    { "before ten", "9.255.255.255", true },
    { "after ten", "11.0.0.0", true },
    { "carrier-grade NAT", "100.64.0.1", false },
    { "its last", "100.127.255.255", false },
    { "before it", "100.63.255.255", true },
    { "after it", "100.128.0.0", true },
    { "loopback", "127.0.0.1", false },
    { "all of loopback", "127.255.255.254", false },
    { "metadata of a cloud", "169.254.169.254", false },
    { "private, 172", "172.16.0.1", false },
    { "its last", "172.31.255.255", false },
    { "after it", "172.32.0.0", true },
    { "protocol assignments", "192.0.0.8", false },
    { "documentation 1", "192.0.2.1", false },
    { "between", "192.0.1.1", true },
    { "6to4 relay", "192.88.99.1", false },
    { "private, 192.168", "192.168.1.1", false },
    { "benchmarks", "198.19.255.255", false },
    { "documentation 2", "198.51.100.7", false },
    { "documentation 3", "203.0.113.7", false },
    { "multicast", "224.0.0.1", false },
    { "before multicast", "223.255.255.255", true },
    { "reserved", "240.0.0.1", false },
    { "broadcast", "255.255.255.255", false },
    { "an IPv6 host", "2606:4700:4700::1111", true },
    { "unspecified", "::", false },
    { "IPv6 loopback", "::1", false },
    { "a mapped host", "::ffff:8.8.8.8", true },
    { "a mapped loopback", "::ffff:127.0.0.1", false },
    { "a mapped private one", "::ffff:10.1.2.3", false },
    { "a mapped cloud's metadata", "::ffff:169.254.169.254", false },
    { "IPv4-compatible", "::8.8.8.8", false },
    { "a translated host", "64:ff9b::8.8.8.8", true },
    { "a translated private one", "64:ff9b::10.0.0.1", false },
    { "a translated loopback", "64:ff9b::127.0.0.1", false },
    { "a local translator", "64:ff9b:1::8.8.8.8", false },
    { "discard", "100::1", false },
    { "Teredo", "2001::1", false },
    { "ORCHID", "2001:20::1", false },
    { "the last of the assignments", "2001:1ff:ffff::1", false },
    { "the first that is given out", "2001:200::1", true },
    { "documentation", "2001:db8::1", false },
    { "after it", "2001:db9::1", true },
    { "6to4 of a private one", "2002:a00:1::1", false },
    { "documentation, the new", "3fff::1", false },
    { "after it", "3fff:1000::1", true },
    { "not given out", "4000::1", false },
    { "segment routing", "5f00::1", false },
    { "unique local", "fd12:3456::1", false },
    { "unique local, first", "fc00::1", false },
    { "link-local", "fe80::1", false },
    { "site-local", "fec0::1", false },
    { "IPv6 multicast", "ff02::1", false },
};

static void addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sockaddr_in four = { .sin_family = AF_INET };
        struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
        bool is_four = inet_pton(AF_INET, rows[i].address, &four.sin_addr) == 1;
        ROW_CHECK(rows[i].name, is_four || inet_pton(AF_INET6, rows[i].address, &six.sin6_addr) == 1);
        bool got = http_address_is_public(is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six);
        if (got != rows[i].want) print_error("%s: ", rows[i].address);
        ROW_CHECK(rows[i].name, got == rows[i].want);
    }
    ROWS_END();
}

static void other_families(void **state)
{
    (void)state;
    struct sockaddr_storage a = { .ss_family = AF_UNIX };
    assert_false(http_address_is_public((struct sockaddr *)&a));
    a.ss_family = AF_UNSPEC;
    assert_false(http_address_is_public((struct sockaddr *)&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "addresses of special ranges are told from hosts", addresses, NULL, NULL, NULL },
        { "what is no Internet address is no host", other_families, NULL, NULL, NULL },
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
