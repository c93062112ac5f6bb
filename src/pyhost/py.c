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

/* Names written in C: made once, not at each use */

enum { NAMES = 2048, LIB_NAMES = 512, LIB_TEXT = 48 };

static size_t slot_of(const void *a, const void *b, size_t slots)
{
    uint64_t h = (uint64_t)(uintptr_t)a * 0x9E3779B97F4A7C15u ^ (uint64_t)(uintptr_t)b * 0xC2B2AE3D27D4EB4Fu;
    return (size_t)(h >> 40) % slots;
}

/* The str of a C text. Most are literals, so where one stands tells its slot; what it says is compared, for those that are not. */
PyObject *py_name(const char *text)
{
    static PyObject *names[NAMES]; /* ASCII, or NULL; for the life of the process */
    PyObject **slot = &names[slot_of(text, NULL, NAMES)];
    if (*slot && strcmp(PyUnicode_DATA(*slot), text) == 0) return Py_NewRef(*slot);
    PyObject *made = PyUnicode_InternFromString(text);
    if (made && PyUnicode_IS_ASCII(made)) Py_XSETREF(*slot, Py_NewRef(made));
    return made;
}

int py_set(PyObject *dict, const char *key, PyObject *value)
{
    PYOWN(name) = py_name(key);
    return name ? PyDict_SetItem(dict, name, value) : -1;
}

int py_set_own(PyObject *dict, const char *key, PyObject *value)
{
    if (!value) return -1;
    int bad = py_set(dict, key, value);
    Py_DECREF(value);
    return bad;
}

int py_set_str(PyObject *dict, const char *key, str value) { return py_set_own(dict, key, py_str(value)); }

PyObject *py_get_b(PyObject *dict, const char *key)
{
    if (!dict || !PyDict_Check(dict)) return NULL;
    PYOWN(name) = py_name(key);
    PyObject *found = name ? PyDict_GetItemWithError(dict, name) : NULL;
    if (!found && PyErr_Occurred()) PyErr_Clear(); /* a text has a hash; only memory can fail, and then the next step does */
    return found;
}

PyObject *py_attr(PyObject *o, const char *name)
{
    PYOWN(text) = py_name(name);
    return text ? PyObject_GetAttr(o, text) : NULL;
}

int py_set_attr(PyObject *o, const char *name, PyObject *value)
{
    PYOWN(text) = py_name(name);
    return text ? PyObject_SetAttr(o, text, value) : -1;
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
    return found ? py_attr(found, name) : NULL;
}

/* What was found, by the same two texts. */
struct found {
    char module[LIB_TEXT], name[LIB_TEXT];
    PyObject *object;
};

static void remember(struct found *slot, const char *module, const char *name, PyObject *object)
{
    if (strlen(module) >= LIB_TEXT || strlen(name) >= LIB_TEXT) return;
    memcpy(slot->module, module, strlen(module) + 1);
    memcpy(slot->name, name, strlen(name) + 1);
    Py_XSETREF(slot->object, Py_NewRef(object));
}

PyObject *py_lib(const char *module, const char *name)
{
    static struct found cache[LIB_NAMES]; /* for the life of the process: the library is loaded once */
    struct found *slot = &cache[slot_of(module, name, LIB_NAMES)];
    if (slot->object && strcmp(slot->name, name) == 0 && strcmp(slot->module, module) == 0) return Py_NewRef(slot->object);
    PyObject *made = find_in_library(module, name);
    if (made) remember(slot, module, name, made);
    return made;
}
