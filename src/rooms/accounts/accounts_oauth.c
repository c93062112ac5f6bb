/* rooms/accounts/accounts_oauth.c: who may sign in through whom, the way out to GitHub, and what is connected (django-cfg 9.11, 9.12, 9.14, 9.15). */
#include "rooms/accounts/accounts_int.h"

enum { STATE_MS = 300000 };

static const struct throttle authorize_ip = { "accounts.github.authorize.ip", 20, 60000 };

bool cfg_github_on(const struct accounts *r)
{
    const struct accounts_github *g = &r->o.github;
    return g->enabled && g->client_id && *g->client_id && g->client_secret && *g->client_secret;
}

err cfg_oauth_providers(struct call *c)
{
    return reply_json(c, 200,
                      cfg_github_on(accounts_of(c)) ? STR("{\"providers\":[{\"id\":\"github\",\"name\":\"GitHub\",\"icon\":\"github\"}]}")
                                                    : STR("{\"providers\":[]}"));
}

/* authorize */

err cfg_redirect_uri(struct call *c, str given, str *out)
{
    str site = str_c(accounts_of(c)->o.site_url);
    while (str_ends(site, STR("/"))) site.n--;
    *out = given.n ? given : STR_NULL;
    if (given.n || !site.n) return ERR_OK;
    return arena_printf(c->mem, out, STR_FMT "/auth?provider=github", STR_ARG(site));
}

err cfg_no_redirect(struct call *c)
{
    return cfg_refuse_reply(c,
                            &(struct refusal){ 400, "missing_redirect_uri", "error_description", "redirect_uri not provided and site_url not configured", 0 });
}

static err authorize_reply(struct call *c, str state, str redirect)
{
    const struct accounts_github *g = &accounts_of(c)->o.github;
    CLEANUP(buf_release) struct buf url = BUF(65536);
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    buf_z(&url, g->authorize_url);
    buf_z(&url, strchr(g->authorize_url, '?') ? "&client_id=" : "?client_id=");
    cfg_url_escape(&url, str_c(g->client_id), true);
    buf_z(&url, "&redirect_uri=");
    cfg_url_escape(&url, redirect, true);
    buf_z(&url, "&scope=user%3Aemail+read%3Auser&state=");
    buf_add(&url, state);
    TRY(buf_ok(&url));
    jw_open(&w, '{');
    jw_kstr(&w, "authorization_url", buf_str(&url));
    jw_kstr(&w, "state", state);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

err cfg_github_authorize(struct call *c)
{
    struct authorize_body body;
    struct input in;
    str redirect;
    bool over;
    char state[CRYPTO_TOKEN];
    TRY(cfg_over_limit(c, &authorize_ip, &over));
    if (over) return cfg_refuse_reply(c, &(struct refusal){ 429, "Too many requests", NULL, NULL, 0 });
    TRY(cfg_input_read(c, &cfg_shape_authorize, &in, &body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, "\"error\":\"invalid_request\"");
    if (!cfg_github_on(accounts_of(c)))
        return cfg_refuse_reply(c, &(struct refusal){ 503, "github_oauth_disabled", "error_description", "GitHub OAuth is not enabled", 0 });
    TRY(cfg_redirect_uri(c, body.redirect_uri, &redirect));
    if (str_absent(redirect)) return cfg_no_redirect(c);
    crypto_token(state);
    TRY(cfg_state_put(c, (str){ state, sizeof state }, redirect, body.source_url, c->now_ms + STATE_MS));
    return authorize_reply(c, (str){ state, sizeof state }, redirect);
}

/* connections */

static void connection_write(struct jw *w, const struct connection *x)
{
    jw_open(w, '{');
    jw_kint(w, "id", x->id);
    jw_kstr(w, "provider", STR("github"));
    jw_kstr(w, "provider_display", STR("GitHub"));
    jw_kstr(w, "provider_username", x->username);
    jw_kstr(w, "provider_email", x->email);
    jw_kstr(w, "provider_avatar_url", x->avatar_url);
    cfg_jw_time(w, "connected_at", x->connected_at_ms);
    cfg_jw_time(w, "last_login_at", x->last_login_at_ms);
    jw_close(w, '}');
}

err cfg_connections(struct call *c)
{
    struct connection *all;
    size_t n;
    CLEANUP(buf_release) struct buf b = BUF(4 << 20);
    struct jw w = JW(&b);
    TRY(cfg_connection_list(c, c->who->account.id, &all, &n));
    jw_open(&w, '[');
    for (size_t i = 0; i < n; i++) connection_write(&w, &all[i]);
    jw_close(&w, ']');
    return cfg_json_reply(c, 200, &b);
}

err cfg_oauth_disconnect(struct call *c)
{
    struct provider_body body;
    struct input in;
    struct connection *all;
    size_t n;
    bool gone;
    TRY(cfg_input_read(c, &cfg_shape_provider, &in, &body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, "\"error\":\"invalid_request\"");
    TRY(cfg_connection_list(c, c->who->account.id, &all, &n));
    if (!n) return cfg_refuse_reply(c, &(struct refusal){ 404, "not_found", "error_description", "No github connection found", 0 });
    for (size_t i = 0; i < n; i++) TRY(identity_unlink(c, c->who->account.id, CFG_GITHUB, all[i].subject, &gone));
    TRY(cfg_connections_drop(c, c->who->account.id));
    TRY(cfg_message_reply(c, "Github disconnected successfully"));
    return cfg_timezone_here(c);
}
