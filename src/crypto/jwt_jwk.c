/* crypto/jwt_jwk.c: reading a JWK (RFC 7517, 7518 6, RFC 8037 2), from our own store or from a stranger's key set. */
#include "crypto/jwt_int.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <sodium.h>

struct reading {
    struct arena *a;
    struct json_members members;
    struct jwt_key *key;
    const char *why; /* static text once something is wrong */
};

static err wrong(struct reading *r, const char *why)
{
    r->why = why;
    return ERR_INPUT;
}

/* A text member without escapes, as a slice of the input: secrets are not copied. Absent if it is not there or something else. */
static str plain(const struct reading *r, const char *name)
{
    str v = json_member(&r->members, name);
    if (v.n < 2 || v.p[0] != '"' || str_find(v, '\\', 0) < v.n) return STR_NULL;
    return (str){ v.p + 1, v.n - 2 };
}

static bool has(const struct reading *r, const char *name) { return !str_absent(json_member(&r->members, name)); }

/* Decoded bytes in the arena; who reads a secret wipes them. */
static err bytes_of(struct reading *r, const char *name, const char *why, str *out)
{
    err e = b64_decode(r->a, plain(r, name), out);
    return e == ERR_INPUT || (e == ERR_OK && out->n == 0) ? wrong(r, why) : e;
}

static void wipe(str s) { crypto_wipe((char *)(uintptr_t)s.p, s.n); }

/* keys of OpenSSL */

enum { NUMBERS_MAX = 2 + JWT_RSA_PRIVATE };

/* The builder borrows the numbers and the point until it is done. */
struct built {
    OSSL_PARAM_BLD *builder;
    BIGNUM *numbers[NUMBERS_MAX];
    size_t n;
    uint8_t point[1 + 2 * JWT_P256]; /* uncompressed */
};

static bool push(struct built *b, const char *name, str bytes)
{
    BIGNUM *v = BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
    if (!v) return false;
    b->numbers[b->n++] = v;
    return OSSL_PARAM_BLD_push_BN(b->builder, name, v) == 1;
}

static void built_end(struct built *b)
{
    OSSL_PARAM_BLD_free(b->builder);
    while (b->n) BN_clear_free(b->numbers[--b->n]);
}

/* The key, checked: the point is on its curve. NULL if it is none. */
static EVP_PKEY *build(struct built *b, const char *type, bool with_private)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b->builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL), *check = NULL;
    bool good = params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, &key, with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1 && key;
    if (good) check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    good = good && check && EVP_PKEY_public_check(check) == 1;
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    if (!good) {
        EVP_PKEY_free(key);
        ERR_clear_error(); /* the thread's queue is also that of its TLS connections */
        return NULL;
    }
    return key;
}

static err push_member(struct reading *r, struct built *b, const char *member, const char *name, const char *why)
{
    str v;
    TRY(bytes_of(r, member, why, &v));
    bool good = push(b, name, v);
    wipe(v);
    return good ? ERR_OK : ERR_NOMEM;
}

static err read_rsa_numbers(struct reading *r, struct built *b, bool with_private)
{
    str n, e;
    TRY(bytes_of(r, "n", "n is missing or no base64url", &n));
    TRY(bytes_of(r, "e", "e is missing or no base64url", &e));
    if (n.n < 256 || n.n > 1024 || !((unsigned char)n.p[0] & 0x80)) return wrong(r, "RSA keys have 2048 to 8192 bits");
    if (e.n > 8 || e.p[0] == 0 || !(e.p[e.n - 1] & 1) || (e.n == 1 && e.p[0] == 1)) return wrong(r, "that exponent is not for RSA");
    if (!push(b, OSSL_PKEY_PARAM_RSA_N, n) || !push(b, OSSL_PKEY_PARAM_RSA_E, e)) return ERR_NOMEM;
    for (size_t i = 0; with_private && i < JWT_RSA_PRIVATE; i++)
        TRY(push_member(r, b, jwt_rsa_private[i].member, jwt_rsa_private[i].name, "a private RSA key has d, p, q, dp, dq and qi"));
    return ERR_OK;
}

