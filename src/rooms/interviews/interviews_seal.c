/* rooms/interviews/interviews_seal.c: a step at rest: plain header, then the snapshot compressed and sealed; and the wrapping of a session's key. */
#include "base/fault.h"
#include "rooms/interviews/interviews_int.h"
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

/* Higher levels make a step hardly smaller (a difference is found by any), and take two to fifty times as long. */
enum { LEVEL = 3, SMALL = 128 * 1024, PREFIX_WINDOW_MAX = 27 };

static void put_u32(char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++) at[i] = (char)(v >> 8 * i);
}
static uint32_t get_u32(const char *at)
{
    uint32_t v = 0;
    for (int i = 3; i >= 0; i--) v = v << 8 | (unsigned char)at[i];
    return v;
}

err step_head_read(str blob, struct step_head *out)
{
    if (blob.n < STEP_HEAD + CRYPTO_SEAL_EXTRA || blob.p[0] != 'C' || blob.p[1] != 'S') return ERR_INPUT;
    if (blob.p[2] != STEP_FORMAT || (unsigned char)blob.p[3] > CODEC_ZSTD_PREFIX) return ERR_INPUT;
    *out = (struct step_head){ blob.p[2], blob.p[3], get_u32(blob.p + 4), { blob.p + 8, 32 } };
    return ERR_OK;
}

/* What the seal binds beside the text: header, session and place, so that no two steps can be exchanged. */
static err bind(struct arena *mem, str session, int64_t seq, str head, str *out)
{
    char *p = NEW_N(mem, char, session.n + head.n + 8);
    if (!p) return ERR_NOMEM;
    memcpy(p, head.p, head.n);
    put_u32(p + head.n, (uint32_t)seq);
    put_u32(p + head.n + 4, (uint32_t)((uint64_t)seq >> 32));
    memcpy(p + head.n + 8, session.p, session.n);
    *out = (str){ p, session.n + head.n + 8 };
    return ERR_OK;
}

/* Window that reaches from the last byte of the text to the first of the prefix. */
static int window_log(size_t n)
{
    int log = 10;
    while (log < PREFIX_WINDOW_MAX && (size_t)1 << log < n) log++;
    return log;
}

/* What packs and unpacks: making one costs more than a small step does, so each thread keeps its own */

struct packer {
    ZSTD_CCtx *c;
    ZSTD_DCtx *d;
};
static pthread_once_t packer_once = PTHREAD_ONCE_INIT;
static pthread_key_t packer_key;
static bool packer_has_key;

static void packer_free(void *p)
{
    struct packer *k = p;
    ZSTD_freeCCtx(k->c);
    ZSTD_freeDCtx(k->d);
    free(k);
}

static void packer_make_key(void) { packer_has_key = pthread_key_create(&packer_key, packer_free) == 0; }

/* This thread's; NULL: no memory. It ends with the thread. */
static struct packer *packer_own(void)
{
    (void)pthread_once(&packer_once, packer_make_key);
    if (!packer_has_key || fault_here()) return NULL;
    struct packer *k = pthread_getspecific(packer_key);
    if (k) return k;
    k = calloc(1, sizeof *k);
    if (k && pthread_setspecific(packer_key, k) != 0) {
        free(k);
        return NULL;
    }
    return k;
}

static void free_cctx(ZSTD_CCtx **z) { ZSTD_freeCCtx(*z); }

static err pack(ZSTD_CCtx *z, struct arena *mem, str prefix, str text, str *out)
{
    size_t room = ZSTD_compressBound(text.n);
    char *p = NEW_N(mem, char, room);
    if (!p) return ERR_NOMEM;
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log(prefix.n + text.n));
    if (prefix.n && ZSTD_isError(ZSTD_CCtx_refPrefix(z, prefix.p, prefix.n))) return ERR_NOMEM;
    size_t n = ZSTD_compress2(z, p, room, text.p, text.n);
    if (ZSTD_isError(n)) return ERR_NOMEM;
    *out = (str){ p, n };
    return ERR_OK;
}

/* The tables for a large step are large: those are not kept. */
static err squeeze_large(struct arena *mem, str prefix, str text, str *out)
{
    CLEANUP(free_cctx) ZSTD_CCtx *z = fault_here() ? NULL : ZSTD_createCCtx();
    return z ? pack(z, mem, prefix, text, out) : ERR_NOMEM;
}

static err squeeze(struct arena *mem, str prefix, str text, str *out)
{
    if (text.n + prefix.n >= SMALL) return squeeze_large(mem, prefix, text, out);
    struct packer *k = packer_own();
    if (!k || (!k->c && !(k->c = ZSTD_createCCtx()))) return ERR_NOMEM;
    err e = pack(k->c, mem, prefix, text, out);
    (void)ZSTD_CCtx_reset(k->c, ZSTD_reset_session_and_parameters); /* it must not think of the prefix, which is gone soon */
    return e;
}

