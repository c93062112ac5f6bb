/* rooms/accounts/accounts_family.c: what is Django REST framework's own: the shapes of errors, CORS with credentials, fixed headers (django-cfg 1, 2). */
#include "base/clock.h"
#include "rooms/accounts/accounts_int.h"
#include <ctype.h>

/* small replies */

err cfg_json_reply(struct call *c, int status, struct buf *b)
{
    str json;
    TRY(buf_to_arena(b, c->mem, &json));
    return reply_json(c, status, json);
}

err cfg_detail_reply(struct call *c, int status, str detail)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "detail", detail);
    jw_close(&w, '}');
    return cfg_json_reply(c, status, &b);
}

err cfg_refuse_reply(struct call *c, const struct refusal *r)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    str seconds;
    jw_open(&w, '{');
    jw_kstr(&w, "error", str_c(r->error));
    if (r->value) jw_kstr(&w, r->second, str_c(r->value));
    if (r->retry_s) jw_kint(&w, "retry_after", r->retry_s);
    jw_close(&w, '}');
    if (r->retry_s) {
        TRY(arena_printf(c->mem, &seconds, "%lld", (long long)r->retry_s));
        reply_header(c->reply, STR("Retry-After"), seconds);
    }
    return cfg_json_reply(c, r->status, &b);
}

err cfg_message_reply(struct call *c, const char *message)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "message", str_c(message));
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

void cfg_jw_time(struct jw *w, const char *key, int64_t ms)
{
    char z[CLOCK_ISO_MAX];
    if (!ms) return jw_knull(w, key);
    size_t n = clock_iso(ms, z); /* …:05.123Z */
    str head = str_head((str){ z, n }, 19);
    char text[20];
    memcpy(text, head.p, 19);
    text[19] = 'Z';
    jw_kstr(w, key, (str){ text, sizeof text });
}

/* errors */

/* Of a failure's place: "code|message"; see accounts_who.c. */
static void error_members(struct jw *w, str where, str text)
{
    str code = str_head(where, str_find(where, '|', 0)), message = str_from(where, code.n + 1);
    jw_kstr(w, "detail", text);
    if (code.n) jw_kstr(w, "code", code);
    if (!message.n) return;
    jw_key(w, STR("messages"));
    jw_open(w, '[');
    jw_open(w, '{');
    jw_kstr(w, "token_class", STR("AccessToken"));
    jw_kstr(w, "token_type", STR("access"));
    jw_kstr(w, "message", message);
    jw_close(w, '}');
    jw_close(w, ']');
}

/* Trouble of the server in the words of the operation's own document (django-cfg 9.1, 9.13, 9.26). */
static const struct refusal *own_trouble(const struct op *op)
{
    static const struct {
        const char *id;
        struct refusal r;
    } all[] = {
        { "cfg_accounts_otp_request_create", { 500, "Internal server error during OTP request", "error_code", "internal_error", 0 } },
        { "cfg_accounts_oauth_github_callback_create", { 500, "server_error", "error_description", "Authentication failed", 0 } },
        { "cfg_centrifugo_auth_token_retrieve", { 500, "Failed to generate token", NULL, NULL, 0 } },
    };
    for (size_t i = 0; op && i < COUNT_OF(all); i++)
        if (strcmp(op->id, all[i].id) == 0) return &all[i].r;
    return NULL;
}

static str default_text(err e, int status)
{
    if (e == ERR_BUSY) return STR("The server is busy. Try again.");
    if (status == 404) return STR("Not found.");
    if (status == 413) return STR("The request body is too large.");
    return status >= 500 ? STR("Internal server error.") : STR("Bad request.");
}

void cfg_error_reply(struct call *c, const struct op *op, err e)
{
    int status = c->why.status ? c->why.status : route_status(e);
    const struct refusal *own = status == 500 ? own_trouble(op) : NULL;
    bool blunt = status >= 500 && e != ERR_BUSY; /* nothing of our insides in an answer */
    if (own) {
        IGNORE(cfg_refuse_reply(c, own)); /* fails only without memory, and then the plain reply stands */
        return;
    }
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    error_members(&w, blunt ? STR_NULL : c->why.where, blunt || str_absent(c->why.text) ? default_text(e, status) : c->why.text);
    if (status >= 500) jw_kstr(&w, "request_id", c->request_id);
    jw_close(&w, '}');
    if (e == ERR_ANONYMOUS)
        reply_header(c->reply, STR("WWW-Authenticate"), op && op->security_need == CFG_GROUP_B ? STR("X-API-Key") : STR("Bearer realm=\"api\""));
    IGNORE(cfg_json_reply(c, status, &b));
}

/* unknown paths and methods */

