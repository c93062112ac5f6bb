/* rooms/accounts/accounts_store.c: SQL of profiles, API keys, one-time codes, refresh tokens. That of second factors and of GitHub stands beside it. */
#include "rooms/accounts/accounts_int.h"

enum {
    Q_PROFILE,
    Q_PROFILE_INSERT,
    Q_PROFILE_UPDATE,
    Q_PROFILE_AVATAR,
    Q_PROFILE_CLEAR,
    Q_PROFILE_ZONE,
    Q_AVATAR,
    Q_SOURCE,
    Q_KEY_OWNER,
    Q_KEY_REPLACE,
    Q_KEY_REVOKE,
    Q_PROFILE_TEST,
    Q_IS_TEST,
    Q_PROFILES_GONE,
    Q_SOURCES_GONE,
    Q_OTP,
    Q_OTP_PUT,
    Q_OTP_USE,
    Q_OTP_DROP,
    Q_REFRESH_PUT,
    Q_REFRESH_USE,
    Q__COUNT
};
static const struct query q[Q__COUNT] = {
    [Q_PROFILE] = { "t", "ttttt?t?tttii?i",
                    "SELECT username, company, position, phone, avatar_file, avatar_content, header_timezone, key_head, key_tail, key_created_at_ms,"
                    " key_reissued_at_ms, test FROM accounts_profile WHERE account_id = $1",
                    NULL },
    [Q_PROFILE_INSERT] = { "ttbtti", "t",
                           "INSERT INTO accounts_profile (account_id, username, key_hash, key_head, key_tail, key_created_at_ms)"
                           " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING account_id",
                           NULL },
    [Q_PROFILE_UPDATE] = { "tttt", "", "UPDATE accounts_profile SET company = $1, position = $2, phone = $3 WHERE account_id = $4", NULL },
    [Q_PROFILE_AVATAR] = { "t?t?t", "", "UPDATE accounts_profile SET avatar_file = $1, avatar_content = $2 WHERE account_id = $3", NULL },
    [Q_PROFILE_CLEAR] = { "t", "",
                          "UPDATE accounts_profile SET company = '', position = '', phone = '', avatar_file = NULL, avatar_content = NULL"
                          " WHERE account_id = $1",
                          NULL },
    [Q_PROFILE_ZONE] = { "tt", "", "UPDATE accounts_profile SET header_timezone = $1 WHERE account_id = $2", NULL },
    [Q_AVATAR] = { "it", "t",
                   "SELECT p.avatar_content FROM accounts_profile p JOIN account a ON a.id = p.account_id WHERE a.number = $1"
                   " AND p.avatar_file = $2 AND p.avatar_content IS NOT NULL",
                   NULL },
    [Q_SOURCE] = { "tttiii", "",
                   "INSERT INTO accounts_source (account_id, name, url, first, created_at_ms, seen_at_ms) VALUES ($1, $2, $3, $4, $5, $6)"
                   " ON CONFLICT (account_id, name) DO UPDATE SET url = excluded.url, seen_at_ms = excluded.seen_at_ms",
                   NULL },
    [Q_KEY_OWNER] = { "b", "t", "SELECT account_id FROM accounts_profile WHERE key_hash = $1", NULL },
    [Q_KEY_REPLACE] = { "btti?t", "",
                        "UPDATE accounts_profile SET key_hash = $1, key_head = $2, key_tail = $3, key_reissued_at_ms = $4"
                        " WHERE account_id = $5",
                        NULL },
    [Q_KEY_REVOKE] = { "bttt", "",
                       "UPDATE accounts_profile SET key_hash = $1, key_head = $2, key_tail = $3, key_reissued_at_ms = NULL WHERE account_id = $4"
                       " AND key_reissued_at_ms IS NOT NULL",
                       NULL },
    [Q_PROFILE_TEST] = { "it", "", "UPDATE accounts_profile SET test = $1 WHERE account_id = $2", NULL },
    /* From the few test accounts to their addresses, not from the address to its account: the same steps, whoever's it is. */
    [Q_IS_TEST] = { "tt", "i",
                    "SELECT COUNT(*) FROM accounts_profile p WHERE p.test = 1 AND (SELECT CASE WHEN a.scope = $1 THEN a.email_norm END FROM account a"
                    " WHERE a.id = p.account_id AND a.deleted_at_ms IS NULL) = $2",
                    NULL },
    [Q_PROFILES_GONE] = { "", "", "DELETE FROM accounts_profile WHERE account_id IN (SELECT id FROM account WHERE deleted_at_ms IS NOT NULL)", NULL },
    [Q_SOURCES_GONE] = { "", "", "DELETE FROM accounts_source WHERE account_id IN (SELECT id FROM account WHERE deleted_at_ms IS NOT NULL)", NULL },
    /* One row is read whatever is found: where the address has none, that of another. On SQLite it is the one before it, on a page as cold as its own would be.
     * PostgreSQL would come by many that are gone on the way there, and reads that of the empty address (accounts_schema.c), which is the last resort of both.
     */
    [Q_OTP] = { "t", "tbi", "SELECT email_norm, code_sealed, expires_at_ms FROM accounts_otp WHERE email_norm <= $1 ORDER BY email_norm DESC LIMIT 1",
                "SELECT o.email_norm, o.code_sealed, o.expires_at_ms FROM accounts_otp o WHERE o.email_norm = COALESCE((SELECT i.email_norm"
                " FROM accounts_otp i WHERE i.email_norm = $1), '')" },
    [Q_OTP_PUT] = { "tbii", "",
                    "INSERT INTO accounts_otp (email_norm, code_sealed, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (email_norm) DO UPDATE SET code_sealed = excluded.code_sealed, created_at_ms = excluded.created_at_ms,"
                    " expires_at_ms = excluded.expires_at_ms",
                    NULL },
    [Q_OTP_USE] = { "tb", "t", "DELETE FROM accounts_otp WHERE email_norm = $1 AND code_sealed = $2 RETURNING email_norm", NULL },
    [Q_OTP_DROP] = { "t", "", "DELETE FROM accounts_otp WHERE email_norm = $1", NULL },
    [Q_REFRESH_PUT] = { "ttii", "", "INSERT INTO accounts_refresh (jti, account_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)", NULL },
    [Q_REFRESH_USE] = { "itt", "t",
                        "UPDATE accounts_refresh SET used_at_ms = $1 WHERE jti = $2 AND account_id = $3 AND used_at_ms IS NULL"
                        " RETURNING jti",
                        NULL },
};

