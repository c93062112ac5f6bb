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
/* Each column with a value of its own, and all of them back. */
static const struct query whole = {
    .in = "tt",
    .sql =
        "INSERT INTO hiring_interview (id, creator_id, api_key_id, title, candidate_name, candidate_email, position, interview_config, scheduled_at_ms, "
        "status, "
        "room_name, room_state, technical_score, behavioral_score, overall_feedback, started_at_ms, ended_at_ms, created_at_ms, updated_at_ms, version) VALUES "
        "('whole', 'u', 'key', 'the title', 'the name', 'the address', 'the position', $1, 11, 'no_show', 'the room', 'failed', '1.5', '2.5', $2, 12, 13, 14, "
        "15, 16)"
};
static const struct query whole_again = {
    .in = "",
    .out = "ttttttttttttttiiiiii",
    .sql = "SELECT id, creator_id, api_key_id, title, candidate_name, candidate_email, position, status, room_name, room_state, technical_score, "
           "behavioral_score, interview_config, overall_feedback, scheduled_at_ms, started_at_ms, ended_at_ms, created_at_ms, updated_at_ms, version FROM "
           "hiring_interview WHERE id = 'whole'"
};
static const struct query last_columns = { .in = "", .out = "t", .sql = "SELECT name FROM pragma_table_info('hiring_interview') ORDER BY cid DESC LIMIT 2" };
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

enum { LARGE = 60000 };

static str large(char letter)
{
    static char room[2][LARGE];
    char *p = room[letter == 'f'];
    memset(p, letter, LARGE);
    return (str){ p, LARGE };
}

static err put_whole(struct call *c) { return db_run(c, &whole, large('c'), large('f')); }

static err read_whole(struct call *c)
{
    static const char *const texts[] = { "whole",        "u",       "key",      "the title", "the name", "the address",
                                         "the position", "no_show", "the room", "failed",    "1.5",      "2.5" };
    struct cell *row;
    TRY(db_get(c, &whole_again, &row));
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!str_is(row[i].s, texts[i])) return ERR_INPUT;
    for (int64_t i = 0; i < 6; i++)
        if (row[14 + i].i != 11 + i) return ERR_INPUT;
    return str_eq(row[12].s, large('c')) && str_eq(row[13].s, large('f')) ? ERR_OK : ERR_INPUT;
}

static void stays_from(struct rig *r, size_t of_hiring)
{
    struct rows rows = { 0 };
    migrate(r, of_hiring);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, put_account), ERR_OK);
    assert_int_equal(put_interview(r, "i1", "completed", "interview-1", "created"), ERR_OK);
    assert_int_equal(put_event(r, "e1", "i1"), ERR_OK);
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, put_whole), ERR_OK);
    migrate(r, hiring_migrations_n);
    r->c.state = &rows;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, read_both), ERR_OK);
    assert_int_equal(rows.n, 1);
    assert_true(str_is(rows.row[0][0].s, "Title") && str_is(rows.row[0][2].s, "e1"));
    assert_int_equal(rows.row[0][1].i, 7);
    assert_int_equal(rows.row[0][3].i, 5);
    assert_int_equal(store_do(r->s, &r->c, TX_READ, read_whole), ERR_OK);
}

static void what_was_there_stays(void **state) { stays_from(*state, 1); }
static void what_the_last_version_kept_stays(void **state) { stays_from(*state, hiring_migrations_n - 1); }

static err read_last_columns(struct call *c) { return db_list(c, &last_columns, c->state); }

/* So that a list does not read what it leaves out. PostgreSQL keeps large values elsewhere. */
static void what_may_be_large_comes_last(void **state)
{
    struct rig *r = *state;
    struct rows rows = { 0 };
    migrate(r, hiring_migrations_n);
    if (rig_pg) return;
    r->c.state = &rows;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, read_last_columns), ERR_OK);
    assert_int_equal(rows.n, 2);
    assert_true(str_is(rows.row[0][0].s, "overall_feedback") && str_is(rows.row[1][0].s, "interview_config"));
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
        cmocka_unit_test_setup_teardown(what_the_last_version_kept_stays, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(what_may_be_large_comes_last, rig_setup_bare, rig_teardown),
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
