/* tests/unit/route/test_router.c: the stations in each family's order, errors in each family's words, refusals at start-up, the printed document. */
#include "families.h"

static const struct family *const both[] = { &strict, &loose, NULL };

/* A request in one line of a table: "Name: value" headers separated by '\n'. */
static size_t headers_of(const char *text, struct header out[static 4])
{
    size_t n = 0;
    str rest = str_c(text), line, name;
    while (rest.n) {
        str_cut(&rest, '\n', &line);
        str_cut(&line, ':', &name);
        out[n++] = (struct header){ name, str_trim(line) };
    }
    return n;
}

#define JSON "Content-Type: application/json\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\n"
#define GOOD "X-Key: good\n"

static const struct {
    const char *name;
    enum method method;
    const char *path, *headers, *body;
    int status;
    const char *reply, *op;
} rows[] = {
    { "a strict body comes back as it was read", M_POST, "/s/note", JSON, "{\"text\":\"a\",\"count\":3}", 200, "{\"text\":\"a\",\"count\":3}", "note" },
    { "media type parameters and case do not matter", M_POST, "/s/note", "Content-Type: Application/JSON; charset=utf-8\n", "{\"text\":\"a\"}", 200,
      "{\"text\":\"a\"}", "note" },
    { "so does a type that ends in +json", M_POST, "/s/note", "Content-Type: application/x+json\n", "{\"text\":\"a\"}", 200, "{\"text\":\"a\"}", "note" },
    { "a body without a type is of the first accepted one", M_POST, "/s/note", "", "{\"text\":\"a\"}", 200, "{\"text\":\"a\"}", "note" },
    { "a form fills the same struct", M_POST, "/s/note", FORM, "text=a+b&count=4", 200, "{\"text\":\"a b\",\"count\":4}", "note" },
    { "a form is judged too", M_POST, "/s/note", FORM, "text=a&count=x", 400, "count|an integer is expected", "note" },
    { "a multipart form fills it too", M_POST, "/s/note", "Content-Type: multipart/form-data; boundary=X\n",
      "--X\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nab\r\n--X--\r\n", 200, "{\"text\":\"ab\"}", "note" },
    { "an unknown media type", M_POST, "/s/note", "Content-Type: text/csv\n", "a", 415, "|this media type is not accepted", "note" },
    { "a missing body where one is required", M_POST, "/s/note", "", "", 400, "|a request body is required", "note" },
    { "what is not JSON is told with its place", M_POST, "/s/note", JSON, "{\"text\":}", 400, "|Expecting value: line 1 column 9 (char 8)", "note" },
    { "a violation is told with its pointer", M_POST, "/s/note", JSON, "{\"text\":\"\"}", 400, "/text|too short", "note" },
    { "strict: the caller is asked before the body is judged", M_POST, "/s/mine", JSON, "{", 401, "|who are you?", "mine" },
    { "strict: a key in the body is no key", M_POST, "/s/mine", JSON, "{\"text\":\"a\",\"key\":\"good\"}", 401, "|who are you?", "mine" },
    { "a known caller may", M_POST, "/s/mine", GOOD JSON, "{\"text\":\"a\"}", 200, "{\"text\":\"a\"}", "mine" },
    { "nobody passes the gate unknown", M_GET, "/s/secret/1", "", "", 401, "|who are you?", "secret" },
    { "a known caller passes the gate", M_GET, "/s/secret/1", GOOD, "", 200, "1", "secret" },
    { "a weak one does not", M_GET, "/s/secret/1", "X-Key: weak\n", "", 403, "|not you", "secret" },
    { "HEAD passes the same stations", M_HEAD, "/s/secret/1", "", "", 401, "|who are you?", "secret" },
    { "trouble below is a 500 without details", M_GET, "/s/trouble", "", "", 500, "|", "trouble" },
    { "an operation without a reply is our bug", M_GET, "/s/silent", "", "", 500, "|no reply was made", "silent" },
    { "an unknown path in the family's words", M_GET, "/s/unknown", "", "", 404, "|not found", "none" },
    { "an unknown method in the family's words", M_GET, "/s/note", "", "", 405, "|method not allowed", "none" },
    { "OPTIONS by default", M_OPTIONS, "/s/note", "", "", 204, "", "none" },
    { "a malformed escape in the path", M_GET, "/l/get/%2", "", "", 400, "|the path is malformed", "none" },
    { "loose: a key in the JSON body counts, keys sorted, newline", M_POST, "/l/note", JSON, "{\"text\":\"\\u00e4\",\"key\":\"good\",\"count\":\"7\"}", 200,
      "{\"count\":7,\"key\":\"good\",\"text\":\"\\u00e4\"}\n", "looseNote" },
    { "loose: a key in the form counts; the first of two", M_POST, "/l/note", FORM, "key=good&key=bad&text=a", 200, "{\"key\":\"good\",\"text\":\"a\"}\n",
      "looseNote" },
    { "loose: malformed JSON is an empty form", M_POST, "/l/note", GOOD JSON, "{", 200, "{\"text\":null}\n", "looseNote" },
    { "loose: null is an empty form", M_POST, "/l/note", GOOD JSON, " null ", 200, "{\"text\":null}\n", "looseNote" },
    { "loose: any other media type is an empty form", M_POST, "/l/note", GOOD "Content-Type: text/csv\n", "text=a", 200, "{\"text\":null}\n", "looseNote" },
    { "loose: JSON under a form's type is a form", M_POST, "/l/note", GOOD FORM, "{\"text\":\"a\"}", 200, "{\"text\":null}\n", "looseNote" },
    { "loose: a broken multipart body is an empty form", M_POST, "/l/note", GOOD "Content-Type: multipart/form-data\n", "x", 200, "{\"text\":null}\n",
      "looseNote" },
    { "loose: a list is no body", M_POST, "/l/note", GOOD JSON, "[1]", 400, "|The request body must be an object.", "looseNote" },
    { "loose: a text neither", M_POST, "/l/note", GOOD JSON, "\"x\"", 400, "|The request body must be an object.", "looseNote" },
    { "loose: the body is read for its key even where no body is documented", M_POST, "/l/key", JSON, "{\"key\":\"good\"}", 200, "good", "looseKey" },
    { "loose: a number as key is its text", M_POST, "/l/key", JSON, "{\"key\":7}", 401, "|who are you?", "looseKey" },
    { "path values are decoded", M_GET, "/l/get/a%20b%2F", "", "", 200, "a b/", "looseGet" },
};

