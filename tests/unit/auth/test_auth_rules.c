/* What auth decides without a store: where a key is, whom a constraint lets in, who may do what, which addresses are one. */
#include "../base/rows.h"
#include "auth/auth_int.h"

/* Absent: NULL. */
static const struct {
    const char *name, *query, *body, *cookie, *header, *authorization, *want;
} places[] = {
    /* docassemble api 3.1 */
    { "no key", NULL, NULL, NULL, NULL, NULL, NULL },
    { "the query beats all", "q", "b", "X-API-Key=c", "h", "Bearer a", "q" },
    { "an empty one in the query is one", "", "b", "X-API-Key=c", "h", "Bearer a", "" },
    { "the body beats cookie and headers", NULL, "b", "X-API-Key=c", "h", "Bearer a", "b" },
    { "the cookie beats headers", NULL, NULL, "a=1; X-API-Key=c; z=2", "h", "Bearer a", "c" },
    { "an empty cookie is none", NULL, NULL, "X-API-Key=", "h", "Bearer a", "h" },
    { "the header beats Authorization", NULL, NULL, NULL, "h", "Bearer a", "h" },
    { "an empty header is none", NULL, NULL, NULL, "", "Bearer a", "a" },
    { "Bearer", NULL, NULL, NULL, NULL, "Bearer abc", "abc" },
    { "the scheme in any case", NULL, NULL, NULL, NULL, "bEARER abc", "abc" },
    { "blanks around the token", NULL, NULL, NULL, NULL, "Bearer \t abc  ", "abc" },
    { "a blank must follow the scheme", NULL, NULL, NULL, NULL, "Bearerabc", NULL },
    { "the scheme alone", NULL, NULL, NULL, NULL, "Bearer", NULL },
    { "the scheme and a blank", NULL, NULL, NULL, NULL, "Bearer ", NULL },
    { "another scheme", NULL, NULL, NULL, NULL, "Basic YTpi", NULL },
};

static void test_where_the_key_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct param query = { STR("key"), str_c(places[i].query) };
        struct header headers[3];
        struct req rq = { .query = { &query, places[i].query ? 1 : 0 }, .headers = headers };
        if (places[i].cookie) headers[rq.n_headers++] = (struct header){ STR("Cookie"), str_c(places[i].cookie) };
        if (places[i].header) headers[rq.n_headers++] = (struct header){ STR("x-api-key"), str_c(places[i].header) };
        if (places[i].authorization) headers[rq.n_headers++] = (struct header){ STR("Authorization"), str_c(places[i].authorization) };
        str got = key_in_request(&rq, str_c(places[i].body));
        ROW_CHECK(places[i].name, str_absent(got) == (places[i].want == NULL));
        ROW_STR(places[i].name, got, str_c(places[i].want));
    }
    ROWS_END();
}

static const struct {
    const char *name, *item, *referer, *origin;
    bool want;
} sites[] = {
    /* docassemble api 3.4 */
    { "a host in a referer", "example.com", "https://www.example.com/page?q=1", NULL, true },
    { "asterisks at the ends are dropped", "*example.com", "http://notexample.com/", NULL, true },
    { "an origin keeps its scheme", "https://example.com", NULL, "https://example.com", true },
    { "a referer loses it", "https://example.com", "https://example.com/page", NULL, false },
    { "the slash behind the host is dropped", "example.com/a", "https://example.com/a", NULL, false },
    { "so this matches", "www.example.coma/b", "https://www.example.com/a/b?x", NULL, true },
    { "a lone asterisk", "*", "x", NULL, true },
    { "an empty item", "", "x", NULL, true },
    { "neither header", "*", NULL, NULL, false },
    { "both empty", "*", "", "", false },
    { "an empty referer lets the origin speak", "example", "", "https://example.com", true },
    { "a referer silences the origin", "example", "https://other.org/", "https://example.com", false },
    { "case counts", "Example.com", "https://example.com/", NULL, false },
    { "the query does not count", "secret", "https://example.com/?secret", NULL, false },
    { "an inner asterisk stands for anything", "ex*.com", "https://www.example.com/", NULL, true },
    { "also for nothing", "exam*ple", "https://example.com/", NULL, true },
    { "pieces in order", "com*www", "https://www.example.com/", NULL, false },
    { "runs of asterisks", "***a**b***", "https://xaxxbx.org/", NULL, true },
    { "no expression, only asterisks", "ex.mple", "https://example.com/", NULL, false },
    { "a referer without slash keeps its scheme", "https://example.com", "https://example.com?x", NULL, true },
    { "a scheme without host", "http://", "http:///x", NULL, true },
};

