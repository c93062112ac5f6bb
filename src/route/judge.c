/* route/judge.c: for families that report: reads parameters and body into their structs and lists everything that is wrong with them, in the words of FastAPI
 * and Pydantic 2 (hiring 2.3): an array of {type, loc, msg, input, ctx}.
 *
 * What is listed repeats what the caller sent, but for secrets: members named like a secret field of the row's body read STARS wherever they stand. */
#include "route/route_int.h"
#include "route/moment.h"
#include <math.h>

enum { REPORT_MAX = 16 << 20 };
static const char STARS[] = "\"**********\"";

struct judge {
    struct call *c;
    const struct op *op;
    const struct json_rules *rules;
    const char *root; /* "body", "query", "header" */
    struct jw w;
    size_t n;
};

/* What is repeated of the request */

static bool has_secrets(const struct shape *body)
{
    for (size_t i = 0; body && i < body->n_fields; i++)
        if (body->fields[i].shape->secret) return true;
    return false;
}

/* token: a member's name as it stands in JSON. */
static bool names_secret(const struct judge *j, str token)
{
    str name;
    const struct shape *body = j->op->body;
    if (!has_secrets(body)) return false;
    if (json_text(j->c->mem, token, &name) != ERR_OK) return true; /* without memory nothing is shown */
    for (size_t i = 0; i < body->n_fields; i++)
        if (body->fields[i].shape->secret && str_is(name, body->fields[i].name)) return true;
    return false;
}

/* A value that json_scan() accepted, without its blanks and secrets. */
static void echo(const struct judge *j, str json)
{
    struct buf *b = j->w.to;
    for (size_t i = 0; i < json.n;) {
        size_t end = i + 1;
        if (json_blanks(json, i) > i) {
            i = json_blanks(json, i);
            continue;
        }
        if (json.p[i] == '"') end = json_string_end(json, i);
        buf_add(b, (str){ json.p + i, end - i });
        size_t colon = json.p[i] == '"' ? json_blanks(json, end) : json.n;
        if (colon < json.n && json.p[colon] == ':' && names_secret(j, (str){ json.p + i, end - i })) {
            buf_printf(b, ":%s", STARS);
            end = json_value_end(json, json_blanks(json, colon + 1));
        }
        i = end;
    }
}

static void input(struct judge *j, const struct value *v, bool secret)
{
    jw_key(&j->w, STR("input"));
    if (secret)
        jw_raw(&j->w, str_c(STARS));
    else if (!str_absent(v->json)) {
        jw_raw(&j->w, STR("")); /* the comma before it, if any */
        echo(j, v->json);
    } else
        jw_str(&j->w, v->text);
}

/* One entry */

static void loc(struct judge *j, const struct place *at)
{
    if (!at) {
        jw_str(&j->w, str_c(j->root));
        return;
    }
    loc(j, at->up);
    if (str_absent(at->name))
        jw_int(&j->w, (int64_t)at->index);
    else
        jw_str(&j->w, at->name);
}

struct flaw {
    const char *type;
    str msg;
    str ctx; /* JSON, or absent */
    bool secret;
};

static err found(struct judge *j, const struct flaw *f, const struct place *at, const struct value *v)
{
    j->n++;
    jw_open(&j->w, '{');
    jw_kstr(&j->w, "type", str_c(f->type));
    jw_key(&j->w, STR("loc"));
    jw_open(&j->w, '[');
    loc(j, at);
    jw_close(&j->w, ']');
    jw_kstr(&j->w, "msg", f->msg);
    input(j, v, f->secret);
    if (!str_absent(f->ctx)) {
        jw_key(&j->w, STR("ctx"));
        jw_raw(&j->w, f->ctx);
    }
    jw_close(&j->w, '}');
    return buf_ok(j->w.to);
}

static err simple(struct judge *j, const char *type, const char *msg, const struct shape *s, const struct place *at, const struct value *v)
{
    return found(j, &(struct flaw){ .type = type, .msg = str_c(msg), .secret = s && s->secret }, at, v);
}

static err too(struct judge *j, const struct shape *s, bool is_short, const struct place *at, const struct value *v)
{
    struct flaw f = { .type = is_short ? "string_too_short" : "string_too_long", .secret = s->secret };
    long long n = is_short ? s->min : s->max;
    TRY(arena_printf(j->c->mem, &f.msg, "String should have at %s %lld character%s", is_short ? "least" : "most", n, n == 1 ? "" : "s"));
    TRY(arena_printf(j->c->mem, &f.ctx, "{\"%s\":%lld}", is_short ? "min_length" : "max_length", n));
    return found(j, &f, at, v);
}