/* profiles */

static str kept(const struct cell *c) { return c->null ? STR_NULL : c->s; }

err cfg_profile_find(struct call *c, str account_id, struct profile *out, bool *found)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_PROFILE], &row, account_id));
    *found = row != NULL;
    *out = (struct profile){ 0 };
    if (!row) return ERR_OK;
    *out = (struct profile){ .username = row[0].s,
                             .company = row[1].s,
                             .position = row[2].s,
                             .phone = row[3].s,
                             .avatar_file = kept(&row[4]),
                             .avatar_content = kept(&row[5]),
                             .header_timezone = row[6].s,
                             .key_head = row[7].s,
                             .key_tail = row[8].s,
                             .key_created_at_ms = row[9].i,
                             .key_reissued_at_ms = row[10].null ? 0 : row[10].i,
                             .test = row[11].i != 0 };
    return ERR_OK;
}

enum { MASK = 6 };
static str head_of(str key) { return str_head(key, MASK); }
static str tail_of(str key) { return str_from(key, key.n - MASK); }
/* 122 random bits need no key to hide behind. */
static void hash_of(str key, uint8_t out[static CRYPTO_HASH]) { crypto_digest(out, key); }

err cfg_profile_insert(struct call *c, str account_id, str username, str key, bool *made)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    hash_of(key, hash);
    TRY(db_find(c, &q[Q_PROFILE_INSERT], &row, account_id, username, (str){ (const char *)hash, sizeof hash }, head_of(key), tail_of(key), c->now_ms));
    *made = row != NULL;
    return ERR_OK;
}

err cfg_profile_update(struct call *c, str account_id, const struct profile *p)
{
    return db_run(c, &q[Q_PROFILE_UPDATE], p->company, p->position, p->phone, account_id);
}
err cfg_profile_avatar(struct call *c, str account_id, str file, str content) { return db_run(c, &q[Q_PROFILE_AVATAR], file, content, account_id); }
err cfg_profile_clear(struct call *c, str account_id) { return db_run(c, &q[Q_PROFILE_CLEAR], account_id); }
err cfg_profile_zone(struct call *c, str account_id, str zone) { return db_run(c, &q[Q_PROFILE_ZONE], zone, account_id); }

