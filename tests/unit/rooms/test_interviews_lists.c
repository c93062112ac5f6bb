/* tests/unit/rooms/test_interviews_lists.c: whose session lists whom may see and remove (docassemble-api 4.4 and 13.2 to 13.5). */
#include "interviews_calls.h"

/* Four sessions: of the administrator, of Jane, of both, and of nobody who is known. */
enum { ADMINS, JANES, SHARED, ANONYMOUS, SESSIONS };
static char ids[SESSIONS][SESSION_ID + 1];
static int64_t jane;

#define KEY_ADMIN "key-of-the-administrator"
#define KEY_JANE "key-of-jane-the-user"
#define KEY_ADVOCATE "key-of-the-advocate"
#define KEY_AUTHOR "key-of-the-developer"
#define KEY_READER "key-that-reads-sessions"
#define KEY_EDITOR "key-that-edits-sessions"
#define KEY_BOTH "key-that-does-both-things"
#define KEY_OTHER "key-that-does-other-things"

static const struct query drop_owners = { "t", "", "DELETE FROM interview_owner WHERE session_id = $1", NULL };
static const struct query add_jane = {
    "t", "",
    "INSERT INTO interview_owner (session_id, account_id, interview, position) SELECT s.id, a.id, s.interview, o.position FROM interview_session s,"
    " account a, interview_owner o WHERE s.id = $1 AND o.session_id = s.id AND a.email = 'jane@example.com'",
    NULL
};
static const struct query make_anonymous = { "t", "", "UPDATE interview_owner SET account_id = NULL, temp_user_id = 77 WHERE session_id = $1", NULL };
static const struct query rest = { "t", "", "UPDATE account SET active = 0 WHERE email = $1", NULL };

static void begin(int which, const char *key)
{
    char target[512];
    (void)snprintf(target, sizeof target, "/api/session/new?i=" INTERVIEW "&secret=" SECRET_TEXT "&key=%s", key);
    struct answer a = ask(M_GET, target, NULL);
    assert_int_equal(a.status, 200);
    (void)snprintf(ids[which], sizeof ids[which], "%.*s", SESSION_ID, strstr(a.body, "\"session\":\"") + 11);
}

static void begin_all(void)
{
    begin(ADMINS, KEY_ADMIN);
    begin(JANES, KEY_JANE);
    begin(SHARED, KEY_ADMIN);
    begin(ANONYMOUS, KEY_ADMIN);
    run_sql(&add_jane, (str){ ids[SHARED], SESSION_ID });
    run_sql(&make_anonymous, (str){ ids[ANONYMOUS], SESSION_ID });
}

static void move_in(void)
{
    jane = add_person("jane@example.com", NULL, KEY_JANE, NULL);
    (void)add_person("advocate@example.com", "advocate", KEY_ADVOCATE, NULL);
    (void)add_person("author@example.com", "developer", KEY_AUTHOR, NULL);
    (void)add_person("reader@example.com", "admin", KEY_READER, "[\"access_sessions\"]");
    (void)add_person("editor@example.com", "admin", KEY_EDITOR, "[\"edit_sessions\"]");
    (void)add_person("both@example.com", "admin", KEY_BOTH, "[\"access_sessions\",\"edit_sessions\"]");
    (void)add_person("other@example.com", "admin", KEY_OTHER, "[\"create_user\"]");
    begin_all();
}

/* "AJSSN": a letter for each item, in order; what is none of ours is "?". */
static void letters_of(const struct answer *a, char out[static 64])
{
    static const char letter[SESSIONS] = { 'A', 'J', 'S', 'N' };
    size_t n = 0;
    for (const char *at = a->body; n < 63 && (at = strstr(at, "\"session\":\"")) != NULL; at++) {
        out[n] = '?';
        for (int k = 0; k < SESSIONS; k++)
            if (strncmp(at + 11, ids[k], SESSION_ID) == 0) out[n] = letter[k];
        n++;
    }
    out[n] = 0;
}

