/* route/input.c: the station that reads parameters and body, by the family's strictness and whatever media type came. */
#include "route/route_int.h"

static bool is_json(str type) { return str_eq(type, STR("application/json")) || str_ends(type, STR("+json")); }

static err media_type(struct call *c, str *out)
{
    str header = req_header(c->rq, "Content-Type");
    *out = STR_NULL;
    err e = str_absent(header) ? ERR_OK : http_media_type(c->mem, header, out);
    return e == ERR_NOMEM ? e : ERR_OK; /* an unreadable type is none that anybody accepts */
}

/* Parts without a file name are form fields. */
static err form_of_parts(struct route_visit *v)
{
    v->form.v = NEW_N(v->c->mem, struct param, v->parts.n);
    if (!v->form.v) return ERR_NOMEM;
    for (size_t i = 0; i < v->parts.n; i++)
        if (str_absent(v->parts.v[i].filename)) v->form.v[v->form.n++] = (struct param){ v->parts.v[i].name, v->parts.v[i].body };
    return ERR_OK;
}

static bool is_form(str type) { return str_is(type, "application/x-www-form-urlencoded") || str_is(type, "multipart/form-data"); }

static err form_read(struct route_visit *v, str type)
{
    const struct req *rq = v->c->rq;
    if (str_eq(type, STR("application/x-www-form-urlencoded"))) return http_parse_query(v->c->mem, rq->body, PARAMS_MAX, &v->form);
    if (!str_eq(type, STR("multipart/form-data"))) return ERR_INPUT;
    TRY(http_parse_multipart(v->c->mem, req_header(rq, "Content-Type"), rq->body, PARAMS_MAX, &v->parts));
    return form_of_parts(v);
}

/* docassemble-api 2.4: what is not readable counts as an empty form; only another JSON value than an object or null is refused. */
static err body_loose(struct route_visit *v)
{
    struct call *c = v->c;
    str type;
    TRY(media_type(c, &type));
    err e = is_json(type) ? json_scan_members(c->mem, c->rq->body, &v->at.family->json, &v->members, NULL) : form_read(v, type);
    if (e == ERR_NOMEM) return e;
    if (e != ERR_OK) {
        v->form = (struct params){ 0 };
        v->members = (struct json_members){ 0 };
        v->parts = (struct parts){ 0 };
        return ERR_OK;
    }
    enum any_kind k = is_json(type) ? json_kind(str_trim(c->rq->body)) : ANY_OBJECT;
    if (k != ANY_OBJECT && k != ANY_NULL) return fail(c, ERR_INPUT, "", "The request body must be an object.");
    return ERR_OK;
}

static err struct_loose(struct route_visit *v, const struct shape *s, void *out)
{
    if (v->members.n) return shape_read_members(v->c, s, &v->members, &v->at.family->json, true, out);
    return shape_read_params(v->c, s->fields, s->n_fields, &v->form, true, out);
}

static bool type_accepted(const struct op *op, str type)
{
    if (!op->body_types) return is_json(type);
    for (const char *const *t = op->body_types; *t; t++)
        if (str_is(type, *t) || (str_is(STR("application/json"), *t) && is_json(type))) return true;
    return false;
}

static err body_strict(struct route_visit *v, void *out)
{
    struct call *c = v->c;
    const struct op *op = v->at.op;
    str type;
    if (c->rq->body.n == 0) return op->body_need ? fail(c, ERR_INPUT, "", "a request body is required") : ERR_OK;
    TRY(media_type(c, &type));
    if (str_absent(type)) type = op->body_types ? str_c(op->body_types[0]) : STR("application/json");
    if (!type_accepted(op, type)) return fail_status(c, ERR_INPUT, 415, "this media type is not accepted");
    if (is_json(type)) {
        TRY(shape_read(c, op->body, c->rq->body, &v->at.family->json, false, out));
        return json_scan_members(c->mem, c->rq->body, &v->at.family->json, &v->members, NULL); /* for call_body_text() */
    }
    err e = form_read(v, type);
    if (e == ERR_INPUT || e == ERR_LIMIT) return fail(c, ERR_INPUT, "", "the form is malformed");
    if (e != ERR_OK) return e;
    return shape_read_params(c, op->body->fields, op->body->n_fields, &v->form, false, out);
}

