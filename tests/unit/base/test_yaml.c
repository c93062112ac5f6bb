/* YAML: what scalars mean (language specification 1.2), structure, bounds, places of errors. */
#include "base/buf.h"
#include "base/yaml.h"
#include "rows.h"
#include <math.h>

static const char *const kinds[] = { "null", "bool", "int", "float", "str", "date", "datetime", "seq", "map" };

/* A value in words: "int 10", "str yes", "seq 2". */
static str words(struct arena *a, const struct yaml_node *n)
{
    str out = STR("out of memory");
    err e = ERR_OK;
    switch (n->kind) {
    case YAML_NULL: return STR("null");
    case YAML_BOOL: return n->b ? STR("bool true") : STR("bool false");
    case YAML_INT:
        if (n->big)
            e = arena_printf(a, &out, "big " STR_FMT, STR_ARG(n->text));
        else
            e = arena_printf(a, &out, "int %lld", (long long)n->i);
        break;
    case YAML_FLOAT: e = isnan(n->f) ? arena_str(a, STR("float nan"), &out) : arena_printf(a, &out, "float %.17g", n->f); break;
    case YAML_STR: e = arena_printf(a, &out, "str " STR_FMT, STR_ARG(n->text)); break;
    case YAML_DATE: e = arena_printf(a, &out, "date %d-%d-%d", n->t.year, n->t.month, n->t.day); break;
    case YAML_DATETIME:
        e = arena_printf(a, &out, "datetime %d-%d-%d %d:%d:%d.%d", n->t.year, n->t.month, n->t.day, n->t.hour, n->t.minute, n->t.second, n->t.micro);
        break;
    case YAML_SEQ:
    case YAML_MAP: e = arena_printf(a, &out, "%s %zu", kinds[n->kind], n->n); break;
    }
    return e ? STR("out of memory") : out;
}

static const struct {
    const char *text, *want; /* language 1.2 */
} scalars[] = {
    { "true", "bool true" },
    { "True", "bool true" },
    { "TRUE", "bool true" },
    { "false", "bool false" },
    { "False", "bool false" },
    { "FALSE", "bool false" },
    { "tRUE", "str tRUE" },
    { "yes", "str yes" },
    { "Yes", "str Yes" },
    { "no", "str no" },
    { "No", "str No" },
    { "on", "str on" },
    { "off", "str off" },
    { "y", "str y" },
    { "n", "str n" },
    { "null", "null" },
    { "Null", "null" },
    { "NULL", "null" },
    { "~", "null" },
    { "", "null" },
    { "nULL", "str nULL" },
    { "010", "int 10" },
    { "007", "int 7" },
    { "-010", "int -10" },
    { "+5", "int 5" },
    { "0", "int 0" },
    { "0o10", "int 8" },
    { "0x1F", "int 31" },
    { "0b11", "int 3" },
    { "-0x10", "int -16" },
    { "0o8", "str 0o8" },
    { "0b2", "str 0b2" },
    { "0xg", "str 0xg" },
    { "0x", "str 0x" },
    { "0x_", "str 0x_" },
    { "0X1F", "str 0X1F" },
    { "1_000", "int 1000" },
    { "_1", "str _1" },
    { "1__0_", "int 10" },
    { "9223372036854775807", "int 9223372036854775807" },
    { "-9223372036854775808", "int -9223372036854775808" },
    { "9223372036854775808", "big 9223372036854775808" },
    { "-9_223372036854775809", "big -9223372036854775809" },
    { "0xffffffffffffffffffff", "big 1208925819614629174706175" },
    { "1e3", "float 1000" },
    { "12e03", "float 12000" },
    { ".5", "float 0.5" },
    { "1.", "float 1" },
    { "-.5", "float -0.5" },
    { "1.5e-3", "float 0.0015" },
    { "1_0.2_5", "float 10.25" },
    { "1e", "str 1e" },
    { "1e+", "str 1e+" },
    { ".", "str ." },
    { "._5", "str ._5" },
    { "1.2.3", "str 1.2.3" },
    { "+", "str +" },
    { "e5", "str e5" },
    { "12:30", "str 12:30" },
    { "12:30:45", "str 12:30:45" },
    { "1,000", "str 1,000" },
    { "2020-01-02", "date 2020-1-2" },
    { "2020-1-2", "str 2020-1-2" },
    { "2020-01-02x", "str 2020-01-02x" },
    { "20200-01-02", "str 20200-01-02" },
    { "2020-01-02 10:00:00", "datetime 2020-1-2 10:0:0.0" },
    { "2020-01-02T10:00:00Z", "datetime 2020-1-2 10:0:0.0" },
    { "2020-01-02t10:00:00.25", "datetime 2020-1-2 10:0:0.250000" },
    { "2020-01-02 10:00:00.1234567", "datetime 2020-1-2 10:0:0.123456" },
    { "2020-01-01 01:00:00 +02:30", "datetime 2019-12-31 22:30:0.0" },
    { "2019-12-31 23:00:00 -5", "datetime 2020-1-1 4:0:0.0" },
    { "2020-02-29 12:00:00 +01", "datetime 2020-2-29 11:0:0.0" },
    { "2020-01-02 10:00", "str 2020-01-02 10:00" },
    { ".inf", "float inf" },
    { "-.INF", "float -inf" },
    { "+.Inf", "float inf" },
    { ".NaN", "float nan" },
    { ".nan", "float nan" },
    { "-.nan", "str -.nan" },
    { "inf", "str inf" },
    { "\"true\"", "str true" },
    { "'5'", "str 5" },
    { "\"\\x41\\u00e9\\n\"", "str A\xC3\xA9\n" },
    { "!!str 5", "str 5" },
    { "!!int \"7\"", "int 7" },
    { "!!float 3", "float 3" },
    { "! yes", "str yes" },
    { "!!null ''", "null" },
    { "word # a comment", "str word" },
    { "a#b", "str a#b" },
    { "==", "str ==" },
    { "<<", "str <<" },
    { "|\n  one\n  two\n", "str one\ntwo\n" },
    { "|-\n  one\n", "str one" },
    { "|+\n  one\n\n", "str one\n\n" },
    { ">\n  one\n  two\n", "str one two\n" },
    { "5\n  6", "str 5 6" },
};

