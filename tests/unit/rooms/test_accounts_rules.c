/* tests/unit/rooms/test_accounts_rules.c: what is an address, a URL, a phone number; how a user is shown (django-cfg 2, 8, 9.5). */
#include "rooms/accounts/accounts_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static int wrong;

static void expect(bool right, const char *what, const char *text)
{
    if (!right) wrong++, print_error("%s: %s\n", what, text);
}

static struct arena *mem;

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault; /* NULL: a good one */
    } rows[] = {
        { "ann@example.com", NULL },
        { "a.b+c@sub.example.org", NULL },
        { "jörg@example.com", NULL },
        { "A@B.CO", NULL },
        { "nope", "An email address must have an @-sign." },
        { "@example.com", "There must be something before the @-sign." },
        { "ann@", "There must be something after the @-sign." },
        { "ann@example", "The part after the @-sign is not valid. It should have a period." },
        { "ann@example..com", "An email address cannot have two periods in a row." },
        { "a..b@example.com", "An email address cannot have two periods in a row." },
        { "ann@x.test", "" },
        { "ann@x.local", "" },
        { "ann@mail.localhost", "" },
        { "ann@x.invalid", "" },
        { "ann@x.onion", "" },
        { "ann@1.arpa", "" },
        { "ann@[127.0.0.1]", "" },
        { "ann@example.c0", "" },
        { "ann@-example.com", "" },
        { "ann@exa mple.com", "" },
        { "a b@example.com", "" },
        { ".a@example.com", "" },
        { "a@b@example.com", "" },
        { "\"a\"@example.com", "" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", "" }, /* 65 on the left */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *fault = cfg_address_fault(str_c(rows[i].text));
        expect(rows[i].fault ? fault && (!*rows[i].fault || strcmp(fault, rows[i].fault) == 0) : !fault, rows[i].text, fault ? fault : "taken");
    }
}

static void urls(void **state)
{
    (void)state;
    static const char *const good[] = { "http://localhost",           "https://example.com/a?b=c#d", "ftp://ftp.example.com", "ftps://example.com",
                                        "http://127.0.0.1:8000/",     "http://[::1]:3000/x",         "HTTPS://EXAMPLE.COM",   "https://user:pass@example.com/",
                                        "https://bücher.example.de/", "http://example.com:65535" };
    static const char *const bad[] = { "",
                                       "nope",
                                       "example.com",
                                       "myapp://auth",
                                       "javascript:alert(1)",
                                       "http://",
                                       "http:///x",
                                       "http://exam ple.com",
                                       "http://-a.com",
                                       "http://a-.com",
                                       "http://host",
                                       "http://example.com:99999",
                                       "http://example.com:x",
                                       "http://[::1",
                                       "http://1.2.3",
                                       "http://a..com",
                                       "https://example.com/\n" };
    for (size_t i = 0; i < COUNT_OF(good); i++) expect(cfg_url_ok(str_c(good[i])), "a good URL", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++) expect(!cfg_url_ok(str_c(bad[i])), "not a URL", bad[i]);
    expect(str_is(cfg_source_name(STR("https://www.my.example.com:80/x")), "my.example.com:80"), "the source's name", "www");
}

static void uuids(void **state)
{
    (void)state;
    static const char plain[] = "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7";
    static const char *const good[] = { plain, "5A92B9A5-4B54-4B05-9F3C-0A5A3ECDF1A7", "5a92b9a54b544b059f3c0a5a3ecdf1a7",
                                        "{5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7}", "urn:uuid:5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7" };
    static const char *const bad[] = { "", "5a92b9a5", "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a", "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7a",
                                       "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1ag" };
    char out[UUID];
    for (size_t i = 0; i < COUNT_OF(good); i++) expect(cfg_uuid_read(str_c(good[i]), out) && str_is((str){ out, UUID }, plain), "a UUID", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++) expect(!cfg_uuid_read(str_c(bad[i]), out), "not a UUID", bad[i]);
    expect(cfg_uuid_plain(STR("5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7")) && !cfg_uuid_plain(str_c(good[1])), "in a path small letters only", good[1]);
    cfg_uuid4(out);
    expect(cfg_uuid_plain((str){ out, UUID }) && out[14] == '4' && strchr("89ab", out[19]), "a random one", "version 4");
}

