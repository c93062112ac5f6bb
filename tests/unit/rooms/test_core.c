/* tests/unit/rooms/test_core.c: the core room without a server: what a password may be, what pages escape, what is said when something is missing.
 * Spec: server.md 3 and 4. */
#include "rooms/core/core_int.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#undef fail /* cmocka's macro hides the function of base/call.h */

static const struct {
    const char *name, *password, *email;
    bool good;
} passwords[] = {
    { "eight characters are enough", "grau-elf", "a@example.com", true },
    { "seven are not", "abcdefg", "", false },
    { "characters count, not bytes", "äöüßäöüß", "", true },
    { "four characters of two bytes are four", "äöüß", "", false },
    { "blanks are characters", "a b c d ", "", true },
    { "a tab is not", "abcdefg\th", "", false },
    { "bytes that are no UTF-8 are not", "abcdefgh\xff", "", false },
    { "one character repeated is not", "zzzzzzzzzzzz", "", false },
    { "the e-mail address is not", "someone@example.com", "Someone@example.com", false },
    { "nothing is not", "", "", false },
    { "what many people use is not", "Password1", "", false },
};

static void passwords_are_judged_by_one_rule(void **state)
{
    (void)state;
    static char long_one[129];
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(passwords); i++)
        if (!password_refusal(str_c(passwords[i].password), str_c(passwords[i].email)) != passwords[i].good) wrong++, print_error("%s\n", passwords[i].name);
    for (size_t i = 0; i < sizeof long_one; i++) long_one[i] = (char)('a' + i % 26);
    assert_null(password_refusal((str){ long_one, 128 }, STR("")));
    assert_non_null(password_refusal((str){ long_one, 129 }, STR("")));
    assert_non_null(password_refusal(STR_NULL, STR_NULL));
    assert_int_equal(wrong, 0);
}

static void every_mail_has_all_its_parts_in_every_language(void **state)
{
    (void)state;
    static const char *const names[] = { "proof", "reset", "first_proof", "welcome", "password_changed" }, *const locales[] = { "", "de" };
    const struct template_value v[] = { { "email", STR("a&b@example.com") }, { "link", STR("https://x.example/?token=t") }, { "when", STR("now") } };
    assert_int_equal(core_mails_n, COUNT_OF(names) * COUNT_OF(locales));
    for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(locales); i++) {
        const struct template *t = template_find(core_mails, core_mails_n, names[i % COUNT_OF(names)], str_c(locales[i / COUNT_OF(names)]));
        struct buf text = BUF(10000), html = BUF(10000);
        assert_non_null(t);
        assert_string_equal(t->locale, locales[i / COUNT_OF(names)]);
        assert_int_equal(template_fill(&text, t->text, v, COUNT_OF(v), false), ERR_OK);
        assert_int_equal(template_fill(&html, t->html, v, COUNT_OF(v), true), ERR_OK);
        assert_true(str_search(buf_str(&text), v[1].value) < text.n && str_search(buf_str(&html), STR("href=\"https://x.example/?token=t\"")) < html.n);
        assert_true(str_search(buf_str(&text), v[0].value) < text.n && str_search(buf_str(&html), STR("a&amp;b@example.com")) < html.n);
        assert_true(*t->subject && !strchr(t->subject, '\n'));
        buf_release(&text);
        buf_release(&html);
    }
    assert_ptr_equal(template_find(core_mails, core_mails_n, "reset", STR("de_AT.UTF-8")), template_find(core_mails, core_mails_n, "reset", STR("de")));
    assert_string_equal(template_find(core_mails, core_mails_n, "reset", STR("fr"))->locale, "");
}

