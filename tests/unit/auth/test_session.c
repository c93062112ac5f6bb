/* Sessions, audit log, throttles and second factors on a store of either engine. */
#include "../base/rows.h"
#include "../store/rig.h"
#include "auth/auth.h"
#include "base/log.h"
#include "crypto/otp.h"
#include "session_tests.h"
#include <pthread.h>

static const int64_t NOW = 1785542400000;
static const uint8_t master[CRYPTO_KEY] = { 1, 2, 3 };

static struct rig *rig;
static struct auth *the_auth, *unlimited;

static int open_all(void **state)
{
    (void)rig_setup_bare(state);
    rig = *state;
    str why = STR_NULL;
    err e = store_migrate(rig->s, rig->a, auth_migrations, auth_migrations_n, &why);
    if (!e) e = auth_check_queries(rig->s, rig->a, &why);
    if (e) print_error("%.*s\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
    struct auth_options o = { .store = rig->s, .master_key = master, .cost = { 64, 1 }, .workers = 1, .queue = 4, .base_url = STR("https://x.example") };
    assert_int_equal(auth_new(&o, &the_auth), ERR_OK);
    o.unlimited = true;
    return auth_new(&o, &unlimited) == ERR_OK ? 0 : -1;
}

static int close_all(void **state)
{
    auth_free(the_auth);
    auth_free(unlimited);
    return rig_teardown(state);
}

static void in_tx(err (*fn)(struct call *))
{
    struct call c = rig_call(4 << 20);
    c.now_ms = NOW;
    assert_int_equal(store_do(rig->s, &c, TX_WRITE, fn), ERR_OK);
    rig_call_end(&c);
    ROWS_END();
}

static err account_of(struct call *c, const char *email, struct account **out)
{
    struct account_new in = { .email = str_c(email), .password_hash = STR("$x") };
    return account_create(c, &in, out);
}

static bool is_good(struct call *c, const char *family, str token)
{
    struct auth_session *s = NULL;
    struct account *a = NULL;
    return auth_session_find(the_auth, c, str_c(family), token, &s, &a) == ERR_OK && s && a && str_eq(a->id, s->account_id);
}

static err sessions(struct call *c)
{
    struct account *ann;
    struct auth_session *list;
    str one, two, three, id1, id2, id3;
    size_t n;
    int64_t ended;
    bool did;
    TRY(account_of(c, "ann@example.com", &ann));
    struct auth_session_new in = { .account_id = ann->id, .family = STR("iam"), .user_agent = STR("Browser \xFF"), .ip = STR("::1"), .ttl_ms = 1000 };
    TRY(auth_session_create(the_auth, c, &in, &one, &id1));
    TRY(auth_session_create(the_auth, c, &in, &two, &id2));
    in.family = STR("signatures");
    TRY(auth_session_create(the_auth, c, &in, &three, &id3));
    ROW_CHECK("good at once", is_good(c, "iam", one) && is_good(c, "signatures", three) && one.n == CRYPTO_TOKEN);
    ROW_CHECK("in its own family only", !is_good(c, "signatures", one));
    ROW_CHECK("a token that nobody has", !is_good(c, "iam", STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) && !is_good(c, "iam", STR("")));
    TRY(auth_session_list(c, ann->id, &list, &n));
    ROW_CHECK("listed", n == 3 && str_eq(list[0].id, id1) && list[0].expires_at_ms == NOW + 1000 && list[0].seen_at_ms == NOW);
    ROW_STR("what a browser calls itself is kept as far as it is text", list[0].user_agent, STR("Browser "));
    c->now_ms = NOW + 1000;
    ROW_CHECK("not beyond its time", !is_good(c, "iam", one));
    c->now_ms = NOW + 500;
    TRY(auth_session_touch(c, id1, NOW + 5000));
    c->now_ms = NOW + 1000;
    ROW_CHECK("unless it was extended", is_good(c, "iam", one));
    c->now_ms = NOW;
    TRY(auth_session_end(c, STR("somebody else"), id2, &did));
    ROW_CHECK("nobody ends another's", !did && is_good(c, "iam", two));
    TRY(auth_session_end(c, ann->id, id2, &did));
    ROW_CHECK("ended", did && !is_good(c, "iam", two));
    TRY(auth_session_end(c, ann->id, id2, &did));
    ROW_CHECK("once", !did);
    TRY(auth_session_end_all(c, ann->id, STR("iam"), id1, &ended));
    ROW_CHECK("all of a family but one", ended == 0 && is_good(c, "iam", one));
    TRY(auth_session_end_all(c, ann->id, STR_NULL, STR_NULL, &ended));
    ROW_CHECK("all", ended == 2 && !is_good(c, "iam", one) && !is_good(c, "signatures", three));
    TRY(auth_session_create(the_auth, c, &in, &one, &id1));
    TRY(account_set_password(the_auth, c, ann->id, STR("$y"), false));
    ROW_CHECK("a password ends them by the epoch", !is_good(c, "signatures", one));
    TRY(auth_session_create(the_auth, c, &in, &one, &id1));
    static const struct query off = { .in = "t", .sql = "UPDATE account SET active = 0 WHERE id = $1" };
    TRY(db_run(c, &off, ann->id));
    ROW_CHECK("of an inactive account none is good", !is_good(c, "signatures", one));
    ROW_CHECK("nor made", auth_session_create(the_auth, c, &in, &one, &id1) == ERR_NOT_FOUND);
    return ERR_OK;
}

static err audits(struct call *c)
{
    struct audit login = { .family = STR("hiring"), .action = STR("login"), .subject = STR("s"), .ip = STR("::1") };
    struct audit made = { .family = STR("hiring"), .action = STR("api_key.create"), .detail_json = STR("{\"n\":1}") };
    struct who w = { .account = { .id = STR("id"), .email = STR("ann@example.com") } };
    struct audit *list;
    size_t n;
    TRY(audit_write(c, &login));
    c->who = &w;
    c->now_ms = NOW + 1;
    c->request_id = STR("r1");
    TRY(audit_write(c, &made));
    c->who = NULL;
    TRY(audit_tail(c, 2, &list, &n));
    ROW_CHECK("newest first", n == 2 && str_is(list[0].action, "api_key.create") && list[0].at_ms == NOW + 1);
    ROW_STR("the caller is the actor", list[0].actor_email, STR("ann@example.com"));
    ROW_STR("and the request named", list[0].request_id, STR("r1"));
    ROW_CHECK("nobody is nobody", str_absent(list[1].actor_id) && str_is(list[1].ip, "::1") && str_is(list[1].detail_json, "{}"));
    return ERR_OK;
}

static const struct throttle three_a_minute = { "test.login", 3, 60000 }, another = { "test.other", 3, 60000 };

static int64_t hit(struct call *c, struct auth *a, const char *key)
{
    int64_t wait = -1;
    return throttle_hit(a, c, &three_a_minute, str_c(key), &wait) == ERR_OK ? wait : -1;
}

static int64_t check(struct call *c, const struct throttle *t, const char *key)
{
    int64_t wait = -1;
    return throttle_check(the_auth, c, t, str_c(key), &wait) == ERR_OK ? wait : -1;
}

static err throttles(struct call *c)
{
    ROW_CHECK("nothing yet", check(c, &three_a_minute, "a") == 0);
    ROW_CHECK("three are fine", hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 0 && check(c, &three_a_minute, "a") == 0 && hit(c, the_auth, "a") == 0);
    ROW_CHECK("then no further", check(c, &three_a_minute, "a") == 60 && hit(c, the_auth, "a") == 60);
    ROW_CHECK("of this key only", check(c, &three_a_minute, "b") == 0 && check(c, &another, "a") == 0);
    ROW_CHECK("switched off nothing counts", hit(c, unlimited, "a") == 0);
    c->now_ms = NOW + 59500;
    ROW_CHECK("the window began with the first", check(c, &three_a_minute, "a") == 1);
    c->now_ms = NOW + 60000;
    ROW_CHECK("and ends", check(c, &three_a_minute, "a") == 0 && hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 0);
    TRY(throttle_clear(the_auth, c, &three_a_minute, STR("a")));
    ROW_CHECK("forgotten", hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 0);
    c->now_ms = NOW + 10000;
    ROW_CHECK("a clock that is set back a little lets nobody in", check(c, &three_a_minute, "a") == 110 && hit(c, the_auth, "a") == 110);
    c->now_ms = NOW - 60000;
    ROW_CHECK("a window of a clock that was far ahead locks nobody out", check(c, &three_a_minute, "a") == 0 && hit(c, the_auth, "a") == 0);
    ROW_CHECK("and another begins", hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 0 && hit(c, the_auth, "a") == 60);
    return ERR_OK;
}

static err hit_once(struct call *c)
{
    int64_t wait;
    return throttle_hit(the_auth, c, &another, STR("parallel"), &wait);
}

static void *hit_often(void *arg)
{
    for (int i = 0; i < 20; i++) {
        struct call c = rig_call(1 << 16);
        c.now_ms = NOW;
        if (store_do(rig->s, &c, TX_WRITE, hit_once) != ERR_OK) *(bool *)arg = true;
        rig_call_end(&c);
    }
    return NULL;
}

static err read_hits(struct call *c)
{
    static const struct query q = { .in = "", .out = "i", .sql = "SELECT max(hits) FROM throttle" };
    struct cell *row;
    TRY(db_get(c, &q, &row));
    ROW_CHECK("parallel hits are all counted", row[0].i == 80);
    return ERR_OK;
}

static void test_parallel_hits(void **state)
{
    (void)state;
    pthread_t t[4];
    bool bad[4] = { 0 };
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&t[i], NULL, hit_often, &bad[i]), 0);
    for (int i = 0; i < 4; i++) (void)pthread_join(t[i], NULL);
    ROW_CHECK("none is lost", !bad[0] && !bad[1] && !bad[2] && !bad[3]);
    in_tx(read_hits);
}

