/* Arena, growing buffer, borrowed strings, clock formats, the call's trouble. */
#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "rows.h"

static void test_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new(100000);
    char *first = NEW_N(a, char, 3);
    double *aligned = NEW(a, double);
    assert_non_null(first);
    assert_non_null(aligned);
    ROW_CHECK("aligned", (uintptr_t)aligned % _Alignof(double) == 0);
    ROW_CHECK("zeroed", first[0] == 0 && *aligned == 0);
    memset(first, 'x', 3);
    char *large = NEW_N(a, char, 60000);
    ROW_CHECK("a large one has a block of its own", large && large[59999] == 0);
    ROW_CHECK("what was taken stays put", memcmp(first, "xxx", 3) == 0);
    ROW_CHECK("used is counted", arena_used(a) == 60000 + 3 + sizeof(double));
    ROW_CHECK("not beyond the ceiling", NEW_N(a, char, 40000) == NULL);
    ROW_CHECK("but up to it", NEW_N(a, char, 100000 - 60003 - sizeof(double)) != NULL);
    ROW_CHECK("and no more", NEW_N(a, char, 1) == NULL);
    ROW_CHECK("an overflowing product", arena_take(a, SIZE_MAX / 2, 3, 1) == NULL);
    arena_empty(a);
    ROW_CHECK("emptied", arena_used(a) == 0);
    char *again = NEW_N(a, char, 3);
    ROW_CHECK("and zeroed again", again && again[0] == 0 && again[2] == 0);
    ROW_CHECK("nothing is a valid pointer", NEW_N(a, int, 0) != NULL);
    arena_free(a);
    arena_free(NULL);
    ROWS_END();
}

static char undone[8];
static size_t n_undone;

static void undo(void *what) { undone[n_undone++] = *(char *)what; }

static void test_arena_undoes_in_reverse(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    str s = STR_NULL;
    assert_int_equal(arena_str(a, STR("abc"), &s), ERR_OK);
    char *letters = arena_z(a, s);
    for (int i = 0; i < 3; i++) assert_int_equal(arena_on_end(a, undo, letters + i), ERR_OK);
    arena_empty(a);
    assert_memory_equal(undone, "cba", 3);
    assert_int_equal(n_undone, 3);
    static char late = 'z';
    while (NEW_N(a, char, 16)) {
    }
    assert_int_equal(arena_on_end(a, undo, &late), ERR_NOMEM); /* no room to remember: undone at once */
    assert_int_equal(n_undone, 4);
    arena_free(a);
    assert_int_equal(n_undone, 4);
}

static void test_arena_texts(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    str s = STR_NULL;
    assert_int_equal(arena_printf(a, &s, "%d-%s", 42, "x"), ERR_OK);
    ROW_STR("formatted", s, STR("42-x"));
    ROW_CHECK("with a NUL behind", s.p[s.n] == 0);
    ROW_CHECK("an absent one copies as empty", arena_str(a, STR_NULL, &s) == ERR_OK && s.n == 0 && s.p);
    ROW_CHECK("no room", arena_printf(a, &s, "%2000d", 1) == ERR_NOMEM);
    arena_free(a);
    ROWS_END();
}

static void test_buf(void **state)
{
    (void)state;
    struct buf b = BUF(1000);
    ROW_STR("empty at first", buf_str(&b), STR(""));
    buf_z(&b, "ab");
    buf_char(&b, 'c');
    buf_add(&b, STR_NULL);
    buf_printf(&b, "%03d", 7);
    ROW_STR("all in order", buf_str(&b), STR("abc007"));
    char *space = buf_space(&b, 400);
    assert_non_null(space);
    memset(space, 'x', 400);
    ROW_CHECK("grows", b.n == 406 && memcmp(b.p, "abc007xx", 8) == 0);
    buf_add(&b, (str){ space, 0 });
    char rest[594];
    memset(rest, 'y', sizeof rest);
    buf_add(&b, (str){ rest, sizeof rest });
    ROW_CHECK("up to the ceiling", buf_ok(&b) == ERR_OK && b.n == 1000);
    buf_char(&b, 'z');
    ROW_CHECK("not beyond", buf_ok(&b) == ERR_LIMIT && b.n == 1000);
    buf_clear(&b);
    buf_z(&b, "q");
    ROW_CHECK("usable after clearing", buf_ok(&b) == ERR_OK && b.n == 1);
    struct arena *a = arena_new(1000);
    str out = STR_NULL;
    ROW_CHECK("moves to an arena", buf_to_arena(&b, a, &out) == ERR_OK && b.p == NULL);
    ROW_STR("with its contents", out, STR("q"));
    struct buf bad = BUF(1);
    buf_z(&bad, "too long");
    ROW_CHECK("a bad one tells why", buf_to_arena(&bad, a, &out) == ERR_LIMIT);
    struct buf none = BUF(0);
    buf_char(&none, 'x');
    ROW_CHECK("a ceiling of nothing", buf_ok(&none) == ERR_LIMIT && none.n == 0);
    arena_free(a);
    ROWS_END();
}