static struct answer call(enum method m, const char *path, const char *key)
{
    char target[512], number[32];
    const char *mark = strstr(path, "{jane}");
    (void)snprintf(number, sizeof number, "%lld", (long long)jane);
    if (mark)
        (void)snprintf(target, sizeof target, "%.*s%s%s", (int)(mark - path), path, number, mark + 6);
    else
        (void)snprintf(target, sizeof target, "%s", path);
    size_t n = strlen(target);
    (void)snprintf(target + n, sizeof target - n, "%ckey=%s", strchr(target, '?') ? '&' : '?', key);
    return ask(m, target, NULL);
}

/* who sees what */

static const struct seen {
    const char *name, *path, *key;
    int status;
    const char *want; /* letters of a list, or text */
} seen[] = {
    { "an administrator sees all, shared ones once per owner", "/api/interviews", KEY_ADMIN, 200, "AJSSN" },
    { "an advocate too", "/api/interviews", KEY_ADVOCATE, 200, "AJSSN" },
    { "a developer does not", "/api/interviews", KEY_AUTHOR, 403, "Access denied." },
    { "nor a user", "/api/interviews", KEY_JANE, 403, "Access denied." },
    { "a limited key needs access_sessions", "/api/interviews", KEY_READER, 200, "AJSSN" },
    { "edit_sessions is not enough", "/api/interviews", KEY_EDITOR, 403, "Access denied." },
    { "across users: the same, for an advocate", "/api/users/interviews", KEY_ADVOCATE, 200, "AJSSN" },
    { "across users: of one of them", "/api/users/interviews?user_id={jane}", KEY_ADMIN, 200, "JS" },
    { "across users: not for a user", "/api/users/interviews?user_id={jane}", KEY_JANE, 403, "Access denied." },
    { "across users: a limited key needs access_sessions", "/api/users/interviews", KEY_OTHER, 403, "Access denied." },
    { "one's own", "/api/user/interviews", KEY_JANE, 200, "JS" },
    { "one's own with a limited key: none there", "/api/user/interviews", KEY_READER, 200, "" },
    { "one's own with a key that may not", "/api/user/interviews", KEY_OTHER, 400, "Error reading interview list." },
    { "by id: one's own", "/api/user/{jane}/interviews", KEY_JANE, 200, "JS" },
    { "by id: another's, for an administrator", "/api/user/{jane}/interviews", KEY_ADMIN, 200, "JS" },
    { "by id: another's, for an advocate", "/api/user/{jane}/interviews", KEY_ADVOCATE, 200, "JS" },
    { "by id: another's, for a developer", "/api/user/{jane}/interviews", KEY_AUTHOR, 403, "Access denied." },
    { "by id: another's, for a user", "/api/user/1/interviews", KEY_JANE, 403, "Access denied." },
    { "by id: a limited key needs access_sessions", "/api/user/{jane}/interviews", KEY_READER, 200, "JS" },
    { "by id: without it another's are denied", "/api/user/{jane}/interviews", KEY_OTHER, 403, "Access denied." },
    { "an unknown user has none", "/api/user/4711/interviews", KEY_ADMIN, 200, "" },
    { "anonymous owners have no address", "/api/interviews?query=DA.Sessions.email%20==%20None", KEY_ADMIN, 200, "N" },
    { "nor a user's number", "/api/interviews?query=DA.Sessions.user_id%20==%20None", KEY_ADMIN, 200, "N" },
    { "an address that is unlike another", "/api/interviews?query=~DA.Sessions.email.Like('jane%25')", KEY_ADMIN, 200, "AS" },
    { "a user by number", "/api/interviews?query=DA.Sessions.user_id.In(1,4711)", KEY_ADMIN, 200, "AS" },
};

static void lists_are_seen_by_whom_the_table_allows(void **state)
{
    (void)state;
    char letters[64];
    move_in();
    for (size_t k = 0; k < COUNT_OF(seen); k++) {
        struct answer a = call(M_GET, seen[k].path, seen[k].key);
        letters_of(&a, letters);
        bool good = seen[k].status == 200 ? strcmp(letters, seen[k].want) == 0 : strstr(a.body, seen[k].want) != NULL;
        if (a.status != seen[k].status || !good) script_wrong("%s: %d %s %s", seen[k].name, a.status, letters, a.status == 200 ? "" : a.body);
    }
}

