/* Password hashes of other programs: made by argon2-cffi, passlib, bcrypt, Werkzeug and Python's hashlib from the password "correct horse". */
#include "../base/rows.h"
#include "crypto/crypto.h"

static const struct {
    const char *name, *kind, *hash;
} good[] = {
    { "Argon2id", "argon2id", "$argon2id$v=19$m=1024,t=2,p=1$EMlJC9P2tEuJyselx7ZTxw$I0zlX6Fma2VLqOxvF0kyV6Tt/Q4lDA6zCX8RVluETh8" },
    { "Argon2id of eight lanes", "argon2id", "$argon2id$v=19$m=1024,t=2,p=8$x9M+gunfkieV4MfBv4baPw$aQC9LeRy2we5IUcXmJoSJG2Sp1Cp44ye3s7ivobGHKE" },
    { "as Django stores it", "argon2id", "argon2$argon2id$v=19$m=1024,t=2,p=8$x9M+gunfkieV4MfBv4baPw$aQC9LeRy2we5IUcXmJoSJG2Sp1Cp44ye3s7ivobGHKE" },
    { "bcrypt", "bcrypt", "$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy" },
    { "its older name", "bcrypt", "$2a$04$Jx32XIV0uxzLrZg2DMZQ6eQ28yV4Qbudked.9T5VyuzU5S2DAVMjq" },
    { "and PHP's", "bcrypt", "$2y$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy" },
    { "bcrypt as Django stores it", "bcrypt", "bcrypt$$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy" },
    { "PBKDF2 as Django stores it", "pbkdf2", "pbkdf2_sha256$1000$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0=" },
    { "PBKDF2 of passlib", "pbkdf2", "$pbkdf2-sha256$1000$IKTUuhfCWEupVWptLQWAsA$FUIF7.RYD4t/jVKhBT7QOIYVtNPboV2S5eDEk4ZP2.g" },
    { "with SHA-512", "pbkdf2",
      "$pbkdf2-sha512$1000$T0np/R8j5Nzbe49xLgUAYA$o7wYa6QGwuCjXxDH4.pPYp5Y9zJDN8fuAUjq8vaEvGXSb0cvVP6G.eFhFLdyTwPKuiso7WdsfDRSbYNfA7NWpg" },
    { "as PHC string", "pbkdf2", "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ" },
    { "PBKDF2 of Werkzeug", "pbkdf2", "pbkdf2:sha256:1000$pDW1xVNRYNrJPkv5$fd2e6faed608c246c5a955654b5ffc32a6ce3af5eda78b786459fec60f1ea9d2" },
    { "scrypt of Werkzeug", "scrypt",
      "scrypt:1024:8:1$werksalt$"
      "1dc23c88cc89813b1b6c7821eb4a0db2a812e2a60efde0c7c6c63fa21465c00801dcbe6d7ebc15da533f571657b977c7925129329d01868e0c23765bdcda4c75" },
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const char *kind = crypto_password_kind(str_c(good[i].hash));
        ROW_STR(good[i].name, str_c(kind), str_c(good[i].kind));
        ROW_CHECK(good[i].name, crypto_password_matches(good[i].hash, STR("correct horse")));
        ROW_CHECK(good[i].name, !crypto_password_matches(good[i].hash, STR("correct horsf")));
        ROW_CHECK(good[i].name, !crypto_password_matches(good[i].hash, STR("correct horse\0x")));
        ROW_CHECK(good[i].name, !crypto_password_matches(good[i].hash, STR("")));
    }
    ROWS_END();
}

