/* What a mistyped word was meant to be: distances, and what is too far away to be offered. */
#include "base/near.h"
#include "rows.h"

static const struct {
    const char *name, *a, *b;
    size_t distance;
} distances[] = {
    { "the same word", "listen", "listen", 0 },
    { "a letter too many", "lissten", "listen", 1 },
    { "one too few", "lisen", "listen", 1 },
    { "another letter", "lizten", "listen", 1 },
    { "neighbours exchanged", "litsen", "listen", 1 },
    { "at the beginning", "ilsten", "listen", 1 },
    { "at the end", "listne", "listen", 1 },
    { "nothing", "", "", 0 },
    { "nothing and a word", "", "abc", 3 },
    { "nothing in common", "abc", "xyz", 3 },
    { "a word inside another", "set", "settings", 5 },
};

static void test_distances(void **state)
{
    (void)state;
    static char long_one[NEAR_MAX + 2];
    for (size_t i = 0; i < COUNT_OF(distances); i++) {
        ROW_CHECK(distances[i].name, near_distance(str_c(distances[i].a), str_c(distances[i].b)) == distances[i].distance);
        ROW_CHECK(distances[i].name, near_distance(str_c(distances[i].b), str_c(distances[i].a)) == distances[i].distance);
    }
    memset(long_one, 'x', NEAR_MAX + 1);
    ROW_CHECK("a word that is too long is near nothing", near_distance(str_c(long_one), STR("x")) == SIZE_MAX);
    ROW_CHECK("one of the greatest length is not", near_distance((str){ long_one, NEAR_MAX }, STR("")) == NEAR_MAX);
    ROWS_END();
}

static const struct {
    const char *word, *meant; /* NULL: nothing */
} offers[] = {
    { "lissten", "listen" }, { "dat", "data" }, { "thread", "threads" }, { "x", NULL },
    { "elephant", NULL },    { "", NULL },      { "da", NULL },          { "threats", "threads" },
};

static void test_offers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        struct near n = NEAR(str_c(offers[i].word));
        near_offer(&n, "data");
        near_offer(&n, "listen");
        near_offer(&n, "threads");
        ROW_STR(offers[i].word, str_c(near_best(&n)), str_c(offers[i].meant));
    }
    struct near none = NEAR(STR("word")), same = NEAR(STR("ac"));
    ROW_CHECK("without candidates there is nothing", near_best(&none) == NULL);
    near_offer(&same, "ab");
    near_offer(&same, "ad");
    ROW_CHECK("of equals the first is kept", str_is(str_c(near_best(&same)), "ab"));
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_distances), cmocka_unit_test(test_offers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
