/* Accounts, keys, privileges, links and the first start on a store: SQLite in a folder of its own, or $CHANCERY_TEST_STORE (an empty
 * database). */
#include "../base/rows.h"
#include "auth/auth_int.h"
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t NOW = 1785542400000;

static char folder[64];
static struct arena *mem;
static struct store *store;
static struct auth *the_auth;
static const uint8_t master[CRYPTO_KEY] = { 1, 2, 3 };

static int open_all(void **state)
{
    (void)state;
    str why = STR_NULL, url;
    const char *other = getenv("CHANCERY_TEST_STORE");
    (void)snprintf(folder, sizeof folder, "/tmp/chancery-auth-XXXXXX");
    if (crypto_init() != ERR_OK || !mkdtemp(folder)) return -1;
    mem = arena_new(1 << 20);
    if (arena_printf(mem, &url, "sqlite:%s/test.db", folder) != ERR_OK) return -1;
    struct store_options o = { .url = other ? other : url.p, .readers = 2, .queue = 100 };
    err e = store_open(mem, &o, &store, &why);
    if (!e) e = store_migrate(store, mem, auth_migrations, auth_migrations_n, &why);
    if (!e) e = auth_check_queries(store, mem, &why);
    if (e) print_error("%s: %.*s\n", err_name(e), STR_ARG(why));
    if (e) return -1;
    struct auth_options ao = {
        .store = store, .master_key = master, .cost = { .memory_kib = 64, .passes = 1 }, .workers = 2, .queue = 4, .base_url = STR("https://chancery.example/")
    };
    return auth_new(&ao, &the_auth) == ERR_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    auth_free(the_auth);
    store_close(store);
    arena_free(mem);
    DIR *d = opendir(folder);
    char path[400];
    for (struct dirent *f; d && (f = readdir(d));) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        if (f->d_name[0] != '.') (void)unlink(path);
    }
    if (d) (void)closedir(d);
    return rmdir(folder);
}

/* Runs fn in a transaction on a call of its own; the arena lives until the next one. */
static struct call the_call;

static err in_tx_at(int64_t now_ms, enum tx tx, err (*fn)(struct call *), void *arg, const struct req *rq)
{
    static struct arena *a;
    if (!a) {
        a = arena_new(4 << 20);
        assert_int_equal(arena_on_end(mem, (void (*)(void *))(void *)arena_free, a), ERR_OK);
    }
    the_call = (struct call){ .mem = a, .now_ms = now_ms, .state = arg, .rq = rq };
    return store_do(store, &the_call, tx, fn);
}

static err in_tx(enum tx tx, err (*fn)(struct call *), void *arg) { return in_tx_at(NOW, tx, fn, arg, NULL); }

static err create(struct call *c, const char *email, const char *hash, struct account **out)
{
    struct account_new in = { .email = str_c(email), .first_name = STR("Ann"), .password_hash = str_c(hash) };
    return account_create(c, &in, out);
}

