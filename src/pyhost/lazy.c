/* pyhost/lazy.c: templates: nothing is rendered until somebody looks. Spec: language 3.13. */
#include "pyhost/lazy_int.h"
#include <fcntl.h>

/* compiling */

/* The texts of the files that `content file` names, joined. */
PyObject *lazy_files(struct block *b, PyObject *names)
{
    PYOWN(list) = PyList_Check(names) ? Py_NewRef(names) : Py_BuildValue("[O]", names);
    PYOWN(whole) = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; list && whole && i < PyList_GET_SIZE(list); i++) {
        PYOWN(name) = source_reference(PyList_GET_ITEM(list, i), b->package, "templates");
        str text;
        int missing = name ? source_missing(py_view(name)) : -1;
        if (missing > 0) block_error(b, "The file %U does not exist", name);
        if (missing || source_read(b->iv->mem, py_view(name), &b->iv->sources, &text) < 0) return NULL;
        PYOWN(more) = py_str(text);
        Py_SETREF(whole, more ? PyUnicode_Concat(whole, more) : NULL);
    }
    return list ? py_keep(&whole) : NULL;
}

static int compile_content(struct block *b, struct lazy *lazy)
{
    PyObject *content = py_get_b(b->source, "content"), *file = py_get_b(b->source, "content file");
    if (content) return text_compile(b->iv, b, content, "template", &lazy->content);
    if (!file) return block_error(b, "A template needs content or a content file");
    if (PyDict_Check(file)) {
        PyObject *code = py_get_b(file, "code");
        return code ? expr_compile(b->iv, b, code, "content file", &lazy->content_file) : block_error(b, "A content file is a name, a list of names or code");
    }
    PYOWN(text) = lazy_files(b, file);
    return text ? text_compile(b->iv, b, text, "template", &lazy->content) : -1;
}

int lazy_compile(struct block *b)
{
    struct lazy *lazy = b->lazy = interview_take(b->iv, 1, sizeof *lazy);
    PyObject *subject = py_get_b(b->source, "subject"), *decoration = py_get_b(b->source, "decoration");
    if (!lazy || compile_content(b, lazy) < 0) return -1;
    if (subject && text_compile(b->iv, b, subject, "subject", &lazy->subject) < 0) return -1;
    return decoration ? text_compile(b->iv, b, decoration, "decoration", &lazy->decoration) : 0;
}

/* making and rendering */

static PyObject *loop_values(struct eval *e)
{
    static const char *const names[] = { "x", "i", "j", "k", "l", "m", "n" };
    PYOWN(values) = PyDict_New();
    for (size_t i = 0; values && i < COUNT_OF(names); i++) {
        PyObject *value = py_get_b(e->answers, names[i]);
        if (value && py_set(values, names[i], value) < 0) return NULL;
    }
    return py_keep(&values);
}

int lazy_make(struct eval *e, struct block *b, const struct binding *bind)
{
    PYOWN(class) = py_lib("objects.templates", b->type == BLOCK_TABLE ? "DALazyTableTemplate" : "DALazyTemplate");
    PYOWN(loops) = loop_values(e);
    PYOWN(arguments) = Py_BuildValue("(O)", bind->sought);
    PYOWN(named) = loops ? Py_BuildValue("{sisO}", "source_block", b->number, "loop_values", loops) : NULL;
    PYOWN(made) = class && arguments && named ? PyObject_Call(class, arguments, named) : NULL;
    return made ? value_assign(e, bind->sought, made) : -1;
}

/* A template that fills a place of a page that is shown: what seeks it gets the text itself. */
PyObject *lazy_screen(struct eval *e, struct block *b)
{
    PYOWN(word) = PyUnicode_FromString("template");
    PYOWN(content) = PyUnicode_FromString("content");
    PYOWN(subject) = PyUnicode_FromString("subject");
    if (!word || !content || !subject) return NULL;
    PYOWN(title) = text_given(&b->lazy->subject) ? text_trimmed(lazy_render(e, b->number, subject, NULL), TRIM_END) : Py_NewRef(Py_None);
    PYOWN(text) = title ? text_trimmed(lazy_render(e, b->number, content, NULL), TRIM_END) : NULL;
    PYOWN(screen) = text ? screen_command(e, b, word, title) : NULL;
    return screen && py_set(screen, "subquestionText", text) == 0 ? py_keep(&screen) : NULL;
}

static PyObject *render_file(struct eval *e, struct block *b, PyObject *extra)
{
    PYOWN(names) = expr_eval(e, &b->lazy->content_file);
    struct interview *temp = names ? interview_temporary(e) : NULL;
    if (!temp) return NULL;
    struct block own = *b; /* what is read and compiled for this one rendering goes with the call */
    own.iv = temp;
    PYOWN(source) = lazy_files(&own, names);
    struct text text;
    if (!source || text_compile(temp, &own, source, "template", &text) < 0) return NULL;
    return text_render_with(e, &text, extra);
}

struct block *lazy_block(struct eval *e, long number)
{
    if (number >= 0 && (size_t)number < e->iv->n_blocks && e->iv->blocks[number]->lazy) return e->iv->blocks[number];
    engine_error("DAError", "the interview has no template block %ld any more", number);
    return NULL;
}

PyObject *lazy_render(struct eval *e, long number, PyObject *key, PyObject *extra)
{
    struct block *b = lazy_block(e, number);
    if (!b) return NULL;
    str what = py_view(key);
    if (str_is(what, "content")) return expr_given(&b->lazy->content_file) ? render_file(e, b, extra) : text_render_with(e, &b->lazy->content, extra);
    if (str_is(what, "subject")) return text_render_with(e, &b->lazy->subject, extra);
    if (str_is(what, "decoration")) return text_render_with(e, &b->lazy->decoration, extra);
    engine_error("DAError", "a template has no %S", key);
    return NULL;
}
