/* rooms/interviews/interviews_user.c: the caller's own data, a user's secret, the list of advertised interviews. */
#include "rooms/interviews/interviews_int.h"
#include <stdlib.h>

err get_user(struct call *c)
{
    const struct account *a = &c->who->account;
    struct profile p;
    if (c->who->limited && !who_can(c->who, "access_user_info"))
        return fail(c, ERR_FORBIDDEN, NULL, "You do not have sufficient privileges to access user information");
    TRY(profile_read(c, a->id, &p));
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    w.ascii = true;
    jw_open(&w, '{');
    jw_kstr(&w, "account_type", STR("local"));
    jw_kbool(&w, "active", a->active);
    jw_kstr(&w, "country", p.country);
    jw_kstr(&w, "email", a->email);
    jw_kstr(&w, "first_name", str_absent(a->first_name) ? STR("") : a->first_name);
    jw_kint(&w, "id", a->number);
    jw_kstr(&w, "language", p.language);
    jw_kstr(&w, "last_name", str_absent(a->last_name) ? STR("") : a->last_name);
    jw_kstr(&w, "organization", p.organization);
    jw_key(&w, STR("privileges"));
    jw_open(&w, '[');
    for (size_t k = 0; k < c->who->n_privileges; k++) jw_str(&w, c->who->privileges[k]);
    jw_close(&w, ']');
    jw_kstr(&w, "subdivisionfirst", p.subdivisionfirst);
    jw_kstr(&w, "subdivisionsecond", p.subdivisionsecond);
    jw_kstr(&w, "subdivisionthird", p.subdivisionthird);
    jw_kstr(&w, "timezone", a->timezone.n ? a->timezone : STR_NULL);
    jw_close(&w, '}');
    str json;
    TRY(buf_to_arena(&b, c->mem, &json));
    return answer_json(c, 200, json);
}

struct lookup {
    str email;
    struct account *account;
    str hash;
};
static err lookup_tx(struct call *c)
{
    struct lookup *l = c->state;
    TRY(account_by_email(c, AUTH_PLATFORM, l->email, &l->account));
    return l->account ? account_password_hash(c, l->account->id, &l->hash) : ERR_OK;
}

err get_secret(struct call *c)
{
    struct interviews *r = c->room;
    const struct secret_params *p = c->query;
    struct lookup l = { .email = p->username };
    bool right;
    char secret[SECRET];
    if (str_absent(p->username) || str_absent(p->password)) return fail(c, ERR_INPUT, NULL, "A username and password must be supplied");
    c->state = &l;
    /* The name is not trimmed (api 11.1); an address is, when it is looked for. */
    bool possible = str_eq(p->username, str_trim(p->username));
    if (possible) TRY(store_do(r->o.store, c, TX_READ, lookup_tx));
    if (!l.account) return fail(c, ERR_FORBIDDEN, NULL, "Username not known");
    if (str_absent(l.hash)) return fail(c, ERR_FORBIDDEN, NULL, "Password not set");
    TRY(password_check(r->o.auth, l.hash, p->password, &right));
    if (!right) return fail(c, ERR_FORBIDDEN, NULL, "Incorrect password");
    crypto_md5_secret(secret, p->password);
    str json;
    TRY(arena_printf(c->mem, &json, "\"%.*s\"", SECRET, secret));
    crypto_wipe(secret, sizeof secret);
    return answer_json(c, 200, json);
}

/* GET /api/list */

struct listing {
    const struct interviews_dispatch *d;
    str package;
    json_t *facts; /* what OP_METADATA says: {title, subtitle, metadata, tags, unlisted, allowed}; NULL: does not load */
};

