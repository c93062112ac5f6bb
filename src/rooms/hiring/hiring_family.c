/* rooms/hiring/hiring_family.c: what is the hiring API's own: who the caller is, the shape of errors, CORS, fixed headers. */
#include "rooms/hiring/hiring_int.h"

const char *const hiring_by_key[] = { "api_key", NULL }, *const hiring_even_inactive[] = { "inactive", NULL };

/* Who */

static err bearer(struct call *c, str *token)
{
    str rest = req_header(c->rq, "Authorization"), scheme;
    bool two = str_cut(&rest, ' ', &scheme);
    if (!str_eq_nocase(scheme, STR("bearer"))) return fail(c, ERR_ANONYMOUS, NULL, "Not authenticated");
    *token = two ? str_trim(rest) : STR("");
    return ERR_OK;
}

static struct caller *caller_new(struct call *c, const struct user *u)
{
    struct caller *k = NEW(c->mem, struct caller);
    if (!k) return NULL;
    k->user = *u;
    k->who.account = (struct account){ .id = u->id,
                                       .scope = AUTH_PLATFORM,
                                       .email = u->email,
                                       .active = u->active,
                                       .superuser = u->superuser,
                                       .created_at_ms = u->created_at_ms,
                                       .epoch = u->epoch };
    c->who = &k->who;
    return k;
}

static err refuse_token(struct call *c) { return fail(c, ERR_ANONYMOUS, NULL, "Could not validate credentials"); }

static bool may_act(const struct user *u, const struct op *op) { return u->active || op->roles == hiring_even_inactive; }

static err refuse_inactive(struct call *c) { return fail_status(c, ERR_INPUT, 400, "Inactive user"); }

static err identify_user(struct call *c, const struct op *op, str token)
{
    struct access a = { 0 };
    struct user *u;
    bool revoked;
    TRY(hiring_access_read(hiring_of(c), c, token, &a));
    TRY(hiring_user_find(c, a.account_id, a.jti, &u, &revoked));
    if (!u || revoked || u->epoch != a.epoch) return refuse_token(c);
    struct caller *k = caller_new(c, u);
    if (!k) return ERR_NOMEM;
    k->jti = a.jti;
    k->expires_at_ms = a.expires_at_ms;
    return may_act(u, op) ? ERR_OK : refuse_inactive(c);
}

static err refuse_key(struct call *c) { return fail(c, ERR_ANONYMOUS, NULL, "Invalid or inactive API key"); }

/* Row and credentials fit: told apart in constant time, though the store has found the row by one of them. */
static bool key_matches(const struct credentials *k, str key_hash, str secret_hash, const struct key_row *row)
{
    bool key = str_absent(k->key) || crypto_equal(key_hash, row->key_hash);
    bool secret = str_absent(k->secret) || crypto_equal(secret_hash, row->secret_hash);
    return key && secret;
}

static err identify_key(struct call *c, str token)
{
    struct hiring *h = hiring_of(c);
    struct credentials k = { 0 };
    uint8_t key[CRYPTO_HASH] = { 0 }, secret[SHA256] = { 0 };
    struct key_row *row;
    struct user *owner;
    int64_t wait_s;
    if (hiring_credentials_read(token, &k) != ERR_OK || (h->o.require_secret && str_absent(k.secret))) return refuse_key(c);
    if (k.key.n) crypto_keyed_hash(key, h->key_hash, k.key);
    if (k.secret.n) crypto_sha256(secret, k.secret);
    const str key_hash = { (const char *)key, sizeof key }, secret_hash = { (const char *)secret, sizeof secret };
    TRY(hiring_key_find(c, k.key.n ? key_hash : STR_NULL, secret_hash, &row, &owner));
    if (!row || !key_matches(&k, key_hash, secret_hash, row)) return refuse_key(c);
    TRY(hiring_usage_count(h, row->id, c->now_ms, &wait_s));
    if (wait_s) return hiring_too_many(c, wait_s);
    struct caller *caller = caller_new(c, owner);
    if (!caller) return ERR_NOMEM;
    caller->key_id = caller->who.key_id = row->id;
    return ERR_OK;
}

err hiring_identify(struct call *c, const struct op *op)
{
    str token = STR_NULL;
    TRY(bearer(c, &token));
    return op->roles == hiring_by_key ? identify_key(c, token) : identify_user(c, op, token);
}

/* A key's request was made while the key was good, and makes nothing that lets anybody in. */
err hiring_still(struct call *c, const struct op *op)
{
    const struct caller *me = caller_of(c);
    struct user *now;
    bool revoked;
    if (me->key_id.n) return ERR_OK;
    TRY(hiring_user_find(c, me->user.id, me->jti, &now, &revoked));
    if (!now || revoked || now->epoch != me->user.epoch) return refuse_token(c);
    return may_act(now, op) ? ERR_OK : refuse_inactive(c);
}

