/* tests/unit/rooms/test_interviews_calls.c: sessions under races, under a worker that lies, and under odd requests (docassemble-api 6 and 12). */
#include "interviews_calls.h"
#include "base/log.h"

#define SESSION_QUERY "?i=" INTERVIEW "&secret=" SECRET_TEXT "&session="

static const char *id;

static const char *target_of(const char *path)
{
    static char text[512];
    (void)snprintf(text, sizeof text, "%s" SESSION_QUERY "%s", path, id);
    return text;
}

static const char *body_of(const char *more)
{
    static char text[1024];
    (void)snprintf(text, sizeof text, "{\"i\":\"" INTERVIEW "\",\"session\":\"%s\",\"secret\":\"" SECRET_TEXT "\"%s}", id, more);
    return text;
}

static void expect(const char *what, struct answer a, int status, const char *part)
{
    if (a.status != status || (part && !strstr(a.body, part))) script_wrong("%s: %d %s, not %d %s", what, a.status, a.body, status, part ? part : "");
}

static void set_other(void);

/* steps that are not what they were */

enum tampering { FLIP_TEXT, FLIP_SEAL, FLIP_HEAD, OLD_FORMAT, NEW_CODEC, CUT_OFF, EMPTY, OF_ANOTHER_SESSION, OF_ANOTHER_STEP, TAMPERINGS };
static const char *const tampering_names[TAMPERINGS] = {
    "a bit of the text",         "a bit of the seal",          "a bit of the interview's hash", "an unknown format", "an unknown codec", "cut off", "empty",
    "a step of another session", "another step of the session"
};
struct tamper {
    enum tampering how;
    const char *other; /* session */
};

static const struct query get_step = { "ti", "b", "SELECT snapshot FROM interview_step WHERE session_id = $1 AND seq = $2", NULL };
static const struct query put_step = { "bti", "", "UPDATE interview_step SET snapshot = $1 WHERE session_id = $2 AND seq = $3", NULL };

static err tamper_tx(struct call *c)
{
    const struct tamper *t = c->state;
    struct cell *row;
    str text;
    bool elsewhere = t->how == OF_ANOTHER_SESSION, before = t->how == OF_ANOTHER_STEP;
    TRY(db_get(c, &get_step, &row, str_c(elsewhere ? t->other : id), (int64_t)(before ? 1 : 2)));
    TRY(arena_str(c->mem, row[0].s, &text));
    char *p = NEW_N(c->mem, char, text.n);
    if (!p) return ERR_NOMEM;
    memcpy(p, text.p, text.n);
    text.p = p;
    if (t->how == FLIP_TEXT) p[STEP_HEAD + 20] ^= 4;
    if (t->how == FLIP_SEAL) p[text.n - 1] ^= 1;
    if (t->how == FLIP_HEAD) p[12] ^= 1;
    if (t->how == OLD_FORMAT) p[2] ^= 64;
    if (t->how == NEW_CODEC) p[3] = 100;
    if (t->how == CUT_OFF) text.n /= 2;
    if (t->how == EMPTY) text.n = 0;
    return db_run(c, &put_step, text, str_c(id), (int64_t)2);
}

/* Whatever stands there instead of a step is never taken for one, and every operation says the same. */
static void a_step_that_was_tampered_with_is_refused(void **state)
{
    struct rig *r = *state;
    static char other[SESSION_ID + 1], own[SESSION_ID + 1], list[256];
    for (int how = 0; how < TAMPERINGS; how++) {
        (void)snprintf(other, sizeof other, "%s", new_session());
        id = other;
        set_other();
        (void)snprintf(own, sizeof own, "%s", new_session());
        id = own;
        set_other();
        struct tamper t = { (enum tampering)how, other };
        struct call c = rig_call(1 << 20);
        c.state = &t;
        assert_int_equal(store_do(r->s, &c, TX_WRITE, tamper_tx), ERR_OK);
        rig_call_end(&c);
        const char *name = tampering_names[how],
                   *want = "Unable to read the answers of this session: what is stored is damaged, or of another version of the program.";
        expect(name, ask(M_GET, target_of("/api/session"), NULL), 400, want);
        expect(name, ask(M_GET, target_of("/api/session/question"), NULL), 400, want);
        expect(name, ask(M_POST, "/api/session", body_of(",\"variables\":{\"a\":1}")), 400, want);
        expect(name, ask(M_POST, "/api/session/action", body_of(",\"action\":\"a\"")), 400, want);
        (void)snprintf(list, sizeof list, "/api/interviews?include_dictionary=1&secret=" SECRET_TEXT "&session=%s", id);
        expect(name, ask(M_GET, list, NULL), 200, "\"title\":\"A title - interview answers cannot be decrypted\"");
        /* The other session is as it was. */
        id = other;
        expect(name, ask(M_GET, target_of("/api/session"), NULL), 200, "new+{\\\"other\\\":1}");
    }
}