static err unpack(ZSTD_DCtx *z, struct arena *mem, str prefix, str packed, size_t size, str *out)
{
    char *p = NEW_N(mem, char, size + 1);
    if (!p) return ERR_NOMEM;
    (void)ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, PREFIX_WINDOW_MAX);
    if (prefix.n && ZSTD_isError(ZSTD_DCtx_refPrefix(z, prefix.p, prefix.n))) return ERR_NOMEM;
    size_t n = ZSTD_decompressDCtx(z, p, size, packed.p, packed.n);
    if (ZSTD_isError(n) || n != size) return ERR_INPUT;
    *out = (str){ p, n };
    return ERR_OK;
}

static err expand(struct arena *mem, str prefix, str packed, str *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > STEP_READ_MAX) return ERR_INPUT;
    struct packer *k = packer_own();
    if (!k || (!k->d && !(k->d = ZSTD_createDCtx()))) return ERR_NOMEM;
    err e = unpack(k->d, mem, prefix, packed, (size_t)size, out);
    (void)ZSTD_DCtx_reset(k->d, ZSTD_reset_session_and_parameters);
    return e;
}

err step_seal(struct arena *mem, const uint8_t key[static CRYPTO_KEY], str session, int64_t seq, str hash, uint32_t base, str prefix, str snapshot, str *blob)
{
    str packed, bound;
    TRY(squeeze(mem, prefix, snapshot, &packed));
    char *p = NEW_N(mem, char, STEP_HEAD + packed.n + CRYPTO_SEAL_EXTRA);
    if (!p || hash.n != 32) return p ? ERR_INPUT : ERR_NOMEM;
    p[0] = 'C', p[1] = 'S', p[2] = STEP_FORMAT;
    p[3] = prefix.n ? CODEC_ZSTD_PREFIX : CODEC_ZSTD;
    put_u32(p + 4, base);
    memcpy(p + 8, hash.p, hash.n);
    TRY(bind(mem, session, seq, (str){ p, STEP_HEAD }, &bound));
    crypto_seal((uint8_t *)p + STEP_HEAD, key, packed, bound);
    *blob = (str){ p, STEP_HEAD + packed.n + CRYPTO_SEAL_EXTRA };
    return ERR_OK;
}

err step_open(struct arena *mem, const uint8_t key[static CRYPTO_KEY], str session, int64_t seq, str prefix, str blob, str *snapshot)
{
    struct step_head head;
    TRY(step_head_read(blob, &head));
    str bound, sealed = str_from(blob, STEP_HEAD);
    TRY(bind(mem, session, seq, str_head(blob, STEP_HEAD), &bound));
    uint8_t *plain = NEW_N(mem, uint8_t, sealed.n);
    if (!plain) return ERR_NOMEM;
    TRY(crypto_open(plain, key, sealed, bound));
    str packed = { (char *)plain, sealed.n - CRYPTO_SEAL_EXTRA };
    if (head.codec == CODEC_RAW) return *snapshot = packed, ERR_OK;
    return expand(mem, head.codec == CODEC_ZSTD_PREFIX ? prefix : STR_NULL, packed, snapshot);
}

bool secret_usable(str secret) { return secret.n == 16 || secret.n == 24 || secret.n == 32; }

/* The wrapping key: the room's key over session and secret. The two kinds begin differently, so that no secret equals "no secret". */
static err wrapping_key(struct arena *mem, const struct interviews *r, str session, str secret, uint8_t out[static CRYPTO_KEY])
{
    str text;
    TRY(arena_printf(mem, &text, "%c%zu:" STR_FMT STR_FMT, str_absent(secret) ? 'm' : 's', session.n, STR_ARG(session), STR_ARG(secret)));
    crypto_keyed_hash(out, r->key, text);
    crypto_wipe((char *)(uintptr_t)text.p, text.n);
    return ERR_OK;
}

err session_key_wrap(struct arena *mem, const struct interviews *r, str session, str secret, const uint8_t key[static CRYPTO_KEY], str *out)
{
    uint8_t kek[CRYPTO_KEY];
    uint8_t *p = NEW_N(mem, uint8_t, CRYPTO_KEY + CRYPTO_SEAL_EXTRA);
    if (!p) return ERR_NOMEM;
    TRY(wrapping_key(mem, r, session, secret, kek));
    crypto_seal(p, kek, (str){ (const char *)key, CRYPTO_KEY }, session);
    crypto_wipe(kek, sizeof kek);
    *out = (str){ (char *)p, CRYPTO_KEY + CRYPTO_SEAL_EXTRA };
    return ERR_OK;
}

err session_key_unwrap(const struct interviews *r, str session, str secret, str wrapped, uint8_t key[static CRYPTO_KEY])
{
    if (wrapped.n != CRYPTO_KEY + CRYPTO_SEAL_EXTRA) return ERR_INPUT;
    /* Nothing was ever wrapped under a text of another length, however long. */
    if (!str_absent(secret) && !secret_usable(secret)) return ERR_INPUT;
    struct arena *mem = arena_new(4096);
    if (!mem) return ERR_NOMEM;
    uint8_t kek[CRYPTO_KEY];
    err e = wrapping_key(mem, r, session, secret, kek);
    if (!e) e = crypto_open(key, kek, wrapped, session);
    crypto_wipe(kek, sizeof kek);
    arena_free(mem);
    return e;
}
