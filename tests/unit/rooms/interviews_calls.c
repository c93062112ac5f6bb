/* tests/unit/rooms/interviews_calls.c: the rig of interviews_calls.h: store, accounts, router, and worker_call() of our own in place of the real one. */
#include "interviews_calls.h"
#include "base/fault.h"

#ifndef CHANCERY_FAULTS
static void fault_arm(long n) { (void)n; }
static bool fault_hit(void) { return false; }
#endif

static const char api_key[] = "key-of-the-administrator";
static struct rig *rig;
static struct auth *auth;
static struct files *files;
/* Two servers on one store: what a test does meanwhile comes from the other one. */
static struct server {
    struct interviews *room;
    struct router *router;
    const struct family *families[2];
} servers[2];
static int depth; /* of requests within requests */
static int wrong;
struct script script;

void script_wrong(const char *fmt, ...)
{
    char line[1000];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    print_error("%s\n", line);
    wrong++;
}

/* the worker */

static char kept[4 << 20]; /* what it remembers: one snapshot */
static size_t n_kept;
static uint64_t kept_number;

static void put_snapshot(struct buf *b, str before, const char *sign, str more)
{
    CLEANUP(buf_release) struct buf text = BUF(4 << 20);
    str head = str_head(before, str_find(before, '|', 0));
    buf_printf(&text, STR_FMT "%s" STR_FMT, STR_ARG(head), sign, STR_ARG(more));
    if (script.padding) buf_char(&text, '|');
    for (size_t i = 0; i < script.padding; i++) buf_char(&text, (char)('a' + (i * 7 + i / 13 + (i % 64 == 0 ? text.n : 0)) % 26));
    if (text.bad) b->bad = text.bad;
    frame_str(b, TAG_SNAPSHOT, buf_str(&text));
    if (script.warm && text.n < sizeof kept) {
        memcpy(kept, text.p, text.n);
        n_kept = text.n;
        frame_u64(b, TAG_WARM, ++kept_number);
    }
}

static void put_seen(struct buf *b, enum outcome_kind outcome, str seen)
{
    CLEANUP(buf_release) struct buf text = BUF(1 << 20);
    struct jw w = JW(&text);
    frame_u64(b, TAG_OUTCOME, outcome);
    jw_open(&w, '{');
    jw_kstr(&w, "seen", str_head(seen, str_find(seen, '|', 0)));
    jw_close(&w, '}');
    if (text.bad) b->bad = text.bad;
    frame_str(b, TAG_JSON, buf_str(&text));
}

static void put_save(struct buf *b, enum save save)
{
    static const char hash[33] = "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH";
    frame_u64(b, TAG_SAVE, save);
    frame_str(b, TAG_INTERVIEW_HASH, (str){ hash, 32 });
    frame_u64(b, TAG_MULTI_USER, script.multi_user);
}

/* What each operation answers when no test says otherwise. */
static void usual(struct buf *b, const struct frame *f, str before)
{
    bool over = frame_get_u64(f, TAG_OVERWRITE, 0) != 0;
    switch ((enum worker_op)frame_get_u64(f, TAG_OP, 0)) {
    case OP_NEW:
        put_seen(b, OUT_QUESTION, STR(""));
        put_snapshot(b, STR_NULL, "new", STR_NULL);
        put_save(b, SAVE_NEW_STEP);
        return;
    case OP_QUESTION:
        put_seen(b, OUT_QUESTION, before);
        put_snapshot(b, before, "?", STR_NULL);
        put_save(b, SAVE_OVER);
        return;
    case OP_BACK:
        put_seen(b, OUT_QUESTION, before);
        put_snapshot(b, before, "<", STR_NULL);
        put_save(b, SAVE_OVER);
        return;
    case OP_SET:
        put_seen(b, OUT_QUESTION, before);
        put_snapshot(b, before, "+", frame_get(f, TAG_VARIABLES));
        put_save(b, over ? SAVE_OVER : SAVE_NEW_STEP);
        return;
    case OP_ACTION:
        frame_u64(b, TAG_OUTCOME, OUT_DONE);
        put_snapshot(b, before, "!", STR_NULL);
        put_save(b, over ? SAVE_OVER : SAVE_NEW_STEP);
        return;
    case OP_VARIABLES: put_seen(b, OUT_VARIABLES, before); return;
    case OP_METADATA:
        frame_u64(b, TAG_OUTCOME, OUT_METADATA);
        frame_str(b, TAG_JSON, STR("{\"title\":\"A title\",\"tags\":[\"b\"],\"metadata\":{}}"));
        return;
    case OP_DATA:
        frame_u64(b, TAG_OUTCOME, OUT_METADATA);
        frame_str(b, TAG_JSON, STR("{\"names\":{},\"vocabulary\":[]}"));
        return;
    case OP_CHECK:
    case OP__COUNT: break;
    }
    frame_u64(b, TAG_OUTCOME, OUT_ERROR);
}