static err accounts(struct call *c)
{
    struct account *ann, *bob, *found, *list, *tom;
    size_t n;
    TRY(create(c, " Ann@Example.COM ", "$hash", &ann));
    ROW_CHECK("a fresh one", ann->active && !ann->superuser && !ann->staff && ann->has_password && !ann->email_verified && ann->epoch == 1);
    ROW_CHECK("times", ann->created_at_ms == NOW && ann->last_login_at_ms == 0 && ann->password_changed_at_ms == NOW);
    ROW_STR("as given", ann->email, STR("Ann@Example.COM"));
    ROW_STR("as compared", ann->email_norm, STR("ann@example.com"));
    ROW_STR("on the platform", ann->scope, AUTH_PLATFORM);
    ROW_STR("names", ann->first_name, STR("Ann"));
    ROW_STR("absent ones are empty", ann->last_name, STR(""));
    TRY(create(c, "bob@example.com", "$hash", &bob));
    ROW_CHECK("numbers count up", bob->number == ann->number + 1);
    TRY(account_by_email(c, AUTH_PLATFORM, STR("ANN@example.com"), &found));
    ROW_CHECK("found by address", found && found->number == ann->number);
    TRY(account_by_number(c, bob->number, &found));
    ROW_CHECK("by number", found && str_eq(found->id, bob->id));
    TRY(account_by_id(c, bob->id, &found));
    ROW_CHECK("by id", found && found->number == bob->number);
    TRY(account_by_email(c, STR("11111111-1111-7111-8111-111111111111"), STR("ann@example.com"), &found));
    ROW_CHECK("not in another scope", !found);
    TRY(account_by_email(c, AUTH_PLATFORM, STR("nobody@example.com"), &found));
    ROW_CHECK("nobody", !found);
    TRY(account_by_email(c, AUTH_PLATFORM, STR("a\xFF@example.com"), &found));
    ROW_CHECK("no text, nobody", !found);
    TRY(account_list(c, AUTH_PLATFORM, &list, &n));
    ROW_CHECK("listed by number", n == 2 && list[0].number == ann->number && list[1].number == bob->number);

    ROW_CHECK("taken in another spelling", create(c, "ANN@EXAMPLE.COM", NULL, &found) == ERR_CONFLICT && c->why.code == ERR_CONFLICT);
    call_forget(c);
    ROW_CHECK("not an address", create(c, "ann", NULL, &found) == ERR_INPUT);
    call_forget(c);

    TRY(create(c, "tom@example.com", NULL, &tom));
    ROW_CHECK("neither proof nor password", !tom->has_password && !tom->email_verified);
    TRY(create(c, "Tom@example.com", "$later", &found));
    ROW_CHECK("counts as absent and is taken over", found->number == tom->number && found->has_password && found->epoch == tom->epoch + 1);
    ROW_CHECK("once", create(c, "tom@example.com", "$again", &found) == ERR_CONFLICT);
    call_forget(c);
    return ERR_OK;
}

static void test_accounts(void **state)
{
    (void)state;
    assert_int_equal(in_tx(TX_WRITE, accounts, NULL), ERR_OK);
    ROWS_END();
}

static err passwords_in_rows(struct call *c)
{
    struct account *u, *after;
    str hash;
    TRY(create(c, "pass@example.com", "$theirs", &u));
    struct api_key_new key = { .account_id = u->id, .name = STR("prepared") };
    TRY(api_key_store(the_auth, c, STR("prepared by somebody"), &key));
    TRY(account_password_hash(c, u->id, &hash));
    ROW_STR("the hash", hash, STR("$theirs"));
    TRY(account_set_password(the_auth, c, u->id, STR("$changed"), false));
    TRY(account_by_id(c, u->id, &after));
    ROW_CHECK("a change moves the epoch", after->epoch > u->epoch && !after->email_verified);
    TRY(account_set_password(the_auth, c, u->id, STR("$proven"), true));
    TRY(account_by_id(c, u->id, &after));
    ROW_CHECK("proven", after->email_verified && after->has_password);
    TRY(account_password_hash(c, u->id, &hash));
    ROW_STR("with the new hash", hash, STR("$proven"));
    ROW_CHECK("of nobody", account_password_hash(c, STR("none"), &hash) == ERR_NOT_FOUND);
    ROW_CHECK("for nobody", account_set_password(the_auth, c, STR("none"), STR("$x"), true) == ERR_NOT_FOUND);

    /* server.md 4: the first proof removes what somebody else may have prepared. */
    TRY(create(c, "victim@example.com", "$attacker", &u));
    TRY(account_prove(the_auth, c, u->id));
    TRY(account_by_id(c, u->id, &after));
    ROW_CHECK("the first proof removes the password and ends sessions", !after->has_password && after->email_verified && after->epoch > u->epoch);
    TRY(account_set_password(the_auth, c, u->id, STR("$mine"), false));
    TRY(account_by_id(c, u->id, &u));
    TRY(account_prove(the_auth, c, u->id));
    TRY(account_by_id(c, u->id, &after));
    ROW_CHECK("the second changes nothing", after->has_password && after->epoch == u->epoch);
    return ERR_OK;
}

static void test_first_proof(void **state)
{
    (void)state;
    assert_int_equal(in_tx(TX_WRITE, passwords_in_rows, NULL), ERR_OK);
    ROWS_END();
}