static err beyond(struct judge *j, const struct shape *s, bool low, const struct place *at, const struct value *v)
{
    struct flaw f = { .type = low ? "greater_than_equal" : "less_than_equal" };
    long long n = low ? s->min : s->max;
    TRY(arena_printf(j->c->mem, &f.msg, "Input should be %s than or equal to %lld", low ? "greater" : "less", n));
    TRY(arena_printf(j->c->mem, &f.ctx, "{\"%s\":%lld}", low ? "ge" : "le", n));
    return found(j, &f, at, v);
}

static err not_listed(struct judge *j, const struct shape *s, const struct place *at, const struct value *v)
{
    CLEANUP(buf_release) struct buf list = BUF(65536), ctx = BUF(65536);
    struct flaw f = { .type = "enum" };
    for (const char *const *p = s->values; *p; p++) buf_printf(&list, "%s'%s'", p == s->values ? "" : p[1] ? ", " : " or ", *p);
    struct jw w = JW(&ctx);
    jw_open(&w, '{');
    jw_kstr(&w, "expected", buf_str(&list));
    jw_close(&w, '}');
    TRY(arena_printf(j->c->mem, &f.msg, "Input should be " STR_FMT, STR_ARG(buf_str(&list))));
    TRY(buf_to_arena(&ctx, j->c->mem, &f.ctx));
    return found(j, &f, at, v);
}

static err with_text(struct judge *j, struct flaw *f, const char *key, str text, const struct place *at, const struct value *v)
{
    CLEANUP(buf_release) struct buf ctx = BUF(65536);
    struct jw w = JW(&ctx);
    jw_open(&w, '{');
    jw_kstr(&w, key, text);
    jw_close(&w, '}');
    TRY(buf_to_arena(&ctx, j->c->mem, &f->ctx));
    return found(j, f, at, v);
}

static err not_good(struct judge *j, const struct shape *s, const char *why, const struct place *at, const struct value *v)
{
    struct flaw f = { .type = "value_error", .secret = s->secret, .ctx = STR("{\"error\":{}}") };
    bool email = s->format && strcmp(s->format, "email") == 0;
    TRY(arena_printf(j->c->mem, &f.msg, email ? "value is not a valid email address: %s" : "Value error, %s", why));
    return email ? with_text(j, &f, "reason", str_c(why), at, v) : found(j, &f, at, v);
}

/* Values: judged and kept in one go. *given: it is there and good. */

/* What a value is kept by: a field, or a list of items. */
struct slot {
    enum as as;
    void *at;
    const void *record; /* the struct around it, as far as it is read */
};

static err read_value(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given);

static bool is_listed(const struct shape *s, str text)
{
    for (const char *const *p = s->values; p && *p; p++)
        if (str_is(text, *p)) return true;
    return !s->values;
}

static err read_text(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    str text;
    if (!str_absent(v->json) && json_kind(v->json) != ANY_TEXT)
        return s->values ? not_listed(j, s, at, v) : simple(j, "string_type", "Input should be a valid string", s, at, v);
    TRY(value_text(j->c->mem, v, &text));
    if (!str_utf8_ok(text)) return not_good(j, s, "the text is not UTF-8", at, v);
    if (json_half_pair(v->json)) return simple(j, "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", s, at, v);
    if (!is_listed(s, text) && !s->pattern) return not_listed(j, s, at, v);
    size_t n = str_utf8_len(text);
    if (s->limited && s->min > 0 && n < (size_t)s->min) return too(j, s, true, at, v);
    if (s->limited && s->max >= 0 && n > (size_t)s->max) return too(j, s, false, at, v);
    if (!is_listed(s, text)) {
        struct flaw f = { .type = "string_pattern_mismatch" };
        TRY(arena_printf(j->c->mem, &f.msg, "String should match pattern '%s'", s->pattern));
        return with_text(j, &f, "pattern", str_c(s->pattern), at, v);
    }
    if (memchr(text.p, 0, text.n)) return not_good(j, s, "the text holds a NUL character", at, v);
    const char *why = s->judge ? s->judge(j->c, to->record, text) : NULL;
    if (why) return not_good(j, s, why, at, v);
    *given = true;
    if (to->as == AS_TEXT) *(str *)to->at = text;
    if (to->as == AS_ANY) *(struct any *)to->at = (struct any){ .kind = ANY_TEXT, .json = v->json, .text = text };
    return ERR_OK;
}

