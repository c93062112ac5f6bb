/* What proves what, logins, external identities, deletion, races (server.md 4), on a store of either engine. */
#include "../base/rows.h"
#include "../store/rig.h"
#include "auth/auth_int.h"
#include "base/log.h"
#include "identity_tests.h"
#include <pthread.h>
#include <stdatomic.h>

static const int64_t NOW = 1785542400000;
static const uint8_t master[CRYPTO_KEY] = { 1, 2, 3 };

static struct rig *rig;
static struct auth *the_auth;

/* What the hooks were asked for; one transaction at a time asks. */
static struct asked {
    char mails[400]; /* "name:address " each */
    char link[256];
    int revoked, deleted;
    bool refuse; /* the families' answer to a deletion */
} asked;

static err on_mail(void *self, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n)
{
    (void)self, (void)c;
    size_t at = strlen(asked.mails);
    (void)snprintf(asked.mails + at, sizeof asked.mails - at, "%s:%.*s ", name, STR_ARG(to->email));
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].name, "link") == 0) (void)snprintf(asked.link, sizeof asked.link, "%.*s", STR_ARG(v[i].value));
    return ERR_OK;
}

static err on_revoke(void *self, struct call *c, str account_id)
{
    (void)self, (void)c, (void)account_id;
    asked.revoked++;
    return ERR_OK;
}

static err on_deleted(void *self, struct call *c, const struct account *who)
{
    (void)self, (void)who;
    asked.deleted++;
    return asked.refuse ? fail(c, ERR_CONFLICT, NULL, "a family needs it") : ERR_OK;
}

static str token_of(const char *link)
{
    const char *at = strstr(link, "token=");
    return at ? str_c(at + 6) : STR_NULL;
}

