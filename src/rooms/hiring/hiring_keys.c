/* rooms/hiring/hiring_keys.c: API keys of a user (hiring 4, 6.6 to 6.8). */
#include "rooms/hiring/hiring_int.h"

static void secret_reply(struct call *c) { reply_header(c->reply, STR("Cache-Control"), STR("no-store")); }

/* "pk_" or "sk_" and KEY_RANDOM characters. */
static err key_text(struct call *c, const char *prefix, str *out)
{
    char *p = NEW_N(c->mem, char, KEY_LEN + 1);
    if (!p) return ERR_NOMEM;
    memcpy(p, prefix, 3);
    crypto_random_text(p + 3, KEY_RANDOM, CRYPTO_ALNUM);
    *out = (str){ p, KEY_LEN };
    return ERR_OK;
}

static err put(struct call *c, const struct key_reply *k)
{
    struct hiring *h = hiring_of(c);
    uint8_t key[CRYPTO_HASH], secret[SHA256];
    struct key_row row = { .id = k->id, .account_id = caller_of(c)->user.id, .name = k->name };
    TRY(ring_seal(c->mem, h->o.ring, HIRING_KEY_PURPOSE, k->key, k->id, &row.sealed));
    crypto_keyed_hash(key, h->key_hash, k->key);
    crypto_sha256(secret, k->secret);
    row.key_hash = (str){ (const char *)key, sizeof key };
    row.secret_hash = (str){ (const char *)secret, sizeof secret };
    return hiring_key_put(c, &row);
}

err hiring_key_create(struct call *c)
{
    const struct key_body *b = c->body;
    struct key_reply k = { .name = b->name, .is_active = true, .created_at = c->now_ms, .last_used_at = SHAPE_NO_TIME };
    int64_t active;
    char *id = NEW_N(c->mem, char, CRYPTO_UUID);
    if (!id) return ERR_NOMEM;
    crypto_uuid7(id);
    k.id = (str){ id, CRYPTO_UUID };
    /* Lock first: two that count at once would both find room. */
    TRY(store_lock(c, "hiring keys of account", caller_of(c)->user.id));
    TRY(hiring_keys_active(c, caller_of(c)->user.id, &active));
    if (active >= hiring_of(c)->o.keys_max) return fail_status(c, ERR_LIMIT, 400, "Maximum number of API keys reached");
    TRY(key_text(c, "pk_", &k.key));
    TRY(key_text(c, "sk_", &k.secret));
    TRY(put(c, &k));
    TRY(hiring_audit(c, "api_key.create", k.id));
    secret_reply(c);
    return reply_shape(c, 200, &hiring_new_key_shape, &k);
}

err hiring_key_open(const struct ring *ring, struct arena *a, const struct key_row *k, str *out)
{
    return ring_open(a, ring, HIRING_KEY_PURPOSE, k->sealed, k->id, out);
}

static err read_keys(struct call *c)
{
    struct list *out = c->state;
    struct key_row *rows;
    TRY(hiring_keys_of(c, caller_of(c)->user.id, &rows, &out->n));
    out->v = rows;
    return ERR_OK;
}

err hiring_key_list(struct call *c)
{
    struct hiring *h = hiring_of(c);
    struct list rows = { 0 };
    str count;
    TRY(hiring_usage_flush(h));
    c->state = &rows;
    TRY(store_do(h->o.store, c, TX_READ, read_keys));
    struct key_reply *v = NEW_N(c->mem, struct key_reply, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        const struct key_row *k = (const struct key_row *)rows.v + i;
        v[i] = (struct key_reply){ .id = k->id,
                                   .name = k->name,
                                   .is_active = k->active,
                                   .usage_count = k->usage_count,
                                   .created_at = k->created_at_ms,
                                   .last_used_at = k->last_used_at_ms };
        TRY(hiring_key_open(h->o.ring, c->mem, k, &v[i].key));
    }
    TRY(arena_printf(c->mem, &count, "%zu", rows.n));
    reply_header(c->reply, STR("X-Total-Count"), count);
    secret_reply(c);
    return reply_shape(c, 200, &hiring_keys_shape, &(struct list){ v, rows.n });
}

static err no_key(struct call *c) { return fail(c, ERR_NOT_FOUND, NULL, "API key not found"); }

static err own_id(struct call *c, str *out)
{
    if (!hiring_is_uuid(c->path[0])) return no_key(c);
    return hiring_id_of(c, c->path[0], out);
}

err hiring_key_deactivate(struct call *c)
{
    bool found;
    str id = STR_NULL;
    TRY(own_id(c, &id));
    TRY(hiring_key_off(c, id, caller_of(c)->user.id, &found));
    if (!found) return no_key(c);
    TRY(hiring_audit(c, "api_key.deactivate", id));
    return reply_shape(c, 200, &hiring_message_shape, &(struct message){ STR("API key deactivated successfully") });
}
