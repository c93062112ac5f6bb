/* auth/auth_login.c: a login by password; what all families' logins share. */
#include "auth/auth_int.h"
#include "base/log.h"

struct login {
    str id, scope, email; /* of these: id, or scope and email */
    struct account *account;
    str hash, better; /* as stored; of today's parameters */
};

static err look(struct call *c)
{
    struct login *l = c->state;
    struct cell *row = NULL;
    str norm = STR_NULL;
    l->account = NULL;
    l->hash = STR_NULL;
    if (str_absent(l->scope)) {
        TRY(db_find(c, &auth_q[AQ_ACCOUNT_LOGIN], &row, str_absent(l->id) ? STR("") : l->id));
    } else {
        err e = email_normalise(c->mem, l->email, &norm);
        if (e != ERR_INPUT) TRY(e);
        if (!e) TRY(db_find(c, &auth_q[AQ_ACCOUNT_LOGIN_EMAIL], &row, l->scope, norm));
    }
    if (row) l->hash = row[ACCOUNT_COLUMNS].s;
    return account_from_found(c, row, &l->account);
}

static err store_better(struct call *c)
{
    const struct login *l = c->state;
    return db_run(c, &auth_q[AQ_PASSWORD_UPGRADE], l->better, l->account->id, l->hash);
}

/* The only moment at which the password is known. A full queue or a store in trouble costs nothing but the improvement. */
static void improve(struct auth *a, struct call *c, struct login *l, str password)
{
    err e = password_hash(a, c->mem, password, &l->better);
    if (!e) e = store_do(a->store, c, TX_WRITE, store_better);
    if (e) LOG(LOG_WARN, "password hash not renewed", LOG_S("why", str_c(err_name(e))));
    if (e) call_forget(c);
}

static err login(struct auth *a, struct call *c, struct login *l, str password, struct account **out)
{
    bool good = false;
    void *before = c->state;
    *out = NULL;
    c->state = l;
    err e = store_do(a->store, c, TX_READ, look);
    if (!e) e = password_check(a, l->hash, password, &good);
    if (!e && good && l->account->active && !password_is_fresh(a, l->hash)) improve(a, c, l, password);
    c->state = before;
    TRY(e);
    if (good) *out = l->account;
    return ERR_OK;
}

err auth_login(struct auth *a, struct call *c, str id, str password, struct account **out)
{
    struct login l = { .id = id };
    return login(a, c, &l, password, out);
}

err auth_login_email(struct auth *a, struct call *c, str scope, str email, str password, struct account **out)
{
    struct login l = { .scope = scope, .email = email };
    return login(a, c, &l, password, out);
}
