/* rooms/accounts/accounts_token.c: session tokens (django-cfg 7): HS256, the claims of the specification and no others.
 *
 * A token must die when the account's epoch moves, and its claims have no room for one. So half of the jti is random, the other half a keyed hash over that,
 * the token's type, the account and the epoch it was made under: whoever checks it makes the same hash from the account as it is now. */
#include "rooms/accounts/accounts_int.h"
#include <stdio.h>

enum { JTI_RANDOM = 8 };

static const char *const types[] = { [TOKEN_ACCESS] = "access", [TOKEN_REFRESH] = "refresh" };

static void seal(const struct accounts *r, const char *random_hex, enum token_type type, const struct account *who, char out[static JTI])
{
    char text[256];
    uint8_t hash[CRYPTO_HASH];
    int n = snprintf(text, sizeof text, "%.*s|%s|%.*s|%lld", JTI_RANDOM * 2, random_hex, types[type], (int)str_head(who->id, 64).n, who->id.p,
                     (long long)who->epoch);
    crypto_keyed_hash(hash, r->epochs, (str){ text, (size_t)n });
    memmove(out, random_hex, JTI_RANDOM * 2);
    crypto_hex(out + (size_t)JTI_RANDOM * 2, hash, (JTI - JTI_RANDOM * 2) / 2);
}

static err make(struct call *c, enum token_type type, const struct account *who, int64_t life_s, str *out, char jti[static JTI])
{
    const struct accounts *r = accounts_of(c);
    uint8_t random[JTI_RANDOM];
    char hex[JTI_RANDOM * 2];
    str claims;
    int64_t now_s = c->now_ms / 1000;
    crypto_random(random, sizeof random);
    crypto_hex(hex, random, sizeof random);
    seal(r, hex, type, who, jti);
    TRY(arena_printf(c->mem, &claims, "{\"token_type\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"jti\":\"%.*s\",\"user_id\":\"%lld\"}", types[type],
                     (long long)(now_s + life_s), (long long)now_s, JTI, jti, (long long)who->number));
    return jwt_sign(c->mem, r->tokens, claims, out);
}

err cfg_tokens_make(struct call *c, const struct account *who, struct tokens *out)
{
    const struct accounts *r = accounts_of(c);
    char jti[JTI];
    TRY(make(c, TOKEN_ACCESS, who, r->o.access_s, &out->access, jti));
    TRY(make(c, TOKEN_REFRESH, who, r->o.refresh_s, &out->refresh, jti));
    return cfg_refresh_put(c, (str){ jti, JTI }, who->id, (c->now_ms / 1000 + r->o.refresh_s) * 1000);
}

/* A number, or its digits (django-cfg 7). */
static bool user_of(const struct jwt *t, int64_t *out)
{
    str text = jwt_text(t, "user_id");
    return str_absent(text) ? jwt_int(t, "user_id", out) : cfg_digits_only(text) && str_int(text, out) == ERR_OK;
}

err cfg_token_read(struct call *c, str text, enum token_type type, struct token *out, const char **fault)
{
    const struct jwt_key *const keys[] = { accounts_of(c)->tokens };
    const struct jwt_rules rules = { .now_ms = c->now_ms, .need_exp = true };
    struct jwt t;
    enum jwt_fault why;
    *fault = NULL;
    err e = jwt_verify(c->mem, text, keys, COUNT_OF(keys), &rules, &t, &why);
    if (e == ERR_ANONYMOUS) {
        *fault = why == JWT_EXPIRED ? "Token is expired" : "Token is invalid";
        return ERR_OK;
    }
    TRY(e);
    out->jti = jwt_text(&t, "jti");
    if (!out->jti.n)
        *fault = "Token has no id";
    else if (!str_is(jwt_text(&t, "token_type"), types[type]))
        *fault = "Token has wrong type";
    else if (out->jti.n != JTI || !user_of(&t, &out->user) || !jwt_int(&t, "exp", &out->expires_s))
        *fault = "Token is invalid";
    return ERR_OK;
}

bool cfg_token_fits(const struct accounts *r, const struct token *t, enum token_type type, const struct account *who)
{
    char jti[JTI];
    seal(r, t->jti.p, type, who, jti);
    return crypto_equal((str){ jti, JTI }, t->jti);
}