static int open_all(void **state)
{
    (void)rig_setup_bare(state);
    rig = *state;
    str why = STR_NULL;
    err e = store_migrate(rig->s, rig->a, auth_migrations, auth_migrations_n, &why);
    if (!e) e = auth_check_queries(rig->s, rig->a, &why);
    if (e) print_error("%.*s\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
    struct auth_options o = { .store = rig->s, .master_key = master, .cost = { 64, 1 }, .workers = 2, .queue = 64, .base_url = STR("https://x.example") };
    assert_int_equal(auth_new(&o, &the_auth), ERR_OK);
    const struct auth_hooks hooks = { .mail = on_mail, .revoke_keys = on_revoke, .account_deleted = on_deleted };
    auth_set_hooks(the_auth, &hooks);
    return 0;
}

static int close_all(void **state)
{
    auth_free(the_auth);
    return rig_teardown(state);
}

static err in_tx_of(enum tx tx, err (*fn)(struct call *), void *arg)
{
    struct call c = rig_call(4 << 20);
    c.now_ms = NOW;
    c.state = arg;
    asked = (struct asked){ .refuse = asked.refuse };
    err e = store_do(rig->s, &c, tx, fn);
    rig_call_end(&c);
    return e;
}

static void in_tx(err (*fn)(struct call *))
{
    assert_int_equal(in_tx_of(TX_WRITE, fn, NULL), ERR_OK);
    ROWS_END();
}

/* what proves what */

static err prepared(struct call *c, const char *email, struct account **who, str *session, str *totp)
{
    struct account_new in = { .email = str_c(email), .password_hash = STR("$attacker") };
    struct auth_session_new s = { .family = STR("hiring"), .ttl_ms = 1000 };
    str id, secret;
    TRY(account_create(c, &in, who));
    TRY(account_proof_mail(the_auth, c, *who));
    s.account_id = (*who)->id;
    TRY(auth_session_create(the_auth, c, &s, session, &id));
    TRY(identity_link(c, (*who)->id, STR("github"), str_c(email), STR_NULL));
    TRY(totp_enrol(the_auth, c, (*who)->id, STR("phone"), totp, &secret));
    struct api_key_new key = { .account_id = (*who)->id, .name = STR("k") };
    return api_key_store(the_auth, c, str_c(email), &key);
}

static int64_t count(struct call *c, const char *table, str id)
{
    static const struct query keys = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM api_key WHERE account_id = $1" };
    static const struct query totps = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM totp WHERE account_id = $1" };
    static const struct query identities = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM external_identity WHERE account_id = $1" };
    static const struct query links = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM link WHERE account_id = $1" };
    static const struct query records = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM audit WHERE action = $1" };
    const struct query *q = strcmp(table, "api_key") == 0 ? &keys
                            : strcmp(table, "totp") == 0  ? &totps
                            : strcmp(table, "link") == 0  ? &links
                            : strcmp(table, "audit") == 0 ? &records
                                                          : &identities;
    struct cell *row;
    return db_get(c, q, &row, id) == ERR_OK ? row[0].i : -1;
}

static bool works(struct call *c, str session)
{
    struct auth_session *s = NULL;
    return auth_session_find(the_auth, c, STR("hiring"), session, &s, NULL) == ERR_OK && s;
}

static err first_proof(struct call *c)
{
    struct account *eve, *after, *linked;
    str session, totp, hash;
    TRY(prepared(c, "victim@example.com", &eve, &session, &totp));
    ROW_STR("registering mails a proof link at once", str_c(asked.mails), STR("proof:victim@example.com "));
    ROW_CHECK("of this server", strncmp(asked.link, "https://x.example/account/proof?token=", 38) == 0);
    str proof = token_of(asked.link);
    ROW_CHECK("and the account works meanwhile", works(c, session));
    asked.mails[0] = 0;
    TRY(account_prove(the_auth, c, eve->id)); /* the mailbox's owner, by an OTP */
    TRY(account_by_id(c, eve->id, &after));
    TRY(account_password_hash(c, eve->id, &hash));
    TRY(identity_find(c, AUTH_PLATFORM, STR("github"), STR("victim@example.com"), false, &linked));
    ROW_CHECK("proven", after->email_verified && after->epoch > eve->epoch);
    ROW_CHECK("somebody's password is gone", str_absent(hash) && !after->has_password);
    ROW_CHECK("his session too", !works(c, session));
    ROW_CHECK("his keys, in all families", count(c, "api_key", eve->id) == 0 && asked.revoked == 1);
    ROW_CHECK("his second factor", count(c, "totp", eve->id) == 0);
    ROW_CHECK("and his other identity", !linked);
    ROW_STR("a link to choose another is mailed", str_c(asked.mails), STR("first_proof:victim@example.com "));
    ROW_CHECK("to the page for that", strncmp(asked.link, "https://x.example/account/password?token=", 41) == 0);
    TRY(link_find(the_auth, c, token_of(asked.link), LINK_PASSWORD, &linked));
    ROW_CHECK("which works", linked != NULL);
    TRY(account_confirm(the_auth, c, proof, &linked));
    ROW_CHECK("the registration's link does not, any more", !linked);
    TRY(account_set_password(the_auth, c, eve->id, STR("$mine"), true));
    asked.mails[0] = 0;
    TRY(account_prove(the_auth, c, eve->id));
    TRY(account_password_hash(c, eve->id, &hash));
    ROW_STR("proving again changes nothing", hash, STR("$mine"));
    ROW_STR("nor mails anything", str_c(asked.mails), STR(""));
    ROW_CHECK("for nobody", account_prove(the_auth, c, STR("none")) == ERR_NOT_FOUND);
    ROW_CHECK("recorded once", count(c, "audit", STR("account.first_proof")) == 1);
    return ERR_OK;
}

static err confirmed(struct call *c)
{
    struct account *ann, *used, *after;
    str session, totp, hash;
    TRY(prepared(c, "ann@example.com", &ann, &session, &totp));
    char link[sizeof asked.link];
    memcpy(link, asked.link, sizeof link);
    TRY(account_confirm(the_auth, c, STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &used));
    ROW_CHECK("a link of somebody's invention", !used);
    TRY(link_find(the_auth, c, token_of(link), LINK_PASSWORD, &used));
    ROW_CHECK("it is no link to choose a password", !used);
    TRY(account_confirm(the_auth, c, token_of(link), &used));
    TRY(account_by_id(c, ann->id, &after));
    TRY(account_password_hash(c, ann->id, &hash));
    ROW_CHECK("the registration's own link proves", used && after->email_verified);
    ROW_STR("and keeps the password", hash, STR("$attacker"));
    ROW_CHECK("the session, the keys, the rest", works(c, session) && count(c, "api_key", ann->id) == 1 && count(c, "totp", ann->id) == 1 && !asked.revoked);
    TRY(account_confirm(the_auth, c, token_of(link), &used));
    ROW_CHECK("once", !used);
    TRY(account_prove(the_auth, c, ann->id));
    TRY(account_password_hash(c, ann->id, &hash));
    ROW_STR("a later proof finds it proven", hash, STR("$attacker"));
    return ERR_OK;
}

static err disowned(struct call *c)
{
    struct account *eve, *used, *after;
    str session, totp;
    TRY(prepared(c, "stranger@example.com", &eve, &session, &totp));
    TRY(account_disown(the_auth, c, token_of(asked.link), &used));
    TRY(account_by_email(c, AUTH_PLATFORM, STR("stranger@example.com"), &after));
    ROW_CHECK("\"it was not me\" ends the account", used && !after && asked.deleted == 1 && !asked.revoked);
    ROW_CHECK("and its sessions", !works(c, session));
    struct account_new in = { .email = STR("stranger@example.com"), .password_hash = STR("$mine") };
    TRY(account_create(c, &in, &after));
    ROW_CHECK("the address is free", !str_eq(after->id, eve->id));
    asked.link[0] = 0;
    TRY(account_proof_mail(the_auth, c, after));
    char first[sizeof asked.link];
    memcpy(first, asked.link, sizeof first);
    TRY(account_proof_mail(the_auth, c, after));
    TRY(account_confirm(the_auth, c, token_of(first), &used));
    TRY(account_disown(the_auth, c, token_of(asked.link), &used));
    TRY(account_by_id(c, after->id, &after));
    ROW_CHECK("a second link cannot end what the first has proven", !used && after && after->email_verified);
    return ERR_OK;
}

static err passwords_told(struct call *c)
{
    struct account_new in = { .email = STR("bob@example.com"), .password_hash = STR("$one") };
    struct account *bob, *found;
    TRY(account_create(c, &in, &bob));
    TRY(account_set_password(the_auth, c, bob->id, STR("$two"), false));
    ROW_STR("an address that nobody proved is not written to", str_c(asked.mails), STR(""));
    TRY(account_set_password(the_auth, c, bob->id, STR("$three"), true));
    ROW_STR("an administrator's command proves, and needs no link", str_c(asked.mails), STR(""));
    ROW_CHECK("but takes the keys", asked.revoked == 1);
    TRY(account_set_password(the_auth, c, bob->id, STR("$four"), false));
    ROW_STR("whoever proved is told", str_c(asked.mails), STR("password_changed:bob@example.com "));
    ROW_CHECK("and how to ask for another", strcmp(asked.link, "https://x.example/account/forgot") == 0);
    asked = (struct asked){ 0 };
    TRY(account_forgot(the_auth, c, AUTH_PLATFORM, STR(" BOB@example.com")));
    ROW_STR("a forgotten password", str_c(asked.mails), STR("reset:bob@example.com "));
    TRY(link_find(the_auth, c, token_of(asked.link), LINK_PASSWORD, &found));
    ROW_CHECK("has a link that works", found && str_eq(found->id, bob->id));
    asked = (struct asked){ 0 };
    TRY(account_forgot(the_auth, c, AUTH_PLATFORM, STR("nobody@example.com")));
    TRY(account_forgot(the_auth, c, AUTH_PLATFORM, STR("no\0body")));
    TRY(account_set_active(c, bob->id, false));
    TRY(account_forgot(the_auth, c, AUTH_PLATFORM, STR("bob@example.com")));
    ROW_STR("for nobody and for the inactive nothing happens", str_c(asked.mails), STR(""));
    return ERR_OK;
}

/* states */

static err states(struct call *c)
{
    struct account_new in = { .email = STR("carl@example.com"), .password_hash = STR("$x"), .first_name = STR("Carl"), .locale = STR("de"), .verified = true };
    struct auth_session_new s = { .family = STR("hiring"), .ttl_ms = 1000 };
    struct account *carl, *after, *dora;
    str session, id;
    TRY(account_create(c, &in, &carl));
    s.account_id = carl->id;
    TRY(auth_session_create(the_auth, c, &s, &session, &id));
    struct account_change change = { .last_name = STR("Orff"), .locale = STR("") };
    TRY(account_update(c, carl->id, &change));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("what is absent stays", str_is(after->first_name, "Carl") && str_is(after->last_name, "Orff") && str_is(after->locale, ""));
    ROW_CHECK("and sessions do", works(c, session) && after->epoch == carl->epoch);
    TRY(account_set_active(c, carl->id, false));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("inactive: nothing works", !after->active && !works(c, session));
    ROW_CHECK("and a family can tell why", after->epoch == carl->epoch);
    TRY(account_set_active(c, carl->id, true));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("active again: nothing comes back to life", after->active && after->epoch > carl->epoch && !works(c, session));
    TRY(account_set_active(c, carl->id, true));
    ROW_CHECK("no change, no record", count(c, "audit", STR("account.activate")) == 1);
    TRY(account_set_superuser(c, carl->id, true));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("promoted", after->superuser && after->staff);
    TRY(account_set_superuser(c, carl->id, false));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("demoted", !after->superuser && !after->staff);
    TRY(auth_session_create(the_auth, c, &s, &session, &id));
    TRY(account_end_sessions(c, carl->id));
    ROW_CHECK("sessions ended", !works(c, session));
    s.epoch = after->epoch;
    ROW_CHECK("a login that began before that is too late", auth_session_create(the_auth, c, &s, &session, &id) == ERR_NOT_FOUND);
    s.epoch = after->epoch + 1;
    TRY(auth_session_create(the_auth, c, &s, &session, &id));
    in = (struct account_new){ .email = STR("dora@example.com"), .password_hash = STR("$x") };
    TRY(account_create(c, &in, &dora));
    ROW_CHECK("an address that is taken", account_set_email(c, carl->id, STR("Dora@example.com"), false) == ERR_CONFLICT);
    call_forget(c);
    ROW_CHECK("or none", account_set_email(c, carl->id, STR("dora"), false) == ERR_INPUT);
    call_forget(c);
    TRY(account_set_email(c, carl->id, STR(" New@example.com "), false));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("another one is not proven, and ends sessions", !after->email_verified && str_is(after->email_norm, "new@example.com") && !works(c, session));
    TRY(account_set_email(c, carl->id, STR("NEW@example.com"), true));
    TRY(account_by_id(c, carl->id, &after));
    ROW_CHECK("his own in another spelling", after->email_verified && str_is(after->email, "NEW@example.com"));
    ROW_CHECK("for nobody", account_set_active(c, STR("none"), false) == ERR_NOT_FOUND && account_set_superuser(c, STR("none"), true) == ERR_NOT_FOUND &&
                                account_set_email(c, STR("none"), STR("x@example.com"), true) == ERR_NOT_FOUND &&
                                account_update(c, STR("none"), &change) == ERR_NOT_FOUND && account_end_sessions(c, STR("none")) == ERR_NOT_FOUND &&
                                account_delete(the_auth, c, STR("none")) == ERR_NOT_FOUND);
    return ERR_OK;
}

static err deletion(struct call *c)
{
    struct account *tom, *found;
    struct audit *records;
    str session, totp;
    size_t n;
    TRY(prepared(c, "tom@example.com", &tom, &session, &totp));
    TRY(account_delete(the_auth, c, tom->id));
    TRY(account_by_id(c, tom->id, &found));
    ROW_CHECK("gone for everybody", !found && !works(c, session) && asked.deleted == 1 && !asked.revoked);
    ROW_CHECK("with what let him in",
              count(c, "api_key", tom->id) == 0 && count(c, "totp", tom->id) == 0 && count(c, "identity", tom->id) == 0 && count(c, "link", tom->id) == 0);
    static const struct query row = { .in = "t",
                                      .out = "tttit?",
                                      .sql = "SELECT email, first_name, display_name, deleted_at_ms, password_hash FROM account WHERE id = $1" };
    struct cell *left;
    TRY(db_get(c, &row, &left, tom->id));
    ROW_CHECK("the row stays, without name and password", str_is(left[0].s, "tom@example.com") && !left[1].s.n && left[3].i == NOW && left[4].null);
    TRY(audit_tail(c, 1, &records, &n));
    ROW_CHECK("the record has the address", n == 1 && str_is(records[0].action, "account.delete") &&
                                                str_is(records[0].detail_json, "{\"email\":\"tom@example.com\"}") && str_is(records[0].ip, "local"));
    struct account_new in = { .email = STR("tom@example.com"), .password_hash = STR("$new") };
    TRY(account_create(c, &in, &found));
    ROW_CHECK("the address is free", found->number > tom->number);
    TRY(identity_link(c, found->id, STR("github"), STR("tom@example.com"), STR_NULL));
    ROW_CHECK("and so is the other identity", count(c, "identity", found->id) == 1);
    ROW_CHECK("once", account_delete(the_auth, c, tom->id) == ERR_NOT_FOUND);
    return ERR_OK;
}

static err delete_refused(struct call *c)
{
    struct account *tom;
    TRY(account_by_email(c, AUTH_PLATFORM, STR("tom@example.com"), &tom));
    return account_delete(the_auth, c, tom->id);
}

static err still_there(struct call *c)
{
    struct account *tom;
    TRY(account_by_email(c, AUTH_PLATFORM, STR("tom@example.com"), &tom));
    ROW_CHECK("a family's refusal leaves everything as it was", tom && tom->active && count(c, "identity", tom->id) == 1);
    return ERR_OK;
}

static void test_deletion(void **state)
{
    (void)state;
    in_tx(deletion);
    asked.refuse = true;
    assert_int_equal(in_tx_of(TX_WRITE, delete_refused, NULL), ERR_CONFLICT);
    asked.refuse = false;
    in_tx(still_there);
}

static err identities(struct call *c)
{
    struct account_new in = { .email = STR("ina@example.com"), .password_hash = STR("$x"), .verified = true };
    struct account *ina, *uwe, *found;
    struct identity *list;
    size_t n;
    bool gone;
    TRY(account_create(c, &in, &ina));
    in = (struct account_new){ .email = STR("uwe@example.com"), .verified = false };
    TRY(account_create(c, &in, &uwe));
    TRY(identity_link(c, ina->id, STR("https://idp.example"), STR("1"), STR("ina@work.example")));
    TRY(identity_find(c, AUTH_PLATFORM, STR("https://idp.example"), STR("1"), true, &found));
    ROW_CHECK("found", found && str_eq(found->id, ina->id));
    TRY(identity_find(c, AUTH_PLATFORM, STR("https://idp.example"), STR("2"), false, &found));
    ROW_CHECK("another subject is nobody", !found);
    TRY(identity_find(c, STR("11111111-1111-7111-8111-111111111111"), STR("https://idp.example"), STR("1"), false, &found));
    ROW_CHECK("nor in another scope", !found);
    ROW_CHECK("one account per identity", identity_link(c, uwe->id, STR("https://idp.example"), STR("1"), STR_NULL) == ERR_CONFLICT);
    call_forget(c);
    TRY(identity_link(c, ina->id, STR("https://idp.example"), STR("1"), STR("ina@home.example")));
    TRY(identity_list(c, ina->id, &list, &n));
    ROW_CHECK("linking again refreshes", n == 1 && str_is(list[0].email, "ina@home.example") && list[0].used_at_ms == NOW && list[0].created_at_ms == NOW);
    TRY(identity_link(c, uwe->id, STR("github"), STR("7"), STR_NULL));
    in.password_hash = STR("$claim");
    ROW_CHECK("an account that somebody can use by another identity is not absent", account_create(c, &in, &found) == ERR_CONFLICT);
    call_forget(c);
    TRY(identity_unlink(c, uwe->id, STR("https://idp.example"), STR("1"), &gone));
    ROW_CHECK("nobody unlinks another's", !gone);
    TRY(identity_unlink(c, ina->id, STR("https://idp.example"), STR("1"), &gone));
    TRY(identity_list(c, ina->id, &list, &n));
    ROW_CHECK("unlinked", gone && n == 0);
    ROW_CHECK("to nobody", identity_link(c, STR("none"), STR("github"), STR("8"), STR_NULL) == ERR_NOT_FOUND);
    return ERR_OK;
}

/* logins */

static err store_account(struct call *c)
{
    const struct account_new *in = c->state;
    struct account *made;
    return account_create(c, in, &made);
}

static struct account *login(struct call *c, const char *email, const char *password)
{
    struct account *who = NULL;
    ROW_CHECK("no trouble", auth_login_email(the_auth, c, AUTH_PLATFORM, str_c(email), str_c(password), &who) == ERR_OK);
    return who;
}

struct stored {
    const char *email;
    char hash[CRYPTO_PASSWORD_STORED];
    bool active;
};

static err hash_of(struct call *c)
{
    struct stored *s = c->state;
    struct account *who;
    str hash;
    TRY(account_by_email(c, AUTH_PLATFORM, str_c(s->email), &who));
    TRY(account_password_hash(c, who->id, &hash));
    (void)snprintf(s->hash, sizeof s->hash, "%.*s", STR_ARG(hash));
    return ERR_OK;
}

static err set_active(struct call *c)
{
    const struct stored *s = c->state;
    struct account *who;
    TRY(account_by_email(c, AUTH_PLATFORM, str_c(s->email), &who));
    return account_set_active(c, who->id, s->active);
}

static void test_logins(void **state)
{
    (void)state;
    struct call c = rig_call(4 << 20);
    c.now_ms = NOW;
    struct stored bcrypt = { .email = "old@example.com" };
    struct account_new in = { .email = STR("old@example.com"), .password_hash = STR("$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy") };
    assert_int_equal(in_tx_of(TX_WRITE, store_account, &in), ERR_OK);
    in = (struct account_new){ .email = STR("none@example.com") };
    assert_int_equal(in_tx_of(TX_WRITE, store_account, &in), ERR_OK);
    ROW_CHECK("a wrong password leaves an imported hash", !login(&c, "old@example.com", "wrong horse"));
    assert_int_equal(in_tx_of(TX_READ, hash_of, &bcrypt), ERR_OK);
    ROW_CHECK("as it is", strncmp(bcrypt.hash, "$2b$", 4) == 0);
    struct account *who = login(&c, "OLD@example.com", "correct horse");
    ROW_CHECK("a hash of another program is accepted", who && str_is(who->email, "old@example.com") && who->epoch == 1);
    assert_int_equal(in_tx_of(TX_READ, hash_of, &bcrypt), ERR_OK);
    ROW_CHECK("and becomes one of ours", strncmp(bcrypt.hash, "$argon2id$v=19$m=64,t=1,p=1$", 28) == 0);
    who = login(&c, "old@example.com", "correct horse");
    ROW_CHECK("which fits, and ended no session", who && who->epoch == 1);
    struct account *by_id = NULL;
    ROW_CHECK("by id", auth_login(the_auth, &c, who ? who->id : STR(""), STR("correct horse"), &by_id) == ERR_OK && by_id);
    ROW_CHECK("nobody", auth_login(the_auth, &c, STR_NULL, STR("correct horse"), &by_id) == ERR_OK && !by_id);
    ROW_CHECK("no such address", !login(&c, "who@example.com", "correct horse"));
    ROW_CHECK("no address", !login(&c, "\xFF", "correct horse"));
    ROW_CHECK("an account without a password", !login(&c, "none@example.com", ""));
    assert_int_equal(in_tx_of(TX_WRITE, set_active, &bcrypt), ERR_OK);
    who = login(&c, "old@example.com", "correct horse");
    ROW_CHECK("an inactive account is told from a wrong password", who && !who->active);
    ROW_CHECK("by its password only", !login(&c, "old@example.com", "wrong horse"));
    rig_call_end(&c);
    ROWS_END();
}

/* races */

enum { THREADS = 8, PER_THREAD = 8 };
static atomic_int winners, losers;

static void *race_register(void *arg)
{
    for (int i = 0; i < PER_THREAD; i++) {
        struct account_new in = { .email = STR("race@example.com"), .password_hash = STR("$x") };
        struct call c = rig_call(1 << 20);
        c.now_ms = NOW;
        c.state = &in;
        err e = store_do(rig->s, &c, TX_WRITE, store_account);
        if (e == ERR_OK)
            winners++;
        else if (e == ERR_CONFLICT)
            losers++;
        rig_call_end(&c);
    }
    return arg;
}

static err use_link(struct call *c)
{
    struct account *who;
    TRY(account_confirm(the_auth, c, *(const str *)c->state, &who));
    return who ? ERR_OK : ERR_NOT_FOUND;
}

static void *race_link(void *arg)
{
    for (int i = 0; i < PER_THREAD / 2; i++) {
        struct call c = rig_call(1 << 20);
        c.now_ms = NOW;
        c.state = arg;
        err e = store_do(rig->s, &c, TX_WRITE, use_link);
        if (e == ERR_OK)
            winners++;
        else if (e == ERR_NOT_FOUND)
            losers++;
        rig_call_end(&c);
    }
    return NULL;
}

static void race(void *(*run)(void *), void *arg, int all)
{
    pthread_t t[THREADS];
    winners = losers = 0;
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&t[i], NULL, run, arg), 0);
    for (int i = 0; i < THREADS; i++) (void)pthread_join(t[i], NULL);
    ROW_CHECK("exactly one wins", winners == 1);
    ROW_CHECK("and the others are told", losers == all - 1);
}

