/* rooms/interviews/interviews_visit.c: one call on one session: load, unwrap, ask a worker, save by compare-and-set. */
#include "rooms/interviews/interviews_int.h"

enum {
    KEYFRAME_EVERY = 16,
    TRIES = 5, /* evaluations of one call before it gives up on losing races */
};

err interview_package(str i, str *package)
{
    str rest = i;
    if (!str_cut(&rest, ':', package) || !str_starts(*package, STR("docassemble.")) || rest.n == 0 || rest.n > 268) return ERR_INPUT;
    if (rest.p[0] == '/' || str_search(rest, STR("../")) < rest.n) return ERR_INPUT;
    for (size_t k = 0; k < i.n; k++) {
        char c = i.p[k];
        bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        if (!word && !(k > package->n && (c == '/' || c == ' ')) && !(k == package->n)) return ERR_INPUT;
    }
    return ERR_OK;
}

err user_json(struct call *c, const struct profile *p, str *out)
{
    const struct account *a = &c->who->account;
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kint(&w, "id", a->number);
    jw_kstr(&w, "email", a->email);
    jw_kstr(&w, "uid", a->email);
    jw_kstr(&w, "first_name", a->first_name);
    jw_kstr(&w, "last_name", a->last_name);
    jw_kstr(&w, "country", p->country);
    jw_kstr(&w, "subdivision_first", p->subdivisionfirst);
    jw_kstr(&w, "subdivision_second", p->subdivisionsecond);
    jw_kstr(&w, "subdivision_third", p->subdivisionthird);
    jw_kstr(&w, "organization", p->organization);
    jw_kstr(&w, "language", p->language);
    jw_kstr(&w, "timezone", a->timezone);
    jw_kbool(&w, "is_admin", who_has(c->who, "admin"));
    jw_key(&w, STR("privileges"));
    jw_open(&w, '[');
    for (size_t k = 0; k < c->who->n_privileges; k++) jw_str(&w, c->who->privileges[k]);
    jw_close(&w, ']');
    jw_close(&w, '}');
    return buf_to_arena(&b, c->mem, out);
}

err base_url(struct call *c, str *out)
{
    const struct interviews *r = c->room;
    if (r->o.base_url) return *out = str_c(r->o.base_url), ERR_OK;
    return arena_printf(c->mem, out, STR_FMT "://" STR_FMT, STR_ARG(c->rq->scheme), STR_ARG(c->rq->host));
}

/* In POST bodies a missing secret is the text "None" (api 6), which opens nothing; elsewhere it just is not there. */
static str secret_given(const struct visit *v) { return str_absent(v->secret) ? STR("None") : v->secret; }

static err load(struct call *c)
{
    struct visit *v = c->state;
    bool          found;
    TRY(session_find(c, v->id, v->i, &v->s, &found));
    if (!found) return fail(c, ERR_INPUT, NULL, "%s", v->texts->missing);
    TRY(profile_read(c, c->who->account.id, &v->profile));
    err e = session_key_unwrap(v->r, v->id, v->s.multi_user ? STR_NULL : secret_given(v), v->s.wrapped, v->key);
    return e == ERR_INPUT ? fail(c, ERR_INPUT, NULL, "%s", v->texts->sealed) : e;
}

err visit_again(struct visit *v)
{
    v->c->state = v;
    return store_do(v->r->o.store, v->c, TX_READ, load);
}

err visit_open(struct visit *v, const struct visit_texts *t)
{
    v->texts = t;
    session_lock(v->r->locks, v->id, v->r->o.lock_ms, &v->locked);
    return visit_again(v);
}

err visit_until_won(struct visit *v, err (*once)(struct visit *))
{
    for (int n = 1;; n++) {
        err e = once(v);
        if (e != ERR_CONFLICT || n == TRIES) return e == ERR_CONFLICT ? ERR_BUSY : e;
        warm_forget(v->r->warm, v->id);
        call_forget(v->c);
        TRY(visit_again(v));
    }
}

void visit_close(struct visit *v)
{
    if (v->locked) session_unlock(v->r->locks, v->id);
    v->locked = false;
    crypto_wipe(v->key, sizeof v->key);
}

