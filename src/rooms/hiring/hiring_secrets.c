/* rooms/hiring/hiring_secrets.c: access tokens (hiring 3): JWT HS256 under a list of secrets, the newest of which signs while all verify.
 *
 * The list is sealed in the store. It is read at the start, and again every few seconds, and when a token names a secret that is not in it, at
 * most once a second: so a server that runs heeds a rotation by command. */
#include "base/clock.h"
#include "rooms/hiring/hiring_int.h"
#include <pthread.h>
#include <stdlib.h>

enum { SECRET_BYTES = 32, SECRETS_MAX = 8, KID = 8, RELOAD_EVERY_MS = 1000, SET_ARENA = 1 << 20 };

/* One reading of the list; never changed, and kept until the end, since other threads may be using it. */
struct set {
    struct set *before;
    struct arena *mem;
    size_t n;
    const struct jwt_key *keys[SECRETS_MAX];
};
struct secrets {
    _Atomic(struct set *) set;
    pthread_mutex_t reading;
    atomic_llong read_at_ms; /* monotonic */
};

/* The id in tokens: the end of the row's id, which is random. */
static str kid_of(str id) { return str_from(id, id.n - KID); }

static err set_add(struct hiring *h, struct set *set, const struct secret_row *row)
{
    str secret;
    struct jwt_key *key;
    TRY(ring_open(set->mem, h->o.ring, HIRING_SECRET_PURPOSE, row->sealed, row->id, &secret));
    TRY(jwt_key_hmac(set->mem, secret, kid_of(row->id), &key));
    set->keys[set->n++] = key;
    return ERR_OK;
}

static void set_free(struct set *set)
{
    if (!set) return;
    arena_free(set->mem);
    free(set);
}

static err set_new(struct hiring *h, const struct secret_row *rows, size_t n, struct set **out)
{
    struct set *set = calloc(1, sizeof *set);
    if (!set) return ERR_NOMEM;
    set->mem = arena_new(SET_ARENA);
    err e = set->mem ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < n && i < SECRETS_MAX; i++) e = set_add(h, set, &rows[i]);
    if (!e && set->n) return *out = set, ERR_OK;
    set_free(set);
    return e ? e : ERR_STORE;
}

static void set_use(struct secrets *s, struct set *set)
{
    set->before = atomic_load(&s->set);
    atomic_store(&s->set, set);
}

/* First start */

struct reading {
    struct hiring *hiring;
    struct secret_row *rows;
    size_t n;
};

/* Two servers that start at once may each make one: both verify everywhere. */
static err make(const struct ring *ring, struct call *c)
{
    char id[CRYPTO_UUID];
    uint8_t secret[SECRET_BYTES];
    str sealed;
    crypto_uuid7(id);
    crypto_random(secret, sizeof secret);
    err e = ring_seal(c->mem, ring, HIRING_SECRET_PURPOSE, (str){ (const char *)secret, sizeof secret }, (str){ id, sizeof id }, &sealed);
    crypto_wipe(secret, sizeof secret);
    return e ? e : hiring_secret_put(c, (str){ id, sizeof id }, sealed);
}

err hiring_command_rotate(const struct ring *ring, struct call *c, bool end_tokens)
{
    if (end_tokens) TRY(hiring_secrets_drop(c));
    TRY(make(ring, c));
    return hiring_audit(c, end_tokens ? "secret.replace" : "secret.rotate", STR_NULL);
}

static err read_or_make(struct call *c)
{
    struct reading *r = c->state;
    TRY(hiring_secret_list(c, &r->rows, &r->n));
    if (r->n) return ERR_OK;
    TRY(make(r->hiring->o.ring, c));
    return hiring_secret_list(c, &r->rows, &r->n);
}

static err first_set(struct hiring *h, struct set **out)
{
    struct reading r = { .hiring = h };
    struct call c = { .mem = arena_new(SET_ARENA), .now_ms = clock_now_ms(), .state = &r };
    err e = c.mem ? store_do(h->o.store, &c, TX_WRITE, read_or_make) : ERR_NOMEM;
    if (!e) e = set_new(h, r.rows, r.n, out);
    arena_free(c.mem);
    return e;
}

