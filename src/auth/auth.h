/* auth/auth.h: who is calling and may they. The account table of all families, passwords, API keys, privileges, bootstrap.
 *
 * Spec: server.md 4 and 5, docassemble-api 3, 4, 9, 11.1. Invariants:
 *  1. One living account (deleted_at null) per normalised e-mail in a scope; the scope is never NULL (platform: the nil UUID).
 *  2. Passwords exist only as Argon2id strings, keys and tokens only as keyed hashes.
 *  3. What must hold at once (active, epoch, keys) is read from the store in the request; nothing of it is cached.
 * Pointers handed out live in c->mem. */
#pragma once
#include "base/call.h"
#include "crypto/ring.h"
#include "http/http.h"
#include "store/sealed.h"

#define AUTH_PLATFORM STR("00000000-0000-0000-0000-000000000000")

struct account {
    str id;         /* UUIDv7, 36 characters */
    int64_t number; /* 1, 2, …: for families that show integers */
    str scope;      /* UUID */
    str email, email_norm;
    str display_name, first_name, last_name, locale, timezone;
    bool active, superuser, staff, has_password, email_verified;
    int64_t created_at_ms, last_login_at_ms /* 0: never */, password_changed_at_ms, epoch;
};

/* The caller of a request. */
struct who {
    struct account account;
    str key_id;            /* row id of the API key used */
    const str *privileges; /* docassemble privilege names, sorted; a user with no rows has "user" */
    size_t n_privileges;
    const str *permissions; /* of the key; counts only for owners with admin (api 3.5) */
    size_t n_permissions;
    bool limited; /* api 3.5 */
};
bool who_has(const struct who *w, const char *privilege);  /* role() of api 4.3 */
bool who_can(const struct who *w, const char *permission); /* can() of api 4.3 */
/* The other checks of api 4.3. roles and perms: names parted by one blank, "" for none, as "admin developer". */
bool who_any_role(const struct who *w, const char *roles);                  /* role(r, …) */
bool who_may(const struct who *w, const char *roles, const char *perms);    /* has(roles; perms) */
bool who_is(const struct who *w, int64_t number);                           /* self(id) */
bool who_passes(const struct who *w, const char *roles, const char *perms); /* gate(roles; perms) */

struct auth; /* process-wide: store, master key, password pool */
struct auth_options {
    struct store *store;
    const uint8_t *master_key; /* 32 bytes, auth_root_key()'s; not kept */
    const struct ring *ring;   /* seals secrets; copied. NULL: one of master_key */
    struct crypto_cost cost;
    unsigned workers, queue;
    str base_url;
    bool unlimited; /* limits.enabled=false: throttles count nothing */
};
err auth_new(const struct auth_options *o, struct auth **out) MUST_CHECK;
void auth_free(struct auth *a);
/* Where links lead if base_url is absent: "http://127.0.0.1:8080", known once we listen. Must live as long as a. Any thread. */
void auth_set_origin(struct auth *a, const char *origin);

/* What auth asks of rooms above it; filled by main before the first request. Each may be NULL: then it does nothing. All of them run inside the write of the
 * change, and their error undoes it. */
struct auth_mail_value {
    const char *name;
    str value;
};
struct auth_hooks {
    void *self;
    /* "proof" ("link" good for a week), "reset" (an hour), "first_proof" (a day), "welcome" (a week), "password_changed" ("when", ISO 8601; "link": where to
     * ask for another password). All have "email". */
    err (*mail)(void *self, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n);
    /* First proof: every family's keys of that account. Those of docassemble are the core's own and not meant. */
    err (*revoke_keys)(void *self, struct call *c, str account_id);
    /* Every family: what is its own, goes, keys among it, as far as they do not die with the account. */
    err (*account_deleted)(void *self, struct call *c, const struct account *who);
};
void auth_set_hooks(struct auth *a, const struct auth_hooks *h);

