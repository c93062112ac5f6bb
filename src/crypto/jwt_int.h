/* crypto/jwt_int.h: what the files of the tokens share. */
#pragma once
#include "crypto/jwt.h"
#include <openssl/evp.h>

enum { JWT_P256 = 32, JWT_SIGNATURE_MAX = 1024 };

struct jwt_key {
    enum jwt_alg alg;
    bool signs;
    str kid;
    str secret;          /* HS256: the bytes; EdDSA: libsodium's secret key, 64 bytes, where it signs */
    uint8_t ed25519[32]; /* EdDSA: the public half */
    EVP_PKEY *pkey;      /* RS256, ES256 */
};

/* base64url without padding (RFC 7515 2). Decoding refuses everything else: ERR_INPUT, absent texts too. Encoding: b64_length(n) characters, no NUL. */
err b64_decode(struct arena *a, str text, str *out) MUST_CHECK;
size_t b64_length(size_t n);
void b64_encode(char *out, str bytes);

/* An empty key in the arena that is wiped and freed with it. */
err jwt_key_new(struct arena *a, enum jwt_alg alg, str kid, struct jwt_key **out) MUST_CHECK;
/* Copies the secret, which is wiped with the arena; the key signs from now on. */
err jwt_key_keep(struct arena *a, struct jwt_key *k, str secret) MUST_CHECK;

/* Private members of an RSA key and their names in OpenSSL. */
struct jwt_number {
    const char *member, *name;
};
enum { JWT_RSA_PRIVATE = 6 };
extern const struct jwt_number jwt_rsa_private[JWT_RSA_PRIVATE];

/* out: JWT_SIGNATURE_MAX bytes. */
err jwt_signature_make(const struct jwt_key *k, str text, uint8_t *out, size_t *n) MUST_CHECK;
bool jwt_signature_fits(const struct jwt_key *k, str text, str signature);
