/* rooms/accounts/accounts_int.h: what the files of this room share. */
#pragma once
#include "crypto/jwt.h"
#include "crypto/ring.h"
#include "rooms/accounts/accounts.h"
#include <stdatomic.h>

enum {
    JSON_MAX = 2621440,         /* largest JSON body, bytes (django-cfg 1) */
    AVATAR_BODY_MAX = 10 << 20, /* largest multipart body; the check of the part itself answers 400 below that */
    JTI = 32,                   /* hex digits */
    UUID = 36,
    OTP_CODE = 4,
    OTP_SEALED = OTP_CODE + CRYPTO_SEAL_EXTRA,
    STATE_MAX = 100,
};

struct accounts {
    struct accounts_options o;
    struct family family;
    struct jwt_key *tokens;      /* signs session tokens */
    struct jwt_key *centrifugo;  /* NULL: not configured */
    uint8_t epochs[CRYPTO_KEY];  /* seals an account's epoch into a jti */
    uint8_t codes[CRYPTO_KEY];   /* seals one-time codes */
    uint8_t no_code[OTP_SEALED]; /* opens as a code does, where an address has none */
    atomic_int images;           /* pictures being made anew now */
};
static inline struct accounts *accounts_of(const struct call *c) { return c->room; }

/* who calls (accounts_who.c) */
struct profile {
    str username, company, position, phone, avatar_file, avatar_content, header_timezone;
    str key_head, key_tail; /* six characters each of the API key */
    int64_t key_created_at_ms, key_reissued_at_ms /* 0: never */;
    bool test;
};
struct caller {
    struct who who; /* first: c->who points here */
    struct profile profile;
    str timezone; /* X-Timezone to be saved after the answer; absent: nothing to save */
    bool by_key;  /* known by his API key, which no epoch ends */
};
static inline struct caller *caller_of(const struct call *c) { return (struct caller *)(uintptr_t)c->who; }
err cfg_identify(struct call *c, const struct op *op) MUST_CHECK;
err cfg_still(struct call *c, const struct op *op) MUST_CHECK; /* inside a write */
bool cfg_timezone_wanted(struct call *c);
err cfg_timezone_save(struct call *c) MUST_CHECK;
/* In writes of group A and B, when the body does not set it: the header's time zone. */
err cfg_timezone_here(struct call *c) MUST_CHECK;

/* Credentials of the four groups of django-cfg 3, as the document says them; a row's group is which of these texts it points at. */
extern const char CFG_GROUP_A[], CFG_GROUP_B[], CFG_GROUP_C[];

/* answers (accounts_family.c) */
void cfg_error_reply(struct call *c, const struct op *op, err e);
void cfg_no_path(struct call *c);
void cfg_no_method(struct call *c, unsigned allowed);
void cfg_options_reply(struct call *c, unsigned allowed);
void cfg_finish(struct call *c, const struct op *op);
err cfg_detail_reply(struct call *c, int status, str detail) MUST_CHECK;
/* {"error": …, SECOND: …}; second_value absent: without it. retry_s > 0: with retry_after, and Retry-After. */
struct refusal {
    int status;
    const char *error, *second /* "code", "error_code", "error_description" */;
    const char *value;
    int64_t retry_s;
};
err cfg_refuse_reply(struct call *c, const struct refusal *r) MUST_CHECK;
err cfg_message_reply(struct call *c, const char *message) MUST_CHECK;
/* "…Z" with seconds (django-cfg 1). */
void cfg_jw_time(struct jw *w, const char *key, int64_t ms); /* 0: null */
/* Finishes a buffer of JSON as the reply. */
err cfg_json_reply(struct call *c, int status, struct buf *b) MUST_CHECK;

/* bodies (accounts_input.c): read by the handler, at the step of django-cfg 9 where they are read */
enum { INPUT_ERRORS = 24 };
struct input {
    struct call *c;
    struct json_members members;
    bool answered; /* what is wrong is replied already: return ERR_OK */
    struct {
        const char *field;
        str text;
    } errors[INPUT_ERRORS];
    size_t n_errors;
};
/* Media type, syntax, an object; then every field of the shape into out (members of type str; absent ones stay so). Sets .answered (415, broken JSON, too
 * large), or collects .errors. */
err cfg_input_read(struct call *c, const struct shape *s, struct input *in, void *out) MUST_CHECK;
void cfg_input_error(struct input *in, const char *field, str text);
/* Was that field given and found good so far? */
bool cfg_input_good(const struct input *in, const char *field, str value);
/* 400 with all errors; first members of the object may be given as JSON ("\"error\":…"). */
err cfg_input_refuse(struct input *in, const char *first) MUST_CHECK;

