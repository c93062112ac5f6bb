/* One-time codes: the vectors of RFC 4226 appendix D and RFC 6238 appendix B, base32 of RFC 4648 10, the URI. */
#include "../base/rows.h"
#include "crypto/otp.h"

#define SEED20 "12345678901234567890"
#define SEED32 SEED20 "123456789012"
#define SEED64 SEED20 SEED20 SEED20 "1234"

static void test_hotp(void **state)
{
    (void)state;
    static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489" };
    char out[OTP_DIGITS_MAX];
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_int_equal(hotp(OTP_SHA1, STR(SEED20), i, 6, out), ERR_OK);
        ROW_STR("RFC 4226 D", ((str){ out, 6 }), str_c(codes[i]));
    }
    ROW_CHECK("no secret", hotp(OTP_SHA1, STR(""), 0, 6, out) == ERR_INPUT);
    ROW_CHECK("five digits", hotp(OTP_SHA1, STR(SEED20), 0, 5, out) == ERR_INPUT);
    ROW_CHECK("nine digits", hotp(OTP_SHA1, STR(SEED20), 0, 9, out) == ERR_INPUT);
    ROWS_END();
}

static void test_totp(void **state)
{
    (void)state;
    static const struct {
        int64_t at_s;
        const char *sha1, *sha256, *sha512;
    } rows[] = {
        { 59, "94287082", "46119246", "90693936" },         { 1111111109, "07081804", "68084774", "25091201" },
        { 1111111111, "14050471", "67062674", "99943326" }, { 1234567890, "89005924", "91819424", "93441116" },
        { 2000000000, "69279037", "90698825", "38618901" }, { 20000000000, "65353130", "77737706", "47863826" },
    };
    char out[OTP_DIGITS_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t step = (uint64_t)totp_step(rows[i].at_s * 1000);
        assert_int_equal(hotp(OTP_SHA1, STR(SEED20), step, 8, out), ERR_OK);
        ROW_STR("RFC 6238 B, SHA-1", ((str){ out, 8 }), str_c(rows[i].sha1));
        assert_int_equal(hotp(OTP_SHA256, STR(SEED32), step, 8, out), ERR_OK);
        ROW_STR("RFC 6238 B, SHA-256", ((str){ out, 8 }), str_c(rows[i].sha256));
        assert_int_equal(hotp(OTP_SHA512, STR(SEED64), step, 8, out), ERR_OK);
        ROW_STR("RFC 6238 B, SHA-512", ((str){ out, 8 }), str_c(rows[i].sha512));
    }
    ROWS_END();
}

static void test_matches(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code;
        int64_t now_s;
        unsigned window;
        int64_t last;
        int64_t want; /* the step, -1: refused */
    } rows[] = {
        { "at its time", "287082", 59, 0, -1, 1 },
        { "with a blank, as it is shown", "287 082", 59, 0, -1, 1 },
        { "a step late", "287082", 60, 1, -1, 1 },
        { "a step late without a window", "287082", 60, 0, -1, -1 },
        { "two steps late", "287082", 90, 1, -1, -1 },
        { "a step early", "287082", 29, 1, -1, 1 },
        { "used already", "287082", 59, 1, 1, -1 },
        { "before one that was used", "287082", 60, 1, 2, -1 },
        { "a code that was never right", "287083", 59, 1, -1, -1 },
        { "too short", "28708", 59, 1, -1, -1 },
        { "too long", "2870820", 59, 1, -1, -1 },
        { "letters", "28708a", 59, 1, -1, -1 },
        { "empty", "", 59, 1, -1, -1 },
        { "before the first step there is none", "755224", 0, 1, -1, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t step = -1;
        bool good = totp_matches(STR(SEED20), str_c(rows[i].code), rows[i].now_s * 1000, rows[i].window, rows[i].last, &step);
        ROW_CHECK(rows[i].name, step == rows[i].want && good == (rows[i].want >= 0));
    }
    ROWS_END();
}

static void test_base32(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text;
    } rows[] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };
    static const char *const bad[] = { "M", "MZ", "MZX", "MZXW6Y", "M1", "M8", "MY\n", "M=Y", "\xC3\xA9" };
    struct arena *a = arena_new(1 << 16);
    char out[32];
    str back = STR_NULL;
    assert_non_null(a);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        base32_encode(out, str_c(rows[i].plain));
        ROW_STR("RFC 4648 10", ((str){ out, base32_length(strlen(rows[i].plain)) }), str_c(rows[i].text));
        ROW_CHECK("and back", base32_decode(a, str_c(rows[i].text), &back) == ERR_OK);
        ROW_STR("and back", back, str_c(rows[i].plain));
    }
    ROW_CHECK("as people copy it", base32_decode(a, STR("mzxw-6ytb oi======"), &back) == ERR_OK);
    ROW_STR("as people copy it", back, STR("foobar"));
    for (size_t i = 0; i < COUNT_OF(bad); i++) ROW_CHECK(bad[i], base32_decode(a, str_c(bad[i]), &back) == ERR_INPUT);
    ROW_CHECK("a URI", otpauth_uri(a, STR("Ann: & Co"), STR("ann+x@example.com"), STR("foobar"), &back) == ERR_OK);
    ROW_STR("a URI", back,
            STR("otpauth://totp/Ann%20%20%26%20Co:ann%2Bx%40example.com?secret=MZXW6YTBOI&issuer=Ann%20%20%26%20Co"
                "&algorithm=SHA1&digits=6&period=30"));
    arena_free(a);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_hotp), cmocka_unit_test(test_totp), cmocka_unit_test(test_matches),
                                        cmocka_unit_test(test_base32) };
    return crypto_init() != ERR_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
