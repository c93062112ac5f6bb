/* pyhost/change.c: what follows when a variable got another value: depends on, on change. Spec: language 6.7. */
#include "pyhost/engine_int.h"

enum { CHAIN_MAX = 200 };

/* the index: {name: [names that depend on it]} */

static int add_dependant(PyObject *index, PyObject *name, PyObject *dependant)
{
    PyObject *list = PyDict_GetItemWithError(index, name);
    if (!list) {
        PYOWN(made) = PyErr_Occurred() ? NULL : PyList_New(0);
        if (!made || PyDict_SetItem(index, name, made) < 0) return -1;
        list = made; /* the index holds it */
    }
    int known = PySequence_Contains(list, dependant);
    return known ? (known < 0 ? -1 : 0) : PyList_Append(list, dependant);
}

static int add_block(struct interview *iv, struct block *b)
{
    for (Py_ssize_t i = 0; b->depends && i < PyList_GET_SIZE(b->depends); i++)
        for (Py_ssize_t k = 0; b->defines && k < PyList_GET_SIZE(b->defines); k++)
            if (add_dependant(iv->depends, PyList_GET_ITEM(b->depends, i), PyList_GET_ITEM(b->defines, k)) < 0) return -1;
    return 0;
}

int change_index(struct interview *iv)
{
    iv->depends = interview_keep(iv, PyDict_New());
    if (!iv->depends) return -1;
    for (size_t i = 0; i < iv->n_blocks; i++)
        if (add_block(iv, iv->blocks[i]) < 0) return -1;
    return 0;
}

/* names as they are meant: x and index variables of a pattern replaced */

static PyObject *bind_text(PyObject *name, PyObject *pattern)
{
    struct binding bind = { .x_name = PyTuple_GET_ITEM(pattern, 1) == Py_None ? NULL : PyTuple_GET_ITEM(pattern, 1) };
    PyObject *indices = PyTuple_GET_ITEM(pattern, 2);
    str s = py_view(name);
    CLEANUP(buf_release) struct buf out = BUF(1 << 20);
    size_t at = 0;
    if (bind.x_name && s.n && s.p[0] == 'x' && (s.n == 1 || s.p[1] == '.' || s.p[1] == '[')) buf_add(&out, py_view(bind.x_name)), at = 1;
    while (at < s.n) {
        bool index = s.p[at] == '[' && at + 2 < s.n && s.p[at + 2] == ']' && s.p[at + 1] >= 'i' && s.p[at + 1] <= 'n';
        if (index && s.p[at + 1] - 'i' < PyTuple_GET_SIZE(indices)) {
            buf_char(&out, '[');
            buf_add(&out, py_view(PyTuple_GET_ITEM(indices, s.p[at + 1] - 'i')));
            buf_char(&out, ']');
            at += 3;
        } else {
            buf_char(&out, s.p[at++]);
        }
    }
    return buf_ok(&out) == ERR_OK ? py_str(buf_str(&out)) : PyErr_NoMemory();
}

/* following */

struct change {
    struct eval *e;
    PyObject *doomed; /* names to be deleted, in order */
};

static int collect(struct change *c, PyObject *name);

static int doom(struct change *c, PyObject *name)
{
    int known = PySequence_Contains(c->doomed, name);
    if (known || PyList_GET_SIZE(c->doomed) >= CHAIN_MAX) return known < 0 ? -1 : 0;
    PYOWN(value) = value_find(c->e, name);
    if (!value) return PyErr_Occurred() ? -1 : 0;
    PyObject *dirty = py_get_b(c->e->internal, "dirty");
    if (dirty && PyDict_Check(dirty) && PyDict_SetItem(dirty, name, value) < 0) return -1;
    return PyList_Append(c->doomed, name) < 0 ? -1 : collect(c, name);
}