/* Of a JSON number; one beyond what a double holds is infinite. */
static err number_of(struct judge *j, str json, double *out)
{
    err e = text_real(j->c->mem, json, out);
    if (e == ERR_INPUT) *out = json.n && json.p[0] == '-' ? -INFINITY : INFINITY;
    return e == ERR_INPUT ? ERR_OK : e;
}

static err read_time(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    enum any_kind k = json_kind(v->json);
    struct flaw f = { .type = "datetime_parsing" };
    const char *why;
    int64_t ms = 0;
    str text;
    double d;
    if (k == ANY_NUMBER) {
        TRY(number_of(j, v->json, &d));
        why = moment_number(d, &ms);
        TRY(arena_printf(j->c->mem, &f.msg, "Input should be a valid datetime, %s", why ? why : ""));
    } else if (k == ANY_TEXT || k == ANY_ABSENT) {
        TRY(value_text(j->c->mem, v, &text));
        why = moment_read(text, &ms);
        f.type = "datetime_from_date_parsing";
        TRY(arena_printf(j->c->mem, &f.msg, "Input should be a valid datetime or date, %s", why ? why : ""));
    } else {
        return simple(j, "datetime_type", "Input should be a valid datetime", s, at, v);
    }
    if (why) return with_text(j, &f, "error", str_c(why), at, v);
    *given = true;
    *(int64_t *)to->at = ms;
    return ERR_OK;
}