err hiring_secrets_new(struct hiring *h, struct arena *a)
{
    h->secrets = NEW(a, struct secrets);
    if (!h->secrets) return ERR_NOMEM;
    (void)pthread_mutex_init(&h->secrets->reading, NULL);
    struct set *set;
    TRY(first_set(h, &set));
    set_use(h->secrets, set);
    return ERR_OK;
}

void hiring_secrets_free(struct secrets *s)
{
    if (!s) return;
    for (struct set *set = atomic_load(&s->set), *before; set; set = before) {
        before = set->before;
        set_free(set);
    }
    (void)pthread_mutex_destroy(&s->reading);
}

/* Tokens */

err hiring_access_token(struct hiring *h, struct call *c, const struct user *u, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    char jti[CRYPTO_UUID];
    int64_t now_s = c->now_ms / 1000;
    crypto_uuid7(jti);
    jw_open(&w, '{');
    jw_kstr(&w, "sub", u->id);
    jw_kstr(&w, "jti", (str){ jti, sizeof jti });
    jw_kint(&w, "iat", now_s);
    jw_kint(&w, "exp", now_s + h->o.token_ttl_s);
    jw_kstr(&w, "typ", STR("access"));
    jw_kint(&w, "epoch", u->epoch); /* moves with the password: what was issued before is dead to the millisecond */
    jw_close(&w, '}');
    TRY(buf_ok(&b));
    return jwt_sign(c->mem, atomic_load(&h->secrets->set)->keys[0], buf_str(&b), out);
}

static err refused(struct call *c) { return fail(c, ERR_ANONYMOUS, NULL, "Could not validate credentials"); }

static err verify(struct hiring *h, struct call *c, str token, struct jwt *out, enum jwt_fault *fault)
{
    const struct set *set = atomic_load(&h->secrets->set);
    const struct jwt_rules rules = { .now_ms = c->now_ms, .need_exp = true };
    return jwt_verify(c->mem, token, set->keys, set->n, &rules, out, fault);
}

/* Inside the caller's read. The kid of a forged token costs a reading a second, and memory only when there is something new. */
err hiring_secrets_again(struct hiring *h, struct call *c)
{
    struct secrets *s = h->secrets;
    struct secret_row *rows;
    size_t n;
    struct set *set = NULL;
    (void)pthread_mutex_lock(&s->reading);
    err e = ERR_OK;
    if (clock_mono_ms() - atomic_load(&s->read_at_ms) >= RELOAD_EVERY_MS) {
        e = hiring_secret_list(c, &rows, &n);
        bool fresh = !e && n && !str_eq(kid_of(rows[0].id), jwt_key_id(atomic_load(&s->set)->keys[0]));
        if (fresh) e = set_new(h, rows, n, &set);
        if (set) set_use(s, set);
        if (!e) atomic_store(&s->read_at_ms, clock_mono_ms());
    }
    (void)pthread_mutex_unlock(&s->reading);
    return e;
}

err hiring_access_read(struct hiring *h, struct call *c, str token, struct access *out)
{
    struct jwt t;
    enum jwt_fault fault = JWT_GOOD;
    err e = verify(h, c, token, &t, &fault);
    if (e == ERR_ANONYMOUS && fault == JWT_NO_KEY) {
        TRY(hiring_secrets_again(h, c));
        e = verify(h, c, token, &t, &fault);
    }
    if (e == ERR_ANONYMOUS) return refused(c);
    TRY(e);
    int64_t exp;
    if (!str_is(jwt_text(&t, "typ"), "access") || !jwt_int(&t, "exp", &exp) || !jwt_int(&t, "epoch", &out->epoch)) return refused(c);
    out->account_id = jwt_text(&t, "sub");
    out->jti = jwt_text(&t, "jti");
    out->expires_at_ms = exp * 1000;
    return str_absent(out->account_id) || str_absent(out->jti) ? refused(c) : ERR_OK;
}
