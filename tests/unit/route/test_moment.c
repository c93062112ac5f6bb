/* tests/unit/route/test_moment.c: times as clients write them, and why a text is none (hiring 2.2, 2.3). */
#include "route/moment.h"
#include "base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#define SHORT "input is too short"
#define EXTRA "unexpected extra characters at the end of the input"
#define RANGE "dates after 9999 are not supported as unix timestamps"

static const struct {
    const char *text, *iso /* or NULL */, *why;
} texts[] = {
    { "2023-08-15T10:00:00Z", "2023-08-15T10:00:00.000Z", NULL },
    { "2023-08-15t10:00:00z", "2023-08-15T10:00:00.000Z", NULL },
    { "2023-08-15 10:00", "2023-08-15T10:00:00.000Z", NULL },
    { "2023-08-15_10:00:59", "2023-08-15T10:00:59.000Z", NULL },
    { " 2023-08-15T10:00:00 ", "2023-08-15T10:00:00.000Z", NULL },
    { "2023-08-15T10:00:00.1Z", "2023-08-15T10:00:00.100Z", NULL },
    { "2023-08-15T10:00:00,1239Z", "2023-08-15T10:00:00.123Z", NULL },
    { "2023-08-15T10:00:00.123456789012Z", "2023-08-15T10:00:00.123Z", NULL },
    { "2023-08-15T10:00:00+02:00", "2023-08-15T08:00:00.000Z", NULL },
    { "2023-08-15T10:00:00-0930", "2023-08-15T19:30:00.000Z", NULL },
    { "2023-08-15T10:00+02", "2023-08-15T08:00:00.000Z", NULL },
    { "2023-08-15", "2023-08-15T00:00:00.000Z", NULL },
    { "2024-02-29", "2024-02-29T00:00:00.000Z", NULL },
    { "2000-02-29", "2000-02-29T00:00:00.000Z", NULL },
    { "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z", NULL },
    { "1900-01-01T00:00:00-11:30", "1900-01-01T11:30:00.000Z", NULL },
    { "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z", NULL },
    { "1692093600", "2023-08-15T10:00:00.000Z", NULL },
    { "1692093600.25", "2023-08-15T10:00:00.250Z", NULL },
    { "1692093600123", "2023-08-15T10:00:00.123Z", NULL },
    { "-1", "1969-12-31T23:59:59.000Z", NULL },
    { "0", "1970-01-01T00:00:00.000Z", NULL },
    { "20000000000", "2603-10-11T11:33:20.000Z", NULL },
    { "20000000001", "1970-08-20T11:33:20.001Z", NULL },
    { "", NULL, SHORT },
    { "soon", NULL, SHORT },
    { "2023-8-1", NULL, SHORT },
    { "2023", "1970-01-01T00:33:43.000Z", NULL }, /* a number */
    { "some other day", NULL, "invalid character in year" },
    { "2023/08/15", NULL, "invalid date separator, expected `-`" },
    { "2023-ab-15", NULL, "invalid character in month" },
    { "2023-08-1x", NULL, "invalid character in day" },
    { "2023-13-01", NULL, "month value is outside expected range of 1-12" },
    { "2023-00-01", NULL, "month value is outside expected range of 1-12" },
    { "2023-02-29", NULL, "day value is outside expected range" },
    { "1900-02-29", NULL, "day value is outside expected range" },
    { "2023-04-31", NULL, "day value is outside expected range" },
    { "2023-04-00", NULL, "day value is outside expected range" },
    { "0000-01-01", NULL, "year 0 is out of range" },
    { "0001-01-01T05:00:00+05:00", "0001-01-01T00:00:00.000Z", NULL },
    { "0001-01-01T04:59:59.999+05:00", NULL, "year 0 is out of range" }, /* in UTC */
    { "9999-12-31T18:59:59.999-05:00", "9999-12-31T23:59:59.999Z", NULL },
    { "9999-12-31T19:00:00-05:00", NULL, "year 10000 is out of range" },
    { "2023-08-15T", NULL, EXTRA },
    { "2023-08-15x10:00", NULL, EXTRA },
    { "2023-08-15T24:00", NULL, EXTRA },
    { "2023-08-15T10:60", NULL, EXTRA },
    { "2023-08-15T10:00:60", NULL, EXTRA },
    { "2023-08-15T10:00:00.Z", NULL, EXTRA },
    { "2023-08-15T10:00:00+24:00", NULL, EXTRA },
    { "2023-08-15T10:00:00+01:60", NULL, EXTRA },
    { "2023-08-15T10:00:00+01:", NULL, EXTRA },
    { "2023-08-15T10:00:00+1", NULL, EXTRA },
    { "2023-08-15T10:00:00ZZ", NULL, EXTRA },
    { "2023-08-15T1000", NULL, EXTRA },
    { "99999999999999999999999", NULL, "invalid date separator, expected `-`" }, /* too large a number, and no date */
};

static void test_texts(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        int64_t ms = 0;
        char iso[CLOCK_ISO_MAX];
        const char *why = moment_read(str_c(texts[i].text), &ms);
        bool same = texts[i].why ? why && strcmp(why, texts[i].why) == 0 : !why && str_is((str){ iso, clock_iso(ms, iso) }, texts[i].iso);
        if (same) continue;
        print_error("\"%s\": %s\n", texts[i].text, why ? why : iso);
        failed++;
    }
    assert_int_equal(failed, 0);
}

static void test_nul_is_no_separator(void **state)
{
    (void)state;
    int64_t ms;
    assert_string_equal(moment_read(STR("2023-08-15\00010:00"), &ms), EXTRA);
}

static const struct {
    double n;
    int64_t ms;
    const char *why;
} numbers[] = {
    { 1692093600, INT64_C(1692093600000), NULL },
    { 1692093600.5, INT64_C(1692093600500), NULL },
    { -0.5, -500, NULL },
    { 2e10, INT64_C(20000000000000), NULL },
    { 20000000001, INT64_C(20000000001), NULL },
    { -20000000001, INT64_C(-20000000001), NULL },
    { 253402300799999, INT64_C(253402300799999), RANGE }, /* the last second of 9999 is the last */
    { 1e300, 0, RANGE },
    { -1e300, 0, "dates before 1600 are not supported as unix timestamps" },
    { INFINITY, 0, RANGE },
    { NAN, 0, "NaN values not permitted" },
};

static void test_numbers(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        int64_t ms = 0;
        const char *why = moment_number(numbers[i].n, &ms);
        if (numbers[i].why ? why && strcmp(why, numbers[i].why) == 0 : !why && ms == numbers[i].ms) continue;
        print_error("%g: %s %lld\n", numbers[i].n, why ? why : "", (long long)ms);
        failed++;
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "times as texts", test_texts, NULL, NULL, NULL },
        { "NUL is no separator", test_nul_is_no_separator, NULL, NULL, NULL },
        { "times as numbers", test_numbers, NULL, NULL, NULL },
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
