/* Path, query, cookies, media types, request ids and multipart forms: what is taken, what is refused, what memory that fails does. */
#include "../base/rows.h"
#include "base/arena.h"
#include "http/gate_int.h"

static struct arena *mem(void)
{
    struct arena *a = arena_new(1 << 20);
    assert_non_null(a);
    return a;
}

static const struct {
    const char *name, *in, *out; /* out NULL: ERR_INPUT */
} paths[] = {
    { "nothing", "", "" },
    { "plain", "a.b~c", "a.b~c" },
    { "encoded", "a%20b%2Fc%e4", "a b/c\xe4" },
    { "plus stays", "a+b", "a+b" },
    { "a lone percent", "%", NULL },
    { "one digit", "a%2", NULL },
    { "no hex", "%2g", NULL },
    { "a sign is no hex digit", "%+1", NULL },
    { "NUL", "a%00b", NULL },
};

static void test_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct arena *a = mem();
        str out = STR_NULL;
        err e = http_decode_path(a, str_c(paths[i].in), &out);
        ROW_CHECK(paths[i].name, e == (paths[i].out ? ERR_OK : ERR_INPUT));
        if (paths[i].out) ROW_STR(paths[i].name, out, str_c(paths[i].out));
        arena_free(a);
    }
    ROWS_END();
}

/* Pairs as one text: name=value; and so on. */
static str flat(struct arena *a, const struct params *p)
{
    str out = STR("");
    for (size_t i = 0; i < p->n; i++)
        assert_int_equal(arena_printf(a, &out, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(out), i ? ";" : "", STR_ARG(p->v[i].name), STR_ARG(p->v[i].value)),
                         ERR_OK);
    return out;
}

static const struct {
    const char *name, *in, *out; /* out NULL: ERR_INPUT; at most 4 are taken */
} queries[] = {
    { "nothing", "", "" },
    { "in order, repeated", "b=1&a=2&b=3", "b=1;a=2;b=3" },
    { "decoded in names and values", "a%3Db=c+d%26", "a=b=c d&" },
    { "without value", "a&b=", "a=;b=" },
    { "without name", "=a", "=a" },
    { "a value may hold =", "a=b=c", "a=b=c" },
    { "empty pairs are none", "&&a=1&&&b=2&", "a=1;b=2" },
    { "a lone percent stays", "a=100%&b=%zz&c=%4", "a=100%;b=%zz;c=%4" },
    { "a semicolon is no separator", "a=1;b=2", "a=1;b=2" },
    { "four", "a&b&c&d", "a=;b=;c=;d=" },
    { "five", "a&b&c&d&e", NULL },
};

static void test_query(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct arena *a = mem();
        struct params p = { 0 };
        err e = http_parse_query(a, str_c(queries[i].in), 4, &p);
        ROW_CHECK(queries[i].name, e == (queries[i].out ? ERR_OK : ERR_INPUT));
        if (queries[i].out) ROW_STR(queries[i].name, flat(a, &p), str_c(queries[i].out));
        arena_free(a);
    }
    struct arena *a = mem();
    struct params p = { 0 };
    assert_int_equal(http_parse_query(a, STR_NULL, 4, &p), ERR_OK);
    assert_int_equal(p.n, 0);
    assert_int_equal(http_parse_query(a, STR("x=%00"), 4, &p), ERR_OK);
    ROW_STR("NUL is a byte like others", p.v[0].value, ((str){ "\0", 1 }));
    arena_free(a);
    ROWS_END();
}

static const struct {
    const char *name, *first, *second, *out; /* two Cookie lines; out: value of "c", NULL absent */
} cookies[] = {
    { "the only one", "c=1", NULL, "1" },
    { "among others", "a=0; c=1;d=2", NULL, "1" },
    { "the first of two", "c=1; c=2", NULL, "1" },
    { "in the second line", "a=0", "b; c=1", "1" },
    { "in quotes", "c=\"1 2\"", NULL, "1 2" },
    { "one quote stays", "c=\"", NULL, "\"" },
    { "empty", "c=", NULL, "" },
    { "a value may hold =", "c=a=b", NULL, "a=b" },
    { "a name without value is none", "c; d=c", NULL, NULL },
    { "names are told apart by case", "C=1", NULL, NULL },
    { "a longer name is another", "cc=1; xc=2", NULL, NULL },
    { "nothing", "", ";;;", NULL },
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cookies); i++) {
        struct header h[] = { { STR("cookie"), str_c(cookies[i].first) }, { STR("COOKIE"), str_c(cookies[i].second) } };
        struct req rq = { .headers = h, .n_headers = cookies[i].second ? 2 : 1 };
        str got = req_cookie(&rq, "c");
        ROW_CHECK(cookies[i].name, str_absent(got) == (cookies[i].out == NULL));
        ROW_STR(cookies[i].name, got, str_c(cookies[i].out));
    }
    struct header h[] = { { STR("A"), STR("1") }, { STR("a"), STR("2") } };
    struct param p[] = { { STR("A"), STR("1") }, { STR("a"), STR("2") } };
    struct req rq = { .headers = h, .n_headers = 2, .query = { p, 2 } };
    ROW_STR("headers fold case", req_header(&rq, "a"), STR("1"));
    ROW_STR("parameters do not", req_query(&rq, "a"), STR("2"));
    ROW_CHECK("absent header", str_absent(req_header(&rq, "b")));
    ROW_CHECK("absent parameter", str_absent(req_query(&rq, "b")));
    ROWS_END();
}

