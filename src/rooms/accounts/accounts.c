/* rooms/accounts/accounts.c: makes and ends the room. */
#include "rooms/accounts/accounts_int.h"

static const char *const prefixes[] = { "/cfg", "/media", NULL };

#define SECURITY                                                                      \
    "{\"apiKeyAuth\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"}," \
    "\"cookieAuth\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"sessionid\"},"  \
    "\"jwtAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}," \
    "\"jwtAuthWithLastLogin\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}"

static const struct reply_doc common[] = {
    { 405, "application/json", &cfg_shape_detail, "The path has no such method." },
    { 413, "application/json", &cfg_shape_detail, "The body is too large." },
    { 500, "application/json", &cfg_shape_detail, "Trouble of the server." },
    { 503, "application/json", &cfg_shape_detail, "Busy; try again after Retry-After seconds." },
    { 0 },
};

#define FAMILY                                                                                                                                            \
    {                                                                                                                                                     \
        .name = "accounts", .title = "Django CFG API", .version = "1.0.0", .server = "", .ops = accounts_ops, .prefixes = prefixes, .security = SECURITY, \
        .security_need = CFG_GROUP_A, .common = common, .body_max = JSON_MAX, .identify = cfg_identify, .still = cfg_still, .error = cfg_error_reply,     \
        .no_path = cfg_no_path, .no_method = cfg_no_method, .no_method_asks = true, .options = cfg_options_reply, .finish = cfg_finish,                   \
        .after_wanted = cfg_timezone_wanted, .after = cfg_timezone_save                                                                                   \
    }
const struct family accounts_document = FAMILY;

/* The key of session tokens is derived, so every server on one store and key signs alike. */
static err make_keys(struct arena *a, struct accounts *r)
{
    uint8_t secret[CRYPTO_KEY];
    const struct accounts_centrifugo *o = &r->o.centrifugo;
    crypto_keyed_hash(secret, r->o.master_key, STR("accounts: session tokens"));
    crypto_keyed_hash(r->epochs, r->o.master_key, STR("accounts: epochs"));
    crypto_keyed_hash(r->codes, r->o.master_key, STR("accounts: one-time codes"));
    crypto_seal(r->no_code, r->codes, STR("none"), STR(""));
    err e = jwt_key_hmac(a, (str){ (const char *)secret, sizeof secret }, STR_NULL, &r->tokens);
    crypto_wipe(secret, sizeof secret);
    TRY(e);
    if (!o->enabled || !o->secret || !*o->secret) return ERR_OK;
    return jwt_key_hmac_shared(a, str_c(o->secret), STR_NULL, &r->centrifugo);
}

err accounts_new(struct arena *a, const struct accounts_options *o, struct accounts **out)
{
    struct accounts *r = NEW(a, struct accounts);
    if (!r) return ERR_NOMEM;
    *r = (struct accounts){ .o = *o, .family = FAMILY };
    TRY(make_keys(a, r));
    r->o.master_key = NULL;
    r->family.room = r;
    *out = r;
    return ERR_OK;
}

void accounts_free(struct accounts *r)
{
    if (!r) return;
    crypto_wipe(r->epochs, sizeof r->epochs);
    crypto_wipe(r->codes, sizeof r->codes);
}

const struct family *accounts_family(struct accounts *r) { return &r->family; }
