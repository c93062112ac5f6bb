/* rooms/interviews/interviews_session.c: the operations that start, read and leave sessions: new, question, variables, back, action, delete. */
#include "rooms/interviews/interviews_int.h"
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static struct visit *visit_new(struct call *c, str i, str id, str secret)
{
    struct visit *v = NEW(c->mem, struct visit);
    if (v) *v = (struct visit){ .c = c, .r = c->room, .i = i, .id = id, .secret = secret };
    return v;
}

static err need_both(struct call *c, str i, str session)
{
    if (str_absent(i) || str_absent(session)) return fail(c, ERR_INPUT, NULL, "Parameters i and session are required.");
    return ERR_OK;
}

/* GET /api/session/new */

static bool reserved_name(str n) { return str_is(n, "i") || str_is(n, "secret") || str_is(n, "key"); }

/* Control characters, backslashes and everything beyond ASCII as escapes, as the reference hands URL arguments on (api 12.1). */
static err escape_argument(struct call *c, str value, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    for (size_t k = 0; k < value.n; k++) {
        unsigned char ch = (unsigned char)value.p[k];
        uint32_t cp = ch;
        size_t more = ch >= 0xF0 ? 3 : ch >= 0xE0 ? 2 : ch >= 0xC0 ? 1 : 0;
        if (more && k + more < value.n && str_utf8_ok((str){ value.p + k, more + 1 })) {
            cp = ch & (0x3Fu >> more);
            for (size_t m = 1; m <= more; m++) cp = cp << 6 | ((unsigned char)value.p[k + m] & 0x3F);
            k += more;
        }
        if (cp == '\\')
            buf_z(&b, "\\\\");
        else if (cp == '\n')
            buf_z(&b, "\\n");
        else if (cp == '\r')
            buf_z(&b, "\\r");
        else if (cp == '\t')
            buf_z(&b, "\\t");
        else if (cp >= 0x20 && cp < 0x7F)
            buf_char(&b, (char)cp);
        else if (cp <= 0xFF)
            buf_printf(&b, "\\x%02x", cp);
        else if (cp <= 0xFFFF)
            buf_printf(&b, "\\u%04x", cp);
        else
            buf_printf(&b, "\\U%08x", cp);
    }
    return buf_to_arena(&b, c->mem, out);
}

static err url_args(struct call *c, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    const struct params *p = &c->rq->query;
    jw_open(&w, '{');
    for (size_t k = 0; k < p->n; k++) {
        str name = p->v[k].name, value;
        bool first = true;
        for (size_t m = 0; m < k && first; m++) first = !str_eq(p->v[m].name, name);
        char head = name.n ? name.p[0] : ' ';
        if (!first || reserved_name(name) || !((head >= 'A' && head <= 'Z') || (head >= 'a' && head <= 'z') || head == '_')) continue;
        TRY(escape_argument(c, p->v[k].value, &value));
        jw_key(&w, name);
        jw_str(&w, value);
    }
    jw_close(&w, '}');
    return buf_to_arena(&b, c->mem, out);
}

struct new_fill {
    str args, referer;
};
static void fill_new(struct visit *v, struct buf *b, void *arg)
{
    const struct new_fill *f = arg;
    visit_frame(v, b, OP_NEW, 0);
    frame_str(b, TAG_URL_ARGS, f->args);
    frame_str(b, TAG_REFERER, f->referer);
}

static err read_profile_tx(struct call *c)
{
    struct visit *v = c->state;
    return profile_read(c, c->who->account.id, &v->profile);
}

static err new_failed(struct visit *v)
{
    str text = visit_error(v);
    switch (frame_get_u64(&v->reply, TAG_STAGE, STAGE_EVALUATE)) {
    case STAGE_LOAD: return fail(v->c, ERR_INPUT, NULL, STR_FMT, STR_ARG(text));
    case STAGE_ACCESS: return fail(v->c, ERR_INPUT, NULL, "DAException: Insufficient permissions to run this interview.");
    default: return fail(v->c, ERR_INPUT, NULL, "DAException: create_new_interview: failure to assemble interview: " STR_FMT, STR_ARG(text));
    }
}

