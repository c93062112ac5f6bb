/* JSON: what is read, how refusals are worded and placed, how values are written. */
#include "base/json.h"
#include "rows.h"
#include <math.h>

static const struct {
    const char *name;
    str text;
    const char *why;
    size_t line, column, chars;
} refused[] = {
    { "an empty text has no value", STR(""), "Expecting value", 1, 1, 0 },
    { "blanks alone have no value", STR(" \n"), "Expecting value", 2, 1, 2 },
    { "a word that is none", STR("nul"), "Expecting value", 1, 1, 0 },
    { "a lone minus", STR("[-]"), "Expecting value", 1, 2, 1 },
    { "a leading zero ends the number", STR("01"), "Extra data", 1, 2, 1 },
    { "a dot without digits is not of the number", STR("1."), "Extra data", 1, 2, 1 },
    { "an exponent without digits is not of the number", STR("1e+"), "Extra data", 1, 2, 1 },
    { "a plus is no sign", STR("+1"), "Expecting value", 1, 1, 0 },
    { "two values", STR("{} []"), "Extra data", 1, 4, 3 },
    { "an open object wants a name", STR("{"), "Expecting property name enclosed in double quotes", 1, 2, 1 },
    { "single quotes make no name", STR("{'a':1}"), "Expecting property name enclosed in double quotes", 1, 2, 1 },
    { "a comma before the end of an object", STR("{\"a\":1,}"), "Expecting property name enclosed in double quotes", 1, 8, 7 },
    { "a name without colon", STR("{\"a\"}"), "Expecting ':' delimiter", 1, 5, 4 },
    { "a name without value", STR("{\"a\":}"), "Expecting value", 1, 6, 5 },
    { "members without comma", STR("{\"a\":1 \"b\":2}"), "Expecting ',' delimiter", 1, 8, 7 },
    { "an object that does not end", STR("{\"a\":1"), "Expecting ',' delimiter", 1, 7, 6 },
    { "an array that does not end", STR("[1"), "Expecting ',' delimiter", 1, 3, 2 },
    { "a comma before the end of an array", STR("[1,]"), "Expecting value", 1, 4, 3 },
    { "brackets that do not match", STR("[1}"), "Expecting ',' delimiter", 1, 3, 2 },
    { "a text that does not end", STR("[\"ab"), "Unterminated string starting at", 1, 2, 1 },
    { "a text that ends in a backslash", STR("\"\\"), "Unterminated string starting at", 1, 1, 0 },
    { "an escape that is none", STR("\"\\x\""), "Invalid \\escape", 1, 2, 1 },
    { "an escape of NUL", STR("\"\\\0\""), "Invalid \\escape", 1, 2, 1 },
    { "too few hex digits", STR("\"\\u12g4\""), "Invalid \\uXXXX escape", 1, 3, 2 },
    { "an escape with nothing behind it", STR("\"\\u1234"), "Invalid \\uXXXX escape", 1, 3, 2 },
    { "a raw line break in a text", STR("\"a\nb\""), "Invalid control character at", 1, 3, 2 },
    { "a raw NUL in a text", STR("\"\0\""), "Invalid control character at", 1, 2, 1 },
    { "columns count characters, not bytes", STR("[\"\xC3\xA9\xF0\x9F\x98\x80\" 1]"), "Expecting ',' delimiter", 1, 7, 6 },
    { "lines are counted", STR("{\n \"a\": 1,\n \"b\" 2}"), "Expecting ':' delimiter", 3, 6, 16 },
    { "a byte order mark", STR("\xEF\xBB\xBF{}"), "Unexpected UTF-8 BOM (decode using utf-8-sig)", 1, 1, 0 },
    { "a lonely continuation byte", STR("[\"\x80\"]"), "Invalid UTF-8", 1, 3, 2 },
    { "an overlong slash", STR("\"\xC0\xAF\""), "Invalid UTF-8", 1, 2, 1 },
    { "a surrogate in UTF-8", STR("\"\xED\xA0\x80\""), "Invalid UTF-8", 1, 2, 1 },
    { "a cut character", STR("\"\xF0\x9F\x98"), "Invalid UTF-8", 1, 2, 1 },
    { "NaN unless allowed", STR("[NaN]"), "Expecting value", 1, 2, 1 },
    { "minus infinity unless allowed", STR("-Infinity"), "Expecting value", 1, 1, 0 },
    { "a form feed is no blank", STR("\f1"), "Expecting value", 1, 1, 0 },
    { "comments are not JSON", STR("// x\n1"), "Expecting value", 1, 1, 0 },
};