err cfg_avatar_find(struct call *c, int64_t number, str file, str *content)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_AVATAR], &row, number, file));
    *content = row ? row[0].s : STR_NULL;
    return ERR_OK;
}

err cfg_source_add(struct call *c, str account_id, str url, bool first)
{
    str name = cfg_source_name(url);
    return name.n ? db_run(c, &q[Q_SOURCE], account_id, name, url, (int64_t)first, c->now_ms, c->now_ms) : ERR_OK;
}

err cfg_key_owner(struct call *c, str key, str *account_id)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    hash_of(key, hash);
    TRY(db_find(c, &q[Q_KEY_OWNER], &row, (str){ (const char *)hash, sizeof hash }));
    *account_id = row ? row[0].s : STR_NULL;
    return ERR_OK;
}

err cfg_key_replace(struct call *c, str account_id, str key)
{
    uint8_t hash[CRYPTO_HASH];
    hash_of(key, hash);
    return db_run(c, &q[Q_KEY_REPLACE], (str){ (const char *)hash, sizeof hash }, head_of(key), tail_of(key), &c->now_ms, account_id);
}

err accounts_set_test(struct call *c, const struct account *who, bool test)
{
    struct profile p;
    TRY(cfg_profile_ensure(c, who, &p));
    return db_run(c, &q[Q_PROFILE_TEST], (int64_t)test, who->id);
}

err cfg_test_address(struct call *c, str email, bool *test)
{
    struct cell *row;
    TRY(db_get(c, &q[Q_IS_TEST], &row, AUTH_PLATFORM, email));
    *test = row[0].i != 0;
    return ERR_OK;
}

err accounts_purge_deleted(struct call *c, int64_t *n)
{
    TRY(db_run(c, &q[Q_PROFILES_GONE]));
    TRY(db_run(c, &q[Q_SOURCES_GONE]));
    return account_forget_deleted(c, n);
}

/* A key that was never issued anew was never shown to anybody: it stays, so that the first login of an account writes nothing here. */
err cfg_key_revoke(struct call *c, str account_id)
{
    uint8_t hash[CRYPTO_HASH];
    char key[UUID];
    cfg_uuid4(key); /* nobody is ever told */
    hash_of((str){ key, UUID }, hash);
    return db_run(c, &q[Q_KEY_REVOKE], (str){ (const char *)hash, sizeof hash }, head_of((str){ key, UUID }), tail_of((str){ key, UUID }), account_id);
}

/* one-time codes */

err cfg_otp_find(struct call *c, str email, struct otp_row *out)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_OTP], &row, email));
    *out = (struct otp_row){ 0 };
    if (row && str_eq(row[0].s, email)) *out = (struct otp_row){ .email = email, .code = row[1].s, .expires_at_ms = row[2].i };
    return ERR_OK;
}

err cfg_otp_put(struct call *c, str email, str sealed, int64_t expires_at_ms) { return db_run(c, &q[Q_OTP_PUT], email, sealed, c->now_ms, expires_at_ms); }

err cfg_otp_use(struct call *c, str email, str sealed, bool *won)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_OTP_USE], &row, email, sealed));
    *won = row != NULL;
    return ERR_OK;
}

err cfg_otp_drop(struct call *c, str email) { return db_run(c, &q[Q_OTP_DROP], email); }

/* refresh tokens */

err cfg_refresh_put(struct call *c, str jti, str account_id, int64_t expires_at_ms)
{
    return db_run(c, &q[Q_REFRESH_PUT], jti, account_id, c->now_ms, expires_at_ms);
}

err cfg_refresh_use(struct call *c, str jti, str account_id, bool *won)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_REFRESH_USE], &row, c->now_ms, jti, account_id));
    *won = row != NULL;
    return ERR_OK;
}

err accounts_check_queries(struct store *s, struct arena *a, str *why)
{
    TRY(store_check(s, a, q, Q__COUNT, why));
    TRY(cfg_github_check_queries(s, a, why));
    TRY(store_check(s, a, accounts_purge, accounts_purge_n, why));
    return cfg_second_check_queries(s, a, why);
}