/* Wraps the new key under the secret, given or made; multi-user sessions need none. */
static err seal_new(struct visit *v, bool *made)
{
    struct call *c = v->c;
    bool multi = frame_get_u64(&v->reply, TAG_MULTI_USER, 0) != 0;
    *made = !multi && str_absent(v->secret);
    if (*made) {
        char *p = NEW_N(c->mem, char, SECRET);
        if (!p) return ERR_NOMEM;
        crypto_random_text(p, SECRET, CRYPTO_ALPHA);
        v->secret = (str){ p, SECRET };
    }
    v->s.multi_user = multi;
    crypto_random(v->key, sizeof v->key);
    return session_key_wrap(c->mem, v->r, v->id, multi ? STR_NULL : v->secret, v->key, &v->s.wrapped);
}

static err started(struct visit *v, bool made)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kbool(&w, "encrypted", !v->s.multi_user);
    jw_kstr(&w, "i", v->i);
    if (made) jw_kstr(&w, "secret", v->secret);
    jw_kstr(&w, "session", v->id);
    jw_close(&w, '}');
    str json;
    TRY(buf_to_arena(&b, v->c->mem, &json));
    return answer_json(v->c, 200, json);
}

/* Made-up names must not have a process each, for which others' warm ones would have to go. */
bool package_installed(const struct interviews *r, str package)
{
    char path[PATH_MAX];
    for (size_t k = 0; k < r->o.n_folders; k++)
        if (snprintf(path, sizeof path, "%s/" STR_FMT, r->o.folders[k], STR_ARG(package)) < (int)sizeof path && access(path, F_OK) == 0) return true;
    return r->o.n_folders == 0;
}

err session_new(struct call *c)
{
    const struct new_params *p = c->query;
    str package;
    bool made;
    if (str_absent(p->i)) return fail(c, ERR_INPUT, NULL, "Parameter i is required.");
    if (interview_package(p->i, &package)) return fail(c, ERR_INPUT, NULL, "DAInvalidFilename: Invalid filename");
    if (!package_installed(c->room, package)) return fail(c, ERR_INPUT, NULL, "DANotFoundError: Interview " STR_FMT " not found", STR_ARG(p->i));
    char *id = NEW_N(c->mem, char, SESSION_ID);
    if (!id) return ERR_NOMEM;
    crypto_random_text(id, SESSION_ID, CRYPTO_ALNUM);
    struct visit *v = visit_new(c, p->i, (str){ id, SESSION_ID }, p->secret);
    if (!v) return ERR_NOMEM;
    struct new_fill f = { .referer = req_header(c->rq, "Referer") };
    if (!str_utf8_ok(f.referer)) f.referer = STR_NULL;
    TRY(url_args(c, &f.args));
    c->state = v;
    TRY(store_do(v->r->o.store, c, TX_READ, read_profile_tx));
    err e = visit_call(v, fill_new, &f, 0);
    if (e == ERR_WORKER) return visit_worker_failed(v, "DAException: create_new_interview: failure to assemble interview: ");
    if (e) return e;
    if (v->outcome == OUT_ERROR) return new_failed(v);
    if (!str_absent(p->secret) && !secret_usable(p->secret)) return fail(c, ERR_INPUT, NULL, "ValueError: Incorrect AES key length (%zu bytes)", p->secret.n);
    e = seal_new(v, &made);
    if (!e) e = visit_save(v, 0, true);
    visit_close(v);
    if (!e && v->s.version == 0) e = ERR_WORKER; /* it gave nothing to store */
    return e ? e : started(v, made);
}

/* GET /api/session/question */

static void fill_question(struct visit *v, struct buf *b, void *arg)
{
    (void)arg;
    visit_frame(v, b, OP_QUESTION, v->s.seq);
}

