/* rooms/accounts/accounts_otp.c: one-time codes by e-mail (django-cfg 6, 9.1, 9.2), and what every login by address shares.
 *
 * Whether an address is known must not show: the same statements run, in one write, whatever is found. */
#include "rooms/accounts/accounts_int.h"

enum { CODE_MS = 10 * 60 * 1000, CODE_TRIES = 5, MINUTE = 60000 };

static const struct throttle request_ip = { "accounts.otp.request.ip", 10, MINUTE }, verify_ip = { "accounts.otp.verify.ip", 20, MINUTE };
/* Of an address; they count codes that were sent. */
static const struct throttle cooldown = { "accounts.otp.cooldown", 1, 30000 }, hourly = { "accounts.otp.hour", 10, 3600000 },
                             daily = { "accounts.otp.day", 20, 86400000 };
/* The fifth failure in ten minutes locks for fifteen. */
static const struct throttle failures = { "accounts.otp.failures", 4, 600000 }, lock = { "accounts.otp.lock", 1, 900000 };

err cfg_over_limit(struct call *c, const struct throttle *t, bool *over)
{
    str network;
    int64_t wait_s;
    TRY(throttle_network(c->mem, c->rq->peer, &network));
    TRY(throttle_hit(accounts_of(c)->o.auth, c, t, network, &wait_s));
    *over = wait_s > 0;
    return ERR_OK;
}

/* the code */

static err seal_code(struct call *c, str email, str code, str *out)
{
    uint8_t *p = NEW_N(c->mem, uint8_t, OTP_CODE + CRYPTO_SEAL_EXTRA);
    if (!p) return ERR_NOMEM;
    crypto_seal(p, accounts_of(c)->codes, code, email);
    *out = (str){ (const char *)p, OTP_CODE + CRYPTO_SEAL_EXTRA };
    return ERR_OK;
}

static bool open_code(struct call *c, str email, str sealed, char out[static OTP_CODE])
{
    return sealed.n == OTP_CODE + CRYPTO_SEAL_EXTRA && crypto_open((uint8_t *)out, accounts_of(c)->codes, sealed, email) == ERR_OK;
}

static bool is_open(const struct call *c, const struct otp_row *row) { return !row->used && row->expires_at_ms > c->now_ms && row->tries < CODE_TRIES; }

/* The one that is open already, its end unchanged; else a new one (9.1). */
static err code_for(struct call *c, str email, str *out)
{
    struct otp_row row;
    bool found;
    str sealed;
    char *code = NEW_N(c->mem, char, OTP_CODE);
    if (!code) return ERR_NOMEM;
    *out = (str){ code, OTP_CODE };
    TRY(cfg_otp_find(c, email, &row, &found));
    if (found && is_open(c, &row) && open_code(c, email, row.code, code)) return ERR_OK;
    crypto_random_text(code, OTP_CODE, STR("0123456789"));
    TRY(seal_code(c, email, *out, &sealed));
    return cfg_otp_put(c, email, sealed, c->now_ms + CODE_MS);
}

/* POST otp/request */

static err request_refuse(struct input *in)
{
    bool identifier = false, source = false;
    for (size_t i = 0; i < in->n_errors; i++) {
        identifier |= strcmp(in->errors[i].field, "identifier") == 0;
        source |= strcmp(in->errors[i].field, "source_url") == 0;
    }
    if (identifier) return cfg_input_refuse(in, "\"error\":\"Invalid identifier format\",\"error_code\":\"invalid_identifier\"");
    return cfg_input_refuse(in, source ? "\"error\":\"Enter a valid URL.\",\"error_code\":null" : "\"error\":\"Invalid request\",\"error_code\":null");
}

/* An address of this family: trimmed and checked, then normalised (2.1). */
static err identifier_check(struct input *in, str typed, str *email)
{
    str text;
    const char *fault = cfg_address_fault(typed);
    if (!fault) return email_normalise(in->c->mem, typed, email);
    TRY(arena_printf(in->c->mem, &text, "Invalid email address: %s", fault));
    cfg_input_error(in, "identifier", text);
    return ERR_OK;
}

