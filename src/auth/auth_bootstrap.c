/* auth/auth_bootstrap.c: the first administrator (server.md 5). */
#include "auth/auth_int.h"

enum { KEY_LEAST = 16 };
static const int64_t LINK_TTL_MS = 24LL * 3600 * 1000;

struct plan {
    struct auth *auth;
    const struct bootstrap *in;
    str hash;              /* of the password; absent without one */
    bool made, can_log_in; /* outputs of the transaction */
    str token;
};

static err look(struct call *c)
{
    struct plan *p = c->state;
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_SUPERUSER], &row, AUTH_PLATFORM));
    p->made = row == NULL;
    return ERR_OK;
}

/* The account with that address: a new one, or what stands there already, proven now by the operator's word. */
static err account(struct call *c, struct plan *p, struct account **out)
{
    TRY(account_by_email(c, AUTH_PLATFORM, p->in->email, out));
    p->can_log_in = p->hash.p || (*out && (*out)->has_password && (*out)->email_verified);
    if (*out && ((*out)->has_password || (*out)->email_verified)) {
        if (p->hash.p)
            TRY(account_set_password(p->auth, c, (*out)->id, p->hash, true));
        else
            TRY(account_prove(p->auth, c, (*out)->id));
        return db_run(c, &auth_q[AQ_ACCOUNT_PROMOTE], (*out)->id);
    }
    /* The names that existing clients know the original administrator by. */
    struct account_new in = { .email = p->in->email,
                              .first_name = STR("System"),
                              .last_name = STR("Administrator"),
                              .password_hash = p->hash,
                              .superuser = true,
                              .staff = true,
                              .verified = true };
    TRY(account_create(c, &in, out));
    return db_run(c, &auth_q[AQ_ACCOUNT_PROMOTE], (*out)->id); /* a row that was taken over may have been inactive */
}

static err make(struct call *c)
{
    struct plan *p = c->state;
    struct account *who;
    TRY(look(c)); /* again, since another server may have been quicker */
    if (!p->made) return ERR_OK;
    TRY(account(c, p, &who));
    TRY(privilege_grant(c, who->id, STR("admin")));
    if (p->in->api_key.n) {
        struct api_key_new key = { .account_id = who->id, .name = STR("default") };
        TRY(api_key_store(p->auth, c, p->in->api_key, &key));
    }
    return p->can_log_in ? ERR_OK : link_new(p->auth, c, who->id, LINK_PASSWORD, LINK_TTL_MS, &p->token);
}

err auth_has_superuser(struct auth *a, struct call *c, bool *out)
{
    struct plan p = { .auth = a };
    c->state = &p;
    TRY(store_do(a->store, c, TX_READ, look));
    *out = !p.made;
    return ERR_OK;
}

err auth_bootstrap(struct auth *a, struct call *c, const struct bootstrap *in, bool *created, str *link)
{
    struct plan p = { .auth = a, .in = in };
    *created = false;
    *link = STR_NULL;
    if (!in->email.n) return ERR_OK;
    if (!email_is_valid(str_trim(in->email))) return fail(c, ERR_INPUT, "admin.email", "admin.email: not an e-mail address");
    if (in->api_key.n && str_utf8_len(in->api_key) < KEY_LEAST)
        return fail(c, ERR_INPUT, "admin.api_key", "admin.api_key: must have %d characters or more", KEY_LEAST);
    void *before = c->state;
    c->state = &p;
    err e = store_do(a->store, c, TX_READ, look);
    if (!e && p.made) {
        /* Hashed before the transaction: a write waits for nobody. */
        if (in->password.n) e = password_hash(a, c->mem, in->password, &p.hash);
        if (!e) e = store_do(a->store, c, TX_WRITE, make);
    }
    c->state = before;
    TRY(e);
    *created = p.made;
    return p.made && p.token.p ? link_url(a, c->mem, p.token, link) : ERR_OK;
}