/* what is stored is what was answered */

enum { STEPS = 64 };

/* A session as the API describes it: a list of steps. Applies the same to both and compares after each. */
static void many_steps_and_ways_back_are_kept(void **state)
{
    (void)state;
    static char steps[STEPS][4096];
    size_t n = 1;
    uint32_t random = 1;
    script.padding = 3000;
    id = new_session();
    (void)snprintf(steps[0], sizeof steps[0], "new");
    for (int round = 0; round < 250; round++) {
        random = random * 1103515245u + 12345u;
        unsigned what = random >> 16 & 7;
        script.warm = random >> 20 & 1;
        if (what <= 3 && n < STEPS) {
            expect("set", ask(M_POST, "/api/session", body_of(",\"variables\":{}")), 200, NULL);
            memcpy(steps[n], steps[n - 1], sizeof steps[n]);
            (void)strncat(steps[n++], "+{}", 4);
        } else if (what <= 4) {
            expect("overwrite", ask(M_POST, "/api/session", body_of(",\"overwrite\":1,\"variables\":{}")), 200, NULL);
            (void)strncat(steps[n - 1], "+{}", 4);
        } else if (what == 5 && n > 1) {
            expect("back", ask(M_POST, "/api/session/back", body_of(",\"question\":0")), 204, NULL);
            n--;
        } else if (what == 6 && n > 1) {
            expect("back with a question", ask(M_POST, "/api/session/back", body_of("")), 200, NULL);
            (void)strncat(steps[--n - 1], "<", 2);
        } else {
            expect("question", ask(M_GET, target_of("/api/session/question"), NULL), 200, NULL);
            (void)strncat(steps[n - 1], "?", 2);
        }
        struct answer a = ask(M_GET, target_of("/api/session"), NULL);
        char want[4200];
        struct buf b = BUF(5000);
        struct jw w = JW(&b);
        jw_str(&w, str_c(steps[n - 1]));
        (void)snprintf(want, sizeof want, "{\"seen\":" STR_FMT "}", STR_ARG(buf_str(&b)));
        buf_release(&b);
        expect("variables", a, 200, want);
    }
}

/* races */

static void delete_it(void) { expect("delete", ask(M_DELETE, target_of("/api/session"), NULL), 204, NULL); }
static void set_other(void) { expect("set meanwhile", ask(M_POST, "/api/session", body_of(",\"variables\":{\"other\":1}")), 200, NULL); }
static void set_always(void)
{
    static bool inside;
    if (inside) return;
    inside = true;
    set_other();
    inside = false;
}
static void back_meanwhile(void)
{
    script.forget = false;
    expect("back meanwhile", ask(M_POST, "/api/session/back", body_of("")), 200, NULL);
    script.forget = true;
}

static void a_session_deleted_meanwhile_is_missed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *more; /* more NULL: GET */
        const char *text;
    } rows[] = {
        { "question", "/api/session/question", NULL, "get_question_data: failure to assemble interview: DAException: Unable to obtain interview dictionary." },
        { "variables", "/api/session", NULL, NULL },
        { "set", "/api/session", ",\"variables\":{}", "Unable to obtain interview dictionary." },
        { "back", "/api/session/back", "", "Unable to obtain interview dictionary." },
        { "action", "/api/session/action", ",\"action\":\"a\"", "Unable to obtain interview dictionary." },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++)
        for (int forget = 0; forget < 2; forget++) {
            /* Forgetting: the deletion falls between the first answer and the reading of the step. */
            script = (struct script){ .warm = true };
            id = new_session();
            set_other();
            script.forget = forget;
            script.meanwhile = delete_it;
            struct answer a = rows[k].more ? ask(M_POST, rows[k].path, body_of(rows[k].more)) : ask(M_GET, target_of(rows[k].path), NULL);
            if (!rows[k].text && !forget)
                expect(rows[k].name, a, 200, NULL); /* read before it went */
            else
                expect(rows[k].name, a, 400, rows[k].text ? rows[k].text : "Unable to obtain interview dictionary.");
        }
}