static void test_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct json_error bad = { 0 }, same = { 0 };
        json_t *tree = NULL;
        const char *name = refused[i].name;
        ROW_CHECK(name, json_scan(refused[i].text, NULL, &bad) == ERR_INPUT);
        ROW_STR(name, str_c(bad.why), str_c(refused[i].why));
        ROW_CHECK(name, bad.line == refused[i].line);
        ROW_CHECK(name, bad.column == refused[i].column);
        ROW_CHECK(name, bad.chars == refused[i].chars);
        ROW_CHECK(name, json_read(a, refused[i].text, NULL, &tree, &same) == ERR_INPUT);
        ROW_CHECK(name, tree == NULL && same.at == bad.at && same.why == bad.why);
        ROW_CHECK(name, json_scan(refused[i].text, NULL, NULL) == ERR_INPUT);
    }
    arena_free(a);
    ROWS_END();
}

static const struct {
    const char *name;
    str text, ascii, plain; /* plain.p == NULL: as ascii */
} accepted[] = {
    { "null", STR(" null "), STR("null"), { 0 } },
    { "true and false", STR("[true,false]"), STR("[true,false]"), { 0 } },
    { "empty containers", STR("{ \"a\" : [ ] , \"b\":{ } }"), STR("{\"a\":[],\"b\":{}}"), { 0 } },
    { "all four blanks", STR("\t[\r\n1 , 2]\n"), STR("[1,2]"), { 0 } },
    { "the last of repeated keys", STR("{\"a\":1,\"a\":2}"), STR("{\"a\":2}"), { 0 } },
    { "keys sorted by code point", STR("{\"\xC3\xA9\":1,\"z\":2,\"Z\":3,\"\xF0\x9F\x98\x80\":4,\"\xEF\xBF\xBD\":5,\"\":6}"),
      STR("{\"\":6,\"Z\":3,\"z\":2,\"\\u00e9\":1,\"\\ufffd\":5,\"\\ud83d\\ude00\":4}"),
      STR("{\"\":6,\"Z\":3,\"z\":2,\"\xC3\xA9\":1,\"\xEF\xBF\xBD\":5,\"\xF0\x9F\x98\x80\":4}") },
    { "the short escapes", STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR("\"\\\"\\\\/\\b\\f\\n\\r\\t\""), { 0 } },
    { "control characters", STR("\"\\u0000\\u001f\x7F\""), STR("\"\\u0000\\u001f\\u007f\""), STR("\"\\u0000\\u001f\x7F\"") },
    { "a pair of surrogates is one character", STR("\"\\uD83D\\uDE00\""), STR("\"\\ud83d\\ude00\""), STR("\"\xF0\x9F\x98\x80\"") },
    { "half a pair is replaced", STR("\"\\ud83dx\\ude00\""), STR("\"\\ufffdx\\ufffd\""), STR("\"\xEF\xBF\xBDx\xEF\xBF\xBD\"") },
    { "a high one before another escape", STR("\"\\ud83d\\u0041\""), STR("\"\\ufffdA\""),
      STR("\"\xEF\xBF\xBD"
          "A\"") },
    { "a key with NUL", STR("{\"a\\u0000b\":1}"), STR("{\"a\\u0000b\":1}"), { 0 } },
    { "the largest int64", STR("9223372036854775807"), STR("9223372036854775807"), { 0 } },
    { "the smallest int64", STR("-9223372036854775808"), STR("-9223372036854775808"), { 0 } },
    { "beyond int64 is a real", STR("9223372036854775808"), STR("9.223372036854776e+18"), { 0 } },
    { "minus nought is an integer", STR("-0"), STR("0"), { 0 } },
    { "minus nought with a point is a real", STR("-0.0"), STR("-0.0"), { 0 } },
    { "an exponent makes a real", STR("1E2"), STR("100.0"), { 0 } },
};