/* who removes what */

static const struct gone {
    const char *name, *path, *key;
    int status;
    const char *left; /* what the administrator sees after it */
} gone[] = {
    { "an administrator removes all", "/api/interviews", KEY_ADMIN, 204, "" },
    { "an advocate, too", "/api/interviews", KEY_ADVOCATE, 204, "" },
    { "a limited key with both permissions", "/api/interviews", KEY_BOTH, 204, "" },
    { "but not without edit_sessions", "/api/interviews", KEY_READER, 403, "AJSSN" },
    { "nor without access_sessions", "/api/interviews", KEY_EDITOR, 403, "AJSSN" },
    { "nor a user", "/api/interviews", KEY_JANE, 403, "AJSSN" },
    { "across users anonymous ones stay", "/api/users/interviews", KEY_ADMIN, 204, "N" },
    { "across users access_sessions is enough", "/api/users/interviews", KEY_READER, 204, "N" },
    { "across users: of one; the shared one stays for the other", "/api/users/interviews?user_id={jane}", KEY_ADMIN, 204, "ASN" },
    { "one's own", "/api/user/interviews", KEY_JANE, 204, "ASN" },
    { "one's own with a key that may not", "/api/user/interviews", KEY_OTHER, 400, "AJSSN" },
    { "by id: one's own", "/api/user/{jane}/interviews", KEY_JANE, 204, "ASN" },
    { "by id: another's, for an administrator", "/api/user/{jane}/interviews", KEY_ADMIN, 204, "ASN" },
    { "by id: another's, for a user", "/api/user/1/interviews", KEY_JANE, 403, "AJSSN" },
    { "by id: edit_sessions is what the document asks of a key", "/api/user/{jane}/interviews", KEY_BOTH, 204, "ASN" },
    { "by id: access_sessions alone does not do in its dialect", "/api/user/{jane}/interviews", KEY_READER, 403, "AJSSN" },
    { "next_id and secret are ignored: all pages go", "/api/users/interviews?next_id=OTk5OTk5&secret=x", KEY_ADMIN, 204, "N" },
    { "a filter keeps the others", "/api/interviews?query=DA.Sessions.user_id%20==%201", KEY_ADMIN, 204, "JSN" },
    { "anonymous ones by their lack of an owner", "/api/interviews?query=DA.Sessions.user_id%20==%20None", KEY_ADMIN, 204, "AJSS" },
    { "a query that is none removes nothing", "/api/interviews?query=1", KEY_ADMIN, 400, "AJSSN" },
    { "types that do not fit remove nothing", "/api/interviews?query=DA.Sessions.email%20==%201", KEY_ADMIN, 400, "AJSSN" },
};

static void lists_are_removed_by_whom_the_table_allows(void **state)
{
    (void)state;
    char letters[64];
    move_in();
    for (size_t k = 0; k < COUNT_OF(gone); k++) {
        for (int s = 0; s < SESSIONS; s++) run_sql(&drop_owners, (str){ ids[s], SESSION_ID });
        begin_all();
        struct answer a = call(M_DELETE, gone[k].path, gone[k].key), after = call(M_GET, "/api/interviews", KEY_ADMIN);
        letters_of(&after, letters);
        if (a.status != gone[k].status || strcmp(letters, gone[k].left) != 0) script_wrong("%s: %d %s; left: %s", gone[k].name, a.status, a.body, letters);
    }
}

/* items */