static void what_a_session_keeps_beside_its_answers_goes_with_it(void **state)
{
    (void)state;
    static const struct query put = { "t", "", "INSERT INTO interview_value (scope, key, value, modified_at_ms) VALUES ('session:' || $1, 'k', '', 0)", NULL };
    static const struct query count = { "t", "i", "SELECT count(*) FROM interview_value WHERE scope = 'session:' || $1", NULL };
    id = new_session();
    run_sql(&put, str_c(id));
    run_sql(&put, STR("another"));
    delete_it();
    assert_int_equal(run_sql(&count, str_c(id)), 0);
    assert_int_equal(run_sql(&count, STR("another")), 1);
}

static void a_lost_race_is_evaluated_again(void **state)
{
    (void)state;
    id = new_session();
    script.meanwhile = set_other;
    expect("set", ask(M_POST, "/api/session", body_of(",\"variables\":{\"mine\":1}")), 200, "{\\\"other\\\":1}");
    expect("both are in", ask(M_GET, target_of("/api/session"), NULL), 200, "new+{\\\"other\\\":1}+{\\\"mine\\\":1}");
}

static void a_race_that_is_always_lost_ends_with_busy(void **state)
{
    (void)state;
    id = new_session();
    script.each_time = set_always;
    expect("set", ask(M_POST, "/api/session", body_of(",\"variables\":{\"mine\":1}")), 503, NULL);
}

static void a_keyframe_overwritten_meanwhile_is_not_taken_for_the_old_one(void **state)
{
    (void)state;
    script = (struct script){ .warm = true, .padding = 5000 };
    id = new_session();
    set_other();
    script.forget = true;
    script.meanwhile = back_meanwhile; /* step 2 goes, and step 1, to which it is the difference, is another one */
    expect("variables", ask(M_GET, target_of("/api/session"), NULL), 200, "{\"seen\":\"new<\"}");
}

static void become_multi_user(void)
{
    script.multi_user = true;
    set_other();
}

static void a_session_that_became_multi_user_meanwhile_needs_no_secret(void **state)
{
    (void)state;
    id = new_session();
    script.meanwhile = become_multi_user;
    expect("set", ask(M_POST, "/api/session", body_of(",\"variables\":{\"mine\":1}")), 200, NULL);
    char open[256];
    (void)snprintf(open, sizeof open, "/api/session?i=" INTERVIEW "&session=%s", id);
    expect("without a secret", ask(M_GET, open, NULL), 200, "new+{\\\"other\\\":1}+{\\\"mine\\\":1}");
    script.multi_user = false;
    (void)snprintf(open, sizeof open, "/api/session/question?i=" INTERVIEW "&session=%s", id);
    expect("it cannot become private without one", ask(M_GET, open, NULL), 400, "Incorrect AES key length");
    expect("with one it can", ask(M_GET, target_of("/api/session/question"), NULL), 200, NULL);
    expect("then it needs it", ask(M_GET, open, NULL), 400, "Unable to obtain interview dictionary");
}

/* a worker that lies */