static err evaluation_failed(struct visit *v, const char *prefix)
{
    str text = visit_error(v);
    if (frame_get_u64(&v->reply, TAG_STAGE, STAGE_EVALUATE) == STAGE_ACCESS)
        return fail(v->c, ERR_INPUT, NULL, "Insufficient permissions to run this interview.");
    return fail(v->c, ERR_INPUT, NULL, "%s" STR_FMT, prefix, STR_ARG(text));
}

#define ASSEMBLE "get_question_data: failure to assemble interview: "

static err question_once(struct visit *v)
{
    err e = visit_call(v, fill_question, NULL, v->s.seq);
    if (e == ERR_WORKER) return visit_worker_failed(v, ASSEMBLE);
    if (e) return e;
    if (v->outcome == OUT_ERROR) return evaluation_failed(v, ASSEMBLE);
    TRY(visit_save(v, v->s.seq, false));
    return visit_show(v);
}

static err on_session(struct visit *v, const struct visit_texts *t, err (*once)(struct visit *))
{
    err e = visit_open(v, t);
    if (!e) e = visit_until_won(v, once);
    visit_close(v);
    return e;
}

err session_question(struct call *c)
{
    static const struct visit_texts texts = { ASSEMBLE "DAException: Unable to obtain interview dictionary.", "Unable to obtain interview dictionary" };
    const struct session_params *p = c->query;
    TRY(need_both(c, p->i, p->session));
    struct visit *v = visit_new(c, p->i, p->session, p->secret);
    if (!v) return ERR_NOMEM;
    v->writes = WRITES_OVER;
    return on_session(v, &texts, question_once);
}

/* GET /api/session */

static void fill_variables(struct visit *v, struct buf *b, void *arg)
{
    (void)arg;
    visit_frame(v, b, OP_VARIABLES, v->s.seq);
}

static err variables_once(struct visit *v)
{
    err e = visit_call(v, fill_variables, NULL, v->s.seq);
    if (e == ERR_WORKER) return visit_worker_failed(v, "");
    if (e) return e;
    return v->outcome == OUT_ERROR ? evaluation_failed(v, "") : visit_show(v);
}

err session_variables(struct call *c)
{
    static const struct visit_texts texts = { "Unable to obtain interview dictionary.", "Unable to decrypt interview dictionary" };
    const struct session_params *p = c->query;
    TRY(need_both(c, p->i, p->session));
    struct visit *v = visit_new(c, p->i, p->session, str_absent(p->secret) ? req_cookie(c->rq, "secret") : p->secret);
    return v ? on_session(v, &texts, variables_once) : ERR_NOMEM;
}

/* POST /api/session/back */

static void fill_back(struct visit *v, struct buf *b, void *arg)
{
    visit_frame(v, b, OP_BACK, v->s.seq - 1);
    frame_str(b, TAG_OLD_SNAPSHOT, *(const str *)arg);
}

static err back_once(struct visit *v)
{
    const struct back_body *p = v->c->body;
    if (v->s.seq <= 1) return fail(v->c, ERR_INPUT, NULL, "Cannot go back.");
    if (!flag_or(p->question, true)) {
        TRY(visit_drop_last(v));
        return reply_empty(v->c, 204);
    }
    str discarded;
    TRY(visit_snapshot(v, v->s.seq, &discarded));
    err e = visit_call(v, fill_back, &discarded, v->s.seq - 1);
    if (e && e != ERR_WORKER) return e;
    if (e || v->outcome == OUT_ERROR) {
        /* The step is gone all the same (api 12.7). */
        TRY(visit_drop_last(v));
        return fail(v->c, ERR_INPUT, NULL, "Problem getting current question");
    }
    if (v->outcome == OUT_UNDEFINED || frame_get_u64(&v->reply, TAG_SAVE, SAVE_NOTHING) == SAVE_NOTHING)
        TRY(visit_drop_last(v));
    else
        TRY(visit_save(v, v->s.seq - 1, false));
    return visit_show(v);
}