/* The store remembers which master key its secrets are sealed under, by 63 bits of a hash: a lost or foreign key file is found on start, not by
 * secrets that nobody can open any more. auth_key_known: whether it has such a mark. auth_key_fits: whether key is the one; sets the mark where there is
 * none. Both run their own transactions, on a migrated store. */
err auth_key_known(struct store *s, struct arena *mem, bool *known) MUST_CHECK;
err auth_key_fits(struct store *s, struct arena *mem, const uint8_t key[static CRYPTO_KEY], bool *fits) MUST_CHECK;
/* What hashes of tokens are derived from, and what else cannot be made anew when the master key changes: it stays. fits: the key of the ring that
 * auth_key_fits() found; the root is that one until a first rekey stores it, sealed. ERR_STORE: it cannot be opened. */
err auth_root_key(struct store *s, struct arena *mem, const struct ring *r, const uint8_t fits[static CRYPTO_KEY], uint8_t root[static CRYPTO_KEY]) MUST_CHECK;
/* Inside a write, before and after everything else was sealed under the current key of the ring (chancery rekey). */
err auth_rekey_begin(struct call *c, const struct ring *r, const uint8_t root[static CRYPTO_KEY]) MUST_CHECK;
err auth_rekey_end(struct call *c, const struct ring *r) MUST_CHECK;
extern const struct sealed_column auth_sealed[];
extern const size_t auth_sealed_n;

/* Core tables; the first of the program's migrations. */
extern const struct migration auth_migrations[];
extern const size_t auth_migrations_n;
err auth_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* Trimmed, lower case by Unicode's simple mapping, NFC. ERR_INPUT: not UTF-8, or NUL in it. */
err email_normalise(struct arena *a, str email, str *out) MUST_CHECK;
/* Appends well-formed s with all letters upper (else lower) case, by Unicode's simple mapping. */
void text_fold(struct buf *out, str s, bool upper);
/* No white space, and no character that controls or formats the text around it, also of those beyond ASCII. s is well-formed. */
bool text_is_plain(str s);
/* At most 254 bytes, one @, dot-atom on the left, labels on the right: two or more, or localhost. UTF-8 is allowed, but nothing that cannot be seen, and
 * nothing that is ASCII when normalised; in the domain neither what mail servers read as ASCII. Not trimmed. */
bool email_is_valid(str email);

/* Inside a transaction. The finders see living accounts only, and give *out = NULL if there is none. */
err account_by_id(struct call *c, str id, struct account **out) MUST_CHECK;
err account_by_email(struct call *c, str scope, str email, struct account **out) MUST_CHECK;
err account_by_number(struct call *c, int64_t number, struct account **out) MUST_CHECK;
err account_list(struct call *c, str scope, struct account **out, size_t *n) MUST_CHECK;
struct account_new {
    str scope; /* absent: the platform */
    str email, first_name, last_name, display_name, locale, timezone;
    str password_hash; /* PHC string or absent */
    bool superuser, staff, verified;
};
/* Takes over a row with neither proof nor password nor external identity, which counts as absent (server.md 4).
 *   ERR_INPUT     not an address        ERR_CONFLICT  the address is taken        both fail()ed */
err account_create(struct call *c, const struct account_new *in, struct account **out) MUST_CHECK;
/* absent: as it is. */
struct account_change {
    str display_name, first_name, last_name, locale, timezone;
};
err account_update(struct call *c, str id, const struct account_change *in) MUST_CHECK; /* ERR_NOT_FOUND */
/* Another address; moves the epoch, so sessions and links end. Not proven unless verified. ERR_INPUT, ERR_CONFLICT (both fail()ed), ERR_NOT_FOUND. */
err account_set_email(struct call *c, str id, str email, bool verified) MUST_CHECK;
/* While inactive nothing of the account works. The epoch moves when it becomes active again: nothing from before comes back to life, and until then a
 * family can tell a good token of an inactive account from a bad one. ERR_NOT_FOUND. No change, no record. */