static void says_need(struct buf *b) { frame_u64(b, TAG_OUTCOME, OUT_NEED); }
static void says_metadata(struct buf *b) { frame_u64(b, TAG_OUTCOME, OUT_METADATA); }
static void says_question_only(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_QUESTION);
    frame_str(b, TAG_JSON, STR("{}"));
}
static void says_nothing(struct buf *b) { frame_u64(b, TAG_OUTCOME, OUT_QUESTION); }
static void says_no_json(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_QUESTION);
    frame_str(b, TAG_JSON, STR("{\"a\":"));
}
static void saves_without_hash(struct buf *b)
{
    says_question_only(b);
    frame_u64(b, TAG_SAVE, SAVE_NEW_STEP);
    frame_str(b, TAG_SNAPSHOT, STR("x"));
}
static void saves_without_snapshot(struct buf *b)
{
    says_question_only(b);
    frame_u64(b, TAG_SAVE, SAVE_NEW_STEP);
}
static void saves_an_error(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_ERROR);
    frame_str(b, TAG_ERROR, STR("KeyError: 'k'"));
    frame_u64(b, TAG_SAVE, SAVE_OVER);
    frame_str(b, TAG_SNAPSHOT, STR("x"));
    frame_str(b, TAG_INTERVIEW_HASH, STR("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"));
}
static void has_a_title_with_nul(struct buf *b)
{
    says_question_only(b);
    frame_u64(b, TAG_SAVE, SAVE_OVER);
    frame_str(b, TAG_SNAPSHOT, STR("x"));
    frame_str(b, TAG_INTERVIEW_HASH, STR("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"));
    frame_str(b, TAG_TITLE, STR("a\0b"));
    frame_str(b, TAG_TAGS, STR("[\"\0\"]"));
}
static void saves_too_much(struct buf *b)
{
    char *p = calloc(1, STEP_MAX + 1);
    assert_non_null(p);
    says_question_only(b);
    frame_u64(b, TAG_SAVE, SAVE_OVER);
    frame_str(b, TAG_SNAPSHOT, (str){ p, STEP_MAX + 1 });
    frame_str(b, TAG_INTERVIEW_HASH, STR("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"));
    free(p);
}
static void answers_oddly(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_RESPONSE);
    frame_u64(b, TAG_STATUS, 99999);
    frame_str(b, TAG_TYPE, STR("text/html\r\nSet-Cookie: a=b"));
    frame_str(b, TAG_BODY, STR("hello"));
}
static void answers_204_with_a_body(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_RESPONSE);
    frame_u64(b, TAG_STATUS, 204);
    frame_str(b, TAG_BODY, STR("hello"));
}

static void a_lying_worker_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*instead)(struct buf *b);
        bool fresh; /* at session/new, else at session/question */
        int status;
        const char *part;
    } rows[] = {
        { "a session that was not given to be stored has not begun", says_question_only, true, 500, "Internal server error" },
        { "nor has one without a snapshot", saves_without_snapshot, true, 500, "Internal server error" },
        { "a call without TAG_WARM cannot be forgotten", says_need, true, 500, "Internal server error" },
        { "nor at a question", says_need, false, 500, "Internal server error" },
        { "metadata are no question", says_metadata, false, 500, "Internal server error" },
        { "a question has JSON", says_nothing, false, 500, "Internal server error" },
        { "a step names its interview", saves_without_hash, false, 500, "Internal server error" },
        { "an error is told", saves_an_error, false, 400, "failure to assemble interview: KeyError: 'k'" },
        { "answers beyond the limit are told so", saves_too_much, false, 400, "the answers are larger than 24 MiB" },
        { "a title with NUL is none", has_a_title_with_nul, false, 200, "{}" },
        { "an impossible status is 200", answers_oddly, false, 200, "hello" },
        { "204 has no body", answers_204_with_a_body, false, 204, "" },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        script = (struct script){ 0 };
        id = new_session();
        script.instead = rows[k].instead;
        struct answer a = ask(M_GET, rows[k].fresh ? "/api/session/new?i=" INTERVIEW : target_of("/api/session/question"), NULL);
        expect(rows[k].name, a, rows[k].status, rows[k].part);
        if (strstr(a.type, "Set-Cookie") || (a.status == 204 && a.body[0])) script_wrong("%s: %s %s", rows[k].name, a.type, a.body);
        script = (struct script){ 0 };
        a = ask(M_GET, target_of("/api/session"), NULL);
        expect(rows[k].name, a, 200, rows[k].instead == has_a_title_with_nul ? "{\"seen\":\"x\"}" : "{\"seen\":\"new\"}");
    }
}

/* what a worker asks for and has kept */

