/* rooms/accounts/accounts_totp.c: a caller's authenticators and backup codes (django-cfg 9.16 to 9.18, 9.21 to 9.25). */
#include "crypto/otp.h"
#include "rooms/accounts/accounts_int.h"

enum { SETUP_S = 600, CODES_LOW = 3 };

/* A logged-in caller who guesses: five wrong codes in a quarter of an hour, then even the right one is refused (django-cfg 6). */
static const struct throttle guesses = { "accounts.totp.guess", 5, 900000 };

static const struct refusal wrong_code = { 400, "Invalid verification code", "code", "INVALID_CODE", 0 },
                            not_enabled = { 400, "2FA is not enabled", "code", "2FA_NOT_ENABLED", 0 };

struct devices {
    struct authenticator *v;
    size_t n, active;
    struct authenticator *primary, *pending; /* NULL: none */
};

static bool is_active(const struct authenticator *d) { return d->verified_at_ms && !d->disabled; }
static bool is_pending(const struct authenticator *d) { return !d->verified_at_ms && !d->disabled; }

/* The primary one is the newest that is active, else the one that waits for its confirmation. */
static err devices_read(struct call *c, struct devices *out)
{
    *out = (struct devices){ 0 };
    TRY(totp_list(c, c->who->account.id, &out->v, &out->n));
    for (size_t i = 0; i < out->n; i++) {
        struct authenticator *d = &out->v[i];
        out->active += is_active(d);
        if (is_active(d) && !out->primary) out->primary = d;
        if (is_pending(d) && !out->pending) out->pending = d;
    }
    if (!out->primary) out->primary = out->pending;
    return ERR_OK;
}

/* setup */

struct setup {
    str id, secret, uri;
    bool answered;
};

static err setup_refused(struct setup *s, err e)
{
    s->answered = true;
    return e;
}

/* otpauth://totp/ISSUER:EMAIL?secret=…&issuer=ISSUER */
static err uri_of(struct call *c, str secret, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(16384);
    str issuer = str_c(accounts_of(c)->o.project_name);
    buf_z(&b, "otpauth://totp/");
    cfg_url_escape(&b, issuer, false);
    buf_char(&b, ':');
    cfg_url_escape(&b, c->who->account.email_norm, false);
    buf_z(&b, "?secret=");
    buf_add(&b, secret);
    buf_z(&b, "&issuer=");
    cfg_url_escape(&b, issuer, false);
    return buf_to_arena(&b, c->mem, out);
}

static err setup_write(struct call *c)
{
    struct setup *s = c->state;
    struct devices all;
    struct setup_body body;
    struct input in;
    str raw;
    *s = (struct setup){ 0 };
    TRY(cfg_still(c, NULL));
    TRY(devices_read(c, &all));
    if (all.active)
        return setup_refused(s, cfg_refuse_reply(c, &(struct refusal){ 400, "2FA is already enabled for your account", "code", "2FA_ALREADY_ENABLED", 0 }));
    TRY(cfg_input_read(c, &cfg_shape_setup, &in, &body));
    if (in.answered) return setup_refused(s, ERR_OK);
    if (in.n_errors) return setup_refused(s, cfg_input_refuse(&in, NULL));
    str name = body.device_name.n ? body.device_name : STR("Authenticator");
    if (all.pending) {
        s->id = all.pending->id;
        TRY(totp_renew(accounts_of(c)->o.auth, c, s->id, name, &raw));
    } else {
        TRY(totp_enrol(accounts_of(c)->o.auth, c, c->who->account.id, name, &s->id, &raw));
    }
    char letters[64];
    base32_encode(letters, raw);
    TRY(arena_str(c->mem, (str){ letters, base32_length(raw.n) }, &s->secret));
    TRY(uri_of(c, s->secret, &s->uri));
    return cfg_timezone_here(c);
}

/* On the slow lane: the picture is made outside the write. */
err cfg_totp_setup(struct call *c)
{
    struct setup s;
    str picture;
    c->state = &s;
    TRY(store_do(accounts_of(c)->o.store, c, TX_WRITE, setup_write));
    if (s.answered) return ERR_OK;
    TRY(cfg_qr_data_uri(c->mem, s.uri, &picture));
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "device_id", s.id);
    jw_kstr(&w, "secret", s.secret);
    jw_kstr(&w, "provisioning_uri", s.uri);
    jw_kstr(&w, "qr_code_base64", picture);
    jw_kint(&w, "expires_in", SETUP_S);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* codes */

