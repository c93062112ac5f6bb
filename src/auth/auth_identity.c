/* auth/auth_identity.c: who somebody is elsewhere. */
#include "auth/auth_int.h"

err identity_link(struct call *c, str account_id, str issuer, str subject, str email)
{
    struct account *who, *owner;
    TRY(account_get(c, account_id, &who));
    TRY(identity_find(c, who->scope, issuer, subject, false, &owner));
    if (owner && !str_eq(owner->id, account_id)) return fail(c, ERR_CONFLICT, NULL, "this external identity belongs to another account");
    TRY(db_run(c, &auth_q[AQ_IDENTITY_LINK], issuer, subject, account_id, email, c->now_ms));
    return owner ? ERR_OK : account_audit(c, "identity.link", who, NULL);
}

err identity_find(struct call *c, str scope, str issuer, str subject, bool used, struct account **out)
{
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_IDENTITY_FIND], &row, scope, issuer, subject));
    if (row && used) TRY(db_run(c, &auth_q[AQ_IDENTITY_USED], c->now_ms, scope, issuer, subject));
    return account_from_found(c, row, out);
}

err identity_list(struct call *c, str account_id, struct identity **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_IDENTITY_LIST], &rows, account_id));
    struct identity *v = NEW_N(c->mem, struct identity, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        const struct cell *r = rows.row[i];
        v[i] = (struct identity){ .issuer = r[0].s, .subject = r[1].s, .account_id = r[2].s, .email = r[3].s, .created_at_ms = r[4].i, .used_at_ms = r[5].i };
    }
    *out = v;
    *n = rows.n;
    return ERR_OK;
}

err identity_unlink(struct call *c, str account_id, str issuer, str subject, bool *gone)
{
    struct account *who;
    int64_t n;
    TRY(account_get(c, account_id, &who));
    TRY(db_run_count(c, &auth_q[AQ_IDENTITY_UNLINK], &n, account_id, issuer, subject));
    *gone = n > 0;
    return n ? account_audit(c, "identity.unlink", who, NULL) : ERR_OK;
}