static struct router *router_of(struct arena *a, const struct family *const *families)
{
    struct router *r = NULL;
    str why = STR("");
    struct router_options o = { .families = families };
    if (router_new(a, &o, &r, &why) != ERR_OK) print_error(STR_FMT "\n", STR_ARG(why));
    return r;
}

static str header_value(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_is(r->headers[i].name, name)) return r->headers[i].value;
    return STR_NULL;
}

static void run(struct router *r, struct arena *a, struct req *rq, struct reply *reply)
{
    *reply = (struct reply){ 0 };
    struct call c = { .mem = a, .rq = rq, .reply = reply, .now_ms = 1 };
    router_run(r, &c);
}

static void requests_pass_their_stations(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct router *r = router_of(a, both);
    int wrong = 0;
    assert_non_null(r);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *mem = arena_new(1 << 20);
        struct header h[4];
        struct reply reply;
        struct req rq = { .method = rows[i].method, .path = str_c(rows[i].path), .headers = h, .body = str_c(rows[i].body) };
        rq.n_headers = headers_of(rows[i].headers, h);
        run(r, mem, &rq, &reply);
        if (reply.status != rows[i].status || !str_is(reply.body, rows[i].reply) || !str_is(header_value(&reply, "X-Op"), rows[i].op))
            wrong++, print_error("%s: %d " STR_FMT "\n", rows[i].name, reply.status, STR_ARG(reply.body));
        arena_free(mem);
    }
    router_free(r);
    arena_free(a);
    assert_int_equal(wrong, 0);
}

static void a_body_over_the_limit_is_told(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct router *r = router_of(a, both);
    struct reply reply;
    struct req rq = { .method = M_POST, .path = STR("/s/note"), .body_too_large = true };
    run(r, a, &rq, &reply);
    assert_int_equal(reply.status, 413);
    assert_int_equal(route_body_max(r, &rq), 1000);
    rq.path = STR("/nowhere");
    assert_int_equal(route_body_max(r, &rq), STRAY_BODY_MAX);
    rq.path = STR("/s/%zz");
    assert_int_equal(route_body_max(r, &rq), STRAY_BODY_MAX);
    router_free(r);
    arena_free(a);
}

