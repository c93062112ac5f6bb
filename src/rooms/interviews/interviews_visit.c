/* rooms/interviews/interviews_visit.c: one call on one session: load, unwrap, ask a worker, save by compare-and-set. */
#include "rooms/interviews/interviews_int.h"

enum {
    TRIES = 5,         /* evaluations of one call before it gives up on losing races */
    PACKAGE_MAX = 255, /* bytes of a package's name, which is a folder's */
};

err interview_package(str i, str *package)
{
    str rest = i;
    if (!str_cut(&rest, ':', package) || !str_starts(*package, STR("docassemble.")) || rest.n == 0 || rest.n > 268) return ERR_INPUT;
    if (package->n > PACKAGE_MAX) return ERR_INPUT;
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

bool session_possible(str id, str i)
{
    str package;
    for (size_t k = 0; k < id.n; k++) {
        char c = id.p[k];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
    }
    return id.n == SESSION_ID && interview_package(i, &package) == ERR_OK;
}

static err load(struct call *c)
{
    struct visit *v = c->state;
    bool found = false;
    if (session_possible(v->id, v->i)) TRY(session_find(c, v->id, v->i, &v->s, &found));
    if (!found) return fail(c, ERR_INPUT, NULL, "%s", v->texts->missing);
    TRY(profile_read(c, c->who->account.id, &v->profile));
    err e = session_key_unwrap(v->r, v->id, v->s.multi_user ? STR_NULL : secret_given(v), v->s.wrapped, v->key);
    if (e) return e == ERR_INPUT ? fail(c, ERR_INPUT, NULL, "%s", v->texts->sealed) : e;
    return base_read(c, v);
}

err visit_again(struct visit *v)
{
    v->c->state = v;
    return store_do(v->r->o.store, v->c, TX_READ, load);
}

err visit_open(struct visit *v, const struct visit_texts *t)
{
    v->texts = t;
    if (session_possible(v->id, v->i)) { /* others are not there, which visit_again says */
        TRY(session_lock(v->r->locks, v->id, v->r->o.lock_ms));
        v->locked = true;
    }
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
    base_drop(v);
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

static uint64_t affinity(str id)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t k = 0; k < id.n; k++) h = (h ^ (unsigned char)id.p[k]) * 1099511628211u;
    return h;
}

static err distrust(struct visit *v)
{
    v->why = "protocol";
    return ERR_WORKER;
}

static void open_base(void *visit) { base_open(visit); }

static err ask(struct visit *v, struct buf *b)
{
    str package;
    uint64_t served;
    TRY(interview_package(v->i, &package));
    err e = frame_end(b);
    struct worker_ask ask = { package, affinity(v->id), b, open_base, v };
    if (!e) e = worker_call(v->r->o.workers, v->c->mem, &ask, &v->reply, &served, &v->why);
    /* What the other side would take for nonsense: a text that is none, or longer than the table of frames allows. */
    if (e == ERR_LIMIT || e == ERR_INPUT) return fail(v->c, ERR_INPUT, NULL, "A parameter is too long or is not UTF-8 text.");
    if (!e) v->outcome = (enum outcome_kind)frame_get_u64(&v->reply, TAG_OUTCOME, OUT_ERROR);
    return e;
}

static err call_worker(struct visit *v, void (*fill)(struct visit *v, struct buf *b, void *arg), void *arg, int64_t seq)
{
    struct warm warm = { 0 };
    bool is_warm = seq > 0 && seq == v->s.seq && warm_find(v->r->warm, v->id, &warm) && warm.version == v->s.version && warm.number;
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
        buf_add(&b, buf_str(&v->given));
        TRY(ask(v, &b));
        if (v->outcome == OUT_WANT) {
            TRY(kept_give(v));
            continue;
        }
        if (v->outcome == OUT_METADATA || (v->outcome == OUT_NEED && !is_warm)) return distrust(v);
        if (v->outcome != OUT_NEED) return ERR_OK;
        is_warm = false; /* another worker, or it forgot: send the whole */
    }
}

err visit_call(struct visit *v, void (*fill)(struct visit *v, struct buf *b, void *arg), void *arg, int64_t seq)
{
    v->given = BUF(FRAME_MAX / 2);
    v->rounds = 0;
    err e = call_worker(v, fill, arg, seq);
    buf_release(&v->given);
    return e ? e : kept_prepare(v);
}