err account_set_active(struct call *c, str id, bool active) MUST_CHECK;
/* Superuser (and then staff too) or neither. ERR_NOT_FOUND. */
err account_set_superuser(struct call *c, str id, bool superuser) MUST_CHECK;
/* Families are asked first (hooks), then: password, sessions, links, keys, second factors, external identities and names go; the row stays with its e-mail,
 * which is free again. ERR_NOT_FOUND. */
err account_delete(struct auth *a, struct call *c, str id) MUST_CHECK;
/* Second factors go, for whoever lost his telephone; an administrator's business. ERR_NOT_FOUND. */
err account_reset_totp(struct call *c, str id) MUST_CHECK;
/* Deleted accounts lose their addresses for good. *n: how many had one. */
err account_forget_deleted(struct call *c, int64_t *n) MUST_CHECK;
/* Everything issued so far ends: sessions, tokens that carry an epoch, links. ERR_NOT_FOUND. */
err account_end_sessions(struct call *c, str id) MUST_CHECK;

/* What proves what (server.md 4). The address is proven by somebody who reads the mailbox at this moment (an OTP, a magic link, a verified claim). The first
 * time, whatever may have been prepared by somebody else goes: password, sessions (epoch), keys of all families, second factors, external identities; and
 * where a password went, a link to choose another is mailed. So link an external identity after this, not before. */
err account_prove(struct auth *a, struct call *c, str id) MUST_CHECK;
/* Mails the link that proves the address of an account that was just registered with a password; good for a week, and until the password is changed. */
err account_proof_mail(struct auth *a, struct call *c, const struct account *who) MUST_CHECK;
/* Its holder says "it was me": the address is proven and everything stays, the password too: the mail told that somebody signed up, and the page asked.
 * Uses the link up; *out = NULL if it is good no more. */
err account_confirm(struct auth *a, struct call *c, str token, struct account **out) MUST_CHECK;
/* Its holder says "it was not me": the account is deleted, the address is free. *out: as it was; NULL if the link is good no more. */
err account_disown(struct auth *a, struct call *c, str token, struct account **out) MUST_CHECK;
/* Mails a link to choose a password, good for an hour ("reset"), or, for an account that somebody else made, for a week ("welcome"). Opening it proves. */
err account_reset_mail(struct auth *a, struct call *c, const struct account *who) MUST_CHECK;
err account_welcome_mail(struct auth *a, struct call *c, const struct account *who) MUST_CHECK;
/* Mails a link to choose a password to the active account of that address, if there is one; tells nobody whether. Opening it proves the address. */
err account_forgot(struct auth *a, struct call *c, str scope, str email) MUST_CHECK;
/* Moves the epoch. proven: by somebody who can read the mailbox, or by an administrator's command; a first proof then takes away what was prepared, as above.
 * The owner of a proven address is told by mail. ERR_NOT_FOUND. */
err account_set_password(struct auth *a, struct call *c, str id, str password_hash, bool proven) MUST_CHECK;
err account_password_hash(struct call *c, str id, str *out) MUST_CHECK; /* absent if it has none; ERR_NOT_FOUND */
/* Writes last_login_at_ms if it is older than a minute; fire and forget through the store's writer. Any thread, any number of times. */
void account_seen(struct auth *a, const struct account *who, int64_t now_ms);

/* Passwords, on the pool; for slow-lane threads, outside transactions. ERR_BUSY beyond the queue. */
err password_hash(struct auth *a, struct arena *mem, str password, str *out) MUST_CHECK;
err password_check(struct auth *a, str hash, str password, bool *out) MUST_CHECK; /* absent hash: one that fits nothing is checked, *out = false */
unsigned auth_passwords_waiting(const struct auth *a);                            /* for the pool */
/* A login by password, whatever the family's paths and texts are: slow lane, runs its own transactions. Throttles are the family's (before: throttle_check;
 * after a failure: throttle_hit). id absent: nobody of that name, which costs the same. *out: the account as it was when its password was read, inactive ones
 * too; sessions and tokens are issued under its epoch (auth_session_new.epoch), so that a password set meanwhile ends them. NULL: no such account, no
 * password, or another one. Makes a new hash of an old kind or old parameters by the way. ERR_BUSY beyond the queue. */
