/* pyhost/py.h: the CPython C API with our manners: owned references are dropped at the end of their scope.
 *
 * A function that returns PyObject * returns a new reference, or NULL with a Python exception set, unless its name ends in _b (borrowed,
 * may be NULL without an exception). A function that returns int returns 0, or -1 with an exception set. */
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "base/err.h"
#include "base/str.h"

static inline void py_drop(PyObject **o) { Py_CLEAR(*o); }
/* PYOWN(x) = expr;  drops x when the scope ends. */
#define PYOWN(name) CLEANUP(py_drop) PyObject *name
/* Hands the reference on: return py_keep(&x); */
static inline PyObject *py_keep(PyObject **o)
{
    PyObject *v = *o;
    *o = NULL;
    return v;
}

PyObject *py_str(str s);                                          /* UTF-8 text; ill-formed bytes are replaced */
str py_view(PyObject *text);                                      /* of a str object; lives as long as it; STR_NULL for anything else */
int py_set(PyObject *dict, const char *key, PyObject *value);     /* value borrowed */
int py_set_own(PyObject *dict, const char *key, PyObject *value); /* steals value; NULL value: -1 */
int py_set_str(PyObject *dict, const char *key, str value);
PyObject *py_get_b(PyObject *dict, const char *key);             /* dict lookup by text */
PyObject *py_name(const char *text);                             /* the str of a text that a program has, made once */
PyObject *py_attr(PyObject *o, const char *name);                /* PyObject_GetAttrString and …Set…, but they make a new str each time, */
int py_set_attr(PyObject *o, const char *name, PyObject *value); /* which Python then looks for in the class and all behind it */
int py_true(PyObject *dict, const char *key, int preset);        /* truth of a member; -1 on exception */
PyObject *py_call(PyObject *callable, const char *fmt, ...);     /* Py_BuildValue format of the argument tuple, "(OO)" */
PyObject *py_lib(const char *module, const char *name);          /* chancery_host.module.name, cached; borrowed is not: new reference */
