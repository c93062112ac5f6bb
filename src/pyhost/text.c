/* pyhost/text.c: authors' texts, expressions and code: compiled once when the interview is loaded, evaluated with the answers as globals. */
#include "pyhost/engine_int.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

/* compiling */

/* "<code block, FILE, block on line N>": tells interview code from code in files, and where it stands. */
static PyObject *pseudo_name(struct interview *iv, struct block *b, const char *what)
{
    if (!b) return PyUnicode_FromFormat("<%s, %U>", what, iv->name);
    return PyUnicode_FromFormat("<%s, %U, block on line %u>", what, b->file, b->line);
}

/* A failed compilation as DASourceError with the place; other exceptions stay. */
static int compile_failed(struct interview *iv, struct block *b, const char *what)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError)) return -1;
    PYOWN(text) = error_text();
    if (!text) return -1;
    if (b) return block_error(b, "%s: %U", what, text);
    return engine_error("DASourceError", "%s: %U in file %U", what, text, iv->name);
}

static PyObject *compile_source(struct interview *iv, struct block *b, str source, const char *what, int start)
{
    PYOWN(name) = pseudo_name(iv, b, what);
    if (!name) return NULL;
    if (memchr(source.p, 0, source.n)) {
        PyErr_SetString(PyExc_SyntaxError, "source code cannot contain null bytes");
        return NULL;
    }
    PYOWN(text) = PyBytes_FromStringAndSize(source.p, (Py_ssize_t)source.n);
    if (!text) return NULL;
    return Py_CompileStringObject(PyBytes_AS_STRING(text), name, start, NULL, -1);
}

/* An expression over several lines is one in parentheses. */
static PyObject *compile_lines(struct interview *iv, struct block *b, str source, const char *what)
{
    PYOWN(code) = compile_source(iv, b, source, what, Py_eval_input);
    if (code || str_find(source, '\n', 0) >= source.n || !PyErr_ExceptionMatches(PyExc_SyntaxError)) return py_keep(&code);
    PyErr_Clear();
    PYOWN(text) = py_str(source);
    PYOWN(wrapped) = text ? PyUnicode_FromFormat("(%U\n)", text) : NULL;
    return wrapped ? compile_source(iv, b, py_view(wrapped), what, Py_eval_input) : NULL;
}

/* The code named by its own text, so that an error can show it (trouble.c). */
static PyObject *named_code(PyObject *code, str source)
{
    PYOWN(replace) = py_attr(code, "replace");
    PYOWN(none) = PyTuple_New(0);
    PYOWN(text) = py_str(source);
    PYOWN(names) = text ? Py_BuildValue("{sO}", "co_name", text) : NULL;
    return replace && none && names ? PyObject_Call(replace, none, names) : NULL;
}

int expr_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct expr *out)
{
    *out = (struct expr){ 0 };
    if (!PyUnicode_Check(source)) {
        out->constant = interview_keep(iv, Py_NewRef(source));
        return out->constant ? 0 : -1;
    }
    out->source = interview_keep(iv, Py_NewRef(source));
    PYOWN(code) = out->source ? compile_lines(iv, b, str_trim(py_view(source)), what) : NULL;
    if (!code) return compile_failed(iv, b, what);
    out->code = interview_keep(iv, named_code(code, str_trim(py_view(source))));
    return out->code ? 0 : -1;
}

int suite_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct expr *out)
{
    *out = (struct expr){ 0 };
    out->source = interview_keep(iv, PyObject_Str(source));
    PyObject *code = out->source ? compile_source(iv, b, py_view(out->source), what, Py_file_input) : NULL;
    if (!code) return compile_failed(iv, b, what);
    out->code = interview_keep(iv, code);
    return out->code ? 0 : -1;
}

int text_uses_mako(str source)
{
    static const char *const marks[] = { "<%", "${", "% if", "% for", "% while", "##" };
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_search(source, str_c(marks[i])) < source.n) return 1;
    return 0;
}

/* The sources named by the block's `usedefs`, in front of the text. */
static PyObject *with_defs(struct interview *iv, struct block *b, PyObject *text)
{
    PyObject *uses = b && b->source ? py_get_b(b->source, "usedefs") : NULL;
    if (!uses || uses == Py_None) return Py_NewRef(text);
    PYOWN(list) = PyList_Check(uses) ? Py_NewRef(uses) : Py_BuildValue("[O]", uses);
    PYOWN(whole) = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; list && whole && i < PyList_GET_SIZE(list); i++) {
        PyObject *def = iv->defs ? PyDict_GetItemWithError(iv->defs, PyList_GET_ITEM(list, i)) : NULL;
        if (!def) {
            block_error(b, "There is no def block named %S", PyList_GET_ITEM(list, i));
            return NULL;
        }
        PyObject *more = PyUnicode_Concat(whole, def);
        Py_SETREF(whole, more);
    }
    return list && whole ? PyUnicode_Concat(whole, text) : NULL;
}