static void test_password_pool(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    str hash = STR_NULL;
    bool right = false;
    assert_int_equal(password_hash(the_auth, a, STR("s3cret"), &hash), ERR_OK);
    ROW_CHECK("Argon2id", str_starts(hash, STR("$argon2id$")));
    ROW_CHECK("right", password_check(the_auth, hash, STR("s3cret"), &right) == ERR_OK && right);
    ROW_CHECK("wrong", password_check(the_auth, hash, STR("s3cret "), &right) == ERR_OK && !right);
    ROW_CHECK("without a hash", password_check(the_auth, STR_NULL, STR("s3cret"), &right) == ERR_OK && !right);
    ROW_CHECK("a broken one", password_check(the_auth, STR("$argon2id$"), STR("s3cret"), &right) == ERR_OK && !right);
    arena_free(a);
    ROWS_END();
}

/* keys */

struct visit {
    const char *key, *method, *constraints, *permissions;
    bool admin, inactive;
    struct who *who;
};

static err make_key(struct call *c)
{
    struct visit *v = c->state;
    struct account *u;
    static int count;
    str email;
    TRY(arena_printf(c->mem, &email, "key%d@example.com", count++));
    TRY(create(c, email.p, "$x", &u));
    if (v->admin) TRY(privilege_grant(c, u->id, STR("admin")));
    if (v->admin) TRY(privilege_grant(c, u->id, STR("advocate")));
    static const struct query off = { .in = "t", .sql = "UPDATE account SET active = 0 WHERE id = $1" };
    if (v->inactive) TRY(db_run(c, &off, u->id));
    struct api_key_new in = {
        .account_id = u->id, .name = STR("k"), .method = str_c(v->method), .constraints_json = str_c(v->constraints), .permissions_json = str_c(v->permissions)
    };
    return api_key_store(the_auth, c, str_c(v->key), &in);
}

static err identify(struct call *c)
{
    struct visit *v = c->state;
    return api_key_identify(the_auth, c, STR_NULL, &v->who);
}

/* A request with that key in its header, from 10.0.0.1, sent by a page of example.com. */
static err visit_with(struct visit *v, const char *key)
{
    struct header headers[] = { { STR("X-API-Key"), str_c(key) }, { STR("Referer"), STR("https://example.com/page") } };
    struct req rq = { .headers = headers, .n_headers = 2, .peer = STR("10.0.0.1") };
    v->who = NULL;
    err e = in_tx_at(NOW, TX_READ, identify, v, &rq);
    if (e) ROW_STR(key, the_call.why.text, STR("Access denied."));
    return e;
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct visit v;
        bool good, limited;
    } rows[] = {
        { "no limits", { .key = "key of sixteen characters 1" }, true, false },
        { "method none with a list", { .key = "k2", .method = "none", .constraints = "[\"10.9.9.9\"]" }, true, false },
        { "ip without a list", { .key = "k3", .method = "ip" }, true, false },
        { "the address", { .key = "k4", .method = "ip", .constraints = "[\"10.9.9.9\",\"10.0.0.1\"]" }, true, false },
        { "another address", { .key = "k5", .method = "ip", .constraints = "[\"10.9.9.9\"]" }, false, false },
        { "the site", { .key = "k6", .method = "referer", .constraints = "[\"example.com\"]" }, true, false },
        { "another site", { .key = "k7", .method = "referer", .constraints = "[\"example.org\"]" }, false, false },
        { "an inactive owner", { .key = "k8", .inactive = true }, false, false },
        { "an administrator without a list", { .key = "k9", .admin = true }, true, false },
        { "an administrator with a list is limited", { .key = "k10", .admin = true, .permissions = "[\"create_user\"]" }, true, true },
        { "others are not", { .key = "k11", .permissions = "[\"create_user\"]" }, true, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct visit v = rows[i].v;
        const char *name = rows[i].name;
        assert_int_equal(in_tx(TX_WRITE, make_key, &v), ERR_OK);
        err e = visit_with(&v, v.key);
        ROW_CHECK(name, e == (rows[i].good ? ERR_OK : ERR_FORBIDDEN));
        ROW_CHECK(name, (v.who != NULL) == rows[i].good);
        if (!v.who) continue;
        ROW_CHECK(name, v.who->limited == rows[i].limited && v.who->account.number > 0 && v.who->key_id.n == CRYPTO_UUID);
        ROW_CHECK(name, v.admin ? v.who->n_privileges == 2 && str_is(v.who->privileges[0], "admin") && str_is(v.who->privileges[1], "advocate")
                                : v.who->n_privileges == 1 && who_has(v.who, "user"));
        ROW_CHECK(name, v.who->n_permissions == (v.permissions ? 1 : 0));
    }
    struct visit v = { 0 };
    ROW_CHECK("an unknown key", visit_with(&v, "nobody's key") == ERR_FORBIDDEN);
    ROW_CHECK("no key", visit_with(&v, "") == ERR_FORBIDDEN);
    ROW_CHECK("nearly a key", visit_with(&v, "k4 ") == ERR_FORBIDDEN && visit_with(&v, "K4") == ERR_FORBIDDEN);
    ROWS_END();
}

