/* tests/unit/rooms/test_hiring.c: the decisions of hiring, row by row. */
#include "rooms/hiring/hiring_int.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct rig {
    struct call c;
};

static int setup(void **state)
{
    static struct rig r;
    r.c = (struct call){ .mem = arena_new(1 << 20) };
    *state = &r;
    return r.c.mem ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    arena_free(r->c.mem);
    return 0;
}

static bool same(const char *got, const char *want) { return (!got && !want) || (got && want && strcmp(got, want) == 0); }

/* reasons */

static const struct {
    const char *email, *why;
} emails[] = {
    { "a@example.com", NULL },
    { "A.b+c@sub.example.co", NULL },
    { "x", "An email address must have an @-sign." },
    { "", "An email address must have an @-sign." },
    { "@example.com", "There must be something before the @-sign." },
    { "a@", "There must be something after the @-sign." },
    { "a@b@example.com", "The part after the @-sign contains invalid characters: '@'." },
    { ".a@example.com", "An email address cannot start with a period." },
    { "a.@example.com", "An email address cannot have a period immediately before the @-sign." },
    { "a@.example.com", "An email address cannot have a period immediately after the @-sign." },
    { "a@example.com.", "An email address cannot end with a period." },
    { "a..b@example.com", "An email address cannot have two periods in a row." },
    { "a@example", "The part after the @-sign is not valid. It should have a period." },
    { "a b@example.com", "The email address contains invalid characters." },
    { "a@exa mple.com", "The email address contains invalid characters." },
};

static void test_emails(void **state)
{
    struct rig *r = *state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(emails); i++) {
        const char *why = hiring_judge_email(&r->c, NULL, str_c(emails[i].email));
        if (same(why, emails[i].why)) continue;
        print_error("%s: %s\n", emails[i].email, why ? why : "good");
        failed++;
    }
    assert_int_equal(failed, 0);
}

static const struct {
    const char *email, *username;
    bool good;
} usernames[] = {
    { "a@example.com", "ann", true },
    { "a@example.com", "änn-1.2_3", true },
    { "a@example.com", "A@EXAMPLE.COM", true },
    { "a@example.com", "b@example.com", false },
    { NULL, "a@example.com", false }, /* the e-mail was not good */
    { "a@example.com", "a b", false },
    { "a@example.com", "a\tb", false },
    { "a@example.com", "a\x7f", false },
    { "a@example.com", "a\xC2\xA0z", false },         /* no-break space */
    { "a@example.com", "a\xE2\x80\x8Bz", false },     /* zero width space */
    { "a@example.com", "a\xE3\x80\x80z", false },     /* ideographic space */
    { "a@example.com", "a\xD8\x9Cz", false },         /* Arabic letter mark */
    { "a@example.com", "a\xE1\xA0\x8Ez", false },     /* Mongolian vowel separator */
    { "a@example.com", "a\xF3\xA0\x81\x81z", false }, /* a tag */
    { "a@example.com", "\xF0\x9F\x98\x80", true },
};

static void test_usernames(void **state)
{
    struct rig *r = *state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(usernames); i++) {
        const struct register_body b = { .email = str_c(usernames[i].email) };
        if (!hiring_judge_username(&r->c, &b, str_c(usernames[i].username)) == usernames[i].good) continue;
        print_error("%s\n", usernames[i].username);
        failed++;
    }
    assert_int_equal(failed, 0);
}

/* values */

#define K32 "abcdefghijklmnopqrstuvwxyz012345"
static const struct {
    const char *token;
    bool key, secret;
} credentials[] = {
    { "pk_" K32, true, false },
    { "sk_" K32, false, true },
    { "pk_" K32 ":sk_" K32, true, true },
    { "sk_" K32 ":pk_" K32, false, false },
    { "pk_" K32 ":pk_" K32, false, false },
    { "pk_" K32 ":", false, false },
    { "pk_" K32 "x", false, false },
    { "pk_" K32 ":sk_" K32 "x", false, false },
    { "pk_abcdefghijklmnopqrstuvwxyz01234-", false, false },
    { "PK_" K32, false, false },
    { "", false, false },
    { ":", false, false },
};

static void test_credentials(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(credentials); i++) {
        struct credentials k;
        err e = hiring_credentials_read(str_c(credentials[i].token), &k);
        bool good = credentials[i].key || credentials[i].secret;
        if ((e == ERR_OK) == good && (!good || ((k.key.n == KEY_LEN) == credentials[i].key && (k.secret.n == KEY_LEN) == credentials[i].secret))) continue;
        print_error("%s\n", credentials[i].token);
        failed++;
    }
    assert_int_equal(failed, 0);
}

