/* The texts of tests/json/corpus.txt: read or refused as they should be, refused with Python's words at Python's place, and written again as expected. */
#include "base/json.h"
#include "rows.h"

enum { LINE = 1 << 16 };

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* \xNN and what is plain, in place. */
static str unescaped(char *field)
{
    size_t n = 0;
    for (size_t i = 0; field[i]; i++) {
        bool escape = field[i] == '\\' && field[i + 1] == 'x';
        field[n++] = escape ? (char)(hex(field[i + 2]) * 16 + hex(field[i + 3])) : field[i];
        i += escape ? 3 : 0;
    }
    return (str){ field, n };
}

static str next_field(char **rest)
{
    char *field = *rest;
    size_t n = strcspn(field, "\t\n");
    *rest = field + n + (field[n] != '\0');
    field[n] = '\0';
    return unescaped(field);
}

static void check_refused(const char *name, struct arena *a, str text, str expected)
{
    struct json_error bad = { 0 };
    json_t *tree = NULL;
    char said[200];
    ROW_CHECK(name, json_scan(text, NULL, &bad) == ERR_INPUT);
    ROW_CHECK(name, json_read(a, text, NULL, &tree, NULL) == ERR_INPUT && !tree);
    (void)snprintf(said, sizeof said, "%zu %s", bad.chars, bad.why ? bad.why : "");
    if (str_is(expected, "-"))
        ROW_STR(name, str_c(bad.why), STR("Invalid UTF-8"));
    else
        ROW_STR(name, str_c(said), expected);
}

static void check_accepted(const char *name, struct arena *a, str text, str expected)
{
    json_t *tree = NULL, *again = NULL;
    ROW_CHECK(name, json_scan(text, NULL, NULL) == ERR_OK);
    ROW_CHECK(name, json_read(a, text, NULL, &tree, NULL) == ERR_OK);
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    w.ascii = true;
    jw_json(&w, tree, true);
    ROW_CHECK(name, buf_ok(&b) == ERR_OK);
    if (!str_is(expected, "-")) ROW_STR(name, buf_str(&b), expected);
    /* Compared as texts: json_equal() stops at a NUL in a key. */
    CLEANUP(buf_release) struct buf twice = BUF(1 << 20);
    struct jw v = JW(&twice);
    v.ascii = true;
    ROW_CHECK(name, json_read(a, buf_str(&b), NULL, &again, NULL) == ERR_OK);
    jw_json(&v, again, true);
    ROW_STR(name, buf_str(&twice), buf_str(&b));
}

static void check_python_only(const char *name, struct arena *a, str text)
{
    const struct json_rules python = { .nan = true };
    json_t *tree = NULL;
    ROW_CHECK(name, json_scan(text, NULL, NULL) == ERR_INPUT);
    ROW_CHECK(name, json_scan(text, &python, NULL) == ERR_OK && json_read(a, text, &python, &tree, NULL) == ERR_OK);
}

static void check_too_deep(const char *name, str text)
{
    struct json_error bad = { 0 };
    const struct json_rules deep = { .depth = 1000 };
    ROW_CHECK(name, json_scan(text, NULL, &bad) == ERR_INPUT);
    ROW_STR(name, str_c(bad.why), STR("Nested too deep"));
    ROW_CHECK(name, json_scan(text, &deep, NULL) == ERR_OK);
}

static void every_text_has_its_verdict(void **state)
{
    static char line[LINE];
    size_t seen = 0;
    FILE *f = fopen(CORPUS, "re");
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct arena *a = arena_new(1 << 22);
        char *rest = line, name[200];
        str verdict = next_field(&rest), title = next_field(&rest), text = next_field(&rest), expected = next_field(&rest);
        (void)snprintf(name, sizeof name, STR_FMT, STR_ARG(title));
        switch (verdict.p[0]) {
        case '+': check_accepted(name, a, text, expected); break;
        case '-': check_refused(name, a, text, expected); break;
        case 'n': check_python_only(name, a, text); break;
        case 'd': check_too_deep(name, text); break;
        default: ROW_CHECK(name, false);
        }
        seen++;
        arena_free(a);
    }
    assert_int_equal(fclose(f), 0);
    ROW_CHECK("the corpus is whole", seen >= 600);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_text_has_its_verdict) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
