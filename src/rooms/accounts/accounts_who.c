/* rooms/accounts/accounts_who.c: who is calling (django-cfg 3), and the headers that tell about him (1.3).
 *
 * A refusal's place is "code|message" of the answer (error_members() in accounts_family.c). */
#include "rooms/accounts/accounts_int.h"

const char CFG_GROUP_A[] = "[{\"jwtAuth\":[]},{\"cookieAuth\":[]}]";
const char CFG_GROUP_B[] = "[{\"apiKeyAuth\":[]},{\"jwtAuthWithLastLogin\":[]}]";
const char CFG_GROUP_C[] = "[{\"apiKeyAuth\":[]},{\"jwtAuthWithLastLogin\":[]},{}]";

enum { SEEN_EVERY_MS = 300 * 1000 };

/* What trying one scheme gave: the caller, nothing (no such credentials were sent), or a refusal. */
struct attempt {
    struct account *who;
    const char *detail, *place; /* of a refusal; detail NULL: none */
    int status;
};

static void refuse(struct attempt *a, int status, const char *place, const char *detail)
{
    a->status = status;
    a->place = place;
    a->detail = detail;
}

static bool is_platform(const struct account *a) { return str_eq(a->scope, AUTH_PLATFORM); }

/* Bearer */

/* The second of exactly two words, the first of which is "Bearer". */
static bool bearer_words(str header, str *token, struct attempt *a)
{
    str words[3] = { STR_NULL, STR_NULL, STR_NULL };
    size_t n = 0;
    for (str rest = str_trim(header); rest.n && n < 3; n++) {
        size_t end = 0;
        while (end < rest.n && rest.p[end] != ' ' && rest.p[end] != '\t') end++;
        words[n] = str_head(rest, end);
        rest = str_trim(str_from(rest, end));
    }
    if (!n || !str_is(words[0], "Bearer")) return false;
    if (n != 2) {
        refuse(a, 401, "bad_authorization_header", "Authorization header must contain two space-delimited values");
        return false;
    }
    *token = words[1];
    return true;
}

static const char *token_place(struct call *c, const char *fault)
{
    str text;
    return arena_printf(c->mem, &text, "token_not_valid|%s", fault) == ERR_OK ? text.p : "token_not_valid";
}

static err try_bearer(struct call *c, struct attempt *a)
{
    str text;
    struct token t;
    const char *fault;
    if (!bearer_words(req_header(c->rq, "Authorization"), &text, a)) return ERR_OK;
    TRY(cfg_token_read(c, text, TOKEN_ACCESS, &t, &fault));
    if (fault) return refuse(a, 401, token_place(c, fault), "Given token not valid for any token type"), ERR_OK;
    struct account *who;
    TRY(account_by_number(c, t.user, &who));
    /* Its signature is ours, so there was such an account. */
    if (!who || !is_platform(who) || !who->active) return refuse(a, 401, "user_inactive", "User is inactive"), ERR_OK;
    if (!cfg_token_fits(accounts_of(c), &t, TOKEN_ACCESS, who))
        return refuse(a, 401, token_place(c, "Token is invalid"), "Given token not valid for any token type"), ERR_OK;
    a->who = who;
    if (c->now_ms - who->last_login_at_ms >= SEEN_EVERY_MS) account_seen(accounts_of(c)->o.auth, who, c->now_ms);
    return ERR_OK;
}

/* session cookie */

static bool is_safe(enum method m) { return m == M_GET || m == M_HEAD || m == M_OPTIONS; }

static err try_cookie(struct call *c, struct attempt *a)
{
    str id = req_cookie(c->rq, "sessionid"), cookie = req_cookie(c->rq, "csrftoken"), header = req_header(c->rq, "X-CSRFToken");
    struct auth_session *s = NULL;
    struct account *who = NULL;
    if (!id.n) return ERR_OK;
    TRY(auth_session_find(accounts_of(c)->o.auth, c, STR("accounts"), id, &s, &who));
    if (!s || !is_platform(who)) return ERR_OK; /* a stale cookie is none */
    if (!is_safe(c->rq->method)) {
        if (!cookie.n) return refuse(a, 403, "", "CSRF Failed: CSRF cookie not set."), ERR_OK;
        if (!header.n) return refuse(a, 403, "", "CSRF Failed: CSRF token missing."), ERR_OK;
        if (!crypto_equal(cookie, header)) return refuse(a, 403, "", "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect."), ERR_OK;
    }
    a->who = who;
    return ERR_OK;
}

