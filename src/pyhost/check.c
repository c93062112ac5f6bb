/* pyhost/check.c: OP_CHECK: an interview is loaded and read once more with places, for the linter in chancery_host.check; nothing of it runs.
 * OP_DATA: it is read in the same way, after one evaluation, for the names that it has (api 14).
 *
 * The linter is Python; here is what it needs beside: files by name, and YAML as trees that keep the line and column of every node. */
#include "pyhost/call_int.h"

static const size_t check_ceiling = (size_t)256 * 1024 * 1024;

/* trees: (line, column, "scalar", value), (…, "list", [trees]), (…, "map", [(tree, tree)]) */

static PyObject *tree_of(const struct yaml_node *node);

static PyObject *list_of(const struct yaml_node *node)
{
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < node->n; i++) {
        PYOWN(item) = tree_of(node->items[i]);
        if (!item || PyList_Append(list, item) < 0) return NULL;
    }
    return py_keep(&list);
}

static PyObject *pairs_of(const struct yaml_node *node)
{
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < node->n; i++) {
        PYOWN(key) = tree_of(node->items[2 * i]);
        PYOWN(value) = key ? tree_of(node->items[2 * i + 1]) : NULL;
        PYOWN(pair) = value ? PyTuple_Pack(2, key, value) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) return NULL;
    }
    return py_keep(&list);
}

static PyObject *tree_of(const struct yaml_node *node)
{
    bool map = node->kind == YAML_MAP, list = node->kind == YAML_SEQ;
    PYOWN(content) = map ? pairs_of(node) : list ? list_of(node) : source_value(node);
    return content ? Py_BuildValue("(IIsO)", node->line, node->column, map ? "map" : list ? "list" : "scalar", content) : NULL;
}

/* (line, tree or None, None), or (line, None, (line, column, what is wrong)). */
static PyObject *part_of(const struct part_text *part)
{
    struct arena *mem = arena_new(check_ceiling);
    struct yaml_node *node = NULL;
    struct yaml_error bad = { 0 };
    if (!mem) return PyErr_NoMemory();
    PyObject *made = NULL;
    err e = yaml_read(mem, part->text, part->line, &node, &bad);
    if (e == ERR_NOMEM) {
        PyErr_NoMemory();
    } else if (e != ERR_OK) {
        PYOWN(why) = py_str(bad.text);
        made = why ? Py_BuildValue("(IO(IIO))", part->line, Py_None, bad.line, bad.column, why) : NULL;
    } else {
        PYOWN(tree) = node ? tree_of(node) : Py_NewRef(Py_None);
        made = tree ? Py_BuildValue("(IOO)", part->line, tree, Py_None) : NULL;
    }
    arena_free(mem);
    return made;
}

static PyObject *parts_of(struct arena *mem, str text)
{
    struct part_text *parts;
    size_t n;
    PYOWN(list) = PyList_New(0);
    if (!list || source_split(mem, text, &parts, &n) < 0) return NULL;
    for (size_t i = 0; i < n; i++) {
        PYOWN(part) = part_of(&parts[i]);
        if (!part || PyList_Append(list, part) < 0) return NULL;
    }
    return py_keep(&list);
}

/* what the linter calls */

static PyObject *check_parts(PyObject *self, PyObject *text)
{
    (void)self;
    str view = py_view(text);
    if (!view.p) return PyErr_Format(PyExc_TypeError, "parts() takes a text");
    struct arena *mem = arena_new(check_ceiling);
    if (!mem) return PyErr_NoMemory();
    PyObject *list = parts_of(mem, view);
    arena_free(mem);
    return list;
}

static PyObject *check_source(PyObject *self, PyObject *name)
{
    (void)self;
    struct arena *mem = arena_new(check_ceiling);
    struct source_file *files = NULL;
    str text;
    if (!mem) return PyErr_NoMemory();
    PyObject *made = NULL;
    if (source_check(py_view(name)) == 0 && source_read(mem, py_view(name), &files, &text) == 0) {
        PYOWN(own) = py_str(text);
        made = own ? Py_BuildValue("(sO)", files->path, own) : NULL;
    }
    arena_free(mem);
    return made;
}

static PyObject *check_resolve(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *reference, *beside;
    return PyArg_ParseTuple(arguments, "UU", &reference, &beside) ? source_resolve(reference, beside) : NULL;
}

static PyObject *check_exists(PyObject *self, PyObject *name)
{
    (void)self;
    int missing = source_check(py_view(name)) < 0 ? -1 : source_missing(py_view(name));
    return missing < 0 ? NULL : PyBool_FromLong(!missing);
}

/* Added to the engine's module with the first check: what interviews run with does not know them. */
static int offer(void)
{
    static bool done;
    static PyMethodDef methods[] = {
        { "parts", check_parts, METH_O, "parts(text): [(line, tree or None, (line, column, why) or None)]" },
        { "source", check_source, METH_O, "source(name): (path, text) of PACKAGE:PATH" },
        { "resolve", check_resolve, METH_VARARGS, "resolve(reference, beside): full name of what an include names" },
        { "exists", check_exists, METH_O, "exists(name): is there a file of that name" },
        { NULL, NULL, 0, NULL },
    };
    if (done) return 0;
    PYOWN(module) = PyImport_ImportModule("_chancery");
    done = module && PyModule_AddFunctions(module, methods) == 0;
    return done ? 0 : -1;
}

int check_call(struct engine_call *c)
{
    c->stage = STAGE_LOAD;
    PYOWN(name) = py_str(call_text(c, TAG_INTERVIEW));
    if (!name || offer() < 0) return -1;
    /* An interview that does not load has the reason in its report. */
    PYOWN(failure) = NULL;
    if (!interview_get(name)) {
        if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError)) return -1;
        failure = error_text();
        if (!failure) return -1;
    }
    PYOWN(report) = py_lib("check", "report");
    c->json = report ? PyObject_CallFunctionObjArgs(report, name, failure ? failure : Py_None, NULL) : NULL;
    c->outcome = OUT_METADATA;
    return c->json ? 0 : -1;
}

/* One evaluation, for what the names are; how it ends does not matter. */
static int try_it(struct engine_call *c)
{
    if (call_fresh(c) == 0 && call_begin(c, NULL, true) == 0 && call_evaluate(c) == 0) return 0;
    if (!PyErr_ExceptionMatches(PyExc_Exception)) return -1;
    PyErr_Clear();
    return 0;
}

int data_call(struct engine_call *c)
{
    PYOWN(name) = py_str(call_text(c, TAG_INTERVIEW));
    PYOWN(data) = py_lib("check.data", "interview_data");
    if (!name || !data || offer() < 0) return -1;
    c->e.steps = 1;
    if (try_it(c) < 0) return -1;
    PYOWN(none) = PyDict_New();
    Py_XSETREF(c->json, none ? PyObject_CallFunctionObjArgs(data, name, c->answers ? c->answers : none, NULL) : NULL);
    c->outcome = OUT_METADATA;
    return c->json ? 0 : -1;
}