err session_back(struct call *c)
{
    static const struct visit_texts texts = { "Unable to obtain interview dictionary.", "Unable to decrypt interview dictionary." };
    const struct back_body *p = c->body;
    TRY(need_both(c, p->i, p->session));
    struct visit *v = visit_new(c, p->i, p->session, p->secret);
    return v ? on_session(v, &texts, back_once) : ERR_NOMEM;
}

/* POST /api/session/action */

static err action_arguments(struct call *c, const struct any *a, str *out)
{
    *out = STR("{}");
    if (a->kind == ANY_ABSENT || a->kind == ANY_NULL) return ERR_OK;
    static const struct json_rules rules = { .nan = true };
    str json = a->kind == ANY_TEXT ? str_trim(a->text) : a->json;
    if ((a->kind != ANY_TEXT && a->kind != ANY_OBJECT && a->kind != ANY_ARRAY) || json_scan(json, &rules, NULL))
        return fail(c, ERR_INPUT, "/arguments", "Malformed arguments.");
    if (json.p[0] != '{') return fail(c, ERR_INPUT, "/arguments", "Arguments data is not a dict.");
    *out = json;
    return ERR_OK;
}

struct action_fill {
    const struct action_body *p;
    str arguments;
};
static void fill_action(struct visit *v, struct buf *b, void *arg)
{
    const struct action_fill *f = arg;
    visit_frame(v, b, OP_ACTION, v->s.seq);
    frame_str(b, TAG_ACTION, f->p->action);
    frame_str(b, TAG_ARGUMENTS, f->arguments);
    frame_u64(b, TAG_PERSISTENT, flag_or(f->p->persistent, false));
    frame_u64(b, TAG_OVERWRITE, flag_or(f->p->overwrite, false));
    frame_u64(b, TAG_READ_ONLY, flag_or(f->p->read_only, false));
}

#define ACTION_ASSEMBLE "api_session_action: failure to assemble interview: "

static err action_once(struct visit *v)
{
    const struct action_body *p = v->c->body;
    struct action_fill f = { .p = p };
    TRY(action_arguments(v->c, &p->arguments, &f.arguments));
    err e = visit_call(v, fill_action, &f, v->s.seq);
    if (e == ERR_WORKER) return visit_worker_failed(v, ACTION_ASSEMBLE);
    if (e) return e;
    if (v->outcome == OUT_ERROR) return evaluation_failed(v, ACTION_ASSEMBLE);
    if (!flag_or(p->read_only, false)) TRY(visit_save(v, v->s.seq, false));
    if (v->outcome == OUT_RESPONSE) return answer_response(v, false);
    return reply_empty(v->c, 204);
}

err session_action(struct call *c)
{
    static const struct visit_texts texts = { ACTION_ASSEMBLE "DAException: Unable to obtain interview dictionary.", "Unable to obtain interview dictionary." };
    const struct action_body *p = c->body;
    if (str_absent(p->i) || str_absent(p->session) || str_absent(p->action)) return fail(c, ERR_INPUT, NULL, "Parameters i, session, and action are required.");
    struct visit *v = visit_new(c, p->i, p->session, p->secret);
    if (!v) return ERR_NOMEM;
    str checked;
    TRY(action_arguments(c, &p->arguments, &checked));
    v->writes = flag_or(p->read_only, false) ? WRITES_NOTHING : flag_or(p->overwrite, false) ? WRITES_OVER : WRITES_NEXT;
    return on_session(v, &texts, action_once);
}

/* DELETE /api/session */

err session_delete(struct call *c)
{
    struct interviews *r = c->room;
    const struct session_params *p = c->query;
    bool gone;
    TRY(need_both(c, p->i, p->session));
    if (!session_possible(p->session, p->i)) return reply_empty(c, 204);
    TRY(session_disown(c, p->session, p->i, c->who->account.id, &gone));
    warm_forget(r->warm, p->session);
    return reply_empty(c, 204);
}
