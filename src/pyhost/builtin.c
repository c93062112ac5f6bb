/* pyhost/builtin.c: the module _chancery, by which the library asks the engine; and variables laid over the answers for a while. */
#include "pyhost/hostdata.h"
#include "pyhost/image_size.h"
#include "pyhost/lazy_int.h"
#include "pyhost/screen_int.h"

struct eval *running;

/* laying over */

/* A dict {name: old value, or this capsule-free marker when there was none}. */
static PyObject *nothing_b(void)
{
    static PyObject *marker;
    if (!marker) marker = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    return marker;
}

PyObject *overlay_begin(struct eval *e, PyObject *extra)
{
    PYOWN(saved) = PyDict_New();
    PyObject *name, *value;
    Py_ssize_t at = 0;
    if (!saved || !nothing_b()) return NULL;
    while (extra && PyDict_Check(extra) && PyDict_Next(extra, &at, &name, &value)) {
        PyObject *old = PyDict_GetItemWithError(e->answers, name);
        if ((!old && PyErr_Occurred()) || PyDict_SetItem(saved, name, old ? old : nothing_b()) < 0 || PyDict_SetItem(e->answers, name, value) < 0) {
            overlay_end(e, py_keep(&saved));
            return NULL;
        }
    }
    return py_keep(&saved);
}

void overlay_end(struct eval *e, PyObject *saved)
{
    PyObject *type, *error, *trace, *name, *value;
    Py_ssize_t at = 0;
    PyErr_Fetch(&type, &error, &trace);
    while (PyDict_Next(saved, &at, &name, &value)) {
        int known = value == nothing_b() ? PyDict_Contains(e->answers, name) : 1;
        int bad = value != nothing_b() ? PyDict_SetItem(e->answers, name, value) : known > 0 ? PyDict_DelItem(e->answers, name) : 0;
        if (bad < 0) PyErr_Clear();
    }
    Py_DECREF(saved);
    PyErr_Restore(type, error, trace);
}

/* the module */

static struct eval *running_or_error(void)
{
    if (!running) PyErr_SetString(PyExc_RuntimeError, "no interview is running");
    return running;
}

static PyObject *render(PyObject *self, PyObject *arguments)
{
    (void)self;
    long block;
    PyObject *key, *extra = NULL;
    if (!PyArg_ParseTuple(arguments, "(lO)|O", &block, &key, &extra) || !running_or_error()) return NULL;
    return lazy_render(running, block, key, extra);
}

static PyObject *of_table(PyObject *arguments, PyObject *(*make)(struct eval *e, struct block *b, PyObject *extra))
{
    long number;
    PyObject *extra = NULL;
    if (!PyArg_ParseTuple(arguments, "l|O", &number, &extra) || !running_or_error()) return NULL;
    struct block *b = lazy_block(running, number);
    return b ? make(running, b, extra) : NULL;
}

static PyObject *table(PyObject *self, PyObject *arguments)
{
    (void)self;
    return of_table(arguments, table_render);
}

static PyObject *cells(PyObject *self, PyObject *arguments)
{
    (void)self;
    return of_table(arguments, table_cells);
}

static PyObject *block(PyObject *self, PyObject *number)
{
    (void)self;
    long at = PyLong_AsLong(number);
    if (PyErr_Occurred() || !running_or_error()) return NULL;
    if (at >= 0 && (size_t)at < running->iv->n_blocks) return Py_NewRef(running->iv->blocks[at]->source);
    return PyErr_Format(PyExc_KeyError, "there is no block %ld", at);
}

static PyObject *settings(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    if (!running_or_error()) return NULL;
    struct interview *iv = running->iv;
    PYOWN(language) = py_attr(running->state, "language");
    return language ? Py_BuildValue("{sOsOsOsO}", "metadata", iv->metadata, "features", iv->features, "sections", iv->sections ? iv->sections : Py_None,
                                    "language", language)
                    : NULL;
}

static PyObject *part_of(PyObject *self, PyObject *name)
{
    (void)self;
    const char *text = PyUnicode_AsUTF8(name);
    if (!text || !running_or_error()) return NULL;
    PyObject *part = screen_default(running, text);
    return part || PyErr_Occurred() ? part : Py_NewRef(Py_None);
}

/* Path of a package's file, or None. */
static PyObject *path_of(const char *package, const char *folder, const char *name)
{
    struct arena *a = arena_new(64 * 1024);
    char *path = NULL;
    if (!a) return PyErr_NoMemory();
    PYOWN(full) = PyUnicode_FromFormat("%s:data/%s/%s", package, folder, name);
    int found = full ? source_path(a, py_view(full), &path) : -1;
    PyObject *made = found < 0 ? NULL : found > 0 ? Py_NewRef(Py_None) : PyUnicode_FromString(path);
    arena_free(a);
    return made;
}