static const char *wanted;
static const struct {
    const char *name, *contents;
} * puts_next;
static size_t n_puts_next;
static bool saves;

static void put(struct buf *b, const char *name, const char *contents)
{
    char text[512];
    size_t n = strlen(name), m = strlen(contents);
    assert_true(n + m + 4 <= sizeof text);
    for (int i = 0; i < 4; i++) text[i] = (char)(unsigned char)(n >> 8 * i);
    memcpy(text + 4, name, n);
    memcpy(text + 4 + n, contents, m);
    frame_str(b, TAG_PUT, (str){ text, 4 + n + m });
}
static void says_want(struct buf *b)
{
    if (wanted) {
        frame_u64(b, TAG_OUTCOME, OUT_WANT);
        frame_str(b, TAG_WANTS, str_c(wanted));
        wanted = NULL;
        return;
    }
    says_question_only(b);
    for (size_t k = 0; k < n_puts_next; k++) put(b, puts_next[k].name, puts_next[k].contents);
    n_puts_next = 0;
    if (!saves) return;
    frame_u64(b, TAG_SAVE, SAVE_OVER);
    frame_str(b, TAG_SNAPSHOT, STR("x"));
    frame_str(b, TAG_INTERVIEW_HASH, STR("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"));
}
static void always_wants(struct buf *b)
{
    frame_u64(b, TAG_OUTCOME, OUT_WANT);
    frame_str(b, TAG_WANTS, STR("[\"[\\\"keys\\\",\\\"user\\\"]\"]"));
}

/* Asks for wants (JSON) and gives what the worker then got. */
static const char *given_for(const char *wants)
{
    script.instead = says_want;
    wanted = wants;
    expect(wants, ask(M_GET, target_of("/api/session/question"), NULL), 200, NULL);
    return script.given;
}
static void keep(bool with_step, const char *name, const char *contents)
{
    static struct {
        const char *name, *contents;
    } one;
    one.name = name, one.contents = contents;
    puts_next = (const void *)&one;
    n_puts_next = 1;
    saves = with_step;
    script.instead = says_want;
    expect(name, ask(M_GET, target_of("/api/session/question"), NULL), 200, NULL);
    saves = false;
}

#define WANT_VALUE(base, key) "[\"[\\\"value\\\",\\\"" base "\\\",\\\"" key "\\\"]\"]"

static void values_are_kept_with_the_step_or_without(void **state)
{
    (void)state;
    script = (struct script){ 0 };
    id = new_session();
    assert_string_equal(given_for(WANT_VALUE("user", "k")), "[\"value\",\"user\",\"k\"]");
    keep(true, "[\"value\",\"user\",\"k\"]", "first");
    assert_string_equal(given_for(WANT_VALUE("user", "k")), "[\"value\",\"user\",\"k\"]=first");
    keep(false, "[\"value\",\"user\",\"k\"]", "second");
    assert_string_equal(given_for(WANT_VALUE("user", "k")), "[\"value\",\"user\",\"k\"]=second");
    keep(false, "[\"value\",\"session\",\"k\"]", "own");
    assert_string_equal(given_for("[\"[\\\"keys\\\",\\\"user\\\"]\"]"), "[\"keys\",\"user\"]=[\"k\"]");
    keep(true, "[\"drop\",\"user\",\"k\"]", "");
    assert_string_equal(given_for("[\"[\\\"keys\\\",\\\"user\\\"]\"]"), "[\"keys\",\"user\"]=[]");
    script.instead = NULL;
    id = new_session();
    assert_string_equal(given_for(WANT_VALUE("session", "k")), "[\"value\",\"session\",\"k\"]"); /* another session */
}

static void a_new_file_has_a_number_and_contents(void **state)
{
    (void)state;
    script = (struct script){ 0 };
    id = new_session();
    const char *given = given_for("[\"[\\\"number\\\",0]\"]");
    long number = strtol(strchr(given, '=') + 1, NULL, 10);
    char name[100], want[100], all[200];
    assert_true(number > 0);
    (void)snprintf(want, sizeof want, "[\"[\\\"file\\\",%ld]\"]", number);
    (void)snprintf(all, sizeof all, "[\"file\",%ld]", number);
    assert_string_equal(given_for(want), all); /* reserved is not written */
    (void)snprintf(name, sizeof name, "[\"file\",%ld,\"a.txt\",\"text/plain\",\"txt\"]", number);
    keep(true, name, "contents");
    (void)snprintf(all, sizeof all, "[\"file\",%ld]=contents", number);
    assert_string_equal(given_for(want), all);
}

