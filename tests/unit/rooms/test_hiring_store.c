/* tests/unit/rooms/test_hiring_store.c: how long a revoked token is remembered, and how often a key may be used. On either engine. */
#include "../store/rig.h"
#include "auth/auth.h"
#include "rooms/hiring/hiring_int.h"

static const struct query account = { .in = "",
                                      .sql =
                                          "INSERT INTO account (id, number, scope, email, email_norm, display_name, first_name, last_name, locale, timezone, "
                                          "active, superuser, staff, created_at_ms, epoch) VALUES ('u', 1, '00000000-0000-0000-0000-000000000000', "
                                          "'u@example.com', 'u@example.com', '', '', '', '', '', 1, 0, 0, 1, 1)" };

struct token {
    const char *jti;
    int64_t expires_at_ms;
    bool known, revoked;
};

static err put_account(struct call *c) { return db_run(c, &account); }

static err run_revoke(struct call *c)
{
    const struct token *t = c->state;
    return hiring_token_revoke(c, str_c(t->jti), STR("u"), t->expires_at_ms);
}

static err run_find(struct call *c)
{
    struct token *t = c->state;
    struct user *u;
    TRY(hiring_user_find(c, STR("u"), str_c(t->jti), &u, &t->revoked));
    t->known = u != NULL;
    return ERR_OK;
}

static void revoke(struct rig *r, const char *jti, int64_t expires_at_ms, int64_t now_ms)
{
    struct token t = { .jti = jti, .expires_at_ms = expires_at_ms };
    r->c.state = &t;
    r->c.now_ms = now_ms;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, run_revoke), ERR_OK);
}

static bool is_revoked(struct rig *r, const char *jti)
{
    struct token t = { .jti = jti };
    r->c.state = &t;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, run_find), ERR_OK);
    assert_true(t.known);
    return t.revoked;
}

static void migrate(struct rig *r)
{
    struct migration all[32];
    size_t n = 0;
    str why = STR_NULL;
    for (size_t i = 0; i < auth_migrations_n; i++) all[n++] = auth_migrations[i];
    for (size_t i = 0; i < hiring_migrations_n; i++) all[n++] = hiring_migrations[i];
    assert_int_equal(store_migrate(r->s, r->a, all, n, &why), ERR_OK);
}

/* A server whose clock is ahead ends another token: the first stays dead for those to whom it has not expired. */
static void remembered_beyond_expiry(void **state)
{
    enum { EXPIRES = 5000, HOUR = 3600 * 1000 };
    struct rig *r = *state;
    migrate(r);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, put_account), ERR_OK);
    revoke(r, "first", EXPIRES, 1000);
    assert_true(is_revoked(r, "first"));
    assert_false(is_revoked(r, "another"));
    revoke(r, "second", (int64_t)EXPIRES + 2 * HOUR, (int64_t)EXPIRES + HOUR);
    assert_true(is_revoked(r, "first"));
    revoke(r, "third", (int64_t)EXPIRES + 2 * HOUR, (int64_t)EXPIRES + HOUR + 1);
    assert_false(is_revoked(r, "first"));
    assert_true(is_revoked(r, "second") && is_revoked(r, "third"));
}

static int64_t use_at(struct hiring *h, int64_t now_ms)
{
    int64_t wait_s;
    assert_int_equal(hiring_usage_count(h, STR("01a22a64-f363-7383-bfc5-df52590f2706"), now_ms, &wait_s), ERR_OK);
    return wait_s;
}

/* Requests side by side read the clock in one order and are counted in another; a clock that is set back is another thing. */
static void a_minute_is_a_minute(void **state)
{
    enum { HOUR = 3600 * 1000 };
    const int64_t noon = INT64_C(1800000000000);
    struct rig *r = *state;
    struct hiring h = { .o = { .store = r->s, .key_per_minute = 2 } };
    migrate(r);
    assert_int_equal(hiring_usage_new(&h), ERR_OK);
    assert_int_equal(use_at(&h, noon), 0);
    assert_int_equal(use_at(&h, noon - 10), 0);
    assert_int_equal(use_at(&h, noon - 20), 61);
    assert_int_equal(use_at(&h, noon + 59999), 1);
    assert_int_equal(use_at(&h, noon + 60000), 0);
    assert_int_equal(use_at(&h, noon - HOUR), 0);
    assert_int_equal(use_at(&h, noon - HOUR), 0);
    assert_int_equal(use_at(&h, noon - HOUR), 60);
    hiring_usage_free(&h);
}

static int run_all(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(remembered_beyond_expiry, rig_setup_bare, rig_teardown),
                                        cmocka_unit_test_setup_teardown(a_minute_is_a_minute, rig_setup_bare, rig_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    int failed = run_all();
    if (!rig_pg_start()) return failed;
    rig_pg = true;
    failed += run_all();
    rig_pg_stop();
    return failed;
}