static void items_tell_their_owner(void **state)
{
    (void)state;
    char want[128];
    move_in();
    struct answer a = call(M_GET, "/api/interviews?query=DA.Sessions.user_id%20==%20None", KEY_ADMIN);
    if (!strstr(a.body, "\"email\":null") || !strstr(a.body, "\"temp_user_id\":77") || !strstr(a.body, "\"user_id\":null"))
        script_wrong("anonymous: %s", a.body);
    (void)snprintf(want, sizeof want, "\"temp_user_id\":null,\"title\":\"A title\",\"user_id\":%lld", (long long)jane);
    a = call(M_GET, "/api/user/{jane}/interviews", KEY_ADMIN);
    if (!strstr(a.body, "\"email\":\"jane@example.com\"") || !strstr(a.body, want)) script_wrong("Jane: %s", a.body);
    /* An owner who was deactivated has no address in system-wide lists, but has one in the own. */
    run_sql(&rest, STR("jane@example.com"));
    a = call(M_GET, "/api/users/interviews?user_id={jane}", KEY_ADMIN);
    if (!strstr(a.body, "\"email\":null") || strstr(a.body, "jane@example.com")) script_wrong("Jane, inactive: %s", a.body);
    a = call(M_GET, "/api/user/{jane}/interviews", KEY_ADMIN);
    if (!strstr(a.body, "\"email\":\"jane@example.com\"")) script_wrong("Jane, inactive, by id: %s", a.body);
}

static void says_error(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_ERROR);
    frame_u64(b, TAG_STAGE, STAGE_LOAD);
    frame_str(b, TAG_ERROR, STR("DANotFoundError: it is gone"));
}

static void an_interview_that_is_gone_is_told_in_its_title(void **state)
{
    (void)state;
    static const char *const parts[] = { "\"title\":\"Error: interview not found and answers could not be decrypted\"", "\"valid\":false", "\"metadata\":{}",
                                         "\"tags\":[]", "\"subtitle\":null" };
    move_in();
    script.instead = says_error;
    struct answer a = call(M_GET, "/api/user/interviews", KEY_JANE);
    for (size_t k = 0; k < COUNT_OF(parts); k++)
        if (a.status != 200 || !strstr(a.body, parts[k])) script_wrong("%s is not in %s", parts[k], a.body);
    a = call(M_GET, "/api/user/interviews?tag=b", KEY_JANE);
    if (a.status != 200 || !strstr(a.body, "\"items\":[]")) script_wrong("it has no tags: %s", a.body);
}

static void times_are_in_the_zone_of_the_caller(void **state)
{
    (void)state;
    static const struct query move = { "t", "", "UPDATE account SET timezone = $1 WHERE email = 'advocate@example.com'", NULL };
    static const struct {
        const char *zone, *want;
    } rows[] = { { "America/New_York", "\"modtime\":\"12/31/1969 07:00:01 PM\"" },
                 { "Asia/Kolkata", "\"modtime\":\"01/01/1970 05:30:01 AM\"" },
                 { "Nowhere/At_All", "\"modtime\":\"01/01/1970 12:00:01 AM\"" } };
    move_in();
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        run_sql(&move, str_c(rows[k].zone));
        struct answer a = call(M_GET, "/api/interviews", KEY_ADVOCATE);
        if (!strstr(a.body, rows[k].want) || !strstr(a.body, "\"utc_modtime\":\"1970-01-01T00:00:01\"")) script_wrong("%s: %s", rows[k].zone, a.body);
    }
}

static void sessions_without_an_owner_are_not_listed(void **state)
{
    (void)state;
    char letters[64];
    move_in();
    run_sql(&drop_owners, (str){ ids[ADMINS], SESSION_ID });
    struct answer a = call(M_GET, "/api/interviews", KEY_ADMIN);
    letters_of(&a, letters);
    assert_string_equal(letters, "JSSN");
}

const struct CMUnitTest interviews_call_tests[] = {
    cmocka_unit_test(lists_are_seen_by_whom_the_table_allows),
    cmocka_unit_test(lists_are_removed_by_whom_the_table_allows),
    cmocka_unit_test(items_tell_their_owner),
    cmocka_unit_test(an_interview_that_is_gone_is_told_in_its_title),
    cmocka_unit_test(times_are_in_the_zone_of_the_caller),
    cmocka_unit_test(sessions_without_an_owner_are_not_listed),
};
const size_t interviews_call_tests_n = COUNT_OF(interviews_call_tests);