/* pure decisions (accounts_rules.c) */
str cfg_text_trim(str s); /* as Python's strip(): Unicode's white space */
err cfg_text_collapse(struct arena *a, str s, str *out) MUST_CHECK;
const char *cfg_address_fault(str address); /* NULL: a good one */
bool cfg_url_ok(str url);
void cfg_url_escape(struct buf *out, str s, bool form); /* form: a blank becomes + */
bool cfg_uuid_plain(str s);                             /* lower case, hyphens */
bool cfg_uuid_read(str s, char out[static UUID]);       /* what Python takes, in plain form */
bool cfg_digits_only(str s);
/* Reduced form; false: not a phone number. */
bool cfg_phone_reduce(str typed, char out[static 21], size_t *n);
err cfg_initials_of(struct arena *a, str first, str last, str email, str *out) MUST_CHECK;
err cfg_display_of(struct arena *a, str username, str *out) MUST_CHECK;
str cfg_language_of(str accept_language); /* a slice, not lower-cased; empty: none */
str cfg_source_name(str url);             /* the host without www. */
bool cfg_zone_known(str name);
err cfg_username_make(struct arena *a, unsigned tries, str *out) MUST_CHECK;
void cfg_uuid4(char out[static UUID]);

/* tokens (accounts_token.c) */
enum token_type { TOKEN_ACCESS, TOKEN_REFRESH };
struct tokens {
    str access, refresh;
};
/* Inside a write: a pair for an active account; the refresh token's jti gets its row. */
err cfg_tokens_make(struct call *c, const struct account *who, struct tokens *out) MUST_CHECK;
struct token {
    int64_t user;
    str jti;
    int64_t expires_s;
};
/* NULL, or why not: "Token is expired" …; times against c->now_ms. The epoch is not looked at. */
err cfg_token_read(struct call *c, str text, enum token_type type, struct token *out, const char **fault) MUST_CHECK;
bool cfg_token_fits(const struct accounts *r, const struct token *t, enum token_type type, const struct account *who);

/* the user object (accounts_user.c) */
enum user_form { USER_WHOLE, USER_OF_TOTP, USER_OF_GITHUB };
err cfg_user_write(struct call *c, struct jw *w, const struct account *who, const struct profile *p, enum user_form form) MUST_CHECK;
/* Inside a write: the profile, made now if the account has none (it came from another family). */
err cfg_profile_ensure(struct call *c, const struct account *who, struct profile *out) MUST_CHECK;
/* What follows a proof of the first factor, inside a write: tokens, or a second-factor session. */
struct login {
    bool second; /* requires_2fa */
    char session[UUID];
    struct tokens tokens;
    bool prompt; /* should_prompt_2fa */
    struct profile profile;
};
err cfg_login_begin(struct call *c, const struct account *who, const char *method /* "otp", "github" */, struct login *out) MUST_CHECK;
/* Members of an answer: requires_2fa, session_id, access, refresh, should_prompt_2fa; user, null as long as a second factor is wanted. */
err cfg_login_members(struct call *c, struct jw *w, const struct account *who, const struct login *l, enum user_form form) MUST_CHECK;

/* Steps of several handlers. cfg_over_limit counts a hit of the caller's network, inside a write that commits. */
err cfg_over_limit(struct call *c, const struct throttle *t, bool *over) MUST_CHECK;
err cfg_proven(struct call *c, struct account **who) MUST_CHECK; /* first proof of the address, if it is one; the account as it is then */
err cfg_caller_reply(struct call *c) MUST_CHECK;                 /* 200 with the caller as he is stored now */
err cfg_key_masked(struct call *c, const struct profile *p, str *out) MUST_CHECK;
err cfg_avatar_forget(struct files *f, struct call *c, const struct profile *p) MUST_CHECK; /* inside a write: its file goes after the commit */

/* the audit log (accounts_audit.c): inside the write of the change, never a secret in it */
err cfg_audit(struct call *c, const char *action /* "api_key.create" */, str subject) MUST_CHECK; /* by the caller */
/* "login", "login.first_factor" (another one is asked for), "login.failed"; method: "otp", "github", "totp", "backup_code". */
err cfg_audit_login(struct call *c, const char *action, const struct account *who, const char *method) MUST_CHECK;
/* By the caller, on his own account; which fields, never what is in them. */
err cfg_audit_fields(struct call *c, const char *action, const char *const *names, size_t n) MUST_CHECK;