/* One interview's metadata, from a worker of its package. Trouble with it is no trouble of the list. */
static err read_facts(struct call *c, struct interviews *r, struct listing *l)
{
    struct visit v = { .c = c, .r = r, .i = l->d->interview };
    uint64_t served;
    str package;
    CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
    if (interview_package(v.i, &package)) return ERR_OK;
    visit_frame(&v, &b, OP_METADATA, 0);
    TRY(frame_end(&b));
    err e = worker_call(r->o.workers, c->mem, &(struct worker_ask){ package, 0, &b }, &v.reply, &served, &v.why);
    if (e == ERR_WORKER || (!e && frame_get_u64(&v.reply, TAG_OUTCOME, OUT_ERROR) != OUT_METADATA)) return ERR_OK;
    TRY(e);
    l->package = package;
    e = json_read(c->mem, frame_get(&v.reply, TAG_JSON), &(struct json_rules){ .nan = true }, &l->facts, NULL);
    if (e == ERR_INPUT) l->facts = NULL;
    return e == ERR_INPUT ? ERR_OK : e;
}

static bool has_tag(const struct listing *l, str tag)
{
    if (str_absent(tag)) return true;
    size_t k;
    json_t *t;
    json_array_foreach(json_object_get(l->facts, "tags"), k,
                       t) if (json_is_string(t) && str_eq(tag, (str){ json_string_value(t), json_string_length(t) })) return true;
    return false;
}

static void write_member(struct jw *w, const struct listing *l, const char *key, const char *absent)
{
    json_t *v = json_object_get(l->facts, key);
    jw_key(w, str_c(key));
    if (v)
        jw_json(w, v, true);
    else
        jw_raw(w, str_c(absent));
}

static void write_item(struct call *c, struct jw *w, const struct listing *l, bool absolute)
{
    bool ok = l->facts != NULL;
    str link = STR_NULL, base = STR("");
    if (absolute && base_url(c, &base) != ERR_OK) w->to->bad = ERR_NOMEM;
    if (arena_printf(c->mem, &link, STR_FMT "/start/" STR_FMT "/", STR_ARG(base), STR_ARG(l->d->name)) != ERR_OK) w->to->bad = ERR_NOMEM;
    jw_open(w, '{');
    jw_kstr(w, "filename", l->d->interview);
    jw_kstr(w, "link", link);
    write_member(w, l, "metadata", "{}");
    jw_kstr(w, "package", ok ? l->package : STR_NULL);
    jw_kstr(w, "status_class", ok ? STR_NULL : STR("dainterviewhaserror"));
    write_member(w, l, "subtitle", "null");
    jw_kstr(w, "subtitle_class", ok ? STR_NULL : STR("dainvisible"));
    write_member(w, l, "tags", "[]");
    if (ok)
        write_member(w, l, "title", "\"Untitled\"");
    else
        jw_kstr(w, "title", l->d->interview);
    jw_close(w, '}');
}

static int by_name(const void *a, const void *b)
{
    return str_cmp((*(const struct interviews_dispatch *const *)a)->name, (*(const struct interviews_dispatch *const *)b)->name);
}

err list_interviews(struct call *c)
{
    struct interviews *r = c->room;
    const struct list_params *p = c->query;
    size_t n = r->o.n_dispatch;
    const struct interviews_dispatch **order = NEW_N(c->mem, const struct interviews_dispatch *, n ? n : 1);
    if (!order) return ERR_NOMEM;
    for (size_t k = 0; k < n; k++) order[k] = &r->o.dispatch[k];
    qsort(order, n, sizeof *order, by_name);
    CLEANUP(buf_release) struct buf b = BUF(16 << 20);
    struct jw w = JW(&b);
    w.ascii = true;
    jw_open(&w, '[');
    for (size_t k = 0; k < n; k++) {
        struct listing l = { .d = order[k] };
        TRY(read_facts(c, r, &l));
        bool hidden = json_is_true(json_object_get(l.facts, "unlisted")) || json_is_false(json_object_get(l.facts, "allowed"));
        if (!hidden && has_tag(&l, p->tag)) write_item(c, &w, &l, flag_or(p->absolute_urls, true));
    }
    jw_close(&w, ']');
    str json;
    TRY(buf_to_arena(&b, c->mem, &json));
    return answer_json(c, 200, json);
}
