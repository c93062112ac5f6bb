/* tests/unit/rooms/test_interviews_many.c: lists over 100,000 stored sessions: a page costs a bounded number of rows (docassemble-api 8 and 13).
 *
 * Not judged by time: PostgreSQL counts the rows that each node of its plan gave or threw away; SQLite counts the steps of its virtual machine, and tells
 * in its plan whether it would scan or sort. */
#include "interviews_calls.h"
#include <sqlite3.h>

enum { MANY = 100 * 1000, ACCOUNTS = 100, FIRST_ACCOUNT = 1000, PAGE = 100 };
/* A row of the list is made of four tables; a step is an instruction of SQLite, of which a row with 21 columns takes some 60. A scan would be 100,000
 * rows, or millions of steps. */
enum { MOST_ROWS = (PAGE + 1) * 10, MOST_STEPS = (PAGE + 1) * 200 };

/* Session i is one of account 1000 + i % 100, of interview i / 100 % 2, and was changed last at i ms; positions are in the order of i. Interview and
 * account are independent of each other, as PostgreSQL takes them to be: where they are not, it may read and sort what both choose together. */
#define NUMBERS "WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2) "
#define ID "substr('sessionsessionsessionsession0000', 1, 32 - length(CAST(i AS TEXT))) || CAST(i AS TEXT)"
#define NAME "'docassemble.t:data/questions/t' || CAST(i / 100 % 2 AS TEXT) || '.yml'"
static const struct query add_accounts = {
    "ii", "",
    NUMBERS "INSERT INTO account (id, number, scope, email, email_norm, display_name, first_name, last_name, locale, timezone, active, superuser, staff,"
            " created_at_ms, epoch) SELECT 'account-' || CAST(i AS TEXT), i, 'platform', 'user' || CAST(i AS TEXT) || '@example.com',"
            " 'user' || CAST(i AS TEXT) || '@example.com', 'User', 'A', 'B', 'en', '', 1, 0, 0, 1, 1 FROM n",
    NULL
};
static const struct query add_sessions = {
    "iib", "",
    NUMBERS "INSERT INTO interview_session (id, interview, wrapped_key, seq, version, key_seq, created_at_ms, modified_at_ms) SELECT " ID ", " NAME
            ", $3, 1, 1, 1, i, i FROM n",
    NULL
};
static const struct query add_owners = { "ii", "",
                                         NUMBERS "INSERT INTO interview_owner (session_id, account_id, interview, position) SELECT " ID
                                                 ", 'account-' || CAST(1000 + i % 100 AS TEXT), " NAME ", i FROM n",
                                         NULL };
static const struct query analyze = { "", "", "ANALYZE", NULL };

static err fill_tx(struct call *c)
{
    TRY(db_run(c, &add_accounts, (int64_t)FIRST_ACCOUNT, (int64_t)FIRST_ACCOUNT + ACCOUNTS - 1));
    TRY(db_run(c, &add_sessions, (int64_t)1, (int64_t)MANY, STR("key")));
    TRY(db_run(c, &add_owners, (int64_t)1, (int64_t)MANY));
    return db_run(c, &analyze);
}

/* what a page may be asked for by */

static const char a_session[] = "sessionsessionsessionsessio54321";
static const int64_t account = FIRST_ACCOUNT + 7;
static const struct way {
    const char *name;
    struct list_key key;
    int64_t after;
    size_t rows;
} ways[] = {
    { "all, from the beginning", { 0 }, 0, PAGE + 1 },
    { "all, from the middle", { 0 }, MANY / 2, PAGE + 1 },
    { "all, near the end", { 0 }, MANY - 10, 10 },
    { "of an account", { .user_id = &account }, 0, PAGE + 1 },
    { "of an account, from the middle", { .user_id = &account }, MANY / 2, PAGE + 1 },
    { "of an interview", { .interview = { "docassemble.t:data/questions/t1.yml", 35 } }, MANY / 2, PAGE + 1 },
    { "of an account and an interview", { .user_id = &account, .interview = { "docassemble.t:data/questions/t1.yml", 35 } }, MANY / 2, PAGE + 1 },
    { "of an account and an interview that it has not", { .user_id = &account, .interview = { "docassemble.t:data/questions/t3.yml", 35 } }, 0, 0 },
    { "of an interview that nobody has", { .interview = { "docassemble.t:data/questions/none.yml", 37 } }, 0, 0 },
    { "one session", { .session = { a_session, sizeof a_session - 1 } }, 0, 1 },
};

