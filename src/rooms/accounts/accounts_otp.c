/* rooms/accounts/accounts_otp.c: one-time codes by e-mail (django-cfg 6, 9.1, 9.2), and what every login by address shares.
 *
 * Whether an address is known must not show, in no answer and not in its time: the same statements run, in one write, whatever is found. Where they must
 * have no effect they are a trial that is taken back (store_trial). Nor may a statement tell by what it finds: a row more to read is five to ten microseconds,
 * which thousands of guesses show. So the code of an address is read with another's row in its place (cfg_otp_find), and opened; wrong tries are counted in
 * rows that come to be by the guess alone; no account is looked up before its code was right. tools/bench measures it. */
#include "rooms/accounts/accounts_int.h"

enum { CODE_MS = 10 * 60 * 1000, CODE_TRIES = 5, MINUTE = 60000 };

static const struct throttle request_ip = { "accounts.otp.request.ip", 10, MINUTE }, verify_ip = { "accounts.otp.verify.ip", 20, MINUTE };
/* Of an address; they count codes that were sent. */
static const struct throttle cooldown = { "accounts.otp.cooldown", 1, 30000 }, hourly = { "accounts.otp.hour", 10, 3600000 },
                             daily = { "accounts.otp.day", 20, 86400000 };
/* Of one code: void after so many wrong ones, whatever limits.enabled says. */
static const struct throttle tries = { "accounts.otp.tries", CODE_TRIES, CODE_MS, .always = true };
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
    uint8_t *p = NEW_N(c->mem, uint8_t, OTP_SEALED);
    if (!p) return ERR_NOMEM;
    crypto_seal(p, accounts_of(c)->codes, code, email);
    *out = (str){ (const char *)p, OTP_SEALED };
    return ERR_OK;
}

static bool open_code(struct call *c, str email, str sealed, char out[static OTP_CODE])
{
    return sealed.n == OTP_SEALED && crypto_open((uint8_t *)out, accounts_of(c)->codes, sealed, email) == ERR_OK;
}

/* The code of an address, judged; where there is none, what does as much work. */
struct code {
    str sealed;
    char text[OTP_CODE];
    int64_t expires_at_ms;
    bool open; /* may be used */
};

static err tries_key(struct call *c, str email, int64_t expires_at_ms, str *out)
{
    return arena_printf(c->mem, out, "%013lld " STR_FMT, (long long)expires_at_ms, STR_ARG(email));
}

static err code_find(struct call *c, str email, struct code *out)
{
    const struct accounts *r = accounts_of(c);
    struct otp_row row;
    str key;
    int64_t void_s;
    TRY(cfg_otp_find(c, email, &row));
    bool some = row.email.n > 0;
    if (!some) row.code = (str){ (const char *)r->no_code, OTP_SEALED };
    *out = (struct code){ .sealed = row.code, .expires_at_ms = row.expires_at_ms };
    TRY(tries_key(c, email, row.expires_at_ms, &key));
    TRY(throttle_check(r->o.auth, c, &tries, key, &void_s));
    bool opened = open_code(c, row.email, row.code, out->text);
    out->open = opened && !void_s && row.expires_at_ms > c->now_ms && some;
    return ERR_OK;
}

