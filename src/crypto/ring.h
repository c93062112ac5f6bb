/* crypto/ring.h: sealed secrets that know the key they were sealed under, so that the master key can be changed (chancery rekey).
 *
 * Format: 1 byte version (1), 8 bytes key id, then crypto_seal()'s nonce, text and tag. The id is the beginning of a keyed hash of the master key, no
 * secret; it is authenticated together with what the text is bound to. Each purpose seals under a key of its own, derived from the master key. */
#pragma once
#include "crypto/crypto.h"

enum {
    RING_KEY_ID = 8,
    RING_EXTRA = 1 + RING_KEY_ID + CRYPTO_SEAL_EXTRA, /* a sealed text is that much longer */
    RING_KEYS = 4                                     /* current and at most three earlier ones */
};

/* Owned by whoever declares it; ring_wipe() when done. Not changed after start: any thread may use it. */
struct ring {
    struct ring_key {
        uint8_t id[RING_KEY_ID], key[CRYPTO_KEY];
    } keys[RING_KEYS]; /* [0] is current: it seals */
    size_t n;
};
/* The first key added is the current one. ERR_LIMIT: full; ERR_CONFLICT: in it already. */
err ring_add(struct ring *r, const uint8_t master[static CRYPTO_KEY]) MUST_CHECK;
void ring_wipe(struct ring *r);

/* The key file: RING_KEYS keys of 32 bytes at most, one behind the other, the current one first. Read, or made (0600, synced, whole or not at all) with one
 * key when absent and create. A file that others may read, or of another length, is refused. ERR_STORE with *why (arena): one line that names the file
 * and what to do. */
err ring_load(struct arena *a, const char *path, bool create, struct ring *out, str *why) MUST_CHECK;
/* Puts the ring in place of the file: at any moment of a crash it is the old or the new one. */
err ring_store(struct arena *a, const char *path, const struct ring *r, str *why) MUST_CHECK;
/* A ring whose current key is a new one from the CSPRNG, in front of those of r. ERR_LIMIT: full. */
err ring_renew(const struct ring *r, struct ring *out) MUST_CHECK;

/* purpose: static text naming what is sealed ("totp"). bound: row identity. Result in the arena, plain.n + RING_EXTRA bytes. */
err ring_seal(struct arena *a, const struct ring *r, const char *purpose, str plain, str bound, str *out) MUST_CHECK;
/* ERR_NOT_FOUND: sealed under a key that is not in the ring; ERR_INPUT: not ours, changed, of another purpose or bound. The text is wiped with the arena. */
err ring_open(struct arena *a, const struct ring *r, const char *purpose, str sealed, str bound, str *out) MUST_CHECK;
/* Whether it is sealed under the current key; else it is one to open and seal again. */
bool ring_is_current(const struct ring *r, str sealed);