static err replace_key(struct call *c)
{
    struct account *u;
    TRY(create(c, "rekey@example.com", "$x", &u));
    struct api_key_new in = { .account_id = u->id, .name = STR("default") };
    TRY(api_key_store(the_auth, c, STR("the first key"), &in));
    TRY(api_key_store(the_auth, c, STR("the second key \xC3\xA9\xC3\xA9"), &in));
    static const struct query last = { .in = "t", .out = "tb", .sql = "SELECT last_four, hash FROM api_key WHERE account_id = $1" };
    struct rows rows;
    TRY(db_list(c, &last, &rows, u->id));
    ROW_CHECK("one of a name", rows.n == 1);
    ROW_STR("its last four characters", rows.row[0][0].s, STR("y \xC3\xA9\xC3\xA9"));
    ROW_CHECK("never the key itself", rows.row[0][1].s.n == CRYPTO_HASH);
    return ERR_OK;
}

static err steal_key(struct call *c)
{
    struct account *u;
    TRY(create(c, "thief@example.com", "$x", &u));
    struct api_key_new in = { .account_id = u->id, .name = STR("default") };
    return api_key_store(the_auth, c, STR("the second key \xC3\xA9\xC3\xA9"), &in);
}

static void test_key_is_replaced(void **state)
{
    (void)state;
    struct visit v = { 0 };
    assert_int_equal(in_tx(TX_WRITE, replace_key, NULL), ERR_OK);
    ROW_CHECK("the old one is gone", visit_with(&v, "the first key") == ERR_FORBIDDEN);
    ROW_CHECK("the new one works", visit_with(&v, "the second key \xC3\xA9\xC3\xA9") == ERR_OK);
    ROW_CHECK("nobody else can take it", in_tx(TX_WRITE, steal_key, NULL) == ERR_CONFLICT);
    ROWS_END();
}

static err privileges(struct call *c)
{
    struct account *u;
    TRY(create(c, "priv@example.com", "$x", &u));
    static const char *const builtin[] = { "user", "admin", "customer", "developer", "advocate", "trainer" };
    for (size_t i = 0; i < COUNT_OF(builtin); i++) ROW_CHECK(builtin[i], privilege_grant(c, u->id, str_c(builtin[i])) == ERR_OK);
    ROW_CHECK("twice is fine", privilege_grant(c, u->id, STR("admin")) == ERR_OK);
    ROW_CHECK("cron is for nobody", privilege_grant(c, u->id, STR("cron")) == ERR_INPUT);
    call_forget(c);
    ROW_CHECK("an unknown one", privilege_grant(c, u->id, STR("king")) == ERR_NOT_FOUND);
    call_forget(c);
    static const struct query ids = { .in = "", .out = "it", .sql = "SELECT id, name FROM privilege ORDER BY id" };
    struct rows rows;
    TRY(db_list(c, &ids, &rows));
    ROW_CHECK("seven, in their order", rows.n == 7 && rows.row[0][0].i == 1 && str_is(rows.row[2][1].s, "cron") && str_is(rows.row[6][1].s, "trainer"));
    return ERR_OK;
}

static void test_privileges(void **state)
{
    (void)state;
    assert_int_equal(in_tx(TX_WRITE, privileges, NULL), ERR_OK);
    ROWS_END();
}

/* links */