static void test_accepted(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        const char *name = accepted[i].name;
        ROW_CHECK(name, json_scan(accepted[i].text, NULL, NULL) == ERR_OK);
        for (int ascii = 0; ascii < 2; ascii++) {
            json_t *tree = NULL;
            struct buf b = BUF(4096);
            struct jw w = JW(&b);
            w.ascii = ascii;
            ROW_CHECK(name, json_read(a, accepted[i].text, NULL, &tree, NULL) == ERR_OK);
            jw_json(&w, tree, true);
            ROW_CHECK(name, buf_ok(&b) == ERR_OK);
            ROW_STR(name, buf_str(&b), ascii || !accepted[i].plain.p ? accepted[i].ascii : accepted[i].plain);
            buf_release(&b);
        }
    }
    arena_free(a);
    ROWS_END();
}

static const struct {
    double v;
    const char *text;
} doubles[] = {
    { 0.0, "0.0" },
    { -0.0, "-0.0" },
    { 5.0, "5.0" },
    { 0.1, "0.1" },
    { -2.5, "-2.5" },
    { 100.0, "100.0" },
    { 1e15, "1000000000000000.0" },
    { 123456789012345.67, "123456789012345.67" },
    { 9999999999999998.0, "9999999999999998.0" },
    { 1e16, "1e+16" },
    { 1e22, "1e+22" },
    { 1.5e300, "1.5e+300" },
    { 0.0001, "0.0001" },
    { 0.00012345, "0.00012345" },
    { 0.00001, "1e-05" },
    { 1.5e-7, "1.5e-07" },
    { 0.30000000000000004, "0.30000000000000004" },
    { 1.0 / 3, "0.3333333333333333" },
    { 2.0 / 3, "0.6666666666666666" },
    { 5e-324, "5e-324" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308" },
    { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { 5.684341886080802e-14, "5.684341886080802e-14" }, /* 2^-44: the nearest 16 digits do not read back, the next ones up do */
    { 9007199254740993.0, "9007199254740992.0" },
    { 4.35, "4.35" },
    { 1e100, "1e+100" },
    { 1e-100, "1e-100" },
};

static void test_doubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(doubles); i++) {
        struct buf b = BUF(64);
        struct jw w = JW(&b);
        jw_double(&w, doubles[i].v);
        ROW_STR(doubles[i].text, buf_str(&b), str_c(doubles[i].text));
        buf_release(&b);
    }
    struct buf b = BUF(64);
    struct jw w = JW(&b);
    jw_open(&w, '[');
    jw_double(&w, (double)NAN);
    jw_double(&w, HUGE_VAL);
    jw_double(&w, -HUGE_VAL);
    jw_close(&w, ']');
    ROW_STR("not a number and infinities by their names", buf_str(&b), STR("[NaN,Infinity,-Infinity]"));
    buf_release(&b);
    ROWS_END();
}

static void test_powers_of_two_read_back(void **state)
{
    (void)state;
    for (int x = -1074; x < 1024; x++) {
        struct buf b = BUF(64);
        struct jw w = JW(&b);
        jw_double(&w, ldexp(1, x));
        buf_char(&b, 0);
        ROW_CHECK(b.p, strtod(b.p, NULL) == ldexp(1, x));
        buf_release(&b);
    }
    ROWS_END();
}