static const struct {
    const char *name, *hash;
} bad[] = {
    { "nothing", "" },
    { "a plain text", "correct horse" },
    { "MD5", "5f4dcc3b5aa765d61d8327deb882cf99" },
    { "the shadow file's own", "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/" },
    { "Argon2 without a hash", "$argon2id$v=19$m=1024,t=2,p=1" },
    { "of the year before", "$argon2id$v=16$m=1024,t=2,p=1$EMlJC9P2tEuJyselx7ZTxw$I0zlX6Fma2VLqOxvF0kyV6Tt/Q4lDA6zCX8RVluETh8" },
    { "that takes all memory", "$argon2id$v=19$m=4194304,t=2,p=1$EMlJC9P2tEuJyselx7ZTxw$I0zlX6Fma2VLqOxvF0kyV6Tt/Q4lDA6zCX8RVluETh8" },
    { "that takes all day", "$argon2id$v=19$m=1024,t=999,p=1$EMlJC9P2tEuJyselx7ZTxw$I0zlX6Fma2VLqOxvF0kyV6Tt/Q4lDA6zCX8RVluETh8" },
    { "bcrypt that takes all day", "$2b$31$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy" },
    { "bcrypt cut off", "$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcU" },
    { "PBKDF2 that takes all day", "pbkdf2_sha256$99999999$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0=" },
    { "of no rounds", "pbkdf2_sha256$0$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0=" },
    { "of an old hash", "pbkdf2_sha1$1000$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Q=" },
    { "of nothing at the end", "pbkdf2_sha256$1000$saltsalt$" },
    { "of one byte at the end", "pbkdf2_sha256$1000$saltsalt$qQ==" },
    { "of no base64", "pbkdf2_sha256$1000$saltsalt$!!!!" },
    { "scrypt that takes all memory", "scrypt:1048576:8:1$werksalt$1dc23c88cc89813b1b6c7821eb4a0db2a812e2a60efde0c7c6c63fa21465c008" },
    { "scrypt of an odd cost", "scrypt:1000:8:1$werksalt$1dc23c88cc89813b1b6c7821eb4a0db2a812e2a60efde0c7c6c63fa21465c008" },
    { "scrypt of odd hex", "scrypt:1024:8:1$werksalt$1dc23c88cc89813b1b6c7821eb4a0db2a812e2a60efde0c7c6c63fa21465c00" },
    { "Django's unusable", "!abcdefghijklmnop" },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW_CHECK(bad[i].name, crypto_password_kind(str_c(bad[i].hash)) == NULL);
        ROW_CHECK(bad[i].name, !crypto_password_matches(bad[i].hash, STR("correct horse")));
    }
    static char huge[CRYPTO_PASSWORD_STORED + 64];
    (void)snprintf(huge, sizeof huge, "pbkdf2_sha256$1000$%0500d$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0=", 1);
    ROW_CHECK("too long", crypto_password_kind(str_c(huge)) == NULL && !crypto_password_matches(huge, STR("x")));
    ROW_CHECK("with a NUL", crypto_password_kind(STR("$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGc\0y")) == NULL);
    ROWS_END();
}

static void test_ours(void **state)
{
    (void)state;
    const struct crypto_cost cost = { 64, 1 }, other = { 128, 1 };
    char made[CRYPTO_PASSWORD_HASH], nobody[CRYPTO_PASSWORD_HASH];
    assert_int_equal(crypto_password_hash(made, STR("correct horse"), cost), ERR_OK);
    ROW_CHECK("ours fits", crypto_password_matches(made, STR("correct horse")));
    ROW_CHECK("and is fresh", crypto_password_is_fresh(str_c(made), cost));
    ROW_CHECK("unless it should cost something else", !crypto_password_is_fresh(str_c(made), other));
    ROW_CHECK("others' is not", !crypto_password_is_fresh(str_c(good[3].hash), cost));
    crypto_password_nobody(nobody, cost);
    ROW_CHECK("nobody's has the form and the cost of ours",
              crypto_password_is_fresh(str_c(nobody), cost) && strlen(nobody) == strlen(made) && crypto_password_kind(str_c(nobody)) != NULL);
    ROW_CHECK("and fits nothing", !crypto_password_matches(nobody, STR("")) && !crypto_password_matches(nobody, STR("correct horse")));
    ROWS_END();
}

int main(void)
{
    if (crypto_init() != ERR_OK) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_ours) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