static void text_never_becomes_markup(void **state)
{
    (void)state;
    struct buf b = BUF(1000);
    html_text(&b, STR("<a href=\"x\" b='y'>&amp;ä</a>"));
    assert_true(str_is(buf_str(&b), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;ä&lt;/a&gt;"));
    buf_release(&b);
}

/* A server in this process, without store and accounts. */
static const char *lacking;
static size_t missing(void *self, const char *out[static CORE_MISSING_MAX])
{
    (void)self;
    if (!lacking) return 0;
    out[0] = lacking;
    return 1;
}
static void numbers(void *self, struct core_numbers *out)
{
    (void)self;
    out->route.requests = 42;
    out->store.commits = INT64_MAX;
}

static struct router *router;

static int start(void **state)
{
    static struct arena *a;
    static const struct family *core;
    static const struct family *families[2];
    static const struct family *const none[] = { NULL };
    str why = STR("");
    a = arena_new(1 << 22);
    *state = a;
    const struct core_options o = { .families = none, .version = "1.2.3", .missing = missing, .numbers = numbers };
    if (!a || core_family(a, &o, &core) != ERR_OK) return -1;
    families[0] = core;
    const struct router_options r = { .families = families };
    return router_new(a, &r, &router, &why) == ERR_OK ? 0 : -1;
}

static int stop(void **state)
{
    router_free(router);
    arena_free(*state);
    return 0;
}

static const struct {
    const char *name, *lacking;
    enum method method;
    const char *path;
    int status;
    const char *part; /* of the body */
} rows[] = {
    { "the home page tells the version", NULL, M_GET, "/", 200, "Version 1.2.3" },
    { "ready: an empty list", NULL, M_GET, "/readyz", 200, "[]" },
    { "not ready: a list of what is missing", "schema", M_GET, "/readyz", 503, "[\"schema\"]" },
    { "numbers are the ones handed in", NULL, M_GET, "/metrics", 200, "\nchancery_requests_total 42\n" },
    { "the largest number too", NULL, M_GET, "/metrics", 200, "\nchancery_store_commits_total 9223372036854775807\n" },
    { "the core documents itself", NULL, M_GET, "/openapi/core.json", 200, "\"operationId\":\"choosePassword\"" },
    { "without accounts there is no page for passwords", NULL, M_GET, "/account/password", 503, "not available" },
    { "nor can one be chosen", NULL, M_POST, "/account/password", 503, "not available" },
    { "below its paths the core answers for itself", NULL, M_GET, "/docs/x/y", 404, "There is nothing at this address." },
};

static void the_core_answers(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *mem = arena_new(1 << 20);
        struct reply reply = { 0 };
        struct req rq = { .method = rows[i].method, .path = str_c(rows[i].path) };
        struct call c = { .mem = mem, .rq = &rq, .reply = &reply, .now_ms = 1 };
        lacking = rows[i].lacking;
        router_run(router, &c);
        if (reply.status != rows[i].status || str_search(reply.body, str_c(rows[i].part)) == reply.body.n)
            wrong++, print_error("%s: %d " STR_FMT "\n", rows[i].name, reply.status, STR_ARG(reply.body));
        arena_free(mem);
    }
    assert_int_equal(wrong, 0);
}

/* Pages at any ceiling of the arena: whole, or an error that is whole too. */
static void pages_without_memory_are_errors(void **state)
{
    (void)state;
    static const char *const paths[] = { "/", "/docs/core", "/metrics", "/openapi/x", "/nowhere" };
    struct header html = { STR("Accept"), STR("text/html") };
    for (size_t p = 0; p < COUNT_OF(paths); p++)
        for (size_t ceiling = 0; ceiling < 20000; ceiling += 97) {
            struct arena *mem = arena_new(ceiling);
            struct reply reply = { 0 };
            struct req rq = { .method = M_GET, .path = str_c(paths[p]), .headers = &html, .n_headers = 1 };
            struct call c = { .mem = mem, .rq = &rq, .reply = &reply, .now_ms = 1 };
            router_run(router, &c);
            assert_true(reply.status == 200 || reply.status == 404 || reply.status == 500);
            assert_true(reply.body.n > 0 || c.visit == NULL);
            arena_free(mem);
        }
}

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1);
    if (crypto_init() != ERR_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_judged_by_one_rule), cmocka_unit_test(every_mail_has_all_its_parts_in_every_language),
        cmocka_unit_test(text_never_becomes_markup),        cmocka_unit_test(the_core_answers),
        cmocka_unit_test(pages_without_memory_are_errors),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