static void nonsense_of_a_worker_is_no_wish(void **state)
{
    (void)state;
    static const char *const wants[] = { "", "{}", "[1]", "[\"x\"]", "[\"[]\"]", "[\"[\\\"other\\\"]\"]", "[\"[\\\"value\\\",\\\"user\\\"]\"]" };
    script = (struct script){ 0 };
    id = new_session();
    for (size_t k = 0; k < COUNT_OF(wants); k++) {
        script.instead = says_want;
        wanted = wants[k];
        expect(wants[k], ask(M_GET, target_of("/api/session/question"), NULL), 500, "Internal server error");
    }
    static const char *const names[] = { "", "[]", "[\"value\"]", "[\"file\",0,\"a\",\"b\",\"c\"]", "[\"file\",1]", "[\"value\",\"a\\u0000\",\"b\"]" };
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        static struct {
            const char *name, *contents;
        } one;
        one.name = names[k], one.contents = "x";
        puts_next = (const void *)&one;
        n_puts_next = 1;
        script.instead = says_want;
        expect(names[k], ask(M_GET, target_of("/api/session/question"), NULL), 500, "Internal server error");
    }
    script.instead = always_wants;
    expect("wishes have an end", ask(M_GET, target_of("/api/session/question"), NULL), 400, "too many files and values");
    script.instead = NULL;
}

static void facts_that_are_no_json_are_an_interview_that_does_not_load(void **state)
{
    (void)state;
    script.instead = says_no_json;
    expect("list", ask(M_GET, "/api/list", NULL), 200, "\"dainterviewhaserror\"");
}

/* odd requests */

static void fill(char *to, const char *head, char c, size_t n, const char *tail)
{
    size_t at = strlen(head);
    memcpy(to, head, at);
    memset(to + at, c, n);
    memcpy(to + at + n, tail, strlen(tail) + 1);
}

static void odd_requests_get_the_texts_of_the_specification(void **state)
{
    (void)state;
    static char long_secret[6000], long_package[1000], long_name[80000], long_action[80000];
    char get[256];
    id = new_session();
    (void)snprintf(get, sizeof get, "/api/session?i=" INTERVIEW "&session=%s&secret=", id);
    fill(long_secret, get, 's', 5000, "");
    fill(long_package, "/api/session/new?i=docassemble.", 'p', 300, ":x.yml");
    fill(long_name, body_of(",\"question_name\":\""), 'n', 70000, "\"}");
    char *at = strstr(long_name, "}"); /* body_of closed the object already */
    memmove(at, at + 1, strlen(at));
    fill(long_action, body_of(",\"action\":\""), 'n', 70000, "\"}");
    at = strstr(long_action, "}");
    memmove(at, at + 1, strlen(at));
    const struct {
        const char *name;
        enum method m;
        const char *target, *json;
        int status;
        const char *text;
        bool asks; /* a worker */
    } rows[] = {
        { "a secret of any length is only a wrong one", M_GET, long_secret, NULL, 400, "Unable to decrypt interview dictionary", false },
        { "an empty secret too", M_GET, get, NULL, 400, "Unable to decrypt interview dictionary", false },
        { "no session has an id with NUL", M_GET, "/api/session?i=" INTERVIEW "&session=%00&secret=" SECRET_TEXT, NULL, 400,
          "Unable to obtain interview dictionary.", false },
        { "nor one that is not UTF-8", M_GET, "/api/session?i=" INTERVIEW "&session=%ff", NULL, 400, "Unable to obtain interview dictionary.", false },
        { "no interview has such a name", M_GET, "/api/session?i=%00&session=a", NULL, 400, "Unable to obtain interview dictionary.", false },
        { "what does not exist is deleted all the same", M_DELETE, "/api/session?i=%ff&session=%00", NULL, 204, "", false },
        { "a package name has a length", M_GET, long_package, NULL, 400, "DAInvalidFilename: Invalid filename", false },
        { "no question has so long a name", M_POST, "/api/session", long_name, 400, NULL, false },
        { "nor an action", M_POST, "/api/session/action", long_action, 400, NULL, false },
        { "an address is not trimmed", M_GET, "/api/secret?username=%20admin@example.com&password=password", NULL, 403, "Username not known", false },
        { "its case does not count", M_GET, "/api/secret?username=Admin@Example.com&password=password", NULL, 200, "\"5f4dcc3b5aa765d6\"\n", false },
        { "JSON ends with a newline", M_GET, "/api/user", NULL, 200, "}\n", false },
        { "the list too", M_GET, "/api/list", NULL, 200, "]\n", true },
        { "a question too", M_GET, target_of("/api/session/question"), NULL, 200, "}\n", true },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        script = (struct script){ 0 };
        expect(rows[k].name, ask(rows[k].m, rows[k].target, rows[k].json), rows[k].status, rows[k].text);
        if (script.calls != rows[k].asks) script_wrong("%s: %d calls of a worker", rows[k].name, script.calls);
    }
}

