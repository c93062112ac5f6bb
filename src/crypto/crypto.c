/* crypto/crypto.c: thin wrappers that fix the choices; the algorithms are libsodium's, MD5 is OpenSSL's. */
#include "crypto/crypto.h"
#include "base/fault.h"
#include <openssl/evp.h>
#include <sodium.h>

_Static_assert(CRYPTO_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key length");
_Static_assert(CRYPTO_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce length");
_Static_assert(CRYPTO_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag length");

static const unsigned char *bytes(str s) { return (const unsigned char *)(s.p ? s.p : ""); }

err crypto_init(void) { return sodium_init() < 0 ? ERR_STORE : ERR_OK; }

void crypto_random(void *out, size_t n) { randombytes_buf(out, n); }

void crypto_random_text(char *out, size_t n, str alphabet)
{
    for (size_t i = 0; i < n; i++) out[i] = alphabet.p[randombytes_uniform((uint32_t)alphabet.n)];
}

void crypto_token(char out[static CRYPTO_TOKEN])
{
    uint8_t bits[32];
    char text[CRYPTO_TOKEN + 1];
    randombytes_buf(bits, sizeof bits);
    (void)sodium_bin2base64(text, sizeof text, bits, sizeof bits, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(out, text, CRYPTO_TOKEN);
    sodium_memzero(bits, sizeof bits);
    sodium_memzero(text, sizeof text);
}

void crypto_digest(uint8_t out[static CRYPTO_HASH], str text) { (void)crypto_generichash(out, CRYPTO_HASH, bytes(text), text.n, NULL, 0); }

_Static_assert(sizeof(crypto_generichash_state) <= sizeof((struct crypto_digesting){ 0 }.opaque), "room for libsodium's state");

static crypto_generichash_state *state_of(struct crypto_digesting *d) { return (crypto_generichash_state *)(void *)d->opaque; }

void crypto_digest_begin(struct crypto_digesting *d) { (void)crypto_generichash_init(state_of(d), NULL, 0, CRYPTO_HASH); }

void crypto_digest_add(struct crypto_digesting *d, str piece) { (void)crypto_generichash_update(state_of(d), bytes(piece), piece.n); }

void crypto_digest_end(struct crypto_digesting *d, uint8_t out[static CRYPTO_HASH]) { (void)crypto_generichash_final(state_of(d), out, CRYPTO_HASH); }

void crypto_sha256(uint8_t out[static CRYPTO_HASH], str text)
{
    _Static_assert(crypto_hash_sha256_BYTES == CRYPTO_HASH, "one size for both");
    (void)crypto_hash_sha256(out, bytes(text), text.n);
}

void crypto_keyed_hash(uint8_t out[static CRYPTO_HASH], const uint8_t key[static CRYPTO_KEY], str text)
{
    (void)crypto_generichash(out, CRYPTO_HASH, bytes(text), text.n, key, CRYPTO_KEY);
}

void crypto_base64(char *out, const void *in, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = in;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        *out++ = digits[three >> 18];
        *out++ = digits[three >> 12 & 63];
        *out++ = i + 1 < n ? digits[three >> 6 & 63] : '=';
        *out++ = i + 2 < n ? digits[three & 63] : '=';
    }
}

void crypto_hex(char *out, const void *in, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = in;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex[p[i] >> 4];
        out[2 * i + 1] = hex[p[i] & 15];
    }
}

void crypto_md5_secret(char out[static 16], str password)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    (void)EVP_Digest(bytes(password), password.n, digest, NULL, EVP_md5(), NULL);
    crypto_hex(out, digest, 8);
    sodium_memzero(digest, sizeof digest);
}

bool crypto_equal(str a, str b) { return a.n == b.n && sodium_memcmp(bytes(a), bytes(b), a.n) == 0; }

void crypto_wipe(void *p, size_t n) { sodium_memzero(p, n); }

void crypto_seal(uint8_t *out, const uint8_t key[static CRYPTO_KEY], str plain, str bound)
{
    /* 192 random bits: chance never repeats one. */
    randombytes_buf(out, CRYPTO_NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + CRYPTO_NONCE, NULL, bytes(plain), plain.n, bytes(bound), bound.n, NULL, out, key);
}

err crypto_open(uint8_t *out, const uint8_t key[static CRYPTO_KEY], str sealed, str bound)
{
    if (sealed.n < CRYPTO_SEAL_EXTRA) return ERR_INPUT;
    const unsigned char *nonce = bytes(sealed);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, nonce + CRYPTO_NONCE, sealed.n - CRYPTO_NONCE, bytes(bound), bound.n, nonce, key);
    return bad ? ERR_INPUT : ERR_OK;
}

_Static_assert(CRYPTO_SALT == crypto_pwhash_SALTBYTES, "salt length");

err crypto_passphrase_key(uint8_t out[static CRYPTO_KEY], str passphrase, const uint8_t salt[static CRYPTO_SALT], struct crypto_cost cost)
{
    size_t memory = (size_t)cost.memory_kib * 1024;
    if (fault_here()) return ERR_NOMEM;
    int code = crypto_pwhash(out, CRYPTO_KEY, passphrase.p ? passphrase.p : "", passphrase.n, salt, cost.passes, memory, crypto_pwhash_ALG_ARGON2ID13);
    return code == 0 ? ERR_OK : ERR_NOMEM;
}
