/* Hashes and sealing against published vectors; passwords, identifiers, the master key's file. */
#include "../base/rows.h"
#include "crypto/ring.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (unsigned v; sscanf(hex + 2 * n, "%2x", &v) == 1; n++) out[n] = (uint8_t)v;
    return n;
}

static str hex_of(const uint8_t *p, size_t n, char *out)
{
    crypto_hex(out, p, n);
    return (str){ out, 2 * n };
}

static void test_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        str text;
        const char *key, *want; /* hex */
    } rows[] = {
        { "BLAKE2b-256 of abc", STR("abc"), NULL, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
        { "BLAKE2b-256 of nothing", STR(""), NULL, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
        { "keyed", STR("abc"), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[CRYPTO_HASH], key[CRYPTO_KEY] = { 0 };
        char hex[2 * CRYPTO_HASH];
        if (rows[i].key) {
            (void)unhex(rows[i].key, key);
            crypto_keyed_hash(out, key, rows[i].text);
        } else {
            crypto_digest(out, rows[i].text);
        }
        ROW_STR(rows[i].name, hex_of(out, sizeof out, hex), str_c(rows[i].want));
    }
    char secret[16];
    crypto_md5_secret(secret, STR("password"));
    ROW_STR("the secret of a password (docassemble api 6)", ((str){ secret, 16 }), STR("5f4dcc3b5aa765d6"));
    ROWS_END();
}

/* draft-irtf-cfrg-xchacha-03, A.3.1: nonce, ciphertext, tag. */
static const char vector_sealed[] =
    "404142434445464748494a4b4c4d4e4f5051525354555657"
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba4"
    "0db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49";
static const char vector_plain[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";

static void test_open_published_vector(void **state)
{
    (void)state;
    uint8_t sealed[256], key[CRYPTO_KEY], bound[16], plain[256];
    size_t n = unhex(vector_sealed, sealed), nb = unhex("50515253c0c1c2c3c4c5c6c7", bound);
    (void)unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", key);
    assert_int_equal(n, sizeof vector_plain - 1 + CRYPTO_SEAL_EXTRA);
    assert_int_equal(crypto_open(plain, key, (str){ (char *)sealed, n }, (str){ (char *)bound, nb }), ERR_OK);
    assert_memory_equal(plain, vector_plain, sizeof vector_plain - 1);
}

static void test_seal(void **state)
{
    (void)state;
    uint8_t key[CRYPTO_KEY], other[CRYPTO_KEY], sealed[64 + CRYPTO_SEAL_EXTRA], again[sizeof sealed], plain[64];
    str text = STR("sixteen and some bytes"), s = { (char *)sealed, 22 + CRYPTO_SEAL_EXTRA };
    crypto_random(key, sizeof key);
    crypto_random(other, sizeof other);
    crypto_seal(sealed, key, text, STR("row 1"));
    crypto_seal(again, key, text, STR("row 1"));
    ROW_CHECK("never the same twice", memcmp(sealed, again, s.n) != 0);
    ROW_CHECK("opens", crypto_open(plain, key, s, STR("row 1")) == ERR_OK && memcmp(plain, text.p, text.n) == 0);
    ROW_CHECK("not bound elsewhere", crypto_open(plain, key, s, STR("row 2")) == ERR_INPUT);
    ROW_CHECK("not under another key", crypto_open(plain, other, s, STR("row 1")) == ERR_INPUT);
    ROW_CHECK("not cut", crypto_open(plain, key, str_head(s, s.n - 1), STR("row 1")) == ERR_INPUT);
    for (size_t n = 0; n <= CRYPTO_SEAL_EXTRA; n++) ROW_CHECK("not without its parts", crypto_open(plain, key, str_head(s, n), STR("row 1")) == ERR_INPUT);
    for (size_t i = 0; i < s.n; i++) {
        sealed[i] ^= 1;
        ROW_CHECK("not with any bit changed", crypto_open(plain, key, s, STR("row 1")) == ERR_INPUT);
        sealed[i] ^= 1;
    }
    crypto_seal(sealed, key, STR_NULL, STR_NULL);
    ROW_CHECK("nothing can be sealed", crypto_open(plain, key, str_head(s, CRYPTO_SEAL_EXTRA), STR("")) == ERR_OK);
    ROWS_END();
}

static const struct crypto_cost cheap = { .memory_kib = 64, .passes = 1 };

static void test_passwords(void **state)
{
    (void)state;
    char hash[CRYPTO_PASSWORD_HASH], again[CRYPTO_PASSWORD_HASH];
    assert_int_equal(crypto_password_hash(hash, STR("correct horse"), cheap), ERR_OK);
    assert_int_equal(crypto_password_hash(again, STR("correct horse"), cheap), ERR_OK);
    ROW_CHECK("a PHC string of Argon2id with its costs", str_starts(str_c(hash), STR("$argon2id$v=19$m=64,t=1,p=1$")));
    ROW_CHECK("salted", strcmp(hash, again) != 0);
    ROW_CHECK("matches", crypto_password_matches(hash, STR("correct horse")));
    ROW_CHECK("another does not", !crypto_password_matches(hash, STR("correct horse ")));
    ROW_CHECK("nor nothing", !crypto_password_matches(hash, STR("")));
    ROW_CHECK("a broken hash matches nothing", !crypto_password_matches("$argon2id$broken", STR("correct horse")) && !crypto_password_matches("", STR("")));
    ROW_CHECK("of another implementation",
              crypto_password_matches("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", STR("password")));
    ROWS_END();
}

static bool is_uuid7(const char *u)
{
    for (size_t i = 0; i < CRYPTO_UUID; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? u[i] != '-' : !strchr("0123456789abcdef", u[i])) return false;
    }
    return u[14] == '7' && strchr("89ab", u[19]);
}

enum { THREADS = 4, EACH = 5000 };
static char made[THREADS][EACH][CRYPTO_UUID];

static void *make_many(void *arg)
{
    size_t t = (size_t)(uintptr_t)arg;
    for (size_t i = 0; i < EACH; i++) crypto_uuid7(made[t][i]);
    return NULL;
}

static int uuid_order(const void *a, const void *b) { return memcmp(a, b, CRYPTO_UUID); }

static void test_uuids(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t t = 0; t < THREADS; t++) assert_int_equal(pthread_create(&threads[t], NULL, make_many, (void *)t), 0);
    for (size_t t = 0; t < THREADS; t++) (void)pthread_join(threads[t], NULL);
    size_t wrong = 0, down = 0, twice = 0;
    for (size_t t = 0; t < THREADS; t++)
        for (size_t i = 0; i < EACH; i++) {
            wrong += !is_uuid7(made[t][i]);
            down += i > 0 && memcmp(made[t][i - 1], made[t][i], CRYPTO_UUID) >= 0;
        }
    qsort(made, THREADS * EACH, CRYPTO_UUID, uuid_order);
    for (size_t i = 1; i < THREADS * EACH; i++) twice += memcmp(made[0][0] + (i - 1) * CRYPTO_UUID, made[0][0] + i * CRYPTO_UUID, CRYPTO_UUID) == 0;
    ROW_CHECK("all of version 7", wrong == 0);
    ROW_CHECK("each thread's ascend", down == 0);
    ROW_CHECK("none twice", twice == 0);
    ROWS_END();
}

static void test_random_texts(void **state)
{
    (void)state;
    char text[2000], token[CRYPTO_TOKEN], other[CRYPTO_TOKEN];
    bool seen[256] = { false };
    crypto_random_text(text, sizeof text, STR("abc"));
    for (size_t i = 0; i < sizeof text; i++) seen[(unsigned char)text[i]] = true;
    ROW_CHECK("each letter, no other", seen['a'] && seen['b'] && seen['c']);
    for (size_t i = 0; i < 256; i++) ROW_CHECK("no other", !seen[i] || (i >= 'a' && i <= 'c'));
    ROW_CHECK("alphabets", CRYPTO_ALNUM.n == 62 && CRYPTO_ALPHA.n == 52);
    crypto_token(token);
    crypto_token(other);
    ROW_CHECK("tokens differ", memcmp(token, other, sizeof token) != 0);
    for (size_t i = 0; i < sizeof token; i++)
        ROW_CHECK("base64url", str_find(STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), token[i], 0) < 64);
    ROW_CHECK("equal", crypto_equal(STR("abc"), STR("abc")) && !crypto_equal(STR("abc"), STR("abd")) && !crypto_equal(STR("abc"), STR("ab")) &&
                           crypto_equal(STR(""), STR_NULL));
    ROWS_END();
}

