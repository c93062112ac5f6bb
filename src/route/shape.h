/* route/shape.h: one kind of table describes request bodies, query and header parameters and replies. It drives reading, checking and writing,
 * and prints the OpenAPI 3.1 document.
 *
 * A shape says what a value may be (for the document and for strict families); a field's .as says into which C type it is read. Tables are
 * static const, pointers are never owned. */
#pragma once
#include "base/call.h"
#include "base/json.h"
#include "http/http.h"

enum kind { K_ANY, K_NULL, K_BOOL, K_INT, K_NUM, K_TEXT, K_ARRAY, K_OBJECT, K_MAP, K_BINARY, K_ONE_OF };

struct field;
struct shape {
    enum kind kind;
    const char *name; /* component name in the document; NULL: written in place */
    const char *doc;  /* description */
    bool nullable;
    const char *format;                     /* "uuid", "date-time", "email" … ; only documented unless a strict family checks it */
    const char *pattern, *example, *preset; /* preset: JSON text of the default */
    const char *const *values;              /* allowed values, NULL-terminated; K_TEXT: texts, K_INT and K_NUM: their JSON text */
    bool limited;                           /* min and max hold; INT64_MIN, INT64_MAX: none */
    int64_t min, max;                       /* K_INT, K_NUM: value; K_TEXT: code points; K_ARRAY: items */
    const struct shape *of;                 /* K_ARRAY: items; K_MAP: values */
    const struct shape *const *options;     /* K_ONE_OF, NULL-terminated */
    const struct field *fields;             /* K_OBJECT */
    size_t n_fields, size;                  /* size: of the C struct; 0 for shapes only documented */
    bool secret;                            /* K_TEXT: never repeated in an answer */
    /* K_TEXT, families that report: NULL, or what is wrong with a text that is otherwise good, as a sentence. record: the struct as far as it is read,
     * in the order of its fields. The sentence lives in c->mem or is constant. */
    const char *(*judge)(struct call *c, const void *record, str text);
    bool open; /* K_OBJECT: further members are documented, as .of if given; reading ignores unknown members always */
};

/* How a parameter or member is kept in the C struct. */
enum as {
    AS_NOTHING, /* documented only */
    AS_TEXT,    /* str; absent: p == NULL. A JSON number or boolean given where text is wanted: strict: refused; loose: its JSON text */
    AS_INT,     /* int64_t; pair with .given. Of a text of format "date-time": Unix ms, SHAPE_NO_TIME for null */
    AS_REAL,    /* double */
    AS_BOOL,    /* bool */
    AS_FLAG,    /* enum flag by docassemble api 2.5: absent, false, true */
    AS_ANY,     /* struct any: the value verbatim */
    AS_STRUCT,  /* nested struct, .shape->fields say how */
    AS_LIST,    /* struct list: array of .shape->of */
};
#define SHAPE_NO_TIME INT64_MIN
enum flag { FLAG_ABSENT, FLAG_FALSE, FLAG_TRUE };
static inline bool flag_or(enum flag f, bool preset) { return f == FLAG_ABSENT ? preset : f == FLAG_TRUE; }

enum any_kind { ANY_ABSENT, ANY_NULL, ANY_BOOL, ANY_NUMBER, ANY_TEXT, ANY_ARRAY, ANY_OBJECT };
struct any {
    enum any_kind kind;
    str json; /* the JSON slice as received; of a form or query parameter: STR_NULL */
    str text; /* ANY_TEXT: decoded */
};
struct list {
    void *v; /* by of->kind: K_TEXT str, K_INT int64_t, K_NUM double, K_BOOL bool, K_OBJECT with .size that struct, else struct any */
    size_t n;
};

struct field {
    const char *name, *also; /* also: a second name, read when the first is absent */
    const struct shape *shape;
    bool need; /* documented as required; strict families refuse its absence */
    enum as as;
    size_t at;       /* offset in the struct */
    ptrdiff_t given; /* offset of a bool set when present; 0: none, so such a bool is never the first member */
    const char *doc;
    enum { IN_BODY, IN_QUERY, IN_HEADER, IN_PATH, IN_COOKIE } in; /* of parameters */
};

/* clang-format off */
#define AS_OF(S, m)                                                                                                                                            \
    _Generic(((S *)0)->m, str                                                                                                                                  \
             : AS_TEXT, int64_t                                                                                                                                \
             : AS_INT, double                                                                                                                                  \
             : AS_REAL, bool                                                                                                                                   \
             : AS_BOOL, enum flag                                                                                                                              \
             : AS_FLAG, struct any                                                                                                                             \
             : AS_ANY, struct list                                                                                                                             \
             : AS_LIST, default                                                                                                                                \
             : AS_STRUCT)
/* FIELD(struct body, member, "name", &shape, .need = true) */
#define FIELD(S, m, nm, sh, ...)                                                                                                                               \
    {                                                                                                                                                          \
        .name = (nm), .shape = (sh), .as = AS_OF(S, m), .at = offsetof(S, m), __VA_ARGS__                                                                      \
    }
#define DOC_FIELD(nm, sh, ...)                                                                                                                                 \
    {                                                                                                                                                          \
        .name = (nm), .shape = (sh), .as = AS_NOTHING, __VA_ARGS__                                                                                             \
    }
#define OBJECT(S, nm, list)                                                                                                                                    \
    {                                                                                                                                                          \
        .kind = K_OBJECT, .name = (nm), .fields = (list), .n_fields = COUNT_OF(list), .size = sizeof(S)                                                        \
    }
/* clang-format on */

/* Shapes everybody needs. */
extern const struct shape shape_any, shape_text, shape_int, shape_num, shape_bool, shape_text_null, shape_int_null, shape_uuid, shape_email, shape_datetime,
    shape_object /* open, no fields */, shape_binary;

/* Fills the struct (zeroed, s->size bytes) from a JSON object.
 *   strict  the first violation is fail()ed with its JSON pointer: ERR_INPUT. null counts as absent unless the shape is nullable
 *   loose   never judges (docassemble-api 2.5): what does not convert counts as absent, .given false. AS_TEXT takes any value, other than text as its
 *           JSON text; AS_INT truncates numbers and takes decimal texts with blanks; AS_BOOL and AS_FLAG follow flag(); AS_STRUCT and
 *           AS_LIST take the native value or a text that holds JSON; AS_REAL numbers and decimal texts */
err shape_read(struct call *c, const struct shape *s, str json, const struct json_rules *rules, bool loose, void *out) MUST_CHECK;
/* The same from decoded pairs (query, form). */
err shape_read_params(struct call *c, const struct field *fields, size_t n, const struct params *p, bool loose, void *out) MUST_CHECK;
/* Writes a struct as JSON (a K_ARRAY shape: a struct list); members in table order, or sorted by name. Left out are members whose .given is false and, unless
 * .need, absent texts, flags and anys; with .need they are null. */
void shape_write(struct jw *w, const struct shape *s, const void *from, bool sorted);
