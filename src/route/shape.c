/* route/shape.c: the shapes everybody needs, and the start-up check that tables say what the C structs are. */
#include "route/route_int.h"
#include <stdarg.h>

const struct shape shape_any = { .kind = K_ANY };
const struct shape shape_text = { .kind = K_TEXT };
const struct shape shape_int = { .kind = K_INT };
const struct shape shape_num = { .kind = K_NUM };
const struct shape shape_bool = { .kind = K_BOOL };
const struct shape shape_text_null = { .kind = K_TEXT, .nullable = true };
const struct shape shape_int_null = { .kind = K_INT, .nullable = true };
const struct shape shape_uuid = { .kind = K_TEXT, .format = "uuid" };
const struct shape shape_email = { .kind = K_TEXT, .format = "email" };
const struct shape shape_datetime = { .kind = K_TEXT, .format = "date-time" };
const struct shape shape_object = { .kind = K_OBJECT, .open = true };
const struct shape shape_binary = { .kind = K_BINARY };

err refuse(struct arena *a, str *why, err code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err e = arena_vprintf(a, why, fmt, args);
    va_end(args);
    return e == ERR_OK ? code : e;
}

enum as item_as(const struct shape *of)
{
    switch (of ? of->kind : K_ANY) {
    case K_TEXT: return AS_TEXT;
    case K_INT: return AS_INT;
    case K_NUM: return AS_REAL;
    case K_BOOL: return AS_BOOL;
    case K_OBJECT: return of->size ? AS_STRUCT : AS_ANY;
    case K_ANY:
    case K_NULL:
    case K_ARRAY:
    case K_MAP:
    case K_BINARY:
    case K_ONE_OF: return AS_ANY;
    }
    return AS_ANY;
}

size_t item_size(const struct shape *of)
{
    static const size_t size[] = {
        [AS_TEXT] = sizeof(str), [AS_INT] = sizeof(int64_t), [AS_REAL] = sizeof(double), [AS_BOOL] = sizeof(bool), [AS_ANY] = sizeof(struct any)
    };
    enum as as = item_as(of);
    return as == AS_STRUCT ? of->size : size[as];
}

bool shape_is_time(const struct shape *s) { return s->kind == K_TEXT && s->format && strcmp(s->format, "date-time") == 0; }

/* May a value of this kind be kept as that type? A loose family reads texts and flags out of anything. */
static bool kind_fits(const struct shape *s, enum as as, bool loose)
{
    switch (as) {
    case AS_NOTHING:
    case AS_ANY: return true;
    case AS_TEXT: return s->kind == K_TEXT || loose;
    case AS_FLAG: return s->kind == K_BOOL || loose;
    case AS_BOOL: return s->kind == K_BOOL || loose;
    case AS_INT: return s->kind == K_INT || shape_is_time(s) || (loose && s->kind != K_OBJECT && s->kind != K_ARRAY);
    case AS_REAL: return s->kind == K_NUM || s->kind == K_INT;
    case AS_STRUCT: return s->kind == K_OBJECT && s->size > 0;
    case AS_LIST: return s->kind == K_ARRAY && s->of;
    }
    return false;
}

struct verifier {
    struct arena *a;
    const char *owner;
    bool loose;
    str *why;
};

static err verify(const struct verifier *k, const struct shape *s, unsigned depth);

static err verify_field(const struct verifier *k, const struct shape *s, const struct field *f, unsigned depth)
{
    const char *in = s->name ? s->name : "(unnamed)";
    if (!f->name || !f->shape) return refuse(k->a, k->why, ERR_INPUT, "%s: %s: a field without name or shape", k->owner, in);
    if (!kind_fits(f->shape, f->as, k->loose)) return refuse(k->a, k->why, ERR_INPUT, "%s: %s.%s: the C type does not fit the kind", k->owner, in, f->name);
    if (f->as != AS_NOTHING && (s->size == 0 || f->at >= s->size || f->given >= (ptrdiff_t)s->size))
        return refuse(k->a, k->why, ERR_INPUT, "%s: %s.%s: outside its struct", k->owner, in, f->name);
    return verify(k, f->shape, depth + 1);
}

static err verify(const struct verifier *k, const struct shape *s, unsigned depth)
{
    if (!s || s->kind == K_ANY) return ERR_OK;
    if (depth > SHAPE_DEPTH || s->n_fields > FIELDS_MAX)
        return refuse(k->a, k->why, ERR_INPUT, "%s: %s: nested too deep, or too many fields", k->owner, s->name ? s->name : "(unnamed)");
    if (s->limited && s->min > s->max) return refuse(k->a, k->why, ERR_INPUT, "%s: %s: nothing fits its limits", k->owner, s->name ? s->name : "(unnamed)");
    if (s->kind == K_ONE_OF && !s->options) return refuse(k->a, k->why, ERR_INPUT, "%s: alternatives without .options", k->owner);
    for (size_t i = 0; i < s->n_fields; i++) TRY(verify_field(k, s, &s->fields[i], depth));
    for (const struct shape *const *o = s->kind == K_ONE_OF ? s->options : NULL; o && *o; o++) TRY(verify(k, *o, depth + 1));
    return s->of ? verify(k, s->of, depth + 1) : ERR_OK;
}

err shape_verify(struct arena *a, const struct shape *s, const char *owner, bool loose, str *why)
{
    return verify(&(struct verifier){ a, owner, loose, why }, s, 0);
}
