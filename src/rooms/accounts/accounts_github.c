/* rooms/accounts/accounts_github.c: back from GitHub: a code becomes a person, a person an account, the account a login (django-cfg 9.13).
 *
 * Three parts: a write that spends the state; calls to GitHub outside any transaction; a write that finds or makes the account. */
#include "base/log.h"
#include "http/client.h"
#include "rooms/accounts/accounts_int.h"

enum { CALL_MS = 30000, ANSWER_MAX = 1 << 20, NAME_MAX = 50, LOGIN_MAX = 255, TOLD_MAX = 500 };

static const struct throttle callback_ip = { "accounts.github.callback.ip", 10, 60000 };

/* What the callback knows so far. */
struct visit {
    struct callback_body body;
    str redirect, source_url;
    bool answered;
    str token, scopes;
    struct connection person; /* subject, username, name, email (verified; empty: none), avatar_url */
    str profile_json;
};

static err oauth_error(struct call *c, struct visit *v, const char *description)
{
    v->answered = true;
    return cfg_refuse_reply(c, &(struct refusal){ 400, "oauth_error", "error_description", description, 0 });
}

static err unexpected(struct call *c, struct visit *v, const char *what)
{
    LOG(LOG_WARN, "GitHub sign-in failed", LOG_S("what", str_c(what)), LOG_S("text", c->why.text));
    v->answered = true;
    call_forget(c);
    return cfg_refuse_reply(c, &(struct refusal){ 500, "server_error", "error_description", "Authentication failed", 0 });
}

/* the state (steps 1 and 2) */

static err state_spend(struct call *c)
{
    struct visit *v = c->state;
    struct input in;
    bool over, good;
    *v = (struct visit){ .answered = true };
    TRY(cfg_over_limit(c, &callback_ip, &over));
    if (over) return cfg_refuse_reply(c, &(struct refusal){ 429, "Too many requests", NULL, NULL, 0 });
    TRY(cfg_input_read(c, &cfg_shape_callback, &in, &v->body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, "\"error\":\"invalid_request\"");
    TRY(cfg_redirect_uri(c, v->body.redirect_uri, &v->redirect));
    if (str_absent(v->redirect)) return cfg_no_redirect(c);
    TRY(cfg_state_take(c, v->body.state, v->redirect, &v->source_url, &good));
    if (!good) return cfg_refuse_reply(c, &(struct refusal){ 400, "invalid_state", "error_description", "Invalid or expired state token", 0 });
    v->answered = false;
    return ERR_OK;
}

/* GitHub (steps 3 to 5) */

/* At most max characters, cut between them. */
static str shortened(str s, size_t max)
{
    size_t at = 0;
    for (size_t n = 0; at < s.n && n < max; n++) do
            at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80);
    return str_head(s, at);
}

static str text_member(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    str s = json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
    return s.n && memchr(s.p, '\0', s.n) ? STR_NULL : s;
}

static err post_code(struct call *c, const struct visit *v, struct client_reply *out)
{
    const struct accounts_github *g = &accounts_of(c)->o.github;
    const struct header headers[] = { { STR("Accept"), STR("application/json") },
                                      { STR("Content-Type"), STR("application/x-www-form-urlencoded") },
                                      { STR("User-Agent"), STR("chancery") } };
    CLEANUP(buf_release) struct buf form = BUF(65536);
    buf_z(&form, "client_id=");
    cfg_url_escape(&form, str_c(g->client_id), true);
    buf_z(&form, "&client_secret=");
    cfg_url_escape(&form, str_c(g->client_secret), true);
    buf_z(&form, "&code=");
    cfg_url_escape(&form, v->body.code, true);
    buf_z(&form, "&redirect_uri=");
    cfg_url_escape(&form, v->redirect, true);
    TRY(buf_ok(&form));
    struct client_request rq = { .method = M_POST,
                                 .url = str_c(g->token_url),
                                 .headers = headers,
                                 .n_headers = COUNT_OF(headers),
                                 .body = buf_str(&form),
                                 .timeout_ms = CALL_MS,
                                 .max_bytes = ANSWER_MAX,
                                 .allow_private = g->allow_private };
    return http_client_do(c, &rq, out);
}