static const struct {
    const char *text;
    err want;
    int64_t value;
} ints[] = {
    { "0", ERR_OK, 0 },
    { "-0", ERR_OK, 0 },
    { "+7", ERR_OK, 7 },
    { "0012", ERR_OK, 12 },
    { "9223372036854775807", ERR_OK, INT64_MAX },
    { "-9223372036854775808", ERR_OK, INT64_MIN },
    { "9223372036854775808", ERR_INPUT, 0 },
    { "-9223372036854775809", ERR_INPUT, 0 },
    { "99999999999999999999", ERR_INPUT, 0 },
    { "", ERR_INPUT, 0 },
    { "-", ERR_INPUT, 0 },
    { "+-1", ERR_INPUT, 0 },
    { " 1", ERR_INPUT, 0 },
    { "1 ", ERR_INPUT, 0 },
    { "1x", ERR_INPUT, 0 },
    { "0x10", ERR_INPUT, 0 },
};

static void test_str_int(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ints); i++) {
        int64_t v = 0;
        ROW_CHECK(ints[i].text, str_int(str_c(ints[i].text), &v) == ints[i].want);
        ROW_CHECK(ints[i].text, v == ints[i].value);
    }
    ROWS_END();
}

static const struct {
    const char *name;
    str text;
    size_t good, chars;
} utf8[] = {
    { "nothing", STR(""), 0, 0 },
    { "ASCII with NUL", STR("a\0b"), 3, 3 },
    { "two, three and four bytes", STR("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 9, 3 },
    { "the last code point", STR("\xF4\x8F\xBF\xBF"), 4, 1 },
    { "beyond it", STR("x\xF4\x90\x80\x80"), 1, 2 },
    { "an overlong NUL", STR("\xC0\x80"), 0, 1 },
    { "an overlong three", STR("\xE0\x9F\xBF"), 0, 1 },
    { "an overlong four", STR("\xF0\x8F\xBF\xBF"), 0, 1 },
    { "a surrogate", STR("ab\xED\xA0\x80"), 2, 3 },
    { "a cut one", STR("ab\xE2\x82"), 2, 3 },
    { "a wrong second byte", STR("\xE2\x28\xA1"), 0, 2 },
    { "F5", STR("\xF5\x80\x80\x80"), 0, 1 },
};

static void test_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(utf8); i++) {
        ROW_CHECK(utf8[i].name, str_utf8_good(utf8[i].text) == utf8[i].good);
        ROW_CHECK(utf8[i].name, str_utf8_ok(utf8[i].text) == (utf8[i].good == utf8[i].text.n));
        ROW_CHECK(utf8[i].name, str_utf8_len(utf8[i].text) == utf8[i].chars);
    }
    /* Wherever it stands among letters: several are looked at together. */
    for (size_t i = 0; i < COUNT_OF(utf8); i++)
        for (size_t at = 0; at <= 20; at++) {
            char text[64];
            memset(text, 'a', sizeof text);
            memcpy(text + at, utf8[i].text.p, utf8[i].text.n);
            str whole = { text, at + utf8[i].text.n }, before = str_head(whole, at + utf8[i].good);
            ROW_CHECK(utf8[i].name, str_utf8_good(whole) == before.n);
            size_t all = str_utf8_good((str){ text, sizeof text });
            ROW_CHECK(utf8[i].name, all == (utf8[i].good == utf8[i].text.n ? sizeof text : before.n));
        }
    static const uint32_t points[] = { 0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF };
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        char out[4];
        size_t n = str_utf8_put(out, points[i]);
        ROW_CHECK("what is put is well-formed", str_utf8_ok((str){ out, n }) && str_utf8_len((str){ out, n }) == 1);
    }
    ROWS_END();
}