/* The first guard that holds, answered; else *held stays false. */
static err guards(struct call *c, str email, bool *held)
{
    static const struct {
        const struct throttle *t;
        const char *error, *code;
    } all[] = { { &cooldown, "Please wait before requesting another code", "cooldown" },
                { &hourly, "Too many OTP requests. Please try again later.", "hourly_limit" },
                { &daily, "Too many OTP requests. Please try again later.", "daily_limit" } };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        int64_t wait_s;
        TRY(throttle_check(accounts_of(c)->o.auth, c, all[i].t, email, &wait_s));
        if (!wait_s) continue;
        *held = true;
        return cfg_refuse_reply(c, &(struct refusal){ 429, all[i].error, "error_code", all[i].code, wait_s });
    }
    return ERR_OK;
}

static err count_sent(struct call *c, str email)
{
    const struct throttle *const all[] = { &cooldown, &hourly, &daily };
    int64_t unused;
    for (size_t i = 0; i < COUNT_OF(all); i++) TRY(throttle_hit(accounts_of(c)->o.auth, c, all[i], email, &unused));
    return ERR_OK;
}

/* What making an account costs, to no effect: the clock must not tell whether the address was known. Measured by tools/bench. */
static err as_if_made(struct call *c, const struct account *who)
{
    struct profile p;
    struct account *again;
    char state[CRYPTO_TOKEN];
    TRY(account_update(c, who->id, &(struct account_change){ .locale = who->locale }));
    TRY(account_by_id(c, who->id, &again));
    TRY(cfg_profile_ensure(c, who, &p));
    TRY(cfg_profile_update(c, who->id, &p));
    /* Two rows with indexes, as the account and its profile would be: states that are over from the start, and purged like others. */
    for (int i = 0; i < 2; i++) {
        crypto_token(state);
        TRY(cfg_state_put(c, (str){ state, sizeof state }, STR(""), STR_NULL, c->now_ms));
    }
    return ERR_OK;
}

/* The account of that address, made now if there is none. */
static err account_for(struct call *c, str email, struct account **out, bool *made)
{
    TRY(account_by_email(c, AUTH_PLATFORM, email, out));
    *made = *out == NULL;
    if (!*made) return as_if_made(c, *out);
    struct account_new in = { .email = email };
    return account_create(c, &in, out);
}

/* Never overwritten (8.3). */
static err note_language(struct call *c, struct account *who)
{
    CLEANUP(buf_release) struct buf b = BUF(64);
    str lower, language = cfg_language_of(req_header(c->rq, "Accept-Language"));
    if (who->locale.n || !language.n) return ERR_OK;
    text_fold(&b, language, false);
    TRY(buf_to_arena(&b, c->mem, &lower));
    who->locale = lower; /* the mail that follows is in it already */
    return account_update(c, who->id, &(struct account_change){ .locale = lower });
}

static err send(struct call *c, const struct account *who, const struct profile *p, str email, bool *sent)
{
    str code;
    TRY(code_for(c, email, &code));
    err e = p->test ? ERR_OK : cfg_mail_code(c, who, code);
    *sent = e == ERR_OK;
    if (e == ERR_INPUT || e == ERR_LIMIT) return call_forget(c), ERR_OK; /* an address that no mail can be sent to */
    return e;
}

static err request_known(struct call *c, const struct otp_request_body *in, str email)
{
    struct account *who;
    struct profile p;
    bool held = false, made, sent;
    TRY(guards(c, email, &held));
    if (held) return ERR_OK;
    TRY(account_for(c, email, &who, &made));
    TRY(cfg_profile_ensure(c, who, &p));
    if (in->source_url.n) TRY(cfg_source_add(c, who->id, in->source_url, made));
    TRY(note_language(c, who));
    TRY(send(c, who, &p, email, &sent));
    if (!sent) return cfg_refuse_reply(c, &(struct refusal){ 500, "Failed to send verification code. Please try again.", "error_code", "send_failed", 0 });
    TRY(count_sent(c, email));
    return cfg_message_reply(c, "OTP sent to your email address");
}

