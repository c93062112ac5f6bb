/* store/backup_key.c: the master key on its way to another machine.
 *
 * Format: 1 byte version (1), 4 bytes memory in KiB and 4 bytes passes of Argon2id, big-endian, 16 bytes salt, then crypto_seal()'s text, bound to all before
 * it. */
#include "crypto/crypto.h"
#include "store/backup.h"
#include <endian.h>

enum { VERSION = 1, HEAD = 1 + 4 + 4 + CRYPTO_SALT };
/* Writing: as dear as a person can wait for. Reading: no archive can ask for more than this. */
enum { MEMORY_KIB = 256 << 10, PASSES = 3, MEMORY_MOST = 1 << 20, PASSES_MOST = 10 };

static void put_u32(char *out, uint32_t v)
{
    uint32_t be = htobe32(v);
    memcpy(out, &be, sizeof be);
}

static uint32_t get_u32(const char *p)
{
    uint32_t be;
    memcpy(&be, p, sizeof be);
    return be32toh(be);
}

static err key_of(const char *head, str passphrase, uint8_t out[static CRYPTO_KEY])
{
    struct crypto_cost cost = { get_u32(head + 1), get_u32(head + 5) };
    return crypto_passphrase_key(out, passphrase, (const uint8_t *)head + 9, cost);
}

err backup_seal_key(struct arena *a, str key, str passphrase, str *out)
{
    uint8_t sealing[CRYPTO_KEY];
    char *p = NEW_N(a, char, HEAD + key.n + CRYPTO_SEAL_EXTRA);
    if (!p) return ERR_NOMEM;
    if (key.n > BACKUP_KEY_MAX) return ERR_INPUT;
    p[0] = VERSION;
    put_u32(p + 1, MEMORY_KIB);
    put_u32(p + 5, PASSES);
    crypto_random(p + 9, CRYPTO_SALT);
    TRY(key_of(p, passphrase, sealing));
    crypto_seal((uint8_t *)p + HEAD, sealing, key, (str){ p, HEAD });
    crypto_wipe(sealing, sizeof sealing);
    *out = (str){ p, HEAD + key.n + CRYPTO_SEAL_EXTRA };
    return ERR_OK;
}

err backup_open_key(struct arena *a, str sealed, str passphrase, str *out)
{
    uint8_t sealing[CRYPTO_KEY];
    if (sealed.n < HEAD + CRYPTO_SEAL_EXTRA || sealed.n > HEAD + CRYPTO_SEAL_EXTRA + BACKUP_KEY_MAX || sealed.p[0] != VERSION) return ERR_INPUT;
    uint32_t memory = get_u32(sealed.p + 1), passes = get_u32(sealed.p + 5);
    if (memory < 8 || memory > MEMORY_MOST || passes < 1 || passes > PASSES_MOST) return ERR_INPUT;
    size_t n = sealed.n - HEAD - CRYPTO_SEAL_EXTRA;
    char *p = NEW_N(a, char, n + 1);
    if (!p) return ERR_NOMEM;
    TRY(key_of(sealed.p, passphrase, sealing));
    err e = crypto_open((uint8_t *)p, sealing, str_from(sealed, HEAD), str_head(sealed, HEAD));
    crypto_wipe(sealing, sizeof sealing);
    if (e == ERR_OK) *out = (str){ p, n };
    return e;
}
