/* auth/auth_store.c: all SQL of auth/. */
#include "auth/auth_int.h"

#define ACCOUNT                                                                                                                               \
    "a.id, a.number, a.scope, a.email, a.email_norm, a.display_name, a.first_name, a.last_name, a.locale, a.timezone, a.active, a.superuser," \
    " a.staff, CASE WHEN a.password_hash IS NULL THEN 0 ELSE 1 END, COALESCE(a.email_verified_at_ms, 0), a.created_at_ms,"                    \
    " COALESCE(a.last_login_at_ms, 0), COALESCE(a.password_changed_at_ms, 0), a.epoch"
#define ACCOUNT_OUT "titt?t?tttttiiiiiiiii"
#define SESSION "s.id, s.account_id, s.family, s.user_agent, s.ip, s.created_at_ms, s.seen_at_ms, s.expires_at_ms"
#define SESSION_OUT "tttttiii"

const struct query auth_q[AQ__COUNT] = {
    [AQ_ACCOUNT_BY_ID] = { .in = "t", .out = ACCOUNT_OUT, .sql = "SELECT " ACCOUNT " FROM account a WHERE a.id = $1 AND a.deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_BY_EMAIL] = { .in = "tt",
                              .out = ACCOUNT_OUT,
                              .sql = "SELECT " ACCOUNT " FROM account a WHERE a.scope = $1 AND a.email_norm = $2 AND a.deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_BY_NUMBER] = { .in = "i", .out = ACCOUNT_OUT, .sql = "SELECT " ACCOUNT " FROM account a WHERE a.number = $1 AND a.deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_LIST] = { .in = "t",
                          .out = ACCOUNT_OUT,
                          .sql = "SELECT " ACCOUNT " FROM account a WHERE a.scope = $1 AND a.deleted_at_ms IS NULL ORDER BY a.number" },

    [AQ_ACCOUNT_NUMBER] = { .in = "",
                            .out = "i",
                            .sql = "UPDATE counter SET value = value + 1 WHERE name = 'account' RETURNING value",
                            .sql_pg = "SELECT nextval('account_number')" },
    [AQ_ACCOUNT_INSERT] = { .in = "titt?t?i?tttttt?iiii?",
                            .out = "t",
                            .sql = "INSERT INTO account (id, number, scope, email, email_norm, email_verified_at_ms, display_name, first_name,"
                                   " last_name, locale, timezone, password_hash, superuser, staff, created_at_ms, password_changed_at_ms, active,"
                                   " epoch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, 1)"
                                   " ON CONFLICT (scope, email_norm) WHERE deleted_at_ms IS NULL AND email_norm IS NOT NULL DO NOTHING RETURNING id" },
    /* An account with neither proof nor password counts as absent (server.md 4): who signs up takes it over. */
    [AQ_ACCOUNT_CLAIM] = { .in = "t?i?tttttt?iii?tt",
                           .out = "t",
                           .sql = "UPDATE account SET email = $1, email_verified_at_ms = $2, display_name = $3, first_name = $4, last_name = $5,"
                                  " locale = $6, timezone = $7, password_hash = $8, superuser = $9, staff = $10, password_changed_at_ms = $11,"
                                  " epoch = epoch + 1 WHERE scope = $12 AND email_norm = $13 AND deleted_at_ms IS NULL"
                                  " AND email_verified_at_ms IS NULL AND password_hash IS NULL"
                                  " AND NOT EXISTS (SELECT 1 FROM external_identity e WHERE e.account_id = account.id) RETURNING id" },
    [AQ_ACCOUNT_UPDATE] = { .in = "t?t?t?t?t?t",
                            .sql = "UPDATE account SET display_name = COALESCE($1, display_name), first_name = COALESCE($2, first_name),"
                                   " last_name = COALESCE($3, last_name), locale = COALESCE($4, locale), timezone = COALESCE($5, timezone)"
                                   " WHERE id = $6 AND deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_SET_EMAIL] = { .in = "tti?t",
                               .sql = "UPDATE account SET email = $1, email_norm = $2, email_verified_at_ms = $3, epoch = epoch + 1"
                                      " WHERE id = $4 AND deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_SET_ACTIVE] = { .in = "it", .sql = "UPDATE account SET active = $1, epoch = epoch + $1 WHERE id = $2" },
    [AQ_ACCOUNT_SET_SUPERUSER] = { .in = "it", .sql = "UPDATE account SET superuser = $1, staff = $1 WHERE id = $2" },
    /* The address stays for those who look into the past; the index lets it be used again. */
    [AQ_ACCOUNT_DELETE] = { .in = "it",
                            .sql = "UPDATE account SET deleted_at_ms = $1, active = 0, superuser = 0, staff = 0, password_hash = NULL,"
                                   " display_name = '', first_name = '', last_name = '', epoch = epoch + 1 WHERE id = $2" },
    [AQ_ACCOUNT_EPOCH] = { .in = "t", .sql = "UPDATE account SET epoch = epoch + 1 WHERE id = $1 AND deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_LOGIN] = { .in = "t",
                           .out = ACCOUNT_OUT "t?",
                           .sql = "SELECT " ACCOUNT ", a.password_hash FROM account a WHERE a.id = $1 AND a.deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_LOGIN_EMAIL] = { .in = "tt",
                                 .out = ACCOUNT_OUT "t?",
                                 .sql = "SELECT " ACCOUNT ", a.password_hash FROM account a WHERE a.scope = $1 AND a.email_norm = $2"
                                        " AND a.deleted_at_ms IS NULL" },

    [AQ_ACCOUNT_SET_PASSWORD] = { .in = "tit",
                                  .sql = "UPDATE account SET password_hash = $1, password_changed_at_ms = $2, epoch = epoch + 1"
                                         " WHERE id = $3 AND deleted_at_ms IS NULL" },
    /* The same password under another hash: nothing else changes. */
    [AQ_PASSWORD_UPGRADE] = { .in = "ttt", .sql = "UPDATE account SET password_hash = $1 WHERE id = $2 AND password_hash = $3" },
    [AQ_ACCOUNT_CONFIRM] = { .in = "it", .sql = "UPDATE account SET email_verified_at_ms = $1 WHERE id = $2 AND email_verified_at_ms IS NULL" },
    [AQ_ACCOUNT_PASSWORD] = { .in = "t", .out = "t?", .sql = "SELECT password_hash FROM account WHERE id = $1 AND deleted_at_ms IS NULL" },
    [AQ_ACCOUNT_FORGET] = { .in = "",
                            .sql = "UPDATE account SET email = NULL, email_norm = NULL, display_name = '', first_name = '', last_name = ''"
                                   " WHERE deleted_at_ms IS NOT NULL AND email IS NOT NULL" },
    [AQ_ACCOUNT_PROVE] = { .in = "it",
                           .sql = "UPDATE account SET email_verified_at_ms = $1, password_hash = NULL, epoch = epoch + 1"
                                  " WHERE id = $2 AND email_verified_at_ms IS NULL" },
    [AQ_ACCOUNT_PROMOTE] = { .in = "t", .sql = "UPDATE account SET superuser = 1, staff = 1, active = 1 WHERE id = $1" },
    [AQ_ACCOUNT_SEEN] = { .in = "iti",
                          .sql = "UPDATE account SET last_login_at_ms = $1 WHERE id = $2"
                                 " AND (last_login_at_ms IS NULL OR last_login_at_ms <= $3)" },
    [AQ_SUPERUSER] = { .in = "t", .out = "t", .sql = "SELECT id FROM account WHERE scope = $1 AND superuser = 1 AND deleted_at_ms IS NULL LIMIT 1" },

    [AQ_KEYS_DROP] = { .in = "t", .sql = "DELETE FROM api_key WHERE account_id = $1" },
    [AQ_PRIVILEGES_DROP] = { .in = "t", .sql = "DELETE FROM account_privilege WHERE account_id = $1" },
    [AQ_LINKS_DROP] = { .in = "t", .sql = "DELETE FROM link WHERE account_id = $1" },

    [AQ_IDENTITY_LINK] = { .in = "tttt?i",
                           .sql = "INSERT INTO external_identity (scope, issuer, subject, account_id, email, created_at_ms)"
                                  " SELECT a.scope, $1, $2, $3, $4, $5 FROM account a WHERE a.id = $3 AND a.deleted_at_ms IS NULL"
                                  " ON CONFLICT (scope, issuer, subject) DO UPDATE SET email = excluded.email"
                                  " WHERE external_identity.account_id = excluded.account_id" },
    [AQ_IDENTITY_FIND] = { .in = "ttt",
                           .out = ACCOUNT_OUT,
                           .sql = "SELECT " ACCOUNT " FROM external_identity e JOIN account a ON a.id = e.account_id"
                                  " WHERE e.scope = $1 AND e.issuer = $2 AND e.subject = $3 AND a.deleted_at_ms IS NULL" },
    [AQ_IDENTITY_USED] = { .in = "ittt", .sql = "UPDATE external_identity SET used_at_ms = $1 WHERE scope = $2 AND issuer = $3 AND subject = $4" },
    [AQ_IDENTITY_LIST] = { .in = "t",
                           .out = "tttt?ii",
                           .sql = "SELECT issuer, subject, account_id, email, created_at_ms, COALESCE(used_at_ms, 0) FROM external_identity"
                                  " WHERE account_id = $1 ORDER BY created_at_ms, issuer, subject" },
    [AQ_IDENTITY_UNLINK] = { .in = "ttt", .sql = "DELETE FROM external_identity WHERE account_id = $1 AND issuer = $2 AND subject = $3" },
    [AQ_IDENTITIES_DROP] = { .in = "t", .sql = "DELETE FROM external_identity WHERE account_id = $1" },

    [AQ_KEY_STORE] = { .in = "tbtttttti",
                       .sql = "INSERT INTO api_key (id, hash, account_id, name, method, constraints_json, permissions_json, last_four, created_at_ms)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account_id, name) DO UPDATE SET id = excluded.id,"
                              " hash = excluded.hash, method = excluded.method, constraints_json = excluded.constraints_json,"
                              " permissions_json = excluded.permissions_json, last_four = excluded.last_four,"
                              " created_at_ms = excluded.created_at_ms" },
    [AQ_KEY_BY_HASH] = { .in = "b",
                         .out = ACCOUNT_OUT "tttt",
                         .sql = "SELECT " ACCOUNT ", k.id, k.method, k.constraints_json, k.permissions_json FROM api_key k"
                                " JOIN account a ON a.id = k.account_id WHERE k.hash = $1 AND a.deleted_at_ms IS NULL AND a.active = 1" },

    [AQ_PRIVILEGES] = { .in = "t",
                        .out = "t",
                        .sql = "SELECT p.name FROM account_privilege ap JOIN privilege p ON p.id = ap.privilege_id"
                               " WHERE ap.account_id = $1" },
    [AQ_PRIVILEGE_ID] = { .in = "t", .out = "i", .sql = "SELECT id FROM privilege WHERE name = $1" },
    [AQ_PRIVILEGE_REVOKE] = { .in = "tt",
                              .sql = "DELETE FROM account_privilege WHERE account_id = $1 AND privilege_id IN (SELECT id FROM privilege"
                                     " WHERE name = $2)" },
    [AQ_PRIVILEGE_GRANT] = { .in = "ti",
                             .sql = "INSERT INTO account_privilege (account_id, privilege_id) VALUES ($1, $2)"
                                    " ON CONFLICT (account_id, privilege_id) DO NOTHING" },

    [AQ_LINK_INSERT] = { .in = "btiit",
                         .sql = "INSERT INTO link (hash, account_id, purpose, epoch, created_at_ms, expires_at_ms)"
                                " SELECT $1, a.id, $2, a.epoch, $3, $4 FROM account a WHERE a.id = $5" },
    [AQ_LINK_FIND] = { .in = "bti",
                       .out = ACCOUNT_OUT,
                       .sql = "SELECT " ACCOUNT " FROM link l JOIN account a ON a.id = l.account_id AND a.epoch = l.epoch"
                              " WHERE l.hash = $1 AND l.purpose = $2 AND l.expires_at_ms > $3 AND l.used_at_ms IS NULL"
                              " AND a.deleted_at_ms IS NULL" },
    [AQ_LINK_USE] = { .in = "ib", .out = "t", .sql = "UPDATE link SET used_at_ms = $1 WHERE hash = $2 AND used_at_ms IS NULL RETURNING account_id" },

    [AQ_MARK] = { .in = "", .out = "i", .sql = "SELECT value FROM counter WHERE name = 'master key'" },
    [AQ_MARK_SET] = { .in = "i", .sql = "INSERT INTO counter (name, value) VALUES ('master key', $1) ON CONFLICT (name) DO NOTHING" },

    [AQ_MARK_MOVE] = { .in = "i", .sql = "UPDATE counter SET value = $1 WHERE name = 'master key'" },
    [AQ_SECRET] = { .in = "t", .out = "b", .sql = "SELECT sealed FROM secret WHERE name = $1" },
    [AQ_SECRET_PUT] = { .in = "tb", .sql = "INSERT INTO secret (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed" },
    [AQ_TOTP_SEALED] = { .in = "bti",
                         .out = "ttb",
                         .sql = "SELECT id, id, secret_sealed FROM totp WHERE substr(secret_sealed, 2, 8) <> $1 AND id > $2"
                                " ORDER BY id LIMIT $3" },
    [AQ_TOTP_RESEAL] = { .in = "btb", .sql = "UPDATE totp SET secret_sealed = $1 WHERE id = $2 AND secret_sealed = $3" },

    [AQ_SESSION_INSERT] = { .in = "ttbttiiiti",
                            .sql = "INSERT INTO session (id, account_id, family, hash, epoch, user_agent, ip, created_at_ms,"
                                   " seen_at_ms, expires_at_ms) SELECT $1, a.id, $2, $3, a.epoch, $4, $5, $6, $7, $8"
                                   " FROM account a WHERE a.id = $9 AND a.active = 1 AND a.deleted_at_ms IS NULL"
                                   " AND ($10 = 0 OR a.epoch = $10)" },
    [AQ_SESSION_FIND] = { .in = "bti",
                          .out = ACCOUNT_OUT SESSION_OUT,
                          .sql = "SELECT " ACCOUNT ", " SESSION " FROM session s JOIN account a ON a.id = s.account_id AND a.epoch = s.epoch"
                                 " WHERE s.hash = $1 AND s.family = $2 AND s.expires_at_ms > $3 AND s.ended_at_ms IS NULL AND a.active = 1"
                                 " AND a.deleted_at_ms IS NULL" },
    [AQ_SESSION_LIST] = { .in = "ti",
                          .out = SESSION_OUT,
                          .sql = "SELECT " SESSION " FROM session s JOIN account a ON a.id = s.account_id AND a.epoch = s.epoch"
                                 " WHERE s.account_id = $1 AND s.expires_at_ms > $2 AND s.ended_at_ms IS NULL ORDER BY s.created_at_ms, s.id" },
    [AQ_SESSION_TOUCH] = { .in = "iit", .sql = "UPDATE session SET seen_at_ms = $1, expires_at_ms = $2 WHERE id = $3 AND ended_at_ms IS NULL" },
    [AQ_SESSION_END] = { .in = "itt", .sql = "UPDATE session SET ended_at_ms = $1 WHERE id = $2 AND account_id = $3 AND ended_at_ms IS NULL" },
    [AQ_SESSION_END_ALL] = { .in = "ittt",
                             .sql = "UPDATE session SET ended_at_ms = $1 WHERE account_id = $2 AND (family = $3 OR $3 = '')"
                                    " AND id <> $4 AND ended_at_ms IS NULL" },

    [AQ_AUDIT_INSERT] = { .in = "tittt?t?t?t?t?t",
                          .sql = "INSERT INTO audit (id, at_ms, family, action, actor_id, actor_email, subject, ip, request_id, detail_json)"
                                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)" },
    [AQ_AUDIT_LIST] = { .in = "i",
                        .out = "tittt?t?t?t?t?t",
                        .sql = "SELECT id, at_ms, family, action, actor_id, actor_email, subject, ip, request_id, detail_json FROM audit"
                               " ORDER BY at_ms DESC, id DESC LIMIT $1" },

    /* The window begins with the first hit; one statement counts, so that parallel hits are all counted. */
    [AQ_THROTTLE_HIT] = { .in = "biii",
                          .out = "ii",
                          .sql = "INSERT INTO throttle AS t (hash, hits, ends_at_ms) VALUES ($1, 1, $2) ON CONFLICT (hash) DO UPDATE SET"
                                 " hits = CASE WHEN t.ends_at_ms > $3 AND t.ends_at_ms <= $4 THEN t.hits + 1 ELSE 1 END,"
                                 " ends_at_ms = CASE WHEN t.ends_at_ms > $3 AND t.ends_at_ms <= $4 THEN t.ends_at_ms ELSE excluded.ends_at_ms END"
                                 " RETURNING hits, ends_at_ms" },
    [AQ_THROTTLE_SEE] = { .in = "bii", .out = "ii", .sql = "SELECT hits, ends_at_ms FROM throttle WHERE hash = $1 AND ends_at_ms > $2 AND ends_at_ms <= $3" },
    [AQ_THROTTLE_CLEAR] = { .in = "b", .sql = "DELETE FROM throttle WHERE hash = $1" },

    [AQ_TOTP_INSERT] = { .in = "tttbii",
                         .sql = "INSERT INTO totp (id, account_id, name, secret_sealed, last_step, created_at_ms, setup_at_ms)"
                                " VALUES ($1, $2, $3, $4, -1, $5, $6)" },
    [AQ_TOTP_PENDING] = { .in = "tt",
                          .out = "tbii",
                          .sql = "SELECT id, secret_sealed, last_step, used_mask FROM totp WHERE id = $1 AND account_id = $2"
                                 " AND verified_at_ms IS NULL AND disabled_at_ms IS NULL" },
    [AQ_TOTP_VERIFIED] = { .in = "t",
                           .out = "tbii",
                           .sql = "SELECT id, secret_sealed, last_step, used_mask FROM totp WHERE account_id = $1"
                                  " AND verified_at_ms IS NOT NULL AND disabled_at_ms IS NULL ORDER BY created_at_ms, id" },
    [AQ_TOTP_CONFIRM] = { .in = "it", .sql = "UPDATE totp SET verified_at_ms = $1 WHERE id = $2" },
    [AQ_TOTP_USE] = { .in = "iiitii",
                      .out = "t",
                      .sql = "UPDATE totp SET last_step = $1, used_mask = $2, used_at_ms = $3 WHERE id = $4 AND last_step = $5"
                             " AND used_mask = $6 RETURNING id" },
    [AQ_TOTP_LIST] = { .in = "t",
                       .out = "ttiiiii",
                       .sql = "SELECT id, name, created_at_ms, setup_at_ms, COALESCE(verified_at_ms, 0), COALESCE(used_at_ms, 0),"
                              " CASE WHEN disabled_at_ms IS NULL THEN 0 ELSE 1 END FROM totp WHERE account_id = $1 ORDER BY created_at_ms DESC, id DESC" },
    [AQ_TOTP_RENEW] = { .in = "tbit", .sql = "UPDATE totp SET name = $1, secret_sealed = $2, setup_at_ms = $3, last_step = -1, used_mask = 0 WHERE id = $4" },
    [AQ_TOTP_DISABLE] = { .in = "it", .sql = "UPDATE totp SET disabled_at_ms = $1 WHERE account_id = $2 AND disabled_at_ms IS NULL" },
    [AQ_TOTP_DROP_ONE] = { .in = "tt", .sql = "DELETE FROM totp WHERE id = $1 AND account_id = $2" },
    [AQ_TOTP_DROP] = { .in = "t", .sql = "DELETE FROM totp WHERE account_id = $1" },
    [AQ_BACKUP_DROP] = { .in = "t", .sql = "DELETE FROM backup_code WHERE account_id = $1" },
    [AQ_BACKUP_INSERT] = { .in = "tbi", .sql = "INSERT INTO backup_code (account_id, hash, created_at_ms) VALUES ($1, $2, $3)" },
    [AQ_BACKUP_USE] = { .in = "itb",
                        .out = "t",
                        .sql = "UPDATE backup_code SET used_at_ms = $1 WHERE account_id = $2 AND hash = $3"
                               " AND used_at_ms IS NULL RETURNING account_id" },
    [AQ_BACKUP_LEFT] = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM backup_code WHERE account_id = $1 AND used_at_ms IS NULL" },
};

err auth_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, auth_q, AQ__COUNT, why); }

const struct sealed_column auth_sealed[] = {
    { .what = "authenticators", .purpose = "totp", .list = &auth_q[AQ_TOTP_SEALED], .set = &auth_q[AQ_TOTP_RESEAL] },
};
const size_t auth_sealed_n = COUNT_OF(auth_sealed);