err cfg_otp_request(struct call *c)
{
    struct otp_request_body body;
    struct input in;
    str email = STR_NULL;
    bool over;
    TRY(cfg_over_limit(c, &request_ip, &over));
    if (over) return cfg_refuse_reply(c, &(struct refusal){ 429, "Too many requests", "error_code", "rate_limited", 0 });
    TRY(cfg_input_read(c, &cfg_shape_otp_request, &in, &body));
    if (in.answered) return ERR_OK;
    if (cfg_input_good(&in, "identifier", body.identifier)) TRY(identifier_check(&in, body.identifier, &email));
    if (in.n_errors) return request_refuse(&in);
    return request_known(c, &body, email);
}

/* POST otp/verify */

static err refused(struct call *c) { return cfg_refuse_reply(c, &(struct refusal){ 401, "Authentication failed", NULL, NULL, 0 }); }

/* The code is right and used up now. */
static err code_use(struct call *c, str email, str typed, bool *good)
{
    struct otp_row row;
    bool found;
    char code[OTP_CODE];
    *good = false;
    TRY(cfg_otp_find(c, email, &row, &found));
    if (!found || !is_open(c, &row) || !open_code(c, email, row.code, code)) return ERR_OK;
    if (crypto_equal((str){ code, OTP_CODE }, typed)) TRY(cfg_otp_use(c, email, row.code, good));
    crypto_wipe(code, sizeof code);
    return ERR_OK;
}

static err note_failure(struct call *c, str email)
{
    struct auth *a = accounts_of(c)->o.auth;
    int64_t wait_s, unused;
    TRY(cfg_otp_miss(c, email));
    TRY(throttle_check(a, c, &failures, email, &wait_s));
    if (!wait_s) return throttle_hit(a, c, &failures, email, &unused);
    TRY(throttle_clear(a, c, &failures, email));
    return throttle_hit(a, c, &lock, email, &unused);
}

static err verified(struct call *c, struct account *who, str source_url)
{
    struct accounts *r = accounts_of(c);
    struct login login;
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    TRY(throttle_clear(r->o.auth, c, &failures, who->email_norm));
    TRY(throttle_clear(r->o.auth, c, &lock, who->email_norm));
    TRY(cfg_proven(c, &who));
    TRY(cfg_login_begin(c, who, "otp", &login));
    if (source_url.n) TRY(cfg_source_add(c, who->id, source_url, false));
    jw_open(&w, '{');
    TRY(cfg_login_members(c, &w, who, &login, USER_WHOLE));
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* The mailbox is the caller's. The account as it is after its first proof, which moves the epoch. */
err cfg_proven(struct call *c, struct account **who)
{
    if ((*who)->email_verified) return ERR_OK;
    TRY(account_prove(accounts_of(c)->o.auth, c, (*who)->id));
    str id = (*who)->id;
    TRY(account_by_id(c, id, who));
    return *who ? ERR_OK : ERR_NOT_FOUND;
}

static err verify_known(struct call *c, const struct otp_verify_body *in, str email)
{
    struct account *who;
    struct profile p = { 0 };
    bool good, found;
    int64_t locked_s;
    TRY(throttle_check(accounts_of(c)->o.auth, c, &lock, email, &locked_s));
    if (locked_s) return refused(c);
    TRY(account_by_email(c, AUTH_PLATFORM, email, &who));
    TRY(cfg_profile_find(c, who ? who->id : STR(""), &p, &found));
    TRY(code_use(c, email, in->otp, &good));
    if ((good || p.test) && who && who->active) return verified(c, who, in->source_url);
    TRY(note_failure(c, email));
    return refused(c);
}

err cfg_otp_verify(struct call *c)
{
    struct otp_verify_body body;
    struct input in;
    str email = STR_NULL;
    bool over;
    TRY(cfg_over_limit(c, &verify_ip, &over));
    if (over) return cfg_refuse_reply(c, &(struct refusal){ 429, "Too many requests", "error_code", "rate_limited", 0 });
    TRY(cfg_input_read(c, &cfg_shape_otp_verify, &in, &body));
    if (in.answered) return ERR_OK;
    if (cfg_input_good(&in, "identifier", body.identifier)) TRY(identifier_check(&in, body.identifier, &email));
    if (cfg_input_good(&in, "otp", body.otp) && !cfg_digits_only(body.otp)) cfg_input_error(&in, "otp", STR("OTP must contain only digits."));
    return in.n_errors ? cfg_input_refuse(&in, NULL) : verify_known(c, &body, email);
}