static err proof_link(struct call *c)
{
    struct account *who;
    TRY(account_by_email(c, AUTH_PLATFORM, STR("race@example.com"), &who));
    return account_proof_mail(the_auth, c, who);
}

static void test_races(void **state)
{
    (void)state;
    race(race_register, NULL, THREADS * PER_THREAD);
    assert_int_equal(in_tx_of(TX_WRITE, proof_link, NULL), ERR_OK);
    char link[sizeof asked.link];
    memcpy(link, asked.link, sizeof link);
    str token = token_of(link);
    race(race_link, &token, THREADS * PER_THREAD / 2);
    ROWS_END();
}

/* a new master key */

static err sealed_rows(struct call *c)
{
    const uint8_t other[CRYPTO_KEY] = { 9 };
    struct ring ours = { 0 }, next = { 0 };
    struct account *mia;
    struct rows rows;
    str id, secret, plain, again;
    struct account_new in = { .email = STR("mia@example.com"), .password_hash = STR("$x") };
    TRY(ring_add(&ours, master));
    TRY(ring_add(&next, other));
    TRY(ring_add(&next, master));
    TRY(account_create(c, &in, &mia));
    TRY(totp_enrol(the_auth, c, mia->id, STR("phone"), &id, &secret));
    const struct sealed_column *k = &auth_sealed[0];
    TRY(db_list(c, k->list, &rows, (str){ (const char *)ours.keys[0].id, RING_KEY_ID }, STR("0"), (int64_t)10));
    ROW_CHECK("what is sealed under the current key is no work", rows.n == 0);
    TRY(db_list(c, k->list, &rows, (str){ (const char *)next.keys[0].id, RING_KEY_ID }, STR("0"), (int64_t)10));
    ROW_CHECK("under another it is", rows.n > 0 && str_eq(rows.row[rows.n - 1][0].s, id));
    str old = rows.row[rows.n - 1][2].s;
    size_t before = rows.n;
    ROW_CHECK("and opens by purpose and row", ring_open(c->mem, &next, k->purpose, old, id, &plain) == ERR_OK && str_eq(plain, secret));
    TRY(ring_seal(c->mem, &next, k->purpose, plain, id, &again));
    TRY(db_run(c, k->set, again, id, old));
    TRY(db_list(c, k->list, &rows, (str){ (const char *)next.keys[0].id, RING_KEY_ID }, STR("0"), (int64_t)10));
    ROW_CHECK("once", rows.n == before - 1 && auth_sealed_n == 1);
    return ERR_OK;
}