static const struct {
    const char *name, *in, *out;
} types[] = {
    { "plain", "text/html", "text/html" },
    { "parameters go, letters fall", " Application/JSON ; charset=UTF-8", "application/json" },
    { "nothing", "", "" },
    { "only parameters", ";a=b", "" },
};

static void test_words(void **state)
{
    (void)state;
    struct arena *a = mem();
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        str out = STR_NULL;
        ROW_CHECK(types[i].name, http_media_type(a, str_c(types[i].in), &out) == ERR_OK);
        ROW_STR(types[i].name, out, str_c(types[i].out));
    }
    char long_id[REQUEST_ID_MAX + 1];
    memset(long_id, 'a', sizeof long_id);
    ROW_CHECK("64 characters", request_id_ok((str){ long_id, 64 }));
    ROW_CHECK("65 are too many", !request_id_ok((str){ long_id, 65 }));
    ROW_CHECK("none is no id", !request_id_ok(STR("")) && !request_id_ok(STR_NULL));
    ROW_CHECK("all that is allowed", request_id_ok(STR("azAZ09._-")));
    ROW_CHECK("what would break a log line", !request_id_ok(STR("a b")) && !request_id_ok(STR("a\n")) && !request_id_ok(STR("\xc3\xa4")));
    ROW_CHECK("a method", method_of(STR("PATCH")) == M_PATCH && method_of(STR("patch")) == M_OTHER);
    ROW_CHECK("and back", strcmp(method_name(M_DELETE), "DELETE") == 0 && strcmp(method_name(M_OTHER), "OTHER") == 0);
    struct reply r = { 0 };
    reply_header(&r, STR("A"), STR("b"));
    reply_header(&r, STR("A"), STR("b\r\nSet-Cookie: x"));
    reply_header(&r, STR("A"), ((str){ "b\0c", 3 }));
    ROW_CHECK("a header that would split the reply is dropped", r.n_headers == 1);
    for (int i = 0; i < REPLY_HEADERS_MAX; i++) reply_header(&r, STR("A"), STR("b"));
    ROW_CHECK("headers beyond the table are dropped", r.n_headers == REPLY_HEADERS_MAX);
    arena_free(a);
    ROWS_END();
}