static void test_referer(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < COUNT_OF(sites); i++) {
        err e;
        str item = str_c(sites[i].item), two[] = { STR("no such thing"), item };
        ROW_CHECK(sites[i].name, constraint_referer(a, str_c(sites[i].referer), str_c(sites[i].origin), &item, 1, &e) == sites[i].want);
        ROW_CHECK(sites[i].name, constraint_referer(a, str_c(sites[i].referer), str_c(sites[i].origin), two, 2, &e) == sites[i].want);
        ROW_CHECK(sites[i].name, !constraint_referer(a, str_c(sites[i].referer), str_c(sites[i].origin), two, 1, &e) && e == ERR_OK);
    }
    arena_free(a);
    ROWS_END();
}

static void test_ip(void **state)
{
    (void)state;
    const str items[] = { STR("10.0.0.1"), STR("::1"), STR("10.0.0.0/8"), STR("10.0.1.*") };
    ROW_CHECK("literally equal", constraint_ip(STR("10.0.0.1"), items, 4) && constraint_ip(STR("::1"), items, 4));
    ROW_CHECK("no networks", !constraint_ip(STR("10.0.0.2"), items, 4));
    ROW_CHECK("no wildcards", !constraint_ip(STR("10.0.1.5"), items, 4));
    ROW_CHECK("no beginnings", !constraint_ip(STR("10.0.0.11"), items, 4));
    ROW_CHECK("no other spelling", !constraint_ip(STR("0:0:0:0:0:0:0:1"), items, 4));
    ROWS_END();
}

static void test_checks(void **state)
{
    (void)state;
    const str admin_name[] = { STR("admin"), STR("developer") }, some[] = { STR("create_user") }, advocate[] = { STR("advocate") };
    struct who fresh = { .account = { .number = 7 } };
    struct who admin = { .account = { .number = 1 }, .privileges = admin_name, .n_privileges = 2 };
    struct who limited = admin, adv = { .account = { .number = 9 }, .privileges = advocate, .n_privileges = 1, .permissions = some, .n_permissions = 1 };
    limited.permissions = some;
    limited.n_permissions = 1;
    limited.limited = true;

    /* role(), docassemble api 4.1 and 4.3 */
    ROW_CHECK("no rows count as user", who_has(&fresh, "user") && !who_has(&fresh, "admin"));
    ROW_CHECK("rows without user do not", !who_has(&admin, "user") && who_has(&admin, "admin"));
    ROW_CHECK("a limited key does not hide a role", who_has(&limited, "admin") && who_any_role(&limited, "x admin"));
    ROW_CHECK("part of a name is no name", !who_any_role(&admin, "adm") && !who_any_role(&admin, "administrator"));
    /* can() */
    ROW_CHECK("a limited key can what it names", who_can(&limited, "create_user") && !who_can(&limited, "delete_user"));
    ROW_CHECK("an unlimited administrator can nothing by name", !who_can(&admin, "create_user"));
    ROW_CHECK("a list on a key of no administrator has no effect", !who_can(&adv, "create_user"));
    /* has() */
    ROW_CHECK("has: by role", who_may(&admin, "admin", "delete_user") && !who_may(&fresh, "admin", "delete_user"));
    ROW_CHECK("has: roles do not count for a limited key", !who_may(&limited, "admin", "delete_user") && who_may(&limited, "", "create_user"));
    ROW_CHECK("has: any of several", who_may(&adv, "admin advocate", "x") && who_may(&limited, "admin", "x create_user"));
    /* self() */
    ROW_CHECK("self", who_is(&admin, 1) && !who_is(&admin, 2));
    ROW_CHECK("a limited key is nobody", !who_is(&limited, 1));
    /* gate() */
    ROW_CHECK("gate() lets all pass", who_passes(&fresh, "", "") && who_passes(&limited, "", ""));
    ROW_CHECK("gate: by role", who_passes(&admin, "admin", "x") && !who_passes(&fresh, "admin", "x"));
    ROW_CHECK("gate: limited needs one of the names", !who_passes(&limited, "admin", "x") && who_passes(&limited, "admin", "x create_user"));
    ROW_CHECK("gate: without names the role decides, limited or not", who_passes(&limited, "admin", "") && !who_passes(&limited, "advocate", ""));
    ROW_CHECK("gate: names alone stop only limited keys", who_passes(&fresh, "", "x") && !who_passes(&limited, "", "x"));
    ROWS_END();
}

