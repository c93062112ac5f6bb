/* pyhost/prepare.c: what happens once per request before the main pass, and at the start of each pass. Spec: language 6.1, 3.18. */
#include "pyhost/engine_int.h"

/* Everything the library exports: as a dictionary, and in its order. Made once per process and never changed. */
static struct export { PyObject *name, *value; }
*exported;
static size_t n_exported;

static int list_exports(PyObject *exports)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    struct export *list = PyMem_Calloc((size_t)PyDict_GET_SIZE(exports) + 1, sizeof *list);
    if (!list) return PyErr_NoMemory(), -1;
    for (size_t i = 0; PyDict_Next(exports, &at, &name, &value); i++) list[i] = (struct export){ name, value };
    n_exported = (size_t)PyDict_GET_SIZE(exports);
    exported = list;
    return 0;
}

static PyObject *exports_b(void)
{
    static PyObject *exports;
    if (exports) return exports;
    PYOWN(module) = PyImport_ImportModule("docassemble.base.util");
    PYOWN(names) = module ? py_attr(module, "__all__") : NULL;
    PYOWN(list) = names ? PySequence_List(names) : NULL;
    PYOWN(made) = PyDict_New();
    for (Py_ssize_t i = 0; list && made && i < PyList_GET_SIZE(list); i++) {
        PYOWN(value) = PyObject_GetAttr(module, PyList_GET_ITEM(list, i));
        if (!value || PyDict_SetItem(made, PyList_GET_ITEM(list, i), value) < 0) return NULL;
    }
    if (list && made && list_exports(made) == 0) exports = py_keep(&made);
    return exports;
}

int namespace_open(const struct interview *iv, PyObject **answers)
{
    PyObject *exports = iv && iv->has_util ? exports_b() : NULL;
    if (!exports) return PyErr_Occurred() ? -1 : 0;
    /* A copy of a dictionary as a whole costs a fraction of its entries one by one. */
    PYOWN(whole) = PyDict_Copy(exports);
    if (!whole || PyDict_Update(whole, *answers) < 0) return -1;
    Py_SETREF(*answers, py_keep(&whole));
    return 0;
}

bool namespace_skips(size_t *at, PyObject *name, PyObject *value)
{
    if (*at >= n_exported || exported[*at].name != name) return false;
    return exported[(*at)++].value == value;
}

/* True only if no exported name is missing: namespace_open() put them all there, in their order, and code may have deleted some. */
static bool has_all_exports(PyObject *answers)
{
    PyObject *name;
    Py_ssize_t at = 0;
    size_t found = 0;
    while (found < n_exported && PyDict_Next(answers, &at, &name, NULL)) found += exported[found].name == name;
    return found == n_exported;
}

int prepare_namespace(struct eval *e)
{
    if (py_set(e->answers, "__builtins__", PyEval_GetBuiltins()) < 0) return -1;
    if (!e->iv->has_util) return 0;
    PyObject *exports = exports_b();
    if (!exports) return -1;
    /* What the interview has under such a name stays. */
    return has_all_exports(e->answers) ? 0 : PyDict_Merge(e->answers, exports, 0);
}

static PyObject *full_module_name(struct block *b, PyObject *name)
{
    PYOWN(text) = PyObject_Str(name);
    if (!text) return NULL;
    return str_starts(py_view(text), STR(".")) ? PyUnicode_FromFormat("%U%U", b->package, text) : py_keep(&text);
}

/* The names at a key of a block that is about modules; NULL if there are none. */
static PyObject *names_b(struct block *b, const char *key)
{
    PyObject *names = b->type == BLOCK_MODULES || b->type == BLOCK_IMPORTS ? py_get_b(b->source, key) : NULL;
    return names == Py_None ? NULL : names;
}

static int name_modules(struct block *b, PyObject *names, PyObject *into)
{
    PYOWN(list) = !names ? PyList_New(0) : PyList_Check(names) ? Py_NewRef(names) : Py_BuildValue("[O]", names);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PYOWN(name) = full_module_name(b, PyList_GET_ITEM(list, i));
        if (!name || (str_starts(py_view(name), STR("docassemble.")) && PyList_Append(into, name) < 0)) return -1;
    }
    return list ? 0 : -1;
}

PyObject *modules_named_b(struct interview *iv)
{
    if (iv->modules) return iv->modules;
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < iv->n_blocks; i++)
        if (name_modules(iv->blocks[i], names_b(iv->blocks[i], "imports"), list) < 0 ||
            name_modules(iv->blocks[i], names_b(iv->blocks[i], "modules"), list) < 0)
            return NULL;
    return list ? iv->modules = interview_keep(iv, py_keep(&list)) : NULL;
}

