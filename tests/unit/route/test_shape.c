/* tests/unit/route/test_shape.c: reading bodies and parameters strictly and loosely, and writing replies. Spec: docassemble-api 2.4, 2.5, 2.6. */
#include "route/route_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

struct inner {
    str word;
    int64_t count;
    bool count_given;
};
struct outer {
    str text;
    int64_t number;
    double real;
    bool yes;
    enum flag flag;
    struct any any;
    struct inner inner;
    struct list words, numbers, inners;
    bool number_given, real_given, yes_given, inner_given, words_given, numbers_given;
};

static const struct shape short_text = { .kind = K_TEXT, .limited = true, .min = 1, .max = 3 };
static const struct shape small = { .kind = K_INT, .limited = true, .min = -5, .max = 100 };
static const char *const colours[] = { "red", "green", NULL };
static const struct shape colour = { .kind = K_TEXT, .values = colours };
static const struct field inner_fields[] = {
    FIELD(struct inner, word, "word", &short_text, .need = true),
    FIELD(struct inner, count, "count", &small, .given = offsetof(struct inner, count_given)),
};
static const struct shape inner = OBJECT(struct inner, "Inner", inner_fields);
static const struct shape words = { .kind = K_ARRAY, .of = &short_text, .limited = true, .max = 2 }, numbers = { .kind = K_ARRAY, .of = &shape_int },
                          inners = { .kind = K_ARRAY, .of = &inner }, map = { .kind = K_MAP, .of = &shape_int },
                          text_null = { .kind = K_TEXT, .nullable = true };
static const struct shape *const int_or_words[] = { &shape_int, &words, NULL };
static const struct shape either = { .kind = K_ONE_OF, .options = int_or_words };
#define GIVEN(m) .given = offsetof(struct outer, m##_given)
static const struct field outer_fields[] = {
    FIELD(struct outer, text, "text", &shape_text, .also = "alias"),
    FIELD(struct outer, number, "number", &small, GIVEN(number)),
    FIELD(struct outer, real, "real", &shape_num, GIVEN(real)),
    FIELD(struct outer, yes, "yes", &shape_bool, GIVEN(yes)),
    FIELD(struct outer, flag, "flag", &shape_bool),
    FIELD(struct outer, any, "any", &shape_any),
    FIELD(struct outer, inner, "inner", &inner, GIVEN(inner)),
    FIELD(struct outer, words, "words", &words, GIVEN(words)),
    FIELD(struct outer, numbers, "numbers", &numbers, GIVEN(numbers)),
    FIELD(struct outer, inners, "inners", &inners),
    DOC_FIELD("colour", &colour),
    DOC_FIELD("map", &map),
    DOC_FIELD("either", &either),
    DOC_FIELD("null/able", &text_null),
};
static const struct shape outer = OBJECT(struct outer, "Outer", outer_fields);

static const struct json_rules rules = { 0 };

/* Strict: what is refused, and where */