void visit_frame(struct visit *v, struct buf *b, enum worker_op op, int64_t steps)
{
    str user, base;
    frame_begin(b, MSG_CALL, 0, 0);
    frame_u64(b, TAG_OP, op);
    frame_str(b, TAG_INTERVIEW, v->i);
    frame_str(b, TAG_SESSION, v->id);
    if (user_json(v->c, &v->profile, &user) != ERR_OK || base_url(v->c, &base) != ERR_OK) {
        b->bad = ERR_NOMEM;
        return;
    }
    frame_str(b, TAG_USER, user);
    frame_str(b, TAG_BASE_URL, base);
    frame_u64(b, TAG_STEPS, (uint64_t)steps);
    frame_u64(b, TAG_NOW_MS, (uint64_t)v->c->now_ms);
}

struct read_step {
    struct call *c;
    str          id;
    struct step  step;
};
static err read_step_tx(struct call *c)
{
    struct read_step *r = c->state;
    return step_read(c, r->id, r->step.seq, &r->step);
}

static err read_blob(struct visit *v, int64_t seq, str *blob)
{
    struct read_step r = { v->c, v->id, { .seq = seq } };
    v->c->state = &r;
    err e = store_do(v->r->o.store, v->c, TX_READ, read_step_tx);
    v->c->state = v;
    if (!e && str_absent(r.step.blob)) e = ERR_STORE;
    *blob = r.step.blob;
    return e;
}

err visit_snapshot(struct visit *v, int64_t seq, str *out)
{
    str              blob, base, prefix = STR_NULL;
    struct step_head head;
    TRY(read_blob(v, seq, &blob));
    TRY(step_head_read(blob, &head) ? ERR_STORE : ERR_OK);
    if (head.base) {
        TRY(read_blob(v, head.base, &base));
        err e = step_open(v->c->mem, v->key, v->id, head.base, STR_NULL, base, &prefix);
        if (e) return e == ERR_INPUT ? ERR_STORE : e;
    }
    err e = step_open(v->c->mem, v->key, v->id, seq, prefix, blob, out);
    return e == ERR_INPUT ? ERR_STORE : e;
}

static uint64_t affinity(str id)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t k = 0; k < id.n; k++) h = (h ^ (unsigned char)id.p[k]) * 1099511628211u;
    return h;
}

static err ask(struct visit *v, struct buf *b)
{
    str      package;
    uint64_t served;
    TRY(interview_package(v->i, &package));
    TRY(frame_end(b));
    TRY(worker_call(v->r->o.workers, v->c->mem, package, affinity(v->id), b, &v->reply, &served, &v->why));
    v->outcome = (enum outcome_kind)frame_get_u64(&v->reply, TAG_OUTCOME, OUT_ERROR);
    return ERR_OK;
}

err visit_call(struct visit *v, void (*fill)(struct visit *v, struct buf *b, void *arg), void *arg, int64_t seq)
{
    struct warm warm = { 0 };
    bool        is_warm = seq > 0 && seq == v->s.seq && warm_find(v->r->warm, v->id, &warm) && warm.version == v->s.version && warm.number;
    for (;;) {
        CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
        fill(v, &b, arg);
        if (is_warm) {
            frame_u64(&b, TAG_WARM, warm.number);
        } else if (seq > 0) {
            str snapshot;
            TRY(visit_snapshot(v, seq, &snapshot));
            frame_str(&b, TAG_SNAPSHOT, snapshot);
        }
        TRY(ask(v, &b));
        if (v->outcome != OUT_NEED || !is_warm) return ERR_OK;
        is_warm = false; /* another worker, or it forgot: send the whole */
    }
}

/* Chooses between a keyframe and a difference to the last one, and seals. */
static err seal_step(struct visit *v, int64_t seq, str snapshot)
{
    struct session_write *w = &v->write;
    str     prefix = STR_NULL;
    int64_t key_seq = v->s.key_seq;
    if (key_seq == 0 || seq <= key_seq || seq - key_seq >= KEYFRAME_EVERY)
        key_seq = seq;
    else
        TRY(visit_snapshot(v, key_seq, &prefix));
    if (prefix.n == 0) key_seq = seq;
    w->key_seq = key_seq;
    str hash = frame_get(&v->reply, TAG_INTERVIEW_HASH);
    return step_seal(v->c->mem, v->key, v->id, seq, hash, key_seq == seq ? 0 : (uint32_t)key_seq, prefix, snapshot, &w->blob);
}