static void test_scalars(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scalars); i++) {
        struct arena *a = arena_new(1 << 20);
        struct yaml_node *root = NULL;
        struct yaml_error bad = { 0 };
        str text = STR_NULL;
        assert_int_equal(arena_printf(a, &text, "k: %s", scalars[i].text), ERR_OK);
        ROW_CHECK(scalars[i].text, yaml_read(a, text, 1, &root, &bad) == ERR_OK);
        const struct yaml_node *v = yaml_get(root, "k");
        ROW_CHECK(scalars[i].text, v != NULL);
        if (v) ROW_STR(scalars[i].text, words(a, v), str_c(scalars[i].want));
        arena_free(a);
    }
    ROWS_END();
}

static const struct {
    const char *name;
    str text;
    err want;
    unsigned line, column; /* the text starts on line 10 */
    const char *part;      /* of the error text */
} refused[] = {
    { "a lone equals sign", STR("a: ="), ERR_INPUT, 10, 4, "tag:yaml.org,2002:value" },
    { "a key twice", STR("a: 1\nb: 2\na: 3\n"), ERR_INPUT, 12, 1, "DuplicateKeyError" },
    { "the duplicate that comes first is named", STR("a: 1\nb: 2\nb: 3\na: 4\n"), ERR_INPUT, 12, 1, "\"b\"" },
    { "true and 1 are one key", STR("{true: a, 1: b}"), ERR_INPUT, 10, 11, "DuplicateKeyError" },
    { "1 and 1.0 are one key", STR("{1.0: a, 1: b}"), ERR_INPUT, 10, 10, "DuplicateKeyError" },
    { "nothing twice", STR("{~: a, null: b}"), ERR_INPUT, 10, 8, "DuplicateKeyError" },
    { "a date twice", STR("{2020-01-02: a, 2020-01-02: b}"), ERR_INPUT, 10, 17, "DuplicateKeyError" },
    { "one moment in two zones", STR("{2020-01-02 10:00:00 +01:00: a, 2020-01-02 09:00:00: b}"), ERR_INPUT, 10, 33, "DuplicateKeyError" },
    { "two merge keys", STR("<<: {a: 1}\n<<: {b: 1}\n"), ERR_INPUT, 11, 1, "DuplicateKeyError" },
    { "a list as key", STR("{[a]: 1}"), ERR_INPUT, 10, 2, "unhashable" },
    { "two colons", STR("a: x: y"), ERR_INPUT, 10, 5, "mapping values are not allowed" },
    { "a plain scalar with @", STR("a: @b"), ERR_INPUT, 10, 4, "cannot start any token" },
    { "a plain scalar with a backquote", STR("a: `b`"), ERR_INPUT, 10, 4, "cannot start any token" },
    { "a Python tag", STR("a: !!python/name:os.system x"), ERR_INPUT, 10, 4, "tag:yaml.org,2002:python/name:os.system" },
    { "a tag of one's own", STR("a: !mine x"), ERR_INPUT, 10, 4, "constructor" },
    { "a tagged list", STR("a: !mine [x]"), ERR_INPUT, 10, 4, "constructor" },
    { "a tagged map", STR("a: !!set {x}"), ERR_INPUT, 10, 4, "constructor" },
    { "a number tag on a word", STR("a: !!int x"), ERR_INPUT, 10, 4, "does not fit" },
    { "the 30th of February", STR("a: 2020-02-30"), ERR_INPUT, 10, 4, "day is out of range for month" },
    { "month 13", STR("a: 2020-13-01"), ERR_INPUT, 10, 4, "month must be in 1..12" },
    { "hour 24", STR("a: 2020-01-01 24:00:00"), ERR_INPUT, 10, 4, "hour must be in 0..23" },
    { "before the year 1 in UTC", STR("a: 0001-01-01 00:00:00 +01:00"), ERR_INPUT, 10, 4, "out of range" },
    { "an unknown alias", STR("a: *b"), ERR_INPUT, 10, 4, "undefined alias" },
    { "an alias inside its anchor", STR("&a [*a]"), ERR_INPUT, 10, 5, "inside its own anchor" },
    { "merging a word", STR("<<: word"), ERR_INPUT, 10, 1, "expected a mapping" },
    { "merging a list of words", STR("<<: [word]"), ERR_INPUT, 10, 1, "expected a mapping" },
    { "two documents", STR("--- a\n--- b\n"), ERR_INPUT, 11, 1, "single document" },
    { "an open quote", STR("a: \"b"), ERR_INPUT, 10, 6, "end of stream" },
    { "an open bracket", STR("a: [b"), ERR_INPUT, 11, 1, "expected ',' or ']'" },
    { "a control character", STR("a: \001"), ERR_INPUT, 10, 1, "control characters" },
    { "bytes that are not UTF-8", STR("a: b\nc: \xFF"), ERR_INPUT, 11, 4, "UTF-8" },
    { "a tab as indentation", STR("a:\n\tb: 1"), ERR_INPUT, 11, 1, "cannot start any token" },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena *a = arena_new(1 << 20);
        struct yaml_node *root = NULL;
        struct yaml_error bad = { 0 };
        const char *name = refused[i].name;
        ROW_CHECK(name, yaml_read(a, refused[i].text, 10, &root, &bad) == refused[i].want);
        ROW_CHECK(name, root == NULL);
        ROW_CHECK(name, bad.line == refused[i].line);
        ROW_CHECK(name, bad.column == refused[i].column);
        if (str_search(bad.text, str_c(refused[i].part)) == bad.text.n) ROW_STR(name, bad.text, str_c(refused[i].part));
        ROW_CHECK(name, yaml_read(a, refused[i].text, 10, &root, NULL) == refused[i].want);
        arena_free(a);
    }
    ROWS_END();
}