#define TYPE "multipart/form-data; boundary=B"
#define PART(name) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n"
static const struct {
    const char *name, *type, *body, *out; /* out NULL: ERR_INPUT; else name|filename|type|body; of each part, "-" for absent */
} forms[] = {
    { "one field", TYPE, PART("a") "\r\nb\r\n--B--\r\n", "a|-|-|b;" },
    { "a file", TYPE, "--B\r\nContent-Disposition: form-data; name=f; filename=\"x y.txt\"\r\nContent-Type: text/plain\r\n\r\nb\r\nc\r\n--B--",
      "f|x y.txt|text/plain|b\r\nc;" },
    { "two fields, one name", TYPE, PART("a") "\r\n1\r\n" PART("a") "\r\n2\r\n--B--", "a|-|-|1;a|-|-|2;" },
    { "no field", TYPE, "--B--\r\n", "" },
    { "an empty value", TYPE, PART("a") "\r\n\r\n--B--", "a|-|-|;" },
    { "an empty file", TYPE, "--B\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--B--", "f||-|;" },
    { "a preamble and an epilogue go", TYPE, "x\r\n" PART("a") "\r\nb\r\n--B--\r\ny", "a|-|-|b;" },
    { "the boundary inside a line is data", TYPE, PART("a") "\r\nb--B--\n--B\r\n--B--", "a|-|-|b--B--\n--B;" },
    { "blanks after a boundary", TYPE, "--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--B--", "a|-|-|b;" },
    { "quoted boundary", "Multipart/Form-Data; charset=x; boundary=\"a b:c\"", "--a b:c\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--a b:c--",
      "a|-|-|b;" },
    { "quotes in names", TYPE, "--B\r\ncontent-disposition: FORM-DATA; NAME=\"a\\\"\\\\b\\c\"\r\n\r\nd\r\n--B--", "a\"\\b\\c|-|-|d;" },
    { "filename* is passed over", TYPE, "--B\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''x; filename=y\r\n\r\nb\r\n--B--", "a|y|-|b;" },
    { "other headers are passed over", TYPE, "--B\r\nX: y\r\nContent-Disposition: form-data; name=a\r\nZ:\r\n\r\nb\r\n--B--", "a|-|-|b;" },
    { "NUL-free is not asked of data", TYPE, PART("a") "\r\n\x01\xff\r\n--B--", "a|-|-|\x01\xff;" },
    { "another type", "multipart/mixed; boundary=B", "--B--", NULL },
    { "no boundary", "multipart/form-data", "--B--", NULL },
    { "an empty boundary", "multipart/form-data; boundary=\"\"", "----", NULL },
    { "two boundaries", TYPE "; boundary=C", "--B--", NULL },
    { "a boundary with odd bytes", "multipart/form-data; boundary=a@b", "--a@b--", NULL },
    { "a boundary of 71", "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901", "", NULL },
    { "an open quote", "multipart/form-data; boundary=\"B", "--B--", NULL },
    { "text after a quote", "multipart/form-data; boundary=\"B\"x", "--B--", NULL },
    { "nothing at all", TYPE, "", NULL },
    { "no end", TYPE, PART("a") "\r\nb\r\n", NULL },
    { "an end without CR LF before", TYPE, PART("a") "\r\nb--B--", NULL },
    { "bare LF", TYPE, "--B\nContent-Disposition: form-data; name=a\n\nb\n--B--", NULL },
    { "no name", TYPE, "--B\r\nContent-Disposition: form-data\r\n\r\nb\r\n--B--", NULL },
    { "no disposition", TYPE, "--B\r\nContent-Type: text/plain\r\n\r\nb\r\n--B--", NULL },
    { "two dispositions", TYPE, PART("a") "Content-Disposition: form-data; name=b\r\n\r\nc\r\n--B--", NULL },
    { "two names", TYPE, "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nc\r\n--B--", NULL },
    { "another disposition", TYPE, "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--B--", NULL },
    { "a line without colon", TYPE, "--B\r\nabc\r\n\r\nb\r\n--B--", NULL },
    { "a bare CR in a head", TYPE, PART("a") "X: a\rb\r\n\r\nb\r\n--B--", NULL },
    { "a head without end", TYPE, PART("a") "X: y\r\n", NULL },
    { "four parts", TYPE, PART("a") "\r\n\r\n" PART("b") "\r\n\r\n" PART("c") "\r\n\r\n" PART("d") "\r\n\r\n--B--", "a|-|-|;b|-|-|;c|-|-|;d|-|-|;" },
    { "five parts", TYPE, PART("a") "\r\n\r\n" PART("b") "\r\n\r\n" PART("c") "\r\n\r\n" PART("d") "\r\n\r\n" PART("e") "\r\n\r\n--B--", NULL },
};

static str flat_parts(struct arena *a, const struct parts *p)
{
    str out = STR("");
    for (size_t i = 0; i < p->n; i++) {
        const struct part *v = &p->v[i];
        str file = str_absent(v->filename) ? STR("-") : v->filename, type = str_absent(v->type) ? STR("-") : v->type;
        assert_int_equal(arena_printf(a, &out, STR_FMT STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT ";", STR_ARG(out), STR_ARG(v->name), STR_ARG(file),
                                      STR_ARG(type), STR_ARG(v->body)),
                         ERR_OK);
    }
    return out;
}

static void test_multipart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct arena *a = mem();
        struct parts p = { 0 };
        err e = http_parse_multipart(a, str_c(forms[i].type), str_c(forms[i].body), 4, &p);
        ROW_CHECK(forms[i].name, e == (forms[i].out ? ERR_OK : ERR_INPUT));
        if (forms[i].out && !e) ROW_STR(forms[i].name, flat_parts(a, &p), str_c(forms[i].out));
        arena_free(a);
    }
    ROWS_END();
}

#ifdef CHANCERY_FAULTS
/* Each allocation fails once: the answer is ERR_NOMEM, never a crash and never half a result. */
static void test_memory_fails(void **state)
{
    (void)state;
    bool hit = true;
    for (long n = 1; hit; n++) {
        struct arena *a = mem();
        struct params p = { 0 };
        struct parts f = { 0 };
        str s = STR_NULL;
        fault_arm(n);
        err e = http_decode_path(a, STR("a%20"), &s);
        if (!e) e = http_media_type(a, STR("a/b"), &s);
        if (!e) e = http_parse_query(a, STR("a=b&c=d"), 9, &p);
        if (!e) e = http_parse_multipart(a, STR("multipart/form-data; boundary=\"B\""), STR(PART("a") "\r\nb\r\n--B--"), 9, &f);
        hit = fault_hit();
        fault_arm(0);
        ROW_CHECK("a failed allocation", e == (hit ? ERR_NOMEM : ERR_OK));
        arena_free(a);
    }
    ROWS_END();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),         cmocka_unit_test(test_query),     cmocka_unit_test(test_requests),
        cmocka_unit_test(test_words),        cmocka_unit_test(test_multipart),
#ifdef CHANCERY_FAULTS
        cmocka_unit_test(test_memory_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
