/* rooms/accounts/accounts_totp_login.c: the second factor of a login that waits for it (django-cfg 9.19, 9.20). */
#include "rooms/accounts/accounts_int.h"

enum { TRIES = 5, FAILURES_AN_HOUR = 20, HOUR_MS = 3600000 };

/* Of an account, over all its waiting logins: whoever has the first factor begins as many of those as he likes. A good code clears nothing, or its owner's
 * logins would give a guesser new tries. */
static const struct throttle failures = { "accounts.second.failures", FAILURES_AN_HOUR, HOUR_MS };

static const struct refusal not_found = { 400, "2FA session not found", "code", "SESSION_NOT_FOUND", 0 },
                            expired = { 400, "Verification session expired. Please login again.", "code", "SESSION_EXPIRED", 0 },
                            locked = { 403, "Too many failed attempts. Please login again.", "code", "MAX_ATTEMPTS_EXCEEDED", 0 },
                            wrong_backup = { 400, "Invalid backup code", "code", "INVALID_CODE", 0 };

struct waiting {
    struct second session;
    struct account *who;
    bool answered;
};

/* A session that takes a code now; else what is wrong is answered. too_many: one that takes none any more is told so for a code of an authenticator, and no
 * more than that the code is wrong for a backup code (9.20). */
static err session_open(struct call *c, str id, const struct refusal *too_many, struct waiting *out)
{
    bool found;
    *out = (struct waiting){ .answered = true };
    TRY(cfg_second_find(c, id, &out->session, &found));
    if (!found || out->session.used) return cfg_refuse_reply(c, &not_found);
    TRY(account_by_id(c, out->session.account_id, &out->who));
    if (!out->who || !out->who->active || out->who->epoch != out->session.epoch) return cfg_refuse_reply(c, &not_found);
    if (out->session.expires_at_ms <= c->now_ms) return cfg_refuse_reply(c, &expired);
    int64_t wait_s;
    TRY(throttle_check(accounts_of(c)->o.auth, c, &failures, out->who->id, &wait_s));
    if (out->session.tries >= TRIES || wait_s) return cfg_refuse_reply(c, too_many);
    out->answered = false;
    return ERR_OK;
}

static void tokens_members(struct jw *w, const char *message, const struct tokens *t)
{
    jw_kstr(w, "message", str_c(message));
    jw_kstr(w, "access_token", t->access);
    jw_kstr(w, "refresh_token", t->refresh);
}

/* Spends the session; left: of backup codes, -1 if none was used. */
static err signed_in(struct call *c, str session, const struct account *who, int64_t left)
{
    struct tokens t;
    struct profile p;
    bool won;
    str warning;
    TRY(cfg_second_use(c, session, &won));
    if (!won) return cfg_refuse_reply(c, &not_found);
    TRY(cfg_audit_login(c, "login", who, left < 0 ? "totp" : "backup_code"));
    TRY(cfg_tokens_make(c, who, &t));
    TRY(cfg_profile_ensure(c, who, &p));
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    tokens_members(&w, left < 0 ? "2FA verification successful" : "Backup code accepted", &t);
    jw_key(&w, STR("user"));
    TRY(cfg_user_write(c, &w, who, &p, USER_OF_TOTP));
    if (left >= 0) {
        TRY(cfg_low_warning(c->mem, left, &warning));
        jw_kint(&w, "remaining_backup_codes", left);
        if (!str_absent(warning)) jw_kstr(&w, "warning", warning);
    }
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* A wrong code counts for its session and for its account. */
static err missed(struct call *c, str session, const struct account *who, const char *method)
{
    int64_t unused;
    TRY(cfg_second_miss(c, session));
    TRY(throttle_hit(accounts_of(c)->o.auth, c, &failures, who->id, &unused));
    return cfg_audit_login(c, "login.failed", who, method);
}

static err wrong(struct call *c, int64_t left)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "error", STR("Invalid verification code"));
    jw_kstr(&w, "code", STR("INVALID_CODE"));
    jw_kint(&w, "attempts_remaining", left);
    jw_close(&w, '}');
    return cfg_json_reply(c, 400, &b);
}

err cfg_totp_verify(struct call *c)
{
    struct verify_body body;
    struct input in;
    struct waiting wait;
    bool good;
    TRY(cfg_input_read(c, &cfg_shape_verify, &in, &body));
    if (in.answered) return ERR_OK;
    TRY(cfg_code_check(&in, body.code));
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(session_open(c, body.session_id, &locked, &wait));
    if (wait.answered) return ERR_OK;
    TRY(totp_use(accounts_of(c)->o.auth, c, wait.who->id, body.code, &good));
    if (good) return signed_in(c, body.session_id, wait.who, -1);
    TRY(missed(c, body.session_id, wait.who, "totp"));
    return wrong(c, TRIES - wait.session.tries - 1);
}

err cfg_totp_verify_backup(struct call *c)
{
    struct backup_body body;
    struct input in;
    struct waiting wait;
    bool good;
    int64_t left;
    TRY(cfg_input_read(c, &cfg_shape_verify_backup, &in, &body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(session_open(c, body.session_id, &wrong_backup, &wait));
    if (wait.answered) return ERR_OK;
    TRY(backup_code_use(accounts_of(c)->o.auth, c, wait.who->id, body.backup_code, &good));
    if (!good) {
        TRY(missed(c, body.session_id, wait.who, "backup_code"));
        return cfg_refuse_reply(c, &wrong_backup);
    }
    TRY(backup_codes_left(c, wait.who->id, &left));
    return signed_in(c, body.session_id, wait.who, left);
}
