/* rooms/interviews/interviews_family.c: what is the docassemble API's own: who the caller is, the shape of errors, CORS, fixed headers. */
#include "rooms/interviews/interviews_int.h"

/* ERR_FORBIDDEN "Access denied." for every reason (api 3.3). */
err identify(struct call *c, const struct op *op)
{
    struct interviews *r = c->room;
    struct who *who;
    (void)op;
    TRY(api_key_identify(r->o.auth, c, call_body_text(c, "key"), &who));
    c->who = who;
    account_seen(r->o.auth, &who->account, c->now_ms);
    return ERR_OK;
}

static bool any_of(const char *const *names, const struct who *w, bool (*test)(const struct who *, const char *))
{
    for (; names && *names; names++)
        if (test(w, *names)) return true;
    return false;
}

/* gate(roles; perms) of api 4.3. */
err permit(struct call *c, const struct op *op)
{
    if (op->perm != PERM_GATE || any_of(op->perms, c->who, who_can)) return ERR_OK;
    bool refused = c->who->limited && op->perms && op->perms[0];
    if (!refused && (!op->roles || any_of(op->roles, c->who, who_has))) return ERR_OK;
    return fail(c, ERR_FORBIDDEN, NULL, "Access denied.");
}

static void page(struct call *c, int status, const char *title)
{
    str html;
    if (arena_printf(c->mem, &html,
                     "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head><body><h1>%s</h1></body></html>\n", title,
                     title) != ERR_OK)
        html = STR("error\n");
    IGNORE(reply_text(c, status, "text/html; charset=utf-8", html)); /* without memory the status alone goes out */
}

void error_reply(struct call *c, const struct op *op, err e)
{
    const struct interviews *r = c->room;
    int status = c->why.status ? c->why.status : route_status(e);
    str text = c->why.text;
    (void)op;
    if (e == ERR_BUSY) reply_header(c->reply, STR("Retry-After"), STR("1"));
    if (str_absent(text)) {
        if (status == 413) {
            page(c, 413, "Request Entity Too Large");
            return;
        }
        text = e == ERR_BUSY ? STR("The server is busy. Try again.") : STR("Internal server error.");
        if (status >= 500) IGNORE(arena_printf(c->mem, &text, STR_FMT " Request " STR_FMT, STR_ARG(text), STR_ARG(c->request_id)));
    }
    if (!r || !r->o.reference) {
        IGNORE(reply_text(c, status, "text/plain; charset=utf-8", text));
        return;
    }
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    w.ascii = true;
    jw_str(&w, text);
    str json;
    if (buf_to_arena(&b, c->mem, &json) == ERR_OK) IGNORE(answer_json(c, status, json));
}

void no_path(struct call *c) { page(c, 404, "Not Found"); }

static void allow_header(struct call *c, unsigned allowed)
{
    static const enum method order[] = { M_DELETE, M_GET, M_HEAD, M_OPTIONS, M_PATCH, M_POST };
    CLEANUP(buf_release) struct buf b = BUF(256);
    allowed |= M_OPTIONS | (allowed & M_GET ? M_HEAD : 0u);
    for (size_t k = 0; k < COUNT_OF(order); k++)
        if (allowed & order[k]) buf_printf(&b, "%s%s", b.n ? ", " : "", method_name(order[k]));
    str value;
    if (buf_to_arena(&b, c->mem, &value) == ERR_OK) reply_header(c->reply, STR("Allow"), value);
}

void no_method(struct call *c, unsigned allowed)
{
    page(c, 405, "Method Not Allowed");
    allow_header(c, allowed);
}

/* The methods of a path as its CORS answer lists them: its own and HEAD, sorted (api 2.3). */
static err cors_methods(struct call *c, unsigned allowed, str *out)
{
    static const enum method order[] = { M_DELETE, M_GET, M_HEAD, M_PATCH, M_POST };
    CLEANUP(buf_release) struct buf b = BUF(256);
    allowed |= M_HEAD;
    for (size_t k = 0; k < COUNT_OF(order); k++)
        if (allowed & order[k]) buf_printf(&b, "%s%s", b.n ? ", " : "", method_name(order[k]));
    return buf_to_arena(&b, c->mem, out);
}

static int by_text(const void *a, const void *b) { return str_cmp(*(const str *)a, *(const str *)b); }

/* Header names asked for: trimmed, sorted, joined by comma and blank. */
static err cors_headers(struct call *c, str asked, str *out)
{
    enum { NAMES_MAX = 64 };
    str names[NAMES_MAX], one;
    size_t n = 0;
    bool more = true;
    while (more && n < NAMES_MAX) {
        more = str_cut(&asked, ',', &one);
        one = str_trim(one);
        if (one.n) names[n++] = one;
    }
    qsort(names, n, sizeof names[0], by_text);
    CLEANUP(buf_release) struct buf b = BUF(16384);
    for (size_t k = 0; k < n; k++) buf_printf(&b, "%s" STR_FMT, k ? ", " : "", STR_ARG(names[k]));
    return buf_to_arena(&b, c->mem, out);
}

void options_reply(struct call *c, unsigned allowed)
{
    str asked = req_header(c->rq, "Access-Control-Request-Method"), headers = req_header(c->rq, "Access-Control-Request-Headers"), methods, value;
    IGNORE(reply_text(c, 200, "text/html; charset=utf-8", STR(""))); /* fails only without memory, when the status is all that goes out */
    allow_header(c, allowed);
    bool listed = false;
    for (unsigned m = M_GET; m <= M_DELETE; m <<= 1)
        if (((allowed | M_HEAD) & m) && str_eq_nocase(asked, str_c(method_name((enum method)m)))) listed = true;
    if (listed && cors_methods(c, allowed, &methods) == ERR_OK) {
        reply_header(c->reply, STR("Access-Control-Allow-Methods"), methods);
        if (!str_absent(headers) && cors_headers(c, headers, &value) == ERR_OK) reply_header(c->reply, STR("Access-Control-Allow-Headers"), value);
    }
    if (str_is(req_header(c->rq, "Access-Control-Request-Private-Network"), "true"))
        reply_header(c->reply, STR("Access-Control-Allow-Private-Network"), STR("false"));
}

/* Pages (unknown path or method, too large) carry no CORS headers; everything an operation answers does (api 2.3). */
static bool is_page(const struct call *c, const struct op *op)
{
    int s = c->reply->status;
    return s == 405 || s == 413 || (s == 404 && !op);
}

void finish(struct call *c, const struct op *op)
{
    struct reply *r = c->reply;
    reply_header(r, STR("X-Content-Type-Options"), STR("nosniff"));
    reply_header(r, STR("X-XSS-Protection"), STR("1"));
    reply_header(r, STR("X-Frame-Options"), STR("SAMEORIGIN"));
    reply_header(r, STR("Content-Security-Policy"), STR("frame-ancestors 'self';"));
    if (is_page(c, op)) return;
    str origin = c->rq ? req_header(c->rq, "Origin") : STR_NULL;
    reply_header(r, STR("Access-Control-Allow-Origin"), str_absent(origin) ? STR("*") : origin);
    if (!str_absent(origin)) reply_header(r, STR("Vary"), STR("Origin"));
    /* 204 keeps a media type in the reference (api 2.6). */
    if (r->status == 204 && str_absent(r->type)) r->type = STR("text/html; charset=utf-8");
}