static void a_wrong_method_names_the_right_ones(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct router *r = router_of(a, both);
    struct reply reply;
    struct req rq = { .method = M_DELETE, .path = STR("/l/get/x") };
    run(r, a, &rq, &reply);
    assert_int_equal(reply.status, 405);
    assert_true(str_is(header_value(&reply, "Allow"), "GET, HEAD, OPTIONS"));
    router_free(r);
    arena_free(a);
}

/* Every allocation fails once: a reply all the same, and never somebody else's. */
static void without_memory_there_is_still_a_reply(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct router *r = router_of(a, both);
    for (size_t ceiling = 0; ceiling < 6000; ceiling += 8) {
        struct arena *mem = arena_new(ceiling);
        struct header h = { STR("Content-Type"), STR("application/json") };
        struct reply reply;
        struct req rq = { .method = M_POST, .path = STR("/s/note"), .headers = &h, .n_headers = 1, .body = STR("{\"text\":\"a\\u0041\",\"count\":3}") };
        run(r, mem, &rq, &reply);
        assert_true(reply.status == 200 || reply.status == 500);
        if (reply.status == 200) assert_true(str_is(reply.body, "{\"text\":\"aA\",\"count\":3}"));
        arena_free(mem);
    }
    router_free(r);
    arena_free(a);
}

/* Refusals */

/* clang-format off */
#define GET_ROW .id = "x", .on = M_GET, .path = "/x", .replies = text_replies
static const struct shape note_again = { .kind = K_OBJECT, .name = "Note" };
static const struct reply_doc clash_replies[] = { { 200, "application/json", &note, NULL }, { 201, "application/json", &note_again, NULL }, { 0 } };
static const struct op no_perm[] = { { GET_ROW, .run = echo }, { 0 } }, no_run[] = { { GET_ROW, .perm = PERM_PUBLIC }, { 0 } },
                       no_identify[] = { { GET_ROW, .run = echo, .perm = PERM_CALLER }, { 0 } },
                       no_permit[] = { { GET_ROW, .run = echo, .perm = PERM_GATE }, { 0 } },
                       no_replies[] = { { .id = "x", .on = M_GET, .path = "/x", .perm = PERM_PUBLIC, .run = echo }, { 0 } },
                       quick_write[] = { { GET_ROW, .perm = PERM_PUBLIC, .run = echo, .quick = true, .tx = TX_WRITE }, { 0 } },
                       twice[] = { { GET_ROW, .perm = PERM_PUBLIC, .run = echo },
                                   { .id = "x", .on = M_PUT, .path = "/x", .replies = text_replies, .perm = PERM_PUBLIC, .run = echo },
                                   { 0 } },
                       clash[] = { { .id = "x", .on = M_GET, .path = "/x", .perm = PERM_PUBLIC, .run = echo, .replies = clash_replies }, { 0 } },
                       body_text[] = { { GET_ROW, .perm = PERM_PUBLIC, .run = echo, .body = &shape_text }, { 0 } },
                       needless[] = { { GET_ROW, .perm = PERM_PUBLIC, .run = echo, .body_need = true }, { 0 } };
/* clang-format on */
static const struct {
    const char *name;
    struct family family;
    const char *why;
} refused[] = {
    { "a row that does not say who may", { .name = "f", .ops = no_perm }, "f x: no .perm" },
    { "a row without a function", { .name = "f", .ops = no_run }, "f x: no .run" },
    { "a caller wanted, nobody to tell who it is", { .name = "f", .ops = no_identify }, "f x: asks for a caller, but the family has no identify()" },
    { "a gate without a keeper", { .name = "f", .ops = no_permit, .identify = identify }, "f x: has a gate, but the family has no permit()" },
    { "a row without documented replies", { .name = "f", .ops = no_replies }, "f x: no .replies" },
    { "a quick write", { .name = "f", .ops = quick_write }, "f x: .quick is for TX_NONE" },
    { "one id for two rows", { .name = "f", .ops = twice }, "f x: the operation id is taken" },
    { "one component name for two shapes", { .name = "f", .ops = clash }, "f: two shapes have the same component name" },
    { "a body that is no object", { .name = "f", .ops = body_text }, "f x: .body is no object" },
    { "a required body that nobody describes", { .name = "f", .ops = needless }, "f x: body details without .body" },
    { "security that is not JSON", { .name = "f", .ops = loose_ops + 2, .security = "{" }, "f: .security and .security_need are JSON" },
};