struct trip {
    char token[CRYPTO_TOKEN], id[CRYPTO_UUID];
    const char *purpose;
    struct account *found;
};

static err link_make(struct call *c)
{
    struct trip *t = c->state;
    struct account *u;
    str token;
    TRY(account_by_email(c, AUTH_PLATFORM, STR("link@example.com"), &u));
    if (!u) TRY(create(c, "link@example.com", "$x", &u));
    TRY(link_new(the_auth, c, u->id, LINK_PASSWORD, 1000, &token));
    ROW_CHECK("its length", token.n == CRYPTO_TOKEN);
    memcpy(t->token, token.p, CRYPTO_TOKEN);
    memcpy(t->id, u->id.p, CRYPTO_UUID);
    ROW_CHECK("for nobody", link_new(the_auth, c, STR("none"), LINK_PASSWORD, 1000, &token) == ERR_NOT_FOUND);
    return ERR_OK;
}

static err link_look(struct call *c)
{
    struct trip *t = c->state;
    return link_find(the_auth, c, (str){ t->token, CRYPTO_TOKEN }, t->purpose ? t->purpose : LINK_PASSWORD, &t->found);
}

static err link_take(struct call *c)
{
    struct trip *t = c->state;
    return link_use(the_auth, c, (str){ t->token, CRYPTO_TOKEN }, LINK_PASSWORD, &t->found);
}

static err set_password(struct call *c)
{
    struct trip *t = c->state;
    return account_set_password(the_auth, c, (str){ t->id, CRYPTO_UUID }, STR("$new"), true);
}

static void test_links(void **state)
{
    (void)state;
    struct trip t = { 0 };
    assert_int_equal(in_tx(TX_WRITE, link_make, &t), ERR_OK);
    ROW_CHECK("good", in_tx(TX_READ, link_look, &t) == ERR_OK && t.found && str_eq(t.found->id, (str){ t.id, CRYPTO_UUID }));
    ROW_CHECK("looking does not use it up", in_tx(TX_READ, link_look, &t) == ERR_OK && t.found);
    ROW_CHECK("in its last moment", in_tx_at(NOW + 999, TX_READ, link_look, &t, NULL) == ERR_OK && t.found);
    ROW_CHECK("expired", in_tx_at(NOW + 1000, TX_READ, link_look, &t, NULL) == ERR_OK && !t.found);
    ROW_CHECK("expired for use", in_tx_at(NOW + 1000, TX_WRITE, link_take, &t, NULL) == ERR_OK && !t.found);
    t.purpose = "proof";
    ROW_CHECK("another purpose", in_tx(TX_READ, link_look, &t) == ERR_OK && !t.found);
    t.purpose = NULL;
    t.token[0] ^= 1;
    ROW_CHECK("another token", in_tx(TX_READ, link_look, &t) == ERR_OK && !t.found);
    t.token[0] ^= 1;
    ROW_CHECK("used", in_tx(TX_WRITE, link_take, &t) == ERR_OK && t.found);
    ROW_CHECK("once", in_tx(TX_WRITE, link_take, &t) == ERR_OK && !t.found);
    assert_int_equal(in_tx(TX_WRITE, link_make, &t), ERR_OK);
    assert_int_equal(in_tx(TX_WRITE, set_password, &t), ERR_OK);
    ROW_CHECK("a new password ends the others", in_tx(TX_READ, link_look, &t) == ERR_OK && !t.found);
    ROWS_END();
}

/* last login */

static err read_seen(struct call *c)
{
    struct account *u;
    TRY(account_by_email(c, AUTH_PLATFORM, STR("seen@example.com"), &u));
    if (!u) TRY(create(c, "seen@example.com", "$x", &u));
    *(struct account *)c->state = *u;
    return ERR_OK;
}

/* The write comes from another thread, and only SQLite promises an order: looks until it is there, at most two seconds. */
static int64_t seen_at_least(int64_t when)
{
    struct account u = { 0 };
    for (int i = 0; i < 200 && u.last_login_at_ms < when; i++) {
        if (i) (void)usleep(10000);
        if (in_tx(TX_WRITE, read_seen, &u) != ERR_OK) break;
    }
    return u.last_login_at_ms;
}

