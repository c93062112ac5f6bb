/* http/address.c: which addresses are hosts of the public Internet: the special-purpose registries of IANA (RFC 6890 and what was added since). */
#include "http/client.h"
#include "http/forward_int.h"
#include <netinet/in.h>

static const char *const special[] = {
    "0.0.0.0/8",       /* this network */
    "10.0.0.0/8",      /* private */
    "100.64.0.0/10",   /* carrier-grade NAT */
    "127.0.0.0/8",     /* loopback */
    "169.254.0.0/16",  /* link-local, and where clouds keep their credentials */
    "172.16.0.0/12",   /* private */
    "192.0.0.0/24",    /* protocol assignments */
    "192.0.2.0/24",    /* documentation */
    "192.88.99.0/24",  /* 6to4 relays, withdrawn */
    "192.168.0.0/16",  /* private */
    "198.18.0.0/15",   /* benchmarks */
    "198.51.100.0/24", /* documentation */
    "203.0.113.0/24",  /* documentation */
    "224.0.0.0/4",     /* multicast */
    "240.0.0.0/4",     /* reserved, broadcast */
    "2001::/23",       /* protocol assignments: Teredo, ORCHID, benchmarks … */
    "2001:db8::/32",   /* documentation */
    "2002::/16",       /* 6to4: an IPv4 address in disguise */
    "3fff::/20",       /* documentation */
};

static bool within(const struct address *a, const char *net)
{
    struct network n;
    return network_read(str_c(net), &n) && network_has(&n, a);
}

static struct address from_four(const uint8_t four[static 4])
{
    struct address a = { { [10] = 0xff, [11] = 0xff } };
    memcpy(a.b + 12, four, 4);
    return a;
}

static bool is_public(const struct address *a)
{
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (within(a, special[i])) return false;
    return true;
}

bool http_address_is_public(const struct sockaddr *sa)
{
    struct address a;
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        a = from_four((const uint8_t *)&in.sin_addr);
        return is_public(&a);
    }
    if (sa->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, sa, sizeof in6);
    memcpy(a.b, &in6.sin6_addr, sizeof a.b);
    /* Where there is only IPv6, IPv4 hosts are reached through the translator's well-known prefix (RFC 6052). */
    if (within(&a, "64:ff9b::/96")) a = from_four(a.b + 12);
    /* Of IPv6 only this block is given out; everything else is unique local, link-local, multicast, unspecified or not assigned. */
    return is_public(&a) && (within(&a, "0.0.0.0/0") || within(&a, "2000::/3"));
}
