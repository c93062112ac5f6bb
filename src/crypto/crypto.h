/* crypto/crypto.h: randomness, keyed hashes, sealing, password hashes. libsodium behind, its header stays here.
 *
 * Every function is safe from every thread. Secrets are wiped by whoever owns them (crypto_wipe). */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum {
    CRYPTO_KEY = 32,   /* every symmetric key */
    CRYPTO_HASH = 32,  /* BLAKE2b-256 */
    CRYPTO_NONCE = 24, /* XChaCha20-Poly1305 */
    CRYPTO_TAG = 16,
    CRYPTO_SEAL_EXTRA = CRYPTO_NONCE + CRYPTO_TAG, /* a sealed text is that much longer: nonce, text, tag */
    CRYPTO_UUID = 36,                              /* text form */
    CRYPTO_TOKEN = 43,
    CRYPTO_PASSWORD_HASH = 128,  /* room for an Argon2id string of ours with its NUL */
    CRYPTO_PASSWORD_STORED = 512 /* room for any hash that is accepted, with its NUL */
};

/* Once, before anything else here. ERR_STORE if the system gives no randomness. */
err crypto_init(void) MUST_CHECK;

void crypto_random(void *out, size_t n);
/* n characters, each uniformly from alphabet (2..256 characters), no NUL. */
void crypto_random_text(char *out, size_t n, str alphabet);
#define CRYPTO_ALNUM STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
#define CRYPTO_ALPHA STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
/* 256 random bits in base64url: what links and sessions carry. CRYPTO_TOKEN characters, no NUL. */
void crypto_token(char out[static CRYPTO_TOKEN]);
/* UUIDv7 (RFC 9562), monotone within the process; 36 characters, no NUL. */
void crypto_uuid7(char out[static CRYPTO_UUID]);

/* BLAKE2b-256. Not "crypto_hash", which libsodium has taken. */
void crypto_digest(uint8_t out[static CRYPTO_HASH], str text);
/* SHA-256, where a specification asks for it: 32 bytes. */
void crypto_sha256(uint8_t out[static CRYPTO_HASH], str text);
/* The same of a text that comes in pieces: begin, add as often as needed, end. */
struct crypto_digesting {
    _Alignas(64) unsigned char opaque[384];
};
void crypto_digest_begin(struct crypto_digesting *d);
void crypto_digest_add(struct crypto_digesting *d, str piece);
void crypto_digest_end(struct crypto_digesting *d, uint8_t out[static CRYPTO_HASH]);
/* BLAKE2b-256 with a key: for API keys, tokens, and to derive sub-keys (text names the purpose). */
void crypto_keyed_hash(uint8_t out[static CRYPTO_HASH], const uint8_t key[static CRYPTO_KEY], str text);
/* Lower-case hex of n bytes: 2n characters, no NUL. */
void crypto_hex(char *out, const void *in, size_t n);
/* Base64 (RFC 4648 4) with padding: 4 * ((n + 2) / 3) characters, no NUL. */
void crypto_base64(char *out, const void *in, size_t n);
/* MD5 of the password, first 16 lower-case hex digits: the docassemble secret of a user (api 6). Not for anything else. */
void crypto_md5_secret(char out[static 16], str password);
bool crypto_equal(str a, str b); /* constant time in the contents */
void crypto_wipe(void *p, size_t n);

/* out: plain.n + CRYPTO_SEAL_EXTRA bytes. bound is authenticated, not stored: row identity, so that sealed texts cannot be swapped. */
void crypto_seal(uint8_t *out, const uint8_t key[static CRYPTO_KEY], str plain, str bound);
/* out: sealed.n - CRYPTO_SEAL_EXTRA bytes. ERR_INPUT if it was not sealed under this key and bound. */
err crypto_open(uint8_t *out, const uint8_t key[static CRYPTO_KEY], str sealed, str bound) MUST_CHECK;

struct crypto_cost {
    uint32_t memory_kib, passes; /* one lane */
};
/* Argon2id, PHC string with NUL. Slow by design: only on the password pool. ERR_NOMEM. */
err crypto_password_hash(char out[static CRYPTO_PASSWORD_HASH], str password, struct crypto_cost cost) MUST_CHECK;
/* A string that is checked at that cost and that no password fits: for accounts that are not there. Quick. */
void crypto_password_nobody(char out[static CRYPTO_PASSWORD_HASH], struct crypto_cost cost);
/* Any of the kinds that crypto_password_kind() knows; false for other texts. Slow by design. */
enum { CRYPTO_SALT = 16 };
/* A key from a passphrase (Argon2id). Slow by design. ERR_NOMEM. */
err crypto_passphrase_key(uint8_t out[static CRYPTO_KEY], str passphrase, const uint8_t salt[static CRYPTO_SALT], struct crypto_cost cost) MUST_CHECK;
bool crypto_password_matches(const char *hash, str password);
/* Whether it is Argon2id of exactly that cost; others are made anew when the password is known. */
bool crypto_password_is_fresh(str hash, struct crypto_cost cost);
/* Hashes that other programs made, as far as their cost is bearable: "argon2id", "argon2i" (PHC strings, also with Django's "argon2$" before them), "bcrypt"
 * ($2a$, $2b$, $2y$; also with Django's "bcrypt$" before them), "pbkdf2" (Django: pbkdf2_sha256$ROUNDS$SALT$BASE64; Werkzeug: pbkdf2:sha256:ROUNDS$SALT$HEX;
 * PHC: $pbkdf2-sha256$i=ROUNDS$SALT$HASH and passlib's $pbkdf2-sha256$ROUNDS$SALT$HASH, also sha512), "scrypt" (Werkzeug: scrypt:N:r:p$SALT$HEX). NULL: none.
 */
const char *crypto_password_kind(str hash);