/* The parameters of a way's statement, in order. */
struct bound {
    bool is_text;
    str text;
    int64_t i;
};
static size_t bind(const struct way *w, struct bound out[static 5])
{
    size_t n = 0;
    bool one = !str_absent(w->key.session);
    if (one) out[n++] = (struct bound){ .is_text = true, .text = str_c(a_session) };
    if (!one && w->key.user_id) out[n++] = (struct bound){ .i = *w->key.user_id };
    if (!one && !str_absent(w->key.interview)) out[n++] = (struct bound){ .is_text = true, .text = w->key.interview };
    out[n++] = (struct bound){ .i = w->after };
    out[n++] = (struct bound){ .i = INT64_MAX };
    out[n++] = (struct bound){ .i = PAGE + 1 };
    return n;
}

/* SQLite */

static sqlite3_stmt *prepare(sqlite3 *db, const char *before, const struct way *w)
{
    struct bound v[5];
    sqlite3_stmt *st = NULL;
    char sql[4096];
    (void)snprintf(sql, sizeof sql, "%s%s", before, lists_query(&w->key)->sql);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    size_t n = bind(w, v);
    assert_int_equal(sqlite3_bind_parameter_count(st), (int)n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(v[i].is_text ? sqlite3_bind_text(st, (int)i + 1, v[i].text.p, (int)v[i].text.n, SQLITE_STATIC)
                                      : sqlite3_bind_int64(st, (int)i + 1, v[i].i),
                         SQLITE_OK);
    return st;
}

static void judge_sqlite(sqlite3 *db, const struct way *w)
{
    size_t rows = 0;
    sqlite3_stmt *st = prepare(db, "EXPLAIN QUERY PLAN ", w);
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(st, 3);
        if (strncmp(line, "SCAN", 4) == 0 || (strstr(line, "TEMP B-TREE") && str_absent(w->key.session) /* whose owners are few */) ||
            strstr(line, "AUTOMATIC"))
            script_wrong("%s: the plan says: %s", w->name, line);
    }
    (void)sqlite3_finalize(st);
    st = prepare(db, "", w);
    while (sqlite3_step(st) == SQLITE_ROW) rows++;
    int steps = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0);
    if (rows != w->rows) script_wrong("%s: %zu rows", w->name, rows);
    if (steps > MOST_STEPS) script_wrong("%s: %d steps for %zu rows", w->name, steps, rows);
    (void)sqlite3_finalize(st);
}

static void judge_all_sqlite(const struct rig *r)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(r->url + strlen("sqlite:"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t k = 0; k < COUNT_OF(ways); k++) judge_sqlite(db, &ways[k]);
    (void)sqlite3_close(db);
}

/* PostgreSQL */

struct explained {
    const struct way *way;
    struct query q;
    struct rows lines;
};
static err explain_tx(struct call *c)
{
    struct explained *x = c->state;
    struct bound v[5];
    size_t n = bind(x->way, v);
    if (n == 3) return db_list(c, &x->q, &x->lines, v[0].i, v[1].i, v[2].i);
    if (n == 5) return db_list(c, &x->q, &x->lines, v[0].i, v[1].text, v[2].i, v[3].i, v[4].i);
    return v[0].is_text ? db_list(c, &x->q, &x->lines, v[0].text, v[1].i, v[2].i, v[3].i) : db_list(c, &x->q, &x->lines, v[0].i, v[1].i, v[2].i, v[3].i);
}

/* Of "… (actual time=… rows=N loops=M)" and "Rows Removed by Filter: N": how many. */
static int64_t rows_of(const char *line)
{
    const char *actual = strstr(line, "(actual "), *rows = actual ? strstr(actual, "rows=") : NULL, *loops = rows ? strstr(rows, "loops=") : NULL;
    const char *removed = strstr(line, "Rows Removed by ");
    if (loops) return (int64_t)(strtod(rows + 5, NULL) * strtod(loops + 6, NULL));
    return removed ? strtoll(strchr(removed, ':') + 1, NULL, 10) : 0;
}

