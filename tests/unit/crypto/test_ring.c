/* Sealed secrets with key ids: opened by the right key, purpose and row only; older keys open, the current one seals. */
#include "../base/rows.h"
#include "crypto/ring.h"

static const uint8_t first[CRYPTO_KEY] = { 1 }, second[CRYPTO_KEY] = { 2 };

static err seal_and_open(void)
{
    struct ring r = { 0 };
    struct arena *a = arena_new(1 << 16);
    str sealed = STR_NULL, plain = STR_NULL;
    if (!a) return ERR_NOMEM;
    err e = ring_add(&r, first);
    if (e == ERR_OK) e = ring_seal(a, &r, "totp", STR("secret"), STR("row 1"), &sealed);
    if (e == ERR_OK) e = ring_open(a, &r, "totp", sealed, STR("row 1"), &plain);
    if (e == ERR_OK) ROW_STR("opened", plain, STR("secret"));
    arena_free(a);
    return e;
}

static void test_one_key(void **state)
{
    (void)state;
    struct ring r = { 0 };
    struct arena *a = arena_new(1 << 16);
    str sealed, out = STR_NULL;
    assert_non_null(a);
    ROW_CHECK("an empty ring seals nothing", ring_seal(a, &r, "totp", STR("x"), STR_NULL, &sealed) == ERR_NOT_FOUND);
    assert_int_equal(ring_add(&r, first), ERR_OK);
    ROW_CHECK("a key is added once", ring_add(&r, first) == ERR_CONFLICT && r.n == 1);
    assert_int_equal(ring_seal(a, &r, "totp", STR("secret"), STR("row 1"), &sealed), ERR_OK);
    ROW_CHECK("its length", sealed.n == 6 + RING_EXTRA && ring_is_current(&r, sealed));
    ROW_CHECK("another row", ring_open(a, &r, "totp", sealed, STR("row 2"), &out) == ERR_INPUT);
    ROW_CHECK("another purpose", ring_open(a, &r, "mail", sealed, STR("row 1"), &out) == ERR_INPUT);
    ROW_CHECK("cut off", ring_open(a, &r, "totp", str_head(sealed, sealed.n - 1), STR("row 1"), &out) == ERR_INPUT);
    ROW_CHECK("too short", ring_open(a, &r, "totp", str_head(sealed, RING_EXTRA - 1), STR("row 1"), &out) == ERR_INPUT);
    ROW_CHECK("empty", ring_open(a, &r, "totp", STR_NULL, STR("row 1"), &out) == ERR_INPUT);
    for (size_t i = 0; i < sealed.n; i++) {
        char copy[6 + RING_EXTRA];
        memcpy(copy, sealed.p, sealed.n);
        copy[i] = (char)(copy[i] ^ 1);
        ROW_CHECK("each byte counts", ring_open(a, &r, "totp", (str){ copy, sizeof copy }, STR("row 1"), &out) != ERR_OK);
    }
    ROW_CHECK("nothing was given out", str_absent(out));
    arena_free(a);
    ROWS_END();
}

static void test_two_keys(void **state)
{
    (void)state;
    struct ring before = { 0 }, during = { 0 }, after = { 0 };
    struct arena *a = arena_new(1 << 16);
    str old, new, out;
    assert_non_null(a);
    assert_int_equal(ring_add(&before, first) || ring_add(&during, second) || ring_add(&during, first) || ring_add(&after, second), ERR_OK);
    assert_int_equal(ring_seal(a, &before, "totp", STR("secret"), STR("r"), &old), ERR_OK);
    ROW_CHECK("what an earlier key sealed is opened", ring_open(a, &during, "totp", old, STR("r"), &out) == ERR_OK && str_is(out, "secret"));
    ROW_CHECK("and found to be old", !ring_is_current(&during, old));
    assert_int_equal(ring_seal(a, &during, "totp", out, STR("r"), &new), ERR_OK);
    ROW_CHECK("sealed again it is current", ring_is_current(&during, new) && ring_open(a, &after, "totp", new, STR("r"), &out) == ERR_OK);
    ROW_CHECK("a key that is gone opens nothing", ring_open(a, &after, "totp", old, STR("r"), &out) == ERR_NOT_FOUND);
    ring_wipe(&during);
    ROW_CHECK("wiped", during.n == 0);
    arena_free(a);
    ROWS_END();
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fault_loop(seal_and_open);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_one_key), cmocka_unit_test(test_two_keys), cmocka_unit_test(test_out_of_memory) };
    return crypto_init() != ERR_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