static err get(struct call *c, const struct visit *v, const char *url, struct client_reply *out)
{
    str bearer;
    TRY(arena_printf(c->mem, &bearer, "Bearer " STR_FMT, STR_ARG(v->token)));
    const struct header headers[] = { { STR("Authorization"), bearer },
                                      { STR("Accept"), STR("application/json") },
                                      { STR("X-GitHub-Api-Version"), STR("2022-11-28") },
                                      { STR("User-Agent"), STR("chancery") } };
    struct client_request rq = { .method = M_GET,
                                 .url = str_c(url),
                                 .headers = headers,
                                 .n_headers = COUNT_OF(headers),
                                 .timeout_ms = CALL_MS,
                                 .max_bytes = ANSWER_MAX,
                                 .allow_private = accounts_of(c)->o.github.allow_private };
    return http_client_do(c, &rq, out);
}

/* Errors come with status 200 and a member "error". */
static err exchange(struct call *c, struct visit *v)
{
    struct client_reply r;
    json_t *json = NULL;
    str text;
    err e = post_code(c, v, &r);
    if (e == ERR_NOMEM) return e;
    if (e) return unexpected(c, v, "the token call");
    if (r.status != 200) {
        TRY(arena_printf(c->mem, &text, "Token exchange failed: %d", r.status));
        return oauth_error(c, v, text.p);
    }
    e = json_read(c->mem, r.body, NULL, &json, NULL);
    if (e == ERR_NOMEM) return e;
    if (e || !json_is_object(json)) return unexpected(c, v, "the token answer");
    str error = text_member(json, "error"), description = text_member(json, "error_description");
    if (error.n) return oauth_error(c, v, arena_z(c->mem, shortened(description.n ? description : error, TOLD_MAX)));
    v->token = text_member(json, "access_token");
    v->scopes = text_member(json, "scope");
    return v->token.n ? ERR_OK : unexpected(c, v, "the token answer");
}

static err profile(struct call *c, struct visit *v)
{
    struct client_reply r;
    json_t *json = NULL;
    str text;
    err e = get(c, v, accounts_of(c)->o.github.user_url, &r);
    if (e == ERR_NOMEM) return e;
    if (e) return unexpected(c, v, "the user call");
    if (r.status != 200) {
        TRY(arena_printf(c->mem, &text, "Failed to fetch user info: %d", r.status));
        return oauth_error(c, v, text.p);
    }
    e = json_read(c->mem, r.body, NULL, &json, NULL);
    if (e == ERR_NOMEM) return e;
    const json_t *id = e ? NULL : json_object_get(json, "id");
    str login = e ? STR_NULL : text_member(json, "login");
    if (!json_is_integer(id) || json_integer_value(id) <= 0 || !login.n || login.n > LOGIN_MAX || !str_utf8_ok(r.body))
        return unexpected(c, v, "the user answer");
    TRY(arena_printf(c->mem, &v->person.subject, "%lld", (long long)json_integer_value(id)));
    CLEANUP(buf_release) struct buf lower = BUF(4096);
    text_fold(&lower, login, false);
    TRY(buf_to_arena(&lower, c->mem, &v->person.username));
    v->person.name = cfg_text_trim(text_member(json, "name"));
    v->person.avatar_url = text_member(json, "avatar_url");
    v->person.email = text_member(json, "email"); /* a wish only, until the list of verified ones has it */
    v->profile_json = r.body;
    return ERR_OK;
}

static bool same_address(struct call *c, str a, str b)
{
    str x, y;
    return email_normalise(c->mem, a, &x) == ERR_OK && email_normalise(c->mem, b, &y) == ERR_OK && str_eq(x, y);
}

/* Of the verified ones the profile's, else the primary, else the first. */
static str choose(struct call *c, const json_t *list, str wish)
{
    str first = STR_NULL, primary = STR_NULL;
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        str address = text_member(item, "email");
        if (!address.n || !json_is_true(json_object_get(item, "verified")) || cfg_address_fault(address)) continue;
        if (wish.n && same_address(c, address, wish)) return address;
        if (!first.n) first = address;
        if (!primary.n && json_is_true(json_object_get(item, "primary"))) primary = address;
    }
    return primary.n ? primary : first;
}

/* A call that fails counts as an empty list. */
static err addresses(struct call *c, struct visit *v)
{
    struct client_reply r = { 0 };
    json_t *json = NULL;
    str wish = v->person.email;
    v->person.email = STR_NULL;
    err e = get(c, v, accounts_of(c)->o.github.emails_url, &r);
    if (e == ERR_NOMEM) return e;
    if (e) call_forget(c);
    if (e || r.status != 200) return ERR_OK;
    e = json_read(c->mem, r.body, NULL, &json, NULL);
    if (e == ERR_NOMEM) return e;
    if (!e && json_is_array(json)) v->person.email = choose(c, json, wish);
    return ERR_OK;
}

