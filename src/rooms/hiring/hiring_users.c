/* rooms/hiring/hiring_users.c: registration, login, logout, the own profile (hiring 6.1 to 6.5). */
#include "rooms/hiring/hiring_int.h"

enum { HOUR_MS = 3600 * 1000, LOGIN_WINDOW_MS = 15 * 60 * 1000, NAME_KEPT = 600 /* of what was typed: more than any name or address has */ };
static const struct throttle registrations = { "hiring.register", 20, HOUR_MS };
static const struct throttle login_of_email = { "hiring.login", 10, LOGIN_WINDOW_MS };
static const struct throttle login_of_address = { "hiring.login.address", 100, LOGIN_WINDOW_MS };

static err reply_user(struct call *c, const struct user *u)
{
    const struct user_reply r = { .id = u->id,
                                  .email = u->email,
                                  .username = u->username,
                                  .full_name = u->full_name,
                                  .is_active = u->active,
                                  .is_superuser = u->superuser,
                                  .created_at = u->created_at_ms };
    return reply_shape(c, 200, &hiring_user_shape, &r);
}

/* Runs one transaction of a handler in the slow lane. */
static err step(struct call *c, enum tx tx, err (*fn)(struct call *), void *state)
{
    c->state = state;
    return store_do(hiring_of(c)->o.store, c, tx, fn);
}

/* Registration */

struct registration {
    int64_t wait_s;
    str hash, username_norm;
    struct user *user;
};

static err count_registration(struct call *c)
{
    struct registration *r = c->state;
    str network;
    TRY(throttle_network(c->mem, c->rq->peer, &network));
    return throttle_hit(hiring_of(c)->o.auth, c, &registrations, network, &r->wait_s);
}

static err email_taken(struct call *c) { return fail_status(c, ERR_CONFLICT, 400, "Email already registered"); }

static err create_account(struct call *c, struct account **out)
{
    const struct registration *r = c->state;
    const struct register_body *b = c->body;
    const struct account_new in = { .email = b->email, .display_name = b->full_name, .password_hash = r->hash };
    struct call quiet = *c; /* the identity core's words are not this family's */
    err e = account_create(&quiet, &in, out);
    if (e == ERR_CONFLICT && quiet.why.code) return email_taken(c);
    if (e) c->why = quiet.why;
    return e;
}

static err register_now(struct call *c)
{
    struct registration *r = c->state;
    const struct register_body *b = c->body;
    struct account *a;
    bool taken, revoked;
    TRY(create_account(c, &a));
    TRY(hiring_profile_put(c, a->id, b->username, r->username_norm, b->full_name, &taken));
    if (taken) return fail_status(c, ERR_CONFLICT, 400, "Username already taken");
    TRY(audit_write(c, &(struct audit){ .family = STR(HIRING), .action = STR("register"), .actor_id = a->id, .actor_email = a->email, .subject = a->id }));
    TRY(account_proof_mail(hiring_of(c)->o.auth, c, a));
    TRY(hiring_user_find(c, a->id, STR_NULL, &r->user, &revoked));
    return r->user ? reply_user(c, r->user) : ERR_STORE;
}

err hiring_user_register(struct call *c)
{
    struct hiring *h = hiring_of(c);
    struct registration r = { 0 };
    const struct register_body *b;
    TRY(step(c, TX_WRITE, count_registration, &r));
    if (r.wait_s) return hiring_too_many(c, r.wait_s);
    if (!h->o.registration) return fail(c, ERR_FORBIDDEN, NULL, "Registration is disabled");
    TRY(call_input(c));
    b = c->body;
    TRY(email_normalise(c->mem, b->username, &r.username_norm));
    TRY(password_hash(h->o.auth, c->mem, b->password, &r.hash));
    return step(c, TX_WRITE, register_now, &r);
}

/* Login */

struct login {
    str name;  /* normalised, as given */
    str email; /* what failures are counted under: the account's address, so that username and e-mail share one count */
    int64_t wait_s;
    struct account *found; /* by that name; NULL: nobody */
    struct account *good;  /* the same, if the password is his */
    struct user *user;     /* set by succeeded() */
};

static err check_address(struct call *c)
{
    struct login *l = c->state;
    str network;
    TRY(throttle_network(c->mem, c->rq->peer, &network));
    return throttle_check(hiring_of(c)->o.auth, c, &login_of_address, network, &l->wait_s);
}

/* The e-mail address first, then the username; both are looked up, or the time would tell which of them is known. */
static err find_account(struct call *c, struct login *l)
{
    str id;
    struct account *named;
    TRY(account_by_email(c, AUTH_PLATFORM, l->name, &l->found));
    TRY(hiring_user_id_by_username(c, l->name, &id));
    TRY(account_by_id(c, str_absent(id) ? STR("") : id, &named));
    if (!l->found) l->found = named;
    if (l->found) l->email = l->found->email_norm;
    return ERR_OK;
}

