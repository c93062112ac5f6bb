/* route/shape_read.c: puts a caller's values into C structs. Strict families judge first (shape_check.c); what is left to do then is the same
 * conversion that loose families get without judgement. */
#include "route/route_int.h"
#include <ctype.h>
#include <math.h>

struct reader {
    struct call *c;
    const struct json_rules *rules;
    bool loose;
};

static err put(const struct reader *r, enum as as, const struct shape *s, const struct value *v, void *out, bool *given);

static bool flag_text(str text)
{
    str t = str_trim(text);
    return !(str_eq(t, STR("0")) || str_eq_nocase(t, STR("f")) || str_eq_nocase(t, STR("false")));
}

/* flag() of docassemble-api 2.5: only a few spellings are false. */
static err flag_of(struct arena *a, const struct value *v, bool *out)
{
    double d = 0;
    str text;
    switch (json_kind(v->json)) {
    case ANY_ABSENT: return *out = flag_text(v->text), ERR_OK;
    case ANY_NULL: return *out = false, ERR_OK;
    case ANY_BOOL: return *out = str_starts(v->json, STR("t")), ERR_OK;
    case ANY_NUMBER: {
        err e = text_real(a, v->json, &d);
        return *out = e != ERR_OK || d != 0, e == ERR_NOMEM ? e : ERR_OK;
    }
    case ANY_TEXT: TRY(json_text(a, v->json, &text)); return *out = flag_text(text), ERR_OK;
    case ANY_ARRAY:
    case ANY_OBJECT: return *out = true, ERR_OK;
    }
    return ERR_OK;
}

static err put_int(const struct reader *r, const struct value *v, int64_t *out, bool *given)
{
    str text;
    double d;
    TRY(value_text(r->c->mem, v, &text));
    if (str_int(str_trim(text), out) == ERR_OK) return *given = text.n > 0, ERR_OK;
    if (json_kind(v->json) != ANY_NUMBER) return ERR_OK;
    err e = text_real(r->c->mem, text, &d);
    if (e == ERR_NOMEM) return e;
    *given = e == ERR_OK && fabs(d) < 9.2e18;
    if (*given) *out = (int64_t)d;
    return ERR_OK;
}

static err put_real(const struct reader *r, const struct value *v, double *out, bool *given)
{
    str text;
    TRY(value_text(r->c->mem, v, &text));
    err e = text_real(r->c->mem, str_trim(text), out);
    *given = e == ERR_OK;
    return e == ERR_NOMEM ? e : ERR_OK;
}

static err put_any(const struct reader *r, const struct value *v, struct any *out)
{
    if (str_absent(v->json)) return *out = (struct any){ .kind = ANY_TEXT, .text = v->text }, ERR_OK;
    *out = (struct any){ .kind = json_kind(v->json), .json = v->json };
    return out->kind == ANY_TEXT ? json_text(r->c->mem, v->json, &out->text) : ERR_OK;
}

/* The JSON of a structured value: native, or for loose families a text that holds it. Absent if it is neither. */
static err structured(const struct reader *r, const struct value *v, enum any_kind want, str *json)
{
    *json = json_kind(v->json) == want ? v->json : STR_NULL;
    if (!str_absent(*json) || !r->loose) return ERR_OK;
    if (!str_absent(v->json) && json_kind(v->json) != ANY_TEXT) return ERR_OK;
    str text;
    TRY(value_text(r->c->mem, v, &text));
    text = str_trim(text);
    if (json_kind(text) == want && json_scan(text, r->rules, NULL) == ERR_OK) *json = text;
    return ERR_OK;
}

static err put_list(const struct reader *r, const struct shape *s, str array, struct list *out)
{
    size_t n = 0, at = 0, size = item_size(s->of);
    str item;
    while (json_item(array, &at, &item)) n++;
    char *v = arena_take(r->c->mem, n, size, _Alignof(max_align_t));
    if (!v) return ERR_NOMEM;
    *out = (struct list){ .v = v };
    for (at = 0; json_item(array, &at, &item);) {
        bool given = true;
        TRY(put(r, item_as(s->of), s->of, &(struct value){ .json = item }, v + out->n * size, &given));
        if (given) out->n++;
    }
    return ERR_OK;
}

static err put_struct(const struct reader *r, const struct shape *s, str object, void *out)
{
    struct json_members m;
    TRY(json_scan_members(r->c->mem, object, r->rules, &m, NULL));
    return shape_read_members(r->c, s, &m, r->rules, true, out);
}

