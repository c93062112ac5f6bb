/* crypto/jwt_sign.c: the four signatures (RFC 7518 3, RFC 8037 3.1) and base64url. */
#include "crypto/jwt_int.h"
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <sodium.h>

static const unsigned char *bytes(str s) { return (const unsigned char *)(s.p ? s.p : ""); }

/* The digits of base64url from ' ' on; 64: none. Not in constant time, which libsodium is and takes ten times as long for: what is decoded here came from
 * a stranger or from a file, and nobody learns anything from the time. */
static const uint8_t digits[] = {
    /* clang-format off */
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
    64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
    /* clang-format on */
};
static unsigned digit(unsigned char c) { return c >= ' ' && c - ' ' < (int)sizeof digits ? digits[c - ' '] : 64; }

/* Padding, a digit too few and bits left over are refused; no character is skipped. */
err b64_decode(struct arena *a, str text, str *out)
{
    if (str_absent(text) || text.n % 4 == 1) return ERR_INPUT;
    unsigned char *p = NEW_N(a, unsigned char, text.n / 4 * 3 + 3);
    size_t n = 0;
    uint32_t bits = 0;
    if (!p) return ERR_NOMEM;
    for (size_t i = 0; i < text.n; i++) {
        unsigned six = digit((unsigned char)text.p[i]);
        if (six == 64) return ERR_INPUT;
        bits = bits << 6 | six;
        if (i % 4) p[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    if (bits & ((1U << text.n % 4 * 6 % 8) - 1)) return ERR_INPUT;
    *out = (str){ (char *)p, n };
    return ERR_OK;
}

size_t b64_length(size_t n) { return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0); }

void b64_encode(char *out, str in)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *p = bytes(in);
    size_t length = b64_length(in.n), at = 0;
    for (size_t i = 0; at < length; i += 3) {
        uint32_t three = (uint32_t)p[i] << 16 | (i + 1 < in.n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < in.n ? p[i + 2] : 0);
        for (int shift = 18; shift >= 0 && at < length; shift -= 6) out[at++] = alphabet[three >> shift & 63];
    }
}

/* HS256 */

static bool hmac(const struct jwt_key *k, str text, uint8_t out[static 32])
{
    unsigned n = 32;
    return HMAC(EVP_sha256(), k->secret.p, (int)k->secret.n, bytes(text), text.n, out, &n) != NULL;
}

/* ES256: OpenSSL speaks DER, tokens carry R and S, 32 bytes each */

static bool es256_raw(const uint8_t *der, size_t n, uint8_t out[static 2 * JWT_P256])
{
    const unsigned char *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    bool good =
        sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, JWT_P256) == JWT_P256 && BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + JWT_P256, JWT_P256) == JWT_P256;
    ECDSA_SIG_free(sig);
    return good;
}

/* out: JWT_SIGNATURE_MAX bytes. 0 if it cannot be done. */
static size_t es256_der(str raw, uint8_t *out)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes(raw), JWT_P256, NULL), *s = BN_bin2bn(bytes(raw) + JWT_P256, JWT_P256, NULL);
    int n = -1;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        unsigned char *p = out;
        n = i2d_ECDSA_SIG(sig, &p); /* at most 72 bytes */
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return n > 0 ? (size_t)n : 0;
}

/* all of them */

static bool pkey_sign(const struct jwt_key *k, str text, uint8_t *out, size_t *n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    *n = JWT_SIGNATURE_MAX;
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 && EVP_DigestSign(ctx, out, n, bytes(text), text.n) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool pkey_fits(const struct jwt_key *k, str text, const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 && EVP_DigestVerify(ctx, signature, n, bytes(text), text.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!good) ERR_clear_error(); /* the thread's queue is also that of its TLS connections */
    return good;
}

static bool es256_sign(const struct jwt_key *k, str text, uint8_t *out, size_t *n)
{
    uint8_t der[JWT_SIGNATURE_MAX];
    if (!pkey_sign(k, text, der, n) || !es256_raw(der, *n, out)) return false;
    *n = sizeof(uint8_t[2 * JWT_P256]);
    return true;
}

err jwt_signature_make(const struct jwt_key *k, str text, uint8_t *out, size_t *n)
{
    bool good = false;
    if (!k->signs) return ERR_INPUT;
    switch (k->alg) {
    case JWT_HS256:
        *n = 32;
        good = hmac(k, text, out);
        break;
    case JWT_RS256: good = pkey_sign(k, text, out, n); break;
    case JWT_ES256: good = es256_sign(k, text, out, n); break;
    case JWT_EDDSA:
        *n = crypto_sign_BYTES;
        good = crypto_sign_detached(out, NULL, bytes(text), text.n, bytes(k->secret)) == 0;
        break;
    case JWT_ALG__COUNT: break;
    }
    return good ? ERR_OK : ERR_NOMEM;
}

bool jwt_signature_fits(const struct jwt_key *k, str text, str signature)
{
    uint8_t mac[32], der[JWT_SIGNATURE_MAX];
    size_t n;
    switch (k->alg) {
    case JWT_HS256: return hmac(k, text, mac) && crypto_equal(signature, (str){ (char *)mac, sizeof mac });
    case JWT_RS256: return signature.n == (size_t)EVP_PKEY_get_size(k->pkey) && pkey_fits(k, text, bytes(signature), signature.n);
    case JWT_ES256: n = signature.n == sizeof(uint8_t[2 * JWT_P256]) ? es256_der(signature, der) : 0; return n && pkey_fits(k, text, der, n);
    case JWT_EDDSA: return signature.n == crypto_sign_BYTES && crypto_sign_verify_detached(bytes(signature), bytes(text), text.n, k->ed25519) == 0;
    case JWT_ALG__COUNT: break;
    }
    return false;
}
