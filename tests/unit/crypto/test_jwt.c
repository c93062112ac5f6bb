/* Tokens: the vectors of the RFCs, what is refused, claims against a clock, keys written and read again. */
#include "../base/rows.h"
#include "crypto/jwt_int.h"
#include "jwt_vectors.h"
#include <stdlib.h>

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

static struct jwt_key *key_of(const char *jwk)
{
    struct jwt_key *k = NULL;
    const char *why = NULL;
    err e = jwt_key_read(mem, str_c(jwk), &k, &why);
    if (e) print_error("%s: %s\n", err_name(e), why ? why : "");
    assert_int_equal(e, ERR_OK);
    return k;
}

static enum jwt_fault judge(const char *jwk, str token)
{
    const struct jwt_key *k = key_of(jwk);
    struct jws t = { 0 };
    enum jwt_fault fault = JWT_FAULT__COUNT;
    err e = jws_open(mem, token, &k, 1, &t, &fault);
    assert_int_equal(e, fault == JWT_GOOD ? ERR_OK : ERR_ANONYMOUS);
    assert_true(fault == JWT_GOOD || (!t.payload.p && !t.header.p && !t.key));
    return fault;
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *jwk, *token, *payload;
        bool same; /* signing again gives the same bytes */
    } rows[] = {
        { "RFC 7515 A.1: HS256", JWK_A1, TOKEN_A1, CLAIMS_JOE, false },     { "RFC 7515 A.2: RS256", JWK_A2, TOKEN_A2, CLAIMS_JOE, true },
        { "RFC 7515 A.3: ES256", JWK_A3, TOKEN_A3, CLAIMS_JOE, false },     { "RFC 7520 4.1: RS256", JWK_BILBO, TOKEN_BILBO, PAYLOAD_FRODO, true },
        { "RFC 7520 4.4: HS256", JWK_OCT, TOKEN_OCT, PAYLOAD_FRODO, true }, { "RFC 8037 A.4: Ed25519", JWK_ED, TOKEN_ED, "Example of Ed25519 signing", true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct jwt_key *k = key_of(rows[i].jwk);
        struct jws t = { 0 };
        str again = STR_NULL;
        ROW_CHECK(rows[i].name, jws_open(mem, str_c(rows[i].token), &k, 1, &t, NULL) == ERR_OK && t.key == k);
        ROW_STR(rows[i].name, t.payload, str_c(rows[i].payload));
        if (!jwt_key_signs(k)) continue;
        ROW_CHECK(rows[i].name, jws_sign(mem, k, t.typ, t.payload, &again) == ERR_OK);
        ROW_CHECK(rows[i].name, jws_open(mem, again, &k, 1, &t, NULL) == ERR_OK);
        if (rows[i].same) ROW_STR(rows[i].name, again, str_c(rows[i].token));
    }
    ROW_CHECK("RFC 7515 A.4: ES512 is not ours", judge(JWK_A3, STR(TOKEN_A4)) == JWT_BAD_ALG);
    ROW_CHECK("RFC 7515 A.5: unsecured", judge(JWK_A1, STR("eyJhbGciOiJub25lIn0." B64_JOE ".")) == JWT_MALFORMED);
    ROWS_END();
}

/* Header and payload as they stand, signed with the key of A.1: what somebody with the key could send. */
static str forged(const char *header, const char *payload)
{
    struct jwt_key *k = key_of(JWK_A1);
    struct buf b = BUF(1 << 16);
    uint8_t mac[JWT_SIGNATURE_MAX];
    size_t n;
    str out;
    buf_add(&b, str_c(header));
    buf_char(&b, '.');
    buf_add(&b, str_c(payload));
    assert_int_equal(jwt_signature_make(k, buf_str(&b), mac, &n), ERR_OK);
    buf_char(&b, '.');
    b64_encode(buf_space(&b, b64_length(n)), (str){ (char *)mac, n });
    assert_int_equal(buf_to_arena(&b, mem, &out), ERR_OK);
    return out;
}

