/* route/reply.c: writes replies, and turns errors into them in the family's words. */
#include "route/route_int.h"

enum { REPLY_MAX = 64 << 20 };

const struct family *call_family(const struct call *c) { return c->visit ? c->visit->at.family : NULL; }

err reply_text(struct call *c, int status, const char *type, str text)
{
    c->reply->status = status;
    c->reply->type = str_c(type);
    c->reply->body = text;
    c->reply->no_length = false;
    return ERR_OK;
}

err reply_json(struct call *c, int status, str json) { return reply_text(c, status, "application/json", json); }

err reply_empty(struct call *c, int status)
{
    TRY(reply_text(c, status, NULL, STR_NULL));
    c->reply->no_length = status == 204 || status == 304;
    return ERR_OK;
}

/* The JSON media type that the row documents for this status: application/problem+json and its like. */
static const char *json_media(const struct call *c, int status)
{
    const struct op *op = c->visit ? c->visit->at.op : NULL;
    for (const struct reply_doc *d = op ? op->replies : NULL; d && d->status; d++)
        if (d->status == status && d->type && str_ends(str_c(d->type), STR("json"))) return d->type;
    return "application/json";
}

err reply_shape(struct call *c, int status, const struct shape *s, const void *from)
{
    const struct family *f = call_family(c);
    CLEANUP(buf_release) struct buf b = BUF(REPLY_MAX);
    struct jw w = JW(&b);
    str json;
    w.ascii = f && f->ascii;
    shape_write(&w, s, from, f && f->sort_keys);
    if (f && f->newline) buf_char(&b, '\n');
    TRY(buf_to_arena(&b, c->mem, &json));
    return reply_text(c, status, json_media(c, status), json);
}

void reply_reset(struct reply *r, size_t n_headers)
{
    r->status = 0;
    r->type = r->body = STR_NULL;
    r->n_headers = n_headers;
    r->close = r->no_length = false;
}

/* What stands where the family said nothing: its error() is missing, or had no memory left. Constant, so it cannot fail. */
static void reply_plain(struct route_visit *v, int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = { { 404, "not found\n" },
                  { 405, "method not allowed\n" },
                  { 413, "request body too large\n" },
                  { 503, "busy, try again later\n" },
                  { 500, "internal error\n" } };
    const char *text = "error\n";
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].status == status) text = texts[i].text;
    err e = reply_text(v->c, status, "text/plain; charset=utf-8", str_c(text));
    (void)e; /* reply_text cannot fail */
}

static void log_trouble(const struct route_visit *v, err e)
{
    const struct call *c = v->c;
    LOG(e == ERR_BUSY ? LOG_WARN : LOG_ERROR, "request failed", LOG_S("id", c->request_id), LOG_S("operation", str_c(v->at.op ? v->at.op->id : "")),
        LOG_S("error", str_c(err_name(e))), LOG_S("text", c->why.text));
}

void reply_conclude(struct route_visit *v, err e)
{
    struct call *c = v->c;
    const struct family *f = v->at.family;
    if (e == ERR_OK && c->reply->status == 0) e = fail(c, ERR_STORE, NULL, "no reply was made");
    if (e != ERR_OK) {
        int status = c->why.status ? c->why.status : route_status(e);
        reply_reset(c->reply, v->n_headers);
        if (f->error) f->error(c, v->at.op, e);
        if (c->reply->status == 0) reply_plain(v, status);
        if (c->reply->status == 503) reply_header(c->reply, STR("Retry-After"), STR("1"));
        if (c->reply->status >= 500) log_trouble(v, e);
    }
    if (f->finish) f->finish(c, v->at.op);
}

void reply_slash(struct route_visit *v)
{
    struct call *c = v->c;
    const struct req *rq = c->rq;
    bool has = str_ends(rq->path, STR("/"));
    str path = { rq->path.p, rq->path.n - has }, to;
    bool query = !str_absent(rq->query_text);
    str scheme = rq->host.n ? rq->scheme : STR(""), host = rq->host.n ? rq->host : STR(""); /* HTTP/1.0 may name none */
    err e = arena_printf(c->mem, &to, STR_FMT "%s" STR_FMT STR_FMT "%s%s" STR_FMT, STR_ARG(scheme), host.n ? "://" : "", STR_ARG(host), STR_ARG(path),
                         has ? "" : "/", query ? "?" : "", STR_ARG(query ? rq->query_text : STR("")));
    if (e != ERR_OK) {
        reply_plain(v, 500);
        return;
    }
    c->reply->status = 307;
    reply_header(c->reply, STR("Location"), to);
}

/* Allow: in a fixed order. */
static str allow_text(struct arena *a, unsigned allowed)
{
    static const enum method all[] = { M_GET, M_HEAD, M_POST, M_PUT, M_PATCH, M_DELETE, M_OPTIONS };
    CLEANUP(buf_release) struct buf b = BUF(256);
    str out = STR_NULL;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (allowed & all[i]) buf_printf(&b, "%s%s", b.n ? ", " : "", method_name(all[i]));
    return buf_to_arena(&b, a, &out) == ERR_OK ? out : STR("GET");
}

void reply_unmatched(struct route_visit *v)
{
    struct call *c = v->c;
    const struct family *f = v->at.family;
    const struct node *n = v->at.node;
    bool options = n && c->rq->method == M_OPTIONS;
    if (v->at.redirect && !(options && f->options)) {
        reply_slash(v);
        if (f->finish) f->finish(c, NULL);
        return;
    }
    int status = options ? 204 : n ? 405 : 404;
    if (options && f->options)
        f->options(c, n->allowed);
    else if (n && !options && f->no_method)
        f->no_method(c, n->allowed);
    else if (!n && f->no_path)
        f->no_path(c);
    if (c->reply->status == 0 && !options && f->error) {
        err e = n ? fail_status(c, ERR_INPUT, 405, "method not allowed") : fail(c, ERR_NOT_FOUND, NULL, "not found");
        f->error(c, NULL, e);
    }
    if (c->reply->status == 0 && options)
        c->reply->status = 204, c->reply->no_length = true;
    else if (c->reply->status == 0)
        reply_plain(v, status);
    bool said = false;
    for (size_t i = 0; i < c->reply->n_headers; i++) said |= str_eq_nocase(c->reply->headers[i].name, STR("Allow"));
    if (n && !said) reply_header(c->reply, STR("Allow"), allow_text(c->mem, n->allowed));
    if (f->finish) f->finish(c, NULL);
}