static void test_members_are_slices(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct json_members m = { 0 };
    str text = STR("{ \"v\" : { \"x\" : 1.50, \"y\":[NaN] } ,\n\"k\\u00e9y\":\"a\\u0062\" ,\"v\":  9223372036854775808123  }\n");
    struct json_rules rules = { .nan = true };
    assert_int_equal(json_scan_members(a, text, &rules, &m, NULL), ERR_OK);
    assert_int_equal(m.n, 3);
    ROW_STR("inner blanks stay", m.v[0].value, STR("{ \"x\" : 1.50, \"y\":[NaN] }"));
    ROW_STR("a key is decoded", m.v[1].key, STR("k\xC3\xA9y"));
    ROW_STR("a value is not", m.v[1].value, STR("\"a\\u0062\""));
    ROW_STR("the last of a name counts", json_member(&m, "v"), STR("9223372036854775808123"));
    ROW_CHECK("an absent one", str_absent(json_member(&m, "none")));
    assert_int_equal(json_scan_members(a, STR("[1,{\"a\":2}]"), NULL, &m, NULL), ERR_OK);
    ROW_CHECK("an array has no members", m.n == 0);
    assert_int_equal(json_scan_members(a, STR("{}"), NULL, &m, NULL), ERR_OK);
    ROW_CHECK("nor has an empty object", m.n == 0);
    struct json_error bad;
    ROW_CHECK("trailing text is refused", json_scan_members(a, STR("{} x"), NULL, &m, &bad) == ERR_INPUT && bad.at == 3);
    struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    for (int i = 0; i < 1000; i++) jw_kint(&w, "k", i);
    jw_close(&w, '}');
    assert_int_equal(json_scan_members(a, buf_str(&b), NULL, &m, NULL), ERR_OK);
    ROW_CHECK("all are noted in order", m.n == 1000 && str_is(m.v[999].value, "999") && str_is(m.v[0].value, "0"));
    buf_release(&b);
    arena_free(a);
    ROWS_END();
}

static str repeat(struct buf *b, char c, size_t n)
{
    buf_clear(b);
    for (size_t i = 0; i < n; i++) buf_char(b, c);
    return buf_str(b);
}

static void test_rules(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct buf b = BUF(1 << 20);
    struct json_error bad = { 0 };
    json_t *tree;
    struct json_rules deep = { .depth = 3 }, nan_ok = { .nan = true }, twice = { .reject_twice = true }, few = { .values = 3 };

    ROW_CHECK("three levels of three", json_scan(STR("[[[1]]]"), &deep, NULL) == ERR_OK);
    ROW_CHECK("a fourth is too many", json_scan(STR("[{\"a\":[[]]}]"), &deep, &bad) == ERR_INPUT && bad.at == 7);
    ROW_STR("and says so", str_c(bad.why), STR("Nested too deep"));
    ROW_CHECK("200 by default", json_scan(repeat(&b, '[', 201), NULL, &bad) == ERR_INPUT && bad.at == 200 && str_is(str_c(bad.why), "Nested too deep"));
    ROW_CHECK("a hundred thousand brackets need no stack", json_scan(repeat(&b, '{', 100000), NULL, NULL) == ERR_INPUT);

    ROW_CHECK("NaN and infinities are read as null",
              json_read(a, STR("[NaN,Infinity,-Infinity]"), &nan_ok, &tree, NULL) == ERR_OK && json_is_null(json_array_get(tree, 2)));
    ROW_CHECK("a number beyond double", json_read(a, STR("[1e400]"), NULL, &tree, &bad) == ERR_INPUT && bad.at == 1);
    ROW_STR("is out of range", str_c(bad.why), STR("Number out of range"));
    ROW_CHECK("though it is JSON", json_scan(STR("[1e400]"), NULL, NULL) == ERR_OK);

    ROW_CHECK("a repeated key by scanning", json_scan(STR("{\"a\":1,\"\\u0061\":2}"), &twice, &bad) == ERR_INPUT && bad.at == 7);
    ROW_STR("is named", str_c(bad.why), STR("Duplicate key"));
    ROW_CHECK("by reading", json_read(a, STR("[{\"a\":{\"b\":1,\"b\":1}}]"), &twice, &tree, &bad) == ERR_INPUT && bad.at == 13);
    struct json_members m;
    ROW_CHECK("and for members", json_scan_members(a, STR("{\"a\":1,\"a\":2}"), &twice, &m, &bad) == ERR_INPUT);
    ROW_CHECK("the same key elsewhere is fine", json_read(a, STR("[{\"a\":{\"a\":1}},{\"a\":1}]"), &twice, &tree, NULL) == ERR_OK);

    ROW_CHECK("three values of three", json_read(a, STR("[1,2]"), &few, &tree, NULL) == ERR_OK);
    ROW_CHECK("a fourth", json_read(a, STR("[1,2,3]"), &few, &tree, &bad) == ERR_INPUT && str_is(str_c(bad.why), "Too many values"));
    ROW_CHECK("scanning does not count", json_scan(STR("[1,2,3]"), &few, NULL) == ERR_OK);
    buf_release(&b);
    arena_free(a);
    ROWS_END();
}

