/* pyhost/value.c: variables that are given by name: read as author's code would, looked at without seeking, set, deleted. Spec: language 6.5. */
#include "pyhost/engine_int.h"

enum { NAMES_KEPT = 4096 };

bool name_is_plain(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return name.n > 0;
}

/* What make() makes of a name, kept: the same names are looked at on every pass. */
static PyObject *kept(PyObject **cache, PyObject *name, PyObject *(*make)(PyObject *name))
{
    if (!*cache && !(*cache = PyDict_New())) return NULL;
    PyObject *found = PyDict_GetItemWithError(*cache, name);
    if (found || PyErr_Occurred()) return Py_XNewRef(found);
    if (PyDict_Size(*cache) >= NAMES_KEPT) PyDict_Clear(*cache);
    PYOWN(made) = make(name);
    return made && PyDict_SetItem(*cache, name, made) == 0 ? py_keep(&made) : NULL;
}

static PyObject *compile_name(PyObject *name)
{
    PYOWN(file) = PyUnicode_FromFormat("<value of %U>", name);
    str text = py_view(name);
    if (!file || !text.p) return NULL;
    return Py_CompileStringObject(text.p, file, Py_eval_input, NULL, -1);
}

PyObject *eval_variable(struct eval *e, PyObject *name)
{
    static PyObject *codes;
    PyObject *plain = PyDict_GetItemWithError(e->answers, name);
    if (plain || PyErr_Occurred()) return Py_XNewRef(plain);
    PYOWN(code) = kept(&codes, name, compile_name);
    return code ? PyEval_EvalCode(code, e->answers, e->answers) : NULL;
}

/* looking without seeking */

static PyObject *parse_name(PyObject *name)
{
    PYOWN(parse) = py_lib("functions.variables", "parsed");
    return parse ? PyObject_CallFunction(parse, "Os", name, "value") : NULL;
}

static PyObject *look(struct eval *e, PyObject *tree)
{
    PYOWN(look_only) = py_lib("functions.variables", "look_only");
    PYOWN(missing) = py_lib("functions.variables", "NOT_THERE");
    PYOWN(value) = look_only && missing ? PyObject_CallFunctionObjArgs(look_only, tree, e->answers, NULL) : NULL;
    return value == missing ? NULL : py_keep(&value);
}

PyObject *value_find(struct eval *e, PyObject *name)
{
    static PyObject *trees;
    PyObject *plain = PyDict_GetItemWithError(e->answers, name);
    if (plain || PyErr_Occurred()) return Py_XNewRef(plain);
    if (name_is_plain(py_view(name))) return NULL;
    PYOWN(tree) = kept(&trees, name, parse_name);
    if (tree) return look(e, tree);
    /* Not a variable name at all: then it is not defined either. */
    if (PyErr_ExceptionMatches(PyExc_Exception)) PyErr_Clear();
    return NULL;
}

int eval_is_defined(struct eval *e, PyObject *name)
{
    PYOWN(value) = value_find(e, name);
    return value ? 1 : PyErr_Occurred() ? -1 : 0;
}

/* changing */

int value_assign(struct eval *e, PyObject *name, PyObject *value)
{
    if (name_is_plain(py_view(name))) return PyDict_SetItem(e->answers, name, value);
    PYOWN(assign) = py_lib("functions.variables", "assign");
    PYOWN(done) = assign ? PyObject_CallFunctionObjArgs(assign, name, value, NULL) : NULL;
    return done ? 0 : -1;
}

int value_remove(struct eval *e, PyObject *name)
{
    if (name_is_plain(py_view(name))) {
        int known = PyDict_Contains(e->answers, name);
        return known > 0 ? PyDict_DelItem(e->answers, name) : known;
    }
    PYOWN(removal) = py_lib("functions.variables", "remove");
    PYOWN(done) = removal ? PyObject_CallFunctionObjArgs(removal, name, NULL) : NULL;
    return done ? 0 : -1;
}
