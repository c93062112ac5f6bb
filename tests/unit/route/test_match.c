/* tests/unit/route/test_match.c: which operation and which family a method and a path mean. Spec: server 3, docassemble-api 2.2. */
#include "route/route_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* clang-format off */
#define ROW(i, m, p) { .id = (i), .on = (m), .path = (p) }

static const struct op signatures_ops[] = { ROW("sigMe", M_GET, "/api/v1/auth/logout"), ROW("sigDoc", M_GET, "/api/v1/documents/{id}"), { 0 } };
static const struct op hiring_ops[] = { ROW("hirLogout", M_POST, "/api/v1/auth/logout"), ROW("hirJobs", M_GET, "/api/v1/jobs"), { 0 } };
static const struct op iam_ops[] = { ROW("iamUser", M_GET, "/api/users/{uuid}"), ROW("iamRoles", M_GET, "/api/users/{uuid}/roles"), { 0 } };
static const struct op interviews_ops[] = {
    ROW("daUsersInterviews", M_GET, "/api/users/interviews"), ROW("daNew", M_POST, "/api/user/new"),
    ROW("daUser", M_GET, "/api/user/{user_id:int}"),          ROW("daUserDelete", M_DELETE, "/api/user/{user_id:int}"),
    ROW("daUserApi", M_GET, "/api/user/{user_id:int}/api"),   ROW("daSession", M_GET, "/api/session"),
    { 0 },
};
static const struct op accounts_ops[] = { ROW("cfgLogin", M_POST, "/cfg/login/"), { 0 } };
static const struct op core_ops[] = { ROW("home", M_GET, "/"), ROW("healthz", M_GET, "/healthz"), { 0 } };
static const char *const media[] = { "/media/", NULL }, *const api[] = { "/api", NULL };
static const struct family signatures = { .name = "signatures", .ops = signatures_ops }, hiring = { .name = "hiring", .ops = hiring_ops },
                           iam = { .name = "iam", .ops = iam_ops }, interviews = { .name = "interviews", .ops = interviews_ops, .prefixes = api },
                           accounts = { .name = "accounts", .ops = accounts_ops, .prefixes = media }, core = { .name = "core", .ops = core_ops };
static const struct family *const all[] = { &signatures, &hiring, &iam, &interviews, &accounts, &core, NULL };
/* clang-format on */

