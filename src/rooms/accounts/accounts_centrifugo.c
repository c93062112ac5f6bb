/* rooms/accounts/accounts_centrifugo.c: connection tokens for Centrifugo (django-cfg 10, 9.26). */
#include "rooms/accounts/accounts_int.h"

enum { CHANNELS_MAX = 6 };

bool cfg_centrifugo_on(const struct accounts *r) { return r->centrifugo != NULL; }

static err channels(struct call *c, const struct account *who, str out[static CHANNELS_MAX], size_t *n)
{
    *n = 0;
    TRY(arena_printf(c->mem, &out[(*n)++], "user#%lld", (long long)who->number));
    TRY(arena_printf(c->mem, &out[(*n)++], "notifications#user#%lld", (long long)who->number));
    if (who->staff || who->superuser) {
        out[(*n)++] = STR("centrifugo#dashboard");
        out[(*n)++] = STR("admin#notifications");
        out[(*n)++] = STR("grpc#*");
    }
    out[(*n)++] = STR("broadcast");
    return ERR_OK;
}

static void channel_list(struct jw *w, const str *list, size_t n)
{
    jw_key(w, STR("channels"));
    jw_open(w, '[');
    for (size_t i = 0; i < n; i++) jw_str(w, list[i]);
    jw_close(w, ']');
}

static err token(struct call *c, const struct account *who, const str *list, size_t n, int64_t expires_s, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    str claims, sub;
    TRY(arena_printf(c->mem, &sub, "%lld", (long long)who->number));
    jw_open(&w, '{');
    jw_kstr(&w, "sub", sub);
    jw_kint(&w, "exp", expires_s);
    jw_kint(&w, "iat", c->now_ms / 1000);
    channel_list(&w, list, n);
    jw_close(&w, '}');
    TRY(buf_to_arena(&b, c->mem, &claims));
    return jwt_sign(c->mem, accounts_of(c)->centrifugo, claims, out);
}

err cfg_centrifugo_write(struct call *c, struct jw *w, const struct account *who)
{
    const struct accounts_centrifugo *o = &accounts_of(c)->o.centrifugo;
    int64_t expires_s = c->now_ms / 1000 + o->ttl_s;
    str list[CHANNELS_MAX], text;
    size_t n;
    TRY(channels(c, who, list, &n));
    TRY(token(c, who, list, n, expires_s, &text));
    jw_open(w, '{');
    jw_kstr(w, "token", text);
    jw_kstr(w, "centrifugo_url", str_c(o->url));
    cfg_jw_time(w, "expires_at", expires_s * 1000);
    channel_list(w, list, n);
    jw_close(w, '}');
    return ERR_OK;
}

err cfg_centrifugo_token(struct call *c)
{
    const struct accounts *r = accounts_of(c);
    if (!r->o.centrifugo.enabled) return cfg_refuse_reply(c, &(struct refusal){ 500, "Centrifugo not configured or disabled", NULL, NULL, 0 });
    if (!cfg_centrifugo_on(r)) return cfg_refuse_reply(c, &(struct refusal){ 500, "Failed to generate token", NULL, NULL, 0 });
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    TRY(cfg_centrifugo_write(c, &w, &c->who->account));
    return cfg_json_reply(c, 200, &b);
}