static int import_one(struct eval *e, struct block *b, PyObject *name, bool all)
{
    PYOWN(module) = full_module_name(b, name);
    if (!module) return -1;
    if (str_is(py_view(module), "docassemble.base.util")) {
        PyObject *exports = all ? exports_b() : NULL;
        if (exports) return PyDict_Merge(e->answers, exports, 0);
        if (PyErr_Occurred()) return -1;
    }
    PYOWN(source) = PyUnicode_FromFormat(all ? "from %U import *" : "import %U", module);
    PYOWN(file) = PyUnicode_FromFormat("<modules, %U, block on line %u>", b->file, b->line);
    PYOWN(code) = source && file ? Py_CompileStringObject(PyUnicode_AsUTF8(source), file, Py_file_input, NULL, -1) : NULL;
    PYOWN(done) = code ? PyEval_EvalCode(code, e->answers, e->answers) : NULL;
    return done ? 0 : -1;
}

/* all: what the modules export; else the modules themselves. */
static int import_each(struct eval *e, struct block *b, PyObject *names, bool all)
{
    if (!names) return 0;
    if (!PyList_Check(names)) return import_one(e, b, names, all);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++)
        if (import_one(e, b, PyList_GET_ITEM(names, i), all) < 0) return -1;
    return 0;
}

static int remove_each(struct eval *e, PyObject *names)
{
    if (!names) return 0;
    if (!PyList_Check(names)) return value_remove(e, names);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++)
        if (value_remove(e, PyList_GET_ITEM(names, i)) < 0) return -1;
    return 0;
}

/* `reconsider: True` on a generic block counts only while x is an object of its class. */
static int concerns(struct eval *e, struct block *b)
{
    if (!b->generic) return 1;
    PYOWN(x) = Py_XNewRef(py_get_b(e->answers, "x"));
    PYOWN(class) = Py_XNewRef(PyDict_GetItemWithError(e->answers, b->generic));
    if (!x || !class || !PyType_Check(class)) return PyErr_Occurred() ? -1 : 0;
    return PyObject_IsInstance(x, class);
}

static int prepare_block(struct eval *e, struct block *b)
{
    if (import_each(e, b, names_b(b, "imports"), false) < 0 || import_each(e, b, names_b(b, "modules"), true) < 0) return -1;
    if (b->type == BLOCK_RESET) return remove_each(e, py_get_b(b->source, "reset"));
    return 0;
}

static int reconsider_block(struct eval *e, struct block *b)
{
    if (b->reconsider != Py_True) return 0;
    int concerned = concerns(e, b);
    return concerned > 0 ? remove_each(e, b->defines) : concerned;
}

static int give_sections(struct eval *e)
{
    PYOWN(nav) = Py_XNewRef(py_get_b(e->answers, "nav"));
    if (!nav || !e->iv->sections) return 0;
    PYOWN(sections) = py_attr(nav, "sections");
    if (!sections) return PyErr_Clear(), 0;
    if (sections != Py_None) return 0;
    PYOWN(done) = PyObject_CallMethod(nav, "set_sections", "O", e->iv->sections);
    if (!done) return -1;
    PyObject *progressive = py_get_b(e->iv->section_options, "progressive"), *open = py_get_b(e->iv->section_options, "auto open");
    if (progressive && py_set_attr(nav, "progressive", progressive) < 0) return -1;
    return open ? py_set_attr(nav, "auto_open", open) : 0;
}

static int bind_locals(struct eval *e)
{
    PYOWN(bind) = py_lib("fresh", "bind_locals");
    PYOWN(device) = py_attr(e->state, "device");
    PyObject *id = py_get_b(e->user, "id");
    PYOWN(done) = bind && device ? PyObject_CallFunctionObjArgs(bind, e->answers, e->uid, device, id ? id : Py_None, NULL) : NULL;
    return done ? 0 : -1;
}

static int count_pass(struct eval *e)
{
    PyObject *count = py_get_b(e->internal, "tracker");
    PYOWN(one) = PyLong_FromLong(1);
    PYOWN(next) = count && one ? PyNumber_Add(count, one) : Py_XNewRef(one);
    return next ? py_set(e->internal, "tracker", next) : -1;
}

int prepare_request(struct eval *e)
{
    if (prepare_namespace(e) < 0 || count_pass(e) < 0 || give_sections(e) < 0) return -1;
    for (size_t i = 0; i < e->iv->n_blocks; i++)
        if (prepare_block(e, e->iv->blocks[i]) < 0) return -1;
    for (size_t i = 0; i < e->iv->n_blocks; i++)
        if (reconsider_block(e, e->iv->blocks[i]) < 0) return -1;
    return bind_locals(e);
}
