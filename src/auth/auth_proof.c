/* auth/auth_proof.c: what proves an address, and what happens when it is proven for the first time (server.md 4). */
#include "auth/auth_int.h"
#include "base/clock.h"

/* The mails say these times in words (hooks of auth.h). */
static const int64_t PROOF_TTL_MS = 7 * 24 * 3600LL * 1000, RESET_TTL_MS = 3600LL * 1000, FIRST_TTL_MS = 24 * 3600LL * 1000,
                     WELCOME_TTL_MS = 7 * 24 * 3600LL * 1000;

err auth_mail(struct auth *a, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n)
{
    return a->hooks.mail && to->email.n ? a->hooks.mail(a->hooks.self, c, name, to, v, n) : ERR_OK;
}

err auth_mail_link(struct auth *a, struct call *c, const char *name, const struct account *to, const char *purpose, int64_t ttl_ms)
{
    str token, url;
    if (!a->hooks.mail || !to->email.n) return ERR_OK; /* no link that nobody gets */
    TRY(link_new(a, c, to->id, purpose, ttl_ms, &token));
    TRY(link_url_for(a, c->mem, purpose, token, &url));
    const struct auth_mail_value v[] = { { "email", to->email }, { "link", url } };
    return auth_mail(a, c, name, to, v, COUNT_OF(v));
}

err account_strip(struct call *c, str id)
{
    TRY(db_run(c, &auth_q[AQ_KEYS_DROP], id));
    TRY(db_run(c, &auth_q[AQ_IDENTITIES_DROP], id));
    return totp_remove(c, id);
}

/* Nothing for an address that is proven already; *password: one went that somebody had set without proof. */
static err prove(struct auth *a, struct call *c, const struct account *who, bool *password)
{
    *password = false;
    if (who->email_verified) return ERR_OK;
    if (a->hooks.revoke_keys) TRY(a->hooks.revoke_keys(a->hooks.self, c, who->id));
    TRY(account_strip(c, who->id));
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_PROVE], c->now_ms, who->id));
    TRY(account_audit(c, "account.first_proof", who, who->has_password ? "password_removed" : NULL));
    *password = who->has_password;
    return ERR_OK;
}

err account_prove(struct auth *a, struct call *c, str id)
{
    struct account *who;
    bool password;
    TRY(account_get(c, id, &who));
    TRY(prove(a, c, who, &password));
    return password ? auth_mail_link(a, c, "first_proof", who, LINK_PASSWORD, FIRST_TTL_MS) : ERR_OK;
}

err account_proof_mail(struct auth *a, struct call *c, const struct account *who) { return auth_mail_link(a, c, "proof", who, LINK_PROOF, PROOF_TTL_MS); }

err account_confirm(struct auth *a, struct call *c, str token, struct account **out)
{
    TRY(link_use(a, c, token, LINK_PROOF, out));
    if (!*out || (*out)->email_verified) return ERR_OK;
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_CONFIRM], c->now_ms, (*out)->id));
    return account_audit(c, "account.confirm", *out, NULL);
}

err account_disown(struct auth *a, struct call *c, str token, struct account **out)
{
    TRY(link_use(a, c, token, LINK_PROOF, out));
    if (!*out) return ERR_OK;
    /* Proven meanwhile by its owner: a link that is still about says nothing against him. */
    if ((*out)->email_verified) return *out = NULL, ERR_OK;
    TRY(account_audit(c, "account.disown", *out, NULL));
    return account_delete(a, c, (*out)->id);
}

err account_reset_mail(struct auth *a, struct call *c, const struct account *who) { return auth_mail_link(a, c, "reset", who, LINK_PASSWORD, RESET_TTL_MS); }

err account_welcome_mail(struct auth *a, struct call *c, const struct account *who)
{
    return auth_mail_link(a, c, "welcome", who, LINK_PASSWORD, WELCOME_TTL_MS);
}

err account_forgot(struct auth *a, struct call *c, str scope, str email)
{
    struct account *who;
    TRY(account_by_email(c, scope, email, &who));
    if (!who || !who->active) return ERR_OK;
    TRY(account_audit(c, "account.forgot", who, NULL));
    return account_reset_mail(a, c, who);
}

/* To whoever could read the mailbox before this change: it may not be he who made it. */
static err tell_change(struct auth *a, struct call *c, const struct account *who)
{
    char when[CLOCK_ISO_MAX] = "";
    str at, link;
    if (!who->email_verified || !a->hooks.mail) return ERR_OK;
    TRY(arena_str(c->mem, (str){ when, clock_iso(c->now_ms, when) }, &at));
    TRY(link_url_for(a, c->mem, "forgot", STR_NULL, &link));
    const struct auth_mail_value v[] = { { "email", who->email }, { "when", at }, { "link", link } };
    return auth_mail(a, c, "password_changed", who, v, COUNT_OF(v));
}

err account_set_password(struct auth *a, struct call *c, str id, str password_hash, bool proven)
{
    struct account *who;
    bool password;
    TRY(account_get(c, id, &who));
    if (proven) TRY(prove(a, c, who, &password)); /* no link for the password that went: another one is here */
    TRY(db_run(c, &auth_q[AQ_ACCOUNT_SET_PASSWORD], password_hash, c->now_ms, id));
    TRY(account_audit(c, "account.password", who, NULL));
    return tell_change(a, c, who);
}