/* trouble below us */

static err everything(struct call *c)
{
    struct account *eve, *used;
    str session, totp;
    asked = (struct asked){ 0 };
    TRY(prepared(c, "trouble@example.com", &eve, &session, &totp));
    TRY(account_prove(the_auth, c, eve->id));
    TRY(account_set_password(the_auth, c, eve->id, STR("$y"), false));
    TRY(account_forgot(the_auth, c, AUTH_PLATFORM, STR("trouble@example.com")));
    TRY(account_set_active(c, eve->id, false));
    TRY(account_set_active(c, eve->id, true));
    TRY(account_set_email(c, eve->id, STR("tr\xC3\xB6uble@example.com"), true));
    struct account_change change = { .last_name = STR("E") };
    TRY(account_update(c, eve->id, &change));
    TRY(account_delete(the_auth, c, eve->id));
    TRY(prepared(c, "trouble@example.com", &eve, &session, &totp));
    TRY(account_confirm(the_auth, c, token_of(asked.link), &used));
    TRY(account_end_sessions(c, eve->id));
    TRY(account_delete(the_auth, c, eve->id));
    TRY(prepared(c, "trouble@example.com", &eve, &session, &totp));
    return account_disown(the_auth, c, token_of(asked.link), &used);
}

static void test_trouble(void **state)
{
    (void)state;
    rig_fault_loop(rig, NOW, everything);
}

