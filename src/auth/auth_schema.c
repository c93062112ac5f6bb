/* auth/auth_schema.c: the core tables, which all families may refer to (server.md 4). */
#include "auth/auth.h"

/* Times are Unix ms, yes/no is 1/0, scope is a tenant's UUID or the nil UUID of the platform. */
static const char accounts_sql[] =
    "CREATE TABLE counter (\n"
    "  name  TEXT PRIMARY KEY,\n"
    "  value {bigint} NOT NULL);\n"
    "INSERT INTO counter (name, value) VALUES ('account', 0), ('privilege', 7);\n"

    "CREATE TABLE account (\n"
    "  id                     TEXT PRIMARY KEY,\n"
    "  number                 {bigint} NOT NULL UNIQUE,\n"
    "  scope                  TEXT NOT NULL,\n"
    "  email                  TEXT,\n"
    "  email_norm             TEXT,\n"
    "  email_verified_at_ms   {bigint},\n"
    "  display_name           TEXT NOT NULL,\n"
    "  first_name             TEXT NOT NULL,\n"
    "  last_name              TEXT NOT NULL,\n"
    "  locale                 TEXT NOT NULL,\n"
    "  timezone               TEXT NOT NULL,\n"
    "  password_hash          TEXT,\n"
    "  active                 {bigint} NOT NULL,\n"
    "  superuser              {bigint} NOT NULL,\n"
    "  staff                  {bigint} NOT NULL,\n"
    "  created_at_ms          {bigint} NOT NULL,\n"
    "  last_login_at_ms       {bigint},\n"
    "  password_changed_at_ms {bigint},\n"
    "  deleted_at_ms          {bigint},\n"
    "  epoch                  {bigint} NOT NULL);\n"
    "CREATE UNIQUE INDEX account_living_email ON account (scope, email_norm) WHERE deleted_at_ms IS NULL;\n"
    "CREATE INDEX account_by_scope ON account (scope, number);\n"

    "CREATE TABLE external_identity (\n"
    "  scope         TEXT NOT NULL,\n"
    "  issuer        TEXT NOT NULL,\n"
    "  subject       TEXT NOT NULL,\n"
    "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  email         TEXT,\n"
    "  created_at_ms {bigint} NOT NULL,\n"
    "  used_at_ms    {bigint},\n"
    "  PRIMARY KEY (scope, issuer, subject));\n"
    "CREATE INDEX external_identity_by_account ON external_identity (account_id);\n"

    "CREATE TABLE totp (\n"
    "  id             TEXT PRIMARY KEY,\n"
    "  account_id     TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  name           TEXT NOT NULL,\n"
    "  secret_sealed  {blob} NOT NULL,\n"
    "  last_step      {bigint} NOT NULL,\n"
    "  created_at_ms  {bigint} NOT NULL,\n"
    "  verified_at_ms {bigint},\n"
    "  used_at_ms     {bigint});\n"
    "CREATE INDEX totp_by_account ON totp (account_id);\n"

    "CREATE TABLE backup_code (\n"
    "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  hash          {blob} NOT NULL,\n"
    "  created_at_ms {bigint} NOT NULL,\n"
    "  used_at_ms    {bigint},\n"
    "  PRIMARY KEY (account_id, hash));\n"

    "CREATE TABLE privilege (\n"
    "  id   {bigint} PRIMARY KEY,\n"
    "  name TEXT NOT NULL UNIQUE);\n"
    "INSERT INTO privilege (id, name) VALUES (1, 'user'), (2, 'admin'), (3, 'cron'), (4, 'customer'), (5, 'developer'), (6, 'advocate'),\n"
    "  (7, 'trainer');\n"
    "CREATE TABLE account_privilege (\n"
    "  account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  privilege_id {bigint} NOT NULL REFERENCES privilege (id) ON DELETE CASCADE,\n"
    "  PRIMARY KEY (account_id, privilege_id));\n"

    "CREATE TABLE api_key (\n"
    "  id               TEXT PRIMARY KEY,\n"
    "  hash             {blob} NOT NULL UNIQUE,\n"
    "  account_id       TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  name             TEXT NOT NULL,\n"
    "  method           TEXT NOT NULL CHECK (method IN ('none', 'ip', 'referer')),\n"
    "  constraints_json TEXT NOT NULL,\n"
    "  permissions_json TEXT NOT NULL,\n"
    "  last_four        TEXT NOT NULL,\n"
    "  created_at_ms    {bigint} NOT NULL,\n"
    "  UNIQUE (account_id, name));\n"

    "CREATE TABLE link (\n"
    "  hash          {blob} PRIMARY KEY,\n"
    "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
    "  purpose       TEXT NOT NULL,\n"
    "  epoch         {bigint} NOT NULL,\n"
    "  created_at_ms {bigint} NOT NULL,\n"
    "  expires_at_ms {bigint} NOT NULL,\n"
    "  used_at_ms    {bigint});\n"
    "CREATE INDEX link_by_account ON link (account_id);\n"
    "CREATE INDEX link_by_expiry ON link (expires_at_ms);\n";

