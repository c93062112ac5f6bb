/* rooms/accounts/accounts_schema.c: the tables of this room (README.md tells what each is for). Times are Unix ms, yes/no is 1/0. */
#include "rooms/accounts/accounts_int.h"

static const char tables[] = "CREATE TABLE accounts_profile (\n"
                             "  account_id         TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,\n"
                             "  username           TEXT NOT NULL UNIQUE,\n"
                             "  company            TEXT NOT NULL DEFAULT '',\n"
                             "  position           TEXT NOT NULL DEFAULT '',\n"
                             "  phone              TEXT NOT NULL DEFAULT '',\n"
                             "  avatar_file        TEXT,\n"
                             "  avatar_content     TEXT,\n"
                             "  header_timezone    TEXT NOT NULL DEFAULT '',\n"
                             "  key_hash           {blob} NOT NULL UNIQUE,\n"
                             "  key_head           TEXT NOT NULL,\n"
                             "  key_tail           TEXT NOT NULL,\n"
                             "  key_created_at_ms  {bigint} NOT NULL,\n"
                             "  key_reissued_at_ms {bigint},\n"
                             "  test               {bigint} NOT NULL DEFAULT 0);\n"

                             /* One living code per address, whether or not somebody has an account there. */
                             "CREATE TABLE accounts_otp (\n"
                             "  email_norm    TEXT PRIMARY KEY,\n"
                             "  code_sealed   {blob} NOT NULL,\n"
                             "  created_at_ms {bigint} NOT NULL,\n"
                             "  expires_at_ms {bigint} NOT NULL,\n"
                             "  used_at_ms    {bigint},\n"
                             "  tries         {bigint} NOT NULL);\n"
                             "CREATE INDEX accounts_otp_by_expiry ON accounts_otp (expires_at_ms);\n"

                             "CREATE TABLE accounts_refresh (\n"
                             "  jti           TEXT PRIMARY KEY,\n"
                             "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
                             "  created_at_ms {bigint} NOT NULL,\n"
                             "  expires_at_ms {bigint} NOT NULL,\n"
                             "  used_at_ms    {bigint});\n"
                             "CREATE INDEX accounts_refresh_by_account ON accounts_refresh (account_id);\n"
                             "CREATE INDEX accounts_refresh_by_expiry ON accounts_refresh (expires_at_ms);\n"

                             "CREATE TABLE accounts_source (\n"
                             "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
                             "  name          TEXT NOT NULL,\n"
                             "  url           TEXT NOT NULL,\n"
                             "  first         {bigint} NOT NULL,\n"
                             "  created_at_ms {bigint} NOT NULL,\n"
                             "  seen_at_ms    {bigint} NOT NULL,\n"
                             "  PRIMARY KEY (account_id, name));\n"

                             /* A login that waits for its second factor. */
                             "CREATE TABLE accounts_second (\n"
                             "  id            TEXT PRIMARY KEY,\n"
                             "  account_id    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
                             "  epoch         {bigint} NOT NULL,\n"
                             "  ip            TEXT NOT NULL,\n"
                             "  user_agent    TEXT NOT NULL,\n"
                             "  created_at_ms {bigint} NOT NULL,\n"
                             "  expires_at_ms {bigint} NOT NULL,\n"
                             "  tries         {bigint} NOT NULL,\n"
                             "  used_at_ms    {bigint});\n"
                             "CREATE INDEX accounts_second_by_account ON accounts_second (account_id);\n"
                             "CREATE INDEX accounts_second_by_expiry ON accounts_second (expires_at_ms);\n"

                             "CREATE TABLE accounts_state (\n"
                             "  hash          {blob} PRIMARY KEY,\n"
                             "  redirect_uri  TEXT NOT NULL,\n"
                             "  source_url    TEXT NOT NULL,\n"
                             "  expires_at_ms {bigint} NOT NULL);\n"
                             "CREATE INDEX accounts_state_by_expiry ON accounts_state (expires_at_ms);\n"

                             "CREATE TABLE accounts_connection (\n"
                             "  id               {serial},\n"
                             "  account_id       TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,\n"
                             "  provider         TEXT NOT NULL,\n"
                             "  subject          TEXT NOT NULL,\n"
                             "  username         TEXT NOT NULL,\n"
                             "  email            TEXT NOT NULL,\n"
                             "  avatar_url       TEXT NOT NULL,\n"
                             "  name             TEXT NOT NULL,\n"
                             "  token_sealed     {blob} NOT NULL,\n"
                             "  scopes           TEXT NOT NULL,\n"
                             "  profile_json     TEXT NOT NULL,\n"
                             "  connected_at_ms  {bigint} NOT NULL,\n"
                             "  last_login_at_ms {bigint} NOT NULL,\n"
                             "  UNIQUE (provider, subject));\n"
                             "CREATE INDEX accounts_connection_by_account ON accounts_connection (account_id);\n";

/* A code that was used is gone, and wrong tries are counted beside it: a row that is there or not, new or old, would show in the time of an answer. */
static const char codes[] = "DELETE FROM accounts_otp WHERE used_at_ms IS NOT NULL OR tries >= 5;\n"
                            "ALTER TABLE accounts_otp DROP COLUMN used_at_ms;\n"
                            "ALTER TABLE accounts_otp DROP COLUMN tries;\n";

/* Whoever collects files asks who names one. */
static const char avatars[] = "CREATE INDEX accounts_profile_by_avatar ON accounts_profile (avatar_content);\n";

/* What is read in the place of a code that an address does not have: never purged, and no address is empty. And the way to the few test accounts. */
static const char equal[] = "INSERT INTO accounts_otp (email_norm, code_sealed, created_at_ms, expires_at_ms)\n"
                            "  VALUES ('', CAST('' AS {blob}), 0, 9999999999999);\n"
                            "CREATE INDEX accounts_profile_by_test ON accounts_profile (account_id) WHERE test = 1;\n";

const struct migration accounts_migrations[] = {
    { .number = 300, .name = "0300_accounts", .sql = tables },
    { .number = 301, .name = "0301_codes", .sql = codes },
    { .number = 302, .name = "0302_avatars", .sql = avatars },
    { .number = 303, .name = "0303_equal", .sql = equal },
};
const size_t accounts_migrations_n = COUNT_OF(accounts_migrations);