/* Decimal, blanks around it, and zeros behind a point. Beyond int64: its end. */
static bool int_of(str text, int64_t *out)
{
    text = str_trim(text);
    size_t point = str_find(text, '.', 0);
    for (size_t i = point + 1; i < text.n; i++)
        if (text.p[i] != '0') return false;
    if (point + 1 == text.n) return false;
    text = str_head(text, point);
    if (str_int(text, out) == ERR_OK) return true;
    size_t sign = text.n && (text.p[0] == '-' || text.p[0] == '+');
    for (size_t i = sign; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9') return false;
    *out = sign && text.p[0] == '-' ? INT64_MIN : INT64_MAX;
    return text.n > sign;
}

static err read_int(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    enum any_kind k = json_kind(v->json);
    int64_t n = 0;
    str text;
    if (k != ANY_ABSENT && k != ANY_NUMBER && k != ANY_TEXT && k != ANY_BOOL) return simple(j, "int_type", "Input should be a valid integer", s, at, v);
    TRY(value_text(j->c->mem, v, &text));
    if (k == ANY_BOOL)
        n = str_is(text, "true");
    else if (!int_of(text, &n))
        return k == ANY_NUMBER ? simple(j, "int_from_float", "Input should be a valid integer, got a number with a fractional part", s, at, v)
                               : simple(j, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", s, at, v);
    if (s->limited && n < s->min) return beyond(j, s, true, at, v);
    if (s->limited && n > s->max) return beyond(j, s, false, at, v);
    *given = true;
    *(int64_t *)to->at = n;
    return ERR_OK;
}

static err read_real(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    enum any_kind k = json_kind(v->json);
    double d = 0;
    str text;
    if (k != ANY_ABSENT && k != ANY_NUMBER && k != ANY_TEXT && k != ANY_BOOL) return simple(j, "float_type", "Input should be a valid number", s, at, v);
    TRY(value_text(j->c->mem, v, &text));
    if (k == ANY_BOOL)
        d = str_is(text, "true");
    else {
        err e = k == ANY_NUMBER ? number_of(j, text, &d) : text_real(j->c->mem, str_trim(text), &d);
        if (e == ERR_INPUT) return simple(j, "float_parsing", "Input should be a valid number, unable to parse string as a number", s, at, v);
        TRY(e);
    }
    if (s->limited && d < (double)s->min) return beyond(j, s, true, at, v);
    if (s->limited && d > (double)s->max) return beyond(j, s, false, at, v);
    *given = true;
    *(double *)to->at = d;
    return ERR_OK;
}

/* The spellings that Pydantic knows. -1: none of them. */
static int bool_of(str text)
{
    static const char *const words[][6] = { { "0", "off", "f", "false", "n", "no" }, { "1", "on", "t", "true", "y", "yes" } };
    for (int b = 0; b < 2; b++)
        for (size_t i = 0; i < COUNT_OF(words[b]); i++)
            if (str_eq_nocase(text, str_c(words[b][i]))) return b;
    return -1;
}

static err read_bool(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    enum any_kind k = json_kind(v->json);
    str text;
    int64_t n;
    if (k == ANY_NULL || k == ANY_ARRAY || k == ANY_OBJECT || (k == ANY_NUMBER && !int_of(v->json, &n)))
        return simple(j, "bool_type", "Input should be a valid boolean", s, at, v);
    TRY(value_text(j->c->mem, v, &text));
    int b = k == ANY_NUMBER ? (n == 0 || n == 1 ? (int)n : -1) : bool_of(text);
    if (b < 0) return simple(j, "bool_parsing", "Input should be a valid boolean, unable to interpret input", s, at, v);
    *given = true;
    if (to->as == AS_FLAG)
        *(enum flag *)to->at = b ? FLAG_TRUE : FLAG_FALSE;
    else
        *(bool *)to->at = b == 1;
    return ERR_OK;
}

static err read_fields(struct judge *j, const struct shape *s, str object, const struct place *at, void *out);

static err read_object(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    if (json_kind(v->json) != ANY_OBJECT)
        return s->size ? simple(j, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", s, at, v)
                       : simple(j, "dict_type", "Input should be a valid dictionary", s, at, v);
    if (to->as == AS_STRUCT) {
        *given = true;
        return read_fields(j, s, v->json, at, to->at);
    }
    const char *why = s->judge ? s->judge(j->c, to->record, v->json) : NULL;
    if (why) return not_good(j, s, why, at, v);
    *given = true;
    *(struct any *)to->at = (struct any){ .kind = ANY_OBJECT, .json = v->json };
    return ERR_OK;
}

static err read_list(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    if (json_kind(v->json) != ANY_ARRAY) return simple(j, "list_type", "Input should be a valid list", s, at, v);
    size_t n = 0, pos = 0, size = item_size(s->of), i = 0;
    str item;
    while (json_item(v->json, &pos, &item)) n++;
    char *items = arena_take(j->c->mem, n, size, _Alignof(max_align_t));
    if (!items) return ERR_NOMEM;
    for (pos = 0; json_item(v->json, &pos, &item); i++) {
        const struct place inner = { .up = at, .index = i };
        const struct slot one = { item_as(s->of), items + i * size, to->record };
        bool good = false;
        TRY(read_value(j, s->of, &(struct value){ .json = item }, &inner, &one, &good));
    }
    *given = true;
    *(struct list *)to->at = (struct list){ items, n };
    return ERR_OK;
}

static err read_null(const struct shape *s, const struct slot *to)
{
    if (to->as == AS_INT && shape_is_time(s)) *(int64_t *)to->at = SHAPE_NO_TIME;
    if (to->as == AS_ANY) *(struct any *)to->at = (struct any){ .kind = ANY_NULL, .json = STR("null") };
    return ERR_OK;
}

static err read_value(struct judge *j, const struct shape *s, const struct value *v, const struct place *at, const struct slot *to, bool *given)
{
    if (s->nullable && json_kind(v->json) == ANY_NULL) return *given = true, read_null(s, to);
    switch (s->kind) {
    case K_TEXT: return shape_is_time(s) && to->as == AS_INT ? read_time(j, s, v, at, to, given) : read_text(j, s, v, at, to, given);
    case K_INT: return read_int(j, s, v, at, to, given);
    case K_NUM: return read_real(j, s, v, at, to, given);
    case K_BOOL: return read_bool(j, s, v, at, to, given);
    case K_OBJECT:
    case K_MAP: return read_object(j, s, v, at, to, given);
    case K_ARRAY: return read_list(j, s, v, at, to, given);
    case K_ANY:
    case K_NULL:
    case K_BINARY:
    case K_ONE_OF: break;
    }
    *given = true;
    if (to->as == AS_ANY) *(struct any *)to->at = (struct any){ .kind = json_kind(v->json), .json = v->json, .text = v->text };
    return ERR_OK;
}

static err read_field(struct judge *j, const struct field *f, const struct value *v, const struct place *at, void *out)
{
    const struct slot to = { f->as, (char *)out + f->at, out };
    bool given = false;
    if (f->as == AS_NOTHING) return ERR_OK;
    TRY(read_value(j, f->shape, v, at, &to, &given));
    if (f->given > 0) *(bool *)((char *)out + f->given) = given;
    return ERR_OK;
}

static err missing(struct judge *j, const struct place *at, const struct value *around) { return simple(j, "missing", "Field required", NULL, at, around); }

static err read_fields(struct judge *j, const struct shape *s, str object, const struct place *at, void *out)
{
    struct json_members m;
    TRY(json_scan_members(j->c->mem, object, j->rules, &m, NULL));
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        const struct place inner = { .up = at, .name = str_c(f->name) };
        const struct value v = { .json = json_member(&m, f->name) };
        if (!str_absent(v.json))
            TRY(read_field(j, f, &v, &inner, out));
        else if (f->need)
            TRY(missing(j, &inner, &(struct value){ .json = object }));
    }
    return ERR_OK;
}

/* Parameters and bodies */

/* Of several of one name the last counts. */
static str last_of(const struct params *p, const char *name)
{
    for (size_t i = p->n; i-- > 0;)
        if (str_is(p->v[i].name, name)) return p->v[i].value;
    return STR_NULL;
}

static err lower(struct arena *a, const char *name, str *out)
{
    char *p = arena_z(a, str_c(name));
    if (!p) return ERR_NOMEM;
    for (size_t i = 0; p[i]; i++)
        if (p[i] >= 'A' && p[i] <= 'Z') p[i] = (char)(p[i] + 32);
    *out = str_c(p);
    return ERR_OK;
}

static err read_params(struct judge *j, const struct shape *s, bool headers, void *out)
{
    const struct req *rq = j->c->rq;
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        struct place at = { .name = str_c(f->name) };
        if ((f->in == IN_HEADER) != headers) continue;
        if (headers) TRY(lower(j->c->mem, f->name, &at.name));
        const struct value v = { .text = headers ? req_header(rq, f->name) : last_of(&rq->query, f->name) };
        if (!str_absent(v.text))
            TRY(read_field(j, f, &v, &at, out));
        else if (f->need)
            TRY(missing(j, &at, &(struct value){ 0 }));
    }
    return ERR_OK;
}

/* An empty field of a form counts as none. */
static err read_form(struct judge *j, const struct params *form, void *out)
{
    const struct shape *s = j->op->body;
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        const struct place at = { .name = str_c(f->name) };
        const struct value v = { .text = last_of(form, f->name) };
        if (v.text.n)
            TRY(read_field(j, f, &v, &at, out));
        else if (f->need)
            TRY(missing(j, &at, &(struct value){ 0 }));
    }
    return ERR_OK;
}

