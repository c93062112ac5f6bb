/* auth/auth_int.h: what the files of auth/ share. */
#pragma once
#include "auth/auth.h"
#include "base/lane.h"
#include "crypto/ring.h"
#include <stdatomic.h>

enum { SEEN_SLOTS = 1024, SEEN_EVERY_S = 60 };

struct auth {
    struct store      *store;
    struct lane       *passwords;
    struct crypto_cost cost;
    char              *base_url;             /* without a slash at the end */
    uint8_t            api_keys[CRYPTO_KEY]; /* hashes API keys */
    uint8_t            links[CRYPTO_KEY];    /* hashes one-time links */
    uint8_t            sessions[CRYPTO_KEY]; /* hashes session tokens */
    uint8_t            throttles[CRYPTO_KEY];
    uint8_t            backup_codes[CRYPTO_KEY];
    struct ring        ring;                 /* seals secrets that must be read again */
    bool               unlimited;
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
    AQ_ACCOUNT_SET_PASSWORD,
    AQ_ACCOUNT_PASSWORD,
    AQ_ACCOUNT_PROVE,
    AQ_ACCOUNT_PROMOTE,
    AQ_ACCOUNT_SEEN,
    AQ_SUPERUSER,
    AQ_KEYS_OF_UNPROVEN,
    AQ_KEY_STORE,
    AQ_KEY_BY_HASH,
    AQ_PRIVILEGES,
    AQ_PRIVILEGE_GRANT,
    AQ_PRIVILEGE_ID,
    AQ_LINK_INSERT,
    AQ_LINK_FIND,
    AQ_LINK_USE,
    AQ_MARK,
    AQ_MARK_SET,
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

/* Pure decisions of api 3.1 and 3.4. */
str  key_in_request(const struct req *rq, str body_key); /* absent if there is none */
bool constraint_ip(str peer, const str *items, size_t n);
bool constraint_referer(struct arena *a, str referer, str origin, const str *items, size_t n, err *e);