static const struct {
    const char *name, *json;
    err want;
    const char *where;
} judged[] = {
    { "an empty object lacks nothing that is required", "{}", ERR_OK, "" },
    { "unknown members are ignored", "{\"who\":[1,{}]}", ERR_OK, "" },
    { "an array is no object", "[]", ERR_INPUT, "" },
    { "text that is not JSON has no place", "{\"text\":}", ERR_INPUT, "" },
    { "a number is no text", "{\"text\":1}", ERR_INPUT, "/text" },
    { "a wrong value under the second name is reported under the first", "{\"alias\":1}", ERR_INPUT, "/text" },
    { "null counts as absent", "{\"text\":null,\"number\":null}", ERR_OK, "" },
    { "null is fine where the shape says so", "{\"null/able\":null}", ERR_OK, "" },
    { "slashes in names are escaped in the pointer", "{\"null/able\":7}", ERR_INPUT, "/null~1able" },
    { "a text is no integer", "{\"number\":\"1\"}", ERR_INPUT, "/number" },
    { "a fraction is no integer", "{\"number\":1.5}", ERR_INPUT, "/number" },
    { "an integer below its minimum", "{\"number\":-6}", ERR_INPUT, "/number" },
    { "an integer at its maximum", "{\"number\":100}", ERR_OK, "" },
    { "an integer above its maximum", "{\"number\":101}", ERR_INPUT, "/number" },
    { "an integer that no machine holds", "{\"number\":99999999999999999999}", ERR_INPUT, "/number" },
    { "an integer is a number", "{\"real\":3}", ERR_OK, "" },
    { "a text is no number", "{\"real\":\"3\"}", ERR_INPUT, "/real" },
    { "1 is not true", "{\"yes\":1}", ERR_INPUT, "/yes" },
    { "anything goes where anything may", "{\"any\":[null,{\"a\":1e3}]}", ERR_OK, "" },
    { "a required member of a member", "{\"inner\":{}}", ERR_INPUT, "/inner/word" },
    { "null is not enough for a required member", "{\"inner\":{\"word\":null}}", ERR_INPUT, "/inner/word" },
    { "an empty text is too short", "{\"inner\":{\"word\":\"\"}}", ERR_INPUT, "/inner/word" },
    { "length counts code points", "{\"inner\":{\"word\":\"äöü\"}}", ERR_OK, "" },
    { "four are too many", "{\"inner\":{\"word\":\"äöüß\"}}", ERR_INPUT, "/inner/word" },
    { "an object is no list", "{\"words\":{}}", ERR_INPUT, "/words" },
    { "the second item is named by its index", "{\"words\":[\"a\",7]}", ERR_INPUT, "/words/1" },
    { "commas and brackets inside texts are not structure", "{\"words\":[\",]\",\"\\\"[\"]}", ERR_OK, "" },
    { "too many items", "{\"words\":[\"a\",\"b\",\"c\"]}", ERR_INPUT, "/words" },
    { "a wrong member deep inside a list", "{\"inners\":[{\"word\":\"a\"},{\"word\":\"b\",\"count\":true}]}", ERR_INPUT, "/inners/1/count" },
    { "a value of the list of allowed ones", "{\"colour\":\"green\"}", ERR_OK, "" },
    { "a value beside it", "{\"colour\":\"Green\"}", ERR_INPUT, "/colour" },
    { "each value of a map is checked", "{\"map\":{\"a\":1,\"b\":\"x\"}}", ERR_INPUT, "/map/b" },
    { "the first alternative fits", "{\"either\":5}", ERR_OK, "" },
    { "the second alternative fits", "{\"either\":[\"a\"]}", ERR_OK, "" },
    { "no alternative fits: the whole is named", "{\"either\":[5]}", ERR_INPUT, "/either" },
    { "of a repeated member the last one counts", "{\"number\":\"x\",\"number\":5}", ERR_OK, "" },
};

static void strict_bodies_are_judged(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(judged); i++) {
        struct call c = { .mem = arena_new(1 << 20) };
        struct outer out = { 0 };
        err e = shape_read(&c, &outer, str_c(judged[i].json), &rules, false, &out);
        if (e != judged[i].want || !str_is(c.why.where, judged[i].where) || (e == ERR_INPUT) != (c.why.text.n > 0))
            wrong++, print_error("%s: %s at '" STR_FMT "': " STR_FMT "\n", judged[i].name, err_name(e), STR_ARG(c.why.where), STR_ARG(c.why.text));
        arena_free(c.mem);
    }
    assert_int_equal(wrong, 0);
}

/* Loose: what each spelling becomes, shown by writing it back */