/* Errors */

/* The seconds go where other errors name a place: the reply's headers are taken back when an operation fails. */
err hiring_too_many(struct call *c, int64_t wait_s)
{
    str seconds;
    TRY(arena_printf(c->mem, &seconds, "%lld", (long long)wait_s));
    return fail(c, ERR_LIMIT, seconds.p, "Too many requests");
}

static void detail(struct call *c, int status, str text)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    str json;
    jw_open(&w, '{');
    jw_kstr(&w, "detail", text);
    jw_close(&w, '}');
    if (buf_to_arena(&b, c->mem, &json) == ERR_OK) IGNORE(reply_json(c, status, json)); /* else the router has a last word that needs no memory */
}

void hiring_error_reply(struct call *c, const struct op *op, err e)
{
    int status = c->why.status ? c->why.status : route_status(e);
    str json, text = c->why.text;
    if (!op && e == ERR_INPUT) { /* a path that cannot be decoded */
        hiring_no_path(c);
        return;
    }
    if (status == 422 && !str_absent(call_report(c))) {
        if (arena_printf(c->mem, &json, "{\"detail\":" STR_FMT "}", STR_ARG(call_report(c))) == ERR_OK) IGNORE(reply_json(c, 422, json));
        return;
    }
    if (status == 401) reply_header(c->reply, STR("WWW-Authenticate"), STR("Bearer"));
    if (status == 429 && c->why.where.n) reply_header(c->reply, STR("Retry-After"), c->why.where);
    if (status == 500) text = STR("Internal Server Error");
    if (status == 503 && str_absent(text)) text = STR("Service Unavailable");
    detail(c, status, str_absent(text) ? str_c(err_name(e)) : text);
}

void hiring_no_path(struct call *c) { detail(c, 404, STR("Not Found")); }

void hiring_no_method(struct call *c, unsigned allowed)
{
    static const enum method order[] = { M_GET, M_HEAD, M_POST, M_PUT, M_PATCH, M_DELETE };
    CLEANUP(buf_release) struct buf b = BUF(256);
    str value;
    for (size_t i = 0; i < COUNT_OF(order); i++)
        if (allowed & order[i]) buf_printf(&b, "%s%s", b.n ? ", " : "", method_name(order[i]));
    detail(c, 405, STR("Method Not Allowed"));
    if (buf_to_arena(&b, c->mem, &value) == ERR_OK) reply_header(c->reply, STR("Allow"), value);
}

/* CORS */

/* A preflight is answered whoever asks; an OPTIONS that is none is a method that no path has. */
void hiring_options_reply(struct call *c, unsigned allowed)
{
    const struct hiring *h = hiring_of(c);
    str origin = req_header(c->rq, "Origin"), headers = req_header(c->rq, "Access-Control-Request-Headers");
    if (str_absent(origin) || str_absent(req_header(c->rq, "Access-Control-Request-Method"))) {
        hiring_no_method(c, allowed);
        return;
    }
    if (!h || !hiring_origin_allowed(&h->o, origin)) {
        detail(c, 400, STR("Disallowed CORS origin"));
        return;
    }
    IGNORE(reply_text(c, 200, "text/plain; charset=utf-8", STR("OK"))); /* cannot fail */
    reply_header(c->reply, STR("Access-Control-Allow-Methods"), STR("GET, HEAD, POST, PUT, DELETE"));
    reply_header(c->reply, STR("Access-Control-Max-Age"), STR("600"));
    if (headers.n) reply_header(c->reply, STR("Access-Control-Allow-Headers"), headers);
}

void hiring_finish(struct call *c, const struct op *op)
{
    const struct hiring *h = hiring_of(c);
    struct reply *r = c->reply;
    str origin = c->rq ? req_header(c->rq, "Origin") : STR_NULL;
    (void)op;
    reply_header(r, STR("X-Content-Type-Options"), STR("nosniff"));
    if (str_absent(origin)) return;
    reply_header(r, STR("Vary"), STR("Origin"));
    if (!h || !hiring_origin_allowed(&h->o, origin)) return;
    reply_header(r, STR("Access-Control-Allow-Origin"), origin);
    reply_header(r, STR("Access-Control-Allow-Credentials"), STR("true"));
    reply_header(r, STR("Access-Control-Expose-Headers"), STR("X-Total-Count, X-Request-Id, ETag, Location, Retry-After"));
}

err hiring_audit(struct call *c, const char *action, str subject)
{
    return audit_write(c, &(struct audit){ .family = STR(HIRING), .action = str_c(action), .subject = subject });
}
