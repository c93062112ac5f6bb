/* crypto/jwt.h: signed tokens (RFC 7515, 7519), their keys as JWK (RFC 7517, 8037) and thumbprints (RFC 7638).
 *
 * Invariants:
 *  1. The algorithm is the key's. The header of a token must name the same one, and never chooses; "none" is no algorithm here.
 *  2. Compact form only: three parts of base64url without padding, blanks or stray bits, at most JWT_MAX bytes. A header with "crit" or "b64",
 *     with a name twice, or that is no object, is refused.
 *  3. Nothing of a token is handed out before its signature fitted.
 *  4. Times are checked against the caller's clock, and only what the caller asks for.
 * Keys never change once made: any thread may use them. They live in their arena and are wiped when it is emptied. */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "crypto/crypto.h"

enum {
    JWT_MAX = 16 * 1024,       /* longest token that is read */
    JWT_SIGN_MAX = 512 * 1024, /* longest token that is made */
    JWT_JWK_MAX = 16 * 1024,   /* longest JWK that is read */
    JWT_SECRET_MIN = 32,       /* RFC 7518 3.2 */
    JWT_THUMBPRINT = 43        /* base64url of SHA-256 */
};

enum jwt_alg { JWT_HS256, JWT_RS256, JWT_ES256, JWT_EDDSA, JWT_ALG__COUNT };
const char *jwt_alg_name(enum jwt_alg alg); /* "HS256", … as in headers */
bool jwt_alg_find(str name, enum jwt_alg *out);

struct jwt_key;
enum jwt_alg jwt_key_alg(const struct jwt_key *k);
str jwt_key_id(const struct jwt_key *k);     /* absent if it has none */
bool jwt_key_signs(const struct jwt_key *k); /* has its private half (HS256: always) */

/* kid: goes into headers, absent for none; copied. ERR_INPUT: a secret shorter than JWT_SECRET_MIN. */
err jwt_key_hmac(struct arena *a, str secret, str kid, struct jwt_key **out) MUST_CHECK;
/* The same for a secret shared with another service, whose operator chose it: any length but none. */
err jwt_key_hmac_shared(struct arena *a, str secret, str kid, struct jwt_key **out) MUST_CHECK;
/* A new one from the CSPRNG: 32 bytes, RSA of 2048 bits (takes tens of milliseconds or more), P-256 or Ed25519. kid absent: the thumbprint. */
err jwt_key_generate(struct arena *a, enum jwt_alg alg, str kid, struct jwt_key **out) MUST_CHECK;
/* kty gives the algorithm: oct HS256, RSA RS256 (2048 to 8192 bits), EC P-256 ES256, OKP Ed25519 EdDSA; "alg", "use" and "key_ops" must agree where they
 * are there. A private half must fit the public one. ERR_INPUT with *why (static text; may be NULL). */
err jwt_key_read(struct arena *a, str jwk, struct jwt_key **out, const char **why) MUST_CHECK;
/* Members kty, kid, use, alg, then the key's own. with_private: the secret half too, where there is one. ERR_INPUT: a secret without with_private. */
err jwt_key_write(const struct jwt_key *k, bool with_private, struct jw *out) MUST_CHECK;
/* RFC 7638 with SHA-256; JWT_THUMBPRINT characters, no NUL. */
err jwt_key_thumbprint(const struct jwt_key *k, char out[static JWT_THUMBPRINT]) MUST_CHECK;

/* Compact serialisation; typ absent: no such member. Header members stand as alg, typ, kid. ERR_INPUT: the key cannot sign; ERR_LIMIT: too long. */
err jws_sign(struct arena *a, const struct jwt_key *k, str typ, str payload, str *out) MUST_CHECK;
/* The same with typ "JWT"; claims: a JSON object. */
err jwt_sign(struct arena *a, const struct jwt_key *k, str claims, str *out) MUST_CHECK;

enum jwt_fault {
    JWT_GOOD,
    JWT_MALFORMED,
    JWT_CRITICAL,
    JWT_NO_KEY,
    JWT_BAD_ALG,
    JWT_BAD_SIGNATURE,
    JWT_BAD_TYPE,
    JWT_BAD_CLAIMS,
    JWT_EXPIRED,
    JWT_NOT_YET,
    JWT_BAD_ISSUER,
    JWT_BAD_AUDIENCE,
    JWT_FAULT__COUNT
};
const char *jwt_fault_name(enum jwt_fault f); /* for logs: "expired" */

struct jws {
    str header, payload;       /* decoded; payload only if the signature fitted */
    str alg, kid, typ;         /* absent: no such member */
    const struct jwt_key *key; /* that it was made with */
};
/* Of the keys those are tried whose id is the token's, or that have none, or all for a token without; at most JWT_KEYS_TRIED.
 * ERR_ANONYMOUS with *fault (may be NULL) for every refusal, ERR_NOMEM. */
enum { JWT_KEYS_TRIED = 8 };
err jws_open(struct arena *a, str token, const struct jwt_key *const *keys, size_t n, struct jws *out, enum jwt_fault *fault) MUST_CHECK;

/* What is asked of the claims. All of it is optional except the clock, which exp and nbf are held against whenever they are there. */
struct jwt_rules {
    int64_t now_ms;
    int64_t leeway_s; /* allowance in both directions; exp is refused from exp + leeway on (RFC 7519 4.1.4) */
    bool need_exp;
    str issuer;   /* must be equal */
    str audience; /* must be "aud" or one of it */
    str typ;      /* of the header; ASCII case and a leading "application/" do not count (RFC 7515 4.1.9) */
    bool ignore_times;
};
struct jwt {
    struct jws jws;
    json_t *claims; /* an object; released with the arena */
};
err jwt_verify(struct arena *a, str token, const struct jwt_key *const *keys, size_t n, const struct jwt_rules *rules, struct jwt *out,
               enum jwt_fault *fault) MUST_CHECK;
str jwt_text(const struct jwt *t, const char *claim);               /* absent if it is no text */
bool jwt_int(const struct jwt *t, const char *claim, int64_t *out); /* false if it is no whole number; out is as it was */