static str code_at(str secret, int64_t now_ms, char out[static OTP_DIGITS_MAX])
{
    assert_int_equal(hotp(OTP_SHA1, secret, (uint64_t)totp_step(now_ms), OTP_DIGITS, out), ERR_OK);
    return (str){ out, OTP_DIGITS };
}

static err second_factors(struct call *c)
{
    struct account *tom;
    str id, secret, codes[BACKUP_CODES], more[BACKUP_CODES];
    char text[OTP_DIGITS_MAX];
    bool good;
    int64_t left;
    TRY(account_of(c, "tom@example.com", &tom));
    TRY(totp_enrol(the_auth, c, tom->id, STR("phone"), &id, &secret));
    TRY(totp_enabled(c, tom->id, &good));
    ROW_CHECK("of no effect until confirmed", !good && secret.n == OTP_SECRET);
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, NOW, text), &good));
    ROW_CHECK("nor of use", !good);
    TRY(totp_confirm(the_auth, c, tom->id, id, STR("000000x"), &good));
    ROW_CHECK("a wrong code confirms nothing", !good);
    TRY(totp_confirm(the_auth, c, tom->id, id, code_at(secret, NOW, text), &good));
    ROW_CHECK("the right one does", good);
    ROW_CHECK("once", totp_confirm(the_auth, c, tom->id, id, code_at(secret, NOW, text), &good) == ERR_NOT_FOUND);
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, NOW, text), &good));
    ROW_CHECK("its code is used up", !good);
    c->now_ms = NOW + 30000;
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, c->now_ms, text), &good));
    ROW_CHECK("the next one is good", good);
    TRY(totp_use(the_auth, c, tom->id, text[0] ? (str){ text, OTP_DIGITS } : STR(""), &good));
    ROW_CHECK("once, whoever asks", !good);
    c->now_ms = NOW + 60000;
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, c->now_ms + 30000, text), &good));
    ROW_CHECK("one early is good", good);
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, c->now_ms, text), &good));
    ROW_CHECK("and then that of now, unused so far", good);
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, c->now_ms, text), &good));
    ROW_CHECK("once", !good);
    TRY(totp_use(the_auth, c, tom->id, code_at(secret, c->now_ms - 30000, text), &good));
    ROW_CHECK("one late was used before", !good);
    TRY(backup_codes_make_short(the_auth, c, tom->id, more));
    ROW_CHECK("short ones", more[0].n == 8);
    TRY(backup_code_use(the_auth, c, tom->id, more[0], &good));
    ROW_CHECK("a short one", good);
    TRY(backup_code_use(the_auth, c, tom->id, more[0], &good));
    ROW_CHECK("is good once, too", !good);
    c->now_ms = NOW + 30000;
    TRY(backup_codes_make(the_auth, c, tom->id, codes));
    ROW_CHECK("their form", codes[0].n == BACKUP_CODE && codes[9].p[5] == '-');
    TRY(backup_code_use(the_auth, c, tom->id, codes[3], &good));
    ROW_CHECK("a backup code", good);
    TRY(backup_code_use(the_auth, c, tom->id, codes[3], &good));
    ROW_CHECK("once", !good);
    TRY(backup_code_use(the_auth, c, STR("somebody else"), codes[4], &good));
    ROW_CHECK("its owner's", !good);
    TRY(backup_codes_left(c, tom->id, &left));
    ROW_CHECK("nine left", left == 9);
    TRY(backup_codes_make(the_auth, c, tom->id, more));
    TRY(backup_code_use(the_auth, c, tom->id, codes[5], &good));
    ROW_CHECK("new ones replace the old", !good);
    TRY(totp_remove(c, tom->id));
    TRY(totp_enabled(c, tom->id, &good));
    TRY(backup_codes_left(c, tom->id, &left));
    ROW_CHECK("removed", !good && left == 0);
    return ERR_OK;
}