static str encoded(const char *text)
{
    char *p = NEW_N(mem, char, b64_length(strlen(text)) + 1);
    assert_non_null(p);
    b64_encode(p, str_c(text));
    return (str){ p, b64_length(strlen(text)) };
}

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *header;
        enum jwt_fault want;
    } rows[] = {
        { "the plain one", "{\"alg\":\"HS256\"}", JWT_GOOD },
        { "unknown members are ignored", "{\"alg\":\"HS256\",\"jku\":\"https://evil.example\",\"jwk\":{\"kty\":\"oct\"}}", JWT_GOOD },
        { "none", "{\"alg\":\"none\"}", JWT_BAD_ALG },
        { "None in another spelling", "{\"alg\":\"nOnE\"}", JWT_BAD_ALG },
        { "another algorithm of the same key type", "{\"alg\":\"HS512\"}", JWT_BAD_ALG },
        { "the algorithm in lower case", "{\"alg\":\"hs256\"}", JWT_BAD_ALG },
        { "no algorithm", "{}", JWT_MALFORMED },
        { "an empty algorithm", "{\"alg\":\"\"}", JWT_MALFORMED },
        { "an algorithm that is no text", "{\"alg\":[\"HS256\"]}", JWT_MALFORMED },
        { "the algorithm twice", "{\"alg\":\"none\",\"alg\":\"HS256\"}", JWT_MALFORMED },
        { "a critical extension", "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", JWT_CRITICAL },
        { "an empty list of critical ones", "{\"alg\":\"HS256\",\"crit\":[]}", JWT_CRITICAL },
        { "an unencoded payload (RFC 7797)", "{\"alg\":\"HS256\",\"b64\":false}", JWT_CRITICAL },
        { "an id that is no text", "{\"alg\":\"HS256\",\"kid\":1}", JWT_MALFORMED },
        { "an id that this key without one cannot contradict", "{\"alg\":\"HS256\",\"kid\":\"x\"}", JWT_GOOD },
        { "a type that is no text", "{\"alg\":\"HS256\",\"typ\":null}", JWT_MALFORMED },
        { "an array", "[\"alg\"]", JWT_MALFORMED },
        { "a text", "\"HS256\"", JWT_MALFORMED },
        { "no JSON", "{alg:HS256}", JWT_MALFORMED },
        { "JSON and more", "{\"alg\":\"HS256\"} x", JWT_MALFORMED },
        { "empty", "", JWT_MALFORMED },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) ROW_CHECK(rows[i].name, judge(JWK_A1, forged(encoded(rows[i].header).p, B64_JOE)) == rows[i].want);
    ROWS_END();
}

static void test_form(void **state)
{
    (void)state;
#define HEAD "eyJhbGciOiJIUzI1NiJ9" /* {"alg":"HS256"} */
    static const struct {
        const char *name, *header, *payload;
        enum jwt_fault want;
    } rows[] = {
        { "an empty payload", HEAD, "", JWT_GOOD },
        { "padding in the payload", HEAD, "YQ==", JWT_MALFORMED },
        { "bits left over", HEAD, "YR", JWT_MALFORMED },
        { "bits left over of three", HEAD, "YWG", JWT_MALFORMED },
        { "none left over of three", HEAD, "YWE", JWT_GOOD },
        { "a byte beyond ASCII", HEAD, "YW\xc3\xa9", JWT_MALFORMED },
        { "one character left over", HEAD, "YWFhY", JWT_MALFORMED },
        { "the alphabet of plain base64", HEAD, "+/+/", JWT_MALFORMED },
        { "a blank", HEAD, "YW Fh", JWT_MALFORMED },
        { "a line end", HEAD, "YWFh\n", JWT_MALFORMED },
        { "a fourth part", HEAD, "YWFh.YWFh", JWT_MALFORMED },
        { "padding in the header", HEAD "=", "YWFh", JWT_MALFORMED },
        { "a blank before the header", " " HEAD, "YWFh", JWT_MALFORMED },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) ROW_CHECK(rows[i].name, judge(JWK_A1, forged(rows[i].header, rows[i].payload)) == rows[i].want);
    static const char *const broken[] = { "", ".", "..", "...", HEAD, HEAD ".", HEAD ".YWFh", HEAD ".YWFh.", ".YWFh.YWFh", "Bearer " TOKEN_A1 };
    for (size_t i = 0; i < COUNT_OF(broken); i++) ROW_CHECK(broken[i], judge(JWK_A1, str_c(broken[i])) == JWT_MALFORMED);
    char *long_one = NEW_N(mem, char, JWT_MAX + 2);
    assert_non_null(long_one);
    memset(long_one, 'A', JWT_MAX);
    memcpy(long_one, HEAD ".", sizeof HEAD);
    ROW_CHECK("beyond the ceiling", judge(JWK_A1, forged(HEAD, long_one)) == JWT_MALFORMED);
    ROWS_END();
}

