/* pyhost/py.c: texts, dictionaries and calls over the CPython C API. */
#include "pyhost/py.h"
#include <stdarg.h>

PyObject *py_str(str s)
{
    if (s.n > (size_t)PY_SSIZE_T_MAX) return PyErr_NoMemory();
    return PyUnicode_DecodeUTF8(s.p ? s.p : "", (Py_ssize_t)s.n, "replace");
}

str py_view(PyObject *text)
{
    Py_ssize_t n;
    const char *p = text && PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (p) return (str){ p, (size_t)n };
    /* Half a surrogate pair has no UTF-8; the text then counts as absent. */
    if (text && PyUnicode_Check(text)) PyErr_Clear();
    return STR_NULL;
}

int py_set(PyObject *dict, const char *key, PyObject *value) { return PyDict_SetItemString(dict, key, value); }

int py_set_own(PyObject *dict, const char *key, PyObject *value)
{
    if (!value) return -1;
    int bad = PyDict_SetItemString(dict, key, value);
    Py_DECREF(value);
    return bad;
}

int py_set_str(PyObject *dict, const char *key, str value) { return py_set_own(dict, key, py_str(value)); }

PyObject *py_get_b(PyObject *dict, const char *key)
{
    if (!dict || !PyDict_Check(dict)) return NULL;
    PYOWN(name) = PyUnicode_FromString(key);
    PyObject *found = name ? PyDict_GetItemWithError(dict, name) : NULL;
    if (!found && PyErr_Occurred()) PyErr_Clear(); /* a text has a hash; only memory can fail, and then the next step does */
    return found;
}

int py_true(PyObject *dict, const char *key, int preset)
{
    PyObject *value = py_get_b(dict, key);
    return value ? PyObject_IsTrue(value) : preset;
}

PyObject *py_call(PyObject *callable, const char *fmt, ...)
{
    if (!callable) return NULL;
    va_list list;
    va_start(list, fmt);
    PYOWN(arguments) = Py_VaBuildValue(fmt, list);
    va_end(list);
    return arguments ? PyObject_CallObject(callable, arguments) : NULL;
}

static PyObject *find_in_library(const char *module, const char *name)
{
    PYOWN(full) = PyUnicode_FromFormat("chancery_host.%s", module);
    PYOWN(found) = full ? PyImport_Import(full) : NULL;
    return found ? PyObject_GetAttrString(found, name) : NULL;
}

PyObject *py_lib(const char *module, const char *name)
{
    static PyObject *cache; /* for the life of the process: the library is loaded once */
    if (!cache && !(cache = PyDict_New())) return NULL;
    PYOWN(key) = PyUnicode_FromFormat("%s.%s", module, name);
    if (!key) return NULL;
    PyObject *found = PyDict_GetItemWithError(cache, key);
    if (found) return Py_NewRef(found);
    if (PyErr_Occurred()) return NULL;
    PYOWN(made) = find_in_library(module, name);
    if (!made || PyDict_SetItem(cache, key, made) < 0) return NULL;
    return py_keep(&made);
}
