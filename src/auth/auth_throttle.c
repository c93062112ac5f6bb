/* auth/auth_throttle.c: how often something may be tried. */
#include "auth/auth_int.h"
#include <arpa/inet.h>

/* A zero byte keeps name and key apart. */
static err hash_of(struct auth *a, struct call *c, const struct throttle *t, str key, uint8_t out[static CRYPTO_HASH])
{
    str name = str_c(t->name);
    size_t n = name.n + 1 + key.n;
    char *p = NEW_N(c->mem, char, n);
    if (!p) return ERR_NOMEM;
    if (name.n) memcpy(p, name.p, name.n);
    if (key.n) memcpy(p + name.n + 1, key.p, key.n);
    crypto_keyed_hash(out, a->throttles, (str){ p, n });
    return ERR_OK;
}

static int64_t wait_of(int64_t ends_at_ms, int64_t now_ms)
{
    int64_t left = (ends_at_ms - now_ms + 999) / 1000;
    return left > 0 ? left : 1;
}

/* A window that would end later was begun under a clock that has been set back since: it is over, or its key were locked out for as long. Clocks of
 * several servers differ by far less than a window. */
static int64_t latest_end(const struct throttle *t, int64_t now_ms) { return now_ms + 2 * t->window_ms; }

err throttle_hit(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    *wait_s = 0;
    if (a->unlimited && !t->always) return ERR_OK;
    TRY(hash_of(a, c, t, key, hash));
    TRY(db_get(c, &auth_q[AQ_THROTTLE_HIT], &row, (str){ (const char *)hash, sizeof hash }, c->now_ms + t->window_ms, c->now_ms, latest_end(t, c->now_ms)));
    if (row[0].i > t->limit) *wait_s = wait_of(row[1].i, c->now_ms);
    return ERR_OK;
}

err throttle_check(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    *wait_s = 0;
    if (a->unlimited && !t->always) return ERR_OK;
    TRY(hash_of(a, c, t, key, hash));
    TRY(db_find(c, &auth_q[AQ_THROTTLE_SEE], &row, (str){ (const char *)hash, sizeof hash }, c->now_ms, latest_end(t, c->now_ms)));
    if (row && row[0].i >= t->limit) *wait_s = wait_of(row[1].i, c->now_ms);
    return ERR_OK;
}

err throttle_clear(struct auth *a, struct call *c, const struct throttle *t, str key)
{
    uint8_t hash[CRYPTO_HASH];
    TRY(hash_of(a, c, t, key, hash));
    return db_run(c, &auth_q[AQ_THROTTLE_CLEAR], (str){ (const char *)hash, sizeof hash });
}

err throttle_network(struct arena *a, str peer, str *out)
{
    char z[64];
    uint8_t b[16];
    *out = peer;
    if (!peer.n || peer.n >= sizeof z || str_find(peer, ':', 0) == peer.n) return ERR_OK;
    memcpy(z, peer.p, peer.n);
    z[peer.n] = '\0';
    if (inet_pton(AF_INET6, z, b) != 1) return ERR_OK;
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (memcmp(b, mapped, sizeof mapped) == 0) return arena_printf(a, out, "%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
    return arena_printf(a, out, "%02x%02x:%02x%02x:%02x%02x:%02x%02x/64", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
}
