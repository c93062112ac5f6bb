/* Fuzz target: networks of proxies in the first line, the peer in the second, then headers. What is claimed: a peer is an address or what it was, a
 * scheme one of two, a host free of what does not belong there; and nobody changes his own address by what he writes in front of it. */
#include "base/arena.h"
#include "http/forward_int.h"
#include "http/gate_int.h"
#include <stdlib.h>

enum { LINES = 20, NETWORKS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

static bool holds(const struct network *n, size_t count, str peer)
{
    struct address a;
    must(address_read(peer, &a));
    for (size_t i = 0; i < count; i++)
        if (network_has(&n[i], &a)) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size }, line, peer, item;
    struct network trusted[NETWORKS];
    struct header h[LINES + 1] = { { STR("X-Forwarded-For"), STR("203.0.113.99, ,x") } };
    size_t n = 0, lines = 0;
    str_cut(&text, '\n', &line);
    for (bool more = true; more && n < NETWORKS;) {
        more = str_cut(&line, ' ', &item);
        n += network_read(item, &trusted[n]);
    }
    str_cut(&text, '\n', &peer);
    for (bool more = true; more && lines < LINES;) {
        str name;
        more = str_cut(&text, '\n', &line);
        str_cut(&line, ':', &name);
        h[++lines] = (struct header){ name, line };
    }
    struct arena *a = arena_new(1 << 20);
    if (!a) return 0;
    struct req rq = { .peer = peer, .scheme = STR("http"), .host = STR("own"), .headers = h + 1, .n_headers = lines }, spoofed = rq;
    spoofed.headers = h;
    spoofed.n_headers = lines + 1;
    must(forward_apply(a, trusted, n, &rq) == ERR_OK && forward_apply(a, trusted, n, &spoofed) == ERR_OK);
    must(str_is(rq.scheme, "http") || str_is(rq.scheme, "https"));
    must(gate_host_ok(rq.host) && rq.host.n > 0);
    if (rq.peer.p != peer.p && !holds(trusted, n, rq.peer)) must(str_eq(rq.peer, spoofed.peer));
    arena_free(a);
    return 0;
}
