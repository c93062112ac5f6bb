/* crypto/jwt_key.c: keys of tokens as values: making, generating, thumbprints (RFC 7638) and writing JWK (RFC 7517, 7518 6, RFC 8037 2). */
#include "base/fault.h"
#include "crypto/jwt_int.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

enum jwt_alg jwt_key_alg(const struct jwt_key *k) { return k->alg; }
str jwt_key_id(const struct jwt_key *k) { return k->kid; }
bool jwt_key_signs(const struct jwt_key *k) { return k->signs; }

static void key_end(void *what)
{
    struct jwt_key *k = what;
    EVP_PKEY_free(k->pkey);
    crypto_wipe(k, sizeof *k);
}

err jwt_key_new(struct arena *a, enum jwt_alg alg, str kid, struct jwt_key **out)
{
    struct jwt_key *k = NEW(a, struct jwt_key);
    if (!k) return ERR_NOMEM;
    k->alg = alg;
    TRY(arena_on_end(a, key_end, k));
    if (!str_absent(kid)) TRY(arena_str(a, kid, &k->kid));
    *out = k;
    return ERR_OK;
}

/* Bytes of a secret in the arena; undone before its key's wipe, which leaves them alone. */
struct secret {
    size_t n;
    uint8_t bytes[];
};

static void secret_end(void *what)
{
    struct secret *s = what;
    crypto_wipe(s->bytes, s->n);
}

err jwt_key_keep(struct arena *a, struct jwt_key *k, str secret)
{
    struct secret *s = arena_take(a, 1, sizeof *s + secret.n, _Alignof(struct secret));
    if (!s) return ERR_NOMEM;
    s->n = secret.n;
    memcpy(s->bytes, secret.p, secret.n);
    TRY(arena_on_end(a, secret_end, s));
    k->secret = (str){ (const char *)s->bytes, s->n };
    k->signs = true;
    return ERR_OK;
}

err jwt_key_hmac_shared(struct arena *a, str secret, str kid, struct jwt_key **out)
{
    struct jwt_key *k;
    if (secret.n == 0 || secret.n > JWT_JWK_MAX) return ERR_INPUT;
    TRY(jwt_key_new(a, JWT_HS256, kid, &k));
    TRY(jwt_key_keep(a, k, secret));
    *out = k;
    return ERR_OK;
}

err jwt_key_hmac(struct arena *a, str secret, str kid, struct jwt_key **out)
{
    return secret.n < JWT_SECRET_MIN ? ERR_INPUT : jwt_key_hmac_shared(a, secret, kid, out);
}

static err generate_bytes(struct arena *a, struct jwt_key *k)
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    size_t n = JWT_SECRET_MIN;
    if (k->alg == JWT_EDDSA) {
        n = sizeof secret;
        (void)crypto_sign_keypair(k->ed25519, secret);
    } else {
        crypto_random(secret, n);
    }
    err e = jwt_key_keep(a, k, (str){ (const char *)secret, n });
    crypto_wipe(secret, sizeof secret);
    return e;
}

err jwt_key_generate(struct arena *a, enum jwt_alg alg, str kid, struct jwt_key **out)
{
    char print[JWT_THUMBPRINT];
    struct jwt_key *k;
    TRY(jwt_key_new(a, alg, kid, &k));
    if (alg == JWT_RS256)
        k->pkey = EVP_RSA_gen(2048);
    else if (alg == JWT_ES256)
        k->pkey = EVP_EC_gen("P-256");
    else
        TRY(generate_bytes(a, k));
    if ((alg == JWT_RS256 || alg == JWT_ES256) && !k->pkey) return ERR_NOMEM;
    k->signs = true;
    if (str_absent(kid)) {
        TRY(jwt_key_thumbprint(k, print));
        TRY(arena_str(a, (str){ print, sizeof print }, &k->kid));
    }
    *out = k;
    return ERR_OK;
}

/* writing */

static err put_bytes(struct jw *w, const char *member, str bytes)
{
    char *text = buf_ok(w->to) == ERR_OK && !fault_here() ? malloc(b64_length(bytes.n) + 1) : NULL;
    if (!text) return ERR_NOMEM;
    b64_encode(text, bytes);
    jw_kstr(w, member, (str){ text, b64_length(bytes.n) });
    crypto_wipe(text, b64_length(bytes.n));
    free(text);
    return buf_ok(w->to);
}