static void a_referer_that_is_no_text_is_none(void **state)
{
    (void)state;
    expect("new", ask_with(M_GET, "/api/session/new?i=" INTERVIEW, NULL, "Referer", "http://x/\xff"), 200, "\"secret\":");
}

static void names_of_uploads_are_made_safe(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sent, *want; /* of [{variable, files: [...]}] */
    } rows[] = {
        { "blanks and slashes become underscores", "my dir/a file.txt",
          "\"filename\":\"my_dir_a_file.txt\",\"mimetype\":\"text/plain\",\"extension\":\"txt\"" },
        { "an extension is recorded in lower case", "Photo.JPEG", "\"filename\":\"Photo.jpg\",\"mimetype\":\"image/jpeg\",\"extension\":\"jpg\"" },
        { "a name of dots is none", "..", "\"filename\":\"file\"" },
        { "letters beyond ASCII go", "na\xC3\xAFve.pdf", "\"filename\":\"nave.pdf\"" },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        static char body[2000];
        id = new_session();
        (void)snprintf(body, sizeof body,
                       "--x\r\nContent-Disposition: form-data; name=\"i\"\r\n\r\n" INTERVIEW
                       "\r\n--x\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\n%s\r\n"
                       "--x\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n" SECRET_TEXT
                       "\r\n--x\r\nContent-Disposition: form-data; name=\"up\"; filename=\"%s\"\r\n\r\n"
                       "contents\r\n--x--\r\n",
                       id, rows[k].sent);
        expect(rows[k].name, ask_parts("/api/session", body), 200, NULL);
        if (!strstr(script.files, rows[k].want)) script_wrong("%s: %s", rows[k].name, script.files);
    }
}

#ifdef CHANCERY_FAULTS
static struct answer do_set(void) { return ask(M_POST, "/api/session", body_of(",\"variables\":{\"a\":1}")); }
static struct answer do_question(void) { return ask(M_GET, target_of("/api/session/question"), NULL); }
static struct answer do_back(void) { return ask(M_POST, "/api/session/back", body_of("")); }
static struct answer do_list(void) { return ask(M_GET, "/api/list", NULL); }
static struct answer do_sessions(void)
{
    static char target[512];
    (void)snprintf(target, sizeof target, "/api/interviews?include_dictionary=1&secret=" SECRET_TEXT "&session=%s&query=DA.Sessions.email.Like('a%%25')", id);
    return ask(M_GET, target, NULL);
}
static struct answer do_data(void) { return ask(M_GET, "/api/interview_data?i=" INTERVIEW, NULL); }
static struct answer do_secret(void) { return ask(M_GET, "/api/secret?username=admin@example.com&password=password", NULL); }
static struct answer do_switch(void)
{
    script.multi_user = true;
    return do_question();
}
static struct answer do_upload(void)
{
    static char body[1000];
    (void)snprintf(body, sizeof body,
                   "--x\r\nContent-Disposition: form-data; name=\"i\"\r\n\r\n" INTERVIEW
                   "\r\n--x\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\n%s\r\n"
                   "--x\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n" SECRET_TEXT
                   "\r\n--x\r\nContent-Disposition: form-data; name=\"up\"; filename=\"a\"\r\n\r\n"
                   "b\r\n--x\r\nContent-Disposition: form-data; name=\"file_variables\"\r\n\r\n{\"up\":\"v\"}\r\n--x--\r\n",
                   id);
    struct answer a = ask_parts("/api/session", body);
    if (a.status == 200 && !strstr(script.files, "\"variable\":\"v\"")) script_wrong("upload: %s", script.files);
    return a;
}