static void bad_families_are_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena *a = arena_new(1 << 20);
        const struct family *const one[] = { &refused[i].family, NULL };
        struct router_options o = { .families = one };
        struct router *r = NULL;
        str why = STR("");
        err e = router_new(a, &o, &r, &why);
        if (e == ERR_OK || !str_is(why, refused[i].why)) wrong++, print_error("%s: %s " STR_FMT "\n", refused[i].name, err_name(e), STR_ARG(why));
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
}

/* The document */

/* Value at "a.b.c"; NULL if something on the way is missing. */
static json_t *at(json_t *doc, const char *path)
{
    str rest = str_c(path), key;
    bool more = true;
    while (doc && more) {
        more = str_cut(&rest, '>', &key);
        doc = json_object_getn(doc, key.p, key.n);
    }
    return doc;
}

static const struct {
    const char *name, *path, *want;
} document[] = {
    { "its version", "openapi", "\"3.1.0\"" },
    { "its title", "info>title", "\"Strict ones\"" },
    { "an operation's id", "paths>/s/note>post>operationId", "\"note\"" },
    { "digits are integers in the document and the template is clean", "paths>/s/secret/{id}>get>parameters",
      "[{\"in\": \"path\", \"name\": \"id\", \"required\": true, \"schema\": {\"type\": \"integer\"}}]" },
    { "a named shape is referred to", "paths>/s/note>post>requestBody>content>multipart/form-data>schema", "{\"$ref\": \"#/components/schemas/Note\"}" },
    { "a required body", "paths>/s/note>post>requestBody>required", "true" },
    { "a public operation needs nothing", "paths>/s/note>post>security", "[]" },
    { "another needs what the family needs", "paths>/s/mine>post>security", "[{\"key\": []}]" },
    { "JSON is the default body type", "paths>/s/mine>post>requestBody>content",
      "{\"application/json\": {\"schema\": {\"$ref\": \"#/components/schemas/Note\"}}}" },
    { "what every operation may answer stands with each", "paths>/s/note>post>responses>503>content>text/plain>schema", "{\"type\": \"string\"}" },
    { "limits", "components>schemas>Note>properties>text", "{\"description\": \"What to keep\", \"maxLength\": 10, \"minLength\": 1, \"type\": \"string\"}" },
    { "required members", "components>schemas>Note>required", "[\"text\"]" },
    { "security schemes", "components>securitySchemes>key>name", "\"X-Key\"" },
    { "tags", "tags", "[{\"name\": \"Notes\"}]" },
};

static void the_document_says_what_the_tables_say(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct buf b = BUF(1 << 20), again = BUF(1 << 20);
    json_t *doc = NULL;
    const struct json_rules rules = { .reject_twice = true };
    int wrong = 0;
    assert_int_equal(openapi_print(&strict, &b), ERR_OK);
    assert_int_equal(openapi_print(&strict, &again), ERR_OK);
    assert_true(str_eq(buf_str(&b), buf_str(&again)));
    assert_int_equal(json_read(a, buf_str(&b), &rules, &doc, NULL), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(document); i++) {
        json_t *v = at(doc, document[i].path);
        char *got = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
        if (!got || strcmp(got, document[i].want) != 0) wrong++, print_error("%s: %s\n", document[i].name, got ? got : "missing");
        free(got);
    }
    for (const struct op *op = strict_ops; op->id; op++) assert_true(str_search(buf_str(&b), str_c(op->id)) < b.n);
    buf_release(&b);
    buf_release(&again);
    arena_free(a);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_pass_their_stations),
        cmocka_unit_test(a_body_over_the_limit_is_told),
        cmocka_unit_test(a_wrong_method_names_the_right_ones),
        cmocka_unit_test(without_memory_there_is_still_a_reply),
        cmocka_unit_test(bad_families_are_refused),
        cmocka_unit_test(the_document_says_what_the_tables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