static const struct {
    const char *name, *json, *want; /* members in table order */
} converted[] = {
    { "nothing gives nothing", "{}", "{\"inners\":[]}" },
    { "a number where text is wanted is its JSON text", "{\"text\":1.50}", "{\"text\":\"1.50\",\"inners\":[]}" },
    { "true where text is wanted", "{\"text\":true}", "{\"text\":\"true\",\"inners\":[]}" },
    { "null where text is wanted is absent", "{\"text\":null}", "{\"inners\":[]}" },
    { "the second name counts when the first is absent", "{\"alias\":\"x\"}", "{\"text\":\"x\",\"inners\":[]}" },
    { "escapes are decoded", "{\"text\":\"\\u00e9\\n\"}", "{\"text\":\"é\\n\",\"inners\":[]}" },
    { "a fraction is cut off", "{\"number\":7.9}", "{\"number\":7,\"inners\":[]}" },
    { "also below zero", "{\"number\":-7.9}", "{\"number\":-7,\"inners\":[]}" },
    { "an exponent is a number too", "{\"number\":12e1}", "{\"number\":120,\"inners\":[]}" },
    { "a text with sign and blanks is an integer", "{\"number\":\" +42 \"}", "{\"number\":42,\"inners\":[]}" },
    { "a text with a fraction is not", "{\"number\":\"4.2\"}", "{\"inners\":[]}" },
    { "beyond 64 bits counts as absent", "{\"number\":1e30}", "{\"inners\":[]}" },
    { "limits are not judged", "{\"number\":101,\"words\":[\"long enough\"]}", "{\"number\":101,\"words\":[\"long enough\"],\"inners\":[]}" },
    { "a number as text", "{\"real\":\"2.5\"}", "{\"real\":2.5,\"inners\":[]}" },
    { "hexadecimal is no number", "{\"real\":\"0x10\"}", "{\"inners\":[]}" },
    { "flag: false", "{\"flag\":false}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: null is false", "{\"flag\":null}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: zero is false", "{\"flag\":0.0}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: minus zero is false", "{\"flag\":-0}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: the text 0 with blanks is false", "{\"flag\":\" 0 \"}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: FALSE is false", "{\"flag\":\"FALSE\"}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: F is false", "{\"flag\":\"F\"}", "{\"flag\":false,\"inners\":[]}" },
    { "flag: the empty text is true", "{\"flag\":\"\"}", "{\"flag\":true,\"inners\":[]}" },
    { "flag: no is true", "{\"flag\":\"no\"}", "{\"flag\":true,\"inners\":[]}" },
    { "flag: a list is true", "{\"flag\":[]}", "{\"flag\":true,\"inners\":[]}" },
    { "flag: 0.0 as text is true", "{\"flag\":\"0.0\"}", "{\"flag\":true,\"inners\":[]}" },
    { "yes or no follow the same rule", "{\"yes\":\"f\"}", "{\"yes\":false,\"inners\":[]}" },
    { "anything stays the bytes it was", "{\"any\": [ 1.0,{\"b\" :1E2}] }", "{\"any\":[ 1.0,{\"b\" :1E2}],\"inners\":[]}" },
    { "a null is something", "{\"any\":null}", "{\"any\":null,\"inners\":[]}" },
    { "an object as it is", "{\"inner\":{\"word\":\"w\",\"count\":\"3\"}}", "{\"inner\":{\"word\":\"w\",\"count\":3},\"inners\":[]}" },
    { "an object as a text that holds JSON", "{\"inner\":\" {\\\"word\\\":\\\"w\\\"}\"}", "{\"inner\":{\"word\":\"w\"},\"inners\":[]}" },
    { "a text that holds no object counts as absent", "{\"inner\":\"[1]\"}", "{\"inners\":[]}" },
    { "a required member that is missing is written as null", "{\"inner\":{}}", "{\"inner\":{\"word\":null},\"inners\":[]}" },
    { "a list as it is", "{\"words\":[\"a\",1,null,\"b\"]}", "{\"words\":[\"a\",\"1\",\"b\"],\"inners\":[]}" },
    { "a list as a text that holds JSON", "{\"words\":\"[\\\"a\\\",\\\"b\\\"]\"}", "{\"words\":[\"a\",\"b\"],\"inners\":[]}" },
    { "items that do not convert are left out", "{\"numbers\":[1,\"x\",\" 2\"]}", "{\"numbers\":[1,2],\"inners\":[]}" },
    { "a list with blanks everywhere", "{\"numbers\" : [ 1 , 2 ] }", "{\"numbers\":[1,2],\"inners\":[]}" },
    { "an empty list with a blank", "{\"numbers\":[ ]}", "{\"numbers\":[],\"inners\":[]}" },
    { "a list of objects", "{\"inners\":[{\"word\":\"a\"},{\"word\":\"b\",\"count\":2}]}", "{\"inners\":[{\"word\":\"a\"},{\"word\":\"b\",\"count\":2}]}" },
    { "a text that is broken JSON counts as absent", "{\"words\":\"[1\"}", "{\"inners\":[]}" },
};