err auth_login(struct auth *a, struct call *c, str id, str password, struct account **out) MUST_CHECK;
err auth_login_email(struct auth *a, struct call *c, str scope, str email, str password, struct account **out) MUST_CHECK;

/* Password rules: one engine, each family asks for what its specification says. */
struct password_policy {
    size_t min, max;  /* code points; max 0: none */
    size_t max_bytes; /* 0: none */
    bool no_controls; /* no tabs, line breaks … */
    bool no_repeat;   /* not one character over and over */
    bool no_common;   /* not on the list of common passwords; case does not count */
    const str *words; /* it must not be one of these (e-mail, its left part, names); case does not count, empty ones are skipped */
    size_t n_words;
};
enum password_fault { PASSWORD_GOOD, PASSWORD_NO_TEXT, PASSWORD_SHORT, PASSWORD_LONG, PASSWORD_CONTROL, PASSWORD_REPEATED, PASSWORD_WORD, PASSWORD_COMMON };
enum password_fault password_judge(const struct password_policy *p, str password);
bool password_is_common(str password);
size_t password_common_count(void);

/* API keys of docassemble (api 3, 10): alnum(32) or, by admin.api_key, any text of 16 characters or more. */
struct api_key_new {
    str account_id, name, method /* none, ip, referer */, constraints_json /* array of texts */, permissions_json;
};
/* Replaces the key of the same name. ERR_CONFLICT: somebody has this key already. */
err api_key_store(struct auth *a, struct call *c, str key, const struct api_key_new *in) MUST_CHECK;
/* The whole of api 3.1 to 3.5: finds the key in the request (query, body field, cookie, headers), the owner and the privileges; checks
 * constraints. body_key: the body's field "key", absent if none. Any refusal: ERR_FORBIDDEN "Access denied.". Inside TX_READ. */
err api_key_identify(struct auth *a, struct call *c, str body_key, struct who **out) MUST_CHECK;

/* Privileges (api 4.1). ERR_NOT_FOUND, ERR_INPUT (cron), both fail()ed. */
err privilege_grant(struct call *c, str account_id, str name) MUST_CHECK;
/* What was not given is taken away all the same. */
err privilege_revoke(struct call *c, str account_id, str name) MUST_CHECK;

/* One-time links: a token of 43 characters (256 bits, base64url), stored as keyed hash, bound to the account's epoch: it dies when a
 * password is set. Purposes: LINK_PASSWORD (choose a password, /account/password), LINK_PROOF (/account/proof). ERR_NOT_FOUND: no such account. */
#define LINK_PASSWORD "password"
#define LINK_PROOF "proof"
err link_new(struct auth *a, struct call *c, str account_id, const char *purpose, int64_t ttl_ms, str *token) MUST_CHECK;
/* The account of a link that is good now; *out = NULL if it is none (unknown, used, expired, of an earlier epoch, of another purpose). */
err link_find(struct auth *a, struct call *c, str token, const char *purpose, struct account **out) MUST_CHECK;
/* The same, and the link is used up. Inside TX_WRITE. */
err link_use(struct auth *a, struct call *c, str token, const char *purpose, struct account **out) MUST_CHECK;
/* "https://host/account/PURPOSE?token=…" */
err link_url_for(struct auth *a, struct arena *mem, const char *purpose, str token, str *out) MUST_CHECK;
/* The same for LINK_PASSWORD. */
err link_url(struct auth *a, struct arena *mem, str token, str *out) MUST_CHECK;

/* First start, server.md 5: when an e-mail is given and no superuser exists, makes that account (or the one that has the address already)
 * superuser, verified, docassemble admin; sets password and API key. Later starts change nothing. Runs its own transactions: blocking, not
 * inside one; prints nothing. *link: the one-time URL to choose a password (good for a day), absent unless one was made.
 * ERR_INPUT (fail()ed): not an address, a key of less than 16 characters. */
