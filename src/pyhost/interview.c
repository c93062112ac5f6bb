/* pyhost/interview.c: loads an interview with what it includes, once per version of its files. Spec: language 1.1, 3 "Names and numbers". */
#include "pyhost/engine_int.h"
#include "base/fault.h"
#include <stdlib.h>

enum { INTERVIEWS_KEPT = 64, FILES_MAX = 256 };
static const size_t interview_ceiling = (size_t)256 * 1024 * 1024;

/* Most recently used first; a package has few interviews, so a list is enough. */
static struct loaded {
    struct interview *iv;
} cache[INTERVIEWS_KEPT];

static void drop_object(void *object) { Py_DECREF((PyObject *)object); }

PyObject *interview_keep(struct interview *iv, PyObject *steal)
{
    if (!steal) return NULL;
    if (arena_on_end(iv->mem, drop_object, steal) == ERR_OK) return steal;
    PyErr_NoMemory();
    return NULL;
}

void *interview_take(struct interview *iv, size_t n, size_t size)
{
    void *p = arena_take(iv->mem, n ? n : 1, size, _Alignof(max_align_t));
    if (!p) PyErr_NoMemory();
    return p;
}

static void interview_free(struct interview *iv)
{
    if (!iv) return;
    struct arena *mem = iv->mem; /* iv itself lives in it */
    arena_free(mem);
}

/* reading a file */

static PyObject *lower_keys(struct reading *r, PyObject *block)
{
    PYOWN(lower) = PyDict_New();
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (lower && PyDict_Next(block, &at, &key, &value)) {
        PYOWN(text) = PyObject_Str(key);
        PYOWN(name) = text ? PyObject_CallMethod(text, "lower", NULL) : NULL;
        if (!name || PyDict_SetItem(lower, name, value) < 0) return NULL;
    }
    (void)r;
    return py_keep(&lower);
}

static PyObject *parse_part(struct reading *r, const struct part_text *part)
{
    struct arena *tree = arena_new(interview_ceiling);
    struct yaml_node *node = NULL;
    struct yaml_error bad = { 0 };
    if (!tree) return PyErr_NoMemory();
    err e = yaml_read(tree, part->text, part->line, &node, &bad);
    PyObject *value = NULL;
    if (e == ERR_OK)
        value = source_value(node);
    else if (e == ERR_NOMEM)
        PyErr_NoMemory();
    else {
        PYOWN(why) = py_str(bad.text);
        if (why)
            engine_error("DASourceError", "%U on line %u, column %u in file %U in the block on line %u from package %U", why, bad.line, bad.column, r->file,
                         part->line, r->package);
    }
    arena_free(tree);
    return value;
}

static int read_part(struct reading *r, const struct part_text *part)
{
    r->line = part->line;
    PYOWN(value) = parse_part(r, part);
    if (!value) return -1;
    if (value == Py_None) return 0;
    if (!PyDict_Check(value))
        return engine_error("DASourceError", "A block must be in the form of a dictionary in file %U in the block on line %u from package %U", r->file, r->line,
                            r->package);
    PYOWN(block) = lower_keys(r, value);
    return block ? block_read(r, block) : -1;
}

static PyObject *package_of(PyObject *file)
{
    str name = py_view(file);
    return py_str(str_head(name, str_find(name, ':', 0)));
}

/* # use jinja: the whole file is a Jinja2 template first (language 1.1, 2). */
static int render_jinja(struct reading *r, str *text)
{
    PYOWN(render) = py_lib("jinja_source", "rendered");
    PYOWN(source) = py_str(*text);
    PYOWN(made) = render && source ? PyObject_CallFunctionObjArgs(render, source, r->file, r->package, r->iv->name, NULL) : NULL;
    if (!made || !interview_keep(r->iv, Py_NewRef(made))) return -1;
    *text = py_view(made);
    return 0;
}

static int read_file(struct interview *iv, PyObject *name, PyObject *language)
{
    struct reading r = { .iv = iv, .file = interview_keep(iv, Py_NewRef(name)), .package = NULL, .language = language };
    str text;
    r.package = interview_keep(iv, package_of(name));
    if (!r.file || !r.package || PySet_Add(iv->files, name) < 0) return -1;
    if (PySet_GET_SIZE(iv->files) > FILES_MAX) return engine_error("DASourceError", "%U includes too many files", iv->name);
    if (source_check(py_view(name)) < 0 || source_read(iv->mem, py_view(name), &iv->sources, &text) < 0) return -1;
    if (str_starts(text, STR("# use jinja")) && render_jinja(&r, &text) < 0) return -1;
    struct part_text *parts;
    size_t n;
    if (source_split(iv->mem, text, &parts, &n) < 0) return -1;
    for (size_t i = 0; i < n; i++)
        if (read_part(&r, &parts[i]) < 0) return -1;
    return 0;
}

