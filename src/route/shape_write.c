/* route/shape_write.c: writes a C struct as JSON by the same table that reads and documents it. */
#include "route/route_int.h"
#include "base/clock.h"

static void write_value(struct jw *w, enum as as, const struct shape *s, const void *from, bool sorted);
static void write_object(struct jw *w, const struct shape *s, const void *from, bool sorted);

static void write_any(struct jw *w, const struct any *v)
{
    if (!str_absent(v->json))
        jw_raw(w, v->json);
    else
        jw_str(w, v->text);
}

static void write_list(struct jw *w, const struct shape *of, const struct list *l, bool sorted)
{
    const char *v = l->v;
    jw_open(w, '[');
    for (size_t i = 0; i < l->n; i++) write_value(w, item_as(of), of, v + i * item_size(of), sorted);
    jw_close(w, ']');
}

static void write_flag(struct jw *w, enum flag f)
{
    if (f == FLAG_ABSENT)
        jw_null(w);
    else
        jw_bool(w, f == FLAG_TRUE);
}

static void write_time(struct jw *w, int64_t ms)
{
    char text[CLOCK_ISO_MAX];
    jw_str(w, (str){ text, clock_iso(ms, text) });
}

static void write_value(struct jw *w, enum as as, const struct shape *s, const void *from, bool sorted)
{
    switch (as) {
    case AS_NOTHING: jw_null(w); break;
    case AS_TEXT: jw_str(w, *(const str *)from); break;
    case AS_INT: shape_is_time(s) ? write_time(w, *(const int64_t *)from) : jw_int(w, *(const int64_t *)from); break;
    case AS_REAL: jw_double(w, *(const double *)from); break;
    case AS_BOOL: jw_bool(w, *(const bool *)from); break;
    case AS_FLAG: write_flag(w, *(const enum flag *)from); break;
    case AS_ANY: write_any(w, from); break;
    case AS_STRUCT: write_object(w, s, from, sorted); break;
    case AS_LIST: write_list(w, s->of, from, sorted); break;
    }
}

/* A value that says by itself that it is not there. */
static bool is_absent(const struct field *f, const void *from)
{
    switch (f->as) {
    case AS_NOTHING: return true;
    case AS_TEXT: return str_absent(*(const str *)from);
    case AS_FLAG: return *(const enum flag *)from == FLAG_ABSENT;
    case AS_ANY: return ((const struct any *)from)->kind == ANY_ABSENT;
    case AS_INT: return shape_is_time(f->shape) && *(const int64_t *)from == SHAPE_NO_TIME;
    case AS_REAL:
    case AS_BOOL:
    case AS_STRUCT:
    case AS_LIST: return false;
    }
    return false;
}

static void write_field(struct jw *w, const struct field *f, const char *base, bool sorted)
{
    const void *from = base + f->at;
    if (f->as == AS_NOTHING || (f->given > 0 && !*(const bool *)(base + f->given))) return;
    bool absent = is_absent(f, from);
    if (absent && !f->need) return;
    jw_key(w, str_c(f->name));
    if (absent)
        jw_null(w);
    else
        write_value(w, f->as, f->shape, from, sorted);
}

static void write_object(struct jw *w, const struct shape *s, const void *from, bool sorted)
{
    unsigned char order[FIELDS_MAX]; /* shape_verify() keeps n_fields within */
    for (size_t i = 0; i < s->n_fields; i++) {
        size_t k = i;
        for (; sorted && k > 0 && strcmp(s->fields[order[k - 1]].name, s->fields[i].name) > 0; k--) order[k] = order[k - 1];
        order[k] = (unsigned char)i;
    }
    jw_open(w, '{');
    for (size_t i = 0; i < s->n_fields; i++) write_field(w, &s->fields[order[i]], from, sorted);
    jw_close(w, '}');
}

void shape_write(struct jw *w, const struct shape *s, const void *from, bool sorted)
{
    if (s->kind == K_ARRAY)
        write_list(w, s->of, from, sorted);
    else
        write_value(w, item_as(s), s, from, sorted);
}