static void test_seen(void **state)
{
    (void)state;
    struct account u = { 0 };
    assert_int_equal(in_tx(TX_WRITE, read_seen, &u), ERR_OK);
    struct account stale = u;
    char id[CRYPTO_UUID];
    memcpy(id, u.id.p, sizeof id);
    stale.id = (str){ id, sizeof id };
    account_seen(the_auth, &stale, NOW);
    ROW_CHECK("written", seen_at_least(NOW) == NOW);
    account_seen(the_auth, &stale, NOW + 30000); /* the row read earlier says never, but this process knows better */
    account_seen(the_auth, &stale, NOW + 61000);
    ROW_CHECK("and again after a minute", seen_at_least(NOW + 61000) == NOW + 61000);
    struct account fresh = stale;
    fresh.last_login_at_ms = NOW + 61000;
    account_seen(the_auth, &fresh, NOW + 120000);
    ROW_CHECK("not within a minute of what the row says", seen_at_least(NOW + 61000) == NOW + 61000);
    ROWS_END();
}

/* the first start */

static struct call boot_call(void) { return (struct call){ .mem = arena_new(1 << 20), .now_ms = NOW }; }

static err admin_by_key(struct call *c) { return api_key_identify(the_auth, c, STR("a key for the first start"), (struct who **)c->state); }

static err count_superusers(struct call *c)
{
    static const struct query q = { .in = "", .out = "i", .sql = "SELECT count(*) FROM account WHERE superuser = 1" };
    struct cell *row;
    TRY(db_get(c, &q, &row));
    *(int64_t *)c->state = row[0].i;
    return ERR_OK;
}

static void test_bootstrap(void **state)
{
    (void)state;
    bool created = true;
    str link = STR("x");
    struct call c = boot_call();
    struct bootstrap none = { 0 }, bad = { .email = STR("admin") }, weak = { .email = STR("admin@example.com"), .api_key = STR("too short") };
    struct bootstrap first = { .email = STR("Admin@example.com"), .password = STR("a password"), .api_key = STR("a key for the first start") };
    struct bootstrap second = { .email = STR("other@example.com") };
    struct req rq = { .peer = STR("unix") };

    ROW_CHECK("nothing asked for", auth_bootstrap(the_auth, &c, &none, &created, &link) == ERR_OK && !created && str_absent(link));
    ROW_CHECK("not an address", auth_bootstrap(the_auth, &c, &bad, &created, &link) == ERR_INPUT);
    call_forget(&c);
    ROW_CHECK("a weak key", auth_bootstrap(the_auth, &c, &weak, &created, &link) == ERR_INPUT);
    call_forget(&c);
    ROW_CHECK("made", auth_bootstrap(the_auth, &c, &first, &created, &link) == ERR_OK && created && str_absent(link));
    struct who *who = NULL;
    assert_int_equal(in_tx_at(NOW, TX_READ, admin_by_key, &who, &rq), ERR_OK);
    const struct account *a = &who->account;
    ROW_CHECK("superuser, staff, verified, admin", a->superuser && a->staff && a->email_verified && a->has_password && who_has(who, "admin"));
    ROW_CHECK("not limited", !who->limited);
    ROW_CHECK("a second start changes nothing", auth_bootstrap(the_auth, &c, &first, &created, &link) == ERR_OK && !created);
    ROW_CHECK("nor does another address", auth_bootstrap(the_auth, &c, &second, &created, &link) == ERR_OK && !created && str_absent(link));
    int64_t n = 0;
    assert_int_equal(in_tx(TX_READ, count_superusers, &n), ERR_OK);
    ROW_CHECK("one superuser", n == 1);
    arena_free(c.mem);
    ROWS_END();
}

static err demote_all(struct call *c)
{
    static const struct query q = { .in = "", .sql = "UPDATE account SET superuser = 0" };
    return db_run(c, &q);
}

static err prepared(struct call *c)
{
    struct account *u;
    TRY(create(c, "boss@example.com", "$attacker", &u));
    struct api_key_new in = { .account_id = u->id, .name = STR("default") };
    return api_key_store(the_auth, c, STR("a prepared key"), &in);
}

