/* tests/unit/rooms/test_hiring_schema.c: a store of an older version becomes one of this: what was in it is in it, and the rules hold. On either engine. */
#include "../store/rig.h"
#include "auth/auth.h"
#include "rooms/hiring/hiring_int.h"

#define INTERVIEW                                                                                                                                    \
    "INSERT INTO hiring_interview (id, creator_id, title, candidate_name, candidate_email, position, status, room_name, room_state, created_at_ms, " \
    "updated_at_ms, version) VALUES ($1, 'u', 'Title', 'Jane', 'j@example.com', 'Engineer', $2, $3, $4, 1, 2, 7)"
#define EVENT "INSERT INTO hiring_livekit_event (id, interview_id, type, at_ms, summary) VALUES ($1, $2, 'room_started', 5, '{}')"

static const struct query account = { .in = "",
                                      .sql =
                                          "INSERT INTO account (id, number, scope, email, email_norm, display_name, first_name, last_name, locale, timezone, "
                                          "active, superuser, staff, created_at_ms, epoch) VALUES ('u', 1, '00000000-0000-0000-0000-000000000000', "
                                          "'u@example.com', 'u@example.com', '', '', '', '', '', 1, 0, 0, 1, 1)" };
static const struct query interview = { .in = "tttt", .sql = INTERVIEW };
static const struct query event = { .in = "tt", .sql = EVENT };
static const struct query both = {
    .in = "", .out = "titi", .sql = "SELECT i.title, i.version, e.id, e.at_ms FROM hiring_interview i JOIN hiring_livekit_event e ON e.interview_id = i.id"
};

struct row {
    const char *v[4];
};

static err run_interview(struct call *c)
{
    const struct row *r = c->state;
    return db_run(c, &interview, str_c(r->v[0]), str_c(r->v[1]), str_c(r->v[2]), str_c(r->v[3]));
}

static err put_interview(struct rig *r, const char *id, const char *status, const char *room, const char *room_state)
{
    struct row row = { { id, status, room, room_state } };
    r->c.state = &row;
    return store_do(r->s, &r->c, TX_WRITE, run_interview);
}

static err run_event(struct call *c)
{
    const struct row *r = c->state;
    return db_run(c, &event, str_c(r->v[0]), str_c(r->v[1]));
}

static err put_event(struct rig *r, const char *id, const char *interview_id)
{
    struct row row = { { id, interview_id } };
    r->c.state = &row;
    return store_do(r->s, &r->c, TX_WRITE, run_event);
}

static err put_account(struct call *c) { return db_run(c, &account); }

static err read_both(struct call *c)
{
    struct rows *rows = c->state;
    return db_list(c, &both, rows);
}

static void migrate(struct rig *r, size_t of_hiring)
{
    struct migration all[32];
    size_t n = 0;
    str why = STR_NULL;
    for (size_t i = 0; i < auth_migrations_n; i++) all[n++] = auth_migrations[i];
    for (size_t i = 0; i < of_hiring; i++) all[n++] = hiring_migrations[i];
    err e = store_migrate(r->s, r->a, all, n, &why);
    if (e) print_error("%.*s\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
}

static void what_was_there_stays(void **state)
{
    struct rig *r = *state;
    struct rows rows = { 0 };
    migrate(r, 1);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, put_account), ERR_OK);
    assert_int_equal(put_interview(r, "i1", "completed", "interview-1", "created"), ERR_OK);
    assert_int_equal(put_event(r, "e1", "i1"), ERR_OK);
    migrate(r, hiring_migrations_n);
    r->c.state = &rows;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, read_both), ERR_OK);
    assert_int_equal(rows.n, 1);
    assert_true(str_is(rows.row[0][0].s, "Title") && str_is(rows.row[0][2].s, "e1"));
    assert_int_equal(rows.row[0][1].i, 7);
    assert_int_equal(rows.row[0][3].i, 5);
}

static void the_rules_hold(void **state)
{
    static const char *const statuses[] = { "pending", "scheduled", "in_progress", "completed", "cancelled", "no_show" };
    static const char *const rooms[] = { "pending", "created", "failed", "unconfigured" };
    struct rig *r = *state;
    char id[32];
    migrate(r, hiring_migrations_n);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, put_account), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        (void)snprintf(id, sizeof id, "%zu", i);
        assert_int_equal(put_interview(r, id, statuses[i], id, rooms[i % COUNT_OF(rooms)]), ERR_OK);
    }
    assert_int_equal(put_interview(r, "x", "sleeping", "x", "created"), ERR_CONFLICT);
    assert_int_equal(put_interview(r, "x", "pending", "x", "locked"), ERR_CONFLICT);
    assert_int_equal(put_interview(r, "x", "pending", "1", "created"), ERR_CONFLICT);
    assert_int_equal(put_event(r, "e", "nobody"), ERR_CONFLICT);
    assert_int_equal(put_event(r, "e", "1"), ERR_OK);
}

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_there_stays, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(the_rules_hold, rig_setup_bare, rig_teardown),
    };
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