/* Each bit of a token counts; a changed one is never good. */
static void test_tampering(void **state)
{
    (void)state;
    static const struct {
        const char *name, *jwk, *token;
    } rows[] = { { "HS256", JWK_A1, TOKEN_A1 }, { "RS256", JWK_A2, TOKEN_A2 }, { "ES256", JWK_A3, TOKEN_A3 }, { "Ed25519", JWK_ED, TOKEN_ED } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct jwt_key *k = key_of(rows[i].jwk);
        size_t n = strlen(rows[i].token);
        struct arena *a = arena_new(8 << 20);
        assert_non_null(a);
        for (size_t at = 0; at < n; at++) {
            char text[2048];
            struct jws t;
            memcpy(text, rows[i].token, n);
            text[at] = (char)(text[at] ^ 1);
            if (jws_open(a, (str){ text, n }, &k, 1, &t, NULL) != ERR_ANONYMOUS) print_error("%s: byte %zu\n", rows[i].name, at), rows_failed++;
            if (at % 64 == 0) arena_empty(a);
        }
        arena_free(a);
    }
    /* The classic: a public key's text as HMAC secret. */
    struct jwt_key *secret, *public = key_of(JWK_ED);
    str token;
    struct jws t;
    enum jwt_fault fault;
    const struct jwt_key *keys[1] = { public };
    assert_int_equal(jwt_key_hmac(mem, STR("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJHURo"), STR_NULL, &secret), ERR_OK);
    assert_int_equal(jwt_sign(mem, secret, STR("{}"), &token), ERR_OK);
    ROW_CHECK("the header cannot choose the algorithm", jws_open(mem, token, keys, 1, &t, &fault) == ERR_ANONYMOUS && fault == JWT_BAD_ALG);
    ROW_CHECK("no keys, no token", jws_open(mem, token, keys, 0, &t, &fault) == ERR_ANONYMOUS && fault == JWT_NO_KEY);
    ROWS_END();
}

static void test_claims(void **state)
{
    (void)state;
    static const struct {
        const char *name, *claims;
        struct jwt_rules rules;
        enum jwt_fault want;
    } rows[] = {
        { "nothing asked", "{}", { 0 }, JWT_GOOD },
        { "not an object", "[]", { 0 }, JWT_BAD_CLAIMS },
        { "not JSON", "hello", { 0 }, JWT_BAD_CLAIMS },
        { "a name twice", "{\"exp\":1,\"exp\":9999999999}", { 0 }, JWT_BAD_CLAIMS },
        { "a millisecond before it ends", "{\"exp\":100}", { .now_ms = 99999 }, JWT_GOOD },
        { "ends at exp itself", "{\"exp\":100}", { .now_ms = 100000 }, JWT_EXPIRED },
        { "within the leeway", "{\"exp\":100}", { .now_ms = 159999, .leeway_s = 60 }, JWT_GOOD },
        { "at the leeway's end", "{\"exp\":100}", { .now_ms = 160000, .leeway_s = 60 }, JWT_EXPIRED },
        { "a fraction of a second", "{\"exp\":100.5}", { .now_ms = 100400 }, JWT_GOOD },
        { "a text is no time", "{\"exp\":\"100\"}", { .now_ms = 1 }, JWT_BAD_CLAIMS },
        { "null is no time", "{\"nbf\":null}", { .now_ms = 1 }, JWT_BAD_CLAIMS },
        { "a time beyond all times", "{\"exp\":1e300}", { .now_ms = 1 }, JWT_BAD_CLAIMS },
        { "exp is wanted", "{}", { .need_exp = true }, JWT_BAD_CLAIMS },
        { "not yet", "{\"nbf\":100}", { .now_ms = 99999 }, JWT_NOT_YET },
        { "from nbf on", "{\"nbf\":100}", { .now_ms = 100000 }, JWT_GOOD },
        { "nearly", "{\"nbf\":100}", { .now_ms = 95000, .leeway_s = 5 }, JWT_GOOD },
        { "times ignored on request", "{\"exp\":1,\"nbf\":9e9}", { .now_ms = 5000, .ignore_times = true }, JWT_GOOD },
        { "the issuer", "{\"iss\":\"a\"}", { .issuer = STR("a") }, JWT_GOOD },
        { "another issuer", "{\"iss\":\"ab\"}", { .issuer = STR("a") }, JWT_BAD_ISSUER },
        { "no issuer", "{}", { .issuer = STR("a") }, JWT_BAD_ISSUER },
        { "a list of issuers is none", "{\"iss\":[\"a\"]}", { .issuer = STR("a") }, JWT_BAD_ISSUER },
        { "the audience", "{\"aud\":\"a\"}", { .audience = STR("a") }, JWT_GOOD },
        { "one of the audiences", "{\"aud\":[1,\"b\",\"a\"]}", { .audience = STR("a") }, JWT_GOOD },
        { "another audience", "{\"aud\":[\"b\"]}", { .audience = STR("a") }, JWT_BAD_AUDIENCE },
        { "no audience", "{}", { .audience = STR("a") }, JWT_BAD_AUDIENCE },
        { "the type, in another case and spelling", "{}", { .typ = STR("application/jwt") }, JWT_GOOD },
        { "another type", "{}", { .typ = STR("at+jwt") }, JWT_BAD_TYPE },
    };
    struct jwt_key *k = key_of(JWK_A1);
    const struct jwt_key *keys[1] = { k };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct jwt t = { 0 };
        enum jwt_fault fault;
        str token;
        assert_int_equal(jwt_sign(mem, k, str_c(rows[i].claims), &token), ERR_OK);
        err e = jwt_verify(mem, token, keys, 1, &rows[i].rules, &t, &fault);
        ROW_CHECK(rows[i].name, fault == rows[i].want && e == (fault == JWT_GOOD ? ERR_OK : ERR_ANONYMOUS) && (e == ERR_OK) == (t.claims != NULL));
    }
    ROWS_END();
}