static void test_bootstrap_by_link(void **state)
{
    (void)state;
    bool created = false;
    str link = STR_NULL;
    struct call c = boot_call();
    struct bootstrap in = { .email = STR("boss@example.com") };
    assert_int_equal(in_tx(TX_WRITE, demote_all, NULL), ERR_OK);
    assert_int_equal(in_tx(TX_WRITE, prepared, NULL), ERR_OK);
    ROW_CHECK("made of what was there", auth_bootstrap(the_auth, &c, &in, &created, &link) == ERR_OK && created);
    str start = STR("https://chancery.example/account/password?token=");
    ROW_CHECK("with a link", str_starts(link, start) && link.n == start.n + CRYPTO_TOKEN);
    struct trip t = { 0 };
    if (link.n == start.n + CRYPTO_TOKEN) memcpy(t.token, link.p + start.n, CRYPTO_TOKEN);
    ROW_CHECK("that is good", in_tx(TX_READ, link_look, &t) == ERR_OK && t.found);
    if (t.found) ROW_CHECK("superuser without the prepared password", t.found->superuser && !t.found->has_password && t.found->email_verified);
    struct visit v = { 0 };
    ROW_CHECK("nor the prepared key", visit_with(&v, "a prepared key") == ERR_FORBIDDEN);
    arena_free(c.mem);
    ROWS_END();
}

/* what fails half way */

static err create_with_key(struct call *c)
{
    struct account *u;
    TRY(create(c, "fault@example.com", "$x", &u));
    struct api_key_new in = { .account_id = u->id, .name = STR("default") };
    TRY(api_key_store(the_auth, c, STR("key of the fault loop"), &in));
    return privilege_grant(c, u->id, STR("developer"));
}

static err count_faulty(struct call *c)
{
    static const struct query q = { .in = "", .out = "i", .sql = "SELECT count(*) FROM account WHERE email_norm = 'fault@example.com'" };
    struct cell *row;
    TRY(db_get(c, &q, &row));
    *(int64_t *)c->state = row[0].i;
    return ERR_OK;
}

/* Each failing allocation or store call leaves the whole or nothing. */
static void test_no_half_account(void **state)
{
    (void)state;
    bool done = false;
    for (long n = 1; !done && n < 10000; n++) {
        struct call c = boot_call();
        int64_t rows = -1;
#ifdef CHANCERY_FAULTS
        fault_arm(n);
#endif
        err e = store_do(store, &c, TX_WRITE, create_with_key);
#ifdef CHANCERY_FAULTS
        fault_arm(0);
#endif
        done = e == ERR_OK;
        assert_int_equal(in_tx(TX_READ, count_faulty, &rows), ERR_OK);
        ROW_CHECK("all or nothing", rows == done);
        ROW_CHECK("trouble below us", done || e == ERR_NOMEM || e == ERR_STORE);
        arena_free(c.mem);
    }
    ROW_CHECK("at last it works", done);
    ROWS_END();
}

static void test_identify_without_memory(void **state)
{
    (void)state;
    struct visit v = { 0 };
    bool done = false;
    for (long n = 1; !done && n < 10000; n++) {
        struct header headers[] = { { STR("X-API-Key"), STR("key of the fault loop") } };
        struct req rq = { .headers = headers, .n_headers = 1, .peer = STR("10.0.0.1") };
        struct call c = boot_call();
        c.rq = &rq;
        c.state = &v;
#ifdef CHANCERY_FAULTS
        fault_arm(n);
#endif
        err e = store_do(store, &c, TX_READ, identify);
#ifdef CHANCERY_FAULTS
        fault_arm(0);
#endif
        done = e == ERR_OK;
        ROW_CHECK("never refused for lack of memory", done || e == ERR_NOMEM || e == ERR_STORE);
        arena_free(c.mem);
    }
    ROW_CHECK("at last it works", done);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),        cmocka_unit_test(test_first_proof),
        cmocka_unit_test(test_password_pool),   cmocka_unit_test(test_keys),
        cmocka_unit_test(test_key_is_replaced), cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_links),           cmocka_unit_test(test_seen),
        cmocka_unit_test(test_no_half_account), cmocka_unit_test(test_identify_without_memory),
        cmocka_unit_test(test_bootstrap),       cmocka_unit_test(test_bootstrap_by_link),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