static str written(struct arena *a, const struct shape *s, const void *from, bool sorted)
{
    struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    str out = STR_NULL;
    shape_write(&w, s, from, sorted);
    assert_int_equal(buf_to_arena(&b, a, &out), ERR_OK);
    return out;
}

static void loose_bodies_are_converted(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(converted); i++) {
        struct call c = { .mem = arena_new(1 << 20) };
        struct outer out = { 0 };
        err e = shape_read(&c, &outer, str_c(converted[i].json), &rules, true, &out);
        str got = written(c.mem, &outer, &out, false);
        if (e != ERR_OK || !str_is(got, converted[i].want)) wrong++, print_error("%s: %s " STR_FMT "\n", converted[i].name, err_name(e), STR_ARG(got));
        arena_free(c.mem);
    }
    assert_int_equal(wrong, 0);
}

/* Parameters */

struct asked {
    str text;
    int64_t number;
    bool number_given;
    enum flag flag;
    struct any any;
    str header, cookie;
};
static const struct field query_fields[] = {
    FIELD(struct asked, text, "text", &shape_text, .need = true, .in = IN_QUERY),
    FIELD(struct asked, number, "number", &small, .given = offsetof(struct asked, number_given)),
    FIELD(struct asked, flag, "flag", &shape_bool),
    FIELD(struct asked, any, "any", &shape_any),
    FIELD(struct asked, header, "X-Word", &colour, .in = IN_HEADER),
    FIELD(struct asked, cookie, "biscuit", &shape_text, .in = IN_COOKIE),
};
static const struct shape query = OBJECT(struct asked, NULL, query_fields);

static const struct {
    const char *name, *query, *header, *cookie;
    bool loose;
    err want;
    const char *where;
    int64_t number; /* 0: not given */
    const char *text, *word, *biscuit;
} asked[] = {
    { "all there", "text=a%20b&number=7", "red", "biscuit=b", false, ERR_OK, "", 7, "a b", "red", "b" },
    { "a required one is missing", "number=7", NULL, NULL, false, ERR_INPUT, "text", 0, NULL, NULL, NULL },
    { "loose families do not mind", "number=7", NULL, NULL, true, ERR_OK, "", 7, NULL, NULL, NULL },
    { "an empty value is a value", "text=", NULL, NULL, false, ERR_OK, "", 0, "", NULL, NULL },
    { "the first of several counts", "text=a&text=b", NULL, NULL, true, ERR_OK, "", 0, "a", NULL, NULL },
    { "strict: not an integer", "text=a&number=x", NULL, NULL, false, ERR_INPUT, "number", 0, NULL, NULL, NULL },
    { "loose: not an integer is absent", "text=a&number=x", NULL, NULL, true, ERR_OK, "", 0, "a", NULL, NULL },
    { "a header is judged too", "text=a", "blue", NULL, false, ERR_INPUT, "X-Word", 0, NULL, NULL, NULL },
    { "a header is not looked for in the query", "text=a&X-Word=red", NULL, NULL, false, ERR_OK, "", 0, "a", NULL, NULL },
};

static void parameters_come_from_their_places(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct call c = { .mem = arena_new(1 << 20) };
        struct asked q = { 0 };
        struct header h[] = { { STR("x-word"), str_c(asked[i].header) }, { STR("Cookie"), str_c(asked[i].cookie) } };
        struct req rq = { .headers = asked[i].header ? h : h + 1, .n_headers = (asked[i].header ? 1U : 0U) + (asked[i].cookie ? 1U : 0U) };
        assert_int_equal(http_parse_query(c.mem, str_c(asked[i].query), 100, &rq.query), ERR_OK);
        err e = shape_read_request(&c, &query, &rq, asked[i].loose, &q);
        bool ok = e == asked[i].want && str_is(c.why.where, asked[i].where);
        if (ok && e == ERR_OK)
            ok = (q.number_given ? q.number : 0) == asked[i].number && str_eq(q.text, str_c(asked[i].text)) && str_eq(q.header, str_c(asked[i].word)) &&
                 str_eq(q.cookie, str_c(asked[i].biscuit)) && str_absent(q.text) == !asked[i].text;
        if (!ok) wrong++, print_error("%s: %s at '" STR_FMT "'\n", asked[i].name, err_name(e), STR_ARG(c.why.where));
        arena_free(c.mem);
    }
    assert_int_equal(wrong, 0);
}