static struct yaml_node *must_read(struct arena *a, str text)
{
    struct yaml_node *root = NULL;
    struct yaml_error bad = { 0 };
    err e = yaml_read(a, text, 1, &root, &bad);
    if (e) print_error("%s at %u:%u: %.*s\n", err_name(e), bad.line, bad.column, STR_ARG(bad.text));
    assert_int_equal(e, ERR_OK);
    return root;
}

static void test_nothing_in_it(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    assert_null(must_read(a, STR("")));
    assert_null(must_read(a, STR("# only a comment\n")));
    assert_null(must_read(a, STR("---\n")));
    ROW_STR("a tilde is a document", words(a, must_read(a, STR("~"))), STR("null"));

    arena_free(a);
    ROWS_END();
}

static void test_order_marks_and_lookup(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const struct yaml_node *n = must_read(a, STR("b: 1\na:\n  - x\n  - {k: v}\nYes: true\n5: five\n"));
    ROW_STR("order of the file", words(a, n->items[0]), STR("str b"));
    ROW_CHECK("marks of a nested map", yaml_get(n, "a")->items[1]->line == 4 && yaml_get(n, "a")->items[1]->column == 5);
    ROW_STR("a word as key", words(a, yaml_get(n, "Yes")), STR("bool true"));
    ROW_CHECK("only texts are looked up", yaml_get(n, "5") == NULL && yaml_get(n, "none") == NULL && yaml_get(yaml_get(n, "b"), "x") == NULL);
    ROW_CHECK("plain is noted", n->items[0]->plain && !must_read(a, STR("'x'"))->plain && !must_read(a, STR("|\n x\n"))->plain);
    ROW_STR("a byte order mark is skipped",
            words(a, yaml_get(must_read(a, STR("\xEF\xBB\xBF"
                                               "a: 1")),
                              "a")),
            STR("int 1"));
    arena_free(a);
    ROWS_END();
}

/* The map in words: "a=int 1 b=str x". */
static str pairs(struct arena *a, const struct yaml_node *n)
{
    struct buf b = BUF(4096);
    str out = STR_NULL;
    for (size_t i = 0; i < n->n; i++) {
        if (i) buf_char(&b, ' ');
        buf_add(&b, n->items[2 * i]->text);
        buf_char(&b, '=');
        buf_add(&b, words(a, n->items[2 * i + 1]));
    }
    assert_int_equal(buf_to_arena(&b, a, &out), ERR_OK);
    return out;
}

