/* rooms/accounts/accounts_refresh.c: a refresh token for a new pair, once (django-cfg 7, 9.3). */
#include "rooms/accounts/accounts_int.h"

static err refused(struct call *c, const char *detail, const char *code)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "detail", str_c(detail));
    jw_kstr(&w, "code", str_c(code));
    jw_close(&w, '}');
    reply_header(c->reply, STR("WWW-Authenticate"), STR("Bearer realm=\"api\""));
    return cfg_json_reply(c, 401, &b);
}

static err pair_reply(struct call *c, const struct tokens *t)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "access", t->access);
    jw_kstr(&w, "refresh", t->refresh);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

err cfg_token_refresh(struct call *c)
{
    struct refresh_body body;
    struct input in;
    struct token t;
    struct account *who;
    struct tokens pair;
    const char *fault;
    bool won;
    TRY(cfg_input_read(c, &cfg_shape_refresh, &in, &body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(cfg_token_read(c, body.refresh, TOKEN_REFRESH, &t, &fault));
    if (fault) return refused(c, fault, "token_not_valid");
    TRY(account_by_number(c, t.user, &who));
    if (!who || !who->active || !str_eq(who->scope, AUTH_PLATFORM)) return refused(c, "No active account found for the given token.", "no_active_account");
    if (!cfg_token_fits(accounts_of(c), &t, TOKEN_REFRESH, who)) return refused(c, "Token is invalid", "token_not_valid");
    TRY(cfg_refresh_use(c, t.jti, who->id, &won));
    if (!won) return refused(c, "Token is blacklisted", "token_not_valid");
    TRY(cfg_tokens_make(c, who, &pair));
    return pair_reply(c, &pair);
}