/* Centrifugo (accounts_centrifugo.c) */
bool cfg_centrifugo_on(const struct accounts *r);
err cfg_centrifugo_write(struct call *c, struct jw *w, const struct account *who) MUST_CHECK; /* the object */

/* mails (accounts_mail.c): inside a write */
err cfg_mail_code(struct call *c, const struct account *who, str code) MUST_CHECK; /* ERR_INPUT, ERR_LIMIT: no mail can be sent to that address */
/* "profile_updated", "account_deleted"; an address that cannot be mailed to is passed over. */
err cfg_mail_notice(struct call *c, const struct account *who, const char *name) MUST_CHECK;

/* rows (accounts_store.c); inside a transaction */
err cfg_profile_find(struct call *c, str account_id, struct profile *out, bool *found) MUST_CHECK;
err cfg_profile_insert(struct call *c, str account_id, str username, str key, bool *made) MUST_CHECK;
err cfg_profile_update(struct call *c, str account_id, const struct profile *p) MUST_CHECK; /* company, position, phone */
err cfg_profile_avatar(struct call *c, str account_id, str file, str content) MUST_CHECK;   /* absent: none */
err cfg_profile_clear(struct call *c, str account_id) MUST_CHECK;
err cfg_profile_zone(struct call *c, str account_id, str zone) MUST_CHECK;
err cfg_avatar_find(struct call *c, int64_t number, str file, str *content) MUST_CHECK; /* absent if there is none */
err cfg_source_add(struct call *c, str account_id, str url, bool first) MUST_CHECK;
err cfg_key_owner(struct call *c, str key, str *account_id) MUST_CHECK; /* absent: nobody's */
err cfg_key_replace(struct call *c, str account_id, str key) MUST_CHECK;
err cfg_key_revoke(struct call *c, str account_id) MUST_CHECK;
err cfg_test_address(struct call *c, str email, bool *test) MUST_CHECK; /* a test account's (9.2); false too where there is none */

struct otp_row {
    str email; /* absent: it has no code */
    str code;  /* sealed */
    int64_t expires_at_ms;
};
err cfg_otp_find(struct call *c, str email, struct otp_row *out) MUST_CHECK;
err cfg_otp_put(struct call *c, str email, str sealed, int64_t expires_at_ms) MUST_CHECK;
err cfg_otp_use(struct call *c, str email, str sealed, bool *won) MUST_CHECK; /* it is gone */
err cfg_otp_drop(struct call *c, str email) MUST_CHECK;

err cfg_refresh_put(struct call *c, str jti, str account_id, int64_t expires_at_ms) MUST_CHECK;
err cfg_refresh_use(struct call *c, str jti, str account_id, bool *won) MUST_CHECK;

/* Second-factor sessions (accounts_second_store.c). */
struct second {
    str account_id;
    int64_t epoch, expires_at_ms, tries;
    bool used;
};
err cfg_second_put(struct call *c, str id, const struct account *who, int64_t expires_at_ms) MUST_CHECK;
err cfg_second_find(struct call *c, str id, struct second *out, bool *found) MUST_CHECK;
err cfg_second_miss(struct call *c, str id) MUST_CHECK;
err cfg_second_use(struct call *c, str id, bool *won) MUST_CHECK;
/* Refresh tokens, second-factor sessions, connections of a deleted account. */
err cfg_account_rows_drop(struct call *c, str account_id) MUST_CHECK;
err cfg_second_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* GitHub (accounts_github_store.c) */
#define CFG_GITHUB STR("github") /* the issuer of these identities */
struct connection {
    int64_t id, connected_at_ms, last_login_at_ms;
    str subject, username, name, email, avatar_url;
};
err cfg_state_put(struct call *c, str state, str redirect, str source_url, int64_t expires_at_ms) MUST_CHECK;
/* Takes a state that is good and was made for that redirect URI. An expired one goes, one for another URI stays. */
err cfg_state_take(struct call *c, str state, str redirect, str *source_url, bool *good) MUST_CHECK;
err cfg_connection_put(struct call *c, str account_id, const struct connection *x, str token_sealed, str scopes, str profile_json) MUST_CHECK;
err cfg_connection_list(struct call *c, str account_id, struct connection **out, size_t *n) MUST_CHECK; /* the newest first */
err cfg_connections_drop(struct call *c, str account_id) MUST_CHECK;
err cfg_connection_avatar(struct call *c, str account_id, str *url) MUST_CHECK; /* of the newest that has one; else absent */
err cfg_github_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;
bool cfg_github_on(const struct accounts *r);
/* The URI given, else that of the front end; absent if there is none: cfg_no_redirect(). */
err cfg_redirect_uri(struct call *c, str given, str *out) MUST_CHECK;
err cfg_no_redirect(struct call *c) MUST_CHECK;