static err everything(struct call *c)
{
    struct auth_session *found;
    struct auth_session_new in = { .family = STR("iam"), .ttl_ms = 1000 };
    struct audit made = { .family = STR("iam"), .action = STR("login") };
    struct account *eve;
    str token, id, secret, codes[BACKUP_CODES];
    int64_t wait;
    TRY(account_of(c, "eve@example.com", &eve));
    in.account_id = eve->id;
    TRY(auth_session_create(the_auth, c, &in, &token, &id));
    TRY(auth_session_find(the_auth, c, STR("iam"), token, &found, NULL));
    TRY(audit_write(c, &made));
    TRY(throttle_hit(the_auth, c, &another, STR("eve"), &wait));
    TRY(totp_enrol(the_auth, c, eve->id, STR("phone"), &id, &secret));
    return backup_codes_make(the_auth, c, eve->id, codes);
}

/* Each failing allocation or store call is trouble below us, never a refusal; the account of a failed round is not there for the next. */
static void test_trouble(void **state)
{
    (void)state;
    rig_fault_loop(rig, NOW, everything);
}

static void test_sessions(void **state) { (void)state, in_tx(sessions); }
static void test_audits(void **state) { (void)state, in_tx(audits); }
static void test_throttles(void **state) { (void)state, in_tx(throttles); }
static void test_second_factors(void **state) { (void)state, in_tx(second_factors); }

int session_tests(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sessions),      cmocka_unit_test(test_audits),         cmocka_unit_test(test_throttles),
                                        cmocka_unit_test(test_parallel_hits), cmocka_unit_test(test_second_factors), cmocka_unit_test(test_trouble) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