/* Families that report: every violation of parameters and body together. */
static err read_and_report(struct route_visit *v)
{
    struct call *c = v->c;
    const struct op *op = v->at.op;
    void *query = op->query ? arena_take(c->mem, 1, op->query->size, _Alignof(max_align_t)) : NULL;
    void *body = op->body ? arena_take(c->mem, 1, op->body->size, _Alignof(max_align_t)) : NULL;
    enum judged kind = JUDGED_NOTHING;
    str type;
    if ((op->query && !query) || (op->body && !body)) return ERR_NOMEM;
    if (op->body && c->rq->body_too_large) return fail_status(c, ERR_LIMIT, 413, "Request body too large");
    TRY(media_type(c, &type));
    bool form = op->body_types && !is_json(str_c(op->body_types[0]));
    if (op->body && form) {
        /* Of a body of another type a form has no fields. */
        err e = form_read(v, type);
        if (e == ERR_NOMEM) return e;
        if (e != ERR_OK && is_form(type)) return fail_status(c, ERR_INPUT, 400, "There was an error parsing the body");
        kind = JUDGED_FORM;
    } else if (op->body && (c->rq->body.n || op->body_need)) {
        kind = str_absent(type) || is_json(type) ? JUDGED_JSON : JUDGED_OTHER;
    }
    TRY(judge_request(v, query, kind, body));
    c->query = query;
    c->body = body;
    return ERR_OK;
}

static err body_read(struct route_visit *v)
{
    struct call *c = v->c;
    const struct op *op = v->at.op;
    bool loose = v->at.family->loose;
    void *out = NULL;
    if (!op->body && !(loose && (op->on & (M_POST | M_PUT | M_PATCH)))) return ERR_OK;
    if (c->rq->body_too_large) return fail_status(c, ERR_LIMIT, 413, "the request body is too large");
    if (op->body) {
        out = arena_take(c->mem, 1, op->body->size, _Alignof(max_align_t));
        if (!out) return ERR_NOMEM;
    }
    if (loose) {
        TRY(body_loose(v));
        if (out) TRY(struct_loose(v, op->body, out));
    } else {
        TRY(body_strict(v, out));
    }
    c->body = out;
    return ERR_OK;
}

err input_read(struct route_visit *v)
{
    struct call *c = v->c;
    const struct op *op = v->at.op;
    if (v->at.family->reports) return read_and_report(v);
    if (op->query) {
        void *out = arena_take(c->mem, 1, op->query->size, _Alignof(max_align_t));
        if (!out) return ERR_NOMEM;
        TRY(shape_read_request(c, op->query, c->rq, v->at.family->loose, out));
        c->query = out;
    }
    return body_read(v);
}

err call_input(struct call *c) { return input_read(c->visit); }

str call_report(const struct call *c) { return c->visit ? c->visit->report : STR_NULL; }

str call_body_text(struct call *c, const char *name)
{
    str out = STR_NULL;
    if (!c->visit) return out;
    struct value v = { .json = json_member(&c->visit->members, name) };
    for (size_t i = 0; str_absent(v.json) && str_absent(v.text) && i < c->visit->form.n; i++)
        if (str_is(c->visit->form.v[i].name, name)) v.text = c->visit->form.v[i].value;
    return value_text(c->mem, &v, &out) == ERR_OK ? out : STR_NULL;
}

const struct parts *call_parts(const struct call *c)
{
    static const struct parts none = { 0 };
    return c->visit ? &c->visit->parts : &none;
}