static void judge_postgresql(struct rig *r, const struct way *w, char *sql, size_t room)
{
    const struct query *by = lists_query(&w->key);
    struct explained x = { .way = w, .q = { .in = by->in, .out = "t", .sql = sql } };
    int64_t total = 0;
    (void)snprintf(sql, room, "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) %s", by->sql_pg ? by->sql_pg : by->sql);
    r->c.state = &x;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, explain_tx), ERR_OK);
    for (size_t k = 0; k < x.lines.n; k++) total += rows_of(x.lines.row[k][0].s.p);
    if (total > MOST_ROWS || (w->rows && total < (int64_t)w->rows)) script_wrong("%s: %lld rows read or thrown away", w->name, (long long)total);
    for (size_t k = 0; k < x.lines.n && total > MOST_ROWS; k++) script_wrong("    %.*s", STR_ARG(x.lines.row[k][0].s));
}

static void judge_all_postgresql(struct rig *r)
{
    static char sql[COUNT_OF(ways)][4096]; /* connections remember statements by address */
    for (size_t k = 0; k < COUNT_OF(ways); k++) judge_postgresql(r, &ways[k], sql[k], sizeof sql[k]);
}

static void a_page_reads_a_bounded_number_of_rows(struct rig *r)
{
    if (rig_pg)
        judge_all_postgresql(r);
    else
        judge_all_sqlite(r);
}

/* Sessions in the answer, in order, from the last one seen on. */
static int64_t count_items(const struct answer *a, int64_t last, int64_t step)
{
    int64_t n = 0;
    for (const char *at = a->body; (at = strstr(at, "\"session\":\"sess")) != NULL; at++, n++) {
        const char *digits = at + 11 + 32;
        while (digits[-1] >= '0' && digits[-1] <= '9') digits--;
        int64_t number = strtoll(digits, NULL, 10);
        /* The zeros of the padding are digits, too, and do no harm. */
        if (number != last + step * (n + 1)) script_wrong("session %lld instead of %lld", (long long)number, (long long)(last + step * (n + 1)));
    }
    return n;
}

static bool next_token(const struct answer *a, char out[static 64])
{
    const char *at = strstr(a->body, "\"next_id\":\"");
    if (at) (void)snprintf(out, 64, "%.*s", (int)strcspn(at + 11, "\""), at + 11);
    return at != NULL;
}

static void pages_of_an_account_hold_each_of_its_sessions_once_in_order(void)
{
    char target[256], token[64] = "";
    int64_t seen = 0, pages = 0;
    for (bool more = true; more && pages <= MANY / ACCOUNTS / PAGE; pages++) {
        (void)snprintf(target, sizeof target, "/api/user/%d/interviews?next_id=%s", FIRST_ACCOUNT + 7, token);
        struct answer a = ask(M_GET, target, NULL);
        assert_int_equal(a.status, 200);
        /* Of account 7 are 7, 107, 207 … */
        seen += count_items(&a, 7 - ACCOUNTS + seen * ACCOUNTS, ACCOUNTS);
        more = next_token(&a, token);
    }
    assert_int_equal(seen, MANY / ACCOUNTS);
    assert_int_equal(pages, MANY / ACCOUNTS / PAGE);
}

static void a_token_leads_into_the_middle_of_all(void)
{
    char token[64];
    struct answer a = ask(M_GET, "/api/interviews?next_id=NTAwMDA", NULL); /* 50000 */
    assert_int_equal(a.status, 200);
    assert_int_equal(count_items(&a, 50000, 1), PAGE);
    assert_true(next_token(&a, token));
    assert_string_equal(token, "NTAxMDA");                   /* 50100 */
    a = ask(M_GET, "/api/interviews?next_id=OTk5OTA", NULL); /* 99990 */
    assert_int_equal(count_items(&a, 99990, 1), 10);
    assert_false(next_token(&a, token));
}

/* What a condition pins down chooses the index, so that a rare session is found without reading the others. */
static void a_condition_that_pins_a_session_finds_it(void)
{
    struct answer a = ask(M_GET, "/api/interviews?query=DA.Sessions.session%20==%20'sessionsessionsessionsessio99999'", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(count_items(&a, 99998, 1), 1);
}

/* In one test, because the store is filled for each. */
static void lists_over_many_sessions(void **state)
{
    struct rig *r = *state;
    assert_int_equal(store_do(r->s, &r->c, TX_WRITE, fill_tx), ERR_OK);
    a_page_reads_a_bounded_number_of_rows(r);
    pages_of_an_account_hold_each_of_its_sessions_once_in_order();
    a_token_leads_into_the_middle_of_all();
    a_condition_that_pins_a_session_finds_it();
}

const struct CMUnitTest interviews_call_tests[] = { cmocka_unit_test(lists_over_many_sessions) };
const size_t interviews_call_tests_n = COUNT_OF(interviews_call_tests);