static void note_given(const struct frame *f)
{
    enum tag tag;
    str member;
    size_t n = 0;
    for (size_t at = 0; frame_next(f, &at, &tag, &member);)
        for (size_t k = 4; tag == TAG_GIVEN && k < member.n && n + 1 < sizeof script.given; k++) script.given[n++] = member.p[k] ? member.p[k] : '/';
    script.given[n] = '\0';
}

/* In place of the supervisor's, which is therefore not linked in. */
err worker_call(struct workers *w, struct arena *mem, const struct worker_ask *ask, struct frame *reply, uint64_t *served, const char **why)
{
    struct buf *request = ask->request;
    struct frame f;
    size_t rest;
    (void)w;
    *served = 1;
    *why = NULL;
    /* As the real one: a frame that is none goes nowhere. */
    bool good = frame_head(str_head(buf_str(request), FRAME_HEAD), &f, &rest) == ERR_OK;
    f.members = str_from(buf_str(request), FRAME_HEAD);
    if (!good || frame_check(&f) != ERR_OK) return *why = "request", ERR_INPUT;
    script.calls++;
    void (*meanwhile)(void) = script.meanwhile;
    script.meanwhile = NULL;
    if (ask->meanwhile) ask->meanwhile(ask->arg);
    if (meanwhile) meanwhile();
    if (script.each_time) script.each_time();
    str before = frame_get(&f, TAG_SNAPSHOT);
    (void)snprintf(script.files, sizeof script.files, STR_FMT, STR_ARG(frame_get(&f, TAG_FILES)));
    note_given(&f);
    uint64_t number = frame_get_u64(&f, TAG_WARM, 0);
    CLEANUP(buf_release) struct buf b = BUF(64 << 20);
    frame_begin(&b, MSG_RESULT, 1, 0);
    if (str_absent(before) && number && number == kept_number && !script.forget) before = (str){ kept, n_kept };
    if (script.instead)
        script.instead(&b);
    else if (str_absent(before) && number)
        frame_u64(&b, TAG_OUTCOME, OUT_NEED);
    else
        usual(&b, &f, before);
    TRY(frame_end(&b));
    str whole;
    TRY(arena_str(mem, buf_str(&b), &whole));
    TRY(frame_head(str_head(whole, FRAME_HEAD), reply, &rest));
    reply->members = str_from(whole, FRAME_HEAD);
    assert_int_equal(frame_check(reply), ERR_OK);
    return ERR_OK;
}

/* requests */

static struct answer send_request(enum method m, const char *target, str body, const char *type, const char *header, const char *value)
{
    struct answer a = { 0 };
    struct call c = rig_call(64 << 20);
    struct reply reply = { 0 };
    struct header head[] = { { STR("X-API-Key"), str_c(api_key) }, { STR("Content-Type"), str_c(type) }, { str_c(header ? header : "X-None"), str_c(value) } };
    str rest, path;
    /* Copies: a test that asks meanwhile may use the same buffers. */
    assert_int_equal(arena_str(c.mem, str_c(target), &rest), ERR_OK);
    assert_int_equal(arena_str(c.mem, body, &body), ERR_OK);
    struct req rq = { .method = m,
                      .headers = head,
                      .n_headers = COUNT_OF(head),
                      .body = body,
                      .host = STR("h"),
                      .scheme = STR("http"),
                      .peer = STR("127.0.0.1"),
                      .id = STR("r") };
    if (str_cut(&rest, '?', &path)) assert_int_equal(http_parse_query(c.mem, rest, 100, &rq.query), ERR_OK);
    rq.path = rq.target = path;
    c.rq = &rq;
    c.reply = &reply;
    c.now_ms = 1000;
    assert_in_range(depth, 0, COUNT_OF(servers) - 1);
    fault_arm(script.fault);
    router_run(servers[depth++].router, &c);
    depth--;
    script.hit = fault_hit();
    fault_arm(0);
    a.status = reply.status;
    (void)snprintf(a.type, sizeof a.type, STR_FMT, STR_ARG(reply.type));
    (void)snprintf(a.body, sizeof a.body, STR_FMT, STR_ARG(str_head(reply.body, sizeof a.body - 1)));
    rig_call_end(&c);
    return a;
}

struct answer ask_with(enum method m, const char *target, const char *json, const char *header, const char *value)
{
    return send_request(m, target, str_c(json), "application/json", header, value);
}
struct answer ask(enum method m, const char *target, const char *json) { return ask_with(m, target, json, NULL, NULL); }
struct answer ask_parts(const char *target, const char *body)
{
    return send_request(M_POST, target, str_c(body), "multipart/form-data; boundary=x", NULL, NULL);
}

const char *new_session(void)
{
    static char id[SESSION_ID + 1];
    struct answer a = ask(M_GET, "/api/session/new?i=" INTERVIEW "&secret=" SECRET_TEXT, NULL);
    assert_int_equal(a.status, 200);
    const char *at = strstr(a.body, "\"session\":\"");
    assert_non_null(at);
    (void)snprintf(id, sizeof id, "%.*s", SESSION_ID, at + 11);
    return id;
}

/* people */

