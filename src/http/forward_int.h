/* http/forward_int.h: which proxies are trusted and what they say about the client that they speak for; private to this room and its tests.
 * Spec: server 2, trusted_proxies. */
#pragma once
#include "http/http.h"

/* IPv4 stands in its IPv6-mapped form, so that one comparison serves both. */
struct address {
    uint8_t b[16];
};
struct network {
    struct address at;
    unsigned bits;  /* of at, 0 to 128 */
    bool is_socket; /* "unix": whoever connects to one of our unix sockets */
};

/* "192.0.2.1" or "2001:db8::1", without port or zone. */
bool address_read(str text, struct address *out);
/* "10.0.0.0/8", "2001:db8::/32", an address alone, or "unix". Bits behind the prefix must be zero: a mistyped length trusts too many. */
bool network_read(str text, struct network *out);
/* IPv6 networks hold no IPv4 address, however short they are. */
bool network_has(const struct network *n, const struct address *a);

/* A request whose peer is one of these: peer, scheme and host become what the proxy says they are. Everything else stays, also what the proxy says
 * if it makes no sense.
 *   peer          X-Forwarded-For from the right, the first address that is no trusted proxy's; if all are, the leftmost. What is no address ends the walk.
 *   scheme, host  X-Forwarded-Proto, -Host: of a list the element of the hop that saw this peer, counted from the right; a shorter list's first
 * Lists may be spread over several lines. ERR_NOMEM or ERR_OK. */
err forward_apply(struct arena *a, const struct network *trusted, size_t n, struct req *rq) MUST_CHECK;