static void a_form_value_that_is_anything_is_text(void **state)
{
    (void)state;
    struct call c = { .mem = arena_new(1 << 20) };
    struct asked q = { 0 };
    struct param p[] = { { STR("any"), STR("{\"a\":1}") } };
    const struct params params = { p, 1 };
    assert_int_equal(shape_read_params(&c, query_fields, COUNT_OF(query_fields), &params, true, &q), ERR_OK);
    assert_int_equal(q.any.kind, ANY_TEXT);
    assert_true(str_absent(q.any.json));
    assert_true(str_is(q.any.text, "{\"a\":1}"));
    arena_free(c.mem);
}

/* Writing */

static void members_are_sorted_when_the_family_wants_it(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct inner in[] = { { .word = STR("x"), .count = 1, .count_given = true } };
    const struct outer o = { .text = STR("t"), .flag = FLAG_FALSE, .inners = { in, 1 } };
    assert_true(str_is(written(a, &outer, &o, true), "{\"flag\":false,\"inners\":[{\"count\":1,\"word\":\"x\"}],\"text\":\"t\"}"));
    const struct list l = { in, 1 };
    assert_true(str_is(written(a, &inners, &l, false), "[{\"word\":\"x\",\"count\":1}]"));
    arena_free(a);
}

/* Start-up */

static const struct field text_as_int[] = { FIELD(struct inner, count, "word", &shape_text) }, int_as_text[] = { FIELD(struct inner, word, "n", &shape_int) },
                          no_shape[] = { FIELD(struct inner, word, "word", NULL) }, list_as_text[] = { FIELD(struct outer, words, "w", &shape_text) },
                          far_away[] = { FIELD(struct outer, inners, "w", &inners) };
static const struct {
    const char *name;
    struct shape shape;
    bool loose;
    err want;
} tables[] = {
    { "a table that fits", { .kind = K_OBJECT, .fields = inner_fields, .n_fields = 2, .size = sizeof(struct inner) }, false, ERR_OK },
    { "a text kept in an integer", { .kind = K_OBJECT, .fields = text_as_int, .n_fields = 1, .size = sizeof(struct inner) }, false, ERR_INPUT },
    { "an integer kept as text", { .kind = K_OBJECT, .fields = int_as_text, .n_fields = 1, .size = sizeof(struct inner) }, false, ERR_INPUT },
    { "which a loose family may", { .kind = K_OBJECT, .fields = int_as_text, .n_fields = 1, .size = sizeof(struct inner) }, true, ERR_OK },
    { "a field without shape", { .kind = K_OBJECT, .fields = no_shape, .n_fields = 1, .size = sizeof(struct inner) }, true, ERR_INPUT },
    { "a list that is documented as text", { .kind = K_OBJECT, .fields = list_as_text, .n_fields = 1, .size = sizeof(struct outer) }, true, ERR_INPUT },
    { "limits that no text fits", { .kind = K_TEXT, .limited = true, .min = 1 }, true, ERR_INPUT },
    { "one text that fits", { .kind = K_TEXT, .limited = true, .min = 4, .max = 4 }, true, ERR_OK },
    { "no upper limit", { .kind = K_TEXT, .limited = true, .min = 1, .max = INT64_MAX }, true, ERR_OK },
    { "a field beyond its struct", { .kind = K_OBJECT, .fields = far_away, .n_fields = 1, .size = 8 }, true, ERR_INPUT },
};

static void tables_are_compared_with_their_structs(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        struct arena *a = arena_new(1 << 20);
        str why = STR("");
        err e = shape_verify(a, &tables[i].shape, "op", tables[i].loose, &why);
        if (e != tables[i].want || (e != ERR_OK && !why.n)) wrong++, print_error("%s: %s\n", tables[i].name, err_name(e));
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_bodies_are_judged),
        cmocka_unit_test(loose_bodies_are_converted),
        cmocka_unit_test(parameters_come_from_their_places),
        cmocka_unit_test(a_form_value_that_is_anything_is_text),
        cmocka_unit_test(members_are_sorted_when_the_family_wants_it),
        cmocka_unit_test(tables_are_compared_with_their_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
