/* Names of variables in fields: which may be assigned to, what holds them, their concrete form, and the value they had before. */
#include "pyhost/screen_int.h"
#include "base/buf.h"

enum { NAME_LIMIT = 64 * 1024 };

int variable_check(struct block *b, PyObject *name)
{
    if (!PyUnicode_Check(name)) return block_error(b, "A variable name must be text, not %s", Py_TYPE(name)->tp_name);
    PYOWN(test) = py_lib("names", "is_variable_name");
    PYOWN(fine) = test ? PyObject_CallOneArg(test, name) : NULL;
    if (!fine) return -1;
    if (fine == Py_True) return 0;
    return plan_error(b, "This is not the name of a variable", name);
}

/* Offset behind the bracket that opens at at; the end of the text if it is never closed. Brackets in quotes do not count. */
static size_t past_bracket(str s, size_t at)
{
    unsigned deep = 0;
    char quote = 0;
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (quote) {
            if (c == '\\')
                at++;
            else if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            deep++;
        } else if (c == ']' && --deep == 0) {
            return at + 1;
        }
    }
    return s.n;
}

PyObject *variable_holder(PyObject *name)
{
    str s = py_view(name);
    size_t cut = 0;
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '.')
            cut = at++;
        else if (s.p[at] == '[')
            cut = at, at = past_bracket(s, at);
        else
            at++;
    }
    return cut ? py_str(str_head(s, cut)) : Py_NewRef(Py_None);
}

/* The index variable in "[i]" at at, as 0 … 5; -1 if the bracket holds something else. */
static int index_variable(str s, size_t at)
{
    if (at + 2 >= s.n || s.p[at + 2] != ']' || s.p[at + 1] < 'i' || s.p[at + 1] > 'n') return -1;
    return s.p[at + 1] - 'i';
}

static int add_repr(struct buf *to, PyObject *value)
{
    PYOWN(text) = PyObject_Repr(value);
    if (!text) return -1;
    buf_char(to, '[');
    buf_add(to, py_view(text));
    buf_char(to, ']');
    return 0;
}

PyObject *variable_concrete(PyObject *name, const struct binding *bind)
{
    str s = py_view(name);
    if (!bind || !s.p) return Py_NewRef(name);
    CLEANUP(buf_release) struct buf out = BUF(NAME_LIMIT);
    size_t at = 0;
    if (bind->x_name && s.n && s.p[0] == 'x' && (s.n == 1 || s.p[1] == '.' || s.p[1] == '[')) {
        buf_add(&out, py_view(bind->x_name));
        at = 1;
    }
    while (at < s.n) {
        int index = s.p[at] == '[' ? index_variable(s, at) : -1;
        if (index >= 0 && bind->index[index]) {
            if (add_repr(&out, bind->index[index]) < 0) return NULL;
            at += 3;
            continue;
        }
        size_t next = s.p[at] == '[' && index < 0 ? past_bracket(s, at) : at + 1;
        buf_add(&out, (str){ s.p + at, next - at });
        at = next;
    }
    return buf_ok(&out) == ERR_OK ? py_str(buf_str(&out)) : PyErr_NoMemory();
}

/* Its value in one set of answers; NULL without an exception if it has none there or cannot be read without asking. */
static PyObject *value_in(struct eval *e, PyObject *name)
{
    int defined = eval_is_defined(e, name);
    PyObject *value = defined > 0 ? eval_variable(e, name) : NULL;
    if (!value && PyErr_Occurred() && error_is_forgivable()) PyErr_Clear();
    return value;
}

static PyObject *discarded(struct eval *e, PyObject *name, PyObject *concrete)
{
    /* Items of dicts that the block names, and those of sets, do not come back (language 7.5). */
    if (str_ends(py_view(name), STR("']")) || str_ends(py_view(name), STR(".new_item"))) return NULL;
    struct eval before = *e;
    before.answers = e->old_answers;
    return value_in(&before, concrete);
}

PyObject *variable_before(struct eval *e, PyObject *name, const struct binding *bind)
{
    PYOWN(concrete) = variable_concrete(name, bind);
    if (!concrete) return NULL;
    PyObject *value = NULL;
    if (e->old_answers) value = discarded(e, name, concrete);
    if (!value && !PyErr_Occurred()) value = value_in(e, name);
    if (value || PyErr_Occurred()) return value;
    PyObject *dirty = e->internal ? py_get_b(e->internal, "dirty") : NULL;
    return dirty && PyDict_Check(dirty) ? Py_XNewRef(PyDict_GetItemWithError(dirty, concrete)) : NULL;
}