/* the account (steps 6 to 10) */

struct match {
    struct account *who;
    bool new_user, new_connection;
};

static err create(struct call *c, struct visit *v, struct match *m)
{
    size_t space = str_find(v->person.name, ' ', 0);
    struct account_new in = { .email = v->person.email,
                              .verified = v->person.email.n > 0,
                              .first_name = shortened(str_head(v->person.name, space), NAME_MAX),
                              .last_name = shortened(cfg_text_trim(str_from(v->person.name, space)), NAME_MAX) };
    if (!accounts_of(c)->o.github.auto_create) return oauth_error(c, v, "User not found and auto-creation is disabled");
    if (!in.verified) {
        struct account *other;
        TRY(arena_printf(c->mem, &in.email, STR_FMT "@github.local", STR_ARG(v->person.username)));
        if (!email_is_valid(in.email)) return unexpected(c, v, "a login that makes no address");
        TRY(account_by_email(c, AUTH_PLATFORM, in.email, &other));
        /* Somebody had that login before him. */
        if (other) TRY(arena_printf(c->mem, &in.email, STR_FMT "+" STR_FMT "@github.local", STR_ARG(v->person.username), STR_ARG(v->person.subject)));
    }
    err e = account_create(c, &in, &m->who);
    if (e == ERR_CONFLICT) return call_forget(c), oauth_error(c, v, "An account with this email already exists");
    m->new_user = m->new_connection = true;
    return e;
}

/* By GitHub's number, else by a proven address, else a new one. An identity is linked after the proof: a first proof takes older ones away. */
static err match(struct call *c, struct visit *v, struct match *m)
{
    *m = (struct match){ 0 };
    TRY(identity_find(c, AUTH_PLATFORM, CFG_GITHUB, v->person.subject, true, &m->who));
    if (m->who) return ERR_OK;
    if (accounts_of(c)->o.github.account_linking && v->person.email.n) TRY(account_by_email(c, AUTH_PLATFORM, v->person.email, &m->who));
    if (!m->who) return create(c, v, m);
    m->new_connection = true;
    return m->who->active ? cfg_proven(c, &m->who) : ERR_OK;
}

static err identicon(struct call *c, str login, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    buf_z(&b, "https://github.com/identicons/");
    cfg_url_escape(&b, login, false);
    buf_z(&b, ".png");
    return buf_to_arena(&b, c->mem, out);
}

/* What the API document requires is never empty, and an address is one (step 7). */
static err connect(struct call *c, const struct visit *v, const struct match *m)
{
    struct connection x = v->person;
    str sealed;
    if (!x.email.n) x.email = m->who->email_norm;
    if (!cfg_url_ok(x.avatar_url)) TRY(identicon(c, x.username, &x.avatar_url));
    TRY(ring_seal(c->mem, accounts_of(c)->o.ring, "github", v->token, x.subject, &sealed));
    TRY(identity_link(c, m->who->id, CFG_GITHUB, x.subject, x.email));
    return cfg_connection_put(c, m->who->id, &x, sealed, v->scopes, v->profile_json);
}

static err callback_reply(struct call *c, const struct match *m)
{
    struct login login;
    TRY(cfg_login_begin(c, m->who, "github", &login));
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    TRY(cfg_login_members(c, &w, m->who, &login, USER_OF_GITHUB));
    jw_kbool(&w, "is_new_user", m->new_user);
    jw_kbool(&w, "is_new_connection", m->new_connection);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

static err sign_in(struct call *c)
{
    struct visit *v = c->state;
    struct match m;
    v->answered = false;
    TRY(match(c, v, &m));
    if (v->answered) return ERR_OK;
    if (!m.who->active) return oauth_error(c, v, "User account is disabled");
    TRY(connect(c, v, &m));
    if (v->source_url.n) TRY(cfg_source_add(c, m.who->id, v->source_url, m.new_user));
    return callback_reply(c, &m);
}

err cfg_github_callback(struct call *c)
{
    struct accounts *r = accounts_of(c);
    struct visit v;
    c->state = &v;
    TRY(store_do(r->o.store, c, TX_WRITE, state_spend));
    if (v.answered) return ERR_OK;
    if (!cfg_github_on(r)) return oauth_error(c, &v, "GitHub OAuth is not enabled");
    TRY(exchange(c, &v));
    if (!v.answered) TRY(profile(c, &v));
    if (!v.answered) TRY(addresses(c, &v));
    return v.answered ? ERR_OK : store_do(r->o.store, c, TX_WRITE, sign_in);
}