/* A login whose store or memory fails never succeeds by it; that the better hash was not written is no failure. */
static void test_login_trouble(void **state)
{
    (void)state;
    struct account_new in = { .email = STR("login@example.com"), .password_hash = STR("$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy") };
    assert_int_equal(in_tx_of(TX_WRITE, store_account, &in), ERR_OK);
    bool hit = true;
    for (long n = 1; hit && n < 1000; n++) {
        struct account *who = NULL;
        struct call c = rig_call(1 << 20);
        c.now_ms = NOW;
#ifdef CHANCERY_FAULTS
        fault_arm(n);
#endif
        err e = auth_login_email(the_auth, &c, AUTH_PLATFORM, STR("login@example.com"), STR("wrong horse"), &who);
        ROW_CHECK("never by a fault", !who && (e == ERR_OK || e == ERR_NOMEM || e == ERR_STORE || e == ERR_BUSY));
        if (!e) e = auth_login_email(the_auth, &c, AUTH_PLATFORM, STR("login@example.com"), STR("correct horse"), &who);
        ROW_CHECK("good or trouble", e ? !who && (e == ERR_NOMEM || e == ERR_STORE || e == ERR_BUSY) : who != NULL);
#ifdef CHANCERY_FAULTS
        hit = fault_hit();
        fault_arm(0);
#else
        hit = false;
#endif
        rig_call_end(&c);
    }
    ROWS_END();
}