static void test_values(void **state)
{
    struct rig *r = *state;
    static const struct {
        double score;
        const char *text;
    } scores[] = { { 0, "0" }, { -0.0, "0" }, { 85, "85" }, { 90.5, "90.5" }, { 100, "100" }, { 0.1, "0.1" }, { 33.333333333333336, "33.333333333333336" } };
    str out;
    for (size_t i = 0; i < COUNT_OF(scores); i++) {
        assert_int_equal(hiring_score_text(r->c.mem, scores[i].score, &out), ERR_OK);
        assert_true(str_is(out, scores[i].text));
    }
    assert_int_equal(hiring_json_compact(r->c.mem, STR(" { \"a b\" : [ 1 , \"\\\" x\" ,\n\t2 ] } "), &out), ERR_OK);
    assert_true(str_is(out, "{\"a b\":[1,\"\\\" x\",2]}"));
    assert_true(hiring_is_uuid(STR("01a229a3-1ec2-7674-b603-ce801b309DCF")));
    assert_false(hiring_is_uuid(STR("01a229a3-1ec2-7674-b603-ce801b309dc")));
    assert_false(hiring_is_uuid(STR("01a229a3-1ec2-7674-b603-ce801b309dcg")));
    assert_false(hiring_is_uuid(STR("01a229a341ec2-7674-b603-ce801b309dcf")));
    assert_true(hiring_wants_details(STR("details")) && hiring_wants_details(STR("x, details")));
    assert_false(hiring_wants_details(STR("detail")) || hiring_wants_details(STR_NULL) || hiring_wants_details(STR("")));
}

static void test_if_match(void **state)
{
    (void)state;
    assert_true(hiring_if_match(STR_NULL, 3));
    assert_true(hiring_if_match(STR("*"), 3));
    assert_true(hiring_if_match(STR("\"3\""), 3));
    assert_true(hiring_if_match(STR("\"1\", \"3\""), 3));
    assert_false(hiring_if_match(STR("\"2\""), 3));
    assert_false(hiring_if_match(STR("W/\"3\""), 3)); /* strong comparison */
    assert_false(hiring_if_match(STR("3"), 3));
    assert_false(hiring_if_match(STR(""), 3));
    assert_false(hiring_if_match(STR("\"03\""), 3)); /* tags are compared as texts */
    assert_false(hiring_if_match(STR("\"+3\""), 3));
    assert_false(hiring_if_match(STR("\"1,\"3\""), 3)); /* the comma is in a tag, and what follows is none */
    assert_true(hiring_if_match(STR("\"1,2\" ,, \"3\""), 3));
}

static void test_origins(void **state)
{
    (void)state;
    const char *listed[] = { "https://hire.example" };
    struct hiring_options o = { .origins = listed, .n_origins = 1 };
    assert_true(hiring_origin_allowed(&o, STR("https://hire.example")));
    assert_false(hiring_origin_allowed(&o, STR("https://hire.example:8443")));
    assert_false(hiring_origin_allowed(&o, STR("http://hire.example")));
    assert_false(hiring_origin_allowed(&o, STR("http://localhost:3000")));
    assert_false(hiring_origin_allowed(&o, STR_NULL));
    o.loopback_origins = true;
    assert_true(hiring_origin_allowed(&o, STR("http://localhost:3000")));
    assert_true(hiring_origin_allowed(&o, STR("http://127.0.0.1")));
    assert_false(hiring_origin_allowed(&o, STR("http://localhost.evil.example")));
    assert_false(hiring_origin_allowed(&o, STR("http://localhost:3000.evil.example")));
    assert_false(hiring_origin_allowed(&o, STR("https://localhost:3000")));
}

/* interviews */

