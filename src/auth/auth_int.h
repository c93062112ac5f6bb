/* auth/auth_int.h: what the files of auth/ share. */
#pragma once
#include "auth/auth.h"
#include "base/lane.h"
#include "crypto/ring.h"
#include <stdatomic.h>

enum { SEEN_SLOTS = 1024, SEEN_EVERY_S = 60 };

struct auth {
    struct store *store;
    struct lane *passwords;
    struct crypto_cost cost;
    char *base_url;             /* without a slash at the end; may be empty */
    const char *_Atomic origin; /* instead of an empty one; NULL: not known */
    struct auth_hooks hooks;
    char nobody[CRYPTO_PASSWORD_HASH]; /* fits no password, and costs what a fresh hash costs */
    uint8_t api_keys[CRYPTO_KEY];      /* hashes API keys */
    uint8_t links[CRYPTO_KEY];         /* hashes one-time links */
    uint8_t sessions[CRYPTO_KEY];      /* hashes session tokens */
    uint8_t throttles[CRYPTO_KEY];
    uint8_t backup_codes[CRYPTO_KEY];
    struct ring ring; /* seals secrets that must be read again */
    bool unlimited;
    /* What was written lately, so that a busy caller costs one write a minute: account number << 32 | seconds, by number. */
    _Atomic uint64_t seen[SEEN_SLOTS];
};

/* All SQL of the room: auth_store.c. */
enum {
    AQ_ACCOUNT_BY_ID,
    AQ_ACCOUNT_BY_EMAIL,
    AQ_ACCOUNT_BY_NUMBER,
    AQ_ACCOUNT_LIST,
    AQ_ACCOUNT_NUMBER,
    AQ_ACCOUNT_INSERT,
    AQ_ACCOUNT_CLAIM,
    AQ_ACCOUNT_UPDATE,
    AQ_ACCOUNT_SET_EMAIL,
    AQ_ACCOUNT_SET_ACTIVE,
    AQ_ACCOUNT_SET_SUPERUSER,
    AQ_ACCOUNT_DELETE,
    AQ_ACCOUNT_EPOCH,
    AQ_ACCOUNT_LOGIN,
    AQ_ACCOUNT_LOGIN_EMAIL,
    AQ_ACCOUNT_CONFIRM,
    AQ_ACCOUNT_SET_PASSWORD,
    AQ_PASSWORD_UPGRADE,
    AQ_ACCOUNT_PASSWORD,
    AQ_ACCOUNT_FORGET,
    AQ_ACCOUNT_PROVE,
    AQ_ACCOUNT_PROMOTE,
    AQ_ACCOUNT_SEEN,
    AQ_SUPERUSER,
    AQ_KEYS_DROP,
    AQ_PRIVILEGES_DROP,
    AQ_LINKS_DROP,
    AQ_IDENTITY_LINK,
    AQ_IDENTITY_FIND,
    AQ_IDENTITY_USED,
    AQ_IDENTITY_LIST,
    AQ_IDENTITY_UNLINK,
    AQ_IDENTITIES_DROP,
    AQ_KEY_STORE,
    AQ_KEY_BY_HASH,
    AQ_PRIVILEGES,
    AQ_PRIVILEGE_GRANT,
    AQ_PRIVILEGE_ID,
    AQ_PRIVILEGE_REVOKE,
    AQ_LINK_INSERT,
    AQ_LINK_FIND,
    AQ_LINK_USE,
    AQ_MARK,
    AQ_MARK_SET,
    AQ_MARK_MOVE,
    AQ_SECRET,
    AQ_SECRET_PUT,
    AQ_TOTP_SEALED,
    AQ_TOTP_RESEAL,
    AQ_SESSION_INSERT,
    AQ_SESSION_FIND,
    AQ_SESSION_LIST,
    AQ_SESSION_TOUCH,
    AQ_SESSION_END,
    AQ_SESSION_END_ALL,
    AQ_AUDIT_INSERT,
    AQ_AUDIT_LIST,
    AQ_THROTTLE_HIT,
    AQ_THROTTLE_SEE,
    AQ_THROTTLE_CLEAR,
    AQ_TOTP_INSERT,
    AQ_TOTP_PENDING,
    AQ_TOTP_VERIFIED,
    AQ_TOTP_CONFIRM,
    AQ_TOTP_USE,
    AQ_TOTP_DROP,
    AQ_TOTP_LIST,
    AQ_TOTP_RENEW,
    AQ_TOTP_DISABLE,
    AQ_TOTP_DROP_ONE,
    AQ_BACKUP_DROP,
    AQ_BACKUP_INSERT,
    AQ_BACKUP_USE,
    AQ_BACKUP_LEFT,
    AQ__COUNT
};
extern const struct query auth_q[AQ__COUNT];

enum { ACCOUNT_COLUMNS = 19 };
/* Fills an account from the first ACCOUNT_COLUMNS cells of a row. */
void account_from_row(const struct cell *row, struct account *out);
/* An account of a row in the arena; *out = NULL without a row. */
err account_from_found(struct call *c, const struct cell *row, struct account **out) MUST_CHECK;
/* The living one. ERR_NOT_FOUND. */
err account_get(struct call *c, str id, struct account **out) MUST_CHECK;
/* Everything of the core's own that lets somebody in or proves who he is, but the password: keys, second factors, external identities. */
err account_strip(struct call *c, str id) MUST_CHECK;
/* Whether it is a hash as we make them today. */
bool password_is_fresh(const struct auth *a, str hash);
/* A record about an account, of the family "core", with its e-mail as it was; mark: a member that is true, NULL for none. */
err account_audit(struct call *c, const char *action, const struct account *who, const char *mark) MUST_CHECK;
/* Asks main's hook; without one nothing happens. */
err auth_mail(struct auth *a, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n) MUST_CHECK;
/* A link of that purpose, mailed. */
err auth_mail_link(struct auth *a, struct call *c, const char *name, const struct account *to, const char *purpose, int64_t ttl_ms) MUST_CHECK;

/* Pure decisions of api 3.1 and 3.4. */
str key_in_request(const struct req *rq, str body_key); /* absent if there is none */
bool constraint_ip(str peer, const str *items, size_t n);
bool constraint_referer(struct arena *a, str referer, str origin, const str *items, size_t n, err *e);