static bool fits(const char *template, str path)
{
    str t = str_c(template), a = STR_NULL, b = STR_NULL;
    bool more_t, more_p;
    do {
        more_t = str_cut(&t, '/', &a);
        more_p = str_cut(&path, '/', &b);
        if (more_t != more_p || (!(a.n && a.p[0] == '{') && !str_eq(a, b))) return false;
    } while (more_t);
    return true;
}

static const struct op *op_of_path(str path)
{
    for (const struct op *op = accounts_ops; op->id; op++)
        if (fits(op->path, path)) return op;
    return NULL;
}

static bool preflight(struct call *c)
{
    if (c->rq->method != M_OPTIONS || str_absent(req_header(c->rq, "Access-Control-Request-Method"))) return false;
    IGNORE(reply_text(c, 200, "text/html; charset=utf-8", STR("")));
    return true;
}

void cfg_no_path(struct call *c)
{
    if (!preflight(c)) IGNORE(cfg_detail_reply(c, 404, STR("Not found.")));
}

static err known(struct call *c)
{
    const struct op *op = op_of_path(c->rq->path);
    return op && op->perm != PERM_PUBLIC ? cfg_identify(c, op) : ERR_OK;
}

/* Who calls is asked before whether the path has the method (django-cfg 1). */
void cfg_no_method(struct call *c, unsigned allowed)
{
    str text;
    (void)allowed;
    err e = accounts_of(c) && accounts_of(c)->o.store ? store_do(accounts_of(c)->o.store, c, TX_READ, known) : ERR_OK;
    if (e != ERR_OK) {
        cfg_error_reply(c, op_of_path(c->rq->path), e);
        return;
    }
    if (arena_printf(c->mem, &text, "Method \"" STR_FMT "\" not allowed.", STR_ARG(c->rq->method_text)) == ERR_OK) IGNORE(cfg_detail_reply(c, 405, text));
}

void cfg_options_reply(struct call *c, unsigned allowed)
{
    (void)allowed;
    if (!preflight(c)) IGNORE(reply_text(c, 200, "text/html; charset=utf-8", STR("")));
}

/* CORS (django-cfg 1.1) */

/* An optional port behind the host, and nothing else. */
static bool port_only(str rest)
{
    if (!rest.n) return true;
    return rest.p[0] == ':' && rest.n <= 6 && cfg_digits_only(str_from(rest, 1));
}

static bool local_origin(str origin)
{
    static const char *const any_port[] = { "http://localhost", "http://127.0.0.1", "wails://localhost", "http://wails.localhost", "https://wails.localhost" };
    static const char *const exact[] = { "tauri://localhost", "https://tauri.localhost", "capacitor://localhost", "ionic://localhost" };
    for (size_t i = 0; i < COUNT_OF(any_port); i++)
        if (str_starts(origin, str_c(any_port[i])) && port_only(str_from(origin, strlen(any_port[i])))) return true;
    for (size_t i = 0; i < COUNT_OF(exact); i++)
        if (str_is(origin, exact[i])) return true;
    return str_starts(origin, STR("app://")) && origin.n > 6;
}

static bool origin_allowed(const struct accounts *r, str origin)
{
    for (size_t i = 0; i < r->o.n_origins; i++)
        if (str_is(origin, r->o.origins[i])) return true;
    return r->o.local_origins && local_origin(origin);
}

#define CORS_HEADERS                                                                                                            \
    "accept, accept-encoding, authorization, content-type, dnt, origin, user-agent, x-csrftoken, x-requested-with, x-api-key, " \
    "x-auth-retry, x-timezone, x-client-time"

void cfg_finish(struct call *c, const struct op *op)
{
    struct reply *r = c->reply;
    str origin = c->rq ? req_header(c->rq, "Origin") : STR_NULL;
    (void)op;
    reply_header(r, STR("X-Content-Type-Options"), STR("nosniff"));
    reply_header(r, STR("X-Frame-Options"), STR("DENY"));
    reply_header(r, STR("Referrer-Policy"), STR("same-origin"));
    reply_header(r, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
    reply_header(r, STR("Vary"), STR("origin"));
    if (str_absent(origin) || !accounts_of(c) || !origin_allowed(accounts_of(c), origin)) return;
    reply_header(r, STR("Access-Control-Allow-Origin"), origin);
    reply_header(r, STR("Access-Control-Allow-Credentials"), STR("true"));
    if (c->rq->method != M_OPTIONS || str_absent(req_header(c->rq, "Access-Control-Request-Method"))) return;
    reply_header(r, STR("Access-Control-Allow-Headers"), STR(CORS_HEADERS));
    reply_header(r, STR("Access-Control-Allow-Methods"), STR("DELETE, GET, OPTIONS, PATCH, POST, PUT"));
    reply_header(r, STR("Access-Control-Max-Age"), STR("86400"));
}
