/* auth/auth_state.c: changes of an account's state, each with its record in the same transaction. */
#include "auth/auth_int.h"
#include "base/json.h"

err account_audit(struct call *c, const char *action, const struct account *who, const char *mark)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    str detail;
    jw_open(&w, '{');
    jw_kstr(&w, "email", who->email);
    if (mark) jw_kbool(&w, mark, true);
    jw_close(&w, '}');
    TRY(buf_to_arena(&b, c->mem, &detail));
    struct audit record = { .family = STR("core"), .action = str_c(action), .subject = who->id, .detail_json = detail };
    return audit_write(c, &record);
}

err account_get(struct call *c, str id, struct account **out)
{
    struct account *found;
    TRY(account_by_id(c, id, &found));
    if (!found) return ERR_NOT_FOUND;
    *out = found;
    return ERR_OK;
}

err account_update(struct call *c, str id, const struct account_change *in)
{
    int64_t n;
    TRY(db_run_count(c, &auth_q[AQ_ACCOUNT_UPDATE], &n, in->display_name, in->first_name, in->last_name, in->locale, in->timezone, id));
    return n ? ERR_OK : ERR_NOT_FOUND;
}

err account_set_email(struct call *c, str id, str email, bool verified)
{
    struct account *who, *other;
    str norm;
    email = str_trim(email);
    if (!email_is_valid(email)) return fail(c, ERR_INPUT, "/email", "not an e-mail address");
    TRY(email_normalise(c->mem, email, &norm));
    TRY(account_get(c, id, &who));
    TRY(account_by_email(c, who->scope, email, &other));
    if (other && !str_eq(other->id, id)) return fail(c, ERR_CONFLICT, "/email", "an account with this e-mail address exists already");
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_SET_EMAIL], email, norm, verified ? &c->now_ms : NULL, id));
    return account_audit(c, "account.email", who, NULL);
}

err account_set_active(struct call *c, str id, bool active)
{
    struct account *who;
    TRY(account_get(c, id, &who));
    if (who->active == active) return ERR_OK;
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_SET_ACTIVE], (int64_t)active, id));
    return account_audit(c, active ? "account.activate" : "account.deactivate", who, NULL);
}

err account_set_superuser(struct call *c, str id, bool superuser)
{
    struct account *who;
    TRY(account_get(c, id, &who));
    if (who->superuser == superuser && who->staff == superuser) return ERR_OK;
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_SET_SUPERUSER], (int64_t)superuser, id));
    return account_audit(c, superuser ? "account.promote" : "account.demote", who, NULL);
}

err account_end_sessions(struct call *c, str id)
{
    struct account *who;
    TRY(account_get(c, id, &who));
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_EPOCH], id));
    return account_audit(c, "account.end_sessions", who, NULL);
}

err account_reset_totp(struct call *c, str id)
{
    struct account *who;
    TRY(account_get(c, id, &who));
    TRY(totp_remove(c, id));
    return account_audit(c, "account.reset_totp", who, NULL);
}

err account_delete(struct auth *a, struct call *c, str id)
{
    struct account *who;
    TRY(account_get(c, id, &who));
    if (a->hooks.account_deleted) TRY(a->hooks.account_deleted(a->hooks.self, c, who));
    TRY(account_strip(c, id));
    TRY(db_run(c, &auth_q[AQ_PRIVILEGES_DROP], id));
    TRY(db_run(c, &auth_q[AQ_LINKS_DROP], id));
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_DELETE], c->now_ms, id));
    return account_audit(c, "account.delete", who, NULL);
}

err account_forget_deleted(struct call *c, int64_t *n) { return db_run_count(c, &auth_q[AQ_ACCOUNT_FORGET], n); }