static err read_ec_numbers(struct reading *r, struct built *b, bool with_private)
{
    str x, y;
    if (!str_is(plain(r, "crv"), "P-256")) return wrong(r, "of the curves only P-256 is supported");
    TRY(bytes_of(r, "x", "x is missing or no base64url", &x));
    TRY(bytes_of(r, "y", "y is missing or no base64url", &y));
    if (x.n != JWT_P256 || y.n != JWT_P256) return wrong(r, "x and y have 32 bytes");
    b->point[0] = 4;
    memcpy(b->point + 1, x.p, JWT_P256);
    memcpy(b->point + 1 + JWT_P256, y.p, JWT_P256);
    if (OSSL_PARAM_BLD_push_utf8_string(b->builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(b->builder, OSSL_PKEY_PARAM_PUB_KEY, b->point, sizeof b->point) != 1)
        return ERR_NOMEM;
    if (!with_private) return ERR_OK;
    if (plain(r, "d").n != b64_length(JWT_P256)) return wrong(r, "d has 32 bytes");
    return push_member(r, b, "d", OSSL_PKEY_PARAM_PRIV_KEY, "d is no base64url");
}

/* The private numbers belong to the public ones, or the key would sign what nobody can check. */
static err check_pair(struct reading *r)
{
    uint8_t signature[JWT_SIGNATURE_MAX];
    size_t n;
    if (!r->key->signs) return ERR_OK;
    err e = jwt_signature_make(r->key, STR("pair"), signature, &n);
    bool fits = e == ERR_OK && jwt_signature_fits(r->key, STR("pair"), (str){ (char *)signature, n });
    ERR_clear_error();
    return fits ? ERR_OK : wrong(r, "the private half does not fit the public one");
}

static err read_pkey(struct reading *r, const char *type, err (*numbers)(struct reading *, struct built *, bool))
{
    bool with_private = has(r, "d");
    struct built b = { .builder = OSSL_PARAM_BLD_new() };
    err e = b.builder ? numbers(r, &b, with_private) : ERR_NOMEM;
    if (e == ERR_OK) {
        r->key->pkey = build(&b, type, with_private);
        r->key->signs = with_private;
        e = r->key->pkey ? check_pair(r) : wrong(r, "these numbers are no key");
    }
    built_end(&b);
    return e;
}

static err read_rsa(struct reading *r)
{
    if (has(r, "oth")) return wrong(r, "RSA keys of more than two primes are not supported");
    return read_pkey(r, "RSA", read_rsa_numbers);
}

static err read_ec(struct reading *r) { return read_pkey(r, "EC", read_ec_numbers); }

/* keys of bytes */

static err read_oct(struct reading *r)
{
    str k;
    TRY(bytes_of(r, "k", "k is missing or no base64url", &k));
    err e = k.n < JWT_SECRET_MIN ? wrong(r, "a secret has 32 bytes or more") : jwt_key_keep(r->a, r->key, k);
    wipe(k);
    return e;
}

static err read_okp(struct reading *r)
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];
    str x, d;
    if (!str_is(plain(r, "crv"), "Ed25519")) return wrong(r, "of the curves only Ed25519 is supported");
    TRY(bytes_of(r, "x", "x is missing or no base64url", &x));
    if (x.n != sizeof public) return wrong(r, "x has 32 bytes");
    memcpy(r->key->ed25519, x.p, x.n);
    if (!has(r, "d")) return ERR_OK;
    TRY(bytes_of(r, "d", "d is no base64url", &d));
    err e = d.n == crypto_sign_SEEDBYTES ? ERR_OK : wrong(r, "d has 32 bytes");
    if (e == ERR_OK) {
        (void)crypto_sign_seed_keypair(public, secret, (const unsigned char *)d.p);
        e = memcmp(public, x.p, sizeof public) == 0 ? jwt_key_keep(r->a, r->key, (str){ (char *)secret, sizeof secret })
                                                    : wrong(r, "the private half does not fit the public one");
        crypto_wipe(secret, sizeof secret);
    }
    wipe(d);
    return e;
}

/* the whole */

static const struct {
    const char *kty;
    enum jwt_alg alg;
    err (*read)(struct reading *r);
} kinds[] = { { "oct", JWT_HS256, read_oct }, { "RSA", JWT_RS256, read_rsa }, { "EC", JWT_ES256, read_ec }, { "OKP", JWT_EDDSA, read_okp } };

/* The id may be written with escapes. */
static err read_kid(struct reading *r, str *out)
{
    json_t *v;
    str text = json_member(&r->members, "kid");
    *out = STR_NULL;
    if (str_absent(text)) return ERR_OK;
    err e = json_read(r->a, text, NULL, &v, NULL);
    if (e == ERR_OK && json_is_string(v) && json_string_length(v) <= 512) {
        *out = (str){ json_string_value(v), json_string_length(v) };
        return ERR_OK;
    }
    return e == ERR_NOMEM ? e : wrong(r, "kid is no text of at most 512 bytes");
}

static err read_jwk(struct reading *r, str jwk)
{
    static const struct json_rules strict = { .depth = 8, .values = 200, .reject_twice = true };
    str kid, text = str_trim(jwk);
    if (text.n > JWT_JWK_MAX || text.n == 0 || text.p[0] != '{') return wrong(r, "not a JSON object of at most 16 KiB");
    err e = json_scan_members(r->a, text, &strict, &r->members, NULL);
    if (e == ERR_INPUT || e == ERR_LIMIT) return wrong(r, "not a JSON object");
    TRY(e);
    TRY(read_kid(r, &kid));
    if (has(r, "use") && !str_is(plain(r, "use"), "sig")) return wrong(r, "use is not sig");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!str_is(plain(r, "kty"), kinds[i].kty)) continue;
        if (has(r, "alg") && !str_is(plain(r, "alg"), jwt_alg_name(kinds[i].alg))) return wrong(r, "alg is not that of its kty and curve here");
        TRY(jwt_key_new(r->a, kinds[i].alg, kid, &r->key));
        return kinds[i].read(r);
    }
    return wrong(r, "kty is none of oct, RSA, EC, OKP");
}

err jwt_key_read(struct arena *a, str jwk, struct jwt_key **out, const char **why)
{
    struct reading r = { .a = a };
    err e = read_jwk(&r, jwk);
    if (why) *why = e == ERR_INPUT ? r.why : NULL;
    if (e == ERR_OK) *out = r.key;
    return e;
}
