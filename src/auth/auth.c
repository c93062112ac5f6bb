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
    if (o->ring)
        a->ring = *o->ring;
    else
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
