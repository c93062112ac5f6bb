/* auth/auth_link.c: one-time links, which prove that somebody reads a mailbox (or was given the link by an administrator). */
#include "auth/auth_int.h"

static void hash_of(const struct auth *a, str token, uint8_t out[static CRYPTO_HASH]) { crypto_keyed_hash(out, a->links, token); }

err link_new(struct auth *a, struct call *c, str account_id, const char *purpose, int64_t ttl_ms, str *token)
{
    uint8_t hash[CRYPTO_HASH];
    int64_t made;
    char *text = NEW_N(c->mem, char, CRYPTO_TOKEN);
    if (!text) return ERR_NOMEM;
    crypto_token(text);
    str made_token = { text, CRYPTO_TOKEN };
    hash_of(a, made_token, hash);
    TRY(db_run_count(c, &auth_q[AQ_LINK_INSERT], &made, (str){ (const char *)hash, sizeof hash }, str_c(purpose), c->now_ms, c->now_ms + ttl_ms, account_id));
    if (!made) return ERR_NOT_FOUND;
    *token = made_token;
    return ERR_OK;
}

err link_find(struct auth *a, struct call *c, str token, const char *purpose, struct account **out)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    hash_of(a, token, hash);
    TRY(db_find(c, &auth_q[AQ_LINK_FIND], &row, (str){ (const char *)hash, sizeof hash }, str_c(purpose), c->now_ms));
    *out = NULL;
    if (!row) return ERR_OK;
    struct account *found = NEW(c->mem, struct account);
    if (!found) return ERR_NOMEM;
    account_from_row(row, found);
    *out = found;
    return ERR_OK;
}

err link_use(struct auth *a, struct call *c, str token, const char *purpose, struct account **out)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    TRY(link_find(a, c, token, purpose, out));
    if (!*out) return ERR_OK;
    hash_of(a, token, hash);
    TRY(db_find(c, &auth_q[AQ_LINK_USE], &row, c->now_ms, (str){ (const char *)hash, sizeof hash }));
    if (!row) *out = NULL; /* somebody else was quicker */
    return ERR_OK;
}

err link_url_for(struct auth *a, struct arena *mem, const char *purpose, str token, str *out)
{
    const char *origin = *a->base_url ? NULL : atomic_load(&a->origin);
    const char *base = origin ? origin : a->base_url;
    if (str_absent(token)) return arena_printf(mem, out, "%s/account/%s", base, purpose);
    return arena_printf(mem, out, "%s/account/%s?token=" STR_FMT, base, purpose, STR_ARG(token));
}

err link_url(struct auth *a, struct arena *mem, str token, str *out) { return link_url_for(a, mem, LINK_PASSWORD, token, out); }