/* The four kinds of pictures; extension of a type, absent for any other. */
str cfg_image_extension(str type);
/* A picture made anew by another process, whose word is not taken for anything: *type is one of the four, or absent: it is none. Slow lane, outside
 * transactions. ERR_BUSY: too many at once. */
err cfg_image_remake(struct call *c, str bytes, str *type, str *image) MUST_CHECK;
/* A text as a QR code (accounts_qr.c). ERR_LIMIT: too long for one. */
err cfg_qr_data_uri(struct arena *a, str text, str *out) MUST_CHECK;
err cfg_code_check(struct input *in, str code) MUST_CHECK;
err cfg_low_warning(struct arena *a, int64_t left, str *out) MUST_CHECK; /* absent: enough are left */

/* handlers */
err cfg_oauth_providers(struct call *c);
err cfg_github_authorize(struct call *c);
err cfg_github_callback(struct call *c);
err cfg_connections(struct call *c);
err cfg_oauth_disconnect(struct call *c);
err cfg_totp_setup(struct call *c);
err cfg_totp_confirm(struct call *c);
err cfg_totp_disable(struct call *c);
err cfg_totp_verify(struct call *c);
err cfg_totp_verify_backup(struct call *c);
err cfg_codes_status(struct call *c);
err cfg_codes_regenerate(struct call *c);
err cfg_devices(struct call *c);
err cfg_avatar_put(struct call *c);
err cfg_avatar_get(struct call *c);
err cfg_device_delete(struct call *c);
err cfg_centrifugo_token(struct call *c);
err cfg_otp_request(struct call *c);
err cfg_otp_verify(struct call *c);
err cfg_token_refresh(struct call *c);
err cfg_profile_get(struct call *c);
err cfg_profile_change(struct call *c);
err cfg_profile_delete(struct call *c);
err cfg_key_get(struct call *c);
err cfg_key_regenerate(struct call *c);
err cfg_key_test(struct call *c);

struct otp_request_body {
    str identifier, source_url;
};
struct otp_verify_body {
    str identifier, otp, source_url;
};
struct refresh_body {
    str refresh;
};
struct profile_body {
    str first_name, last_name, company, phone, position, language, timezone;
};
struct setup_body {
    str device_name;
};
struct confirm_body {
    str device_id, code;
};
struct code_body {
    str code;
};
struct verify_body {
    str session_id, code;
};
struct backup_body {
    str session_id, backup_code;
};
struct authorize_body {
    str redirect_uri, source_url;
};
struct callback_body {
    str code, state, redirect_uri;
};
struct provider_body {
    str provider;
};
struct key_body {
    str key;
};

extern const struct shape cfg_shape_otp_request, cfg_shape_otp_verify, cfg_shape_refresh, cfg_shape_profile_put, cfg_shape_profile_patch, cfg_shape_key_test,
    cfg_shape_key_body;
extern const struct shape cfg_shape_centrifugo, cfg_shape_user, cfg_shape_totp_user, cfg_shape_otp_error, cfg_shape_otp_sent, cfg_shape_otp_verified,
    cfg_shape_token_pair, cfg_shape_deleted, cfg_shape_key, cfg_shape_key_new, cfg_shape_key_tested, cfg_shape_detail, cfg_shape_field_errors,
    cfg_shape_bad_input, cfg_shape_bad_otp;
extern const struct shape cfg_shape_avatar, cfg_shape_bad_avatar, cfg_shape_setup, cfg_shape_confirm, cfg_shape_code, cfg_shape_code_maybe, cfg_shape_verify,
    cfg_shape_verify_backup, cfg_shape_authorize, cfg_shape_callback, cfg_shape_provider, cfg_shape_disable;
extern const struct shape cfg_shape_setup_done, cfg_shape_confirmed, cfg_shape_message, cfg_shape_codes, cfg_shape_codes_status, cfg_shape_device_list,
    cfg_shape_second_done, cfg_shape_bad_code, cfg_shape_providers, cfg_shape_authorized, cfg_shape_signed_in, cfg_shape_connections, cfg_shape_oauth_error,
    cfg_shape_bad_oauth;
extern const struct op accounts_ops[];