static err look_up(struct call *c)
{
    struct login *l = c->state;
    TRY(find_account(c, l));
    return throttle_check(hiring_of(c)->o.auth, c, &login_of_email, l->email, &l->wait_s);
}

static err log_in_audit(struct call *c, const struct login *l, const char *action)
{
    str id = l->found ? l->found->id : STR_NULL, name = str_head(l->email, NAME_KEPT);
    name.n = str_utf8_good(name);
    return audit_write(c, &(struct audit){ .family = STR(HIRING), .action = str_c(action), .actor_id = id, .actor_email = name });
}

/* Commits whatever is answered. Of guesses that ran side by side only as many are told apart as one after the other would have been. */
static err failed(struct call *c)
{
    struct login *l = c->state;
    struct auth *a = hiring_of(c)->o.auth;
    int64_t of_address;
    str network;
    TRY(throttle_network(c->mem, c->rq->peer, &network));
    TRY(throttle_hit(a, c, &login_of_email, l->email, &l->wait_s));
    TRY(throttle_hit(a, c, &login_of_address, network, &of_address));
    if (of_address > l->wait_s) l->wait_s = of_address;
    return log_in_audit(c, l, "login.failed");
}

/* The right password is one guess of many, too: it counts as it was when it came to be judged. */
static err succeeded(struct call *c)
{
    struct login *l = c->state;
    bool revoked;
    TRY(throttle_check(hiring_of(c)->o.auth, c, &login_of_email, l->email, &l->wait_s));
    if (l->wait_s) return ERR_OK;
    TRY(hiring_user_find(c, l->good->id, STR_NULL, &l->user, &revoked));
    if (!l->user || l->user->epoch != l->good->epoch) l->good = NULL; /* another password meanwhile */
    return l->good && l->user->active ? log_in_audit(c, l, "login") : ERR_OK;
}

static err judge_password(struct call *c, struct login *l)
{
    TRY(step(c, TX_WRITE, l->good ? succeeded : failed, l));
    if (l->wait_s) return hiring_too_many(c, l->wait_s);
    if (!l->good) return fail(c, ERR_ANONYMOUS, NULL, "Incorrect email or password");
    return l->user->active ? ERR_OK : fail_status(c, ERR_INPUT, 400, "Inactive user");
}

static err reply_token(struct call *c, const struct user *u)
{
    struct access_reply r = { .token_type = STR("bearer") };
    TRY(hiring_access_token(hiring_of(c), c, u, &r.access_token));
    reply_header(c->reply, STR("Cache-Control"), STR("no-store"));
    return reply_shape(c, 200, &hiring_access_token_shape, &r);
}

err hiring_user_login(struct call *c)
{
    struct hiring *h = hiring_of(c);
    struct login l = { 0 };
    const struct login_body *b;
    TRY(step(c, TX_READ, check_address, &l));
    if (l.wait_s) return hiring_too_many(c, l.wait_s);
    TRY(call_input(c));
    b = c->body;
    TRY(email_normalise(c->mem, b->username, &l.name));
    l.email = l.name;
    TRY(step(c, TX_READ, look_up, &l));
    if (l.wait_s) return hiring_too_many(c, l.wait_s);
    TRY(auth_login(h->o.auth, c, l.found ? l.found->id : STR_NULL, b->password, &l.good));
    TRY(judge_password(c, &l));
    account_seen(h->o.auth, l.good, c->now_ms);
    return reply_token(c, l.user);
}

/* The caller */

err hiring_user_logout(struct call *c)
{
    const struct caller *me = caller_of(c);
    TRY(hiring_token_revoke(c, me->jti, me->user.id, me->expires_at_ms));
    TRY(hiring_audit(c, "logout", me->user.id));
    return reply_shape(c, 200, &hiring_message_shape, &(struct message){ STR("Successfully logged out") });
}

err hiring_user_me(struct call *c) { return reply_user(c, &caller_of(c)->user); }

err hiring_user_update(struct call *c)
{
    const struct me_body *b = c->body;
    struct user u = caller_of(c)->user;
    if (b->full_name_given) {
        TRY(hiring_profile_name(c, &u, b->full_name));
        u.full_name = b->full_name;
    }
    if (u.superuser && b->is_active == FLAG_FALSE) {
        TRY(account_set_active(c, u.id, false));
        u.active = false;
    }
    if (b->full_name_given || !u.active) TRY(hiring_audit(c, u.active ? "user.update" : "user.deactivate", u.id));
    return reply_user(c, &u);
}
