/* http/forward.c: the client behind a trusted proxy: X-Forwarded-For, -Proto and -Host (server.md 2, trusted_proxies). */
#include "http/forward_int.h"
#include "http/gate_int.h"

#include <arpa/inet.h>

enum { MAPPED_BITS = 96, PORT_DIGITS = 5, HOST_MAX = 300 };
static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

static bool is_four(const struct address *a) { return memcmp(a->b, mapped, sizeof mapped) == 0; }

bool address_read(str text, struct address *out)
{
    char z[INET6_ADDRSTRLEN];
    if (text.n == 0 || text.n >= sizeof z || memchr(text.p, '\0', text.n)) return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    if (inet_pton(AF_INET6, z, out->b) == 1) return true;
    memcpy(out->b, mapped, sizeof mapped);
    return inet_pton(AF_INET, z, out->b + sizeof mapped) == 1;
}

static bool digits_only(str s, size_t most)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0 && s.n <= most;
}

static bool bit_at(const struct address *a, unsigned i) { return a->b[i / 8] & (0x80 >> i % 8); }

bool network_read(str text, struct network *out)
{
    str address;
    int64_t bits = 128;
    *out = (struct network){ .is_socket = str_is(text, "unix") };
    if (out->is_socket) return true;
    bool has_bits = str_cut(&text, '/', &address);
    if (!address_read(address, &out->at)) return false;
    if (has_bits) {
        unsigned before = str_find(address, ':', 0) < address.n ? 0 : MAPPED_BITS;
        if (!digits_only(text, 3) || str_int(text, &bits) || bits > 128 - (int64_t)before) return false;
        bits += before;
    }
    out->bits = (unsigned)bits;
    for (unsigned i = out->bits; i < 128; i++)
        if (bit_at(&out->at, i)) return false;
    return true;
}

bool http_network_ok(str text)
{
    struct network n;
    return network_read(text, &n);
}

bool network_has(const struct network *n, const struct address *a)
{
    bool four = n->bits >= MAPPED_BITS && is_four(&n->at);
    if (n->is_socket || four != is_four(a)) return false;
    for (unsigned i = 0; i < n->bits; i++)
        if (bit_at(&n->at, i) != bit_at(a, i)) return false;
    return true;
}

static bool is_trusted(const struct network *trusted, size_t n, const struct address *a)
{
    for (size_t i = 0; i < n; i++)
        if (network_has(&trusted[i], a)) return true;
    return false;
}

/* Whoever sits on the other end of the connection. */
static bool is_trusted_peer(const struct network *trusted, size_t n, str peer)
{
    struct address at;
    if (address_read(peer, &at)) return is_trusted(trusted, n, &at);
    for (size_t i = 0; i < n; i++)
        if (trusted[i].is_socket && str_is(peer, "unix")) return true;
    return false;
}

/* a list over all lines of that name, from its right end */
struct list {
    const struct req *rq;
    str name;
    size_t line; /* lines before this one are still to come */
    str rest;    /* of the current line, what is left of the last element given */
    bool more;   /* rest holds an element */
};
static struct list list_of(const struct req *rq, str name) { return (struct list){ .rq = rq, .name = name, .line = rq->n_headers }; }

static bool list_line(struct list *l)
{
    while (l->line > 0) {
        const struct header *h = &l->rq->headers[--l->line];
        if (!str_eq_nocase(h->name, l->name)) continue;
        l->rest = h->value;
        l->more = true;
        return true;
    }
    return false;
}

/* Empty elements are none (RFC 9110 5.6.1). */
static bool list_next(struct list *l, str *out)
{
    while (l->more || list_line(l)) {
        size_t from = l->rest.n;
        while (from > 0 && l->rest.p[from - 1] != ',') from--;
        *out = str_trim(str_from(l->rest, from));
        l->more = from > 0;
        if (from > 0) l->rest.n = from - 1;
        if (out->n) return true;
    }
    return false;
}

/* The element at this distance from the right, or the first of a shorter list; absent without any. */
static str list_at(struct list l, size_t index)
{
    str found = STR_NULL, next;
    for (size_t i = 0; i <= index && list_next(&l, &next); i++) found = next;
    return found;
}

/* Some proxies add the port: 192.0.2.1:5000, [2001:db8::1], [2001:db8::1]:5000. */
static bool hop_read(str text, struct address *out)
{
    size_t colon, close = str_find(text, ']', 0);
    if (text.n && text.p[0] == '[' && close < text.n) {
        colon = close + 1;
        if (colon < text.n && text.p[colon] != ':') return false;
    } else if (str_find(text, '.', 0) < text.n && str_search(text, STR("::")) == text.n) {
        colon = str_find(text, ':', 0);
        close = 0;
    } else {
        return address_read(text, out);
    }
    if (colon < text.n && !digits_only(str_from(text, colon + 1), PORT_DIGITS)) return false;
    return address_read(close ? (str){ text.p + 1, close - 1 } : str_head(text, colon), out);
}

static err address_text(struct arena *a, const struct address *at, str *out)
{
    char *z = NEW_N(a, char, INET6_ADDRSTRLEN);
    if (!z) return ERR_NOMEM;
    bool four = is_four(at);
    inet_ntop(four ? AF_INET : AF_INET6, at->b + (four ? sizeof mapped : 0), z, INET6_ADDRSTRLEN);
    *out = str_c(z);
    return ERR_OK;
}

err forward_apply(struct arena *a, const struct network *trusted, size_t n, struct req *rq)
{
    struct list hops = list_of(rq, STR("x-forwarded-for"));
    struct address at = { 0 }, next;
    size_t index = 0;
    bool found = false;
    str hop;
    if (!is_trusted_peer(trusted, n, rq->peer)) return ERR_OK;
    for (size_t i = 0; list_next(&hops, &hop) && hop_read(hop, &next); i++) {
        found = true;
        at = next;
        index = i;
        if (!is_trusted(trusted, n, &at)) break;
    }
    if (found) TRY(address_text(a, &at, &rq->peer));
    str scheme = list_at(list_of(rq, STR("x-forwarded-proto")), index), host = list_at(list_of(rq, STR("x-forwarded-host")), index);
    if (str_eq_nocase(scheme, STR("https"))) rq->scheme = STR("https");
    if (str_eq_nocase(scheme, STR("http"))) rq->scheme = STR("http");
    if (host.n && host.n <= HOST_MAX && gate_host_ok(host)) rq->host = host;
    return ERR_OK;
}
