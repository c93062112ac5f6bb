/* What an author may write where a text, a number, an expression or a structure may stand: compiled once, evaluated per screen. */
#include "pyhost/screen_int.h"

static void drop_object(void *object) { Py_DECREF((PyObject *)object); }

PyObject *plan_keep(struct block *b, PyObject *steal)
{
    if (!steal) return NULL;
    if (arena_on_end(b->iv->mem, drop_object, steal) == ERR_OK) return steal;
    PyErr_NoMemory();
    return NULL;
}

void *plan_take_n(struct block *b, size_t n, size_t size)
{
    void *p = arena_take(b->iv->mem, n ? n : 1, size, _Alignof(max_align_t));
    if (!p) PyErr_NoMemory();
    return p;
}

enum { TEMPORARY_MAX = 16 << 20 };

int temporary_open(struct temporary *t, const struct block *b)
{
    t->interview = *b->iv;
    t->block = *b;
    t->block.iv = &t->interview;
    /* Names are registered at load only. */
    t->block.defines = PyList_New(0);
    t->interview.mem = t->block.defines ? arena_new(TEMPORARY_MAX) : NULL;
    if (t->interview.mem) return 0;
    Py_CLEAR(t->block.defines);
    if (!PyErr_Occurred()) PyErr_NoMemory();
    return -1;
}

void temporary_close(struct temporary *t)
{
    arena_free(t->interview.mem);
    Py_CLEAR(t->block.defines);
}

static int compile_children(struct block *b, PyObject *source, enum part_how how, const char *what, struct part *p);

/* An expression's own assignments (comprehensions, := ) are names of the block; what does not parse is reported by expr_compile. */
static int compile_expr(struct block *b, PyObject *source, const char *what, struct part *p)
{
    p->kind = PART_EXPR;
    if (expr_compile(b->iv, b, source, what, &p->expr) < 0) return -1;
    return PyUnicode_Check(source) ? block_defines_code(b, source, "eval") : 0;
}

int plan_error(const struct block *b, const char *what, PyObject *shown)
{
    PYOWN(text) = PyObject_Repr(shown);
    return text ? block_error(b, "%s: %s", what, PyUnicode_AsUTF8(text)) : -1;
}

int plan_defines(struct block *b, PyObject *name) { return b->is_scanned ? block_defines(b, name) : 0; }

static PyObject *code_of_b(PyObject *source)
{
    if (!PyDict_Check(source) || PyDict_Size(source) != 1) return NULL;
    return py_get_b(source, "code");
}

int part_compile(struct block *b, PyObject *source, enum part_how how, const char *what, struct part **out)
{
    struct part *p = PLAN_NEW(b, struct part);
    if (!p) return -1;
    PyObject *code = code_of_b(source);
    int bad;
    if (code) {
        bad = compile_expr(b, code, what, p);
    } else if (how != HOW_TEXT && (PyDict_Check(source) || PyList_Check(source) || PyTuple_Check(source))) {
        bad = compile_children(b, source, how, what, p);
    } else if (how == HOW_TEXT || (how == HOW_DATA && PyUnicode_Check(source))) {
        p->kind = PART_TEXT;
        bad = text_compile(b->iv, b, source, what, &p->text);
    } else if (PyUnicode_Check(source)) {
        bad = compile_expr(b, source, what, p);
    } else {
        p->kind = PART_CONST;
        p->constant = plan_keep(b, Py_NewRef(source));
        bad = p->constant ? 0 : -1;
    }
    if (bad) return -1;
    *out = p;
    return 0;
}

static int compile_map(struct block *b, PyObject *source, enum part_how how, const char *what, struct part *p)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    p->kind = PART_MAP;
    for (size_t i = 0; PyDict_Next(source, &at, &key, &value) && i < p->n; i++) {
        p->keys[i] = plan_keep(b, Py_NewRef(key));
        if (!p->keys[i] || part_compile(b, value, how, what, &p->items[i]) < 0) return -1;
    }
    return 0;
}

static int compile_children(struct block *b, PyObject *source, enum part_how how, const char *what, struct part *p)
{
    Py_ssize_t n = PyObject_Size(source);
    if (n < 0) return -1;
    p->n = (size_t)n;
    p->items = PLAN_NEW_N(b, struct part *, p->n);
    p->keys = PLAN_NEW_N(b, PyObject *, p->n);
    if (!p->items || !p->keys) return -1;
    if (PyDict_Check(source)) return compile_map(b, source, how, what, p);
    p->kind = PART_LIST;
    PYOWN(list) = PySequence_List(source);
    if (!list) return -1;
    for (Py_ssize_t i = 0; i < n; i++)
        if (part_compile(b, PyList_GET_ITEM(list, i), how, what, &p->items[i]) < 0) return -1;
    return 0;
}

static PyObject *eval_list(struct eval *e, const struct part *p)
{
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < p->n; i++) {
        PYOWN(value) = part_eval(e, p->items[i]);
        if (!value || PyList_Append(list, value) < 0) return NULL;
    }
    return py_keep(&list);
}

static PyObject *eval_map(struct eval *e, const struct part *p)
{
    PYOWN(dict) = PyDict_New();
    for (size_t i = 0; dict && i < p->n; i++) {
        PYOWN(value) = part_eval(e, p->items[i]);
        if (!value || PyDict_SetItem(dict, p->keys[i], value) < 0) return NULL;
    }
    return py_keep(&dict);
}

PyObject *part_eval(struct eval *e, const struct part *p)
{
    switch (p->kind) {
    case PART_CONST: return Py_NewRef(p->constant);
    case PART_TEXT: return text_render(e, &p->text);
    case PART_EXPR: return expr_eval(e, &p->expr);
    case PART_LIST: return eval_list(e, p);
    case PART_MAP: return eval_map(e, p);
    }
    Py_UNREACHABLE();
}

int part_truth(struct eval *e, const struct part *p, int preset)
{
    if (!p) return preset;
    PYOWN(value) = part_eval(e, p);
    return value ? PyObject_IsTrue(value) : -1;
}

PyObject *text_trimmed(PyObject *text, enum trim trim)
{
    PYOWN(own) = text;
    if (!own || trim == TRIM_NONE) return py_keep(&own);
    if (trim == TRIM_HTML) return markdown_html(own, true);
    str view = py_view(own);
    /* Most texts end in a visible character: no copy then. */
    if (view.n > 0 && (unsigned char)view.p[view.n - 1] > ' ' && (unsigned char)view.p[view.n - 1] < 0x80) return py_keep(&own);
    return PyObject_CallMethod(own, "rstrip", NULL);
}

PyObject *part_text(struct eval *e, const struct part *p, enum trim trim)
{
    PYOWN(value) = part_eval(e, p);
    if (!value) return NULL;
    return text_trimmed(PyUnicode_Check(value) ? Py_NewRef(value) : PyObject_Str(value), trim);
}