/* *given comes in true. */
static err put(const struct reader *r, enum as as, const struct shape *s, const struct value *v, void *out, bool *given)
{
    str json = STR_NULL;
    bool flag = false;
    switch (as) {
    case AS_NOTHING: return ERR_OK;
    case AS_TEXT: TRY(value_text(r->c->mem, v, out)); return *given = !str_absent(*(str *)out), ERR_OK;
    case AS_INT: return *given = false, put_int(r, v, out, given);
    case AS_REAL: return put_real(r, v, out, given);
    case AS_BOOL: *given = json_kind(v->json) != ANY_NULL; return flag_of(r->c->mem, v, out);
    case AS_FLAG: TRY(flag_of(r->c->mem, v, &flag)); return *(enum flag *)out = flag ? FLAG_TRUE : FLAG_FALSE, ERR_OK;
    case AS_ANY: return put_any(r, v, out);
    case AS_STRUCT: TRY(structured(r, v, ANY_OBJECT, &json)); return *given = !str_absent(json), *given ? put_struct(r, s, json, out) : ERR_OK;
    case AS_LIST: TRY(structured(r, v, ANY_ARRAY, &json)); return *given = !str_absent(json), *given ? put_list(r, s, json, out) : ERR_OK;
    }
    return ERR_OK;
}

static err put_field(const struct reader *r, const struct field *f, const struct value *v, void *out)
{
    bool given = true;
    if (f->as == AS_NOTHING || (str_absent(v->json) && str_absent(v->text))) return ERR_OK;
    TRY(put(r, f->as, f->shape, v, (char *)out + f->at, &given));
    if (f->given > 0) *(bool *)((char *)out + f->given) = given;
    return ERR_OK;
}

err shape_read_members(struct call *c, const struct shape *s, const struct json_members *m, const struct json_rules *rules, bool loose, void *out)
{
    const struct reader r = { c, rules, loose };
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        struct value v = { .json = json_member(m, f->name) };
        if (str_absent(v.json) && f->also) v.json = json_member(m, f->also);
        TRY(put_field(&r, f, &v, out));
    }
    return ERR_OK;
}

err shape_read(struct call *c, const struct shape *s, str json, const struct json_rules *rules, bool loose, void *out)
{
    struct json_members m;
    struct json_error bad = { 0 };
    err e = json_scan_members(c->mem, json, rules, &m, &bad);
    if (e == ERR_INPUT) return fail(c, ERR_INPUT, "", "%s: line %zu column %zu (char %zu)", bad.why ? bad.why : "not JSON", bad.line, bad.column, bad.chars);
    if (e != ERR_OK) return e;
    str text = str_trim(json);
    if (!loose) TRY(value_check(c, s, &(struct value){ .json = text }, rules, NULL));
    if (json_kind(text) != ANY_OBJECT) return fail(c, ERR_INPUT, "", "an object is expected");
    return shape_read_members(c, s, &m, rules, loose, out);
}

/* Parameters */

static str param_find(const struct field *f, const char *name, const struct req *rq)
{
    switch (f->in) {
    case IN_HEADER: return req_header(rq, name);
    case IN_COOKIE: return req_cookie(rq, name);
    case IN_PATH: return STR_NULL;
    case IN_BODY:
    case IN_QUERY: return req_query(rq, name);
    }
    return STR_NULL;
}

static err params_read(struct call *c, const struct field *fields, size_t n, const struct req *rq, bool loose, void *out)
{
    const struct json_rules rules = { 0 };
    const struct reader r = { c, &rules, loose };
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &fields[i];
        struct value v = { .text = param_find(f, f->name, rq) };
        if (str_absent(v.text) && f->also) v.text = param_find(f, f->also, rq);
        const struct place at = { .name = str_c(f->name), .param = true };
        if (str_absent(v.text) && f->need && !loose && f->in != IN_PATH) return fail(c, ERR_INPUT, f->name, "this parameter is required");
        if (!str_absent(v.text) && !loose) TRY(value_check(c, f->shape, &v, &rules, &at));
        TRY(put_field(&r, f, &v, out));
    }
    return ERR_OK;
}

err shape_read_params(struct call *c, const struct field *fields, size_t n, const struct params *p, bool loose, void *out)
{
    const struct req form = { .query = *p };
    return params_read(c, fields, n, &form, loose, out);
}

err shape_read_request(struct call *c, const struct shape *s, const struct req *rq, bool loose, void *out)
{
    return params_read(c, s->fields, s->n_fields, rq, loose, out);
}