static void test_str(void **state)
{
    (void)state;
    str s = STR("a,b,,c"), head;
    ROW_CHECK("cut", str_cut(&s, ',', &head) && str_is(head, "a") && str_is(s, "b,,c"));
    ROW_CHECK("cut again", str_cut(&s, ',', &head) && str_is(head, "b"));
    ROW_CHECK("an empty piece", str_cut(&s, ',', &head) && str_is(head, "") && head.p);
    ROW_CHECK("the last", !str_cut(&s, ',', &head) && str_is(head, "c") && s.n == 0);
    ROW_STR("trim", str_trim(STR(" \t\r\n\v\fa b \n")), STR("a b"));
    ROW_STR("trim of blanks", str_trim(STR("  ")), STR(""));
    ROW_CHECK("search", str_search(STR("abcabd"), STR("abd")) == 3 && str_search(STR("ab"), STR("abc")) == 2 && str_search(STR("ab"), STR("")) == 0);
    ROW_CHECK("find from", str_find(STR("abca"), 'a', 1) == 3 && str_find(STR("abc"), 'a', 9) == 3);
    ROW_CHECK("order", str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(STR("b"), STR("ab")) > 0 && str_cmp(STR(""), STR_NULL) == 0);
    ROW_CHECK("bytes count as unsigned", str_cmp(STR("\xC3"), STR("z")) > 0);
    ROW_CHECK("case is folded in ASCII alone", str_eq_nocase(STR("X-Api-KEY"), STR("x-api-key")) && !str_eq_nocase(STR("\xC3\x89"), STR("\xC3\xA9")));
    ROW_CHECK("starts and ends", str_starts(STR("abc"), STR("ab")) && str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    ROW_CHECK("absent is not empty", str_absent(STR_NULL) && !str_absent(STR("")) && str_eq(STR_NULL, STR("")));
    ROW_CHECK("from beyond the end", str_from(STR("abc"), 7).n == 0);
    ROWS_END();
}

static void test_clock(void **state)
{
    (void)state;
    char out[CLOCK_HTTP_MAX];
    ROW_STR("RFC 3339", ((str){ out, clock_iso(1785606245123, out) }), STR("2026-08-01T17:44:05.123Z"));
    ROW_STR("the epoch", ((str){ out, clock_iso(0, out) }), STR("1970-01-01T00:00:00.000Z"));
    ROW_STR("a year of three digits", ((str){ out, clock_iso(-44198001681500, out) }), STR("0569-06-03T01:18:38.500Z"));
    ROW_STR("before it", ((str){ out, clock_iso(-1, out) }), STR("1969-12-31T23:59:59.999Z"));
    ROW_STR("RFC 9110", ((str){ out, clock_http(1785542400000, out) }), STR("Sat, 01 Aug 2026 00:00:00 GMT"));
    ROW_CHECK("monotonic time does not go back", clock_mono_us() <= clock_mono_us());
    ROWS_END();
}

static void test_first_fail_wins(void **state)
{
    (void)state;
    struct call c = { .mem = arena_new(1000) };
    ROW_CHECK("returns its code", fail(&c, ERR_INPUT, "/a", "wrong %d", 1) == ERR_INPUT);
    ROW_CHECK("also the second", fail_status(&c, ERR_CONFLICT, 418, "later") == ERR_CONFLICT);
    ROW_STR("the first cause stays", c.why.text, STR("wrong 1"));
    ROW_CHECK("with its place", str_is(c.why.where, "/a") && c.why.status == 0 && c.why.code == ERR_INPUT);
    call_forget(&c);
    ROW_CHECK("until forgotten", fail_status(&c, ERR_CONFLICT, 418, "later") == ERR_CONFLICT && c.why.status == 418);
    call_forget(&c);
    while (NEW_N(c.mem, char, 1)) {
    }
    ROW_CHECK("without memory", fail(&c, ERR_INPUT, "/b", "long text %200d", 1) == ERR_INPUT && str_is(c.why.text, "out of memory"));
    arena_free(c.mem);
    ROWS_END();
}

static err use_memory(void)
{
    struct arena *a = arena_new(1 << 20);
    if (!a) return ERR_NOMEM;
    struct buf b = BUF(1 << 20);
    str s = STR_NULL;
    for (int i = 0; i < 100; i++) buf_printf(&b, "%0100d", i);
    err e = NEW_N(a, char, 70000) ? buf_to_arena(&b, a, &s) : ERR_NOMEM;
    buf_release(&b);
    arena_free(a);
    return e;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    fault_loop(use_memory);
}

static void test_names_of_errors(void **state)
{
    (void)state;
    for (int e = 0; e < ERR__COUNT; e++) ROW_CHECK("each has one", err_name((err)e) && *err_name((err)e) && !str_is(str_c(err_name((err)e)), "unknown"));
    ROW_STR("others too", str_c(err_name((err)99)), STR("unknown"));
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_arena_undoes_in_reverse),
        cmocka_unit_test(test_arena_texts),
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_str_int),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_str),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_first_fail_wins),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_names_of_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