/* Chooses what the step refers to, and seals. */
static err seal_step(struct visit *v, int64_t seq, str snapshot)
{
    struct session_write *w = &v->write;
    str prefix;
    int64_t base = base_of(v, seq);
    TRY(base_take(v, base, &prefix));
    if (prefix.n == 0) base = 0;
    w->key_seq = base ? v->s.key_seq : seq;
    str hash = frame_get(&v->reply, TAG_INTERVIEW_HASH);
    return step_seal(v->c->mem, v->key, v->id, seq, hash, (uint32_t)base, prefix, snapshot, &w->blob);
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
        return fail(v->c, ERR_INPUT, NULL, "%sIncorrect AES key length (%zu bytes)",
                    v->texts && v->texts->keyless ? v->texts->keyless : "ValueError: ", secret_given(v).n);
    return session_key_wrap(v->c->mem, v->r, v->id, multi ? STR_NULL : v->secret, v->key, &w->wrapped);
}

static err store_tx(struct call *c)
{
    struct visit *v = c->state;
    TRY(session_store(c, &v->write));
    TRY(kept_store(c, v));
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

/* For a column of text, which holds no NUL. */
static str column_text(str s) { return s.n && memchr(s.p, '\0', s.n) ? STR_NULL : s; }

err visit_save(struct visit *v, int64_t last, bool keep_mode)
{
    enum save save = (enum save)frame_get_u64(&v->reply, TAG_SAVE, SAVE_NOTHING);
    str snapshot = frame_get(&v->reply, TAG_SNAPSHOT);
    if (save == SAVE_NOTHING || str_absent(snapshot)) return kept_store_alone(v);
    if (str_absent(frame_get(&v->reply, TAG_INTERVIEW_HASH))) return distrust(v);
    if (snapshot.n > STEP_MAX) return fail(v->c, ERR_INPUT, NULL, "DAError: the answers are larger than 24 MiB");
    int64_t seq = save == SAVE_OVER && last > 0 ? last : last + 1;
    v->write = (struct session_write){ .id = v->id,
                                       .interview = v->i,
                                       .wrapped = v->s.wrapped,
                                       .version = v->s.version,
                                       .was = v->s.seq,
                                       .seq = seq,
                                       .steps = seq,
                                       .title = column_text(frame_get(&v->reply, TAG_TITLE)),
                                       .tags_json = column_text(frame_get(&v->reply, TAG_TAGS)),
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
    v->write = (struct session_write){ .id = v->id,
                                       .interview = v->i,
                                       .version = v->s.version,
                                       .was = v->s.seq,
                                       .steps = left,
                                       .multi_user = v->s.multi_user,
                                       .key_seq = v->s.key_seq > left ? 0 : v->s.key_seq,
                                       .account_id = v->c->who->account.id };
    return store_step(v);
}

str visit_error(struct visit *v)
{
    str text = frame_get(&v->reply, TAG_ERROR), place = frame_get(&v->reply, TAG_PLACE), whole;
    if (v->r->o.reference || !place.n) return text;
    return arena_printf(v->c->mem, &whole, STR_FMT " (" STR_FMT ")", STR_ARG(text), STR_ARG(place)) == ERR_OK ? whole : text;
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
    return v->why && str_is(str_c(v->why), "stop") ? ERR_BUSY : ERR_WORKER;
}

err answer_json(struct call *c, int status, str json)
{
    CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX + 1);
    if (str_ends(json, STR("\n"))) return reply_json(c, status, json);
    buf_add(&b, json);
    buf_char(&b, '\n');
    TRY(buf_to_arena(&b, c->mem, &json));
    return reply_json(c, status, json);
}

err answer_response(struct visit *v, bool asked)
{
    uint64_t status = asked ? frame_get_u64(&v->reply, TAG_STATUS, 200) : 200;
    str type = frame_get(&v->reply, TAG_TYPE), kind;
    if (status < 200 || status > 599) status = 200;
    if (status == 204 || status == 304) return reply_empty(v->c, (int)status);
    /* The type is the author's text: what cannot stand in a header does not get there. */
    for (size_t k = 0; k < type.n; k++)
        if ((unsigned char)type.p[k] < 0x20 || (unsigned char)type.p[k] > 0x7E) type = STR_NULL;
    TRY(arena_str(v->c->mem, type.n ? type : STR("text/plain; charset=utf-8"), &kind));
    return reply_text(v->c, (int)status, kind.p, frame_get(&v->reply, TAG_BODY));
}

err visit_show(struct visit *v)
{
    str json = frame_get(&v->reply, TAG_JSON);
    switch (v->outcome) {
    case OUT_QUESTION:
    case OUT_UNDEFINED:
    case OUT_VARIABLES: return str_absent(json) ? distrust(v) : answer_json(v->c, 200, json);
    case OUT_RESPONSE: return answer_response(v, true);
    case OUT_DONE: return reply_empty(v->c, 204);
    case OUT_ERROR:
    case OUT_NEED:
    case OUT_METADATA:
    case OUT_WANT:
    case OUT__COUNT: break;
    }
    return distrust(v);
}