/* Decides whether the session is multi-user from now on, and wraps its key anew if that changes (api 6). */
static err settle_mode(struct visit *v, bool keep_mode)
{
    struct session_write *w = &v->write;
    bool multi = keep_mode ? v->s.multi_user : frame_get_u64(&v->reply, TAG_MULTI_USER, 0) != 0;
    w->multi_user = multi;
    w->rewrap = multi != v->s.multi_user;
    if (!w->rewrap) return ERR_OK;
    if (!multi && !secret_usable(v->secret))
        return fail(v->c, ERR_INPUT, NULL, "ValueError: Incorrect AES key length (%zu bytes)", secret_given(v).n);
    return session_key_wrap(v->c->mem, v->r, v->id, multi ? STR_NULL : v->secret, v->key, &w->wrapped);
}

static err store_tx(struct call *c)
{
    struct visit *v = c->state;
    TRY(session_store(c, &v->write));
    return v->write.version == 0 ? session_own(c, v->id, c->who->account.id) : ERR_OK;
}

static err store_step(struct visit *v)
{
    struct session_write *w = &v->write;
    v->c->state = v;
    TRY(store_do(v->r->o.store, v->c, TX_WRITE, store_tx));
    v->s.seq = w->steps;
    v->s.key_seq = w->key_seq;
    v->s.multi_user = w->multi_user;
    v->s.version = w->version + 1;
    return ERR_OK;
}

err visit_save(struct visit *v, int64_t last, bool keep_mode)
{
    enum save save = (enum save)frame_get_u64(&v->reply, TAG_SAVE, SAVE_NOTHING);
    str       snapshot = frame_get(&v->reply, TAG_SNAPSHOT);
    if (save == SAVE_NOTHING || str_absent(snapshot)) return ERR_OK;
    if (snapshot.n > STEP_MAX) return fail(v->c, ERR_INPUT, NULL, "DAError: the answers are larger than 64 MiB");
    int64_t seq = save == SAVE_OVER && last > 0 ? last : last + 1;
    v->write = (struct session_write){ .id = v->id, .interview = v->i, .wrapped = v->s.wrapped, .version = v->s.version, .seq = seq, .steps = seq,
                                       .title = frame_get(&v->reply, TAG_TITLE), .tags_json = frame_get(&v->reply, TAG_TAGS),
                                       .account_id = v->c->who->account.id };
    TRY(settle_mode(v, keep_mode));
    TRY(seal_step(v, seq, snapshot));
    TRY(store_step(v));
    warm_keep(v->r->warm, v->id, (struct warm){ v->s.version, frame_get_u64(&v->reply, TAG_WARM, 0) });
    return ERR_OK;
}

err visit_drop_last(struct visit *v)
{
    int64_t left = v->s.seq - 1;
    v->write = (struct session_write){ .id = v->id, .interview = v->i, .version = v->s.version, .steps = left, .multi_user = v->s.multi_user,
                                       .key_seq = v->s.key_seq > left ? 0 : v->s.key_seq, .account_id = v->c->who->account.id };
    return store_step(v);
}

err visit_worker_failed(struct visit *v, const char *prefix)
{
    static const struct {
        const char *why, *text;
    } texts[] = {
        { "time", "DAError: the interview took too long" },
        { "cpu", "DAError: the interview used too much computing time" },
        { "memory", "MemoryError: the interview used too much memory" },
        { "crash", "DAError: the interview ended its process" },
    };
    for (size_t k = 0; k < COUNT_OF(texts); k++)
        if (v->why && str_is(str_c(v->why), texts[k].why)) return fail(v->c, ERR_INPUT, NULL, "%s%s", prefix, texts[k].text);
    return ERR_WORKER;
}

err answer_response(struct visit *v, bool asked)
{
    uint64_t status = asked ? frame_get_u64(&v->reply, TAG_STATUS, 200) : 200;
    str      type = frame_get(&v->reply, TAG_TYPE), kind;
    if (status < 200 || status > 599) status = 200;
    /* The type is the author's text: what cannot stand in a header does not get there. */
    for (size_t k = 0; k < type.n; k++)
        if ((unsigned char)type.p[k] < 0x20 || (unsigned char)type.p[k] > 0x7E) type = STR_NULL;
    TRY(arena_str(v->c->mem, type.n ? type : STR("text/plain; charset=utf-8"), &kind));
    return reply_text(v->c, (int)status, kind.p, frame_get(&v->reply, TAG_BODY));
}
