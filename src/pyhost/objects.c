/* pyhost/objects.c: blocks that make objects and data: objects, objects from file, data, data from code. Spec: language 3.11, 3.12. */
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

struct entry {
    PyObject *name;    /* as written */
    struct expr kind;  /* BLOCK_OBJECTS: the class */
    PyObject *file;    /* BLOCK_OBJECTS_FILE */
    struct part *data; /* BLOCK_DATA, BLOCK_DATA_CODE */
    struct expr use_objects, gathered;
};

/* compiling */

static int compile_option(struct block *b, const char *key, struct expr *out)
{
    PyObject *value = py_get_b(b->source, key);
    if (!value) return 0;
    /* The word `objects` is no expression. */
    if (PyUnicode_Check(value) && str_is(str_trim(py_view(value)), "objects")) {
        out->constant = interview_keep(b->iv, Py_NewRef(value));
        return out->constant ? 0 : -1;
    }
    return expr_compile(b->iv, b, value, key, out);
}

static int compile_data(struct block *b, struct entry *entry)
{
    bool code = b->type == BLOCK_DATA_CODE;
    PyObject *name = py_get_b(b->source, "variable name");
    if (!name) return block_error(b, "A data block needs a variable name");
    entry->name = interview_keep(b->iv, PyObject_Str(name));
    if (!entry->name || block_defines(b, entry->name) < 0) return -1;
    return part_compile(b, py_get_b(b->source, code ? "data from code" : "data"), code ? HOW_EXPR : HOW_DATA, "data", &entry->data);
}

static int compile_object(struct block *b, PyObject *name, PyObject *value, struct entry *entry)
{
    entry->name = interview_keep(b->iv, PyObject_Str(name));
    if (!entry->name || variable_check(b, entry->name) < 0 || block_defines(b, entry->name) < 0) return -1;
    if (b->type == BLOCK_OBJECTS) return expr_compile(b->iv, b, value, "objects", &entry->kind);
    entry->file = interview_keep(b->iv, PyObject_Str(value));
    return entry->file ? 0 : -1;
}

static PyObject *items_of(struct block *b, PyObject *value)
{
    PYOWN(list) = PyList_New(0);
    PYOWN(maps) = PyList_Check(value) ? Py_NewRef(value) : Py_BuildValue("[O]", value);
    for (Py_ssize_t i = 0; list && maps && i < PyList_GET_SIZE(maps); i++) {
        PyObject *map = PyList_GET_ITEM(maps, i), *key, *kind;
        Py_ssize_t at = 0;
        if (!PyDict_Check(map) && map != Py_None) {
            block_error(b, "An entry of objects must be a mapping, not: %R", map);
            return NULL;
        }
        while (map != Py_None && PyDict_Next(map, &at, &key, &kind)) {
            PYOWN(pair) = PyTuple_Pack(2, key, kind);
            if (!pair || PyList_Append(list, pair) < 0) return NULL;
        }
    }
    return maps ? py_keep(&list) : NULL;
}

static int compile_list(struct block *b)
{
    PYOWN(items) = items_of(b, py_get_b(b->source, b->type == BLOCK_OBJECTS ? "objects" : "objects from file"));
    if (!items) return -1;
    b->n_entries = (size_t)PyList_GET_SIZE(items);
    b->entries = interview_take(b->iv, b->n_entries, sizeof *b->entries);
    if (!b->entries) return -1;
    for (size_t i = 0; i < b->n_entries; i++) {
        PyObject *pair = PyList_GET_ITEM(items, (Py_ssize_t)i);
        if (compile_object(b, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1), &b->entries[i]) < 0) return -1;
    }
    return 0;
}

int objects_compile(struct block *b)
{
    if (b->type == BLOCK_OBJECTS || b->type == BLOCK_OBJECTS_FILE) {
        if (compile_list(b) < 0) return -1;
    } else {
        b->n_entries = 1;
        b->entries = interview_take(b->iv, 1, sizeof *b->entries);
        if (!b->entries || compile_data(b, b->entries) < 0) return -1;
    }
    for (size_t i = 0; i < b->n_entries; i++)
        if (compile_option(b, "use objects", &b->entries[i].use_objects) < 0 || compile_option(b, "gathered", &b->entries[i].gathered) < 0) return -1;
    return 0;
}

/* making */

static PyObject *option(struct eval *e, const struct expr *x, PyObject *preset) { return expr_given(x) ? expr_eval(e, x) : Py_NewRef(preset); }

/* Where the last ".attr" or "[index]" of a name begins; 0 for a plain name. */
static size_t last_part(PyObject *name)
{
    PYOWN(holder) = variable_holder(name);
    if (!holder || holder == Py_None) return 0;
    return py_view(holder).n;
}