static int collect_pattern(struct change *c, PyObject *pattern)
{
    PyObject *list = PyDict_GetItemWithError(c->e->iv->depends, PyTuple_GET_ITEM(pattern, 0));
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PYOWN(concrete) = bind_text(PyList_GET_ITEM(list, i), pattern);
        if (!concrete || doom(c, concrete) < 0) return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static int collect(struct change *c, PyObject *name)
{
    if (Py_EnterRecursiveCall(" while following a change")) return -1;
    PYOWN(patterns) = candidates_patterns(name);
    int bad = patterns ? 0 : -1;
    for (Py_ssize_t i = 0; !bad && i < PyList_GET_SIZE(patterns); i++) bad = collect_pattern(c, PyList_GET_ITEM(patterns, i));
    Py_LeaveRecursiveCall();
    return bad;
}

static int invalidate_dependants(struct eval *e, PyObject *name)
{
    struct change c = { e, PyList_New(0) };
    PYOWN(doomed) = c.doomed;
    if (!doomed || collect(&c, name) < 0) return -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(doomed); i++) {
        if (PyUnicode_Compare(PyList_GET_ITEM(doomed, i), name) == 0) continue;
        if (value_remove(e, PyList_GET_ITEM(doomed, i)) < 0) return -1;
    }
    return 0;
}

static int bind_pattern(struct eval *e, PyObject *pattern)
{
    static const char *const names[] = { "i", "j", "k", "l", "m", "n" };
    PyObject *prefix = PyTuple_GET_ITEM(pattern, 1), *indices = PyTuple_GET_ITEM(pattern, 2);
    if (prefix != Py_None) {
        PYOWN(x) = eval_variable(e, prefix);
        if (!x || py_set(e->answers, "x", x) < 0) return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(indices); i++) {
        PYOWN(value) = eval_variable(e, PyTuple_GET_ITEM(indices, i));
        if (!value || py_set(e->answers, names[i], value) < 0) return -1;
    }
    return 0;
}

/* Exceptions of the author's code are logged and swallowed: it cannot ask. Their text may be what somebody typed, so it is not told. */
static void swallow(struct eval *e, PyObject *name)
{
    PYOWN(text) = PyUnicode_FromFormat("%s in the on change code of %U", ((PyTypeObject *)PyErr_Occurred())->tp_name, name);
    PyErr_Clear();
    PYOWN(lines) = py_attr(e->state, "log_lines");
    if (text && lines && PyList_Check(lines)) (void)PyList_Append(lines, text);
    PyErr_Clear();
}

static void run_on_change(struct eval *e, PyObject *pattern)
{
    PyObject *codes = PyDict_GetItemWithError(e->iv->on_change, PyTuple_GET_ITEM(pattern, 0));
    if (codes && bind_pattern(e, pattern) == 0)
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(codes) && !PyErr_Occurred(); i++)
            Py_XDECREF(PyEval_EvalCode(PyList_GET_ITEM(codes, i), e->answers, e->answers));
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_Exception)) swallow(e, PyTuple_GET_ITEM(pattern, 0));
}

static int run_all_on_change(struct eval *e, PyObject *name)
{
    PYOWN(patterns) = e->iv->on_change ? candidates_patterns(name) : NULL;
    for (Py_ssize_t i = 0; patterns && i < PyList_GET_SIZE(patterns); i++) run_on_change(e, PyList_GET_ITEM(patterns, i));
    return PyErr_Occurred() ? -1 : 0;
}

/* 1 if the values are known to be equal. */
static int is_same(PyObject *old, PyObject *now)
{
    int differs = old && now ? PyObject_RichCompareBool(old, now, Py_NE) : 1;
    if (differs >= 0) return !differs;
    if (!PyErr_ExceptionMatches(PyExc_Exception)) return -1;
    PyErr_Clear();
    return 0;
}

int change_follow(struct eval *e, PyObject *name, PyObject *old)
{
    bool anything = PyDict_Size(e->iv->depends) > 0 || e->iv->on_change;
    PyObject *dirty = py_get_b(e->internal, "dirty");
    bool is_dirty = dirty && PyDict_Check(dirty) && PyDict_Size(dirty) > 0;
    if (!anything && !is_dirty) return 0;
    /* A value that was invalidated counts as the old one. */
    PYOWN(before) = Py_XNewRef(old ? old : is_dirty ? PyDict_GetItemWithError(dirty, name) : NULL);
    PYOWN(now) = value_find(e, name);
    if (PyErr_Occurred()) return -1;
    int same = anything ? is_same(before, now) : 1;
    if (same < 0) return -1;
    if (!same && before && invalidate_dependants(e, name) < 0) return -1;
    if (!same && run_all_on_change(e, name) < 0) return -1;
    if (!is_dirty) return 0;
    int known = PyDict_Contains(dirty, name);
    return known > 0 ? PyDict_DelItem(dirty, name) : known;
}