static err not_json(struct judge *j, const struct json_error *bad)
{
    struct flaw f = { .type = "json_invalid", .msg = STR("JSON decode error") };
    const struct place at = { .index = bad->chars };
    return with_text(j, &f, "error", str_c(bad->why), &at, &(struct value){ .json = STR("{}") });
}

static err not_object(struct judge *j, const struct value *v)
{
    bool secret = has_secrets(j->op->body) && (str_absent(v->json) || json_kind(v->json) == ANY_TEXT);
    return found(
        j,
        &(struct flaw){ .type = "model_attributes_type", .msg = STR("Input should be a valid dictionary or object to extract fields from"), .secret = secret },
        NULL, v);
}

static err read_json(struct judge *j, void *out)
{
    struct json_error bad = { 0 };
    str body = j->c->rq->body;
    if (body.n == 0) return missing(j, NULL, &(struct value){ 0 });
    err e = json_scan(body, j->rules, &bad);
    if (e == ERR_INPUT) return not_json(j, &bad);
    TRY(e);
    body = str_trim(body);
    if (json_kind(body) == ANY_NULL) return j->op->body_need ? missing(j, NULL, &(struct value){ 0 }) : ERR_OK;
    if (json_kind(body) != ANY_OBJECT) return not_object(j, &(struct value){ .json = body });
    return read_fields(j, j->op->body, body, NULL, out);
}

static err read_body(struct judge *j, const struct route_visit *v, enum judged kind, void *out)
{
    switch (kind) {
    case JUDGED_NOTHING: return ERR_OK;
    case JUDGED_JSON: return read_json(j, out);
    case JUDGED_FORM: return read_form(j, &v->form, out);
    case JUDGED_OTHER: return j->c->rq->body.n ? not_object(j, &(struct value){ .text = j->c->rq->body }) : missing(j, NULL, &(struct value){ 0 });
    }
    return ERR_OK;
}

err judge_request(struct route_visit *v, void *query, enum judged kind, void *body)
{
    CLEANUP(buf_release) struct buf b = BUF(REPORT_MAX);
    struct judge j = { .c = v->c, .op = v->at.op, .rules = &v->at.family->json, .w = JW(&b) };
    jw_open(&j.w, '[');
    j.root = "query";
    if (query) TRY(read_params(&j, v->at.op->query, false, query));
    j.root = "header";
    if (query) TRY(read_params(&j, v->at.op->query, true, query));
    j.root = "body";
    TRY(read_body(&j, v, kind, body));
    jw_close(&j.w, ']');
    if (j.n == 0) return ERR_OK;
    TRY(buf_to_arena(&b, v->c->mem, &v->report));
    return fail_status(v->c, ERR_INPUT, 422, "the request is not valid");
}