static PyObject *template_compile(struct interview *iv, struct block *b, PyObject *text, const char *what)
{
    PYOWN(compile) = py_lib("mako_text", "compiled");
    PYOWN(name) = pseudo_name(iv, b, what);
    return compile && name ? PyObject_CallFunctionObjArgs(compile, text, name, NULL) : NULL;
}

int text_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct text *out)
{
    *out = (struct text){ 0 };
    PYOWN(plain) = PyUnicode_Check(source) ? Py_NewRef(source) : PyObject_Str(source);
    PYOWN(text) = plain ? with_defs(iv, b, plain) : NULL;
    if (!text) return -1;
    /* What code passed to message() is ready text, and may be what a user typed: it must not run. */
    bool ready = b && (b->is_temporary || (b->outer && b->outer->is_temporary));
    if (ready || !text_uses_mako(py_view(text))) {
        out->literal = interview_keep(iv, Py_NewRef(text));
        return out->literal ? 0 : -1;
    }
    PyObject *template = template_compile(iv, b, text, what);
    if (!template) return compile_failed(iv, b, what);
    out->template = interview_keep(iv, template);
    out->source = interview_keep(iv, Py_NewRef(plain));
    return out->template && out->source ? 0 : -1;
}

/* evaluating */

PyObject *expr_eval(struct eval *e, const struct expr *x)
{
    if (x->code) return PyEval_EvalCode(x->code, e->answers, e->answers);
    return Py_NewRef(x->constant ? x->constant : Py_None);
}

int suite_run(struct eval *e, const struct expr *x)
{
    PYOWN(nothing) = expr_eval(e, x);
    return nothing ? 0 : -1;
}

/* Calls the template's function with the answers as its globals; the pieces it writes are joined. */
static PyObject *run_template(struct eval *e, PyObject *code)
{
    static PyObject *filters, *empty;
    if (!filters && !(filters = py_lib("mako_text", "FILTER_SOURCE"))) return NULL;
    if (!empty && !(empty = PyUnicode_FromString(""))) return NULL;
    PYOWN(pieces) = PyList_New(0);
    PYOWN(write) = pieces ? py_attr(pieces, "append") : NULL;
    PYOWN(function) = write ? PyFunction_New(code, e->answers) : NULL;
    PYOWN(done) = function ? PyObject_CallFunctionObjArgs(function, write, (PyObject *)&PyUnicode_Type, filters, NULL) : NULL;
    return done ? PyUnicode_Join(empty, pieces) : NULL;
}

static PyObject *run_mako(struct eval *e, PyObject *template)
{
    PYOWN(render) = py_attr(template, "render_unicode");
    PYOWN(none) = PyTuple_New(0);
    PYOWN(names) = PyDict_Copy(e->answers);
    if (!render || !none || !names) return NULL;
    return PyObject_Call(render, none, names);
}

/* The translation into the current language: a text, or what it was compiled to; NULL without exception if there is none. */
static PyObject *translation(struct eval *e, PyObject *source)
{
    PYOWN(language) = py_attr(e->state, "language");
    PyObject *texts = language ? PyDict_GetItemWithError(e->iv->translations, language) : NULL;
    PyObject *found = texts ? PyDict_GetItemWithError(texts, source) : NULL;
    if (!found || !PyUnicode_Check(found) || !text_uses_mako(py_view(found))) return Py_XNewRef(found);
    PYOWN(template) = template_compile(e->iv, NULL, found, "translation");
    return template && PyDict_SetItem(texts, source, template) == 0 ? py_keep(&template) : NULL;
}

static PyObject *render_translated(struct eval *e, const struct text *t)
{
    PYOWN(found) = translation(e, t->literal ? t->literal : t->source);
    if (!found || PyUnicode_Check(found)) return py_keep(&found);
    struct text own = { .template = found };
    return PyCode_Check(own.template) ? run_template(e, own.template) : run_mako(e, own.template);
}

PyObject *text_render(struct eval *e, const struct text *t)
{
    if (e->iv->translations && (t->literal || t->source)) {
        PyObject *text = render_translated(e, t);
        if (text || PyErr_Occurred()) return text;
    }
    if (t->literal) return Py_NewRef(t->literal);
    if (!t->template) return PyUnicode_FromString("");
    return PyCode_Check(t->template) ? run_template(e, t->template) : run_mako(e, t->template);
}

PyObject *text_render_with(struct eval *e, const struct text *t, PyObject *extra)
{
    if (!extra || t->literal) return text_render(e, t);
    PyObject *saved = overlay_begin(e, extra);
    if (!saved) return NULL;
    PYOWN(text) = text_render(e, t);
    overlay_end(e, saved);
    return PyErr_Occurred() ? NULL : py_keep(&text);
}

PyObject *markdown_html(PyObject *text, bool trim)
{
    PYOWN(convert) = py_lib("markdown", "to_html");
    return convert ? PyObject_CallFunctionObjArgs(convert, text, trim ? Py_True : Py_False, NULL) : NULL;
}