/* The 1st, 2nd, 3rd … allocation or store call fails: the answer says so, and what is stored is as before or as after. */
static void whatever_fails_is_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct answer (*act)(void);
        const char *after; /* the session's text when it went well */
    } rows[] = {
        { "set", do_set, "new+{\\\"other\\\":1}+{\\\"a\\\":1}" },
        { "question", do_question, "new+{\\\"other\\\":1}?" },
        { "multi-user switch", do_switch, "new+{\\\"other\\\":1}?" },
        { "back", do_back, "new<" },
        { "upload", do_upload, "new+{\\\"other\\\":1}+{}" },
        { "list", do_list, "new+{\\\"other\\\":1}" },
        { "session list", do_sessions, "new+{\\\"other\\\":1}" },
        { "names", do_data, "new+{\\\"other\\\":1}" },
        { "secret", do_secret, "new+{\\\"other\\\":1}" },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        char before[100], after[100];
        (void)snprintf(before, sizeof before, "{\"seen\":\"new+{\\\"other\\\":1}\"}");
        (void)snprintf(after, sizeof after, "{\"seen\":\"%s\"}", rows[k].after);
        bool hit = true;
        long point = 1;
        for (; hit && point < 1000; point++) {
            script = (struct script){ .padding = 500 };
            id = new_session();
            set_other();
            script.fault = point;
            struct answer a = rows[k].act();
            hit = script.hit;
            script.fault = 0;
            struct answer now = ask(M_GET, target_of("/api/session"), NULL);
            bool good = a.status == 200 && strstr(now.body, after);
            bool bad = (a.status == 500 || a.status == 503) && (strstr(now.body, before) || strstr(now.body, after));
            if (!(good || (hit && bad))) script_wrong("%s, point %ld: %d %s, then %d %s", rows[k].name, point, a.status, a.body, now.status, now.body);
        }
        if (point < 8 || hit) script_wrong("%s: %ld points", rows[k].name, point);
    }
}
#endif

const struct CMUnitTest interviews_call_tests[] = {
    cmocka_unit_test(a_step_that_was_tampered_with_is_refused),
    cmocka_unit_test(many_steps_and_ways_back_are_kept),
    cmocka_unit_test(a_session_deleted_meanwhile_is_missed),
    cmocka_unit_test(what_a_session_keeps_beside_its_answers_goes_with_it),
    cmocka_unit_test(a_lost_race_is_evaluated_again),
    cmocka_unit_test(a_race_that_is_always_lost_ends_with_busy),
    cmocka_unit_test(a_keyframe_overwritten_meanwhile_is_not_taken_for_the_old_one),
    cmocka_unit_test(a_session_that_became_multi_user_meanwhile_needs_no_secret),
    cmocka_unit_test(a_lying_worker_is_not_believed),
    cmocka_unit_test(values_are_kept_with_the_step_or_without),
    cmocka_unit_test(a_new_file_has_a_number_and_contents),
    cmocka_unit_test(nonsense_of_a_worker_is_no_wish),
    cmocka_unit_test(facts_that_are_no_json_are_an_interview_that_does_not_load),
    cmocka_unit_test(odd_requests_get_the_texts_of_the_specification),
    cmocka_unit_test(a_referer_that_is_no_text_is_none),
    cmocka_unit_test(names_of_uploads_are_made_safe),
#ifdef CHANCERY_FAULTS
    cmocka_unit_test(whatever_fails_is_whole_or_not_at_all),
#endif
};
const size_t interviews_call_tests_n = COUNT_OF(interviews_call_tests);