static const char sessions_sql[] = "CREATE TABLE session (\n"
                                   "  id            TEXT PRIMARY KEY,\n"
                                   "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
                                   "  family        TEXT NOT NULL,\n"
                                   "  hash          {blob} NOT NULL UNIQUE,\n"
                                   "  epoch         {bigint} NOT NULL,\n"
                                   "  user_agent    TEXT NOT NULL,\n"
                                   "  ip            TEXT NOT NULL,\n"
                                   "  created_at_ms {bigint} NOT NULL,\n"
                                   "  seen_at_ms    {bigint} NOT NULL,\n"
                                   "  expires_at_ms {bigint} NOT NULL,\n"
                                   "  ended_at_ms   {bigint});\n"
                                   "CREATE INDEX session_by_account ON session (account_id);\n"
                                   "CREATE INDEX session_by_expiry ON session (expires_at_ms);\n"

                                   /* Outlives the account: no reference, and the e-mail as it was. */
                                   "CREATE TABLE audit (\n"
                                   "  id          TEXT PRIMARY KEY,\n"
                                   "  at_ms       {bigint} NOT NULL,\n"
                                   "  family      TEXT NOT NULL,\n"
                                   "  action      TEXT NOT NULL,\n"
                                   "  actor_id    TEXT,\n"
                                   "  actor_email TEXT,\n"
                                   "  subject     TEXT,\n"
                                   "  ip          TEXT,\n"
                                   "  request_id  TEXT,\n"
                                   "  detail_json TEXT NOT NULL);\n"
                                   "CREATE INDEX audit_by_time ON audit (at_ms);\n"

                                   "CREATE TABLE throttle (\n"
                                   "  hash       {blob} PRIMARY KEY,\n"
                                   "  hits       {bigint} NOT NULL,\n"
                                   "  ends_at_ms {bigint} NOT NULL);\n"
                                   "CREATE INDEX throttle_by_end ON throttle (ends_at_ms);\n";

/* Which of the last three steps were used, so that one late may still be used after one early; authenticators that were switched off stay listed. */
static const char devices_sql[] = "ALTER TABLE totp ADD COLUMN used_mask {bigint} NOT NULL DEFAULT 0;\n"
                                  "ALTER TABLE totp ADD COLUMN setup_at_ms {bigint} NOT NULL DEFAULT 0;\n"
                                  "ALTER TABLE totp ADD COLUMN disabled_at_ms {bigint};\n";

/* Secrets of the program itself, sealed under the master key (crypto/ring.h). */
static const char secrets_sql[] = "CREATE TABLE secret (\n"
                                  "  name   TEXT PRIMARY KEY,\n"
                                  "  sealed {blob} NOT NULL);\n";

/* For the retention job, which would read every row else. */
static const char purge_sql[] = "CREATE INDEX session_by_end ON session (ended_at_ms) WHERE ended_at_ms IS NOT NULL;\n"
                                "CREATE INDEX link_by_use ON link (used_at_ms) WHERE used_at_ms IS NOT NULL;\n";

/* A row that every new account changes would be lost to all but one of those that are made at once. Numbers of accounts that came to nothing are left out. */
static const char numbers_sql[] = "UPDATE counter SET value = value WHERE name = 'account';\n";
static const char numbers_pg[] = "CREATE SEQUENCE account_number;\n"
                                 "SELECT setval('account_number', value + 1, false) FROM counter WHERE name = 'account';\n"
                                 "DELETE FROM counter WHERE name = 'account';\n";

/* For who names an address. While PostgreSQL has no statistics it takes "living" alone for so rare that it reads through an index of the living for one id. */
static const char living_sql[] =
    "DROP INDEX account_living_email;\n"
    "CREATE UNIQUE INDEX account_living_email ON account (scope, email_norm) WHERE deleted_at_ms IS NULL AND email_norm IS NOT NULL;\n";

const struct migration auth_migrations[] = {
    { .number = 1, .name = "0001_accounts", .sql = accounts_sql },
    { .number = 2, .name = "0002_sessions", .sql = sessions_sql },
    { .number = 3, .name = "0003_authenticators", .sql = devices_sql },
    { .number = 4, .name = "0004_secrets", .sql = secrets_sql },
    { .number = 5, .name = "0005_purge", .sql = purge_sql },
    { .number = 6, .name = "0006_numbers", .sql = numbers_sql, .sql_pg = numbers_pg },
    { .number = 7, .name = "0007_living", .sql = living_sql },
};
const size_t auth_migrations_n = COUNT_OF(auth_migrations);
