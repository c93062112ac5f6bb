/* Lists of choices as authors write them become struct choices. Spec: language 3.4, 4.4. */
#include "pyhost/screen_int.h"

/* The extras of one choice. */
static const struct {
    const char *key;
    enum part_how how;
    size_t at;
} extras[] = {
    { "help", HOW_TEXT, offsetof(struct choice, help) },       { "image", HOW_TEXT, offsetof(struct choice, image) },
    { "color", HOW_TEXT, offsetof(struct choice, color) },     { "css class", HOW_TEXT, offsetof(struct choice, css_class) },
    { "default", HOW_EXPR, offsetof(struct choice, preset) },  { "group", HOW_TEXT, offsetof(struct choice, group) },
    { "show if", HOW_EXPR, offsetof(struct choice, show_if) },
};

static struct part **extra_of(struct choice *c, str key, enum part_how *how)
{
    for (size_t i = 0; i < COUNT_OF(extras); i++) {
        if (!str_is(key, extras[i].key)) continue;
        *how = extras[i].how;
        return (struct part **)(void *)((char *)c + extras[i].at);
    }
    return NULL;
}

/* A value keeps its YAML type; a text may be a template. A mapping is an embedded block, kept by the block around it. */
static int compile_value(struct block *b, PyObject *value, struct part **out)
{
    if (PyList_Check(value)) return plan_error(b, "The value of a choice must not be a list", value);
    if (PyDict_Check(value)) return 0;
    return part_compile(b, value, HOW_DATA, "choice", out);
}

static int compile_pair(struct block *b, PyObject *label, PyObject *value, struct choice *out)
{
    if (part_compile(b, label, HOW_TEXT, "choice", &out->label) < 0) return -1;
    return compile_value(b, value, &out->value);
}

static int compile_map(struct block *b, PyObject *source, struct choice *out)
{
    PyObject *key, *value, *label = py_get_b(source, "label"), *given = py_get_b(source, "value");
    Py_ssize_t at = 0;
    bool single = PyDict_Size(source) == 1;
    if (!given) given = py_get_b(source, "key");
    while (PyDict_Next(source, &at, &key, &value)) {
        enum part_how how;
        struct part **extra = single ? NULL : extra_of(out, py_view(key), &how);
        if (extra) {
            if (part_compile(b, value, how, "choice", extra) < 0) return -1;
        } else if (!(label && given) && !str_is(py_view(key), "url")) {
            if (out->label) return plan_error(b, "A choice has one label, this one has more", source);
            if (compile_pair(b, key, value, out) < 0) return -1;
        }
    }
    return label && given ? compile_pair(b, label, given, out) : out->label ? 0 : plan_error(b, "A choice needs a label", source);
}

static int compile_one(struct block *b, PyObject *source, struct choice *out)
{
    if (PyDict_Check(source)) {
        PyObject *code = PyDict_Size(source) == 1 ? py_get_b(source, "code") : NULL;
        return code && PyUnicode_Check(code) ? part_compile(b, code, HOW_EXPR, "choices", &out->splice) : compile_map(b, source, out);
    }
    if (PyList_Check(source) && PyList_GET_SIZE(source) == 2) return compile_pair(b, PyList_GET_ITEM(source, 1), PyList_GET_ITEM(source, 0), out);
    if (PyList_Check(source)) return plan_error(b, "A choice that is a list has a value and a label", source);
    /* Numbers become texts here, unlike in {Label: 5}; only true, false and null stay themselves. */
    if (PyBool_Check(source) || source == Py_None) return compile_pair(b, source, source, out);
    if (part_compile(b, source, HOW_TEXT, "choice", &out->label) < 0) return -1;
    out->value = out->label;
    return 0;
}

static PyObject *as_list(struct block *b, PyObject *source, bool *sorted)
{
    if (PyList_Check(source)) return Py_NewRef(source);
    if (!PyDict_Check(source)) {
        plan_error(b, "Choices must be a list, not", source);
        return NULL;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    PYOWN(list) = PyList_New(0);
    *sorted = true;
    while (list && PyDict_Next(source, &at, &key, &value)) {
        PYOWN(item) = PyDict_New();
        if (!item || PyDict_SetItem(item, key, value) < 0 || PyList_Append(list, item) < 0) return NULL;
    }
    return py_keep(&list);
}

int choices_compile(struct block *b, PyObject *source, bool objects, struct choices **out)
{
    struct choices *c = PLAN_NEW(b, struct choices);
    if (!c) return -1;
    c->block = b;
    *out = c;
    if (objects) return part_compile(b, source, HOW_EXPR, "choices", &c->objects);
    PyObject *code = PyDict_Check(source) && PyDict_Size(source) == 1 ? py_get_b(source, "code") : NULL;
    if (code) return part_compile(b, code, HOW_EXPR, "choices", &c->code);
    PYOWN(list) = as_list(b, source, &c->is_sorted);
    if (!list) return -1;
    c->n = (size_t)PyList_GET_SIZE(list);
    c->v = PLAN_NEW_N(b, struct choice, c->n);
    for (size_t i = 0; c->v && i < c->n; i++)
        if (compile_one(b, PyList_GET_ITEM(list, (Py_ssize_t)i), &c->v[i]) < 0) return -1;
    return c->v ? 0 : -1;
}

int choices_datatype(const struct choices *c)
{
    bool none = false;
    if (c->code || c->objects || c->n == 0) return 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct part *value = c->v[i].value;
        if (!value || value->kind != PART_CONST) return 0;
        if (value->constant == Py_None)
            none = true;
        else if (!PyBool_Check(value->constant))
            return 0;
    }
    return none ? 2 : 1;
}

int choices_define(struct block *b, PyObject *var, const struct choices *c)
{
    for (size_t i = 0; c && i < c->n; i++) {
        const struct part *value = c->v[i].value;
        PyObject *literal = !value ? NULL : value->kind == PART_CONST ? value->constant : value->kind == PART_TEXT ? value->text.literal : NULL;
        if (!literal) continue;
        PYOWN(name) = PyUnicode_FromFormat("%U[%R]", var, literal);
        if (!name || plan_defines(b, name) < 0) return -1;
    }
    return 0;
}