struct bootstrap {
    str email, password, api_key;
};
err auth_bootstrap(struct auth *a, struct call *c, const struct bootstrap *in, bool *created, str *link) MUST_CHECK;
/* Whether the platform has a superuser. Runs its own transaction. */
err auth_has_superuser(struct auth *a, struct call *c, bool *out) MUST_CHECK;

/* Sessions of all families: a token of CRYPTO_TOKEN characters in a cookie, its keyed hash in a row. Each dies when the account's epoch moves, when the
 * account is deactivated or deleted, when it expires or is ended. A token is good in its own family only. */
struct auth_session {
    str id, account_id, family, user_agent, ip;
    int64_t created_at_ms, seen_at_ms, expires_at_ms;
};
struct auth_session_new {
    str account_id, family, user_agent /* at most 255 bytes are kept */, ip;
    int64_t ttl_ms;
    int64_t epoch; /* of the account when its credentials were checked; 0: whichever it is now */
};
/* ERR_NOT_FOUND: no such active account, or of another epoch by now. */
err auth_session_create(struct auth *a, struct call *c, const struct auth_session_new *in, str *token, str *id) MUST_CHECK;
/* Of a token that is good now; *out = NULL if it is none. account may be NULL. */
err auth_session_find(struct auth *a, struct call *c, str family, str token, struct auth_session **out, struct account **account) MUST_CHECK;
err auth_session_list(struct call *c, str account_id, struct auth_session **out, size_t *n) MUST_CHECK; /* good now, oldest first */
/* Seen now; expires_at_ms as given. */
err auth_session_touch(struct call *c, str id, int64_t expires_at_ms) MUST_CHECK;
/* *ended: false if that account has no such session (any more). */
err auth_session_end(struct call *c, str account_id, str id, bool *ended) MUST_CHECK;
/* family absent: those of all; except absent: none is spared. */
err auth_session_end_all(struct call *c, str account_id, str family, str except_id, int64_t *ended) MUST_CHECK;

/* External identities: who somebody is elsewhere (issuer and subject of OpenID Connect, "github" and its user id). One account per identity in a scope. */
struct identity {
    str issuer, subject, account_id, email /* as that side told it last; may be absent */;
    int64_t created_at_ms, used_at_ms /* 0: never */;
};
/* Linking what is linked already to this account refreshes the e-mail. ERR_CONFLICT (fail()ed): it is another account's. ERR_NOT_FOUND: no such account. */
err identity_link(struct call *c, str account_id, str issuer, str subject, str email) MUST_CHECK;
/* The living account; *out = NULL if there is none. used: notes that it was used now (a write). */
err identity_find(struct call *c, str scope, str issuer, str subject, bool used, struct account **out) MUST_CHECK;
err identity_list(struct call *c, str account_id, struct identity **out, size_t *n) MUST_CHECK; /* oldest first */
err identity_unlink(struct call *c, str account_id, str issuer, str subject, bool *gone) MUST_CHECK;

/* Audit log: call it inside the transaction of the change that it tells about. Actor, address and request id are taken from the call where it has them; of
 * commands and jobs the address is "local". Never a secret in it. detail_json: absent for {}. */
struct audit {
    str id, family, action /* "login", "api_key.create" */, actor_id, actor_email, subject /* id of what was changed */, ip, request_id, detail_json;
    int64_t at_ms;
};
err audit_write(struct call *c, const struct audit *in) MUST_CHECK;
err audit_tail(struct call *c, int64_t limit, struct audit **out, size_t *n) MUST_CHECK; /* newest first */