static char folder[] = "/tmp/chancery-key-XXXXXX";

static bool write_file(const char *path, size_t n, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool ok = fd >= 0 && write(fd, "0123456789012345678901234567890123456789", n) == (ssize_t)n && fchmod(fd, mode) == 0;
    return close(fd) == 0 && ok;
}

static bool says(str why, const char *part) { return str_search(why, str_c(part)) < why.n; }

static void test_master_key(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    struct ring key = { 0 }, again = { 0 }, more = { 0 };
    struct stat st = { 0 };
    str why = STR_NULL, path = STR_NULL;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(arena_printf(a, &path, "%s/master.key", folder), ERR_OK);

    ROW_CHECK("absent and not to be made", ring_load(a, path.p, false, &key, &why) == ERR_STORE && says(why, path.p) && says(why, "No such file"));
    ROW_CHECK("made", ring_load(a, path.p, true, &key, &why) == ERR_OK);
    ROW_CHECK("for its owner alone", stat(path.p, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == CRYPTO_KEY);
    ROW_CHECK("read again", ring_load(a, path.p, true, &again, &why) == ERR_OK && memcmp(&key, &again, sizeof key) == 0 && key.n == 1);
    ROW_CHECK("a new key stands in front", ring_renew(&key, &more) == ERR_OK && more.n == 2 && memcmp(&more.keys[1], &key.keys[0], sizeof key.keys[0]) == 0);
    ROW_CHECK("stored in place of the other", ring_store(a, path.p, &more, &why) == ERR_OK && stat(path.p, &st) == 0 && (st.st_mode & 0777) == 0600);
    ROW_CHECK("and read again", ring_load(a, path.p, false, &again, &why) == ERR_OK && memcmp(&more, &again, sizeof more) == 0);
    ROW_CHECK("four at most",
              ring_renew(&again, &more) == ERR_OK && ring_renew(&more, &again) == ERR_OK && again.n == RING_KEYS && ring_renew(&again, &more) == ERR_LIMIT);
    again.keys[1] = again.keys[0];
    ROW_CHECK("the same key twice",
              ring_store(a, path.p, &again, &why) == ERR_OK && ring_load(a, path.p, false, &more, &why) == ERR_STORE && says(why, "twice"));
#ifdef CHANCERY_FAULTS
    ROW_CHECK("as it was", ring_store(a, path.p, &key, &why) == ERR_OK);
    fault_arm(2); /* the first is the arena's */
    ROW_CHECK("a failed write leaves what was there",
              ring_store(a, path.p, &again, &why) != ERR_OK && ring_load(a, path.p, false, &more, &why) == ERR_OK && more.n == 1);
    fault_arm(0);
#endif
    ROW_CHECK("readable by the group", chmod(path.p, 0640) == 0 && ring_load(a, path.p, true, &key, &why) == ERR_STORE && says(why, "chmod 600"));
    ROW_CHECK("writable by others", chmod(path.p, 0602) == 0 && ring_load(a, path.p, true, &key, &why) == ERR_STORE);
    ROW_CHECK("too short", write_file(path.p, 31, 0600) && ring_load(a, path.p, true, &key, &why) == ERR_STORE && says(why, "32 bytes"));
    ROW_CHECK("too long", write_file(path.p, 33, 0600) && ring_load(a, path.p, true, &key, &why) == ERR_STORE && says(why, "32 bytes"));
    ROW_CHECK("a folder", ring_load(a, folder, true, &key, &why) == ERR_STORE);
    ROW_CHECK("in no folder", ring_load(a, "/nonexistent/master.key", true, &key, &why) == ERR_STORE && says(why, "/nonexistent/master.key"));
#ifdef CHANCERY_FAULTS
    assert_int_equal(unlink(path.p), 0);
    fault_arm(1);
    ROW_CHECK("a failed write leaves no file", ring_load(a, path.p, true, &key, &why) != ERR_OK && access(path.p, F_OK) != 0);
    fault_arm(0);
#endif
    (void)unlink(path.p);
    (void)rmdir(folder);
    arena_free(a);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes), cmocka_unit_test(test_open_published_vector), cmocka_unit_test(test_seal),       cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_uuids),  cmocka_unit_test(test_random_texts),          cmocka_unit_test(test_master_key),
    };
    return crypto_init() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