static void test_status_follows_time(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        bool scheduled;
        const char *after;
    } rows[] = { { "pending", true, "scheduled" },  { "pending", false, "pending" },    { "scheduled", true, "scheduled" },
                 { "scheduled", false, "pending" }, { "completed", true, "completed" }, { "in_progress", false, "in_progress" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_true(str_is(hiring_status_after_schedule(str_c(rows[i].before), rows[i].scheduled), rows[i].after));
}

#define NO SHAPE_NO_TIME
static const struct {
    const char *name, *status;
    int64_t started, ended;
    const char *type, *who;
    int64_t at;
    bool complete;
    const char *want; /* NULL: nothing changes */
    int64_t want_started, want_ended;
} events[] = {
    { "the candidate comes", "pending", NO, NO, "participant_joined", "candidate-1", 10, true, "in_progress", 10, NO },
    { "to a scheduled one as well", "scheduled", NO, NO, "participant_joined", "candidate-1", 10, true, "in_progress", 10, NO },
    { "comes again", "in_progress", 10, NO, "participant_joined", "candidate-1", 20, true, NULL, 0, 0 },
    { "somebody else comes", "pending", NO, NO, "participant_joined", "interviewer-1", 10, true, NULL, 0, 0 },
    { "to a cancelled one: only when is noted", "cancelled", NO, NO, "participant_joined", "candidate-1", 10, true, "cancelled", 10, NO },
    { "to a completed one", "completed", 5, 8, "participant_joined", "candidate-1", 10, true, NULL, 0, 0 },
    { "the room ends", "in_progress", 10, NO, "room_finished", "", 20, true, "completed", 10, 20 },
    { "without auto_complete", "in_progress", 10, NO, "room_finished", "", 20, false, "in_progress", 10, 20 },
    { "nobody had come", "pending", NO, NO, "room_finished", "", 20, true, "pending", NO, 20 },
    { "it ends again, later", "completed", 10, 20, "room_finished", "", 30, true, "completed", 10, 30 },
    { "an old end", "completed", 10, 20, "room_finished", "", 15, true, NULL, 0, 0 },
    { "a cancelled one ends", "cancelled", NO, NO, "room_finished", "", 20, true, "cancelled", NO, 20 },
    { "coming is told after the end", "pending", NO, 20, "participant_joined", "candidate-1", 10, true, "completed", 10, 20 },
    { "without auto_complete it is in progress", "pending", NO, 20, "participant_joined", "candidate-1", 10, false, "in_progress", 10, 20 },
    { "a new visit after the end of an empty room", "pending", NO, 20, "participant_joined", "candidate-1", 30, true, "in_progress", 30, 20 },
    { "any other event", "pending", NO, NO, "track_published", "candidate-1", 10, true, NULL, 0, 0 },
};

static void test_events(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        const struct interview now = { .status = str_c(events[i].status), .started_at = events[i].started, .ended_at = events[i].ended };
        struct event_effect e;
        bool changes = hiring_event_changes(&now, str_c(events[i].type), str_c(events[i].who), events[i].at, events[i].complete, &e);
        bool good = events[i].want ? changes && str_is(e.status, events[i].want) && e.started_at == events[i].want_started && e.ended_at == events[i].want_ended
                                   : !changes;
        if (good) continue;
        print_error("%s\n", events[i].name);
        failed++;
    }
    assert_int_equal(failed, 0);
}

/* LiveKit */

static void test_what_livekit_says(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *code;
        enum livekit_says want;
    } rows[] = { { 200, NULL, LIVEKIT_OK },
                 { 401, "unauthenticated", LIVEKIT_NEVER },
                 { 401, NULL, LIVEKIT_NEVER },
                 { 403, "permission_denied", LIVEKIT_NEVER },
                 { 400, "invalid_argument", LIVEKIT_NEVER },
                 { 404, "not_found", LIVEKIT_NOT_FOUND },
                 { 404, "bad_route", LIVEKIT_NEVER },
                 { 404, NULL, LIVEKIT_NEVER },
                 { 503, "unavailable", LIVEKIT_LATER },
                 { 408, "deadline_exceeded", LIVEKIT_LATER },
                 { 500, "internal", LIVEKIT_LATER },
                 { 502, NULL, LIVEKIT_LATER },
                 { 429, NULL, LIVEKIT_LATER } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_int_equal(hiring_livekit_says(rows[i].status, str_c(rows[i].code)), rows[i].want);
}

static void test_empty_rooms(void **state)
{
    (void)state;
    const int64_t hour = 3600, now = INT64_C(1700000000000);
    assert_int_equal(hiring_empty_timeout_s(NO, now), hour);
    assert_int_equal(hiring_empty_timeout_s(now + 2 * hour * 1000, now), 3 * hour);
    assert_int_equal(hiring_empty_timeout_s(now - 100 * hour * 1000, now), hour);
    assert_int_equal(hiring_empty_timeout_s(now + 1000 * hour * 1000, now), 7 * 24 * hour);
}

static void test_pauses(void **state)
{
    (void)state;
    static const int64_t want[] = { 5000, 30000, 120000, 600000, 3600000, 3600000 };
    struct job_kind kinds[HIRING_KINDS];
    assert_int_equal(hiring_job_kinds(NULL, kinds), HIRING_KINDS);
    for (size_t k = 0; k < HIRING_KINDS; k++) {
        for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(job_pause_ms(&kinds[k], (int64_t)i + 1), want[i]);
        assert_int_equal(job_pause_ms(&kinds[k], 1000), 3600000);
    }
}

int main(void)
{
#define ROW(name, fn)                   \
    {                                   \
        name, fn, setup, teardown, NULL \
    }
    const struct CMUnitTest tests[] = {
        ROW("why an address is none", test_emails),
        ROW("usernames", test_usernames),
        ROW("what a key operation takes", test_credentials),
        ROW("scores, JSON, ids, include", test_values),
        ROW("If-Match", test_if_match),
        ROW("origins", test_origins),
        ROW("the status follows the time", test_status_follows_time),
        ROW("what events do", test_events),
        ROW("what LiveKit says", test_what_livekit_says),
        ROW("how long empty rooms stay", test_empty_rooms),
        ROW("pauses of room jobs", test_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