static void codes_member(struct jw *w, const str codes[static BACKUP_CODES])
{
    jw_key(w, STR("backup_codes"));
    jw_open(w, '[');
    for (int i = 0; i < BACKUP_CODES; i++) jw_str(w, codes[i]);
    jw_close(w, ']');
}

/* Six digits, each of them a field error's business. */
err cfg_code_check(struct input *in, str code)
{
    if (cfg_input_good(in, "code", code) && !cfg_digits_only(code)) cfg_input_error(in, "code", STR("Code must be 6 digits"));
    return ERR_OK;
}

static struct authenticator *device_of(const struct devices *all, str id)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i].id, id)) return &all->v[i];
    return NULL;
}

static err confirmed(struct call *c, str device)
{
    str codes[BACKUP_CODES];
    TRY(backup_codes_make_short(accounts_of(c)->o.auth, c, c->who->account.id, codes));
    TRY(cfg_audit(c, "totp.enable", device));
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "message", STR("2FA enabled successfully"));
    codes_member(&w, codes);
    jw_kstr(&w, "backup_codes_warning", STR("Store these codes securely. They will not be shown again."));
    jw_close(&w, '}');
    TRY(cfg_json_reply(c, 200, &b));
    return cfg_timezone_here(c);
}

err cfg_totp_confirm(struct call *c)
{
    struct confirm_body body;
    struct input in;
    struct devices all;
    bool good;
    TRY(cfg_input_read(c, &cfg_shape_confirm, &in, &body));
    if (in.answered) return ERR_OK;
    TRY(cfg_code_check(&in, body.code));
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(devices_read(c, &all));
    const struct authenticator *d = device_of(&all, body.device_id);
    if (!d || !is_pending(d)) return cfg_refuse_reply(c, &(struct refusal){ 404, "Device not found or already confirmed", "code", "DEVICE_NOT_FOUND", 0 });
    if (c->now_ms - d->setup_at_ms > SETUP_S * 1000)
        return cfg_refuse_reply(c, &(struct refusal){ 400, "Setup has expired. Please start again.", "code", "SETUP_EXPIRED", 0 });
    TRY(totp_confirm(accounts_of(c)->o.auth, c, c->who->account.id, d->id, body.code, &good));
    return good ? confirmed(c, d->id) : cfg_refuse_reply(c, &wrong_code);
}

/* The caller proves himself by a code; at most a few guesses. */
static err code_proves(struct call *c, str code, bool *good)
{
    struct auth *a = accounts_of(c)->o.auth;
    str id = c->who->account.id;
    int64_t wait_s;
    *good = false;
    TRY(throttle_check(a, c, &guesses, id, &wait_s));
    if (wait_s) return ERR_OK;
    TRY(totp_use(a, c, id, code, good));
    return *good ? throttle_clear(a, c, &guesses, id) : throttle_hit(a, c, &guesses, id, &wait_s);
}

/* What disable and regenerate ask: a code of six digits, a second factor, the right code; else *answered. */
static err guarded(struct call *c, bool *answered)
{
    struct code_body body;
    struct input in;
    struct devices all;
    bool good;
    *answered = true;
    TRY(cfg_input_read(c, &cfg_shape_code, &in, &body));
    if (in.answered) return ERR_OK;
    TRY(cfg_code_check(&in, body.code));
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(devices_read(c, &all));
    if (!all.active) return cfg_refuse_reply(c, &not_enabled);
    TRY(code_proves(c, body.code, &good));
    if (!good) return cfg_refuse_reply(c, &wrong_code);
    *answered = false;
    return ERR_OK;
}

err cfg_totp_disable(struct call *c)
{
    bool answered;
    TRY(guarded(c, &answered));
    if (answered) return ERR_OK;
    TRY(totp_disable(c, c->who->account.id));
    TRY(cfg_audit(c, "totp.disable", c->who->account.id));
    TRY(cfg_message_reply(c, "2FA has been disabled"));
    return cfg_timezone_here(c);
}