static void phones(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *want; /* NULL: not one */
    } rows[] = { { "+1 (555) 123-4567", "+15551234567" },
                 { "5551234567", "5551234567" },
                 { "++49 30 1234567", "+49301234567" },
                 { "49+30+1234567x", "+49301234567" },
                 { "123", NULL },
                 { "+123456789", NULL },
                 { "abcdefghij", NULL },
                 { "1+234567890", "1+234567890" } };
    char out[21];
    size_t n;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool good = cfg_phone_reduce(str_c(rows[i].typed), out, &n);
        expect(rows[i].want ? good && str_is((str){ out, n }, rows[i].want) : !good, "phone", rows[i].typed);
    }
}

static void shown(void **state)
{
    (void)state;
    str out;
    static const struct {
        const char *first, *last, *email, *want;
    } rows[] = {
        { "Ann", "Lee", "x@y.z", "AL" }, { "ölaf", "", "x@y.z", "Ö" }, { "", "ßen", "x@y.z", "ẞ" }, { "", "", "kim@y.z", "K" }, { "日本", "x", "", "日X" }
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(cfg_initials_of(mem, str_c(rows[i].first), str_c(rows[i].last), str_c(rows[i].email), &out) == ERR_OK && str_is(out, rows[i].want), "initials",
               rows[i].want);
    static const char *const names[][2] = {
        { "calm_river", "Calm River" }, { "a-b.c_d", "A B C D" }, { "__McDONALD__", "Mcdonald" }, { "user0123456789", "User0123456789" }, { "", "" }
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        expect(cfg_display_of(mem, str_c(names[i][0]), &out) == ERR_OK && str_is(out, names[i][1]), "display", names[i][0]);
    static const char *const tags[][2] = { { "de-AT,en;q=0.8", "de" },          { "*", "" }, { "", "" }, { "pt_BR", "pt" }, { " fr ;q=0.3", "fr" },
                                           { "abcdefghijklmnop", "abcdefghij" } };
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        expect(str_eq(cfg_language_of(str_c(tags[i][0])), str_c(tags[i][1])) || (!*tags[i][1] && !cfg_language_of(str_c(tags[i][0])).n), "language",
               tags[i][0]);
    static const char *const blanks[][2] = { { " A  B ", "A B" }, { "\u3000x\u2028\ty\u00a0", "x y" }, { "   ", "" }, { "a", "a" } };
    for (size_t i = 0; i < COUNT_OF(blanks); i++)
        expect(cfg_text_collapse(mem, str_c(blanks[i][0]), &out) == ERR_OK && str_eq(out, str_c(blanks[i][1])), "white space", blanks[i][0]);
}

static void zones(void **state)
{
    (void)state;
    static const char *const good[] = { "Asia/Seoul", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5" };
    static const char *const bad[] = { "",          "Asia",        "Asia/Nowhere", "../../etc/passwd", "/etc/passwd",
                                       "posix/UTC", "Asia//Seoul", "Asia/Seoul/",  "Asia/Seoul\n",     "zone.tab" };
    for (size_t i = 0; i < COUNT_OF(good); i++) expect(cfg_zone_known(str_c(good[i])), "a zone", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++) expect(!cfg_zone_known(str_c(bad[i])), "not a zone", bad[i]);
}

static void names_are_short_and_plain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        str name;
        assert_int_equal(cfg_username_make(mem, i % 8, &name), ERR_OK);
        expect(name.n >= 3 && name.n <= 12, "a user name of at most 12", name.p);
        for (size_t k = 0; k < name.n; k++) expect(strchr("abcdefghijklmnopqrstuvwxyz0123456789_", name.p[k]) != NULL, "plain letters", name.p);
        arena_empty(mem);
    }
}

static int none_wrong(void **state)
{
    (void)state;
    int n = wrong;
    wrong = 0;
    arena_empty(mem);
    return n;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(addresses, none_wrong),
        cmocka_unit_test_teardown(urls, none_wrong),
        cmocka_unit_test_teardown(uuids, none_wrong),
        cmocka_unit_test_teardown(phones, none_wrong),
        cmocka_unit_test_teardown(shown, none_wrong),
        cmocka_unit_test_teardown(zones, none_wrong),
        cmocka_unit_test_teardown(names_are_short_and_plain, none_wrong),
    };
    mem = arena_new(16 << 20);
    if (!mem || crypto_init() != ERR_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(mem);
    return failed;
}