static const struct {
    const char *name, *text, *norm; /* norm NULL: ERR_INPUT */
    bool valid;                     /* as it stands */
} addresses[] = {
    { "plain", "ann@example.com", "ann@example.com", true },
    { "upper case", "Ann.Lee@EXAMPLE.com", "ann.lee@example.com", true },
    { "blanks around", " ann@example.com\n", "ann@example.com", false },
    { "composed and decomposed are one", "Mu\xCC\x88ller@example.com", "m\xC3\xBCller@example.com", true },
    { "upper case beyond ASCII", "M\xC3\x9CLLER@example.com", "m\xC3\xBCller@example.com", true },
    { "Greek", "\xCE\x91\xCE\x92@\xCE\x91.gr", "\xCE\xB1\xCE\xB2@\xCE\xB1.gr", true },
    { "the Kelvin sign, which is a k",
      "\xE2\x84\xAA"
      "ate@example.com",
      "kate@example.com", false },
    { "the same in the domain", "ann@boo\xE2\x84\xAA.com", "ann@book.com", false },
    { "a dotted I, which is an i", "b\xC4\xB0ll@example.com", "bill@example.com", false },
    { "a Greek accent, which is a grave one", "a\xE1\xBF\xAF@example.com", "a`@example.com", false },
    { "letters beyond ASCII", "j\xC3\xBCrgen@b\xC3\xBCro.example", "j\xC3\xBCrgen@b\xC3\xBCro.example", true },
    { "a space that nobody sees", "ann\xE2\x80\x8B@example.com", "ann\xE2\x80\x8B@example.com", false },
    { "a turn of the writing", "ann\xE2\x80\xAE@example.com", "ann\xE2\x80\xAE@example.com", false },
    { "a line end beyond ASCII", "ann\xE2\x80\xA8@example.com", "ann\xE2\x80\xA8@example.com", false },
    { "a control beyond ASCII", "ann\xC2\x85@example.com", "ann\xC2\x85@example.com", false },
    { "a blank beyond ASCII", "ann\xC2\xA0lee@example.com", "ann\xC2\xA0lee@example.com", false },
    { "a soft hyphen", "ann@exam\xC2\xADple.com", "ann@exam\xC2\xADple.com", false },
    { "what stands for a character that was lost", "\xEF\xBF\xBD@example.com", "\xEF\xBF\xBD@example.com", false },
    { "an accent on nothing", "\xCC\x81nn@example.com", "\xCC\x81nn@example.com", false },
    { "an accent on a letter", "e\xCC\x81nn@example.com", "\xC3\xA9nn@example.com", true },
    { "letters of other scripts", "\xD0\xB6\xE5\xBC\xA0@\xE4\xBE\x8B.example", "\xD0\xB6\xE5\xBC\xA0@\xE4\xBE\x8B.example", true },
    { "a Hangul filler, which is not seen", "ann\xE3\x85\xA4@example.com", "ann\xE3\x85\xA4@example.com", false },
    { "a private character", "ann\xEE\x80\x80@example.com", "ann\xEE\x80\x80@example.com", false },
    { "a wide letter in the domain, which mail servers read as a narrow one", "ann@\xEF\xBD\x85xample.com", "ann@\xEF\xBD\x85xample.com", false },
    { "a full stop of another script",
      "ann@x.example\xE3\x80\x82"
      "com",
      "ann@x.example\xE3\x80\x82"
      "com",
      false },
    { "ill-formed UTF-8", "a\xFF@example.com", NULL, false },
    { "localhost", "admin@localhost", "admin@localhost", true },
    { "all the letters of atoms", "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", true },
    { "nothing", "", "", false },
    { "no at sign", "example.com", "example.com", false },
    { "two at signs", "a@b@example.com", "a@b@example.com", false },
    { "nobody", "@example.com", "@example.com", false },
    { "nowhere", "ann@", "ann@", false },
    { "a single label", "ann@example", "ann@example", false },
    { "a dot at the end of the domain", "ann@example.com.", "ann@example.com.", false },
    { "two dots in the domain", "ann@example..com", "ann@example..com", false },
    { "a hyphen first", "ann@-example.com", "ann@-example.com", false },
    { "an underscore in the domain", "ann@ex_ample.com", "ann@ex_ample.com", false },
    { "dots at the ends", ".ann@example.com", ".ann@example.com", false },
    { "two dots", "ann..lee@example.com", "ann..lee@example.com", false },
    { "a blank inside", "ann lee@example.com", "ann lee@example.com", false },
    { "a line break inside", "ann@example.com\nBcc:x@y.org", "ann@example.com\nbcc:x@y.org", false },
    { "angle brackets", "<ann@example.com>", "<ann@example.com>", false },
    { "quotes", "\"ann\"@example.com", "\"ann\"@example.com", false },
    { "64 on the left", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", true },
    { "65 on the left", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", false },
};

static void test_addresses(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        str out = STR_NULL;
        err e = email_normalise(a, str_c(addresses[i].text), &out);
        ROW_CHECK(addresses[i].name, e == (addresses[i].norm ? ERR_OK : ERR_INPUT));
        ROW_STR(addresses[i].name, out, str_c(addresses[i].norm));
        ROW_CHECK(addresses[i].name, email_is_valid(str_c(addresses[i].text)) == addresses[i].valid);
    }
    arena_free(a);
    ROWS_END();
}

/* Whoever has one address of IPv6 has its network; the same host is the same whichever way he comes. */
static const struct {
    const char *name, *peer, *key;
} peers[] = {
    { "IPv4", "192.0.2.7", "192.0.2.7" },
    { "IPv6", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002/64" },
    { "its neighbour", "2001:db8:1:2::1", "2001:0db8:0001:0002/64" },
    { "another network", "2001:db8:1:3::1", "2001:0db8:0001:0003/64" },
    { "IPv4 in IPv6", "::ffff:192.0.2.7", "192.0.2.7" },
    { "a socket", "unix", "unix" },
    { "nobody", "", "" },
    { "no address", "2001:db8::zz", "2001:db8::zz" },
};

static void test_networks(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        str out = STR_NULL;
        ROW_CHECK(peers[i].name, throttle_network(a, str_c(peers[i].peer), &out) == ERR_OK);
        ROW_STR(peers[i].name, out, str_c(peers[i].key));
    }
    arena_free(a);
    ROWS_END();
}

static err normalise_two(void)
{
    struct arena *a = arena_new(1 << 16);
    if (!a) return ERR_NOMEM;
    str out;
    err e = email_normalise(a, STR("Ann@Example.com"), &out);
    if (!e) e = email_normalise(a, STR("M\xC3\x9CLLER@example.com"), &out);
    arena_free(a);
    return e;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    fault_loop(normalise_two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_the_key_is),
        cmocka_unit_test(test_referer),
        cmocka_unit_test(test_ip),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