struct person {
    const char *email, *privilege, *key, *permissions;
    int64_t number;
};
static err person_tx(struct call *c)
{
    struct person *p = c->state;
    struct account *made;
    struct account_new in = { .email = str_c(p->email), .password_hash = STR("$x"), .verified = true };
    TRY(account_create(c, &in, &made));
    if (p->privilege) TRY(privilege_grant(c, made->id, str_c(p->privilege)));
    struct api_key_new key = { .account_id = made->id, .name = STR("key"), .permissions_json = p->permissions ? str_c(p->permissions) : STR_NULL };
    p->number = made->number;
    return api_key_store(auth, c, str_c(p->key), &key);
}

int64_t add_person(const char *email, const char *privilege, const char *key, const char *permissions)
{
    struct person p = { email, privilege, key, permissions, 0 };
    struct call c = rig_call(1 << 20);
    c.state = &p;
    assert_int_equal(store_do(rig->s, &c, TX_WRITE, person_tx), ERR_OK);
    rig_call_end(&c);
    return p.number;
}

struct statement {
    const struct query *q;
    str parameter;
    int64_t number;
};
static err statement_tx(struct call *c)
{
    struct statement *s = c->state;
    struct cell *row;
    if (!*s->q->out) return db_run(c, s->q, s->parameter);
    TRY(db_get(c, s->q, &row, s->parameter));
    s->number = row[0].i;
    return ERR_OK;
}

int64_t run_sql(const struct query *q, str parameter)
{
    struct statement s = { q, parameter, 0 };
    struct call c = rig_call(1 << 20);
    c.state = &s;
    assert_int_equal(store_do(rig->s, &c, TX_WRITE, statement_tx), ERR_OK);
    rig_call_end(&c);
    return s.number;
}

/* the rig */

static void open_store(void)
{
    str why = STR_NULL;
    size_t n = auth_migrations_n + interviews_migrations_n;
    struct migration all[16];
    assert_true(n <= COUNT_OF(all));
    memcpy(all, auth_migrations, auth_migrations_n * sizeof *all);
    memcpy(all + auth_migrations_n, interviews_migrations, interviews_migrations_n * sizeof *all);
    assert_int_equal(store_migrate(rig->s, rig->a, all, n, &why), ERR_OK);
    assert_int_equal(auth_check_queries(rig->s, rig->a, &why), ERR_OK);
    assert_int_equal(interviews_check_queries(rig->s, rig->a, &why), ERR_OK);
}

static void open_server(struct server *s)
{
    static const uint8_t key[CRYPTO_KEY] = "0123456789abcdef0123456789abcde";
    static const struct interviews_dispatch dispatch[] = { { STR("one"), STR(INTERVIEW), STR_NULL } };
    struct interviews_options o = {
        .store = rig->s, .auth = auth, .files = files, .master_key = key, .body_max = 16 << 20, .lock_ms = 1, .dispatch = dispatch, .n_dispatch = 1
    };
    str why = STR_NULL;
    assert_int_equal(interviews_new(rig->a, &o, &s->room), ERR_OK);
    s->families[0] = interviews_family(s->room);
    struct router_options r = { .families = s->families, .store = rig->s, .slow_threads = 1, .slow_queue = 4, .arena_max = 64 << 20 };
    assert_int_equal(router_new(rig->a, &r, &s->router, &why), ERR_OK);
}

static int setup(void **state)
{
    static const uint8_t key[CRYPTO_KEY] = "0123456789abcdef0123456789abcde";
    char path[128];
    str why = STR_NULL, link;
    bool created;
    assert_int_equal(rig_setup_bare(state), 0);
    rig = *state;
    wrong = depth = 0;
    script = (struct script){ 0 };
    kept_number = n_kept = 0;
    open_store();
    struct auth_options o = { .store = rig->s, .master_key = key, .cost = { 8192, 1 }, .workers = 1, .queue = 4 };
    assert_int_equal(auth_new(&o, &auth), ERR_OK);
    struct bootstrap admin = { STR("admin@example.com"), STR("password"), str_c(api_key) };
    rig->c.now_ms = 1;
    assert_int_equal(auth_bootstrap(auth, &rig->c, &admin, &created, &link), ERR_OK);
    (void)snprintf(path, sizeof path, "%s/files", rig->dir);
    assert_int_equal(files_open(rig->a, path, &files, &why), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(servers); i++) open_server(&servers[i]);
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        router_free(servers[i].router);
        interviews_free(servers[i].room);
    }
    auth_free(auth);
    files_close(files);
    return rig_teardown(state) || wrong ? -1 : 0;
}

extern const struct CMUnitTest interviews_call_tests[];
extern const size_t interviews_call_tests_n;

int interviews_calls(void)
{
    struct CMUnitTest tests[32];
    assert_true(interviews_call_tests_n <= COUNT_OF(tests));
    for (size_t i = 0; i < interviews_call_tests_n; i++) {
        tests[i] = interviews_call_tests[i];
        tests[i].setup_func = setup;
        tests[i].teardown_func = teardown;
    }
    return _cmocka_run_group_tests("interviews", tests, interviews_call_tests_n, NULL, NULL);
}