static int make_part(struct eval *e, PyObject *name, size_t cut, PyObject *kind)
{
    str whole = py_view(name), last = str_from(whole, cut);
    PYOWN(prefix) = py_str(str_head(whole, cut));
    PYOWN(holder) = prefix ? eval_variable(e, prefix) : NULL;
    if (!holder) return -1;
    if (last.n < 2 || !last.p || (last.p[0] == '[' && last.n < 3)) return engine_error("DAError", "%U is no name that an object can have", name);
    if (last.p[0] == '.') {
        PYOWN(attribute) = py_str(str_from(last, 1));
        PYOWN(made) = attribute ? PyObject_CallMethod(holder, "initializeAttribute", "OO", attribute, kind) : NULL;
        return made ? 0 : -1;
    }
    PYOWN(inside) = py_str((str){ last.p + 1, last.n - 2 });
    PYOWN(index) = inside ? eval_variable(e, inside) : NULL;
    PYOWN(made) = index ? PyObject_CallMethod(holder, "initializeObject", "OO", index, kind) : NULL;
    return made ? 0 : -1;
}

static int make_object(struct eval *e, const struct entry *entry, PyObject *name)
{
    PYOWN(kind) = expr_eval(e, &entry->kind);
    if (!kind) return -1;
    size_t cut = last_part(name);
    if (cut) return make_part(e, name, cut, kind);
    PYOWN(make) = py_lib("objects.base", "make");
    PYOWN(made) = make ? PyObject_CallFunctionObjArgs(make, kind, name, NULL) : NULL;
    return made ? value_assign(e, name, made) : -1;
}

static int make_from_file(struct eval *e, struct block *b, const struct entry *entry, PyObject *name)
{
    PYOWN(read) = py_lib("objects.fromfile", "read_objects");
    PYOWN(use) = option(e, &entry->use_objects, Py_True);
    PYOWN(gathered) = option(e, &entry->gathered, Py_True);
    PYOWN(none) = PyTuple_New(0);
    PYOWN(named) = read && use && gathered && none
                       ? Py_BuildValue("{sOsOsOsOsO}", "reference", entry->file, "gathered", gathered, "name", name, "use_objects", use, "package", b->package)
                       : NULL;
    PYOWN(made) = named ? PyObject_Call(read, none, named) : NULL;
    return made ? value_assign(e, name, made) : -1;
}

static int make_entry(struct eval *e, struct block *b, const struct entry *entry, PyObject *name)
{
    return b->type == BLOCK_OBJECTS ? make_object(e, entry, name) : make_from_file(e, b, entry, name);
}

int objects_make(struct eval *e, struct block *b, const struct binding *bind)
{
    e->last = b;
    if (screen_prepare(e, b, bind) < 0) return -1;
    for (size_t i = 0; i < b->n_entries; i++) {
        PyObject *name = b->entries[i].name;
        if (bind && !str_eq(py_view(name), py_view(bind->pattern))) continue;
        PYOWN(concrete) = bind ? Py_NewRef(bind->sought) : Py_NewRef(name);
        int known = bind ? 0 : eval_is_defined(e, concrete);
        if (known < 0 || (!known && make_entry(e, b, &b->entries[i], concrete) < 0)) return -1;
    }
    return block_finish(e, b);
}

static PyObject *convert(struct eval *e, struct block *b, const struct entry *entry, PyObject *value, PyObject *name)
{
    PYOWN(use) = option(e, &entry->use_objects, Py_False);
    PYOWN(gathered) = option(e, &entry->gathered, Py_True);
    PYOWN(maker) = py_lib("objects.fromfile", "Maker");
    if (!use || !gathered || !maker) return NULL;
    int collections = PyObject_IsTrue(use), objects = PyUnicode_Check(use) && str_is(str_trim(py_view(use)), "objects");
    if (collections < 0) return NULL;
    if (!collections) return Py_NewRef(value);
    PYOWN(made) = PyObject_CallFunctionObjArgs(maker, b->package, gathered, objects ? Py_True : Py_False, Py_True, NULL);
    return made ? PyObject_CallMethod(made, "convert", "OO", value, name) : NULL;
}

int data_make(struct eval *e, struct block *b, const struct binding *bind)
{
    const struct entry *entry = &b->entries[0];
    PyObject *name = bind ? bind->sought : entry->name;
    if (screen_prepare(e, b, bind) < 0) return -1;
    PYOWN(value) = part_eval(e, entry->data);
    PYOWN(made) = value ? convert(e, b, entry, value, name) : NULL;
    PYOWN(old) = made ? value_find(e, name) : NULL;
    if (!made || PyErr_Occurred() || value_assign(e, name, made) < 0 || change_follow(e, name, old) < 0) return -1;
    return block_finish(e, b);
}

int attachment_make(struct eval *e, struct block *b, const struct binding *bind)
{
    (void)e, (void)bind;
    return engine_error("DANotAvailable", "documents are not available yet: the attachment in file %U in the block on line %u", b->file, b->line);
}