/* API key */

static err try_key(struct call *c, struct attempt *a)
{
    str key = str_trim(req_header(c->rq, "X-API-Key")), owner;
    char plain[UUID];
    if (!key.n) return ERR_OK;
    if (!cfg_uuid_read(key, plain)) return refuse(a, 401, "", "Invalid API key."), ERR_OK;
    TRY(cfg_key_owner(c, (str){ plain, UUID }, &owner));
    if (str_absent(owner)) return refuse(a, 401, "", "Invalid API key."), ERR_OK;
    struct account *who;
    TRY(account_by_id(c, owner, &who));
    if (!who || !who->active) return refuse(a, 401, "", "User account is deactivated or deleted."), ERR_OK;
    a->who = who;
    return ERR_OK;
}

/* the groups */

static err conclude(struct call *c, const struct attempt *a)
{
    if (!a->detail) return fail(c, ERR_ANONYMOUS, NULL, "Authentication credentials were not provided.");
    err e = fail(c, a->status == 403 ? ERR_FORBIDDEN : ERR_ANONYMOUS, a->place, "%s", a->detail);
    c->why.status = a->status;
    return e;
}

/* A refusal is final, unless the Bearer looks like a JWT: then the next scheme is tried, and the first refusal is told if none succeeds. */
static err schemes(struct call *c, bool key_first, struct account **out, bool *by_key)
{
    struct attempt first = { 0 }, second = { 0 };
    str header = req_header(c->rq, "Authorization");
    bool jwt = str_search(header, STR(" eyJ")) < header.n;
    TRY(key_first ? try_key(c, &first) : try_bearer(c, &first));
    if (!first.who && (!first.detail || jwt)) TRY(key_first ? try_bearer(c, &second) : try_cookie(c, &second));
    *out = first.who ? first.who : second.who;
    *by_key = key_first && first.who;
    return *out ? ERR_OK : conclude(c, first.detail ? &first : &second);
}

/* A zone that is news, unless it is nonsense. */
static str zone_of(struct call *c, const struct profile *p)
{
    str zone = str_trim(req_header(c->rq, "X-Timezone"));
    return zone.n && !str_eq(zone, p->header_timezone) && cfg_zone_known(zone) ? zone : STR_NULL;
}

err cfg_identify(struct call *c, const struct op *op)
{
    struct account *who = NULL;
    bool found, by_key;
    size_t brace = str_find(str_c(op->path), '{', 0);
    if (op->path[brace] && !cfg_uuid_plain(c->path[0])) return fail(c, ERR_NOT_FOUND, NULL, "Not found.");
    TRY(schemes(c, op->security_need == CFG_GROUP_B, &who, &by_key));
    if (!who) return ERR_ANONYMOUS; /* told already */
    struct caller *caller = NEW(c->mem, struct caller);
    if (!caller) return ERR_NOMEM;
    caller->who.account = *who;
    caller->by_key = by_key;
    TRY(cfg_profile_find(c, who->id, &caller->profile, &found));
    caller->timezone = zone_of(c, &caller->profile);
    c->who = &caller->who;
    return ERR_OK;
}

err cfg_still(struct call *c, const struct op *op)
{
    const struct caller *caller = caller_of(c);
    struct attempt a = { 0 };
    struct account *now;
    (void)op;
    TRY(account_by_id(c, caller->who.account.id, &now));
    if (!now || !now->active)
        refuse(&a, 401, "user_inactive", "User is inactive");
    else if (!caller->by_key && now->epoch != caller->who.account.epoch)
        refuse(&a, 401, token_place(c, "Token is invalid"), "Given token not valid for any token type");
    return a.detail ? conclude(c, &a) : ERR_OK;
}

bool cfg_timezone_wanted(struct call *c) { return c->who && !str_absent(caller_of(c)->timezone); }

err cfg_timezone_save(struct call *c)
{
    const struct caller *caller = caller_of(c);
    const struct account *who = &caller->who.account;
    struct account_change change = { .timezone = caller->timezone };
    struct profile p;
    TRY(cfg_profile_ensure(c, who, &p));
    TRY(cfg_profile_zone(c, who->id, caller->timezone));
    return account_update(c, who->id, &change);
}

err cfg_timezone_here(struct call *c) { return cfg_timezone_wanted(c) ? cfg_timezone_save(c) : ERR_OK; }