int settings_include(struct reading *r, PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PYOWN(name) = source_resolve(PyList_GET_ITEM(list, i), r->file);
        if (!name) return -1;
        int known = PySet_Contains(r->iv->files, name);
        if (known < 0) return -1;
        if (known) continue;
        int missing = source_check(py_view(name)) < 0 ? -1 : source_missing(py_view(name));
        if (missing)
            return missing < 0 ? -1
                               : engine_error("DASourceError", "The file %U does not exist, included in file %U in the block on line %u from package %U", name,
                                              r->file, r->line, r->package);
        if (Py_EnterRecursiveCall(" while including a file")) return -1;
        int bad = read_file(r->iv, name, NULL);
        Py_LeaveRecursiveCall();
        if (bad) return -1;
    }
    return 0;
}

/* the whole */

static int hash_sources(struct interview *iv)
{
    PYOWN(hashlib) = PyImport_ImportModule("_blake2"); /* hashlib would load OpenSSL */
    PYOWN(make) = hashlib ? py_attr(hashlib, "blake2b") : NULL;
    PYOWN(none) = PyTuple_New(0);
    PYOWN(size) = Py_BuildValue("{si}", "digest_size", (int)sizeof iv->hash);
    PYOWN(hash) = make && none && size ? PyObject_Call(make, none, size) : NULL;
    if (!hash) return -1;
    /* The list is newest first; any fixed order does. */
    for (const struct source_file *f = iv->sources; f; f = f->next) {
        PYOWN(text) = PyBytes_FromStringAndSize(f->text.p, (Py_ssize_t)f->text.n);
        PYOWN(done) = text ? PyObject_CallMethod(hash, "update", "O", text) : NULL;
        if (!done) return -1;
    }
    PYOWN(digest) = PyObject_CallMethod(hash, "digest", NULL);
    if (!digest || PyBytes_GET_SIZE(digest) < (Py_ssize_t)sizeof iv->hash) return -1;
    memcpy(iv->hash, PyBytes_AS_STRING(digest), sizeof iv->hash);
    return 0;
}

/* The library comes by itself unless the interview imports it, or forbids it (language 3.18). */
static int wants_util(struct interview *iv)
{
    int suppressed = py_true(iv->metadata, "suppress loading util", 0);
    if (suppressed) return suppressed < 0 ? -1 : 0;
    iv->has_util = true;
    return 0;
}

static struct interview *interview_new(PyObject *name)
{
    struct arena *mem = arena_new(interview_ceiling);
    struct interview *iv = mem ? NEW(mem, struct interview) : NULL;
    if (!iv) {
        arena_free(mem);
        PyErr_NoMemory();
        return NULL;
    }
    iv->mem = mem;
    iv->name = interview_keep(iv, Py_NewRef(name));
    iv->package = interview_keep(iv, package_of(name));
    iv->metadata = interview_keep(iv, PyDict_New());
    iv->features = interview_keep(iv, PyDict_New());
    iv->files = interview_keep(iv, PySet_New(NULL));
    if (iv->name && iv->package && iv->metadata && iv->features && iv->files) return iv;
    interview_free(iv);
    return NULL;
}

static struct interview *interview_load(PyObject *name)
{
    struct interview *iv = interview_new(name);
    if (!iv) return NULL;
    /* A name without folder means data/questions; the session keeps it as it was given. */
    PYOWN(full) = source_reference(name, iv->package, "questions");
    if (!full || read_file(iv, full, NULL) < 0 || wants_util(iv) < 0 || candidates_index(iv) < 0 || change_index(iv) < 0 || hash_sources(iv) < 0) {
        interview_free(iv);
        return NULL;
    }
    return iv;
}

static struct interview *to_front(size_t at)
{
    struct loaded found = cache[at];
    memmove(&cache[1], &cache[0], at * sizeof cache[0]);
    cache[0] = found;
    return found.iv;
}

struct interview *interview_get(PyObject *name)
{
    str wanted = py_view(name);
    if (source_check(wanted) < 0) return NULL;
    size_t at = 0;
    while (at < INTERVIEWS_KEPT && cache[at].iv && !str_eq(py_view(cache[at].iv->name), wanted)) at++;
    if (at < INTERVIEWS_KEPT && cache[at].iv && !source_changed(cache[at].iv->sources)) return to_front(at);
    struct interview *iv = interview_load(name);
    if (!iv) return NULL;
    if (at == INTERVIEWS_KEPT) at--;
    interview_free(cache[at].iv);
    cache[at].iv = iv;
    return to_front(at);
}
