/* auth/auth.c: the process-wide part: keys derived from the master key, and the password pool. */
#include "auth/auth_int.h"
#include "base/fault.h"
#include <stdlib.h>

err auth_new(const struct auth_options *o, struct auth **out)
{
    struct auth *a = fault_here() ? NULL : calloc(1, sizeof *a);
    if (!a) return ERR_NOMEM;
    str base = o->base_url;
    while (base.n && base.p[base.n - 1] == '/') base.n--;
    a->store = o->store;
    a->cost = o->cost;
    a->base_url = fault_here() ? NULL : strndup(base.p ? base.p : "", base.n);
    crypto_keyed_hash(a->api_keys, o->master_key, STR("chancery api keys 1"));
    crypto_keyed_hash(a->links, o->master_key, STR("chancery one-time links 1"));
    crypto_keyed_hash(a->sessions, o->master_key, STR("chancery sessions 1"));
    crypto_keyed_hash(a->throttles, o->master_key, STR("chancery throttles 1"));
    crypto_keyed_hash(a->backup_codes, o->master_key, STR("chancery backup codes 1"));
    a->unlimited = o->unlimited;
    crypto_password_nobody(a->nobody, o->cost);
    IGNORE(ring_add(&a->ring, o->master_key)); /* the first one always fits */
    if (!a->base_url || lane_new("password", o->workers, o->queue, &a->passwords) != ERR_OK) return auth_free(a), ERR_NOMEM;
    *out = a;
    return ERR_OK;
}

void auth_free(struct auth *a)
{
    if (!a) return;
    lane_free(a->passwords);
    free(a->base_url);
    crypto_wipe(a, sizeof *a);
    free(a);
}

void auth_set_origin(struct auth *a, const char *origin) { atomic_store(&a->origin, origin); }

void auth_set_hooks(struct auth *a, const struct auth_hooks *h) { a->hooks = *h; }

/* --- the mark of the master key --- */

struct mark {
    int64_t value;
    bool set;
};

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
