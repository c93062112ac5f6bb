/* auth/auth_master.c: which master key the store belongs to, and the root key that outlives it. */
#include "auth/auth_int.h"

struct mark {
    int64_t value;
    bool set;
};

static int64_t mark_of(const uint8_t key[static CRYPTO_KEY])
{
    uint8_t hash[CRYPTO_HASH];
    int64_t value = 0;
    crypto_keyed_hash(hash, key, STR("chancery mark of the master key 1"));
    for (int i = 0; i < 8; i++) value = value << 8 | (i ? hash[i] : hash[i] & 0x7F);
    return value;
}

static err mark_read(struct call *c)
{
    struct mark *m = c->state;
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_MARK], &row));
    m->set = row != NULL;
    if (row) m->value = row[0].i;
    return ERR_OK;
}

static err mark_write(struct call *c)
{
    const struct mark *m = c->state;
    return db_run(c, &auth_q[AQ_MARK_SET], m->value);
}

err auth_key_known(struct store *s, struct arena *mem, bool *known)
{
    struct mark m = { 0 };
    struct call c = { .mem = mem, .state = &m };
    TRY(store_do(s, &c, TX_READ, mark_read));
    *known = m.set;
    return ERR_OK;
}

err auth_key_fits(struct store *s, struct arena *mem, const uint8_t key[static CRYPTO_KEY], bool *fits)
{
    uint8_t hash[CRYPTO_HASH];
    struct mark own = { 0 }, stored = { 0 };
    struct call c = { .mem = mem, .state = &own };
    crypto_keyed_hash(hash, key, STR("chancery mark of the master key 1"));
    for (int i = 0; i < 8; i++) own.value = own.value << 8 | (i ? hash[i] : hash[i] & 0x7F);
    c.state = &stored;
    TRY(store_do(s, &c, TX_READ, mark_read));
    if (!stored.set) {
        c.state = &own;
        TRY(store_do(s, &c, TX_WRITE, mark_write));
        c.state = &stored;
        TRY(store_do(s, &c, TX_READ, mark_read)); /* another server may have been quicker */
    }
    *fits = stored.value == own.value;
    return ERR_OK;
}

/* the root key */

#define ROOT STR("root key")
static const char root_purpose[] = "root";

static err root_read(struct call *c)
{
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_SECRET], &row, ROOT));
    *(str *)c->state = row ? row[0].s : STR_NULL;
    return ERR_OK;
}

err auth_root_key(struct store *s, struct arena *mem, const struct ring *r, const uint8_t fits[static CRYPTO_KEY], uint8_t root[static CRYPTO_KEY])
{
    str sealed = STR_NULL, plain;
    struct call c = { .mem = mem, .state = &sealed };
    TRY(store_do(s, &c, TX_READ, root_read));
    if (str_absent(sealed)) return memcpy(root, fits, CRYPTO_KEY), ERR_OK;
    err e = ring_open(mem, r, root_purpose, sealed, ROOT, &plain);
    if (e == ERR_NOMEM) return e;
    if (e || plain.n != CRYPTO_KEY) return ERR_STORE;
    memcpy(root, plain.p, CRYPTO_KEY);
    return ERR_OK;
}

err auth_rekey_begin(struct call *c, const struct ring *r, const uint8_t root[static CRYPTO_KEY])
{
    str sealed;
    TRY(ring_seal(c->mem, r, root_purpose, (str){ (const char *)root, CRYPTO_KEY }, ROOT, &sealed));
    return db_run(c, &auth_q[AQ_SECRET_PUT], ROOT, sealed);
}

err auth_rekey_end(struct call *c, const struct ring *r) { return db_run(c, &auth_q[AQ_MARK_MOVE], mark_of(r->keys[0].key)); }