err cfg_codes_regenerate(struct call *c)
{
    bool answered;
    str codes[BACKUP_CODES];
    TRY(guarded(c, &answered));
    if (answered) return ERR_OK;
    TRY(backup_codes_make_short(accounts_of(c)->o.auth, c, c->who->account.id, codes));
    TRY(cfg_audit(c, "backup_codes.create", c->who->account.id));
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    codes_member(&w, codes);
    jw_kstr(&w, "warning", STR("Store these codes securely. Previous codes are now invalid."));
    jw_close(&w, '}');
    TRY(cfg_json_reply(c, 200, &b));
    return cfg_timezone_here(c);
}

err cfg_low_warning(struct arena *a, int64_t left, str *out)
{
    *out = STR_NULL;
    if (left > CODES_LOW) return ERR_OK;
    return arena_printf(a, out, "You have only %lld backup codes remaining. Consider regenerating.", (long long)left);
}

err cfg_codes_status(struct call *c)
{
    struct devices all;
    int64_t left;
    str warning;
    TRY(devices_read(c, &all));
    if (!all.active) return cfg_refuse_reply(c, &not_enabled);
    TRY(backup_codes_left(c, c->who->account.id, &left));
    TRY(cfg_low_warning(c->mem, left, &warning));
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kint(&w, "remaining_count", left);
    jw_kint(&w, "total_generated", BACKUP_CODES);
    jw_kstr(&w, "warning", warning);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* devices */

static void device_write(struct jw *w, const struct authenticator *d, bool primary)
{
    jw_open(w, '{');
    jw_kstr(w, "id", d->id);
    jw_kstr(w, "name", d->name);
    jw_kbool(w, "is_primary", primary);
    jw_kstr(w, "status", d->disabled ? STR("disabled") : d->verified_at_ms ? STR("active") : STR("pending"));
    cfg_jw_time(w, "created_at", d->created_at_ms);
    cfg_jw_time(w, "confirmed_at", d->verified_at_ms);
    cfg_jw_time(w, "last_used_at", d->used_at_ms);
    jw_close(w, '}');
}

err cfg_devices(struct call *c)
{
    struct devices all;
    TRY(devices_read(c, &all));
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_key(&w, STR("devices"));
    jw_open(&w, '[');
    if (all.primary) device_write(&w, all.primary, true);
    for (size_t i = 0; i < all.n; i++)
        if (&all.v[i] != all.primary) device_write(&w, &all.v[i], false);
    jw_close(&w, ']');
    jw_kbool(&w, "has_2fa_enabled", all.active > 0);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* The last active one goes by a code only, and takes the backup codes with it. */
static err last_gone(struct call *c, bool *answered)
{
    struct code_body body;
    struct input in;
    bool good;
    *answered = true;
    TRY(cfg_input_read(c, &cfg_shape_code_maybe, &in, &body));
    if (in.answered) return ERR_OK;
    TRY(cfg_code_check(&in, body.code));
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    if (str_absent(body.code))
        return cfg_refuse_reply(c, &(struct refusal){ 400, "Cannot remove last device without verification code", "code", "CODE_REQUIRED", 0 });
    TRY(code_proves(c, body.code, &good));
    if (!good) return cfg_refuse_reply(c, &wrong_code);
    *answered = false;
    return backup_codes_drop(c, c->who->account.id);
}

err cfg_device_delete(struct call *c)
{
    struct devices all;
    bool answered = false;
    TRY(devices_read(c, &all));
    const struct authenticator *d = device_of(&all, c->path[0]);
    if (!d) return cfg_refuse_reply(c, &(struct refusal){ 404, "Device not found", "code", "DEVICE_NOT_FOUND", 0 });
    if (is_active(d) && all.active == 1) TRY(last_gone(c, &answered));
    if (answered) return ERR_OK;
    TRY(totp_drop(c, c->who->account.id, d->id));
    TRY(cfg_audit(c, "totp.remove", d->id));
    TRY(reply_empty(c, 204));
    return cfg_timezone_here(c);
}