static void test_writer(void **state)
{
    (void)state;
    struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "s", STR("x\"y"));
    jw_kstr(&w, "absent", STR_NULL);
    jw_kint(&w, "i", INT64_MIN);
    jw_kbool(&w, "b", true);
    jw_knull(&w, "n");
    jw_key(&w, STR("list"));
    jw_open(&w, '[');
    jw_int(&w, 1);
    jw_raw(&w, STR("{\"raw\" : 1}"));
    jw_open(&w, '{');
    jw_close(&w, '}');
    jw_str(&w, STR("a\xFF"
                   "b\xE2\x82"));
    jw_close(&w, ']');
    jw_close(&w, '}');
    ROW_STR("commas are its own business", buf_str(&b),
            STR("{\"s\":\"x\\\"y\",\"absent\":null,\"i\":-9223372036854775808,\"b\":true,\"n\":null,\"list\":[1,{\"raw\" : 1},{},"
                "\"a\xEF\xBF\xBD"
                "b\xEF\xBF\xBD\xEF\xBF\xBD\"]}"));
    buf_clear(&b);
    w = JW(&b);
    for (int i = 0; i <= JW_DEPTH; i++) jw_open(&w, '[');
    ROW_CHECK("one level too many sticks", buf_ok(&b) == ERR_LIMIT);
    for (int i = 0; i < 2 * JW_DEPTH; i++) jw_close(&w, ']');
    ROW_CHECK("and closing does no harm", buf_ok(&b) == ERR_LIMIT);
    buf_release(&b);
    b = BUF(10);
    w = JW(&b);
    jw_str(&w, STR("0123456789"));
    ROW_CHECK("the ceiling sticks", buf_ok(&b) == ERR_LIMIT && b.n <= 10);
    buf_release(&b);
    ROWS_END();
}

static err read_and_write(void)
{
    struct arena *a = arena_new(1 << 16);
    if (!a) return ERR_NOMEM;
    json_t *tree;
    struct json_members m;
    str text = STR("{\"a\":[1,2.5,\"x\",null,{\"b\":{}}],\"a\":true,\"long\":\"0123456789\"}");
    struct buf b = BUF(4096);
    struct jw w = JW(&b);
    err e = json_read(a, text, NULL, &tree, NULL);
    if (!e) e = json_scan_members(a, text, NULL, &m, NULL);
    if (!e) jw_json(&w, tree, true);
    if (!e) e = buf_ok(&b);
    buf_release(&b);
    arena_free(a);
    return e;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    fault_loop(read_and_write);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_powers_of_two_read_back),
        cmocka_unit_test(test_members_are_slices),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
