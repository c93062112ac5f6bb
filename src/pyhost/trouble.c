/* pyhost/trouble.c: where an error of an interview arose: the block, the line, and what was being sought for what. Issue C; language 13. */
#include "pyhost/call_int.h"
#include <frameobject.h>

enum {
    LINE_SHOWN = 160, /* bytes of a source line */
    INNER_SHOWN = 8,
    OUTER_SHOWN = 2, /* names of a chain */
};

/* Name and line of the last of the interview's own pieces of code that ran: a pseudo file name, text.c. */
struct spot {
    PyObject *name; /* owned */
    PyObject *text; /* owned; the expression, or the text with Mako in it whose function that is, else NULL */
    bool is_expression;
    int line;
    PyObject *module; /* owned; the file of a package's module that it called, from the package on, else NULL */
    int module_line;
};

/* An expression is the name of its code (text.c); a text that became a function is its documentation (mako_text.py). */
static PyObject *text_of(PyCodeObject *code, bool *is_expression)
{
    *is_expression = !(code->co_flags & CO_OPTIMIZED) && !str_eq(py_view(code->co_name), STR("<module>"));
    if (*is_expression) return Py_NewRef(code->co_name);
    if (!str_eq(py_view(code->co_name), STR("__template"))) return NULL;
    PyObject *text = PyTuple_GET_SIZE(code->co_consts) ? PyTuple_GET_ITEM(code->co_consts, 0) : NULL;
    return text && PyUnicode_Check(text) ? Py_NewRef(text) : NULL;
}

/* Not the frame's line: that may have moved on. */
static int line_in(PyTracebackObject *t)
{
    PYOWN(number) = py_attr((PyObject *)t, "tb_lineno");
    return number && PyLong_Check(number) ? (int)PyLong_AsLong(number) : 0;
}

static void find_spot(PyObject *value, struct spot *out)
{
    PYOWN(trace) = PyException_GetTraceback(value);
    for (PyTracebackObject *t = (PyTracebackObject *)trace; t; t = t->tb_next) {
        PyCodeObject *code = PyFrame_GetCode(t->tb_frame);
        str name = py_view(code->co_filename);
        size_t package = str_search(name, STR("/docassemble."));
        if (str_starts(name, STR("/")) && package < name.n) {
            Py_XSETREF(out->module, py_str(str_from(name, package + 1)));
            out->module_line = line_in(t);
        }
        if (str_starts(name, STR("<")) && str_search(name, STR(", block on line ")) < name.n) {
            Py_CLEAR(out->module);
            /* A function that a text or an expression defines is of the same text. */
            if (!out->text || !out->name || PyUnicode_Compare(out->name, code->co_filename) != 0 || str_eq(py_view(code->co_name), STR("__template")))
                Py_XSETREF(out->text, text_of(code, &out->is_expression));
            Py_XSETREF(out->name, Py_NewRef(code->co_filename));
            out->line = line_in(t);
        }
        Py_DECREF(code);
    }
    PyErr_Clear();
}

/* the block of a spot */

static long number_behind(str s, str mark)
{
    size_t at = str_search(s, mark);
    long n = 0;
    if (at >= s.n) return 0;
    for (at += mark.n; at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && n < 100000000; at++) n = n * 10 + (s.p[at] - '0');
    return n;
}

static struct block *block_of(struct interview *iv, str spot)
{
    long line = number_behind(spot, STR(", block on line "));
    for (size_t i = 0; iv && i < iv->n_blocks; i++) {
        struct block *b = iv->blocks[i];
        if (b->line == (unsigned)line && b->file && str_search(spot, py_view(b->file)) < spot.n) return b;
    }
    return NULL;
}

/* The n-th line, from 1, without what is around it. */
static str line_of(str source, int n)
{
    str line = STR_NULL;
    for (int i = 0; i < n; i++)
        if (!str_cut(&source, '\n', &line)) {
            if (i + 1 < n) line = STR_NULL;
            break;
        }
    return str_trim(line);
}

/* The line of the text, for one of its function. */
static void to_line_of_text(struct spot *s)
{
    PYOWN(find) = s->text && !s->is_expression ? py_lib("mako_text", "line_of") : NULL;
    PYOWN(line) = find ? PyObject_CallFunction(find, "Oi", s->text, s->line) : NULL;
    if (line && PyLong_Check(line)) s->line = (int)PyLong_AsLong(line);
    PyErr_Clear();
}

/* ", line 2: `x = 1 / 0`"; the line alone where the source is not at hand. */
static PyObject *line_text(struct block *b, struct spot *s)
{
    bool code = b && b->code.source && str_starts(py_view(s->name), STR("<code"));
    to_line_of_text(s);
    str source = s->text ? py_view(s->text) : code ? py_view(b->code.source) : STR_NULL;
    str line = str_head(line_of(source, s->line), LINE_SHOWN);
    line = str_head(line, str_utf8_good(line));
    if (!line.n) return s->line > 0 ? PyUnicode_FromFormat(", line %d", s->line) : PyUnicode_FromString("");
    PYOWN(text) = py_str(line);
    return text ? PyUnicode_FromFormat(", line %d: `%U`", s->line, text) : NULL;
}

