/* route/shape_check.c: the strict judgement of a value by its shape. The first violation is recorded with its JSON pointer (RFC 6901). */
#include "route/route_int.h"

struct checker {
    struct call *c;
    const struct json_rules *rules;
    unsigned trying; /* inside an alternative: nothing is recorded */
    unsigned depth;
};

static err check(struct checker *k, const struct shape *s, const struct value *v, const struct place *at);

static void pointer_add(struct buf *b, const struct place *at)
{
    if (!at) return;
    pointer_add(b, at->up);
    if (!at->param) buf_char(b, '/');
    if (str_absent(at->name)) buf_printf(b, "%zu", at->index);
    for (size_t i = 0; i < at->name.n; i++) {
        char ch = at->name.p[i];
        if (!at->param && (ch == '~' || ch == '/'))
            buf_z(b, ch == '~' ? "~0" : "~1");
        else
            buf_char(b, ch);
    }
}

/* What is wrong is said with the place; names come from the tables and lengths are bounded by the body, so the pointer is too. */
static err wrong(struct checker *k, const struct place *at, const char *text)
{
    if (k->trying) return ERR_INPUT;
    CLEANUP(buf_release) struct buf b = BUF(65536);
    pointer_add(&b, at);
    buf_char(&b, 0);
    return fail(k->c, ERR_INPUT, buf_ok(&b) == ERR_OK ? b.p : "", "%s", text);
}

static bool value_allowed(const struct shape *s, str text)
{
    if (!s->values) return true;
    for (const char *const *v = s->values; *v; v++)
        if (str_is(text, *v)) return true;
    return false;
}

static err check_text(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    str text;
    if (!str_absent(v->json) && json_kind(v->json) != ANY_TEXT) return wrong(k, at, "a text is expected");
    TRY(value_text(k->c->mem, v, &text));
    if (!str_utf8_ok(text)) return wrong(k, at, "not UTF-8");
    if (!value_allowed(s, text)) return wrong(k, at, "not one of the allowed values");
    if (s->limited) {
        size_t n = str_utf8_len(text);
        if (s->min > 0 && n < (size_t)s->min) return wrong(k, at, "too short");
        if (s->max >= 0 && n > (size_t)s->max) return wrong(k, at, "too long");
    }
    return ERR_OK;
}

static err check_int(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    int64_t i;
    bool json = !str_absent(v->json);
    if (json && json_kind(v->json) != ANY_NUMBER) return wrong(k, at, "an integer is expected");
    if (str_int(json ? v->json : v->text, &i) != ERR_OK) return wrong(k, at, "an integer is expected");
    if (!value_allowed(s, json ? v->json : v->text)) return wrong(k, at, "not one of the allowed values");
    if (s->limited && i < s->min) return wrong(k, at, "too small");
    if (s->limited && i > s->max) return wrong(k, at, "too large");
    return ERR_OK;
}

static err check_num(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    double d;
    bool json = !str_absent(v->json);
    if (json && json_kind(v->json) != ANY_NUMBER) return wrong(k, at, "a number is expected");
    err e = text_real(k->c->mem, json ? v->json : v->text, &d);
    if (e == ERR_NOMEM) return e;
    if (e != ERR_OK) return wrong(k, at, "a number is expected");
    if (s->limited && d < (double)s->min) return wrong(k, at, "too small");
    if (s->limited && d > (double)s->max) return wrong(k, at, "too large");
    return ERR_OK;
}

static err check_bool(struct checker *k, const struct value *v, const struct place *at)
{
    static const char *const spelt[] = { "true", "false", "1", "0" };
    if (json_kind(v->json) == ANY_BOOL) return ERR_OK;
    for (size_t i = 0; str_absent(v->json) && i < COUNT_OF(spelt); i++)
        if (str_is(v->text, spelt[i])) return ERR_OK;
    return wrong(k, at, "true or false is expected");
}

static err check_array(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    if (json_kind(v->json) != ANY_ARRAY) return wrong(k, at, "an array is expected");
    size_t pos = 0, n = 0;
    struct value item = { 0 };
    for (; json_item(v->json, &pos, &item.json); n++) {
        const struct place inner = { .up = at, .index = n };
        if (s->of) TRY(check(k, s->of, &item, &inner));
    }
    if (s->limited && (int64_t)n < s->min) return wrong(k, at, "too few items");
    if (s->limited && (int64_t)n > s->max) return wrong(k, at, "too many items");
    return ERR_OK;
}

static err check_fields(struct checker *k, const struct shape *s, const struct json_members *m, const struct place *at)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        const struct place inner = { .up = at, .name = str_c(f->name) };
        struct value v = { .json = json_member(m, f->name) };
        if (str_absent(v.json) && f->also) v.json = json_member(m, f->also);
        bool null = json_kind(v.json) == ANY_NULL && !f->shape->nullable && f->shape->kind != K_ANY && f->shape->kind != K_ONE_OF;
        if (f->need && (null || str_absent(v.json))) return wrong(k, &inner, "this field is required");
        if (!null && !str_absent(v.json)) TRY(check(k, f->shape, &v, &inner));
    }
    return ERR_OK;
}

static err check_object(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    if (json_kind(v->json) != ANY_OBJECT) return wrong(k, at, "an object is expected");
    struct json_members m;
    TRY(json_scan_members(k->c->mem, v->json, k->rules, &m, NULL));
    TRY(check_fields(k, s, &m, at));
    for (size_t i = 0; s->kind == K_MAP && s->of && i < m.n; i++) {
        const struct place inner = { .up = at, .name = m.v[i].key };
        TRY(check(k, s->of, &(struct value){ .json = m.v[i].value }, &inner));
    }
    return ERR_OK;
}

static err check_one_of(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    for (const struct shape *const *o = s->options; *o; o++) {
        k->trying++;
        err e = check(k, *o, v, at);
        k->trying--;
        if (e != ERR_INPUT) return e;
    }
    return wrong(k, at, "none of the allowed forms");
}

static err check(struct checker *k, const struct shape *s, const struct value *v, const struct place *at)
{
    if (s->nullable && json_kind(v->json) == ANY_NULL) return ERR_OK;
    switch (s->kind) {
    case K_ANY:
    case K_BINARY: return ERR_OK;
    case K_NULL: return json_kind(v->json) == ANY_NULL ? ERR_OK : wrong(k, at, "null is expected");
    case K_BOOL: return check_bool(k, v, at);
    case K_INT: return check_int(k, s, v, at);
    case K_NUM: return check_num(k, s, v, at);
    case K_TEXT: return check_text(k, s, v, at);
    case K_ARRAY: return check_array(k, s, v, at);
    case K_OBJECT:
    case K_MAP: return check_object(k, s, v, at);
    case K_ONE_OF: return check_one_of(k, s, v, at);
    }
    return ERR_OK;
}

err value_check(struct call *c, const struct shape *s, const struct value *v, const struct json_rules *rules, const struct place *at)
{
    return check(&(struct checker){ .c = c, .rules = rules }, s, v, at);
}