/* The one that is open already, its end unchanged; else a new one (9.1). Written either way. */
static err code_for(struct call *c, str email, str *out)
{
    struct code now;
    str sealed;
    char *code = NEW_N(c->mem, char, OTP_CODE);
    if (!code) return ERR_NOMEM;
    *out = (str){ code, OTP_CODE };
    TRY(code_find(c, email, &now));
    crypto_random_text(code, OTP_CODE, STR("0123456789"));
    if (now.open) memcpy(code, now.text, OTP_CODE);
    crypto_wipe(now.text, sizeof now.text);
    TRY(seal_code(c, email, *out, &sealed));
    return cfg_otp_put(c, email, sealed, now.open ? now.expires_at_ms : c->now_ms + CODE_MS);
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

/* The first tag of Accept-Language (8.3); empty if it names none. */
static err language_of(struct call *c, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(64);
    text_fold(&b, cfg_language_of(req_header(c->rq, "Accept-Language")), false);
    return buf_to_arena(&b, c->mem, out);
}

/* A trial of fn, whose call has state as its own. */
static err try_out(struct call *c, bool keep, err (*fn)(struct call *), void *state)
{
    void *before = c->state;
    c->state = state;
    err e = store_trial(c, keep, fn);
    c->state = before;
    return e;
}

struct making {
    struct account_new in;
    bool profile;
};

static err make(struct call *c)
{
    const struct making *m = c->state;
    struct account *who;
    struct profile p;
    TRY(account_create(c, &m->in, &who));
    return m->profile ? cfg_profile_ensure(c, who, &p) : ERR_OK;
}

/* The account of that address, made now if there is none. Where there is one, another is made in a scope of nobody's, and taken back. */
static err account_for(struct call *c, str email, struct account **out, bool *made)
{
    char scope[UUID];
    struct making m = { .in = { .email = email }, .profile = true };
    struct account *known;
    struct profile p;
    bool found;
    TRY(language_of(c, &m.in.locale));
    TRY(account_by_email(c, AUTH_PLATFORM, email, &known));
    TRY(cfg_profile_find(c, known ? known->id : STR(""), &p, &found));
    cfg_uuid4(scope);
    *made = !known;
    if (known) m.in.scope = (str){ scope, UUID };
    if (known) m.profile = found; /* else its own is made in a moment */
    TRY(try_out(c, *made, make, &m));
    TRY(account_by_email(c, AUTH_PLATFORM, email, out));
    if (!*out) return fail(c, ERR_STORE, NULL, "the account is not there");
    /* Never overwritten; the mail that follows is in it already. */
    if ((*out)->locale.n || !m.in.locale.n) return ERR_OK;
    (*out)->locale = m.in.locale;
    return account_update(c, (*out)->id, &(struct account_change){ .locale = m.in.locale });
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

struct guess {
    str email, typed; /* absent: cannot be right, whatever was typed */
    struct code code;
    bool good; /* the code is right, and gone */
};

static err code_use(struct call *c, struct guess *g)
{
    TRY(code_find(c, g->email, &g->code));
    bool equal = crypto_equal((str){ g->code.text, OTP_CODE }, g->typed);
    crypto_wipe(g->code.text, sizeof g->code.text);
    return equal && g->code.open ? cfg_otp_use(c, g->email, g->code.sealed, &g->good) : ERR_OK;
}

static err note_failure(struct call *c)
{
    const struct guess *g = c->state;
    struct auth *a = accounts_of(c)->o.auth;
    str key;
    int64_t wait_s, unused;
    TRY(tries_key(c, g->email, g->code.expires_at_ms, &key));
    TRY(throttle_hit(a, c, &tries, key, &unused));
    TRY(throttle_check(a, c, &failures, g->email, &wait_s));
    if (!wait_s) return throttle_hit(a, c, &failures, g->email, &unused);
    TRY(throttle_clear(a, c, &failures, g->email));
    return throttle_hit(a, c, &lock, g->email, &unused);
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

/* While the address is locked nothing is right and nothing counts, and it takes as long. */
static err verify_known(struct call *c, const struct otp_verify_body *in, str email)
{
    struct guess g = { .email = email };
    struct account *who;
    bool test;
    int64_t locked_s;
    TRY(throttle_check(accounts_of(c)->o.auth, c, &lock, email, &locked_s));
    if (!locked_s) g.typed = in->otp;
    TRY(cfg_test_address(c, email, &test));
    TRY(code_use(c, &g));
    if (g.good || (test && !locked_s)) {
        TRY(account_by_email(c, AUTH_PLATFORM, email, &who));
        if (who && who->active) return verified(c, who, in->source_url);
    }
    TRY(try_out(c, !locked_s, note_failure, &g));
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
