/* auth/auth_throttle.c: how often something may be tried. */
#include "auth/auth_int.h"

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

err throttle_hit(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    *wait_s = 0;
    if (a->unlimited) return ERR_OK;
    TRY(hash_of(a, c, t, key, hash));
    TRY(db_get(c, &auth_q[AQ_THROTTLE_HIT], &row, (str){ (const char *)hash, sizeof hash }, c->now_ms + t->window_ms, c->now_ms));
    if (row[0].i > t->limit) *wait_s = wait_of(row[1].i, c->now_ms);
    return ERR_OK;
}

err throttle_check(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    *wait_s = 0;
    if (a->unlimited) return ERR_OK;
    TRY(hash_of(a, c, t, key, hash));
    TRY(db_find(c, &auth_q[AQ_THROTTLE_SEE], &row, (str){ (const char *)hash, sizeof hash }, c->now_ms));
    if (row && row[0].i >= t->limit) *wait_s = wait_of(row[1].i, c->now_ms);
    return ERR_OK;
}

err throttle_clear(struct auth *a, struct call *c, const struct throttle *t, str key)
{
    uint8_t hash[CRYPTO_HASH];
    TRY(hash_of(a, c, t, key, hash));
    return db_run(c, &auth_q[AQ_THROTTLE_CLEAR], (str){ (const char *)hash, sizeof hash });
}