/* Without statistics PostgreSQL takes who lives for rare: of an index of the living it reads all for one id. */
static err plans(struct call *c)
{
    struct query plan;
    struct cell *row;
    TRY(rig_explain(c, &auth_q[AQ_ACCOUNT_BY_ID], &plan));
    TRY(db_get(c, &plan, &row, STR("x")));
    ROW_CHECK("an account is found by its id", str_starts(row[0].s, STR("Index Scan using account_pkey ")));
    TRY(rig_explain(c, &auth_q[AQ_ACCOUNT_BY_EMAIL], &plan));
    TRY(db_get(c, &plan, &row, AUTH_PLATFORM, STR("x")));
    ROW_CHECK("and by its address", str_starts(row[0].s, STR("Index Scan using account_living_email ")));
    return ERR_OK;
}

static void test_plans(void **state)
{
    (void)state;
    if (rig_pg) in_tx(plans);
}

static void test_first_proof(void **state) { (void)state, in_tx(first_proof); }
static void test_confirmed(void **state) { (void)state, in_tx(confirmed); }
static void test_disowned(void **state) { (void)state, in_tx(disowned); }
static void test_passwords_told(void **state) { (void)state, in_tx(passwords_told); }
static void test_states(void **state) { (void)state, in_tx(states); }
static void test_sealed_rows(void **state) { (void)state, in_tx(sealed_rows); }
static void test_identities(void **state) { (void)state, in_tx(identities); }

int identity_tests(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_first_proof),    cmocka_unit_test(test_confirmed),   cmocka_unit_test(test_disowned),
                                        cmocka_unit_test(test_passwords_told), cmocka_unit_test(test_states),      cmocka_unit_test(test_deletion),
                                        cmocka_unit_test(test_identities),     cmocka_unit_test(test_sealed_rows), cmocka_unit_test(test_logins),
                                        cmocka_unit_test(test_races),          cmocka_unit_test(test_trouble),     cmocka_unit_test(test_login_trouble),
                                        cmocka_unit_test(test_plans) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
