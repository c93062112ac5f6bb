/* Keys of tokens: what is read, what is refused, written again and generated, thumbprints. */
#include "../base/rows.h"
#include "crypto/jwt.h"
#include "jwt_vectors.h"

static struct arena *mem;

static int open_all(void **state)
{
    (void)state;
    mem = arena_new(8 << 20);
    return mem && crypto_init() == ERR_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static str print_of(const struct jwt_key *k)
{
    char *p = NEW_N(mem, char, JWT_THUMBPRINT);
    assert_non_null(p);
    assert_int_equal(jwt_key_thumbprint(k, p), ERR_OK);
    return (str){ p, JWT_THUMBPRINT };
}

static str written(const struct jwt_key *k, bool with_private)
{
    struct buf b = BUF(1 << 14);
    struct jw w = JW(&b);
    str out;
    assert_int_equal(jwt_key_write(k, with_private, &w), ERR_OK);
    assert_int_equal(buf_to_arena(&b, mem, &out), ERR_OK);
    return out;
}

static void test_thumbprints(void **state)
{
    (void)state;
    struct jwt_key *k;
    assert_int_equal(jwt_key_read(mem, STR(JWK_7638), &k, NULL), ERR_OK);
    ROW_STR("RFC 7638 3.1", print_of(k), STR("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
    ROW_CHECK("a public key does not sign", !jwt_key_signs(k) && jwt_key_alg(k) == JWT_RS256);
    ROW_STR("its id", jwt_key_id(k), STR("2011-04-29"));
    str token;
    ROW_CHECK("nor does it try", jws_sign(mem, k, STR_NULL, STR("x"), &token) == ERR_INPUT);
    assert_int_equal(jwt_key_read(mem, STR(JWK_ED), &k, NULL), ERR_OK);
    ROW_STR("RFC 8037 A.3", print_of(k), STR("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    ROWS_END();
}

#define EC_X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define EC_Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define SECRET "\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\""

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *jwk, *why;
    } rows[] = {
        { "empty", "", "not a JSON object of at most 16 KiB" },
        { "an array", "[]", "not a JSON object of at most 16 KiB" },
        { "broken", "{\"kty\":", "not a JSON object" },
        { "a member twice", "{\"kty\":\"oct\",\"kty\":\"oct\"," SECRET "}", "not a JSON object" },
        { "no type", "{" SECRET "}", "kty is none of oct, RSA, EC, OKP" },
        { "a type in other letters", "{\"kty\":\"OCT\"," SECRET "}", "kty is none of oct, RSA, EC, OKP" },
        { "for encryption", "{\"kty\":\"oct\",\"use\":\"enc\"," SECRET "}", "use is not sig" },
        { "for another algorithm", "{\"kty\":\"oct\",\"alg\":\"HS512\"," SECRET "}", "alg is not that of its kty and curve here" },
        { "for none", "{\"kty\":\"oct\",\"alg\":\"none\"," SECRET "}", "alg is not that of its kty and curve here" },
        { "an id that is no text", "{\"kty\":\"oct\",\"kid\":7," SECRET "}", "kid is no text of at most 512 bytes" },
        { "no secret", "{\"kty\":\"oct\"}", "k is missing or no base64url" },
        { "a secret with padding", "{\"kty\":\"oct\",\"k\":\"AAAA=\"}", "k is missing or no base64url" },
        { "a short secret", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "a secret has 32 bytes or more" },
        { "another curve", "{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X "," EC_Y "}", "of the curves only P-256 is supported" },
        { "no y", "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "}", "y is missing or no base64url" },
        { "a short x", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\"," EC_Y "}", "x and y have 32 bytes" },
        { "bits left over", "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}",
          "y is missing or no base64url" },
        { "a point beside its curve, well encoded", "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
          "these numbers are no key" },
        { "bits left over in the private half", "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "," EC_Y ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LJ\"}",
          "d is no base64url" },
        { "somebody else's private half, well encoded",
          "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "," EC_Y ",\"d\":\"kpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
          "the private half does not fit the public one" },
        { "Ed448", "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AAAA\"}", "of the curves only Ed25519 is supported" },
        { "somebody else's seed",
          "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
          "the private half does not fit the public one" },
        { "a small RSA key", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"wwww\"}", "RSA keys have 2048 to 8192 bits" },
        { "three primes", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"wwww\",\"oth\":[]}", "RSA keys of more than two primes are not supported" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct jwt_key *k = NULL;
        const char *why = NULL;
        ROW_CHECK(rows[i].name, jwt_key_read(mem, str_c(rows[i].jwk), &k, &why) == ERR_INPUT && !k);
        ROW_STR(rows[i].name, str_c(why), str_c(rows[i].why));
    }
    ROWS_END();
}

static void test_made(void **state)
{
    (void)state;
    for (int alg = 0; alg < JWT_ALG__COUNT; alg++) {
        const char *name = jwt_alg_name((enum jwt_alg)alg);
        struct jwt_key *made, *again, *public = NULL;
        struct jws t;
        str token, reversed;
        enum jwt_alg found;
        ROW_CHECK(name, jwt_alg_find(str_c(name), &found) && found == (enum jwt_alg)alg);
        assert_int_equal(jwt_key_generate(mem, (enum jwt_alg)alg, STR_NULL, &made), ERR_OK);
        ROW_STR("the id is the thumbprint", jwt_key_id(made), print_of(made));
        assert_int_equal(jwt_key_read(mem, written(made, true), &again, NULL), ERR_OK);
        ROW_STR("written and read", written(again, true), written(made, true));
        assert_int_equal(jws_sign(mem, made, STR("JWT"), STR("{}"), &token), ERR_OK);
        const struct jwt_key *keys[2] = { again, NULL };
        ROW_CHECK(name, jws_open(mem, token, keys, 1, &t, NULL) == ERR_OK);
        struct buf b = BUF(1 << 12);
        struct jw w = JW(&b);
        if (alg == JWT_HS256) {
            ROW_CHECK("a secret has no public half", jwt_key_write(made, false, &w) == ERR_INPUT && b.n == 0);
            continue;
        }
        str half = written(made, false);
        ROW_CHECK("no private member", str_search(half, STR("\"d\"")) == half.n && str_search(half, STR("\"p\"")) == half.n);
        assert_int_equal(jwt_key_read(mem, half, &public, NULL), ERR_OK);
        keys[0] = public;
        ROW_CHECK(name, jws_open(mem, token, keys, 1, &t, NULL) == ERR_OK && !jwt_key_signs(public));
        assert_int_equal(jws_sign(mem, again, STR("JWT"), STR("{}"), &reversed), ERR_OK);
        ROW_CHECK(name, jws_open(mem, reversed, keys, 1, &t, NULL) == ERR_OK);
    }
    enum jwt_alg alg;
    ROW_CHECK("none is no algorithm", !jwt_alg_find(STR("none"), &alg));
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_thumbprints), cmocka_unit_test(test_refused), cmocka_unit_test(test_made) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