/* Throttles: limit hits per key and window, which begins with the first hit; shared by all servers on one store. Keys are stored as keyed hashes. */
struct throttle {
    const char *name; /* "hiring.login", part of the key */
    int64_t limit, window_ms;
    bool always; /* counts where limits.enabled is false, too */
};
/* Counts a hit, in a write that must commit whatever its outcome is. *wait_s: 0 if it is within the limit, else seconds until the window ends (Retry-After). */
err throttle_hit(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s) MUST_CHECK;
/* Whether the limit is reached already, without counting: any further hit would be too many. */
err throttle_check(struct auth *a, struct call *c, const struct throttle *t, str key, int64_t *wait_s) MUST_CHECK;
/* The key for limits per network address: IPv4 as it is, the first 64 bits of IPv6, since whoever has one of those has them all. Other texts as they are. */
err throttle_network(struct arena *a, str peer, str *out) MUST_CHECK;
err throttle_clear(struct auth *a, struct call *c, const struct throttle *t, str key) MUST_CHECK;

/* Removes what is over and old, at most that many rows of one sort. Inside TX_WRITE. Before: when it ended, expired or (audit) happened. */
enum auth_purge {
    AUTH_PURGE_EXPIRED_SESSIONS,
    AUTH_PURGE_ENDED_SESSIONS,
    AUTH_PURGE_LINKS,
    AUTH_PURGE_USED_LINKS,
    AUTH_PURGE_THROTTLES,
    AUTH_PURGE_AUDIT,
    AUTH_PURGE__COUNT
};
err auth_purge(struct call *c, enum auth_purge what, int64_t before_ms, int64_t most, int64_t *gone) MUST_CHECK;
err auth_check_purge(struct store *s, struct arena *a, str *why) MUST_CHECK; /* as auth_check_queries() */

/* Second factors. A code is accepted once, whichever family asks; one step late or early is fine, in any order. Inside TX_WRITE where they change something. */
enum { TOTP_WINDOW = 1, BACKUP_CODES = 10, BACKUP_CODE = 11 /* "ABCDE-FGHJK" */ };
/* A new authenticator, of no effect until it is confirmed. secret: raw bytes, for base32 and otpauth_uri(). */
err totp_enrol(struct auth *a, struct call *c, str account_id, str name, str *id, str *secret) MUST_CHECK;
/* *good: that code proves it; uses the code up. ERR_NOT_FOUND: no such unconfirmed one. */
err totp_confirm(struct auth *a, struct call *c, str account_id, str id, str code, bool *good) MUST_CHECK;
err totp_use(struct auth *a, struct call *c, str account_id, str code, bool *good) MUST_CHECK;
err totp_enabled(struct call *c, str account_id, bool *out) MUST_CHECK; /* has a confirmed one */
/* Authenticators of an account, the newest first. */
struct authenticator {
    str id, name;
    int64_t created_at_ms, setup_at_ms /* when its secret was made */, verified_at_ms /* 0: not yet */, used_at_ms /* 0: never */;
    bool disabled; /* switched off, only listed */
};
err totp_list(struct call *c, str account_id, struct authenticator **out, size_t *n) MUST_CHECK;
/* An unconfirmed one begins anew: another name, another secret. */
err totp_renew(struct auth *a, struct call *c, str id, str name, str *secret) MUST_CHECK;
/* All are switched off, backup codes go. */
err totp_disable(struct call *c, str account_id) MUST_CHECK;
err totp_drop(struct call *c, str account_id, str id) MUST_CHECK; /* one; absent is fine */
err backup_codes_drop(struct call *c, str account_id) MUST_CHECK;
/* Authenticators and backup codes go. */
err totp_remove(struct call *c, str account_id) MUST_CHECK;
/* BACKUP_CODES new ones in place of all earlier; shown once. */
err backup_codes_make(struct auth *a, struct call *c, str account_id, str out[static BACKUP_CODES]) MUST_CHECK;
/* The same, of 8 small letters and digits: what clients of the Django CFG API expect. */
err backup_codes_make_short(struct auth *a, struct call *c, str account_id, str out[static BACKUP_CODES]) MUST_CHECK;
/* Case, blanks and the dash do not count. */
err backup_code_use(struct auth *a, struct call *c, str account_id, str code, bool *good) MUST_CHECK;
err backup_codes_left(struct call *c, str account_id, int64_t *out) MUST_CHECK;
