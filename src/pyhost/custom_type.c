/* Datatypes that authors define as classes: the keys they add to a field, and how they show a value. Spec: language 4.2. */
#include "pyhost/screen_int.h"

/* The class of that name; borrowed, NULL without an exception if no module of the interview defines it. */
static PyObject *class_b(const struct field *f)
{
    PYOWN(registry) = py_lib("objects.datatypes", "REGISTRY");
    return registry && PyDict_Check(registry) ? PyDict_GetItemWithError(registry, f->datatype) : NULL;
}

/* 1 if the class lists the key under that attribute, 0, -1. */
static int lists(PyObject *class, const char *attribute, PyObject *key)
{
    PYOWN(keys) = py_attr(class, attribute);
    return keys ? PySequence_Contains(keys, key) : -1;
}

static PyObject *evaluated(struct eval *e, const struct field *f, PyObject *source, enum part_how how)
{
    struct temporary t;
    struct part *p;
    if (temporary_open(&t, f->block) < 0) return NULL;
    PYOWN(value) = part_compile(&t.block, source, how, "datatype", &p) == 0 ? part_eval(e, p) : NULL;
    temporary_close(&t);
    return py_keep(&value);
}

/* Compiled when shown: only the class knows what is code and what is text, and it need not exist when the file is read. */
static int show_parameter(struct eval *e, const struct field *f, PyObject *class, PyObject *key, PyObject *source, PyObject *out)
{
    int code = lists(class, "code_parameters", key), text = code < 0 ? -1 : lists(class, "mako_parameters", key);
    if (text < 0) return -1;
    PYOWN(value) = code ? evaluated(e, f, source, HOW_EXPR) : text ? evaluated(e, f, source, HOW_DATA) : Py_NewRef(source);
    return value ? PyDict_SetItem(out, key, value) : -1;
}

int custom_parameters(struct eval *e, const struct field *f, PyObject *out)
{
    PyObject *class = class_b(f), *key, *source;
    Py_ssize_t at = 0;
    while (class && PyDict_Next(f->parameters, &at, &key, &source))
        if (show_parameter(e, f, class, key, source, out) < 0) return -1;
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *custom_start(const struct field *f, PyObject *value)
{
    PYOWN(own) = value;
    PyObject *class = own && f->parameters ? class_b(f) : NULL;
    return class ? PyObject_CallMethod(class, "default_for", "O", own) : py_keep(&own);
}