static const struct {
    const char *name;
    enum method method;
    const char *path, *family, *op, *value; /* op NULL: unknown method or path; value: first path value */
    bool known;                             /* the path is known */
} rows[] = {
    { "the home page is the core's", M_GET, "/", "core", "home", NULL, true },
    { "HEAD goes where GET goes", M_HEAD, "/healthz", "core", "healthz", NULL, true },
    { "HEAD does not go where only POST goes", M_HEAD, "/api/user/new", "interviews", NULL, NULL, true },
    { "a literal of one family beats the parameter of another", M_GET, "/api/users/interviews", "interviews", "daUsersInterviews", NULL, true },
    { "what is no literal is the parameter's", M_GET, "/api/users/0198", "iam", "iamUser", "0198", true },
    { "after a literal that leads nowhere the parameter is tried", M_GET, "/api/users/interviews/roles", "iam", "iamRoles", "interviews", true },
    { "one path, two families, by method: POST", M_POST, "/api/v1/auth/logout", "hiring", "hirLogout", NULL, true },
    { "one path, two families, by method: GET", M_GET, "/api/v1/auth/logout", "signatures", "sigMe", NULL, true },
    { "a wrong method on a shared path is the first family's", M_PUT, "/api/v1/auth/logout", "signatures", NULL, NULL, true },
    { "digits match an :int parameter", M_GET, "/api/user/0042", "interviews", "daUser", "0042", true },
    { "any length of digits matches", M_GET, "/api/user/123456789012345678901234567890", "interviews", "daUser", "123456789012345678901234567890", true },
    { "a minus is no digit", M_GET, "/api/user/-1", "interviews", NULL, NULL, false },
    { "letters do not match an :int parameter", M_GET, "/api/user/abc", "interviews", NULL, NULL, false },
    { "the literal path decides before the method", M_GET, "/api/user/new", "interviews", NULL, NULL, true },
    { "a trailing slash makes another path", M_GET, "/api/session/", "interviews", NULL, NULL, false },
    { "a path that ends in a slash needs it", M_POST, "/cfg/login/", "accounts", "cfgLogin", NULL, true },
    { "without it, it is unknown", M_POST, "/cfg/login", "accounts", NULL, NULL, false },
    { "an empty segment is no value", M_GET, "/api/users/", "iam", NULL, NULL, false },
    { "a double slash is not a single one", M_GET, "//healthz", "core", NULL, NULL, false },
    { "an escape in a literal means the character", M_GET, "/api/s%65ssion", "interviews", "daSession", NULL, true },
    { "an escaped slash stays inside its segment", M_GET, "/api/users/a%2Fb", "iam", "iamUser", "a/b", true },
    { "an unknown path belongs to the longest run: ties to the first", M_GET, "/api/v1/unknown", "signatures", NULL, NULL, false },
    { "an unknown path below one family's paths is its own", M_GET, "/api/v1/jobs/7", "hiring", NULL, NULL, false },
    { "an unknown path below a prefix is its owner's", M_GET, "/media/x.png", "accounts", NULL, NULL, false },
    { "a prefix as such is unknown too", M_GET, "/media", "accounts", NULL, NULL, false },
    { "a path nobody leads to is the core's", M_GET, "/nowhere/at/all", "core", NULL, NULL, false },
    { "letter case matters", M_GET, "/Healthz", "core", NULL, NULL, false },
    { "a method nobody knows is a wrong method", M_OTHER, "/api/session", "interviews", NULL, NULL, true },
    { "OPTIONS is the family's own matter", M_OPTIONS, "/api/session", "interviews", NULL, NULL, true },
    { "OPTIONS * is the core's", M_OPTIONS, "*", "core", NULL, NULL, false },
    { "thirty-three segments are nothing", M_GET, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", "core", NULL, NULL, false },
};

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static void paths_find_their_rows(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct tree t;
    str why = STR("");
    int wrong = 0;
    assert_int_equal(tree_build(a, &t, all, &why), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct req rq = { .method = rows[i].method, .path = str_c(rows[i].path) };
        struct match m;
        str values[CALL_PATH_MAX] = { 0 };
        err e = tree_match(&t, a, &rq, values, &m);
        bool ok = e == ERR_OK && same(m.family->name, rows[i].family) && same(m.op ? m.op->id : NULL, rows[i].op) && (m.node != NULL) == rows[i].known &&
                  (!rows[i].value || str_is(values[0], rows[i].value));
        if (!ok) wrong++, print_error("%s: family %s, operation %s\n", rows[i].name, m.family->name, m.op ? m.op->id : "none");
    }
    arena_free(a);
    assert_int_equal(wrong, 0);
}

static void a_malformed_escape_is_the_callers_mistake(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct tree t;
    struct match m;
    str why, values[CALL_PATH_MAX];
    struct req rq = { .method = M_GET, .path = STR("/api/users/%zz") };
    assert_int_equal(tree_build(a, &t, all, &why), ERR_OK);
    assert_int_equal(tree_match(&t, a, &rq, values, &m), ERR_INPUT);
    assert_string_equal(m.family->name, "iam"); /* whose path it would be */
    rq.path = STR("/api/users/%00");
    assert_int_equal(tree_match(&t, a, &rq, values, &m), ERR_INPUT);
    arena_free(a);
}

static void a_preflight_goes_to_the_owner_of_the_method_it_asks_for(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct tree t;
    struct match m;
    str why;
    struct header h = { STR("access-control-request-method"), STR("POST") };
    struct req rq = { .method = M_OPTIONS, .path = STR("/api/v1/auth/logout"), .headers = &h, .n_headers = 1 };
    assert_int_equal(tree_build(a, &t, all, &why), ERR_OK);
    assert_int_equal(tree_match(&t, a, &rq, NULL, &m), ERR_OK);
    assert_string_equal(m.family->name, "hiring");
    assert_int_equal(m.node->allowed, M_GET | M_HEAD | M_POST | M_OPTIONS);
    arena_free(a);
}

/* clang-format off */
static const struct op twice[] = { ROW("a", M_GET, "/x/{id}"), ROW("b", M_GET, "/x/{name}"), { 0 } }, brace[] = { ROW("a", M_GET, "/x/{id"), { 0 } },
                       middle[] = { ROW("a", M_GET, "/x/y{id}"), { 0 } }, head[] = { ROW("a", M_HEAD, "/x"), { 0 } },
                       rootless[] = { ROW("a", M_GET, "x"), { 0 } }, many[] = { ROW("a", M_GET, "/{a}/{b}/{c}/{d}/{e}"), { 0 } };
/* clang-format on */
static const struct {
    const char *name;
    const struct op *ops;
    err want;
} refused[] = {
    { "two operations for one method and path", twice, ERR_CONFLICT }, { "a brace that is not closed", brace, ERR_INPUT },
    { "a parameter that is a part of a segment", middle, ERR_INPUT },  { "HEAD as a row of its own", head, ERR_INPUT },
    { "a path without its first slash", rootless, ERR_INPUT },         { "more parameters than a call holds", many, ERR_INPUT },
};

static void bad_tables_are_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena *a = arena_new(1 << 20);
        struct tree t;
        str why = STR("");
        const struct family f = { .name = "f", .ops = refused[i].ops };
        const struct family *const one[] = { &f, NULL };
        err e = tree_build(a, &t, one, &why);
        if (e != refused[i].want || !why.n) wrong++, print_error("%s: %s\n", refused[i].name, err_name(e));
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_rows),
        cmocka_unit_test(a_malformed_escape_is_the_callers_mistake),
        cmocka_unit_test(a_preflight_goes_to_the_owner_of_the_method_it_asks_for),
        cmocka_unit_test(bad_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
