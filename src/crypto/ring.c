/* crypto/ring.c: sealed secrets with key ids. */
#include "crypto/ring.h"

enum { VERSION = 1, HEAD = 1 + RING_KEY_ID };

err ring_add(struct ring *r, const uint8_t master[static CRYPTO_KEY])
{
    uint8_t hash[CRYPTO_HASH];
    if (r->n == RING_KEYS) return ERR_LIMIT;
    crypto_keyed_hash(hash, master, STR("chancery key id 1"));
    for (size_t i = 0; i < r->n; i++)
        if (memcmp(r->keys[i].id, hash, RING_KEY_ID) == 0) return ERR_CONFLICT;
    memcpy(r->keys[r->n].id, hash, RING_KEY_ID);
    memcpy(r->keys[r->n].key, master, CRYPTO_KEY);
    r->n++;
    return ERR_OK;
}

err ring_renew(const struct ring *r, struct ring *out)
{
    uint8_t key[CRYPTO_KEY];
    *out = (struct ring){ 0 };
    crypto_random(key, sizeof key);
    err e = ring_add(out, key);
    crypto_wipe(key, sizeof key);
    for (size_t i = 0; !e && i < r->n; i++) e = ring_add(out, r->keys[i].key);
    return e;
}

void ring_wipe(struct ring *r) { crypto_wipe(r, sizeof *r); }

static err derive(struct arena *a, const struct ring_key *k, const char *purpose, uint8_t out[static CRYPTO_KEY])
{
    str name;
    TRY(arena_printf(a, &name, "chancery sealed %s 1", purpose));
    crypto_keyed_hash(out, k->key, name);
    return ERR_OK;
}

/* Version and id stand before what the caller binds to. */
static err bind(struct arena *a, const char *head, str bound, str *out)
{
    char *p = NEW_N(a, char, HEAD + bound.n);
    if (!p) return ERR_NOMEM;
    memcpy(p, head, HEAD);
    if (bound.n) memcpy(p + HEAD, bound.p, bound.n);
    *out = (str){ p, HEAD + bound.n };
    return ERR_OK;
}

err ring_seal(struct arena *a, const struct ring *r, const char *purpose, str plain, str bound, str *out)
{
    uint8_t key[CRYPTO_KEY];
    str with;
    if (r->n == 0) return ERR_NOT_FOUND;
    char *p = NEW_N(a, char, plain.n + RING_EXTRA);
    if (!p) return ERR_NOMEM;
    p[0] = VERSION;
    memcpy(p + 1, r->keys[0].id, RING_KEY_ID);
    TRY(bind(a, p, bound, &with));
    TRY(derive(a, &r->keys[0], purpose, key));
    crypto_seal((uint8_t *)p + HEAD, key, plain, with);
    crypto_wipe(key, sizeof key);
    *out = (str){ p, plain.n + RING_EXTRA };
    return ERR_OK;
}

struct opened {
    size_t n;
    uint8_t text[];
};

static void opened_end(void *what)
{
    struct opened *o = what;
    crypto_wipe(o->text, o->n);
}

static const struct ring_key *key_of(const struct ring *r, str sealed)
{
    for (size_t i = 0; i < r->n; i++)
        if (memcmp(r->keys[i].id, sealed.p + 1, RING_KEY_ID) == 0) return &r->keys[i];
    return NULL;
}

err ring_open(struct arena *a, const struct ring *r, const char *purpose, str sealed, str bound, str *out)
{
    uint8_t key[CRYPTO_KEY];
    str with;
    if (sealed.n < RING_EXTRA || sealed.p[0] != VERSION) return ERR_INPUT;
    const struct ring_key *k = key_of(r, sealed);
    if (!k) return ERR_NOT_FOUND;
    size_t n = sealed.n - RING_EXTRA;
    struct opened *o = arena_take(a, 1, sizeof *o + n + 1, _Alignof(struct opened));
    if (!o) return ERR_NOMEM;
    o->n = n;
    TRY(arena_on_end(a, opened_end, o));
    TRY(bind(a, sealed.p, bound, &with));
    TRY(derive(a, k, purpose, key));
    err e = crypto_open(o->text, key, str_from(sealed, HEAD), with);
    crypto_wipe(key, sizeof key);
    if (e == ERR_OK) *out = (str){ (char *)o->text, n };
    return e;
}

bool ring_is_current(const struct ring *r, str sealed)
{
    return sealed.n >= RING_EXTRA && r->n > 0 && sealed.p[0] == VERSION && memcmp(r->keys[0].id, sealed.p + 1, RING_KEY_ID) == 0;
}