static PyObject *spot_text(struct interview *iv, struct spot *s)
{
    str name = py_view(s->name);
    struct block *b = block_of(iv, name);
    PYOWN(line) = line_text(b, s);
    PYOWN(inner) = py_str((str){ name.p + 1, name.n - 2 });
    PYOWN(module) = s->module ? PyUnicode_FromFormat(", in %U, line %d", s->module, s->module_line) : PyUnicode_FromString("");
    if (!line || !inner || !module) return NULL;
    return b && b->id ? PyUnicode_FromFormat("in the %U (id %S)%U%U", inner, b->id, line, module) : PyUnicode_FromFormat("in the %U%U%U", inner, line, module);
}

/* The block that was used last, where no code of the interview was running. */
static PyObject *last_block(struct engine_call *c)
{
    struct block *b = c->e.last;
    if (!b || !b->file) return PyUnicode_FromString("");
    return PyUnicode_FromFormat("in the block on line %u of %U", b->line, b->file);
}

/* "seeking c, for b, for a"; empty if nothing was sought. Of a long chain both ends. */
static PyObject *chain_text(struct engine_call *c)
{
    Py_ssize_t n = c->e.sought ? PyList_GET_SIZE(c->e.sought) : 0;
    PYOWN(text) = PyUnicode_FromString("");
    for (Py_ssize_t k = 0; text && k < n; k++) {
        if (n > INNER_SHOWN + OUTER_SHOWN && k == INNER_SHOWN) {
            k = n - OUTER_SHOWN;
            Py_SETREF(text, PyUnicode_FromFormat("%U, for %zd others", text, k - INNER_SHOWN));
        }
        if (text) Py_SETREF(text, PyUnicode_FromFormat("%U%s%S", text, k ? ", for " : "seeking ", PyList_GET_ITEM(c->e.sought, n - 1 - k)));
    }
    return py_keep(&text);
}

static PyObject *place_text(struct engine_call *c, PyObject *value)
{
    struct spot spot = { 0 };
    find_spot(value, &spot);
    PYOWN(where) = spot.name ? spot_text(c->iv, &spot) : last_block(c);
    Py_XDECREF(spot.name);
    Py_XDECREF(spot.text);
    Py_XDECREF(spot.module);
    PYOWN(chain) = where ? chain_text(c) : NULL;
    if (!chain) return NULL;
    bool both = PyUnicode_GET_LENGTH(where) && PyUnicode_GET_LENGTH(chain);
    return PyUnicode_FromFormat("%U%s%U", where, both ? ", " : "", chain);
}

void trouble_note(struct engine_call *c)
{
    PyObject *type, *value, *trace;
    if (c->place || !PyErr_Occurred()) return;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace && value) PyException_SetTraceback(value, trace);
    if (value && PyExceptionInstance_Check(value)) {
        c->place = place_text(c, value);
        Py_XSETREF(c->trouble, PyUnicode_FromString(Py_TYPE(value)->tp_name));
    }
    PyErr_Clear(); /* a place that cannot be told is none */
    PyErr_Restore(type, value, trace);
}

/* The class of the error and where it arose, never its text: that may be what somebody typed. */
static PyObject *log_line(struct engine_call *c)
{
    if (!c->trouble || !c->place || !PyUnicode_GET_LENGTH(c->place)) return NULL;
    PYOWN(dot) = PyUnicode_FromString(".");
    PYOWN(parts) = dot ? PyUnicode_RSplit(c->trouble, dot, 1) : NULL;
    PyObject *class = parts ? PyList_GET_ITEM(parts, PyList_GET_SIZE(parts) - 1) : c->trouble;
    return PyUnicode_FromFormat("%U %U", class, c->place);
}

static void write_line(struct engine_call *c, PyObject *text)
{
    str line = str_head(py_view(text), 4096);
    frame_str(c->reply, TAG_LOG, str_head(line, str_utf8_good(line)));
}

void trouble_write(struct engine_call *c)
{
    PYOWN(line) = log_line(c);
    if (line) write_line(c, line);
    if (line && c->outcome != OUT_UNDEFINED) {
        str place = str_head(py_view(c->place), 4096);
        frame_str(c->reply, TAG_PLACE, str_head(place, str_utf8_good(place)));
    }
    PYOWN(said) = c->state ? py_attr(c->state, "log_lines") : NULL;
    for (Py_ssize_t i = 0; said && PyList_Check(said) && i < PyList_GET_SIZE(said); i++)
        if (PyUnicode_Check(PyList_GET_ITEM(said, i))) write_line(c, PyList_GET_ITEM(said, i));
    PyErr_Clear();
}
