/* rooms/hiring/hiring.c: makes and ends the room. */
#include "base/clock.h"
#include "rooms/hiring/hiring_int.h"

static const char *const prefixes[] = { "/api/v1/auth", "/api/v1/users/me", "/api/v1/api-keys", "/api/v1/interviews", "/api/v1/livekit", NULL };

#define JSON "application/json"
static const struct reply_doc common[] = {
    { 307, NULL, NULL, "The path is known with, or without, a slash at its end: see Location." },
    { 405, JSON, &hiring_detail_shape, "Method Not Allowed" },
    { 413, JSON, &hiring_detail_shape, "Request body too large" },
    { 500, JSON, &hiring_detail_shape, "Internal Server Error" },
    { 503, JSON, &hiring_detail_shape, "Busy; try again after Retry-After seconds." },
    { 0 },
};

#define FAMILY                                                                                                                                         \
    {                                                                                                                                                  \
        .name = "hiring", .title = "AI Interview Platform API", .version = "1.0", .server = "/api/v1", .ops = hiring_ops, .prefixes = prefixes,        \
        .security = "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}", .security_need = "[{\"bearer\":[]}]", .common = common, .reports = true, \
        .slashes = true, .body_max = 1 << 20, .identify = hiring_identify, .one_look = true, .still = hiring_still, .error = hiring_error_reply,       \
        .no_path = hiring_no_path, .no_method = hiring_no_method, .options = hiring_options_reply, .finish = hiring_finish                             \
    }
const struct family hiring_document = FAMILY;

err hiring_new(struct arena *a, const struct hiring_options *o, struct hiring **out)
{
    struct hiring *h = NEW(a, struct hiring);
    if (!h) return ERR_NOMEM;
    h->o = *o;
    h->family = (struct family)FAMILY;
    h->family.room = h;
    crypto_keyed_hash(h->key_hash, o->master_key, STR("hiring: API keys"));
    h->o.master_key = NULL;
    err e = hiring_secrets_new(h, a);
    if (!e) e = hiring_usage_new(h);
    if (!e && o->livekit.api_key.n && o->livekit.api_secret.n) e = jwt_key_hmac_shared(a, o->livekit.api_secret, STR_NULL, &h->livekit);
    atomic_store(&h->outbox_since_ms, INT64_MAX);
    if (e) {
        hiring_free(h);
        return e;
    }
    *out = h;
    return ERR_OK;
}

err hiring_start(struct hiring *h) { return hiring_usage_start(h); }

void hiring_free(struct hiring *h)
{
    if (!h) return;
    hiring_usage_free(h);
    hiring_secrets_free(h->secrets);
    crypto_wipe(h->key_hash, sizeof h->key_hash);
}

void hiring_numbers(const struct hiring *h, struct hiring_numbers *out)
{
    int64_t since = atomic_load(&h->outbox_since_ms), age = since == INT64_MAX ? 0 : (clock_now_ms() - since) / 1000;
    *out = (struct hiring_numbers){ .tokens_minted = atomic_load(&h->tokens_minted),
                                    .webhooks_refused = atomic_load(&h->webhooks_refused),
                                    .key_uses = atomic_load(&h->key_uses),
                                    .outbox_age_s = age > 0 ? age : 0 };
}

const struct family *hiring_family(struct hiring *h) { return &h->family; }