static void test_key_choice(void **state)
{
    (void)state;
    struct jwt_key *old, *new, *other;
    struct jws t;
    str token;
    enum jwt_fault fault;
    assert_int_equal(jwt_key_generate(mem, JWT_HS256, STR("old"), &old), ERR_OK);
    assert_int_equal(jwt_key_generate(mem, JWT_HS256, STR("new"), &new), ERR_OK);
    assert_int_equal(jwt_key_hmac_shared(mem, STR("secret"), STR_NULL, &other), ERR_OK);
    const struct jwt_key *both[2] = { new, old };
    assert_int_equal(jws_sign(mem, old, STR_NULL, STR("x"), &token), ERR_OK);
    ROW_CHECK("by its id", jws_open(mem, token, both, 2, &t, NULL) == ERR_OK && t.key == old && str_is(t.kid, "old"));
    ROW_CHECK("only by its id", jws_open(mem, token, both, 1, &t, &fault) == ERR_ANONYMOUS && fault == JWT_NO_KEY);
    const struct jwt_key *three[3] = { new, old, other };
    assert_int_equal(jws_sign(mem, other, STR_NULL, STR("x"), &token), ERR_OK);
    ROW_CHECK("a token without id tries all", jws_open(mem, token, three, 3, &t, NULL) == ERR_OK && t.key == other);
    ROW_CHECK("a short secret of our own is refused", jwt_key_hmac(mem, STR("secret"), STR_NULL, &other) == ERR_INPUT);
    ROW_CHECK("an empty one always", jwt_key_hmac_shared(mem, STR(""), STR_NULL, &other) == ERR_INPUT);
    ROWS_END();
}

static err all_steps(void)
{
    static const char *jwks[] = { JWK_OCT, JWK_BILBO, JWK_A3, JWK_ED };
    struct arena *a = arena_new(1 << 20);
    struct jwt_rules rules = { 0 };
    if (!a) return ERR_NOMEM;
    err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < COUNT_OF(jwks); i++) {
        struct jwt_key *k = NULL;
        struct jwt t;
        str token = STR_NULL;
        char print[JWT_THUMBPRINT];
        struct buf b = BUF(1 << 14);
        struct jw w = JW(&b);
        e = jwt_key_read(a, str_c(jwks[i]), &k, NULL);
        if (e == ERR_OK) e = jwt_sign(a, k, STR("{\"sub\":\"x\"}"), &token);
        const struct jwt_key *keys[1] = { k };
        if (e == ERR_OK) e = jwt_verify(a, token, keys, 1, &rules, &t, NULL);
        if (e == ERR_OK) e = jwt_key_write(k, true, &w);
        if (e == ERR_OK) e = jwt_key_thumbprint(k, print);
        buf_release(&b);
    }
    arena_free(a);
    return e;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fault_loop(all_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_headers),    cmocka_unit_test(test_form),          cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_claims),  cmocka_unit_test(test_key_choice), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