static PyObject *file_path(PyObject *self, PyObject *arguments)
{
    (void)self;
    const char *package, *folder, *name;
    return PyArg_ParseTuple(arguments, "sss", &package, &folder, &name) ? path_of(package, folder, name) : NULL;
}

/* The documents of a YAML text, read as interviews are (language 1.2); empty ones are left out. */
static PyObject *documents(PyObject *self, PyObject *text)
{
    (void)self;
    str view = py_view(text);
    struct arena *a = arena_new((size_t)64 * 1024 * 1024);
    if (!a) return PyErr_NoMemory();
    PyObject *list = view.p ? source_documents(a, view) : NULL;
    if (!view.p) PyErr_SetString(PyExc_TypeError, "documents() takes a text");
    arena_free(a);
    return list;
}

static PyObject *patterns(PyObject *self, PyObject *name)
{
    (void)self;
    return candidates_patterns(name);
}

/* Where clients find a static file; None if the package has none of that name. */
static PyObject *static_url(PyObject *self, PyObject *arguments)
{
    (void)self;
    const char *package, *name;
    if (!PyArg_ParseTuple(arguments, "ss", &package, &name)) return NULL;
    PYOWN(path) = path_of(package, "static", name);
    if (!path || path == Py_None) return py_keep(&path);
    return PyUnicode_FromFormat("/packagestatic/%s/%s", package, name);
}

/* Of none of the kinds that are left out, which are classes, functions, files and the like. */
static bool is_plain(PyObject *value)
{
    return value == Py_None || PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || PyBool_Check(value) || PyDict_CheckExact(value) ||
           PyList_CheckExact(value);
}

/* What of the answers is data: hundreds of names are the library's own, and each step passes them all. */
static PyObject *data_of(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *answers, *library, *names, *kinds, *name, *value;
    Py_ssize_t at = 0;
    size_t known = 0;
    if (!PyArg_ParseTuple(arguments, "O!O!O!O!", &PyDict_Type, &answers, &PyDict_Type, &library, &PySet_Type, &names, &PyTuple_Type, &kinds)) return NULL;
    PYOWN(data) = PyDict_New();
    while (data && PyDict_Next(answers, &at, &name, &value)) {
        if (namespace_skips(&known, name, value) || PyDict_GetItemWithError(library, name) == value) continue;
        int left_out = PyErr_Occurred() ? -1 : PySet_Contains(names, name);
        if (!left_out && !is_plain(value)) left_out = PyObject_IsInstance(value, kinds);
        if (left_out < 0 || (!left_out && PyDict_SetItem(data, name, value) < 0)) return NULL;
    }
    return py_keep(&data);
}

/* Width and height of a picture in its own units; None if its bytes do not tell. */
static PyObject *size_of_image(PyObject *self, PyObject *bytes)
{
    (void)self;
    double width, height;
    if (!PyBytes_Check(bytes)) return PyErr_Format(PyExc_TypeError, "image_size() takes bytes");
    str head = str_head((str){ PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes) }, IMAGE_HEAD);
    if (!image_size(head, &width, &height)) return Py_NewRef(Py_None);
    return Py_BuildValue("(ll)", (long)width, (long)height);
}

PyObject *builtin_module(void)
{
    static PyMethodDef methods[] = {
        { "render", render, METH_VARARGS, "render((block, key), extra): text of a template block's part" },
        { "table", table, METH_VARARGS, "table(block, extra): Markdown of a table block" },
        { "cells", cells, METH_VARARGS, "cells(block, extra): values of a table block: [[headers], [cells of a row], ...]" },
        { "block", block, METH_O, "block(number): the block as parsed" },
        { "settings", settings, METH_NOARGS, "metadata, features, sections, language of the running interview" },
        { "part", part_of, METH_O, "part(name): text of a default screen part, or None" },
        { "static_url", static_url, METH_VARARGS, "static_url(package, name)" },
        { "documents", documents, METH_O, "documents(text): list of the values of a YAML text's documents" },
        { "patterns", patterns, METH_O, "patterns(name): [(pattern, what x is, [indices])], best first" },
        { "file_path", file_path, METH_VARARGS, "file_path(package, folder, name)" },
        { "data_of", data_of, METH_VARARGS, "data_of(answers, library, names, kinds): the answers without what is the library's, so named or of a kind" },
        { "image_size", size_of_image, METH_O, "image_size(bytes): (width, height) or None" },
        { "given", hostdata_given, METH_O, "given(name): what the server keeps under that name, bytes or None" },
        { "put", hostdata_put, METH_VARARGS, "put(name, bytes): has the server keep it" },
        { NULL, NULL, 0, NULL },
    };
    static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, .m_name = "_chancery", .m_doc = "The engine, as the library sees it.", .m_size = -1,
                                         .m_methods = methods };
    return PyModule_Create(&module);
}