static void test_aliases_and_merges(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const struct yaml_node *n = must_read(a, STR("one: &o {x: 1, y: 2}\n"
                                                 "two: &t {y: 3, z: 4}\n"
                                                 "again: *o\n"
                                                 "merged: {w: 0, <<: *o, y: 9}\n"
                                                 "both: {<<: [*t, *o], v: 5}\n"
                                                 "quoted: {'<<': *o}\n"
                                                 "late: &o 7\n"
                                                 "last: *o\n"));
    ROW_CHECK("an alias is the same node", yaml_get(n, "again") == yaml_get(n, "one"));
    ROW_STR("own keys beat merged ones, merged stand first", pairs(a, yaml_get(n, "merged")), STR("x=int 1 y=int 9 w=int 0"));
    ROW_STR("of several sources the first wins", pairs(a, yaml_get(n, "both")), STR("y=int 3 z=int 4 x=int 1 v=int 5"));
    ROW_STR("a quoted << is a key like others", pairs(a, yaml_get(n, "quoted")), STR("<<=map 2"));
    ROW_STR("an anchor may be set again", words(a, yaml_get(n, "last")), STR("int 7"));
    ROW_STR("a merge of nothing", pairs(a, must_read(a, STR("{<<: {}, a: 1}"))), STR("a=int 1"));
    arena_free(a);
    ROWS_END();
}

static void test_bounds(void **state)
{
    (void)state;
    struct arena *a = arena_new(64 << 20);
    struct buf b = BUF(1 << 20);
    struct yaml_node *root = NULL;
    struct yaml_error bad;
    for (int i = 0; i < YAML_DEPTH_MAX; i++) buf_char(&b, '[');
    for (int i = 0; i < YAML_DEPTH_MAX; i++) buf_char(&b, ']');
    ROW_CHECK("a hundred levels", yaml_read(a, buf_str(&b), 1, &root, &bad) == ERR_OK);
    buf_clear(&b);
    for (int i = 0; i < 5000; i++) buf_char(&b, '[');
    ROW_CHECK("five thousand are too many", yaml_read(a, buf_str(&b), 1, &root, &bad) == ERR_LIMIT);
    ROW_STR("and it says so", bad.text, STR("nested too deep"));

    buf_clear(&b);
    buf_z(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 8; i++)
        buf_printf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
                   i - 1, i - 1);
    ROW_CHECK("a billion laughs", yaml_read(a, buf_str(&b), 1, &root, &bad) == ERR_LIMIT);
    ROW_STR("are too many", bad.text, STR("too many values"));

    buf_clear(&b);
    buf_z(&b, "a0: &a0 [x]\n");
    for (int i = 1; i < 200; i++) buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    ROW_CHECK("depth counts through aliases", yaml_read(a, buf_str(&b), 1, &root, &bad) == ERR_LIMIT);
    ROW_STR("as depth", bad.text, STR("nested too deep"));

    buf_clear(&b);
    for (int i = 0; i < 4400; i++) buf_char(&b, '9');
    ROW_CHECK("4,400 digits", yaml_read(a, buf_str(&b), 1, &root, &bad) == ERR_INPUT);
    ROW_CHECK("4,300 digits", yaml_read(a, str_head(buf_str(&b), 4300), 1, &root, &bad) == ERR_OK && root->big && root->text.n == 4300);

    struct arena *small = arena_new(8192);
    buf_clear(&b);
    for (int i = 0; i < 1000; i++) buf_z(&b, "- x\n");
    ROW_CHECK("the arena's ceiling", yaml_read(small, buf_str(&b), 1, &root, &bad) == ERR_NOMEM);
    arena_free(small);
    buf_release(&b);
    arena_free(a);
    ROWS_END();
}

static err read_all_kinds(void)
{
    struct arena *a = arena_new(1 << 16);
    if (!a) return ERR_NOMEM;
    struct yaml_node *root;
    struct yaml_error bad;
    err e = yaml_read(a, STR("a: &a {x: 1, y: [2.5, ~, 2020-01-02]}\nb: {<<: *a, z: 99999999999999999999}\n"), 1, &root, &bad);
    arena_free(a);
    return e;
}

static err read_wrong(void)
{
    struct arena *a = arena_new(1 << 16);
    if (!a) return ERR_NOMEM;
    struct yaml_node *root;
    struct yaml_error bad;
    err e = yaml_read(a, STR("a: 1\na: !!python/x 2\n"), 1, &root, &bad);
    arena_free(a);
    return e == ERR_INPUT ? ERR_OK : e;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    fault_loop(read_all_kinds);
    fault_loop(read_wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_in_it),
        cmocka_unit_test(test_order_marks_and_lookup),
        cmocka_unit_test(test_aliases_and_merges),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