/* pad: length in bytes, 0 for as few as it takes. */
static err put_number(struct jw *w, const char *member, const struct jwt_key *k, const char *name, int pad)
{
    uint8_t bytes[JWT_SIGNATURE_MAX];
    BIGNUM *v = NULL;
    err e = ERR_NOMEM;
    if (EVP_PKEY_get_bn_param(k->pkey, name, &v) == 1 && BN_num_bytes(v) <= (int)sizeof bytes) {
        int n = pad ? BN_bn2binpad(v, bytes, pad) : BN_bn2bin(v, bytes);
        if (n >= 0) e = put_bytes(w, member, (str){ (char *)bytes, (size_t)n });
    }
    BN_clear_free(v);
    crypto_wipe(bytes, sizeof bytes);
    return e;
}

/* What identifies the key, in the order of RFC 7638 3.2: by name. */
static err put_public(struct jw *w, const struct jwt_key *k)
{
    switch (k->alg) {
    case JWT_HS256:
        TRY(put_bytes(w, "k", k->secret));
        jw_kstr(w, "kty", STR("oct"));
        break;
    case JWT_RS256:
        TRY(put_number(w, "e", k, OSSL_PKEY_PARAM_RSA_E, 0));
        jw_kstr(w, "kty", STR("RSA"));
        return put_number(w, "n", k, OSSL_PKEY_PARAM_RSA_N, 0);
    case JWT_ES256:
        jw_kstr(w, "crv", STR("P-256"));
        jw_kstr(w, "kty", STR("EC"));
        TRY(put_number(w, "x", k, OSSL_PKEY_PARAM_EC_PUB_X, JWT_P256));
        return put_number(w, "y", k, OSSL_PKEY_PARAM_EC_PUB_Y, JWT_P256);
    case JWT_EDDSA:
        jw_kstr(w, "crv", STR("Ed25519"));
        jw_kstr(w, "kty", STR("OKP"));
        return put_bytes(w, "x", (str){ (const char *)k->ed25519, sizeof k->ed25519 });
    case JWT_ALG__COUNT: break;
    }
    return buf_ok(w->to);
}

const struct jwt_number jwt_rsa_private[] = {
    { "d", OSSL_PKEY_PARAM_RSA_D },          { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },
    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 }, { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 }, { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};
_Static_assert(COUNT_OF(jwt_rsa_private) == JWT_RSA_PRIVATE, "the private members of RFC 7518 6.3.2");

static err put_private(struct jw *w, const struct jwt_key *k)
{
    if (k->alg == JWT_EDDSA) return put_bytes(w, "d", (str){ k->secret.p, crypto_sign_SEEDBYTES });
    if (k->alg == JWT_ES256) return put_number(w, "d", k, OSSL_PKEY_PARAM_PRIV_KEY, JWT_P256);
    for (size_t i = 0; k->alg == JWT_RS256 && i < JWT_RSA_PRIVATE; i++) TRY(put_number(w, jwt_rsa_private[i].member, k, jwt_rsa_private[i].name, 0));
    return ERR_OK;
}

err jwt_key_write(const struct jwt_key *k, bool with_private, struct jw *w)
{
    if (k->alg == JWT_HS256 && !with_private) return ERR_INPUT;
    jw_open(w, '{');
    TRY(put_public(w, k));
    if (!str_absent(k->kid)) jw_kstr(w, "kid", k->kid);
    jw_kstr(w, "use", STR("sig"));
    jw_kstr(w, "alg", str_c(jwt_alg_name(k->alg)));
    if (with_private && k->signs) TRY(put_private(w, k));
    jw_close(w, '}');
    return buf_ok(w->to);
}

err jwt_key_thumbprint(const struct jwt_key *k, char out[static JWT_THUMBPRINT])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    struct buf b = BUF(JWT_JWK_MAX * 2);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    err e = put_public(&w, k);
    jw_close(&w, '}');
    if (e == ERR_OK) e = buf_ok(&b);
    if (e == ERR_OK) {
        (void)crypto_hash_sha256(hash, (const unsigned char *)b.p, b.n);
        b64_encode(out, (str){ (char *)hash, sizeof hash });
    }
    if (b.p) crypto_wipe(b.p, b.n);
    buf_release(&b);
    return e;
}
